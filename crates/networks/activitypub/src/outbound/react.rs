//! `Like` (with content: an emoji reaction), and votes in polls.
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use super::parts::{community, native};
use super::stage::Ox;
use crate::render::activity;
use crate::translate::policy::Interaction;
use landbridge_hub::{CopyKind, Destination, HubError, Staged};
use landbridge_model::{Network, Post, Reaction};
use serde_json::{Map, Value, json};

impl Ox<'_> {
    pub(super) async fn react(&self, reaction: &Reaction, target: &Post) -> Result<Staged, HubError> {
        if reaction.content != "-" {
            self.leave_for(Interaction::Like, reaction.id, target).await?;
        }
        let Some((like, to)) = self.like(reaction, target).await? else { return Ok(Staged::default()) };
        let id = like.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let copy = self.copy(CopyKind::Reaction, reaction.id, id, Some(&like));
        let mut staged = self.send(like, target.visibility.is_open(), to).await?;
        staged.copies.push(copy);
        Ok(staged)
    }

    pub(super) async fn unreact(&self, reaction: &Reaction, target: &Post) -> Result<Staged, HubError> {
        let Some((like, to)) = self.like(reaction, target).await? else { return Ok(Staged::default()) };
        self.send_undo(like, target.visibility.is_open(), to).await
    }

    /// An emoji goes as a `Like` with content: who knows no reactions sees a favourite.
    async fn like(
        &self,
        reaction: &Reaction,
        target: &Post,
    ) -> Result<Option<(Map<String, Value>, Vec<Destination>)>, HubError> {
        let Some(object) = native(self.hub, CopyKind::Post, target.id).await? else { return Ok(None) };
        let author = self.hub.presences_of(&[target.author], Network::ActivityPub).await?;
        let to: Vec<String> = author.iter().map(|p| p.native_id.clone()).collect();
        let mut inboxes = self.audience();
        author.into_iter().for_each(|p| inboxes.presence(p));
        let mut fields = json!({ "to": to });
        // A community counts what is done in it, and tells the others (FEP-1b12).
        if target.visibility.is_open()
            && let Some(group) = community(self.hub, self.urls, target.id).await?
            && let Some(presence) = self.hub.presence_by_native(Network::ActivityPub, &group).await?
        {
            inboxes.presence(presence);
            fields["cc"] = json!([group]);
            fields["audience"] = group.into();
        }
        let dislike = reaction.content == "-";
        if !reaction.content.is_empty() && !dislike {
            fields["content"] = reaction.content.as_str().into();
            fields["_misskey_reaction"] = reaction.content.as_str().into();
        }
        if let Some(emoji) = &reaction.emoji {
            fields["tag"] = json!([{
                "type": "Emoji", "id": emoji.url, "name": format!(":{}:", emoji.shortcode),
                "icon": {"type": "Image", "url": emoji.url}
            }]);
        }
        let id = self.urls.act(self.name(), "likes", reaction.id);
        let kind = if dislike { "Dislike" } else { "Like" };
        Ok(Some((activity(kind, &id, &self.actor, object.into(), fields), inboxes.destinations())))
    }

    /// One `Create(Note)` with a name and no content for each choice (FEP-9967), to the poll's author alone.
    pub(super) async fn vote(&self, poll: &Post, choices: &[usize]) -> Result<Staged, HubError> {
        let mut staged = Staged::default();
        let Some(question) = native(self.hub, CopyKind::Post, poll.id).await? else { return Ok(staged) };
        let author = self.hub.presences_of(&[poll.author], Network::ActivityPub).await?;
        let to: Vec<String> = author.iter().map(|p| p.native_id.clone()).collect();
        let mut inboxes = self.audience();
        author.into_iter().for_each(|p| inboxes.presence(p));
        let inboxes = inboxes.destinations();
        let options = poll.poll.as_ref().map(|p| p.options.as_slice()).unwrap_or_default();
        for choice in choices {
            let Some(option) = options.get(*choice) else { continue };
            let id = format!("{}-{choice}", self.urls.act(self.name(), "votes", self.act.id));
            let vote = json!({
                "id": id, "type": "Note", "name": option.title, "attributedTo": self.actor,
                "inReplyTo": question, "to": to, "published": self.act.at.rfc3339()
            });
            let create =
                activity("Create", &format!("{id}/activity"), &self.actor, vote, json!({ "to": to }));
            staged.payloads.push(self.payload(create, false, inboxes.clone()).await?);
        }
        Ok(staged)
    }
}
