//! What a teacher sees of a class, and what a learner is told, on the real course without a network.

use std::collections::VecDeque;

use clsroom::app::class::{Note, Place, Tally};
use clsroom::app::{Key, Msg};
use clsroom::class::desk::{Below, Desk};
use clsroom::class::{self, Class, Effect, Session};
use clsroom::lesson::Course;
use clsroom::view::{self, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use crate::driver::Driver;

fn text(size: (u16, u16), draw: impl FnOnce(Rect, &mut Buffer)) -> String {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer);
    let rows = buffer.content().chunks(usize::from(size.0));
    let lines = rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// A class and its teacher, who presses keys.
struct Taught {
    class: Class,
    desk: Desk,
    course: std::sync::Arc<Course>,
}

impl Taught {
    fn new() -> Self {
        Self { class: Class::default(), desk: Desk::default(), course: Driver::new(80, 24).state.course.clone() }
    }

    fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            let orders = self.desk.key(Key::Char(c), &self.course, &self.class, 0).expect("the desk's key");
            orders.into_iter().for_each(|order| drop(self.happens(class::Msg::Teacher(order))));
        }
    }

    /// Applies a message, and what it writes to the log: what else follows.
    fn happens(&mut self, msg: class::Msg) -> Vec<Effect> {
        let (mut follows, mut log) = (Vec::new(), VecDeque::from([msg]));
        while let Some(msg) = log.pop_front() {
            for effect in self.class.update(msg) {
                match effect {
                    Effect::Log(msg) => log.push_back(msg),
                    Effect::Show => {}
                    other => follows.push(other),
                }
            }
        }
        follows
    }

    fn seen(&self, size: (u16, u16)) -> String {
        text(size, |area, buf| view::desk(&self.class, &self.desk, &self.course, &Theme::default(), area, buf))
    }

    fn projected(&self, size: (u16, u16)) -> String {
        text(size, |area, buf| {
            view::projector(
                &self.class,
                self.desk.below == Below::Experiment,
                &self.course,
                &Theme::default(),
                area,
                buf,
            );
        })
    }
}

/// Twelve learners, most of them at a vote for the second time.
fn voting() -> Taught {
    let mut taught = Taught::new();
    let names = ["ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "ida", "jim", "kit", "leo"];
    for (session, name) in names.iter().enumerate() {
        taught.happens(class::Msg::Joined(Session { host: 0, number: session as u32 }, (*name).to_owned()));
        let place =
            Place { lesson: if session < 9 { "04" } else { "02" }.to_owned(), step: if session < 9 { 0 } else { 2 } };
        taught.happens(class::Msg::At(
            Session { host: 0, number: session as u32 },
            (*name).to_owned(),
            (session != 11).then_some(place),
        ));
    }
    taught.press("jjjo");
    let question = taught.class.poll().expect("a vote").asked.id.clone();
    let answer = |name: &str, choice: usize| class::Msg::Answered(name.to_owned(), question.clone(), choice);
    for (name, choice) in names.iter().zip([0, 0, 1, 1, 1, 2, 0, 1, 2]) {
        taught.happens(answer(name, choice));
    }
    taught.press("cv");
    for name in ["cat", "dan", "eve"] {
        taught.happens(answer(name, 0));
    }
    taught
}

#[test]
fn the_desk_has_all_lessons_the_vote_and_its_keys_on_one_screen() {
    let taught = voting();
    insta::assert_snapshot!("desk_80x24", taught.seen((80, 24)));
    insta::assert_snapshot!("desk_120x36", taught.seen((120, 36)));
    insta::assert_snapshot!("desk_60x18", taught.seen((60, 18)));
    insta::assert_snapshot!("desk_empty_80x24", Taught::new().seen((80, 24)));
    for size in [(80, 24), (120, 36)] {
        let seen = taught.seen(size);
        for part in [
            "12 Your notebook",
            "12 learners in",
            "called to 04.1",
            "9 of 12 have answered",
            "before 3",
            "Tab",
            "o open vote",
        ] {
            assert!(seen.contains(part), "{part} in\n{seen}");
        }
    }
}

#[test]
fn the_projector_shows_one_thing_and_no_name() {
    let mut taught = voting();
    let open = taught.projected((80, 24));
    insta::assert_snapshot!("projector_open_80x24", open);
    assert!(!open.contains("before"), "no tally while the vote is open");
    taught.press("x");
    insta::assert_snapshot!("projector_closed_80x24", taught.projected((80, 24)));
    taught.press("jc");
    insta::assert_snapshot!("projector_called_80x24", taught.projected((80, 24)));
    for size in [(60, 18), (20, 5), (1, 1)] {
        for name in ["ann", "bob", "eve"] {
            assert!(!taught.projected(size).split_whitespace().any(|word| word == name));
        }
    }
}

#[test]
fn the_experiment_shows_a_dot_a_run_and_what_one_run_alone_would_say() {
    use clsroom::class::experiment::Ran;
    let mut taught = Taught::new();
    taught.press("r");
    assert!(taught.desk.said.contains("Nobody is in"));
    for (session, name) in ["ann", "bob", "cat", "dan", "eve", "fay"].iter().enumerate() {
        taught.happens(class::Msg::Joined(Session { host: 0, number: session as u32 }, (*name).to_owned()));
    }
    let orders = taught.desk.key(Key::Char('r'), &taught.course, &taught.class, 0).expect("the desk's key");
    let mut effects = taught.happens(class::Msg::Teacher(orders[0].clone()));
    insta::assert_snapshot!("experiment_begins_80x24", taught.seen((80, 24)));
    // Each run ends with another difference: made-up answers, for the picture alone.
    let mut runs = 0;
    while let Some(Effect::Run(seed)) = effects.first().cloned() {
        let right = |count: usize| (0..500).map(|at| at * 7 % 500 < count).collect();
        let ran = Ran { cls: right(400 - 3 * runs), mean: right(405 + 4 * runs) };
        effects = taught.happens(class::Msg::Ran(seed, Some(ran)));
        runs += 1;
    }
    assert_eq!(runs, 6);
    assert!(matches!(&effects[0], Effect::Tell(Note::News(words)) if words.contains("6 runs")), "{effects:?}");
    insta::assert_snapshot!("experiment_80x24", taught.seen((80, 24)));
    insta::assert_snapshot!("experiment_projector_80x24", taught.projected((80, 24)));
    // A vote takes the place again.
    taught.press("lo");
    assert!(taught.seen((80, 24)).contains("first vote, open"));
}

#[test]
fn keys_of_the_desk_say_what_they_did_or_why_not() {
    let mut taught = Taught::new();
    taught.press("x");
    assert!(taught.desk.said.contains("No vote is open"));
    taught.press("o");
    assert!(taught.desk.said.contains("no question"), "01.1 has none");
    taught.press("lo");
    assert!(taught.class.poll().is_some_and(|poll| poll.open));
    taught.press("tt");
    assert!(taught.desk.said.contains("60 s"), "{}", taught.desk.said);
    // Before the class has heard of the first press, the second one adds to it all the same.
    let mut quick = taught.desk.clone();
    for seconds in ["90 s", "120 s"] {
        quick.key(Key::Char('t'), &taught.course, &taught.class, 0).expect("the desk's key");
        assert!(quick.said.contains(seconds), "{}", quick.said);
    }
    taught.press("vv");
    assert!(taught.desk.said.contains("two votes"));
    taught.press("o");
    assert!(taught.desk.said.contains("A vote is open at 01.2"), "{}", taught.desk.said);
    taught.press("xv");
    assert!(taught.desk.said.contains("before x"), "{}", taught.desk.said);
    taught.press("q");
    assert!(taught.desk.said.contains("Ctrl-C"));
    taught.press("#");
    assert!(taught.desk.said.contains("does nothing"));
    // A paste is for a line that is being written, and never reaches the course under the desk.
    assert!(taught.desk.paste("lost"));
    // The cursor stays within the course, and a line is written with any letters.
    taught.press(&"j".repeat(50));
    taught.press(&"l".repeat(50));
    assert_eq!(taught.desk.place(&taught.course).map(|place| place.lesson), Some("12".to_owned()));
    taught.press("mxoq");
    assert_eq!(taught.desk.writes.as_ref().map(|line| line.text.as_str()), Some("xoq"));
}

#[test]
fn while_a_class_votes_the_result_waits_and_afterwards_the_class_stands_beside_it() {
    let mut driver = Driver::new(80, 24);
    driver.open("04");
    let question = driver.state.question().expect("04.1 asks").id.clone();
    driver.tell(Msg::Class(Note::Vote(question.clone(), false)));
    assert!(driver.state.covered());
    // Enter would show the bench of an open question; not now.
    driver.key(Key::Enter);
    assert!(driver.state.covered());
    driver.press("2");
    assert!(driver.state.covered() && driver.screen().contains("The result comes when the class has voted"));
    driver.press("1");
    assert!(driver.state.covered() && !driver.screen().contains("Correct"));
    driver.tell(Msg::Class(Note::Closed(question, Tally { votes: vec![vec![3, 4, 1], vec![6, 2, 0]] })));
    assert!(!driver.state.covered());
    let shown = driver.screen();
    assert!(shown.contains("Your class: 6 of 8 said the first (3 before they talked it over)."), "{shown}");
}

#[test]
fn whose_answer_was_judged_before_the_vote_stays_with_it_and_is_told_nothing_more() {
    let mut driver = Driver::new(80, 24);
    driver.open("04");
    let question = driver.state.question().expect("04.1 asks").id.clone();
    driver.press("1");
    assert!(driver.screen().contains("Correct"), "{}", driver.screen());
    driver.tell(Msg::Class(Note::Vote(question.clone(), false)));
    let shown = driver.screen();
    assert!(shown.contains("The result comes when the class has voted") && !shown.contains("otherwise"), "{shown}");
    driver.press("2");
    assert!(driver.screen().contains("Your answer stands"));
    // Nor is it asked as a recall question meanwhile.
    assert!(driver.state.recall().is_empty());
    // A tie names both options, and the learner's own.
    driver.tell(Msg::Class(Note::Closed(question, Tally { votes: vec![vec![0, 2, 2]] })));
    let joined = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["0 of 4 said the first", "2 of 4 said one between", "2 of 4 said the last"] {
        assert!(joined.contains(part), "{part} in {joined}");
    }
}

#[test]
fn a_call_is_a_quiet_line_and_bring_keeps_what_is_being_written() {
    let mut driver = Driver::new(80, 24);
    let place = |lesson: &str, step: usize| Place { lesson: lesson.to_owned(), step };
    driver.tell(Msg::Class(Note::Call(place("04", 2))));
    assert!(driver.screen().contains("The class is at 04.3: f goes there."));
    driver.press("f");
    assert!(driver.screen().contains("[04.3 ready]") && !driver.screen().contains("The class is at"));
    // There, the key is the list of steps again.
    driver.press("f");
    assert!(driver.screen().contains("[index ready]"));
    driver.key(Key::Esc);
    driver.press("e");
    driver.tell(Msg::Class(Note::Bring(place("05", 0))));
    assert!(driver.screen().contains("[editor ready]"));
    driver.key(Key::Esc);
    assert!(driver.screen().contains("The class is at 05.1: f goes there."));
    driver.tell(Msg::Class(Note::Bring(place("06", 1))));
    assert!(driver.screen().contains("[06.2 ready]"));
    // A place that this course does not have leads nowhere.
    driver.tell(Msg::Class(Note::Bring(place("99", 0))));
    assert!(driver.screen().contains("[06.2 ready]"));
    driver.tell(Msg::Class(Note::Said("look up".to_owned())));
    assert!(driver.screen().contains("Your teacher: look up"));
}

#[test]
fn the_desk_tells_its_keys_the_notes_of_a_step_and_what_is_not_written() {
    let mut taught = voting();
    taught.press("?");
    insta::assert_snapshot!("desk_keys_80x24", taught.seen((80, 24)));
    insta::assert_snapshot!("desk_keys_120x36", taught.seen((120, 36)));
    taught.press("n");
    insta::assert_snapshot!("desk_notes_80x24", taught.seen((80, 24)));
    taught.desk.trouble = Some("disk is full".to_owned());
    taught.press("n");
    let seen = taught.seen((80, 24));
    assert!(seen.contains("Not written just now (disk is full).") && seen.contains("second vote"), "{seen}");
}

#[test]
fn a_learners_sessions_end_by_name_and_no_other() {
    let mut taught = voting();
    taught.press("Knobody");
    assert!(taught.seen((80, 24)).contains("Whose session ends? Name: nobody"));
    let orders = taught.desk.key(Key::Enter, &taught.course, &taught.class, 0).expect("the desk's key");
    assert!(orders.is_empty() && taught.desk.said.contains("Nobody called nobody is in."));
    taught.press("Kbob");
    let orders = taught.desk.key(Key::Enter, &taught.course, &taught.class, 0).expect("the desk's key");
    let ended: Vec<Effect> = orders.into_iter().flat_map(|order| taught.happens(class::Msg::Teacher(order))).collect();
    assert_eq!(ended, [Effect::End(Session { host: 0, number: 1 })]);
}
