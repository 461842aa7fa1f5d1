//! Lanes and pairs in words, the same on the screen and in a pipe.

use super::{Pair, Readout, Verdict};

/// A readout's name for people; a name that is not known stays as it is.
#[must_use]
pub fn name(readout: &str) -> String {
    readout.parse::<Readout>().map_or_else(|_| readout.to_owned(), |readout| readout.label())
}

impl Pair {
    /// Difference, interval, test and verdict in one sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.in_words_of(&name(&self.a), &name(&self.b))
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
