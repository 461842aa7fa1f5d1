//! How pieces, sentences and layers relate, in words: what flows, what is alike, what changed.

use super::{NAMED, largest, number, piece, sentence};
use crate::app::{State, values};
use crate::lab::arrange::Change;
use crate::lab::similar::{Aligned, apart, mean_of_pairs, similarity as cosines_of};
use crate::lab::{Matrix, TraceData};
use crate::lesson::Format;

/// The token other than `[CLS]` that has most of a row.
fn most(trace: &TraceData, row: &[f32]) -> Option<(String, f32)> {
    let token = (1..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]))?;
    Some((trace.pieces.get(token)?.text.clone(), row[token]))
}

/// The measure that the step is about, a line for each layer.
pub(super) fn mixing(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let flows = &trace.mixing;
    let measure = state.measure().unwrap_or("norm");
    let (title, table) = match measure {
        "raw" => ("Attention weights of [CLS], mean of the heads", &flows.raw),
        "rollout" => ("Rollout of [CLS], attention followed down to the input", &flows.rollout),
        "knockout" => (
            "How far the final [CLS] turns, 1 - cosine, when one edge into it is cut",
            &state.knockout()?.cosine_distance,
        ),
        _ => ("What flows into [CLS], share of each piece by norm", &flows.norm),
    };
    let fine = |value: f32| values::write(f64::from(value), Format::Decimals(3));
    let mut said = vec![format!("{title}, layer by layer, for {}:", sentence(trace))];
    for row in 0..table.rows {
        let (piece, largest) = most(trace, table.row(row))?;
        let more = match measure {
            "knockout" => String::new(),
            "norm" => format!("; mixing ratio {}", fine(*flows.ratio.get(row)?)),
            _ => format!("; [CLS] itself {}", fine(table.at(row, 0))),
        };
        said.push(format!("Layer {}: most from \"{piece}\", {}{more}.", row + 1, fine(largest)));
    }
    Some(said)
}

pub(super) fn map(trace: &TraceData) -> Vec<String> {
    let points = &trace.map.points;
    let [x, y] = trace.map.explained;
    let mut said = vec![format!(
        "All positions through the layers, in two dimensions that carry {} and {} of the variance. The way of [CLS]:",
        values::write(f64::from(x), Format::Percent),
        values::write(f64::from(y), Format::Percent)
    )];
    let way: Vec<String> = points
        .iter()
        .enumerate()
        .filter_map(|(layer, row)| row.first().map(|p| format!("layer {layer} at {}, {}", number(p[0]), number(p[1]))))
        .collect();
    said.push(format!("{}.", way.join("; ")));
    said
}

pub(super) fn compare(state: &State) -> Option<Vec<String>> {
    let data = state.compare()?;
    let mut said = vec![format!(
        "Two sentences, \"{}\" and \"{}\", by cosine after each layer:",
        data.first.text, data.second.text
    )];
    for (layer, cls) in data.cls.iter().enumerate() {
        let word = match (&data.word, data.word_cosine.get(layer)) {
            (Some((word, ..)), Some(cosine)) => format!(", \"{word}\" {}", number(*cosine)),
            _ => String::new(),
        };
        let mean = data.mean.get(layer).map_or(String::new(), |mean| format!(", GlobalPooling {}", number(*mean)));
        said.push(format!("Layer {layer}: [CLS] {}{word}{mean}.", number(*cls)));
    }
    Some(said)
}

pub(super) fn arrange(state: &State) -> Option<Vec<String>> {
    let data = state.arranged()?;
    let mut said = vec!["The same pieces in other arrangements, after the last layer:".to_owned()];
    for arrangement in &data.arrangements {
        let name = match arrangement.change {
            Change::Carried => "Words shuffled with their positions",
            Change::Shuffled => "Words shuffled, positions counted anew",
            Change::ClsAtEnd => "[CLS] moved to the end",
            Change::NoPositions => "No positions at all",
        };
        said.push(format!(
            "{name}: cosine of [CLS] with its original {:.4}, largest change of any number {}.",
            arrangement.cls_cosine.last()?,
            values::write(f64::from(*arrangement.largest.last()?), Format::Auto)
        ));
    }
    Some(said)
}

/// Where a layer is: "the embeddings" or "layer 3".
fn after(layer: usize) -> String {
    if layer == 0 { "the embeddings".to_owned() } else { format!("layer {layer}") }
}

pub(super) fn similarity(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let layer = state.cursor.layer.min(trace.hidden_states.len().checked_sub(1)?);
    let cosines = cosines_of(&trace.hidden_states[layer]);
    let pairs: Vec<(usize, usize)> =
        (0..cosines.rows).flat_map(|row| (row + 1..cosines.rows).map(move |column| (row, column))).collect();
    let values: Vec<f32> = pairs.iter().map(|(a, b)| cosines.at(*a, *b)).collect();
    let order = largest(&values);
    let named = |index: &usize| {
        let (a, b) = pairs[*index];
        format!(
            "{} (piece {}) and {} (piece {}) {}",
            piece(trace, a),
            a + 1,
            piece(trace, b),
            b + 1,
            number(values[*index])
        )
    };
    let list = |of: Vec<String>| if of.is_empty() { "none".to_owned() } else { of.join("; ") };
    let mean = mean_of_pairs(&cosines).map_or_else(String::new, |mean| format!(", mean of all pairs {}", number(mean)));
    Some(vec![
        format!("How alike the vectors after {} are, by cosine, for {}{mean}.", after(layer), sentence(trace)),
        format!("Most alike: {}.", list(order.iter().take(NAMED).map(named).collect())),
        format!("Least alike: {}.", list(order.iter().rev().take(NAMED).map(named).collect())),
    ])
}

pub(super) fn difference(state: &State, first: &TraceData) -> Option<Vec<String>> {
    let second = state.other_trace()?;
    let pairs = state.aligned();
    let name = |(a, b): Aligned| {
        let of =
            |trace: &TraceData, at: Option<usize>| at.map_or("nothing".to_owned(), |at| piece(trace, at).to_owned());
        let (a, b) = (of(first, a), of(second, b));
        if a == b { a } else { format!("{a} against {b}") }
    };
    let mut said = vec![format!("Sentence A: {}. Sentence B: {}.", sentence(first), sentence(second))];
    let (what, measure): (_, fn(&TraceData) -> &Matrix) = match state.cursor.variant {
        1 => ("raw attention", |trace| &trace.mixing.raw),
        2 => ("attention rollout", |trace| &trace.mixing.rollout),
        _ => ("norm-based share", |trace| &trace.mixing.norm),
    };
    let layer = state.cursor.layer.clamp(1, measure(first).rows.max(1));
    let share = |trace: &TraceData, at: Option<usize>| at.map_or(0.0, |at| measure(trace).at(layer - 1, at));
    let moved: Vec<f32> = pairs.iter().map(|(a, b)| (share(second, *b) - share(first, *a)).abs()).collect();
    let changes: Vec<String> = largest(&moved)
        .into_iter()
        .take(NAMED)
        .map(|index| {
            let (a, b) = pairs[index];
            format!("{}: A {}, B {}", name((a, b)), number(share(first, a)), number(share(second, b)))
        })
        .collect();
    said.push(format!(
        "What flows into [CLS] in layer {layer}, {what}; the largest differences: {}.",
        changes.join("; ")
    ));
    let far: Vec<String> = first
        .hidden_states
        .iter()
        .zip(&second.hidden_states)
        .enumerate()
        .map(|(layer, (a, b))| format!("{} {:.4}", after(layer), apart(a.row(0), b.row(0))))
        .collect();
    said.push(format!("How far the two [CLS] vectors are apart, 1 minus cosine: {}.", far.join("; ")));
    Some(said)
}
