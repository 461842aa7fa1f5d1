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
            Shown::Course | Shown::Projector => {
                self.shown = Shown::Desk;
                return Some(Vec::new());
            }
            Shown::Desk => {}
        }
        self.said.clear();
        let place = self.place(course)?;
        let steps = course.lessons.get(self.lesson).map_or(1, |lesson| lesson.steps.len());
        Some(match key {
            Key::Char('j') | Key::Down => self.to(course, self.lesson + 1, self.step),
            Key::Char('k') | Key::Up => self.to(course, self.lesson.saturating_sub(1), self.step),
            Key::Char('l') | Key::Right => self.to(course, self.lesson, (self.step + 1).min(steps.saturating_sub(1))),
            Key::Char('h') | Key::Left => self.to(course, self.lesson, self.step.saturating_sub(1)),
            Key::Char('c') => self.does(&format!("Called to {place}."), Order::Call(place)),
            Key::Char('b') => self.does(&format!("Everybody is taken to {place}."), Order::Bring(place)),
            Key::Char('o') => match self.asked(course) {
                Some(asked) => self.does("The vote is open: its result waits for x.", Order::Open(asked)),
                None => self.cannot("This step has no question. Choose one with a ?."),
            },
            Key::Char('x') if class.poll().is_some_and(|poll| poll.open) => {
                self.does("The vote is closed.", Order::Close)
            }
            Key::Char('v') if class.poll().is_some_and(|poll| poll.round() == 1) => {
                self.does("They vote again: let them talk it over first.", Order::Again)
            }
            Key::Char('v') if class.poll().is_some() => self.cannot("There are two votes on a question, not more."),
            Key::Char('t') if class.poll().is_some_and(|poll| poll.open) => {
                let until = class.poll().and_then(|poll| poll.until).unwrap_or(now).max(now) + LIMIT;
                self.does(&format!("The vote closes in {} s.", until - now), Order::Until(until))
            }
            Key::Char('x' | 'v' | 't') => self.cannot("No vote is open. o opens the one of the step chosen."),
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
            _ => Vec::new(),
        })
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
