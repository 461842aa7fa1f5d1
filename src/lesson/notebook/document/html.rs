//! The document as one HTML file without scripts and without anything from outside: it opens from a disk, in light and dark, on
//! a telephone and on paper.

use maud::{Markup, PreEscaped, html};

use super::{Document, Part, Run, line};
use crate::lesson::notebook::MARGIN;
use crate::lesson::notebook::picture::{Picture, Row, Unit};

/// How pages look that are taken home.
const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1d1d21;--paper:#fff;--soft:#6b6b73;--line:#c9c9d1;--band:#ececf2;--cls:#b8590a;--mean:#1d6fa8}
@media (prefers-color-scheme:dark){:root{--ink:#e6e6ea;--paper:#17171a;--soft:#9a9aa4;--line:#4a4a54;--band:#2a2a31;--cls:#f09a4a;--mean:#6fb9ee}}
@page{size:A4;margin:15mm}
@media print{:root{--ink:#000;--paper:#fff;--soft:#444;--line:#999;--band:#e6e6ea;--cls:#b8590a;--mean:#1d6fa8}body{max-width:none}h2,h3{break-after:avoid}figure,li{break-inside:avoid}}
body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif;color:var(--ink);background:var(--paper)}
code{overflow-wrap:anywhere;font-size:.85em}.again{list-style:none;margin-bottom:.5rem;color:var(--soft)}
figure{margin:1rem 0;max-width:34rem}figcaption{font-size:.85em;color:var(--soft)}
svg{display:block;width:100%;height:auto}svg text{font:13px sans-serif;fill:var(--ink)}svg .soft{fill:var(--soft);font-size:11px}
svg .rule{stroke:var(--line)}svg .band{fill:var(--band)}svg .other{stroke:var(--ink);fill:var(--ink)}
svg .cls{stroke:var(--cls);fill:var(--cls)}svg .mean{stroke:var(--mean);fill:var(--mean)}svg .recorded{fill:var(--paper)}
";

pub(super) fn page(document: &Document) -> String {
    let parts = html! {
        @for group in groups(&document.parts) {
            @if in_list(&group[0]) { ul { @for part in group { (item(part)) } } } @else { (block(&group[0])) }
        }
    };
    sheet(&line(&document.title), "", &parts)
}

/// A page that is taken home, with what its own parts need of style.
#[must_use]
pub fn sheet(title: &str, style: &str, parts: &Markup) -> String {
    let page = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body { h1 { (title) } (parts) }
        }
    };
    page.into_string() + "\n"
}

/// Parts that belong to one list, and each other part alone.
fn groups(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.chunk_by(|one, next| in_list(one) && in_list(next))
}

fn in_list(part: &Part) -> bool {
    matches!(part, Part::Item(_) | Part::Code(_))
}

fn item(part: &Part) -> Markup {
    match part {
        Part::Code(text) => html! { li.again { code { (line(text)) } } },
        Part::Item(text) => html! { li { (runs(text)) } },
        other => block(other),
    }
}

fn block(part: &Part) -> Markup {
    match part {
        Part::Heading(2, text) => html! { h2 { (line(text)) } },
        Part::Heading(_, text) => html! { h3 { (line(text)) } },
        Part::Text(text) | Part::Item(text) => html! { p { (runs(text)) } },
        Part::Code(text) => html! { p { code { (line(text)) } } },
        Part::Picture(picture) => drawn(picture),
    }
}

fn runs(runs: &[Run]) -> Markup {
    html! {
        @for run in runs {
            @match run {
                Run::Plain(text) => { (line(text)) }
                Run::Strong(text) => { strong { (line(text)) } }
            }
        }
    }
}

/// Units of the picture's own coordinates: how wide it is, how high a line and the scale below are, the margin at both sides.
const WIDTH: f64 = 520.0;
const LINE: f64 = 44.0;
const FOOT: f64 = 26.0;
const MARGIN_X: f64 = 8.0;

fn drawn(picture: &Picture) -> Markup {
    let [low, high] = picture.scale;
    let x = |value: f64| MARGIN_X + (value - low) / (high - low) * (WIDTH - 2.0 * MARGIN_X);
    let bottom = LINE * picture.rows.len() as f64;
    let caption = match picture.unit {
        Unit::Percent => "Shares in percent.",
        Unit::Points => "Differences in points; grey: less than the margin of two points.",
        Unit::Cosine => "Cosines: 1 is the same direction.",
    };
    let ticks = [low, f64::midpoint(low, high), high];
    html! {
        figure {
            svg viewBox=(format!("0 0 {WIDTH} {}", bottom + FOOT)) role="img" aria-label=(caption) {
                @if picture.unit == Unit::Points {
                    rect.band x=(at(x(-MARGIN))) y="0" width=(at(x(MARGIN) - x(-MARGIN))) height=(at(bottom)) {}
                    line.rule x1=(at(x(0.0))) x2=(at(x(0.0))) y1="0" y2=(at(bottom)) {}
                }
                @for (index, row) in picture.rows.iter().enumerate() { (one(row, LINE * index as f64, &x)) }
                line.rule x1=(at(MARGIN_X)) x2=(at(WIDTH - MARGIN_X)) y1=(at(bottom)) y2=(at(bottom)) {}
                @for (tick, anchor) in ticks.iter().zip(["start", "middle", "end"]) {
                    text.soft x=(at(x(*tick))) y=(at(bottom + 16.0)) text-anchor=(anchor) { (written(picture.unit, *tick)) }
                }
            }
            figcaption { (caption) " Filled: measured here; hollow: recorded. Lines: 95 % intervals." }
        }
    }
}

fn one(row: &Row, y: f64, x: &dyn Fn(f64) -> f64) -> Markup {
    let middle = at(y + 28.0);
    let point = if row.measured { row.readout.to_owned() } else { format!("{} recorded", row.readout) };
    html! {
        text x=(at(MARGIN_X)) y=(at(y + 14.0)) { (line(&row.label)) }
        text x=(at(WIDTH - MARGIN_X)) y=(at(y + 14.0)) text-anchor="end" { (line(&row.text)) }
        @if let Some([low, high]) = row.interval {
            line class=(row.readout) x1=(at(x(low))) x2=(at(x(high))) y1=(middle) y2=(middle) stroke-width="3" {}
        }
        circle class=(point) cx=(at(x(row.value))) cy=(middle) r="5" stroke-width="2" {}
    }
}

/// A coordinate with as many decimals as can be seen.
#[must_use]
pub fn at(place: f64) -> String {
    format!("{place:.1}")
}

/// A number of the scale.
fn written(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Percent => format!("{:.0} %", value * 100.0),
        Unit::Points => format!("{:+.1}", value * 100.0),
        Unit::Cosine => format!("{value:.2}"),
    }
}
