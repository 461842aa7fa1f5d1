//! What a session changed, put onto what others have saved meanwhile.
//!
//! A session that was left open for a day knows an old state. It may add what it changed itself, and take nothing else
//! back: so every merge has three sides, the state that the session began from (`base`), its own, and the file's.

use std::collections::BTreeMap;

use super::{Given, KeptRun, LessonProgress, Measured, Progress, Recall, Thought};

/// What one session knows of its learner's progress: what it changes is the difference to this.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// Its own state when it was kept last.
    base: Progress,
    /// What was kept then, with what others had changed.
    seen: Progress,
}

impl Side {
    /// A session that begins with what is kept.
    #[must_use]
    pub fn of(kept: &Progress) -> Self {
        Self { base: kept.clone(), seen: kept.clone() }
    }

    /// A session whose own state `base` has become part of what is kept.
    #[must_use]
    pub fn new(base: Progress, seen: Progress) -> Self {
        Self { base, seen }
    }

    /// Its own state when it was kept last.
    #[must_use]
    pub fn base(&self) -> &Progress {
        &self.base
    }

    /// Whether it has changed nothing.
    #[must_use]
    pub fn knows(&self, ours: &Progress) -> bool {
        *ours == self.base
    }

    /// Whether others have changed what is kept.
    #[must_use]
    pub fn differs(&self, theirs: &Progress) -> bool {
        !same(theirs, &self.seen)
    }

    /// What is kept, with what this session has changed. `now` is in seconds since 1970.
    #[must_use]
    pub fn with(&self, ours: &Progress, theirs: Progress, now: Option<u64>) -> Progress {
        merge(&self.base, ours, theirs, now)
    }
}

/// Clocks of two computers may differ by so many seconds.
const SKEW: u64 = 60;

/// `theirs` with everything that `ours` changed since `base`. Where both changed the same, the later time wins.
pub(super) fn merge(base: &Progress, ours: &Progress, theirs: Progress, now: Option<u64>) -> Progress {
    let clock = Clock(now);
    let (b, o, t) = (&base.changed, &ours.changed, theirs.changed);
    let (sentence, sentence_at) =
        clock.value((&base.sentence, b.sentence), (&ours.sentence, o.sentence), (theirs.sentence, t.sentence));
    let (path, path_at) = clock.value((&base.path, b.path), (&ours.path, o.path), (theirs.path, t.path));
    let (last, last_at) = clock.value((&base.last, b.last), (&ours.last, o.last), (theirs.last, t.last));
    let (race, race_at) = clock.value((&base.race, b.race), (&ours.race, o.race), (theirs.race, t.race));
    Progress {
        format_version: super::FORMAT_VERSION,
        sentence,
        path,
        last,
        race,
        lessons: maps(&base.lessons, &ours.lessons, theirs.lessons, |b, o, t| Some(clock.lesson(b, o, t))),
        answers: maps(&base.answers, &ours.answers, theirs.answers, |b, o, t| clock.answer(b, o, t)),
        measured: maps(&base.measured, &ours.measured, theirs.measured, |_, o, t| Some(clock.measured(o, t))),
        thoughts: maps(&base.thoughts, &ours.thoughts, theirs.thoughts, |_, o, t| Some(clock.thought(o, t))),
        runs: maps(&base.runs, &ours.runs, theirs.runs, |_, o, t| Some(clock.run(o, t))),
        changed: super::Changed { sentence: sentence_at, path: path_at, last: last_at, race: race_at },
    }
}

/// Whether two states differ at most in when a place was visited or a setting confirmed.
pub(super) fn same(one: &Progress, other: &Progress) -> bool {
    let without_times = |progress: &Progress| {
        let mut bare = Progress { changed: super::Changed::default(), ..progress.clone() };
        bare.lessons.values_mut().for_each(|lesson| lesson.at = None);
        bare
    };
    without_times(one) == without_times(other)
}

/// Merges entry by entry: what `ours` lost is removed, what it changed is put in; `both` decides where the file's entry
/// has changed too, or is gone.
fn maps<T: Clone + PartialEq>(
    base: &BTreeMap<String, T>,
    ours: &BTreeMap<String, T>,
    mut theirs: BTreeMap<String, T>,
    both: impl Fn(Option<&T>, &T, Option<T>) -> Option<T>,
) -> BTreeMap<String, T> {
    theirs.retain(|id, _| !base.contains_key(id) || ours.contains_key(id));
    for (id, mine) in ours {
        let before = base.get(id);
        if before == Some(mine) {
            continue;
        }
        let found = theirs.remove(id);
        let merged = if found.as_ref() == before { Some(mine.clone()) } else { both(before, mine, found) };
        if let Some(merged) = merged {
            theirs.insert(id.clone(), merged);
        }
    }
    theirs
}

/// Decides between times. It knows the present: a time after that is from a clock that was wrong, and must not win for
/// ever.
struct Clock(Option<u64>);

impl Clock {
    /// Whether ours is not earlier than theirs.
    fn ours_is_later(&self, ours: Option<u64>, theirs: Option<u64>) -> bool {
        let possible = |at: Option<u64>| at.filter(|at| self.0.is_none_or(|now| *at <= now.saturating_add(SKEW)));
        possible(ours) >= possible(theirs)
    }

    /// One value with the time of its change.
    fn value<T: Clone + PartialEq>(
        &self,
        base: (&T, Option<u64>),
        ours: (&T, Option<u64>),
        theirs: (T, Option<u64>),
    ) -> (T, Option<u64>) {
        let alone = (&theirs.0, theirs.1) == base;
        if ours != base && (alone || self.ours_is_later(ours.1, theirs.1)) { (ours.0.clone(), ours.1) } else { theirs }
    }

    fn lesson(
        &self,
        before: Option<&LessonProgress>,
        mine: &LessonProgress,
        theirs: Option<LessonProgress>,
    ) -> LessonProgress {
        let was = before.copied().unwrap_or_default();
        let moved = (mine.step, mine.at) != (was.step, was.at);
        let found = theirs.unwrap_or_default();
        let place = if moved && (theirs.is_none() || self.ours_is_later(mine.at, found.at)) { mine } else { &found };
        // Of a lesson that was reset meanwhile only what was done since counts.
        LessonProgress {
            step: place.step,
            at: place.at,
            finished: found.finished || (mine.finished && !was.finished),
            run: found.run || (mine.run && !was.run),
        }
    }

    /// The later answer counts; what was recalled in either session is kept.
    fn answer(&self, before: Option<&Given>, mine: &Given, theirs: Option<Given>) -> Option<Given> {
        let anew = before.is_none_or(|before| (before.at, before.choice) != (mine.at, mine.choice));
        let (times, recalls) = before.map_or((0, &[][..]), |before| (before.recalled, &before.recalls));
        let since: Vec<Recall> = mine.recalls.iter().filter(|recall| !recalls.contains(recall)).copied().collect();
        let more = mine.recalled.saturating_sub(times);
        let Some(theirs) = theirs else {
            // Forgotten by a reset: only an answer that was given after it is put in.
            return anew.then(|| Given { recalled: more, recalls: since, ..mine.clone() });
        };
        let the_same = (theirs.at, theirs.choice) == (mine.at, mine.choice);
        let ours_counts =
            if the_same { theirs.correct.is_none() } else { anew && self.ours_is_later(mine.at, theirs.at) };
        let (counts, other) = if ours_counts { (mine, &theirs) } else { (&theirs, mine) };
        let mut merged =
            Given { recalled: theirs.recalled.saturating_add(more), recalls: theirs.recalls.clone(), ..counts.clone() };
        if !the_same && anew && merged.first.is_none() && other.at <= counts.at {
            merged.first = Some(other.first.unwrap_or(other.choice)).filter(|first| *first != merged.choice);
        }
        if the_same {
            merged.first = mine.first.or(theirs.first);
        }
        merged.add_recalls(since);
        Some(merged)
    }

    fn measured(&self, mine: &Measured, theirs: Option<Measured>) -> Measured {
        let Some(theirs) = theirs else { return mine.clone() };
        let (old, new) =
            if self.ours_is_later(mine.at, theirs.at) { (theirs, mine.clone()) } else { (mine.clone(), theirs) };
        if old.gives_way_to(&new) { new } else { old }
    }

    fn thought(&self, mine: &Thought, theirs: Option<Thought>) -> Thought {
        theirs.filter(|theirs| !self.ours_is_later(mine.at, theirs.at)).unwrap_or_else(|| mine.clone())
    }

    fn run(&self, mine: &KeptRun, theirs: Option<KeptRun>) -> KeptRun {
        theirs.filter(|theirs| !self.ours_is_later(mine.at, theirs.at)).unwrap_or_else(|| mine.clone())
    }
}
