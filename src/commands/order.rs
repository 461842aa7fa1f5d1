//! `clsroom order`: what a linear reader of frozen vectors knows of the order of words, without a screen.

use std::fmt::Write as _;
use std::sync::Arc;

use super::race::{layers, once, readouts};
use super::running::{headline, to_the_end};
use super::{open_lab, print};
use crate::cli::{Order, TextFormat};
use crate::config::Settings;
use crate::lab::dataset::order::NAMES;
use crate::lab::{Lane, Outcome, RaceReport, RaceRequest, Request, verdict};

/// Runs the three tasks, each a race of frozen probes.
///
/// # Errors
/// When a readout or layer does not exist, or a run fails.
pub fn order(settings: &Settings, asked: &Order) -> Result<(), String> {
    let lab = open_lab(settings, None)?;
    let lanes = readouts(&asked.readouts)?;
    let layers = once(layers(&asked.layer, lab.facts().layers)?);
    let mut reports = Vec::with_capacity(NAMES.len());
    for task in NAMES {
        let request = RaceRequest { layers: layers.clone(), ..RaceRequest::frozen(task, lanes.clone()) };
        let (Outcome::Race(report), _) = to_the_end(&lab, &Request::Race(request))? else {
            return Err(format!("{task} was not run"));
        };
        reports.push(report);
    }
    match asked.format {
        TextFormat::Text => print(&text(&reports)),
        TextFormat::Json => {
            let tasks: serde_json::Map<String, serde_json::Value> = NAMES
                .iter()
                .zip(&reports)
                .map(|(task, report)| Ok(((*task).to_owned(), serde_json::to_value(report.as_ref())?)))
                .collect::<Result<_, serde_json::Error>>()
                .map_err(|error| format!("cannot write JSON: {error}"))?;
            print(&format!("{}\n", serde_json::Value::Object(tasks)))
        }
    }
}

fn text(reports: &[Arc<RaceReport>]) -> String {
    let mut out = String::new();
    for report in reports {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}: {}?\n", headline(&report.provenance), report.classes.join(" or "));
        let _ = writeln!(out, "  {:<26} {:>5}  {:>8}  95 % interval", "readout", "layer", "accuracy");
        for Lane { readout, layer, accuracy, ci95: [low, high], .. } in &report.lanes {
            let layer = layer.map_or("-".to_owned(), |layer| layer.to_string());
            let name = verdict::name(readout);
            let _ = writeln!(out, "  {name:<26} {layer:>5}  {accuracy:>8.3}  {low:.3}-{high:.3}");
        }
        out.push('\n');
    }
    out.push_str("Both answers of a task have the same words: a counter of words is right half of the time.\n");
    out
}
