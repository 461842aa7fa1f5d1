//! Who looks at whom: the pieces at the left and again at the right, a thread for each weight, thick by weight.
//!
//! One piece is asked about: its threads are bright, and its numbers stand at the right. A piece that has no room is at the
//! edge, where all that is hidden there is gathered into one thread and one number.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Context, Line};

use super::scale::{hidden, short, window};
use super::text::{fit, pad_start, put, width};
use crate::view::theme::{Role, Theme};

/// The pieces and their weights.
pub struct Threads<'a> {
    /// Names of the pieces.
    pub names: &'a [String],
    /// Their looks.
    pub roles: &'a [Role],
    /// How much the first takes from the second, 0 to 1.
    pub weight: &'a dyn Fn(usize, usize) -> f32,
    /// The piece that is asked about, and one that it looks at.
    pub cursor: (usize, usize),
}

/// Weights from which a thread is one, two and three dots thick; lighter ones are not drawn.
const THICK: [f32; 3] = [0.02, 0.1, 0.3];

/// Cells of a number with the space around it.
const NUMBER: u16 = 5;
/// The longest name that is not cut.
const NAME: u16 = 14;
/// Cells of "↑ 12 more".
const MORE: u16 = 9;
/// Threads in a narrower space all look alike.
const LEAST: u16 = 8;
/// In a wider one they are hard to follow.
const MOST: u16 = 64;

/// Where the pieces stand.
struct Places {
    first: usize,
    visible: usize,
    count: usize,
    /// Lines from one piece to the next.
    step: u16,
    /// The line of the first, from the top of the area.
    top: u16,
}

impl Places {
    fn new(count: usize, at: usize, height: u16) -> Self {
        let rows = usize::from(height);
        if count <= rows {
            let step = if 2 * count <= rows + 1 { 2 } else { 1 };
            return Self { first: 0, visible: count, count, step, top: 0 };
        }
        // A line above and a line below say how many more there are.
        let visible = rows.saturating_sub(2).max(1);
        Self { first: window(Some(at), count, visible), visible, count, step: 1, top: u16::from(rows > 2) }
    }

    /// The line of a piece; of one that is hidden, the line that stands for it.
    fn line(&self, piece: usize) -> u16 {
        let line = |place: usize| self.top + place as u16 * self.step;
        match piece.checked_sub(self.first) {
            None => 0,
            Some(place) if place < self.visible => line(place),
            Some(_) => line(self.visible - 1) + self.step,
        }
    }

    /// How many are hidden above and below.
    fn hidden(&self) -> [usize; 2] {
        [self.first, self.count - self.first - self.visible]
    }
}

/// Draws names, threads and numbers.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, threads: &Threads<'_>) {
    let area = area.intersection(buf.area);
    let longest = threads.names.iter().map(|name| width(name)).max().unwrap_or(0) as u16;
    // Where pieces are hidden, a name must have room for how many.
    let least = if threads.names.len() > usize::from(area.height) { MORE } else { 0 };
    let name = longest.clamp(least, NAME).min(area.width.saturating_sub(NUMBER + LEAST + 4) / 2);
    if area.height == 0 || name == 0 {
        return;
    }
    let wide = (area.width - 2 * name - NUMBER - 4).min(MOST);
    let (asks, looks) = threads.cursor;
    let places = Places::new(threads.names.len(), asks, area.height);
    let middle = Rect { x: area.x + name + 3, width: wide, ..area };
    draw_threads(middle, buf, theme, threads, &places);
    let behind = |name: u16| middle.right() + 1 + name;
    for piece in places.first..places.first + places.visible {
        let y = area.y + places.line(piece);
        let style = theme.style(threads.roles.get(piece).copied().unwrap_or_default());
        let text = fit(&threads.names[piece], usize::from(name), theme.ascii);
        let pointer = if piece == asks { theme.glyphs().pointer } else { " " };
        let x = put(buf, area.x, y, 2, &format!("{pointer} "), theme.key());
        let left = if piece == asks { theme.focus() } else { style };
        put(buf, x, y, name, &pad_start(&text, usize::from(name), theme.ascii), left);
        let right = if piece == looks { theme.focus() } else { style };
        put(buf, middle.right() + 1, y, name, &text, right);
        number(threads.names.len(), (threads.weight)(asks, piece), behind(name), y, area, buf, theme);
    }
    let glyphs = theme.glyphs();
    let lines = [places.first.checked_sub(1), Some(places.first + places.visible)];
    for ((count, sign), line) in places.hidden().into_iter().zip([glyphs.up, glyphs.down]).zip(lines) {
        let Some(y) = line.filter(|_| count > 0).map(|piece| area.y + places.line(piece)) else { continue };
        if y < area.bottom() {
            let text = fit(&hidden(&[(sign, count)]), usize::from(name), theme.ascii);
            put(buf, area.x + 2, y, name, &pad_start(&text, usize::from(name), theme.ascii), theme.label());
            put(buf, middle.right() + 1, y, name, &text, theme.label());
            let those = if sign == glyphs.up { 0..places.first } else { places.first + places.visible..places.count };
            let sum = those.map(|piece| (threads.weight)(asks, piece)).sum();
            number(threads.names.len(), sum, behind(name), y, area, buf, theme);
        }
    }
}

/// A weight behind a name; next to nothing is left out where there are many.
fn number(count: usize, weight: f32, x: u16, y: u16, area: Rect, buf: &mut Buffer, theme: &Theme) {
    if weight >= 0.005 || count <= 8 {
        let style = if weight >= THICK[1] { theme.value() } else { theme.text() };
        put(buf, x + 1, y, area.right().saturating_sub(x + 1), &short(weight, 3), style);
    }
}

/// From the piece that asks to all that it looks at, in the dots of block elements: every font has them, but not braille.
fn draw_threads(area: Rect, buf: &mut Buffer, theme: &Theme, threads: &Threads<'_>, places: &Places) {
    let (dots, marker) = if theme.ascii { (1, Marker::Custom('.')) } else { (2, Marker::Quadrant) };
    let (right, top) = (f64::from(area.width * dots - 1), f64::from(area.height * dots - 1));
    let height = |piece: usize| top - f64::from(places.line(piece) * dots);
    let asks = threads.cursor.0;
    // What is hidden above goes to one place, and what is hidden below to another.
    let mut ends: Vec<(f64, f32)> = Vec::new();
    for piece in 0..threads.names.len() {
        let (y, weight) = (height(piece), (threads.weight)(asks, piece));
        match ends.last_mut().filter(|(last, _)| (*last - y).abs() < 0.5) {
            Some((_, sum)) => *sum += weight,
            None => ends.push((y, weight)),
        }
    }
    let role = threads.roles.get(asks).copied().unwrap_or_default();
    let color = theme.style(role).fg.unwrap_or(Color::Reset);
    let paint = |context: &mut Context<'_>| {
        for (to, weight) in &ends {
            let thick = THICK.iter().filter(|least| weight >= *least).count();
            // The first on the line itself, then one above, then one below.
            for shift in [0.0, 1.0, -1.0].into_iter().take(thick) {
                let inside = |y: f64| (y + shift).clamp(0.0, top);
                context.draw(&Line { x1: 0.0, y1: inside(height(asks)), x2: right, y2: inside(*to), color });
            }
        }
    };
    let ends = [right.max(1.0), top.max(1.0)];
    Canvas::default().marker(marker).x_bounds([0.0, ends[0]]).y_bounds([0.0, ends[1]]).paint(paint).render(area, buf);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    const NAMES: [&str; 4] = ["[CLS]", "not", "bad", "[SEP]"];

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|index| NAMES.get(index).map_or(format!("w{index}"), |name| (*name).to_owned())).collect()
    }

    /// Each looks at the second, and a little at the last.
    fn weight(_: usize, to: usize) -> f32 {
        [0.01, 0.8, 0.01, 0.18].get(to).copied().unwrap_or(0.0)
    }

    fn drawn(width: u16, height: u16, count: usize, cursor: (usize, usize)) -> Vec<String> {
        let names = names(count);
        let threads = Threads { names: &names, roles: &[], weight: &weight, cursor };
        screen(width, height, |area, buf| draw(area, buf, &Theme::new(Depth::None, false), &threads))
    }

    #[test]
    fn threads_go_from_the_one_that_asks_to_what_it_looks_at() {
        let drawn = drawn(40, 4, 4, (0, 1));
        assert!(drawn[0].starts_with("▸ [CLS]") && drawn[1].starts_with("    not"), "{drawn:?}");
        let numbers: Vec<&str> = drawn.iter().filter_map(|line| line.split(' ').next_back()).collect();
        assert_eq!(numbers, [".01", ".80", ".01", ".18"], "{drawn:?}");
        // Left ends are all at [CLS]; right ends at the second and the last alone.
        let cells: Vec<Vec<char>> = drawn.iter().map(|line| line.chars().collect()).collect();
        let (left, right) =
            (8, drawn[0].find("[CLS] .01").map(|at| drawn[0][..at].chars().count() - 2).expect("there"));
        let full = |at: usize| cells.iter().map(|line| line[at] != ' ').collect::<Vec<bool>>();
        assert!(full(left)[0] && !full(left)[2] && !full(left)[3], "{drawn:#?}");
        assert!(full(right)[1] && full(right)[3], "{drawn:#?}");
    }

    #[test]
    fn a_heavier_thread_is_thicker() {
        let ink = |heavy: f32| {
            let names = names(9);
            let weight = |_: usize, to: usize| if to == 8 { heavy } else { 0.0 };
            let threads = Threads { names: &names, roles: &[], weight: &weight, cursor: (0, 0) };
            let drawn = screen(60, 9, |area, buf| draw(area, buf, &Theme::new(Depth::None, false), &threads));
            let dots = |sign: char| match sign {
                '▘' | '▝' | '▖' | '▗' => 1,
                '▀' | '▄' | '▌' | '▐' | '▚' | '▞' => 2,
                '▙' | '▛' | '▜' | '▟' => 3,
                '█' => 4,
                _ => 0,
            };
            drawn.iter().flat_map(|line| line.chars()).map(dots).sum::<usize>()
        };
        let dots = [0.01, 0.05, 0.2, 0.9].map(ink);
        assert!(dots[0] == 0 && dots.is_sorted_by(|one, next| one < next), "{dots:?}");
    }

    #[test]
    fn what_does_not_fit_is_gathered_at_the_edge() {
        let drawn = drawn(50, 6, 12, (8, 8));
        assert!(drawn[0].contains("↑ 6 more") && drawn[0].ends_with("1.0"), "{drawn:#?}");
        assert!(drawn[5].contains("↓ 2 more"), "{drawn:#?}");
        assert!(drawn[3].starts_with("▸") && drawn[3].contains("w8"), "{drawn:#?}");
    }

    #[test]
    fn copes_with_every_size() {
        for count in [0, 1, 2, 20, 128] {
            let names: Vec<String> = names(count);
            for cursor in [(0, 0), (count.saturating_sub(1), 0), (count / 2, count)] {
                sweep(true, |area, buf, theme| {
                    let odd = |from: usize, to: usize| if from == to { f32::NAN } else { weight(from, to) };
                    for weight in [&weight as &dyn Fn(usize, usize) -> f32, &odd] {
                        draw(area, buf, theme, &Threads { names: &names, roles: &[], weight, cursor });
                    }
                });
            }
        }
    }
}
