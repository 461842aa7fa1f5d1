//! Lanes and pairs in words, the same on the screen and in a pipe.

use crate::model::printable;

use super::race::own::NAME as OWN;
use super::{Mode, OwnHead, Pair, Readout, Verdict};

/// A readout's name for people; a name that is not known stays as it is.
#[must_use]
pub fn name(readout: &str) -> String {
    if readout == OWN {
        return "its own head".to_owned();
    }
    readout.parse::<Readout>().map_or_else(|_| readout.to_owned(), |readout| readout.label())
}

impl Pair {
    /// Difference, interval, test and verdict in one sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.in_words_of(&name(&self.a), &name(&self.b))
    }

    /// The same for one readout of two models.
    #[must_use]
    pub fn between(&self, a: &str, b: &str) -> String {
        let how = if self.mode == Mode::Finetune.name() { ", tuned" } else { "" };
        let of = |model: &str| format!("{} of {model}{how}", name(&self.b));
        self.in_words_of(&of(a), &of(b))
    }

    /// The same with other names for the two.
    #[must_use]
    pub fn in_words_of(&self, a: &str, b: &str) -> String {
        let verdict = match self.verdict {
            Verdict::Better => format!("{b} is better than {a}"),
            Verdict::Worse => format!("{b} is worse than {a}"),
            Verdict::Equivalent => format!("{b} and {a} are equivalent within 2 points"),
            Verdict::TooLittleData => {
                format!(
                    "too little data to tell {b} from {a}; a difference of {:.1} points could have been seen",
                    100.0 * self.smallest_visible
                )
            }
        };
        let p = if self.p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {:.3}", self.p_value) };
        format!(
            "{b} minus {a}: {:+.1} points, 95 % interval {:+.1} to {:+.1}, McNemar {p}: {verdict}.",
            100.0 * self.difference,
            100.0 * self.ci95[0],
            100.0 * self.ci95[1]
        )
    }
}

impl OwnHead {
    /// Why it has no lane, where it has none.
    #[must_use]
    pub fn in_words(&self, classes: &[String]) -> Option<String> {
        let names = |names: &[String]| names.iter().map(|name| printable(name)).collect::<Vec<_>>().join(", ");
        (!self.matched).then(|| {
            format!(
                "The model's own head has the labels {}; those of the data are {}, so it is no lane here.",
                names(&self.labels),
                names(classes)
            )
        })
    }
}
