//! Walking through the course: keys, steps, overlays.

use tui_textarea::{Input, Key as EditKey, TextArea};

use crate::lesson::progress::Recall;

use super::{
    Action, Effect, Key, Loaded, Overlay, Page, Screen, State, bench, disagree, goto, keymap, notebook, paths,
    question, results, runs, sandbox, settings,
};

/// Characters that a sentence may have; more are left out and said.
const MOST_CHARACTERS: usize = 100_000;

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
    keymap::action(key).map_or_else(Vec::new, |action| act(state, action))
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::TextOn => state.text_page += 1,
        Action::TextBack => state.text_page -= 1,
        Action::Help => state.overlay = Some(Overlay::Help(0)),
        Action::Settings => state.overlay = Some(Overlay::Settings(0)),
        Action::GoTo => goto::open(state),
        Action::Glossary => state.overlay = Some(Overlay::Glossary(0)),
        Action::Edit => {
            state.overlay =
                Some(Overlay::Editor(Box::new(editor(state.progress.sentence.as_deref().unwrap_or_default()))));
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
        Action::Next => return finish(state, lesson),
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
        Action::Pause => return runs::pause(state),
        Action::Ask | Action::Disagree
            if !state.covered() && state.takes_lanes() && state.measured_before().is_some() =>
        {
            state.notice = Some("An earlier session ran this race: press Enter to run it again for that.".to_owned());
        }
        Action::Disagree if !state.covered() => disagree::open(state),
        Action::Ask if !state.covered() && state.race_report().is_some() => {
            state.overlay = Some(Overlay::Ask(Box::new(editor(&state.sentence().text))));
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
    state.text_page = 0;
    state.progress.set_place(id, step, state.now);
    bench::begin(state);
    results::place(state);
    vec![Effect::Save(state.progress.clone())]
}

/// After the last step: the lesson is done, the next one waits on the map.
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
        Some(Overlay::Editor(mut editor)) => match key {
            Key::Esc => state.notice = Some("The sentence was left as it was.".to_owned()),
            Key::Enter => return take_sentence(state, &editor),
            Key::Ctrl('u') => state.overlay = Some(Overlay::Editor(Box::new(self::editor("")))),
            key => {
                editor.input(edit(key));
                state.overlay = Some(Overlay::Editor(editor));
            }
        },
        Some(Overlay::Second(mut editor)) => match key {
            Key::Esc => state.notice = Some("The sentence was left as it was.".to_owned()),
            Key::Enter => sandbox::take_second(state, &editor),
            Key::Ctrl('u') => state.overlay = Some(Overlay::Second(Box::new(self::editor("")))),
            key => {
                editor.input(edit(key));
                state.overlay = Some(Overlay::Second(editor));
            }
        },
        Some(Overlay::Ask(mut editor)) => match key {
            Key::Esc | Key::Enter => {}
            Key::Ctrl('u') => state.overlay = Some(Overlay::Ask(Box::new(self::editor("")))),
            key => {
                editor.input(edit(key));
                state.overlay = Some(Overlay::Ask(editor));
            }
        },
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
        (Some(Action::Answer(choice)), Some(check)) if given.is_none() && choice < check.options.len() => {
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

pub(super) fn editor(text: &str) -> TextArea<'static> {
    let mut editor = TextArea::new(vec![text.to_owned()]);
    // What is typed first replaces it; a key that moves keeps it.
    if !text.is_empty() {
        editor.select_all();
    }
    editor
}

/// A paste goes in as one line: each line end becomes a space. All else stays, for the model reads it.
pub(super) fn paste(editor: &mut TextArea<'static>, text: &str) {
    let ends = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    // One more than is kept: what is cut later is said.
    let line: String = text.replace("\r\n", "\n").chars().take(MOST_CHARACTERS + 1).collect();
    editor.insert_str(line.replace(ends, " "));
}

/// What was typed, cut to a length that is said.
pub(super) fn typed(state: &mut State, editor: &TextArea<'static>) -> String {
    let text = editor.lines().join(" ");
    if text.trim().chars().count() > MOST_CHARACTERS {
        state.notice = Some(format!("The sentence was cut to its first {MOST_CHARACTERS} characters."));
    }
    text.trim().chars().take(MOST_CHARACTERS).collect()
}

fn take_sentence(state: &mut State, editor: &TextArea<'static>) -> Vec<Effect> {
    sandbox::remember(state);
    let kept = typed(state, editor);
    if kept.is_empty() {
        state.progress.set_sentence(None, state.now);
        state.notice = Some("No sentence of your own: the lessons' sentences are used again.".to_owned());
    } else {
        state.progress.set_sentence(Some(kept), state.now);
        let said = where_it_is(state);
        // That it was cut is said first.
        state.notice = Some(state.notice.take().map_or(said.to_owned(), |cut| format!("{cut} {said}")));
    }
    (state.cursor.token, state.cursor.row) = (0, 0);
    results::place(state);
    vec![Effect::Save(state.progress.clone())]
}

/// Where the learner finds the sentence that was typed.
fn where_it_is(state: &State) -> &'static str {
    let Some(bench) = state.bench() else {
        return "Your sentence is kept: every bench without a sentence of its own shows it.";
    };
    if state.screen == Screen::Sandbox {
        return "The sandbox shows your sentence now.";
    }
    match bench.view {
        _ if bench.sentence.is_some() || bench.other.is_some() => {
            "This bench keeps sentences of its own; yours is used in the others."
        }
        view if !view.row().of_one_sentence() => "This bench reads many sentences; yours is used in the others.",
        _ if state.covered() => "Your sentence is kept: the bench shows it after your answer.",
        _ => "Your sentence is on the bench now. Where only the text is shown, Tab shows the bench.",
    }
}

fn edit(key: Key) -> Input {
    let plain = |key| Input { key, ctrl: false, alt: false, shift: false };
    match key {
        Key::Char(c) => plain(EditKey::Char(c)),
        Key::Ctrl(c) => Input { ctrl: true, ..plain(EditKey::Char(c)) },
        Key::Backspace => plain(EditKey::Backspace),
        Key::Delete => plain(EditKey::Delete),
        Key::Left => plain(EditKey::Left),
        Key::Right => plain(EditKey::Right),
        Key::Home => plain(EditKey::Home),
        Key::End => plain(EditKey::End),
        Key::Enter | Key::Esc | Key::Alt | Key::Tab | Key::Up | Key::Down => plain(EditKey::Null),
    }
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
