//! The sentence editor, whatever the sentence is for.

use tui_textarea::{Input, Key as EditKey, TextArea};

use super::{Effect, Key, Overlay, Screen, State, results, sandbox, walk};

/// Characters that a sentence may have; more are left out and said.
pub(super) const MOST_CHARACTERS: usize = 100_000;

/// Characters that a thought at the end of a lesson may have.
const MOST_OF_A_THOUGHT: usize = 500;

/// What a typed sentence is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The learner's own sentence, which benches show.
    Sentence,
    /// The sandbox's second sentence.
    Second,
    /// A question to the lanes of the last race, which answer at every key.
    Lanes,
    /// What the learner thinks at the end of this lesson (index into the course's lessons).
    Thought(usize),
}

/// Opens it on a text.
pub(super) fn open(state: &mut State, purpose: Purpose, text: &str) {
    let mut editor = TextArea::new(vec![text.to_owned()]);
    // What is typed first replaces it; a key that moves keeps it.
    if !text.is_empty() {
        editor.select_all();
    }
    state.overlay = Some(Overlay::Editor(purpose, Box::new(editor)));
}

/// A key while it is open.
pub(super) fn key(state: &mut State, purpose: Purpose, mut editor: Box<TextArea<'static>>, key: Key) -> Vec<Effect> {
    match (key, purpose) {
        (Key::Esc | Key::Enter, Purpose::Lanes) => {}
        (Key::Esc, Purpose::Thought(lesson)) => return walk::take_thought(state, lesson, None),
        (Key::Enter, Purpose::Thought(lesson)) => {
            let text = typed(state, &editor, MOST_OF_A_THOUGHT);
            return walk::take_thought(state, lesson, Some(text));
        }
        (Key::Esc, _) => state.notice = Some("The sentence was left as it was.".to_owned()),
        (Key::Enter, Purpose::Sentence) => return take(state, &editor),
        (Key::Enter, Purpose::Second) => {
            let text = typed(state, &editor, MOST_CHARACTERS);
            sandbox::take_second(state, text);
        }
        (Key::Ctrl('u'), _) => open(state, purpose, ""),
        (key, _) => {
            editor.input(edit(key));
            state.overlay = Some(Overlay::Editor(purpose, editor));
        }
    }
    Vec::new()
}

/// A paste goes in as one line: each line end becomes a space. All else stays, for the model reads it.
pub(super) fn paste(editor: &mut TextArea<'static>, text: &str) {
    let ends = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    // One more than is kept: what is cut later is said.
    let line: String = text.replace("\r\n", "\n").chars().take(MOST_CHARACTERS + 1).collect();
    editor.insert_str(line.replace(ends, " "));
}

/// What was typed, cut to a length that is said.
fn typed(state: &mut State, editor: &TextArea<'static>, most: usize) -> String {
    let text = editor.lines().join(" ");
    if text.trim().chars().count() > most {
        state.notice = Some(format!("The sentence was cut to its first {most} characters."));
    }
    text.trim().chars().take(most).collect()
}

fn take(state: &mut State, editor: &TextArea<'static>) -> Vec<Effect> {
    sandbox::remember(state);
    let kept = typed(state, editor, MOST_CHARACTERS);
    if kept.is_empty() {
        state.progress.set_sentence(None, state.now);
        state.notice = Some("No sentence of your own: the lessons' sentences are used again.".to_owned());
    } else {
        state.progress.set_sentence(Some(kept), state.now);
        let said = where_it_is(state);
        // That it was cut is said first.
        state.notice = Some(state.notice.take().map_or(said.to_owned(), |cut| format!("{cut} {said}")));
    }
    // The bench begins anew, on the piece of this sentence that it is about.
    (state.cursor.token, state.cursor.row, state.cursor.placed) = (0, 0, false);
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
