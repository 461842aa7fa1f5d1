//! Shorter ways through the course, from `paths.toml` beside the lessons.

use serde::Deserialize;
use toml::Spanned;

use super::parse::toml_at::{self, Key, Keys, Shape, needed, optional};
use super::parse::{Problem, Text, visible};

/// A way through the course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Its name: `the tour`.
    pub name: String,
    /// Ids of its lessons, in order.
    pub lessons: Vec<String>,
}

const FILE: &[Key] = &[optional("path", Shape::Tables(PATH))];
const PATH: &[Key] = &[needed("name", Shape::Text), needed("lessons", Shape::Texts)];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    path: Vec<PathToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathToml {
    name: String,
    lessons: Vec<Spanned<String>>,
}

/// Reads the paths; `ids` are the lessons that exist.
///
/// # Errors
/// Every mistake with its place: no TOML, or a lesson that does not exist.
pub(super) fn read(file: &str, text: &str, ids: &[&str]) -> Result<Vec<Path>, Vec<Problem>> {
    let source = Text::new(file, text);
    let read: File = toml_at::read(&source, text, 0..text.len(), Keys::Of(FILE))?;
    let unknown = read.path.iter().flat_map(|path| &path.lessons).filter(|id| !ids.contains(&id.get_ref().as_str()));
    let problems: Vec<Problem> = unknown
        .map(|id| {
            let message = format!("the path names lesson {}, which does not exist", id.get_ref());
            source.problem(id.span().start, message).with_help(format!("the lessons are {}", ids.join(", ")))
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let path = |path: PathToml| Path {
        name: visible(&path.name),
        lessons: path.lessons.into_iter().map(Spanned::into_inner).collect(),
    };
    Ok(read.path.into_iter().map(path).collect())
}
