//! A screen as a picture, to look at: `CLSROOM_PICTURES=FOLDER cargo test --release gallery` writes one of each view and size there.

use std::path::Path;

use maud::{Markup, html};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Width and height of a cell.
const CELL: [usize; 2] = [9, 18];
const INK: &str = "#dcdcdc";
const PAPER: &str = "#141418";

/// The sixteen colours as xterm has them, and the steps of its cube.
const NAMED: [&str; 16] = [
    "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5", "#7f7f7f", "#ff0000",
    "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
];
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn hex(color: Color, default: &str) -> String {
    let indexed = |index: u8| match index {
        0..16 => NAMED[usize::from(index)].to_owned(),
        16..232 => {
            let at = |by: u8| CUBE[usize::from((index - 16) / by % 6)];
            format!("#{:02x}{:02x}{:02x}", at(36), at(6), at(1))
        }
        _ => format!("#{0:02x}{0:02x}{0:02x}", 8 + (index - 232) * 10),
    };
    match color {
        Color::Reset => default.to_owned(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index) => indexed(index),
        Color::Black => indexed(0),
        Color::Red => indexed(1),
        Color::Green => indexed(2),
        Color::Yellow => indexed(3),
        Color::Blue => indexed(4),
        Color::Magenta => indexed(5),
        Color::Cyan => indexed(6),
        Color::Gray => indexed(7),
        Color::DarkGray => indexed(8),
        Color::LightRed => indexed(9),
        Color::LightGreen => indexed(10),
        Color::LightYellow => indexed(11),
        Color::LightBlue => indexed(12),
        Color::LightMagenta => indexed(13),
        Color::LightCyan => indexed(14),
        Color::White => indexed(15),
    }
}

/// Ink and paper of a cell.
fn colours(cell: &Cell) -> [String; 2] {
    let both = [hex(cell.fg, INK), hex(cell.bg, PAPER)];
    let [ink, paper] = both;
    if cell.modifier.contains(Modifier::REVERSED) { [paper, ink] } else { [ink, paper] }
}

fn cell(cell: &Cell, x: usize, y: usize) -> Markup {
    let [ink, paper] = colours(cell);
    let has = |modifier| cell.modifier.contains(modifier);
    let weight = if has(Modifier::BOLD) { "bold" } else { "normal" };
    let line = if has(Modifier::UNDERLINED) { "underline" } else { "none" };
    let opacity = if has(Modifier::DIM) { "0.6" } else { "1" };
    html! {
        @if paper != PAPER { rect x=(x) y=(y) width=(CELL[0]) height=(CELL[1]) fill=(paper) {} }
        @if cell.symbol() != " " || line != "none" {
            text x=(x) y=(y + CELL[1] * 3 / 4) fill=(ink) font-weight=(weight) text-decoration=(line) opacity=(opacity) {
                (cell.symbol())
            }
        }
    }
}

fn picture(buffer: &Buffer) -> Markup {
    let [width, height] = [usize::from(buffer.area.width) * CELL[0], usize::from(buffer.area.height) * CELL[1]];
    let place = |at: usize| {
        let wide = usize::from(buffer.area.width);
        (at % wide * CELL[0], at / wide * CELL[1])
    };
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) font-family="DejaVu Sans Mono, monospace" font-size="15" {
            rect width=(width) height=(height) fill=(PAPER) {}
            @for (at, one) in buffer.content.iter().enumerate() { (cell(one, place(at).0, place(at).1)) }
        }
    }
}

/// Writes the picture, where one was asked for.
pub fn write(name: &str, buffer: &Buffer) {
    let Some(folder) = std::env::var_os("CLSROOM_PICTURES") else { return };
    let file = format!("{name}-{}x{}.svg", buffer.area.width, buffer.area.height);
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    std::fs::write(Path::new(&folder).join(file), picture(buffer).into_string()).expect("a picture");
}

#[test]
fn a_screen_becomes_a_picture_with_its_colours() {
    let mut buffer = Buffer::with_lines(["a<b"]);
    buffer[(0, 0)].set_fg(Color::Rgb(222, 122, 16)).modifier.insert(Modifier::BOLD);
    buffer[(2, 0)].set_bg(Color::Indexed(244)).modifier.insert(Modifier::REVERSED);
    let drawn = picture(&buffer).into_string();
    for wanted in ["width=\"27\"", "fill=\"#de7a10\"", "font-weight=\"bold\"", "&lt;", "fill=\"#808080\""] {
        assert!(drawn.contains(wanted), "{wanted} in {drawn}");
    }
}
