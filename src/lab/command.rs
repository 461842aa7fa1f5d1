//! What changes a figure, in one place: the command that makes a run again, and the key of what was computed.
//!
//! The screen, plain text, the notebook and records print these commands; records and interrupted races are recognised
//! by these keys.

use sha2::{Digest, Sha256};

use super::dataset::{Dataset, hex};
use super::{AggregateRequest, InvertRequest, Margin, Mode, ModelFacts, RaceRequest, Rate, Readout, Recipe};
use crate::shell::Line;

/// Raised when the same request on the same model and sentences comes to other figures than before.
const FIGURES: u32 = 2;

impl RaceRequest {
    /// The same race with what does not matter left at its default: `layers` is how many the model has.
    #[must_use]
    pub fn settled(&self, layers: usize) -> Self {
        let tuned = self.modes.contains(&Mode::Finetune);
        Self {
            layers: if self.layers.is_empty() { vec![layers] } else { self.layers.clone() },
            recipe: if tuned { self.recipe.clone() } else { Recipe::default() },
            ..self.clone()
        }
    }

    /// What the fine-tuned runs of this race have in common, whichever lanes and however many seeds it has.
    fn of_one_run(&self) -> Self {
        Self {
            readouts: Vec::new(),
            layers: Vec::new(),
            modes: vec![Mode::Finetune],
            recipe: Recipe { seeds: 1, ..self.recipe.clone() },
            against: None,
            margin: Margin::default(),
            ..self.clone()
        }
    }
}

/// The key of a race: requests, models or sentences that can come to other figures have another.
#[must_use]
pub fn race_key(request: &RaceRequest, model: &ModelFacts, data: &Dataset) -> String {
    // The sentences count, not what their file is called.
    let request = RaceRequest { data: String::new(), ..request.settled(model.layers) };
    key(&format!("{request:?}"), model, data)
}

/// The key of the fine-tuned runs of a race, by which an interrupted one knows its own.
#[must_use]
pub fn run_key(request: &RaceRequest, model: &ModelFacts, data: &Dataset) -> String {
    race_key(&request.of_one_run(), model, data)
}

/// The key of a run of decoders.
#[must_use]
pub fn invert_key(request: &InvertRequest, model: &ModelFacts, data: &Dataset) -> String {
    key(&format!("{:?}", InvertRequest { data: String::new(), ..request.clone() }), model, data)
}

/// The key of a run of the three measures.
#[must_use]
pub fn aggregate_key(request: &AggregateRequest, model: &ModelFacts, data: &Dataset) -> String {
    key(&format!("{:?}", AggregateRequest { data: String::new(), ..request.clone() }), model, data)
}

fn key(request: &str, model: &ModelFacts, data: &Dataset) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let parts = [version, &FIGURES.to_string(), request, &model.fingerprint, data.fingerprint()];
    hex(&Sha256::digest(parts.join("\n")))
}

/// `clsroom race` for a request.
#[must_use]
pub fn race(request: &RaceRequest, model: &ModelFacts) -> String {
    let modes: Vec<&str> = request.modes.iter().map(|mode| mode.name()).collect();
    let layer = match request.layers.as_slice() {
        // The other model's last layer may have another number.
        [one] if request.against.is_some() && *one == model.layers => "last".to_owned(),
        layers => layer(layers, model.layers),
    };
    let mut line = of_model("race", model);
    line.optional("--against", request.against.as_deref());
    line.option("--mode", &modes.join(","));
    line.option("--readouts", &readouts(&request.readouts));
    line.option("--layer", &layer);
    limits(&mut line, request.train, request.test);
    if request.modes.contains(&Mode::Finetune) {
        let recipe = &request.recipe;
        let rate = match recipe.rate {
            Rate::Auto => "auto".to_owned(),
            Rate::Fixed(rate) => rate.to_string(),
        };
        line.option("--epochs", &recipe.epochs.to_string());
        line.option("--steps", &recipe.least_steps.to_string());
        line.option("--seeds", &recipe.seeds.to_string());
        line.option("--lr", &rate);
        line.optional("--top-layers", recipe.top_layers.map(|count| count.to_string()).as_deref());
    }
    if request.margin != Margin::default() {
        line.option("--margin", &request.margin.to_string());
    }
    line.option("--data", &request.data);
    line.option("--seed", &request.seed.to_string());
    line.finish(None)
}

/// `clsroom invert` for a request, with a sentence to decode if there is one.
#[must_use]
pub fn invert(request: &InvertRequest, model: &ModelFacts, sentence: Option<&str>) -> String {
    let mut line = of_model("invert", model);
    line.option("--readouts", &readouts(&request.readouts));
    line.option("--layer", &layer(&request.layers, model.layers));
    limits(&mut line, request.train, request.test);
    line.option("--data", &request.data);
    line.finish(sentence)
}

/// `clsroom aggregate` for a request, with a sentence to compare if there is one.
#[must_use]
pub fn aggregate(request: &AggregateRequest, model: &ModelFacts, sentence: Option<&str>) -> String {
    let mut line = of_model("aggregate", model);
    limits(&mut line, request.train, request.test);
    line.option("--data", &request.data);
    line.finish(sentence)
}

fn of_model(command: &str, model: &ModelFacts) -> Line {
    Line::of_model(command, model.asked.as_deref(), model.asked_length)
}

fn limits(line: &mut Line, train: Option<usize>, test: Option<usize>) {
    line.optional("--train", train.map(|most| most.to_string()).as_deref());
    line.optional("--test", test.map(|most| most.to_string()).as_deref());
}

fn readouts(readouts: &[Readout]) -> String {
    readouts.iter().map(Readout::to_string).collect::<Vec<_>>().join(",")
}

/// Layers as `--layer` takes them; none are the last.
fn layer(layers: &[usize], last: usize) -> String {
    match layers {
        [] => "last".to_owned(),
        all if all.iter().copied().eq(0..=last) => "all".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}
