//! The y axis: its numbers stand the same count of rows apart.

use crate::view::widgets::scale::ticks;

/// Most numbers on the axis.
const MARKS: usize = 6;

/// How much longer than asked the axis may be for that.
const SPARE: f32 = 1.4;

/// A number on the axis, and how it is written.
type Mark = (f32, String);

/// Ends of an axis of so many rows, and its numbers: it reaches a little further than asked where its numbers would
/// otherwise stand now two rows apart, now three. Of several such axes the one with most numbers; the axis as asked where
/// none is near enough.
pub(super) fn even((low, high): (f32, f32), rows: u16) -> ((f32, f32), Vec<Mark>) {
    let most = usize::from(rows.div_ceil(2)).clamp(1, MARKS);
    let steps = f32::from(rows.saturating_sub(1));
    let fitted = |most: usize| {
        let marks = ticks(low, high, most, false);
        let [(first, _), (second, _), ..] = &marks[..] else { return None };
        let apart = ((second - first) / (high - low) * steps + 1e-3).floor();
        let unit = (second - first) / apart.max(1.0);
        let start = first - unit * ((first - low) / unit - 1e-3).ceil();
        let end = start + unit * steps;
        let near = end + unit * 1e-3 >= high && end - start <= SPARE * (high - low);
        near.then_some(((start, end), marks))
    };
    let asked = || ((low, high), ticks(low, high, most, false));
    (2..=most).rev().find_map(fitted).unwrap_or_else(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows between the numbers of an axis.
    fn apart((start, end): (f32, f32), marks: &[Mark], rows: u16) -> Vec<i32> {
        let row = |value: f32| ((value - start) / (end - start) * f32::from(rows - 1)).round() as i32;
        marks.windows(2).map(|pair| row(pair[1].0) - row(pair[0].0)).collect()
    }

    fn is_even(apart: &[i32]) -> bool {
        apart.iter().all(|rows| *rows == apart[0])
    }

    #[test]
    fn nothing_is_cut_and_an_axis_that_reaches_further_is_even() {
        for rows in 4..40_u16 {
            for (low, high) in [(0.0, 1.0), (0.5, 0.8), (-0.03, 1.02), (0.4717, 0.9133), (12.0, 97.0), (0.9, 1.0)] {
                let ((start, end), marks) = even((low, high), rows);
                assert!(start <= low + 1e-3 && end >= high - 1e-3, "{low} to {high} on {rows}: {start} to {end}");
                assert!(end - start <= SPARE * (high - low) + 1e-3);
                let further = (start - low).abs() + (end - high).abs() > 1e-6;
                assert!(!further || is_even(&apart((start, end), &marks, rows)), "{low} to {high} on {rows}");
            }
        }
    }

    #[test]
    fn most_axes_of_usual_heights_are_even() {
        let usual = (8..30_u16).flat_map(|rows| [(0.0, 1.0), (0.45, 0.95), (-0.02, 1.0)].map(|ends| (ends, rows)));
        let good = |(ends, rows): ((f32, f32), u16)| {
            let (ends, marks) = even(ends, rows);
            marks.len() > 1 && is_even(&apart(ends, &marks, rows))
        };
        let (all, even) = (usual.clone().count(), usual.filter(|case| good(*case)).count());
        assert!(10 * even >= 9 * all, "{even} of {all}");
    }

    #[test]
    fn what_cannot_be_an_axis_stays_as_it_is() {
        assert_eq!(even((1.0, 1.0), 10), ((1.0, 1.0), Vec::new()));
        let ((low, high), marks) = even((f32::NAN, 1.0), 10);
        assert!(low.is_nan() && high > 0.9 && marks.is_empty());
        assert!(even((0.0, 1.0), 0).0.1 > 0.9);
    }
}
