//! Who may come in: the rules, without a socket.
//!
//! A class has one way in: a word that all know, a list of public keys, or none at all. Beside it stands the teacher's key.
//! With a word, a name that is taken asks for its number, too. A client that can only send a password writes both, as in
//! `word 1234`.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use russh::keys::PublicKey;

use super::names::{Name, Names, Opened, same};
use crate::lesson::parse::visible;

/// How learners come in.
#[derive(Debug)]
pub(super) enum Way {
    /// With the word of the class, and with a number where the name is taken.
    Word(Mutex<String>),
    /// With one of these keys, which has a name.
    Keys(Vec<(PublicKey, Name)>),
    /// As they are.
    Open,
}

/// The door of a class.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) class: String,
    pub(super) way: Way,
    pub(super) teachers: Vec<PublicKey>,
    pub(super) names: Names,
}

/// Who came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guest {
    pub(super) name: Name,
    pub(super) teacher: bool,
    /// Nobody had this name when they came: it gets a number, which this connection keeps.
    pub(super) claim: Option<Arc<OnceLock<String>>>,
}

/// What the door says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    In(Guest),
    /// A question, with a sentence before it.
    Ask(String, &'static str),
    No,
}

/// How far a client is that answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Dialogue {
    #[default]
    Nothing,
    /// The last answer was wrong.
    Wrong,
    Word,
    Number,
}

impl Door {
    /// Somebody knocks without showing anything.
    pub(super) fn open(&self, user: &str) -> Answer {
        match (&self.way, Name::of(user)) {
            (Way::Open, Some(name)) if !name.is_teacher() => Answer::In(learner(name, false)),
            _ => Answer::No,
        }
    }

    /// Somebody answers questions: `said` is the answer to the last one.
    pub(super) fn answer(&self, user: &str, asked: &mut Dialogue, said: Option<&str>) -> Answer {
        let (Way::Word(word), Some(name)) = (&self.way, Name::of(user)) else { return Answer::No };
        if name.is_teacher() {
            return Answer::No;
        }
        match (*asked, said) {
            (Dialogue::Nothing | Dialogue::Wrong, _) | (_, None) => {
                let wrong = if *asked == Dialogue::Wrong { "That was wrong. " } else { "" };
                *asked = Dialogue::Word;
                Answer::Ask(format!("{wrong}{}: you are {name}.", visible(&self.class)), "Word of the class: ")
            }
            (Dialogue::Word, Some(said)) => {
                *asked = Dialogue::Wrong;
                if !is_word(word, said) {
                    return Answer::No;
                }
                if !self.names.is_taken(&name) {
                    return Answer::In(learner(name, true));
                }
                *asked = Dialogue::Number;
                let why = if self.names.must_wait(&name, Instant::now()) {
                    format!(
                        "Too many wrong numbers were tried for {name}: wait ten minutes, or ask your teacher for it."
                    )
                } else {
                    format!("{name} was here before. If that was not you, come in under another name.")
                };
                Answer::Ask(why, "Your number: ")
            }
            (Dialogue::Number, Some(said)) => {
                *asked = Dialogue::Wrong;
                self.number(name, said)
            }
        }
    }

    /// Somebody sends a password: the word, and the number behind it where the name is taken.
    pub(super) fn password(&self, user: &str, said: &str) -> Answer {
        let (Way::Word(word), Some(name)) = (&self.way, Name::of(user)) else { return Answer::No };
        let (first, rest) = said.trim().split_once(' ').unwrap_or((said.trim(), ""));
        match () {
            () if name.is_teacher() || !is_word(word, first) => Answer::No,
            () if self.names.is_taken(&name) => self.number(name, rest),
            () => Answer::In(learner(name, true)),
        }
    }

    /// The word of the class, if it has one.
    pub(super) fn word(&self) -> Option<String> {
        let Way::Word(word) = &self.way else { return None };
        Some(word.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// The class has another word.
    pub(super) fn set_word(&self, new: String) {
        if let Way::Word(word) = &self.way {
            *word.lock().unwrap_or_else(PoisonError::into_inner) = new;
        }
    }

    fn number(&self, name: Name, said: &str) -> Answer {
        match self.names.open(&name, said, Instant::now()) {
            Opened::Yes => Answer::In(learner(name, false)),
            Opened::No | Opened::Wait => Answer::No,
        }
    }

    /// Whether a key may be shown.
    pub(super) fn knows(&self, user: &str, key: &PublicKey) -> bool {
        matches!(self.key(user, key), Answer::In(_))
    }

    /// Somebody has shown that a key is theirs.
    pub(super) fn key(&self, user: &str, key: &PublicKey) -> Answer {
        let is = |known: &PublicKey| known.key_data() == key.key_data();
        let name = Name::of(user);
        if let Some(name) = name.filter(Name::is_teacher) {
            let known = self.teachers.iter().any(is);
            return if known { Answer::In(Guest { name, teacher: true, claim: None }) } else { Answer::No };
        }
        match &self.way {
            Way::Keys(keys) => keys
                .iter()
                .find(|(known, _)| is(known))
                .map_or(Answer::No, |(_, name)| Answer::In(learner(name.clone(), false))),
            Way::Word(_) | Way::Open => Answer::No,
        }
    }
}

fn is_word(word: &Mutex<String>, said: &str) -> bool {
    same(&word.lock().unwrap_or_else(PoisonError::into_inner), said.trim())
}

fn learner(name: Name, new: bool) -> Guest {
    Guest { name, teacher: false, claim: new.then(Arc::default) }
}

impl Guest {
    /// Whether somebody else has taken the name since this one came.
    pub(super) fn is_late(&self, names: &Names) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.get().is_none()) && names.is_taken(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use russh::keys::PrivateKey;
    use russh::keys::ssh_key::private::Ed25519Keypair;

    use super::*;

    fn key(seed: u8) -> PublicKey {
        PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32])).public_key().clone()
    }

    fn door(way: Way) -> Door {
        Door { class: "bert".to_owned(), way, teachers: vec![key(1)], names: Names::default() }
    }

    fn word(word: &str) -> Way {
        Way::Word(Mutex::new(word.to_owned()))
    }

    fn is_in(answer: &Answer, called: &str) -> bool {
        matches!(answer, Answer::In(guest) if guest.name.as_str() == called && !guest.teacher)
    }

    #[test]
    fn a_word_lets_in_and_a_number_gives_a_name_back() {
        let door = door(word("rivoka"));
        let mut asked = Dialogue::default();
        let mut say = |said: Option<&str>| door.answer("ann", &mut asked, said);
        assert!(matches!(say(None), Answer::Ask(_, "Word of the class: ")));
        assert_eq!(say(Some("wrong")), Answer::No);
        assert!(matches!(say(None), Answer::Ask(before, _) if before.starts_with("That was wrong.")));
        assert_eq!(say(Some("rivoka")), Answer::In(learner(Name::of("ann").expect("a name"), true)));
        let number = Names::draw().expect("a number");
        door.names.learn("ann", &number);
        assert!(matches!(say(None), Answer::Ask(_, "Word of the class: ")));
        assert!(matches!(say(Some("rivoka")), Answer::Ask(_, "Your number: ")));
        assert_eq!(say(Some("no")), Answer::No);
        say(None);
        say(Some("rivoka"));
        assert!(is_in(&say(Some(&number)), "ann"));
        // In one line.
        assert_eq!(door.password("ann", "rivoka"), Answer::No);
        assert!(is_in(&door.password("ann", &format!("rivoka {number}")), "ann"));
        assert!(is_in(&door.password("bob", "rivoka"), "bob"));
        assert_eq!(door.password("bob", "rivok"), Answer::No);
        // A number without the word is worth nothing; an old word neither.
        assert_eq!(door.password("ann", &number), Answer::No);
        door.set_word("tavelu".to_owned());
        assert_eq!(door.password("bob", "rivoka"), Answer::No);
        assert!(is_in(&door.password("bob", "tavelu"), "bob"));
    }

    #[test]
    fn nobody_is_teacher_without_the_key() {
        for way in [Way::Open, word("word"), Way::Keys(vec![(key(2), Name::of("ann").expect("a name"))])] {
            let door = door(way);
            assert_eq!(door.open("teacher"), Answer::No);
            assert_eq!(door.answer("Teacher", &mut Dialogue::default(), None), Answer::No);
            assert_eq!(door.password("TEACHER", "word"), Answer::No);
            assert_eq!(door.key("teacher", &key(2)), Answer::No);
            assert!(matches!(door.key("teacher", &key(1)), Answer::In(guest) if guest.teacher));
        }
    }

    #[test]
    fn each_way_lets_in_its_own() {
        let closed = door(Way::Keys(vec![(key(2), Name::of("ann").expect("a name"))]));
        // The key decides the name, whatever the client calls itself.
        assert!(is_in(&closed.key("root", &key(2)), "ann"));
        assert_eq!(closed.key("ann", &key(3)), Answer::No);
        assert_eq!(closed.open("ann"), Answer::No);
        assert_eq!(closed.password("ann", ""), Answer::No);
        let open = door(Way::Open);
        assert!(is_in(&open.open("ann"), "ann"));
        assert_eq!(open.open("///"), Answer::No);
        assert_eq!(open.key("ann", &key(1)), Answer::No, "a teacher's key opens the teacher's name alone");
    }
}
