//! Lanes and pairs in words, the same on the screen and in a pipe.

use super::race::own::NAME as OWN;
use super::{Answers, Gap, Lane, Mode, OwnHead, Pair, RaceReport, Readout, Verdict, Worth, stats};
use crate::wording::visible;

/// A readout's name for people; a name that is not known stays as it is.
#[must_use]
pub fn name(readout: &str) -> String {
    if readout == OWN {
        return "its own head".to_owned();
    }
    readout.parse::<Readout>().map_or_else(|_| readout.to_owned(), |readout| readout.label())
}

/// "2 `[CLS]`": a lane's name with its model's number (0 the one in use), where two models race.
#[must_use]
pub fn numbered(name: &str, model: usize, two: bool) -> String {
    if two { format!("{} {name}", model + 1) } else { name.to_owned() }
}

pub use crate::wording::RULE;

impl Pair {
    /// Difference, interval, p and verdict in one sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.in_words_of(&name(&self.a), &name(&self.b))
    }

    /// The same for one readout of two models, each named by its model's number.
    #[must_use]
    pub fn between(&self) -> String {
        let how = if self.mode == Mode::Finetune.name() { ", tuned" } else { "" };
        let of = |model: usize| numbered(&name(&self.b), model, true) + how;
        self.in_words_of(&of(0), &of(1))
    }

    /// The same with other names for the two.
    #[must_use]
    pub fn in_words_of(&self, a: &str, b: &str) -> String {
        let worth = &self.worth;
        let verdict = match worth.verdict {
            Verdict::Better => format!("{b} is better than {a}"),
            Verdict::Worse => format!("{b} is worse than {a}"),
            Verdict::Equivalent => format!("{b} and {a} are equivalent within {} points", worth.margin),
            Verdict::TooLittleData => format!("too little data to tell {b} from {a}; {}", worth.why_unsure()),
        };
        format!("{b} minus {a}: {}: {verdict}{}.", worth.in_figures(), worth.of_what())
    }
}

impl Gap {
    /// Both differences, and what the difference between them is worth.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (a, b, worth) = (name(&self.a), name(&self.b), &self.worth);
        let how = if self.mode == Mode::Finetune.name() { ", tuned" } else { "" };
        let [first, second] = self.differences.map(|difference| 100.0 * difference);
        let verdict = match worth.verdict {
            Verdict::Better => "it is larger in model 2".to_owned(),
            Verdict::Worse => "it is smaller in model 2".to_owned(),
            Verdict::Equivalent => format!("it is the same in both within {} points", worth.margin),
            Verdict::TooLittleData => format!("too little data to tell the models apart; {}", worth.why_unsure()),
        };
        format!(
            "{b} minus {a}{how}: {first:+.1} points in model 1, {second:+.1} in model 2. The second less the first: {}: {verdict}{}.",
            worth.in_figures(),
            worth.of_what()
        )
    }
}

impl Worth {
    /// Difference, interval with both its parts, p.
    #[must_use]
    pub fn in_figures(&self) -> String {
        let points = |value: f64| 100.0 * value;
        let p = if self.p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {:.3}", self.p_value) };
        let parts = self.from_seeds.map_or(String::new(), |seeds| {
            format!(" (sentences \u{b1}{:.1}, seeds \u{b1}{:.1})", points(self.from_sentences), points(seeds))
        });
        format!(
            "{:+.1} points, 95 % interval {:+.1} to {:+.1}{parts}, {p}",
            points(self.difference),
            points(self.ci95[0]),
            points(self.ci95[1])
        )
    }

    /// Why there is no verdict.
    fn why_unsure(&self) -> String {
        let margin = self.margin.share();
        let farthest =
            self.by_seed.iter().copied().fold(0.0, |far: f64, seed| if seed.abs() > far.abs() { seed } else { far });
        if stats::within(self.ci95, margin) && farthest.abs() >= margin {
            return format!(
                "the interval lies within {} points, but one seed differs by {:+.1}",
                self.margin,
                100.0 * farthest
            );
        }
        format!(
            "of true differences of {:.1} points a race of this size finds four in five",
            100.0 * self.smallest_visible
        )
    }

    /// Of what the verdict speaks, where that is less than it seems.
    fn of_what(&self) -> &'static str {
        let decided = self.verdict != Verdict::TooLittleData;
        if self.one_seed && decided { " (of these two trained models; other seeds may differ)" } else { "" }
    }
}

impl RaceReport {
    /// Which lanes show nothing learnt: right no more often than one answer for everything, or called equivalent to
    /// another without being surely better than that. `named` is what a lane is called.
    #[must_use]
    pub fn unlearnt(&self, named: impl Fn(&Lane) -> String) -> Option<String> {
        let majority = self.majority?;
        let equivalent = |lane: &Lane| {
            let of = |pair: &&Pair| {
                let readouts = [&pair.a, &pair.b];
                pair.mode == lane.mode && pair.layer == lane.layer && readouts.contains(&&lane.readout)
            };
            self.pairs.iter().filter(of).any(|pair| pair.worth.verdict == Verdict::Equivalent)
        };
        let idle = |lane: &&Lane| {
            let learns = Mode::ALL.iter().any(|mode| mode.name() == lane.mode);
            learns && (lane.accuracy <= majority || (lane.ci95[0] <= majority && equivalent(lane)))
        };
        let found: Vec<&Lane> = self.lanes.iter().filter(idle).collect();
        let names: Vec<String> = found.iter().map(|lane| named(lane)).collect();
        let each: Vec<String> = found.iter().map(|lane| format!("{:.3}", lane.accuracy)).collect();
        (!found.is_empty()).then(|| {
            format!(
                "Nothing learnt shows in {} ({}): one answer for everything is right on {majority:.3} of the test sentences. A verdict on lanes that learnt nothing says nothing of what they read.",
                names.join(", "),
                each.join(", ")
            )
        })
    }
}

impl RaceReport {
    /// Which fine-tuned lanes are right less often than the same readout frozen, on the last layer: what such a lane is
    /// compared with says nothing yet.
    #[must_use]
    pub fn behind(&self, named: impl Fn(&Lane) -> String) -> Option<String> {
        let tuned = self.lanes.iter().filter(|lane| lane.mode == Mode::Finetune.name());
        let frozen = |lane: &Lane| {
            let same = self.lanes.iter().filter(|f| f.mode == Mode::Frozen.name() && f.readout == lane.readout);
            same.max_by_key(|frozen| frozen.layer)
        };
        let found: Vec<String> = tuned
            .filter_map(|lane| Some((lane, frozen(lane)?)))
            .filter(|(lane, frozen)| lane.accuracy < frozen.accuracy)
            .map(|(lane, frozen)| format!("{} ({:.3}, frozen {:.3})", named(lane), lane.accuracy, frozen.accuracy))
            .collect();
        (!found.is_empty()).then(|| {
            format!("Below the frozen model: {}. Try more steps or another rate before you compare.", found.join(", "))
        })
    }

    /// How alike `[CLS]` and the mean are in both models: where they are nearly one vector, that may be why readouts do not differ.
    #[must_use]
    pub fn cosines(&self) -> Option<String> {
        let second = self.against.as_ref()?.report.cls_mean_cosine?;
        let (cls, mean) = (name("cls"), name("mean"));
        self.cls_mean_cosine.map(|first| {
            format!(
                "Cosine of {cls} and {mean} in one sentence, mean of the test sentences: {first:.2} in model 1, \
                 {second:.2} in model 2."
            )
        })
    }
}

impl OwnHead {
    /// Why it has no lane, where it has none.
    #[must_use]
    pub fn in_words(&self, classes: &[String]) -> Option<String> {
        let names = |names: &[String]| names.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
        let alike = |at: usize| classes[..at].iter().any(|other| other.to_lowercase() == classes[at].to_lowercase());
        (!self.matched).then(|| {
            let lane = match self.kind {
                Answers::Classes => None,
                Answers::Labels => Some("each of its labels has a probability of its own"),
                Answers::Scores => Some("what it gives are scores and not probabilities"),
            };
            if let Some(why) = lane {
                let labels = names(&self.labels);
                return format!(
                    "The model's own head ({labels}) does not choose one class: {why}, so it is no lane here."
                );
            }
            let why = if (0..classes.len()).any(alike) { ", some of which differ only in case" } else { "" };
            format!(
                "The model's own head has the labels {}; those of the data are {}{why}, so it is no lane here.",
                names(&self.labels),
                names(classes)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::record;

    #[test]
    fn lanes_that_are_no_better_than_one_answer_are_named() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/lessons/results/small.json"));
        let mut report = record::read(text).unwrap_or_else(|error| panic!("{error}"));
        let said = |report: &RaceReport| report.unlearnt(|lane| format!("<{}>", lane.readout));
        report.majority = None;
        assert_eq!(said(&report), None, "an older record does not tell");
        report.majority = Some(0.0);
        assert_eq!(said(&report), None);
        report.majority = Some(0.999);
        let all = said(&report).unwrap_or_default();
        assert!(all.contains("<cls>") && all.contains("<mean>") && all.contains("right on 0.999"), "{all}");
        assert!(
            !all.contains("<words>") && !all.contains("<majority>"),
            "baselines are no lanes that read BERT: {all}"
        );
        // Just below an accuracy, only a verdict of equivalence needs the warning.
        let lane = report.lanes[0].clone();
        report.majority = Some(lane.accuracy - 1e-6);
        report.lanes.truncate(1);
        report.pairs.retain(|pair| pair.a == lane.readout && pair.mode == lane.mode && pair.layer == lane.layer);
        report.pairs.iter_mut().for_each(|pair| pair.worth.verdict = Verdict::Better);
        assert_eq!(said(&report), None);
        report.pairs.iter_mut().for_each(|pair| pair.worth.verdict = Verdict::Equivalent);
        assert!(!report.pairs.is_empty() && said(&report).is_some());
    }

    #[test]
    fn a_tuned_lane_that_stays_below_its_frozen_one_is_named_and_no_other() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/lessons/results/small.json"));
        let mut report = record::read(text).unwrap_or_else(|error| panic!("{error}"));
        let named = |lane: &Lane| format!("<{}, {}>", lane.readout, lane.mode);
        for lane in &mut report.lanes {
            lane.accuracy = if lane.mode == Mode::Frozen.name() { 0.7 } else { 0.8 };
        }
        assert_eq!(report.behind(named), None);
        let behind = report.lanes.iter_mut().find(|lane| lane.readout == "mean" && lane.mode == Mode::Finetune.name());
        behind.expect("a tuned lane").accuracy = 0.6;
        let said = report.behind(named).unwrap_or_default();
        assert!(said.contains("<mean, finetune> (0.600, frozen 0.700).") && !said.contains("<cls"), "{said}");
        // Without a frozen lane there is nothing to compare with.
        report.lanes.retain(|lane| lane.mode != Mode::Frozen.name());
        assert_eq!(report.behind(named), None);
    }
}
