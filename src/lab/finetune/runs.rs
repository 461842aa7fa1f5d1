//! Lanes that train in turn, step by step, so that their curves grow together.
//!
//! A lane that looks for its rate learns once with each that [`sweep`] names, and keeps what was best on validation; only
//! that one ever sees the test sentences.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::examples::order;
use super::schedule::factor;
use super::sweep::{self, Tried};
use super::{CLIP, Example, Examples, HEAD_RATE, Rates, Student};
use crate::lab::map::Cloud;
use crate::lab::probe::share;
use crate::lab::{Curve, LabError, Rate, Readout, Recipe, likeliest};
use crate::model::Bert;

/// The curve looks at so many validation sentences…
const WATCHED: usize = 256;
/// … about so many times.
const LOOKS: usize = 8;

/// A sentence from which all layers learn costs about as much as reading so many.
pub(in crate::lab) const LEARNING: usize = 5;
/// The same where only the upper layers learn, and what lies below them was computed before.
const LEARNING_ABOVE: usize = 2;

/// One lane of a race.
#[derive(Clone, Copy)]
pub struct RunKey<'a> {
    /// What it reads.
    pub readout: &'a Readout,
    /// The sentences, as this readout reads them.
    pub examples: &'a Examples,
    /// Its rate, or that it looks for one.
    pub rate: Rate,
}

/// What a lane came to with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Readout's name.
    pub readout: String,
    /// Seed of head and order.
    pub seed: u64,
    /// The rate that was best on validation; of equals the smallest.
    pub rate: f64,
    /// Its accuracy there.
    pub validation: f64,
    /// Every rate tried with its accuracy on validation; without those that diverged.
    pub grid: Vec<(f64, f64)>,
    /// For each test sentence, whether it was answered right; empty when the lane ended before.
    #[serde(with = "crate::lab::record::bits")]
    pub correct: Vec<bool>,
    /// How it learnt with the chosen rate.
    pub curve: Curve,
    /// Why it ended before its time.
    pub ended: Option<String>,
}

/// A run with what it learnt.
pub struct Trained {
    /// Its result.
    pub run: Run,
    /// Its student, settled; none when it ended before its time.
    pub student: Option<Student>,
    /// Probability of each class for each test sentence.
    pub probabilities: Vec<Vec<f32>>,
    /// What the student reads of some test sentences.
    pub cloud: Option<Arc<Cloud>>,
}

/// A student under way.
struct Under<'a> {
    key: RunKey<'a>,
    student: Student,
    curve: Curve,
    ended: Option<String>,
}

/// What [`train`] needs to know of the race.
pub struct Race<'a> {
    /// The encoder that every lane begins with.
    pub bert: &'a Bert,
    /// How lanes learn.
    pub recipe: &'a Recipe,
    /// How many labels there are.
    pub classes: usize,
    /// Hears the curves, and how many sentences' worth of work was done since it last heard.
    pub report: &'a dyn Fn(&[Curve], usize),
    /// Says whether to give up.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// Sentences' worth of work of one sentence that is learnt from.
fn learning(recipe: &Recipe) -> usize {
    if recipe.top_layers.is_some() { LEARNING_ABOVE } else { LEARNING }
}

/// Sentences' worth of work that one lane is, with so many rates.
#[must_use]
pub fn work(recipe: &Recipe, examples: [usize; 3], rates: usize) -> usize {
    let [train, validation, test] = examples;
    let looks = (LOOKS - 1) * validation.min(WATCHED);
    rates * (learning(recipe) * recipe.steps(train) * recipe.batch.min(train) + looks + validation) + test
}

/// Trains all lanes with one seed; `None` when it was stopped.
///
/// # Errors
/// When a pass fails or something that should learn gets no gradient.
pub fn train(race: &Race<'_>, lanes: &[RunKey<'_>], seed: u64) -> Result<Option<Vec<Trained>>, LabError> {
    let mut best: Vec<Option<(f64, Under<'_>)>> = lanes.iter().map(|_| None).collect();
    let mut tried: Vec<Vec<Tried>> = vec![Vec::new(); lanes.len()];
    let mut ended = vec![None; lanes.len()];
    loop {
        let asked = lanes.iter().zip(&tried).enumerate();
        let asked: Vec<(usize, f64)> =
            asked.filter_map(|(place, (lane, tried))| Some((place, next(lane.rate, tried)?))).collect();
        if asked.is_empty() {
            break;
        }
        let begun: Result<Vec<_>, _> =
            asked.iter().map(|(place, rate)| begin(race, lanes[*place], *rate, seed)).collect();
        let Some(finished) = together(race, begun?, seed)? else { return Ok(None) };
        for ((place, rate), under) in asked.into_iter().zip(finished) {
            if let Some(why) = under.ended {
                tried[place].push((rate, None));
                ended[place] = Some((under.curve, why));
                continue;
            }
            let validation = &under.key.examples.validation;
            let Some(answers) = under.student.probabilities(validation, race.stop)? else { return Ok(None) };
            let accuracy = share(&correct(&answers, validation));
            (race.report)(&[], validation.len());
            tried[place].push((rate, Some(accuracy)));
            if sweep::best(&tried[place]).is_some_and(|(best, _)| best.to_bits() == rate.to_bits()) {
                best[place] = Some((accuracy, under));
            }
        }
    }
    let mut trained = Vec::with_capacity(lanes.len());
    for (((lane, best), tried), ended) in lanes.iter().zip(best).zip(tried).zip(ended) {
        let mut grid: Vec<(f64, f64)> = tried.into_iter().filter_map(|(rate, right)| Some((rate, right?))).collect();
        grid.sort_by(|one, other| one.0.total_cmp(&other.0));
        trained.push(match best {
            Some((validation, under)) => match test(race, under, validation, grid)? {
                Some(one) => one,
                None => return Ok(None),
            },
            None => without_end(lane.readout, seed, ended),
        });
    }
    Ok(Some(trained))
}

/// The next rate that a lane tries.
fn next(rate: Rate, tried: &[Tried]) -> Option<f64> {
    match rate {
        Rate::Auto => sweep::next(tried),
        Rate::Fixed(rate) => tried.is_empty().then_some(rate),
    }
}

fn begin<'a>(race: &Race<'_>, key: RunKey<'a>, rate: f64, seed: u64) -> Result<Under<'a>, LabError> {
    let recipe = race.recipe;
    let student = Student::new(race.bert, key.readout, recipe.top_layers, race.classes, seed)?;
    let steps = recipe.steps(key.examples.train.len());
    let curve = Curve { readout: key.readout.to_string(), seed, rate, steps, ..Curve::default() };
    Ok(Under { key, student, curve, ended: None })
}

/// All steps of all students, in turn.
fn together<'a>(race: &Race<'_>, mut all: Vec<Under<'a>>, seed: u64) -> Result<Option<Vec<Under<'a>>>, LabError> {
    let count = all.first().map_or(0, |under| under.key.examples.train.len());
    let batch = race.recipe.batch.max(1);
    let steps = race.recipe.steps(count);
    let look = steps.div_ceil(LOOKS).max(1);
    let orders = (0..).map(|epoch| order(count, seed, epoch));
    let batches = orders.flat_map(|order| order.chunks(batch).map(<[usize]>::to_vec).collect::<Vec<_>>());
    for (step, members) in batches.take(steps).enumerate() {
        for place in 0..all.len() {
            if (race.stop)() {
                return Ok(None);
            }
            let under = &mut all[place];
            if under.ended.is_none() {
                advance(under, &members, factor(step, steps))?;
            }
            let mut done = learning(race.recipe) * members.len();
            let last = step + 1 == steps;
            if under.ended.is_none() && ((step + 1) % look == 0 || last) {
                let watched = watched(&under.key.examples.validation);
                let Some(answers) = under.student.probabilities(&watched, race.stop)? else { return Ok(None) };
                under.curve.validation.push((step + 1, share(&correct(&answers, &watched)) as f32));
                done += watched.len();
            }
            let curves: Vec<Curve> = all.iter().map(|under| under.curve.clone()).collect();
            (race.report)(&curves, done);
        }
    }
    Ok(Some(all))
}

/// The validation sentences that the curve looks at: those with the smallest hashes, for files often have one label
/// first and then the other.
fn watched(validation: &[Example]) -> Vec<Example> {
    let mut chosen: Vec<&Example> = validation.iter().collect();
    chosen.sort_by_key(|example| example.hash);
    chosen.into_iter().take(WATCHED).cloned().collect()
}

/// One step of one student; a loss that is no number ends it.
fn advance(under: &mut Under<'_>, members: &[usize], factor: f64) -> Result<(), LabError> {
    let examples: Vec<&Example> = members.iter().map(|index| &under.key.examples.train[*index]).collect();
    let rate = under.curve.rate;
    let rates = Rates { body: rate * factor, head: HEAD_RATE * factor, clip: Some(CLIP) };
    let loss = under.student.step(&examples, rates)?;
    if loss.is_finite() {
        under.curve.loss.push(loss);
    } else {
        let step = under.curve.loss.len() + 1;
        under.ended =
            Some(format!("the loss was no number any more at step {step} with rate {rate:e}; try a smaller --lr"));
    }
    Ok(())
}

/// Reads the test sentences, once.
fn test(
    race: &Race<'_>,
    mut under: Under<'_>,
    validation: f64,
    grid: Vec<(f64, f64)>,
) -> Result<Option<Trained>, LabError> {
    let sentences = &under.key.examples.test;
    let Some(answers) = under.student.answers(sentences, race.stop)? else { return Ok(None) };
    let chosen: Vec<&[f32]> = Cloud::chosen(answers.len()).map(|at| answers[at].vector.as_slice()).collect();
    let cloud = Cloud::of(&chosen);
    let probabilities: Vec<Vec<f32>> = answers.into_iter().map(|answer| answer.probabilities).collect();
    (race.report)(&[], sentences.len());
    under.student.settle();
    let run = Run {
        readout: under.curve.readout.clone(),
        seed: under.curve.seed,
        rate: under.curve.rate,
        validation,
        grid,
        correct: correct(&probabilities, sentences),
        curve: under.curve,
        ended: None,
    };
    Ok(Some(Trained { run, student: Some(under.student), probabilities, cloud: Some(Arc::new(cloud)) }))
}

/// A lane of which no rate came to an end.
fn without_end(readout: &Readout, seed: u64, ended: Option<(Curve, String)>) -> Trained {
    let (curve, why) = ended.unwrap_or_else(|| (Curve::default(), "there was no rate to try".to_owned()));
    let run = Run {
        readout: readout.to_string(),
        seed,
        rate: curve.rate,
        validation: 0.0,
        grid: Vec::new(),
        correct: Vec::new(),
        curve,
        ended: Some(why),
    };
    Trained { run, student: None, probabilities: Vec::new(), cloud: None }
}

/// Whether the likeliest class is the label; of equals the first.
fn correct(probabilities: &[Vec<f32>], examples: &[Example]) -> Vec<bool> {
    probabilities.iter().zip(examples).map(|(answer, example)| likeliest(answer) == example.class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watched_sentences_have_both_labels_though_the_file_has_one_first() {
        let bert = Bert::embedded(None).expect("the model");
        let all: Vec<Example> = (0..2 * WATCHED)
            .map(|i| Example::new(&bert, &format!("sentence {i}"), i / WATCHED, &Readout::Cls).expect("an example"))
            .collect();
        let watched = watched(&all);
        let first = watched.iter().filter(|example| example.class == 0).count();
        assert_eq!(watched.len(), WATCHED);
        assert!((WATCHED / 4..3 * WATCHED / 4).contains(&first), "{first} of {WATCHED}");
    }
}
