//! The course as linear text: for screen readers, pipes and `TERM=dumb`. A second front end over the same state machine.
//!
//! Keys go into [`app::update`] as they would from a screen, its requests are answered by the model one after the
//! other, and what a bench would draw is said in words. On a terminal it asks for predictions and keeps the answers; in
//! a pipe it asks nothing, saves nothing, and gives the answer with the question.

mod text;

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;

use crate::app::{self, Effect, Key, Msg, Screen, State};
use crate::bench;
use crate::cli::{Common, CourseWith};
use crate::commands::{load_course, open_lab, read_data};
use crate::config::Settings;
use crate::lab::dataset::Dataset;
use crate::lab::{Control, Lab};
use crate::lesson::progress::Store;
use crate::lesson::{Question, View};
use crate::terminal::{another, at_lesson, data_counts, saved};

/// Why reading ends early.
enum End {
    /// The reader has had enough, or closed the pipe.
    Quiet,
    /// Something failed.
    Failed(String),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Quiet
        } else {
            Self::Failed(format!("cannot write the output: {error}"))
        }
    }
}

/// Prints the course, or one lesson of it.
///
/// # Errors
/// When course, model or output cannot be used.
pub fn read(settings: &Settings, common: &Common, lesson: Option<&str>, with: &CourseWith) -> Result<(), String> {
    let loaded = load_course(settings.lessons.as_deref())?;
    let asks = io::stdin().is_terminal() && io::stdout().is_terminal();
    let (mut store, progress, notice) = saved(settings, common);
    let another = if asks { another(store.as_mut(), settings.learner.as_deref()) } else { None };
    let own = with.data.as_deref().map(read_data).transpose()?;
    let mut lab = open_lab(settings, loaded.heads.as_ref())?;
    if let Some(against) = &with.against {
        let settings = Settings { model: Some(against.clone()), ..settings.clone() };
        lab = lab.beside(open_lab(&settings, loaded.heads.as_ref())?);
    }
    let last = progress.last.clone();
    let mut state = State::new(Arc::new(loaded.course), Arc::new(loaded.records), data_counts(own.as_ref())?, progress);
    state.teacher.notes = common.teacher.notes;
    state.learner.clone_from(&settings.learner);
    state.seed = if common.demo { 0 } else { app::runs::seed_of(settings.learner.as_deref()) };
    let summary = own.as_ref().map(Dataset::summary);
    if let Some(own) = own {
        state.classes = own.classes().to_vec();
        own.sha256().clone_into(&mut state.data_sha256);
        state.sentences = lab.add(own).map_err(|error| error.to_string())?;
    }
    if !asks {
        // Nobody answers, so nothing that was answered before decides what is printed.
        state.progress = crate::lesson::progress::Progress {
            sentence: state.progress.sentence.take(),
            ..crate::lesson::progress::Progress::default()
        };
    }
    let lessons = 0..state.course.lessons.len();
    let chosen = match lesson {
        Some(name) => {
            let one = at_lesson(&state, name)?;
            one..one + 1
        }
        None => lessons,
    };
    let mut reader = Reader { state, lab, store: store.filter(|_| asks), asks, begun: false };
    if let Some(other) = reader.lab.other() {
        reader.tell(Msg::OtherReady(other.facts()));
    }
    reader.tell(Msg::ModelReady(reader.lab.facts()));
    reader.tell_time();
    let result = (|| {
        for notice in notice.into_iter().chain(another).chain(summary) {
            say(&notice)?;
        }
        // On a terminal the course goes on where the learner left off.
        let resumed = last.filter(|_| asks && lesson.is_none());
        let begin = resumed.and_then(|(id, _)| reader.state.course.lessons.iter().position(|known| known.id == id));
        for index in chosen.skip(begin.unwrap_or(0)) {
            reader.lesson(index)?;
        }
        Ok(())
    })();
    match result {
        Ok(()) | Err(End::Quiet) => Ok(()),
        Err(End::Failed(why)) => Err(why),
    }
}

/// One paragraph and an empty line.
fn say(paragraph: &str) -> Result<(), End> {
    let mut out = io::stdout().lock();
    out.write_all(text::wrapped(paragraph).as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

struct Reader {
    state: State,
    lab: Lab,
    store: Option<Store>,
    asks: bool,
    /// A lesson was begun: what holds for all of them was said.
    begun: bool,
}

impl Reader {
    fn tell_time(&mut self) {
        if let Ok(now) = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            app::update(&mut self.state, Msg::Time(now.as_secs()));
        }
    }

    /// Applies a message, and answers what it leads to.
    fn tell(&mut self, msg: Msg) {
        let mut effects = std::collections::VecDeque::from(app::update(&mut self.state, msg));
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Submit(ticket, request) => {
                    let told = match self.lab.run(&request, &Control::QUIET) {
                        Ok(Some(outcome)) => Msg::Done(ticket, outcome),
                        Ok(None) => Msg::Cancelled(ticket),
                        Err(error) => Msg::Failed(ticket, error.to_string()),
                    };
                    effects.extend(app::update(&mut self.state, told));
                }
                Effect::Save(progress) => {
                    self.tell_time();
                    let now = self.state.now;
                    if let Some(Err(error)) = self.store.as_mut().map(|store| store.save(&progress, now)) {
                        let _ = writeln!(io::stderr(), "clsroom: {error}");
                    }
                }
                _ => {}
            }
        }
    }

    fn lesson(&mut self, index: usize) -> Result<(), End> {
        let Some(lesson) = self.state.course.lessons.get(index).cloned() else { return Ok(()) };
        say(&format!("Lesson {}: {} ({} minutes)", lesson.id, lesson.title, lesson.minutes))?;
        say(&lesson.question)?;
        if !std::mem::replace(&mut self.begun, true) {
            say("Keys that the text names, such as e or v, belong to the screen; here every step is told in full.")?;
        }
        self.state.screen = Screen::Home { cursor: index };
        self.tell(Msg::Key(Key::Enter));
        while let Screen::Lesson { step, .. } = self.state.screen {
            self.step(step, lesson.steps.len())?;
            if self.asks && !goes_on()? {
                return Err(End::Quiet);
            }
            self.tell(Msg::Key(Key::Char('n')));
        }
        Ok(())
    }

    fn step(&mut self, number: usize, of: usize) -> Result<(), End> {
        let Some(step) = self.state.step().cloned() else { return Ok(()) };
        let title = step.title(self.state.embedded()).unwrap_or_default();
        say(&format!("Step {} of {of}. {title}", number + 1))?;
        // Paragraphs that wait for a run come after it.
        for block in text::blocks(&self.state, &self.state.text()) {
            say(&block)?;
        }
        if self.state.teacher.notes {
            let none = "This step has no speaker notes.".to_owned();
            let notes = text::blocks(&self.state, &step.notes);
            say("Notes for the teacher:")?;
            (if notes.is_empty() { vec![none] } else { notes }).iter().try_for_each(|note| say(note))?;
        }
        if let Some(predict) = &step.predict {
            self.ask("Before you look", predict)?;
        }
        if self.state.covered() {
            self.tell(Msg::Key(Key::Enter));
        }
        if let Some(bench) = &step.bench {
            self.offer(bench.view)?;
            if let Some(day) = self.state.measured_before() {
                say(&format!("An earlier session measured this, on {day}."))?;
            }
            for sentence in bench::in_words(&self.state) {
                say(&sentence)?;
            }
        }
        if let Some(predict) = &step.predict {
            self.answer(predict)?;
        }
        if let Some(check) = &step.check {
            self.ask("To recall", check)?;
            self.answer(check)?;
        }
        Ok(())
    }

    /// Puts a question, and on a terminal takes the answer.
    fn ask(&mut self, lead: &str, question: &Question) -> Result<(), End> {
        say(&format!("{lead}: {}", question.ask(self.state.embedded())))?;
        for (index, option) in self.state.options(question).iter().enumerate() {
            say(&format!("{}. {option}", index + 1))?;
        }
        if !self.asks || self.state.given(question).is_some() {
            return Ok(());
        }
        loop {
            let Some(said) = prompt("Your answer, a number (Enter: none): ")? else { return Err(End::Quiet) };
            let choice = said.parse::<usize>().ok().filter(|choice| (1..=question.options.len()).contains(choice));
            match (said.as_str(), choice.and_then(|choice| char::from_digit(choice as u32, 10))) {
                ("", _) => return Ok(()),
                ("q", _) => return Err(End::Quiet),
                (_, Some(digit)) => {
                    self.tell_time();
                    self.tell(Msg::Key(Key::Char(digit)));
                    return Ok(());
                }
                _ => say(&format!("Please type a number from 1 to {}.", question.options.len()))?,
            }
        }
    }

    /// Says what was answered, what is right, and why.
    fn answer(&self, question: &Question) -> Result<(), End> {
        let options = self.state.options(question);
        let option = |index: usize| options.get(index).map_or("", String::as_str);
        let verdict = self.state.verdict(question);
        let from = text::from(verdict.source);
        let measured = match verdict.measured {
            Some(_) if verdict.told_by_option => from.to_owned(),
            Some(value) => format!(" ({value}{from})"),
            None => String::new(),
        };
        let said = match (verdict.right, self.state.given(question)) {
            (None, _) if self.state.run_request().is_some() => "The run of this step decides it.".to_owned(),
            (None, _) => "Nothing here decides it.".to_owned(),
            (Some(right), Some(given)) if right == given => {
                format!("You said: {}. So it is{measured}.", option(given))
            }
            (Some(right), Some(given)) => {
                format!("You said: {}. It is: {}{measured}.", option(given), option(right))
            }
            (Some(right), None) => format!("The answer: {}{measured}.", option(right)),
        };
        say(&said)?;
        if verdict.right.is_some() {
            say(&text::inlines(&self.state, question.why(self.state.embedded())))
        } else {
            Ok(())
        }
    }

    /// A run of half a minute or more is started only where somebody agrees to wait.
    fn offer(&mut self, view: View) -> Result<(), End> {
        if !self.asks || self.state.has_run_here() || self.state.run_request().is_none() {
            return Ok(());
        }
        let what = view.row().run_name;
        match prompt(&format!("Run {what} here now? It can take a while. y or Enter for no: "))?.as_deref() {
            Some("y" | "Y" | "yes") => {
                say("Running.")?;
                self.tell(Msg::Key(Key::Enter));
                Ok(())
            }
            Some("q") | None => Err(End::Quiet),
            Some(_) => Ok(()),
        }
    }
}

/// Asks for one line; `None` when there is no more.
fn prompt(text: &str) -> Result<Option<String>, End> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
    out.write_all(b"\n")?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

/// Waits for Enter (go on) or q (leave); anything else is asked again.
fn goes_on() -> Result<bool, End> {
    loop {
        match prompt("Enter for the next step, q to leave: ")?.as_deref() {
            Some("") => return Ok(true),
            None | Some("q") => return Ok(false),
            Some(_) => say("Please press Enter, or type q and Enter.")?,
        }
    }
}
