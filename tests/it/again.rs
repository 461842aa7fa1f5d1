//! Commands that the program prints: typed again they ask for the same run, and whatever changes a figure changes them and
//! the key by which a record or an interrupted race is recognised.

use std::fs;

use clap::Parser as _;
use clsroom::cli::{Cli, Command};
use clsroom::commands::{invert_request, parse_data, race_request};
use clsroom::lab::dataset::Dataset;
use clsroom::lab::{
    AggregateRequest, InvertRequest, Margin, Mode, ModelFacts, RaceRequest, Rate, Readout, Recipe, command,
};
use clsroom::lesson::notebook;
use proptest::prelude::*;

use crate::driver::lab;

/// The words of a command as a shell (bash, ksh or zsh) takes them.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut chars) = (Vec::new(), None::<String>, command.chars().peekable());
    while let Some(c) = chars.next() {
        let open = |word: &mut Option<String>| word.get_or_insert_default().len();
        match c {
            ' ' => words.extend(word.take()),
            '\'' => {
                open(&mut word);
                word.as_mut().expect("open").extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                let mut bytes = Vec::new();
                while let Some(c) = chars.next().filter(|c| *c != '\'') {
                    match (c, c == '\\').1.then(|| chars.next().expect("an escape")) {
                        Some('x') => {
                            let digits: String = chars.by_ref().take(2).collect();
                            bytes.push(u8::from_str_radix(&digits, 16).expect("a byte"));
                        }
                        Some(escaped) => bytes.extend(escaped.to_string().bytes()),
                        None => bytes.extend(c.to_string().bytes()),
                    }
                }
                word.get_or_insert_default().push_str(&String::from_utf8(bytes).expect("UTF-8"));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn typed(command: &str) -> Cli {
    Cli::try_parse_from(words(command)).unwrap_or_else(|error| panic!("{command}: {error}"))
}

fn facts(asked: Option<&str>, length: Option<usize>) -> ModelFacts {
    ModelFacts { asked: asked.map(str::to_owned), asked_length: length, ..(*lab().facts()).clone() }
}

/// Names that a shell would take apart, and plain ones.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}/[a-z0-9-]{1,8}(@[a-z]{1,4})?",
        "\\./[a-z '\"$`;&|*]{1,12}\\.(csv|tsv)",
        "-[a-z]{1,4}\\.csv",
        Just("movies".to_owned()),
        Just("it's é (1).jsonl".to_owned()),
    ]
}

fn readouts() -> impl Strategy<Value = Vec<Readout>> {
    let all =
        ["cls", "mean", "mean-content", "max", "sep", "token:3", "random", "cls+mean", "words", "stand-in:banana"];
    let all: Vec<Readout> = all.into_iter().map(|name| name.parse().expect("a readout")).collect();
    proptest::sample::subsequence(all, 1..5)
}

fn races() -> impl Strategy<Value = RaceRequest> {
    let recipe = (
        1..5_usize,
        prop_oneof![Just(0), Just(150), 1..999_usize],
        1..5_usize,
        prop_oneof![Just(Rate::Auto), (1e-6..1e-2).prop_map(Rate::Fixed)],
    )
        .prop_flat_map(|(epochs, least_steps, seeds, rate)| {
            proptest::option::of(1..=6_usize).prop_map(move |top_layers| Recipe {
                epochs,
                least_steps,
                seeds,
                rate,
                top_layers,
                ..Recipe::default()
            })
        });
    let layers = prop_oneof![
        Just(Vec::new()),
        Just((0..=6).collect()),
        Just((0..=6).rev().collect()),
        proptest::sample::subsequence((0..=6).collect::<Vec<usize>>(), 1..5)
    ];
    let modes = proptest::sample::subsequence(Mode::ALL.to_vec(), 1..=2);
    let limits = (proptest::option::of(1..9_999_usize), proptest::option::of(1..999_usize));
    let margin = (1..=500_u16).prop_map(|tenths| Margin::try_from(f64::from(tenths) / 10.0).expect("a margin"));
    let chosen = (any::<u64>(), margin);
    (names(), readouts(), layers, limits, chosen, modes, recipe, proptest::option::of(names())).prop_map(
        |(data, readouts, layers, (train, test), (seed, margin), modes, recipe, against)| {
            RaceRequest { data, readouts, layers, train, test, seed, margin, modes, recipe, against }.settled(6)
        },
    )
}

proptest! {
    #[test]
    fn a_printed_race_typed_again_is_the_same_race(
        request in races(),
        model in proptest::option::of(names()),
        length in proptest::option::of(3..512_usize),
    ) {
        let cli = typed(&command::race(&request, &facts(model.as_deref(), length)));
        let Some(Command::Race(asked)) = &cli.command else { panic!("a race") };
        prop_assert_eq!(race_request(asked, 6).expect("a request"), request);
        prop_assert_eq!(&cli.common.model, &model);
        let usual = |length: &Option<usize>| length.is_none_or(|length| length == 128);
        prop_assert!(cli.common.max_length == length || usual(&length));
    }

    #[test]
    fn printed_decoders_measures_and_passes_are_too(
        data in names(),
        readouts in readouts(),
        limits in (proptest::option::of(1..999_usize), proptest::option::of(1..999_usize)),
        model in proptest::option::of(names()),
        sentence in "\\PC{1,20}|-[a-z ]{1,9}|it's\nover \u{1b}\\[2J",
    ) {
        let (train, test) = limits;
        let with = facts(model.as_deref(), Some(64));
        let request = InvertRequest { data: data.clone(), readouts, layers: vec![0, 6], train, test };
        let cli = typed(&command::invert(&request, &with, Some(&sentence)));
        let Some(Command::Invert(asked)) = &cli.command else { panic!("decoders") };
        prop_assert_eq!(invert_request(asked, 6).expect("a request"), request);
        prop_assert_eq!((asked.text.as_ref(), cli.common.max_length), (Some(&sentence), Some(64)));

        let request = AggregateRequest { data: data.clone(), train, test };
        let cli = typed(&command::aggregate(&request, &with, Some(&sentence)));
        let Some(Command::Aggregate(asked)) = &cli.command else { panic!("measures") };
        let found = AggregateRequest { data: asked.data.clone(), train: asked.train, test: asked.test };
        prop_assert_eq!((found, &asked.text, cli.common.model), (request, &Some(sentence.clone()), model.clone()));

        let line = notebook::trace(&sentence, Some("knockout"), (model.as_deref(), Some(64)));
        let cli = typed(&line);
        let Some(Command::Trace(asked)) = &cli.command else { panic!("a pass") };
        prop_assert_eq!((&asked.text, &cli.common.model, cli.common.max_length), (&sentence, &model, Some(64)));
        let cli = typed(&notebook::beside(&sentence, &data, Some("bank"), (None, None)));
        let Some(Command::Trace(asked)) = &cli.command else { panic!("a pass") };
        prop_assert_eq!((&asked.beside, &asked.word), (&Some(data), &Some("bank".to_owned())));
    }
}

/// Whatever changes a figure: a flag of the command line at a time, the model, and the sentences.
#[test]
fn everything_that_changes_a_figure_changes_command_and_key() {
    let base = RaceRequest {
        modes: vec![Mode::Frozen, Mode::Finetune],
        layers: vec![6],
        ..RaceRequest::frozen("movies", vec![Readout::Cls, Readout::Mean])
    };
    let tuned = |recipe: Recipe| RaceRequest { recipe, ..base.clone() };
    let usual = Recipe::default;
    // Those that change a single fine-tuned run come first.
    let run = [
        RaceRequest { train: Some(64), ..base.clone() },
        RaceRequest { test: Some(64), ..base.clone() },
        RaceRequest { seed: 1, ..base.clone() },
        tuned(Recipe { epochs: 3, ..usual() }),
        tuned(Recipe { rate: Rate::Auto, ..usual() }),
        tuned(Recipe { least_steps: 151, ..usual() }),
        tuned(Recipe { rate: Rate::Fixed(5e-5), ..usual() }),
        tuned(Recipe { top_layers: Some(2), ..usual() }),
    ];
    let race = [
        RaceRequest { readouts: vec![Readout::Cls, Readout::Max], ..base.clone() },
        RaceRequest { layers: vec![3], ..base.clone() },
        RaceRequest { layers: (0..=6).collect(), ..base.clone() },
        RaceRequest { modes: vec![Mode::Finetune], ..base.clone() },
        RaceRequest { against: Some("other".to_owned()), ..base.clone() },
        RaceRequest { margin: "3".parse().expect("a margin"), ..base.clone() },
        tuned(Recipe { seeds: 2, ..usual() }),
    ];
    let (here, movies) = (facts(None, None), lab().dataset("movies").expect("embedded"));
    let all: Vec<&RaceRequest> = std::iter::once(&base).chain(&run).chain(&race).collect();
    let different = |found: Vec<String>| {
        let count = found.len();
        let found: std::collections::BTreeSet<String> = found.into_iter().collect();
        assert_eq!(found.len(), count, "{found:?}");
    };
    different(all.iter().map(|request| command::race(request, &here)).collect());
    different(all.iter().map(|request| command::race_key(request, &here, &movies)).collect());
    let one = command::run_key(&base, &here, &movies);
    different(run.iter().chain([&base]).map(|request| command::run_key(request, &here, &movies)).collect());
    // A run is the same whatever runs beside it, and an interrupted race takes it.
    assert!(race.iter().all(|request| command::run_key(request, &here, &movies) == one));

    // The model: its weights, tokenizer and configuration, and how much it reads of a text.
    let lab_of =
        |length| clsroom::lab::Session::alone(clsroom::model::Bert::embedded(length).expect("it loads"), None).facts();
    let (short, usual) = (lab_of(Some(20)), lab_of(None));
    assert_eq!(usual.fingerprint, lab_of(Some(128)).fingerprint);
    assert_ne!(short.fingerprint, usual.fingerprint);
    assert_ne!(command::run_key(&base, &short, &movies), command::run_key(&base, &usual, &movies));
    assert!(command::race(&base, &short).contains(" --max-length 20 "));
    let folder = tempfile::tempdir().expect("a folder");
    let few = crate::checkpoint::Checkpoint { positions: 64, ..Default::default() };
    few.write(folder.path());
    let open = |length| {
        let bert = clsroom::model::Bert::open(folder.path(), length).expect("it loads");
        clsroom::lab::Session::alone(bert, None).facts()
    };
    // A table of few positions sets the limit itself; one that was asked for is named all the same.
    assert!(!command::race(&base, &open(None)).contains("--max-length"));
    assert!(command::race(&base, &open(Some(20))).contains(" --max-length 20 "));
    let before = open(None);
    fs::write(folder.path().join("tokenizer_config.json"), "{\"do_lower_case\": false}").expect("written");
    assert_ne!(before.fingerprint, open(None).fingerprint, "another tokenizer");
    assert_eq!(before.sha256, open(None).sha256);

    // The sentences as they are read, not as they are called.
    let own = |name: &str, text: &str| -> Dataset {
        let row = |number: usize| format!("day {number}{text},{}\n", ["good", "bad"][number % 2]);
        let rows = (0..80).map(row).collect::<Vec<_>>().concat();
        parse_data(name, format!("text,label\n{rows}").into_bytes()).expect("data")
    };
    let key = |data: &Dataset| command::race_key(&base, &here, data);
    assert_eq!(key(&own("a.csv", "")), key(&own("b.csv", "")));
    assert_ne!(key(&own("a.csv", "")), key(&own("a.csv", " more")));
}

/// Two files of one name in one lab, one after the other: the second is not answered with the first's vectors.
#[test]
fn other_sentences_of_the_same_name_are_read_anew() {
    let own = |words: [&str; 2]| {
        let row = |number: usize| format!("{} on day {number},{}\n", words[number % 2], ["good", "bad"][number % 2]);
        let rows = (0..120).map(row).collect::<Vec<_>>().concat();
        parse_data("mine.csv", format!("text,label\n{rows}").into_bytes()).expect("data")
    };
    let (first, second) = (own(["a lovely film", "a dreadful film"]), own(["a bus", "a train"]));
    let lab = clsroom::lab::Session::alone(lab().bert().clone(), None);
    let run = |lab: &clsroom::lab::Session, data: &Dataset| {
        let name = lab.add(data.clone()).expect("added");
        let request = RaceRequest::frozen(&name, vec![Readout::Cls]);
        let found = lab.race(&request, &clsroom::lab::Control::QUIET, &clsroom::lab::race::Kept::NOTHING);
        found.expect("it runs").expect("not stopped").0.lanes[0].clone()
    };
    run(&lab, &first);
    let after = run(&lab, &second);
    let alone = run(&clsroom::lab::Session::alone(lab.bert().clone(), None), &second);
    assert_eq!((after.grid, after.probabilities), (alone.grid, alone.probabilities));
}
