//! A lesson's text as styled lines: paragraphs, lists, quotations, code, and values with the mark of their source.
//!
//! The caller resolves values; this file only shows them, each followed by its mark, and collects which sources were
//! used for the legend.

use std::collections::BTreeSet;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::text::{clean, to_ascii, wrap, wrap_hanging};
use crate::lesson::{Block, Inline, Source, ValueRef};
use crate::view::theme::{Role, Theme};

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The formatted value; not looked at unless ready.
    pub text: String,
    /// Where it comes from; names come from nowhere.
    pub source: Option<Source>,
    /// Whether it is known yet; otherwise an ellipsis stands in its place.
    pub ready: bool,
}

/// Finds the text of a value.
pub type Resolve<'a> = &'a dyn Fn(&ValueRef) -> Shown;

/// Lays out blocks, with an empty line between them, in lines of at most `width` cells.
pub fn render(blocks: &[Block], resolve: Resolve<'_>, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for block in blocks {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        match block {
            Block::Paragraph(inlines) => lines.extend(render_inlines(inlines, resolve, width, theme)),
            Block::List { ordered, items } => {
                for (index, item) in items.iter().enumerate() {
                    lines.extend(list_item(*ordered, index, items.len(), item, resolve, width, theme));
                }
            }
            Block::Quote(inlines) => lines.extend(quote(inlines, resolve, width, theme)),
            Block::Code(code) => {
                for line in code.trim_end_matches('\n').split('\n') {
                    let span = Span::styled(format!("  {}", own(line, theme)), theme.value());
                    lines.extend(wrap_hanging(&[span], width, 4));
                }
            }
        }
    }
    lines
}

/// Lays out one run of text, such as a question's explanation.
pub fn render_inlines(inlines: &[Inline], resolve: Resolve<'_>, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    wrap(&spans(inlines, resolve, theme), width)
}

/// One run of text as styled spans, not wrapped.
pub fn spans(inlines: &[Inline], resolve: Resolve<'_>, theme: &Theme) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) => spans.push(Span::styled(own(text, theme), theme.text())),
            Inline::Strong(text) => spans.push(Span::styled(own(text, theme), bold())),
            Inline::Emphasis(text) => {
                // Italics are missing in many terminals; underlining is not.
                spans.push(Span::styled(own(text, theme), Style::new().add_modifier(Modifier::UNDERLINED)));
            }
            Inline::Term { text, .. } => {
                spans.push(Span::styled(own(text, theme), theme.text().add_modifier(Modifier::UNDERLINED)));
                spans.push(Span::styled(term_sign(theme), theme.label()));
            }
            Inline::Code(text) => {
                let style = match Theme::role_of(text) {
                    Role::Text | Role::Dim => theme.key(),
                    accent => theme.style(accent),
                };
                spans.push(Span::styled(own(text, theme), style));
            }
            Inline::Value(value) => spans.extend(value_spans(&resolve(value), theme)),
        }
    }
    spans
}

/// A value and the mark of its source.
pub fn value_spans(shown: &Shown, theme: &Theme) -> [Span<'static>; 2] {
    let text = if shown.ready { own(&shown.text, theme) } else { theme.glyphs().ellipsis.to_owned() };
    [
        Span::styled(text, theme.value()),
        Span::styled(shown.source.map_or("", |source| mark(source, theme)), theme.label()),
    ]
}

/// Stands after a term of the glossary, so that it is seen where nothing can be underlined.
pub fn term_sign(theme: &Theme) -> &'static str {
    if theme.ascii { "~" } else { "\u{b0}" }
}

/// The mark of a source.
pub fn mark(source: Source, theme: &Theme) -> &'static str {
    let glyphs = theme.glyphs();
    match source {
        Source::Live => glyphs.measured,
        Source::Record => glyphs.recorded,
        Source::Cite => glyphs.cited,
    }
}

/// Every source that values in these blocks refer to.
pub fn sources(blocks: &[Block]) -> BTreeSet<Source> {
    let inlines = blocks.iter().flat_map(Block::runs).flatten();
    inlines.filter_map(|inline| inline.text().err()).map(|value| value.source).collect()
}

/// What the marks mean, for those that were used: `ᵐ measured here  ʳ recorded  ᶜ cited`.
pub fn legend(used: &BTreeSet<Source>, theme: &Theme) -> Option<Line<'static>> {
    let parts: Vec<String> =
        used.iter().map(|source| format!("{} {}", mark(*source, theme), source.in_words())).collect();
    (!parts.is_empty()).then(|| Line::styled(parts.join("  "), theme.label()))
}

fn list_item(
    ordered: bool,
    index: usize,
    count: usize,
    item: &[Inline],
    resolve: Resolve<'_>,
    width: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let sign = if ordered {
        // Numbers are aligned at their dots.
        format!("{:>digits$}. ", index + 1, digits = count.to_string().len())
    } else {
        format!("{} ", theme.glyphs().bullet)
    };
    let hang = sign.chars().count();
    let mut all = vec![Span::styled(sign, theme.label())];
    all.extend(spans(item, resolve, theme));
    wrap_hanging(&all, width, hang)
}

fn quote(inlines: &[Inline], resolve: Resolve<'_>, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    // Too narrow for a bar: the words matter more.
    let bar = if width > 4 { format!("{} ", theme.glyphs().frame[1]) } else { String::new() };
    let mut lines = render_inlines(inlines, resolve, width - bar.chars().count(), theme);
    for line in &mut lines {
        line.spans.insert(0, Span::styled(bar.clone(), theme.border()));
    }
    lines
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// A lesson's own words: harmless, and in ASCII where asked.
fn own(text: &str, theme: &Theme) -> String {
    // Line feeds are kept for the wrapper; every other control character is shown.
    let parts = text.split('\n').map(|line| {
        let line = line.trim_end_matches('\r');
        if theme.ascii { clean(&to_ascii(line), true).into_owned() } else { clean(line, false).into_owned() }
    });
    parts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::testing::themes;
    use super::super::text::width as cells;
    use super::*;
    use crate::lesson::Format;
    use crate::view::theme::Depth;

    fn value(source: Source, key: &str) -> Inline {
        Inline::Value(ValueRef { source, key: key.to_owned(), format: Format::Auto })
    }

    fn resolve(value: &ValueRef) -> Shown {
        let ready = value.key != "later";
        Shown { text: if ready { "0.782".to_owned() } else { String::new() }, source: Some(value.source), ready }
    }

    fn text(words: &str) -> Inline {
        Inline::Text(words.to_owned())
    }

    fn sample() -> Vec<Block> {
        vec![
            Block::Paragraph(vec![
                Inline::Code("[CLS]".into()),
                text(" reaches "),
                value(Source::Record, "x"),
                text(", the mean "),
                value(Source::Live, "later"),
                text(" – says "),
                value(Source::Cite, "d"),
                text("."),
            ]),
            Block::List { ordered: true, items: vec![vec![text("one and some more words")], vec![text("two")]] },
            Block::List { ordered: false, items: vec![vec![Inline::Strong("√d".into())]] },
            Block::Quote(vec![text("An aggregate "), Inline::Emphasis("representation".into())]),
            Block::Code("y = x × W\n  + b\n".into()),
        ]
    }

    fn lines(width: usize, theme: &Theme) -> Vec<String> {
        render(&sample(), &resolve, width, theme).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lays_out_every_kind_of_block() {
        assert_eq!(
            lines(24, &Theme::new(Depth::None, false)),
            [
                "[CLS] reaches 0.782ʳ,",
                "the mean …ᵐ – says",
                "0.782ᶜ.",
                "",
                "1. one and some more",
                "   words",
                "2. two",
                "",
                "• √d",
                "",
                "│ An aggregate",
                "│ representation",
                "",
                "  y = x × W",
                "    + b",
            ]
        );
        let ascii = lines(30, &Theme::new(Depth::None, true));
        assert!(ascii.iter().all(|line| line.is_ascii()), "{ascii:?}");
        assert_eq!(ascii[0], "[CLS] reaches 0.782[r], the");
        assert!(ascii.contains(&"* sqrtd".to_owned()));
    }

    #[test]
    fn marks_tokens_and_values() {
        let theme = Theme::default();
        let spans = spans(&[Inline::Code("[CLS]".into()), value(Source::Live, "x")], &resolve, &theme);
        assert_eq!(spans[0].style, theme.cls());
        assert_eq!(spans[1], Span::styled("0.782", theme.value()));
        assert_eq!(spans[2].content, "ᵐ");
    }

    #[test]
    fn the_legend_names_what_was_used() {
        let theme = Theme::default();
        let all = legend(&sources(&sample()), &theme).map(|line| line.to_string());
        assert_eq!(all.as_deref(), Some("ᵐ measured here  ʳ recorded  ᶜ cited"));
        assert_eq!(legend(&BTreeSet::new(), &theme), None);
        let one = legend(&BTreeSet::from([Source::Cite]), &Theme::new(Depth::None, true));
        assert_eq!(one.map(|line| line.to_string()).as_deref(), Some("[c] cited"));
    }

    #[test]
    fn no_line_is_too_wide_at_any_width() {
        for theme in themes() {
            for width in 0..60 {
                for line in lines(width, &theme) {
                    assert!(cells(&line) <= width.max(1), "{line:?} at {width}");
                }
            }
        }
    }

    #[test]
    fn control_characters_are_shown() {
        let evil = [Block::Paragraph(vec![text("a\x1b[2Jb")]), Block::Code("c\x07".into())];
        let shown: Vec<String> =
            render(&evil, &resolve, 40, &Theme::default()).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["a␛[2Jb", "", "  c␇"]);
    }
}
