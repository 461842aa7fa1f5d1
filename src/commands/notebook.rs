//! `clsroom notebook`: what a learner predicted, measured and may conclude, as Markdown or HTML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{load_course, print, write_file};
use crate::cli::{Notebook, NotebookFormat};
use crate::config::{self, Settings};
use crate::lab::record::Datum;
use crate::lesson::Course;
use crate::lesson::notebook::{self, Document, Evidence};
use crate::lesson::progress::{Figure, Progress, Store};

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
    let text = match asked.format {
        NotebookFormat::Md => document.markdown(),
        NotebookFormat::Html => document.html(),
    };
    match &asked.out {
        Some(path) => {
            write_file(path, &text)?;
            print(&format!("The notebook is in {}.\n", path.display()))
        }
        None => print(&text),
    }
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

/// Writes both formats into a folder, under names that are still free, and says where the Markdown is.
///
/// # Errors
/// When they cannot be written there.
pub fn export(document: &Document, folder: &Path) -> Result<PathBuf, String> {
    let name = |number: usize, ending: &str| match number {
        1 => folder.join(format!("clsroom-notebook.{ending}")),
        _ => folder.join(format!("clsroom-notebook-{number}.{ending}")),
    };
    let free = (1..1_000).find(|number| ["md", "html"].iter().all(|ending| !name(*number, ending).exists()));
    let number = free.ok_or_else(|| format!("{} holds a thousand notebooks. Move some away", folder.display()))?;
    write_file(&name(number, "html"), &document.html())?;
    write_file(&name(number, "md"), &document.markdown())?;
    Ok(name(number, "md"))
}
