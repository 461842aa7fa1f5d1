//! The command that gives a figure again.

use crate::lesson::progress::Measured;
use crate::lesson::vocabulary::family;
use crate::shell::Line;

/// Name of the model inside the program: commands need not say it.
pub(super) const EMBEDDED: &str = "all-MiniLM-L6-v2";

/// The command for a stored value: that of its run, or a pass over its sentence.
pub(super) fn command(key: &str, measured: &Measured) -> Option<String> {
    // Progress of earlier versions knows the model's name only.
    let known = || Some(measured.model.as_str()).filter(|model| !model.is_empty() && *model != EMBEDDED);
    let model = measured.asked.as_deref().or_else(known);
    let with = (model, measured.max_length);
    measured.command.clone().or_else(|| of_sentence(key, measured.sentence.as_deref()?, with))
}

/// What `--model` takes (`None` for the embedded one) and what `--max-length` was, if it was given.
pub type With<'a> = (Option<&'a str>, Option<usize>);

/// The command for a value of one sentence.
pub(super) fn of_sentence(key: &str, sentence: &str, with: With<'_>) -> Option<String> {
    let family = family(key);
    let also = match family {
        "arrange" | "gradient" | "knockout" | "learning" | "largest" | "received" => Some(family),
        "cut" => Some("ranges"),
        "sentence" | "label" | "mixing" => None,
        _ => return None,
    };
    Some(trace(sentence, also, with))
}

/// `clsroom trace` for a sentence.
#[must_use]
pub fn trace(sentence: &str, also: Option<&str>, (model, max_length): With<'_>) -> String {
    let mut line = Line::of_model("trace", model, max_length);
    line.optional("--also", also);
    line.finish(Some(sentence))
}

/// `clsroom trace` for a sentence beside another, and a word in both.
#[must_use]
pub fn beside(sentence: &str, other: &str, word: Option<&str>, (model, max_length): With<'_>) -> String {
    let mut line = Line::of_model("trace", model, max_length);
    line.option("--beside", other);
    line.optional("--word", word);
    line.finish(Some(sentence))
}
