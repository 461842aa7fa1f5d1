//! Symmetric positive definite matrices as L L^T (Cholesky), and what can be solved with L.

/// A lower triangle L, by rows: row i has i + 1 numbers.
#[derive(Debug, Clone)]
pub(in crate::lab) struct Cholesky {
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// L with L L^T = `lower` plus `ridge` on its diagonal; `lower` is the lower triangle by rows. `None` when that is
    /// not positive definite.
    pub fn new(lower: &[Vec<f64>], ridge: f64) -> Option<Self> {
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(lower.len());
        for (i, given) in lower.iter().enumerate() {
            let mut row = Vec::with_capacity(i + 1);
            for (j, above) in rows.iter().enumerate() {
                row.push((given[j] - dot(&row, &above[..j])) / above[j]);
            }
            let square = given[i] + ridge - dot(&row, &row);
            if !square.is_finite() || square <= 0.0 {
                return None;
            }
            row.push(square.sqrt());
            rows.push(row);
        }
        Some(Self { rows })
    }

    /// `L^-1 x`, in place.
    pub fn solve(&self, x: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate() {
            x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
        }
    }

    /// `L^-T x`, in place.
    pub fn solve_transposed(&self, x: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate().rev() {
            x[i] /= row[i];
            let (before, rest) = x.split_at_mut(i);
            for (x, l) in before.iter_mut().zip(row) {
                *x -= l * rest[0];
            }
        }
    }

    /// `L^T x`, in place.
    pub fn multiply_transposed(&self, x: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate() {
            let (before, rest) = x.split_at_mut(i);
            for (x, l) in before.iter_mut().zip(row) {
                *x += l * rest[0];
            }
            rest[0] *= row[i];
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_a_small_system() {
        // [[4, 2], [2, 5]] = L L^T with L = [[2, 0], [1, 2]]
        let l = Cholesky::new(&[vec![3.0], vec![2.0, 4.0]], 1.0).expect("positive definite");
        let mut x = vec![8.0, 9.0];
        l.solve(&mut x);
        assert_eq!(x, [4.0, 2.5]);
        l.solve_transposed(&mut x);
        assert_eq!(x, [1.375, 1.25]);
        l.multiply_transposed(&mut x);
        assert_eq!(x, [4.0, 2.5]);
    }

    #[test]
    fn refuses_what_is_not_positive_definite() {
        assert!(Cholesky::new(&[vec![1.0], vec![2.0, 1.0]], 0.0).is_none());
        assert!(Cholesky::new(&[vec![f64::NAN]], 0.0).is_none());
    }
}
