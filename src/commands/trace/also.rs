//! `clsroom trace --also`: figures of further experiments on the sentence, named as lessons name them.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::cli::{Also, Trace};
use crate::lab::dataset::MOVIES;
use crate::lab::gradient::MaskedWord;
use crate::lab::largest::LargestData;
use crate::lab::received::ReceivedByFirst;
use crate::lab::record::Datum;
use crate::lab::{Control, LearnRequest, Outcome, Readout, Request, Sentence, Session, TraceData, figures};

/// Steps of the short training, as in the lesson.
const STEPS: usize = 60;

/// A figure by its name.
pub(super) type Named = (String, Datum);

/// A group of figures by the name of the whole, for programs.
pub(super) type Group = (&'static str, Value);

/// Runs one experiment.
pub(super) fn measure(
    lab: &Session,
    also: Also,
    asked: &Trace,
    trace: &TraceData,
) -> Result<(Vec<Named>, Option<Group>), String> {
    let (sentence, layers) = (&trace.sentence, trace.model.layers);
    let ranges = match &asked.ranges[..] {
        // All but the last, the last, all.
        [] => [[1, layers.saturating_sub(1)], [layers, layers], [1, layers]].into_iter().filter(|r| r[1] > 0).collect(),
        asked => asked.to_vec(),
    };
    let request = match also {
        Also::Largest => Request::Largest(sentence.clone()),
        Also::Received => Request::Received { sentence: sentence.clone(), stand_in: asked.stand_in.clone() },
        Also::Ranges => Request::Ranges { sentence: sentence.clone(), ranges: ranges.clone() },
        Also::Masked => Request::Masked { sentence: sentence.clone(), position: asked.mask },
        Also::Arrange => Request::Arrange(sentence.clone()),
        Also::Gradient => Request::Gradient(sentence.clone()),
        Also::Knockout => Request::Knockout(sentence.clone()),
        Also::Learning => Request::Learn(LearnRequest {
            data: MOVIES.to_owned(),
            readout: Readout::Cls,
            steps: STEPS,
            sentence: sentence.clone(),
            seed: 0,
        }),
    };
    let outcome = lab.run(&request, &Control::QUIET).map_err(|error| error.to_string())?;
    let figures = match outcome {
        Some(Outcome::Largest(data)) => return Ok(largest(&data)),
        Some(Outcome::Received(data)) => return Ok(received(&data)),
        Some(Outcome::Ranges(data)) => return Ok(cut(&ranges, &data)),
        Some(Outcome::Masked(data)) => return Ok(masked(&data, trace)),
        Some(Outcome::Arrange(data)) => {
            let keys = figures::CHANGES
                .iter()
                .flat_map(|change| ["cosine", "largest"].map(|what| format!("{change}.{what}")))
                .flat_map(|start| (0..=layers).map(move |layer| format!("{start}.{layer}")));
            named("arrange", keys, |key| figures::arrange(&data, key))
        }
        Some(Outcome::Gradient(data)) => {
            let keys = ["cls", "mean"]
                .iter()
                .flat_map(|readout| ["touched", "share"].map(|what| format!("{readout}.{what}")))
                .flat_map(|start| (0..=layers).map(move |layer| format!("{start}.{layer}")));
            named("gradient", keys, |key| figures::gradient(&data, key))
        }
        Some(Outcome::Learn(data)) => {
            let keys = ["before", "after", "top", "change", "most"].map(str::to_owned).into_iter();
            let keys = keys.chain((0..=layers).map(|layer| format!("turned.{layer}")));
            named("learning", keys, |key| figures::learning(&data, key))
        }
        Some(Outcome::Knockout(data)) => {
            let matrix = &data.cosine_distance;
            let most = (0..matrix.data.len()).max_by(|a, b| matrix.data[*a].total_cmp(&matrix.data[*b]));
            most.map_or_else(Vec::new, |most| {
                let piece = trace.pieces.get(most % matrix.cols.max(1)).map_or("", |piece| piece.shown.as_str());
                vec![
                    ("knockout.top".to_owned(), Datum::Text(piece.to_owned())),
                    ("knockout.effect".to_owned(), Datum::Number(f64::from(matrix.data[most]))),
                ]
            })
        }
        _ => return Err("the experiment was stopped".to_owned()),
    };
    Ok((figures, None))
}

fn number(value: f32) -> Datum {
    Datum::Number(f64::from(value))
}

/// `{start}.{layer}`, layers counted from `first`.
fn by_layer(start: &str, first: usize, values: &[f32]) -> Vec<Named> {
    values.iter().enumerate().map(|(at, value)| (format!("{start}.{}", first + at), number(*value))).collect()
}

fn largest(data: &LargestData) -> (Vec<Named>, Option<Group>) {
    let found = &data.coordinate;
    let mut figures = vec![("largest.index".to_owned(), Datum::Number(found.index as f64))];
    figures.extend(by_layer("largest.share", 0, &found.share_of_cls));
    for (way, cosines) in figures::WAYS.iter().zip(&data.cosines) {
        figures.extend(by_layer(&format!("largest.{way}"), 0, cosines));
    }
    (figures, Some(("largest_coordinate", json!(found))))
}

fn received(data: &ReceivedByFirst) -> (Vec<Named>, Option<Group>) {
    let named = data.named();
    let figures = named.iter().flat_map(|(name, values)| by_layer(&format!("received.{name}"), 1, values));
    (figures.collect(), Some(("received_by_first", json!(data))))
}

fn cut(ranges: &[[usize; 2]], data: &[f32]) -> (Vec<Named>, Option<Group>) {
    let named: Vec<(String, f32)> =
        ranges.iter().zip(data).map(|([first, last], moved)| (format!("{first}-{last}"), *moved)).collect();
    let figures = named.iter().map(|(range, moved)| (format!("cut.{range}"), number(*moved))).collect();
    let group = named.into_iter().map(|(range, moved)| (range, json!(moved))).collect::<Map<_, _>>();
    (figures, Some(("cut_ranges", Value::Object(group))))
}

fn masked(data: &MaskedWord, trace: &TraceData) -> (Vec<Named>, Option<Group>) {
    let map = &data.gradient_norm;
    let piece = trace.pieces.get(data.position).map_or("", |piece| piece.shown.as_str());
    let mut figures =
        vec![("masked.word".to_owned(), Datum::Text(piece.to_owned())), ("masked.loss".to_owned(), number(data.loss))];
    let cls: Vec<f32> = (0..map.rows).map(|layer| map.at(layer, 0)).collect();
    figures.extend(by_layer("masked.cls", 0, &cls));
    let rows: Vec<&[f32]> = (0..map.rows).map(|layer| map.row(layer)).collect();
    let group = json!({
        "position": data.position, "loss": data.loss, "gradient_norm": rows, "own_head": data.own_head,
    });
    (figures, Some(("masked_word", group)))
}

/// Two sentences side by side: `compare.cls|mean|word.{layer}`.
pub(super) fn compare(
    lab: &Session,
    first: Sentence,
    second: Sentence,
    word: Option<String>,
) -> Result<Vec<Named>, String> {
    let wanted = word.clone();
    let request = Request::Compare { first, second, word };
    let outcome = lab.run(&request, &Control::QUIET).map_err(|error| error.to_string())?;
    let Some(Outcome::Compare(data)) = outcome else { return Err("the experiment was stopped".to_owned()) };
    if let (Some(word), None) = (wanted, &data.word) {
        return Err(format!("the word {word:?} is not in both sentences. Give one that is, as it is written"));
    }
    let all = [("cls", &data.cls), ("mean", &data.mean), ("word", &data.word_cosine)];
    let figures = all.into_iter().flat_map(|(what, series)| {
        let number = |value: &f32| Datum::Number(f64::from(*value));
        series.iter().enumerate().map(move |(layer, value)| (format!("compare.{what}.{layer}"), number(value)))
    });
    Ok(figures.collect())
}

fn named(family: &str, keys: impl Iterator<Item = String>, value: impl Fn(&str) -> Option<Datum>) -> Vec<Named> {
    keys.filter_map(|key| Some((format!("{family}.{key}"), value(&key)?))).collect()
}

/// One figure a line.
pub(super) fn text(figures: &[Named]) -> String {
    let mut out = String::new();
    if !figures.is_empty() {
        out.push_str("\nalso measured here\n");
    }
    for (name, value) in figures {
        let _ = writeln!(out, "  {name:<32} {value}");
    }
    out
}

/// Figures by name.
pub(super) fn as_json(figures: &[Named]) -> Value {
    let value = |datum: &Datum| match datum {
        Datum::Number(number) => json!(number),
        Datum::Text(text) => json!(text),
    };
    Value::Object(figures.iter().map(|(name, datum)| (name.clone(), value(datum))).collect::<Map<_, _>>())
}
