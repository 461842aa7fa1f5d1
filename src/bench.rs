//! The benches: what stands beside a step's text. One view is one file and one row of `TABLE`.
//!
//! A view's file says what an author may set and quote, what it asks of the worker, which keys move it, how it is drawn
//! and what it says in words. Footer, help, checker, sandbox, plain text and `clsroom lessons vocabulary` read the rows.

mod aggregate;
mod answers;
mod arrange;
mod attention;
mod attribution;
mod compare;
mod covered;
mod cycle;
mod decode;
mod difference;
mod embedding;
mod gradient;
mod heads;
mod histories;
mod label;
mod largest;
mod learning;
mod map;
mod matrix;
mod mixing;
mod models;
mod nearest;
mod neighbours;
mod notebook;
mod order;
mod painted;
mod parts;
mod probe;
mod race;
mod ranges;
mod received;
mod recorded;
mod rivals;
mod row;
mod similarity;
mod slope;
mod stages;
mod stepper;
mod threads;
mod tokens;
mod unfitted;
mod whole;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::State;
use crate::view::theme::Theme;
use crate::view::widgets::text::{fit, put};
use parts::{
    FLOWS, Flow, boxed, card, chosen, frame, halves, hidden, in_way, is_cls, kept_vectors, label_of, label_role,
    label_roles, labels, measured, measured_run, norm, offer, paragraphs, pieces_by_pieces, role, row_and_column, said,
    token, unread, without, word, written,
};
pub(crate) use row::{Draw, ViewRow};
pub(crate) use stages::line as way;

/// The views that a bench can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// Text → word pieces → ids.
    #[default]
    Tokens,
    /// Word + position + segment = sum, then LayerNorm, as strips of numbers.
    Embedding,
    /// Nearest words of the vocabulary.
    Neighbours,
    /// The forward pass, one operation at a time.
    Stepper,
    /// What flows into `[CLS]`: layers × tokens, four measures.
    Mixing,
    /// Every position through the layers in two dimensions (PCA).
    Map,
    /// Two sentences: how alike `[CLS]`, a word and the mean are, by layer.
    Compare,
    /// Accuracy of a frozen probe by layer.
    Probe,
    /// Classifiers side by side on the test sentences.
    Race,
    /// The recorded head's answer for this sentence.
    Label,
    /// The same pieces in other arrangements: shuffled, `[CLS]` last, without positions.
    Arrange,
    /// Where the loss touches: the gradient's size by layer and position.
    Gradient,
    /// A short training: what it does to the attention of `[CLS]` and to its states.
    Learning,
    /// One row of one attention head: q·k, score, weight, and what is handed over (neuron view).
    Attention,
    /// One head's attention, rows by columns (head view).
    Matrix,
    /// All layers and heads as thumbnails (model view).
    Heads,
    /// Cosines of all positions with each other.
    Similarity,
    /// What each piece adds to the recorded head's answer, beside attention.
    Attribution,
    /// Two sentences side by side, with their difference.
    Difference,
    /// The notebook: the answers from what was measured.
    Notebook,
    /// The sentence decoded from one vector: hits, misses, false alarms.
    Decode,
    /// How well one vector stands for its sentence: three measures by layer.
    Aggregate,
    /// The training sentences nearest to the learner's.
    Nearest,
    /// The number that outweighs the others in `[CLS]`, and what it does to cosines.
    Largest,
    /// What the first place receives of the words' attention, with `[CLS]` in it and without.
    Received,
    /// `[CLS]` cut off from the words in a range of layers.
    Ranges,
    /// Whether a frozen probe reads the order of words, by layer.
    Order,
    /// Recorded models side by side, by how each was tuned.
    Histories,
    /// The sentence painted by what flows from each word into `[CLS]`, one row a layer.
    Painted,
    /// Frozen and fine-tuned, a line for each lane.
    Slope,
    /// The whole way from the text to an answer.
    Whole,
    /// Threads from a piece to those that it looks at.
    Threads,
    /// A race answer by answer: as a cloud, what is taken for what, how sure, how long.
    Answers,
    /// Recorded readouts against `[CLS]`, with margin.
    Rivals,
}

/// Every view, in the order of the enum and of the sandbox.
const TABLE: &[&ViewRow] = &[
    &tokens::ROW,
    &embedding::ROW,
    &neighbours::ROW,
    &stepper::ROW,
    &mixing::ROW,
    &map::ROW,
    &compare::ROW,
    &probe::ROW,
    &race::ROW,
    &label::ROW,
    &arrange::ROW,
    &gradient::ROW,
    &learning::ROW,
    &attention::ROW,
    &matrix::ROW,
    &heads::ROW,
    &similarity::ROW,
    &attribution::ROW,
    &difference::ROW,
    &notebook::ROW,
    &decode::ROW,
    &aggregate::ROW,
    &nearest::ROW,
    &largest::ROW,
    &received::ROW,
    &ranges::ROW,
    &order::ROW,
    &histories::ROW,
    &painted::ROW,
    &slope::ROW,
    &whole::ROW,
    &threads::ROW,
    &answers::ROW,
    &rivals::ROW,
];

/// How many views there are.
const COUNT: usize = TABLE.len();

impl View {
    /// Every view with the name that a lesson writes.
    pub const ALL: [(&'static str, Self); COUNT] = {
        let mut all = [("", Self::Tokens); COUNT];
        let mut at = 0;
        while at < COUNT {
            all[at] = (TABLE[at].name, TABLE[at].view);
            at += 1;
        }
        all
    };

    /// All that is known about it.
    pub(crate) fn row(self) -> &'static ViewRow {
        TABLE[self as usize]
    }

    /// The name that a lesson writes.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it shows, in one line.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.row().about
    }

    /// Variants of the view that `measure` may name and `v` steps through.
    #[must_use]
    pub fn measures(self) -> &'static [&'static str] {
        self.row().measures
    }

    /// The settings that change it, besides `view`.
    #[must_use]
    pub fn settings(self) -> &'static [&'static str] {
        self.row().settings
    }

    /// Families of values that it measures, besides those that every step has.
    pub fn values(self) -> impl Iterator<Item = &'static str> {
        self.row().families.iter().map(|family| family.name)
    }

    /// Whether it measures values of this family, which not every step has.
    #[must_use]
    pub fn quotes(self, family: &str) -> bool {
        self.values().any(|known| known == family)
    }

    /// Whether it shows the result of a run over many sentences, which `Enter` starts.
    #[must_use]
    pub fn offers_run(self) -> bool {
        self.row().offers_run
    }
}

pub(crate) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let whose = state.course_sentences().filter(|_| !state.covered() && area.height > 8);
    let Some(whose) = whose else { return view(state, theme, area, buf) };
    // Not the learner's own: said in the last line, whatever the bench has room for.
    let bottom = area.bottom() - 1;
    put(buf, area.x, bottom, area.width, &fit(whose, usize::from(area.width), theme.ascii), theme.text());
    view(state, theme, Rect { height: area.height - 1, ..area }, buf);
}

fn view(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(bench) = state.bench() else { return };
    if state.votes_here() && state.covered() {
        let said = ["The class votes on this question.", "The bench shows its result when the vote is closed."];
        return covered::draw(state, &said, theme, area, buf);
    }
    if state.covered() {
        let said = [
            "First say what you expect: a digit answers.",
            "The result shows after that. Enter shows it without an answer.",
        ];
        return covered::draw(state, &said, theme, area, buf);
    }
    if let Some(failure) = state.failure() {
        return card(&[failure], theme, area, buf);
    }
    if state.waits() {
        let other = state.results.running.as_ref().map_or("", |running| running.progress.what.as_str());
        let said = ["This run waits for the other one, and then starts by itself.", "x takes it back.", other];
        return card(&said, theme, area, buf);
    }
    if state.shows_models() {
        return models::draw(state, theme, area, buf);
    }
    let row = bench.view.row();
    let draw = match row.draw {
        Draw::Alone(draw) => return draw(state, theme, area, buf),
        Draw::Traced(draw) => draw,
    };
    let Some(trace) = state.trace() else {
        let waiting = if state.facts.is_some() { "The model runs." } else { "The model loads." };
        return card(&[waiting], theme, area, buf);
    };
    if state.lacks_heads() && !(row.own_head && !trace.own.is_empty() && state.running().is_none()) {
        return unfitted::draw(state, theme, area, buf);
    }
    draw(state, trace, theme, area, buf);
}

/// The bench of the step on the screen in words, as paragraphs. Figures are measured here unless they say otherwise.
#[must_use]
pub fn in_words(state: &State) -> Vec<String> {
    let Some(bench) = state.bench() else { return Vec::new() };
    if let Some(failure) = state.failure() {
        return vec![failure.to_owned()];
    }
    let none = || vec!["The bench has nothing to show for this sentence.".to_owned()];
    let mut said = (bench.view.row().words)(state).unwrap_or_else(none);
    if let Some(cut) = state.trace().and_then(|trace| trace.cut.as_ref()) {
        said.push(format!("Read: the first {} of {} pieces, up to character {}.", cut.kept, cut.total, cut.at_char));
    }
    said.extend(state.course_sentences().map(|whose| format!("{whose}.")));
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_at_its_views_place() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.view as usize, at, "{}", row.name);
        }
    }
}
