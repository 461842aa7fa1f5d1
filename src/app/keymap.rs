//! One table: key -> action. It feeds dispatch, the footer and the help.

/// A key, as any front end can name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character.
    Char(char),
    /// Control and a character.
    Ctrl(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Escape with another key right behind it, or Alt and a key: a terminal sends the same bytes for both.
    Alt,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Start of the line.
    Home,
    /// End of the line.
    End,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Next step.
    Next,
    /// Previous step.
    Previous,
    /// Text or bench.
    SwitchPage,
    /// Move up.
    Up,
    /// Move down.
    Down,
    /// Move left.
    Left,
    /// Move right.
    Right,
    /// One layer down.
    LayerDown,
    /// One layer up.
    LayerUp,
    /// One head down.
    HeadDown,
    /// One head up.
    HeadUp,
    /// Previous operation of the forward pass.
    OperationBack,
    /// Next operation of the forward pass.
    OperationOn,
    /// Hide or show `[CLS]` and `[SEP]` in a map.
    Hide,
    /// Next variant of the view.
    Variant,
    /// Choose or run.
    Enter,
    /// Stop a run.
    Stop,
    /// Hold a run, or let it go on; where none goes on, play the bench.
    Pause,
    /// Another lane.
    More,
    /// One lane less.
    Less,
    /// Another seed for fine-tuned races.
    Seed,
    /// Where lanes disagree.
    Disagree,
    /// A sentence for the lanes.
    Ask,
    /// Answer a question with this option (0-based).
    Answer(usize),
    /// The next part of a text that does not fit.
    TextOn,
    /// To the first piece, column or lane.
    First,
    /// To the last one.
    Last,
    /// The part before.
    TextBack,
    /// Edit the sentence.
    Edit,
    /// Every view on any sentence.
    Sandbox,
    /// Edit the sandbox's second sentence.
    Second,
    /// Read both sentences as one input, or the first alone.
    Pair,
    /// The other model beside this one, or not.
    Models,
    /// Take the last change back.
    Undo,
    /// Recall questions.
    Recall,
    /// The glossary.
    Glossary,
    /// A list of steps or views to go to.
    GoTo,
    /// The lines of code that a library's user writes for the same.
    Code,
    /// The next way in which vectors are prepared before they are compared.
    Way,
    /// The settings.
    Settings,
    /// Write the notebook to a file.
    Export,
    /// Read the lessons again.
    Reload,
    /// Mouse on or off.
    Mouse,
    /// Help.
    Help,
    /// Back.
    Back,
    /// Leave.
    Leave,
    /// Suspend the process.
    Suspend,
}

/// Where a binding is worth a place in the footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On every screen.
    Everywhere,
    /// On the course map.
    Home,
    /// In a lesson.
    Lesson,
    /// When the step has a bench.
    Bench,
    /// When there is something to move in: the course map, or a bench that is shown.
    Move,
    /// When the bench has layers to step through.
    Layers,
    /// When it has heads.
    Heads,
    /// In the forward-pass stepper.
    Stepper,
    /// When the view is a map of pieces from which special tokens can be hidden.
    Hides,
    /// When Enter opens or closes what the cursor is on.
    Opens,
    /// When the view has variants.
    Variants,
    /// When the bench runs something.
    Runs,
    /// While it runs.
    Running,
    /// When the bench can go from layer to layer, or from operation to operation, by itself.
    Plays,
    /// When the race on the bench is over.
    Raced,
    /// When lanes can be added.
    Lanes,
    /// When the race depends on its seed.
    Seeds,
    /// When the notebook shows a question with a gap.
    Gap,
    /// When the notebook is shown.
    Notebook,
    /// When the step's text uses terms of the glossary.
    Terms,
    /// When the step has lines of code.
    Code,
    /// When the bench compares vectors that can be prepared in several ways.
    Ways,
    /// In the sandbox.
    Sandbox,
    /// In the sandbox, when there is a second model.
    Models,
}

/// One row of the table.
pub struct Binding {
    /// The keys.
    pub keys: &'static [Key],
    /// What they ask for, in the same order.
    pub actions: &'static [Action],
    /// How the keys are written.
    pub shown: &'static str,
    /// One or two words for the footer; empty keeps it out of the footer.
    pub hint: &'static str,
    /// One line for the help.
    pub help: &'static str,
    /// Where it belongs.
    pub scope: Scope,
}

const fn binding(
    keys: &'static [Key],
    actions: &'static [Action],
    shown: &'static str,
    hint: &'static str,
    help: &'static str,
    scope: Scope,
) -> Binding {
    Binding { keys, actions, shown, hint, help, scope }
}

use Action as A;
use Key as K;

/// All keys. Digits answer questions and stand apart, as `1`-`9`.
pub const TABLE: &[Binding] = &[
    binding(
        &[K::Enter],
        &[A::Enter],
        "Enter",
        "open",
        "open a lesson; run the bench; show a covered bench",
        Scope::Home,
    ),
    binding(
        &[K::Char('n'), K::Char('p')],
        &[A::Next, A::Previous],
        "n p",
        "step",
        "next, previous step",
        Scope::Lesson,
    ),
    binding(
        &[K::Char('n'), K::Char('p')],
        &[A::Next, A::Previous],
        "n p",
        "view",
        "in the sandbox: next, previous view",
        Scope::Sandbox,
    ),
    binding(&[K::Tab], &[A::SwitchPage], "Tab", "text/bench", "from the text to the bench and back", Scope::Bench),
    binding(&[K::Enter], &[A::Enter], "Enter", "run", "run the bench", Scope::Runs),
    binding(&[K::Enter], &[A::Enter], "Enter", "fill the gap", "run what the notebook lacks", Scope::Gap),
    binding(&[K::Char('x')], &[A::Stop], "x", "stop", "stop a run; what is finished is kept", Scope::Running),
    binding(&[K::Char(' ')], &[A::Pause], "Space", "pause", "hold a run, or let it go on", Scope::Running),
    binding(
        &[K::Char('w')],
        &[A::Export],
        "w",
        "write",
        "write the notebook to a file (where it is shown)",
        Scope::Notebook,
    ),
    binding(&[K::Char('E')], &[A::Second], "E", "second", "in the sandbox: type the second sentence", Scope::Sandbox),
    binding(
        &[K::Char('b')],
        &[A::Pair],
        "b",
        "both",
        "in the sandbox: both sentences as one input, or not",
        Scope::Sandbox,
    ),
    binding(
        &[K::Char('a')],
        &[A::Models],
        "a",
        "models",
        "in the sandbox: the other model beside this one (of --against, or the program's own), or not",
        Scope::Models,
    ),
    binding(&[K::Char('u')], &[A::Undo], "u", "undo", "in the sandbox: take the last change back", Scope::Sandbox),
    binding(
        &[K::Char('t')],
        &[A::Ask],
        "t",
        "type one",
        "type a sentence that the lanes of a race answer",
        Scope::Raced,
    ),
    binding(&[K::Char('d')], &[A::Disagree], "d", "disagree", "test sentences on which two lanes differ", Scope::Raced),
    binding(
        &[K::Char('+'), K::Char('-')],
        &[A::More, A::Less],
        "+ -",
        "lane",
        "another lane in a race, one less",
        Scope::Lanes,
    ),
    binding(
        &[K::Char('r')],
        &[A::Seed],
        "r",
        "seed",
        "another seed for races in which BERT is fine-tuned; the first one follows from your name",
        Scope::Seeds,
    ),
    binding(
        &[K::Char(','), K::Char('.')],
        &[A::OperationBack, A::OperationOn],
        ", .",
        "operation",
        "previous, next operation of the forward pass",
        Scope::Stepper,
    ),
    binding(
        &[K::Char('v')],
        &[A::Variant],
        "v",
        "variant",
        "next variant of the view; on the course map: another path",
        Scope::Variants,
    ),
    binding(
        &[K::Char('z')],
        &[A::Hide],
        "z",
        "hide",
        "hide [CLS] and [SEP] in a map, or show them; nothing is rescaled",
        Scope::Hides,
    ),
    binding(
        &[K::Char('y')],
        &[A::Way],
        "y",
        "number",
        "in cosines and shares: all numbers, without the largest one of [CLS], or with the mean vector subtracted",
        Scope::Ways,
    ),
    binding(&[K::Enter], &[A::Enter], "Enter", "open", "open the head under the cursor; close it", Scope::Opens),
    binding(
        &[K::Char('['), K::Char(']')],
        &[A::LayerDown, A::LayerUp],
        "[ ]",
        "layer",
        "layer down, up",
        Scope::Layers,
    ),
    binding(
        &[K::Char(' ')],
        &[A::Pause],
        "Space",
        "play",
        "go through layers or operations by itself; any key stops it",
        Scope::Plays,
    ),
    binding(&[K::Char('{'), K::Char('}')], &[A::HeadDown, A::HeadUp], "{ }", "head", "head down, up", Scope::Heads),
    binding(
        &[K::Char('k'), K::Char('j'), K::Up, K::Down],
        &[A::Up, A::Down, A::Up, A::Down],
        "j k",
        "move",
        "move down, up (arrows too)",
        Scope::Move,
    ),
    binding(
        &[K::Char('h'), K::Char('l'), K::Left, K::Right],
        &[A::Left, A::Right, A::Left, A::Right],
        "h l",
        "",
        "move left, right (arrows too)",
        Scope::Lesson,
    ),
    binding(
        &[K::Char('^'), K::Char('$'), K::Home, K::End],
        &[A::First, A::Last, A::First, A::Last],
        "^ $",
        "",
        "to the left, to the right end of a view (Home, End too)",
        Scope::Lesson,
    ),
    binding(
        &[K::Char('J'), K::Char('K')],
        &[A::TextOn, A::TextBack],
        "J K",
        "",
        "next, previous part of a text that does not fit",
        Scope::Lesson,
    ),
    binding(
        &[K::Char('e')],
        &[A::Edit],
        "e",
        "sentence",
        "type a sentence of your own, for every bench without one",
        Scope::Everywhere,
    ),
    binding(
        &[K::Char('f')],
        &[A::GoTo],
        "f",
        "find",
        "find a step of the lesson, in the sandbox a view, and go there (a number and Enter, or j k)",
        Scope::Everywhere,
    ),
    binding(
        &[K::Char('i')],
        &[A::Code],
        "i",
        "in code",
        "in your code: the lines that a user of Hugging Face, scikit-learn or Keras writes for this step",
        Scope::Code,
    ),
    binding(&[K::Char('g')], &[A::Glossary], "g", "glossary", "what the terms mean", Scope::Terms),
    binding(
        &[K::Char('o')],
        &[A::Sandbox],
        "o",
        "sandbox",
        "the sandbox, from anywhere: every view on any sentence; and back",
        Scope::Home,
    ),
    binding(&[K::Char('c')], &[A::Recall], "c", "", "recall questions from lessons you did", Scope::Home),
    binding(&[K::Char('s')], &[A::Settings], "s", "", "settings: colours, signs, mouse", Scope::Everywhere),
    binding(&[K::Char('R')], &[A::Reload], "R", "", "read the lessons again (with --lessons DIR)", Scope::Everywhere),
    binding(&[K::Char('M')], &[A::Mouse], "M", "", "mouse on or off", Scope::Everywhere),
    binding(
        &[K::Char('q'), K::Esc],
        &[A::Back, A::Back],
        "q",
        "back",
        "back; on the course map: leave",
        Scope::Everywhere,
    ),
    binding(&[K::Ctrl('c')], &[A::Leave], "Ctrl-C", "", "leave at once; progress is saved", Scope::Everywhere),
    binding(&[K::Ctrl('z')], &[A::Suspend], "Ctrl-Z", "", "suspend; fg brings it back", Scope::Everywhere),
    binding(&[K::Char('?')], &[A::Help], "?", "help", "this page", Scope::Everywhere),
];

/// What a key asks for.
#[must_use]
pub fn action(key: Key) -> Option<Action> {
    if let Key::Char(digit @ '1'..='9') = key {
        return Some(Action::Answer(digit as usize - '1' as usize));
    }
    TABLE.iter().find_map(|row| {
        row.keys.iter().position(|known| *known == key).and_then(|index| row.actions.get(index)).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        let pairs: Vec<(Key, Action)> =
            TABLE.iter().flat_map(|row| row.keys.iter().copied().zip(row.actions.iter().copied())).collect();
        for (key, action) in &pairs {
            assert!(pairs.iter().all(|(other, asked)| other != key || asked == action), "{key:?}");
        }
        assert!(TABLE.iter().all(|row| row.keys.len() == row.actions.len()));
    }

    #[test]
    fn every_key_of_the_table_is_dispatched() {
        for row in TABLE {
            row.keys.iter().zip(row.actions).for_each(|(key, asked)| assert_eq!(action(*key), Some(*asked)));
        }
        assert_eq!(action(Key::Char('3')), Some(Action::Answer(2)));
        assert_eq!(action(Key::Char('0')), None);
    }
}
