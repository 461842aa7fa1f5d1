//! Embedding tables that learn lazily: a row moves only in a step whose batch contains it.
//!
//! A batch of 32 sentences touches a few hundred of 30,522 rows. The rest have no gradient, so the optimiser leaves
//! them, their moments and their weight decay alone; a row counts its own steps. With every row in every batch this is
//! `AdamW` as usual.

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor, Var};

use super::ops::adamw::{Moments, Step};

/// One table [V x D], of which the rows that moved are kept apart.
#[derive(Clone)]
pub(super) struct Table {
    base: Tensor,
    moved: HashMap<u32, Row>,
}

#[derive(Clone)]
struct Row {
    weights: Vec<f32>,
    moments: Moments,
    steps: i32,
}

/// The rows that one batch reads.
pub(super) struct Rows {
    /// Ids of the rows, ascending, each once.
    pub ids: Vec<u32>,
    /// Their numbers [U x D], a variable.
    pub var: Var,
    /// For each piece, which of the U rows it reads `[N]`.
    pub index: Tensor,
}

impl Table {
    pub fn new(base: Tensor) -> Self {
        Self { base, moved: HashMap::new() }
    }

    /// The rows that `ids` `[N]` read.
    pub fn gather(&self, ids: &Tensor) -> Result<Rows> {
        let wanted: Vec<u32> = ids.to_vec1()?;
        let mut unique = wanted.clone();
        unique.sort_unstable();
        unique.dedup();
        let index: Vec<u32> =
            wanted.iter().map(|id| unique.binary_search(id).map_or(0, |place| place as u32)).collect();
        let rows = self.base.index_select(&Tensor::new(unique.as_slice(), &Device::Cpu)?, 0)?;
        let (count, width) = rows.dims2()?;
        let mut numbers: Vec<f32> = rows.flatten_all()?.to_vec1()?;
        for (id, row) in unique.iter().zip(numbers.chunks_mut(width)) {
            if let Some(moved) = self.moved.get(id) {
                row.copy_from_slice(&moved.weights);
            }
        }
        let var = Var::from_vec(numbers, (count, width), &Device::Cpu)?;
        Ok(Rows { ids: unique, var, index: Tensor::new(index, &Device::Cpu)? })
    }

    /// One step of the gathered rows.
    pub fn update(&mut self, rows: &Rows, gradient: &Tensor, step: Step) -> Result<()> {
        let (_, width) = gradient.dims2()?;
        let gradient: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
        let before: Vec<f32> = rows.var.as_tensor().flatten_all()?.to_vec1()?;
        for ((id, gradient), before) in rows.ids.iter().zip(gradient.chunks(width)).zip(before.chunks(width)) {
            let row = self.moved.entry(*id).or_insert_with(|| Row {
                weights: before.to_vec(),
                moments: Moments::default(),
                steps: 0,
            });
            row.steps += 1;
            Step { number: row.steps, ..step }.apply(&mut row.weights, gradient, &mut row.moments);
        }
        Ok(())
    }

    /// Forgets what only further steps would need.
    pub fn settle(&mut self) {
        self.moved.values_mut().for_each(|row| row.moments = Moments::default());
    }
}
