//! Outcomes with every number changed, so that a test sees which figures of a screen follow from them.

use std::sync::Arc;

use clsroom::lab::arrange::ArrangeData;
use clsroom::lab::attribution::AttributionData;
use clsroom::lab::gradient::MaskedWord;
use clsroom::lab::largest::LargestData;
use clsroom::lab::received::ReceivedByFirst;
use clsroom::lab::{
    AggregateReport, AskData, CompareData, Curve, DecodeData, Effect, GradientData, InversionReport, KnockoutData,
    Lane, LearnData, Matrix, NearestData, NeighboursData, Outcome, Pair, Provenance, RaceReport, TraceData, Worth,
};

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
        if let Some(cloud) = &mut lane.cloud {
            let cloud = Arc::make_mut(cloud);
            cloud.points.iter_mut().for_each(|point| self.all(point));
            self.all(&mut cloud.plane.explained);
        }
        self.count(&mut lane.n_test);
        self.count(&mut lane.n_train);
    }

    fn worth(self, worth: &mut Worth) {
        worth.ci95.iter_mut().chain(&mut worth.by_seed).for_each(|number| self.double(number));
        [&mut worth.difference, &mut worth.p_value, &mut worth.smallest_visible, &mut worth.from_sentences]
            .into_iter()
            .chain(&mut worth.from_seeds)
            .for_each(|number| self.double(number));
    }

    fn pair(self, pair: &mut Pair) {
        self.worth(&mut pair.worth);
        pair.mcnemar.iter_mut().for_each(|number| self.double(number));
        pair.discordant.iter_mut().for_each(|count| self.count(count));
    }

    fn trace(self, data: &mut TraceData) {
        let strips = [&mut data.word, &mut data.position, &mut data.segment, &mut data.sum];
        let flows = &mut data.mixing;
        let mixing = [&mut flows.raw, &mut flows.rollout, &mut flows.norm, &mut flows.norm_without];
        let states = data.hidden_states.iter_mut().chain(data.attentions.iter_mut().flatten());
        strips.into_iter().chain(mixing).chain(states).for_each(|matrix| self.matrix(matrix));
        self.all(&mut data.mixing.ratio);
        self.all(&mut data.mixing.ratio_without);
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
    }

    fn knockout(self, data: &mut KnockoutData) {
        self.matrix(&mut data.cosine_distance);
        self.matrix(&mut data.probability_change);
    }

    fn neighbours(self, data: &mut NeighboursData) {
        self.scored(&mut data.cosine);
        self.scored(&mut data.dot);
    }

    fn compare(self, data: &mut CompareData) {
        [&mut data.cls, &mut data.word_cosine, &mut data.mean].into_iter().for_each(|series| self.all(series));
    }

    fn race(self, data: &mut RaceReport) {
        data.lanes.iter_mut().for_each(|lane| self.lane(lane));
        data.pairs.iter_mut().for_each(|pair| self.pair(pair));
        data.majority.iter_mut().chain(&mut data.cls_mean_cosine).for_each(|share| self.double(share));
        if let Some(against) = &mut data.against {
            self.race(&mut against.report);
            against.pairs.iter_mut().for_each(|pair| self.pair(pair));
            for gap in &mut against.gaps {
                gap.differences.iter_mut().for_each(|number| self.double(number));
                self.worth(&mut gap.worth);
            }
        }
        self.provenance(&mut data.provenance);
    }

    fn ask(self, data: &mut AskData) {
        data.answers.iter_mut().for_each(|answer| self.all(&mut answer.probabilities));
    }

    fn arrange(self, data: &mut ArrangeData) {
        for one in &mut data.arrangements {
            self.all(&mut one.cls_cosine);
            self.all(&mut one.largest);
        }
    }

    fn largest(self, data: &mut LargestData) {
        self.all(&mut data.coordinate.share_of_cls);
        data.cosines.iter_mut().for_each(|series| self.all(series));
        self.count(&mut data.coordinate.index);
    }

    fn received(self, data: &mut ReceivedByFirst) {
        let all = [
            &mut data.as_it_is,
            &mut data.stand_in_first,
            &mut data.without_cls,
            &mut data.without_cls_from_1,
            &mut data.from_1,
        ];
        all.into_iter().for_each(|series| self.all(series));
    }

    fn masked(self, data: &mut MaskedWord) {
        self.single(&mut data.loss);
        self.matrix(&mut data.gradient_norm);
    }

    fn gradient(self, data: &mut GradientData) {
        data.maps.iter_mut().for_each(|(_, map)| self.matrix(map));
    }

    fn attribution(self, data: &mut AttributionData) {
        self.single(&mut data.logit);
        self.single(&mut data.baseline);
        self.all(&mut data.gradient);
        self.all(&mut data.integrated);
    }

    fn learn(self, data: &mut LearnData) {
        self.curve(&mut data.curve);
        // Each in its own way, so that their difference changes too.
        Self::Shifted.matrix(&mut data.before);
        Self::Turned.matrix(&mut data.after);
        self.all(&mut data.drift);
        self.all(&mut data.drift_mean);
        data.classes += 1;
    }

    fn invert(self, data: &mut InversionReport) {
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
    }

    fn decode(self, data: &mut DecodeData) {
        for decoded in &mut data.decoded {
            self.scored(&mut decoded.guesses);
            // Other guesses: all that it asks for.
            let content = data.content.iter().filter(|_| self == Self::Turned);
            decoded.guesses.iter_mut().zip(content).for_each(|((piece, _), asked)| piece.clone_from(asked));
        }
    }

    fn aggregate(self, data: &mut AggregateReport) {
        for lane in &mut data.lanes {
            self.lane(&mut lane.probe);
            let singles = [&mut lane.random_cosine, &mut lane.nearest];
            singles.into_iter().chain(&mut lane.nearest_ci95).for_each(|number| self.double(number));
        }
        self.count(&mut data.pairs);
        self.double(&mut data.chance);
        self.provenance(&mut data.provenance);
    }

    fn nearest(self, data: &mut NearestData) {
        let neighbours = data.lists.iter_mut().flat_map(|list| &mut list.nearest);
        neighbours.for_each(|neighbour| self.double(&mut neighbour.cosine));
    }

    /// The outcome with every number that was measured changed; names, texts and shapes stay.
    pub fn outcome(self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Trace(data) => Outcome::Trace(with(data, |data| self.trace(data))),
            Outcome::Beside(data) => Outcome::Beside(with(data, |data| self.trace(data))),
            Outcome::Knockout(data) => Outcome::Knockout(with(data, |data| self.knockout(data))),
            Outcome::Neighbours(data) => Outcome::Neighbours(with(data, |data| self.neighbours(data))),
            Outcome::Compare(data) => Outcome::Compare(with(data, |data| self.compare(data))),
            Outcome::Race(data) => Outcome::Race(with(data, |data| self.race(data))),
            Outcome::Ask(data) => Outcome::Ask(with(data, |data| self.ask(data))),
            Outcome::Largest(data) => Outcome::Largest(with(data, |data| self.largest(data))),
            Outcome::Received(data) => Outcome::Received(with(data, |data| self.received(data))),
            Outcome::Ranges(data) => Outcome::Ranges(with(data, |data| self.all(data))),
            Outcome::Masked(data) => Outcome::Masked(with(data, |data| self.masked(data))),
            Outcome::Arrange(data) => Outcome::Arrange(with(data, |data| self.arrange(data))),
            Outcome::Gradient(data) => Outcome::Gradient(with(data, |data| self.gradient(data))),
            Outcome::Attribution(data) => Outcome::Attribution(with(data, |data| self.attribution(data))),
            Outcome::Learn(data) => Outcome::Learn(with(data, |data| self.learn(data))),
            Outcome::Invert(data) => Outcome::Invert(with(data, |data| self.invert(data))),
            Outcome::Decode(data) => Outcome::Decode(with(data, |data| self.decode(data))),
            Outcome::Aggregate(data) => Outcome::Aggregate(with(data, |data| self.aggregate(data))),
            Outcome::Nearest(data) => Outcome::Nearest(with(data, |data| self.nearest(data))),
        }
    }
}

fn with<T: Clone>(data: Arc<T>, change: impl FnOnce(&mut T)) -> Arc<T> {
    let mut data = Arc::unwrap_or_clone(data);
    change(&mut data);
    Arc::new(data)
}
