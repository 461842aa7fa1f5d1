//! Lanes on a frozen BERT, and the baselines that need none.

use super::cache::{Cache, gather};
use super::{Fitted, Table, several};
use crate::lab::dataset::Dataset;
use crate::lab::finetune::examples::order;
use crate::lab::map::Cloud;
use crate::lab::probe::{self, Chosen, ProbeError};
use crate::lab::tensors::cosine;
use crate::lab::words::{self, Words};
use crate::lab::{Control, Lane, Matrix, Mode, Readout};

/// A logistic regression on what `readout` reads at `layer`.
pub(super) fn frozen(
    dataset: &Dataset,
    cache: &Cache,
    readout: &Readout,
    layer: usize,
    table: &Table<'_>,
    control: &Control<'_>,
) -> Result<Fitted, ProbeError> {
    let key = (dataset.fingerprint().to_owned(), readout.clone(), layer);
    let labels = |split: usize| {
        if readout.is_control() { at_random(&table.labels[split]) } else { table.labels[split].clone() }
    };
    // It is tested on the true ones.
    let (train_labels, validation_labels) = (labels(0), labels(1));
    let train = gather(cache, &key, &table.subset.train);
    let validation = gather(cache, &key, &table.subset.validation);
    let test = gather(cache, &key, &table.subset.test);
    if table.classes > 2 {
        let heads = several::heads((&train, &train_labels), (&validation, &validation_labels), table.classes, control)?;
        let answers = |rows: &Matrix| -> Vec<Vec<f32>> {
            let one = |row: usize| heads.iter().map(|head| head.probability(rows.row(row))).collect();
            (0..rows.rows).map(|row| several::shares(one(row))).collect()
        };
        let share = probe::share(&several::correct(&answers(&validation), &validation_labels));
        let probabilities = answers(&test);
        let correct = several::correct(&probabilities, &table.labels[2]);
        let lane = table.lane(readout, Mode::Frozen.name(), Some(layer), vec![correct]);
        return Ok(Fitted { lane: Lane { validation: Some(share), probabilities, ..lane }, heads, student: None });
    }
    let Chosen { c, validation, grid, head } =
        probe::choose_c(&train, &train_labels, &validation, &validation_labels, &probe::GRID, &control.stop)?;
    let correct = head.correct(&test, &table.labels[2]);
    let lane = table.lane(readout, Mode::Frozen.name(), Some(layer), vec![correct]);
    let probabilities = (0..test.rows).map(|row| head.probability(test.row(row))).map(|p| vec![1.0 - p, p]).collect();
    Ok(Fitted {
        lane: Lane { c: Some(c), validation: Some(validation), grid, probabilities, ..lane },
        heads: vec![head],
        student: None,
    })
}

/// What `readout` reads of some test sentences at `layer`, as a picture shows it.
pub(super) fn cloud(dataset: &Dataset, cache: &Cache, readout: &Readout, layer: usize, table: &Table<'_>) -> Cloud {
    let key = (dataset.fingerprint().to_owned(), readout.clone(), layer);
    let chosen: Vec<usize> = Cloud::chosen(table.subset.test.len()).map(|at| table.subset.test[at]).collect();
    let read = gather(cache, &key, &chosen);
    Cloud::of(&(0..read.rows).map(|row| read.row(row)).collect::<Vec<_>>())
}

/// Labels exchanged among the sentences at random, always in the same way (a control task, after Hewitt & Liang 2019).
fn at_random(labels: &[usize]) -> Vec<usize> {
    order(labels.len(), 0, 0).into_iter().map(|index| labels[index]).collect()
}

/// See [`crate::lab::RaceReport::cls_mean_cosine`].
pub(super) fn cls_mean_cosine(
    dataset: &Dataset,
    cache: &Cache,
    lanes: &[(Readout, usize)],
    table: &Table<'_>,
) -> Option<f64> {
    let both = |layer: &usize| {
        let read = |readout: &Readout| lanes.iter().any(|(known, at)| known == readout && at == layer);
        read(&Readout::Cls) && read(&Readout::Mean)
    };
    let layer = lanes.iter().map(|(_, layer)| *layer).filter(both).max()?;
    let [cls, mean] = [Readout::Cls, Readout::Mean]
        .map(|readout| gather(cache, &(dataset.fingerprint().to_owned(), readout, layer), &table.subset.test));
    let cosines = (0..cls.rows).map(|row| f64::from(cosine(cls.row(row), mean.row(row))));
    (cls.rows > 0).then(|| cosines.sum::<f64>() / cls.rows as f64)
}

/// `majority` or `words`.
pub(super) fn baseline(readout: &Readout, table: &Table<'_>, control: &Control<'_>) -> Result<Fitted, ProbeError> {
    let lane = if table.classes > 2 {
        several_classes(readout, table, control)?
    } else if *readout == Readout::Words {
        let words = Words::fit(
            (&table.texts[0], &table.labels[0]),
            (&table.texts[1], &table.labels[1]),
            &words::GRID,
            &control.stop,
        )?;
        let correct = words.correct(&table.texts[2], &table.labels[2]);
        Lane {
            c: Some(words.c()),
            validation: Some(words.validation()),
            grid: words.grid().to_vec(),
            ..table.lane(readout, "baseline", None, vec![correct])
        }
    } else {
        table.lane(readout, "baseline", None, vec![words::majority(&table.labels[0], &table.labels[2])])
    };
    Ok(Fitted { lane, heads: Vec::new(), student: None })
}

/// A baseline with more than two classes, whose answers are kept for the confusion matrix.
fn several_classes(readout: &Readout, table: &Table<'_>, control: &Control<'_>) -> Result<Lane, ProbeError> {
    let (validation, probabilities) = if *readout == Readout::Words {
        let words = several::words(
            (&table.texts[0], &table.labels[0]),
            (&table.texts[1], &table.labels[1]),
            table.classes,
            control,
        )?;
        let answers = |texts: &[&str]| -> Vec<Vec<f32>> {
            let one = |text: &&str| words.iter().map(|class| class.probability(text)).collect();
            texts.iter().map(|text| several::shares(one(text))).collect()
        };
        let share = probe::share(&several::correct(&answers(&table.texts[1]), &table.labels[1]));
        (Some(share), answers(&table.texts[2]))
    } else {
        let mut counts = vec![0f32; table.classes];
        table.labels[0].iter().for_each(|label| counts[*label] += 1.0);
        (None, vec![several::shares(counts); table.labels[2].len()])
    };
    let correct = several::correct(&probabilities, &table.labels[2]);
    Ok(Lane { validation, probabilities, ..table.lane(readout, "baseline", None, vec![correct]) })
}
