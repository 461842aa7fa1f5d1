//! A learner's SSH client, in this process: what OpenSSH's cannot do, and a hundred of it at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use russh::client::{Config, Handle, Handler, Msg, connect};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg};
use tokio::time::timeout;

/// What a frame ends with.
const END: &[u8] = b"\x1b[?2026l";

/// How long a marker may take.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Believes every server: it is on this machine.
pub struct Trusting;

impl Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// A learner in a class.
pub struct Learner {
    /// Keeps the connection.
    _connection: Option<Handle<Trusting>>,
    pub channel: Channel<Msg>,
    parser: vt100::Parser,
    /// Bytes that came.
    pub came: usize,
    /// The last of them.
    tail: Vec<u8>,
    /// The session has ended with this status.
    pub status: Option<u32>,
    /// What was said beside the screen.
    pub errors: String,
}

impl Learner {
    /// A connection on which nothing was opened; `None` if the class does not let this user in.
    pub async fn knock(port: u16, user: &str, config: Config) -> Option<Handle<Trusting>> {
        let mut connection = connect(Arc::new(config), ("127.0.0.1", port), Trusting).await.ok()?;
        connection.authenticate_none(user).await.ok()?.success().then_some(connection)
    }

    /// A connection that came in with a password.
    pub async fn with_password(port: u16, user: &str, password: &str) -> Option<Handle<Trusting>> {
        let mut connection = connect(Arc::default(), ("127.0.0.1", port), Trusting).await.ok()?;
        connection.authenticate_password(user, password).await.ok()?.success().then_some(connection)
    }

    /// Runs a command on a connection: its exit status, and all that it said.
    pub async fn command(connection: &mut Handle<Trusting>, command: &str) -> (Option<u32>, String) {
        let Ok(mut channel) = connection.channel_open_session().await else { return (None, String::new()) };
        let _ = channel.exec(true, command).await;
        let (mut status, mut said) = (None, String::new());
        while let Ok(Some(message)) = timeout(PATIENCE, channel.wait()).await {
            match message {
                ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. } => {
                    said.push_str(&String::from_utf8_lossy(&data));
                }
                ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
                _ => {}
            }
        }
        (status, said)
    }

    /// A session on a connection, which it keeps.
    pub async fn shell(connection: Handle<Trusting>, size: (u32, u32)) -> Option<Self> {
        let one = Self::session(&connection, size).await?;
        Some(Self { _connection: Some(connection), ..one })
    }

    /// A session on a connection that is kept elsewhere.
    pub async fn session(connection: &Handle<Trusting>, (columns, rows): (u32, u32)) -> Option<Self> {
        let channel = connection.channel_open_session().await.ok()?;
        channel.request_pty(false, "xterm-256color", columns, rows, 0, 0, &[]).await.ok()?;
        channel.request_shell(false).await.ok()?;
        Some(Self::on(None, channel, (columns, rows)))
    }

    /// Comes in and asks for a terminal of this size.
    pub async fn enter(port: u16, user: &str, (columns, rows): (u32, u32)) -> Option<Self> {
        Self::with(port, user, (columns, rows), Config { nodelay: true, ..Config::default() }).await
    }

    /// The same with a client of one's own.
    pub async fn with(port: u16, user: &str, (columns, rows): (u32, u32), config: Config) -> Option<Self> {
        let connection = Self::knock(port, user, config).await?;
        Self::shell(connection, (columns, rows)).await
    }

    /// On a channel that was opened.
    pub fn on(connection: Option<Handle<Trusting>>, channel: Channel<Msg>, (columns, rows): (u32, u32)) -> Self {
        // The emulator is as large as the server may draw, whatever size it was told.
        let parser = vt100::Parser::new(rows.clamp(24, 120) as u16, columns.clamp(80, 400) as u16, 0);
        let (tail, errors) = (Vec::new(), String::new());
        Self { _connection: connection, channel, parser, came: 0, tail, status: None, errors }
    }

    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    pub async fn send(&self, keys: &[u8]) {
        // A session that has ended takes none.
        let _ = self.channel.data(keys).await;
    }

    /// Takes in what comes next, for at most so long; whether anything came that was not the end.
    pub async fn take(&mut self, patience: Duration) -> bool {
        let Ok(message) = timeout(patience, self.channel.wait()).await else { return false };
        match message {
            Some(ChannelMsg::Data { data }) => {
                self.came += data.len();
                self.parser.process(&data);
                self.tail.extend_from_slice(&data);
                self.tail.drain(..self.tail.len().saturating_sub(END.len()));
            }
            Some(ChannelMsg::ExtendedData { data, .. }) => self.errors.push_str(&String::from_utf8_lossy(&data)),
            Some(ChannelMsg::ExitStatus { exit_status }) => self.status = Some(exit_status),
            Some(ChannelMsg::Close) | None => {
                self.status = self.status.or(Some(u32::MAX));
                return false;
            }
            Some(_) => {}
        }
        true
    }

    /// Waits until the screen shows this; whether it did before the session ended.
    pub async fn see(&mut self, marker: &str) -> bool {
        let end = Instant::now() + PATIENCE;
        while !self.screen().contains(marker) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.take(left).await || self.status.is_some() {
                return self.screen().contains(marker);
            }
        }
        true
    }

    /// Sends keys; how long it was until the frame that answers them was there.
    pub async fn answered(&mut self, keys: &[u8]) -> Option<Duration> {
        while self.take(Duration::ZERO).await {}
        let (began, before) = (Instant::now(), self.came);
        self.tail.clear();
        self.send(keys).await;
        while self.came == before || self.tail != END {
            if !self.take(PATIENCE.saturating_sub(began.elapsed())).await || self.status.is_some() {
                return None;
            }
        }
        Some(began.elapsed())
    }

    /// Waits for the end; its exit status.
    pub async fn ended(&mut self) -> Option<u32> {
        let end = Instant::now() + PATIENCE;
        // What was said comes before the channel closes, whatever the order of status and text.
        while self.take(end.saturating_duration_since(Instant::now())).await {}
        self.status
    }
}
