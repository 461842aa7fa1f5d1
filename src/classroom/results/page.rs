//! The results as one HTML page with pictures, without scripts and without anything from outside.

use maud::{Markup, html};

use super::{Outcome, Results, Run, Vote};
use crate::class::experiment::signed;
use crate::lesson::notebook::{at, sheet};
use crate::lesson::parse::visible;
use crate::wording::counted;

/// Units of the pictures' own coordinates: how wide they are, how high a line is, the margin at both sides.
const WIDTH: f64 = 520.0;
const LINE: f64 = 22.0;
const SIDE: f64 = 12.0;

/// What the tables need besides.
const TABLE: &str = "
table{border-collapse:collapse;font-size:.85em}th,td{text-align:left;padding:.15rem .6rem .15rem 0;border-bottom:1px solid var(--line);vertical-align:top}
.first{opacity:.45}.wide{overflow-x:auto}
";

pub(super) fn page(results: &Results) -> String {
    let title = format!("What came out of {}", visible(&results.class));
    let parts = html! {
        h2 { "Votes" }
        @if results.votes.is_empty() { p { "There was no vote." } }
        @for vote in &results.votes { (voted(vote)) }
        h2 { "The class's experiment" }
        @match &results.experiment {
            Some(experiment) => (ran(experiment)),
            None => p { "No run has ended." },
        }
        h2 { "Answers" }
        (answers(results))
        @if !results.named { p { "Learners stand as numbers, in the order in which they came." } }
    };
    sheet(&title, TABLE, &parts)
}

/// Bars: the last vote in full colour, the one before it pale above.
fn voted(vote: &Vote) -> Markup {
    let most = vote.tallies.iter().flatten().copied().max().unwrap_or(0).max(1) as f64;
    let long = |count: usize| count as f64 / most * (WIDTH - 2.0 * SIDE - 40.0);
    let rounds = vote.tallies.len();
    let height = LINE * (1 + rounds) as f64;
    let caption =
        if rounds > 1 { "Pale: the first vote; full: the second, after talking it over." } else { "One vote." };
    html! {
        h3 { (vote.step) " " (visible(&vote.question)) }
        figure {
            svg viewBox=(format!("0 0 {WIDTH} {}", height * vote.options.len() as f64)) role="img" aria-label="Answers by option" {
                @for (index, option) in vote.options.iter().enumerate() {
                    @let top = height * index as f64;
                    text x=(SIDE) y=(at(top + 15.0)) { (index + 1) " " (visible(option)) }
                    @for (round, tally) in vote.tallies.iter().enumerate() {
                        @let y = top + LINE * (1 + round) as f64;
                        @let count = tally.get(index).copied().unwrap_or(0);
                        rect class=(if round + 1 < rounds { "cls first" } else { "cls" }) x=(SIDE) y=(at(y)) width=(at(long(count).max(1.0))) height="14" {}
                        text x=(at(SIDE + long(count) + 6.0)) y=(at(y + 12.0)) { (count) }
                    }
                }
            }
            figcaption { (caption) }
        }
    }
}

/// A dot a run, above their mean with its interval and the interval of one run alone.
fn ran(experiment: &Outcome) -> Markup {
    let named = experiment.runs.iter().any(|run| run.seed.is_some());
    let difference = |run: &Run| Some(run.mean? - run.cls?);
    let dots: Vec<f64> = experiment.runs.iter().filter_map(difference).collect();
    let [low, high] = experiment.ci95;
    let ends = dots.iter().chain(&experiment.ci95).chain(&experiment.ci95_of_one_run).copied();
    let (least, most) = ends.fold((0.0_f64, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
    let span = (most - least).max(0.01);
    let x = |value: f64| SIDE + (value - least) / span * (WIDTH - 2.0 * SIDE);
    let [one_low, one_high] = experiment.ci95_of_one_run;
    let words = format!(
        "GlobalPooling minus [CLS], fine-tuned: {} points, 95 % interval {} to {}, over {}.",
        signed(experiment.difference),
        signed(low),
        signed(high),
        counted(dots.len(), "run")
    );
    let row = |y: f64, label: &str, [low, high]: [f64; 2], value: Option<f64>| {
        html! {
            text x=(SIDE) y=(at(y)) { (label) }
            line.mean x1=(at(x(low))) x2=(at(x(high))) y1=(at(y + 12.0)) y2=(at(y + 12.0)) stroke-width="3" {}
            @if let Some(value) = value { circle.mean cx=(at(x(value))) cy=(at(y + 12.0)) r="5" {} }
        }
    };
    html! {
        p { (words) }
        figure {
            svg viewBox=(format!("0 0 {WIDTH} 150")) role="img" aria-label=(words) {
                line.rule x1=(at(x(0.0))) x2=(at(x(0.0))) y1="0" y2="126" {}
                text x=(SIDE) y="14" { "each run" }
                @for dot in &dots { circle.mean cx=(at(x(*dot))) cy="26" r="4" fill-opacity="0.6" {} }
                (row(56.0, "all runs: seeds and sentences", experiment.ci95, Some(experiment.difference)))
                (row(98.0, "one run alone: sentences", [one_low, one_high], dots.first().copied()))
                text.soft x=(at(x(0.0))) y="142" text-anchor="middle" { "0" }
                text.soft x=(at(x(most))) y="142" text-anchor="end" { (signed(most)) }
            }
            figcaption { "Points of test sentences. Right of 0: GlobalPooling is better. Each run has a learner's own seed." }
        }
        div.wide {
            table {
                tr { th { "Learner" } @if named { th { "Seed" } } th { "[CLS]" } th { "GlobalPooling" } }
                @for run in &experiment.runs {
                    tr { td { (run.learner) } @if let Some(seed) = run.seed { td { (seed) } } td { (share(run.cls)) } td { (share(run.mean)) } }
                }
            }
        }
    }
}

fn answers(results: &Results) -> Markup {
    let mut sorted: Vec<_> = results.answers.iter().collect();
    sorted.sort_by(|a, b| (&a.lesson, &a.question, &a.learner).cmp(&(&b.lesson, &b.question, &b.learner)));
    html! {
        @if sorted.is_empty() { p { "Nobody has answered a question yet." } }
        @for same in sorted.chunk_by(|one, next| one.question == next.question) {
            h3 { (same[0].lesson) " " (visible(&same[0].ask)) }
            div.wide {
                table {
                    tr { th { "Learner" } th { "Answer" } th { "Right" } }
                    @for answer in same {
                        tr {
                            td { (answer.learner) }
                            td { (visible(&answer.option)) }
                            td { (match answer.correct { Some(true) => "yes", Some(false) => "no", None => "not decided" }) }
                        }
                    }
                }
            }
        }
    }
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "no result".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}
