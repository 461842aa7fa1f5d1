//! A connection that can be ended from outside, whatever its two ends are doing.
//!
//! The protocol's own loop may wait for a client that says nothing, or that does not read. So the socket itself gives up:
//! when a client has not come in or has no session in time, when it stops reading, and when the class ends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
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
pub(super) struct Life(watch::Sender<Option<Instant>>);

impl Life {
    /// One that ends unless it is told in time to go on.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Some(Instant::now() + LOGIN))))
    }

    /// A session has begun: it lasts as long as the learner wants.
    pub(super) fn goes_on(&self) {
        self.0.send_replace(None);
    }

    /// It has no session, or no more.
    pub(super) fn waits(&self) {
        self.0.send_replace(Some(Instant::now() + SESSION));
    }

    /// It ends now.
    pub(super) fn cut(&self) {
        self.0.send_replace(Some(Instant::now()));
    }

    /// Comes back when it has ended.
    async fn over(self: Arc<Self>) {
        let mut told = self.0.subscribe();
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
