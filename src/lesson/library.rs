//! Where a course comes from: the one inside the binary, or a teacher's directory.
//!
//! A directory replaces the whole course. Its `results/` (recorded runs) and `citations.toml` are used if it has them,
//! otherwise the embedded ones. Called at start, by `R` (reload) and by `clsroom lessons`. Problems of all files are
//! told together.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::check::Sources;
use super::parse::toml_at::{self, Key, Keys, Shape, needed, optional};
use super::parse::{self, MAX_BYTES, Problem, Text, visible};
use super::{Citation, Course, Lesson, glossary, path};
use crate::files;

/// Largest recorded run that is read, in bytes.
const MAX_RESULT_BYTES: usize = 4_000_000;
/// Most files that a course's directory is searched for.
const MAX_FILES: usize = 2_000;
/// The citations' file.
const CITATIONS: &str = "citations.toml";
/// The glossary's file.
const GLOSSARY: &str = "glossary.toml";
/// The shorter paths' file.
const PATHS: &str = "paths.toml";
/// The recorded runs' directory.
const RESULTS: &str = "results";

/// The course inside the binary: path below `lessons/`, content. A test compares it with the directory.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("01-meet-cls.md", include_str!("../../lessons/01-meet-cls.md")),
    ("02-what-is-in-an-embedding.md", include_str!("../../lessons/02-what-is-in-an-embedding.md")),
    ("03-one-head-one-row.md", include_str!("../../lessons/03-one-head-one-row.md")),
    ("04-how-cls-mixes.md", include_str!("../../lessons/04-how-cls-mixes.md")),
    ("05-is-it-an-aggregate.md", include_str!("../../lessons/05-is-it-an-aggregate.md")),
    ("06-why-first.md", include_str!("../../lessons/06-why-first.md")),
    ("07-how-does-it-learn.md", include_str!("../../lessons/07-how-does-it-learn.md")),
    ("08-the-race.md", include_str!("../../lessons/08-the-race.md")),
    ("09-would-any-token-do.md", include_str!("../../lessons/09-would-any-token-do.md")),
    ("10-getting-the-sentence-back.md", include_str!("../../lessons/10-getting-the-sentence-back.md")),
    ("11-four-histories.md", include_str!("../../lessons/11-four-histories.md")),
    ("12-your-notebook.md", include_str!("../../lessons/12-your-notebook.md")),
    ("citations.toml", include_str!("../../lessons/citations.toml")),
    ("glossary.toml", include_str!("../../lessons/glossary.toml")),
    ("paths.toml", include_str!("../../lessons/paths.toml")),
    ("results/aggregate.json", include_str!("../../lessons/results/aggregate.json")),
    ("results/aggregate@bert-base.json", include_str!("../../lessons/results/aggregate@bert-base.json")),
    ("results/aggregate@bge.json", include_str!("../../lessons/results/aggregate@bge.json")),
    ("results/aggregate@e5.json", include_str!("../../lessons/results/aggregate@e5.json")),
    ("results/frozen.json", include_str!("../../lessons/results/frozen.json")),
    ("results/frozen@bert-base.json", include_str!("../../lessons/results/frozen@bert-base.json")),
    ("results/frozen@bge.json", include_str!("../../lessons/results/frozen@bge.json")),
    ("results/frozen@e5.json", include_str!("../../lessons/results/frozen@e5.json")),
    ("results/full.json", include_str!("../../lessons/results/full.json")),
    ("results/heads.json", include_str!("../../lessons/results/heads.json")),
    ("results/inversion.json", include_str!("../../lessons/results/inversion.json")),
    ("results/positions.json", include_str!("../../lessons/results/positions.json")),
    ("results/products.json", include_str!("../../lessons/results/products.json")),
    ("results/small.json", include_str!("../../lessons/results/small.json")),
];

/// A course with what belongs to it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The lessons and citations.
    pub course: Course,
    /// Recorded runs: JSON text by file stem (`frozen` of `results/frozen.json`).
    pub results: BTreeMap<String, String>,
    /// The lessons' text by file name, for the checker's positions.
    pub sources: Sources,
}

/// Loads the course of `directory`, or the embedded one.
///
/// # Errors
/// Every problem of every file: unreadable, too large, not UTF-8, not a lesson, not TOML, not JSON.
pub fn load(directory: Option<&Path>) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let files = directory.map_or_else(Files::default, |directory| Files::read(directory, &mut problems)).or_embedded();
    let mut lessons = Vec::new();
    for (name, text) in &files.lessons {
        match parse::lesson(name, text) {
            Ok(lesson) => lessons.push(lesson),
            Err(found) => problems.extend(found),
        }
    }
    lessons.sort_by(|a, b| (&a.id, &a.file).cmp(&(&b.id, &b.file)));
    let mut told = |found: Vec<Problem>| problems.extend(found);
    let citations = citations(files.citations.as_deref().unwrap_or("")).map_err(&mut told).unwrap_or_default();
    let glossary =
        glossary::read(GLOSSARY, files.glossary.as_deref().unwrap_or("")).map_err(&mut told).unwrap_or_default();
    for step in lessons.iter_mut().flat_map(|lesson: &mut Lesson| &mut lesson.steps) {
        glossary::mark(&glossary, step);
    }
    // Lessons that could not be read are told already: a path that names them is no second mistake.
    let ids: Vec<&str> = files.lessons.keys().filter_map(|name| parse::id_of(name)).collect();
    let paths = path::read(PATHS, files.paths.as_deref().unwrap_or(""), &ids).map_err(&mut told).unwrap_or_default();
    let results = files.results.unwrap_or_default();
    for (stem, text) in &results {
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            let message = format!("not JSON: {}", crate::wording::cause(&error));
            let mut problem = Problem::whole(&format!("{RESULTS}/{stem}.json"), message);
            (problem.line, problem.column) = (error.line(), error.column().max(1));
            problems.push(problem.with_help("record the run again, or remove the file".to_owned()));
        }
    }
    if problems.is_empty() {
        let course = Course { lessons, citations, glossary, paths, directory: directory.map(Path::to_path_buf) };
        return Ok(Loaded { course, results, sources: files.lessons });
    }
    let place = directory.unwrap_or(Path::new("lessons"));
    Err(problems.into_iter().map(|problem| problem.inside(place)).collect())
}

/// The course's files as texts; `None` is what a directory does not have.
#[derive(Default)]
struct Files {
    lessons: Sources,
    citations: Option<String>,
    glossary: Option<String>,
    paths: Option<String>,
    results: Option<BTreeMap<String, String>>,
    /// Lessons come from a directory, even if none could be read.
    own: bool,
}

impl Files {
    fn read(directory: &Path, problems: &mut Vec<Problem>) -> Self {
        let mut files = Self { own: true, ..Self::default() };
        let names = match names(directory) {
            Ok(names) => names,
            Err(message) => {
                let help = "give a directory with lessons such as `01-first-steps.md`".to_owned();
                problems.push(Problem::whole("", message).with_help(help));
                return files;
            }
        };
        let mut seen = 0;
        for name in names.iter().filter(|name| is_lesson(name)) {
            seen += 1;
            match read(directory, name, MAX_BYTES) {
                Ok(text) => drop(files.lessons.insert(name.clone(), text)),
                Err(problem) => problems.push(problem),
            }
        }
        if seen == 0 {
            let help = "a lesson's name begins with two digits and a hyphen, and ends in `.md`".to_owned();
            problems.push(Problem::whole("", "this directory holds no lessons").with_help(help));
        }
        let mut own = |wanted: &str| {
            let there = names.iter().any(|name| name == wanted);
            there.then(|| read(directory, wanted, MAX_BYTES).map_err(|problem| problems.push(problem)).ok()).flatten()
        };
        (files.citations, files.glossary, files.paths) = (own(CITATIONS), own(GLOSSARY), own(PATHS));
        if names.iter().any(|name| name == RESULTS) {
            files.results = Some(read_results(directory, problems));
        }
        files
    }

    /// Fills what is missing from [`EMBEDDED`].
    fn or_embedded(mut self) -> Self {
        let embedded = |named: &dyn Fn(&str) -> Option<String>| -> BTreeMap<String, String> {
            EMBEDDED.iter().filter_map(|(path, text)| Some((named(path)?, (*text).to_owned()))).collect()
        };
        let file = |wanted: &str| embedded(&|path| (path == wanted).then(String::new)).into_values().next();
        if !self.own {
            self.lessons = embedded(&|path| is_lesson(path).then(|| path.to_owned()));
            // The embedded paths are of the embedded lessons.
            self.paths = file(PATHS);
        }
        self.glossary = self.glossary.or_else(|| file(GLOSSARY));
        self.citations = self.citations.or_else(|| file(CITATIONS));
        let stem = |path: &str| path.strip_prefix("results/")?.strip_suffix(".json").map(str::to_owned);
        self.results = self.results.or_else(|| Some(embedded(&stem)));
        self
    }
}

/// Whether a file is meant to be a lesson: other Markdown, such as a README, may stand beside the lessons.
fn is_lesson(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit()) && name.strip_suffix(".md").is_some()
}

/// The directory's entries, sorted.
fn names(directory: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(directory).map_err(|error| format!("the directory cannot be read: {error}"))?;
    let mut names = Vec::new();
    for entry in entries.take(MAX_FILES) {
        let entry = entry.map_err(|error| format!("the directory cannot be read: {error}"))?;
        names.extend(entry.file_name().to_str().map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn read_results(directory: &Path, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let mut results = BTreeMap::new();
    let names = names(&directory.join(RESULTS)).unwrap_or_else(|message| {
        problems.push(Problem::whole(RESULTS, message));
        Vec::new()
    });
    for name in names {
        let Some(stem) = name.strip_suffix(".json") else { continue };
        match read(directory, &format!("{RESULTS}/{name}"), MAX_RESULT_BYTES) {
            Ok(text) => drop(results.insert(stem.to_owned(), text)),
            Err(problem) => problems.push(problem),
        }
    }
    results
}

/// One file's text.
fn read(directory: &Path, name: &str, limit: usize) -> Result<String, Problem> {
    let bytes = files::read(&directory.join(name), limit as u64).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            let message = format!("the file is larger than {} MB", limit / 1_000_000);
            Problem::whole(name, message).with_help("split it".to_owned())
        }
        ErrorKind::IsADirectory | ErrorKind::InvalidInput => {
            Problem::whole(name, format!("this is not a file: {error}"))
                .with_help("put a file there, or remove it".to_owned())
        }
        _ => Problem::whole(name, format!("the file cannot be read: {error}")),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]);
        let mut problem = Text::new(name, &before).problem(good, "the file is not UTF-8 from here on");
        problem.snippet = None;
        problem.with_help("save it again with the encoding UTF-8".to_owned())
    })
}

const CITATION: &[Key] =
    &[needed("source", Shape::Text), optional("value", Shape::Text), optional("title", Shape::Text)];

/// The citations by key; their texts are shown, so control characters become visible.
fn citations(text: &str) -> Result<BTreeMap<String, Citation>, Vec<Problem>> {
    let source = Text::new(CITATIONS, text);
    let read: BTreeMap<String, Citation> = toml_at::read(&source, text, 0..text.len(), Keys::Named(CITATION))?;
    let shown = |citation: Citation| Citation {
        source: visible(&citation.source),
        value: citation.value.as_deref().map(visible),
        title: visible(&citation.title),
    };
    Ok(read.into_iter().map(|(key, citation)| (key, shown(citation))).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LESSON: &str = "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n\nText.\n";

    fn messages(directory: &Path) -> Vec<String> {
        load(Some(directory)).expect_err("problems").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_embedded_course_loads_in_order() {
        let loaded = load(None).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        let ids: Vec<&str> = loaded.course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
        assert!(!ids.is_empty() && ids.is_sorted());
        assert_eq!(loaded.course.directory, None);
        assert!(loaded.results.contains_key("frozen") && loaded.results.contains_key("heads"));
        assert_eq!(loaded.sources.len(), ids.len());
    }

    /// A file that is added to `lessons/` must be added to [`EMBEDDED`] too.
    #[test]
    fn every_file_of_the_course_is_embedded() {
        let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
        let below = |name: &str| names(&lessons.join(name)).expect("a directory");
        let mut there: Vec<String> = below("")
            .into_iter()
            .filter(|name| is_lesson(name) || [CITATIONS, GLOSSARY, PATHS].contains(&name.as_str()))
            .collect();
        let results = below(RESULTS).into_iter().filter(|name| name.strip_suffix(".json").is_some());
        there.extend(results.map(|name| format!("{RESULTS}/{name}")));
        let embedded: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
        assert_eq!(embedded, there, "left: embedded, right: on disk");
    }

    #[test]
    fn a_directory_replaces_the_lessons_and_keeps_what_it_has_not() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("07-b.md"), LESSON).expect("written");
        fs::write(directory.path().join("03-a.md"), LESSON).expect("written");
        fs::write(directory.path().join("README.md"), "notes").expect("written");
        let loaded = load(Some(directory.path())).expect("a course");
        let ids: Vec<&str> = loaded.course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
        assert_eq!(ids, ["03", "07"]);
        assert!(loaded.results.contains_key("frozen"));
        assert_eq!(loaded.course.directory.as_deref(), Some(directory.path()));

        fs::create_dir(directory.path().join(RESULTS)).expect("made");
        fs::write(directory.path().join("results/mine.json"), "{}").expect("written");
        fs::write(directory.path().join(CITATIONS), "[me-2024]\nsource = \"Me\"\n").expect("written");
        let loaded = load(Some(directory.path())).expect("a course");
        assert_eq!(loaded.results.keys().collect::<Vec<_>>(), ["mine"]);
        assert_eq!(loaded.course.citations["me-2024"].source, "Me");
    }

    #[test]
    fn every_problem_of_every_file_is_told() {
        let directory = tempfile::tempdir().expect("a directory");
        let put = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).expect("written");
        put("01-latin.md", b"+++\ntitle = \"caf\xe9\"\n+++\n");
        put("02-large.md", &vec![b'x'; MAX_BYTES + 1]);
        put("03-broken.md", b"no head");
        put("4-name.md", LESSON.as_bytes());
        put(CITATIONS, b"[a]\nsorce = \"x\"\n");
        fs::create_dir(directory.path().join("05-folder.md")).expect("made");
        fs::create_dir(directory.path().join(RESULTS)).expect("made");
        put("results/run.json", b"{\n  \"a\": ,\n}");
        let said = messages(directory.path()).join("\n");
        for part in [
            "01-latin.md:2:13: the file is not UTF-8",
            "02-large.md: the file is larger than 1 MB",
            "03-broken.md:1:1: the file does not begin",
            "4-name.md: the file's name does not begin with two digits",
            "05-folder.md: this is not a file",
            "citations.toml:2:1: unknown field `sorce`",
            "did you mean `source`?",
            "run.json:2:8: not JSON",
        ] {
            assert!(said.contains(part), "expected {part:?} in\n{said}");
        }
    }

    #[test]
    fn a_directory_without_lessons_or_none_at_all_is_a_clear_sentence() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(messages(directory.path())[0].contains("holds no lessons"));
        assert!(messages(&directory.path().join("nowhere"))[0].contains("cannot be read"));
    }
}
