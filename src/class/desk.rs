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

/// What stands below the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Below {
    /// The vote; on the projector, too.
    #[default]
    Vote,
    /// The experiment; on the projector, too.
    Experiment,
    /// The notes on the step chosen.
    Notes,
    /// What all keys do.
    Keys,
}

/// A line that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is for.
    pub purpose: Purpose,
    /// So far.
    pub text: String,
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is said to everybody.
    Say,
    /// It names a learner whose sessions end.
    End,
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
    /// What stands below the map.
    pub below: Below,
    /// A line that is being written.
    pub writes: Option<Line>,
    /// What the last key did, or why it did nothing.
    pub said: String,
    /// The limit that this desk asked for: the class knows it a moment later.
    until: Option<u64>,
    /// Why what happens is not written just now, if it is not.
    pub trouble: Option<String>,
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
            return Some(self.write(key, class));
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
        if matches!(key, Key::Char('o' | 'x' | 'v' | 't')) {
            self.below = Below::Vote;
        }
        if key != Key::Char('t') {
            self.until = None;
        }
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
                let known = class.poll().and_then(|poll| poll.until);
                let until = known.max(self.until).unwrap_or(now).max(now) + LIMIT;
                self.until = Some(until);
                self.does(&format!("The vote closes in {} s.", until - now), Order::Until(until))
            }
            Key::Char('x' | 'v' | 't') => self.cannot("No vote is open. o opens the one of the step chosen."),
            Key::Char('r') => {
                self.below = Below::Experiment;
                let said = match class.count() {
                    0 => "Nobody is in: each learner is one run.",
                    _ => "Each learner is one run; who comes later joins with another r.",
                };
                self.does(said, Order::Experiment)
            }
            Key::Char('n') => self.show(Below::Notes),
            Key::Char('?') => self.show(Below::Keys),
            Key::Char('w') => self.does("The results are being written.", Order::Write),
            Key::Char('m') => self.begin(Purpose::Say),
            Key::Char('K') => self.begin(Purpose::End),
            Key::Char('P') => {
                self.shown = Shown::Projector;
                Vec::new()
            }
            Key::Tab => {
                self.shown = Shown::Course;
                Vec::new()
            }
            Key::Char('q') | Key::Esc => self.cannot("Ctrl-C leaves the desk; the class goes on without you."),
            _ => self.cannot("This key does nothing here; ? says which do."),
        })
    }

    /// Pasted text: it belongs to a line that is being written, and nowhere else on the desk. Whether it was the desk's.
    pub fn paste(&mut self, text: &str) -> bool {
        if let Some(line) = &mut self.writes {
            let room = LINE.saturating_sub(line.text.chars().count());
            line.text.extend(text.chars().filter(|c| !c.is_control()).take(room));
        }
        self.shown != Shown::Course
    }

    fn to(&mut self, course: &Course, lesson: usize, step: usize) -> Vec<Order> {
        self.lesson = lesson.min(course.lessons.len().saturating_sub(1));
        let steps = course.lessons.get(self.lesson).map_or(1, |lesson| lesson.steps.len());
        self.step = step.min(steps.saturating_sub(1));
        Vec::new()
    }

    /// Shows something below the map, or the vote again.
    fn show(&mut self, below: Below) -> Vec<Order> {
        self.below = if self.below == below { Below::Vote } else { below };
        Vec::new()
    }

    fn begin(&mut self, purpose: Purpose) -> Vec<Order> {
        self.writes = Some(Line { purpose, text: String::new() });
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
    fn write(&mut self, key: Key, class: &Class) -> Vec<Order> {
        let Some(line) = &mut self.writes else { return Vec::new() };
        match key {
            Key::Enter => {
                let Line { purpose, text } = line.clone();
                self.writes = None;
                let text = text.trim().to_owned();
                match purpose {
                    _ if text.is_empty() => Vec::new(),
                    Purpose::Say => self.does("Said to everybody.", Order::Say(text)),
                    // Names are in small letters.
                    Purpose::End if class.is_in(&text.to_lowercase()) => {
                        let text = text.to_lowercase();
                        self.does(&format!("{text} is out, and can come in again."), Order::End(text.clone()))
                    }
                    Purpose::End => self.cannot(&format!("Nobody called {text} is in.")),
                }
            }
            Key::Esc | Key::Ctrl('c') => {
                self.writes = None;
                Vec::new()
            }
            Key::Backspace => {
                line.text.pop();
                Vec::new()
            }
            Key::Char(c) if line.text.chars().count() < LINE => {
                line.text.push(c);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}
