//! The command that gives a figure again.

use std::fmt::Write as _;

use crate::lesson::progress::Measured;

/// Name of the model inside the program: commands need not say it.
pub(super) const EMBEDDED: &str = "all-MiniLM-L6-v2";

/// The command for a stored value: that of its run, or a pass over its sentence.
pub(super) fn command(key: &str, measured: &Measured) -> Option<String> {
    if let Some(command) = &measured.command {
        return Some(command.clone());
    }
    let sentence = measured.sentence.as_deref()?;
    let family = key.split('.').next().unwrap_or(key);
    let also = match family {
        "arrange" | "gradient" | "knockout" => Some(family),
        "learning" => Some("learning"),
        "sentence" | "label" | "mixing" => None,
        _ => return None,
    };
    let known = || Some(measured.model.as_str()).filter(|model| !model.is_empty() && *model != EMBEDDED);
    Some(trace(sentence, also, measured.asked.as_deref().or_else(known)))
}

/// `clsroom trace` for a sentence.
#[must_use]
pub fn trace(sentence: &str, also: Option<&str>, model: Option<&str>) -> String {
    let mut command = "clsroom trace".to_owned();
    if let Some(model) = model {
        let _ = write!(command, " --model {}", quoted(model));
    }
    if let Some(also) = also {
        let _ = write!(command, " --also {also}");
    }
    // A sentence may begin with a hyphen.
    let _ = write!(command, " -- {}", quoted(sentence));
    command
}

/// A text as one word of a POSIX shell; with control characters in it, as bash, ksh and zsh write them.
#[must_use]
pub fn quoted(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut out = "$'".to_owned();
    for c in text.chars() {
        match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(out, "\\x{byte:02x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}
