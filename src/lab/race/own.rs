//! The classification head that a checkpoint brings along, beside the lanes of a race: it was trained elsewhere, on other
//! sentences, and learns nothing here.

use candle_core::{Device, Tensor};

use super::cache::{self, gather};
use super::{Cache, Fitted, Table, several};
use crate::lab::dataset::{Dataset, Subset};
use crate::lab::{Control, LabError, Lane, OwnHead, Readout};
use crate::model::Bert;

/// The name of its lane, in the place of a readout's.
pub const NAME: &str = "own";

/// Its answers to the test sentences, and its lane where its labels are those of the data; `None` when there is no head
/// or the run was stopped.
pub(super) fn own(
    bert: &Bert,
    dataset: &Dataset,
    cache: &Cache,
    table: &Table<'_>,
    control: &Control<'_>,
) -> Result<Option<(OwnHead, Option<Fitted>)>, LabError> {
    let labels = bert.own_labels().to_vec();
    if labels.is_empty() {
        return Ok(None);
    }
    let last = bert.config().num_hidden_layers;
    let test = Subset { test: table.subset.test.clone(), ..Subset::default() };
    let lane = [(Readout::Cls, last)];
    if !cache::fill(bert, dataset, cache, &lane, &test, control, &|_, _| {})? {
        return Ok(None);
    }
    let rows = gather(cache, &(dataset.fingerprint().to_owned(), Readout::Cls, last), &test.test);
    let vectors = Tensor::from_vec(rows.data, (rows.rows, rows.cols), &Device::Cpu)?;
    let answers = bert.own_answers(&vectors)?;
    let kind = bert.own_answers_are();
    let places = matched(dataset.classes(), &labels).filter(|_| kind.is_classes());
    let fitted = places.as_ref().map(|places| {
        // Of its classes those count that the data has.
        let of = |answer: &Vec<f32>| several::shares(places.iter().map(|place| answer[*place]).collect());
        let probabilities: Vec<Vec<f32>> = answers.iter().map(of).collect();
        let correct = several::correct(&probabilities, &table.labels[2]);
        let lane = Lane { probabilities, n_train: 0, ..table.lane_of(NAME, NAME, None, vec![correct]) };
        Fitted { lane, heads: Vec::new(), student: None }
    });
    Ok(Some((OwnHead { labels, kind, matched: places.is_some(), answers }, fitted)))
}

/// For each class of the data, the head's label of that name; `None` when one has none or several, or two have the same. Compared
/// without regard to case; `pos` and `neg` stand for the whole words, and `LABEL_3` for a class called `3`.
fn matched(classes: &[String], labels: &[String]) -> Option<Vec<usize>> {
    let plain = |name: &str| {
        let name = name.trim().to_lowercase();
        match name.as_str() {
            "pos" => "positive".to_owned(),
            "neg" => "negative".to_owned(),
            _ => name.strip_prefix("label_").map_or_else(|| name.clone(), str::to_owned),
        }
    };
    // A single label is a score, not a class.
    let place = |class: &String| {
        let mut named = (0..labels.len()).filter(|place| plain(&labels[*place]) == plain(class));
        named.next().filter(|_| named.next().is_none())
    };
    let places: Vec<usize> = classes.iter().map(place).collect::<Option<_>>().filter(|_| labels.len() > 1)?;
    (0..places.len()).all(|at| !places[..at].contains(&places[at])).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::matched;

    #[test]
    fn labels_are_matched_by_name() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let data = names(&["negative", "positive"]);
        assert_eq!(matched(&data, &names(&["POSITIVE", "NEGATIVE"])), Some(vec![1, 0]));
        assert_eq!(matched(&data, &names(&["neg", "neutral", "pos"])), Some(vec![0, 2]));
        assert_eq!(matched(&names(&["0", "1"]), &names(&["LABEL_0", "LABEL_1"])), Some(vec![0, 1]));
        assert_eq!(matched(&data, &names(&["LABEL_0", "LABEL_1"])), None);
        assert_eq!(matched(&data, &names(&["negative", "neg", "positive"])), None);
        assert_eq!(matched(&names(&["NEG", "neg", "positive"]), &names(&["negative", "positive"])), None);
        assert_eq!(matched(&names(&["score", "score"]), &names(&["score"])), None);
    }
}
