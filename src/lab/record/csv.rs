//! A race as one table, for spreadsheets: a row a lane, beside it its comparison with `cls`.

use std::fmt::Display;

use crate::lab::{Lane, Pair, RaceReport};
use crate::wording::RULE;

const HEADER: &str = "readout,mode,layer,seeds,accuracy,low,high,n_test,n_train,c,rate,validation,\
                      against,difference,difference_low,difference_high,p_value,verdict,smallest_visible,by_seed,from_seeds,from_sentences,rule";

/// The further columns of a race with two models: whose lane it is, and its comparison with the first model's lane of the
/// same readout and mode.
const BETWEEN: &str = "between_difference,between_low,between_high,between_p_value,between_verdict,\
                       between_smallest_visible,between_by_seed,between_from_seeds,between_from_sentences,between_rule";

/// A race as comma-separated values (RFC 4180 but for plain newlines): a header, then a row a lane. The columns from
/// `against` on are filled where the lane was compared with another, the last with the rule behind its verdict; what is absent is empty. With two models a column
/// `model` stands first, and the comparison between the models last.
#[must_use]
pub fn csv(report: &RaceReport) -> String {
    let Some(against) = &report.against else {
        return table(HEADER.to_owned(), report.lanes.iter().map(|lane| fields(report, lane)));
    };
    let rows = [(report, &[][..]), (&against.report, &against.pairs[..])].into_iter().flat_map(|(report, between)| {
        report.lanes.iter().map(move |lane| {
            let between = pair_fields(of(between, lane)).into_iter().skip(1);
            [report.provenance.model.clone()].into_iter().chain(fields(report, lane)).chain(between).collect()
        })
    });
    table(format!("model,{HEADER},{BETWEEN}"), rows)
}

fn table(header: String, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows = rows.map(|row| row.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(","));
    std::iter::once(header).chain(rows).map(|line| line + "\n").collect()
}

fn fields(report: &RaceReport, lane: &Lane) -> Vec<String> {
    lane_fields(lane).into_iter().chain(pair_fields(of(&report.pairs, lane))).collect()
}

/// The comparison of this lane with another.
fn of<'a>(pairs: &'a [Pair], lane: &Lane) -> Option<&'a Pair> {
    pairs.iter().find(|pair| pair.b == lane.readout && pair.layer == lane.layer && pair.mode == lane.mode)
}

fn lane_fields(lane: &Lane) -> Vec<String> {
    let seeds: Vec<String> = lane.seeds.iter().map(u64::to_string).collect();
    vec![
        lane.readout.clone(),
        lane.mode.clone(),
        maybe(lane.layer),
        seeds.join(" "),
        lane.accuracy.to_string(),
        lane.ci95[0].to_string(),
        lane.ci95[1].to_string(),
        lane.n_test.to_string(),
        lane.n_train.to_string(),
        maybe(lane.c),
        maybe(lane.rate),
        maybe(lane.validation),
    ]
}

fn pair_fields(pair: Option<&Pair>) -> Vec<String> {
    let Some(pair) = pair else { return vec![String::new(); 11] };
    let worth = &pair.worth;
    vec![
        pair.a.clone(),
        worth.difference.to_string(),
        worth.ci95[0].to_string(),
        worth.ci95[1].to_string(),
        worth.p_value.to_string(),
        worth.verdict.name().to_owned(),
        worth.smallest_visible.to_string(),
        worth.by_seed.iter().map(f64::to_string).collect::<Vec<_>>().join(" "),
        maybe(worth.from_seeds),
        worth.from_sentences.to_string(),
        RULE.to_owned(),
    ]
}

fn maybe(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A field in quotes where it needs them.
fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
