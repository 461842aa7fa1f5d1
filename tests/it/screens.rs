//! Real screens, reached by keys, and what is on them; how they look as a whole is in `depths` and `gallery`.

use clsroom::app::{Key, Msg, results, values};
use clsroom::lab::race::Kept;
use clsroom::lab::way::Way;
use clsroom::lab::{Control, Outcome, RaceRequest, Request, Session};
use clsroom::lesson::progress::Progress;
use clsroom::lesson::{Format, Source, ValueRef, View};
use clsroom::view::{Depth, Theme};
use std::sync::Arc;

use crate::driver::{Driver, lab};

pub const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

/// Goes to the first step of the lesson whose bench shows this view.
pub fn to_view(driver: &mut Driver, lesson: &str, view: View) {
    driver.open(lesson);
    while driver.state.bench().is_none_or(|bench| bench.view != view) {
        let before = driver.state.marker();
        driver.press("n");
        assert_ne!(driver.state.marker(), before, "lesson {lesson} shows {view:?}");
    }
    if driver.state.covered() {
        driver.key(Key::Enter);
    }
    if driver.size.0 < 100 {
        driver.key(Key::Tab);
    }
}

pub fn at_both_sizes(name: &str, go: impl Fn(&mut Driver)) {
    for (width, height) in SIZES {
        let mut driver = Driver::new(width, height);
        go(&mut driver);
        // Digits beyond the first decimal may differ from processor to processor.
        insta::with_settings!({filters => vec![(r"(\.\d)\d+", "${1}_")]}, {
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), driver.screen());
        });
    }
}

#[test]
fn terms_are_marked_and_the_glossary_lists_the_steps_terms_first() {
    let mut driver = Driver::new(80, 24);
    driver.open("08");
    driver.press("nn");
    let screen = driver.screen();
    assert!(screen.contains("classifier\u{b0}") && screen.contains("\u{b0} in the glossary: g"), "{screen}");
    driver.press("g");
    assert_eq!(driver.state.marker().as_deref(), Some("[glossary ready]"));
    let listed = driver.screen();
    assert!(listed.contains("In this step") && listed.contains("classifier: "), "{listed}");
    driver.press("j");
    assert_ne!(driver.screen(), listed, "j scrolls");
    driver.press("q");
    assert_eq!(driver.screen(), screen);
    let mut ascii = Driver::with(80, 24, Theme::new(Depth::None, true), Progress::default());
    ascii.open("08");
    ascii.press("nn");
    assert!(ascii.screen().contains("~ in the glossary: g"), "the sign also works without Unicode\n{}", ascii.screen());
}

#[test]
fn a_text_that_scrolls_says_what_is_above_and_below() {
    for opener in ["?", "g"] {
        let mut driver = Driver::new(80, 24);
        driver.open("04");
        driver.press(opener);
        assert!(driver.screen().contains("↓ ") && !driver.screen().contains("↑ "), "{}", driver.screen());
        driver.press("J");
        assert!(driver.screen().contains("↑ 10 more"), "{}", driver.screen());
        driver.press(&"J".repeat(100));
        assert!(!driver.screen().contains("↓ "), "{}", driver.screen());
        driver.press("q");
        assert!(driver.screen().contains("[04.1 ready]"), "{}", driver.screen());
    }
}

#[test]
fn the_editor_says_what_it_cuts() {
    let mut driver = Driver::new(80, 24);
    driver.press("e");
    driver.key(Key::Ctrl('u'));
    driver.tell(Msg::Paste("The plot was thin, ".repeat(8)));
    assert!(driver.screen().contains("▸ ‹"), "{}", driver.screen());
    driver.key(Key::Home);
    assert!(driver.screen().contains('›') && !driver.screen().contains('‹'), "{}", driver.screen());
}

#[test]
fn settings_change_the_look_for_this_session() {
    use clsroom::app::settings::Look;
    let mut driver = Driver::new(80, 24);
    driver.press("s");
    assert_eq!(driver.state.marker().as_deref(), Some("[settings ready]"));
    driver.key(Key::Enter);
    driver.press("j");
    driver.key(Key::Enter);
    driver.press("j");
    driver.key(Key::Enter);
    driver.press("j");
    driver.key(Key::Enter);
    let look = |colours, ascii, animation| clsroom::app::Effect::Look(Look { colours, ascii, animation });
    let mouse = clsroom::app::Effect::Mouse(true);
    assert_eq!(driver.effects, [look(0, false, true), look(0, true, true), look(0, true, false), mouse]);
    let screen = driver.screen();
    for words in ["never", "ASCII", "off: a run is shown every two seconds", "on"] {
        assert!(screen.contains(words), "{screen}");
    }
    driver.press("q");
    assert_eq!(driver.state.marker().as_deref(), Some("[home ready]"));
}

#[test]
fn a_shorter_path_is_chosen_marked_followed_and_kept() {
    let mut driver = Driver::new(80, 24);
    driver.press("v");
    let screen = driver.screen();
    assert!(screen.contains("Path: the tour, 3 lessons"), "{screen}");
    let marked = |id: &str| {
        let row =
            screen.lines().find(|line| line.trim_start_matches(['\u{25b8}', ' ']).starts_with(id)).unwrap_or_default();
        row.contains('\u{2022}')
    };
    assert!(marked("01") && !marked("02") && marked("04") && marked("08"), "{screen}");
    assert_eq!(driver.state.progress.path.as_deref(), Some("the tour"));
    driver.open("01");
    let steps = driver.state.lesson().map_or(0, |lesson| lesson.steps.len());
    driver.press(&"n".repeat(steps));
    driver.key(Key::Esc);
    let clsroom::app::Screen::Home { cursor } = driver.state.screen else { panic!("on the map") };
    assert_eq!(driver.state.course.lessons[cursor].id, "04", "what comes next on the path");
    driver.press("vv");
    assert!(driver.state.path().is_none(), "v comes round to the whole course");
}

#[test]
fn all_four_mixing_measures() {
    let mut driver = Driver::new(120, 36);
    to_view(&mut driver, "04", View::Mixing);
    // What was said when the bench was uncovered goes with the next key.
    driver.press("vvvv");
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(driver.screen());
        driver.press("v");
    }
    assert_eq!(driver.screen(), seen[0], "v comes round");
    for (measure, screen) in ["norm-based share", "raw attention", "attention rollout", "knock-out"].iter().zip(&seen) {
        assert!(screen.contains(measure), "{measure}\n{screen}");
    }
}

#[test]
fn a_prediction_covers_the_bench_and_its_answer_uncovers_it() {
    let mut driver = Driver::new(120, 36);
    driver.open("02");
    while driver.state.step().is_some_and(|step| step.predict.is_none()) {
        driver.press("n");
    }
    assert!(driver.state.covered() && driver.state.marker().is_some());
    driver.press("1");
    assert!(!driver.state.covered());
    assert!(driver.screen().contains("You said"), "{}", driver.screen());
    assert!(driver.effects.iter().any(|effect| matches!(effect, clsroom::app::Effect::Save(_))), "the choice is saved");
}

#[test]
fn a_run_is_offered_runs_and_shows_its_verdict() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "08", View::Race);
    assert!(driver.screen().contains("Press Enter to run it"), "{}", driver.screen());
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[race running]"));
    assert!(driver.screen().contains("x stops"), "{}", driver.screen());
    driver.finish_run();
    assert_eq!(driver.state.marker().as_deref(), Some("[race done]"));
    assert!(driver.screen().contains("GlobalPooling is better than [CLS]"), "{}", driver.screen());
    driver.press("3");
    assert!(
        driver.state.question().is_some_and(|question| driver.state.judge(question).right == Some(2)),
        "the prediction is judged by the run"
    );
}

#[test]
fn long_and_hostile_sentences_stay_aligned() {
    let hostile = "\u{1b}[31m 猫 e\u{301}\u{301} \u{202e}abc\u{202c} 👩‍👩‍👧 مرحبا \u{7} tail";
    for view in [View::Tokens, View::Stepper, View::Label] {
        let mut driver = Driver::new(80, 24);
        driver.type_sentence(hostile);
        to_view(&mut driver, "01", view);
        let screen = driver.screen();
        assert!(
            !screen.contains('\u{1b}') && !screen.contains('\u{7}') && !screen.contains('\u{202e}'),
            "control characters are shown, not obeyed\n{screen}"
        );
        assert!(screen.lines().last().is_some_and(|line| line.trim_end().ends_with("ready]")), "{screen}");
    }
    let mut driver = Driver::new(80, 24);
    driver.type_sentence(&"word ".repeat(20_000));
    to_view(&mut driver, "04", View::Map);
    assert!(driver.screen().contains("Read: the first 128 of 20002 pieces"), "{}", driver.screen());
}

#[test]
fn every_question_and_option_can_be_read_at_small_sizes() {
    for (width, height) in [(60, 18), (80, 24), (100, 30)] {
        let course = Driver::new(width, height).state.course;
        for id in course.lessons.iter().map(|lesson| lesson.id.as_str()) {
            let mut driver = Driver::new(width, height);
            driver.open(id);
            let steps = driver.state.lesson().map_or(0, |lesson| lesson.steps.len());
            for number in 0..steps {
                for answered in [false, true] {
                    if answered {
                        driver.press("1");
                    }
                    // All parts, with line ends taken out so that wrapped words can be found.
                    let mut text = String::new();
                    for _ in 0..8 {
                        text += &driver.screen();
                        driver.press("J");
                    }
                    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    let step = driver.state.step().expect("a step");
                    for question in step.predict.iter().chain(&step.check) {
                        let last = question.options.iter().filter_map(|option| option.split_whitespace().last());
                        for word in last.chain(question.ask.split_whitespace().last()) {
                            assert!(
                                text.contains(word),
                                "{id}.{} at {width}x{height}: {word:?} is not to be seen",
                                number + 1
                            );
                        }
                    }
                    let title = step.title(driver.state.embedded()).unwrap_or_default();
                    assert!(text.contains(title), "{id}.{}: {title}", number + 1);
                }
                driver.press("n");
            }
        }
    }
}

#[test]
fn knock_out_cells_show_what_was_measured() {
    let mut driver = Driver::new(120, 36);
    to_view(&mut driver, "04", View::Mixing);
    driver.press("vvv");
    let data = driver.state.knockout(Way::AsItIs).expect("knock-outs").clone();
    let matrix = &data.cosine_distance;
    let most = (0..matrix.data.len()).max_by(|a, b| matrix.data[*a].total_cmp(&matrix.data[*b])).expect("cells");
    driver.press(&"k".repeat(10));
    driver.press(&"h".repeat(matrix.cols));
    driver.press(&"j".repeat(most / matrix.cols));
    driver.press(&"l".repeat(most % matrix.cols));
    let value = matrix.data[most];
    let screen = driver.screen();
    assert!(screen.contains(&format!("cut: {value:.4}")), "{screen}");
    assert!(
        screen.contains(&format!("[{}]", &format!("{value:.2}")[1..])),
        "the cell shows the value itself\n{screen}"
    );
}

#[test]
fn values_of_a_run_come_from_the_run_of_the_bench_beside_them() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "08", View::Race);
    let wanted = driver.state.race_request().expect("a run is offered");
    let other = RaceRequest { train: Some(64), test: Some(64), ..wanted };
    let (report, _) = lab().race(&other, &Control::QUIET, &Kept::NOTHING).expect("a race").expect("not stopped");
    results::store(&mut driver.state, Request::Race(other), Outcome::Race(std::sync::Arc::new(report)));
    let value = ValueRef { source: Source::Live, key: "race.cls.last.accuracy".to_owned(), format: Format::Auto };
    assert!(!values::resolve(&driver.state, &value).ready, "another run's figure is not shown");
}

/// A race of few sentences, through keys, to its end.
fn raced(readouts: &[&str], modes: &[&str]) -> Driver {
    let mut driver = Driver::new(80, 24);
    // A lab of its own: the lanes of its last race answer what is asked.
    driver.lab = Arc::new(Session::alone(lab().bert().clone(), None));
    let mut course = (*driver.state.course).clone();
    for lesson in &mut course.lessons {
        for bench in lesson.steps.iter_mut().filter_map(|step| step.bench.as_mut()) {
            if bench.view == View::Race {
                bench.readouts = readouts.iter().map(ToString::to_string).collect();
                bench.modes = modes.iter().map(ToString::to_string).collect();
                (bench.train, bench.test, bench.top_layers, bench.epochs) = (Some(64), Some(64), Some(1), Some(1));
            }
        }
    }
    driver.state.course = std::sync::Arc::new(course);
    to_view(&mut driver, "08", View::Race);
    driver
}

#[test]
fn a_fine_tuned_race_shows_curves_verdict_disagreements_and_answers() {
    let mut driver = raced(&["cls", "mean"], &["frozen", "finetune"]);
    assert!(driver.screen().contains("BERT learns with the classifier"), "{}", driver.screen());
    driver.key(Key::Enter);
    let mut seen = Vec::new();
    driver.run_with_progress(|screen| seen.push(screen));
    let curves = seen.iter().find(|screen| screen.contains("loss in training")).expect("curves are shown");
    assert!(curves.contains("[race running]") && curves.contains("left"), "{curves}");
    assert!(seen.iter().any(|screen| screen.contains("accuracy on validation")), "accuracy is watched");
    let screen = driver.screen();
    assert!(screen.contains("[CLS], tuned") && screen.contains("[CLS], frozen"), "{screen}");
    // On so few sentences a warning may come before the verdict.
    let mut said = screen;
    for _ in 0..20 {
        driver.press("j");
        said.push_str(&driver.screen());
    }
    assert!(said.contains("Tuned: GlobalPooling minus [CLS]"), "{said}");
    driver.press(&"k".repeat(20));
    assert_eq!(driver.state.marker().as_deref(), Some("[race done]"));

    driver.press("d");
    let listed = driver.screen();
    assert!(listed.contains("of 64: ") && listed.contains("[disagree ready]"), "{listed}");
    driver.press("v");
    assert_ne!(listed, driver.screen(), "another kind is listed");
    driver.press("vj");
    let both = driver.screen();
    assert!(both.contains("both wrong") && both.contains("label "), "{both}");
    driver.key(Key::Enter);
    assert!(driver.state.progress.sentence.is_some(), "the sentence is the learner's now");

    driver.press("t");
    driver.key(Key::Ctrl('u'));
    driver.press("a fine film");
    let asked = driver.screen();
    assert!(asked.contains("fine-tuned") && asked.contains("frozen, layer 6"), "{asked}");
    assert!(asked.contains("[ask ready]"), "{asked}");
    let answered = driver.state.lanes_say("a fine film").expect("an answer").clone();
    assert_eq!((answered.sentence.text.as_str(), answered.answers.len()), ("a fine film", 4));
}

#[test]
fn lanes_are_added_and_sizes_chosen_and_a_stopped_race_keeps_what_is_finished() {
    let mut driver = raced(&["cls", "mean"], &["frozen"]);
    let first = driver.state.race_request().expect("a race");
    driver.press("++-v");
    let other = driver.state.race_request().expect("a race");
    assert_eq!((other.readouts.len(), other.train), (first.readouts.len() + 1, Some(512)));
    driver.press("-vvv");
    assert_eq!(driver.state.race_request(), Some(first));

    let mut driver = raced(&["cls", "mean"], &["frozen", "finetune"]);
    driver.key(Key::Enter);
    driver.press(" ");
    assert_eq!(driver.state.marker().as_deref(), Some("[race paused]"));
    assert!(driver.effects.iter().any(|effect| matches!(effect, clsroom::app::Effect::Pause(_, true))));
    driver.press(" x");
    assert!(driver.effects.iter().any(|effect| matches!(effect, clsroom::app::Effect::Cancel(_))));
    driver.stop_run_when(|progress| !progress.curves.is_empty());
    let screen = driver.screen();
    assert!(screen.contains("[CLS]") && screen.contains("were finished are kept"), "{screen}");
    assert!(!screen.contains("tuned:"), "lanes that were not finished are absent\n{screen}");
}

#[test]
fn a_short_training_shows_what_it_changed() {
    let mut driver = Driver::new(120, 36);
    to_view(&mut driver, "07", View::Learning);
    driver.press("1");
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[training running]"));
    driver.finish_run();
    assert_eq!(driver.state.marker().as_deref(), Some("[training done]"));
    let screen = driver.screen();
    assert!(screen.contains("before and after") && screen.contains("turned"), "{screen}");
    let data = driver.state.learning().expect("a result").clone();
    assert!(data.curve.loss.iter().rev().take(5).sum::<f32>() < data.curve.loss.iter().take(5).sum::<f32>());
    assert!(data.drift.iter().all(|turned| turned.is_finite()) && data.drift[6] > 0.01, "{:?}", data.drift);
}

#[test]
fn the_gradient_of_a_cls_head_enters_at_one_position() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "07", View::Gradient);
    driver.press("1");
    let data = driver.state.gradient().expect("maps").clone();
    let touched = |map: usize, layer: usize| data.maps[map].1.row(layer).iter().filter(|norm| **norm > 0.0).count();
    let pieces = data.maps[0].1.cols;
    assert_eq!((touched(0, 6), touched(0, 5), touched(1, 6)), (1, pieces, pieces));
    // The mean hands the same gradient to every position.
    let mean = data.maps[1].1.row(6);
    assert!(mean.iter().all(|norm| (norm - mean[0]).abs() < 1e-6));
}

/// Decoders fitted on few sentences, through keys.
fn decoded(width: u16, height: u16) -> Driver {
    let mut driver = Driver::new(width, height);
    let mut course = (*driver.state.course).clone();
    for bench in course.lessons.iter_mut().flat_map(|lesson| &mut lesson.steps).filter_map(|step| step.bench.as_mut()) {
        if bench.view == View::Decode {
            (bench.train, bench.test) = (Some(256), Some(64));
        }
    }
    driver.state.course = std::sync::Arc::new(course);
    to_view(&mut driver, "10", View::Decode);
    driver
}

#[test]
fn a_sentence_is_decoded_and_its_layers_and_vectors_can_be_walked() {
    let mut driver = decoded(80, 24);
    assert!(driver.screen().contains("Enter fits decoders here"), "{}", driver.screen());
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[decoding running]"));
    driver.run_with_progress(|_| {});
    assert_eq!(driver.state.marker().as_deref(), Some("[decoding done]"));
    driver.press("v");
    assert!(driver.screen().contains("from GlobalPooling, layer 6"), "{}", driver.screen());
    driver.press("[[[[[[");
    let screen = driver.screen();
    assert!(screen.contains("from GlobalPooling, layer 0") && screen.contains("by guessing"), "{screen}");
    driver.type_sentence("\u{1b}[31m 猫 words words \u{202e}abc");
    assert!(!driver.screen().contains('\u{1b}') && driver.screen().contains("missed"), "{}", driver.screen());
    driver.type_sentence(&"a long film with a moving cast and a slow story ".repeat(12));
    assert!(driver.screen().contains("last [SEP]"), "the curve stays\n{}", driver.screen());
}

/// Question 1's measures on few sentences, through keys.
fn measured(width: u16, height: u16, view: View) -> Driver {
    let mut driver = Driver::new(width, height);
    let mut course = (*driver.state.course).clone();
    for bench in course.lessons.iter_mut().flat_map(|lesson| &mut lesson.steps).filter_map(|step| step.bench.as_mut()) {
        if matches!(bench.view, View::Aggregate | View::Nearest) {
            (bench.train, bench.test) = (Some(96), Some(48));
        }
    }
    driver.state.course = std::sync::Arc::new(course);
    to_view(&mut driver, "05", view);
    assert!(driver.screen().contains("recorded, 6,991 training"), "{}", driver.screen());
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[measuring running]"));
    driver.finish_run();
    assert_eq!(driver.state.marker().as_deref(), Some("[measuring done]"));
    driver
}

#[test]
fn three_measures_stand_side_by_side_and_nearest_sentences_are_listed() {
    let mut driver = measured(80, 24, View::Aggregate);
    let at = driver.state.cursor.layer;
    let data = driver.state.aggregate().expect("a report").clone();
    let lane = data.lanes.iter().find(|lane| lane.readout == "cls" && lane.layer == at + 1).expect("a lane");
    driver.press("j");
    let expected = format!("layer {}: [CLS] {:.5}", at + 1, lane.random_cosine);
    assert!(driver.screen().contains(&expected), "{expected}\n{}", driver.screen());
    driver.press("v");
    assert!(driver.screen().contains("same label"), "{}", driver.screen());

    let mut driver = measured(80, 24, View::Nearest);
    driver.press("jj");
    let list = driver.state.nearest(Way::AsItIs).expect("a list").lists.last().expect("a list").clone();
    assert_eq!((list.readout.as_str(), list.layer), ("mean", 6));
    let words: Vec<&str> = list.nearest[2].text.split_whitespace().collect();
    let screen = driver.screen();
    assert!(words.iter().all(|word| screen.contains(word)), "the chosen one is shown whole\n{screen}");
    driver.type_sentence("\u{1b}[31m 猫 \u{202e}abc");
    assert!(!driver.screen().contains('\u{1b}') && driver.screen().contains("same label"), "{}", driver.screen());
}

#[test]
fn the_ends_of_a_view_are_one_key_away() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "04", View::Mixing);
    driver.key(Key::End);
    let last = driver.state.trace().expect("a trace").pieces.len() - 1;
    assert_eq!(driver.state.cursor.token, last);
    driver.key(Key::Home);
    assert_eq!(driver.state.cursor.token, 0);
    driver.press("$");
    assert_eq!(driver.state.cursor.token, last);
    driver.press("^");
    assert_eq!(driver.state.cursor.token, 0);
}

/// A tick would say that somebody saw it happen.
#[test]
fn a_lesson_whose_bench_was_not_run_is_done_but_not_ticked() {
    let mut driver = Driver::new(80, 24);
    driver.open("03");
    let steps = driver.state.lesson().expect("a lesson").steps.len();
    driver.press(&"n".repeat(steps));
    driver.key(Key::Esc);
    assert!(driver.screen().contains("done, 10 min"), "lesson 03 offers no run: {}", driver.screen());

    let mut driver = Driver::new(80, 24);
    driver.open("10");
    let steps = driver.state.lesson().expect("a lesson").steps.len();
    driver.press(&"n".repeat(steps));
    driver.key(Key::Esc);
    assert!(driver.screen().contains("done, not run, 13 min"), "{}", driver.screen());
    assert!(driver.screen().contains("Lesson 10 is done, without the run that it offers."), "{}", driver.screen());
}

#[test]
fn both_texts_of_a_pair_stand_above_their_difference() {
    let mut driver = Driver::new(80, 24);
    driver.press("o");
    while driver.state.bench().is_none_or(|bench| bench.view != View::Difference) {
        driver.press("n");
    }
    driver.press("b");
    let screen = driver.screen();
    let line = screen.lines().find(|line| line.trim_start().starts_with("A  ")).expect("the first side");
    assert!(line.contains(" + "), "{screen}");
}

#[test]
fn a_sentence_cut_on_the_map_says_so() {
    let mut driver = Driver::new(80, 24);
    driver.type_sentence(&"a rather long sentence about a film ".repeat(10));
    assert!(driver.screen().contains("Your sentence") && driver.screen().contains('…'), "{}", driver.screen());
    driver.press("jjjj");
    let last = driver.screen().lines().rev().find(|line| line.contains("Your sentence")).expect("it").to_owned();
    assert!(last.trim_end().ends_with('…') || driver.screen().matches('…').count() > 1, "{}", driver.screen());
}

/// A run may end when its lesson is left already.
#[test]
fn a_run_that_ends_on_the_map_counts_for_its_lesson() {
    let mut driver = decoded(80, 24);
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[decoding running]"));
    while driver.state.overlay.is_none() {
        driver.press("n");
    }
    driver.key(Key::Esc);
    assert!(driver.screen().contains("Lesson 10 is done; its run goes on."), "{}", driver.screen());
    driver.finish_run();
    assert!(driver.screen().contains("done, 13 min"), "{}", driver.screen());
}

#[test]
fn going_back_closes_an_opened_head_before_it_leaves_the_lesson() {
    use clsroom::app::Screen;
    use clsroom::lesson::View;
    for back in [Key::Esc, Key::Char('q'), Key::Alt] {
        let mut driver = Driver::new(120, 36);
        driver.open("03");
        while driver.state.bench().is_none_or(|bench| bench.view != View::Heads) {
            driver.press("n");
            assert!(matches!(driver.state.screen, Screen::Lesson { .. }), "lesson 03 has a view of all heads");
        }
        driver.press("1");
        let place = driver.state.screen.clone();
        driver.key(Key::Enter);
        assert!(driver.state.cursor.open);
        driver.key(back);
        assert!(!driver.state.cursor.open, "{back:?}");
        assert_eq!(driver.state.screen, place, "{back:?}");
        // The same in the sandbox, which opens on the same view.
        driver.press("o");
        driver.key(Key::Enter);
        assert!(driver.state.cursor.open);
        driver.key(back);
        assert!(driver.state.screen == Screen::Sandbox && !driver.state.cursor.open, "{back:?}");
        driver.key(back);
        assert_eq!(driver.state.screen, place, "{back:?}");
        driver.key(back);
        assert!(matches!(driver.state.screen, Screen::Home { .. }), "{back:?}");
    }
}

#[test]
fn another_sentence_has_the_cursor_where_the_bench_looks() {
    let mut driver = Driver::new(120, 36);
    to_view(&mut driver, "04", View::Mixing);
    driver.type_sentence("A dull, endless and thoroughly joyless evening.");
    let trace = driver.state.trace().expect("the sentence's pass");
    let shares = trace.mixing.norm.row(trace.mixing.norm.rows - 1);
    let words = (0..shares.len()).filter(|index| !trace.pieces[*index].special());
    let most = words.max_by(|a, b| shares[*a].total_cmp(&shares[*b]));
    assert_eq!(Some(driver.state.cursor.token), most, "{}", driver.screen());
}
