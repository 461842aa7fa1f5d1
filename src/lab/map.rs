//! Many vectors in two dimensions: their first two principal components. All positions of a sentence through the layers; what a lane
//! of a race reads of many sentences.

use super::tensors::{dot, norm};
use super::{Map, Matrix};

/// Rounds of subspace iteration; the first two components of hidden states settle long before.
const ROUNDS: usize = 60;

/// The plane of largest variance through some vectors of D numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plane {
    /// Mean of the vectors `[D]`.
    mean: Vec<f32>,
    /// Two directions of length 1, at right angles `[2 x D]`.
    axes: [Vec<f32>; 2],
    /// Share of the variance that each axis carries.
    pub explained: [f32; 2],
}

impl Plane {
    /// Through these vectors (all `[D]`).
    fn through<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Self {
        let mut rows: Vec<Vec<f32>> = vectors.map(<[f32]>::to_vec).collect();
        let width = rows.first().map_or(0, Vec::len);
        let count = rows.len().max(1) as f32;
        let mean: Vec<f32> = (0..width).map(|col| rows.iter().map(|row| row[col]).sum::<f32>() / count).collect();
        rows.iter_mut().for_each(|row| row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean));
        let total: f64 = rows.iter().map(|row| dot(row, row)).sum();

        // A fixed start, so that the same sentence gives the same picture.
        let mut axes: [Vec<f32>; 2] = [0, 1].map(|axis| (0..width).map(|i| ((i * (axis + 2)) as f32).cos()).collect());
        for _ in 0..ROUNDS {
            axes = axes.map(|axis| covariance_times(&rows, &axis));
            orthonormalise(&mut axes);
        }
        axes.iter_mut().for_each(|axis| fix_sign(axis));
        let explained = [0, 1].map(|axis| {
            if total > 0.0 {
                (rows.iter().map(|row| dot(row, &axes[axis]).powi(2)).sum::<f64>() / total) as f32
            } else {
                0.0
            }
        });
        Self { mean, axes, explained }
    }

    /// Where a vector `[D]` falls on it.
    #[must_use]
    pub fn point(&self, vector: &[f32]) -> [f32; 2] {
        let apart: Vec<f32> = vector.iter().zip(&self.mean).map(|(value, mean)| value - mean).collect();
        [0, 1].map(|axis| dot(&apart, &self.axes[axis]) as f32)
    }
}

/// Projects every row of every matrix (all [T x D]) onto the two directions of largest variance.
pub(super) fn map(hidden_states: &[Matrix]) -> Map {
    let plane = Plane::through(hidden_states.iter().flat_map(|states| (0..states.rows).map(|row| states.row(row))));
    let points = |states: &Matrix| (0..states.rows).map(|row| plane.point(states.row(row))).collect();
    Map { points: hidden_states.iter().map(points).collect(), explained: plane.explained }
}

/// What a lane reads of some test sentences, in the plane of largest variance.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// One point a sentence, in the order of [`Cloud::chosen`].
    pub points: Vec<[f32; 2]>,
    /// Through the vectors of these sentences.
    pub plane: Plane,
}

impl Cloud {
    /// More dots would hide each other.
    pub const MOST: usize = 500;

    /// Which of so many sentences have a dot: all, or evenly chosen ones, for files often have one label first and then the other.
    pub fn chosen(count: usize) -> impl Iterator<Item = usize> {
        let dots = count.min(Self::MOST);
        (0..dots).map(move |dot| dot * count / dots)
    }

    /// Of these vectors (all `[D]`).
    #[must_use]
    pub fn of(vectors: &[&[f32]]) -> Self {
        let plane = Plane::through(vectors.iter().copied());
        Self { points: vectors.iter().map(|vector| plane.point(vector)).collect(), plane }
    }
}

/// `Xᵀ X v`, proportional to the covariance times v.
fn covariance_times(rows: &[Vec<f32>], vector: &[f32]) -> Vec<f32> {
    let mut result = vec![0f32; vector.len()];
    for row in rows {
        let along = dot(row, vector) as f32;
        result.iter_mut().zip(row).for_each(|(sum, value)| *sum += along * value);
    }
    result
}

/// Gram-Schmidt on two vectors.
fn orthonormalise([first, second]: &mut [Vec<f32>; 2]) {
    let scale = |vector: &mut Vec<f32>| {
        let length = norm(vector) as f32;
        if length > 0.0 {
            vector.iter_mut().for_each(|value| *value /= length);
        }
    };
    scale(first);
    let along = dot(first, second) as f32;
    second.iter_mut().zip(first.iter()).for_each(|(value, axis)| *value -= along * axis);
    scale(second);
}

/// A component's sign is arbitrary: make its largest number positive.
fn fix_sign(axis: &mut [f32]) {
    let largest = axis.iter().copied().fold(0f32, |most, value| if value.abs() > most.abs() { value } else { most });
    if largest < 0.0 {
        axis.iter_mut().for_each(|value| *value = -*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_plane_keep_their_distances() {
        // Points (3a, b) embedded along two orthogonal directions of five dimensions.
        let point = |a: f32, b: f32| [3.0 * a * 0.6, b, 3.0 * a * 0.8, 0.0, 7.0];
        let grid = [(0.0, 0.0), (1.0, 2.0), (-2.0, 1.0), (3.0, -1.0)];
        let data: Vec<f32> = grid.iter().flat_map(|(a, b)| point(*a, *b)).collect();
        let map = map(&[Matrix::new(4, 5, data.clone())]);
        assert!((map.explained[0] + map.explained[1] - 1.0).abs() < 1e-5);
        for i in 0..4 {
            for j in 0..4 {
                let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
                let (before, after) = (
                    apart(&data[5 * i..5 * i + 5], &data[5 * j..5 * j + 5]),
                    apart(&map.points[0][i], &map.points[0][j]),
                );
                assert!((before - after).abs() < 1e-3, "{i} {j}: {before} {after}");
            }
        }
    }

    #[test]
    fn nothing_to_map_is_no_error() {
        assert!(map(&[]).points.is_empty());
        assert!(
            map(&[Matrix::new(1, 3, vec![1.0, 2.0, 3.0])]).explained.iter().all(|share| share.abs() < f32::EPSILON)
        );
    }
}
