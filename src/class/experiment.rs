//! The class's experiment: each learner contributes one run of the same race with a seed of their own.
//!
//! What one learner alone cannot see is how much of a difference is the seed's. All runs together have an interval that counts
//! seeds and sentences (`lab::stats`, the rule of every race), and beside it stands the interval of a single run, which counts
//! the sentences alone.

use serde::{Deserialize, Serialize};

use crate::lab::record::bits;
use crate::lab::stats::Table;
use crate::lab::{Mode, RaceReport, RaceRequest, Readout, Recipe};

/// Training sentences of a run: the small size of the lessons' races, so that a run takes about a minute.
pub const TRAIN: usize = 512;

/// Layers that learn.
pub const TOP_LAYERS: usize = 2;

/// The race that everybody runs, with a seed.
#[must_use]
pub fn race(data: &str, seed: u64) -> RaceRequest {
    RaceRequest {
        train: Some(TRAIN),
        modes: vec![Mode::Finetune],
        recipe: Recipe { top_layers: Some(TOP_LAYERS), ..Recipe::default() },
        seed,
        ..RaceRequest::frozen(data, vec![Readout::Cls, Readout::Mean])
    }
}

/// What one run came to: of each test sentence, whether `[CLS]` and GlobalPooling answered it right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Lane `cls`.
    #[serde(with = "bits")]
    pub cls: Vec<bool>,
    /// Lane `mean`.
    #[serde(with = "bits")]
    pub mean: Vec<bool>,
}

impl Ran {
    /// What a report has of both lanes.
    #[must_use]
    pub fn of(report: &RaceReport) -> Option<Self> {
        let lane = |readout: Readout| {
            let lane = report.lanes.iter().find(|lane| lane.readout == readout.to_string())?;
            lane.correct.first().cloned()
        };
        Some(Self { cls: lane(Readout::Cls)?, mean: lane(Readout::Mean)? })
    }
}

/// A learner's part.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    seed: u64,
    run: Run,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Run {
    /// No host has taken it.
    Waits,
    /// This host runs it.
    On(u32),
    /// It failed, or was stopped.
    Failed,
    /// It has ended.
    Ended(Ran),
}

/// The runs of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Experiment {
    parts: Vec<Part>,
}

/// What the runs say: GlobalPooling minus `[CLS]`, as shares of the test sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The difference of each run.
    pub by_run: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Its 95 % interval, over seeds and sentences.
    pub interval: [f64; 2],
    /// Half of what the seeds alone would make it; none with one run.
    pub from_seeds: Option<f64>,
    /// The 95 % interval of the first run, over sentences.
    pub of_one: [f64; 2],
}

/// A share as points with its sign; what rounds to zero has none.
#[must_use]
pub fn signed(share: f64) -> String {
    let text = format!("{:+.1}", 100.0 * share);
    if text.trim_start_matches(['+', '-']) == "0.0" { "0.0".to_owned() } else { text }
}

impl Experiment {
    /// Whether a learner is part of it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name == name)
    }

    /// Takes a learner in who is not yet part of it, with this seed or the next that nobody else has.
    pub(super) fn join(&mut self, name: String, seed: u64) {
        if self.has(&name) {
            return;
        }
        let taken = |seed: &u64| self.parts.iter().any(|part| part.seed == *seed);
        // Among so many there is a free one.
        let free = (seed..=seed.saturating_add(self.parts.len() as u64)).find(|seed| !taken(seed));
        self.parts.push(Part { name, seed: free.unwrap_or(seed), run: Run::Waits });
    }

    /// A seed that waits for a host.
    pub(super) fn waiting(&self) -> Option<u64> {
        self.parts.iter().find(|part| part.run == Run::Waits).map(|part| part.seed)
    }

    /// The seed that a host runs.
    pub(super) fn seed_at(&self, host: u32) -> Option<u64> {
        self.parts.iter().find(|part| part.run == Run::On(host)).map(|part| part.seed)
    }

    /// Hosts that run something.
    pub(super) fn hosts(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().filter_map(|part| if let Run::On(host) = part.run { Some(host) } else { None })
    }

    /// A host takes a seed; whether it was still to be had.
    pub(super) fn take(&mut self, seed: u64, host: u32) -> bool {
        let part = self.parts.iter_mut().find(|part| part.seed == seed && part.run == Run::Waits);
        part.map(|part| part.run = Run::On(host)).is_some()
    }

    /// What a host was running waits for another.
    pub(super) fn release(&mut self, host: u32) {
        self.parts.iter_mut().filter(|part| part.run == Run::On(host)).for_each(|part| part.run = Run::Waits);
    }

    /// A run has ended.
    pub(super) fn ended(&mut self, seed: u64, ran: Option<Ran>) {
        // One that ended is not run again, even where two hosts did.
        let part = self.parts.iter_mut().find(|part| part.seed == seed && matches!(part.run, Run::Waits | Run::On(_)));
        if let Some(part) = part {
            part.run = ran.map_or(Run::Failed, Run::Ended);
        }
    }

    /// What each run came to, in order of joining: learner, seed, and the answers if it has ended well.
    pub fn runs(&self) -> impl Iterator<Item = (&str, u64, Option<&Ran>)> {
        self.parts.iter().map(|part| {
            let ran = if let Run::Ended(ran) = &part.run { Some(ran) } else { None };
            (part.name.as_str(), part.seed, ran)
        })
    }

    /// How many have ended, how many failed, and how many there are.
    #[must_use]
    pub fn count(&self) -> (usize, usize, usize) {
        let ended = self.parts.iter().filter(|part| matches!(part.run, Run::Failed | Run::Ended(_))).count();
        let failed = self.parts.iter().filter(|part| part.run == Run::Failed).count();
        (ended, failed, self.parts.len())
    }

    /// Whether all have ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.run, Run::Failed | Run::Ended(_)))
    }

    /// What they say, once there is a run.
    #[must_use]
    pub fn figures(&self) -> Option<Figures> {
        let ended = self.runs().filter_map(|(.., ran)| ran);
        let (cls, mean): (Vec<_>, Vec<_>) = ended.map(|ran| (ran.cls.clone(), ran.mean.clone())).unzip();
        let first = Table::of_differences(cls.get(..1)?, mean.get(..1)?).estimate();
        let all = Table::of_differences(&cls, &mean).estimate();
        Some(Figures {
            mean: all.mean,
            interval: all.interval(1),
            from_seeds: all.parts(1).1,
            of_one: first.interval(1),
            by_run: all.by_seed,
        })
    }
}

impl Figures {
    /// In words, for those who cannot see the picture.
    #[must_use]
    pub fn in_words(&self) -> String {
        let [low, high] = self.interval;
        let runs = crate::wording::counted(self.by_run.len(), "run");
        format!(
            "{runs}: GlobalPooling minus [CLS] {} points, 95 % interval {} to {}",
            signed(self.mean),
            signed(low),
            signed(high)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(cls: usize, mean: usize) -> Ran {
        let right = |count: usize| (0..100).map(|at| at < count).collect();
        Ran { cls: right(cls), mean: right(mean) }
    }

    #[test]
    fn everybody_runs_once_with_a_seed_of_their_own() {
        let mut experiment = Experiment::default();
        assert!(experiment.is_done() && experiment.waiting().is_none() && experiment.figures().is_none());
        for name in ["ann", "bob", "cat", "ann"] {
            experiment.join(name.to_owned(), 7);
        }
        let mut seeds = Vec::new();
        while let Some(seed) = experiment.waiting() {
            assert!(experiment.take(seed, 1) && !experiment.take(seed, 2), "one host runs it");
            assert_eq!(experiment.hosts().collect::<Vec<_>>(), [1]);
            // What a host leaves behind is taken by another; what nobody asked for is not counted.
            experiment.release(1);
            assert!(experiment.take(seed, 2));
            experiment.ended(seed + 100, Some(ran(1, 1)));
            experiment.ended(seed, (seeds.len() != 1).then(|| ran(50, 60 + seeds.len())));
            experiment.ended(seed, Some(ran(1, 1)));
            seeds.push(seed);
        }
        assert_eq!(seeds, [7, 8, 9]);
        assert!(experiment.is_done());
        assert_eq!(experiment.count(), (3, 1, 3));
        let figures = experiment.figures().expect("two runs");
        assert_eq!(figures.by_run.len(), 2);
        assert!((figures.mean - 0.11).abs() < 1e-9);
        assert!(figures.interval[0] < figures.mean && figures.mean < figures.interval[1]);
        assert!(
            figures.in_words().starts_with("2 runs: GlobalPooling minus [CLS] +11.0 points"),
            "{}",
            figures.in_words()
        );
    }

    #[test]
    fn seeds_that_differ_widen_the_interval_beyond_that_of_one_run() {
        let of = |runs: &[(usize, usize)]| {
            let mut experiment = Experiment::default();
            (0..runs.len()).for_each(|at| experiment.join(format!("n{at}"), at as u64));
            for (cls, mean) in runs {
                let seed = experiment.waiting().expect("a seed");
                experiment.ended(seed, Some(ran(*cls, *mean)));
            }
            experiment.figures().expect("runs")
        };
        let width = |[low, high]: [f64; 2]| high - low;
        let alike = of(&[(50, 55); 4]);
        let apart = of(&[(50, 35), (50, 75), (50, 40), (50, 70)]);
        assert!(width(apart.interval) > width(apart.of_one));
        assert!(apart.from_seeds > alike.from_seeds);
        assert!((alike.mean - apart.mean).abs() < 1e-9, "the same difference, not the same evidence");
    }
}
