//! One traced pass as plain data.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::features::{Pooled, hash, pool};
use super::shown::ShownHead;
use super::tensors::{matrices, matrix};
use super::{Cut, HeadAnswer, Matrix, ModelFacts, Piece, Readout, Sentence, TraceData, largest, map, mixing, steps};
use crate::model::{Batch, Bert, Encoding, ModelError, Trace};

/// Runs one pass and keeps everything.
///
/// # Errors
/// When the pass fails.
pub fn trace(
    bert: &Bert,
    facts: &Arc<ModelFacts>,
    sentence: &Sentence,
    heads: &[ShownHead],
) -> Result<TraceData, ModelError> {
    let encoding = bert.encode(&sentence.text, sentence.pair.as_deref())?;
    let mut trace = Trace::default();
    bert.forward(&Batch::new(&[&encoding.input])?, &mut trace)?;
    let layers = facts.layers;
    let hidden_states = (0..=layers).map(|layer| matrix(trace.get(layer, "norm")?)).collect::<Result<Vec<_>, _>>()?;
    let attentions =
        (1..=layers).map(|layer| matrices(trace.get(layer, "probabilities")?)).collect::<Result<Vec<_>, _>>()?;
    let cls = trace.get(layers, "norm")?.narrow(0, 0, 1)?;
    let pooler_output = bert.pool(&cls)?.map(|pooled| pooled.get(0)?.to_vec1()).transpose()?;
    let own = bert.own_answer(&cls)?.unwrap_or_default();
    let pooled = pooled(hidden_states.last(), &encoding, sentence);
    let labels = heads.iter().filter_map(|head| answer(head, &pooled)).collect();
    Ok(TraceData {
        sentence: sentence.clone(),
        model: Arc::clone(facts),
        pieces: pieces(&encoding),
        cut: cut(&encoding, sentence),
        word: matrix(trace.get(0, "word")?)?,
        position: matrix(trace.get(0, "position")?)?,
        segment: matrix(trace.get(0, "segment")?)?,
        sum: matrix(trace.get(0, "sum")?)?,
        mixing: mixing::mixing(bert, &trace, &attentions, largest::largest(&hidden_states).index)?,
        map: map::map(&hidden_states),
        operations: steps::operations(bert, &trace, layers)?,
        hidden_states,
        attentions,
        pooler_output,
        pooled,
        labels,
        own,
    })
}

fn pieces(encoding: &Encoding) -> Vec<Piece> {
    let ids = encoding.input.input_ids.iter().zip(&encoding.input.token_type_ids);
    ids.enumerate()
        .map(|(at, (&id, &segment))| Piece {
            text: encoding.tokens[at].clone(),
            shown: encoding.shown[at].clone(),
            id,
            segment,
            offsets: encoding.offsets[at],
            kind: encoding.kinds[at],
            known: encoding.known[at],
        })
        .collect()
}

/// Where a text longer than the limit was cut: after the last piece of its first text that was kept.
fn cut(encoding: &Encoding, sentence: &Sentence) -> Option<Cut> {
    let kept = encoding.input.len();
    let first = encoding.offsets.iter().zip(&encoding.input.token_type_ids).filter(|(_, segment)| **segment == 0);
    let end = first.map(|(offsets, _)| offsets.1).max().unwrap_or(0);
    let at_char = sentence.text.char_indices().take_while(|(byte, _)| *byte < end).count();
    (encoding.total > kept).then_some(Cut { kept, total: encoding.total, at_char })
}

fn pooled(last: Option<&Matrix>, encoding: &Encoding, sentence: &Sentence) -> BTreeMap<String, Vec<f32>> {
    let readouts = [Readout::Cls, Readout::Mean, Readout::MeanContent, Readout::Max, Readout::Sep];
    let Some(states) = last else { return BTreeMap::new() };
    let input = Pooled {
        states: &states.data,
        width: states.cols,
        special: &encoding.special,
        hash: hash(&sentence.text),
        attention: &[],
    };
    readouts.into_iter().map(|readout| (readout.to_string(), pool(&readout, &input))).collect()
}

fn answer(shown: &ShownHead, pooled: &BTreeMap<String, Vec<f32>>) -> Option<HeadAnswer> {
    let ShownHead { head, classes, here, data } = shown;
    let vector = pooled.get(&head.readout)?;
    let parts = head.weights.iter().zip(vector).map(|(weight, value)| weight * value).collect();
    let (readout, positive) = (head.readout.clone(), head.head().probability(vector));
    Some(HeadAnswer {
        classes: classes.clone(),
        here: *here,
        data: data.clone(),
        positive,
        accuracy: head.accuracy,
        bias: head.bias,
        parts,
        readout,
    })
}
