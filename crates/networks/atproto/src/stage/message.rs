//! Private messages: orders to the chat service ([`crate::chat`]), never records. A repository is public.

use super::{
    Staging,
    post::{prefixed, with_link},
};
use crate::{
    chat::{self, Order},
    data::Value,
    richtext::{TextLimits, fits, to_facets},
};
use bytes::Bytes;
use landbridge_hub::{
    ActKind, CopyKind, CopyState, Destination, Draft, HubError, Outcome, Payload, Preview, Staged, StagedCopy,
};
use landbridge_model::{Id, MarkKind, Network, Post, RichText};
use serde_json::{Value as Json, json};
use unicode_segmentation::UnicodeSegmentation;

/// `chat.bsky.convo.defs#messageInput`.
pub const LIMITS: TextLimits = TextLimits { graphemes: 1_000, bytes: 10_000 };

/// The post that an act is about, if it is one that is not for all to read.
pub(super) fn private_post(kind: &ActKind) -> Option<&Post> {
    let post = match kind {
        ActKind::Post(post)
        | ActKind::Edit(post)
        | ActKind::Delete(post)
        | ActKind::Pin(post)
        | ActKind::Unpin(post)
        | ActKind::Repost { target: post, .. }
        | ActKind::Unrepost { target: post, .. }
        | ActKind::React { target: post, .. }
        | ActKind::Unreact { target: post, .. }
        | ActKind::Approved { post, .. }
        | ActKind::Vote { poll: post, .. }
        | ActKind::Tally { poll: post, .. }
        | ActKind::AnswerQuote { quoted: post, .. }
        | ActKind::RevokeQuote { quoted: post, .. } => post,
        ActKind::Follow { .. }
        | ActKind::Unfollow { .. }
        | ActKind::AcceptFollow { .. }
        | ActKind::RejectFollow { .. }
        | ActKind::Block { .. }
        | ActKind::Unblock { .. }
        | ActKind::Profile
        | ActKind::Report { .. }
        | ActKind::Leave { .. }
        | ActKind::Move { .. } => return None,
    };
    (!post.visibility.is_open()).then_some(post)
}

impl Staging<'_> {
    /// An act about a private message.
    pub(super) async fn privately(&self) -> Result<Staged, HubError> {
        let mut staged = Staged::default();
        if let Some(origin) = &self.act.origin {
            // The member's own app has done it at the service: it only has to be known.
            let (object, kind) = match &self.act.kind {
                ActKind::Post(post) => (post.id, CopyKind::Post),
                ActKind::React { reaction, .. } => (reaction.id, CopyKind::Reaction),
                _ => return Ok(staged),
            };
            let original = Some(origin.original.clone()).filter(|_| kind == CopyKind::Post);
            staged.copies.push(copy(kind, object, origin.native_id.clone(), original));
            return Ok(staged);
        }
        match &self.act.kind {
            ActKind::Post(post) => {
                staged.copies.push(copy(CopyKind::Post, post.id, chat::provisional(post.id), None));
                let order = Order::Send {
                    people: self.people(post).await?,
                    answers: post.reply_to,
                    message: self.message(post).await?,
                };
                staged.payloads.push(self.order(&order)?);
            }
            ActKind::Edit(post) => {
                let refused = Outcome::Refused { why: chat::NO_EDITS.into() };
                if self.hub.copy_on(CopyKind::Post, post.id, Network::AtProto).await?.is_some() {
                    staged
                        .payloads
                        .push(Payload { settled: Some(refused), ..self.to_service(Bytes::new())? });
                }
            }
            ActKind::Delete(_) => staged.payloads.push(self.order(&Order::DeleteForSelf)?),
            ActKind::React { reaction, target } => {
                let value = emoji(&reaction.content)?;
                let message = self.hub.copy_on(CopyKind::Post, target.id, Network::AtProto).await?;
                if let Some(message) = message {
                    let native_id = chat::of_reaction(&message.native_id, &reaction.id.to_string());
                    staged.copies.push(copy(CopyKind::Reaction, reaction.id, native_id, None));
                    staged.payloads.push(self.order(&Order::React { message: target.id, value })?);
                }
            }
            ActKind::Unreact { reaction, target } => {
                let value = emoji(&reaction.content)?;
                staged.payloads.push(self.order(&Order::Unreact { message: target.id, value })?);
            }
            // Nothing else is said of a message.
            _ => {}
        }
        Ok(staged)
    }

    /// DIDs of everybody in the conversation but the member, in order.
    async fn people(&self, post: &Post) -> Result<Vec<String>, HubError> {
        let named: Vec<Id> = post
            .mentions
            .iter()
            .map(|mention| mention.actor)
            .filter(|id| *id != self.act.member.id)
            .collect();
        let presences = self.hub.presences_of(&named, Network::AtProto).await?;
        let mut people: Vec<String> = presences.into_iter().map(|presence| presence.native_id).collect();
        people.sort_unstable();
        people.dedup();
        match people.is_empty() {
            true => Err(HubError::invalid("a message on AT Protocol needs somebody who is there")),
            false => Ok(people),
        }
    }

    /// `chat.bsky.convo.defs#messageInput`.
    async fn message(&self, post: &Post) -> Result<Json, HubError> {
        let mut rich = without_address(self.native_marks(post).await?);
        let mut lead = String::new();
        if let Some(warning) = post.warning.as_deref().filter(|warning| !warning.is_empty()) {
            lead.push_str(&format!("[CW: {warning}]\n\n"));
        }
        if let Some(title) = post.title.as_deref().filter(|title| !title.is_empty()) {
            lead.push_str(&format!("{title}\n\n"));
        }
        rich = prefixed(&lead, rich);
        for media in &post.media {
            let url = match &media.file {
                Some(file) => Some(self.hub.config().url(&landbridge_media::url_path(file))),
                None => media.remote_url.clone(),
            };
            if let Some(url) = url {
                rich = with_link(rich, &url);
            }
        }
        let mut embed = None;
        if let Some(quote) = &post.quote {
            let reference = match quote.post {
                Some(id) => self.reference(CopyKind::Post, id).await?,
                None => None,
            };
            match reference {
                Some(quoted) => {
                    let record = json!({ "uri": quoted.uri, "cid": quoted.cid });
                    embed = Some(json!({ "$type": "app.bsky.embed.record", "record": record }));
                }
                None if quote.native_id.starts_with("http") => rich = with_link(rich, &quote.native_id),
                None => {}
            }
        }
        if !fits(&rich.text, LIMITS) {
            return Err(HubError::invalid(too_long()));
        }
        let mut message = json!({ "text": rich.text });
        let facets: Vec<Json> =
            to_facets(&rich).iter().map(|facet| Value::Map(facet.to_map()).to_json()).collect();
        if !facets.is_empty() {
            message["facets"] = Json::Array(facets);
        }
        if let Some(embed) = embed {
            message["embed"] = embed;
        }
        Ok(message)
    }

    fn order(&self, order: &Order) -> Result<Payload, HubError> {
        self.to_service(Bytes::from(order.bytes()))
    }

    fn to_service(&self, bytes: Bytes) -> Result<Payload, HubError> {
        let service = self.at.options.chat.as_ref();
        let service = service.ok_or_else(|| HubError::invalid(chat::NO_SERVICE))?;
        let host = service.url.host_str().unwrap_or_default().to_owned();
        let destinations = vec![Destination { url: service.url.to_string(), host }];
        Ok(Payload { bytes, private: true, destinations, settled: None })
    }
}

/// What the service will carry of a message, in words for its author.
pub(super) fn preview(draft: &Draft, rich: &RichText) -> Preview {
    let mut notes =
        vec!["It can be deleted for yourself only, and not be changed: the others keep it.".to_owned()];
    let warning = draft.warning.as_deref().map_or(0, |warning| warning.graphemes(true).count() + 8);
    let length = rich.text.graphemes(true).count() + warning;
    if length > LIMITS.graphemes || !fits(&rich.text, LIMITS) {
        notes.push(too_long());
    }
    if !draft.media.is_empty() {
        notes.push("Pictures go as links to this server: whoever has the link can open them.".into());
    }
    if draft.poll.is_some() {
        notes.push("Messages there have no polls: it is left out.".into());
    }
    if rich.marks.iter().any(|mark| mark.kind.is_block()) {
        notes.push("Quotes, lists and code are shown as plain text.".into());
    }
    Preview { notes }
}

/// What a member is told before and when a message is too long.
pub(super) fn too_long() -> String {
    format!(
        "A message on AT Protocol has at most {} characters, and {} bytes; this one is longer.",
        LIMITS.graphemes, LIMITS.bytes
    )
}

fn copy(kind: CopyKind, object: Id, native_id: String, original: Option<Bytes>) -> StagedCopy {
    StagedCopy { kind, object, native_id, version: None, url: None, original, state: CopyState::Live }
}

/// The service knows single emoji.
fn emoji(content: &str) -> Result<String, HubError> {
    let value = chat::to_emoji(content);
    match value.graphemes(true).count() == 1 && !value.is_ascii() {
        true => Ok(value),
        false => Err(HubError::invalid("a reaction to a message on AT Protocol is one emoji")),
    }
}

/// The text without the names of people of this network that it begins with: whom it is for, the conversation says.
fn without_address(rich: RichText) -> RichText {
    let named = |kind: &MarkKind| matches!(kind, MarkKind::Mention { id, .. } if id.starts_with("did:"));
    rich.without_lead(&named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::richtext::compose;

    #[test]
    fn a_reaction_is_one_emoji() {
        assert_eq!(emoji("🐘").unwrap(), "🐘");
        assert_eq!(emoji("").unwrap(), "❤️");
        for bad in ["-", ":blobcat:", "ab", "🐘🐘"] {
            assert!(emoji(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_people_elsewhere_stay() {
        let rich = compose("@bob@x.example hello");
        assert_eq!(without_address(rich.clone()).text, rich.text);
    }
}
