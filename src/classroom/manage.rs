//! `clsroom class`: what a teacher does with a class that is kept, whether it is served just now or not.

use std::fmt::Write as _;

use super::hosts;
use super::ledger::{Entry, entries};
use super::names::Name;
use super::results;
use super::store::{Row, Store, Where, Writing, said};
use crate::app::class::question_of;
use crate::cli::{Class, ClassCommand};
use crate::commands::{load_course, print};
use crate::config::{self, Settings};
use crate::files;
use crate::lesson::Course;
use crate::lesson::notebook::moment;
use crate::lesson::parse::visible;
use crate::lesson::progress::Progress;
use crate::wording::{counted, place};

/// The names under which a class is kept: learners of each way in are others.
pub const WAYS: [&str; 3] = ["", "/keys", "/open"];

/// Where a class is kept when nothing is said: a file in its folder.
///
/// # Errors
/// When there is no home folder.
pub fn usual(class: &str) -> Result<Where, String> {
    let folder =
        config::class_folder(class).ok_or("there is no home folder. Say where the class is kept with --store")?;
    Ok(Where::File(folder.join("class.sqlite")))
}

/// Does what was asked with a class.
///
/// # Errors
/// When its store cannot be used, or what was asked for is not there.
pub fn class(settings: &Settings, asked: &Class) -> Result<(), String> {
    let at = asked.store.clone().map_or_else(|| usual(&asked.class), Ok)?;
    if let Where::File(path) = &at
        && !path.exists()
    {
        return Err(format!("there is no class at {}. clsroom serve --class NAME makes one", place(path)));
    }
    let course = load_course(settings.lessons.as_deref())?.course;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let store = Store::open(&at).await?;
        let done = Managed { store: &store, course: &course, asked }.run().await;
        store.close().await;
        done
    })
}

struct Managed<'a> {
    store: &'a Store,
    course: &'a Course,
    asked: &'a Class,
}

impl Managed<'_> {
    async fn run(&self) -> Result<(), String> {
        let kept = self.kept().await?;
        match self.asked.command.as_ref().unwrap_or(&ClassCommand::List) {
            ClassCommand::List => self.list(&kept).await,
            ClassCommand::Export { format, names, out } => {
                let mut all = Vec::new();
                for class in &kept {
                    all.push(results::read(self.store, class, self.course, *names).await?);
                }
                let Some(results) = all.into_iter().max_by_key(results::Results::size) else { return Ok(()) };
                if kept.len() > 1 {
                    eprintln!("clsroom: kept are {}; this is {}, which has most", kept.join(", "), results.class());
                }
                let text = results.text(*format)?;
                match out {
                    None => print(&text),
                    Some(path) => files::write_atomically(path, text.as_bytes())
                        .map_err(|error| format!("cannot write {}: {error}", place(path))),
                }
            }
            ClassCommand::Forget { name } => {
                let known = Name::of(name);
                self.forget(&kept, known.as_ref().map_or(name, |name| name.as_str())).await
            }
            ClassCommand::Reset { lesson } => self.reset(&kept, lesson).await,
            ClassCommand::Code { word } => {
                let class = &self.asked.class;
                let mut writing = self.begin(class).await?;
                self.add(&mut writing, Entry::Code(word.clone())).await?;
                self.commit(writing, class).await?;
                print(&format!("The word of {} is {} from now on.\n", visible(class), visible(word)))
            }
        }
    }

    /// The class's names in the store.
    async fn kept(&self) -> Result<Vec<String>, String> {
        let known = self.store.classes().await.map_err(|error| self.cannot(&error))?;
        let kept: Vec<String> = WAYS
            .map(|way| format!("{}{way}", self.asked.class))
            .into_iter()
            .filter(|name| known.contains(name))
            .collect();
        if kept.is_empty() && !matches!(self.asked.command, Some(ClassCommand::Code { .. })) {
            let others = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(format!(
                "there is no class {} in {}. Kept there: {}",
                visible(&self.asked.class),
                self.store.at(),
                visible(&others)
            ));
        }
        Ok(kept)
    }

    async fn list(&self, kept: &[String]) -> Result<(), String> {
        let mut text = String::new();
        for class in kept {
            let learners = self.store.learners(class).await.map_err(|error| self.cannot(&error))?;
            let lines = self.store.lines(class, 0).await.map_err(|error| self.cannot(&error))?;
            let number = |name: &str| {
                entries(&lines).find_map(|entry| match entry {
                    Entry::Named(known, number) if known == name => Some(number),
                    _ => None,
                })
            };
            let way = ["by the word", "by their keys", "open to all"];
            let way = WAYS.iter().zip(way).find(|(ending, _)| class == &format!("{}{ending}", self.asked.class));
            let who: Vec<&Row> = learners.iter().filter(|row| results::is_learner(&row.name)).collect();
            let _ = writeln!(
                text,
                "{} ({}): {}",
                visible(&self.asked.class),
                way.map_or("", |(_, way)| way),
                counted(who.len(), "learner")
            );
            for row in who {
                let progress = Progress::read(row.progress.as_bytes()).unwrap_or_default();
                let on_map = || "on the map".to_owned();
                let at = progress.last.map_or_else(on_map, |(lesson, step)| format!("at {lesson}.{}", step + 1));
                let _ = writeln!(
                    text,
                    "  {:<20} number {}  {at}, {}, last seen {}",
                    row.name,
                    number(&row.name).as_deref().unwrap_or("none"),
                    counted(progress.answers.len(), "answer"),
                    moment(row.at)
                );
            }
        }
        print(&text)
    }

    async fn forget(&self, kept: &[String], name: &str) -> Result<(), String> {
        let mut found = false;
        for class in kept {
            let mut writing = self.begin(class).await?;
            if writing.forget(name).await.map_err(|error| self.cannot(&error))? {
                found = true;
                self.add(&mut writing, Entry::Anew).await?;
                self.commit(writing, class).await?;
            }
        }
        self.store.scrub().await;
        if !found {
            return Err(format!("nobody called {} is kept. clsroom class list names who is", visible(name)));
        }
        print(&format!(
            "{} is forgotten: name, number, progress and votes. If they are in, their session ends.\n",
            visible(name)
        ))
    }

    async fn reset(&self, kept: &[String], lesson: &str) -> Result<(), String> {
        let wanted = format!("{lesson:0>2}");
        let chosen = || self.course.lessons.iter().filter(|known| lesson == "all" || known.id == wanted);
        if chosen().next().is_none() {
            return Err(format!("there is no lesson {}. clsroom lessons lists them", visible(lesson)));
        }
        let mut answers = 0;
        for class in kept {
            let mut writing = self.begin(class).await?;
            let learners = writing.learners().await.map_err(|error| self.cannot(&error))?;
            if lesson == "all" {
                writing.forget_all().await.map_err(|error| self.cannot(&error))?;
            }
            for lesson in chosen() {
                let questions = lesson.steps.iter().filter_map(question_of).map(|question| &question.id);
                for about in questions.chain([&lesson.id]) {
                    writing.forget_about(about).await.map_err(|error| self.cannot(&error))?;
                }
            }
            for row in learners {
                let Ok(mut progress) = Progress::read(row.progress.as_bytes()) else { continue };
                let forgotten: usize = chosen().map(|lesson| progress.forget(&lesson.id)).sum();
                let json = serde_json::to_string(&progress).map_err(|error| error.to_string())?;
                answers += forgotten;
                writing.keep(&Row { progress: json, ..row }).await.map_err(|error| self.cannot(&error))?;
            }
            self.add(&mut writing, Entry::Anew).await?;
            self.commit(writing, class).await?;
        }
        let what = if lesson == "all" { "Every lesson".to_owned() } else { format!("Lesson {wanted}") };
        print(&format!(
            "{what} starts afresh: {} forgotten. Who is in sees it when they come in again.\n",
            counted(answers, "answer")
        ))
    }

    async fn begin<'b>(&'b self, class: &'b str) -> Result<Writing<'b>, String> {
        self.store.write(class).await.map_err(|error| self.cannot(&error))
    }

    async fn add(&self, writing: &mut Writing<'_>, entry: Entry) -> Result<(), String> {
        // A host of its own, with one line.
        let now = self.store.now().await.unwrap_or_default();
        writing.line(&entry.line(hosts::number()?, 1, now)).await.map_err(|error| self.cannot(&error))
    }

    async fn commit(&self, writing: Writing<'_>, class: &str) -> Result<(), String> {
        let tell = self.store.is_server().map(|_| hosts::payload(class, hosts::LINE, &hosts::Wire::Log));
        writing.commit(tell.as_deref()).await.map(drop).map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &sqlx::Error) -> String {
        format!("cannot use {}: {}", self.store.at(), said(error))
    }
}
