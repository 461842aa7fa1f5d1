//! The command that gives a figure again.

use crate::lesson::progress::Measured;
use crate::shell::quoted;

/// Name of the model inside the program: commands need not say it.
pub(super) const EMBEDDED: &str = "all-MiniLM-L6-v2";

/// The command for a stored value: that of its run, or a pass over its sentence.
pub(super) fn command(key: &str, measured: &Measured) -> Option<String> {
    // Progress of earlier versions knows the model's name only.
    let known = || Some(measured.model.as_str()).filter(|model| !model.is_empty() && *model != EMBEDDED);
    let model = measured.asked.as_deref().or_else(known);
    measured.command.clone().or_else(|| of_sentence(key, measured.sentence.as_deref()?, model))
}

/// The command for a value of one sentence. `model` is what `--model` takes; `None` for the embedded one.
pub(super) fn of_sentence(key: &str, sentence: &str, model: Option<&str>) -> Option<String> {
    let family = key.split('.').next().unwrap_or(key);
    let also = match family {
        "arrange" | "gradient" | "knockout" | "learning" => Some(family),
        "sentence" | "label" | "mixing" => None,
        _ => return None,
    };
    Some(trace(sentence, also, model))
}

/// `clsroom trace` for a sentence.
#[must_use]
pub fn trace(sentence: &str, also: Option<&str>, model: Option<&str>) -> String {
    let also = also.map_or_else(String::new, |also| format!(" --also {also}"));
    pass(sentence, &also, model)
}

/// `clsroom trace` for a sentence beside another, and a word in both.
#[must_use]
pub fn beside(sentence: &str, other: &str, word: Option<&str>, model: Option<&str>) -> String {
    let word = word.map_or_else(String::new, |word| format!(" --word={}", quoted(word)));
    pass(sentence, &format!(" --beside={}{word}", quoted(other)), model)
}

fn pass(sentence: &str, options: &str, model: Option<&str>) -> String {
    let model = model.map_or_else(String::new, |model| format!(" --model {}", quoted(model)));
    // A sentence may begin with a hyphen.
    format!("clsroom trace{model}{options} -- {}", quoted(sentence))
}
