//! Reads the reference values computed with `PyTorch` (see tests/reference/README.md).

use std::sync::OnceLock;

use clsroom::model::Bert;
use serde_json::Value;

/// The embedded model, loaded once for all tests.
pub fn bert() -> &'static Bert {
    static BERT: OnceLock<Bert> = OnceLock::new();
    BERT.get_or_init(|| Bert::embedded(None).expect("the embedded model loads"))
}

/// One reference file.
pub fn read(name: &str) -> Value {
    let path = format!("{}/tests/reference/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("the file is there")).expect("it is JSON")
}

/// A JSON array of numbers, however nested, flattened.
pub fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Number(number) => vec![number.as_f64().expect("a number") as f32],
        other => panic!("expected numbers, found {other}"),
    }
}

/// The largest absolute difference; panics when the lengths differ.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "as many numbers");
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// A JSON array of whole numbers.
pub fn ids(value: &Value) -> Vec<u32> {
    numbers(value).iter().map(|number| *number as u32).collect()
}
