//! What Enter would run, and how to choose something else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::reads::picture;
use super::recorded::{self, Recorded};
use super::whole;
use crate::app::State;
use crate::bench::{card, frame, paragraphs};
use crate::lab::{Mode, RaceRequest, Rate};
use crate::lesson::View;
use crate::view::lesson::part;
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::clean;

/// Lines that say at least what Enter does.
const PRESS: u16 = 4;

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
    // The seed is the learner's own choice: it comes before what is the same for everybody.
    if request.modes.contains(&Mode::Finetune) {
        said.push(tuned(&request, train));
    }
    said.push(format!(
        "Each lane learns from {} sentences, makes its choices on {} others, and is tested once on {} more.",
        whole(train),
        whole(validation),
        whole(test)
    ));
    if request.modes.contains(&Mode::Frozen) {
        said.push("Frozen: BERT stays as it is, and a logistic regression learns.".to_owned());
    }
    if races {
        let size = state.cursor.variant + 1;
        let sizes = View::Race.measures().len();
        said.push(format!("Size {size} of {sizes}: v takes the next. + adds a lane, - takes it away."));
    }
    let mut shown = picture(state, &request, body.width, theme);
    let mut rest = body;
    // What is recorded stands below the lanes, where there is still room to say what Enter does.
    let high = shown.len() as u16;
    if let Some(known) =
        Recorded::of(state, &request, theme).filter(|known| high + known.height() + PRESS <= body.height)
    {
        lines(&shown, body, buf);
        // What they differ by, where that leaves as much room.
        let all = known.height() + known.more();
        let tall = if high + all + PRESS <= body.height { all } else { known.height() };
        recorded::draw(&known, state, theme, Rect { y: body.y + high, height: tall, ..body }, buf);
        let used = high + tall;
        rest = Rect { y: body.y + used, height: body.height - used, ..body };
        shown.clear();
    }
    shown.extend(paragraphs(&said, body.width, theme));
    shown.pop();
    lines(&part(shown, &[], usize::from(rest.height), state.bench_page, theme), rest, buf);
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
        "Fine-tuned: BERT learns with the classifier; {layers}, {steps} steps of {} sentences, {rate}, the same order for every lane. Its first weights and the order follow from the seed, {}: r takes another.",
        recipe.batch, request.seed
    )
}
