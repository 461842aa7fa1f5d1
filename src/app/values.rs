//! Resolves `{{…}}`: live values against outcomes, recorded values against records, citations.

mod attention;
pub mod attribution;
pub(crate) mod families;
mod layernorm;
mod order;

use super::{State, history};
use crate::lab::figures::{layer, place};
use crate::lab::record::{Datum, flatten, flatten_inversion};
use crate::lab::way::Way;
use crate::lab::{ModelFacts, PieceKind};
use crate::lesson::{Format, Layer, Source, ValueRef, View};
use crate::wording::listed;

/// Characters of a sentence that running text quotes.
const MOST_SHOWN: usize = 120;

/// A value as the screen shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Written by its format.
    pub text: String,
    /// Its number, if it is one.
    pub number: Number,
    /// Where it is from; absent where it is a name, or says that something is not known: nobody measured that.
    pub source: Option<Source>,
    /// Whether it is there yet.
    pub ready: bool,
}

/// The number behind a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A number.
    Known(f64),
    /// A text, or nothing yet.
    None,
}

/// Looks a value up; one that is not there yet is not `ready` and shows as dots.
#[must_use]
pub fn resolve(state: &State, value: &ValueRef) -> Value {
    let found = match value.source {
        Source::Live => live(state, &value.key),
        Source::Record => recorded(state, &value.key),
        Source::Cite => state.course.citations.get(&value.key).map(|citation| {
            Datum::Text(match &citation.value {
                Some(figure) => format!("{figure} ({})", citation.source),
                None => format!("({})", citation.source),
            })
        }),
    };
    match found {
        Some(Datum::Number(number)) => Value {
            text: write(number, value.format),
            number: Number::Known(number),
            source: Some(if of_record(state, value) { Source::Record } else { value.source }),
            ready: true,
        },
        // What is told of a model's training was not measured here: it names its sources, as citations do.
        Some(Datum::Text(text)) if value.source == Source::Live && value.key == "model.history" => {
            let source = (text != history::UNKNOWN).then_some(Source::Cite);
            Value { text, number: Number::None, source, ready: true }
        }
        Some(Datum::Text(text)) => {
            let named = value.source == Source::Live
                && matches!(value.key.as_str(), "data.name" | "data.classes" | "offer.layers");
            Value { text, number: Number::None, source: (!named).then_some(value.source), ready: true }
        }
        None => Value { text: "…".to_owned(), number: Number::None, source: Some(value.source), ready: false },
    }
}

/// Whether a value of the bench is told by a recorded head: how often it is right was measured when it was recorded.
fn of_record(state: &State, value: &ValueRef) -> bool {
    let readout = value.key.strip_prefix("label.").and_then(|rest| rest.strip_suffix(".accuracy"));
    let recorded = |readout: &str| {
        state.trace().is_some_and(|trace| trace.labels.iter().any(|label| label.readout == readout && !label.here))
    };
    value.source == Source::Live && readout.is_some_and(recorded)
}

/// Why a recorded value is not shown.
const FOREIGN: &str = "(not recorded)";

/// A recorded value, if the record was made with the model in use: any other model's numbers would mislead. Where the
/// course has the same record of the model in use, that one is meant.
fn recorded(state: &State, key: &str) -> Option<Datum> {
    let datum = state.records.get(key).cloned();
    if !misleads(state, key) {
        return datum;
    }
    let (file, rest) = key.split_once('.')?;
    let mark = format!("{file}{OF_MODEL}");
    let named = state.records.range(mark.clone()..).map(|(key, _)| key).take_while(|key| key.starts_with(&mark));
    let own = named.filter_map(|key| key.split_once('.')).map(|(file, _)| file).find(|file| !is_foreign(state, file));
    match own {
        Some(own) => state.records.get(&format!("{own}.{rest}")).cloned(),
        None => datum.map(|_| Datum::Text(FOREIGN.to_owned())),
    }
}

/// Stands in the name of a record before the model that it is of, where it is not the course's: `frozen@bge.json`.
const OF_MODEL: char = '@';

/// Whether a recorded value would be taken for one of the model in use and is not: its record is foreign, and its name does
/// not say of which model it is.
#[must_use]
pub fn misleads(state: &State, key: &str) -> bool {
    !key.contains(OF_MODEL) && is_foreign(state, key)
}

/// Whether the record that a key belongs to was made with another model than the one in use, or with other sentences than
/// those that the step's bench learns from.
#[must_use]
pub fn is_foreign(state: &State, key: &str) -> bool {
    let file = key.split('.').next().unwrap_or_default();
    let Some(facts) = &state.facts else { return false };
    state.records.contains_key(&format!("{file}.{MADE_BY}")) && (!made(state, file, facts) || state.reads_others())
}

/// Whether these weights made the records of the course.
pub(super) fn made_records(state: &State, facts: &ModelFacts) -> bool {
    let files = state.records.keys().filter_map(|key| key.strip_suffix(MADE_BY)?.strip_suffix('.'));
    files.filter(|file| !file.contains(OF_MODEL)).any(|file| made(state, file, facts))
}

/// Whether this model made a record: by its file of weights, or by what the encoder in it holds.
fn made(state: &State, file: &str, facts: &ModelFacts) -> bool {
    let says = |key: &str, ours: &str| matches!(state.records.get(&format!("{file}.{key}")), Some(Datum::Text(made)) if made == ours);
    says(MADE_BY, &facts.sha256) || says(MADE_OF, &facts.tensors_sha256)
}

/// The key under which a record says which file of weights it was made with.
pub const MADE_BY: &str = "model_sha256";

/// The key under which it says what the encoder in that file holds.
pub const MADE_OF: &str = "tensors_sha256";

/// How a model's vectors were tuned to be read, in two or three words.
pub(crate) fn tuned(model: &str) -> &'static str {
    super::history::tuned(model)
}

/// Writes a number by its format.
#[must_use]
pub fn write(number: f64, format: Format) -> String {
    format.write(number)
}

fn live(state: &State, key: &str) -> Option<Datum> {
    let layers = state.facts.as_ref().map(|facts| facts.layers);
    let key = &numbered(key, layers);
    let (head, rest) = key.split_once('.')?;
    if named_layer(head, rest).zip(layers).is_some_and(|(named, last)| named > last) {
        return Some(Datum::Text("(no such layer in this model)".to_owned()));
    }
    let number = |number: usize| Some(Datum::Number(number as f64));
    match head {
        "model" => {
            let facts = state.facts.as_ref()?;
            match rest {
                "name" => Some(Datum::Text(facts.name.clone())),
                "history" => {
                    let told = history::told(&facts.name, facts.pooling.as_deref());
                    Some(Datum::Text(told.unwrap_or_else(|| history::UNKNOWN.to_owned())))
                }
                "layers" => number(facts.layers),
                "middle" => number(Layer::Middle.number(facts.layers)),
                "heads" => number(facts.heads),
                "hidden" => number(facts.hidden),
                "head_size" => number(facts.hidden / facts.heads.max(1)),
                "vocabulary" => number(facts.vocabulary),
                "parameters" => number(facts.parameters),
                "positions" => number(facts.positions),
                _ => None,
            }
        }
        "data" => {
            match rest {
                "name" => return Some(Datum::Text(shortened(file_name(&state.sentences)))),
                "classes" => return Some(Datum::Text(classes(&state.classes))),
                _ => {}
            }
            let index = ["sentences", "train", "validation", "test"].iter().position(|name| *name == rest)?;
            number(state.data[index])
        }
        "sentence" if rest == "text" => Some(Datum::Text(shortened(&state.sentence().text))),
        "sentence" | "label" | "cls" | "mixing" => of_trace(state, head, rest),
        "layernorm" => layernorm::of_layernorm(state, rest),
        "similarity" => attribution::of_similarity(state, rest),
        "attention" => attention::of_row(state, rest),
        "heads" => attention::of_heads(state, rest),
        "notebook" => {
            let (made, measured, right) = state.predictions();
            match rest {
                "predicted" => number(made),
                "measured" => number(measured),
                "right" => number(right),
                _ => None,
            }
        }
        family => View::ALL
            .iter()
            .flat_map(|(_, view)| view.row().families)
            .find(|known| known.name == family)
            .and_then(|known| (known.find)(state, rest)),
    }
}

/// The neighbour of this rank, counted from 1.
fn of_neighbours(state: &State, rest: &str) -> Option<Datum> {
    let rank = rest.parse::<usize>().ok()?.checked_sub(1)?;
    state.neighbours()?.cosine.get(rank).map(|(word, _)| Datum::Text(word.clone()))
}

/// The size of the run that the bench offers, as the learner chose it.
fn offered(state: &State, rest: &str) -> Option<Datum> {
    let request = state.race_request()?;
    let [_, train, validation, test] = state.data;
    let number = |most: Option<usize>, all: usize| Some(Datum::Number(most.map_or(all, |most| most.min(all)) as f64));
    match rest {
        "train" => number(request.train, train),
        "validation" => number(None, validation),
        "test" => number(request.test, test),
        "layers" => Some(Datum::Text(match request.recipe.top_layers {
            _ if !request.modes.contains(&crate::lab::Mode::Finetune) => "no layer learns".to_owned(),
            Some(1) => "the uppermost layer learns".to_owned(),
            Some(count) => format!("the upper {count} layers learn"),
            None => "all layers learn".to_owned(),
        })),
        _ => None,
    }
}

/// A key with a layer's number in the place of the word for it. (`last` stays: every family knows it.)
fn numbered(key: &str, layers: Option<usize>) -> String {
    let part = |part: &str| match (layers, Layer::named(part)) {
        (Some(layers), Some(layer)) if layer != Layer::Last => layer.number(layers).to_string(),
        _ => part.to_owned(),
    };
    // `model.middle` is that number itself.
    if key.starts_with("model.") { key.to_owned() } else { key.split('.').map(part).collect::<Vec<_>>().join(".") }
}

/// The number of the layer that a key names, if it names one by its number.
fn named_layer(head: &str, rest: &str) -> Option<usize> {
    let part = match head {
        "race" | "aggregate" | "decode" | "attention" => rest.split('.').nth(1),
        "neighbours" | "model" | "data" | "sentence" | "label" => None,
        _ => rest.rsplit('.').next(),
    };
    part?.parse().ok()
}

/// A file by its name alone.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// Labels that a text names; of many the first.
const NAMED: usize = 6;

fn classes(names: &[String]) -> String {
    listed(names.iter().map(|name| shortened(name)), NAMED)
}

/// The beginning of a long sentence.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn of_trace(state: &State, head: &str, rest: &str) -> Option<Datum> {
    let trace = state.trace()?;
    match (head, rest) {
        ("sentence", "pieces") => Some(Datum::Number(trace.pieces.len() as f64)),
        ("sentence", "unseen") => {
            // A word split into several pieces continues at least once, and its first continuation follows a start.
            let continues =
                |index: usize| trace.pieces.get(index).is_some_and(|piece| piece.kind == PieceKind::Continuation);
            let words = (1..trace.pieces.len()).filter(|index| continues(*index) && !continues(index - 1)).count();
            Some(Datum::Number(words as f64))
        }
        ("label", rest) => {
            let (readout, what) = rest.split_once('.')?;
            let answer = trace.labels.iter().find(|label| label.readout == readout)?;
            match what {
                "answer" => Some(Datum::Text(answer.class().to_owned())),
                "probability" => Some(Datum::Number(f64::from(answer.share()))),
                "accuracy" => Some(Datum::Number(answer.accuracy)),
                _ => None,
            }
        }
        ("cls", rest) => {
            let states = trace.hidden_states.get(layer(rest.strip_prefix("norm.")?, trace.model.layers)?)?;
            let norm = states.row(0).iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
            Some(Datum::Number(norm))
        }
        ("mixing", "place") => {
            let Datum::Number(most) = ranked(&trace.mixing.ratio, |best, ratio| ratio > best)? else { return None };
            Some(place(most as usize, trace.model.layers))
        }
        ("mixing", "most") => ranked(&trace.mixing.ratio, |best, ratio| ratio > best),
        ("mixing", "least") => ranked(&trace.mixing.ratio, |best, ratio| ratio < best),
        ("mixing", rest) => {
            let (what, at) = rest.split_once('.')?;
            let row = layer(at, trace.model.layers)?.checked_sub(1)?;
            match what {
                "ratio" => trace.mixing.ratio.get(row).map(|ratio| Datum::Number(f64::from(*ratio))),
                "top" => {
                    Some(Datum::Text(trace.pieces.get(most_of_others(trace.mixing.norm.row(row))?)?.shown.clone()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The 1-based layer that beats all others.
fn ranked(ratios: &[f32], beats: impl Fn(f32, f32) -> bool) -> Option<Datum> {
    let mut best = 0;
    for index in 1..ratios.len() {
        if beats(ratios[best], ratios[index]) {
            best = index;
        }
    }
    (!ratios.is_empty()).then_some(Datum::Number((best + 1) as f64))
}

fn of_compare(state: &State, rest: &str) -> Option<Datum> {
    let data = state.compare(Way::AsItIs)?;
    let (what, at) = rest.split_once('.')?;
    let series = match what {
        "cls" => &data.cls,
        "word" => &data.word_cosine,
        "mean" => &data.mean,
        _ => return None,
    };
    let index = layer(at, data.cls.len().saturating_sub(1))?;
    series.get(index).map(|value| Datum::Number(f64::from(*value)))
}

/// Whose share is largest, `[CLS]` itself apart.
fn most_of_others(shares: &[f32]) -> Option<usize> {
    (1..shares.len()).max_by(|a, b| shares[*a].total_cmp(&shares[*b]))
}

/// Whether a value that is a piece is `word`, as a question writes it. `[CLS]` and `[SEP]` are what the tokenizer put
/// there, by whatever names; other words are compared without the space before them.
#[must_use]
pub fn is_piece(state: &State, key: &str, word: &str) -> Option<bool> {
    let trace = state.trace()?;
    let key = numbered(key, Some(trace.model.layers));
    let place = match key.split('.').collect::<Vec<_>>()[..] {
        ["attention", "top", at, head] => attention::top_of(trace, at, head)?,
        ["mixing", "top", at] => most_of_others(trace.mixing.norm.row(layer(at, trace.model.layers)?.checked_sub(1)?))?,
        ["knockout", "top"] => {
            let matrix = &state.knockout(Way::AsItIs)?.cosine_distance;
            let most = (0..matrix.data.len()).max_by(|a, b| matrix.data[*a].total_cmp(&matrix.data[*b]))?;
            most % matrix.cols.max(1)
        }
        _ => return None,
    };
    let piece = trace.pieces.get(place)?;
    Some(match (word, piece.kind) {
        ("[CLS]", kind) => kind == PieceKind::First,
        ("[SEP]", kind) => kind == PieceKind::Separator,
        (word, kind) => !kind.is_special() && piece.bare() == word,
    })
}

fn of_knockout(state: &State, rest: &str) -> Option<Datum> {
    let (data, trace) = (state.knockout(Way::AsItIs)?, state.trace()?);
    let matrix = &data.cosine_distance;
    let most = (0..matrix.data.len()).max_by(|a, b| matrix.data[*a].total_cmp(&matrix.data[*b]))?;
    match rest {
        "top" => Some(Datum::Text(trace.pieces.get(most % matrix.cols)?.shown.clone())),
        "effect" => Some(Datum::Number(f64::from(matrix.data[most]))),
        _ => None,
    }
}

/// A value of the run that the step's own bench offers: never of another run, which may have read other sentences.
fn of_races(state: &State, rest: &str) -> Option<Datum> {
    flatten(state.race_report()?).get(&with_last(state, rest)).cloned()
}

/// The key with the number of the last layer in place of the word.
fn with_last(state: &State, key: &str) -> String {
    key.replace(".last.", &format!(".{}.", state.layers().unwrap_or_default()))
}

/// How good the decoders of the step's own bench are, and what they find of the sentence.
fn of_decoding(state: &State, rest: &str) -> Option<Datum> {
    let last = state.facts.as_ref()?.layers;
    if rest == "asked" {
        return Some(Datum::Number(state.decoded()?.content.len() as f64));
    }
    if let Some(decoder) = rest.strip_suffix(".hits") {
        let (readout, at) = decoder.split_once('.')?;
        let (data, at) = (state.decoded()?, layer(at, last)?);
        let decoded = data.decoded.iter().find(|decoded| decoded.readout == readout && decoded.layer == at)?;
        return Some(Datum::Number(decoded.hits(&data.content).count() as f64));
    }
    flatten_inversion(state.inversion()?).get(&with_last(state, rest)).cloned()
}

fn of_aggregate(state: &State, rest: &str) -> Option<Datum> {
    let report = state.aggregate()?;
    let number = |number: f64| Some(Datum::Number(number));
    match rest {
        "chance" => return number(report.chance),
        "train" => return number(report.provenance.sentences[0] as f64),
        "test" => return number(report.provenance.sentences[2] as f64),
        _ => {}
    }
    let (readout, rest) = rest.split_once('.')?;
    let (at, what) = rest.split_once('.')?;
    let at = layer(at, state.facts.as_ref()?.layers)?;
    let lane = report.lanes.iter().find(|lane| lane.readout == readout && lane.layer == at)?;
    match what {
        "probe" => number(lane.probe.accuracy),
        "cosine" => number(lane.random_cosine),
        "nearest" => number(lane.nearest),
        "low" => number(lane.nearest_ci95[0]),
        "high" => number(lane.nearest_ci95[1]),
        _ => None,
    }
}

/// The nearest sentence itself.
fn of_nearest(state: &State, rest: &str) -> Option<Datum> {
    let (readout, at) = rest.split_once('.')?;
    let at = layer(at, state.facts.as_ref()?.layers)?;
    let list = state.nearest(Way::AsItIs)?.lists.iter().find(|list| list.readout == readout && list.layer == at)?;
    Some(Datum::Text(shortened(&list.nearest.first()?.text)))
}
