//! From an act to what is to be stored and sent.

use super::audience::Audience;
use crate::ActivityPub;
use crate::render::{self, undo};
use crate::signature::proof;
use crate::urls::Urls;
use bytes::Bytes;
use landbridge_hub::{
    Act, ActKind, CopyKind, CopyState, Destination, Hub, HubError, Payload, Staged, StagedCopy,
};
use landbridge_model::{Id, Visibility};
use serde_json::{Map, Value};

/// What staging needs.
pub(crate) struct Ox<'a> {
    pub(super) ap: &'a ActivityPub,
    pub(super) hub: &'a Hub,
    pub(super) urls: &'a Urls,
    pub(super) act: &'a Act,
    /// The member's actor id.
    pub(super) actor: String,
}

impl<'a> Ox<'a> {
    pub(crate) fn new(ap: &'a ActivityPub, hub: &'a Hub, urls: &'a Urls, act: &'a Act) -> Ox<'a> {
        let actor = urls.actor(&act.member.username);
        Ox { ap, hub, urls, act, actor }
    }

    pub(super) fn name(&self) -> &str {
        &self.act.member.username
    }

    pub(crate) async fn stage(&self) -> Result<Staged, HubError> {
        match &self.act.kind {
            ActKind::Post(post) => self.post(post).await,
            ActKind::Edit(post) => self.edit(post).await,
            ActKind::Delete(post) => self.delete(post).await,
            ActKind::Tally { poll, .. } => self.tally(poll).await,
            ActKind::Repost { repost, target } => self.repost(repost, target).await,
            ActKind::Unrepost { repost, target } => self.unrepost(repost, target).await,
            ActKind::React { reaction, target } => self.react(reaction, target).await,
            ActKind::Unreact { reaction, target } => self.unreact(reaction, target).await,
            ActKind::Vote { poll, choices } => self.vote(poll, choices).await,
            ActKind::Follow { id, target } => self.follow(*id, target).await,
            ActKind::Unfollow { id, target } => self.unfollow(*id, target).await,
            ActKind::AcceptFollow { id, follower } => self.answer_follow("Accept", *id, follower).await,
            ActKind::RejectFollow { id, follower } => self.answer_follow("Reject", *id, follower).await,
            ActKind::Block { id, target } => self.block(*id, target).await,
            ActKind::Unblock { id, target } => self.unblock(*id, target).await,
            ActKind::Report { target, posts, comment, .. } => self.report(target, posts, comment).await,
            ActKind::Profile => self.profile().await,
            ActKind::Pin(post) => self.pin(post, "Add").await,
            ActKind::Unpin(post) => self.pin(post, "Remove").await,
            ActKind::AnswerQuote { quoted, requester, request, quoting, accept } => {
                self.answer_quote(quoted, requester, request, quoting, *accept).await
            }
            ActKind::RevokeQuote { quoted, quoting } => self.revoke_quote(quoted, quoting).await,
            ActKind::Leave { forever } => self.leave(*forever).await,
            ActKind::Approved { post, target } => self.approved(post, target.as_ref()).await,
            ActKind::Move { to } => self.moved(to).await,
        }
    }

    pub(super) fn audience(&self) -> Audience<'a> {
        Audience::new(self.hub, self.urls)
    }

    /// Bytes to send: with context and, where everybody may read it, with a proof that lets it be passed on.
    pub(super) async fn payload(
        &self,
        mut activity: Map<String, Value>,
        open: bool,
        destinations: Vec<Destination>,
    ) -> Result<Payload, HubError> {
        render::add_context(&mut activity);
        if open
            && !destinations.is_empty()
            && let Some(key) = self.ap.proof_key(self.hub, self.act.member.id).await?
        {
            let key_id = format!("{}#ed25519-key", self.actor);
            proof::sign(&mut activity, &key_id, &key, &self.act.at.rfc3339());
        }
        let bytes = serde_json::to_vec(&activity).map_err(|_| HubError::Damaged("an activity"))?;
        Ok(Payload { bytes: Bytes::from(bytes), private: !open, destinations, settled: None })
    }

    /// One activity, nothing to keep.
    pub(super) async fn send(
        &self,
        activity: Map<String, Value>,
        open: bool,
        to: Vec<Destination>,
    ) -> Result<Staged, HubError> {
        Ok(Staged { payloads: vec![self.payload(activity, open, to).await?], ..Staged::default() })
    }

    /// The same, undone.
    pub(super) async fn send_undo(
        &self,
        activity: Map<String, Value>,
        open: bool,
        to: Vec<Destination>,
    ) -> Result<Staged, HubError> {
        self.send(undo(activity), open, to).await
    }

    /// The act itself as a thing with an id, kept as sent when others may ask for it.
    pub(super) fn copy(
        &self,
        kind: CopyKind,
        object: Id,
        native_id: String,
        original: Option<&Map<String, Value>>,
    ) -> StagedCopy {
        let original = original.map(|o| {
            let mut o = o.clone();
            render::add_context(&mut o);
            Bytes::from(serde_json::to_vec(&o).unwrap_or_default())
        });
        StagedCopy { kind, object, native_id, version: None, url: None, original, state: CopyState::Live }
    }
}

pub(super) fn is_open(visibility: Visibility) -> bool {
    visibility.is_open()
}
