//! The oracle: `candle-transformers`' BERT on the same weights, which tests and `clsroom doctor` compare ours with.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;

use super::load::embedded_parts;
use super::weights::Weights;
use super::{Batch, Bert, Config, Input, ModelError, Nothing};

/// The embedded weights in `candle-transformers`' model.
///
/// # Errors
/// When the binary is damaged.
pub fn embedded() -> Result<BertModel, ModelError> {
    let (config, _, weights) = embedded_parts();
    load(&Config::parse("embedded", config)?, &Weights::parse("embedded", weights)?)
}

/// A checkpoint's weights in `candle-transformers`' model.
///
/// # Errors
/// When they do not fit the configuration.
pub fn load(config: &Config, weights: &Weights<'_>) -> Result<BertModel, ModelError> {
    let builder = VarBuilder::from_tensors(weights.all()?, DType::F32, &Device::Cpu);
    Ok(BertModel::load(builder, &config.oracle())?)
}

/// The largest difference between our `last_hidden_state` and the oracle's for one sequence.
///
/// # Errors
/// When either pass fails.
pub fn difference(bert: &Bert, oracle: &BertModel, input: &Input) -> Result<f32, ModelError> {
    let ours = bert.forward(&Batch::new(&[input])?, &mut Nothing)?;
    let row = |ids: &[u32]| Tensor::new(ids, &Device::Cpu)?.unsqueeze(0);
    let theirs = oracle.forward(&row(&input.input_ids)?, &row(&input.token_type_ids)?, None)?.squeeze(0)?;
    Ok((ours - theirs)?.abs()?.max_all()?.to_scalar::<f32>()?)
}
