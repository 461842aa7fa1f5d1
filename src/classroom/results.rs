//! What came out of a class: votes, answers and the experiment, from its store, as CSV, JSON or one HTML page.

mod page;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::ledger::{Entry, entries};
use super::names::TEACHER;
use super::store::{Store, said};
use crate::class::experiment::{Figures, Ran};
use crate::class::{Class, Poll};
use crate::cli::ExportFormat;
use crate::files;
use crate::lesson::Course;
use crate::lesson::notebook::moment;
use crate::lesson::progress::Progress;
use crate::wording::place;

/// What came out of a class.
#[derive(Debug, Serialize)]
pub struct Results {
    /// Its name.
    class: String,
    /// Whether learners stand by their names.
    named: bool,
    votes: Vec<Vote>,
    experiment: Option<Outcome>,
    answers: Vec<Answer>,
}

/// A vote, with the second one after it.
#[derive(Debug, Serialize)]
struct Vote {
    step: String,
    question: String,
    options: Vec<String>,
    /// Of each vote, how many said each option.
    tallies: Vec<Vec<usize>>,
    /// Of each vote, who said what (0-based).
    answers: Vec<BTreeMap<String, usize>>,
}

/// The class's experiment.
#[derive(Debug, Serialize)]
struct Outcome {
    /// GlobalPooling minus `[CLS]`, as a share: the mean over the runs.
    difference: f64,
    /// Over seeds and sentences.
    ci95: [f64; 2],
    /// Half of what the seeds alone would make it.
    from_seeds: Option<f64>,
    /// The interval of the first run, over sentences.
    ci95_of_one_run: [f64; 2],
    runs: Vec<Run>,
}

/// One learner's run.
#[derive(Debug, Serialize)]
struct Run {
    learner: String,
    /// With names only: it follows from the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// Shares of test sentences that are right; absent if the run failed or has not ended.
    cls: Option<f64>,
    mean: Option<f64>,
}

/// What a learner answered.
#[derive(Debug, Serialize)]
struct Answer {
    learner: String,
    lesson: String,
    question: String,
    ask: String,
    option: String,
    /// Nothing where no measurement has decided it.
    correct: Option<bool>,
    /// When, in seconds since 1970.
    at: Option<u64>,
}

/// Reads a class's results. Without `named` learners stand as numbers, in the order in which they came.
///
/// # Errors
/// When the store cannot be read.
pub async fn read(store: &Store, class: &str, course: &Course, named: bool) -> Result<Results, String> {
    let cannot = |error: sqlx::Error| format!("cannot read {}: {}", store.at(), said(&error));
    let lines = store.lines(class, 0).await.map_err(cannot)?;
    let mut learners = store.learners(class).await.map_err(cannot)?;
    let mut state = Class::default();
    let mut people = People { named, numbers: BTreeMap::new() };
    for entry in entries(&lines) {
        match entry {
            Entry::Named(name, _) => drop(people.call(&name)),
            Entry::Class(msg) => {
                msg.learner().map(|name| people.call(name));
                state.update(msg);
            }
            Entry::Code(_) | Entry::Anew => {}
        }
    }
    let votes = state.polls().map(|poll| vote(poll, &mut people)).collect();
    let experiment = state.experiment().figures().map(|figures| outcome(&figures, &state, &mut people));
    // Who is not numbered yet comes in the order of their last change, not of their names.
    learners.sort_by_key(|row| (people.numbers.get(&row.name).copied().unwrap_or(usize::MAX), row.at));
    let mut answers = Vec::new();
    for row in learners.iter().filter(|row| is_learner(&row.name)) {
        // What a newer version wrote is left out.
        let Ok(progress) = Progress::read(row.progress.as_bytes()) else { continue };
        answers.extend(answered(&progress, &people.call(&row.name), course));
    }
    Ok(Results { class: class.to_owned(), named, votes, experiment, answers })
}

/// Whether a row is a learner's: not what is kept aside, nor what the teacher did in the course.
pub fn is_learner(name: &str) -> bool {
    !name.contains('.') && name != TEACHER
}

/// What learners are called in the results.
struct People {
    named: bool,
    numbers: BTreeMap<String, usize>,
}

impl People {
    fn call(&mut self, name: &str) -> String {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(name.to_owned()).or_insert(next);
        if self.named { name.to_owned() } else { number.to_string() }
    }
}

fn vote(poll: &Poll, people: &mut People) -> Vote {
    let called = |votes: &BTreeMap<String, usize>, people: &mut People| {
        votes.iter().map(|(name, choice)| (people.call(name), *choice)).collect()
    };
    Vote {
        step: poll.asked.place.to_string(),
        question: poll.asked.text.clone(),
        options: poll.asked.options.clone(),
        tallies: poll.tally().votes,
        answers: poll.votes().iter().map(|votes| called(votes, people)).collect(),
    }
}

fn outcome(figures: &Figures, class: &Class, people: &mut People) -> Outcome {
    let right = |answers: &[bool]| answers.iter().filter(|right| **right).count() as f64 / answers.len().max(1) as f64;
    let run = |(name, seed, ran): (&str, u64, Option<&Ran>)| Run {
        learner: people.call(name),
        seed: people.named.then_some(seed),
        cls: ran.map(|ran| right(&ran.cls)),
        mean: ran.map(|ran| right(&ran.mean)),
    };
    Outcome {
        difference: figures.mean,
        ci95: figures.interval,
        from_seeds: figures.from_seeds,
        ci95_of_one_run: figures.of_one,
        runs: class.experiment().runs().map(run).collect(),
    }
}

fn answered(progress: &Progress, learner: &str, course: &Course) -> Vec<Answer> {
    let steps = || course.lessons.iter().flat_map(|lesson| &lesson.steps);
    let questions = || steps().flat_map(|step| step.predict.iter().chain(&step.check));
    let answer = |(id, given): (&String, &crate::lesson::progress::Given)| {
        // A question of another course has no words here.
        let question = questions().find(|question| question.id == *id)?;
        Some(Answer {
            learner: learner.to_owned(),
            lesson: given.lesson.clone(),
            question: id.clone(),
            ask: question.ask.clone(),
            option: question.options.get(given.choice)?.clone(),
            correct: given.correct,
            at: given.at,
        })
    };
    progress.answers.iter().filter_map(answer).collect()
}

impl Results {
    /// The class.
    pub fn class(&self) -> &str {
        &self.class
    }

    /// How much there is: of a class's several ways in, one is the one that was used.
    pub fn size(&self) -> usize {
        self.votes.len() + self.answers.len() + self.experiment.as_ref().map_or(0, |experiment| experiment.runs.len())
    }

    /// The results in a format.
    ///
    /// # Errors
    /// When they cannot be written in it.
    pub fn text(&self, format: ExportFormat) -> Result<String, String> {
        match format {
            ExportFormat::Json => {
                serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|error| error.to_string())
            }
            ExportFormat::Csv => self.csv().map_err(|error| error.to_string()),
            ExportFormat::Html => Ok(page::page(self)),
        }
    }

    /// Writes all three formats into a folder; a sentence that says where.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &Path, now: u64) -> Result<String, String> {
        let stem: String = moment(now).chars().map(|c| if c.is_ascii_digit() { c } else { '-' }).collect();
        let path = |ending: &str| folder.join(format!("results-{}.{ending}", stem.trim_matches('-')));
        for (ending, format) in [("html", ExportFormat::Html), ("json", ExportFormat::Json), ("csv", ExportFormat::Csv)]
        {
            let text = self.text(format)?;
            files::write_atomically(&path(ending), text.as_bytes())
                .map_err(|error| format!("cannot write {}: {error}", place(&path(ending))))?;
        }
        let name = path("html").file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(format!("In the class's folder: {name}, .json, .csv; numbers stand for names."))
    }

    /// One row an answer, a count of a vote, or a run.
    fn csv(&self) -> Result<String, csv::Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        for vote in &self.votes {
            let row = |what, round, option| Cells {
                what,
                step: &vote.step,
                question: &vote.question,
                vote: Some(round + 1),
                option: vote.options.get(option).map_or("", String::as_str),
                ..Cells::default()
            };
            for (round, tally) in vote.tallies.iter().enumerate() {
                for (option, count) in tally.iter().enumerate() {
                    table.serialize(Cells { count: Some(*count), ..row("tally", round, option) })?;
                }
            }
            for (round, answers) in vote.answers.iter().enumerate() {
                for (learner, choice) in answers {
                    table.serialize(Cells { learner, ..row("vote", round, *choice) })?;
                }
            }
        }
        for Run { learner, seed, cls, mean } in self.experiment.iter().flat_map(|experiment| &experiment.runs) {
            let (seed, cls, mean) = (*seed, *cls, *mean);
            table.serialize(Cells { what: "run", learner, seed, cls, mean, ..Cells::default() })?;
        }
        for Answer { learner, lesson, ask, option, correct, at, .. } in &self.answers {
            let (correct, at) = (*correct, *at);
            let row = Cells { what: "answer", learner, step: lesson, question: ask, ..Cells::default() };
            table.serialize(Cells { option, correct, at, ..row })?;
        }
        let bytes = table.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A row of the table; what it has not is empty.
#[derive(Default, Serialize)]
struct Cells<'a> {
    what: &'static str,
    learner: &'a str,
    step: &'a str,
    question: &'a str,
    vote: Option<usize>,
    option: &'a str,
    count: Option<usize>,
    correct: Option<bool>,
    seed: Option<u64>,
    cls: Option<f64>,
    mean: Option<f64>,
    at: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::class::Place;
    use crate::class::{Asked, Msg, Order};

    /// A class of two in which a vote, its second one and a run have happened.
    fn results(named: bool) -> Results {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let at = super::super::store::Where::File(folder.path().join("class.sqlite"));
            let store = Store::open(&at).await.expect("opened");
            let asked = Asked {
                id: "q".to_owned(),
                place: Place { lesson: "04".to_owned(), step: 2 },
                text: "Which, <b>or</b> none?".to_owned(),
                options: vec!["one".to_owned(), "two, \"quoted\"".to_owned()],
            };
            let ran = |right: usize| (0..100).map(|at| at < right).collect::<Vec<bool>>();
            let said = |name: &str, choice| Entry::Class(Msg::Answered(name.to_owned(), "q".to_owned(), choice));
            let log = [
                Entry::Named("zoe".to_owned(), "1234".to_owned()),
                Entry::Named("ann".to_owned(), "5678".to_owned()),
                Entry::Class(Msg::Teacher(Order::Open(asked))),
                said("ann", 0),
                said("zoe", 1),
                Entry::Class(Msg::Teacher(Order::Again)),
                said("ann", 1),
                Entry::Class(Msg::Teacher(Order::Close)),
                Entry::Class(Msg::Part("ann".to_owned(), 7)),
                Entry::Class(Msg::Part("zoe".to_owned(), 8)),
                Entry::Class(Msg::Took(1, 7)),
                Entry::Class(Msg::Ran(7, Some(Ran { cls: ran(50), mean: ran(60) }))),
            ];
            let mut writing = store.write("bert").await.expect("begun");
            for (serial, entry) in log.iter().enumerate() {
                writing.line(&entry.line(1, serial as u64, 0)).await.expect("written");
            }
            writing.commit(None).await.expect("committed");
            read(&store, "bert", &Course::default(), named).await.expect("read")
        })
    }

    #[test]
    fn names_are_numbers_unless_they_are_asked_for() {
        for format in [ExportFormat::Csv, ExportFormat::Json, ExportFormat::Html] {
            let (with, without) =
                (results(true).text(format).expect("written"), results(false).text(format).expect("written"));
            for name in ["ann", "zoe"] {
                assert!(!without.contains(name), "{name} in {without}");
                assert!(with.contains(name), "no {name} in {with}");
            }
            for number in ["1234", "5678"] {
                assert!(!with.contains(number), "{format:?} tells a learner's number");
            }
        }
    }

    #[test]
    fn both_votes_and_the_run_are_there() {
        let results = results(false);
        assert_eq!(results.votes[0].tallies, [[1, 1], [0, 2]]);
        let experiment = results.experiment.as_ref().expect("a run");
        assert!((experiment.difference - 0.1).abs() < 1e-9 && experiment.runs.len() == 2);
        assert_eq!((experiment.runs[0].cls, experiment.runs[1].cls), (Some(0.5), None));
        let csv = results.text(ExportFormat::Csv).expect("written");
        assert!(csv.contains("\"two, \"\"quoted\"\"\"") && csv.lines().all(|line| !line.is_empty()), "{csv}");
        let page = results.text(ExportFormat::Html).expect("written");
        assert!(page.contains("&lt;b&gt;or") && !page.contains("<b>or") && page.contains("<svg"), "{page}");
    }
}
