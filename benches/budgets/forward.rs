//! Passes without training, against `candle-transformers` on the same weights.

use candle_core::{Device, Tensor};
use candle_transformers::models::bert::BertModel;
use clsroom::lab::dataset::Dataset;
use clsroom::lab::knockout::all_ranges;
use clsroom::lab::record::Heads;
use clsroom::lab::{Control, Readout, Request, Sentence, Session, features};
use clsroom::model::{Batch, Bert, Input, Nothing, Trace};

use crate::{Row, race};

/// Twenty pieces, `[CLS]` and `[SEP]` among them.
const TEXT: &str = "a gripping , funny and deeply humane film that never once raises its voice to be heard again";

const PEER: &str = "candle-transformers";

pub(crate) fn rows(lab: &Session, oracle: &BertModel) -> Vec<Row> {
    let input = lab.bert().encode(TEXT, None).expect("an encoding").input;
    let row = |ids: &[u32]| Tensor::new(ids, &Device::Cpu).and_then(|ids| ids.unsqueeze(0)).expect("a tensor");
    let theirs = || drop(oracle.forward(&row(&input.input_ids), &row(&input.token_type_ids), None).expect("a pass"));
    let batch = || Batch::new(&[&input]).expect("a batch");
    let bert = lab.bert();
    let traced = race(31, || drop(bert.forward(&batch(), &mut Trace::default()).expect("a pass")), theirs);
    let untraced = race(31, || drop(bert.forward(&batch(), &mut Nothing).expect("a pass")), theirs);
    let request = Request::Trace(Sentence::single(TEXT));
    let (measured, _) = race(31, || drop(lab.run(&request, &Control::QUIET).expect("a trace")), || ());

    let dataset = Dataset::embedded("movies").expect("the data");
    let texts: Vec<&str> = dataset.items().iter().map(|item| item.text.as_str()).collect();
    let last = [(Readout::Cls, 6), (Readout::Mean, 6)];
    let extract = |texts: &[&str], wanted: &[(Readout, usize)]| {
        drop(features::extract(bert, texts, wanted, &mut |_, _| true).expect("features"));
    };
    let many = race(5, || extract(&texts[..512], &last), || padded(lab, oracle, &texts[..512]));
    let every: Vec<(Readout, usize)> =
        (0..=6).flat_map(|layer| [(Readout::Cls, layer), (Readout::Mean, layer)]).collect();
    let all = race(1, || extract(&texts, &every), || padded(lab, oracle, &texts[..512]));

    let pieces = input.len();
    vec![
        Row::against(&format!("one pass of {pieces} pieces, untraced"), untraced.0, PEER, untraced.1, 0.4),
        Row::against(&format!("one pass of {pieces} pieces, traced"), traced.0, PEER, traced.1, 0.4),
        Row::alone("a sentence's trace with map, mixing, all numbers", 1e3 * measured.as_secs_f64(), "ms", 100.0),
        Row::against("512 sentences, untraced", many.0, "candle-transformers, padded", many.1, 0.25),
        Row::against("all movie sentences, all layers", all.0, "candle-transformers, 512 sentences", all.1, 6.0),
    ]
}

/// Passes over twenty pieces that were changed: cut edge by edge, cut in ranges of layers, followed back to the pieces.
pub(crate) fn changed() -> Vec<Row> {
    let heads = Heads::read(include_str!("../../lessons/results/heads.json")).expect("recorded classifiers");
    let lab = Session::alone(Bert::embedded(None).expect("the model"), Some(&heads));
    let sentence = || Sentence::single(TEXT);
    let ranges = all_ranges(lab.facts().layers);
    [
        ("every knock-out of 20 pieces", Request::Knockout(sentence()), 150.0),
        ("[CLS] cut off in every range of layers", Request::Ranges { sentence: sentence(), ranges }, 150.0),
        ("integrated gradients of 20 pieces", Request::Attribution(sentence()), 250.0),
    ]
    .into_iter()
    .map(|(what, request, budget)| {
        let (took, _) = race(9, || drop(lab.run(&request, &Control::QUIET).expect("an answer")), || ());
        Row::alone(what, 1e3 * took.as_secs_f64(), "ms", budget)
    })
    .collect()
}

/// The peer: candle-transformers in padded batches of 32, in the order given.
fn padded(lab: &Session, oracle: &BertModel, texts: &[&str]) {
    for batch in texts.chunks(32) {
        let inputs: Vec<Input> =
            batch.iter().map(|text| lab.bert().encode(text, None).expect("an encoding").input).collect();
        let [ids, mask] = pad(&inputs);
        let segments = ids.zeros_like().expect("zeros");
        oracle.forward(&ids, &segments, Some(&mask)).expect("a pass");
    }
}

/// Ids and attention mask [B x T], padded with 0.
pub(crate) fn pad(inputs: &[Input]) -> [Tensor; 2] {
    let longest = inputs.iter().map(Input::len).max().unwrap_or(0);
    let pack = |value: &dyn Fn(&Input, usize) -> u32| {
        let numbers: Vec<u32> = inputs.iter().flat_map(|input| (0..longest).map(move |t| value(input, t))).collect();
        Tensor::from_vec(numbers, (inputs.len(), longest), &Device::Cpu).expect("a tensor")
    };
    [pack(&|input, t| input.input_ids.get(t).copied().unwrap_or(0)), pack(&|input, t| u32::from(t < input.len()))]
}
