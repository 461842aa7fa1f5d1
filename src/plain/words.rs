//! What a bench shows, in words. Figures are measured here unless they say otherwise.
//!
//! Every view has words: they are matched without a rest, so that a new view does not compile before it has some.

mod answers;
mod heads;
mod pieces;
mod races;
mod relations;
mod runs;

use crate::app::{State, values};
use crate::lab::TraceData;
use crate::lesson::{Format, View};

/// How many are named where there may be many: neighbours, the strongest of all pairs.
const NAMED: usize = 5;

/// The bench of the step on the screen, as paragraphs.
pub(super) fn bench(state: &State) -> Vec<String> {
    let Some(bench) = state.bench() else { return Vec::new() };
    if let Some(failure) = state.failure() {
        return vec![failure.to_owned()];
    }
    let none = || vec!["The bench has nothing to show for this sentence.".to_owned()];
    let mut said = of_view(bench.view, state).unwrap_or_else(none);
    if let Some(cut) = state.trace().and_then(|trace| trace.cut.as_ref()) {
        said.push(format!("Read: the first {} of {} pieces, up to character {}.", cut.kept, cut.total, cut.at_char));
    }
    said.extend(state.course_sentences().map(|whose| format!("{whose}.")));
    said
}

fn of_view(view: View, state: &State) -> Option<Vec<String>> {
    let trace = || state.trace().map(AsRef::as_ref);
    match view {
        View::Tokens => Some(pieces::tokens(trace()?)),
        View::Label => Some(pieces::label(state, trace()?)),
        View::Embedding => pieces::embedding(state, trace()?),
        View::Stepper => pieces::stepper(state, trace()?),
        View::Neighbours => pieces::neighbours(state),
        View::Mixing => relations::mixing(state, trace()?),
        View::Map => Some(relations::map(trace()?)),
        View::Similarity => relations::similarity(state, trace()?),
        View::Difference => relations::difference(state, trace()?),
        View::Compare => relations::compare(state),
        View::Arrange => relations::arrange(state),
        View::Attention => heads::row(state, trace()?),
        View::Matrix => heads::matrix(state, trace()?),
        View::Heads => Some(heads::all(trace()?)),
        View::Attribution => answers::attribution(state, trace()?),
        View::Gradient => answers::gradient(state),
        View::Notebook => Some(answers::notebook(state)),
        View::Race | View::Probe => races::race(state),
        View::Learning => runs::learning(state),
        View::Decode => runs::decode(state),
        View::Aggregate => runs::aggregate(state),
        View::Nearest => runs::nearest(state),
    }
}

fn number(value: f32) -> String {
    values::write(f64::from(value), Format::Decimals(2))
}

fn sentence(trace: &TraceData) -> String {
    let text: String = trace.sentence.text.chars().take(200).collect();
    format!("\"{text}\"")
}

/// A piece by its place.
fn piece(trace: &TraceData, at: usize) -> &str {
    trace.pieces.get(at).map_or("?", |piece| &piece.shown)
}

/// Indices by falling value.
fn largest(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}
