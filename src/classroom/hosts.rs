//! Several hosts of one class: what they tell each other by PostgreSQL's LISTEN and NOTIFY, and which of them are there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::sleep;

use super::store::Store;
use crate::class::Msg;

/// In place of a host's number: the connection itself is new.
pub(super) const LINE: u32 = 0;

/// A host that is not heard for so long is taken for gone.
const SILENT: Duration = Duration::from_secs(15);

/// Whether a host that was still for so long may have been taken for gone.
pub(super) fn is_long(still: Duration) -> bool {
    still >= SILENT / 3
}

/// How long to wait when the server cannot be reached.
const BREATH: Duration = Duration::from_secs(1);

/// What one host tells the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Wire {
    /// It is there.
    Alive,
    /// It has come, or was deaf for a while: who is in at the others?
    Hello,
    /// The log is longer.
    Log,
    /// Who is where; nothing of it lasts.
    Here(Msg),
}

#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    class: std::borrow::Cow<'a, str>,
    host: u32,
    wire: Wire,
}

/// A number for a host that has just begun.
pub(super) fn number() -> Result<u32, String> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| format!("the system has no random numbers: {error}"))?;
    Ok(u32::from_le_bytes(random).max(LINE + 1))
}

/// What is sent; of one learner it is far below the 8,000 bytes that PostgreSQL takes.
pub(super) fn payload(class: &str, host: u32, wire: &Wire) -> String {
    let payload = Payload { class: class.into(), host, wire: wire.clone() };
    // What is derived cannot fail.
    serde_json::to_string(&payload).unwrap_or_default()
}

/// What other hosts tell, with the host's number. After each new connection there is a `Hello` of [`LINE`]: something may have
/// been missed. Of a file nothing comes.
pub(super) fn listen(store: &Arc<Store>, class: &str) -> UnboundedReceiver<(u32, Wire)> {
    let (send, receive) = unbounded_channel();
    let Some(url) = store.is_server().map(str::to_owned) else {
        // It must not end, or whoever waits for it would wake.
        tokio::spawn(async move { send.closed().await });
        return receive;
    };
    let class = class.to_owned();
    tokio::spawn(async move {
        while !send.is_closed() {
            if let Ok(mut listener) = PgListener::connect(&url).await
                && listener.listen("clsroom").await.is_ok()
            {
                let _ = send.send((LINE, Wire::Hello));
                while let Ok(Some(told)) = listener.try_recv().await {
                    if let Ok(payload) = serde_json::from_str::<Payload>(told.payload())
                        && payload.class == class
                    {
                        let _ = send.send((payload.host, payload.wire));
                    }
                }
            }
            sleep(BREATH).await;
        }
    });
    receive
}

/// When each other host was heard last.
#[derive(Debug, Default)]
pub(super) struct Heard(BTreeMap<u32, Instant>);

impl Heard {
    pub(super) fn hear(&mut self, host: u32) {
        self.0.insert(host, Instant::now());
    }

    /// Those of `others` that are not there any more; where there is one host alone, all of them. Each is told once.
    pub(super) fn missing(&mut self, others: impl Iterator<Item = u32>, patient: bool) -> Vec<u32> {
        let mut missing: Vec<u32> = others
            .filter(|host| {
                // Who was never heard has as long as who was.
                let last = *self.0.entry(*host).or_insert_with(Instant::now);
                !patient || last.elapsed() >= SILENT
            })
            .collect();
        missing.sort_unstable();
        missing.dedup();
        // If it is not taken out, it is told again after as long a time.
        missing.iter().for_each(|host| self.hear(*host));
        missing
    }
}
