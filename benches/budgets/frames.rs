//! The whole course at 120x36 and 256 colours: what a key costs until its frame is there, and what drawing alone costs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use clsroom::app::{self, Effect, Key, Msg};
use clsroom::lab::Request;
use clsroom::lesson::View;
use clsroom::lesson::progress::Progress;
use clsroom::view::{self, Depth, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::driver::Driver;
use crate::{Row, median};

const SIZE: (u16, u16) = (120, 36);

/// Sentences that a learner may bring: the course's own, and one that fills the model's 128 places.
const SENTENCES: [Option<&str>; 2] = [
    None,
    Some(
        "My neighbour's old dog barks at every passing train, but never at me, which is odd because I am the one who \
         steals his ball; still, when the evening comes and the last train has left for the coast, he sits by the gate \
         and waits, as if somebody he knew a long time ago might step down onto the platform, look up and down the empty \
         street, call his name in a voice that only he remembers, and walk with him, slowly and without a word, past the \
         mill, the shut school and the river to a house that was pulled down years before either of us was born here",
    ),
];

#[derive(Default)]
struct Walk {
    /// The slowest key: what the app does with it, and its frame.
    key: Duration,
    /// Drawing alone, by view: the slowest settled screen.
    frames: BTreeMap<&'static str, Duration>,
    /// Long runs that were made: one a view.
    ran: BTreeSet<&'static str>,
}

pub(crate) fn rows() -> Vec<Row> {
    let mut walk = Walk::default();
    for sentence in SENTENCES {
        walk.course(sentence);
    }
    let ms = |time: &Duration| 1e3 * time.as_secs_f64();
    let mut frames: Vec<(&str, f64)> = walk.frames.iter().map(|(view, time)| (*view, ms(time))).collect();
    frames.sort_by(|a, b| b.1.total_cmp(&a.1));
    let slowest: Vec<String> = frames.iter().take(5).map(|(view, ms)| format!("{view} {ms:.2} ms")).collect();
    eprintln!("{} views drawn; the slowest frames: {}", frames.len(), slowest.join(", "));
    let frame = frames.first().map_or(f64::NAN, |(_, ms)| *ms);
    vec![
        Row::alone("a key's update and frame, slowest bench, 120x36", ms(&walk.key), "ms", 16.0),
        Row::alone("a frame alone, slowest view, 120x36", frame, "ms", 4.0),
    ]
}

impl Walk {
    fn course(&mut self, sentence: Option<&str>) {
        let theme = Theme::new(Depth::TwoFiftySix, false);
        let mut driver = Driver::with(SIZE.0, SIZE.1, theme, Progress::default());
        driver.shorten_runs(96, 48);
        let ids: Vec<String> = driver.state.course.lessons.iter().map(|lesson| lesson.id.clone()).collect();
        for id in ids {
            driver.open(&id);
            if let Some(sentence) = sentence
                && driver.state.progress.sentence.is_none()
            {
                driver.type_sentence(sentence);
            }
            let steps = driver.state.lesson().map_or(0, |lesson| lesson.steps.len());
            driver.press(&"p".repeat(steps));
            for _ in 0..steps {
                self.key(&mut driver, Key::Char('1'));
                if driver.state.covered() {
                    driver.key(Key::Enter);
                }
                self.run(&mut driver);
                self.frame(&driver);
                for key in [Key::Char('l'), Key::Char('v'), Key::Char('n')] {
                    self.key(&mut driver, key);
                    self.frame(&driver);
                }
            }
        }
    }

    fn view(driver: &Driver) -> &'static str {
        let view = driver.state.bench().map(|bench| bench.view);
        View::ALL.iter().find(|(_, known)| Some(*known) == view).map_or("text alone", |(name, _)| name)
    }

    /// A key as the program takes it: until its frame is drawn, without the answers that come later.
    fn key(&mut self, driver: &mut Driver, key: Key) {
        let started = Instant::now();
        let effects = app::update(&mut driver.state, Msg::Key(key));
        draw(driver);
        self.key = self.key.max(started.elapsed());
        driver.answer(effects);
    }

    /// The run of the step, once a view: a training with a few steps.
    fn run(&mut self, driver: &mut Driver) {
        let wanted = driver.state.run_request();
        if wanted.is_none_or(|request| !request.is_long()) || driver.state.has_run() || driver.state.shows_notebook() {
            return;
        }
        if self.ran.insert(Self::view(driver)) {
            driver.key(Key::Enter);
            if let Some(Effect::Submit(_, Request::Learn(wanted))) = driver.waiting.last_mut() {
                wanted.steps = 3;
            }
            if !driver.waiting.is_empty() {
                driver.finish_run();
            }
        }
    }

    fn frame(&mut self, driver: &Driver) {
        let times = (0..5).map(|_| {
            let started = Instant::now();
            draw(driver);
            started.elapsed()
        });
        let slowest = self.frames.entry(Self::view(driver)).or_default();
        *slowest = (*slowest).max(median(times.collect()));
    }
}

fn draw(driver: &Driver) {
    let area = Rect::new(0, 0, SIZE.0, SIZE.1);
    view::draw_into(&driver.state, &driver.theme, area, &mut Buffer::empty(area));
}
