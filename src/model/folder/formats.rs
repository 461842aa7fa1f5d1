//! Weights of a kind that is not read: what they are, and where readable ones come from.

use std::path::Path;

use super::{names, option, short};
use crate::wording::{counted, listed, visible};

/// A kind of file: how its name ends, what it is, what to do.
struct Kind {
    endings: &'static [&'static str],
    what: &'static str,
    advice: Advice,
}

/// Where readable weights come from.
#[derive(Clone, Copy)]
enum Advice {
    /// transformers 4 loads them with this argument.
    Loads(&'static str),
    /// They were made from a checkpoint that is read.
    MadeFrom,
    /// The same model is there in another form.
    Other(&'static str),
}

const GOOGLES: &str = "Use the same model from the hub, such as --model google-bert/bert-base-uncased, or convert it with \
                       transformers";
const UNPACK: &str = "Unpack it, and give --model the folder";

const KINDS: [Kind; 12] = [
    Kind { endings: &[".ckpt.index", ".ckpt.meta"], what: "a TensorFlow 1 checkpoint", advice: Advice::Other(GOOGLES) },
    Kind { endings: &[".h5", ".hdf5", ".keras"], what: "TensorFlow weights", advice: Advice::Loads("from_tf=True") },
    Kind { endings: &["saved_model.pb"], what: "a TensorFlow graph", advice: Advice::MadeFrom },
    Kind { endings: &[".msgpack"], what: "Flax weights", advice: Advice::Loads("from_flax=True") },
    Kind { endings: &[".onnx", ".ort"], what: "an ONNX graph", advice: Advice::MadeFrom },
    Kind {
        endings: &[".gguf", ".ggml", "ggml-model-f16.bin", "ggml-model-f32.bin", "ggml-model-q4_0.bin"],
        what: "weights for llama.cpp (GGUF)",
        advice: Advice::MadeFrom,
    },
    Kind {
        endings: &["openvino_model.xml", "openvino_model.bin"],
        what: "an OpenVINO graph",
        advice: Advice::MadeFrom,
    },
    Kind { endings: &[".mlmodel", ".mlpackage/"], what: "a Core ML model", advice: Advice::MadeFrom },
    Kind { endings: &[".tflite"], what: "a TensorFlow Lite graph", advice: Advice::MadeFrom },
    Kind { endings: &[".ot"], what: "weights for rust-bert", advice: Advice::MadeFrom },
    Kind { endings: &[".npz", ".npy"], what: "NumPy arrays", advice: Advice::MadeFrom },
    Kind {
        endings: &[".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst", ".7z"],
        what: "an archive",
        advice: Advice::Other(UNPACK),
    },
];

/// What a Trainer saves beside the weights under the same endings.
const NO_WEIGHTS: [&str; 5] = ["optimizer.", "scheduler.", "training_args.", "rng_state", "scaler."];

fn kind(name: &str) -> Option<&'static Kind> {
    let name = name.to_lowercase();
    KINDS.iter().find(|kind| kind.endings.iter().any(|ending| name.ends_with(ending)))
}

fn advice(kind: &Kind, folder: &Path) -> String {
    match kind.advice {
        Advice::Loads(argument) => format!(
            "Save them again in Python with transformers 4: AutoModel.from_pretrained({:?}, \
             {argument}).save_pretrained(\"saved\"), and give --model saved",
            visible(&folder.display().to_string())
        ),
        Advice::MadeFrom => {
            "Give --model the checkpoint that it was made from, which has model.safetensors or pytorch_model.bin".into()
        }
        Advice::Other(what) => what.to_owned(),
    }
}

fn is_one(kind: &Kind) -> bool {
    kind.what.starts_with("a ") || kind.what.starts_with("an ")
}

/// What a file is that was named as the weights, if its name tells that it is none that is read.
pub(super) fn of_file(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name()?.to_str()?;
    if shard(name).is_some_and(|(_, of)| of > 1) {
        return Some(split(folder));
    }
    let kind = kind(name)?;
    let these = if is_one(kind) { "this is" } else { "these are" };
    Some(format!("{these} {}, which clsroom does not read. {}", kind.what, advice(kind, folder)))
}

/// Which of how many files: `model-00001-of-00002.safetensors`.
pub(super) fn shard(name: &str) -> Option<(u32, u32)> {
    let name = name.strip_suffix(".safetensors").or_else(|| name.strip_suffix(".bin"))?;
    let (start, of) = name.rsplit_once("-of-")?;
    Some((start.rsplit_once('-')?.1.parse().ok()?, of.parse().ok()?))
}

fn split(folder: &Path) -> String {
    let shards: Vec<(u32, u32)> = names(folder).iter().filter_map(|name| shard(name)).collect();
    let count = shards.iter().map(|(_, of)| *of).max().map_or_else(
        || "several files".to_owned(),
        |count| counted(usize::try_from(count).unwrap_or(usize::MAX), "file"),
    );
    format!(
        "its weights are split into {count}, and clsroom reads one. Save them as one in Python with transformers: \
         AutoModel.from_pretrained({:?}).save_pretrained(\"joined\", max_shard_size=\"100GB\"), and give --model joined",
        visible(&folder.display().to_string())
    )
}

/// What a folder holds in place of weights that are read.
pub(super) fn in_words(folder: &Path) -> Option<String> {
    let mut found = names(folder);
    for inner in ["onnx/", "openvino/"] {
        if found.iter().any(|name| name == inner) {
            let inside = names(&folder.join(inner));
            found.extend(inside.into_iter().map(|name| format!("{inner}{name}")));
        }
    }
    let index = |name: &String| name.ends_with(".index.json");
    if found.iter().any(|name| index(name) || shard(name).is_some_and(|(_, of)| of > 1)) {
        return Some(split(folder));
    }
    let other = |name: &&String| {
        let weights = [".safetensors", ".bin", ".pt", ".pth", ".ckpt"].iter().any(|ending| name.ends_with(ending));
        weights && !NO_WEIGHTS.iter().any(|start| name.starts_with(start)) && kind(name).is_none()
    };
    let others: Vec<&String> = found.iter().filter(other).collect();
    if let Some(first) = others.first() {
        return Some(format!(
            "it has no model.safetensors or pytorch_model.bin, but {}. If that file is the weights, name it: {}",
            visible(&listed(others.iter().map(|name| short(name)), 3)),
            option(&folder.join(first))
        ));
    }
    let foreign: Vec<(&String, &Kind)> = found.iter().filter_map(|name| Some((name, kind(name)?))).collect();
    let (_, first) = foreign.first()?;
    let named = listed(foreign.iter().map(|(name, _)| short(name)), 3);
    Some(format!(
        "it has no model.safetensors or pytorch_model.bin; there {} {} ({}), which clsroom does not read. {}",
        if is_one(first) { "is" } else { "are" },
        first.what,
        visible(&named),
        advice(first, folder)
    ))
}
