//! What a client asks for on a channel: the course, the notebook, or what is refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::time::timeout;

use super::door::Guest;
use super::hall::Hall;
use super::learner::{self, STUCK};
use super::line::Life;
use super::screen::Size;
use crate::cli::NotebookFormat;
use crate::commands::notebook;

/// How long a client may take to say what it wants of a channel.
const ASKING: Duration = Duration::from_secs(20);

/// What a client's environment may say here.
const HEARD: [&str; 3] = ["COLORTERM", "NO_COLOR", "LANG"];

/// Longest text of such a variable, in bytes, and most of them.
const LONGEST: (usize, usize) = (64, 16);

/// What a client wishes of a channel before its session begins.
pub(super) struct Wishes {
    terminal: Option<String>,
    pub(super) size: Arc<Size>,
    pub(super) environment: Vec<(String, String)>,
}

/// A channel that a learner opened.
pub(super) struct OpenChannel {
    id: ChannelId,
    handle: Handle,
    pub(super) read: ChannelReadHalf,
    pub(super) write: ChannelWriteHalf<Msg>,
}

impl OpenChannel {
    async fn yes(&self) {
        let _ = self.handle.channel_success(self.id).await;
    }

    async fn no(&self) {
        let _ = self.handle.channel_failure(self.id).await;
    }

    /// Says why not.
    pub(super) async fn refuse(&self, why: &str) {
        let said = format!("clsroom: {why}\r\n").into_bytes();
        let _ = timeout(STUCK, self.write.extended_data_bytes(1, said)).await;
        self.end(1).await;
    }

    pub(super) async fn end(&self, status: u32) {
        let _ = self.write.exit_status(status).await;
        let _ = self.write.eof().await;
        let _ = self.write.close().await;
    }
}

/// Does what a client asks for on a channel, until it is over.
pub(super) async fn attend(channel: Channel<Msg>, handle: Handle, guest: Guest, hall: Arc<Hall>, life: &Arc<Life>) {
    let id = channel.id();
    let (read, write) = channel.split();
    let mut channel = OpenChannel { id, handle, read, write };
    let mut wishes = Wishes { terminal: None, size: Arc::new(Size::new()), environment: Vec::new() };
    loop {
        let Ok(Some(message)) = timeout(ASKING, channel.read.wait()).await else {
            return channel.end(1).await;
        };
        match message {
            ChannelMsg::SetEnv { variable_name, variable_value, .. } => {
                let heard = HEARD.contains(&variable_name.as_str()) || variable_name.starts_with("LC_");
                let short = variable_name.len().max(variable_value.len()) <= LONGEST.0;
                if heard && short && wishes.environment.len() < LONGEST.1 {
                    wishes.environment.push((variable_name, variable_value));
                    channel.yes().await;
                } else {
                    channel.no().await;
                }
            }
            ChannelMsg::RequestPty { term, col_width, row_height, .. } => {
                wishes.size.set(col_width, row_height);
                wishes.terminal = Some(term);
                channel.yes().await;
            }
            ChannelMsg::WindowChange { col_width, row_height, .. } => wishes.size.set(col_width, row_height),
            ChannelMsg::RequestShell { .. } => {
                channel.yes().await;
                let Some(terminal) = wishes.terminal.take() else {
                    return channel.refuse("this needs a terminal to draw on: ssh -t makes one").await;
                };
                return learner::learn(channel, terminal, wishes, guest, &hall, life).await;
            }
            ChannelMsg::Exec { command, .. } => {
                channel.yes().await;
                return match notebook_asked(&command) {
                    Some(format) => send_notebook(&channel, format, &guest, hall).await,
                    None => channel.refuse("nothing but notebook [--format md|html] can be run here").await,
                };
            }
            ChannelMsg::RequestSubsystem { .. } => {
                channel.no().await;
                return channel.refuse("subsystems such as sftp are refused").await;
            }
            ChannelMsg::RequestX11 { .. } => channel.no().await,
            ChannelMsg::Eof | ChannelMsg::Close => return channel.end(1).await,
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

async fn send_notebook(channel: &OpenChannel, format: NotebookFormat, guest: &Guest, hall: Arc<Hall>) {
    if guest.is_late(&hall.door.names) {
        return channel.refuse(&format!("somebody else has taken the name {} since you came in", guest.name)).await;
    }
    let name = guest.name.clone();
    let written = tokio::task::spawn_blocking(move || {
        let kept = || hall.fetch(&name);
        let (progress, notice) =
            hall.shelf.progress(name.as_str()).map_or_else(kept, |progress| (Some(progress), None));
        let progress = progress.unwrap_or_default();
        let (course, records) = &hall.shared.loaded;
        let none = BTreeMap::new();
        let records = if hall.shared.has_records() { &**records } else { &none };
        let document = notebook::document(&progress, course, records, Some(name.as_str()));
        (notebook::text(&document, format, Some(name.as_str())), notice)
    });
    let Ok((text, notice)) = written.await else { return channel.refuse("the notebook cannot be written").await };
    if let Some(notice) = notice {
        let said = format!("clsroom: {notice}\r\n").into_bytes();
        let _ = timeout(STUCK, channel.write.extended_data_bytes(1, said)).await;
    }
    let sent = timeout(STUCK, channel.write.data_bytes(text.into_bytes())).await;
    channel.end(u32::from(!matches!(sent, Ok(Ok(()))))).await;
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
}
