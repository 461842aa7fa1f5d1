//! Lesson files with mistakes in them, in great numbers: the checker never panics, and every mistake that it tells has a
//! place in the file and says what to write instead.
//!
//! The suite tries some hundreds. `CLSROOM_FUZZ_SECONDS=600 cargo test --release lesson_files` goes on for that long.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use clsroom::commands::load_course;
use clsroom::lesson::parse::{self, Problem};
use clsroom::lesson::vocabulary::LIVE;
use clsroom::lesson::{Course, Vocabulary, check};

/// Numbers that look random, always the same for a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % count.max(1) as u64) as usize
    }
}

/// What authors and word processors put into a lesson.
const PIECES: [&str; 30] = [
    "\u{201c}",
    "\u{201d}",
    "\u{2014}",
    "\u{2018}\u{2018}\u{2018}",
    "```",
    "---",
    "\n\n---\n\n",
    "+++",
    "{{",
    "}}",
    "\"",
    "[",
    "]",
    "= ",
    "layer = \"lats\"\n",
    "answer = 0\n",
    "matches = [[\"a\"], \"*\"]\n",
    "bands = [\"1\"]\n",
    "# ",
    "[x](term:y)",
    "![a](b)",
    "<b>",
    "\t",
    "\u{1b}[2J",
    "{{race.cls.last.accuracy}}",
    "{{record.frozen}}",
    "view = \"difference\"\n",
    "```others\n## A\n",
    "\r\n",
    "-1",
];

/// The file with a few mistakes.
fn broken(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..=random.below(4) {
        if lines.is_empty() {
            break;
        }
        let at = random.below(lines.len());
        match random.below(7) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[random.below(lines.len())].clone()),
            2 => lines.truncate(at),
            3 => {
                let line = lines[at].clone();
                let cut = line.floor_char_boundary(random.below(line.len() + 1));
                lines[at] = line[..cut].to_owned() + PIECES[random.below(PIECES.len())] + &line[cut..];
            }
            4 => {
                let mut signs: Vec<char> = lines[at].chars().collect();
                let (one, other) = (random.below(signs.len()), random.below(signs.len()));
                if !signs.is_empty() {
                    signs.swap(one, other);
                }
                lines[at] = signs.into_iter().collect();
            }
            5 => lines[at] = lines[at].replace('"', ["\u{201c}", "\u{201d}", "'", ""][random.below(4)]),
            _ => {
                let kept: Vec<&str> = lines[at].split(' ').collect();
                let drop = random.below(kept.len());
                let words = kept.iter().enumerate().filter(|(index, _)| *index != drop).map(|(_, word)| *word);
                lines[at] = words.collect::<Vec<_>>().join(" ");
            }
        }
    }
    lines.concat()
}

struct Checker {
    course: Course,
    vocabulary: Vocabulary,
}

impl Checker {
    fn new() -> Self {
        let loaded = load_course(None).unwrap_or_else(|problems| panic!("{problems}"));
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let vocabulary = Vocabulary {
            live: LIVE.iter().map(|(pattern, _)| *pattern).collect(),
            readouts: names(&[
                "cls",
                "mean",
                "sep",
                "max",
                "random",
                "words",
                "majority",
                "cls-at-end",
                "token:",
                "stand-in:",
            ]),
            layers: 6,
            heads: 12,
            records: loaded.records.keys().cloned().collect::<BTreeSet<_>>(),
            operations: names(&["softmax", "residual", "norm", "query", "pooler"]),
        };
        Self { course: loaded.course, vocabulary }
    }

    fn mistakes(&self, name: &str, text: &str) -> Vec<Problem> {
        match parse::lesson(name, text) {
            Err(problems) => problems,
            Ok(lesson) => {
                let sources = BTreeMap::from([(name.to_owned(), text.to_owned())]);
                // Lessons that it needs are not there; that is a mistake like any other.
                let course = Course { lessons: vec![lesson], ..self.course.clone() };
                check::course(&course, &sources, &self.vocabulary)
            }
        }
    }
}

fn lessons() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
    let names = std::fs::read_dir(&folder).expect("the lessons").map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.strip_suffix(".md").is_some_and(|stem| stem.starts_with(|c: char| c.is_ascii_digit())));
    names.sort();
    names.iter().map(|name| (name.clone(), std::fs::read_to_string(folder.join(name)).expect("text"))).collect()
}

#[test]
fn mistakes_in_lesson_files_are_placed_and_advised_and_nothing_panics() {
    let (checker, lessons) = (Checker::new(), lessons());
    let seconds =
        std::env::var("CLSROOM_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let began = Instant::now();
    let mut told = 0;
    for seed in 1_u64.. {
        if seconds.map_or(seed > 400, |seconds| began.elapsed() >= seconds) {
            println!("{} inputs", seed - 1);
            break;
        }
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (name, text) = &lessons[random.below(lessons.len())];
        let text = broken(text, &mut random);
        let lines = text.lines().count();
        for problem in checker.mistakes(name, &text) {
            let inside = (1..=lines + 1).contains(&problem.line) && problem.column >= 1;
            assert!(inside, "seed {seed}: no place in the file: {problem}");
            assert!(problem.suggestion.is_some(), "seed {seed}: no advice: {problem}");
            told += 1;
        }
    }
    assert!(told > 100, "{told} mistakes were told");
}

/// Each of several equal mistakes has a place of its own.
#[test]
fn equal_mistakes_have_places_of_their_own() {
    let checker = Checker::new();
    let head = "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n";
    for (body, count) in [
        ("A {{model.lairs}} and {{model.lairs}}.\n\nAgain {{model.lairs}}.\n", 3),
        ("It is 5 %. It was 5 %.\n\n* 5 %\n", 3),
        ("```bench\nview = \"race\"\nreadouts = [\"clz\", \"cls\", \"clz\"]\n```\n", 2),
        ("```bench\nview = \"map\"\nlayr = 1\nhaed = 2\n```\n", 2),
    ] {
        let problems = checker.mistakes("01-a.md", &format!("{head}\n{body}"));
        let places: BTreeSet<(usize, usize)> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
        let shown = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert_eq!((problems.len(), places.len()), (count, count), "{body}\n{shown}");
    }
}
