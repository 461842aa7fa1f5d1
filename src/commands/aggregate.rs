//! `clsroom aggregate`: three measures of how well one vector stands for its sentence, without a screen.

use std::fmt::Write as _;
use std::sync::Arc;

use super::out::Out;
use super::race::embedded_only;
use super::running::{date, headline, json, made_by, to_the_end};
use super::{open_lab, print};
use crate::cli::{Aggregate, TextFormat};
use crate::config::Settings;
use crate::lab::{
    AggregateReport, AggregateRequest, Control, NearestData, Outcome, Request, Sentence, record, verdict,
};

/// Takes the measures and lists the sentences nearest to the one given, if there is one.
///
/// # Errors
/// When the data set does not exist, or the run or a file fails.
pub fn aggregate(settings: &Settings, asked: &Aggregate) -> Result<(), String> {
    embedded_only("aggregate", &asked.data)?;
    let out = asked.out.as_deref().map(Out::for_record).transpose()?;
    let lab = open_lab(settings, None)?;
    let request = AggregateRequest { data: asked.data.clone(), train: asked.train, test: asked.test };
    let (Outcome::Aggregate(report), seconds) = to_the_end(&lab, &Request::Aggregate(request.clone()))? else {
        return Err("the measures were not taken".to_owned());
    };
    let mut report = Arc::unwrap_or_clone(report);
    date(&mut report.provenance, seconds);
    if let Some(out) = &out {
        out.write(&report.provenance, None, &record::write_aggregate(&report).map_err(|error| error.to_string())?)?;
    }
    let nearest = asked.text.as_ref().map(|text| {
        let request = Request::Nearest(Sentence::single(text.clone()), request);
        match lab.run(&request, &Control::QUIET).map_err(|error| error.to_string())? {
            Some(Outcome::Nearest(data)) => Ok(data),
            _ => Err("the sentence was not compared".to_owned()),
        }
    });
    let nearest = nearest.transpose()?;
    match asked.format {
        TextFormat::Text => print(&text(&report, nearest.as_deref())),
        TextFormat::Json => print(&json(&report, "nearest", &nearest.as_deref())?),
    }
}

fn text(report: &AggregateReport, nearest: Option<&NearestData>) -> String {
    let mut out = String::new();
    let provenance = &report.provenance;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}\n", headline(provenance));
    let _ = writeln!(
        out,
        "  {:<15} {:>5}  {:>5}  {:>11}  {:>7}  95 % interval",
        "readout", "layer", "probe", "random pair", "nearest"
    );
    for lane in &report.lanes {
        let [low, high] = lane.nearest_ci95;
        let name = verdict::name(&lane.readout);
        let _ = writeln!(
            out,
            "  {name:<15} {:>5}  {:>5.3}  {:>11.3}  {:>7.3}  {low:.3}-{high:.3}",
            lane.layer, lane.probe.accuracy, lane.random_cosine, lane.nearest
        );
    }
    let _ = writeln!(out, "\nprobe: accuracy of a logistic regression on test sentences");
    let _ = writeln!(out, "random pair: mean cosine of {} pairs of random test sentences", report.pairs);
    let _ = writeln!(
        out,
        "nearest: test sentences whose nearest training sentence has the same label; guessing {:.3}",
        report.chance
    );
    for list in nearest.iter().flat_map(|data| &data.lists) {
        let _ = writeln!(out, "\nnearest by {}, layer {}", verdict::name(&list.readout), list.layer);
        for neighbour in &list.nearest {
            let _ = writeln!(out, "  {:.3}  {:<9} {}", neighbour.cosine, neighbour.label, neighbour.text);
        }
    }
    let _ = writeln!(out, "\n{}", made_by(provenance));
    out
}
