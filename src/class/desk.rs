//! The teacher's desk: which step is chosen, what is being written, and what keys do there.

use super::{Asked, Class, Order};
use crate::app::Key;
use crate::app::class::{Place, question_of};
use crate::lesson::Course;

/// How long a vote with a limit lasts, in seconds; each further key adds as much.
const LIMIT: u64 = 30;

/// What a teacher's screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Where everybody is, and the vote.
    #[default]
    Desk,
    /// One thing, large, without a name.
    Projector,
    /// The course, as a learner sees it.
    Course,
}

/// A teacher's desk.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// What is shown.
    pub shown: Shown,
    /// The lesson chosen.
    pub lesson: usize,
    /// The step chosen.
    pub step: usize,
    /// Below the map, and on the projector, stands the experiment, not the vote.
    pub experiment: bool,
    /// A line to everybody that is being written.
    pub writes: Option<String>,
    /// What the last key did, or why it did nothing.
    pub said: String,
}

/// Longest line to everybody, in characters.
const LINE: usize = 200;

impl Desk {
    /// The step chosen.
    #[must_use]
    pub fn place(&self, course: &Course) -> Option<Place> {
        course.lessons.get(self.lesson).map(|lesson| Place { lesson: lesson.id.clone(), step: self.step })
    }

    /// The question of the step chosen.
    #[must_use]
    pub fn asked(&self, course: &Course) -> Option<Asked> {
        let question = question_of(course.lessons.get(self.lesson)?.steps.get(self.step)?)?;
        Some(Asked {
            id: question.id.clone(),
            place: self.place(course)?,
            text: question.ask.clone(),
            options: question.options.clone(),
        })
    }

    /// A key: what the teacher wants by it. Whether it was the desk's is told by `None`: then it is for the course.
    pub fn key(&mut self, key: Key, course: &Course, class: &Class, now: u64) -> Option<Vec<Order>> {
        if self.writes.is_some() {
            return Some(self.write(key));
        }
        match self.shown {
            _ if key == Key::Ctrl('c') => return None,
            // The key that leads back to the desk is one that the course does not have.
            Shown::Course if key != Key::Ctrl('t') => return None,
            // What concerns the vote can be done while the room looks on.
            Shown::Projector if matches!(key, Key::Char('x' | 'v' | 't')) => {}
            Shown::Course | Shown::Projector => {
                self.shown = Shown::Desk;
                return Some(Vec::new());
            }
            Shown::Desk => {}
        }
        self.said.clear();
        self.experiment &= !matches!(key, Key::Char('o' | 'x' | 'v' | 't'));
        let place = self.place(course)?;
        let steps = course.lessons.get(self.lesson).map_or(1, |lesson| lesson.steps.len());
        Some(match key {
            Key::Char('j') | Key::Down => self.to(course, self.lesson + 1, self.step),
            Key::Char('k') | Key::Up => self.to(course, self.lesson.saturating_sub(1), self.step),
            Key::Char('l') | Key::Right => self.to(course, self.lesson, (self.step + 1).min(steps.saturating_sub(1))),
            Key::Char('h') | Key::Left => self.to(course, self.lesson, self.step.saturating_sub(1)),
            Key::Char('c') => self.does(&format!("Called to {place}."), Order::Call(place)),
            Key::Char('b') => self.does(&format!("Everybody is taken to {place}."), Order::Bring(place)),
            Key::Char('o') if class.poll().is_some_and(|poll| poll.open) => {
                let at = class.poll().map(|poll| poll.asked.place.to_string()).unwrap_or_default();
                self.cannot(&format!("A vote is open at {at}: x closes it."))
            }
            Key::Char('o') => match self.asked(course) {
                Some(asked) => self.does("The vote is open: its result waits for x.", Order::Open(asked)),
                None => self.cannot("This step has no question. Choose one with a ?."),
            },
            Key::Char('x') if class.poll().is_some_and(|poll| poll.open) => {
                self.does("The vote is closed.", Order::Close)
            }
            Key::Char('v') if class.poll().is_some_and(|poll| poll.open && poll.round() == 1) => {
                self.does("They vote again: let them talk it over first.", Order::Again)
            }
            Key::Char('v') if class.poll().is_some_and(|poll| poll.open) => {
                self.cannot("There are two votes on a question, not more.")
            }
            Key::Char('v') if class.poll().is_some() => {
                self.cannot("The result has been shown: a second vote comes before x.")
            }
            Key::Char('t') if class.poll().is_some_and(|poll| poll.open) => {
                let until = class.poll().and_then(|poll| poll.until).unwrap_or(now).max(now) + LIMIT;
                self.does(&format!("The vote closes in {} s.", until - now), Order::Until(until))
            }
            Key::Char('x' | 'v' | 't') => self.cannot("No vote is open. o opens the one of the step chosen."),
            Key::Char('r') => {
                self.experiment = true;
                let said = match class.count() {
                    0 => "Nobody is in: each learner is one run.",
                    _ => "Each learner is one run; who comes later joins with another r.",
                };
                self.does(said, Order::Experiment)
            }
            Key::Char('m') => {
                self.writes = Some(String::new());
                Vec::new()
            }
            Key::Char('P') => {
                self.shown = Shown::Projector;
                Vec::new()
            }
            Key::Tab => {
                self.shown = Shown::Course;
                Vec::new()
            }
            Key::Char('q') | Key::Esc => self.cannot("Ctrl-C leaves the desk; the class goes on without you."),
            _ => self.cannot("This key does nothing here; the two lines below say which do."),
        })
    }

    /// Pasted text: it belongs to a line that is being written, and nowhere else on the desk. Whether it was the desk's.
    pub fn paste(&mut self, text: &str) -> bool {
        if let Some(line) = &mut self.writes {
            let room = LINE.saturating_sub(line.chars().count());
            line.extend(text.chars().filter(|c| !c.is_control()).take(room));
        }
        self.shown != Shown::Course
    }

    fn to(&mut self, course: &Course, lesson: usize, step: usize) -> Vec<Order> {
        self.lesson = lesson.min(course.lessons.len().saturating_sub(1));
        let steps = course.lessons.get(self.lesson).map_or(1, |lesson| lesson.steps.len());
        self.step = step.min(steps.saturating_sub(1));
        Vec::new()
    }

    fn does(&mut self, said: &str, order: Order) -> Vec<Order> {
        said.clone_into(&mut self.said);
        vec![order]
    }

    fn cannot(&mut self, why: &str) -> Vec<Order> {
        why.clone_into(&mut self.said);
        Vec::new()
    }

    /// A key while a line is written.
    fn write(&mut self, key: Key) -> Vec<Order> {
        let Some(line) = &mut self.writes else { return Vec::new() };
        match key {
            Key::Enter => {
                let line = self.writes.take().unwrap_or_default();
                if line.trim().is_empty() { Vec::new() } else { self.does("Said to everybody.", Order::Say(line)) }
            }
            Key::Esc | Key::Ctrl('c') => {
                self.writes = None;
                Vec::new()
            }
            Key::Backspace => {
                line.pop();
                Vec::new()
            }
            Key::Char(c) if line.chars().count() < LINE => {
                line.push(c);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}
