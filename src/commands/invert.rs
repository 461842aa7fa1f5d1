//! `clsroom invert`: decoders from vectors back to word pieces, and a sentence that they decode, without a screen.

use std::fmt::Write as _;
use std::sync::Arc;

use super::out::Out;
use super::race::{embedded_only, layers, once, readouts};
use super::running::{date, headline, json, made_by, to_the_end};
use super::{open_lab, print};
use crate::cli::{Invert, TextFormat};
use crate::config::Settings;
use crate::lab::{Control, DecodeData, InversionReport, InvertRequest, Outcome, Request, Sentence, record, verdict};

/// Fits decoders, scores them, and decodes the sentence if there is one.
///
/// # Errors
/// When a readout, layer or data set does not exist, or the run or a file fails.
pub fn invert(settings: &Settings, asked: &Invert) -> Result<(), String> {
    embedded_only("invert", &asked.data)?;
    let out = asked.out.as_deref().map(Out::for_record).transpose()?;
    let lab = open_lab(settings, None)?;
    let request = invert_request(asked, lab.facts().layers)?;
    let (Outcome::Invert(report), seconds) = to_the_end(&lab, &Request::Invert(request.clone()))? else {
        return Err("no decoder was fitted".to_owned());
    };
    let mut report = Arc::unwrap_or_clone(report);
    date(&mut report.provenance, seconds);
    if let Some(out) = &out {
        out.write(&report.provenance, None, &record::write_inversion(&report).map_err(|error| error.to_string())?)?;
    }
    let decoded = asked.text.as_ref().map(|text| {
        let request = Request::Decode(Sentence::single(text.clone()), request);
        match lab.run(&request, &Control::QUIET).map_err(|error| error.to_string())? {
            Some(Outcome::Decode(data)) => Ok(data),
            _ => Err("the sentence was not decoded".to_owned()),
        }
    });
    let decoded = decoded.transpose()?;
    match asked.format {
        TextFormat::Text => print(&text(&report, decoded.as_deref())),
        TextFormat::Json => print(&json(&report, "decoded", &decoded.as_deref())?),
    }
}

/// The run that a command line asks for, of a model with so many layers.
///
/// # Errors
/// When a readout or a layer is none; one sentence.
pub fn invert_request(asked: &Invert, last: usize) -> Result<InvertRequest, String> {
    Ok(InvertRequest {
        data: asked.data.clone(),
        readouts: readouts(&asked.readouts)?,
        layers: once(layers(&asked.layer, last)?),
        train: asked.train,
        test: asked.test,
    })
}

fn text(report: &InversionReport, decoded: Option<&DecodeData>) -> String {
    let mut out = String::new();
    let provenance = &report.provenance;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", headline(provenance));
    let _ = writeln!(
        out,
        "share of content pieces found; {} pieces are known, the {} commonest are not scored\n",
        report.known, report.common
    );
    let _ = writeln!(
        out,
        "  {:<20} {:>5}  {:>6}  {:<13}  {:>8}",
        "decoded from", "layer", "found", "95 % interval", "strength"
    );
    for lane in &report.lanes {
        let [low, high] = lane.ci95;
        let interval = format!("{low:.3}-{high:.3}");
        let name = verdict::name(&lane.readout);
        let _ = writeln!(
            out,
            "  {name:<20} {:>5}  {:>6.3}  {interval:<13}  {:>8}",
            lane.layer, lane.precision, lane.lambda
        );
    }
    let _ = writeln!(out, "  {:<20} {:>5}  {:>6.3}", "by guessing", "-", report.baseline);
    let _ =
        writeln!(out, "\nthe decoders know {:.1} % of the content pieces of test sentences", 100.0 * report.coverage);
    if let Some(data) = decoded {
        sentence(&mut out, data);
    }
    let _ = writeln!(out, "\n{}", made_by(provenance));
    out
}

/// Hits, misses and false alarms by decoder. Pieces of the learner's text are cleaned by the tokenizer already.
fn sentence(out: &mut String, data: &DecodeData) {
    fn list<'a>(words: impl Iterator<Item = &'a String>) -> String {
        let words: Vec<&str> = words.map(String::as_str).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(" ") }
    }
    let _ = writeln!(out, "\nlooked for:  {}", list(data.content.iter()));
    let _ = writeln!(out, "not known:   {}", list(data.unknown.iter()));
    let _ = writeln!(out, "too common:  {}", list(data.common.iter()));
    for decoded in &data.decoded {
        let content = &data.content;
        let _ = writeln!(out, "\nfrom {}, layer {}", verdict::name(&decoded.readout), decoded.layer);
        let _ = writeln!(out, "  hit          {}", list(decoded.hits(content).map(|(piece, _)| piece)));
        let _ = writeln!(out, "  miss         {}", list(decoded.misses(content)));
        let _ = writeln!(out, "  false alarm  {}", list(decoded.alarms(content).map(|(piece, _)| piece)));
    }
}
