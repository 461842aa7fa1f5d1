use std::collections::BTreeMap;

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag};

use super::*;
use crate::lesson::Source;
use crate::lesson::library;
use crate::lesson::progress::{Figure, Measured};

fn course() -> Course {
    library::load(None).unwrap_or_else(|_| panic!("the course loads")).course
}

fn measured(value: Figure, sentence: Option<&str>) -> Measured {
    Measured {
        value,
        sentence: sentence.map(str::to_owned),
        command: sentence.is_none().then(|| "clsroom race --mode frozen --readouts cls,mean".to_owned()),
        lesson: "08".to_owned(),
        model: "all-MiniLM-L6-v2".to_owned(),
        at: Some(1_764_028_800),
        ..Measured::default()
    }
}

/// Progress with these numbers and words measured on a sentence (or in a race).
fn progress(numbers: &[(&str, f64)], words: &[(&str, &str)]) -> Progress {
    let on = |key: &str| {
        (!["race", "decode", "aggregate", "order"].iter().any(|run| key.starts_with(run))).then_some("A fine film.")
    };
    let mut progress = Progress::default();
    for (key, number) in numbers {
        progress.measured.insert((*key).to_owned(), measured(Figure::Number(*number), on(key)));
    }
    for (key, word) in words {
        progress.measured.insert((*key).to_owned(), measured(Figure::Text((*word).to_owned()), on(key)));
    }
    progress
}

fn answered(progress: &Progress) -> [Answer; QUESTIONS] {
    answers(&Evidence { progress, course: &course(), record: &|_| None })
}

const RACE: [(&str, f64); 5] = [
    ("race.cls.last.accuracy", 0.74),
    ("race.cls.last.low", 0.72),
    ("race.cls.last.high", 0.76),
    ("race.majority.accuracy", 0.5),
    ("race.cls-mean.last.difference", 0.042),
];

#[test]
fn question_1_follows_from_the_race() {
    let verdict = |numbers: &[(&str, f64)], word| {
        answered(&progress(numbers, &[("race.cls-mean.last.verdict", word)]))[0].verdict.clone()
    };
    let better = verdict(&RACE, "better");
    assert!(better.starts_with("This label can be read from it") && better.contains("74.0 %"), "{better}");
    assert!(better.contains("From GlobalPooling it is read more often here, +4.2 points"), "{better}");
    assert!(verdict(&RACE, "equivalent").contains("GlobalPooling is equivalent"));
    assert!(verdict(&RACE, "too little data to tell").contains("cannot tell"));
    let mut poor = RACE;
    (poor[0].1, poor[1].1) = (0.51, 0.49);
    assert!(verdict(&poor, "better").starts_with("Not shown here"), "no better than one answer for everything");
}

fn recorded_races(key: &str) -> Option<Figure> {
    match key {
        "frozen.cls.6.accuracy" => Some(Figure::Number(0.737)),
        "full.cls.finetune.accuracy" => Some(Figure::Number(0.874)),
        "frozen.train" | "full.train" => Some(Figure::Number(6_991.0)),
        _ => None,
    }
}

/// A small race of one's own beside a large recorded one would make training look better than it is.
#[test]
fn training_is_judged_by_runs_of_one_size() {
    let mut small = progress(&[("race.cls.last.accuracy", 0.662), ("gradient.cls.touched.last", 1.0)], &[]);
    if let Some(known) = small.measured.get_mut("race.cls.last.accuracy") {
        known.train = Some(512);
    }
    let said = answers(&Evidence { progress: &small, course: &course(), record: &recorded_races });
    assert!(
        said[2].verdict.contains("Fine-tuned, a classifier on [CLS] is right on 87.4 %, frozen on 73.7 %"),
        "{}",
        said[2].verdict
    );
    let small_run = said[0].points.iter().find(|point| point.value == "66.2 %").expect("the small run");
    assert_eq!(small_run.origin.train, Some(512));
    // The list has the pair that the sentence speaks of, and the learner's own run.
    let listed: Vec<(&str, &str)> =
        said[2].points.iter().map(|point| (point.value.as_str(), point.origin.source.in_words())).collect();
    for figure in [("66.2 %", "measured here"), ("73.7 %", "recorded"), ("87.4 %", "recorded")] {
        assert!(listed.contains(&figure), "{figure:?} in {listed:?}");
    }
    assert!(said[2].verdict.contains("(recorded, 6,991 training sentences)"), "{}", said[2].verdict);
}

/// Fine-tuned here on few sentences, frozen on all: the sentence is of the recorded pair, and says so.
#[test]
fn runs_of_two_sizes_are_not_compared() {
    let numbers = [
        ("race.cls.last.accuracy", 0.737),
        ("race.cls.finetune.accuracy", 0.619),
        ("gradient.cls.touched.last", 1.0),
        ("gradient.cls.touched.1", 9.0),
    ];
    let mut mixed = progress(&numbers, &[]);
    for (key, train) in [("race.cls.last.accuracy", 6_991), ("race.cls.finetune.accuracy", 512)] {
        mixed.measured.get_mut(key).expect("measured").train = Some(train);
    }
    let [_, _, third, ..] = answers(&Evidence { progress: &mixed, course: &course(), record: &recorded_races });
    assert!(
        third.verdict.contains("is right on 87.4 %, frozen on") && third.verdict.contains("recorded"),
        "{}",
        third.verdict
    );
    assert!(!third.is_measured() && third.partly.is_some(), "a part of it is recorded: {third:?}");
    let recorded =
        |value: &str| third.points.iter().any(|point| point.value == value && point.origin.source == Source::Record);
    assert!(recorded("73.7 %") && recorded("87.4 %"), "{:?}", third.points);
    assert!(third.points.iter().any(|point| point.value == "61.9 %" && point.origin.train == Some(512)));
    // Without a record nothing is compared.
    let [_, _, third, ..] = answers(&Evidence { progress: &mixed, course: &course(), record: &|_| None });
    assert!(!third.verdict.contains("Frozen it is right"), "{}", third.verdict);
}

/// How a figure of an answer is there: its number is told apart from every other.
#[derive(Debug, Clone, Copy)]
enum There {
    Absent,
    Small,
    Full,
    OtherModel,
    OtherSentence,
    OtherData,
    Again,
}

const THERE: [There; 7] =
    [There::Absent, There::Small, There::Full, There::OtherModel, There::OtherSentence, There::OtherData, There::Again];

/// Progress in which every fact is there in its own way.
fn mixed(there: &[There], salt: usize) -> Progress {
    let mut progress = Progress::default();
    for (index, (fact, there)) in FACTS.iter().zip(there).enumerate() {
        let run = ["race", "decode", "aggregate", "order"].iter().any(|run| fact.key.starts_with(run));
        let on = if matches!(there, There::OtherSentence) { "Another film." } else { "A fine film." };
        let number = ((index * 7 + salt * 13) % 900 + 50) as f64 / 1_000.0;
        let words = ["better", "worse", "too little data to tell", "equivalent"];
        let value = if fact.key.ends_with("verdict") {
            Figure::Text(words[(index + salt) % words.len()].to_owned())
        } else if fact.key.contains("touched") {
            Figure::Number(((index * 5 + salt) % 17 + 1) as f64)
        } else {
            Figure::Number(number)
        };
        let mut one = measured(value, (!run).then_some(on));
        let sized = |train| run.then_some(train);
        (one.train, one.test) = (sized(6_991), sized(2_035));
        match there {
            There::Absent => continue,
            There::Small => one.train = sized(512),
            There::OtherModel => one.model = "bge".to_owned(),
            There::OtherData => one.data_sha256 = run.then(|| "b".repeat(64)),
            There::Again => one.command = run.then(|| "clsroom race --seed 1".to_owned()),
            There::Full | There::OtherSentence => {}
        }
        progress.measured.insert(fact.key.to_owned(), one);
    }
    progress
}

/// The numbers of a text as they are written.
fn numbers(text: &str) -> Vec<String> {
    let fits = |c: char| c.is_ascii_digit() || ".+-e".contains(c);
    let words = text.split(|c: char| !fits(c)).map(|word| word.trim_matches('.').trim_start_matches('-'));
    words.filter(|word| word.contains(|c: char| c.is_ascii_digit())).map(str::to_owned).collect()
}

fn assert_sentences_follow_from_their_lists(answers: &[Answer]) {
    for answer in answers {
        let mut rest = answer.verdict.clone();
        // A clause ends with what its figures were measured with.
        while let Some((end, origin)) = answer
            .points
            .iter()
            .map(|point| point.origin.in_words())
            .filter_map(|words| Some((rest.find(&format!("({words})"))?, words)))
            .min_by_key(|(at, words)| (*at, std::cmp::Reverse(words.len())))
        {
            let listed: Vec<String> = answer
                .points
                .iter()
                .filter(|point| point.origin.in_words() == origin)
                .flat_map(|point| numbers(&point.value))
                .collect();
            for number in numbers(&rest[..end]) {
                assert!(listed.contains(&number), "{number} ({origin}) is not in the list of {answer:#?}");
            }
            rest = rest[end + origin.len() + 2..].to_owned();
        }
        assert_eq!(numbers(&rest), Vec::<String>::new(), "a figure without its source in {}", answer.verdict);
    }
}

#[test]
fn a_prediction_that_a_record_decides_says_recorded() {
    let course = course();
    let mut steps = course.lessons.iter().flat_map(|lesson| &lesson.steps);
    let recorded = |question: &&Question| matches!(&question.answer, Decider::Bands { value, .. } if value.source == Source::Record);
    let question = steps.find_map(|step| step.predict.as_ref().filter(recorded)).expect("a record decides one");
    let given = Given { correct: Some(false), measured: Some("+5.2 points".to_owned()), ..Given::default() };
    let said = format!("{:?}", prediction(question, &given));
    assert!(said.contains("+5.2 points, recorded") && !said.contains("measured here"), "{said}");
    let given = Given { source: Some(Source::Live), ..given };
    assert!(format!("{:?}", prediction(question, &given)).contains("+5.2 points, measured here"));
    let given = Given { correct: None, ..given };
    assert!(
        format!("{:?}", prediction(question, &given)).contains("more than one answer (+5.2 points, measured here)")
    );
}

#[test]
fn question_2_follows_from_the_arrangements() {
    let verdict = |moved| {
        let numbers = [("arrange.carried.largest.last", moved), ("race.cls-cls-at-end.last.difference", -0.014)];
        let words = [("race.cls-cls-at-end.last.verdict", "too little data to tell")];
        answered(&progress(&numbers, &words))[1].verdict.clone()
    };
    let rounding = verdict(2e-6);
    assert!(
        rounding.contains("Attention does not need [CLS] to be first") && rounding.contains("2.0e-6"),
        "{rounding}"
    );
    assert!(rounding.contains("it comes out -1.4 points: too little data to tell"), "{rounding}");
    assert!(verdict(0.3).starts_with("Not shown here"));
}

#[test]
fn question_3_follows_from_the_gradient_and_the_fine_tuned_race() {
    let verdict = |top, before, after| {
        let numbers = [
            ("gradient.cls.touched.last", top),
            ("gradient.cls.touched.1", 9.0),
            ("race.cls.last.accuracy", before),
            ("race.cls.finetune.accuracy", after),
        ];
        answered(&progress(&numbers, &[]))[2].verdict.clone()
    };
    let read = verdict(1.0, 0.74, 0.82);
    assert!(read.contains("enters at 1 position of the last layer and reaches 9"), "{read}");
    assert!(read.contains("do not tell whether training helped"), "without intervals nothing is claimed: {read}");
    assert!(verdict(9.0, 0.74, 0.82).contains("it does not enter at [CLS] alone"));
}

#[test]
fn question_4_follows_from_the_decoders() {
    let verdict = |found, low| {
        let numbers = [
            ("decode.cls.last.precision", found),
            ("decode.cls.last.low", low),
            ("decode.cls.last.high", found + 0.01),
            ("decode.baseline", 0.036),
            ("decode.mean.last.precision", 0.6),
        ];
        answered(&progress(&numbers, &[]))[3].verdict.clone()
    };
    let part = verdict(0.38, 0.37);
    assert!(part.starts_with("In part: a linear map finds 38.0 %") && part.contains("blindly 3.6 %"), "{part}");
    assert!(part.contains("from GlobalPooling 60.0 %"), "{part}");
    assert!(verdict(0.97, 0.96).starts_with("Nearly all the pieces that it knows"));
    assert!(verdict(0.04, 0.03).starts_with("Not shown here"));
}

#[test]
fn without_measurements_every_gap_is_said_and_records_are_called_recorded() {
    for answer in answered(&Progress::default()) {
        assert_eq!((answer.verdict.as_str(), answer.points.len()), ("Not answered yet.", 0));
        assert!(answer.gap.is_some_and(|gap| gap.starts_with("You have not measured this yet.")));
    }
    let records = BTreeMap::from([
        ("frozen.cls.6.accuracy", Figure::Number(0.739)),
        ("frozen.cls.6.low", Figure::Number(0.72)),
        ("frozen.majority.accuracy", Figure::Number(0.5)),
        ("frozen.command", Figure::Text("clsroom race --layer all".to_owned())),
    ]);
    let (progress, course) = (Progress::default(), course());
    let evidence = Evidence { progress: &progress, course: &course, record: &|key| records.get(key).cloned() };
    let [first, ..] = answers(&evidence);
    assert!(
        first.verdict.starts_with("This label")
            && first.points.iter().all(|point| point.origin.source == Source::Record)
    );
    assert_eq!(first.points[0].again.as_deref(), Some("clsroom race --layer all"));
    assert!(first.gap.is_some_and(|gap| gap.contains("the figures are recorded")));
}

#[test]
fn every_figure_names_the_command_that_gives_it_again() {
    let numbers: Vec<(&str, f64)> = FACTS.iter().map(|fact| (fact.key, 0.5)).collect();
    let progress = progress(&numbers, &[]);
    let course = course();
    let evidence = Evidence { progress: &progress, course: &course, record: &|_| None };
    // A comparison's command is kept with it: it names the other sentence too.
    for fact in FACTS.iter().filter(|fact| !fact.key.starts_with("compare")) {
        let point = evidence.point(fact.key).expect("measured");
        let again = point.again.unwrap_or_default();
        assert!(again.starts_with("clsroom trace") || again.starts_with("clsroom race"), "{}: {again:?}", fact.key);
    }
    let again = evidence.point("arrange.carried.largest.last").and_then(|point| point.again);
    assert_eq!(again.as_deref(), Some("clsroom trace --also arrange -- 'A fine film.'"));
}

#[test]
fn another_model_is_named_as_the_command_line_takes_it() {
    let again = super::again::of_sentence("label.cls.answer", "A film.", (Some("./my model"), Some(64)));
    assert_eq!(again.as_deref(), Some("clsroom trace --model './my model' --max-length 64 -- 'A film.'"));
}

#[test]
fn a_comparison_names_both_sentences() {
    let again = super::beside("it's one", "-two", Some("bank"), (None, None));
    assert_eq!(again, r"clsroom trace --beside=-two --word bank -- 'it'\''s one'");
}

#[test]
fn days_are_counted_right() {
    assert_eq!((day(0).as_str(), moment(1_764_028_859).as_str()), ("1970-01-01", "2025-11-25 00:00 UTC"));
    assert_eq!(day(951_782_400), "2000-02-29");
    assert!(!day(u64::MAX).is_empty());
}

/// The document of a learner whose sentence and answers are this text.
fn hostile(text: &str) -> Document {
    let mut document = Document::new("t");
    document.item(vec![Run::plain(text)]);
    document.text(vec![Run::plain("x"), Run::plain(text)]);
    document
}

#[test]
fn hostile_sentences_are_escaped_in_both_formats() {
    let text = "</p><script>alert(1)</script> [x](javascript:y) `z` **b** | # \u{1b}[31m \u{202e}\n- a";
    let mut progress = progress(&[("arrange.carried.largest.last", 1e-6)], &[]);
    if let Some(known) = progress.measured.get_mut("arrange.carried.largest.last") {
        known.sentence = Some(text.to_owned());
    }
    let course = course();
    let document = write(&Evidence { progress: &progress, course: &course, record: &|_| None }, Some("<b>"), None);
    let html = document.html();
    assert!(!html.contains("<script") && !html.contains("<b>") && html.contains("&lt;script&gt;"), "{html}");
    let markdown = document.markdown();
    for format in [&html, &markdown] {
        assert!(!format.contains('\u{1b}') && !format.contains('\u{202e}'), "control characters are shown");
    }
    assert_markdown_is_plain(&markdown);
    assert!(markdown.contains("clsroom trace --also arrange -- $'"), "{markdown}");
}

/// No HTML, link, picture or table comes out of it.
fn assert_markdown_is_plain(markdown: &str) {
    for event in Parser::new(markdown) {
        let harmful = matches!(
            event,
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock)
        );
        assert!(!harmful, "{event:?} in\n{markdown}");
    }
}

proptest! {
    /// Whatever is stored, from whichever runs: a figure in an answer's sentence stands in its list, from the same source.
    #[test]
    fn every_figure_of_a_sentence_is_in_its_list(
        there in prop::collection::vec(prop::sample::select(&THERE[..]), FACTS.len()),
        recorded in prop::collection::vec(any::<bool>(), FACTS.len()),
        salt in 0..100_usize,
    ) {
        let (progress, course) = (mixed(&there, salt), course());
        let records: BTreeMap<&str, Figure> = FACTS
            .iter()
            .enumerate()
            .filter(|(index, _)| recorded[*index])
            .filter_map(|(index, fact)| {
                let word = Figure::Text("better".to_owned());
                let number = Figure::Number(((index * 11 + salt * 3) % 900 + 50) as f64 / 1_000.0);
                Some((fact.record?, if fact.key.ends_with("verdict") { word } else { number }))
            })
            .chain([("frozen.train", Figure::Number(6_991.0)), ("full.train", Figure::Number(6_991.0))])
            .collect();
        let record = |key: &str| records.get(key).cloned();
        let evidence = Evidence { progress: &progress, course: &course, record: &record };
        assert_sentences_follow_from_their_lists(&answers(&evidence));
    }

    #[test]
    fn any_text_comes_back_as_it_was_typed(text in "[ -~äß猫]{1,60}") {
        assert_comes_back(&text);
    }
}

/// A reader of Markdown sees what was typed.
fn assert_comes_back(text: &str) {
    let markdown = hostile(text).markdown();
    assert_markdown_is_plain(&markdown);
    let shown: String = Parser::new(&markdown)
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.into_string()),
            Event::SoftBreak | Event::HardBreak => Some("\n".to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(shown, format!("t{}x{}", text.trim(), text.trim_end()), "{text:?}");
}

#[test]
fn signs_behind_spaces_begin_no_list_and_no_heading() {
    for text in [" -", "  - a", " + b", " = c", " 1. d", "   12) e", " # f", " > g", "- h", "1. i"] {
        assert_comes_back(text);
    }
}

fn verdicts(words: [&str; 5]) -> Progress {
    let rivals = ["token:1", "random", "sep", "cls-at-end", "stand-in:banana"];
    let mut progress = Progress::default();
    for (rival, word) in rivals.into_iter().zip(words) {
        let key = |what: &str| format!("race.cls-{rival}.finetune.{what}");
        progress.measured.insert(key("difference"), measured(Figure::Number(-0.01), None));
        progress.measured.insert(key("verdict"), measured(Figure::Text(word.to_owned()), None));
    }
    progress
}

#[test]
fn the_claim_about_any_token_follows_from_the_verdicts() {
    let said = |words| answered(&verdicts(words))[5].verdict.clone();
    let (holds, open) = ("equivalent", "too little data to tell");
    assert!(said([holds; 5]).starts_with("Yes, of those that were tried"), "{}", said([holds; 5]));
    let one_open = said([holds, holds, open, "better", holds]);
    assert!(one_open.starts_with("Fine-tuned, none is shown to be worse") && one_open.contains("[SEP] is not decided"));
    let one_worse = said([holds, "worse", open, holds, holds]);
    assert!(
        one_worse.starts_with("Not shown for every token") && one_worse.contains("a random token is worse"),
        "{one_worse}"
    );
    assert_eq!(answered(&Progress::default())[5].verdict, "Not answered yet.");
}

#[test]
fn the_claim_about_pooling_follows_from_both_races() {
    let from = |low: f64, tuned: &str, frozen: &str| {
        let numbers = [
            ("race.cls-mean.finetune.difference", 0.006),
            ("race.cls-mean.finetune.low", low),
            ("race.cls-mean.finetune.high", 0.037),
            ("race.cls-mean.last.difference", 0.042),
        ];
        let words = [("race.cls-mean.finetune.verdict", tuned), ("race.cls-mean.last.verdict", frozen)];
        answered(&progress(&numbers, &words))[4].verdict.clone()
    };
    let both = |tuned: &str, frozen: &str| from(-0.025, tuned, frozen);
    let said = both("equivalent", "better");
    assert!(
        said.starts_with(
            "Fine-tuned: not inferior. GlobalPooling minus [CLS] +0.6 points, its interval begins at -2.5 points, equivalent"
        ),
        "{said}"
    );
    assert!(said.contains("Frozen: not inferior. GlobalPooling minus [CLS] +4.2 points, better"), "{said}");
    assert!(both("too little data to tell", "worse").contains("Fine-tuned: not decided"));
    assert!(both("too little data to tell", "worse").contains("Frozen: worse here"));
    // Not inferior asks for the lower end alone: how much better the lane may be does not matter.
    assert!(from(-0.015, "too little data to tell", "worse").contains("Fine-tuned: not inferior"));
}

/// Half a point more on a few hundred sentences is no effect of training.
#[test]
fn training_helped_only_where_the_intervals_lie_apart() {
    let said = |before: [f64; 3], after: [f64; 3]| {
        let keys = ["accuracy", "low", "high"];
        let names = |lane: &str| keys.map(|key| format!("race.cls.{lane}.{key}"));
        let [frozen, tuned] = [names("last"), names("finetune")];
        let numbers: Vec<(&str, f64)> =
            frozen.iter().map(String::as_str).zip(before).chain(tuned.iter().map(String::as_str).zip(after)).collect();
        answered(&progress(&numbers, &[]))[2].verdict.clone()
    };
    let frozen = [0.70, 0.67, 0.73];
    assert!(said(frozen, [0.80, 0.78, 0.82]).contains("training changed what can be read from [CLS]"));
    assert!(said(frozen, [0.71, 0.68, 0.74]).contains("these two intervals do not tell whether training helped"));
    assert!(said(frozen, [0.60, 0.57, 0.63]).contains("training took away"));
}
