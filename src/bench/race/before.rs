//! What Enter would run, and how to choose something else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{role, whole};
use crate::app::State;
use crate::bench::painted::word;
use crate::bench::{card, frame, paragraphs};
use crate::lab::{Mode, Piece, RaceRequest, Rate, Readout, TraceData, features};
use crate::lesson::View;
use crate::view::lesson::part;
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::painted::Word;
use crate::view::widgets::text::{self, clean};

/// What Enter would do.
pub(in crate::bench) fn before(state: &State, caption: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(request) = state.race_request() else { return card(&["The model loads."], theme, area, buf) };
    let body = frame(caption, "", &[], theme, area, buf);
    let [_, train, validation, test] = state.data;
    let train = request.train.map_or(train, |most| most.min(train));
    let test = request.test.map_or(test, |most| most.min(test));
    let twice = match (&state.facts, &state.against) {
        (Some(one), Some(other)) if request.against.is_some() => {
            format!(" Each twice: 1 {}, 2 {}.", one.name, other.name)
        }
        _ => String::new(),
    };
    let own = state.facts.iter().chain(state.against.iter().filter(|_| request.against.is_some()));
    let races = state.bench().is_some_and(|bench| bench.view == View::Race);
    let own = if races && own.into_iter().any(|facts| !facts.labels.is_empty() && facts.answers.is_classes()) {
        " The classifier that the checkpoint brings along answers beside them."
    } else {
        ""
    };
    // What to press comes first: where the window is low, the rest is on the next page.
    let press =
        format!("Press Enter to run it.{} Space holds it, x stops it; what is finished is kept.", state.about());
    let mut said: Vec<String> = [press, twice, own.to_owned()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| clean(text.trim(), theme.ascii).into_owned())
        .collect();
    said.push(format!(
        "Each lane learns from {} sentences, makes its choices on {} others, and is tested once on {} more.",
        whole(train),
        whole(validation),
        whole(test)
    ));
    if request.modes.contains(&Mode::Frozen) {
        said.push("Frozen: BERT stays as it is, and a logistic regression learns.".to_owned());
    }
    if request.modes.contains(&Mode::Finetune) {
        said.push(tuned(&request, train));
    }
    if races {
        let size = state.cursor.variant + 1;
        let sizes = View::Race.measures().len();
        said.push(format!("Size {size} of {sizes}: v takes the next. + adds a lane, - takes it away."));
    }
    let mut shown = picture(state, &request, body.width, theme);
    shown.extend(paragraphs(&said, body.width, theme));
    shown.pop();
    lines(&part(shown, &[], usize::from(body.height), state.text_page, theme), body, buf);
}

/// What each lane reads of the learner's own sentence: a line a lane, the pieces that it reads marked.
fn picture(state: &State, request: &RaceRequest, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let Some(trace) = state.trace() else { return Vec::new() };
    let names: Vec<String> =
        request.readouts.iter().map(|readout| clean(&readout.label(), theme.ascii).into_owned()).collect();
    let wide = names.iter().map(|name| text::width(name)).max().unwrap_or(0) + 2;
    let room = usize::from(width).saturating_sub(wide);
    let mut drawn = vec![Line::styled("What each lane reads of a sentence, here of yours:", theme.label())];
    for (readout, name) in request.readouts.iter().zip(&names) {
        let style = theme.style(role(&readout.to_string()));
        let mut spans = vec![Span::styled(text::pad(name, wide, theme.ascii), style)];
        spans.extend(reads(readout, trace, room, theme));
        drawn.push(Line::from(spans));
    }
    drawn.push(Line::default());
    drawn
}

/// The sentence as a readout has it, what it reads marked; of a long one the end where that is read.
fn reads(readout: &Readout, trace: &TraceData, room: usize, theme: &Theme) -> Vec<Span<'static>> {
    let special: Vec<bool> = trace.pieces.iter().map(Piece::special).collect();
    let rows = features::rows(readout, &special, features::hash(&trace.sentence.text));
    if rows.is_empty() {
        let says = if *readout == Readout::Words { "counts the words; no BERT" } else { "reads nothing" };
        return vec![Span::styled(says, theme.dim())];
    }
    let mut words: Vec<Word> = (0..special.len()).map(|index| word(trace, index, theme)).collect();
    match readout {
        Readout::ClsAtEnd => words.rotate_left(1),
        Readout::StandIn(other) => words[0].text.clone_from(other),
        _ => {}
    }
    let cells = |word: &Word| text::width(&word.text) + usize::from(word.space);
    // Where the pieces do not all fit, those that are read do.
    let fitting = |words: &mut dyn Iterator<Item = &Word>| {
        let mut used = 2;
        words
            .take_while(|word| {
                used += cells(word);
                used <= room
            })
            .count()
    };
    let all = words.iter().map(cells).sum::<usize>() <= room + 1;
    let begins = fitting(&mut words.iter());
    let shown = if all {
        0..words.len()
    } else if rows.iter().any(|row| *row < begins) {
        0..begins
    } else {
        words.len() - fitting(&mut words.iter().rev())..words.len()
    };
    let ellipsis = || Span::styled(theme.glyphs().ellipsis, theme.dim());
    let mut spans = Vec::new();
    spans.extend((shown.start > 0).then(ellipsis));
    for index in shown.clone() {
        let read = rows.contains(&index);
        if words[index].space && index > shown.start {
            // A gap between two pieces that are read belongs to what is read.
            let within = read && rows.contains(&(index - 1));
            spans.push(Span::styled(" ", if within { theme.focus() } else { theme.text() }));
        }
        spans.push(Span::styled(words[index].text.clone(), if read { theme.focus() } else { theme.dim() }));
    }
    spans.extend((shown.end < words.len()).then(ellipsis));
    spans
}

fn tuned(request: &RaceRequest, train: usize) -> String {
    let recipe = &request.recipe;
    let layers = match recipe.top_layers {
        Some(1) => "its uppermost layer learns".to_owned(),
        Some(count) => format!("its upper {count} layers learn"),
        None => "all its layers and its embeddings learn".to_owned(),
    };
    let steps = recipe.steps(train);
    let rate = match recipe.rate {
        Rate::Auto => "each lane looks for its rate on validation".to_owned(),
        Rate::Fixed(rate) => format!("rate {rate}"),
    };
    format!(
        "Fine-tuned: BERT learns with the classifier; {layers}, {steps} steps of {} sentences, {rate}, the same order for every lane. First head and order follow from the seed, {}: r takes another.",
        recipe.batch, request.seed
    )
}
