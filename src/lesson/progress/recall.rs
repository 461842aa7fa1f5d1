//! When a recall question comes back: at the next start, then after longer and longer gaps.
//!
//! Retrieval after a delay beats rereading (Roediger & Karpicke 2006); each time it succeeds the next gap is longer.

use serde::{Deserialize, Serialize};

use super::Given;

/// Seconds in a day.
const DAY: u64 = 86_400;
/// Gaps in days after the first, second, … right answer. After the last of them a question rests.
const GAPS: [u64; 4] = [1, 3, 7, 21];
/// Repeated answers that are kept of one question.
const KEPT: usize = 20;

/// A question answered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Recall {
    /// When, in seconds since 1970 (UTC).
    pub at: Option<u64>,
    /// The option chosen, 0-based.
    pub choice: usize,
    /// Whether it was right.
    pub right: bool,
}

impl Given {
    /// Whether the question waits in a session that began at `started`: it was answered before that, and the gap since
    /// it was last recalled is over. Within a session nothing new comes up.
    #[must_use]
    pub fn waits(&self, started: Option<u64>) -> bool {
        let Some(started) = started else { return self.recalled == 0 };
        if self.recalled == 0 {
            return self.at.is_none_or(|at| at < started);
        }
        let Some(gap) = GAPS.get(self.recalled as usize - 1) else { return false };
        // A file of the first version has no times of recalls: those questions rest.
        let Some(last) = self.recalls.iter().rev().find(|recall| recall.right).and_then(|recall| recall.at) else {
            return false;
        };
        last.saturating_add(gap * DAY) <= started
    }

    /// Takes an answer to the repeated question.
    pub fn recall(&mut self, recall: Recall) {
        self.recalled = self.recalled.saturating_add(u32::from(recall.right));
        self.add_recalls(vec![recall]);
    }

    /// Puts answers to the repeated question among the others by their times.
    pub(super) fn add_recalls(&mut self, recalls: Vec<Recall>) {
        self.recalls.extend(recalls);
        self.recalls.sort_by_key(|recall| recall.at);
        let over = self.recalls.len().saturating_sub(KEPT);
        self.recalls.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_comes_back_at_the_next_start_and_then_after_longer_gaps() {
        let mut given = Given { at: Some(100), ..Given::default() };
        assert!(!given.waits(Some(50)), "not in the session in which it was answered");
        assert!(given.waits(Some(101)));
        let mut now = 200;
        for gap in GAPS {
            given.recall(Recall { at: Some(now), choice: 0, right: true });
            assert!(!given.waits(Some(now + gap * DAY - 1)), "after {gap} days less a second");
            assert!(given.waits(Some(now + gap * DAY)), "after {gap} days");
            now += gap * DAY;
        }
        given.recall(Recall { at: Some(now), choice: 0, right: true });
        assert!(!given.waits(Some(now + 1_000 * DAY)), "then it rests");
    }

    #[test]
    fn a_wrong_answer_leaves_it_waiting_and_is_kept_with_its_time() {
        let mut given = Given { at: Some(100), ..Given::default() };
        given.recall(Recall { at: Some(200), choice: 2, right: false });
        assert!(given.waits(Some(300)));
        assert_eq!(given.recalls, [Recall { at: Some(200), choice: 2, right: false }]);
        for _ in 0..100 {
            given.recall(Recall::default());
        }
        assert_eq!(given.recalls.len(), KEPT);
    }
}
