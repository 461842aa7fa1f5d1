//! How sentence-transformers reads a sentence's vector from a model, as its pooling module says.

use std::path::Path;

use super::json;

/// The pooling module's configuration where sentence-transformers saves it; read beside `config.json` if it is there.
pub const POOLING: &str = "1_Pooling/config.json";

/// Modes by their flags, and by the name that newer versions have in their place.
const MODES: [(&str, &str, &str); 6] = [
    ("pooling_mode_cls_token", "cls", "the vector of [CLS]"),
    ("pooling_mode_mean_tokens", "mean", "the mean of all tokens"),
    ("pooling_mode_max_tokens", "max", "the largest number of all tokens in each dimension"),
    (
        "pooling_mode_mean_sqrt_len_tokens",
        "mean_sqrt_len_tokens",
        "the sum of all tokens over the root of their number",
    ),
    ("pooling_mode_weightedmean_tokens", "weightedmean", "a mean of all tokens that weighs later ones more"),
    ("pooling_mode_lasttoken", "lasttoken", "the vector of the last token"),
];

/// From what the sentence's vector is read, in words; `None` where the file is missing or says nothing that is known.
pub fn pooling(folder: &Path) -> Option<String> {
    // In the older layout the encoder has a folder beside the pooling module's.
    let beside = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("0_"));
    let around = folder.parent().filter(|_| beside);
    let json = json(&folder.join(POOLING)).or_else(|| json(&around?.join(POOLING)))?;
    let named: Vec<&str> = match json.get("pooling_mode") {
        Some(serde_json::Value::String(mode)) => mode.split('+').map(str::trim).collect(),
        Some(serde_json::Value::Array(modes)) => modes.iter().filter_map(serde_json::Value::as_str).collect(),
        _ => Vec::new(),
    };
    let set = |flag: &str| json.get(flag).and_then(serde_json::Value::as_bool).unwrap_or(false);
    let modes = MODES.iter().filter(|(flag, name, _)| set(flag) || named.contains(name));
    let words: Vec<&str> = modes.map(|(.., words)| *words).collect();
    (!words.is_empty()).then(|| words.join(" and "))
}
