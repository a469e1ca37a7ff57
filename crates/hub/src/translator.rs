//! What a network gives: one translator each, and translators never know each other.

use crate::{Act, ActKind, Delivery, Draft, Hub, HubError, Incoming, Outcome, Staged, messages::Leg};
use async_trait::async_trait;
use landbridge_model::{Actor, Id, Network, Presence, Visibility};
use landbridge_store::Change;
use std::sync::Arc;

/// Becomes `true` when the server stops; a loop that waits also waits for this.
pub type Stop = tokio::sync::watch::Receiver<bool>;

/// One network's translator: discover, verify, translate in, stage and render out, deliver.
#[async_trait]
pub trait Translator: Send + Sync + 'static {
    fn network(&self) -> Network;

    /// Makes a member's identity on this network. Nothing is stored here: the hub writes what is returned. Where identities
    /// are registered with somebody (a directory of DIDs), they are registered now.
    async fn join(&self, hub: &Hub, member: &Actor, import: Option<KeyImport>) -> Result<Joined, HubError>;

    /// Whether an identity that is switched off can be switched on again: elsewhere it may have gone to another server
    /// meanwhile. [`HubError::Invalid`] says why not.
    async fn may_return(&self, _hub: &Hub, _presence: &Presence) -> Result<(), HubError> {
        Ok(())
    }

    /// Decides everything that must be decided together with the act (ids, signed bytes, destinations) and returns
    /// it as values for the hub's one transaction. May read, through the hub; must not write and must not wait for
    /// the network. Called only for acts that reach this network; gives an empty [`Staged`] when there is nothing to
    /// send.
    async fn stage(&self, hub: &Hub, act: &Act) -> Result<Staged, HubError>;

    /// Whether staging such an act builds on what the member's act before it left behind (the head of a repository, a list of
    /// follows): such acts of one member are staged and written one after another.
    fn builds_on_the_last(&self, _act: &ActKind) -> bool {
        false
    }

    /// What a member's new state means for an identity that is switched off, which no act reaches: changes that are written
    /// together with it.
    async fn state_while_off(
        &self,
        _hub: &Hub,
        _member: &Actor,
        _presence: &Presence,
    ) -> Result<Vec<Change>, HubError> {
        Ok(Vec::new())
    }

    /// What was staged is durable now.
    fn written(&self) {}

    /// Sends stored bytes to one destination, once. The outbox decides about trying again.
    async fn deliver(&self, hub: &Hub, delivery: &Delivery) -> Outcome;

    /// Looks up whatever a person typed or pasted, if it has a form of this network (address, URL, npub, ...).
    /// Gives verified things to pass to [`Hub::receive`], the one that was asked for last; empty when it is not ours
    /// or not there.
    async fn resolve(&self, hub: &Hub, text: &str) -> Result<Vec<Incoming>, HubError>;

    /// Fetches and verifies one thing by its native id: a post ([`crate::What::Post`]) or an actor
    /// ([`crate::What::Profile`]). Empty when it is not there.
    async fn fetch(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError>;

    /// Hosts through which somebody comes here, beside those in their native id and address: the server that holds their
    /// repository, or that vouches for their name, say. Verified, and from what is stored; asked only when there are rules
    /// for hosts, and when a post is said to be the copy of another.
    async fn hosts_of(&self, _hub: &Hub, _native_id: &str) -> Result<Vec<String>, HubError> {
        Ok(Vec::new())
    }

    /// Whether the host of an address gives it to this native id and to no other. Asked only when two claim the same
    /// address: where nobody can tell, the later one has it.
    async fn has_address(&self, _hub: &Hub, _name: &str, _domain: &str, _native_id: &str) -> bool {
        true
    }

    /// Forgets what is remembered of somebody, so that the next [`Translator::fetch`] asks again.
    async fn forget(&self, _native_id: &str) {}

    /// More of the conversation around a post (parents and replies), bounded; oldest first.
    async fn thread(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError>;

    /// The latest posts of somebody, bounded, for a profile that was just opened.
    async fn recent(&self, _hub: &Hub, _native_id: &str) -> Result<Vec<Incoming>, HubError> {
        Ok(Vec::new())
    }

    /// Whether posts of this visibility can go to this network at all.
    fn carries(&self, visibility: Visibility) -> bool {
        visibility == Visibility::Public
    }

    /// Host of the server that answers for somebody's account, where their name does not say it: first contacts draw from its
    /// budget. `None`: nobody does.
    fn answers_for(&self, _presence: &Presence) -> Option<String> {
        None
    }

    /// Whether quoting somebody on this network needs their leave (FEP-044f): the quote is pending until then.
    fn asks_to_quote(&self) -> bool {
        false
    }

    /// Whether the author's side puts cards of linked pages to posts, since nobody else does.
    fn sends_cards(&self) -> bool {
        false
    }

    /// Whether servers of this network give an act that is done, taken back and done again the same id each time.
    fn reuses_ids(&self) -> bool {
        false
    }

    /// Whether a follow on this network waits for an answer: it is a request until then.
    fn asks_to_follow(&self) -> bool {
        false
    }

    /// Changes that remove from this network's own tables everything of an identity that is being erased.
    fn erase(&self, _identity: &Presence) -> Vec<Change> {
        Vec::new()
    }

    /// Who can read private messages of this member here.
    async fn leg(&self, _hub: &Hub, _member: Id) -> Result<Leg, HubError> {
        Ok(Leg::SERVERS)
    }

    /// Whether private messages of a member can reach all of these people; if not, why, for people. May ask others.
    async fn can_message(
        &self,
        _hub: &Hub,
        _member: Id,
        _people: &[Presence],
    ) -> Result<Result<(), String>, HubError> {
        Ok(Ok(()))
    }

    /// Whether all messages between the same people are one conversation; else each thread is one.
    fn has_rooms(&self) -> bool {
        false
    }

    /// Changes that remove what this network's own tables hold of a private message.
    fn forget_message(&self, _post: Id) -> Vec<Change> {
        Vec::new()
    }

    /// Whether somebody is on a list that this network keeps beside the post with that native id: see
    /// [`landbridge_model::Groups::listed`].
    async fn is_listed(&self, _post: &str, _actor: Id) -> Result<bool, HubError> {
        Ok(false)
    }

    /// What this network will carry of a post, in words for its author. Empty: all of it.
    fn preview(&self, _draft: &Draft) -> Preview {
        Preview::default()
    }

    /// An actor's native id as people write it (an npub for a key).
    fn shown_actor(&self, native_id: &str) -> String {
        native_id.to_owned()
    }

    /// A post's native id as people write it (a nevent for an event's id).
    fn shown_post(&self, native_id: &str) -> String {
        native_id.to_owned()
    }

    /// The member's secret key in a form that other programs of this network take; `None` when there is none here.
    async fn export_key(&self, _hub: &Hub, _member: Id) -> Result<Option<String>, HubError> {
        Ok(None)
    }

    /// Work in the background until `stop`: readers, refreshers.
    async fn run(self: Arc<Self>, hub: Hub, stop: Stop);
}

/// A key that a member brings along, in a form of the network (`nsec1...`, `ncryptsec1...` with a password,
/// `bunker://...`).
#[derive(Clone)]
pub struct KeyImport {
    pub key: String,
    pub password: Option<String>,
}

/// A member's new identity on a network.
pub struct Joined {
    pub presence: NewPresence,
    pub keys: Vec<NewKey>,
}

/// See [`landbridge_model::Presence`].
pub struct NewPresence {
    pub native_id: String,
    pub facts: serde_json::Value,
}

/// A key pair to seal and keep.
pub struct NewKey {
    /// The network's own word: `rsa`, `ed25519`, `schnorr`, `bunker`.
    pub kind: &'static str,
    pub public: String,
    pub secret: Vec<u8>,
}

/// What becomes of a draft on one network.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// What is lost or changed, one plain sentence each.
    pub notes: Vec<String>,
}
