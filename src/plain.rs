//! The course as linear text: for screen readers, pipes and `TERM=dumb`. A second front end over the same state machine.
//!
//! Keys go into the loop that front ends share as they would from a screen, each is waited for until all that it asked is
//! answered, and what a bench would draw is said in words. On a terminal it asks for predictions and keeps the answers; in
//! a pipe it asks nothing, saves nothing, and gives the answer with the question.

mod text;

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::mpsc::{Receiver, channel};

use crate::app::editor::Purpose;
use crate::app::settings::Settings as Shown;
use crate::app::{Key, Loaded, Overlay, Screen, State};
use crate::bench;
use crate::cli::{Common, CourseWith};
use crate::commands::shown_download;
use crate::config::Settings;
use crate::front::start::{at_lesson, begin};
use crate::front::{Front, Host, Incoming};
use crate::lesson::progress::Progress;
use crate::lesson::{Question, View};
use crate::view::Theme;
use crate::wording::NOT_DECIDED;

/// Why reading ends early.
enum Early {
    /// The reader has had enough, or closed the pipe.
    Quiet,
    /// Something failed.
    Failed(String),
}

impl From<io::Error> for Early {
    fn from(error: io::Error) -> Self {
        if crate::files::closed_pipe(&error) {
            Self::Quiet
        } else {
            Self::Failed(format!("cannot write the output: {error}"))
        }
    }
}

impl From<String> for Early {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Prints the course, or one lesson of it.
///
/// # Errors
/// When course, model or output cannot be used.
pub fn read(settings: &Settings, common: &Common, lesson: Option<&str>, with: &CourseWith) -> Result<(), String> {
    let asks = io::stdin().is_terminal() && io::stdout().is_terminal();
    let mut begun = begin(settings, common, with, (Theme::default(), Shown::default()))?;
    // How long runs take is asked, not measured and told.
    begun.state.clock = false;
    // Nobody is waiting while it reads.
    begun.state.reads_ahead = false;
    let last = begun.state.progress.last.clone();
    if asks {
        begun.tell_others();
    } else {
        // Nobody answers, so nothing that was answered before decides what is printed, and nothing is saved.
        begun.store = None;
        let sentence = begun.state.progress.sentence.take();
        begun.state.progress = Progress { sentence, ..Progress::default() };
    }
    let course = &begun.state.course;
    let chosen = if let Some(name) = lesson {
        let one = at_lesson(&begun.state, name)?;
        one..one + 1
    } else {
        // On a terminal the course goes on where the learner left off.
        let resumed = last.filter(|_| asks);
        let from = resumed.and_then(|(id, _)| course.lessons.iter().position(|known| known.id == id));
        from.unwrap_or(0)..course.lessons.len()
    };
    let said = std::mem::take(&mut begun.said);
    let (sender, incoming) = channel();
    let mut bar = shown_download();
    let worker = begun.worker(move |download, _| bar(download))?;
    let seat = begun.seat(&worker, sender);
    let mut reader = Reader { front: Front::new(begun, seat, Voice), incoming, asks, begun: false };
    let result = (|| {
        while reader.front.state.facts.is_none() {
            reader.listen()?;
        }
        said.iter().try_for_each(|sentence| say(sentence))?;
        chosen.into_iter().try_for_each(|index| reader.lesson(index))
    })();
    match result {
        Ok(()) | Err(Early::Quiet) => Ok(()),
        Err(Early::Failed(why)) => Err(why),
    }
}

/// One paragraph and an empty line.
fn say(paragraph: &str) -> Result<(), Early> {
    let mut out = io::stdout().lock();
    out.write_all(text::wrapped(paragraph).as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

/// Where nothing is drawn: what there is to see is said.
struct Voice;

impl Host for Voice {
    fn draw(&mut self, _: &State, _: &Theme) -> Result<(), String> {
        Ok(())
    }

    fn reload(&mut self) -> Result<Loaded, String> {
        Err("the lessons are read once in plain text; start it again to read them anew".to_owned())
    }

    fn export(&mut self, _: &State) -> String {
        "clsroom notebook writes the notebook".to_owned()
    }

    fn remark(&mut self, _: &mut State, words: String) {
        let _ = writeln!(io::stderr(), "clsroom: {words}");
    }
}

struct Reader {
    front: Front<Voice>,
    incoming: Receiver<Incoming>,
    asks: bool,
    /// A lesson was begun: what holds for all of them was said.
    begun: bool,
}

impl Reader {
    /// Waits for one thing that the compute threads tell.
    fn listen(&mut self) -> Result<(), Early> {
        let gone = || Early::Failed("the compute threads ended early. Start clsroom again".to_owned());
        let told = self.incoming.recv().map_err(|_| gone())?;
        self.front.take(told)?;
        Ok(())
    }

    /// Presses a key, and waits for all that it asks for.
    fn press(&mut self, key: Key) -> Result<(), Early> {
        self.front.take(Incoming::Key(key))?;
        while self.front.state.results.waits_for_answers() {
            self.listen()?;
        }
        Ok(())
    }

    fn lesson(&mut self, index: usize) -> Result<(), Early> {
        let Some(lesson) = self.front.state.course.lessons.get(index).cloned() else { return Ok(()) };
        say(&format!("Lesson {}: {} ({} minutes)", lesson.id, lesson.title, lesson.minutes))?;
        say(&lesson.question)?;
        if !std::mem::replace(&mut self.begun, true) {
            say("Keys that the text names, such as e or v, belong to the screen; here every step is told in full.")?;
        }
        self.front.state.screen = Screen::Home { cursor: index };
        self.press(Key::Enter)?;
        while let Screen::Lesson { step, .. } = self.front.state.screen {
            self.step(step, lesson.steps.len())?;
            if self.asks && !goes_on()? {
                return Err(Early::Quiet);
            }
            self.press(Key::Char('n'))?;
            if let Some(Overlay::Editor(Purpose::Thought(_), _)) = self.front.state.overlay {
                self.reflect(&lesson.question)?;
            }
        }
        Ok(())
    }

    /// At the end of a lesson: one line for the notebook, from whoever is there to write it.
    fn reflect(&mut self, question: &str) -> Result<(), Early> {
        if !self.asks {
            return self.press(Key::Esc);
        }
        say(&format!("What do you think now? {question}"))?;
        let Some(said) = prompt("One line for your notebook (Enter: none): ")? else { return Err(Early::Quiet) };
        if said.is_empty() {
            return self.press(Key::Esc);
        }
        self.front.take(Incoming::Paste(said))?;
        self.press(Key::Enter)
    }

    fn step(&mut self, number: usize, of: usize) -> Result<(), Early> {
        let Some(step) = self.front.state.step().cloned() else { return Ok(()) };
        let title = step.title(self.front.state.embedded()).unwrap_or_default();
        say(&format!("Step {} of {of}. {title}", number + 1))?;
        // Paragraphs that wait for a run come after it.
        for block in text::blocks(&self.front.state, &self.front.state.text()) {
            say(&block)?;
        }
        if let Some(code) = &step.code {
            say("In your code:")?;
            say(code)?;
        }
        if self.front.state.teacher.notes {
            let none = "This step has no speaker notes.".to_owned();
            let notes = text::blocks(&self.front.state, &step.notes);
            say("Notes for the teacher:")?;
            (if notes.is_empty() { vec![none] } else { notes }).iter().try_for_each(|note| say(note))?;
        }
        if let Some(predict) = &step.predict {
            self.ask("Before you look", predict)?;
        }
        if self.front.state.covered() {
            self.press(Key::Enter)?;
        }
        if let Some(bench) = &step.bench {
            self.offer(bench.view)?;
            if let Some(day) = self.front.state.measured_before() {
                say(&format!("An earlier session measured this, on {day}."))?;
            }
            for sentence in bench::in_words(&self.front.state) {
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
    fn ask(&mut self, lead: &str, question: &Question) -> Result<(), Early> {
        say(&format!("{lead}: {}", question.ask(self.front.state.embedded())))?;
        for (index, option) in self.front.state.options(question).iter().enumerate() {
            say(&format!("{}. {option}", index + 1))?;
        }
        if !self.asks || self.front.state.given(question).is_some() {
            return Ok(());
        }
        loop {
            let Some(said) = prompt("Your answer, a number (Enter: none): ")? else { return Err(Early::Quiet) };
            let choice = said.parse::<usize>().ok().filter(|choice| (1..=question.options.len()).contains(choice));
            match (said.as_str(), choice.and_then(|choice| char::from_digit(choice as u32, 10))) {
                ("", _) => return Ok(()),
                ("q", _) => return Err(Early::Quiet),
                (_, Some(digit)) => {
                    return self.press(Key::Char(digit));
                }
                _ => say(&format!("Please type a number from 1 to {}.", question.options.len()))?,
            }
        }
    }

    /// Says what was answered, what is right, and why.
    fn answer(&self, question: &Question) -> Result<(), Early> {
        let options = self.front.state.options(question);
        let option = |index: usize| options.get(index).map_or("", String::as_str);
        let verdict = self.front.state.verdict(question);
        let from = text::from(verdict.source);
        let measured = match &verdict.measured {
            Some(_) if verdict.told_by_option => from.to_owned(),
            Some(value) => format!(" ({value}{from})"),
            None => String::new(),
        };
        let said = match (verdict.right, self.front.state.given(question)) {
            (None, given) if verdict.undecided => {
                let said = given.map_or(String::new(), |given| format!("You said: {}. ", option(given)));
                format!("{said}{NOT_DECIDED}{measured}.")
            }
            (None, _) if self.front.state.run_request().is_some() => "The run of this step decides it.".to_owned(),
            (None, _) => "Nothing here decides it.".to_owned(),
            (Some(right), Some(given)) if right == given => {
                format!("You said: {}. Correct{measured}.", option(given))
            }
            (Some(right), Some(given)) => {
                format!("You said: {}. It is: {}{measured}.", option(given), option(right))
            }
            (Some(right), None) => format!("The answer: {}{measured}.", option(right)),
        };
        say(&said)?;
        if verdict.is_known() {
            say(&text::inlines(&self.front.state, question.why(self.front.state.embedded())))
        } else {
            Ok(())
        }
    }

    /// A run of half a minute or more is started only where somebody agrees to wait.
    fn offer(&mut self, view: View) -> Result<(), Early> {
        if !self.asks || self.front.state.has_run_here() || self.front.state.run_request().is_none() {
            return Ok(());
        }
        let what = view.row().run_name;
        match prompt(&format!("Run {what} here now? It can take a while. y or Enter for no: "))?.as_deref() {
            Some("y" | "Y" | "yes") => {
                say("Running.")?;
                self.press(Key::Enter)
            }
            Some("q") | None => Err(Early::Quiet),
            Some(_) => Ok(()),
        }
    }
}

/// Asks for one line; `None` when there is no more.
fn prompt(text: &str) -> Result<Option<String>, Early> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
    out.write_all(b"\n")?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

/// Waits for Enter (go on) or q (leave); anything else is asked again.
fn goes_on() -> Result<bool, Early> {
    loop {
        match prompt("Enter for the next step, q to leave: ")?.as_deref() {
            Some("") => return Ok(true),
            None | Some("q") => return Ok(false),
            Some(_) => say("Please press Enter, or type q and Enter.")?,
        }
    }
}
