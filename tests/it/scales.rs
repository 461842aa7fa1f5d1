//! Every map's legend is drawn in the colours of the map, and a number's sign shows without colour too.

use clsroom::app::Key;
use clsroom::lesson::View;
use clsroom::lesson::progress::Progress;
use clsroom::view::{Depth, Theme};
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use crate::driver::Driver;
use crate::screens::to_view;

/// Lesson, view and keys of everything that is drawn in colours by size.
const MAPS: [(&str, View, &str); 15] = [
    ("02", View::Similarity, ""),
    ("02", View::Embedding, ""),
    ("03", View::Matrix, ""),
    ("03", View::Heads, ""),
    ("03", View::Heads, "v"),
    ("03", View::Heads, "vvvvvv"),
    ("03", View::Attention, "v"),
    ("04", View::Painted, ""),
    ("04", View::Mixing, ""),
    ("04", View::Mixing, "vvv"),
    ("04", View::Difference, "vvv"),
    ("04", View::Ranges, ""),
    ("01", View::Label, ""),
    ("07", View::Gradient, ""),
    ("07", View::Learning, ""),
];

fn backgrounds(buffer: &Buffer, y: u16) -> Vec<Color> {
    (0..buffer.area.width).map(|x| buffer[(x, y)].bg).collect()
}

/// Which of the two palettes a screen draws with, and of which it has a legend: sizes, signs.
fn palettes(buffer: &Buffer, theme: &Theme) -> ([bool; 2], [bool; 2]) {
    let color = |style: ratatui::style::Style| style.bg.unwrap_or(Color::Reset);
    let heat: Vec<Color> = (0..10).map(|step| color(theme.heat(step as f32 / 9.0))).collect();
    let signs: Vec<Color> = (0..11).map(|step| color(theme.diverging(step as f32 / 5.0 - 1.0))).collect();
    let all = |of: &dyn Fn(f32) -> Color| -> Vec<Color> { (0..=32).map(|step| of(step as f32 / 32.0)).collect() };
    let ramps = [all(&|t| color(theme.heat(t))), all(&|t| color(theme.diverging(t * 2.0 - 1.0)))];
    let (mut drawn, mut told) = ([false; 2], [false; 2]);
    for y in 0..buffer.area.height {
        let row = backgrounds(buffer, y);
        for (index, legend) in [&heat, &signs].into_iter().enumerate() {
            let here = row.windows(legend.len()).any(|part| part == legend);
            told[index] |= here;
            // Thumbnails draw with the ink as well.
            let spots = (0..buffer.area.width).filter(|x| matches!(buffer[(*x, y)].symbol(), "▀" | "▄"));
            let ink = spots.map(|x| buffer[(x, y)].fg);
            let only = |color: &Color| {
                *color != Color::Reset && ramps[index].contains(color) && !ramps[1 - index].contains(color)
            };
            drawn[index] |= !here && row.iter().copied().chain(ink).any(|color| only(&color));
        }
    }
    (drawn, told)
}

#[test]
fn every_legend_has_the_palette_of_its_map() {
    for depth in [Depth::TwoFiftySix, Depth::TrueColor] {
        let theme = Theme::new(depth, false);
        for (lesson, view, keys) in MAPS {
            // A training takes seconds: once is enough.
            if view == View::Learning && depth != Depth::TrueColor {
                continue;
            }
            let mut driver = Driver::with(150, 44, theme.clone(), Progress::default());
            to_view(&mut driver, lesson, view);
            driver.press(keys);
            if driver.state.run_request().is_some() && view == View::Learning {
                driver.key(Key::Enter);
                driver.finish_run();
            }
            let (drawn, told) = palettes(&driver.buffer(), &driver.theme);
            assert_eq!(drawn, told, "{view:?} {keys} (sizes, signs) at {depth:?}\n{}", driver.screen());
            assert!(drawn[0] || drawn[1], "{view:?} {keys}");
        }
    }
}

/// Bars of what a piece adds, at every depth: the cells say the sign, and so does the colour where there is one.
#[test]
fn bars_below_zero_look_different_with_and_without_colour() {
    for depth in Depth::ALL {
        for ascii in [false, true] {
            let theme = Theme::new(depth, ascii);
            let mut driver = Driver::with(150, 44, theme.clone(), Progress::default());
            driver.type_sentence("not a bad film but a dull and silly one");
            to_view(&mut driver, "04", View::Attribution);
            let (buffer, screen) = (driver.buffer(), driver.screen());
            let negative = theme.glyphs().negative;
            let mut seen = [0, 0];
            for (y, line) in screen.lines().enumerate() {
                let cells: Vec<char> = line.chars().collect();
                for at in 0..cells.len().saturating_sub(7) {
                    let number: String = cells[at..at + 5].iter().collect();
                    let sized = number.parse::<f32>().ok().filter(|number| number.abs() >= 0.3);
                    let Some(number) = sized.filter(|_| "+-".contains(cells[at]) && cells[at + 5] == ' ') else {
                        continue;
                    };
                    // The first cell of the bar behind it, which begins or ends at the faint line of zero.
                    let zero = theme.glyphs().faint[0];
                    let first = (at + 6..cells.len()).find(|x| ![" ", zero].contains(&cells[*x].to_string().as_str()));
                    let Some(first) = first.filter(|first| *first < at + 20) else { continue };
                    let (symbol, x) = (cells[first].to_string(), first as u16);
                    if symbol.chars().all(char::is_alphanumeric) || "+-".contains(&symbol) {
                        continue;
                    }
                    let below = number < 0.0;
                    let left = cells[at + 6..first].iter().all(|cell| cell.to_string() != zero);
                    assert_eq!(left, below, "{number} at {depth:?}, ascii {ascii}\n{screen}");
                    assert_eq!(symbol == negative, below, "{number} at {depth:?}, ascii {ascii}\n{screen}");
                    let ink = buffer[(x, y as u16)].fg;
                    assert_eq!(Some(ink), theme.sign(number).fg.or(Some(Color::Reset)), "{number} at {depth:?}");
                    seen[usize::from(below)] += 1;
                }
            }
            assert!(seen[0] > 0 && seen[1] > 0, "{seen:?} at {depth:?}\n{screen}");
            if depth != Depth::None {
                assert_ne!(theme.sign(1.0).fg, theme.sign(-1.0).fg);
            }
        }
    }
}

/// Strips: every cell that is clearly above or below zero has a sign.
#[test]
fn strips_show_signs_beside_their_colours() {
    for depth in Depth::ALL {
        let theme = Theme::new(depth, false);
        let mut driver = Driver::with(150, 44, theme.clone(), Progress::default());
        to_view(&mut driver, "02", View::Embedding);
        let screen = driver.screen();
        let word = screen.lines().find(|line| line.contains(" word ")).unwrap_or_else(|| panic!("{screen}"));
        assert!(word.contains('\u{25b4}') && word.contains('\u{25be}'), "at {depth:?}: {word}");
    }
}
