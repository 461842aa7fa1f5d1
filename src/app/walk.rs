//! Walking through the course: keys, steps, overlays.

use crate::lesson::progress::Recall;

use super::editor::{self, Purpose};
use super::{
    Action, Effect, Key, Loaded, Overlay, Page, Screen, State, bench, class, disagree, goto, keymap, notebook, paths,
    play, question, results, runs, sandbox, settings,
};

pub(super) fn key(state: &mut State, key: Key) -> Vec<Effect> {
    if key == Key::Ctrl('c') {
        return vec![Effect::Save(state.progress.clone()), Effect::Quit];
    }
    if key == Key::Ctrl('z') {
        return vec![Effect::Suspend];
    }
    let key = match key {
        // It closes what Esc closes, and never is the key behind it. Alt by mistake must not end the program.
        Key::Alt if state.overlay.is_none() && matches!(state.screen, Screen::Home { .. }) => return Vec::new(),
        Key::Alt => Key::Esc,
        key => key,
    };
    if state.overlay.is_some() {
        return in_overlay(state, key);
    }
    state.notice = None;
    let action = keymap::action(key);
    // Any key stops what plays, and the one that began it does no more than that.
    if std::mem::take(&mut state.playing) && action == Some(Action::Pause) {
        return Vec::new();
    }
    action.map_or_else(Vec::new, |action| act(state, action))
}

/// Turns to another part of what does not fit.
fn turn(state: &mut State, by: isize) {
    state.text_page += by;
    state.bench_page += by;
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::TextOn => turn(state, 1),
        Action::TextBack => turn(state, -1),
        Action::Help => state.overlay = Some(Overlay::Help(0)),
        Action::Settings => state.overlay = Some(Overlay::Settings(0)),
        Action::GoTo => match state.called_away().cloned() {
            // Where the class has called, the key leads there first.
            Some(place) => return class::go(state, &place),
            None => goto::open(state),
        },
        Action::Glossary => state.overlay = Some(Overlay::Glossary(0)),
        Action::Code if state.step().is_some_and(|step| step.code.is_some()) => state.overlay = Some(Overlay::Code(0)),
        Action::Code => state.notice = Some("This step has no lines of code. f finds another step.".to_owned()),
        Action::Edit => {
            let text = state.progress.sentence.clone().unwrap_or_default();
            editor::open(state, Purpose::Sentence, &text);
        }
        Action::Sandbox if state.screen != Screen::Sandbox => sandbox::open(state),
        Action::Sandbox => return sandbox::act(state, Action::Back),
        Action::Mouse => {
            state.mouse = !state.mouse;
            return vec![Effect::Mouse(state.mouse)];
        }
        Action::Reload => return vec![Effect::Reload],
        Action::Leave => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Recall if matches!(state.screen, Screen::Home { .. }) => {
            let waiting = state.recall();
            if waiting.is_empty() {
                state.notice =
                    Some("No recall question is waiting. They come back the next time you start.".to_owned());
            } else {
                state.overlay = Some(Overlay::Recall(waiting, None));
            }
        }
        action => {
            return match state.screen {
                Screen::Home { cursor } => at_home(state, cursor, action),
                Screen::Lesson { lesson, step, page } => in_lesson(state, (lesson, step, page), action),
                Screen::Sandbox => sandbox::act(state, action),
            };
        }
    }
    Vec::new()
}

fn at_home(state: &mut State, cursor: usize, action: Action) -> Vec<Effect> {
    let last = state.course.lessons.len().saturating_sub(1);
    match action {
        Action::Up | Action::Previous => state.screen = Screen::Home { cursor: cursor.saturating_sub(1) },
        Action::Down => state.screen = Screen::Home { cursor: (cursor + 1).min(last) },
        Action::Enter | Action::Next | Action::Right => {
            let lesson = state.course.lessons.get(cursor);
            let step = lesson
                .and_then(|lesson| state.progress.lessons.get(&lesson.id))
                .filter(|known| !known.finished)
                .map_or(0, |known| known.step);
            return open(state, cursor, step);
        }
        Action::Variant => return paths::next(state),
        Action::Stop => return runs::stop(state),
        Action::Pause => return runs::pause(state),
        Action::Back if state.results.running.is_some() => state.overlay = Some(Overlay::Leave),
        Action::Back => return quit(state),
        _ => {}
    }
    Vec::new()
}

fn in_lesson(state: &mut State, (lesson, step, page): (usize, usize, Page), action: Action) -> Vec<Effect> {
    let steps = state.lesson().map_or(1, |lesson| lesson.steps.len());
    match action {
        Action::Next if step + 1 < steps => return open(state, lesson, step + 1),
        Action::Next => reflect(state, lesson),
        Action::Previous if step > 0 => return open(state, lesson, step - 1),
        Action::Previous => {}
        Action::SwitchPage => {
            let page = if page == Page::Text && state.bench().is_some() { Page::Bench } else { Page::Text };
            state.screen = Screen::Lesson { lesson, step, page };
        }
        Action::Back if bench::close(state) => {}
        Action::Back if state.results.running.is_some() => state.overlay = Some(Overlay::Leave),
        Action::Back => return home(state),
        Action::Answer(choice) => return question::answer(state, choice),
        Action::Enter if state.votes_here() && state.covered() => {
            state.notice =
                Some("The class votes on this question: its result comes when the vote is closed.".to_owned());
        }
        Action::Enter if state.covered() => {
            state.uncovered = true;
            if page == Page::Text {
                state.notice = Some("The bench shows it now, without an answer. Tab leads to the bench.".to_owned());
            }
        }
        action => return in_bench(state, action),
    }
    Vec::new()
}

/// What a key does to a bench, wherever it stands.
pub(super) fn in_bench(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Enter if state.opens() => state.cursor.open = !state.cursor.open,
        Action::Enter if state.shows_notebook() => return notebook::fill(state),
        Action::Export if state.shows_notebook() => return vec![Effect::Export],
        Action::Enter => return runs::run(state),
        Action::Stop => return runs::stop(state),
        Action::Pause if state.results.running.is_none() => play::play(state),
        Action::Pause => return runs::pause(state),
        Action::Ask | Action::Disagree
            if !state.covered() && state.takes_lanes() && state.measured_before().is_some() =>
        {
            state.notice = Some("An earlier session ran this race: press Enter to run it again for that.".to_owned());
        }
        Action::Disagree if !state.covered() => disagree::open(state),
        Action::Ask if !state.covered() && state.race_report().is_some() => {
            let text = state.sentence().text;
            editor::open(state, Purpose::Lanes, &text);
        }
        Action::First => bench::to_the_end(state, Action::Left),
        Action::Last => bench::to_the_end(state, Action::Right),
        Action::Seed => return runs::reseed(state),
        Action::Variant if state.takes_lanes() => {
            bench::step(state, action);
            return vec![Effect::Save(state.progress.clone())];
        }
        action => bench::step(state, action),
    }
    Vec::new()
}

/// Opens a step; where the learner is gets saved.
pub(super) fn open(state: &mut State, lesson: usize, step: usize) -> Vec<Effect> {
    let Some(entry) = state.course.lessons.get(lesson) else { return Vec::new() };
    let step = step.min(entry.steps.len().saturating_sub(1));
    let id = entry.id.clone();
    state.screen = Screen::Lesson { lesson, step, page: Page::Text };
    state.uncovered = false;
    state.filling = [false; notebook::QUESTIONS];
    (state.text_page, state.bench_page) = (0, 0);
    state.progress.set_place(id, step, state.now);
    bench::begin(state);
    results::place(state);
    vec![Effect::Save(state.progress.clone())]
}

/// After the last step the learner is asked what the lesson's question looks like now.
fn reflect(state: &mut State, lesson: usize) {
    let id = state.course.lessons.get(lesson).map(|entry| entry.id.clone()).unwrap_or_default();
    let before = state.progress.thoughts.get(&id).map_or_else(String::new, |thought| thought.text.clone());
    editor::open(state, Purpose::Thought(lesson), &before);
}

/// What the learner thinks is kept (or was kept before), and the lesson ends.
pub(super) fn take_thought(state: &mut State, lesson: usize, text: Option<String>) -> Vec<Effect> {
    if let (Some(entry), Some(text)) = (state.course.lessons.get(lesson), text) {
        state.progress.set_thought(&entry.id, text, state.now);
    }
    finish(state, lesson)
}

/// The lesson is done, the next one waits on the map.
fn finish(state: &mut State, lesson: usize) -> Vec<Effect> {
    if let Some(entry) = state.course.lessons.get(lesson) {
        state.progress.lessons.entry(entry.id.clone()).or_default().finished = true;
        let run = !entry.offers_run() || state.progress.lessons[&entry.id].run;
        let going = state.results.running.as_ref().is_some_and(|run| run.lesson.as_ref() == Some(&entry.id));
        let rest = match (run, going) {
            (true, _) => "",
            (false, true) => "; its run goes on",
            (false, false) => ", without the run that it offers",
        };
        state.notice = Some(format!("Lesson {} is done{rest}.", entry.id));
    }
    state.screen = Screen::Home { cursor: paths::after(state, lesson) };
    vec![Effect::Save(state.progress.clone())]
}

fn quit(state: &State) -> Vec<Effect> {
    vec![Effect::Save(state.progress.clone()), Effect::Quit]
}

fn home(state: &mut State) -> Vec<Effect> {
    if let Screen::Lesson { lesson, .. } = state.screen {
        state.screen = Screen::Home { cursor: lesson };
    }
    vec![Effect::Save(state.progress.clone())]
}

/// The first line of a text that scrolls, after a key; `None` when the key closes it, as the one that opened it does.
fn scrolled(at: u16, action: Option<Action>, opener: Action) -> Option<u16> {
    Some(match action {
        Some(Action::Down) => at.saturating_add(1),
        Some(Action::Up) => at.saturating_sub(1),
        Some(Action::TextOn | Action::Next) => at.saturating_add(10),
        Some(Action::TextBack | Action::Previous) => at.saturating_sub(10),
        Some(action) if [Action::Back, Action::Enter, opener].contains(&action) => return None,
        _ => at,
    })
}

fn in_overlay(state: &mut State, key: Key) -> Vec<Effect> {
    let action = keymap::action(key);
    match state.overlay.take() {
        Some(Overlay::Help(at)) => state.overlay = scrolled(at, action, Action::Help).map(Overlay::Help),
        Some(Overlay::Settings(row)) => return settings::key(state, row, action),
        Some(Overlay::GoTo(place)) => return goto::key(state, place, key),
        Some(Overlay::Glossary(at)) => state.overlay = scrolled(at, action, Action::Glossary).map(Overlay::Glossary),
        Some(Overlay::Code(at)) => state.overlay = scrolled(at, action, Action::Code).map(Overlay::Code),
        Some(Overlay::Editor(purpose, text)) => return editor::key(state, purpose, text, key),
        Some(Overlay::Disagree(place)) => return disagree::key(state, place, action),
        Some(Overlay::Recall(waiting, given)) => return recall(state, waiting, given, action),
        Some(Overlay::Leave) => {
            let stopping = action == Some(Action::Stop);
            if !stopping && !matches!(action, Some(Action::Enter)) {
                state.overlay = (action != Some(Action::Back)).then_some(Overlay::Leave);
                return Vec::new();
            }
            let mut effects = if stopping { runs::stop(state) } else { Vec::new() };
            effects.extend(if matches!(state.screen, Screen::Home { .. }) { quit(state) } else { home(state) });
            return effects;
        }
        None => {}
    }
    Vec::new()
}

/// One recall question: a digit answers it, Enter goes to the next.
fn recall(
    state: &mut State,
    mut waiting: Vec<(usize, usize)>,
    given: Option<usize>,
    action: Option<Action>,
) -> Vec<Effect> {
    let first =
        waiting.first().and_then(|(lesson, step)| state.course.lessons.get(*lesson)?.steps.get(*step)?.check.clone());
    match (action, first) {
        (Some(Action::Answer(_)), Some(check)) if state.votes_on(&check) => {
            state.notice = Some("The class votes on this question: it is asked again another time.".to_owned());
            state.overlay = Some(Overlay::Recall(waiting, given));
        }
        (Some(Action::Answer(place)), Some(check)) if given.is_none() && place < check.options.len() => {
            let choice = state.recall_order(&check, false).get(place).copied().unwrap_or(place);
            // A wrong answer comes back another time.
            let right = state.judge(&check).right == Some(choice);
            if let Some(known) = state.progress.answers.get_mut(&check.id) {
                known.recall(Recall { at: state.now, choice, right });
            }
            state.overlay = Some(Overlay::Recall(waiting, Some(choice)));
            return vec![Effect::Save(state.progress.clone())];
        }
        (Some(Action::Answer(_)), Some(check)) => {
            state.notice = Some(match given {
                Some(_) => question::STANDS.to_owned(),
                None => question::answers_of(&check),
            });
            state.overlay = Some(Overlay::Recall(waiting, given));
        }
        (Some(Action::Enter | Action::Next), _) => {
            waiting.remove(0);
            if !waiting.is_empty() {
                state.overlay = Some(Overlay::Recall(waiting, None));
            }
        }
        (Some(Action::Back), _) | (_, None) => {}
        _ => state.overlay = Some(Overlay::Recall(waiting, given)),
    }
    Vec::new()
}

/// Puts a course that was read again in place of the old one, and stays as near as possible.
pub(super) fn reload(state: &mut State, loaded: Result<Loaded, String>) {
    match loaded {
        Ok((course, records)) => {
            state.course = course;
            state.records = records;
            let lessons = state.course.lessons.len();
            state.screen = match state.screen.clone() {
                Screen::Home { cursor } => Screen::Home { cursor: cursor.min(lessons.saturating_sub(1)) },
                Screen::Lesson { lesson, step, page } if lesson < lessons => {
                    let last = state.course.lessons[lesson].steps.len().saturating_sub(1);
                    Screen::Lesson { lesson, step: step.min(last), page }
                }
                Screen::Lesson { .. } => Screen::Home { cursor: 0 },
                Screen::Sandbox => Screen::Sandbox,
            };
            bench::begin(state);
            state.notice = Some("The lessons were read again.".to_owned());
        }
        Err(problem) => {
            // A notice is one line; the checker shows the place and what would help.
            let problem = crate::wording::cause(&problem.lines().next().unwrap_or_default());
            let more = "clsroom lessons check says more";
            state.notice = Some(format!("The lessons have a mistake, so the old ones stay. {problem}; {more}."));
        }
    }
}
