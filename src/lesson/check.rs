//! The linter of a course: what no single file can show. Every name that a lesson uses must exist, every question
//! must be answerable, and no number may be typed by hand.
//!
//! Called by `clsroom lessons check` and whenever a course is loaded, with the [`Vocabulary`] of the model and the
//! recorded runs. `values` knows the names of values, `prose` the rules for text, `bench` which values a step measures,
//! `question` whether a question can be decided.

mod bench;
mod prose;
mod question;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::parse::problem::{did_you_mean, did_you_mean_or};
use super::parse::{MAX_PROBLEMS, Problem, Text, written};
use super::{Bench, Block, Course, Inline, Lesson, Step, ValueRef, Vocabulary};

/// The lessons' text by file name, in which the checker finds lines and columns.
pub type Sources = BTreeMap<String, String>;

/// Every mistake of a course, lesson by lesson. `sources` only serves positions: without a file's text its mistakes
/// are placed at the step's first line.
pub fn course(course: &Course, sources: &Sources, vocabulary: &Vocabulary) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut questions: BTreeMap<&str, String> = BTreeMap::new();
    for lesson in &course.lessons {
        if let Some(other) = ids.insert(&lesson.id, &lesson.file) {
            let message = format!("lesson {} is also the number of {other}", lesson.id);
            problems
                .push(Problem::whole(&lesson.file, message).with_help("give one of them another number".to_owned()));
        }
    }
    for lesson in &course.lessons {
        let text = sources.get(&lesson.file).map_or("", String::as_str);
        let mut checker = Checker {
            course,
            lesson,
            vocabulary,
            text: Text::new(&lesson.file, text),
            located: !text.is_empty(),
            problems: Vec::new(),
            placed: BTreeSet::new(),
        };
        checker.needs();
        for (index, step) in lesson.steps.iter().enumerate() {
            let until = lesson.steps.get(index + 1).map_or(usize::MAX, |next| next.line);
            checker.step(step, until, &mut questions);
        }
        checker.problems.sort_by_key(|problem| (problem.line, problem.column));
        checker.problems.dedup();
        problems.append(&mut checker.problems);
    }
    let directory = course.directory.as_deref().unwrap_or(Path::new("lessons"));
    problems.into_iter().map(|problem| problem.inside(directory)).collect()
}

/// What is needed to check one lesson.
struct Checker<'a> {
    course: &'a Course,
    lesson: &'a Lesson,
    vocabulary: &'a Vocabulary,
    text: Text<'a>,
    /// Whether the lesson's text is there to find positions in.
    located: bool,
    problems: Vec<Problem>,
    /// What was told where: an equal mistake is placed at the next place.
    placed: BTreeSet<(usize, String)>,
}

/// The lines of a file in which something is looked for: from, until (exclusive).
type Lines = (usize, usize);

impl<'a> Checker<'a> {
    fn tell(&mut self, lines: Lines, word: &str, message: impl AsRef<str>, help: impl Into<Option<String>>) {
        if self.full() {
            return;
        }
        let message = message.as_ref();
        let places = self.text.places(lines.0, lines.1, word);
        let free = places.iter().copied().find(|at| !self.placed.contains(&(*at, message.to_owned())));
        let mut problem = match free.or(places.last().copied()) {
            Some(at) => {
                self.placed.insert((at, message.to_owned()));
                self.text.problem(at, message).with_help(help)
            }
            None => self.text.problem_at(lines.0, lines.1, word, message).with_help(help),
        };
        if !self.located {
            problem.line = lines.0;
        }
        self.problems.push(problem);
    }

    /// Whether enough is told about this lesson; looking for places and advice takes time.
    fn full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    fn needs(&mut self) {
        let ids: Vec<&str> = self.course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
        let head = (1, self.lesson.steps.first().map_or(usize::MAX, |step| step.line));
        for need in &self.lesson.needs {
            let word = format!("\"{need}\"");
            if *need == self.lesson.id {
                self.tell(head, &word, format!("lesson {need} needs itself"), "remove it from `needs`".to_owned());
            } else if !ids.contains(&need.as_str()) {
                let help = format!("the lessons are {}", ids.join(", "));
                self.tell(head, &word, format!("`needs` names lesson {need}, which does not exist"), help);
            }
        }
    }

    fn step(&mut self, step: &'a Step, until: usize, questions: &mut BTreeMap<&'a str, String>) {
        let lines = (step.line, until);
        let titles = step.title.iter().chain(step.titles.iter().map(|(_, title)| title));
        let titles: Vec<Vec<Inline>> = titles.map(|title| vec![Inline::Text(title.clone())]).collect();
        let words = |embedded| -> usize {
            step.shown(embedded).into_iter().flat_map(Block::runs).map(|run| prose::words(run)).sum()
        };
        let words = words(true).max(words(false));
        if words > prose::MOST_WORDS {
            let help = "a step is about 70 words; continue after a new `---`".to_owned();
            let message = format!("this step has {words} words, more than {}", prose::MOST_WORDS);
            self.tell(lines, "", message, help);
        }
        for paragraph in titles.iter().chain(step.blocks.iter().chain(&step.notes).flat_map(Block::runs)) {
            self.prose(lines, paragraph, step.bench.as_ref());
        }
        if let Some(bench) = &step.bench {
            self.bench((bench.line, until), bench);
        }
        for question in [&step.predict, &step.check].into_iter().flatten() {
            self.question(lines, question, questions, step.bench.as_ref());
        }
        if let Some(predict) = step.predict.as_ref().filter(|_| step.bench.is_none()) {
            let help = "put a `bench` into the same step: it shows what was predicted".to_owned();
            self.tell(lines, &quoted(&predict.id), "a `predict` without a bench in its step", help);
        }
    }

    /// One paragraph: its values exist and are measured here, its terms are known, its numbers are not typed by hand.
    fn prose(&mut self, lines: Lines, inlines: &[Inline], bench: Option<&Bench>) {
        for inline in inlines {
            match inline {
                Inline::Value(value) => self.value(lines, value, bench),
                Inline::Term { name, .. } => self.term(lines, name),
                _ => {}
            }
        }
        for found in prose::typed_numbers(inlines) {
            let help = "show it as {{…}}, cite it with {{cite.…}}, or write an example in `code`".to_owned();
            self.tell(lines, &found, format!("`{found}` is typed by hand: nothing says where it comes from"), help);
        }
    }

    fn value(&mut self, lines: Lines, value: &ValueRef, bench: Option<&Bench>) {
        if self.full() {
            return;
        }
        let name = written(value);
        if let Err(help) = values::known(value, self.vocabulary, &self.course.citations) {
            let help = help.unwrap_or_else(|| "clsroom lessons vocabulary lists the values".to_owned());
            self.tell(lines, &name, format!("`{name}` is not a value that exists"), help);
        } else if let Err((why, help)) = bench::measures(bench, value, self.vocabulary) {
            self.tell(lines, &name, format!("`{name}` is never measured in this step: {why}"), help);
        }
    }

    fn term(&mut self, lines: Lines, name: &str) {
        let known = || self.course.glossary.iter().map(|term| term.name.as_str());
        if known().any(|known| known.eq_ignore_ascii_case(name)) {
            return;
        }
        let help = did_you_mean(name, known())
            .unwrap_or_else(|| "add it to glossary.toml, or write the word without a link".to_owned());
        self.tell(lines, &format!("term:{name}"), format!("the glossary has no term `{name}`"), help);
    }
}

/// A name as TOML writes it.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::{Citation, parse, vocabulary};

    pub(super) fn vocabulary() -> Vocabulary {
        let names = |names: &str| names.split(' ').map(str::to_owned).collect();
        Vocabulary {
            live: vocabulary::LIVE.iter().map(|(pattern, _)| *pattern).collect(),
            readouts: names("cls mean mean-content cls+mean cls-at-end sep majority token: stand-in:"),
            layers: 6,
            heads: 12,
            records: ["frozen.cls.6.accuracy".to_owned()].into(),
            operations: names("softmax residual"),
        }
    }

    /// A course of these files, checked; parse errors count as mistakes too.
    fn check(files: &[(&str, String)]) -> Vec<Problem> {
        let mut lessons = Vec::new();
        let mut problems = Vec::new();
        for (file, text) in files {
            match parse::lesson(file, text) {
                Ok(lesson) => lessons.push(lesson),
                Err(found) => problems.extend(found),
            }
        }
        let citation = Citation { source: "Devlin et al. 2019".to_owned(), value: None, title: String::new() };
        let citations = [("devlin-2019".to_owned(), citation)].into();
        let sources = files.iter().map(|(file, text)| ((*file).to_owned(), text.clone())).collect();
        problems.extend(course(&Course { lessons, citations, ..Course::default() }, &sources, &vocabulary()));
        problems
    }

    fn one(body: &str) -> Vec<Problem> {
        check(&[(
            "04-how.md",
            format!("+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n{body}"),
        )])
    }

    #[test]
    fn a_sound_lesson_has_no_mistakes() {
        let body = r#"
Layer 3 of `12 ms` takes {{mixing.ratio.1 | percent}}, which is 5 % of {{cite.devlin-2019}}.

```bench
view = "race"
readouts = ["cls+mean", "token:3", "stand-in:movie"]
layer = "last"
```

```predict
id = "gap"
ask = "By more than 2 points?"
options = ["no", "about 1 %", "yes"]
measure = "race.cls+mean-token:3.last.difference"
bands = [-1, 2.5]
why = "See {{record.frozen.cls.6.accuracy}} and {{race.cls+mean-stand-in:movie.6.verdict}}."
```
"#;
        assert_eq!(one(body), []);
    }

    #[test]
    fn a_question_id_may_not_come_twice_and_lessons_must_exist() {
        let question = "```check\nid = \"same\"\nask = \"?\"\noptions = [\"a\", \"b\"]\nanswer = 1\nwhy = \"w\"\n```\n";
        let file = |needs: &str| {
            format!(
                "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nneeds = [\"{needs}\"]\nsentence = \"S\"\n+++\n{question}"
            )
        };
        let problems = check(&[("01-a.md", file("02")), ("02-b.md", file("07")), ("02-c.md", file("01"))]);
        let said: Vec<String> =
            problems.iter().map(|p| format!("{}:{}:{} {}", p.file, p.line, p.column, p.message)).collect();
        assert_eq!(
            said,
            [
                "lessons/02-c.md:0:0 lesson 02 is also the number of 02-b.md",
                "lessons/02-b.md:5:10 `needs` names lesson 07, which does not exist",
                "lessons/02-b.md:9:6 question \"same\" exists already, at 01-a.md:9",
                "lessons/02-c.md:9:6 question \"same\" exists already, at 02-b.md:9",
            ]
        );
    }

    #[test]
    fn without_its_text_a_mistake_still_has_the_steps_line() {
        let text = "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n\n{{nothing}}\n";
        let lesson = parse::lesson("01-a.md", text).expect("a lesson");
        let all = Course { lessons: vec![lesson], ..Course::default() };
        assert_eq!(course(&all, &Sources::new(), &vocabulary())[0].line, 8);
    }

    #[test]
    fn a_hostile_lesson_is_answered_soon_and_briefly() {
        assert!(one(&"{{nothing.here.at.all}} 5 % ".repeat(30_000)).len() <= MAX_PROBLEMS);
    }

    /// Each file in `tests/it/lessons_invalid` says in its first lines, `# expect: LINE:COLUMN text`, what the checker
    /// must find: exactly these, each message or advice containing the text.
    #[test]
    fn every_broken_example_gets_its_sentence() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/lessons_invalid");
        let mut files: Vec<_> =
            std::fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
        files.sort();
        assert!(files.len() > 10);
        for path in files {
            let text = std::fs::read_to_string(&path).expect("a text");
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            let problems = check(&[(name, text.clone())]);
            let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# expect: ")).collect();
            let shown = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert_eq!(problems.len(), expected.len(), "{name}:\n{shown}");
            for (problem, expected) in problems.iter().zip(expected) {
                let (place, words) = expected.split_once(' ').expect("a place and words");
                assert_eq!(format!("{}:{}", problem.line, problem.column), place, "{name}:\n{shown}");
                assert!(problem.to_string().contains(words), "{name}: expected {words:?} in\n{shown}");
            }
        }
    }
}
