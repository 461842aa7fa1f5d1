//! Helpers of the widgets' tests: themes, screens as text, and a sweep over sizes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::view::theme::{Depth, Theme};

/// A theme for every depth and character set.
pub fn themes() -> Vec<Theme> {
    Depth::ALL.iter().flat_map(|depth| [Theme::new(*depth, false), Theme::new(*depth, true)]).collect()
}

/// What `draw` puts on a screen of this size, line by line, trailing spaces cut.
pub fn screen(width: u16, height: u16, draw: impl Fn(Rect, &mut Buffer)) -> Vec<String> {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    draw(area, &mut buf);
    rows(&buf)
}

/// A buffer's text, line by line; the hidden half of a wide character is left out.
pub fn rows(buf: &Buffer) -> Vec<String> {
    let mut rows = Vec::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut line = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let symbol = buf[(x, y)].symbol();
            line.push_str(symbol);
            x += super::text::width(symbol).max(1) as u16;
        }
        rows.push(line.trim_end().to_owned());
    }
    rows
}

/// Draws at many sizes and offsets, in every theme: nothing may panic, and ASCII themes may write ASCII only.
pub fn sweep(ascii_data: bool, draw: impl Fn(Rect, &mut Buffer, &Theme)) {
    let sizes = [0, 1, 2, 3, 4, 5, 7, 9, 12, 16, 23, 41, 80, 200];
    for theme in themes() {
        for width in sizes {
            for height in [0, 1, 2, 3, 4, 5, 6, 8, 13, 40] {
                let mut buf = Buffer::empty(Rect::new(3, 2, width, height));
                draw(buf.area, &mut buf, &theme);
                // An area that reaches beyond the buffer, as after a resize.
                draw(Rect::new(5, 3, width, height), &mut buf, &theme);
                if theme.ascii && ascii_data {
                    for cell in buf.content() {
                        assert!(cell.symbol().is_ascii(), "{:?} in ASCII", cell.symbol());
                    }
                }
            }
        }
    }
}
