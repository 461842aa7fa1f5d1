//! `clsroom notebook`: what a learner predicted, measured and may conclude, as Markdown or HTML.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::out::Out;
use super::{load_course, print};
use crate::cli::{Notebook, NotebookFormat};
use crate::config::{self, Settings};
use crate::files;
use crate::lab::record::Datum;
use crate::lesson::Course;
use crate::lesson::notebook::{self, Document, Evidence};
use crate::lesson::progress::{Figure, Keep as _, Progress, Store, sanitise_learner};
use crate::model::weights::hex;
use crate::wording::place;

/// A larger file is no notebook, in bytes.
const LARGEST: u64 = 16 << 20;

/// Names that are tried for a notebook where others have left files of its name.
const NAMES: usize = 99;

/// What the last line of a notebook begins with.
const STAMP: &str = "<!-- clsroom notebook";

/// Writes the notebook of the settings' learner.
///
/// # Errors
/// When the course or the place to write to cannot be used.
pub fn notebook(settings: &Settings, asked: &Notebook) -> Result<(), String> {
    let loaded = load_course(settings.lessons.as_deref())?;
    let mut store = config::progress_path(settings.learner.as_deref()).map(Store::new);
    let (progress, notice) = store.as_mut().map_or_else(|| (Progress::default(), None), Store::load);
    if let Some(notice) = notice {
        eprintln!("clsroom: {notice}");
    }
    // The records are of the model inside the program: beside another one they would mislead.
    let records = if settings.model.is_none() { loaded.records } else { BTreeMap::new() };
    let document = document(&progress, &loaded.course, &records, settings.learner.as_deref());
    let learner = settings.learner.as_deref();
    let text = text(&document, asked.format, learner);
    match &asked.out {
        Some(path) => {
            // What somebody added to a notebook, and the notebook of another learner, are kept.
            let out = Out::of(path, "notebook", &|there| maker(there).is_some())?;
            out.put(&text, "another notebook, or one that was changed", &|there| is_own(there, learner))?;
            print(&format!("The notebook is in {}.\n", place(path)))
        }
        None => print(&text),
    }
}

/// A notebook as it is written to a file or sent: see [`stamped`].
#[must_use]
pub(crate) fn text(document: &Document, format: NotebookFormat, learner: Option<&str>) -> String {
    let text = match format {
        NotebookFormat::Md => document.markdown(),
        NotebookFormat::Html => document.html(),
    };
    stamped(text, learner)
}

/// A notebook with a last line, which neither Markdown nor HTML shows: whose it is, and the checksum of the rest.
fn stamped(text: String, learner: Option<&str>) -> String {
    let whose = learner.map_or(String::new(), |name| format!(" of {}", sanitise_learner(name)));
    let sum = hex(&Sha256::digest(&text));
    text + &format!("{STAMP}{whose} {sum} -->\n")
}

/// What stands in front of the stamp of a notebook, and the stamp.
fn maker(text: &str) -> Option<(&str, &str)> {
    let at = text.rfind(STAMP).filter(|at| *at == 0 || text[..*at].ends_with('\n'))?;
    let (before, stamp) = text.split_at(at);
    stamp.trim_end().ends_with("-->").then_some((before, stamp))
}

/// Whether a file is this learner's notebook, as clsroom wrote it and nobody changed it.
fn is_own(text: &str, learner: Option<&str>) -> bool {
    maker(text).is_some_and(|(before, _)| stamped(before.to_owned(), learner) == text)
}

/// The notebook as it is now; `records` are those that stand in for what was not measured.
#[must_use]
pub fn document(
    progress: &Progress,
    course: &Course,
    records: &BTreeMap<String, Datum>,
    learner: Option<&str>,
) -> Document {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs());
    let record = |key: &str| records.get(key).map(figure);
    notebook::write(&Evidence { progress, course, record: &record }, learner, now)
}

/// A recorded value as the notebook takes it.
fn figure(datum: &Datum) -> Figure {
    match datum {
        Datum::Number(number) => Figure::Number(*number),
        Datum::Text(text) => Figure::Text(text.clone()),
    }
}

/// Writes both formats into a folder, one notebook a learner: an earlier one of this learner is replaced unless somebody
/// changed it, and no other file is. Gives the place of the Markdown.
///
/// # Errors
/// When one of them cannot be written there; one sentence, which says what is written.
pub fn export(document: &Document, learner: Option<&str>, folder: &Path) -> Result<PathBuf, String> {
    let cannot = |path: &Path, why: &str| format!("the notebook cannot be written to {}: {why}", place(path));
    let whose = learner.map_or(String::new(), |name| format!("-{}", sanitise_learner(name)));
    let texts = [("md", NotebookFormat::Md), ("html", NotebookFormat::Html)]
        .map(|(ending, format)| (ending, text(document, format, learner)));
    for number in 1..=NAMES {
        let count = if number == 1 { String::new() } else { format!("-{number}") };
        let name = |ending: &str| folder.join(format!("clsroom-notebook{whose}{count}.{ending}"));
        if !texts.iter().all(|(ending, _)| is_free(&name(ending), learner)) {
            continue;
        }
        let mut written = None;
        for (ending, text) in &texts {
            let path = name(ending);
            match save(&path, text, learner) {
                Ok(()) => written = written.or(Some(path)),
                // Somebody took the name between the look and the writing, or what stood there is not ours any more.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && written.is_none() => break,
                Err(error) => {
                    let there = written.map_or(String::new(), |path| format!("; {} is written", place(&path)));
                    return Err(cannot(&path, &format!("{error}{there}")));
                }
            }
        }
        if let Some(path) = written {
            return Ok(path);
        }
    }
    Err(cannot(folder, "there are too many files named like notebooks. Move some away"))
}

/// Whether a name can be written to: nothing has it, or this learner's notebook.
fn is_free(path: &Path, learner: Option<&str>) -> bool {
    match path.symlink_metadata() {
        Ok(known) => known.is_file() && files::read_text(path, LARGEST).is_ok_and(|text| is_own(&text, learner)),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn save(path: &Path, text: &str, learner: Option<&str>) -> std::io::Result<()> {
    match files::write_new(path, text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_free(path, learner) => {
            files::write_atomically(path, text.as_bytes())
        }
        result => result,
    }
}

/// What to type on one's own computer for a notebook that lies on a machine reached by SSH; nothing elsewhere.
/// `remote`: whether this is such a session.
pub fn way_home(learner: Option<&str>, remote: bool) -> String {
    let name = learner.map(sanitise_learner);
    let option = name.as_ref().map_or(String::new(), |name| format!(" --learner {name}"));
    let file = name.map_or("notebook".to_owned(), |name| format!("notebook-{name}"));
    if remote {
        format!(" To get it, type on your own computer: ssh HOST clsroom notebook --format html{option} > {file}.html")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebook_knows_whose_it_is_and_whether_it_was_changed() {
        let text = stamped("# My notebook\n".to_owned(), Some("ann!"));
        assert!(is_own(&text, Some("ann")) && !is_own(&text, Some("bob")) && !is_own(&text, None));
        let changed = text.replace("My", "My own");
        assert!(maker(&changed).is_some() && !is_own(&changed, Some("ann")));
        let longer = format!("{text}more\n");
        assert!(!is_own(&longer, Some("ann")));
        for foreign in ["", "# My notebook\n", "text <!-- clsroom notebook -->", "<!-- clsroom notebook"] {
            assert!(maker(foreign).is_none(), "{foreign:?}");
        }
        assert!(is_own(&stamped(String::new(), None), None));
    }

    #[test]
    fn over_ssh_a_command_fetches_it() {
        let said = way_home(Some("ann lee"), true);
        assert!(
            said.ends_with("ssh HOST clsroom notebook --format html --learner annlee > notebook-annlee.html"),
            "{said}"
        );
        assert_eq!(way_home(Some("ann"), false), "");
    }
}
