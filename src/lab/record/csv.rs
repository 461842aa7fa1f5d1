//! A race as one table, for spreadsheets: a row a lane, beside it its comparison with `cls`.

use std::fmt::Display;
use std::fmt::Write as _;

use crate::lab::{Lane, Pair, RaceReport};

const HEADER: &str = "readout,mode,layer,seeds,accuracy,low,high,n_test,n_train,c,rate,validation,\
                      against,difference,difference_low,difference_high,p_value,verdict,smallest_visible";

/// A race as comma-separated values (RFC 4180 but for plain newlines): a header, then a row a lane. The columns from
/// `against` on are filled where the lane was compared with another; what is absent is empty.
#[must_use]
pub fn csv(report: &RaceReport) -> String {
    let mut table = format!("{HEADER}\n");
    for lane in &report.lanes {
        let pair = report
            .pairs
            .iter()
            .find(|pair| pair.b == lane.readout && pair.layer == lane.layer && pair.mode == lane.mode);
        let fields = lane_fields(lane).into_iter().chain(pair_fields(pair));
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{}", fields.map(|field| quoted(&field)).collect::<Vec<_>>().join(","));
    }
    table
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
    let Some(pair) = pair else { return vec![String::new(); 7] };
    vec![
        pair.a.clone(),
        pair.difference.to_string(),
        pair.ci95[0].to_string(),
        pair.ci95[1].to_string(),
        pair.p_value.to_string(),
        pair.verdict.to_string(),
        pair.smallest_visible.to_string(),
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
