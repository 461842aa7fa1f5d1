//! The course with another model than the one it is written for: no claim and no figure of that one, no hole in the text,
//! and benches that begin at the layer that the lesson means.

use std::path::Path;
use std::sync::Arc;

use clsroom::app::{Key, values};
use clsroom::commands::read_data;
use clsroom::lab::Event;
use clsroom::lab::Session;
use clsroom::lesson::{Block, Inline, Layer, Only, Question, Source, Step, ValueRef, View};
use clsroom::model::Bert;

use crate::checkpoint::Checkpoint;
use crate::driver::{Driver, lab};
use crate::two_models::sentences;

fn model(folder: &Path, layers: usize) -> Arc<Session> {
    let path = folder.join(format!("layers-{layers}"));
    Checkpoint { layers, ..Checkpoint::default() }.write(&path);
    Arc::new(Session::alone(Bert::open(&path, None).expect("it loads"), None))
}

/// Every step of the course, answered and run; `see` gets the place and the text page.
fn walk(driver: &mut Driver, runs: bool, mut see: impl FnMut(&Driver, &str, &str)) {
    let ids: Vec<String> = driver.state.course.lessons.iter().map(|lesson| lesson.id.clone()).collect();
    for id in ids {
        driver.open(&id);
        let steps = driver.state.lesson().map_or(0, |lesson| lesson.steps.len());
        driver.press(&"p".repeat(steps));
        for step in 1..=steps {
            driver.press("12");
            if runs && driver.state.run_request().is_some() && !driver.state.has_run() && !driver.state.shows_notebook()
            {
                driver.key(Key::Enter);
                if !driver.waiting.is_empty() {
                    driver.finish_run();
                }
            }
            see(driver, &format!("{id}.{step}"), &driver.screen());
            if step < steps {
                driver.press("n");
            }
        }
    }
}

fn questions(step: &Step) -> impl Iterator<Item = &Question> {
    step.predict.iter().chain(&step.check)
}

fn records(inlines: &[Inline]) -> bool {
    // A record of a model that its name says is no claim about the one in use.
    let unnamed = |value: &ValueRef| value.source == Source::Record && !value.key.contains('@');
    inlines.iter().any(|inline| matches!(inline, Inline::Value(value) if unnamed(value)))
}

#[test]
fn no_step_shows_a_hole_or_a_claim_about_the_courses_own_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let lab = model(folder.path(), 2);
    let data = sentences(folder.path(), &["bug", "praise"]).display().to_string();
    lab.add(read_data(&data).expect("sentences")).expect("a lab");
    let mut driver = Driver::on(&lab, &data, (80, 200));
    driver.shorten_runs(64, 32);
    let mut steps = 0;
    walk(&mut driver, true, |driver, place, screen| {
        steps += 1;
        // The word that a bench follows may have no entry in so small a vocabulary.
        let follows = driver.state.bench().is_some_and(|bench| bench.word.is_some());
        // The line that says where on the way a bench looks begins with the beginning of the sentence.
        let lines =
            screen.lines().filter(|line| !line.contains(" \u{203a} pieces ") && !line.contains(" \u{203a} [pieces] "));
        let flat = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        for hole in ["(not recorded)", "no such layer", "\u{2026}", "not measured yet", "Recorded numbers belong"] {
            assert!(follows || !flat.contains(hole), "{place}: {hole}\n{screen}");
        }
        // Lesson 11 shows recorded models by their names.
        let named = place.starts_with("11.");
        let recorded = flat.contains(" recorded") && flat.contains('\u{2b3}');
        assert!(named || !recorded, "{place}: a recorded figure\n{screen}");
        let step = driver.state.step().expect("a step");
        assert!(!driver.state.embedded());
        let shown = driver.state.text();
        for (index, block) in
            step.blocks.iter().enumerate().filter(|(index, _)| step.only.get(index) == Some(&Only::Embedded))
        {
            let alike = step.blocks.iter().enumerate().any(|(other, same)| other != index && same == block);
            assert!(alike || !shown.contains(block), "{place}: {block:?}");
        }
        for question in questions(step) {
            assert!(!records(question.why(false)), "{place}: {:?}", question.why(false));
            if question.why_others.is_some() {
                assert_ne!(question.why(false), question.why(true), "{place}");
            }
            assert!(
                follows
                    || driver.state.judge(question).measured.is_some()
                    || driver.state.judge(question).right.is_some(),
                "{place}: nothing decides \"{}\"\n{screen}",
                question.ask
            );
        }
    });
    assert!(steps > 100, "{steps} steps");
}

/// The course's own model with other sentences: steps that learn from them quote no record either.
#[test]
fn no_step_shows_a_record_beside_sentences_that_it_is_not_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = sentences(folder.path(), &["bug", "praise", "question"]).display().to_string();
    let lab = lab();
    lab.add(read_data(&data).expect("sentences")).expect("a lab");
    let mut driver = Driver::on(lab, &data, (80, 200));
    walk(&mut driver, false, |driver, place, screen| {
        assert!(!screen.contains("(not recorded)"), "{place}\n{screen}");
        if driver.state.reads_others() {
            let text = driver.state.text();
            let inlines = text.iter().flat_map(|block| match block {
                Block::Paragraph(inlines) | Block::Quote(inlines) => vec![inlines.clone()],
                Block::List { items, .. } => items.clone(),
                Block::Code(_) => Vec::new(),
            });
            assert!(inlines.into_iter().all(|inlines| !records(&inlines)), "{place}\n{screen}");
        }
    });
}

#[test]
fn why_titles_and_questions_have_their_words_for_other_models() {
    let folder = tempfile::tempdir().expect("a folder");
    let course = folder.path().join("course");
    std::fs::create_dir(&course).expect("made");
    let lesson = "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"a film\"\n+++\n\n## For all\n\n```embedded\n## Ours\n\n\
                  Only ours.\n```\n\n```others\n## Theirs\n```\n\nText.\n\n```check\nid = \"q\"\nask = \"Ours?\"\nask-others = \"Theirs?\"\n\
                  options = [\"a\", \"b\"]\nanswer = 1\nwhy = \"Because ours.\"\nwhy-others = \"Because {{model.layers}} layers.\"\n```\n";
    std::fs::write(course.join("01-a.md"), lesson).expect("written");
    let loaded = clsroom::commands::load_course(Some(&course)).unwrap_or_else(|problems| panic!("{problems}"));
    let loaded = Arc::new(loaded.course);
    let shown = |mut driver: Driver| {
        driver.state.course = Arc::clone(&loaded);
        driver.open("01");
        driver.press("1");
        driver.screen()
    };
    let ours = shown(Driver::new(80, 40));
    for text in ["Ours\n", "Only ours.", "Ours?", "Because ours."] {
        assert!(ours.contains(text), "{text}\n{ours}");
    }
    assert!(!ours.contains("Theirs") && !ours.contains("For all"), "{ours}");
    let theirs = shown(Driver::on(&model(folder.path(), 2), "movies", (80, 40)));
    for text in ["Theirs\n", "Theirs?", "Because 2"] {
        assert!(theirs.contains(text), "{text}\n{theirs}");
    }
    assert!(!theirs.contains("urs.") && !theirs.contains("Ours"), "{theirs}");
}

/// Words for layers mean the layers of the model in use, in every lesson; no bench names a high layer by its number.
#[test]
fn benches_begin_at_the_layer_that_a_lesson_means() {
    let folder = tempfile::tempdir().expect("a folder");
    for layers in [1, 2, 12] {
        let mut driver = Driver::on(&model(folder.path(), layers), "movies", (80, 24));
        let lessons = Arc::clone(&driver.state.course);
        let mut named = 0;
        for lesson in &lessons.lessons {
            driver.open(&lesson.id);
            driver.press(&"p".repeat(lesson.steps.len()));
            for step in &lesson.steps {
                if let Some(layer) = step.bench.as_ref().and_then(|bench| bench.layer) {
                    assert!(!matches!(layer, Layer::Number(3..)), "{}: {layer:?} is of one model only", lesson.id);
                    let wanted = layer.number(layers);
                    let lowest = usize::from(driver.state.bench().is_some_and(|bench| bench.view == View::Heads));
                    assert_eq!(driver.state.cursor.layer, wanted.max(lowest), "lesson {}: {layer:?}", lesson.id);
                    named += usize::from(!matches!(layer, Layer::Number(_)));
                }
                driver.press("n");
            }
        }
        assert!(named > 20, "{named}");
    }
}

/// A lesson may be open before the model is loaded: its layers are known only then.
#[test]
fn a_bench_that_waits_for_its_model_begins_at_the_right_layer() {
    let folder = tempfile::tempdir().expect("a folder");
    let lab = model(folder.path(), 12);
    let mut driver = Driver::new(80, 24);
    (driver.state.facts, driver.lab) = (None, Arc::clone(&lab));
    driver.open("06");
    driver.press("nn");
    assert_eq!(driver.state.bench().and_then(|bench| bench.layer), Some(Layer::Last));
    driver.tell(Event::ModelReady(lab.facts()));
    assert_eq!(driver.state.cursor.layer, 12);
}

/// Values name layers by the same words.
#[test]
fn values_name_layers_by_words_too() {
    let folder = tempfile::tempdir().expect("a folder");
    for layers in [2, 12] {
        let mut driver = Driver::on(&model(folder.path(), layers), "movies", (80, 24));
        driver.open("04");
        driver.press("1");
        let value = |key: &str| {
            let value = clsroom::lesson::parse::reference(key).expect("a value");
            values::resolve(&driver.state, &value).text
        };
        for (word, layer) in Layer::WORDS {
            let number = layer.number(layers);
            assert_eq!(value(&format!("cls.norm.{word}")), value(&format!("cls.norm.{number}")), "{word} of {layers}");
        }
    }
}
