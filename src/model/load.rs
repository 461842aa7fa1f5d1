//! From files to a [`Bert`]: the embedded model, or a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;

use super::bert::{Attention, Bert, Embeddings, FeedForward, Layer};
use super::classify::{Answers, Between, Classifier};
use super::embedded::MINILM;
use super::identity;
use super::masked::MaskedHead;
use super::ops::{LayerNorm, Linear};
use super::tokenize::{self, Tokenizer};
use super::weights::Weights;
use super::{Config, Family, ModelError, blob, folder};
use crate::files;
use crate::wording::{counted, visible};

/// A larger tokenizer is refused before it is read.
pub const MOST_BYTES: u64 = 256 << 20;

/// A larger configuration is refused before it is read: as JSON in memory it takes many times its length.
const LONGEST_CONFIG: u64 = 4 << 20;

/// Vocabularies of other tokenizers.
const OTHER_VOCABULARIES: [&str; 6] =
    ["sentencepiece.bpe.model", "spiece.model", "spm.model", "tokenizer.model", "bpe.codes", "dict.txt"];

/// Pieces that are read of a text unless asked otherwise.
pub const MAX_LENGTH: usize = crate::shell::USUAL_LENGTH;

pub use super::folder::POOLING;

/// What is known about a model beside its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// `embedded`, or the folder it was read from.
    pub origin: String,
    /// sha256 of the weights file.
    pub sha256: String,
    /// sha256 of what the encoder holds, whatever file it came in: of each of its weights as f32 under Hugging Face's name,
    /// without pooler and classification head, which a package may have lost.
    pub tensors_sha256: String,
    /// Numbers in all weights that the encoder uses.
    pub parameters: usize,
    /// At most this many pieces are read.
    pub max_length: usize,
    /// What was asked for, if anything was.
    pub asked_length: Option<usize>,
    /// Weights of the file that nothing reads, by their names without a prefix, in order.
    pub unused: Vec<String>,
    /// Why a classification head that the file holds is not used.
    pub unused_head: Option<String>,
    /// From what sentence-transformers reads a sentence's vector, where the model says so.
    pub pooling: Option<String>,
}

impl Bert {
    /// A model from a folder with `config.json`, a tokenizer's file (`tokenize::FILES`), and `model.safetensors`
    /// or `pytorch_model.bin`; or from the path of the weights file with the others beside it.
    ///
    /// # Errors
    /// When a file is missing, damaged, or of another architecture.
    pub fn open(path: &Path, max_length: Option<usize>) -> Result<Self, ModelError> {
        let files = Files::at(path)?;
        let folder = files.config.parent().unwrap_or(path);
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let name = whole.file_name().map_or_else(|| whole.display().to_string(), |name| name.to_string_lossy().into());
        Self::from_files(&name, &folder.display().to_string(), &files, max_length)
    }

    /// A model from files that need not lie in one folder.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_files(name: &str, origin: &str, files: &Files, max_length: Option<usize>) -> Result<Self, ModelError> {
        blob::checked(&files.weights, Self::read(name, origin, files, max_length))
    }

    fn read(name: &str, origin: &str, files: &Files, max_length: Option<usize>) -> Result<Self, ModelError> {
        let origin = &visible(origin);
        let model = String::from_utf8_lossy(&read_at_most(&files.config, LONGEST_CONFIG)?).into_owned();
        let config = Config::parse(origin, &model)?;
        let (tokenizer, weights) = rayon::join(
            || tokenizer(origin, &files.tokenizer, &model, config.vocab_size),
            || Weights::open(&files.weights),
        );
        let mut bert = Self::assemble([&visible(name), origin], config, tokenizer?, &weights?, max_length, None)?;
        bert.facts.pooling = files.config.parent().and_then(folder::pooling);
        Ok(bert)
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
        Self::from_memory([name, origin], config, tokenizer, weights, max_length, None)
    }

    /// As [`Self::from_parts`]; `known` is [`Facts::tensors_sha256`] where it need not be found.
    pub(super) fn from_memory(
        [name, origin]: [&str; 2],
        config: &str,
        tokenizer: &[u8],
        weights: &[u8],
        max_length: Option<usize>,
        known: Option<&str>,
    ) -> Result<Self, ModelError> {
        let (model, config) = (config, Config::parse(origin, config)?);
        let alone = tokenize::Companions::new();
        let (tokenizer, weights) = rayon::join(
            || tokenize::read(origin, tokenize::FILES[0], tokenizer, &alone, model, config.vocab_size),
            || Weights::parse(&format!("{origin}: model.safetensors"), weights),
        );
        Self::assemble([name, origin], config, tokenizer?, &weights?, max_length, known)
    }

    fn assemble(
        [name, origin]: [&str; 2],
        config: Config,
        tokenizer: Tokenizer,
        weights: &Weights<'_>,
        max_length: Option<usize>,
        known: Option<&str>,
    ) -> Result<Self, ModelError> {
        let (parameters, hash) = (AtomicUsize::new(0), known.is_none());
        let taken = Taken { weights, config: &config, parameters, hash, read: Mutex::default() };
        // The hash of a file takes about as long as its conversion: one thread each.
        let (parts, sha256) = rayon::join(|| taken.all(), || weights.sha256());
        let (embeddings, layers, pooler, (classifier, unused_head), masked_head) = parts?;
        let read = taken.read.into_inner().unwrap_or_default();
        let unused = weights.names().into_iter().filter(|name| !read.contains_key(*name)).map(visible).collect();
        let facts = Facts {
            unused,
            unused_head,
            pooling: None,
            name: name.to_owned(),
            origin: origin.to_owned(),
            parameters: taken.parameters.into_inner(),
            max_length: max_length.unwrap_or(MAX_LENGTH).clamp(3, config.longest()),
            asked_length: max_length,
            sha256: sha256?,
            tensors_sha256: known.map_or_else(|| identity::of_encoder(&read), str::to_owned),
        };
        Ok(Self { config, embeddings, layers, pooler, classifier, masked_head, tokenizer: tokenizer.into(), facts })
    }
}

/// The files of a checkpoint. Beside the tokenizer's, `tokenize::companions` are read where they are there.
#[derive(Debug, Clone)]
pub struct Files {
    /// `config.json`.
    pub config: PathBuf,
    /// One of `tokenize::FILES`.
    pub tokenizer: PathBuf,
    /// `model.safetensors` or `pytorch_model.bin`.
    pub weights: PathBuf,
}

impl Files {
    /// The files of a folder, or those beside a weights file.
    ///
    /// # Errors
    /// When there is no model, or one in a form that is not read; the sentence says what is there and what to do.
    pub fn at(path: &Path) -> Result<Self, ModelError> {
        let path = folder::meant(path);
        if path.exists() && !path.is_file() && !path.is_dir() {
            return Err(ModelError::Format {
                origin: visible(&path.display().to_string()),
                cause: "this is a pipe, device or socket. Give --model a folder or a file of weights".to_owned(),
            });
        }
        let folder = if path.is_file() { path.parent().unwrap_or(Path::new("")) } else { &path };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let beside = ["json", "txt", "md", "model", "py", "vocab"];
        if path.is_file() && path.extension().and_then(|ending| ending.to_str()).is_some_and(|e| beside.contains(&e)) {
            return Err(ModelError::Format {
                origin: path.display().to_string(),
                cause: format!(
                    "this is a file of a model and not its weights. Name the folder: --model {}",
                    folder.display()
                ),
            });
        }
        let weights = if path.is_file() { path.clone() } else { weights_in(folder) };
        folder::check_file(&weights)?;
        folder::check(folder, &weights)?;
        Ok(Self { config: folder.join("config.json"), tokenizer: first_of(folder, &tokenize::FILES), weights })
    }
}

/// How far the download of a model is.
#[derive(Debug, Clone, PartialEq)]
pub struct Download {
    /// Which file.
    pub file: String,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// Bytes a second since it began; none in its first moments.
    pub speed: Option<f64>,
}

/// The first of these that is in the folder; if none is, the first, so that the error names it.
fn first_of(folder: &Path, names: &[&str]) -> PathBuf {
    folder.join(names.iter().find(|name| folder.join(name).exists()).unwrap_or(&names[0]))
}

/// The weights in a folder; one file is whole, even where its name counts it.
fn weights_in(folder: &Path) -> PathBuf {
    let names = [
        "model.safetensors",
        "pytorch_model.bin",
        "model-00001-of-00001.safetensors",
        "pytorch_model-00001-of-00001.bin",
    ];
    first_of(folder, &names)
}

/// The three files of the course's model: configuration, tokenizer, weights.
#[must_use]
pub fn embedded_parts() -> (&'static str, &'static [u8], &'static [u8]) {
    (MINILM.config, MINILM.tokenizer, MINILM.weights)
}

/// A tokenizer from its file and those beside it; `model` is the text of `config.json`.
fn tokenizer(origin: &str, path: &Path, model: &str, rows: usize) -> Result<Tokenizer, ModelError> {
    if !path.exists()
        && let Some(other) = OTHER_VOCABULARIES.iter().find(|name| path.with_file_name(name).exists())
    {
        let cause = format!(
            "its vocabulary is {other}, which clsroom does not read. Make a tokenizer.json with transformers: \
             AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
        );
        return Err(ModelError::Format { origin: origin.to_owned(), cause });
    }
    let file = tokenize::FILES.into_iter().find(|name| path.ends_with(name)).unwrap_or(tokenize::FILES[0]);
    let mut companions = tokenize::Companions::new();
    for name in tokenize::companions(file) {
        let beside = path.with_file_name(name);
        if beside.exists() {
            companions.insert(name, read(&beside)?);
        }
    }
    tokenize::read(origin, file, &read(path)?, &companions, model, rows)
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    read_at_most(path, MOST_BYTES)
}

fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, ModelError> {
    if let Some(error) = folder::refuse_broken_link(path) {
        return Err(error);
    }
    let unreadable = |error: std::io::Error| ModelError::Unreadable { path: path.into(), cause: error.to_string() };
    let bytes = files::read(path, most).map_err(unreadable)?;
    folder::refuse_stand_in(path, &bytes)?;
    Ok(bytes)
}

/// Takes weights out of a checkpoint by Hugging Face's names, and counts their numbers.
struct Taken<'a> {
    weights: &'a Weights<'a>,
    config: &'a Config,
    parameters: AtomicUsize,
    /// Whether hashes are wanted.
    hash: bool,
    /// Names of those taken, with the sha256 of their numbers where that is wanted.
    read: Mutex<BTreeMap<String, String>>,
}

type Parts = (Embeddings, Vec<Layer>, Option<Linear>, (Option<Classifier>, Option<String>), Option<MaskedHead>);

impl Taken<'_> {
    /// Everything; the tables first, which are the largest, while little else is in memory.
    fn all(&self) -> Result<Parts, ModelError> {
        let embeddings = self.embeddings()?;
        let numbers = 0..self.config.num_hidden_layers;
        let layers = numbers.into_par_iter().map(|index| self.layer(index)).collect::<Result<Vec<_>, _>>()?;
        Ok((embeddings, layers, self.pooler()?, self.classifier()?, self.masked_head()?))
    }

    fn take(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self.weights.take(name, shape)?;
        self.parameters.fetch_add(tensor.elem_count(), Ordering::Relaxed);
        let hash = if self.hash { identity::of_weight(&tensor)? } else { String::new() };
        if let Ok(mut read) = self.read.lock() {
            read.insert(name.to_owned(), hash);
        }
        Ok(tensor)
    }

    fn linear(&self, name: &str, input: usize, output: usize) -> Result<Linear, ModelError> {
        let weight = self.take(&format!("{name}.weight"), &[output, input])?;
        let bias = self.take(&format!("{name}.bias"), &[output])?;
        Ok(Linear::new(&weight, bias)?)
    }

    fn norm(&self, name: &str) -> Result<LayerNorm, ModelError> {
        self.norm_of(name, self.config.hidden_size)
    }

    fn norm_of(&self, name: &str, size: usize) -> Result<LayerNorm, ModelError> {
        Ok(LayerNorm {
            weight: self.take(&format!("{name}.LayerNorm.weight"), &[size])?,
            bias: self.take(&format!("{name}.LayerNorm.bias"), &[size])?,
            eps: self.config.layer_norm_eps,
        })
    }

    fn embeddings(&self) -> Result<Embeddings, ModelError> {
        let config = self.config;
        let (size, hidden) = (config.embedding_size, config.hidden_size);
        let segments = [config.type_vocab_size, size];
        let mut embeddings = Embeddings {
            word: self.take("embeddings.word_embeddings.weight", &[config.vocab_size, size])?,
            position: self.take("embeddings.position_embeddings.weight", &[config.max_position_embeddings, size])?,
            segment: if config.family == Family::DistilBert {
                Tensor::zeros(&segments, DType::F32, &Device::Cpu)? // it adds none
            } else {
                self.take("embeddings.token_type_embeddings.weight", &segments)?
            },
            norm: self.norm_of("embeddings", size)?,
            projection: (size != hidden).then(|| self.linear("embeddings_project", size, hidden)).transpose()?,
        };
        if let Some(tasks) = config.tasks {
            // Task 0 is added to every piece, so its row can stand in the table of segments.
            let table = self.take("embeddings.task_type_embeddings.weight", &[tasks, size])?;
            embeddings.segment = embeddings.segment.broadcast_add(&table.narrow(0, 0, 1)?)?;
        }
        Ok(embeddings)
    }

    fn layer(&self, index: usize) -> Result<Layer, ModelError> {
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

    fn pooler(&self) -> Result<Option<Linear>, ModelError> {
        let size = self.config.hidden_size;
        self.weights.shape("pooler.dense.weight").map(|_| self.linear("pooler.dense", size, size)).transpose()
    }

    /// The head that fills in masked words, where a BERT kept it whole.
    fn masked_head(&self) -> Result<Option<MaskedHead>, ModelError> {
        let (size, entries) = (self.config.hidden_size, self.config.vocab_size);
        let name = |part: &str| format!("cls.predictions.{part}");
        let parts: [(&str, &[usize]); 5] = [
            ("transform.dense.weight", &[size, size]),
            ("transform.dense.bias", &[size]),
            ("transform.LayerNorm.weight", &[size]),
            ("transform.LayerNorm.bias", &[size]),
            ("bias", &[entries]),
        ];
        let whole = parts.iter().all(|(part, shape)| self.weights.shape(&name(part)) == Some(*shape));
        if self.config.family != Family::Bert || self.config.embedding_size != size || !whole {
            return Ok(None);
        }
        Ok(Some(MaskedHead {
            dense: self.linear(&name("transform.dense"), size, size)?,
            norm: self.norm_of(&name("transform"), size)?,
            bias: self.take(&name("bias"), &[entries])?,
        }))
    }

    /// The model's own classification head, by where each family keeps it; or why one that is there is not used.
    fn classifier(&self) -> Result<(Option<Classifier>, Option<String>), ModelError> {
        let size = self.config.hidden_size;
        let (dense, output, activation) = match self.config.family {
            Family::Bert => ("pooler.dense", "classifier", Between::Tanh),
            Family::DistilBert => ("pre_classifier", "classifier", Between::Relu),
            Family::Roberta => ("classifier.dense", "classifier.out_proj", Between::Tanh),
            Family::Electra => ("classifier.dense", "classifier.out_proj", Between::Gelu),
        };
        let heads = ["classifier.", "pre_classifier."];
        if !self.weights.names().iter().any(|name| heads.iter().any(|head| name.starts_with(head))) {
            return Ok((None, None));
        }
        let classes = match self.outputs(dense, output) {
            Ok(classes) => classes,
            Err(why) => return Ok((None, Some(why))),
        };
        // The pooler is counted among the encoder's weights already.
        let dense = if self.config.family == Family::Bert { None } else { Some(self.linear(dense, size, size)?) };
        let head = &self.config.head;
        let classifier = Classifier {
            dense,
            activation,
            labels: (0..classes).map(|class| head.label(class)).collect(),
            answers: Answers::of(head.problem.as_deref(), classes),
            output: self.linear(output, size, classes)?,
        };
        Ok((Some(classifier), None))
    }

    /// How many outputs the classification head has; or why it is none that can be used.
    fn outputs(&self, dense: &str, output: &str) -> Result<usize, String> {
        let (size, head) = (self.config.hidden_size, &self.config.head);
        if let Some(other) = &head.other {
            return Err(format!(
                "config.json says {other}, and clsroom knows the heads of architectures that end in \
                 ForSequenceClassification"
            ));
        }
        let shape = |name: &str, part: &str| {
            let name = format!("{name}.{part}");
            self.weights.shape(&name).ok_or_else(|| format!("{name} is missing"))
        };
        let expect = |name: &str, part: &str, expected: &[usize]| match shape(name, part)? {
            found if found == expected => Ok(()),
            found => Err(format!("{name}.{part} has shape {found:?}, and {expected:?} is expected")),
        };
        expect(dense, "weight", &[size, size])?;
        expect(dense, "bias", &[size])?;
        let classes = match shape(output, "weight")? {
            [classes, inner] if *inner == size && *classes > 0 => *classes,
            found => {
                return Err(format!("{output}.weight has shape {found:?}, and its rows should have {size} numbers"));
            }
        };
        expect(output, "bias", &[classes])?;
        match head.outputs {
            Some((named, exactly)) if named > classes || (exactly && named != classes) => {
                Err(format!("it has {}, and config.json has {named}", counted(classes, "output")))
            }
            _ => Ok(classes),
        }
    }
}
