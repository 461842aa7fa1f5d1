//! Lanes on a frozen BERT, and the baselines that need none.

use super::cache::{Cache, gather};
use super::{Fitted, Table};
use crate::lab::dataset::Dataset;
use crate::lab::probe::{self, Chosen, ProbeError};
use crate::lab::words::{self, Words};
use crate::lab::{Control, Lane, Mode, Readout};

/// A logistic regression on what `readout` reads at `layer`.
pub(super) fn frozen(
    dataset: &Dataset,
    cache: &Cache,
    readout: &Readout,
    layer: usize,
    table: &Table<'_>,
    control: &Control<'_>,
) -> Result<Fitted, ProbeError> {
    let key = (dataset.name().to_owned(), readout.clone(), layer);
    let train = gather(cache, &key, &table.subset.train);
    let validation = gather(cache, &key, &table.subset.validation);
    let Chosen { c, validation, grid, head } =
        probe::choose_c(&train, &table.labels[0], &validation, &table.labels[1], &probe::GRID, &control.stop)?;
    let test = gather(cache, &key, &table.subset.test);
    let correct = head.correct(&test, &table.labels[2]);
    let lane = table.lane(readout, Mode::Frozen.name(), Some(layer), vec![correct]);
    let probabilities = (0..test.rows).map(|row| head.probability(test.row(row))).map(|p| vec![1.0 - p, p]).collect();
    Ok(Fitted {
        lane: Lane { c: Some(c), validation: Some(validation), grid, probabilities, ..lane },
        head: Some(head),
        student: None,
    })
}

/// `majority` or `words`.
pub(super) fn baseline(readout: &Readout, table: &Table<'_>, control: &Control<'_>) -> Result<Fitted, ProbeError> {
    let lane = if *readout == Readout::Words {
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
    Ok(Fitted { lane, head: None, student: None })
}
