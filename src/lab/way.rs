//! How vectors are prepared before a cosine compares them: as they are, without the number that outweighs the others, or with
//! what all sentences have in common subtracted (Timkey & van Schijndel 2021).

use std::borrow::Cow;
use std::sync::Arc;

use super::tensors::{cosine, norm};
use super::{LabError, Matrix};

/// Where less than this share of a vector's length is left, the rest is rounding: it counts as zero, and a cosine with it is 0.
const REST: f64 = 1e-4;

/// How vectors are prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Way {
    /// As they are.
    #[default]
    AsItIs,
    /// The largest coordinate of `[CLS]` left out.
    Without,
    /// The mean of the vectors of many sentences subtracted.
    Centred,
}

/// Which vectors are compared: each kind has a mean of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[CLS]`.
    Cls,
    /// The other pieces, and means of pieces.
    Pieces,
}

/// What the vectors of many sentences have in common: their mean, for each layer from 0 a vector of D numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Common {
    /// Of `[CLS]`.
    pub cls: Vec<Vec<f32>>,
    /// Of all pieces, sentence by sentence.
    pub pieces: Vec<Vec<f32>>,
}

/// A way with what it needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Space {
    /// The way.
    pub way: Way,
    /// The coordinate that [`Way::Without`] leaves out, counted from 0.
    pub index: usize,
    /// What [`Way::Centred`] subtracts.
    pub common: Arc<Common>,
}

/// Finds how vectors are prepared for a sentence with these states, one matrix [T x D] for each layer from 0.
pub type Prepare<'a> = &'a dyn Fn(&[Matrix]) -> Result<Space, LabError>;

/// Vectors stay as they are.
pub const AS_IT_IS: Prepare<'static> = &|_| Ok(Space::default());

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AsItIs, Self::Without, Self::Centred];

    /// A vector prepared: `index` is the largest coordinate, `mean` the mean vector.
    #[must_use]
    pub fn prepare<'a>(self, vector: &'a [f32], index: usize, mean: &[f32]) -> Cow<'a, [f32]> {
        let mut prepared = Cow::Borrowed(vector);
        match self {
            Self::AsItIs => {}
            Self::Without => prepared.to_mut().iter_mut().skip(index).take(1).for_each(|value| *value = 0.0),
            Self::Centred => {
                prepared.to_mut().iter_mut().zip(mean).for_each(|(value, mean)| *value -= mean);
                if norm(&prepared) < REST * norm(vector) {
                    prepared.to_mut().fill(0.0);
                }
            }
        }
        prepared
    }
}

impl Space {
    /// A vector of a layer prepared.
    #[must_use]
    pub fn prepare<'a>(&self, kind: Kind, layer: usize, vector: &'a [f32]) -> Cow<'a, [f32]> {
        let means = if kind == Kind::Cls { &self.common.cls } else { &self.common.pieces };
        self.way.prepare(vector, self.index, means.get(layer).map_or(&[], Vec::as_slice))
    }

    /// Cosine of two vectors of a layer, both prepared.
    #[must_use]
    pub fn cosine(&self, kind: Kind, layer: usize, a: &[f32], b: &[f32]) -> f32 {
        cosine(&self.prepare(kind, layer, a), &self.prepare(kind, layer, b))
    }

    /// The states of a layer [T x D], each row prepared; the first one is `[CLS]`.
    #[must_use]
    pub fn states(&self, layer: usize, states: &Matrix) -> Matrix {
        let kind = |row: usize| if row == 0 { Kind::Cls } else { Kind::Pieces };
        let rows = (0..states.rows).flat_map(|row| self.prepare(kind(row), layer, states.row(row)).into_owned());
        Matrix::new(states.rows, states.cols, rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_prepares_both_vectors() {
        let common = Arc::new(Common { cls: vec![vec![10.0, 0.0, 0.0]], pieces: vec![vec![0.0, 1.0, 1.0]] });
        let space = |way| Space { way, index: 0, common: Arc::clone(&common) };
        let (a, b) = ([10.0, 1.0, 0.0], [10.0, 0.0, 1.0]);
        let of = |way| space(way).cosine(Kind::Cls, 0, &a, &b);
        assert!((of(Way::AsItIs) - 100.0 / 101.0).abs() < 1e-6);
        assert!(of(Way::Without).abs() < 1e-6 && of(Way::Centred).abs() < 1e-6);
        let states = Matrix::new(2, 3, vec![10.0, 1.0, 0.0, 5.0, 1.0, 1.0]);
        assert_eq!(space(Way::Centred).states(0, &states).data, [0.0, 1.0, 0.0, 5.0, 0.0, 0.0]);
        assert_eq!(space(Way::Without).states(0, &states).data, [0.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
        assert_eq!(Space::default().states(0, &states), states);
        let nearly = [10.000_01, 0.0, 0.0];
        let of_rounding = space(Way::Centred).cosine(Kind::Cls, 0, &nearly, &b);
        assert!(of_rounding.abs() < 1e-9, "rounding is no direction: {of_rounding}");
    }
}
