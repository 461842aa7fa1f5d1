//! Binary logistic regression with L2, by L-BFGS: the solver under [`super::fit`], [`super::choose_c`] and
//! [`crate::lab::words`], which bring dense or sparse rows.
//!
//! What is minimised is scikit-learn's `LogisticRegression` with its `C`: `0.5 |w|^2 + C * sum log(1 + exp(-y f))` with
//! `f = w.x + b`, y of +1 or -1, and the intercept b free. Divided by `C n` here, so that one tolerance serves every C.
//!
//! Neighbouring dimensions of a transformer's vectors say nearly the same thing, so the valley is long and narrow and
//! L-BFGS needs thousands of passes along it. Given the rows' covariance it searches in `v = L^T w` instead, with
//! `L L^T` = covariance / 4 + decay, the Hessian's upper bound (D. Boehning and B. G. Lindsay 1988): a round valley with
//! the same lowest point, a few dozen passes.

use std::cell::{Cell, RefCell};

use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use super::cholesky::Cholesky;
use super::loss::{Loss, Rows};

/// Steps that L-BFGS remembers, as in `scipy.optimize`.
const MEMORY: usize = 10;
/// The gradient's length at which the minimum counts as found, a thousandth of scikit-learn's `tol`.
const TOLERANCE: f64 = 1e-7;
/// Iterations allowed.
const ITERATIONS: u64 = 2_000;

/// Where the search ended.
#[derive(Debug, Clone)]
pub(in crate::lab) struct Minimum {
    /// Weights, then the intercept: `[cols + 1]`.
    pub parameters: Vec<f64>,
    /// Whether the gradient got below the tolerance.
    pub converged: bool,
    /// Passes over the data.
    pub passes: usize,
}

/// What is to be minimised, for any C.
pub(in crate::lab) struct Problem<'a, R> {
    rows: &'a R,
    labels: &'a [usize],
    /// A quarter of the covariance, lower triangle by rows.
    curvature: Option<Vec<Vec<f64>>>,
}

impl<'a, R: Rows> Problem<'a, R> {
    /// As many labels as rows, at least one.
    pub fn new(rows: &'a R, labels: &'a [usize]) -> Self {
        let quarter = |row: Vec<f64>| row.into_iter().map(|x| 0.25 * x).collect();
        let curvature = rows.covariance().map(|covariance| covariance.into_iter().map(quarter).collect());
        Self { rows, labels, curvature }
    }

    /// Minimises from `start` (`[cols + 1]`). `None` when cancelled.
    pub fn minimise(&self, c: f64, start: Vec<f64>, cancel: &dyn Fn() -> bool) -> Option<Minimum> {
        let decay = 1.0 / (c * self.rows.rows() as f64);
        let round = self.curvature.as_ref().and_then(|curvature| Cholesky::new(curvature, decay));
        let mut start = start;
        if let Some(round) = &round {
            round.multiply_transposed(&mut start);
        }
        let seen = Seen {
            loss: Loss { rows: self.rows, labels: self.labels, decay },
            round,
            cancel,
            cancelled: Cell::new(false),
            passes: Cell::new(0),
            last: RefCell::new(None),
            best: RefCell::new((f64::INFINITY, start)),
        };
        // A line search that meets the limits of f64 ends the search early; a fresh start from the best point, without
        // the remembered steps, then goes on. More than a few such starts gain nothing.
        let mut converged = false;
        for _ in 0..4 {
            let from = seen.best.borrow().1.clone();
            search(&seen, from);
            if seen.cancelled.get() {
                return None;
            }
            let best = seen.best.borrow().1.clone();
            let (_, gradient) = seen.at(&best);
            converged = norm(&gradient) <= TOLERANCE;
            if converged {
                break;
            }
        }
        let passes = seen.passes.get();
        let parameters = seen.weights(&seen.best.borrow().1);
        Some(Minimum { parameters, converged, passes })
    }
}

/// One run of L-BFGS. Its result is read from `seen.best`, which also survives a failed line search.
fn search<R: Rows>(seen: &Seen<'_, R>, from: Vec<f64>) {
    let Ok(solver) =
        LBFGS::<_, Vec<f64>, Vec<f64>, f64>::new(MoreThuenteLineSearch::new(), MEMORY).with_tolerance_grad(TOLERANCE)
    else {
        return; // only for a negative tolerance
    };
    let run = Executor::new(seen, solver).configure(|state| state.param(from).max_iters(ITERATIONS)).ctrlc(false);
    // An error here is a cancelled pass or a failed line search; the caller looks at both.
    let _ = run.timer(false).run();
}

/// The loss as the search sees it, and what it saw.
struct Seen<'a, R> {
    loss: Loss<'a, R>,
    /// L of the module's head; `None` searches in w itself. The intercept stays apart: standardised rows have mean 0.
    round: Option<Cholesky>,
    cancel: &'a dyn Fn() -> bool,
    cancelled: Cell<bool>,
    passes: Cell<usize>,
    /// argmin asks for value and gradient apart; both come from one pass, so the last one is kept.
    last: RefCell<Option<Evaluated>>,
    best: RefCell<(f64, Vec<f64>)>,
}

/// Value and gradient at one point.
struct Evaluated {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

impl<R: Rows> Seen<'_, R> {
    /// Weights and intercept at a point of the search.
    fn weights(&self, point: &[f64]) -> Vec<f64> {
        let mut weights = point.to_vec();
        if let Some(round) = &self.round {
            round.solve_transposed(&mut weights);
        }
        weights
    }

    /// Value and gradient at a point of the search, computed once a point.
    fn at(&self, point: &[f64]) -> (f64, Vec<f64>) {
        if let Some(last) = self.last.borrow().as_ref()
            && last.at == point
        {
            return (last.value, last.gradient.clone());
        }
        self.passes.set(self.passes.get() + 1);
        let (value, mut gradient) = self.loss.pass(&self.weights(point));
        if let Some(round) = &self.round {
            round.solve(&mut gradient);
        }
        if value < self.best.borrow().0 {
            *self.best.borrow_mut() = (value, point.to_vec());
        }
        *self.last.borrow_mut() = Some(Evaluated { at: point.to_vec(), value, gradient: gradient.clone() });
        (value, gradient)
    }

    /// The same for argmin, unless cancelled.
    fn polled(&self, parameters: &[f64]) -> Result<(f64, Vec<f64>), Error> {
        if self.cancelled.get() || (self.cancel)() {
            self.cancelled.set(true);
            return Err(Error::msg("cancelled"));
        }
        Ok(self.at(parameters))
    }
}

impl<R: Rows> CostFunction for &Seen<'_, R> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.polled(parameters)?.0)
    }
}

impl<R: Rows> Gradient for &Seen<'_, R> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.polled(parameters)?.1)
    }
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}
