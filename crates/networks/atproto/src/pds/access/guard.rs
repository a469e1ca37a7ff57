//! What is remembered about who asks, for a little while: sessions and descriptions of apps here, proofs that were used in the
//! database.

use super::{Session, limits::Limits};
use crate::{
    network::AtProto,
    oauth::{OAuthError, client::Client, scopes::Scopes},
};
use landbridge_cache::Cache;
use landbridge_hub::{Event, EventKind, Hub, HubError, NewKey};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{WriteError, entities::atproto_access};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// How long a session is not looked up again. What ends it in this process is noticed at once, what another process does
/// to it after this.
const SESSION_KEPT: Duration = Duration::from_secs(5);
/// How long the description of an app is used without asking for it again.
const CLIENT_KEPT: Duration = Duration::from_secs(600);
/// How long one that is not to be had, or not in order, is not asked for again.
const CLIENT_REFUSED: Duration = Duration::from_secs(60);

/// Name of the server's secret for what it alone reads again.
const SECRET: &str = "hs256";

pub struct Guard {
    sessions: Cache<Id, Arc<Session>>,
    /// Rights of OAuth sessions, by the text of their scopes.
    scopes: Cache<String, Arc<Scopes>>,
    /// Tells that grants have ended.
    changes: Mutex<Receiver<Event>>,
    /// Descriptions of apps, by their ids.
    pub(crate) clients: Cache<String, Arc<Client>>,
    /// What was wrong with those of others.
    pub(crate) no_clients: Cache<String, OAuthError>,
    /// Permission sets: what they hold, as scopes.
    pub(crate) sets: Cache<String, Arc<crate::oauth::sets::PermissionSet>>,
    /// Codes that apps have asked members for.
    pub(crate) asked: Cache<(Id, &'static str), ()>,
    pub(crate) limits: Limits,
}

impl Guard {
    pub fn new(hub: &Hub, rate_limits: bool) -> Guard {
        Guard {
            sessions: Cache::living(20_000, SESSION_KEPT),
            scopes: Cache::new(2_000),
            changes: Mutex::new(hub.bus().listen()),
            clients: Cache::living(1_000, CLIENT_KEPT),
            no_clients: Cache::living(1_000, CLIENT_REFUSED),
            sets: Cache::living(500, crate::oauth::sets::KEPT),
            asked: Cache::living(5_000, Duration::from_secs(3600)),
            limits: Limits::new(rate_limits),
        }
    }

    /// A session that was looked up just now, if no grant has ended since.
    pub(super) fn session(&self, id: Id) -> Option<Arc<Session>> {
        if self.something_ended() {
            self.sessions.clear();
        }
        self.sessions.get(&id)
    }

    /// To be called before the session is read: what ends while it is read is noticed by the next request.
    pub(super) fn keep(&self, session: &Arc<Session>) {
        self.sessions.insert(session.id, session.clone());
    }

    pub(crate) fn forget_session(&self, id: Id) {
        self.sessions.remove(&id);
    }

    /// Looks all of them up again: an account has changed.
    pub(crate) fn forget_sessions(&self) {
        self.sessions.clear();
    }

    fn something_ended(&self) -> bool {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended = false;
        loop {
            match changes.try_recv() {
                Ok(event) => ended |= matches!(event.kind, EventKind::Member(_)),
                Err(TryRecvError::Lagged(_)) => ended = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return ended,
            }
        }
    }

    pub(super) fn scopes(&self, session: &Session) -> Arc<Scopes> {
        let text = [&session.facts.scope[..], &session.facts.included[..]].join(" ");
        self.scopes.get_with(&text, || Arc::new(Scopes::held(&text)))
    }
}

impl AtProto {
    /// Notes that something which is good once was used, on whatever node; `false`: it was used before. `expires_at`: from when
    /// on it is refused without asking.
    pub(crate) async fn is_first_use(&self, id: &[u8; 32], expires_at: Time) -> Result<bool, HubError> {
        match self.hub.store().write(atproto_access::use_proof(id, expires_at)).await {
            Ok(_) => Ok(true),
            Err(WriteError::Precondition(atproto_access::PROOF_USED)) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// The server's secret for what it alone reads again.
    pub(crate) async fn secret(&self) -> Result<Vec<u8>, HubError> {
        let make = || {
            let mut secret = [0; 32];
            // Without randomness there is no secret, and an empty one is refused below.
            let secret = aws_lc_rs::rand::fill(&mut secret).map(|()| secret.to_vec()).unwrap_or_default();
            NewKey { kind: SECRET, public: String::new(), secret }
        };
        let key = self.hub.server_key(Network::AtProto, SECRET, make).await?;
        if key.secret.len() == 32 { Ok(key.secret) } else { Err(HubError::Damaged("the server's secret")) }
    }
}
