//! `clsroom trace --also`: figures of further experiments on the sentence, named as lessons name them.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::cli::Also;
use crate::lab::dataset::MOVIES;
use crate::lab::record::Datum;
use crate::lab::{Control, LearnRequest, Outcome, Readout, Request, Sentence, Session, TraceData, figures};

/// Steps of the short training, as in the lesson.
const STEPS: usize = 60;

/// A figure by its name.
pub(super) type Named = (String, Datum);

/// Runs one experiment.
pub(super) fn measure(lab: &Session, also: Also, sentence: &Sentence, trace: &TraceData) -> Result<Vec<Named>, String> {
    let request = match also {
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
    let layers = trace.model.layers;
    Ok(match outcome {
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
    })
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
