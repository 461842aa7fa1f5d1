//! Families of values that only some benches measure: a name, and who finds `rest` in `{{name.rest}}`.

use super::attribution::{of_attribution, of_difference};
use super::order::of_order;
use super::{of_aggregate, of_compare, of_decoding, of_knockout, of_nearest, of_neighbours, of_races, offered};
use crate::app::State;
use crate::lab::figures;
use crate::lab::knockout::all_ranges;
use crate::lab::record::Datum;
use crate::lab::way::Way;

/// One family.
#[derive(Clone, Copy)]
pub(crate) struct Family {
    /// The first part of its values' keys.
    pub name: &'static str,
    /// Finds a value by the rest of its key; `None` where it is not measured yet.
    pub find: fn(&State, &str) -> Option<Datum>,
}

const fn family(name: &'static str, find: fn(&State, &str) -> Option<Datum>) -> Family {
    Family { name, find }
}

/// `{{neighbours.…}}`
pub(crate) const NEIGHBOURS: Family = family("neighbours", of_neighbours);
/// `{{knockout.…}}`
pub(crate) const KNOCKOUT: Family = family("knockout", of_knockout);
/// `{{compare.…}}`
pub(crate) const COMPARE: Family = family("compare", of_compare);
/// `{{race.…}}`
pub(crate) const RACE: Family = family("race", of_races);
/// `{{order.…}}`
pub(crate) const ORDER: Family = family("order", of_order);
/// `{{offer.…}}`
pub(crate) const OFFER: Family = family("offer", offered);
/// `{{arrange.…}}`
pub(crate) const ARRANGE: Family =
    family("arrange", |state, rest| figures::arrange(state.arranged(Way::AsItIs)?, rest));
/// `{{largest.…}}`
pub(crate) const LARGEST: Family = family("largest", |state, rest| figures::largest(state.largest()?, rest));
/// `{{received.…}}`
pub(crate) const RECEIVED: Family = family("received", |state, rest| figures::received(state.received()?, rest));
/// `{{cut.…}}`
pub(crate) const CUT: Family = family("cut", |state, rest| {
    let layers = state.layers()?;
    figures::cut(&all_ranges(layers), state.cut_ranges(Way::AsItIs)?, layers, rest)
});
/// `{{gradient.…}}`
pub(crate) const GRADIENT: Family = family("gradient", |state, rest| figures::gradient(state.gradient()?, rest));
/// `{{learning.…}}`
pub(crate) const LEARNING: Family = family("learning", |state, rest| figures::learning(state.learning()?, rest));
/// `{{attribution.…}}`
pub(crate) const ATTRIBUTION: Family = family("attribution", of_attribution);
/// `{{difference.…}}`
pub(crate) const DIFFERENCE: Family = family("difference", of_difference);
/// `{{decode.…}}`
pub(crate) const DECODE: Family = family("decode", of_decoding);
/// `{{aggregate.…}}`
pub(crate) const AGGREGATE: Family = family("aggregate", of_aggregate);
/// `{{nearest.…}}`
pub(crate) const NEAREST: Family = family("nearest", of_nearest);
