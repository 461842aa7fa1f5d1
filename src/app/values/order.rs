//! What probes read of the order of words (`order.…`): every task has values of its own, whichever one the bench shows.

use super::{State, with_last};
use crate::lab::dataset::order::NAMES;
use crate::lab::record::{Datum, flatten};
use crate::lab::{Outcome, RaceReport, RaceRequest, Readout, Request};

/// The name of a task in a key: `subject` of `order-subject`.
fn short(name: &str) -> &str {
    name.strip_prefix("order-").unwrap_or(name)
}

impl State {
    /// The probes that the step's bench offers, on one of the tasks.
    #[must_use]
    pub fn order_request(&self, task: usize) -> Option<RaceRequest> {
        let layers: Vec<usize> = (0..=self.layers()?).collect();
        let bench = self.bench()?;
        let lanes: Vec<Readout> = bench.readouts.iter().filter_map(|name| name.parse().ok()).collect();
        let lanes = if lanes.is_empty() { vec![Readout::Cls, Readout::Mean] } else { lanes };
        let (train, test) = (bench.train, bench.test);
        Some(RaceRequest { layers, train, test, ..RaceRequest::frozen(NAMES.get(task)?, lanes) })
    }

    /// Their report, once they were run.
    pub(crate) fn order_report(&self, task: &str) -> Option<&RaceReport> {
        let task = NAMES.iter().position(|name| short(name) == task)?;
        let Outcome::Race(report) = self.answer(&Request::Race(self.order_request(task)?))? else { return None };
        Some(report)
    }
}

/// `TASK.READOUT.LAYER.WHAT`
pub(super) fn of_order(state: &State, rest: &str) -> Option<Datum> {
    let (task, rest) = rest.split_once('.')?;
    flatten(state.order_report(task)?).get(&with_last(state, rest)).cloned()
}
