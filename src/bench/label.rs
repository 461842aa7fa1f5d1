//! The recorded head's answer: one vector of numbers becomes one probability.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::{number, sentence, unfitted as unfitted_words};
use super::{frame, norm, said};
use crate::app::State;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::{Answers, TraceData, verdict};
use crate::lesson::Source;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::blocks::mark;
use crate::view::widgets::strip::{self, LEGEND, Strip};
use crate::view::widgets::text::{clean, fit, put};

pub(super) const ROW: ViewRow = ViewRow {
    about: "how a classifier makes one answer of one vector",
    settings: &["sentence"],
    keys: &[],
    run_name: "the fitting of two classifiers",
    looks_into: &["cls", "mean"],
    own_head: true,
    two_models: true,
    race: State::heads_request,
    reads_the_course: State::heads_learnt_from_the_course,
    ..ViewRow::of(View::Label, "label", Draw::Traced(draw), words)
};

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(first) = trace.labels.first() else { return own(state, trace, theme, area, buf) };
    let [below, above] = first.classes.each_ref().map(|class| clean(class, theme.ascii).into_owned());
    let (measured, recorded) = (mark(Source::Live, theme), mark(Source::Record, theme));
    let from = if first.here {
        let sentences = clean(&first.data, theme.ascii);
        format!("{measured} fitted here: logistic regression on the sentences of {sentences}")
    } else {
        format!("{recorded} recorded: logistic regression on the movie sentences")
    };
    let foot = [
        said(from, theme.dim()),
        said(format!("{measured} the vectors and probabilities are measured here"), theme.dim()),
        LEGEND.legend_between(&format!("towards {below}"), &format!("towards {above}"), theme),
        said(
            "a mark: a few neighbouring numbers averaged; right: length, below it the weighted sum plus b",
            theme.dim(),
        ),
    ];
    let body = frame("one vector in, one probability out", "last layer", &foot, theme, area, buf);
    let sentence = fit(&trace.sentence.text, usize::from(body.width), theme.ascii);
    put(buf, body.x, body.y, body.width, &sentence, theme.text());
    let mut rows: Vec<Bar> = trace.labels.iter().map(|label| bar(label, theme)).collect();
    rows.extend(of_checkpoint(trace, theme));
    // Where it is low, the empty lines go first: the answer matters most.
    let gap = u16::from(usize::from(body.height) > 3 + 4 * rows.len());
    let mut y = body.y + 1 + gap;
    for label in &trace.labels {
        if y + 1 >= body.bottom() {
            break;
        }
        let mut line = |y: u16, label: &str, values: &[f32], note: &str| {
            let strip = Strip { label, label_width: 14, values, note, note_width: 8, ..Strip::default() };
            strip::draw(Rect { y, height: 1, ..body }, buf, theme, &strip);
        };
        let vector = trace.pooled.get(&label.readout).map_or(&[][..], Vec::as_slice);
        line(y, display(&label.readout), vector, &format!("{:.2}", norm(vector)));
        let logit = label.parts.iter().sum::<f32>() + label.bias;
        line(y + 1, "x weights", &label.parts, &format!("{logit:+.2}"));
        y += 2 + gap;
    }
    let list = Rect { y, height: body.bottom().saturating_sub(y), ..body };
    if list.height > 1 {
        let what = format!("probability of \"{above}\" (0.5 is undecided)");
        put(buf, list.x, list.y, list.width, &fit(&what, usize::from(list.width), theme.ascii), theme.label());
        let bars = Bars { range: Some((0.0, 1.0)), axis: list.height > 4, marks: &[0.5], ..Bars::new(&rows) };
        bars::draw(Rect { y: list.y + 1, height: list.height - 1, ..list }, buf, theme, &bars);
    }
}

/// The answer of the checkpoint's own classification head.
fn own(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let measured = mark(Source::Live, theme);
    let kind = trace.model.answers;
    let scores = kind == Answers::Scores;
    let next = match state.heads_request() {
        Some(request) => format!(
            "Enter fits two more here, on [CLS] and GlobalPooling, on the sentences of {}",
            clean(&request.data, theme.ascii)
        ),
        None => "none was recorded for this model; a race fits one".to_owned(),
    };
    let mut foot = vec![
        said(format!("{measured} measured here, by the classifier that this model brings along"), theme.dim()),
        said(next, theme.text()),
    ];
    if let Some(note) = kind.note() {
        foot.insert(1, said(note, theme.dim()));
    }
    let what = match kind {
        Answers::Classes => "probability of each class",
        Answers::Labels => "probability of each label, for itself",
        Answers::Scores => "its score",
    };
    let body = frame("the model's own answer", "last layer", &foot, theme, area, buf);
    let sentence = fit(&trace.sentence.text, usize::from(body.width), theme.ascii);
    put(buf, body.x, body.y, body.width, &sentence, theme.text());
    put(buf, body.x, body.y + 2, body.width, what, theme.label());
    let row = |(label, value): &(String, f32)| Bar {
        label: clean(label, theme.ascii).into_owned(),
        value: *value,
        text: if scores { format!("{value:+.3}") } else { format!("{value:.3}") },
        role: Role::Cls,
        ..Bar::default()
    };
    let list = Rect { y: body.y + 3, height: body.height.saturating_sub(3), ..body };
    let range = if scores { None } else { Some((0.0, 1.0)) };
    // The axis goes first where there is no room; then the last classes, which are counted.
    let room = usize::from(list.height);
    let axis = room > 4 && room > trace.own.len();
    let shown = if trace.own.len() > room { room.saturating_sub(1) } else { trace.own.len() };
    let rows: Vec<Bar> = trace.own.iter().take(shown).map(row).collect();
    bars::draw(list, buf, theme, &Bars { range, axis, ..Bars::new(&rows) });
    let hidden = trace.own.len() - shown;
    if hidden > 0 && room > 0 {
        put(buf, list.x, list.bottom() - 1, list.width, &format!("{hidden} more"), theme.dim());
    }
}

fn display(readout: &str) -> &'static str {
    if readout == "cls" { "[CLS]" } else { "GlobalPooling" }
}

/// The checkpoint's own answer beside heads that were fitted here, where both tell the same two classes apart.
fn of_checkpoint(trace: &TraceData, theme: &Theme) -> Option<Bar> {
    let classes = &trace.labels.first().filter(|_| trace.model.answers.is_classes())?.classes;
    let share = |class: &String| Some(trace.own.iter().find(|(label, _)| label.eq_ignore_ascii_case(class))?.1);
    let [below, above] = classes.each_ref().map(share);
    let (below, above) = (below?, above?);
    let answer = clean(&classes[usize::from(above >= below)], theme.ascii);
    Some(Bar {
        label: "its own head".to_owned(),
        value: above,
        text: format!("{above:.3} {answer}"),
        role: Role::Label,
        ..Bar::default()
    })
}

fn bar(label: &crate::lab::HeadAnswer, theme: &Theme) -> Bar {
    let answer = clean(label.class(), theme.ascii);
    Bar {
        label: display(&label.readout).to_owned(),
        value: label.positive,
        text: format!("{:.3} {answer}", label.positive),
        role: if label.readout == "cls" { Role::Cls } else { Role::Mean },
        ..Bar::default()
    }
}

/// What the classifier says that the checkpoint brings along.
fn own_in_words(trace: &TraceData) -> Option<Vec<String>> {
    let answers: Vec<String> = trace.own.iter().map(|(name, share)| format!("{name} {}", number(*share))).collect();
    let kind = trace.model.answers.note().map_or(String::new(), |note| format!("; {note}"));
    let said =
        format!("For the sentence {}, the model's own classifier says: {}{kind}.", sentence(trace), answers.join(", "));
    (!answers.is_empty()).then(|| vec![said])
}

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let origin = trace.labels.first().map_or("recorded", |label| label.origin());
    let mut said = vec![format!("For the sentence {}, the classifiers {origin} say:", sentence(trace))];
    for label in &trace.labels {
        said.push(format!(
            "From the vector of {}: {}, the probability of {} is {} (0.5 is undecided).",
            verdict::name(&label.readout),
            label.class(),
            label.classes[1],
            number(label.positive)
        ));
    }
    if trace.labels.is_empty() {
        return Some(own_in_words(trace).into_iter().flatten().chain(unfitted_words(state)).collect());
    }
    Some(said)
}
