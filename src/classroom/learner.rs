//! One learner's session: keys in and frames out.
//!
//! A session is a thread with the loop that the local terminal has, and two tasks: one reads keys, one sends frames. Each
//! waits for the other end: keys are read when those before were taken, a frame is made when the one before has left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use russh::server::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::channel::{OpenChannel, Wishes};
use super::door::Guest;
use super::hall::{Hall, log};
use super::line::Life;
use super::report::Report;
use super::screen::{Flow, Out, Remote, Size};
use super::shelf::Kept;
use crate::app::Key;
use crate::app::class::Note;
use crate::app::settings::{Fixed, Settings as Shown};
use crate::class;
use crate::class::desk::{self, Desk};
use crate::front::{Front, Incoming};
use crate::lesson::parse::visible;
use crate::terminal::keys::{Input, Parser};
use crate::view::{self, Theme};

/// How long a client may not read until it is taken for gone.
pub(super) const STUCK: Duration = Duration::from_secs(30);

/// Memory for a session's thread: drawing needs far less.
const STACK: usize = 2 << 20;

/// The course, until the learner leaves.
pub(super) async fn learn(
    opened: OpenChannel,
    terminal: String,
    wishes: Wishes,
    guest: Guest,
    hall: &Arc<Hall>,
    life: &Arc<Life>,
) {
    let (sender, incoming) = channel();
    let attendance = match hall.place(&guest, sender.clone()) {
        Ok(attendance) => Arc::new(attendance),
        Err(why) => return opened.refuse(&why).await,
    };
    let desk = attendance.desk();
    let (columns, rows) = wishes.size.get();
    log(&format!("session {} begins, {columns}x{rows}, {} are in", attendance.number(), hall.there()));
    let (out, frames) = unbounded_channel();
    let flow = Arc::new(Flow::default());
    let client = Client {
        size: Arc::clone(&wishes.size),
        flow: Arc::clone(&flow),
        out: out.clone(),
        report: Report::new(Arc::clone(&attendance)),
        desk: desk.clone(),
    };
    let theme = theme(&terminal, &wishes.environment);
    let (here, keys) = (Arc::clone(hall), sender.clone());
    let session = std::thread::Builder::new().name(format!("learner {}", attendance.number())).stack_size(STACK).spawn(
        move || {
            let ran = catch_unwind(AssertUnwindSafe(|| run(&here, &guest, theme, client, (keys, incoming))));
            let failed =
                || ("clsroom: the program failed. Please report it; your progress is saved.\r\n".to_owned(), 1);
            let (words, status) = ran.unwrap_or_else(|_| failed());
            let mut last = Remote::leave();
            last.extend(words.into_bytes());
            let _ = out.send(Out::End(last, status));
        },
    );
    if session.is_err() {
        return opened.refuse("there is no room for one more thread. Try again later").await;
    }
    life.begins();
    let (came, OpenChannel { read, write, .. }) = (AtomicU64::new(0), opened);
    let keyboard = Keyboard { hall, desk: desk.as_deref(), keys: &sender };
    let reading = listen(read, &keyboard, &wishes.size, &came);
    let sending = send(&write, frames, &flow, &sender, life);
    tokio::pin!(reading, sending);
    // A client that hangs up ends the session; the session's end is the last that is sent.
    let went = tokio::select! {
        went = &mut sending => went,
        () = &mut reading => {
            let _ = sender.send(Incoming::Broken("the connection was closed".to_owned()));
            sending.await
        }
    };
    attendance.leaves((came.load(Ordering::Relaxed), went));
    drop(attendance);
    life.ends();
}

/// What connects a session's thread with its client.
struct Client {
    size: Arc<Size>,
    flow: Arc<Flow>,
    out: UnboundedSender<Out>,
    report: Report,
    desk: Option<Arc<Mutex<Desk>>>,
}

/// Runs a session on its thread; its last words and its exit status.
fn run(
    hall: &Arc<Hall>,
    guest: &Guest,
    theme: Theme,
    client: Client,
    ends: (Sender<Incoming>, mpsc::Receiver<Incoming>),
) -> (String, u32) {
    let mut last = Vec::new();
    let ended = session(hall, guest, theme, client, ends, &mut last);
    let status = u32::from(ended.is_err());
    last.extend(ended.err().map(|why| format!("clsroom: {why}.")));
    (last.into_iter().map(|line| line + "\r\n").collect(), status)
}

/// The session; `last` are lines for the learner's own screen, when the course has left it.
fn session(
    hall: &Arc<Hall>,
    guest: &Guest,
    theme: Theme,
    client: Client,
    (sender, incoming): (Sender<Incoming>, mpsc::Receiver<Incoming>),
    last: &mut Vec<String>,
) -> Result<(), String> {
    let name = guest.name.as_str();
    let again = format!("ssh -p {} {name}@HOST", hall.port);
    let mut said = vec![format!("Welcome to {}, {name}.", visible(&hall.door.class))];
    // A second session on the same connection knows the number already.
    if let Some(claim) = guest.claim.as_ref().filter(|claim| claim.get().is_none()) {
        let number = hall.claim(&guest.name)?;
        let _ = claim.set(number.clone());
        said.push(format!("Keep this number: {number}. You are asked for it when you come back."));
        last.push(format!("Your number is {number}. To come back: {again}"));
    }
    let store = Kept::new(Arc::clone(hall), guest.name.clone());
    let shown = settings(hall, name, &theme);
    let mut begun = hall.shared.session(Some(name), Some(Box::new(store)), &hall.common, (theme, shown));
    begun.tell_others();
    said.append(&mut begun.said);
    begun.state.notice = Some(said.join(" "));
    let seat = begun.seat(&hall.worker, sender);
    let fetch = format!("{again} notebook > notebook.md");
    let view = client.desk.map(|desk| (Arc::clone(hall), desk));
    let host =
        Remote::new((client.size, client.flow, client.out), (client.report, view), fetch, Box::new(begun.reload()))?;
    let mut front = Front::new(begun, seat, host);
    let ended = front.run(&incoming);
    last.extend(front.save_at_last().map(|why| format!("clsroom: {why}")));
    ended.map(|_| ())
}

/// Colours and signs as the client's terminal and environment say.
fn theme(terminal: &str, environment: &[(String, String)]) -> Theme {
    let env = |name: &str| match name {
        "TERM" => Some(terminal.to_owned()),
        _ => environment.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone()),
    };
    Theme::new(view::depth(None, &env), view::ascii(None, &env))
}

/// What the settings overlay says.
fn settings(hall: &Hall, name: &str, theme: &Theme) -> Shown {
    let fixed = |name, value: &str, from| Fixed { name, value: value.to_owned(), from };
    Shown {
        look: theme.look(!hall.common.no_animation),
        fixed: vec![
            fixed("learner", name, "how you came in"),
            fixed("class", &hall.door.class, "the one who serves it"),
        ],
    }
}

/// Turns what a client sends into keys, and no faster than they are taken.
async fn listen(mut read: ChannelReadHalf, keyboard: &Keyboard<'_>, size: &Size, came: &AtomicU64) {
    let keys = keyboard.keys;
    let mut parser = Parser::default();
    loop {
        let message = match parser.patience() {
            None => read.wait().await,
            Some(patience) => {
                let Ok(message) = timeout(patience, read.wait()).await else {
                    keyboard.tell(parser.give_up());
                    continue;
                };
                message
            }
        };
        match message {
            Some(ChannelMsg::Data { data }) => {
                came.fetch_add(data.len() as u64, Ordering::Relaxed);
                keyboard.tell(parser.feed(&data));
                let (taken, heard) = oneshot::channel();
                let _ = keys.send(Incoming::Heard(Box::new(move || {
                    let _ = taken.send(());
                })));
                if heard.await.is_err() {
                    return;
                }
            }
            Some(ChannelMsg::WindowChange { col_width, row_height, .. }) => {
                size.set(col_width, row_height);
                let _ = keys.send(Incoming::Resized);
            }
            Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return,
            Some(_) => {}
        }
    }
}

/// Where keys go: to the course, or to the teacher's desk.
struct Keyboard<'a> {
    hall: &'a Arc<Hall>,
    desk: Option<&'a Mutex<Desk>>,
    keys: &'a Sender<Incoming>,
}

impl Keyboard<'_> {
    fn tell(&self, found: Vec<Input>) {
        for input in found {
            let at_desk = self.desk.is_some_and(|desk| match &input {
                Input::Key(key) => self.at_desk(*key, desk),
                Input::Paste(text) => self.pasted(text, desk),
            });
            if at_desk {
                continue;
            }
            let _ = self.keys.send(match input {
                Input::Key(key) => Incoming::Key(key),
                Input::Paste(text) => Incoming::Paste(text),
            });
        }
    }

    /// Whether pasted text was the desk's.
    fn pasted(&self, text: &str, desk: &Mutex<Desk>) -> bool {
        let taken = desk.lock().unwrap_or_else(PoisonError::into_inner).paste(text);
        let _ = self.keys.send(Incoming::Resized);
        taken
    }

    /// Whether the key was the desk's.
    fn at_desk(&self, key: Key, desk: &Mutex<Desk>) -> bool {
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let course = &self.hall.shared.loaded.0;
        let Some(orders) = self.hall.look(|class| desk.key(key, course, class, self.hall.ledger.now())) else {
            return false;
        };
        let to_course = key == Key::Tab && desk.shown == desk::Shown::Course;
        drop(desk);
        if to_course {
            let _ = self.keys.send(Incoming::Class(Note::News("Ctrl-T leads back to the desk.".to_owned())));
        }
        orders.into_iter().for_each(|order| self.hall.happens(class::Msg::Teacher(order)));
        let _ = self.keys.send(Incoming::Resized);
        true
    }
}

/// Sends frames until the session ends; how many bytes that were. A client that does not read is taken for gone.
async fn send(
    write: &ChannelWriteHalf<Msg>,
    mut frames: UnboundedReceiver<Out>,
    flow: &Flow,
    session: &Sender<Incoming>,
    life: &Life,
) -> u64 {
    let mut went = 0;
    let mut gone = false;
    while let Some(out) = frames.recv().await {
        let (bytes, status) = match out {
            Out::Frame(bytes) => (bytes, None),
            Out::End(bytes, status) => (bytes, Some(status)),
        };
        let count = bytes.len() as u64;
        if !gone {
            let sent = timeout(STUCK, write.data_bytes(bytes)).await;
            gone = !matches!(sent, Ok(Ok(())));
            went += if gone { 0 } else { count };
            if gone {
                life.cut();
                let _ = session.send(Incoming::Broken("the connection was closed".to_owned()));
            }
        }
        if let Some(status) = status {
            let _ = write.exit_status(status).await;
            let _ = write.eof().await;
            let _ = write.close().await;
            return went;
        }
        if flow.sent() {
            let _ = session.send(Incoming::Resized);
        }
    }
    went
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Depth;

    #[test]
    fn colours_follow_the_clients_terminal_not_the_servers() {
        let said = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(theme("xterm-256color", &[]).depth, Depth::TwoFiftySix);
        assert_eq!(theme("xterm-256color", &said(&[("COLORTERM", "truecolor")])).depth, Depth::TrueColor);
        assert_eq!(theme("xterm-256color", &said(&[("NO_COLOR", "1")])).depth, Depth::None);
        assert!(theme("xterm", &said(&[("LANG", "C")])).ascii);
        assert!(!theme("xterm", &said(&[("LANG", "en_US.UTF-8")])).ascii);
    }
}
