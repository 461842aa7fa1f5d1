//! The footer: which keys work here at the left, the screen's marker at the right end.
//!
//! Recordings and tests wait for the marker, so it is the last thing a narrow footer gives up, and `? help` the last
//! but one; the way out, `q`, goes just before that.

use ratatui::text::{Line, Span};

use super::text::{fit, width as cells};
use crate::view::theme::Theme;

/// Hints as (key, what it does) and the marker, in exactly one line of at most `width` cells.
///
/// The first hint is the most useful one. When narrow, hints go from the middle (right to left; `q` before `?` last of
/// them), then those after `?`, then the first, then `?` itself, and the marker only when it does not fit alone.
pub fn line(hints: &[(&str, &str)], marker: &str, width: usize, theme: &Theme) -> Line<'static> {
    let marker_width = cells(marker);
    let marker_room = if marker_width > 0 && marker_width <= width { marker_width + 1 } else { 0 };
    let mut kept: Vec<(&str, &str)> = hints.to_vec();
    while !kept.is_empty() && hints_width(&kept, theme) + marker_room > width {
        kept.remove(least(&kept));
    }
    let mut spans = Vec::new();
    let separator = format!(" {} ", theme.glyphs().dot);
    for (index, (key, label)) in kept.iter().enumerate() {
        spans.push(if index == 0 { Span::raw(" ") } else { Span::styled(separator.clone(), theme.dim()) });
        spans.push(Span::styled(fit(key, width, theme.ascii), theme.key()));
        spans.push(Span::styled(format!(" {}", fit(label, width, theme.ascii)), theme.label()));
    }
    if marker_width > 0 && marker_width <= width {
        let used: usize = spans.iter().map(|span| cells(&span.content)).sum();
        // One cell is left free at the right end, as at the left, where there is one.
        let end = usize::from(used + marker_width < width);
        spans.push(Span::raw(" ".repeat(width.saturating_sub(used + marker_width + end))));
        spans.push(Span::styled(marker.to_owned(), theme.marker()));
    }
    Line::from(spans)
}

fn hints_width(hints: &[(&str, &str)], theme: &Theme) -> usize {
    let separator = cells(theme.glyphs().dot) + 2;
    let texts: usize = hints.iter().map(|(key, label)| cells(key) + 1 + cells(label)).sum();
    // One cell in front and one between the hints and the marker.
    texts + separator * hints.len().saturating_sub(1) + 2
}

/// Index of the hint that is missed least.
fn least(hints: &[(&str, &str)]) -> usize {
    let help = hints.iter().position(|(key, _)| *key == "?");
    match help {
        Some(help) if help > 2 && hints[help - 1].0 == "q" => help - 2,
        Some(help) if help > 1 => help - 1,
        Some(help) if help + 1 < hints.len() => hints.len() - 1,
        Some(_) => 0,
        None => hints.len() - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::themes;
    use super::*;
    use crate::view::theme::Depth;

    const HINTS: [(&str, &str); 5] =
        [("Enter", "open"), ("j k", "move"), ("e", "sentence"), ("?", "help"), ("q", "quit")];

    fn at(width: usize) -> String {
        line(&HINTS, "[home ready]", width, &Theme::new(Depth::None, false)).to_string()
    }

    #[test]
    fn the_way_out_stays_longer_than_what_is_in_the_middle() {
        let hints = [("n p", "step"), ("j k", "move"), ("e", "sentence"), ("q", "back"), ("?", "help")];
        let line = line(&hints, "[04.1 ready]", 50, &Theme::new(Depth::None, false)).to_string();
        assert!(line.contains("q back") && line.contains("n p step") && !line.contains("sentence"), "{line}");
    }

    #[test]
    fn gives_up_hints_in_their_order() {
        assert_eq!(at(80), " Enter open · j k move · e sentence · ? help · q quit              [home ready]");
    }

    #[test]
    fn keeps_help_and_the_marker_longest() {
        for width in 0..120 {
            let text = at(width);
            assert!(cells(&text) <= width, "{text:?}");
            assert_eq!(text.contains("[home ready]"), width >= 12, "{width} {text:?}");
            assert_eq!(text.contains("? help"), width >= 21 || (8..12).contains(&width), "{width} {text:?}");
        }
        assert!(at(40).starts_with(" Enter open · ? help"));
        assert!(!at(40).contains("j k"));
    }

    #[test]
    fn is_ascii_when_asked_and_copes_with_nothing() {
        for theme in themes() {
            for width in 0..60 {
                let text = line(&HINTS, "[help ready]", width, &theme).to_string();
                assert!(!theme.ascii || text.is_ascii());
                assert!(cells(&line(&[], "", width, &theme).to_string()) <= width);
                assert!(cells(&line(&[("x", "电影院")], "[m]", width, &theme).to_string()) <= width);
            }
        }
    }
}
