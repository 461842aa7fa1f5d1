//! Attention heads in words: one row, one head, all heads.

use super::{NAMED, largest, number, piece, sentence};
use crate::app::State;
use crate::lab::head::{Head, Shares, entropy, shares};
use crate::lab::{Matrix, TraceData};

/// Rows of a map that are told one by one.
const ROWS: usize = 24;

/// The layer (1-based) and the head (0-based) that the bench shows.
fn chosen(state: &State, trace: &TraceData) -> Option<(usize, usize)> {
    let layer = state.cursor.layer.clamp(1, trace.attentions.len().max(1));
    let heads = trace.attentions.get(layer - 1)?.len();
    Some((layer, state.cursor.head.min(heads.checked_sub(1)?)))
}

/// One row: who asks, who answers, and why.
pub(super) fn row(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let (layer, at) = chosen(state, trace)?;
    let head = Head::of(trace, layer, at)?;
    let last = trace.pieces.len().checked_sub(1)?;
    let (query, key) = (state.cursor.row.min(last), state.cursor.token.min(last));
    let asks = piece(trace, query);
    let mut said = vec![format!("Layer {layer}, head {}: {asks} asks, in {}.", at + 1, sentence(trace))];
    match state.cursor.variant {
        1 => said.extend(product(&head, trace, (query, key))),
        2 => said.extend(handed(&head, trace, query)),
        _ => {
            let one = |key: usize| {
                let (dot, weight) = (head.dot(query, key), head.weight(query, key));
                format!("{} {} (q.k {})", piece(trace, key), number(weight), number(dot))
            };
            let list: Vec<String> = largest(head.weights(query)).into_iter().take(ROWS).map(one).collect();
            said.push(format!("Its weights, largest first: {}. All of them add to 1.", list.join(", ")));
            said.push(format!(
                "Entropy of the row: {} nats; even weights would have {}.",
                number(head.entropy(query)),
                number((head.positions() as f32).ln())
            ));
        }
    }
    Some(said)
}

fn product(head: &Head<'_>, trace: &TraceData, (query, key): (usize, usize)) -> Vec<String> {
    let products = head.products(query, key);
    let sizes: Vec<f32> = products.iter().map(|product| product.abs()).collect();
    let (q, k) = (head.query(query), head.key(key));
    let list: Vec<String> = largest(&sizes)
        .into_iter()
        .take(NAMED)
        .map(|at| {
            format!("dimension {}: {} times {} is {}", at + 1, number(q[at]), number(k[at]), number(products[at]))
        })
        .collect();
    vec![
        format!(
            "{} answers: {} products of query and key add to q.k {}; divided by the square root of {}, {}; after softmax, {}.",
            piece(trace, key),
            head.size(),
            number(head.dot(query, key)),
            head.size(),
            number(head.score(query, key)),
            number(head.weight(query, key))
        ),
        format!("The largest products: {}.", list.join("; ")),
    ]
}

fn handed(head: &Head<'_>, trace: &TraceData, query: usize) -> Vec<String> {
    let lengths: Vec<f32> = (0..head.positions()).map(|key| head.handed_length(query, key)).collect();
    let list: Vec<String> = largest(&lengths)
        .into_iter()
        .take(ROWS)
        .map(|key| {
            format!("{} {}, weight {}", piece(trace, key), number(lengths[key]), number(head.weight(query, key)))
        })
        .collect();
    let context = head.context(query).iter().map(|value| value * value).sum::<f32>().sqrt();
    vec![
        format!("What it is handed, weight times value, by length: {}.", list.join("; ")),
        format!(
            "The sum of these vectors has length {}; their lengths alone add to {}.",
            number(context),
            number(lengths.iter().sum())
        ),
    ]
}

/// One head: where each piece looks.
pub(super) fn matrix(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let (layer, at) = chosen(state, trace)?;
    let attention = trace.attentions.get(layer - 1)?.get(at)?;
    let mut said = vec![format!("Attention of layer {layer}, head {}, for {}:", at + 1, sentence(trace))];
    let one = |row: usize| {
        let weights = attention.row(row);
        let strongest: Vec<String> = largest(weights)
            .into_iter()
            .take(2)
            .map(|column| format!("{} {}", piece(trace, column), number(weights[column])))
            .collect();
        format!("{} weighs {}", piece(trace, row), strongest.join(", "))
    };
    let rows: Vec<String> = (0..attention.rows.min(ROWS)).map(one).collect();
    said.push(format!("Each piece's two largest weights: {}.", rows.join("; ")));
    if attention.rows > ROWS {
        said.push(format!("{} more pieces are left out here.", attention.rows - ROWS));
    }
    let mean = (0..attention.rows).map(|row| entropy(attention.row(row))).sum::<f32>() / attention.rows.max(1) as f32;
    said.push(format!(
        "Mean entropy of the rows: {} nats; even weights would have {}.",
        number(mean),
        number((attention.rows as f32).ln())
    ));
    Some(said)
}

/// One of a head's shares.
type Share = fn(&Shares) -> f32;

/// What is told of a head, and which of its shares it is.
const KINDS: [(&str, Share); 5] = [
    ("[CLS]", |shares| shares.cls),
    ("[SEP]", |shares| shares.sep),
    ("the position itself", |shares| shares.itself),
    ("the position before", |shares| shares.previous),
    ("the position after", |shares| shares.next),
];

/// All heads: what each layer looks at, and the head that does most of it.
pub(super) fn all(trace: &TraceData) -> Vec<String> {
    let heads: Vec<Vec<Shares>> = trace
        .attentions
        .iter()
        .map(|layer| layer.iter().map(|head: &Matrix| shares(head, &trace.pieces)).collect())
        .collect();
    let mut said = vec![format!("Where the weight of every head goes, mean of all rows, for {}.", sentence(trace))];
    for (layer, of) in heads.iter().enumerate() {
        let mean = |value: Share| number(of.iter().map(value).sum::<f32>() / of.len().max(1) as f32);
        let list: Vec<String> = KINDS.iter().map(|(name, value)| format!("{name} {}", mean(*value))).collect();
        said.push(format!(
            "Layer {}, mean of {} heads: {}; entropy {}.",
            layer + 1,
            of.len(),
            list.join(", "),
            mean(|shares| shares.entropy)
        ));
    }
    let flat = || {
        heads.iter().enumerate().flat_map(|(layer, of)| of.iter().enumerate().map(move |(at, one)| (layer, at, one)))
    };
    let top = |(name, value): &(&str, Share)| {
        let (layer, at, one) = flat().max_by(|a, b| value(a.2).total_cmp(&value(b.2)))?;
        Some(format!("{name}: layer {}, head {}, {}", layer + 1, at + 1, number(value(one))))
    };
    let list: Vec<String> = KINDS.iter().filter_map(top).collect();
    said.push(format!("The head that puts most weight on each: {}.", list.join("; ")));
    said
}
