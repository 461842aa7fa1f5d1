//! The glossary: terms with a plain sentence or two each, from `glossary.toml` beside the lessons.
//!
//! The library marks a term where a step first uses it (`mark`); the overlay lists a step's terms first
//! ([`in_step`]).

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::parse::toml_at::{self, Key, Keys, Shape, needed, optional};
use super::parse::{Problem, Text, visible};
use super::{Block, Inline, Step};

/// Most terms that are read.
const MOST: usize = 500;

const FILE: &[Key] = &[optional("term", Shape::Tables(TERM))];

const TERM: &[Key] = &[
    needed("name", Shape::Text),
    optional("also", Shape::Texts),
    optional("only-linked", Shape::Flag),
    needed("means", Shape::Text),
    optional("see", Shape::Texts),
];

/// A term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// As the glossary lists it.
    pub name: String,
    /// Other forms under which lessons use it.
    pub also: Vec<String>,
    /// Its name is an everyday word too, or another term's: it is marked only where a text links it.
    pub only_linked: bool,
    /// What it means, in plain words.
    pub means: String,
    /// Names of terms to look up next.
    pub see: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    term: Vec<TermToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermToml {
    name: Spanned<String>,
    #[serde(default)]
    also: Vec<Spanned<String>>,
    #[serde(default, rename = "only-linked")]
    only_linked: bool,
    means: Spanned<String>,
    #[serde(default)]
    see: Vec<Spanned<String>>,
}

/// Reads a glossary from its file's name and content.
///
/// # Errors
/// Every mistake with its place: no TOML, an empty or repeated term, a reference to a term that is not there.
pub fn read(file: &str, text: &str) -> Result<Vec<Term>, Vec<Problem>> {
    let source = Text::new(file, text);
    let read: File = toml_at::read(&source, text, 0..text.len(), Keys::Of(FILE))?;
    let mut problems = Vec::new();
    if read.term.len() > MOST {
        problems
            .push(Problem::whole(file, format!("the glossary has {} terms, at most {MOST} are read", read.term.len())));
    }
    let mut known: Vec<(String, usize)> = Vec::new();
    for term in read.term.iter().take(MOST) {
        for name in std::iter::once(&term.name).chain(&term.also) {
            let (at, key) = (name.span().start, name.get_ref().trim().to_lowercase());
            if key.is_empty() {
                let help = "write `name = \"…\"`".to_owned();
                problems.push(source.problem(at, "a term without a name").with_help(help));
            } else if let Some((_, line)) = known.iter().find(|(other, _)| *other == key) {
                let message = format!("the term \"{}\" exists already, in line {line}", name.get_ref());
                problems.push(source.problem(at, message).with_help("keep one of them".to_owned()));
            } else {
                known.push((key, source.line(at)));
            }
        }
        if term.means.get_ref().trim().is_empty() {
            let help = "say in a sentence what the term means".to_owned();
            problems.push(source.problem(term.means.span().start, "`means` is empty").with_help(help));
        }
    }
    let names: Vec<&str> = read.term.iter().map(|term| term.name.get_ref().as_str()).collect();
    for see in read.term.iter().take(MOST).flat_map(|term| &term.see) {
        if !names.contains(&see.get_ref().as_str()) {
            let help = super::parse::problem::did_you_mean(see.get_ref(), names.iter().copied());
            let message = format!("`see` names the unknown term \"{}\"", see.get_ref());
            problems.push(source.problem(see.span().start, message).with_help(help));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let one = |text: &str| visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let all = |texts: &[Spanned<String>]| texts.iter().map(|text| one(text.get_ref())).collect();
    let mut terms: Vec<Term> = read
        .term
        .iter()
        .map(|term| Term {
            name: one(term.name.get_ref()),
            also: all(&term.also),
            only_linked: term.only_linked,
            means: one(term.means.get_ref()),
            see: all(&term.see),
        })
        .collect();
    terms.sort_by_key(|term| term.name.to_lowercase());
    Ok(terms)
}

/// Where terms stand in a text, from its beginning: the bytes and the term's index. Whole words, in any case, with or
/// without a plural s; of two that begin at one place the longer.
#[must_use]
pub fn find(terms: &[Term], text: &str) -> Vec<(Range<usize>, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(c) = text[at..].chars().next() {
        let begins = !before.is_alphanumeric() && before != '-' && before != '[';
        let best = terms
            .iter()
            .enumerate()
            .filter(|_| begins)
            .filter_map(|(index, term)| Some((length(term, &text[at..])?, index)))
            .max_by_key(|(length, _)| *length);
        let step = best.map_or(c.len_utf8(), |(length, _)| length);
        found.extend(best.map(|(length, index)| (at..at + length, index)));
        before = text[at..at + step].chars().next_back().unwrap_or(c);
        at += step;
    }
    found
}

/// How many bytes at the start of `text` are this term.
fn length(term: &Term, text: &str) -> Option<usize> {
    let fits = |name: &String| {
        let head = text.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name))?;
        let plural = text[head.len()..].strip_prefix('s').map_or(0, |_| 1);
        let ends = |length: usize| text[length..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '-');
        [head.len() + plural, head.len()].into_iter().find(|length| ends(*length))
    };
    let name = Some(&term.name).filter(|_| !term.only_linked);
    name.into_iter().chain(&term.also).filter_map(fits).max()
}

/// Marks each term in the running text of a step where it first stands.
pub(super) fn mark(terms: &[Term], step: &mut Step) {
    let mut seen = Vec::new();
    for inlines in step.blocks.iter_mut().flat_map(Block::runs_mut) {
        let parts = std::mem::take(inlines);
        for inline in parts {
            match inline {
                Inline::Text(text) => split(terms, &text, &mut seen, inlines),
                Inline::Strong(text) => {
                    // A term that is being introduced needs no sign.
                    seen.extend(find(terms, &text).into_iter().map(|(_, term)| term));
                    seen.extend(index(terms, &text));
                    inlines.push(Inline::Strong(text));
                }
                Inline::Term { text, name } => match index(terms, &name) {
                    Some(term) if seen.contains(&term) => inlines.push(Inline::Text(text)),
                    term => {
                        seen.extend(term);
                        inlines.push(Inline::Term { text, name });
                    }
                },
                other => inlines.push(other),
            }
        }
    }
}

/// The term with this name.
fn index(terms: &[Term], name: &str) -> Option<usize> {
    terms.iter().position(|term| term.name.eq_ignore_ascii_case(name))
}

fn split(terms: &[Term], text: &str, seen: &mut Vec<usize>, into: &mut Vec<Inline>) {
    let mut from = 0;
    for (range, term) in find(terms, text) {
        if seen.contains(&term) {
            continue;
        }
        seen.push(term);
        if range.start > from {
            into.push(Inline::Text(text[from..range.start].to_owned()));
        }
        into.push(Inline::Term { text: text[range.clone()].to_owned(), name: terms[term].name.clone() });
        from = range.end;
    }
    if from < text.len() {
        into.push(Inline::Text(text[from..].to_owned()));
    }
}

/// Indices of the terms that a step's text uses, in the order of its words.
pub fn in_step(terms: &[Term], step: &Step) -> Vec<usize> {
    let mut used = Vec::new();
    for inline in step.blocks.iter().flat_map(Block::runs).flatten() {
        let named = match inline {
            Inline::Strong(text) | Inline::Term { name: text, .. } => index(terms, text),
            _ => None,
        };
        let found = match inline {
            Inline::Term { .. } => Vec::new(),
            _ => find(terms, inline.text().unwrap_or_default()),
        };
        for term in named.into_iter().chain(found.into_iter().map(|(_, term)| term)) {
            if !used.contains(&term) {
                used.push(term);
            }
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lesson::parse;

    const FILE: &str = "[[term]]\nname = \"vector\"\nmeans = \"A list of numbers.\"\n\n[[term]]\nname = \"head\"\n\
                        also = [\"attention head\"]\nmeans = \"One of several.\"\nsee = [\"vector\"]\n";

    fn terms() -> Vec<Term> {
        read("glossary.toml", FILE).expect("a glossary")
    }

    fn said(text: &str) -> Vec<String> {
        read("glossary.toml", text).expect_err("mistakes").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn terms_are_found_as_whole_words_in_any_case_and_number() {
        let found = |text: &str| -> Vec<String> {
            find(&terms(), text).into_iter().map(|(range, _)| text[range].to_owned()).collect()
        };
        assert_eq!(found("Vectors, a head; the vector's"), ["Vectors", "head", "vector"]);
        assert_eq!(found("An attention head reads"), ["attention head"], "the longer one");
        assert_eq!(found("ahead headless head-on subvector ünvector"), Vec::<String>::new());
    }

    #[test]
    fn duplicates_and_misspelt_keys_are_placed() {
        let twice = format!("{FILE}\n[[term]]\nname = \"Vector\"\nmeans = \"Again.\"\n");
        let problems = said(&twice);
        assert!(
            problems[0].starts_with("glossary.toml:12:8: the term \"Vector\" exists already, in line 2"),
            "{problems:?}"
        );
        assert!(said("[[term]]\nnam = \"x\"\n")[0].contains("did you mean `name`?"));
        assert!(said("[[term]]\nname = \"x\"\n")[0].contains("glossary.toml:1:1"));
    }

    #[test]
    fn a_term_is_marked_once_in_a_step_and_not_where_it_is_introduced() {
        let head = "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n";
        let text = format!("{head}A vector and a vector. A **head** and a head.\n\n---\n\n`vector`, one vector.\n");
        let mut lesson = parse::lesson("01-a.md", &text).expect("a lesson");
        for step in &mut lesson.steps {
            mark(&terms(), step);
        }
        let marked = |step: &Step| -> Vec<String> {
            let Block::Paragraph(inlines) = &step.blocks[0] else { panic!("a paragraph") };
            inlines
                .iter()
                .filter_map(|inline| if let Inline::Term { text, .. } = inline { Some(text.clone()) } else { None })
                .collect()
        };
        assert_eq!(marked(&lesson.steps[0]), ["vector"]);
        assert_eq!(marked(&lesson.steps[1]), ["vector"]);
        let names =
            |step| in_step(&terms(), step).into_iter().map(|term| terms()[term].name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&lesson.steps[0]), ["vector", "head"]);
    }

    proptest! {
        #[test]
        fn marking_loses_no_text(text in "[ a-zA-Zvectorhdäß猫-]{0,80}") {
            let mut into = Vec::new();
            split(&terms(), &text, &mut Vec::new(), &mut into);
            let joined: String = into.iter().map(|inline| match inline {
                Inline::Text(text) | Inline::Term { text, .. } => text.as_str(),
                _ => "",
            }).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
