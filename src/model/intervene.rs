//! What can be changed about a pass: the questions "what if" of the lessons.

use super::{Input, ModelError};

/// One change to a pass over one sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intervention {
    /// Score of this edge to minus infinity, in all heads.
    Cut(Edge),
    /// Add no position embedding at all.
    ZeroPositions,
    /// Put the pieces in another order (`order[i]` is the old index of the piece now at i). Segments travel with
    /// their pieces; positions too if they are carried, otherwise they are counted anew.
    Permute {
        /// A permutation of 0..T.
        order: Vec<usize>,
        /// Whether each piece keeps its old position.
        carry_positions: bool,
    },
    /// Move the first piece to the end; positions are counted in the new order.
    ClsAtEnd,
    /// Put this vocabulary entry in `[CLS]`'s place.
    StandIn(u32),
}

/// Attention from one position to another in one layer: `to` reads `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edge {
    /// 1-based layer.
    pub layer: usize,
    /// The position that is read.
    pub from: usize,
    /// The position that reads.
    pub to: usize,
}

/// Applies all changes to an input, and returns it with the edges that the attention has to cut.
///
/// # Errors
/// When an order is not a permutation of the pieces, or an edge or an id lies outside.
pub fn apply(
    input: &Input,
    interventions: &[Intervention],
    layers: usize,
    vocabulary: usize,
) -> Result<(Input, Vec<Edge>), ModelError> {
    let mut input = input.clone();
    let mut edges = Vec::new();
    for intervention in interventions {
        match intervention {
            Intervention::Cut(edge) => {
                let length = input.len();
                if edge.layer == 0 || edge.layer > layers || edge.from >= length || edge.to >= length {
                    return Err(ModelError::Intervention(format!(
                        "there is no edge {} -> {} in layer {}: the sentence has {length} pieces and the model {layers} layers",
                        edge.from, edge.to, edge.layer
                    )));
                }
                edges.push(*edge);
            }
            Intervention::ZeroPositions => input.position_ids = None,
            Intervention::Permute { order, carry_positions } => input = permute(&input, order, *carry_positions)?,
            Intervention::ClsAtEnd => {
                let order: Vec<usize> = (1..input.len()).chain([0]).collect();
                input = permute(&input, &order, false)?;
            }
            Intervention::StandIn(id) => {
                if *id as usize >= vocabulary {
                    return Err(ModelError::Intervention(format!("there is no vocabulary entry {id}")));
                }
                if let Some(first) = input.input_ids.first_mut() {
                    *first = *id;
                }
            }
        }
    }
    Ok((input, edges))
}

fn permute(input: &Input, order: &[usize], carry_positions: bool) -> Result<Input, ModelError> {
    let mut seen = vec![false; input.len()];
    for &index in order {
        match seen.get_mut(index) {
            Some(place) if !*place => *place = true,
            _ => return Err(ModelError::Intervention(format!("{order:?} is not an order of {} pieces", input.len()))),
        }
    }
    if order.len() != input.len() {
        return Err(ModelError::Intervention(format!("{order:?} is not an order of {} pieces", input.len())));
    }
    let pick = |from: &[u32]| order.iter().map(|&index| from[index]).collect::<Vec<_>>();
    Ok(Input {
        input_ids: pick(&input.input_ids),
        token_type_ids: pick(&input.token_type_ids),
        position_ids: match &input.position_ids {
            Some(positions) if carry_positions => Some(pick(positions)),
            Some(positions) => Some(positions.clone()),
            None => None,
        },
    })
}
