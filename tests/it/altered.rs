//! Outcomes with every number changed, so that a test sees which figures of a screen follow from them.

use std::sync::Arc;

use clsroom::lab::{Curve, Effect, Lane, Matrix, Outcome, Pair, Provenance};

/// How numbers are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Each by itself; order among them stays.
    Shifted,
    /// The numbers of a list also change places, so that another one is the largest.
    Turned,
}

impl Change {
    /// Another number, apart from the old one in its first digits, in 0..=1 if the old one is; signs are kept.
    pub fn number(self, number: f64) -> f64 {
        let (factor, shift) = if self == Self::Shifted { (0.611, 0.0713) } else { (0.871, 0.0257) };
        number * factor + if number < 0.0 { -shift } else { shift }
    }

    fn single(self, number: &mut f32) {
        *number = self.number(f64::from(*number)) as f32;
    }

    fn double(self, number: &mut f64) {
        *number = self.number(*number);
    }

    fn all(self, numbers: &mut [f32]) {
        for (index, number) in numbers.iter_mut().enumerate() {
            self.single(number);
            // Not all by the same, or cosines and ranks would stay.
            *number *= 1.0 - 0.05 * (index % 7) as f32;
        }
        if self == Self::Turned {
            numbers.reverse();
        }
    }

    fn matrix(self, matrix: &mut Matrix) {
        self.all(&mut matrix.data);
    }

    fn count(self, count: &mut usize) {
        *count += if self == Self::Shifted { 3 } else { 7 };
    }

    fn scored<T>(self, list: &mut [(T, f32)]) {
        list.iter_mut().for_each(|(_, number)| self.single(number));
    }

    fn provenance(self, provenance: &mut Provenance) {
        provenance.sentences.iter_mut().for_each(|count| self.count(count));
        provenance.seconds.iter_mut().for_each(|seconds| self.double(seconds));
    }

    fn curve(self, curve: &mut Curve) {
        self.all(&mut curve.loss);
        curve.validation.iter_mut().for_each(|(_, share)| self.single(share));
    }

    fn lane(self, lane: &mut Lane) {
        let singles = [&mut lane.c, &mut lane.rate, &mut lane.validation, &mut lane.macro_f1];
        singles.into_iter().flatten().for_each(|number| self.double(number));
        lane.ci95.iter_mut().chain(&mut lane.by_seed).chain([&mut lane.accuracy]).for_each(|one| self.double(one));
        lane.grid.iter_mut().flat_map(|(x, y)| [x, y]).for_each(|number| self.double(number));
        lane.curves.iter_mut().for_each(|curve| self.curve(curve));
        lane.probabilities.iter_mut().for_each(|row| self.all(row));
        self.count(&mut lane.n_test);
        self.count(&mut lane.n_train);
    }

    fn pair(self, pair: &mut Pair) {
        pair.ci95.iter_mut().chain(&mut pair.p_values).for_each(|number| self.double(number));
        [&mut pair.difference, &mut pair.p_value, &mut pair.smallest_visible]
            .into_iter()
            .for_each(|number| self.double(number));
        pair.discordant.iter_mut().for_each(|count| self.count(count));
    }

    /// The outcome with every number that was measured changed; names, texts and shapes stay.
    pub fn outcome(self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Trace(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                let strips = [&mut data.word, &mut data.position, &mut data.segment, &mut data.sum];
                let mixing = [&mut data.mixing.raw, &mut data.mixing.rollout, &mut data.mixing.norm];
                let states = data.hidden_states.iter_mut().chain(data.attentions.iter_mut().flatten());
                strips.into_iter().chain(mixing).chain(states).for_each(|matrix| self.matrix(matrix));
                self.all(&mut data.mixing.ratio);
                data.pooler_output.iter_mut().chain(data.pooled.values_mut()).for_each(|vector| self.all(vector));
                for operation in &mut data.operations {
                    operation.values.iter_mut().for_each(|matrix| self.matrix(matrix));
                    for Effect { norm_before, norm_after, moved, cosine } in &mut operation.effects {
                        [norm_before, norm_after, moved, cosine].into_iter().for_each(|number| self.single(number));
                    }
                }
                data.map.points.iter_mut().flatten().for_each(|point| self.all(point));
                self.all(&mut data.map.explained);
                for label in &mut data.labels {
                    self.single(&mut label.positive);
                    self.double(&mut label.accuracy);
                    self.all(&mut label.parts);
                    self.single(&mut label.bias);
                }
                self.scored(&mut data.own);
                Outcome::Trace(Arc::new(data))
            }
            Outcome::Beside(data) => match self.outcome(Outcome::Trace(data)) {
                Outcome::Trace(data) => Outcome::Beside(data),
                other => other,
            },
            Outcome::Knockout(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                self.matrix(&mut data.cosine_distance);
                self.matrix(&mut data.probability_change);
                Outcome::Knockout(Arc::new(data))
            }
            Outcome::Neighbours(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                self.scored(&mut data.cosine);
                self.scored(&mut data.dot);
                Outcome::Neighbours(Arc::new(data))
            }
            Outcome::Compare(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                [&mut data.cls, &mut data.word_cosine, &mut data.mean].into_iter().for_each(|series| self.all(series));
                Outcome::Compare(Arc::new(data))
            }
            Outcome::Race(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                data.lanes.iter_mut().for_each(|lane| self.lane(lane));
                data.pairs.iter_mut().for_each(|pair| self.pair(pair));
                self.provenance(&mut data.provenance);
                Outcome::Race(Arc::new(data))
            }
            Outcome::Ask(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                data.answers.iter_mut().for_each(|answer| self.all(&mut answer.probabilities));
                Outcome::Ask(Arc::new(data))
            }
            Outcome::Arrange(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                for one in &mut data.arrangements {
                    self.all(&mut one.cls_cosine);
                    self.all(&mut one.largest);
                }
                Outcome::Arrange(Arc::new(data))
            }
            Outcome::Gradient(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                data.maps.iter_mut().for_each(|(_, map)| self.matrix(map));
                Outcome::Gradient(Arc::new(data))
            }
            Outcome::Attribution(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                self.single(&mut data.logit);
                self.single(&mut data.baseline);
                self.all(&mut data.gradient);
                self.all(&mut data.integrated);
                Outcome::Attribution(Arc::new(data))
            }
            Outcome::Learn(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                self.curve(&mut data.curve);
                // Each in its own way, so that their difference changes too.
                Self::Shifted.matrix(&mut data.before);
                Self::Turned.matrix(&mut data.after);
                self.all(&mut data.drift);
                self.all(&mut data.drift_mean);
                Outcome::Learn(Arc::new(data))
            }
            Outcome::Invert(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                for lane in &mut data.lanes {
                    let singles = [&mut lane.lambda, &mut lane.validation, &mut lane.precision];
                    singles.into_iter().chain(&mut lane.ci95).for_each(|number| self.double(number));
                    lane.grid.iter_mut().flat_map(|(x, y)| [x, y]).for_each(|number| self.double(number));
                }
                for pair in &mut data.pairs {
                    pair.ci95.iter_mut().chain([&mut pair.difference]).for_each(|number| self.double(number));
                }
                if self == Self::Turned {
                    let precisions: Vec<f64> = data.lanes.iter().map(|lane| lane.precision).collect();
                    data.lanes.iter_mut().zip(precisions.into_iter().rev()).for_each(|(lane, p)| lane.precision = p);
                }
                self.double(&mut data.baseline);
                self.double(&mut data.coverage);
                self.count(&mut data.known);
                self.count(&mut data.common);
                self.provenance(&mut data.provenance);
                Outcome::Invert(Arc::new(data))
            }
            Outcome::Decode(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                for decoded in &mut data.decoded {
                    self.scored(&mut decoded.guesses);
                    // Other guesses: all that it asks for.
                    let content = data.content.iter().filter(|_| self == Self::Turned);
                    decoded.guesses.iter_mut().zip(content).for_each(|((piece, _), asked)| piece.clone_from(asked));
                }
                Outcome::Decode(Arc::new(data))
            }
            Outcome::Aggregate(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                for lane in &mut data.lanes {
                    self.lane(&mut lane.probe);
                    let singles = [&mut lane.random_cosine, &mut lane.nearest];
                    singles.into_iter().chain(&mut lane.nearest_ci95).for_each(|number| self.double(number));
                }
                self.count(&mut data.pairs);
                self.double(&mut data.chance);
                self.provenance(&mut data.provenance);
                Outcome::Aggregate(Arc::new(data))
            }
            Outcome::Nearest(data) => {
                let mut data = Arc::unwrap_or_clone(data);
                let neighbours = data.lists.iter_mut().flat_map(|list| &mut list.nearest);
                neighbours.for_each(|neighbour| self.double(&mut neighbour.cosine));
                Outcome::Nearest(Arc::new(data))
            }
        }
    }
}
