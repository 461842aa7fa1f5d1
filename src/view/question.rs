//! A question with its numbered options, and after the answer what is right and why.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::resolver;
use super::theme::Theme;
use super::widgets::blocks;
use super::widgets::text::{clean, span, wrap, wrap_hanging};
use crate::app::State;
use crate::app::class::Tally;
use crate::lesson::{Block, Question, Source, Step};
use crate::wording::NOT_DECIDED;

/// Why it is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Before a result shows.
    Predict,
    /// To recall.
    Check,
}

pub(super) fn lines(state: &State, question: &Question, kind: Kind, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = asked(state, question, kind, width, theme);
    if let Some(choice) = state.given(question) {
        lines.push(Line::default());
        lines.extend(feedback(state, question, choice, width, theme));
    }
    lines
}

/// The question and its options.
pub(crate) fn asked(state: &State, question: &Question, kind: Kind, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let given = state.given(question);
    let lead = match (kind, given) {
        (Kind::Predict, None) => "Before you look: ",
        (Kind::Check, None) => "To recall: ",
        _ => "",
    };
    let mut lines =
        wrap(&[Span::styled(lead, theme.key()), span(question.ask(state.embedded()), theme.heading(), theme)], width);
    lines.extend(options(&state.options(question), given, theme, width));
    lines
}

fn options(options: &[String], given: Option<usize>, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (index, option) in options.iter().enumerate() {
        let chosen = given == Some(index);
        let pointer = if chosen { theme.glyphs().pointer } else { " " };
        let style = if chosen { theme.focus() } else { theme.text() };
        let spans = [
            Span::styled(format!("{pointer} "), theme.key()),
            Span::styled(format!("{}  ", index + 1), theme.key()),
            span(option, style, theme),
        ];
        lines.extend(wrap_hanging(&spans, width, 5));
    }
    lines
}

/// What was right, what was measured, and why. A wrong answer is never scolded: the evidence is shown.
pub(super) fn feedback(
    state: &State,
    question: &Question,
    choice: usize,
    width: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let verdict = state.verdict(question);
    let graded = state.progress.answers.get(&question.id).is_some_and(|given| given.correct.is_some());
    let options = state.options(question);
    let option = |index: usize| options.get(index).map_or(String::new(), |text| clean(text, theme.ascii).into_owned());
    let mark = verdict.source.map_or("", |source| blocks::mark(source, theme));
    let measured = match &verdict.measured {
        Some(_) if verdict.told_by_option => mark.to_owned(),
        Some(text) => format!(" ({}{mark})", clean(text, theme.ascii)),
        None => String::new(),
    };
    let said = match verdict.right {
        None if state.votes_on(question) => {
            let said = format!("You said: {}. The result comes when the class has voted.", option(choice));
            vec![Span::styled(said, theme.value())]
        }
        None if verdict.undecided => {
            let said = format!("You said: {}. {NOT_DECIDED}{measured}.", option(choice));
            vec![Span::styled(said, theme.value())]
        }
        // An earlier version kept whether it was right, and not what was.
        None if graded => {
            let said = format!("You said: {}. When it was measured it came out otherwise{measured}.", option(choice));
            vec![Span::styled(said, theme.value())]
        }
        None => {
            let tells = if state.run_request().is_some() && !state.has_run_here() {
                "Your run decides: press Enter."
            } else if state.missing().is_empty() {
                "Nothing here decides it."
            } else {
                "The bench will tell."
            };
            vec![Span::styled(format!("You said: {}. {tells}", option(choice)), theme.value())]
        }
        Some(right) if right == choice => vec![
            Span::styled(format!("{} ", theme.glyphs().check), theme.good()),
            Span::styled(format!("You said: {}. Correct{measured}.", option(choice)), theme.value()),
        ],
        Some(right) => vec![
            Span::styled(format!("You said: {}. ", option(choice)), theme.text()),
            Span::styled(format!("It is: {}{measured}.", option(right)), theme.value()),
        ],
    };
    let mut lines = wrap(&said, width);
    if let Some(tally) = state.class.tallies.get(&question.id).filter(|_| !state.votes_on(question)) {
        lines.extend(wrap(&[Span::styled(class(tally, choice, &option), theme.text())], width));
    }
    if verdict.is_known() {
        lines.extend(blocks::render_inlines(question.why(state.embedded()), &resolver(state), width, theme));
    }
    lines
}

/// What the class said: the options that most chose, the learner's own, and how it was before they talked it over.
fn class(tally: &Tally, choice: usize, option: &dyn Fn(usize) -> String) -> String {
    let count = tally.votes.last().map_or(0, Vec::len);
    let of = tally.said(0).1;
    let most = (0..count).map(|index| tally.said(index).0).max().unwrap_or(0);
    if most == 0 {
        return "Nobody in your class has answered.".to_owned();
    }
    let first = tally.votes.first().filter(|_| tally.votes.len() > 1).cloned();
    let one = |index: usize| {
        let before = first.as_ref().and_then(|votes| votes.get(index));
        let before = before.map_or(String::new(), |said| format!(" ({said} before they talked it over)"));
        format!("{} of {of} said {}{before}", tally.said(index).0, option(index))
    };
    let told = |index: &usize| tally.said(*index).0 == most || *index == choice;
    format!("Your class: {}.", (0..count).filter(told).map(one).collect::<Vec<_>>().join("; "))
}

/// Sources of the values that the answered questions of a step show.
pub(super) fn sources(state: &State, step: &Step) -> BTreeSet<Source> {
    let answered = step.predict.iter().chain(&step.check).filter(|question| state.given(question).is_some());
    let mut found = BTreeSet::new();
    for question in answered {
        found.extend(blocks::sources(&[Block::Paragraph(question.why(state.embedded()).to_vec())]));
        found.extend(state.verdict(question).source);
    }
    found
}
