//! A small document that prints as Markdown or as one HTML file. Whatever it quotes (sentences, options, names) was
//! typed by somebody: control characters are made visible and everything that a format would obey is escaped.

mod html;

pub use html::{at, sheet};

use std::fmt::Write as _;

use super::Point;
use super::picture::Picture;
use crate::wording::visible;

/// A run of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// As it is.
    Plain(String),
    /// Stressed.
    Strong(String),
}

impl Run {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    pub(super) fn strong(text: &str) -> Self {
        Self::Strong(text.to_owned())
    }
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A heading of level 2 or 3.
    Heading(u8, String),
    /// A paragraph.
    Text(Vec<Run>),
    /// An item of a list.
    Item(Vec<Run>),
    /// A command, below the item before it.
    Code(String),
    /// A picture; Markdown leaves it out.
    Picture(Picture),
}

/// Title and parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The title.
    pub title: String,
    /// What follows.
    pub parts: Vec<Part>,
}

impl Document {
    pub(super) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), parts: Vec::new() }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.parts.push(Part::Heading(2, text.to_owned()));
    }

    pub(super) fn smaller(&mut self, text: &str) {
        self.parts.push(Part::Heading(3, text.to_owned()));
    }

    pub(super) fn text(&mut self, runs: Vec<Run>) {
        self.parts.push(Part::Text(runs));
    }

    pub(super) fn item(&mut self, runs: Vec<Run>) {
        self.parts.push(Part::Item(runs));
    }

    /// A figure, and the command that gives it again.
    pub(super) fn point(&mut self, point: &Point) {
        self.item(point.runs());
        self.parts.extend(point.again.clone().map(Part::Code));
    }

    /// As Markdown (`CommonMark`).
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n", escaped(&self.title));
        let runs = |runs: &[Run]| -> String { runs.iter().map(run_in_markdown).collect() };
        for part in &self.parts {
            let text = match part {
                Part::Picture(_) => continue,
                Part::Heading(level, text) => format!("{} {}", "#".repeat(usize::from(*level)), escaped(text)),
                Part::Text(text) => runs(text),
                Part::Item(text) => format!("- {}", runs(text)),
                Part::Code(text) => {
                    let text = line(text);
                    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
                    let fence = "`".repeat(longest.max(2) + 1);
                    format!("  {fence}sh\n  {text}\n  {fence}")
                }
            };
            let _ = writeln!(out, "\n{text}");
        }
        out
    }

    /// As one HTML file.
    #[must_use]
    pub fn html(&self) -> String {
        html::page(self)
    }
}

fn run_in_markdown(run: &Run) -> String {
    match run {
        Run::Plain(text) => escaped(text),
        // Emphasis must not begin or end with a space.
        Run::Strong(text) => match escaped(text.trim()) {
            text if text.is_empty() => text,
            text => format!("**{text}**"),
        },
    }
}

/// Text for Markdown: every sign of ASCII that could mean something gets a backslash, which `CommonMark` takes away.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        // Spaces before it do not keep a sign from beginning something.
        let before = out.trim_start();
        // A number with a dot or bracket at the start of a line would begin a list.
        let numbers = matches!(c, '.' | ')') && !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_digit());
        // So would a dash, and an equals sign would make a heading of the line above.
        let begins = matches!(c, '-' | '+' | '=') && before.is_empty();
        let harmless = matches!(c, ',' | '.' | ':' | '?' | '\'' | '(' | ')' | '%' | '/' | ';')
            || matches!(c, '-' | '+' | '=' | '"' | '{' | '}' | '@' | '^');
        if numbers || begins || (c.is_ascii_punctuation() && !harmless) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text on one line: what a terminal or a browser would obey is visible.
fn line(text: &str) -> String {
    visible(&text.replace(['\n', '\t'], " "))
}
