//! Names of readouts: reading them, and what to say when one is not known.

use super::Readout;

/// A readout whose name stands alone.
pub(super) struct Plain {
    /// The name of `--readouts` and of records.
    pub name: &'static str,
    /// Which it is.
    pub readout: Readout,
    /// What the screen calls it.
    pub label: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
}

pub(super) const fn row(name: &'static str, readout: Readout, label: &'static str, about: &'static str) -> Plain {
    Plain { name, readout, label, about }
}

/// All of them. Which rows of a sentence each averages stands in `features::rows`.
pub(super) static PLAIN: [Plain; 13] = [
    row("cls", Readout::Cls, "[CLS]", "The vector at the first position, [CLS]."),
    row(
        "mean",
        Readout::Mean,
        "GlobalPooling",
        "The mean of the vectors of all real tokens, [CLS] and [SEP] among them.",
    ),
    row(
        "mean-content",
        Readout::MeanContent,
        "mean of content",
        "The mean of the vectors of the text's own tokens, without [CLS] and [SEP].",
    ),
    row("max", Readout::Max, "max pooling", "For each dimension, its largest value over all real tokens."),
    row("sep", Readout::Sep, "last [SEP]", "The vector at the last [SEP]."),
    row(
        "random",
        Readout::Random,
        "a random token",
        "The vector of one of the text's tokens, drawn once and for all by the text's hash.",
    ),
    row("pooler", Readout::Pooler, "pooler", "The vector of [CLS] through the pooler, a dense layer and tanh."),
    row(
        "cls+mean",
        Readout::ClsMean,
        "[CLS] + GlobalPooling",
        "The vector of [CLS] and the mean of all real tokens, one after the other.",
    ),
    row(
        "attention-weighted",
        Readout::AttentionWeighted,
        "weighed by attention",
        "The mean of all real tokens, each weighed by the attention that [CLS] pays it in the last layer, mean of the heads.",
    ),
    row(
        "cls-at-end",
        Readout::ClsAtEnd,
        "[CLS] at the end",
        "The vector of [CLS] when it stands last: text, [SEP], [CLS], positions counted in that order.",
    ),
    row(
        "cls-random-labels",
        Readout::RandomLabels,
        "[CLS], random labels",
        "A control: the vector of [CLS], and training labels exchanged at random; it can be right by chance only.",
    ),
    row(
        "majority",
        Readout::Majority,
        "always the commoner answer",
        "No classifier: always the answer that is commoner in training.",
    ),
    row(
        "words",
        Readout::Words,
        "words, no BERT",
        "No BERT: the words themselves, weighed by TF-IDF, and logistic regression.",
    ),
];
/// What people type for some of them; only for suggestions.
const ALSO: [(&str, &str); 10] = [
    ("control", "cls-random-labels"),
    ("globalpooling", "mean"),
    ("pooling", "mean"),
    ("average", "mean"),
    ("maximum", "max"),
    ("bow", "words"),
    ("tfidf", "words"),
    ("baseline", "majority"),
    ("token", "token:1"),
    ("stand-in", "stand-in:banana"),
];
/// No sequence is longer than this many pieces.
const LAST_TOKEN: usize = 512;
/// Longest stand-in, in characters.
const LONGEST_WORD: usize = 40;

/// Why a readout's name is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadoutError {
    /// No such name.
    #[error("there is no readout {name:?}.{} There are: {}", did_you_mean(*nearest), known())]
    Unknown {
        /// What was given (its beginning).
        name: String,
        /// The nearest name, when one is near.
        nearest: Option<&'static str>,
    },
    /// `token:` without a number that can be a token's.
    #[error("{name:?}: token: needs a number from 1 to 512, as in token:1")]
    Token {
        /// What was given.
        name: String,
    },
    /// `stand-in:` without one word.
    #[error("{name:?}: stand-in: needs one word of at most 40 letters, as in stand-in:banana")]
    StandIn {
        /// What was given.
        name: String,
    },
}

/// A readout by its name; case and space around it do not matter.
pub(super) fn parse(text: &str) -> Result<Readout, ReadoutError> {
    let trimmed = text.trim();
    let lower = trimmed.to_lowercase();
    let shown = || trimmed.chars().take(LONGEST_WORD).collect::<String>();
    if let Some(row) = PLAIN.iter().find(|row| row.name == lower) {
        return Ok(row.readout.clone());
    }
    if let Some(number) = lower.strip_prefix("token:") {
        let plain = number.bytes().all(|byte| byte.is_ascii_digit());
        return match number.parse() {
            Ok(k @ 1..=LAST_TOKEN) if plain => Ok(Readout::Token(k)),
            _ => Err(ReadoutError::Token { name: shown() }),
        };
    }
    if let Some((_, word)) = trimmed.split_once(':').filter(|_| lower.starts_with("stand-in:")) {
        return if is_word(word) {
            Ok(Readout::StandIn(word.to_owned()))
        } else {
            Err(ReadoutError::StandIn { name: shown() })
        };
    }
    Err(ReadoutError::Unknown { nearest: nearest(&shown().to_lowercase()), name: shown() })
}

/// One word, which a list with commas and a screen can carry.
fn is_word(word: &str) -> bool {
    let one = |c: char| !c.is_whitespace() && !c.is_control() && c != ',';
    (1..=LONGEST_WORD).contains(&word.chars().count()) && word.chars().all(one)
}

fn nearest(lower: &str) -> Option<&'static str> {
    let names = PLAIN.iter().map(|row| (row.name, row.name)).chain(ALSO);
    let near = names.map(|(typed, name)| (strsim::normalized_damerau_levenshtein(lower, typed), name));
    let (likeness, name) = near.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= 0.5).then_some(name)
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" Did you mean {name}?"))
}

/// All names, as a list.
#[must_use]
pub fn known() -> String {
    let names: Vec<&str> = PLAIN.iter().map(|row| row.name).collect();
    format!("{}, token:K, stand-in:WORD", names.join(", "))
}
