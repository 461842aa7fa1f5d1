//! From files to a [`Bert`]: the embedded model, or a folder.

use std::path::Path;

use super::bert::{Attention, Bert, Embeddings, FeedForward, Layer};
use super::ops::{LayerNorm, Linear};
use super::weights::Weights;
use super::{Config, ModelError, tokenize};

/// Weights larger than this are refused before they are read.
const MOST_BYTES: u64 = 8 << 30;

/// Pieces that are read of a text unless asked otherwise.
pub const MAX_LENGTH: usize = 128;

/// The embedded model's name.
pub const EMBEDDED: &str = "all-MiniLM-L6-v2";

/// sha256 of the embedded weights, as models/all-MiniLM-L6-v2/README.md states it.
pub const EMBEDDED_SHA256: &str = "5ba0032aefec27c763b2d9c8912eeec19529d4efdab9a71a9756e8056ba8f2e0";

static CONFIG: &str = include_str!("../../models/all-MiniLM-L6-v2/config.json");
static TOKENIZER: &[u8] = include_bytes!("../../models/all-MiniLM-L6-v2/tokenizer.json");
static WEIGHTS: &[u8] = include_bytes!("../../models/all-MiniLM-L6-v2/model.safetensors");

/// What is known about a model beside its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// `embedded`, or the folder it was read from.
    pub origin: String,
    /// sha256 of the weights file.
    pub sha256: String,
    /// Numbers in all weights that the encoder uses.
    pub parameters: usize,
    /// At most this many pieces are read.
    pub max_length: usize,
}

impl Bert {
    /// The model inside the binary.
    ///
    /// # Errors
    /// When the binary is damaged.
    pub fn embedded(max_length: Option<usize>) -> Result<Self, ModelError> {
        Self::from_parts(EMBEDDED, "embedded", CONFIG, TOKENIZER, WEIGHTS, max_length)
    }

    /// A model from a folder with `config.json`, `tokenizer.json` and `model.safetensors`, or from the path of the
    /// weights file with the other two beside it.
    ///
    /// # Errors
    /// When a file is missing, damaged, or of another architecture.
    pub fn open(path: &Path, max_length: Option<usize>) -> Result<Self, ModelError> {
        let (folder, weights) = if path.is_file() {
            (path.parent().unwrap_or(Path::new(".")).to_path_buf(), path.to_path_buf())
        } else {
            (path.to_path_buf(), path.join("model.safetensors"))
        };
        let config = read(&folder.join("config.json"))?;
        let tokenizer = read(&folder.join("tokenizer.json"))?;
        let bytes = read(&weights)?;
        let name =
            folder.file_name().map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned());
        Self::from_parts(
            &name,
            &folder.display().to_string(),
            &String::from_utf8_lossy(&config),
            &tokenizer,
            &bytes,
            max_length,
        )
    }

    /// A model from its three files' contents.
    ///
    /// # Errors
    /// When one of them is damaged or they do not fit together.
    pub fn from_parts(
        name: &str,
        origin: &str,
        config: &str,
        tokenizer: &[u8],
        weights: &[u8],
        max_length: Option<usize>,
    ) -> Result<Self, ModelError> {
        let config = Config::parse(origin, config)?;
        let (tokenizer, weights) = rayon::join(
            || tokenize::parse(origin, tokenizer, config.vocab_size),
            || Weights::parse(&format!("{origin}: model.safetensors"), weights),
        );
        let (tokenizer, mut weights) = (tokenizer?, weights?);
        let mut taken = Taken { weights: &mut weights, config: &config, parameters: 0 };
        let embeddings = taken.embeddings()?;
        let layers = (0..config.num_hidden_layers).map(|index| taken.layer(index)).collect::<Result<Vec<_>, _>>()?;
        let pooler = taken.pooler()?;
        let facts = Facts {
            name: name.to_owned(),
            origin: origin.to_owned(),
            parameters: taken.parameters,
            max_length: max_length.unwrap_or(MAX_LENGTH).clamp(3, config.max_position_embeddings),
            sha256: weights.sha256().to_owned(),
        };
        Ok(Self { config, embeddings, layers, pooler, tokenizer: tokenizer.into(), facts })
    }
}

/// The embedded model's three files: configuration, tokenizer, weights. For `doctor` and tests.
#[must_use]
pub fn embedded_parts() -> (&'static str, &'static [u8], &'static [u8]) {
    (CONFIG, TOKENIZER, WEIGHTS)
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let unreadable = |cause: String| ModelError::Unreadable { path: path.to_path_buf(), cause };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > MOST_BYTES {
        return Err(unreadable(format!("it has {size} bytes, more than the {MOST_BYTES} that clsroom reads")));
    }
    std::fs::read(path).map_err(|error| unreadable(error.to_string()))
}

/// Takes weights out of a checkpoint by Hugging Face's names, and counts their numbers.
struct Taken<'a> {
    weights: &'a mut Weights,
    config: &'a Config,
    parameters: usize,
}

impl Taken<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<candle_core::Tensor, ModelError> {
        let tensor = self.weights.take(name, shape)?;
        self.parameters += tensor.elem_count();
        Ok(tensor)
    }

    fn linear(&mut self, name: &str, input: usize, output: usize) -> Result<Linear, ModelError> {
        let weight = self.take(&format!("{name}.weight"), &[output, input])?;
        let bias = self.take(&format!("{name}.bias"), &[output])?;
        Ok(Linear::new(&weight, bias)?)
    }

    fn norm(&mut self, name: &str) -> Result<LayerNorm, ModelError> {
        let size = self.config.hidden_size;
        Ok(LayerNorm {
            weight: self.take(&format!("{name}.LayerNorm.weight"), &[size])?,
            bias: self.take(&format!("{name}.LayerNorm.bias"), &[size])?,
            eps: self.config.layer_norm_eps,
        })
    }

    fn embeddings(&mut self) -> Result<Embeddings, ModelError> {
        let size = self.config.hidden_size;
        Ok(Embeddings {
            word: self.take("embeddings.word_embeddings.weight", &[self.config.vocab_size, size])?,
            position: self
                .take("embeddings.position_embeddings.weight", &[self.config.max_position_embeddings, size])?,
            segment: self.take("embeddings.token_type_embeddings.weight", &[self.config.type_vocab_size, size])?,
            norm: self.norm("embeddings")?,
        })
    }

    fn layer(&mut self, index: usize) -> Result<Layer, ModelError> {
        let (size, middle) = (self.config.hidden_size, self.config.intermediate_size);
        let at = format!("encoder.layer.{index}");
        let attention = Attention::new(
            &[
                self.linear(&format!("{at}.attention.self.query"), size, size)?,
                self.linear(&format!("{at}.attention.self.key"), size, size)?,
                self.linear(&format!("{at}.attention.self.value"), size, size)?,
            ],
            self.linear(&format!("{at}.attention.output.dense"), size, size)?,
            self.norm(&format!("{at}.attention.output"))?,
            self.config.num_attention_heads,
        )?;
        let feed_forward = FeedForward {
            intermediate: self.linear(&format!("{at}.intermediate.dense"), size, middle)?,
            activation: self.config.hidden_act,
            output: self.linear(&format!("{at}.output.dense"), middle, size)?,
            norm: self.norm(&format!("{at}.output"))?,
        };
        Ok(Layer { attention, feed_forward })
    }

    fn pooler(&mut self) -> Result<Option<Linear>, ModelError> {
        let size = self.config.hidden_size;
        self.weights.has("pooler.dense.weight").then(|| self.linear("pooler.dense", size, size)).transpose()
    }
}
