//! `clsroom lessons`: list the course, or check lesson files.

mod results;
mod vocabulary;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::course::read_course;
use super::{load_course, print};
use crate::cli::Lessons;
use crate::config::Settings;
use crate::lesson::parse::Problem;
use crate::wording::counted;

/// Lists or checks lessons.
///
/// # Errors
/// When the course cannot be read, or a checked lesson has a mistake.
pub fn lessons(settings: &Settings, command: Option<&Lessons>) -> Result<(), String> {
    match command {
        None | Some(Lessons::List) => list(settings.lessons.as_deref()),
        Some(Lessons::Results) => print(&results::table(settings.lessons.as_deref())?),
        Some(Lessons::Vocabulary { name }) => print(&vocabulary::said(settings.lessons.as_deref(), name.as_deref())?),
        Some(Lessons::Check { paths }) if paths.is_empty() => check(settings.lessons.as_deref()),
        Some(Lessons::Check { paths }) => {
            let results: Vec<Result<(), String>> = paths.iter().map(|path| check(Some(path))).collect();
            results.into_iter().collect()
        }
    }
}

fn list(directory: Option<&Path>) -> Result<(), String> {
    let loaded = load_course(directory)?;
    let mut text = String::new();
    for lesson in &loaded.course.lessons {
        let _ = writeln!(
            text,
            "{}  {:<32} {:>2} min  {:>2} steps  {}",
            lesson.id,
            lesson.title,
            lesson.minutes,
            lesson.steps.len(),
            lesson.question
        );
    }
    print(&text)
}

fn check(path: Option<&Path>) -> Result<(), String> {
    // One file is checked with the folder it lies in: questions and lessons refer to each other.
    let (directory, only) = match path {
        Some(path) if path.is_file() => (
            Some(
                path.parent()
                    .filter(|parent| !parent.as_os_str().is_empty())
                    .map_or_else(|| PathBuf::from("."), Path::to_path_buf),
            ),
            path.file_name(),
        ),
        other => (other.map(Path::to_path_buf), None),
    };
    let (problems, lessons) = match read_course(directory.as_deref()) {
        Ok(loaded) => (loaded.problems, loaded.course.lessons.len()),
        Err(problems) => (problems, 0),
    };
    if let Some(name) = only.map(|name| name.to_string_lossy()) {
        let lesson = name.ends_with(".md") && name.chars().take(2).all(|c| c.is_ascii_digit());
        if !lesson {
            return Err(format!("{name} is not a lesson: a lesson's file is named like 05-my-lesson.md"));
        }
    }
    let concerns = |problem: &&Problem| only.is_none_or(|name| Path::new(&problem.file).file_name() == Some(name));
    let found: Vec<&Problem> = problems.iter().filter(concerns).collect();
    if found.is_empty() {
        let what = path.map_or_else(|| "the embedded course".to_owned(), |path| path.display().to_string());
        let count = counted(if only.is_some() { 1 } else { lessons }, "lesson");
        return print(&format!("{what}: {count}, no mistakes found\n"));
    }
    let text: Vec<String> = found.iter().map(ToString::to_string).collect();
    Err(format!("{}\n\n{}", counted(found.len(), "mistake"), text.join("\n\n")))
}
