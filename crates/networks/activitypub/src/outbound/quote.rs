//! Quotes (FEP-044f): asking for leave, giving and taking it back.

use super::stage::Ox;
use crate::render::{NoteParts, activity, note};
use landbridge_hub::{CopyKind, CopyState, HubError, Staged};
use landbridge_model::{Actor, Network, Post};
use landbridge_store::entities::copies;
use serde_json::{Value, json};

impl Ox<'_> {
    /// A `QuoteRequest` to whoever is quoted, with the quoting post inside. Members quoting each other, and
    /// themselves, are the hub's business.
    pub(super) async fn ask_to_quote(
        &self,
        parts: &NoteParts<'_>,
        staged: &mut Staged,
    ) -> Result<(), HubError> {
        let Some(quoted) = parts.quote.as_deref().filter(|q| !self.urls.is_ours(q)) else { return Ok(()) };
        let Some(quoted_id) = parts.post.quote.as_ref().and_then(|q| q.post) else { return Ok(()) };
        let author = self.hub.post(quoted_id).await?.author;
        let Some(presence) = self.hub.presence(author, Network::ActivityPub).await? else { return Ok(()) };
        let to = presence.native_id.clone();
        let mut inboxes = self.audience();
        inboxes.presence(presence);
        let id = self.urls.act(self.name(), "quote-requests", parts.post.id);
        let fields = json!({"instrument": note(parts), "to": [to]});
        let request = activity("QuoteRequest", &id, &self.actor, quoted.into(), fields);
        staged.copies.push(self.copy(CopyKind::QuoteRequest, parts.post.id, id, None));
        let open = parts.post.visibility.is_open();
        staged.payloads.push(self.payload(request, open, inboxes.destinations()).await?);
        Ok(())
    }

    pub(super) async fn answer_quote(
        &self,
        quoted: &Post,
        requester: &Actor,
        request: &str,
        quoting: &str,
        accept: bool,
    ) -> Result<Staged, HubError> {
        let Some(presence) = self.hub.presence(requester.id, Network::ActivityPub).await? else {
            return Ok(Staged::default());
        };
        let asker = presence.native_id.clone();
        let mut inboxes = self.audience();
        inboxes.presence(presence);
        let object = self.urls.post(self.name(), quoted.id);
        let asked =
            activity("QuoteRequest", request, &asker, object.as_str().into(), json!({"instrument": quoting}));
        let kind = if accept { "Accept" } else { "Reject" };
        let id = format!("{}#{}-{}", self.actor, kind.to_lowercase(), self.act.id);
        let mut answer = activity(kind, &id, &self.actor, Value::Object(asked), json!({"to": [asker]}));
        let mut copies = Vec::new();
        if accept {
            let stamp = self.urls.stamp(self.name(), quoted.id, quoting);
            answer.insert("result".into(), stamp.as_str().into());
            // The leave never holds the post that quotes: it is not ours to show.
            let Value::Object(leave) = json!({
                "id": stamp, "type": "QuoteAuthorization", "attributedTo": self.actor,
                "interactingObject": quoting, "interactionTarget": object
            }) else {
                return Ok(Staged::default());
            };
            let known = self.hub.copy(Network::ActivityPub, quoting).await?;
            let about = known.map_or(self.act.id, |copy| copy.object);
            copies.push(self.copy(CopyKind::QuoteStamp, about, stamp, Some(&leave)));
        }
        let mut staged = self.send(answer, false, inboxes.destinations()).await?;
        staged.copies = copies;
        Ok(staged)
    }

    /// `Delete` of the leave, to whoever used it; their server passes it on to those who got the quote.
    pub(super) async fn revoke_quote(&self, quoted: &Post, quoting: &str) -> Result<Staged, HubError> {
        let stamp = self.urls.stamp(self.name(), quoted.id, quoting);
        let mut inboxes = self.audience();
        if let Some(copy) = self.hub.copy(Network::ActivityPub, quoting).await? {
            inboxes.actors(&[copy.actor]).await?;
        }
        inboxes.followers(self.act.member.id).await?;
        let object = json!({"id": stamp, "type": "QuoteAuthorization"});
        let delete = activity(
            "Delete",
            &format!("{stamp}#delete"),
            &self.actor,
            object,
            json!({"to": [crate::vocab::PUBLIC]}),
        );
        let mut staged = self.send(delete, true, inboxes.destinations()).await?;
        // Whoever asks for it finds that it is gone.
        staged.changes.push(copies::set_state(Network::ActivityPub, &stamp, CopyState::Deleted as i64));
        Ok(staged)
    }
}
