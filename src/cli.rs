//! The command line.

#![allow(rustdoc::broken_intra_doc_links, reason = "clap shows these texts, in which [CLS] is a token")]

#[cfg(feature = "classroom")]
mod serve;
mod trace;

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(feature = "classroom")]
pub use serve::{Class, ClassCommand, ExportFormat, Serve};
pub use trace::{Also, Trace};

use crate::config::{self, Color, Settings, values};
use crate::lab::readout;

/// What `--version` says: which sources, with which features, for which system.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    // The release command sets it, so that an ordinary build does not start anew with each commit.
    let commit = option_env!("CLSROOM_COMMIT").unwrap_or("not recorded (only the release command records it)");
    let built =
        [(cfg!(feature = "hub"), "hub"), (cfg!(feature = "bge"), "bge"), (cfg!(feature = "classroom"), "classroom")];
    let built: Vec<&str> = built.into_iter().filter_map(|(there, name)| there.then_some(name)).collect();
    let features = if built.is_empty() { "none".to_owned() } else { built.join(", ") };
    let linked = if cfg!(target_env = "musl") { ", static" } else { "" };
    let (version, system, processor) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    format!("{version}\ncommit: {commit}\nfeatures: {features}\nsystem: {system} {processor}{linked}")
});

/// What `--readouts` takes.
static READOUTS: LazyLock<String> =
    LazyLock::new(|| format!("Where the classifiers read: {}; majority and words need no BERT", readout::known()));

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    version,
    long_version = LONG_VERSION.as_str(),
    about = "A classroom for BERT's [CLS] token that runs in a terminal",
    after_help = "Without a command it opens the course where you left off.\nCLSROOM_MODEL, CLSROOM_LESSONS, CLSROOM_LEARNER, CLSROOM_THREADS, CLSROOM_MAX_LENGTH and CLSROOM_COLOR stand for their flags.\nCLSROOM_CACHE_MB: megabytes that computed vectors may take on disk (1000; 0 keeps none).",
    propagate_version = true
)]
pub struct Cli {
    /// Settings that every command knows.
    #[command(flatten)]
    pub common: Common,
    /// What the course works with.
    #[command(flatten)]
    pub course: CourseWith,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Settings that every command knows.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Common {
    /// A BERT checkpoint: a name on the hub, as in BAAI/bge-small-en-v1.5 (with @REVISION if wanted), or a folder with
    /// config.json, tokenizer.json, vocab.txt or vocab.json with merges.txt, and model.safetensors or PyTorch's .bin
    #[arg(long, global = true, value_name = "NAME|PATH", value_parser = values::name)]
    pub model: Option<String>,
    /// A course of your own instead of the embedded one
    #[arg(long, global = true, value_name = "DIR", value_parser = values::path)]
    pub lessons: Option<PathBuf>,
    /// Keep this learner's progress apart (several people on one account)
    #[arg(long, global = true, value_name = "NAME", value_parser = values::name)]
    pub learner: Option<String>,
    /// Compute threads [default: one a core]
    #[arg(long, global = true, value_name = "N", value_parser = values::threads)]
    pub threads: Option<usize>,
    /// Word pieces that are read of a text [default: 128]
    #[arg(long, global = true, value_name = "N", value_parser = values::length)]
    pub max_length: Option<usize>,
    /// Colours
    #[arg(long, global = true, value_enum)]
    pub color: Option<Color>,
    /// Draw with ASCII characters only; a sentence and the vocabulary keep their own
    #[arg(long, global = true, conflicts_with = "unicode")]
    pub ascii: bool,
    /// Draw with Unicode characters whatever the locale says
    #[arg(long, global = true)]
    pub unicode: bool,
    /// What teachers ask for.
    #[command(flatten)]
    pub teacher: Teacher,
    /// Show a run's progress every two seconds instead of ten times a second
    #[arg(long, global = true)]
    pub no_animation: bool,
    /// Compute nothing before it is asked for; on battery nothing is in any case
    #[arg(long, global = true)]
    pub no_read_ahead: bool,
    /// The same every time, for recordings: no saved progress, no clock on the screen, no settings but those of the
    /// command line
    #[arg(long, global = true)]
    pub demo: bool,
    /// Print the course, or one lesson, as linear text (for screen readers and pipes)
    #[arg(long, global = true, value_name = "LESSON", num_args = 0..=1, default_missing_value = "")]
    pub plain: Option<String>,
    /// For developers: fail on purpose (ui: at the first key; worker: at the first answer)
    #[arg(long, global = true, hide = true, value_enum)]
    pub crash: Option<Crash>,
}

/// Where to fail on purpose, so that tests see what is left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Crash {
    /// On the thread that draws.
    Ui,
    /// On a compute thread.
    Worker,
}

/// What teachers ask for.
#[derive(Debug, Clone, Args)]
pub struct Teacher {
    /// For teachers: show the speaker notes below each step, to rehearse: everybody at this screen sees them (clsroom
    /// notes prints them for you alone)
    #[arg(long, global = true)]
    pub notes: bool,
    /// For teachers: show benches without asking for a prediction first (no lesson is ever locked)
    #[arg(long, global = true)]
    pub unlock: bool,
    /// Forget what was done in a lesson (its steps, answers and measurements; all for every lesson), and end
    #[arg(long, value_name = "LESSON")]
    pub reset: Option<String>,
}

/// What the course works with besides its model.
#[derive(Debug, Clone, Default, Args)]
pub struct CourseWith {
    /// Sentences of your own for races and trainings: a .tsv, .csv or .jsonl file with the columns text and label
    #[arg(long, value_name = "FILE")]
    pub data: Option<String>,
    /// A second model, whose lanes stand beside the first's in every race, and whose vectors in the sandbox: a name on the
    /// hub or a folder
    #[arg(long, value_name = "NAME|PATH")]
    pub against: Option<String>,
}

impl CourseWith {
    /// The name of a flag that was given, if any.
    #[must_use]
    pub fn given(&self) -> Option<&'static str> {
        self.data.as_ref().map(|_| "--data").or(self.against.as_ref().map(|_| "--against"))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the course (the default), or one of its lessons
    Learn {
        /// Number of a lesson, such as 04
        lesson: Option<String>,
        /// What the course works with.
        #[command(flatten)]
        with: CourseWith,
    },
    /// Open a class: learners come over SSH, into one process with one model
    #[cfg(feature = "classroom")]
    Serve(Box<Serve>),
    /// For teachers: list, export or correct what a class has done
    #[cfg(feature = "classroom")]
    Class(Class),
    /// Run one sentence through the model and print what happened
    Trace(Trace),
    /// Put classifiers side by side on the embedded sentences
    Race(Box<Race>),
    /// Get a sentence back from one vector: hits, misses and false alarms, and how well that goes on test sentences
    Invert(Invert),
    /// How well [CLS] and the mean stand for a sentence: probe, random pairs and nearest sentences, by layer
    Aggregate(Aggregate),
    /// Whether a probe on frozen vectors reads the order of words: who does it, shuffled, neighbours swapped
    Order(Order),
    /// List the lessons, or check lessons that you write
    Lessons {
        /// What to do with them.
        #[command(subcommand)]
        command: Option<Lessons>,
    },
    /// For teachers: print the speaker notes, to read on paper or on a second screen
    Notes {
        /// Number of a lesson, such as 04; all lessons when none is given
        lesson: Option<String>,
    },
    /// Write your notebook: predictions, measurements and the answers
    Notebook(Notebook),
    /// List, download or check models
    Models {
        /// What to do with them.
        #[command(subcommand)]
        command: Option<Models>,
    },
    /// Vectors that were computed here and are kept: how much they take, or take them away
    Cache {
        /// What to do with them.
        #[command(subcommand)]
        command: Option<Cache>,
    },
    /// Print the man page: clsroom manual > clsroom.1
    Manual,
    /// Print completions for a shell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Check this installation: model, data, parity, terminal, paths
    Doctor,
}

/// `clsroom cache`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Cache {
    /// Take them away
    Clear,
}

/// `clsroom notebook`.
#[derive(Debug, Args)]
pub struct Notebook {
    /// Markdown, or one HTML file
    #[arg(long, value_enum, default_value_t = NotebookFormat::Md)]
    pub format: NotebookFormat,
    /// Write it to this file instead of the terminal
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Output of `notebook`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NotebookFormat {
    /// Markdown.
    Md,
    /// One HTML file.
    Html,
}

/// Output of `trace`, `invert` and `aggregate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// For people.
    Text,
    /// For programs; names as in Hugging Face's library.
    Json,
}

/// `clsroom race`.
#[derive(Debug, Clone, Args)]
pub struct Race {
    /// Where the classifiers read
    #[arg(long, value_delimiter = ',', default_value = "cls,mean", help = READOUTS.as_str())]
    pub readouts: Vec<String>,
    /// frozen: BERT as it is, only the classifier learns; finetune: BERT learns too; or both, with a comma
    #[arg(long, value_enum, value_delimiter = ',', default_value = "frozen")]
    pub mode: Vec<Mode>,
    /// Layer that frozen lanes read: a number (0 = embeddings), last, or all
    #[arg(long, default_value = "last")]
    pub layer: String,
    /// The same race with another model too, and its lanes against the first's: a name on the hub or a folder
    #[arg(long, value_name = "NAME|PATH")]
    pub against: Option<String>,
    /// Use only so many training sentences
    #[arg(long, value_name = "N")]
    pub train: Option<usize>,
    /// Use only so many test sentences
    #[arg(long, value_name = "N")]
    pub test: Option<usize>,
    /// Fine-tuning: passes over the training sentences [default: 2, and more until there were 150 steps]
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Fine-tuning: at least so many steps of 32 sentences [default: 150, or with --epochs what it comes to]
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Fine-tuning: runs, each with another order and another first head
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seeds: usize,
    /// Fine-tuning: BERT's learning rate, or auto: each lane looks for the best on validation
    #[arg(long, value_name = "X|auto", default_value = "1e-4")]
    pub lr: String,
    /// Fine-tuning: only so many of the upper layers learn; the states below them are computed once
    #[arg(long, value_name = "N")]
    pub top_layers: Option<usize>,
    /// Fine-tuning: the first seed; the others are the next numbers
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Lanes closer than this count as equal, in points
    #[arg(long, value_name = "POINTS", default_value_t)]
    pub margin: crate::lab::Margin,
    /// Sentences: movies, products, or a .tsv, .csv or .jsonl file with the columns text and label (and split, if it
    /// has one)
    #[arg(long, default_value = "movies")]
    pub data: String,
    /// Write the run with its provenance to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the fitted classifiers of cls and mean (last layer) to this file, for lessons to use
    #[arg(long, value_name = "FILE")]
    pub heads: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = RaceFormat::Text)]
    pub format: RaceFormat,
}

/// `clsroom order`.
#[derive(Debug, Args)]
pub struct Order {
    /// Readouts, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "cls,mean,words")]
    pub readouts: Vec<String>,
    /// Layers: numbers separated by commas, last, or all
    #[arg(long, default_value = "all")]
    pub layer: String,
    /// What is printed
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub format: TextFormat,
}

/// `clsroom aggregate`.
#[derive(Debug, Args)]
pub struct Aggregate {
    /// A sentence whose nearest training sentences are listed
    pub text: Option<String>,
    /// Use only so many training sentences
    #[arg(long, value_name = "N")]
    pub train: Option<usize>,
    /// Use only so many test sentences
    #[arg(long, value_name = "N")]
    pub test: Option<usize>,
    /// Sentences: movies or products
    #[arg(long, default_value = "movies")]
    pub data: String,
    /// Write the run with its provenance to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub format: TextFormat,
}

/// `clsroom invert`.
#[derive(Debug, Args)]
pub struct Invert {
    /// A sentence to decode
    pub text: Option<String>,
    /// What is decoded: cls, mean, sep, or another readout of the race
    #[arg(long, value_delimiter = ',', default_value = "cls,mean,sep")]
    pub readouts: Vec<String>,
    /// Layer: a number (0 = embeddings), last, or all
    #[arg(long, default_value = "last")]
    pub layer: String,
    /// Use only so many training sentences
    #[arg(long, value_name = "N")]
    pub train: Option<usize>,
    /// Use only so many test sentences
    #[arg(long, value_name = "N")]
    pub test: Option<usize>,
    /// Sentences: movies or products
    #[arg(long, default_value = "movies")]
    pub data: String,
    /// Write the run with its provenance to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub format: TextFormat,
}

/// How the lanes learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// BERT stays as it is.
    Frozen,
    /// BERT learns too.
    Finetune,
}

impl From<Mode> for crate::lab::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Frozen => Self::Frozen,
            Mode::Finetune => Self::Finetune,
        }
    }
}

/// Output of `race`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RaceFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

/// `clsroom lessons`.
#[derive(Debug, Subcommand)]
pub enum Lessons {
    /// List the lessons (the default)
    List,
    /// Print every lane of the recorded races as one table (CSV)
    Results,
    /// List what a lesson may name: a summary of views, settings and values, or all of one of them
    Vocabulary {
        /// A view (mixing), a family of values (race), a recorded run (record.frozen), citations, or all
        name: Option<String>,
    },
    /// Check lesson files; says file, line and column of every mistake
    Check {
        /// Folders of lessons; the course in use when none is given
        paths: Vec<PathBuf>,
    },
}

/// `clsroom models`.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// List the embedded model and those in the cache (the default)
    List,
    /// Download a model by its name on the hub, or what has changed of it
    Pull {
        /// Its name, with @REVISION if wanted
        name: String,
    },
    /// Load a model, say what it is, and compare it with candle-transformers
    Check {
        /// Its name on the hub, or its folder
        model: String,
    },
}

impl Cli {
    /// Flags and environment over the settings file; a demonstration takes flags alone. Threads are set up as asked.
    ///
    /// # Errors
    /// When the settings file cannot be used.
    pub fn settings(&self) -> Result<Settings, String> {
        let common = &self.common;
        let path = config::settings_path().filter(|_| !common.demo);
        let file = path.map_or_else(|| Ok(Settings::default()), |path| Settings::read(&path))?;
        let given = Settings {
            model: common.model.clone(),
            lessons: common.lessons.clone(),
            learner: common.learner.clone(),
            threads: common.threads,
            max_length: common.max_length,
            // A demonstration is the same every time: nothing of earlier ones.
            cache_mb: common.demo.then_some(0),
            color: common.color,
            ascii: match (common.ascii, common.unicode) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
        };
        let environment = Settings::of_environment(&|name| std::env::var(name).ok().filter(|_| !common.demo))?;
        let settings = given.or(environment).or(file);
        let threads = settings.threads.unwrap_or_else(config::default_threads);
        // Fails only when it was set already, as in tests.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        Ok(Settings { threads: Some(threads), ..settings })
    }
}
