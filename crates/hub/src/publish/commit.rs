//! One act, one transaction: what it changes here, what each network staged, and a row per delivery.

use crate::{
    Act, ActKind, CopyKind, CopyState, Event, EventKind, Hub, HubError, Mode, Origin, Staged, Translator,
    outbox,
    seal::{self, PostKey},
    spread::Reached,
};
use futures_util::future::BoxFuture;
use landbridge_model::{Actor, Id, Network, Presence, PresenceState, Time};
use landbridge_store::{
    Change, STALE, Write,
    entities::{
        copies::{self, CopyRow},
        deliveries, payloads,
    },
};
use std::{collections::HashSet, sync::Arc};

/// A network, and the member's identity there.
type Joined = (Arc<dyn Translator>, Presence);

/// The word of the delivery record for what goes to the member's own places.
const OWN_COPY: &str = "own copy";

/// How often an act is staged anew, because others write for the same member at the same time.
const TRIES: u32 = 8;

/// Which of the networks that the member is on an act reaches.
pub(crate) enum Reach {
    Everywhere,
    Only(Vec<Network>),
    /// Where that thing has a living copy.
    Copies(CopyKind, Id),
    /// Where that actor is, too.
    Actor(Id),
}

/// An act to be committed.
pub(crate) struct Commit<'a> {
    pub member: &'a Actor,
    pub kind: ActKind,
    pub origin: Option<Origin>,
    pub reach: Reach,
    /// What changes here.
    pub changes: Vec<Change>,
    /// Key of the post that it is about, when that is sealed.
    pub key: Option<&'a PostKey>,
}

impl Hub {
    /// Stages an act on every network it reaches and writes everything at once.
    pub(crate) async fn commit(
        &self,
        member: &Actor,
        kind: ActKind,
        origin: Option<Origin>,
        reach: Reach,
        changes: Vec<Change>,
    ) -> Result<Reached, HubError> {
        self.commit_all(Commit { member, kind, origin, reach, changes, key: None }).await
    }

    /// Like [`Hub::commit`], for acts about sealed posts too.
    // Boxed: see `Store::read`.
    pub(crate) fn commit_all<'a>(&'a self, commit: Commit<'a>) -> BoxFuture<'a, Result<Reached, HubError>> {
        Box::pin(self.committed(commit))
    }

    async fn committed(&self, commit: Commit<'_>) -> Result<Reached, HubError> {
        let mut networks = self.reached(commit.member.id, &commit.reach).await?;
        if let Some(origin) = commit.origin.as_ref().filter(|origin| origin.brought.is_some()) {
            networks.retain(|(translator, _)| translator.network() == origin.network);
            // Without the copy that its network notes it would be brought again and again.
            if networks.is_empty() {
                return Err(HubError::Forbidden("the account that it came with is switched off"));
            }
        }
        let _turn = match networks.iter().any(|(translator, _)| translator.builds_on_the_last(&commit.kind)) {
            true => self.turn(commit.member.id).await,
            false => None,
        };
        for _ in 1..TRIES {
            match self.commit_once(&commit, &networks).await {
                // Another process has written for this member: staged again, on top of that.
                Err(HubError::Conflict(STALE)) => {}
                done => return done,
            }
        }
        self.commit_once(&commit, &networks).await
    }

    async fn commit_once(&self, commit: &Commit<'_>, networks: &[Joined]) -> Result<Reached, HubError> {
        let Commit { member, kind, origin, changes, key, .. } = commit;
        let (id, at) = (self.ids().next(), Time::now());
        let object = kind.object(member.id);
        let mut write = Write::from(changes.clone());
        let mut natives = Vec::new();
        let mut delivers = false;
        for (translator, presence) in networks {
            let network = translator.network();
            let origin = origin.clone().filter(|o| o.network == network);
            let (member, presence) = (Actor::clone(member), presence.clone());
            let act = Act { id, member, presence, at, kind: kind.clone(), origin };
            let staged = translator.stage(self, &act).await?;
            delivers |= staged.payloads.iter().any(|payload| payload.settled.is_none());
            delivers |= !staged.own_copies.is_empty();
            natives.extend(staged.copies.iter().map(|c| (network, c.native_id.clone())));
            self.write_staged(&mut write, network, &act, object, staged, *key).await?;
        }
        let written = self.store().write(write).await?;
        networks.iter().for_each(|(translator, _)| translator.written());
        if delivers {
            self.outbox_bell().notify_one();
        }
        for (network, native_id) in natives {
            let kind = EventKind::Native { network, native_id };
            self.bus().send(Event { members: vec![member.id], public: false, kind });
        }
        Reached::read(written)
    }

    /// The networks that an act reaches, each with the member's identity there.
    async fn reached(&self, member: Id, reach: &Reach) -> Result<Vec<Joined>, HubError> {
        let wanted: Option<HashSet<Network>> = match reach {
            Reach::Everywhere => None,
            Reach::Only(networks) => Some(networks.iter().copied().collect()),
            Reach::Copies(kind, object) => {
                let live = self.copies(*kind, *object).await?;
                Some(live.into_iter().filter(|c| c.state != CopyState::Deleted).map(|c| c.network).collect())
            }
            Reach::Actor(actor) => {
                let presences = self.presences(*actor).await?;
                Some(
                    presences
                        .into_iter()
                        .filter(|p| p.state == PresenceState::Active)
                        .map(|p| p.network)
                        .collect(),
                )
            }
        };
        let mut reached = Vec::new();
        for presence in self.presences(member).await? {
            let network = presence.network;
            let open =
                presence.state == PresenceState::Active && self.config().mode(network) == Mode::ReadWrite;
            if open
                && wanted.as_ref().is_none_or(|w| w.contains(&network))
                && let Ok(translator) = self.translator(network)
            {
                reached.push((translator.clone(), presence));
            }
        }
        Ok(reached)
    }

    async fn write_staged(
        &self,
        write: &mut Write,
        network: Network,
        act: &Act,
        object: Id,
        staged: Staged,
        key: Option<&PostKey>,
    ) -> Result<(), HubError> {
        for copy in staged.copies {
            let original = copy.original.map(|bytes| match key {
                Some(key) => key.seal("original", &bytes),
                None => bytes.to_vec(),
            });
            let row = CopyRow {
                network: Some(network),
                native_id: copy.native_id,
                kind: copy.kind.key().into(),
                object: copy.object,
                actor: act.member.id,
                version: copy.version,
                url: copy.url,
                state: copy.state as i64,
                created_at: act.at,
            };
            write.push(copies::insert(&row, original, None));
        }
        let own = staged.own_copies.into_iter().map(|payload| (payload, OWN_COPY));
        let sent = staged.payloads.into_iter().map(|payload| (payload, act.kind.name()));
        for (payload, act_name) in sent.chain(own).filter(|(p, _)| !p.destinations.is_empty()) {
            let id = self.ids().next();
            let bytes = match payload.private {
                true => {
                    seal::seal(&self.member_key(act.member.id).await?, &payload_context(id), &payload.bytes)
                }
                false => payload.bytes.to_vec(),
            };
            write.push(payloads::insert(id, network, act.member.id, object, payload.private, bytes, act.at));
            let mut seen = HashSet::new();
            for to in payload.destinations.iter().filter(|d| seen.insert(d.url.as_str())) {
                let row = self.ids().next();
                let to = deliveries::Destination { url: &to.url, host: &to.host };
                write.push(deliveries::insert(row, id, network, to, act_name, act.member.id, object, act.at));
                if let Some((state, answer)) = payload.settled.as_ref().and_then(outbox::finished) {
                    write.push(deliveries::finish(row, state as i64, answer, act.at));
                }
            }
        }
        write.extend(staged.changes);
        Ok(())
    }
}

/// What a sealed payload is bound to.
pub(crate) fn payload_context(id: Id) -> String {
    format!("payload {id}")
}
