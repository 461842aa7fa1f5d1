//! A copy of an encoder that learns: forward with the graph, one step of `AdamW` in place, forward without it.
//!
//! The trained tensors become candle variables, whose numbers the optimiser changes where they are. Layers below the
//! first that learns are shared with the original and take part in nothing: their states can be handed in.

use candle_core::backprop::GradStore;
use candle_core::{Error, Result, Tensor, Var};

use super::bert::{Batch, Bert};
use super::ops::adamw::{self, Moments, Step};
use super::tables::{Rows, Table};
use super::{HiddenStates, Keep, Nothing};

/// Which part of the encoder learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Only so many of the upper layers; `None`: all of them, and the embeddings.
    pub top_layers: Option<usize>,
    /// The pooler too.
    pub pooler: bool,
}

/// An encoder that learns. A clone learns apart from it.
pub struct Learner {
    /// With variables.
    tracked: Bert,
    /// The same numbers without the graph.
    reader: Bert,
    parameters: Vec<Parameter>,
    /// Word, position, segment; none when they stay as they are.
    tables: Option<[Table; 3]>,
    first: usize,
}

struct Parameter {
    name: String,
    var: Var,
    moments: Moments,
}

/// A forward pass that [`Learner::update`] can follow.
pub struct Pass {
    /// `last_hidden_state` [N x D], with the graph.
    pub hidden: Tensor,
    /// What else a step needs to know of it.
    pub read: Read,
}

/// The rows of the tables that a pass has read; none where the tables stay as they are.
pub struct Read(Option<[Rows; 3]>);

impl Learner {
    /// A copy of `bert` whose `scope` learns.
    ///
    /// # Errors
    /// When it asks for more layers than there are, or for a pooler where there is none.
    pub fn new(bert: &Bert, scope: Scope) -> Result<Self> {
        let layers = bert.config().num_hidden_layers;
        let first = match scope.top_layers {
            None => 0,
            Some(count) if (1..=layers).contains(&count) => layers + 1 - count,
            Some(count) => {
                return Err(Error::Msg(format!("{count} layers cannot learn: this model has 1 to {layers}")));
            }
        };
        let (mut tracked, mut reader) = (bert.clone(), bert.clone());
        let mut parameters = Vec::new();
        let mut learn = |(name, tensor): (String, &mut Tensor)| {
            let var = Var::from_tensor(tensor)?;
            *tensor = var.as_tensor().clone();
            parameters.push(Parameter { name, var, moments: Moments::default() });
            Ok::<(), Error>(())
        };
        tracked.parameters_mut(first).into_iter().try_for_each(&mut learn)?;
        if scope.pooler {
            if tracked.pooler.is_none() {
                return Err(Error::Msg("this model has no pooler".to_owned()));
            }
            tracked.pooler_mut().into_iter().try_for_each(&mut learn)?;
        }
        let mut seen = parameters.iter().map(|parameter| parameter.var.as_detached_tensor());
        let mut places: Vec<&mut Tensor> = reader.parameters_mut(first).into_iter().map(|(_, tensor)| tensor).collect();
        places.iter_mut().zip(seen.by_ref()).for_each(|(place, tensor)| **place = tensor);
        reader.pooler_mut().into_iter().zip(seen).for_each(|((_, place), tensor)| *place = tensor);
        let tables = (first == 0).then(|| {
            let embeddings = bert.embeddings();
            [&embeddings.word, &embeddings.position, &embeddings.segment].map(|table| Table::new(table.clone()))
        });
        Ok(Self { tracked, reader, parameters, tables, first })
    }

    /// The layer below the first that learns, whose states can be computed once and handed in; `None` when the
    /// embeddings learn too.
    #[must_use]
    pub fn below(&self) -> Option<usize> {
        self.first.checked_sub(1)
    }

    /// Names of what learns, tables first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let tables = ["word", "position", "token_type"].into_iter().filter(|_| self.tables.is_some());
        tables.chain(self.parameters.iter().map(|parameter| parameter.name.as_str()))
    }

    /// A pass with the graph. `below`: the states [N x D] of the layer [`Self::below`], when they are known.
    ///
    /// # Errors
    /// When an id lies outside its table or the shapes do not fit.
    pub fn forward(&self, batch: &Batch, below: Option<Tensor>) -> Result<Pass> {
        let Some(tables) = &self.tables else {
            let hidden = self.states_below(batch, below)?;
            return Ok(Pass {
                hidden: self.tracked.forward_from(self.first, hidden, batch, &mut Nothing)?,
                read: Read(None),
            });
        };
        let rows = gather(tables, batch)?;
        let tables = rows.each_ref().map(|rows| rows.var.as_tensor().clone());
        let hidden = through(&self.tracked, batch, &rows, tables, &mut Nothing)?;
        Ok(Pass { hidden, read: Read(Some(rows)) })
    }

    /// A pass without the graph.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn read(&self, batch: &Batch, below: Option<Tensor>) -> Result<Tensor> {
        if self.tables.is_some() {
            return self.keep(batch, &mut Nothing);
        }
        let hidden = self.states_below(batch, below)?;
        self.reader.forward_from(self.first, hidden, batch, &mut Nothing)
    }

    /// A pass without the graph of which something is kept.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn keep(&self, batch: &Batch, keep: &mut dyn Keep) -> Result<Tensor> {
        match &self.tables {
            None => self.reader.forward(batch, keep),
            Some(tables) => {
                let rows = gather(tables, batch)?;
                let tables = rows.each_ref().map(|rows| rows.var.as_detached_tensor());
                through(&self.reader, batch, &rows, tables, keep)
            }
        }
    }

    /// As [`Bert::attention_of_first`], of a pass without the graph.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn attention_of_first(&self, batch: &Batch, below: Option<Tensor>) -> Result<Vec<Vec<f32>>> {
        let mut states = HiddenStates::default();
        if self.tables.is_some() {
            self.keep(batch, &mut states)?;
        } else {
            let below = self.states_below(batch, below)?;
            states.0.push(below.clone());
            self.reader.forward_from(self.first, below, batch, &mut states)?;
        }
        let before = states.0.iter().rev().nth(1);
        self.reader.attention_of_first(before.ok_or_else(|| Error::Msg("there is no layer".to_owned()))?, batch)
    }

    /// The pooler on `cls` [B x D], with or without the graph.
    ///
    /// # Errors
    /// When there is none.
    pub fn pool(&self, cls: &Tensor, tracked: bool) -> Result<Tensor> {
        let bert = if tracked { &self.tracked } else { &self.reader };
        bert.pool(cls)?.ok_or_else(|| Error::Msg("this model has no pooler".to_owned()))
    }

    fn states_below(&self, batch: &Batch, below: Option<Tensor>) -> Result<Tensor> {
        below.map_or_else(|| self.reader.forward_to(self.first - 1, batch, &mut Nothing), Ok)
    }

    /// Gradients by name, in the order of [`Self::names`], each of the shape of its parameter; a table's is that of the
    /// rows in the batch.
    ///
    /// # Errors
    /// When one is absent: candle drops gradients silently, we do not.
    pub fn gradients<'a>(&'a self, read: &'a Read, store: &'a GradStore) -> Result<Vec<(&'a str, &'a Tensor)>> {
        let tables = read.0.iter().flatten().map(|rows| &rows.var);
        let vars = tables.chain(self.parameters.iter().map(|parameter| &parameter.var));
        self.names()
            .zip(vars)
            .map(|(name, var)| {
                let gradient = store.get(var).ok_or_else(|| Error::Msg(format!("{name} got no gradient")))?;
                Ok((name, gradient))
            })
            .collect()
    }

    /// The sum of the squares of all gradients, for clipping.
    ///
    /// # Errors
    /// When one is absent.
    pub fn squared_norm(&self, read: &Read, store: &GradStore) -> Result<f64> {
        self.gradients(read, store)?.into_iter().map(|(_, gradient)| adamw::squared_norm(gradient)).sum()
    }

    /// One step of everything that learns.
    ///
    /// # Errors
    /// When a gradient is absent.
    pub fn update(&mut self, read: &Read, store: &GradStore, step: Step) -> Result<()> {
        let absent = |name: &str| Error::Msg(format!("{name} got no gradient"));
        if let (Some(tables), Some(rows)) = (&mut self.tables, &read.0) {
            for (table, rows) in tables.iter_mut().zip(rows) {
                let gradient = store.get(&rows.var).ok_or_else(|| absent("a table"))?;
                table.update(rows, gradient, step)?;
            }
        }
        for Parameter { name, var, moments } in &mut self.parameters {
            let gradient = store.get(&*var).ok_or_else(|| absent(name))?;
            adamw::step(var.as_tensor(), gradient, moments, step)?;
        }
        Ok(())
    }

    /// Gives back the memory that only further steps would need.
    pub fn settle(&mut self) {
        self.parameters.iter_mut().for_each(|parameter| parameter.moments = Moments::default());
        self.tables.iter_mut().flatten().for_each(Table::settle);
    }
}

/// The rows of the three tables that a batch reads.
fn gather(tables: &[Table; 3], batch: &Batch) -> Result<[Rows; 3]> {
    let [word, position, segment] = tables;
    let ids = batch.ids();
    Ok([word.gather(ids[0])?, position.gather(ids[1])?, segment.gather(ids[2])?])
}

/// The whole encoder with other tables: word, position, segment.
fn through(
    bert: &Bert,
    batch: &Batch,
    [word, position, segment]: &[Rows; 3],
    tables: [Tensor; 3],
    keep: &mut dyn Keep,
) -> Result<Tensor> {
    let mut bert = bert.clone();
    [bert.embeddings.word, bert.embeddings.position, bert.embeddings.segment] = tables;
    let batch = batch.with_ids([&word.index, &position.index, &segment.index]);
    bert.forward(&batch, keep)
}
