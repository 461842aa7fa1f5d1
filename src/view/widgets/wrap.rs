//! Word wrap of styled text by display width.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::text::{cells, clean};

/// Wraps styled text at words to `width` cells. Words longer than a line are broken; between wide (CJK) characters a
/// line may end; line feeds end a line. At least one line, unless `width` is 0.
pub fn wrap(spans: &[Span<'_>], width: usize) -> Vec<Line<'static>> {
    wrap_hanging(spans, width, 0)
}

/// Items in lines of `room` cells, as many lines as it takes and no empty one; `cells` counts a space behind an item, which the
/// last of a line does not need.
pub fn in_lines<T>(items: impl Iterator<Item = T>, room: usize, cells: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut lines: Vec<Vec<T>> = vec![Vec::new()];
    let mut free = room + 1;
    for item in items {
        let cells = cells(&item);
        if cells > free && lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(Vec::new());
            free = room + 1;
        }
        free = free.saturating_sub(cells);
        lines.last_mut().expect("there is one").push(item);
    }
    lines
}

/// [`wrap`] with every line but the first indented by `hang` cells.
pub fn wrap_hanging(spans: &[Span<'_>], width: usize, hang: usize) -> Vec<Line<'static>> {
    if width == 0 {
        return Vec::new();
    }
    let mut out = Wrapper { width, hang: if hang < width { hang } else { 0 }, ..Wrapper::default() };
    for span in spans {
        for (index, line) in span.content.split('\n').enumerate() {
            if index > 0 {
                out.end_word();
                out.new_line();
                out.soft = false;
            }
            let line = clean(line.trim_end_matches('\r'), false);
            let mut before = "";
            let mut graphemes = line.graphemes(true).peekable();
            while let Some(grapheme) = graphemes.next() {
                // A number and its per cent sign stay together.
                let number = before.bytes().all(|byte| byte.is_ascii_digit()) && !before.is_empty();
                if grapheme == " " && number && graphemes.peek() == Some(&"%") {
                    out.word.push(grapheme, span.style, 1);
                } else {
                    out.push(grapheme, span.style);
                }
                before = grapheme;
            }
        }
    }
    out.end_word();
    out.new_line();
    out.lines
}

/// Collects graphemes into words and words into lines.
#[derive(Default)]
struct Wrapper {
    width: usize,
    hang: usize,
    lines: Vec<Line<'static>>,
    line: Run,
    spaces: Run,
    word: Run,
    /// The current line began because the one before was full: spaces at its start are dropped.
    soft: bool,
}

/// Styled text and its width.
#[derive(Default)]
struct Run {
    spans: Vec<Span<'static>>,
    cells: usize,
}

impl Run {
    fn push(&mut self, text: &str, style: Style, cells: usize) {
        self.cells += cells;
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(text),
            _ => self.spans.push(Span::styled(text.to_owned(), style)),
        }
    }

    fn append(&mut self, other: Self) {
        for span in other.spans {
            self.push(&span.content, span.style, 0);
        }
        self.cells += other.cells;
    }
}

impl Wrapper {
    fn push(&mut self, grapheme: &str, style: Style) {
        let cells = cells(grapheme);
        // A no-break space is whitespace to Unicode but must not end a line.
        if grapheme.chars().all(|c| c.is_whitespace() && c != '\u{a0}' && c != '\u{202f}') {
            self.end_word();
            self.spaces.push(grapheme, style, cells);
        } else {
            let begins = cells == 2 || (self.after_wide() && !grapheme.chars().all(|c| c.is_ascii_punctuation()));
            if begins && !closes(grapheme) {
                self.end_word();
            }
            self.word.push(grapheme, style, cells);
        }
    }

    /// The word so far is a wide character: a line may end after it.
    fn after_wide(&self) -> bool {
        self.word.spans.last().and_then(|span| span.content.graphemes(true).next_back()).is_some_and(|g| cells(g) == 2)
    }

    fn room(&self) -> usize {
        self.width - if self.lines.is_empty() { 0 } else { self.hang }
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.spans.is_empty() {
            return;
        }
        let spaces = std::mem::take(&mut self.spaces);
        let at_start = self.line.spans.is_empty();
        let gap = if at_start && self.soft { 0 } else { spaces.cells };
        if self.line.cells + gap + word.cells <= self.room() {
            if gap > 0 {
                self.line.append(spaces);
            }
            self.line.append(word);
            return;
        }
        if !at_start {
            self.new_line();
        }
        if word.cells <= self.room() {
            self.line.append(word);
        } else {
            self.break_word(&word);
        }
    }

    fn break_word(&mut self, word: &Run) {
        for span in &word.spans {
            for grapheme in span.content.graphemes(true) {
                let mut grapheme = grapheme;
                if cells(grapheme) > self.room() {
                    // A wide character where one cell is left in all.
                    grapheme = "?";
                }
                if self.line.cells + cells(grapheme) > self.room() {
                    self.new_line();
                }
                self.line.push(grapheme, span.style, cells(grapheme));
            }
        }
    }

    fn new_line(&mut self) {
        let run = std::mem::take(&mut self.line);
        self.spaces = Run::default();
        let mut spans = run.spans;
        if !self.lines.is_empty() && self.hang > 0 && !spans.is_empty() {
            spans.insert(0, Span::raw(" ".repeat(self.hang)));
        }
        self.lines.push(Line::from(spans));
        self.soft = true;
    }
}

/// Closing punctuation of CJK text and the marks of sources, which must not begin a line.
fn closes(grapheme: &str) -> bool {
    matches!(
        grapheme,
        "、" | "。"
            | "，"
            | "．"
            | "！"
            | "？"
            | "："
            | "；"
            | "）"
            | "」"
            | "』"
            | "】"
            | "》"
            | "〉"
            | "ー"
            | "％"
            | "ᵐ"
            | "ʳ"
            | "ᶜ"
    )
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        wrap(&[Span::raw(text.to_owned())], width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn wraps_at_words_and_keeps_inner_spaces() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("one  two", 8), ["one  two"]);
        assert_eq!(lines("  x = 1", 10), ["  x = 1"]);
        assert_eq!(lines("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(lines("", 10), [""]);
        assert_eq!(lines("a\u{a0}b c", 3), ["a\u{a0}b", "c"]);
        assert!(lines("anything", 0).is_empty());
        // A number and its per cent sign stay together; a sign alone does not.
        assert_eq!(lines("at 73.7 % of", 7), ["at", "73.7 %", "of"]);
        assert_eq!(lines("so many %", 7), ["so many", "%"]);
    }

    #[test]
    fn breaks_words_that_are_too_long() {
        assert_eq!(lines("ab abcdefgh i", 4), ["ab", "abcd", "efgh", "i"]);
    }

    #[test]
    fn breaks_cjk_anywhere_but_before_closing_marks() {
        assert_eq!(lines("电影很好。", 4), ["电影", "很", "好。"]);
        assert_eq!(lines("电影", 1), ["?", "?"]);
        assert_eq!(lines("ok电影", 4), ["ok电", "影"]);
    }

    #[test]
    fn keeps_styles_across_words_and_spans() {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let wrapped = wrap(&[Span::raw("a val"), Span::styled("ue", bold), Span::raw(" b")], 7);
        assert_eq!(wrapped.len(), 2);
        assert_eq!(wrapped[0].spans, [Span::raw("a val"), Span::styled("ue", bold)]);
        assert_eq!(wrapped[1].spans, [Span::raw("b")]);
    }

    #[test]
    fn hangs() {
        let wrapped = wrap_hanging(&[Span::raw("1. one two")], 7, 3);
        assert_eq!(wrapped.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1. one", "   two"]);
    }

    #[test]
    fn no_line_is_ever_too_wide() {
        let text = "The e\u{301}le\u{300}ve 电影院 said: 👩‍👩‍👧 ❤️ 👍🏽 शिक्षा لا إله 각 supercalifragilistic   x\ty";
        for width in 2..40 {
            for hang in [0, 2, 5] {
                for line in wrap_hanging(&[Span::raw(text), Span::raw("tail")], width, hang) {
                    let line = line.to_string();
                    assert!(super::super::text::width(&line) <= width, "{line:?} at {width}");
                    assert!(!line.contains(char::is_control));
                }
            }
        }
    }
}
