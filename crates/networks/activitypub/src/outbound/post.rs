//! `Create`, `Update`, `Delete` of posts; `Announce`; new counts of a poll.
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use super::audience::Audience;
use super::leave::Leave;
use super::parts::{community, native, note_parts};
use super::stage::{Ox, is_open};
use crate::render::{NoteParts, activity, note, receivers};
use crate::translate::policy::Interaction;
use crate::vocab::PUBLIC;
use landbridge_hub::{CopyKind, Destination, HubError, Staged};
use landbridge_model::{Id, Network, Post, Visibility};
use landbridge_store::entities::copies;
use serde_json::{Map, Value, json};

impl Ox<'_> {
    pub(super) async fn post(&self, post: &Post) -> Result<Staged, HubError> {
        let parts = note_parts(self.hub, self.urls, self.name(), post).await?;
        let to = match self.leave_to_answer(post).await? {
            Leave::Asked => self.asked(post.reply_to_author).await?,
            Leave::Free | Leave::Given(_) => self.readers(post).await?,
        };
        let id = self.urls.post(self.name(), post.id);
        let create = wrap("Create", &format!("{id}/activity"), &self.actor, &parts);
        let mut staged = self.send(create, is_open(post.visibility), to).await?;
        let mut copy = self.copy(CopyKind::Post, post.id, id, None);
        copy.url = Some(self.urls.post_page(self.name(), post.id));
        staged.copies.push(copy);
        self.ask_to_quote(&parts, &mut staged).await?;
        Ok(staged)
    }

    pub(super) async fn edit(&self, post: &Post) -> Result<Staged, HubError> {
        let parts = note_parts(self.hub, self.urls, self.name(), post).await?;
        self.send(self.update(&parts), is_open(post.visibility), self.all(post).await?).await
    }

    pub(super) async fn tally(&self, poll: &Post) -> Result<Staged, HubError> {
        self.edit(poll).await
    }

    /// What only the author of something else knew so far goes to everybody, with that author's proof. Whoever was asked
    /// has it already, and would take the same `Create` for a repetition: they are told that it changed.
    pub(super) async fn approved(&self, post: &Post, target: Option<&Post>) -> Result<Staged, HubError> {
        let open = is_open(post.visibility);
        let Some(target) = target else {
            let parts = note_parts(self.hub, self.urls, self.name(), post).await?;
            let asked = self.asked(post.reply_to_author).await?;
            let mut readers = self.readers(post).await?;
            readers.retain(|reader| !asked.contains(reader));
            let id = format!("{}/activity", self.urls.post(self.name(), post.id));
            let mut staged = self.send(wrap("Create", &id, &self.actor, &parts), open, readers).await?;
            staged.payloads.push(self.payload(self.update(&parts), open, asked).await?);
            return Ok(staged);
        };
        let Some((announce, to)) = self.announce(post, target).await? else { return Ok(Staged::default()) };
        let copy = self.copy(CopyKind::Repost, post.id, String::new(), Some(&announce));
        let id = announce.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut staged = self.send(announce, open, to).await?;
        let original = copy.original.map(|bytes| bytes.to_vec());
        staged.changes.push(copies::update(Network::ActivityPub, &id, None, original));
        Ok(staged)
    }

    pub(super) async fn delete(&self, post: &Post) -> Result<Staged, HubError> {
        let id = self.urls.post(self.name(), post.id);
        let to = match post.visibility.is_open() {
            true => vec![PUBLIC.to_owned()],
            false => vec![self.urls.of_actor(self.name(), "followers")],
        };
        let tombstone = json!({"id": id, "type": "Tombstone"});
        let delete = activity("Delete", &format!("{id}#delete"), &self.actor, tombstone, json!({"to": to}));
        self.send(delete, is_open(post.visibility), self.all(post).await?).await
    }

    pub(super) async fn repost(&self, repost: &Post, target: &Post) -> Result<Staged, HubError> {
        // Whoever may not is told so.
        self.leave_for(Interaction::Announce, repost.id, target).await?;
        let Some((announce, to)) = self.announce(repost, target).await? else { return Ok(Staged::default()) };
        let id = announce.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let copy = self.copy(CopyKind::Repost, repost.id, id, Some(&announce));
        let mut staged = self.send(announce, is_open(repost.visibility), to).await?;
        staged.copies.push(copy);
        Ok(staged)
    }

    pub(super) async fn unrepost(&self, repost: &Post, target: &Post) -> Result<Staged, HubError> {
        let Some((announce, to)) = self.announce(repost, target).await? else { return Ok(Staged::default()) };
        self.send_undo(announce, is_open(repost.visibility), to).await
    }

    async fn announce(
        &self,
        repost: &Post,
        target: &Post,
    ) -> Result<Option<(Map<String, Value>, Vec<Destination>)>, HubError> {
        let Some(object) = native(self.hub, CopyKind::Post, target.id).await? else { return Ok(None) };
        let leave = self.leave_for(Interaction::Announce, repost.id, target).await;
        let mut readers = self.audience();
        if matches!(leave, Ok(Leave::Free | Leave::Given(_))) {
            readers.followers(self.act.member.id).await?;
        }
        readers.actors(&[target.author]).await?;
        readers.all_who_have(repost.id).await?;
        let author = self.hub.presences_of(&[target.author], Network::ActivityPub).await?;
        let followers = self.urls.of_actor(self.name(), "followers");
        let author = author.into_iter().map(|p| p.native_id);
        let (to, mut cc) = match repost.visibility {
            Visibility::Public => (vec![PUBLIC.to_owned()], vec![followers]),
            Visibility::Unlisted => (vec![followers], vec![PUBLIC.to_owned()]),
            _ => (vec![followers], Vec::new()),
        };
        cc.extend(author);
        let id = format!("{}/activity", self.urls.post(self.name(), repost.id));
        let mut fields = json!({"to": to, "cc": cc, "published": repost.created_at.rfc3339()});
        if let Ok(Leave::Given(paper)) = leave {
            fields["approvedBy"] = paper.as_str().into();
            fields[Interaction::Announce.paper_field()] = paper.into();
        }
        Ok(Some((activity("Announce", &id, &self.actor, object.into(), fields), readers.destinations())))
    }

    /// `Update` with an id of its own each time: a repeated id would be taken for a duplicate.
    pub(super) fn update(&self, parts: &NoteParts<'_>) -> Map<String, Value> {
        let id = format!("{}#update-{}", self.urls.post(self.name(), parts.post.id), self.act.id);
        wrap("Update", &id, &self.actor, parts)
    }

    /// Everybody who is to read a new post.
    async fn readers(&self, post: &Post) -> Result<Vec<Destination>, HubError> {
        Ok(self.current_readers(post).await?.destinations())
    }

    /// Everybody who may have a post: its readers of now, and every server that was sent it or asked for it.
    async fn all(&self, post: &Post) -> Result<Vec<Destination>, HubError> {
        let mut all = match self.leave_to_answer(post).await {
            Ok(Leave::Asked) | Err(HubError::Forbidden(_)) => {
                let mut author = self.audience();
                author.actors(post.reply_to_author.as_slice()).await?;
                author
            }
            other => {
                other?;
                self.current_readers(post).await?
            }
        };
        all.all_who_have(post.id).await?;
        Ok(all.destinations())
    }

    /// The author who is asked for leave.
    async fn asked(&self, author: Option<Id>) -> Result<Vec<Destination>, HubError> {
        let mut inboxes = self.audience();
        inboxes.actors(author.as_slice()).await?;
        Ok(inboxes.destinations())
    }

    async fn current_readers(&self, post: &Post) -> Result<Audience<'_>, HubError> {
        let mut readers = self.audience();
        let mut named: Vec<Id> = post.mentions.iter().map(|m| m.actor).collect();
        // Whoever is answered hears of it, except where only those named shall read.
        if post.visibility != Visibility::Direct {
            readers.followers(self.act.member.id).await?;
            named.extend(post.reply_to_author);
        }
        readers.actors(&named).await?;
        if let Some(parent) = post.reply_to.filter(|_| post.visibility.is_open())
            && let Some(group) = community(self.hub, self.urls, parent).await?
            && let Some(presence) = self.hub.presence_by_native(Network::ActivityPub, &group).await?
        {
            readers.presence(presence);
        }
        Ok(readers)
    }
}

/// A post inside its activity, addressed alike.
pub(crate) fn wrap(kind: &str, id: &str, actor: &str, parts: &NoteParts<'_>) -> Map<String, Value> {
    let (to, cc) = receivers(parts);
    let published =
        if kind == "Update" { parts.post.edited_at.unwrap_or(parts.now) } else { parts.post.created_at };
    let fields = json!({"to": to, "cc": cc, "published": published.rfc3339()});
    activity(kind, id, actor, note(parts), fields)
}
