//! Whether a frozen probe reads the order of words, by layer: tasks in which both labels have the same words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::probe::curve;
use super::race::{picture, running, words as raced};
use super::{frame, paragraphs};
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::dataset::order::{self, Example, NAMES};
use crate::view::lesson::part;
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, wrap_hanging};

pub(super) const ROW: ViewRow = ViewRow {
    about: "whether a frozen probe reads the order of words: who does it, shuffled, swapped; Enter runs it",
    measures: &["subject", "shuffled", "swapped"],
    settings: &["readouts", "measure", "train", "test"],
    families: &[values::families::ORDER],
    offers_run: true,
    run_name: "the probes",
    reads_the_course: |_| true,
    race: |state| state.order_request(task(state)),
    ..ViewRow::of(View::Order, "order", Draw::Alone(draw), words)
};

/// What the probe has to tell, by the order of [`NAMES`].
const TASKS: [(&str, &str); 3] = [
    ("who does it: a person or an animal?", "\"The judge saw the pig.\" or \"The pig saw the judge.\""),
    ("the original or all words shuffled?", "A film sentence as it is, or its words in random order."),
    ("the original or two neighbours swapped?", "A film sentence as it is, or two neighbouring words exchanged."),
];

fn task(state: &State) -> usize {
    state.cursor.variant % NAMES.len()
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (caption, example) = TASKS[task(state)];
    if let Some(run) = state.running() {
        return running(state, caption, run, theme, area, buf);
    }
    if let Some(report) = state.race_report() {
        return curve(state, report, caption, theme, area, buf);
    }
    before(state, caption, example, theme, area, buf);
}

/// A pair of sentences to tell apart, what each lane reads, and what Enter does.
fn before(state: &State, caption: &str, example: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let body = frame(caption, "", &[], theme, area, buf);
    let mut shown: Vec<Line<'_>> = match order::example(task(state), &state.sentence().text) {
        Some(pair) => {
            let wide = pair.iter().map(|(label, _)| label.len()).max().unwrap_or(0) + 2;
            let line = |(label, words): &Example| {
                let mut spans = vec![Span::styled(format!("{label:wide$}"), theme.label())];
                for (word, moved) in words {
                    spans.push(Span::styled(
                        clean(word, theme.ascii).into_owned(),
                        if *moved { theme.focus() } else { theme.text() },
                    ));
                    spans.push(Span::raw(" "));
                }
                wrap_hanging(&spans, usize::from(body.width), wide)
            };
            pair.iter().flat_map(|pair| line(pair).into_iter().chain([Line::default()])).collect()
        }
        None => paragraphs(&[example.to_owned()], body.width, theme),
    };
    if let Some(request) = state.race_request() {
        shown.extend(picture(state, &request, body.width, theme));
    }
    let said = [
        "A probe has to tell which of the two a sentence is. Both have the same words, so counting words is right half of the time.".to_owned(),
        format!("Press Enter to run it.{} v: another task. Space holds it, x stops it.", state.about()),
    ];
    shown.extend(paragraphs(&said, body.width, theme));
    shown.pop();
    lines(&part(shown, &[], usize::from(body.height), state.bench_page, theme), body, buf);
}

fn words(state: &State) -> Option<Vec<String>> {
    let (caption, example) = TASKS[task(state)];
    let said = raced(state)?;
    Some([format!("The probe has to tell: {caption} {example}")].into_iter().chain(said).collect())
}
