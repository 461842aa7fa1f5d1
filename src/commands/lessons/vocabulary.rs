//! `clsroom lessons vocabulary`: what a lesson may name. A summary, or all of one view, family, recorded run or list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::commands::course::vocabulary;
use crate::commands::{LoadedCourse, load_course};
use crate::lesson::parse::did_you_mean;
use crate::lesson::vocabulary::{LIVE, family};
use crate::lesson::{Layer, View};

/// Settings with what they do, in the order of the guide.
const SETTINGS: [(&str, &str); 13] = [
    ("sentence", "a sentence of its own, which the learner does not change"),
    ("measure", "the variant that is shown first; v steps through the others"),
    ("layer", "the layer that is shown first: 0 the embeddings, a number, or a word"),
    ("head", "the head that is shown first, counted from 1"),
    ("operation", "the operation that is shown first"),
    ("other", "the second sentence"),
    ("word", "a word that both sentences have"),
    ("readouts", "the lanes, a list"),
    ("modes", "a list of frozen and finetune"),
    ("train", "use only so many training sentences"),
    ("test", "use only so many test sentences"),
    ("epochs", "passes over the training sentences when BERT learns too"),
    ("top-layers", "how many upper layers learn then"),
];

/// What is asked for besides views, families and runs.
const LISTS: [&str; 6] = ["all", "views", "readouts", "operations", "records", "citations"];

/// The summary, or everything about a name.
pub(super) fn said(directory: Option<&Path>, name: Option<&str>) -> Result<String, String> {
    let loaded = load_course(directory)?;
    let Some(name) = name else { return Ok(summary(&loaded)) };
    if let Some((_, view)) = View::ALL.iter().find(|(known, _)| *known == name) {
        // Some views are called as the values that they measure.
        return Ok(of_view(*view));
    }
    if let Some(run) = name.strip_prefix("record.").filter(|run| runs(&loaded).contains_key(run)) {
        return Ok(records(&loaded, Some(run)));
    }
    match name {
        "all" => Ok(everything(&loaded)),
        "views" => Ok(views()),
        "readouts" | "operations" => Ok(words(&loaded, name)),
        "records" => Ok(records(&loaded, None)),
        "citations" | "cite" => Ok(citations(&loaded)),
        known if families().contains_key(known) => Ok(values(Some(known))),
        _ => {
            let views = View::ALL.iter().map(|(name, _)| *name);
            let runs = runs(&loaded).into_keys().map(|run| format!("record.{run}")).collect::<Vec<_>>();
            let known = views.chain(families().into_keys()).chain(LISTS).chain(runs.iter().map(String::as_str));
            let help =
                did_you_mean(name, known).unwrap_or_else(|| "clsroom lessons vocabulary lists the names".to_owned());
            Err(format!("lessons have nothing called `{name}`: {help}"))
        }
    }
}

fn summary(loaded: &LoadedCourse) -> String {
    let mut text = views();
    text.push_str("\nvalues that are measured here, by family: {{FAMILY.…}}\n");
    for (family, patterns) in families() {
        let views = View::ALL.iter().filter(|(_, view)| view.quotes(family)).map(|(name, _)| *name);
        let views: Vec<&str> = views.collect();
        let place = if views.is_empty() { "in every step".to_owned() } else { format!("beside {}", views.join(", ")) };
        let _ = writeln!(text, "  {family:<14} {:>3}  {place}", patterns.len());
    }
    text.push_str("\nrecorded values, by run: {{record.RUN.…}}\n");
    for (run, count) in runs(loaded) {
        let _ = writeln!(text, "  {run:<14} {count:>3}");
    }
    let _ = write!(text, "\ncitations: {{{{cite.…}}}}\n  {}\n", loaded.course.citations.len());
    text.push_str(
        "\nclsroom lessons vocabulary NAME lists one of them in full: a view (mixing), a family of values (model), a run\n\
         (record.frozen), readouts, operations, citations, or all.\n",
    );
    text
}

fn everything(loaded: &LoadedCourse) -> String {
    let mut text = views();
    text.push_str("\nsettings of a bench\n");
    for (name, meaning) in SETTINGS {
        let _ = writeln!(text, "  {name:<14} {meaning}");
    }
    for part in [words(loaded, "readouts"), words(loaded, "operations"), values(None)] {
        let _ = write!(text, "\n{part}");
    }
    let _ = write!(text, "\n{}\n{}", records(loaded, None), citations(loaded));
    text
}

fn views() -> String {
    let mut text = "views: view = \"NAME\"\n".to_owned();
    for (name, view) in View::ALL {
        let _ = writeln!(text, "  {name:<14} {}", view.about());
    }
    text
}

/// One view: what it shows, its settings, measures and values.
fn of_view(view: View) -> String {
    let mut text = format!("view = \"{}\": {}\n\nsettings\n", view.name(), view.about());
    for setting in view.settings() {
        let meaning = SETTINGS.iter().find(|(name, _)| name == setting).map_or("", |(_, meaning)| meaning);
        let needed = if view.row().needs.contains(setting) { " (needed)" } else { "" };
        let _ = writeln!(text, "  {setting:<14} {meaning}{needed}");
    }
    if view.settings().is_empty() {
        text.push_str("  none\n");
    }
    if view.settings().contains(&"layer") {
        let _ = writeln!(text, "\nwords for a layer\n  {}", Layer::WORDS.map(|(word, _)| word).join(", "));
    }
    if !view.measures().is_empty() {
        let _ = writeln!(text, "\nmeasures\n  {}", view.measures().join(", "));
    }
    for family in view.values() {
        let _ = write!(text, "\n{}", values(Some(family)));
    }
    if families().contains_key(view.name()) && !view.quotes(view.name()) {
        let _ = write!(text, "\n{}", values(Some(view.name())));
    }
    text
}

fn words(loaded: &LoadedCourse, what: &str) -> String {
    let known = vocabulary(loaded.records.keys().cloned().collect());
    match what {
        "readouts" => format!("readouts\n  {}\n", known.readouts.join(", ")),
        _ => format!("operations of the stepper\n  {}\n", known.operations.join(", ")),
    }
}

fn values(wanted: Option<&str>) -> String {
    let mut text = "values that are measured here: {{NAME}}\n".to_owned();
    for (pattern, meaning) in LIVE.iter().filter(|(pattern, _)| wanted.is_none_or(|wanted| family(pattern) == wanted)) {
        let _ = writeln!(text, "  {pattern:<48} {meaning}");
    }
    text
}

fn records(loaded: &LoadedCourse, run: Option<&str>) -> String {
    let mut text = "recorded values: {{record.NAME}}\n".to_owned();
    for name in loaded.records.keys().filter(|name| run.is_none_or(|run| family(name) == run)) {
        let _ = writeln!(text, "  {name}");
    }
    text
}

fn citations(loaded: &LoadedCourse) -> String {
    let mut text = "citations: {{cite.NAME}}\n".to_owned();
    for (name, citation) in &loaded.course.citations {
        let _ = writeln!(text, "  {name:<24} {}", citation.source);
    }
    text
}

/// Families of live values with their patterns.
fn families() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut families: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (pattern, _) in LIVE {
        families.entry(family(pattern)).or_default().push(pattern);
    }
    families
}

/// Recorded runs with how many values they have.
fn runs(loaded: &LoadedCourse) -> BTreeMap<&str, usize> {
    let mut runs = BTreeMap::new();
    for name in loaded.records.keys() {
        *runs.entry(family(name)).or_default() += 1;
    }
    runs
}
