//! A class from what happens to what is told.

use proptest::prelude::*;

use super::*;
use crate::class::experiment::Ran;

fn place(step: usize) -> Place {
    Place { lesson: "04".to_owned(), step }
}

fn asked(question: usize) -> Asked {
    Asked {
        id: format!("q{question}"),
        place: place(question),
        text: "What?".to_owned(),
        options: ["one", "two", "three"].map(str::to_owned).to_vec(),
    }
}

fn session(number: u32) -> Session {
    Session { host: 1 + number % 2, number }
}

fn name(learner: usize) -> String {
    format!("name{learner}")
}

#[test]
fn a_vote_its_discussion_and_the_second_vote_stand_side_by_side() {
    let mut class = Class::default();
    for learner in 0..3 {
        class.update(Msg::Joined(session(learner as u32), name(learner)));
    }
    // Answered before the vote was opened: it counts.
    class.update(Msg::Answered(name(0), "q1".to_owned(), 0));
    let effects = class.update(Msg::Teacher(Order::Open(asked(1))));
    assert_eq!(effects[0], Effect::Tell(Note::Vote("q1".to_owned(), false)));
    class.update(Msg::Answered(name(1), "q1".to_owned(), 2));
    class.update(Msg::Answered(name(1), "q1".to_owned(), 1));
    class.update(Msg::Answered(name(2), "q2".to_owned(), 1));
    assert_eq!(class.turnout(), 2);
    let effects = class.update(Msg::Teacher(Order::Again));
    assert_eq!(effects, [Effect::Tell(Note::Vote("q1".to_owned(), true)), Effect::Show]);
    assert_eq!(class.poll().map(Poll::changed), Some(0), "who says nothing stays with what they said");
    class.update(Msg::Answered(name(0), "q1".to_owned(), 1));
    class.update(Msg::Answered(name(2), "q1".to_owned(), 1));
    assert_eq!(class.poll().map(Poll::changed), Some(2));
    let effects = class.update(Msg::Teacher(Order::Close));
    let tally = Tally { votes: vec![vec![1, 1, 0], vec![0, 3, 0]] };
    assert_eq!(effects[0], Effect::Tell(Note::Closed("q1".to_owned(), tally.clone())));
    assert_eq!(tally.said(1), (3, 3));
    // Who comes late hears of it, and a third vote there is not.
    assert!(
        class
            .update(Msg::Joined(session(9), name(9)))
            .contains(&Effect::TellOne(session(9), Note::Closed("q1".to_owned(), tally)))
    );
    assert_eq!(class.update(Msg::Teacher(Order::Again)), [Effect::Show]);
    // Afterwards nothing counts.
    class.update(Msg::Answered(name(1), "q1".to_owned(), 0));
    assert_eq!(class.poll().map(|poll| poll.tally().said(1)), Some((3, 3)));
}

#[test]
fn a_vote_with_a_limit_closes_by_itself() {
    let mut class = Class::default();
    class.update(Msg::Teacher(Order::Open(asked(1))));
    assert_eq!(class.update(Msg::Teacher(Order::Until(100)))[..2], [Effect::Tell(Note::Limit(100)), Effect::Wake(100)]);
    assert_eq!(class.update(Msg::Time(99)), []);
    assert!(matches!(class.update(Msg::Time(100))[..], [Effect::Tell(Note::Closed(..)), Effect::Show]));
    assert_eq!(class.update(Msg::Time(101)), []);
}

/// What the room sees.
fn projected(class: &Class) -> String {
    let area = ratatui::layout::Rect::new(0, 0, 60, 18);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    let course = crate::lesson::Course::default();
    crate::view::projector(class, false, &course, &crate::view::Theme::default(), area, &mut buffer);
    buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect()
}

fn anything() -> impl Strategy<Value = Msg> {
    let learner = 0..6usize;
    let learner_again = 0..6usize;
    let session = (0..9u32).prop_map(session);
    prop_oneof![
        3 => (session.clone(), learner.clone()).prop_map(|(s, l)| Msg::Joined(s, name(l))),
        2 => (session.clone(), learner.clone()).prop_map(|(s, l)| Msg::Left(s, name(l))),
        3 => (session, learner.clone(), prop::option::of(0..4usize)).prop_map(|(s, l, p)| Msg::At(s, name(l), p.map(place))),
        8 => (learner, 0..4usize, 0..5usize).prop_map(|(l, q, c)| Msg::Answered(name(l), format!("q{q}"), c)),
        2 => (0..4usize).prop_map(|q| Msg::Teacher(Order::Open(asked(q)))),
        2 => Just(Msg::Teacher(Order::Close)),
        1 => Just(Msg::Teacher(Order::Again)),
        1 => (0..4usize).prop_map(|p| Msg::Teacher(Order::Call(place(p)))),
        1 => (0..4usize).prop_map(|p| Msg::Teacher(Order::Bring(place(p)))),
        1 => (0..50u64).prop_map(|until| Msg::Teacher(Order::Until(until))),
        1 => (0..50u64).prop_map(Msg::Time),
        1 => Just(Msg::Teacher(Order::Experiment)),
        1 => learner_again.prop_map(|l| Msg::Teacher(Order::End(name(l)))),
        1 => (1..3u32).prop_map(Msg::Gone),
        1 => (1..3u32, 0..6usize).prop_map(|(host, l)| Msg::Took(host, seed_of(Some(&name(l))))),
        2 => (0..6usize).prop_map(|l| Msg::Ran(seed_of(Some(&name(l))), Some(Ran { cls: vec![true, false], mean: vec![true, true] }))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_counts_once_and_no_tally_is_told_before_closing(all in prop::collection::vec(anything(), 1..60)) {
        let mut class = Class::at_host(1);
        let mut log = Vec::new();
        // The same, counted anew from what happened: the last answer of each learner while the vote was open, and what
        // they had said before.
        let mut said: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        let mut voting: Option<String> = None;
        for msg in all {
            let open_before = voting.clone();
            match &msg {
                Msg::Answered(name, question, choice) => {
                    said.insert((question.clone(), name.clone()), *choice);
                    if voting.as_ref() == Some(question) && *choice < 3 {
                        counted.insert(name.clone(), *choice);
                    }
                }
                Msg::Teacher(Order::Open(asked)) if voting.is_none() => {
                    counted = said.iter().filter(|((question, _), choice)| *question == asked.id && **choice < 3)
                        .map(|((_, name), choice)| (name.clone(), *choice)).collect();
                }
                _ => {}
            }
            let effects = class.update(msg.clone());
            log.extend(msg.lasts().then(|| msg.clone()));
            // Each learner has at most one run, one at a time.
            let (ended, _, all) = class.experiment().count();
            prop_assert!(ended <= all && all <= 6);
            prop_assert!(effects.iter().filter(|effect| matches!(effect, Effect::Run(_))).count() <= 1);
            for effect in &effects {
                let note = match effect {
                    Effect::Tell(note) | Effect::TellOne(_, note) => note,
                    Effect::Wake(_) | Effect::Run(_) | Effect::Show | Effect::Write | Effect::End(_) => continue,
                    Effect::Log(msg) => {
                        prop_assert!(msg.lasts(), "{msg:?}");
                        continue;
                    }
                };
                if let Note::Closed(question, tally) = note {
                    // What is told is closed: the vote before, or one that is closed in the class.
                    let closed = class.polls().any(|poll| poll.asked.id == *question && !poll.open && poll.tally() == *tally);
                    prop_assert!(closed, "{question} told in {msg:?}");
                    if let Effect::Tell(_) = effect {
                        prop_assert_eq!(Some(question), open_before.as_ref());
                    }
                }
                // Whatever learners are told, there is no name in it.
                let told = format!("{note:?}");
                prop_assert!(!told.contains("name"), "{told}");
            }
            let seen = projected(&class);
            prop_assert!(!seen.contains("name"), "{seen}");
            let poll = class.poll();
            voting = poll.filter(|poll| poll.open).map(|poll| poll.asked.id.clone());
            if let Some(poll) = poll {
                let tally = poll.tally();
                prop_assert!(tally.votes.len() <= 2);
                for votes in &tally.votes {
                    prop_assert!(votes.iter().sum::<usize>() <= 6);
                }
                let last = tally.votes.last().expect("a vote");
                let expected: Vec<usize> = (0..3).map(|option| counted.values().filter(|choice| **choice == option).count()).collect();
                prop_assert_eq!(last, &expected);
            }
        }
        // From its log alone every host comes to the same class, also by way of the store.
        let lines = log.iter().map(|msg| serde_json::to_string(msg).expect("written")).collect::<Vec<_>>();
        let read = lines.iter().map(|line| serde_json::from_str::<Msg>(line).expect("read"));
        let other = Class::at_host(2).renewed(read);
        prop_assert!(other.polls().eq(class.polls()));
        prop_assert_eq!(other.call(), class.call());
        prop_assert_eq!(other.count(), 0, "who is in is not written");
    }
}

#[test]
fn an_experiment_is_run_by_whoever_has_a_hand_free_and_outlives_a_host() {
    let (mut here, mut there) = (Class::at_host(1), Class::at_host(2));
    for learner in 0..3 {
        let joined = Msg::Joined(session(learner), name(learner as usize));
        here.update(joined.clone());
        there.update(joined);
    }
    // Each host asks for a run when the parts are in the log.
    let parts = here.update(Msg::Teacher(Order::Experiment));
    let parts: Vec<Msg> =
        parts.into_iter().filter_map(|effect| if let Effect::Log(msg) = effect { Some(msg) } else { None }).collect();
    assert_eq!(parts.len(), 3);
    let asks = |class: &mut Class, msgs: &[Msg]| -> Vec<Effect> {
        msgs.iter().flat_map(|msg| class.update(msg.clone())).filter(|effect| *effect != Effect::Show).collect()
    };
    let first =
        parts.iter().find_map(|msg| if let Msg::Part(_, seed) = msg { Some(*seed) } else { None }).expect("a seed");
    assert_eq!(asks(&mut here, &parts), [Effect::Log(Msg::Took(1, first))]);
    assert_eq!(asks(&mut there, &parts), [Effect::Log(Msg::Took(2, first))]);
    // The log has one of them first: the other takes the next.
    let both = [Msg::Took(2, first), Msg::Took(1, first)];
    assert_eq!(asks(&mut there, &both), [Effect::Run(first)]);
    let Some(Effect::Log(Msg::Took(1, second))) = asks(&mut here, &both).pop() else { panic!("no other run") };
    assert_ne!(first, second);
    assert_eq!(asks(&mut here, &[Msg::Took(1, second)]), [Effect::Run(second)]);
    // Host 2 dies: its learners are out, and its run is taken when a hand is free.
    assert_eq!(asks(&mut here, &[Msg::Gone(2)]), []);
    assert_eq!(here.count(), 2);
    let ran = || Some(Ran { cls: vec![true, false], mean: vec![true, true] });
    assert_eq!(asks(&mut here, &[Msg::Ran(second, ran())]), [Effect::Log(Msg::Took(1, first))]);
    // Both come to an end of it: it counts once.
    asks(&mut here, &[Msg::Took(1, first), Msg::Ran(first, ran()), Msg::Ran(first, None)]);
    assert_eq!(here.experiment().count(), (2, 0, 3));
}

#[test]
fn a_host_that_was_taken_for_gone_knows_who_is_in_and_a_run_of_its_own_goes_on() {
    let mut class = Class::at_host(1);
    class.update(Msg::Joined(session(2), name(2)));
    class.update(Msg::Gone(1));
    assert_eq!(class.count(), 1, "it is there, whatever others think");
    // The log says that this host has a run, which came while the class was read anew: it is begun then, and once.
    let log = [Msg::Part(name(2), 7), Msg::Took(1, 7)];
    let mut class = class.renewed(log.iter().cloned());
    assert!(class.resume().contains(&Effect::Run(7)));
    let mut class = class.renewed(log.into_iter());
    assert!(!class.resume().contains(&Effect::Run(7)), "it is under way");
    assert_eq!(class.update(Msg::Ran(7, None)), [Effect::Show]);
    assert_eq!(class.experiment().count(), (1, 1, 1));
}
