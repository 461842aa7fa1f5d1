//! Whether a question can be answered and decided.

use std::collections::BTreeMap;

use super::{Checker, Lines, did_you_mean, did_you_mean_or, quoted};
use crate::lesson::parse::written;
use crate::lesson::vocabulary::{Kind, kind};
use crate::lesson::{Answer, Bench, Question, Source, ValueRef};

/// Special pieces, as BERT writes them.
const SPECIAL: [&str; 5] = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"];

impl<'a> Checker<'a> {
    pub(super) fn question(
        &mut self,
        step: Lines,
        question: &'a Question,
        questions: &mut BTreeMap<&'a str, String>,
        bench: Option<&Bench>,
    ) {
        let id = quoted(&question.id);
        let line = self.text.problem_at(step.0, step.1, &id, "").line.max(step.0);
        let lines = (line, step.1);
        let place = format!("{}:{line}", self.lesson.file);
        if let Some(other) = questions.insert(&question.id, place) {
            let help = "a question's id is unique in the course".to_owned();
            self.tell(lines, &id, format!("question {id} exists already, at {other}"), help);
        }
        let asked = std::iter::once(&question.ask).chain(&question.ask_others);
        for said in asked.chain(&question.options).filter(|said| said.contains("{{")) {
            let help = "say it in the step's text or in `why`".to_owned();
            self.tell(lines, &quoted(said), "a question and its options are plain text, without `{{…}}`", help);
        }
        for why in std::iter::once(&question.why).chain(&question.why_others) {
            self.prose(step, why, bench);
        }
        let options = question.options.len();
        match &question.answer {
            Answer::Option(index) if *index >= options => {
                let message = format!("`answer = {}`, but there are {options} options", index + 1);
                let help = format!("options are counted from 1 to {options}");
                self.tell(lines, "answer", message, help);
            }
            Answer::Option(_) => {}
            Answer::Bands { value, bands } => {
                self.value(lines, value, bench);
                if kind(value.source, &value.key) != Kind::Number {
                    let message = format!("`{}` is a word, and `bands` are for numbers", written(value));
                    self.tell(lines, "bands", message, "compare its words with `matches = [\"…\", \"…\"]`".to_owned());
                }
                if bands.len() + 1 != options {
                    let message =
                        format!("{options} options need {} bands, not {}", options.saturating_sub(1), bands.len());
                    self.tell(lines, "bands", message, "a band is the border between two options".to_owned());
                } else if !bands.iter().all(|band| band.is_finite()) || bands.windows(2).any(|pair| pair[0] >= pair[1])
                {
                    self.tell(lines, "bands", "bands must ascend", "write the smallest border first".to_owned());
                }
            }
            Answer::Match { value, matches } => {
                self.value(lines, value, bench);
                if matches.len() == options {
                    self.matches(lines, value, matches);
                } else {
                    let message =
                        format!("{options} options need {options} entries in `matches`, not {}", matches.len());
                    let help = "an option for several words has a list of them: [\"better\", \"worse\"]".to_owned();
                    self.tell(lines, "matches", message, help);
                }
            }
        }
    }

    fn matches(&mut self, lines: Lines, value: &ValueRef, matches: &[Vec<String>]) {
        let words: Vec<&str> = matches.iter().flatten().map(String::as_str).collect();
        let any = words.contains(&"*");
        if words.iter().rev().skip(1).any(|word| *word == "*") {
            let help = "move it to the end: what stands behind it is never chosen".to_owned();
            self.tell(lines, "matches", "`*` matches anything, so it must be the last entry", help);
        }
        for (index, word) in words.iter().enumerate().filter(|(index, word)| words[..*index].contains(word)) {
            let at = words[..index].iter().filter(|other| other == &word).count();
            let message = format!("`{word}` stands in `matches` twice, so the second is never chosen");
            if at == 1 {
                self.tell(lines, &quoted(word), message, "remove one of them".to_owned());
            }
        }
        let name = written(value);
        let never = |word: &str| format!("`{name}` is never `{word}`");
        let given = words.iter().filter(|word| **word != "*");
        match kind(value.source, &value.key) {
            Kind::Number => {
                let help = "give the borders between the options: `bands = [0.5, 0.9]`".to_owned();
                self.tell(lines, "matches", format!("`{name}` is a number, and `matches` are for words"), help);
            }
            Kind::OneOf(known) => {
                for word in given.filter(|word| !known.contains(word)) {
                    let help = did_you_mean_or(word, "it is one of", known.iter().copied());
                    self.tell(lines, &quoted(word), never(word), help);
                }
                let missing: Vec<&str> = known.iter().copied().filter(|word| !words.contains(word)).collect();
                if !any && !missing.is_empty() && words.iter().all(|word| known.contains(word)) {
                    let message = format!("no option is right when `{name}` is {}", missing.join(" or "));
                    let help = "add the word to an option's list, or end with `*`".to_owned();
                    self.tell(lines, "matches", message, help);
                }
            }
            Kind::Piece => {
                for word in given.filter(|word| !is_piece(word)) {
                    let help = did_you_mean(word, SPECIAL).or_else(|| {
                        let lower = word.to_lowercase();
                        (!word.contains(char::is_whitespace)).then(|| format!("pieces are lower case: write `{lower}`"))
                    });
                    let help = help.unwrap_or_else(|| "a word piece has no spaces: write one word".to_owned());
                    self.tell(lines, &quoted(word), never(word), help);
                }
                if !any {
                    let message = format!("no option is right when `{name}` is another piece");
                    self.tell(lines, "matches", message, "let the last entry be `*`".to_owned());
                }
            }
            Kind::Words if value.source == Source::Live && value.key.ends_with(".answer") => {
                // Other labels are possible with other sentences: only what is nearly one of the course's is a mistake.
                for word in given.filter(|word| !["positive", "negative"].contains(word)) {
                    if let Some(help) = did_you_mean(word, ["positive", "negative"]) {
                        self.tell(lines, &quoted(word), never(word), help);
                    }
                }
            }
            Kind::Words => {}
        }
    }
}

/// Whether a word piece of the embedded model can be written so.
fn is_piece(word: &str) -> bool {
    SPECIAL.contains(&word)
        || !(word.contains(char::is_whitespace)
            || word.contains(char::is_uppercase)
            || (word.len() > 1 && word.starts_with('[') && word.ends_with(']')))
}
