//! The class's experiment: each learner contributes one run of the same race with a seed of their own.
//!
//! What one learner alone cannot see is how much of a difference is the seed's. All runs together have an interval that counts
//! seeds and sentences (`lab::stats`, the rule of every race), and beside it stands the interval of a single run, which counts
//! the sentences alone.

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Lane `cls`.
    pub cls: Vec<bool>,
    /// Lane `mean`.
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
    /// It has not ended.
    Waits,
    /// It failed, or was stopped.
    Failed,
    /// It has ended.
    Ended(Ran),
}

/// The runs of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Experiment {
    parts: Vec<Part>,
    /// The seed that is run just now.
    under_way: Option<u64>,
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
    /// Takes those in who are not yet part of it; each with a seed that nobody else has.
    pub(super) fn join(&mut self, names: impl Iterator<Item = (String, u64)>) {
        for (name, seed) in names {
            if self.parts.iter().any(|part| part.name == name) {
                continue;
            }
            let taken = |seed: &u64| self.parts.iter().any(|part| part.seed == *seed);
            // Among so many there is a free one.
            let free = (seed..=seed.saturating_add(self.parts.len() as u64)).find(|seed| !taken(seed));
            self.parts.push(Part { name, seed: free.unwrap_or(seed), run: Run::Waits });
        }
    }

    /// The next seed to run, unless one runs.
    pub(super) fn next(&mut self) -> Option<u64> {
        if self.under_way.is_some() {
            return None;
        }
        self.under_way = self.parts.iter().find(|part| part.run == Run::Waits).map(|part| part.seed);
        self.under_way
    }

    /// A run has ended.
    pub(super) fn ended(&mut self, seed: u64, ran: Option<Ran>) {
        if self.under_way != Some(seed) {
            return;
        }
        self.under_way = None;
        if let Some(part) = self.parts.iter_mut().find(|part| part.seed == seed) {
            part.run = ran.map_or(Run::Failed, Run::Ended);
        }
    }

    /// How many have ended, how many failed, and how many there are.
    #[must_use]
    pub fn count(&self) -> (usize, usize, usize) {
        let ended = self.parts.iter().filter(|part| part.run != Run::Waits).count();
        let failed = self.parts.iter().filter(|part| part.run == Run::Failed).count();
        (ended, failed, self.parts.len())
    }

    /// Whether all have ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.parts.iter().all(|part| part.run != Run::Waits)
    }

    /// What they say, once there is a run.
    #[must_use]
    pub fn figures(&self) -> Option<Figures> {
        let ended = |part: &Part| match &part.run {
            Run::Ended(ran) => Some((ran.cls.clone(), ran.mean.clone())),
            Run::Waits | Run::Failed => None,
        };
        let (cls, mean): (Vec<_>, Vec<_>) = self.parts.iter().filter_map(ended).unzip();
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
        assert!(experiment.is_done() && experiment.next().is_none() && experiment.figures().is_none());
        let class = || ["ann", "bob", "cat"].into_iter().map(|name| (name.to_owned(), 7));
        experiment.join(class());
        experiment.join(class());
        let mut seeds = Vec::new();
        while let Some(seed) = experiment.next() {
            assert_eq!(experiment.next(), None, "one at a time");
            // What nobody asked for is not counted.
            experiment.ended(seed + 100, Some(ran(1, 1)));
            experiment.ended(seed, (seeds.len() != 1).then(|| ran(50, 60 + seeds.len())));
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
            experiment.join((0..runs.len()).map(|at| (format!("n{at}"), at as u64)));
            for (cls, mean) in runs {
                let seed = experiment.next().expect("a seed");
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
