//! A connection that can be ended from outside, whatever its two ends are doing.
//!
//! The protocol's own loop may wait for a client that says nothing, or that does not read. So the socket itself gives up:
//! when a client has not come in or has no session in time, when it stops reading, and when the class ends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long a client may take to say what it is: programs do that, not people.
pub(super) const HELLO: Duration = Duration::from_secs(20);

/// How long it may take to come in: a person compares a fingerprint and types a word and a number meanwhile.
const LOGIN: Duration = Duration::from_mins(2);

/// How long it may stay without a session.
const SESSION: Duration = Duration::from_secs(20);

/// When a connection ends, unless something happens before.
#[derive(Debug)]
pub(super) struct Life {
    deadline: watch::Sender<Option<Instant>>,
    /// Sessions on it: it lasts as long as there is one.
    sessions: Mutex<usize>,
}

impl Life {
    /// One that ends unless it is told in time to go on.
    pub(super) fn new() -> Arc<Self> {
        let deadline = watch::Sender::new(Some(Instant::now() + LOGIN));
        Arc::new(Self { deadline, sessions: Mutex::default() })
    }

    /// Somebody has come in, and has so long to begin a session.
    pub(super) fn enters(&self) {
        self.deadline.send_replace(Some(Instant::now() + SESSION));
    }

    /// A session has begun.
    pub(super) fn begins(&self) {
        *self.sessions() += 1;
        self.deadline.send_replace(None);
    }

    /// A session has ended. After the last one another may begin, soon.
    pub(super) fn ends(&self) {
        let mut sessions = self.sessions();
        *sessions = sessions.saturating_sub(1);
        if *sessions == 0 {
            self.deadline.send_replace(Some(Instant::now() + SESSION));
        }
    }

    /// It ends now.
    pub(super) fn cut(&self) {
        self.deadline.send_replace(Some(Instant::now()));
    }

    fn sessions(&self) -> MutexGuard<'_, usize> {
        // A number cannot be left half written.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Comes back when it has ended.
    async fn over(self: Arc<Self>) {
        let mut told = self.deadline.subscribe();
        loop {
            let deadline = *told.borrow_and_update();
            let changed = told.changed();
            match deadline {
                None => drop(changed.await),
                Some(deadline) => {
                    tokio::select! {
                        () = sleep_until(deadline) => return,
                        _ = changed => {}
                    }
                }
            }
        }
    }
}

/// A stream that gives up when its life is over.
pub(super) struct Line<S> {
    stream: S,
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_over: bool,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S, life: &Arc<Life>) -> Self {
        Self { stream, over: Box::pin(Arc::clone(life).over()), is_over: false }
    }

    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.is_over = self.is_over || self.over.as_mut().poll(context).is_ready();
        if self.is_over { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_lasts_as_long_as_one_of_its_sessions() {
        let life = Life::new();
        let ends = || life.deadline.borrow().is_some();
        assert!(ends(), "nobody has come in");
        life.enters();
        assert!(ends(), "there is no session");
        life.begins();
        life.begins();
        life.ends();
        assert!(!ends(), "one goes on");
        life.ends();
        assert!(ends(), "none does");
    }
}
