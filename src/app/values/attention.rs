//! Values of single heads (`attention.…`) and of all heads (`heads.…`).

use super::{State, layer};
use crate::lab::head::{Head, Shares, entropy, shares};
use crate::lab::record::Datum;
use crate::lab::{Matrix, Piece, PieceKind, TraceData};

fn number(value: f32) -> Datum {
    Datum::Number(f64::from(value))
}

/// `WHAT.LAYER.HEAD` of the row of `[CLS]`, and `uniform`.
pub(super) fn of_row(state: &State, rest: &str) -> Option<Datum> {
    let trace = state.trace()?;
    if rest == "uniform" {
        return Some(number((trace.pieces.len() as f32).ln()));
    }
    let mut parts = rest.split('.');
    let (what, at, head) = (parts.next()?, parts.next()?, parts.next()?);
    let head = Head::of(trace, layer(at, trace.model.layers)?, head.parse::<usize>().ok()?.checked_sub(1)?)?;
    let on = |kind: PieceKind| Some(number(weight_on(&trace.pieces, head.weights(0), kind)));
    match what {
        "top" => Some(Datum::Text(trace.pieces.get(head.top(0)?)?.shown.clone())),
        "weight" => Some(number(head.weight(0, head.top(0)?))),
        "cls" => on(PieceKind::First),
        "sep" => on(PieceKind::Separator),
        "entropy" => Some(number(entropy(head.weights(0)))),
        _ => None,
    }
}

/// The piece that `[CLS]` weighs most in a head.
pub(super) fn top_of(trace: &TraceData, at: &str, head: &str) -> Option<usize> {
    Head::of(trace, layer(at, trace.model.layers)?, head.parse::<usize>().ok()?.checked_sub(1)?)?.top(0)
}

/// Weight of a row on all pieces of a kind.
fn weight_on(pieces: &[Piece], weights: &[f32], kind: PieceKind) -> f32 {
    pieces.iter().zip(weights).filter(|(piece, _)| piece.kind == kind).map(|(_, weight)| weight).sum()
}

pub(super) fn of_heads(state: &State, rest: &str) -> Option<Datum> {
    let trace = state.trace()?;
    match rest {
        "count" => Some(Datum::Number(trace.attentions.iter().map(Vec::len).sum::<usize>() as f64)),
        "top.special" | "top.share" => {
            let special = |attention: &&Matrix| top(attention).is_some_and(|top| trace.pieces[top].special());
            let heads = trace.attentions.iter().flatten();
            let (all, found) = (heads.clone().count().max(1) as f64, heads.filter(special).count() as f64);
            Some(Datum::Number(if rest == "top.share" { found / all } else { found }))
        }
        rest => {
            let (what, at) = rest.split_once('.')?;
            let of = |shares: Shares| match what {
                "cls" => Some(shares.cls),
                "sep" => Some(shares.sep),
                "self" => Some(shares.itself),
                "beside" => Some(shares.previous + shares.next),
                _ => None,
            };
            of(mean(trace, layer(at, trace.model.layers)?)?).map(number)
        }
    }
}

/// What the row of `[CLS]` weighs most.
fn top(attention: &Matrix) -> Option<usize> {
    let row = attention.row(0);
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]))
}

/// Shares of a layer (1-based), mean of its heads.
fn mean(trace: &TraceData, layer: usize) -> Option<Shares> {
    let heads = trace.attentions.get(layer.checked_sub(1)?)?;
    let count = heads.len() as f32;
    Some(heads.iter().map(|head| shares(head, &trace.pieces)).fold(Shares::default(), |sum, one| Shares {
        cls: sum.cls + one.cls / count,
        sep: sum.sep + one.sep / count,
        itself: sum.itself + one.itself / count,
        previous: sum.previous + one.previous / count,
        next: sum.next + one.next / count,
        entropy: sum.entropy + one.entropy / count,
    }))
}
