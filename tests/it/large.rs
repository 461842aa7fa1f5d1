//! Lessons 01, 04 and 08 walked in the real binary on other models than the embedded one, from two layers to bert-base's
//! size: every step becomes ready, and none says what is not true of that model.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::checkpoint::{Checkpoint, write};
use crate::driver::Driver;
use crate::pty::Terminal;

const HIDDEN: usize = 768;
const LAYERS: usize = 12;
const MIDDLE: usize = 3_072;
const VOCABULARY: usize = 30_522;

/// Names and shapes of bert-base's encoder.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        ("bert.embeddings.word_embeddings.weight".to_owned(), vec![VOCABULARY, HIDDEN]),
        ("bert.embeddings.position_embeddings.weight".to_owned(), vec![512, HIDDEN]),
        ("bert.embeddings.token_type_embeddings.weight".to_owned(), vec![2, HIDDEN]),
    ];
    let norm = |name: &str| ["gamma", "beta"].map(|part| (format!("bert.{name}.LayerNorm.{part}"), vec![HIDDEN]));
    let dense = |name: &str, input: usize, output: usize| {
        [(format!("bert.{name}.weight"), vec![output, input]), (format!("bert.{name}.bias"), vec![output])]
    };
    shapes.extend(norm("embeddings"));
    for layer in 0..LAYERS {
        let at = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
            shapes.extend(dense(&at(part), HIDDEN, HIDDEN));
        }
        shapes.extend(norm(&at("attention.output")));
        shapes.extend(dense(&at("intermediate.dense"), HIDDEN, MIDDLE));
        shapes.extend(dense(&at("output.dense"), MIDDLE, HIDDEN));
        shapes.extend(norm(&at("output")));
    }
    shapes.extend(dense("pooler.dense", HIDDEN, HIDDEN));
    shapes
}

/// Writes random weights of that size (some 440 MB) as a stream: they are never in memory together.
fn write_large(folder: &Path) {
    let shapes = shapes();
    let (mut header, mut at) = (serde_json::Map::new(), 0usize);
    for (name, shape) in &shapes {
        let end = at + 4 * shape.iter().product::<usize>();
        header.insert(name.clone(), json!({ "dtype": "F32", "shape": shape, "data_offsets": [at, end] }));
        at = end;
    }
    let header = serde_json::Value::from(header).to_string();
    let file = fs::File::create(folder.join("model.safetensors")).expect("a file");
    let mut file = BufWriter::with_capacity(1 << 20, file);
    file.write_all(&(header.len() as u64).to_le_bytes()).expect("written");
    file.write_all(header.as_bytes()).expect("written");
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for (name, shape) in &shapes {
        let gain = if name.ends_with("gamma") { 1.0 } else { 0.0 };
        for _ in 0..shape.iter().product() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // About as wide as bert-base's own start, 0.02.
            let number = gain + ((state >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 0.07;
            file.write_all(&number.to_le_bytes()).expect("written");
        }
    }
    file.flush().expect("written");
    let config = json!({
        "model_type": "bert", "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS,
        "num_attention_heads": 12, "intermediate_size": MIDDLE, "hidden_act": "gelu",
        "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
    });
    write(folder, "config.json", &config.to_string());
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/all-MiniLM-L6-v2/tokenizer.json");
    fs::copy(own, folder.join("tokenizer.json")).expect("copied");
}

#[test]
fn lessons_01_04_and_08_are_walked_on_a_model_of_bert_bases_size() {
    let home = tempfile::tempdir().expect("a folder");
    let model = home.path().join("large");
    fs::create_dir(&model).expect("a folder");
    write_large(&model);
    let began = Instant::now();
    walk(home.path(), &model, (120, 36));
    assert!(began.elapsed() < Duration::from_secs(90), "the walk took {:?}", began.elapsed());
}

#[test]
fn lessons_01_04_and_08_are_walked_on_two_cased_layers() {
    let home = tempfile::tempdir().expect("a folder");
    let model = home.path().join("small");
    Checkpoint { prefix: "bert.", older_names: true, cased: true, ..Checkpoint::default() }.write(&model);
    walk(home.path(), &model, (80, 24));
}

/// From the first step of each lesson to the course map.
fn walk(home: &Path, model: &Path, size: (u16, u16)) {
    let course = Driver::new(80, 24).state.course;
    for id in ["01", "04", "08"] {
        let steps = course.lessons.iter().find(|lesson| lesson.id == id).expect("a lesson").steps.len();
        let path = model.display().to_string();
        let mut terminal = Terminal::start(home, size, &["learn", id, "--model", &path, "--unlock"]);
        for step in 1..=steps {
            terminal.wait_for(&format!("[{id}.{step} ready]"));
            // On a narrow screen the bench is a page of its own.
            let mut shown = terminal.screen();
            if size.0 < 100 && course.lessons.iter().any(|l| l.id == id && l.steps[step - 1].bench.is_some()) {
                terminal.send("\t");
                terminal.wait_until("the bench", |screen| screen != shown && screen.contains("ready]"));
                shown += &terminal.screen();
            }
            for claim in ["(not recorded)", "no such layer", "6 layers", "all-MiniLM-L6-v2", "Correct"] {
                assert!(!shown.contains(claim), "{id}.{step} says {claim:?}: {shown}");
            }
            terminal.send("n");
        }
        terminal.wait_for("[thought ready]");
        terminal.send("\r");
        terminal.wait_for("[home ready]");
        terminal.send("q");
        assert_eq!(terminal.wait_for_end(), 0);
        terminal.assert_restored();
    }
}

#[test]
fn no_lesson_says_of_two_layers_what_is_true_of_six() {
    let home = tempfile::tempdir().expect("a folder");
    let model = home.path().join("small");
    Checkpoint::default().write(&model);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .env("HOME", home.path())
        .args(["--plain", "--model", &model.display().to_string()])
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
    // Lesson 11 is about four models by their names, and code loads one from the hub.
    let (before, after) = text.split_once("Lesson 11:").expect("lesson 11");
    let text = before.to_owned() + after.split_once("Lesson 12:").expect("lesson 12").1;
    let text = text.replace("name = \"sentence-transformers/all-MiniLM-L6-v2\"", "");
    for claim in ["(not recorded)", "(no such layer", "Recorded on", "all-MiniLM-L6-v2", "[recorded]"] {
        let found = text.find(claim).map(|at| text[..at + claim.len()].chars().rev().take(200).collect::<String>());
        assert_eq!(found.map(|backwards| backwards.chars().rev().collect::<String>()), None);
    }
}
