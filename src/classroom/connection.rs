//! One connection: who is it, and what may be opened on it.

use std::sync::Arc;

use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey};
use russh::{Channel, MethodKind, MethodSet};

use super::channel;
use super::door::{Answer, Dialogue, Guest, Way};
use super::hall::Hall;
use super::line::Life;
use super::names::Name;

/// Channels that one connection may have open.
const CHANNELS: usize = 4;

/// What is known of a client.
pub(super) struct Connection {
    hall: Arc<Hall>,
    life: Arc<Life>,
    dialogue: Dialogue,
    guest: Option<Guest>,
    /// Its channels: each holds one.
    channels: Arc<()>,
}

impl Connection {
    pub(super) fn new(hall: Arc<Hall>, life: Arc<Life>) -> Self {
        Self { hall, life, dialogue: Dialogue::default(), guest: None, channels: Arc::default() }
    }

    /// What the door's answer is in the protocol's words.
    fn told(&mut self, user: &str, answer: Answer) -> Auth {
        match answer {
            Answer::In(guest) => {
                self.guest = Some(guest);
                Auth::Accept
            }
            Answer::Ask(before, question) => Auth::Partial {
                name: "".into(),
                instructions: before.into(),
                prompts: vec![(question.into(), false)].into(),
            },
            Answer::No => Auth::Reject { proceed_with_methods: Some(self.methods(user)), partial_success: false },
        }
    }

    /// How this user may come in: others need not be tried, and each try costs the client a second.
    fn methods(&self, user: &str) -> MethodSet {
        let teacher = Name::of(user).is_some_and(|name| name.is_teacher());
        let methods: &[MethodKind] = match self.hall.door.way {
            Way::Word(_) if !teacher => &[MethodKind::KeyboardInteractive, MethodKind::Password],
            _ => &[MethodKind::PublicKey],
        };
        MethodSet::from(methods)
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        let answer = self.hall.door.open(user);
        Ok(self.told(user, answer))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let answer = self.hall.door.password(user, password);
        Ok(self.told(user, answer))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let said = response.and_then(|mut said| said.next()).map(|said| String::from_utf8_lossy(&said).into_owned());
        let answer = self.hall.door.answer(user, &mut self.dialogue, said.as_deref());
        Ok(self.told(user, answer))
    }

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        let known = self.hall.door.knows(user, offer.public_key);
        Ok(if known { Auth::Accept } else { self.told(user, Answer::No) })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        let answer = self.hall.door.key(user, key.public_key);
        Ok(self.told(user, answer))
    }

    async fn auth_succeeded(&mut self, _: &mut Session) -> Result<(), Self::Error> {
        self.life.enters();
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        // What is not accepted is refused.
        if let Some(guest) = self.guest.clone()
            && Arc::strong_count(&self.channels) <= CHANNELS
        {
            reply.accept().await;
            let held = Arc::clone(&self.channels);
            let (hall, life) = (Arc::clone(&self.hall), Arc::clone(&self.life));
            let handle = session.handle();
            tokio::spawn(async move {
                channel::attend(channel, handle, guest, hall, &life).await;
                drop(held);
            });
        }
        Ok(())
    }
}
