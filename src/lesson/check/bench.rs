//! A bench's settings, and whether its step can ever show a value.

use super::values::is_readout;
use super::{Checker, Lines, did_you_mean, did_you_mean_or, quoted};
use crate::lesson::vocabulary::family;
use crate::lesson::{Bench, EVERYWHERE, Layer, Source, ValueRef, View, Vocabulary};

/// Ways in which the lanes of a race learn.
const MODES: [&str; 2] = ["frozen", "finetune"];

/// Classifiers that read no vector.
const BASELINES: [&str; 2] = ["words", "majority"];

/// Why a value is never measured, and what to do.
type Never = (String, Option<String>);

impl Checker<'_> {
    pub(super) fn bench(&mut self, lines: Lines, bench: &Bench) {
        let view = bench.view.name();
        let vocabulary = self.vocabulary;
        for need in bench.view.row().needs.iter().filter(|need| !has(bench, need)) {
            let help = match *need {
                "other" => "add a line `other = \"…\"`, the second sentence",
                _ => "add a line such as `readouts = [\"cls\", \"mean\"]`",
            };
            self.tell(lines, &quoted(view), format!("view `{view}` needs `{need}`"), help.to_owned());
        }
        if let Some(measure) = bench.measure.as_deref().filter(|measure| !bench.view.measures().contains(measure)) {
            let known = bench.view.measures();
            let help = match known {
                [] => format!("`{view}` has no measures; remove the line"),
                _ => did_you_mean_or(measure, "its measures are", known.iter().copied()),
            };
            self.tell(lines, &quoted(measure), format!("view `{view}` has no measure `{measure}`"), help);
        }
        if let Some(Layer::Number(layer)) = bench.layer
            && layer > vocabulary.layers
        {
            let help = format!(
                "0 is the embeddings, {} the last layer; `layer = \"last\"` fits every model",
                vocabulary.layers
            );
            self.tell(lines, "layer", format!("the model has no layer {layer}"), help);
        }
        if let Some(head) = bench.head.filter(|head| !(1..=vocabulary.heads).contains(head)) {
            let help = format!("heads are counted from 1 to {}", vocabulary.heads);
            self.tell(lines, "head", format!("a layer has no head {head}"), help);
        }
        if let Some(name) = bench.operation.as_ref().filter(|name| !vocabulary.operations.contains(name)) {
            let known = vocabulary.operations.iter().map(String::as_str);
            let help = did_you_mean_or(name, "the operations are", known);
            self.tell(lines, &quoted(name), format!("the forward pass has no operation `{name}`"), help);
        }
        for name in bench.readouts.iter().filter(|name| !is_readout(name, vocabulary)) {
            let known = vocabulary.readouts.iter().map(String::as_str);
            let help = did_you_mean_or(name, "the readouts are", known);
            self.tell(lines, &quoted(name), format!("unknown readout `{name}`"), help);
        }
        for mode in bench.modes.iter().filter(|mode| !MODES.contains(&mode.as_str())) {
            let help = did_you_mean(mode, MODES).unwrap_or_else(|| format!("the modes are {}", MODES.join(" and ")));
            self.tell(lines, &quoted(mode), format!("unknown mode `{mode}`"), help);
        }
        if let Some(word) = &bench.word {
            for (name, sentence) in [("sentence", &bench.sentence), ("other", &bench.other)] {
                let stands = |sentence: &String| sentence.to_lowercase().contains(&word.to_lowercase());
                if sentence.as_ref().is_some_and(|sentence| !stands(sentence)) {
                    let help = "write a word that both sentences have".to_owned();
                    self.tell(lines, &quoted(word), format!("`{word}` does not stand in `{name}`"), help);
                }
            }
        }
    }
}

fn has(bench: &Bench, setting: &str) -> bool {
    if setting == "other" { bench.other.is_some() } else { !bench.readouts.is_empty() }
}

/// Whether a step with this bench can ever show a value.
pub(super) fn measures(bench: Option<&Bench>, value: &ValueRef, vocabulary: &Vocabulary) -> Result<(), Never> {
    if value.source != Source::Live {
        return Ok(());
    }
    let family = family(&value.key);
    if !EVERYWHERE.contains(&family) && !bench.is_some_and(|bench| bench.view.quotes(family)) {
        let views = View::ALL.iter().filter(|(_, view)| view.quotes(family) && *view != View::Notebook);
        let views: Vec<String> = views.map(|(name, _)| quoted(name)).collect();
        let why = match bench {
            Some(bench) => format!("view `{}` has no `{family}` values", bench.view.name()),
            None => "it has no bench".to_owned(),
        };
        return Err((why, Some(format!("put a bench with `view = {}` into this step", views.join(" or ")))));
    }
    let parts: Vec<&str> = value.key.split('.').collect();
    match (family, bench) {
        ("race", Some(bench)) if bench.view != View::Notebook => lanes(bench, &parts[1..], vocabulary),
        ("compare", Some(bench)) if parts.get(1) == Some(&"word") && bench.word.is_none() => {
            Err(("the bench follows no word".to_owned(), Some("add a line `word = \"…\"` to the bench".to_owned())))
        }
        ("decode", _) => among(parts[1], &["cls", "mean", "sep"]),
        ("gradient", _) => among(parts[1], &["cls", "mean", "masked"]),
        ("label" | "aggregate" | "nearest", _) => among(parts[1], &["cls", "mean"]),
        _ => Ok(()),
    }
}

/// Whether a family that knows few readouts knows this one. Names that are no readouts (`chance`) pass.
fn among(name: &str, known: &[&str]) -> Result<(), Never> {
    let pairs = known.iter().flat_map(|a| known.iter().map(move |b| format!("{a}-{b}")));
    let plain = ["chance", "train", "test", "asked", "baseline", "coverage"];
    if known.contains(&name) || plain.contains(&name) || pairs.into_iter().any(|pair| pair == name) {
        return Ok(());
    }
    Err((format!("only {} are measured", known.join(", ")), Some(format!("write {} in its place", known.join(" or ")))))
}

/// Whether the bench's race has the lanes of `race.NAME.LAYER.WHAT`.
fn lanes(bench: &Bench, parts: &[&str], vocabulary: &Vocabulary) -> Result<(), Never> {
    let (name, at) = match parts {
        [name, at, _] => (*name, Some(*at)),
        [name, _] => (*name, None),
        _ => return Ok(()),
    };
    let lanes: Vec<&str> = bench.readouts.iter().map(String::as_str).collect();
    let reference = lanes.iter().find(|lane| **lane == "cls").or(lanes.first()).copied().unwrap_or_default();
    let read = |lane: &&&str| !BASELINES.contains(*lane);
    let there = match at {
        None => name == "majority" || lanes.contains(&name),
        Some(_) => lanes
            .iter()
            .filter(read)
            .any(|lane| *lane == name || (*lane != reference && format!("{reference}-{lane}") == name)),
    };
    if !there {
        let pair = lanes.iter().filter(read).find(|lane| format!("{lane}-{reference}") == name);
        let help = match pair {
            Some(lane) => format!("lanes are compared with the first: write `{reference}-{lane}`"),
            None => format!("its lanes are {}; add to `readouts`, or name one of these", lanes.join(", ")),
        };
        return Err((format!("the bench's race has no `{name}`"), Some(help)));
    }
    let Some(at) = at else { return Ok(()) };
    let tuned = bench.modes.iter().any(|mode| mode == "finetune");
    let frozen = bench.modes.is_empty() || bench.modes.iter().any(|mode| mode == "frozen");
    match at {
        "finetune" if tuned && bench.view == View::Race => Ok(()),
        "finetune" => Err((
            "nothing is fine-tuned in the bench's race".to_owned(),
            Some("add a line `modes = [\"finetune\"]` to a bench with `view = \"race\"`".to_owned()),
        )),
        _ if !frozen => Err((
            "the bench's race has no frozen lanes".to_owned(),
            Some("write `finetune` in the layer's place, or `modes = [\"frozen\", \"finetune\"]`".to_owned()),
        )),
        _ if matches!(bench.view, View::Probe | View::Order) => Ok(()),
        at => {
            let layers = vocabulary.layers;
            let asked = Layer::named(at).or_else(|| at.parse().ok().map(Layer::Number)).map(|at| at.number(layers));
            let run = bench.layer.unwrap_or(Layer::Last).number(layers);
            if asked == Some(run) {
                return Ok(());
            }
            let help = "write the layer of the bench, or a bench with `view = \"probe\"`, which reads every layer";
            Err((format!("the bench's race reads layer {run} only"), Some(help.to_owned())))
        }
    }
}
