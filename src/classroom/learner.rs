//! One learner's session: what a client asks for on a channel, then keys in and frames out.
//!
//! A session is a thread with the loop that the local terminal has, and two tasks: one reads keys, one sends frames. Each
//! waits for the other end: keys are read when those before were taken, a frame is made when the one before has left.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::door::Guest;
use super::hall::{Hall, log, now};
use super::line::Life;
use super::screen::{Flow, Out, Remote, Report, Size};
use crate::app::Key;
use crate::app::class::Note;
use crate::app::settings::{Fixed, Look, Settings as Shown};
use crate::class;
use crate::class::desk::{self, Desk};
use crate::cli::NotebookFormat;
use crate::commands::notebook;
use crate::front::{Front, Incoming};
use crate::lesson::parse::visible;
use crate::lesson::progress::Store;
use crate::terminal::keys::{Input, Parser};
use crate::view::{self, Depth, Theme};

/// How long a client may not read until it is taken for gone.
const STUCK: Duration = Duration::from_secs(30);

/// How long a client may take to say what it wants of a channel.
const ASKING: Duration = Duration::from_secs(20);

/// What a client's environment may say here.
const HEARD: [&str; 3] = ["COLORTERM", "NO_COLOR", "LANG"];

/// Longest text of such a variable, in bytes, and most of them.
const LONGEST: (usize, usize) = (64, 16);

/// Memory for a session's thread: drawing needs far less.
const STACK: usize = 2 << 20;

/// What was said of a channel before its session began.
struct Asked {
    terminal: Option<String>,
    size: Arc<Size>,
    environment: Vec<(String, String)>,
}

/// A channel that a learner opened.
struct Line {
    id: ChannelId,
    handle: Handle,
    read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
}

impl Line {
    async fn yes(&self) {
        let _ = self.handle.channel_success(self.id).await;
    }

    async fn no(&self) {
        let _ = self.handle.channel_failure(self.id).await;
    }

    /// Says why not.
    async fn refuse(&self, why: &str) {
        let said = format!("clsroom: {why}\r\n").into_bytes();
        let _ = timeout(STUCK, self.write.extended_data_bytes(1, said)).await;
        self.end(1).await;
    }

    async fn end(&self, status: u32) {
        let _ = self.write.exit_status(status).await;
        let _ = self.write.eof().await;
        let _ = self.write.close().await;
    }
}

/// Does what a client asks for on a channel, until it is over.
pub(super) async fn attend(channel: Channel<Msg>, handle: Handle, guest: Guest, hall: Arc<Hall>, life: &Arc<Life>) {
    let id = channel.id();
    let (read, write) = channel.split();
    let mut line = Line { id, handle, read, write };
    let mut asked = Asked { terminal: None, size: Arc::new(Size::new()), environment: Vec::new() };
    loop {
        let Ok(Some(message)) = timeout(ASKING, line.read.wait()).await else {
            return line.end(1).await;
        };
        match message {
            ChannelMsg::SetEnv { variable_name, variable_value, .. } => {
                let heard = HEARD.contains(&variable_name.as_str()) || variable_name.starts_with("LC_");
                let short = variable_name.len().max(variable_value.len()) <= LONGEST.0;
                if heard && short && asked.environment.len() < LONGEST.1 {
                    asked.environment.push((variable_name, variable_value));
                    line.yes().await;
                } else {
                    line.no().await;
                }
            }
            ChannelMsg::RequestPty { term, col_width, row_height, .. } => {
                asked.size.set(col_width, row_height);
                asked.terminal = Some(term);
                line.yes().await;
            }
            ChannelMsg::WindowChange { col_width, row_height, .. } => asked.size.set(col_width, row_height),
            ChannelMsg::RequestShell { .. } => {
                line.yes().await;
                let Some(terminal) = asked.terminal.take() else {
                    return line.refuse("this needs a terminal to draw on: ssh -t makes one").await;
                };
                return learn(line, terminal, asked, guest, &hall, life).await;
            }
            ChannelMsg::Exec { command, .. } => {
                line.yes().await;
                return match notebook_asked(&command) {
                    Some(format) => send_notebook(&line, format, &guest, hall).await,
                    None => line.refuse("nothing but notebook [--format md|html] can be run here").await,
                };
            }
            ChannelMsg::RequestSubsystem { .. } => {
                line.no().await;
                return line.refuse("subsystems such as sftp are refused").await;
            }
            ChannelMsg::RequestX11 { .. } => line.no().await,
            ChannelMsg::Eof | ChannelMsg::Close => return line.end(1).await,
            // Agents are refused by the protocol's own answer; data before a session has nobody to read it.
            _ => {}
        }
    }
}

/// The notebook's format, if the command asks for the notebook.
fn notebook_asked(command: &[u8]) -> Option<NotebookFormat> {
    let words: Vec<&str> = std::str::from_utf8(command).ok()?.split_whitespace().collect();
    match words[..] {
        ["notebook"] | ["notebook", "--format", "md"] | ["notebook", "--format=md"] => Some(NotebookFormat::Md),
        ["notebook", "--format", "html"] | ["notebook", "--format=html"] => Some(NotebookFormat::Html),
        _ => None,
    }
}

async fn send_notebook(line: &Line, format: NotebookFormat, guest: &Guest, hall: Arc<Hall>) {
    if guest.is_late(&hall.door.names) {
        return line.refuse(&format!("somebody else has taken the name {} since you came in", guest.name)).await;
    }
    let name = guest.name.clone();
    let written = tokio::task::spawn_blocking(move || {
        let (progress, notice) = Store::new(hall.door.names.progress(&name)).load();
        let (course, records) = &hall.shared.loaded;
        let none = BTreeMap::new();
        let records = if hall.shared.has_records() { &**records } else { &none };
        let document = notebook::document(&progress, course, records, Some(name.as_str()));
        let text = match format {
            NotebookFormat::Md => document.markdown(),
            NotebookFormat::Html => document.html(),
        };
        (text, notice)
    });
    let Ok((text, notice)) = written.await else { return line.refuse("the notebook cannot be written").await };
    if let Some(notice) = notice {
        let said = format!("clsroom: {notice}\r\n").into_bytes();
        let _ = timeout(STUCK, line.write.extended_data_bytes(1, said)).await;
    }
    let sent = timeout(STUCK, line.write.data_bytes(text.into_bytes())).await;
    line.end(u32::from(!matches!(sent, Ok(Ok(()))))).await;
}

/// The course, until the learner leaves.
async fn learn(line: Line, terminal: String, asked: Asked, guest: Guest, hall: &Arc<Hall>, life: &Arc<Life>) {
    let (sender, incoming) = channel();
    let place = match hall.place(&guest, sender.clone()) {
        Ok(place) => Arc::new(place),
        Err(why) => return line.refuse(&why).await,
    };
    let desk = guest.teacher.then(|| Arc::new(Mutex::new(Desk::default())));
    life.goes_on();
    let (columns, rows) = asked.size.get();
    log(&format!("session {} begins, {columns}x{rows}, {} are in", place.number, hall.there()));
    let (out, frames) = unbounded_channel();
    let flow = Arc::new(Flow::default());
    let far = Far {
        size: Arc::clone(&asked.size),
        flow: Arc::clone(&flow),
        out: out.clone(),
        report: Report::new(Arc::clone(&place)),
        desk: desk.clone(),
    };
    let theme = theme(&terminal, &asked.environment);
    let (here, keys) = (Arc::clone(hall), sender.clone());
    let session =
        std::thread::Builder::new().name(format!("learner {}", place.number)).stack_size(STACK).spawn(move || {
            let ran = catch_unwind(AssertUnwindSafe(|| run(&here, &guest, theme, far, (keys, incoming))));
            let failed =
                || ("clsroom: the program failed. Please report it; your progress is saved.\r\n".to_owned(), 1);
            let (words, status) = ran.unwrap_or_else(|_| failed());
            let mut last = Remote::leave();
            last.extend(words.into_bytes());
            let _ = out.send(Out::End(last, status));
        });
    if session.is_err() {
        return line.refuse("there is no room for one more thread. Try again later").await;
    }
    let (came, Line { read, write, .. }) = (AtomicU64::new(0), line);
    let at = At { hall, desk: desk.as_deref(), keys: &sender };
    let reading = listen(read, &at, &asked.size, &came);
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
    place.leaves((came.load(Ordering::Relaxed), went));
    drop(place);
    // Another session may begin on the same connection, soon.
    life.waits();
}

/// What connects a session's thread with its client.
struct Far {
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
    far: Far,
    ends: (Sender<Incoming>, mpsc::Receiver<Incoming>),
) -> (String, u32) {
    let mut last = Vec::new();
    let ended = session(hall, guest, theme, far, ends, &mut last);
    let status = u32::from(ended.is_err());
    last.extend(ended.err().map(|why| format!("clsroom: {why}.")));
    (last.into_iter().map(|line| line + "\r\n").collect(), status)
}

/// The session; `last` are lines for the learner's own screen, when the course has left it.
fn session(
    hall: &Arc<Hall>,
    guest: &Guest,
    theme: Theme,
    far: Far,
    (sender, incoming): (Sender<Incoming>, mpsc::Receiver<Incoming>),
    last: &mut Vec<String>,
) -> Result<(), String> {
    let name = guest.name.as_str();
    let again = format!("ssh -p {} {name}@HOST", hall.port);
    let mut said = vec![format!("Welcome to {}, {name}.", visible(&hall.door.class))];
    // A second session on the same connection knows the number already.
    if let Some(claim) = guest.claim.as_ref().filter(|claim| claim.get().is_none()) {
        let number = hall.door.names.take(&guest.name).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => format!("somebody else has taken the name {name} just now"),
            _ => format!("the name {name} cannot be kept: {error}"),
        })?;
        let _ = claim.set(number.clone());
        said.push(format!("Keep this number: {number}. You are asked for it when you come back."));
        last.push(format!("Your number is {number}. To come back: {again}"));
    }
    let store = Store::new(hall.door.names.progress(&guest.name));
    let shown = settings(hall, name, &theme);
    let mut begun = hall.shared.session(Some(name), Some(store), &hall.common, (theme, shown));
    begun.tell_others();
    said.append(&mut begun.said);
    begun.state.notice = Some(said.join(" "));
    let seat = begun.seat(&hall.worker, sender);
    let fetch = format!("{again} notebook > notebook.md");
    let view = far.desk.map(|desk| (Arc::clone(hall), desk));
    let host = Remote::new((far.size, far.flow, far.out), (far.report, view), fetch, Box::new(begun.reload()))?;
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
    let colours = Depth::ALL.iter().position(|depth| *depth == theme.depth).unwrap_or_default();
    let fixed = |name, value: &str, from| Fixed { name, value: value.to_owned(), from };
    Shown {
        look: Look { colours, ascii: theme.ascii, animation: !hall.common.no_animation },
        fixed: vec![
            fixed("learner", name, "how you came in"),
            fixed("class", &hall.door.class, "the one who serves it"),
        ],
    }
}

/// Turns what a client sends into keys, and no faster than they are taken.
async fn listen(mut read: ChannelReadHalf, at: &At<'_>, size: &Size, came: &AtomicU64) {
    let keys = at.keys;
    let mut parser = Parser::default();
    loop {
        let message = match parser.patience() {
            None => read.wait().await,
            Some(patience) => {
                let Ok(message) = timeout(patience, read.wait()).await else {
                    at.tell(parser.give_up());
                    continue;
                };
                message
            }
        };
        match message {
            Some(ChannelMsg::Data { data }) => {
                came.fetch_add(data.len() as u64, Ordering::Relaxed);
                at.tell(parser.feed(&data));
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
struct At<'a> {
    hall: &'a Arc<Hall>,
    desk: Option<&'a Mutex<Desk>>,
    keys: &'a Sender<Incoming>,
}

impl At<'_> {
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
        let Some(orders) = self.hall.look(|class| desk.key(key, course, class, now())) else { return false };
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

    #[test]
    fn nothing_but_the_notebook_can_be_run() {
        assert_eq!(notebook_asked(b"notebook"), Some(NotebookFormat::Md));
        assert_eq!(notebook_asked(b" notebook  --format html "), Some(NotebookFormat::Html));
        for other in ["", "sh", "notebook; sh", "notebook --out /etc/passwd", "notebook --format pdf", "clsroom race"] {
            assert_eq!(notebook_asked(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(notebook_asked(b"notebook \xff"), None);
    }

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
