//! Lessons: what a teacher writes, as typed data.
//!
//! A lesson is one Markdown file with `+++` TOML at its head. Steps are split at `---`. Fenced blocks named `bench`,
//! `predict`, `check`, `notes` and `code` say what stands beside the text, `embedded` and `others` which text is for which
//! model; `{{…}}` stands for a value that is measured, recorded or cited. [`parse`] reads a file, [`check`] tells an author's mistakes with file, line and column, [`library`] loads
//! a course (embedded or from a directory), [`progress`] keeps what one learner did. Nothing here knows BERT or the
//! screen: which benches and values exist is handed in as a [`Vocabulary`].

use std::collections::BTreeMap;

pub mod check;
mod format;
pub mod glossary;
mod layer;
pub mod library;
pub mod notebook;
pub mod parse;
mod path;
pub mod progress;
pub mod vocabulary;

pub use crate::bench::View;
pub use glossary::Term;
pub use layer::Layer;
pub use path::Path;
pub use vocabulary::{EVERYWHERE, Vocabulary};

/// A whole course, in the order of its lessons' ids.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Course {
    /// The lessons, sorted by [`Lesson::id`].
    pub lessons: Vec<Lesson>,
    /// Citations by key, from `citations.toml` beside the lessons.
    pub citations: std::collections::BTreeMap<String, Citation>,
    /// What terms mean, from `glossary.toml`, by name.
    pub glossary: Vec<Term>,
    /// Shorter ways through it, from `paths.toml`.
    pub paths: Vec<Path>,
    /// `None` for the embedded course, otherwise the directory it was read from.
    pub directory: Option<std::path::PathBuf>,
}

/// One lesson: one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Two digits from the file's name, `04` of `04-how-cls-mixes.md`.
    pub id: String,
    /// The file's name, for messages.
    pub file: String,
    /// Title on the course map.
    pub title: String,
    /// How long it takes, in minutes.
    pub minutes: u16,
    /// The question the lesson answers, in a learner's words.
    pub question: String,
    /// Ids of lessons that should come first (advice, never a lock).
    pub needs: Vec<String>,
    /// The sentence that benches use until the learner types one.
    pub sentence: String,
    /// The steps, at least one.
    pub steps: Vec<Step>,
}

/// One step: a short text and what stands beside it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// The step's own heading (a `#` or `##` heading at its start).
    pub title: Option<String>,
    /// Headings that take its place with one kind of model (at the start of a block `embedded` or `others`).
    pub titles: Vec<(Only, String)>,
    /// The text.
    pub blocks: Vec<Block>,
    /// Blocks that are shown with one kind of model only, by their index; the others with every model.
    pub only: BTreeMap<usize, Only>,
    /// The view beside the text.
    pub bench: Option<Bench>,
    /// A question asked before the bench shows its result.
    pub predict: Option<Question>,
    /// A recall question; asked again at the next start.
    pub check: Option<Question>,
    /// What a teacher says here; shown with `--notes` only.
    pub notes: Vec<Block>,
    /// The lines that a user of a library writes for the same; shown when asked for.
    pub code: Option<String>,
    /// Line in the file where the step begins (1-based).
    pub line: usize,
}

/// With which models a block is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// With the model inside the program, for which the course is written.
    Embedded,
    /// With any other.
    Others,
}

impl Source {
    /// "measured here", "recorded", "cited".
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Live => "measured here",
            Self::Record => "recorded",
            Self::Cite => "cited",
        }
    }
}

impl Block {
    /// Its runs of text: one, or one an item; none in code.
    pub(crate) fn runs(&self) -> &[Vec<Inline>] {
        match self {
            Self::Paragraph(inlines) | Self::Quote(inlines) => std::slice::from_ref(inlines),
            Self::List { items, .. } => items,
            Self::Code(_) => &[],
        }
    }

    /// The same, to be changed.
    pub(crate) fn runs_mut(&mut self) -> &mut [Vec<Inline>] {
        match self {
            Self::Paragraph(inlines) | Self::Quote(inlines) => std::slice::from_mut(inlines),
            Self::List { items, .. } => items,
            Self::Code(_) => &mut [],
        }
    }
}

impl Inline {
    /// Its text without marks.
    ///
    /// # Errors
    /// The value that stands in its place.
    pub(crate) fn text(&self) -> Result<&str, &ValueRef> {
        match self {
            Self::Text(text)
            | Self::Strong(text)
            | Self::Emphasis(text)
            | Self::Code(text)
            | Self::Term { text, .. } => Ok(text),
            Self::Value(value) => Err(value),
        }
    }
}

impl Lesson {
    /// Whether one of its benches offers a run of many sentences.
    #[must_use]
    pub fn offers_run(&self) -> bool {
        self.steps.iter().filter_map(|step| step.bench.as_ref()).any(|bench| bench.view.offers_run())
    }
}

impl Step {
    /// The heading that is shown with the embedded model, or with another.
    pub fn title(&self, embedded: bool) -> Option<&str> {
        let wanted = if embedded { Only::Embedded } else { Only::Others };
        let own = self.titles.iter().find(|(only, _)| *only == wanted).map(|(_, title)| title);
        own.or(self.title.as_ref()).map(String::as_str)
    }

    /// The blocks that are shown with the embedded model, or with another.
    #[must_use]
    pub fn shown(&self, embedded: bool) -> Vec<&Block> {
        let wanted = if embedded { Only::Embedded } else { Only::Others };
        let fits = |index: &usize| self.only.get(index).is_none_or(|only| *only == wanted);
        self.blocks.iter().enumerate().filter(|(index, _)| fits(index)).map(|(_, block)| block).collect()
    }
}

/// A block of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A list; `ordered` lists are numbered from 1.
    List {
        /// Numbered or bulleted.
        ordered: bool,
        /// One line of text an item.
        items: Vec<Vec<Inline>>,
    },
    /// A quotation.
    Quote(Vec<Inline>),
    /// A formula or code, kept line by line.
    Code(String),
}

/// A run of text inside a block.
#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// `**strong**`.
    Strong(String),
    /// `*emphasis*`.
    Emphasis(String),
    /// `` `code` ``, used for tokens such as `[CLS]` and for names.
    Code(String),
    /// A term of the glossary: linked by the text, or marked when the course is loaded.
    Term {
        /// As the text writes it.
        text: String,
        /// Its name in the glossary.
        name: String,
    },
    /// `{{value}}`.
    Value(ValueRef),
}

/// Which view stands beside a step, and its settings.
#[derive(Debug, Clone, PartialEq, Default, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bench {
    /// Which view.
    pub view: View,
    /// A sentence of this bench's own; otherwise the learner's or the lesson's.
    pub sentence: Option<String>,
    /// The second sentence of a comparison.
    pub other: Option<String>,
    /// The word that a comparison follows through both sentences.
    pub word: Option<String>,
    /// Which variant of the view is shown first (see [`View::measures`]).
    pub measure: Option<String>,
    /// Layer shown first.
    pub layer: Option<Layer>,
    /// Head shown first, counted from 1.
    pub head: Option<usize>,
    /// Operation of the forward pass shown first, by its name (`softmax`, `residual`, …).
    pub operation: Option<String>,
    /// Lanes of a race or a probe curve.
    pub readouts: Vec<String>,
    /// How many training sentences a race or probe uses (all, when absent).
    pub train: Option<usize>,
    /// How many test sentences it uses (all, when absent).
    pub test: Option<usize>,
    /// How the lanes of a race learn: `frozen`, `finetune` (frozen, when empty).
    pub modes: Vec<String>,
    /// Passes over the training sentences when BERT learns too.
    pub epochs: Option<usize>,
    /// Only so many of the upper layers learn.
    pub top_layers: Option<usize>,
    /// The other model runs the same race, too.
    pub both_models: bool,
    /// Line of the block in its file.
    #[serde(skip)]
    pub line: usize,
}

impl Bench {
    /// A view with nothing set.
    #[must_use]
    pub fn new(view: View) -> Self {
        Self { view, ..Self::default() }
    }
}

/// A question with numbered options.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Unique in the course.
    pub id: String,
    /// The question.
    pub ask: String,
    /// Two to six options.
    pub options: Vec<String>,
    /// Which option is right, or how a measurement decides it.
    pub answer: Answer,
    /// Said after the answer, whether right or wrong: the explanation.
    pub why: Vec<Inline>,
    /// The question in other words, for other models than the embedded one.
    pub ask_others: Option<String>,
    /// The explanation with such a model.
    pub why_others: Option<Vec<Inline>>,
}

impl Question {
    /// The question as it is put with the embedded model, or with another.
    #[must_use]
    pub fn ask(&self, embedded: bool) -> &str {
        self.ask_others.as_ref().filter(|_| !embedded).unwrap_or(&self.ask)
    }

    /// The explanation with the embedded model, or with another.
    #[must_use]
    pub fn why(&self, embedded: bool) -> &[Inline] {
        self.why_others.as_ref().filter(|_| !embedded).unwrap_or(&self.why)
    }
}

/// How the right option is found.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The option with this index (0-based; a lesson writes it 1-based).
    Option(usize),
    /// A measured number: the index is how many `bands` (ascending) are at or below it.
    Bands {
        /// The measurement.
        value: ValueRef,
        /// Ascending thresholds, one fewer than the options.
        bands: Vec<f64>,
    },
    /// A measured word: the first option with an entry that equals it; a last entry `*` matches anything.
    Match {
        /// The measurement.
        value: ValueRef,
        /// The words of each option.
        matches: Vec<Vec<String>>,
    },
}

/// A reference to a value: where from, which, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueRef {
    /// Measured here, recorded or cited.
    pub source: Source,
    /// Key within the source, segments joined by dots: `cls.6.accuracy`.
    pub key: String,
    /// How the number is written.
    pub format: Format,
}

/// Where a value comes from; every value on the screen says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Computed by this program in this session: "measured here".
    #[default]
    Live,
    /// From a recorded run with provenance: "recorded".
    #[serde(rename = "recorded")]
    Record,
    /// From a paper: "cited".
    #[serde(rename = "cited")]
    Cite,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Integers whole, other numbers with three decimals, texts as they are.
    Auto,
    /// A fixed number of decimals: `{{… | 2}}`.
    Decimals(u8),
    /// Times 100 with one decimal and a percent sign: `{{… | percent}}`.
    Percent,
    /// Times 100 with one decimal and "points", with its sign: `{{… | points}}`.
    Points,
}

/// A fact from a paper.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// What is shown as the source: `Devlin et al. 2019, footnote 6`.
    pub source: String,
    /// The figure, written as the paper writes it; without it the citation only names its source.
    #[serde(default)]
    pub value: Option<String>,
    /// Title and place of publication, for the glossary and the notebook.
    #[serde(default)]
    pub title: String,
}
