//! The report of a race: pairs, provenance, and the command that makes it again.

use super::{Finish, confusion};
use crate::lab::dataset::{Dataset, Subset};
use crate::lab::stats::Table;
use crate::lab::{
    Gap, Lane, Margin, Mode, ModelFacts, Pair, Provenance, RaceReport, RaceRequest, TestSentence, Worth, command, stats,
};

/// Every other lane against `cls` of the same mode and layer (against the first lane when `cls` does not run);
/// baselines against that of the last frozen layer, or the fine-tuned one. The comparisons of one mode and layer are one
/// table: their intervals hold together.
#[must_use]
pub fn pairs(lanes: &[Lane], margin: Margin) -> Vec<Pair> {
    let reference = if lanes.iter().any(|lane| lane.readout == "cls") {
        "cls"
    } else {
        lanes.first().map_or("", |lane| lane.readout.as_str())
    };
    let group = |lane: &Lane| (lane.layer.is_none(), lane.mode != Mode::Frozen.name(), lane.layer);
    let mut groups: Vec<_> = lanes.iter().map(group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut pairs = Vec::new();
    for key in groups {
        let references = lanes.iter().filter(|lane| lane.readout == reference);
        let against = if key.0 {
            // Of the frozen lanes the last layer; a fine-tuned one only where none is frozen.
            references.max_by_key(|lane| (lane.mode == Mode::Frozen.name(), lane.layer))
        } else {
            references.into_iter().find(|lane| group(lane) == key)
        };
        let Some(a) = against else { continue };
        let others: Vec<&Lane> = lanes.iter().filter(|lane| group(lane) == key && lane.readout != reference).collect();
        pairs.extend(others.iter().map(|b| pair(a, b, others.len(), margin)));
    }
    pairs
}

/// Lanes of a second model against the first's with the same readout and mode, at the same layer or both at their last;
/// all of them are one table. Both must have read the same test sentences.
#[must_use]
pub fn between(a: &RaceReport, b: &RaceReport, margin: Margin) -> Vec<Pair> {
    let found = partners(a, b);
    found.iter().map(|(one, other)| pair(one, other, found.len(), margin)).collect()
}

/// How much further two readouts are apart in a second model than in the first: for each pair of the second that the
/// first has too. All of them are one table.
#[must_use]
pub fn gaps(a: &RaceReport, b: &RaceReport, margin: Margin) -> Vec<Gap> {
    let partners = partners(a, b);
    let of = |readout: &str, pair: &Pair| {
        partners
            .iter()
            .find(|(_, other)| other.readout == readout && other.mode == pair.mode && other.layer == pair.layer)
    };
    let alike = b.pairs.iter().filter(|pair| pair.layer.is_some());
    let found: Vec<_> = alike.filter_map(|pair| Some((pair, of(&pair.a, pair)?, of(&pair.b, pair)?))).collect();
    let gap = |(pair, (a1, a2), (b1, b2)): &(&Pair, &(&Lane, &Lane), &(&Lane, &Lane))| {
        let [first, second] = [(a1, b1), (a2, b2)].map(|(a, b)| Table::of_differences(&a.correct, &b.correct));
        Gap {
            a: pair.a.clone(),
            b: pair.b.clone(),
            mode: pair.mode.clone(),
            layers: [a1.layer.unwrap_or(0), a2.layer.unwrap_or(0)],
            differences: [first.estimate().mean, second.estimate().mean],
            worth: worth(&second.minus(&first), is_one_seed(a1, b1), found.len(), margin),
        }
    };
    found.iter().map(gap).collect()
}

/// Lanes of both models that stand for each other.
fn partners<'a>(a: &'a RaceReport, b: &'a RaceReport) -> Vec<(&'a Lane, &'a Lane)> {
    let last = |report: &RaceReport| report.lanes.iter().filter_map(|lane| lane.layer).max();
    let alike = |one: &&Lane, other: &Lane| {
        one.readout == other.readout
            && one.mode == other.mode
            && (one.layer == other.layer || (one.layer == last(a) && other.layer == last(b)))
    };
    let lanes = b.lanes.iter().filter(|lane| lane.layer.is_some());
    lanes.filter_map(|other| Some((a.lanes.iter().find(|one| alike(one, other))?, other))).collect()
}

fn pair(a: &Lane, b: &Lane, comparisons: usize, margin: Margin) -> Pair {
    let discordant = stats::discordant(&a.correct, &b.correct);
    Pair {
        a: a.readout.clone(),
        b: b.readout.clone(),
        mode: b.mode.clone(),
        layer: b.layer,
        worth: worth(&Table::of_differences(&a.correct, &b.correct), is_one_seed(a, b), comparisons, margin),
        mcnemar: discordant.iter().map(|[a, b]| stats::mcnemar(*a, *b)).collect(),
        discordant: discordant.iter().fold([0, 0], |sums, [a, b]| [sums[0] + a, sums[1] + b]),
    }
}

/// Whether what they learnt depends on one seed.
fn is_one_seed(a: &Lane, b: &Lane) -> bool {
    a.seeds.len().max(b.seeds.len()) == 1
}

fn worth(table: &Table, one_seed: bool, comparisons: usize, margin: Margin) -> Worth {
    let estimate = table.estimate();
    let ci95 = estimate.interval(comparisons);
    let (from_sentences, from_seeds) = estimate.parts(comparisons);
    Worth {
        difference: estimate.mean,
        from_seeds,
        from_sentences,
        ci95,
        p_value: estimate.p(comparisons),
        comparisons,
        verdict: stats::verdict(ci95, &estimate.by_seed, margin),
        margin,
        smallest_visible: estimate.visible(comparisons),
        by_seed: estimate.by_seed,
        one_seed,
    }
}

/// The report of a race.
#[must_use]
pub fn report(finish: &Finish, dataset: &Dataset, request: &RaceRequest, model: &ModelFacts) -> RaceReport {
    let mut lanes: Vec<Lane> = finish.fitted.iter().map(|fitted| fitted.lane.clone()).collect();
    let subset = dataset.subset(request.train, request.test);
    let items = dataset.items();
    let several = dataset.classes().len() > 2;
    // A run that was taken from an interrupted race has its answers no more, only which were right.
    for lane in lanes.iter_mut().filter(|lane| several && !lane.probabilities.is_empty()) {
        let labels = subset.test.iter().map(|index| items[*index].label);
        lane.confusion = confusion::confusion(&lane.probabilities, labels, dataset.classes().len());
        lane.macro_f1 = Some(confusion::macro_f1(&lane.confusion));
    }
    let sentence = |index: &usize| TestSentence { text: items[*index].text.clone(), class: items[*index].label };
    RaceReport {
        pairs: pairs(&lanes, request.margin),
        lanes,
        ended: finish.ended.clone(),
        against: None,
        classes: dataset.classes().to_vec(),
        majority: majority(subset.test.iter().map(|index| items[*index].label), dataset.classes().len()),
        own: finish.own.clone(),
        cls_mean_cosine: finish.cls_mean_cosine,
        stopped: finish.stopped,
        sentences: subset.test.iter().map(sentence).collect::<Vec<_>>().into(),
        provenance: Provenance { vectors_of_day: finish.vectors_of_day, ..expected(dataset, request, model) },
    }
}

/// The share of the commonest label.
fn majority(labels: impl Iterator<Item = usize>, classes: usize) -> Option<f64> {
    let mut counts = vec![0usize; classes];
    labels.for_each(|label| counts[label] += 1);
    let all: usize = counts.iter().sum();
    (all > 0).then(|| counts.into_iter().max().unwrap_or(0) as f64 / all as f64)
}

/// The provenance of a race, known before it runs.
#[must_use]
pub fn expected(dataset: &Dataset, request: &RaceRequest, model: &ModelFacts) -> Provenance {
    let subset = dataset.subset(request.train, request.test);
    Provenance {
        seed: request.seed,
        recipe: request.modes.contains(&Mode::Finetune).then(|| request.recipe.clone()),
        ..provenance(
            dataset,
            &subset,
            model,
            [command::race(request, model), command::race_key(request, model, dataset)],
        )
    }
}

/// How a run on these sentences was made, by its command and key; the caller, who has a clock, fills in how long it took and when.
#[must_use]
pub(in crate::lab) fn provenance(
    dataset: &Dataset,
    subset: &Subset,
    model: &ModelFacts,
    [command, key]: [String; 2],
) -> Provenance {
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command,
        model: model.name.clone(),
        model_sha256: model.sha256.clone(),
        tensors_sha256: Some(model.tensors_sha256.clone()),
        data: dataset.name().to_owned(),
        data_sha256: dataset.sha256().to_owned(),
        sentences: [subset.train.len(), subset.validation.len(), subset.test.len()],
        seed: 0,
        recipe: None,
        key: Some(key),
        vectors_of_day: None,
        threads: rayon::current_num_threads(),
        seconds: None,
        date: None,
    }
}
