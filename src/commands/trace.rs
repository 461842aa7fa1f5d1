//! `clsroom trace`: one pass, for people or for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

mod also;

use super::{load_course, open_lab, print};
use crate::cli::{TextFormat, Trace};
use crate::config::Settings;
use crate::lab::{Control, Matrix, Outcome, Request, Sentence, TraceData};
use crate::wording::counted;

/// Runs one pass and prints it.
///
/// # Errors
/// When the model cannot be loaded or run.
pub fn trace(settings: &Settings, asked: &Trace) -> Result<(), String> {
    let heads = load_course(settings.lessons.as_deref())?.heads;
    let lab = open_lab(settings, heads.as_ref())?;
    let sentence = Sentence { text: asked.text.clone(), pair: asked.pair.clone() };
    let outcome = lab.run(&Request::Trace(sentence.clone()), &Control::QUIET).map_err(|error| error.to_string())?;
    let Some(Outcome::Trace(data)) = outcome else { return Err("the pass was stopped".to_owned()) };
    let (mut figures, mut groups) = (Vec::new(), Vec::new());
    for also in &asked.also {
        let (found, group) = also::measure(&lab, *also, asked, &data)?;
        figures.extend(found);
        groups.extend(group);
    }
    if let Some(other) = &asked.beside {
        figures.extend(also::compare(&lab, sentence, Sentence::single(other.clone()), asked.word.clone())?);
    }
    match asked.format {
        TextFormat::Text => {
            let unused = lab.bert().facts().unused_head.as_ref();
            let unused =
                unused.map_or(String::new(), |why| format!("\nthe model's own classifier is not used: {why}\n"));
            print(&(text(&data) + &unused + &also::text(&figures)))
        }
        TextFormat::Json => {
            let mut json = as_json(&data);
            if !figures.is_empty() {
                json["figures"] = also::as_json(&figures);
            }
            groups.into_iter().for_each(|(name, group)| json[name] = group);
            let mut text = serde_json::to_string(&json).map_err(|error| format!("cannot write JSON: {error}"))?;
            text.push('\n');
            print(&text)
        }
    }
}

fn rows(matrix: &Matrix) -> Value {
    (0..matrix.rows).map(|row| json!(matrix.row(row))).collect()
}

/// Names as in Hugging Face's library.
fn as_json(data: &TraceData) -> Value {
    let pieces = &data.pieces;
    json!({
        "model": *data.model,
        "text": data.sentence.text,
        "pair": data.sentence.pair,
        "truncated": data.cut.as_ref().map(|cut| json!({"kept": cut.kept, "total": cut.total, "at_char": cut.at_char})),
        "tokens": pieces.iter().map(|piece| &piece.text).collect::<Vec<_>>(),
        "input_ids": pieces.iter().map(|piece| piece.id).collect::<Vec<_>>(),
        "token_type_ids": pieces.iter().map(|piece| piece.segment).collect::<Vec<_>>(),
        "hidden_states": data.hidden_states.iter().map(rows).collect::<Vec<_>>(),
        "attentions": data.attentions.iter().map(|heads| heads.iter().map(rows).collect::<Vec<_>>()).collect::<Vec<_>>(),
        "pooler_output": data.pooler_output,
        "pooled": data.pooled,
        "own_answer": data.own.iter().map(|(label, value)| json!({"label": label, "value": value})).collect::<Vec<_>>(),
    })
}

/// For people: pieces, what each layer did to `[CLS]`, and the recorded heads' answers.
fn text(data: &TraceData) -> String {
    let mut out = String::new();
    let model = &data.model;
    let _ = writeln!(
        out,
        "{} ({}): {}, {}, {} numbers a vector",
        model.name,
        model.origin,
        counted(model.layers, "layer"),
        counted(model.heads, "head"),
        model.hidden
    );
    if let Some(cut) = &data.cut {
        let _ = writeln!(out, "read: the first {} of {} pieces, up to character {}", cut.kept, cut.total, cut.at_char);
    }
    let _ = writeln!(out, "\n  id      piece");
    for piece in &data.pieces {
        let _ = writeln!(out, "  {:<7} {}", piece.id, piece.shown);
    }
    for note in data.writing() {
        let _ = writeln!(out, "  ({note})");
    }
    let _ = writeln!(
        out,
        "\n[CLS] through the layers (measured here)\n  layer  length  mixing ratio  takes in most from (norm-based share)"
    );
    for (layer, states) in data.hidden_states.iter().enumerate() {
        let length = states.row(0).iter().map(|value| value * value).sum::<f32>().sqrt();
        let _ = write!(out, "  {layer:>5}  {length:>6.2}");
        if let Some(row) = layer.checked_sub(1) {
            let mut others: Vec<(usize, f32)> = data.mixing.norm.row(row).iter().copied().enumerate().skip(1).collect();
            others.sort_by(|a, b| b.1.total_cmp(&a.1));
            let named: Vec<String> = others
                .iter()
                .take(3)
                .map(|(token, share)| format!("{} {share:.3}", data.pieces[*token].shown))
                .collect();
            let _ = write!(out, "  {:>12.3}  {}", data.mixing.ratio[row], named.join(", "));
        }
        out.push('\n');
    }
    if !data.own.is_empty() {
        let kind = model.answers.note().map_or(String::new(), |note| format!("; {note}"));
        let _ = writeln!(out, "\nthe model's own classifier (measured here{kind})");
    }
    for (label, value) in &data.own {
        let _ = writeln!(out, "  {value:.3} {label}");
    }
    if !data.labels.is_empty() {
        // Nothing was fitted in this process.
        let _ = writeln!(out, "\nrecorded classifiers on the last layer");
    }
    for label in &data.labels {
        let (answer, share) = (label.class(), label.share());
        let _ = writeln!(
            out,
            "  {:<5} {answer} {share:.3} (right on {:.1} % of the test sentences, recorded)",
            label.readout,
            100.0 * label.accuracy
        );
    }
    out
}
