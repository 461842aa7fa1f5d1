//! Random keys, pastes, sizes and hostile text against `update` and `draw`: nothing panics, nothing escapes.
//!
//! Answers are canned, so that a thousand sequences take seconds: what the model would say about one of a few sentences
//! is handed out for every sentence, with the pieces' texts replaced by parts of what was typed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clsroom::app::{self, Effect, Key, Msg, State};
use clsroom::commands::load_course;
use clsroom::lab::{Control, Outcome, Progress as Progressed, Request, Sentence};
use clsroom::lesson::Course;
use clsroom::lesson::progress::Progress;
use clsroom::terminal::keys::{Input, Parser};
use clsroom::view::{self, Depth, Theme};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::driver::lab;
use crate::fuzz;
use crate::keys::TABLE;

/// What the model says about sentences of three lengths.
struct Canned {
    quick: Vec<BTreeMap<&'static str, Outcome>>,
}

fn kind(request: &Request) -> &'static str {
    match request {
        Request::Trace(_) => "trace",
        Request::Knockout(_) => "knockout",
        Request::Gradient(_) => "gradient",
        Request::Arrange(_) => "arrange",
        _ => "",
    }
}

fn canned() -> &'static Canned {
    static CANNED: OnceLock<Canned> = OnceLock::new();
    CANNED.get_or_init(|| {
        let quick = ["", "a fine film", &"word ".repeat(40)].map(|text| {
            let sentence = Sentence::single(text);
            [
                Request::Trace(sentence.clone()),
                Request::Knockout(sentence.clone()),
                Request::Gradient(sentence.clone()),
                Request::Arrange(sentence),
            ]
            .into_iter()
            .filter_map(|request| {
                let outcome = lab().run(&request, &Control::QUIET).ok().flatten()?;
                Some((kind(&request), outcome))
            })
            .collect()
        });
        Canned { quick: quick.into() }
    })
}

/// Pieces as the hostile sentence would give them: every few characters one.
fn renamed(pieces: &mut [clsroom::lab::Piece], text: &str) {
    let mut rest = text.chars();
    for piece in pieces.iter_mut().filter(|piece| !piece.special()) {
        let part: String = rest.by_ref().take(3).collect();
        if part.is_empty() {
            return;
        }
        piece.text = part;
    }
}

fn answer(request: &Request) -> Option<Outcome> {
    let set = |sentence: &Sentence| &canned().quick[sentence.text.len() % canned().quick.len()];
    match request {
        Request::Trace(sentence) => match set(sentence).get("trace")? {
            Outcome::Trace(data) => {
                let mut data = (**data).clone();
                data.sentence = sentence.clone();
                renamed(&mut data.pieces, &sentence.text);
                Some(Outcome::Trace(Arc::new(data)))
            }
            _ => None,
        },
        Request::Knockout(sentence) => match set(sentence).get("knockout")? {
            Outcome::Knockout(data) => {
                let mut data = (**data).clone();
                data.sentence = sentence.clone();
                Some(Outcome::Knockout(Arc::new(data)))
            }
            _ => None,
        },
        Request::Gradient(sentence) => match set(sentence).get("gradient")? {
            Outcome::Gradient(data) => {
                let mut data = (**data).clone();
                data.sentence = sentence.clone();
                Some(Outcome::Gradient(Arc::new(data)))
            }
            _ => None,
        },
        Request::Arrange(sentence) => match set(sentence).get("arrange")? {
            Outcome::Arrange(data) => {
                let mut data = (**data).clone();
                data.sentence = sentence.clone();
                Some(Outcome::Arrange(Arc::new(data)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    Key(Key),
    Paste(String),
    Size(u16, u16),
    Lesson(usize),
    Progress(usize, usize),
    Failure,
}

/// Characters that terminals obey, join, reorder or disagree about.
fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop_oneof![
        Just('\u{1b}'),
        Just('\u{9b}'),
        Just('\0'),
        Just('\u{7}'),
        Just('\u{202e}'),
        Just('\u{200d}'),
        Just('\u{fe0f}'),
        Just('\u{301}'),
        Just('👩'),
        Just('猫'),
        Just('\u{5d0}'),
        Just('\u{e000}'),
        Just('\u{10ffff}'),
        Just('\n'),
        Just('\u{ad}'),
        Just('ﷺ'),
        any::<char>(),
        prop::char::range(' ', '~'),
    ];
    prop::collection::vec(nasty, 0..60).prop_map(|all| all.into_iter().collect())
}

fn key() -> impl Strategy<Value = Key> {
    let known: Vec<char> = "npjkhlvxedtcRMJKq?[]{},.+- 123456789".chars().collect();
    prop_oneof![
        6 => prop::sample::select(known).prop_map(Key::Char),
        1 => any::<char>().prop_map(Key::Char),
        3 => prop::sample::select(vec![
            Key::Enter, Key::Esc, Key::Tab, Key::Backspace, Key::Delete, Key::Up, Key::Down, Key::Left, Key::Right,
            Key::Home, Key::End, Key::Alt,
        ]),
        1 => prop::char::range('a', 'y').prop_map(Key::Ctrl),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => key().prop_map(Event::Key),
        2 => hostile().prop_map(Event::Paste),
        1 => (1u16..130, 1u16..45).prop_map(|(width, height)| Event::Size(width, height)),
        1 => (0usize..16).prop_map(Event::Lesson),
        1 => (0usize..9, 0usize..9).prop_map(|(done, total)| Event::Progress(done, total)),
        1 => Just(Event::Failure),
    ]
}

struct Room {
    state: State,
    theme: Theme,
    area: Rect,
    running: Option<u64>,
}

impl Room {
    fn tell(&mut self, msg: impl Into<Msg>) {
        let mut effects = app::update(&mut self.state, msg.into());
        while let Some(effect) = effects.pop() {
            let Effect::Submit(ticket, request) = effect else { continue };
            if request.is_long() {
                self.running = Some(ticket);
                continue;
            }
            let told = match answer(&request) {
                Some(outcome) => clsroom::lab::Event::Done(ticket, outcome),
                None => clsroom::lab::Event::Failed(ticket, format!("no \u{1b}[31m answer to {}", kind(&request))),
            };
            effects.extend(app::update(&mut self.state, told.into()));
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Key(key) => self.tell(Msg::Key(key)),
            Event::Paste(text) => {
                self.tell(Msg::Key(Key::Char('e')));
                self.tell(Msg::Paste(text));
                self.tell(Msg::Key(Key::Enter));
            }
            Event::Size(width, height) => self.area = Rect::new(0, 0, width, height),
            Event::Lesson(lesson) => {
                self.state.overlay = None;
                let cursor = lesson % self.state.course.lessons.len();
                self.state.screen = app::Screen::Home { cursor };
                self.tell(Msg::Key(Key::Enter));
            }
            Event::Progress(done, total) => {
                let told = Progressed { what: "\u{1b}[2J".to_owned(), done, total, ..Progressed::default() };
                if let Some(ticket) = self.running {
                    self.tell(clsroom::lab::Event::Progress(ticket, told, Duration::from_secs(done as u64)));
                }
            }
            Event::Failure => {
                if let Some(ticket) = self.running.take() {
                    self.tell(clsroom::lab::Event::Failed(ticket, "it \u{9b}1m failed".to_owned()));
                }
            }
        }
    }

    /// Draws, and looks for anything that a terminal would obey.
    fn draw(&self) -> Result<(), TestCaseError> {
        let mut buffer = Buffer::empty(self.area);
        let cursor = view::draw_into(&self.state, &self.theme, self.area, &mut buffer);
        for cell in &buffer.content {
            let symbol = cell.symbol();
            prop_assert!(!symbol.contains(char::is_control), "{symbol:?} would be obeyed");
            prop_assert!(!symbol.contains(['\u{202e}', '\u{2066}']), "{symbol:?} would turn the line");
            prop_assert!(
                !symbol.contains('\u{200d}') || symbol.chars().count() > 1,
                "{symbol:?} would join its neighbours"
            );
        }
        if let Some((x, y)) = cursor {
            prop_assert!(self.area.contains((x, y).into()), "the cursor at {x}, {y} is outside {:?}", self.area);
        }
        Ok(())
    }
}

type Loaded = (Arc<Course>, Arc<BTreeMap<String, clsroom::lab::record::Datum>>);

fn room(size: (u16, u16), theme: Theme) -> Room {
    static COURSE: OnceLock<Loaded> = OnceLock::new();
    let (course, records) = COURSE
        .get_or_init(|| {
            let loaded = load_course(None).expect("the course is in order");
            (Arc::new(loaded.course), Arc::new(loaded.records))
        })
        .clone();
    let state = State::new(course, records, [10_070, 6_991, 1_044, 2_035], Progress::default());
    let mut room = Room { state, theme, area: Rect::new(0, 0, size.0, size.1), running: None };
    room.tell(clsroom::lab::Event::ModelReady(lab().facts()));
    room
}

fn theme() -> impl Strategy<Value = Theme> {
    (prop::sample::select(Depth::ALL.to_vec()), any::<bool>()).prop_map(|(depth, ascii)| Theme::new(depth, ascii))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_thousand_random_sequences_neither_panic_nor_escape(
        theme in theme(),
        size in (1u16..160, 1u16..60),
        events in prop::collection::vec(event(), 1..25),
    ) {
        let mut room = room(size, theme);
        for (index, event) in events.into_iter().enumerate() {
            room.happen(event);
            if index % 4 == 0 {
                room.draw()?;
            }
        }
        room.draw()?;
    }
}

/// Bytes of a terminal, from sequences that mean something to noise, go through the parser into the app.
#[test]
fn random_bytes_of_a_terminal_neither_panic_nor_escape() {
    // Canned answers are made before the first of them is timed.
    room((80, 24), Theme::default()).happen(Event::Lesson(0));
    fuzz::each(100, |random| {
        let mut room = room((80, 24), Theme::new(Depth::TwoFiftySix, false));
        room.happen(Event::Lesson(random.below(16)));
        let mut parser = Parser::default();
        for _ in 0..20 {
            let bytes = match random.below(3) {
                0 => fuzz::bytes(random.of(TABLE).1, random),
                1 => (0..random.below(12)).map(|_| random.number() as u8).collect(),
                _ => random.of(TABLE).1.to_vec(),
            };
            let mut found = parser.feed(&bytes);
            if random.below(3) == 0 {
                found.extend(parser.give_up());
            }
            for input in found {
                match input {
                    Input::Key(key) => room.tell(Msg::Key(key)),
                    Input::Paste(text) => room.tell(Msg::Paste(text)),
                }
            }
            room.draw().unwrap_or_else(|error| panic!("{error}"));
        }
    });
}

#[test]
fn every_step_draws_at_every_size_from_1x1_to_500x200() {
    let sizes =
        [(1, 1), (2, 1), (1, 200), (500, 1), (59, 18), (60, 17), (60, 18), (61, 19), (99, 24), (100, 24), (500, 200)];
    let mut room = room((1, 1), Theme::new(Depth::TwoFiftySix, false));
    let lessons = room.state.course.lessons.len();
    let mut turn = 0;
    for lesson in 0..lessons {
        room.happen(Event::Lesson(lesson));
        while matches!(room.state.screen, app::Screen::Lesson { .. }) {
            for page in 0..2 {
                // Every step at three sizes and the largest ones now and then, so that all are seen without waiting.
                for offset in 0..3 {
                    let (width, height) = sizes[(turn * 3 + offset + page) % sizes.len()];
                    room.happen(Event::Size(width, height));
                    room.draw().unwrap_or_else(|error| panic!("{error}"));
                }
                room.happen(Event::Key(Key::Tab));
            }
            turn += 1;
            room.happen(Event::Key(Key::Char('1')));
            room.happen(Event::Key(Key::Char('n')));
            skip_the_last_question(&mut room);
        }
    }
}

/// At the end of a lesson it is asked what the learner thinks.
fn skip_the_last_question(room: &mut Room) {
    if room.state.overlay.is_some() {
        room.happen(Event::Key(Key::Esc));
    }
}

#[test]
fn every_step_is_ascii_when_asked_and_needs_neither_braille_nor_joiners() {
    for ascii in [true, false] {
        let mut room = room((120, 36), Theme::new(Depth::TwoFiftySix, ascii));
        for lesson in 0..room.state.course.lessons.len() {
            room.happen(Event::Lesson(lesson));
            while matches!(room.state.screen, app::Screen::Lesson { .. }) {
                let mut buffer = Buffer::empty(room.area);
                view::draw_into(&room.state, &room.theme, room.area, &mut buffer);
                let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
                let marker = room.state.marker();
                if ascii {
                    let odd: String = text.chars().filter(|c| !c.is_ascii()).collect();
                    // Names of people in citations are the only words that ASCII cannot write.
                    assert!(odd.is_empty(), "{marker:?} shows {odd:?}");
                }
                let unwanted = |c: char| matches!(c, '\u{2800}'..='\u{28ff}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
                assert!(!text.contains(unwanted), "{marker:?}");
                room.happen(Event::Key(Key::Char('1')));
                room.happen(Event::Key(Key::Char('n')));
                skip_the_last_question(&mut room);
            }
        }
    }
}

#[test]
fn below_60x18_a_card_says_what_is_needed() {
    let room = |size| room(size, Theme::new(Depth::None, false));
    let text = |room: &Room| {
        let mut buffer = Buffer::empty(room.area);
        view::draw_into(&room.state, &room.theme, room.area, &mut buffer);
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    for size in [(59, 18), (60, 17), (20, 5), (500, 17)] {
        assert!(text(&room(size)).contains("needs 60x18"), "{size:?}");
    }
    assert!(!text(&room((60, 18))).contains("needs 60x18"));
}

#[test]
fn every_action_has_a_plain_character() {
    // Tab, arrows and function keys are missing on some keyboards and in some recorders.
    for row in app::keymap::TABLE {
        for action in row.actions {
            let plain = app::keymap::TABLE.iter().any(|other| {
                other.keys.iter().zip(other.actions).any(|(key, known)| {
                    known == action && matches!(key, Key::Char(_) | Key::Enter | Key::Tab | Key::Ctrl('c' | 'z'))
                })
            });
            assert!(plain, "{action:?}");
        }
    }
}
