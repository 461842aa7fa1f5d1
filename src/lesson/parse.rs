//! Reads one lesson: `+++` TOML head, Markdown steps split at `---`, fenced blocks `bench`, `predict`, `check` and `notes`.
//!
//! [`lesson`] is called by the library for every file of a course. It tells every mistake that a file shows on its
//! own; whether names (values, readouts, operations, other lessons) exist is for [`check`](super::check) to say.
//!
//! * `problem` – positions and the message an author reads
//! * `toml_at` – TOML inside a file, with errors placed in the file
//! * `steps` – the Markdown walk, `inline` – runs of text, `reference` – `{{…}}`, `fence` – the directives

mod fence;
mod inline;
pub(crate) mod problem;
mod reference;
mod steps;
pub(crate) mod toml_at;

pub use problem::{Problem, did_you_mean, visible};
pub use reference::{reference, written};

use crate::lesson::Lesson;
pub(crate) use problem::Text;
use toml_at::{Key, Keys, Shape, needed, optional};

/// Largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1_000_000;
/// Most steps in a lesson.
pub const MAX_STEPS: usize = 200;
/// Mistakes that are told about one file; one broken line can cause many.
pub(crate) const MAX_PROBLEMS: usize = 100;

/// The `+++` head.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    title: String,
    minutes: u16,
    question: String,
    #[serde(default)]
    needs: Vec<String>,
    sentence: String,
}

const HEAD: &[Key] = &[
    needed("title", Shape::Text),
    needed("minutes", Shape::Count),
    needed("question", Shape::Text),
    optional("needs", Shape::Texts),
    needed("sentence", Shape::Text),
];

/// Reads a lesson from its file's name (its first two digits are the lesson's id) and content.
///
/// # Errors
/// Every mistake found in the file, in the order of its lines.
pub fn lesson(file: &str, text: &str) -> Result<Lesson, Vec<Problem>> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let Some(id) = id_of(name) else {
        let help = "name it like `04-how-cls-mixes.md`: two digits, a hyphen, a few words";
        let message = "the file's name does not begin with two digits and a hyphen";
        return Err(vec![Problem::whole(file, message).with_help(help.to_owned())]);
    };
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; a lesson has at most {MAX_BYTES}", text.len());
        return Err(vec![Problem::whole(file, message)]);
    }
    let source = Text::new(file, text);
    let (head, body) = head_and_body(text).map_err(|(at, message)| {
        let help = "begin the file with a line `+++`, then `title = \"…\"`, `minutes = 5`, `question = \"…\"`, \
                    `sentence = \"…\"`, then another line `+++`";
        vec![source.problem(at, message).with_help(help.to_owned())]
    })?;
    let mut problems = Vec::new();
    let head = read_head(&source, text, head).map_err(|found| problems.extend(found)).ok();
    let (steps, more) = steps::read(&source, text, body);
    problems.extend(more);
    match head {
        Some(head) if problems.is_empty() => Ok(Lesson {
            id: id.to_owned(),
            file: name.to_owned(),
            title: one_line(&head.title),
            minutes: head.minutes,
            question: one_line(&head.question),
            needs: head.needs.iter().map(|id| one_line(id)).collect(),
            sentence: sentence(&head.sentence),
            steps,
        }),
        _ => {
            problems.sort_by_key(|problem| (problem.line, problem.column));
            Err(problems)
        }
    }
}

/// The two digits that begin a lesson's file name.
pub(crate) fn id_of(name: &str) -> Option<&str> {
    let id = name.get(..2)?;
    (id.bytes().all(|b| b.is_ascii_digit()) && name[2..].starts_with(['-', '.'])).then_some(id)
}

/// Byte ranges of the head's TOML and of the Markdown after it.
fn head_and_body(text: &str) -> Result<(std::ops::Range<usize>, usize), (usize, &'static str)> {
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut start = None;
    for line in text[at..].split_inclusive('\n') {
        let end = at + line.len();
        match (line.trim_end() == "+++", start) {
            (true, None) => start = Some(end),
            (true, Some(start)) => return Ok((start..at, end)),
            (false, None) => return Err((at, "the file does not begin with a `+++` head")),
            (false, Some(_)) => {}
        }
        at = end;
    }
    Err((0, if start.is_some() { "the `+++` head is never closed" } else { "the file is empty" }))
}

fn read_head(source: &Text<'_>, text: &str, range: std::ops::Range<usize>) -> Result<Head, Vec<Problem>> {
    let head: Head = toml_at::read(source, text, range.clone(), Keys::Of(HEAD))?;
    let mut problems = Vec::new();
    for (key, value) in [("title", &head.title), ("question", &head.question), ("sentence", &head.sentence)] {
        if value.trim().is_empty() {
            let lines = (source.line(range.start), source.line(range.end));
            let help = format!("write `{key} = \"\u{2026}\"`");
            problems.push(source.problem_at(lines.0, lines.1, key, format!("`{key}` is empty")).with_help(help));
        }
    }
    if problems.is_empty() { Ok(head) } else { Err(problems) }
}

/// A text for one line of the screen: runs of white space become one space, control characters visible.
fn one_line(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A text for the model: as the author wrote it, lines joined by a space. What is drawn of it is cleaned there.
fn sentence(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines.as_slice() {
        [_, _, ..] => {
            lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lesson::{Answer, Block, Format, Inline, Layer, Source, View};

    const HEAD: &str = "+++\ntitle = \"How\"\nminutes = 7\nquestion = \"Why?\"\nsentence = \"A film.\"\n+++\n";

    fn read(body: &str) -> Result<Lesson, Vec<Problem>> {
        lesson("04-how.md", &format!("{HEAD}{body}"))
    }

    fn first(body: &str) -> Problem {
        read(body).expect_err("a mistake").remove(0)
    }

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    #[test]
    fn a_whole_lesson_is_read() {
        let body = r#"
## Through the layers

The `[CLS]` position
starts as **its own** vector; see {{mixing.ratio.1 | percent}} and {{record.frozen.cls.6.accuracy | 2}}.

* one
* two *words*

> Quoted.

```bench
view = "mixing"
measure = "norm"
layer = 3
```

```predict
id = "mix-top"
ask = "Which token gives most?"
options = ["movie", "another"]
measure = "mixing.top.1"
matches = ["movie", "*"]
why = "It is `[SEP]`, by **norm**: {{mixing.top.1}}."
```

---

```
x = y
  z
```

```check
id = "where"
ask = "Where?"
options = ["a", "b", "c"]
answer = 3
why = "Because."
```
"#;
        let lesson = read(body).expect("a lesson");
        assert_eq!((lesson.id.as_str(), lesson.minutes, lesson.steps.len()), ("04", 7, 2));
        let [one, two] = &lesson.steps[..] else { panic!("two steps") };
        assert_eq!((one.title.as_deref(), one.line, two.line), (Some("Through the layers"), 8, 35));
        let Block::Paragraph(prose) = &one.blocks[0] else { panic!("a paragraph") };
        assert_eq!(
            prose[..4],
            [
                text("The "),
                Inline::Code("[CLS]".to_owned()),
                text(" position starts as "),
                Inline::Strong("its own".to_owned())
            ]
        );
        let values: Vec<_> =
            prose.iter().filter_map(|i| if let Inline::Value(v) = i { Some(v) } else { None }).collect();
        assert_eq!((values[0].source, values[0].format), (Source::Live, Format::Percent));
        assert_eq!((values[1].source, values[1].key.as_str()), (Source::Record, "frozen.cls.6.accuracy"));
        assert!(matches!(&one.blocks[1], Block::List { ordered: false, items } if items.len() == 2));
        assert_eq!(one.blocks[2], Block::Quote(vec![text("Quoted.")]));
        let bench = one.bench.as_ref().expect("a bench");
        assert_eq!((bench.view, bench.layer, bench.line), (View::Mixing, Some(Layer::Number(3)), 18));
        let predict = one.predict.as_ref().expect("a question");
        assert!(matches!(&predict.answer, Answer::Match { matches, .. } if matches.len() == 2));
        assert_eq!(predict.why.len(), 7);
        assert_eq!(two.blocks[0], Block::Code("x = y\n  z".to_owned()));
        assert_eq!(two.check.as_ref().map(|q| q.answer.clone()), Some(Answer::Option(2)));
    }

    #[test]
    fn notes_are_kept_apart_from_the_text() {
        let lesson = read("Text.\n\n```notes\nAsk *first*.\n\n* wait\n```\n").expect("a lesson");
        let step = &lesson.steps[0];
        assert_eq!((step.blocks.len(), step.notes.len()), (1, 2));
        assert!(
            matches!(&step.notes[0], Block::Paragraph(inlines) if inlines[1] == Inline::Emphasis("first".to_owned()))
        );
        let problem = first("Text.\n\n```notes\n| a |\n|---|\n```\n");
        assert_eq!((problem.line, problem.column), (10, 1), "{problem}");
        assert!(first("Text.\n\n```notes\n# Heading\n```\n").message.contains("text only"));
        assert!(first("Text.\n\n```notes\na\n```\n\n```notes\nb\n```\n").message.contains("a second `notes`"));
    }

    #[test]
    fn code_is_kept_line_by_line() {
        let lesson = read("Text.\n\n```code\nif x:\n\ty = 1\n```\n").expect("a lesson");
        assert_eq!(lesson.steps[0].code.as_deref(), Some("if x:\n    y = 1"));
        let says = |text: &str| first(text).message;
        assert!(says("Text.\n\n```code\n\n```\n").contains("is empty"));
        assert!(says(&format!("Text.\n\n```code\n{}\n```\n", "x".repeat(69))).contains("69 characters, more than 68"));
        assert!(says("Text.\n\n```code\nx = \u{201c}a\u{201d}\n```\n").contains("curly quote"));
        assert!(says("Text.\n\n```code\na\n```\n\n```code\nb\n```\n").contains("a second `code`"));
    }

    #[test]
    fn brackets_do_not_split_text_and_windows_lines_are_fine() {
        let lesson = read("See [CLS] and {{cls.norm.1 |\r\n 2}} here\r\n\r\n---\r\n\r\nNext.\r\n").expect("a lesson");
        let Block::Paragraph(prose) = &lesson.steps[0].blocks[0] else { panic!("a paragraph") };
        assert_eq!((prose.len(), &prose[0]), (3, &text("See [CLS] and ")));
        assert_eq!(lesson.steps.len(), 2);
    }

    #[test]
    fn control_characters_become_visible() {
        let lesson = read("a \u{1b}[2J `b\u{7}`\n\n```\nc\u{1b}c\n```\n").expect("a lesson");
        let shown = format!("{:?}", lesson.steps[0].blocks);
        assert!(shown.contains("␛[2J") && shown.contains("b␇") && shown.contains("c␛c"), "{shown}");
    }

    #[test]
    fn a_sentence_is_what_the_author_wrote() {
        let of = |sentence: &str| {
            let head = HEAD.replace("\"A film.\"", sentence);
            lesson("04-a.md", &format!("{head}Text.\n\n```bench\nview = \"tokens\"\nother = {sentence}\n```\n"))
        };
        for (written, read) in [
            (r#""two  spaces\u00a0and \u001b[31m""#, "two  spaces\u{a0}and \u{1b}[31m"),
            ("\"\"\"\none\n  two\n\"\"\"", "one two"),
        ] {
            let lesson = of(written).unwrap_or_else(|problems| panic!("{written}: {problems:?}"));
            let other = lesson.steps[0].bench.as_ref().and_then(|bench| bench.other.as_deref());
            assert_eq!((lesson.sentence.as_str(), other), (read, Some(read)));
        }
    }

    #[test]
    fn too_many_steps_and_too_large_a_file_are_refused() {
        assert!(read(&"x\n\n---\n\n".repeat(300)).expect_err("refused")[0].message.contains("200 steps"));
        assert!(read(&"x".repeat(MAX_BYTES)).expect_err("refused")[0].message.contains("bytes"));
        assert!(lesson("notes.md", HEAD).expect_err("refused")[0].message.contains("two digits"));
    }

    #[test]
    fn a_hostile_file_is_answered_soon_and_briefly() {
        for part in ["<b>", "{{ }} ", "{{ }}\n", "[a](b) ", "* ", "> ", "[", "`", "*a **b ", "```check\n```\n"] {
            let problems = read(&part.repeat(900_000 / part.len())).err().unwrap_or_default();
            assert!(problems.len() <= 3 * MAX_PROBLEMS, "{part:?}: {}", problems.len());
        }
    }

    proptest! {
        #[test]
        fn parsing_any_text_never_panics(text in "\\PC*", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = lesson("04-any.md", &text);
            let _ = read(&text);
            let _ = read(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn parsing_any_mixture_of_markdown_never_panics(parts in prop::collection::vec(prop::sample::select(vec![
            "```bench\n", "```check\n", "```predict\n", "```", "\n", "\n\n", "---", "\n---\n", "# ", "> ", "* ", "1. ", "    ",
            "view = \"map\"\n", "why = '''", "'''", "{{", "}}", "{{a.b | 2}}", "cls", "é\u{1b}", "**", "*", "`", "[a]: b\n",
            "[a]", "<b>", "| a | b |\n|--|--|\n", "answer = -1\n", "\r\n", "![", "](", ")", "\"", "+++\n", "\t", "\0",
        ]), 0..40)) {
            let _ = lesson("04-any.md", &parts.concat());
            let _ = read(&parts.concat());
        }
    }
}
