//! What an author reads when a lesson has a mistake: where it is, what it is, what to do instead.
//!
//! [`Text`] turns byte offsets and words into lines and columns; the parser, the checker and the library make their
//! [`Problem`]s through it. Everything a problem quotes comes from a file that anybody may have written, so it is made
//! [`visible`] first.

use std::fmt;
use std::path::Path;

use crate::wording::visible_sign;

/// Longest line of a file that a problem quotes, in characters.
const SNIPPET: usize = 100;

/// Places of one word that are looked for.
const MOST_PLACES: usize = 200;

/// One mistake in one file of a course.
///
/// `Display` gives `file:line:column: message`, then the offending line and `help: …`, each indented on its own line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the author knows it.
    pub file: String,
    /// Line, from 1; 0 when the problem is about the file as a whole.
    pub line: usize,
    /// Column in characters, from 1; 0 when the problem is about the file as a whole.
    pub column: usize,
    /// What is wrong, one sentence.
    pub message: String,
    /// What to write instead.
    pub suggestion: Option<String>,
    /// The line of the file that the problem is about.
    pub snippet: Option<String>,
}

impl Problem {
    /// A problem of a whole file or directory.
    pub fn whole(file: &str, message: impl AsRef<str>) -> Self {
        Self {
            file: visible(file),
            line: 0,
            column: 0,
            message: visible(message.as_ref()),
            suggestion: None,
            snippet: None,
        }
    }

    /// The same problem with advice; `None` changes nothing.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<Option<String>>) -> Self {
        self.suggestion = help.into().map(|text| visible(&text)).or(self.suggestion);
        self
    }

    /// The same problem with the file's name inside `directory`, so that an editor can jump to it.
    #[must_use]
    pub fn inside(mut self, directory: &Path) -> Self {
        self.file = visible(&directory.join(&self.file).display().to_string());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message)?,
            line => write!(f, "{}:{line}:{}: {}", self.file, self.column, self.message)?,
        }
        if let Some(snippet) = &self.snippet {
            write!(f, "\n    {snippet}")?;
        }
        if let Some(suggestion) = &self.suggestion {
            write!(f, "\n    help: {suggestion}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// A file's name and content, with the starts of its lines.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    file: &'a str,
    content: &'a str,
    starts: Vec<usize>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(file: &'a str, content: &'a str) -> Self {
        let starts = std::iter::once(0).chain(content.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, content, starts }
    }

    /// The line (from 1) that holds byte `offset`.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).max(1)
    }

    /// A problem at byte `offset`.
    pub(crate) fn problem(&self, offset: usize, message: impl AsRef<str>) -> Problem {
        let offset = self.content.floor_char_boundary(offset);
        let line = self.line(offset);
        let start = self.start(line);
        let column = self.content.get(start..offset).unwrap_or("").chars().count() + 1;
        let quoted = self.content.get(start..).unwrap_or("").lines().next().unwrap_or("");
        let shown = visible(&excerpt(quoted, column));
        Problem {
            line,
            column,
            snippet: (!shown.trim().is_empty()).then(|| shown.trim().to_owned()),
            ..Problem::whole(self.file, message)
        }
    }

    /// Where `word` stands on its own between the lines `from` and `until` (exclusive), as byte offsets.
    pub(crate) fn places(&self, from: usize, until: usize, word: &str) -> Vec<usize> {
        let start = self.start(from);
        let end = self.start(until).max(start);
        let part = self.content.get(start..end).unwrap_or("");
        let joins = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        let alone = |&(at, found): &(usize, &str)| {
            !part[..at].ends_with(joins) && !part[at + found.len()..].starts_with(|c: char| c != '.' && joins(c))
        };
        if word.is_empty() {
            return Vec::new();
        }
        part.match_indices(word).filter(alone).take(MOST_PLACES).map(|(at, _)| start + at).collect()
    }

    /// A problem where `word` stands on its own between the lines `from` and `until` (exclusive); at the start of
    /// line `from` when it does not occur there literally.
    pub(crate) fn problem_at(&self, from: usize, until: usize, word: &str, message: impl AsRef<str>) -> Problem {
        let at = self.places(from, until, word).first().copied();
        self.problem(at.unwrap_or_else(|| self.start(from)), message)
    }

    /// Byte offset of a line's start; the end of the text for a line after the last.
    fn start(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.content.len())
    }
}

/// The part of a long line around `column`.
fn excerpt(line: &str, column: usize) -> String {
    let skip = if column > SNIPPET { column - SNIPPET / 2 } else { 0 };
    let mut shown: String = line.chars().skip(skip).take(SNIPPET).collect();
    if skip > 0 {
        shown.insert(0, '…');
    }
    if line.chars().nth(skip + SNIPPET).is_some() {
        shown.push('…');
    }
    shown
}

/// The text with every sign but newline and tab visible that a terminal would obey.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { visible_sign(c) }).collect()
}

/// "did you mean …?" for the candidate nearest to `word`, if one is near enough to be meant.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (word.chars().count() / 3).clamp(1, 6);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// "did you mean …?"; where nothing is near, `what` with all that it may be: "the views are …".
pub(crate) fn did_you_mean_or<'a>(word: &str, what: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    did_you_mean(word, known.clone())
        .unwrap_or_else(|| format!("{what} {}", known.into_iter().collect::<Vec<_>>().join(", ")))
}

/// How many letters must be added, dropped, replaced or swapped with their neighbour to get from one word to the
/// other. Words longer than any name are compared by their beginnings.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let [left, right] = [left, right].map(|word| word.chars().take(80).collect::<String>());
    strsim::osa_distance(&left, &right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_like_a_compiler_message() {
        let text = Text::new("01-a.md", "first\nzwölf \u{1b}[2J here\n");
        let problem = text.problem_at(2, 9, "here", "unknown word").with_help(Some("say `there`".to_owned()));
        assert_eq!(problem.to_string(), "01-a.md:2:12: unknown word\n    zwölf ␛[2J here\n    help: say `there`");
        assert_eq!(Problem::whole("lessons", "no lessons").to_string(), "lessons: no lessons");
    }

    #[test]
    fn positions_stay_inside_the_text() {
        let text = Text::new("f", "é\n");
        assert_eq!((text.problem(1, "").line, text.problem(1, "").column), (1, 1));
        assert_eq!(text.problem(99, "").line, 2);
        assert_eq!(text.problem_at(7, 3, "x", "").line, 2);
        assert_eq!(Text::new("f", "").problem(0, "").line, 1);
    }

    #[test]
    fn a_very_long_line_is_quoted_in_part() {
        let line = "x".repeat(5000);
        let problem = Text::new("f", &line).problem(2500, "");
        assert_eq!(problem.column, 2501);
        assert_eq!(problem.snippet.map(|s| s.chars().count()), Some(SNIPPET + 2));
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(did_you_mean("mixng", ["map", "mixing"]), Some("did you mean `mixing`?".to_owned()));
        assert_eq!(did_you_mean("banana", ["map", "mixing"]), None);
        assert_eq!(distance("form", "from"), 1);
    }
}
