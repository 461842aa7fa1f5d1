//! Text by display width: fitting, padding, and making a learner's text harmless. Wrapping ([`wrap`]) and the ASCII
//! reading of our own texts ([`to_ascii`]) have files of their own and are found here too.
//!
//! Widths are counted the way ratatui's buffer places graphemes (the sum over grapheme clusters), so that what is
//! measured here lands in exactly that many cells.

use std::borrow::Cow;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Position;
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;

pub use super::ascii::to_ascii;
pub use super::wrap::{wrap, wrap_hanging};
use crate::view::theme::Theme;

/// Cells that `text` takes; control characters take none.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(cells).sum()
}

/// Cells of one grapheme cluster.
pub(super) fn cells(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) }
}

/// Makes text harmless: control characters become visible signs, direction marks and other invisible characters a
/// dot. What joins or recolours emoji is dropped, because terminals disagree about the width of the result.
pub fn clean(text: &str, ascii: bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let dot = if ascii { '.' } else { '·' };
    let mut out = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        let control = grapheme.contains(char::is_control);
        if !control && cells(grapheme) == 0 {
            out.push(dot);
            continue;
        }
        let emoji = cells(grapheme) == 2 && grapheme.chars().nth(1).is_some();
        for c in grapheme.chars() {
            match c {
                _ if c.is_control() => push_control(&mut out, c, ascii),
                // Messages show control characters as these signs already.
                '\u{2400}'..='\u{241f}' | '\u{2421}' if ascii => push_control(&mut out, pictured(c), ascii),
                '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    out.push(dot);
                }
                '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}' => {}
                // Flags: terminals disagree whether two letters are one sign, so they are shown as letters.
                '\u{1f1e6}'..='\u{1f1ff}' => out.extend(char::from_u32(u32::from(c) - 0x1f1e6 + u32::from('A'))),
                '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}' if emoji => {}
                _ => out.push(c),
            }
        }
    }
    Cow::Owned(out)
}

/// The control character that a sign stands for.
fn pictured(sign: char) -> char {
    if sign == '\u{2421}' { '\u{7f}' } else { char::from_u32(u32::from(sign) - 0x2400).unwrap_or(sign) }
}

fn push_control(out: &mut String, c: char, ascii: bool) {
    let code = c as u32;
    match (code, ascii) {
        (0..0x20, false) => out.extend(char::from_u32(0x2400 + code)),
        (0x7f, false) => out.push('␡'),
        (0..=0x7f, true) => {
            out.push('^');
            out.extend(char::from_u32(code ^ 0x40));
        }
        // The upper control characters have no pictures; some terminals obey them.
        _ => {
            let _ = write!(out, "<{code:02X}>");
        }
    }
}

/// A styled run of a text that is made harmless ([`clean`]).
pub fn span(text: &str, style: Style, theme: &Theme) -> Span<'static> {
    Span::styled(clean(text, theme.ascii).into_owned(), style)
}

/// Cleans `text` and cuts it to `max` cells, ending in an ellipsis when something was cut.
pub fn fit(text: &str, max: usize, ascii: bool) -> String {
    let text = clean(text, ascii);
    if width(&text) <= max {
        return text.into_owned();
    }
    // Three dots would eat a narrow cell.
    let mark = match (ascii, max) {
        (_, 0) => "",
        (true, 8..) => "...",
        (true, _) => ".",
        (false, _) => "…",
    };
    let mut out = take(&text, max - mark.chars().count());
    out.push_str(mark);
    out
}

fn take(text: &str, max: usize) -> String {
    let mut used = 0;
    text.graphemes(true)
        .take_while(|grapheme| {
            used += cells(grapheme);
            used <= max
        })
        .collect()
}

/// [`fit`], then filled with spaces at the end to exactly `to` cells.
pub fn pad(text: &str, to: usize, ascii: bool) -> String {
    let mut text = fit(text, to, ascii);
    text.push_str(&" ".repeat(to.saturating_sub(width(&text))));
    text
}

/// [`fit`], then filled with spaces at the start to exactly `to` cells.
pub fn pad_start(text: &str, to: usize, ascii: bool) -> String {
    let text = fit(text, to, ascii);
    " ".repeat(to.saturating_sub(width(&text))) + &text
}

/// Writes at most `max` cells of `text` at (x, y) and returns where it ended; outside the buffer it writes nothing.
pub fn put(buf: &mut Buffer, x: u16, y: u16, max: u16, text: &str, style: Style) -> u16 {
    if !buf.area.contains(Position { x, y }) {
        return x;
    }
    buf.set_stringn(x, y, text, usize::from(max), style).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_shows_what_would_be_obeyed() {
        assert_eq!(clean("a\x1b[2Jb", false), "a␛[2Jb");
        assert_eq!(clean("a␛[2Jb␡", true), "a^[[2Jb^?");
        assert_eq!(clean("a\x1b[2J\x7f\0", true), "a^[[2J^?^@");
        assert_eq!(clean("\u{9b}x", false), "<9B>x");
        assert_eq!(clean("\r\n\t", false), "␍␊␉");
        assert_eq!(clean("a\u{202e}b\u{2066}c\u{feff}", false), "a·b·c·");
        assert_eq!(clean("\u{301}a", false), "·a");
        assert_eq!(clean("\u{1f1e9}\u{1f1ea} film", false), "DE film");
        assert_eq!(clean("❤️ 👍🏽 👩‍👧", false), "❤ 👍 👩👧");
        assert!(matches!(clean("plain", false), Cow::Borrowed(_)));
        for text in ["naïve e\u{301}", "電影", "सिनेमा", "한국어", "שלום"] {
            assert_eq!(clean(text, false), text);
        }
    }

    #[test]
    fn cleaning_twice_changes_nothing_and_widths_add_up() {
        for c in (0..0x3_0000).step_by(7).filter_map(char::from_u32) {
            let text = format!("x{c}{c}y");
            let once = clean(&text, false).into_owned();
            assert_eq!(clean(&once, false), once);
            assert!(!once.contains(char::is_control));
        }
    }

    #[test]
    fn fits_and_pads_by_cells() {
        assert_eq!(fit("abcdef", 4, false), "abc…");
        assert_eq!(fit("abcdef", 4, true), "abc.");
        assert_eq!(fit("abcdefghijkl", 9, true), "abcdef...");
        assert_eq!(fit("电影院", 4, false), "电…");
        assert_eq!(fit("abc", 0, false), "");
        assert_eq!(fit("abc", 1, false), "…");
        assert_eq!(pad("电影院", 4, false), "电… ");
        assert_eq!(pad_start("7", 3, false), "  7");
        for max in 0..12 {
            for text in ["e\u{301}e\u{301}e\u{301}e\u{301}", "电影院电影院", "👍👍👍", "שלום עולם", "لا لا لا"]
            {
                assert!(width(&fit(text, max, false)) <= max);
                assert_eq!(width(&pad(text, max, false)), max);
            }
        }
    }

    #[test]
    fn width_is_what_the_buffer_uses() {
        for text in ["abc", "电影", "e\u{301}", "لا", "각", "👍", "क्ष", "ﾊﾞ"] {
            let text = clean(text, false);
            let mut buf = Buffer::empty(ratatui::layout::Rect::new(0, 0, 20, 1));
            assert_eq!(usize::from(put(&mut buf, 0, 0, 20, &text, Style::new())), width(&text), "{text}");
        }
    }
}
