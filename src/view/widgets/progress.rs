//! A progress bar in one line.

use ratatui::text::{Line, Span};

use super::text::{fit, width as cells};
use crate::view::theme::{Role, Theme};

/// `━━━━╸─── note`: `done` in 0..=1, the note (a time left, a count) is given as data and gives way when narrow.
pub fn line(done: f32, note: &str, width: usize, theme: &Theme) -> Line<'static> {
    let [full, head, open] = theme.glyphs().progress;
    let done = if done.is_finite() { done.clamp(0.0, 1.0) } else { 0.0 };
    let room = match cells(note) {
        0 => width,
        note if note + 6 <= width => width - note - 1,
        _ => width,
    };
    let halves = (done * (2 * room) as f32).round() as usize;
    // The head is half a cell: an odd number of halves shows it. In ASCII it leads the bar until that is full.
    let (filled, head_shown) = if theme.ascii {
        let filled = halves / 2;
        (filled.saturating_sub(1), filled > 0 && filled < room)
    } else {
        (halves / 2, halves % 2 == 1)
    };
    let filled = if theme.ascii && done >= 1.0 { room } else { filled };
    let mut bar = full.repeat(filled);
    if head_shown {
        bar.push_str(head);
    }
    let rest = open.repeat(room.saturating_sub(filled + usize::from(head_shown)));
    let mut spans = vec![Span::styled(bar, theme.style(Role::Value)), Span::styled(rest, theme.border())];
    if room < width {
        spans.push(Span::styled(format!(" {}", fit(note, width - room - 1, theme.ascii)), theme.label()));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::super::testing::themes;
    use super::*;
    use crate::view::theme::Depth;

    #[test]
    fn fills_by_half_cells() {
        let theme = Theme::new(Depth::None, false);
        let bar = |done, width| line(done, "", width, &theme).to_string();
        assert_eq!(bar(0.0, 8), "────────");
        assert_eq!(bar(4.5 / 8.0, 8), "━━━━╸───");
        assert_eq!(bar(1.0, 8), "━━━━━━━━");
        assert_eq!(line(0.5, "1:20 left", 18, &theme).to_string(), "━━━━──── 1:20 left");
        let theme = Theme::new(Depth::None, true);
        assert_eq!(line(0.5, "", 8, &theme).to_string(), "===>----");
        assert_eq!(line(1.0, "", 8, &theme).to_string(), "========");
    }

    #[test]
    fn is_exactly_as_wide_as_asked() {
        for theme in themes() {
            for width in 0..50 {
                for done in [f32::NAN, -1.0, 0.0, 0.013, 0.5, 0.99, 1.0, 7.0] {
                    for note in ["", "0:41, 1:20 left", "电影"] {
                        assert_eq!(cells(&line(done, note, width, &theme).to_string()), width);
                    }
                }
            }
        }
    }
}
