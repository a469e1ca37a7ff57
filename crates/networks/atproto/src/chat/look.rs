//! A member's log of the service (`getLog`): what is new in it goes to the hub, as what others have sent, or, when the
//! member's own app has done it, as the member's act. The service says who has written what: it carries all of it, and has
//! to be believed about its own network; it never speaks for another member than the one in whose log it stands.

use super::{
    deliver::digest,
    ids::{self, MessageId, is_id},
    meet::Convo,
    read::{self, Message},
    requests,
    service::{Failed, Service},
};
use crate::{network::AtProto, remote::Param};
use bytes::Bytes;
use landbridge_hub::{
    CopyKind, CopyState, Draft, HubError, Incoming, Origin, Received, Refused, Undone, Via, What,
    reading::Copy,
};
use landbridge_model::{Id, Mark, MarkKind, Network, RichText, Time, Visibility};
use landbridge_store::{Write, entities::atproto_chats};
use serde_json::Value as Json;

/// Pages of one look, and entries of a page.
const PAGES: usize = 10;
const MOST_ENTRIES: usize = 1_000;
/// Conversations with something unread that are taken in when a member's log is first asked for, and messages of each.
const MOST_UNREAD: usize = 20;
/// Longest cursor, in bytes.
const LONGEST_CURSOR: usize = 512;

/// Whether failures that pass are waited for, or what fails is left to the member's own app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    Waits,
    Ended,
}

impl AtProto {
    /// Reads what is new in a member's log of the chat service; whether there was anything. Members who take no private
    /// messages have none read.
    pub async fn read_messages(&self, member: Id) -> Result<bool, HubError> {
        look(self, member, Patience::Waits).await.map_err(|failed| HubError::Remote(failed.to_string()))
    }
}

/// See [`AtProto::read_messages`].
pub async fn look(at: &AtProto, member: Id, patience: Patience) -> Result<bool, Failed> {
    if !at.hub.member(member).await?.settings.private_messages {
        return Ok(false);
    }
    let Some(service) = Service::of(at, member).await? else { return Ok(false) };
    let log = Log { service, patience };
    let row = at.hub.store().row(atproto_chats::cursor(member)).await.map_err(HubError::from)?;
    let stood = row.map(|mut row| row.get::<String>(0)).transpose().map_err(HubError::from)?;
    let news = match stood {
        Some(cursor) => log.read_on(cursor).await?,
        None => log.begin().await?,
    };
    requests::answer(&log.service).await?;
    Ok(news)
}

struct Log<'a> {
    service: Service<'a>,
    patience: Patience,
}

impl Log<'_> {
    /// Where the log is now, and what the member has not read so far.
    async fn begin(&self) -> Result<bool, Failed> {
        let answer = self.service.query("getLog", &[]).await?;
        let cursor = cursor_of(&answer).unwrap_or_default();
        let limit = MOST_UNREAD.to_string();
        let params = [Param("readState", "unread"), Param("limit", &limit)];
        let answer = self.service.query("listConvos", &params).await?;
        for view in list(&answer, "convos").iter().take(MOST_UNREAD) {
            let unread = view.get("unreadCount").and_then(Json::as_u64).unwrap_or(0);
            let Some(convo) = self.service.learn(view).await?.filter(|_| unread > 0) else { continue };
            let limit = unread.min(MOST_UNREAD as u64).to_string();
            let params = [Param("convoId", &convo.id), Param("limit", &limit)];
            let answer = self.service.query("getMessages", &params).await?;
            for view in list(&answer, "messages").iter().take(MOST_UNREAD).rev() {
                self.patiently(self.message(&convo.id, view).await)?;
            }
        }
        self.stand(&cursor).await?;
        Ok(false)
    }

    async fn read_on(&self, mut cursor: String) -> Result<bool, Failed> {
        let mut news = false;
        for _ in 0..PAGES {
            let params = [Param("cursor", &cursor)];
            let params: &[Param<'_>] = if cursor.is_empty() { &[] } else { &params };
            let answer = self.service.query("getLog", params).await?;
            let (entries, next) = (list(&answer, "logs"), cursor_of(&answer));
            if entries.is_empty() {
                break;
            }
            // What cannot be taken in now does not keep what came after it from the member.
            let mut waits = None;
            for entry in entries.iter().take(MOST_ENTRIES) {
                if let Err(failed) = self.patiently(self.entry(entry).await) {
                    waits = Some(failed);
                }
            }
            if let Some(failed) = waits {
                return Err(failed);
            }
            news = true;
            match next {
                Some(next) if next != cursor => cursor = next,
                _ => break,
            }
            self.stand(&cursor).await?;
        }
        Ok(news)
    }

    async fn stand(&self, cursor: &str) -> Result<(), HubError> {
        self.service.at.hub.store().write(atproto_chats::put_cursor(self.service.member, cursor)).await?;
        Ok(())
    }

    /// What the service refuses is done with; what fails is tried again, as long as there is patience.
    fn patiently(&self, done: Result<(), Failed>) -> Result<(), Failed> {
        match done {
            Ok(()) => Ok(()),
            Err(Failed::Refused { message, .. }) => {
                tracing::debug!(did = %self.service.did, why = message, "an entry of a log of messages");
                Ok(())
            }
            Err(failed) if self.patience == Patience::Ended => {
                tracing::warn!(did = %self.service.did, why = %failed, "a message is left to the member's own app");
                Ok(())
            }
            Err(failed) => Err(Failed::Stuck(failed.to_string())),
        }
    }

    async fn entry(&self, entry: &Json) -> Result<(), Failed> {
        let text = |field: &str| entry.get(field).and_then(Json::as_str);
        let Some(convo) = text("convoId").filter(|id| is_id(id)) else { return Ok(()) };
        let view = entry.get("message").unwrap_or(&Json::Null);
        match read::kind(entry) {
            "logCreateMessage" => self.message(convo, view).await,
            // Deleting is for oneself only, there.
            "logDeleteMessage" => self.deleted(convo, view).await,
            "logAddReaction" => self.reaction(convo, entry, true).await,
            "logRemoveReaction" => self.reaction(convo, entry, false).await,
            // It is not as it was: with the next message it is asked for.
            "logBeginConvo" | "logAcceptConvo" | "logLeaveConvo" | "logAddMember" | "logRemoveMember"
            | "logMemberJoin" | "logMemberLeave" => Ok(self.service.forget_convo(convo).await?),
            _ => Ok(()),
        }
    }

    async fn message(&self, convo: &str, view: &Json) -> Result<(), Failed> {
        let hub = &self.service.at.hub;
        let Some(message) = read::message(convo, view) else { return Ok(()) };
        let native_id = message.id.to_string();
        if hub.copy(Network::AtProto, &native_id).await?.is_some() {
            return Ok(());
        }
        let Some(convo) = self.service.convo(convo).await? else { return Ok(()) };
        let original = Bytes::from(view.to_string());
        if message.sender == self.service.did {
            return self.own(message, &convo, original).await;
        }
        // Another member's: it stands in that member's log.
        if self.service.at.member_of_did(message.sender.as_str()).await?.is_some() {
            return Ok(());
        }
        let sender = message.sender.to_string();
        let mut post = message.post;
        post.addressed = convo.people.into_iter().filter(|did| *did != sender).collect();
        post.addressed.push(self.service.did.to_string());
        post.reply_to = match message.answers {
            Some(parent) => hub.copy(Network::AtProto, &parent).await?.map(|copy| copy.native_id),
            None => None,
        };
        let (at, what) = (post.published, What::Post(Box::new(post)));
        self.receive(sender, Some(native_id), at, original, what).await
    }

    /// Written by the member: here, and now it is known what the service calls it; or in their own app.
    async fn own(&self, message: Message, convo: &Convo, original: Bytes) -> Result<(), Failed> {
        let (hub, member) = (&self.service.at.hub, self.service.member);
        let native_id = message.id.to_string();
        if self.adopt(&message.id, &message.written).await? {
            return Ok(());
        }
        let mut to = Vec::new();
        for did in &convo.people {
            to.extend(self.service.person(did).await?.map(|actor| actor.id));
        }
        if to.is_empty() {
            return Err(HubError::Remote("nobody in the conversation can be found".into()).into());
        }
        let reply_to = self.post_of(message.answers.as_deref()).await?;
        let quote = self.post_of(message.post.quote.as_deref()).await?;
        let draft = Draft {
            author: member,
            rich: Some(self.named(message.post.text).await?),
            visibility: Some(Visibility::Direct),
            reply_to,
            quote,
            at: Some(message.post.published),
            to,
            accept_weaker: true,
            ..Draft::default()
        };
        let origin = Origin { network: Network::AtProto, native_id, original, brought: None };
        settled(hub.publish(draft, Some(origin)).await.map(drop))
    }

    /// Whether the message is one that is on its way from here: then it has a name now.
    async fn adopt(&self, id: &MessageId, text: &str) -> Result<bool, HubError> {
        let (hub, member) = (&self.service.at.hub, self.service.member);
        let like = atproto_chats::sending_like(member, &id.convo, digest(hub, text));
        let Some(mut row) = hub.store().rows(like).await?.into_iter().next() else { return Ok(false) };
        let post: Id = row.get(0)?;
        let mut write = Write::from(atproto_chats::end_sending(post));
        let name = atproto_chats::name_message(Network::AtProto, &ids::provisional(post), &id.to_string());
        write.push(name);
        hub.store().write(write).await?;
        Ok(true)
    }

    /// A post that is here, and not deleted.
    async fn post_of(&self, native_id: Option<&str>) -> Result<Option<Id>, HubError> {
        let Some(native_id) = native_id else { return Ok(None) };
        let copy = self.service.at.hub.copy(Network::AtProto, native_id).await?;
        let is_there = |copy: &Copy| copy.kind == CopyKind::Post && copy.state != CopyState::Deleted;
        Ok(copy.filter(is_there).map(|copy| copy.object))
    }

    /// Mentions with the addresses by which the hub knows the people; of those whom it does not know the words stay.
    async fn named(&self, mut rich: RichText) -> Result<RichText, HubError> {
        let mut marks = Vec::with_capacity(rich.marks.len());
        for mark in std::mem::take(&mut rich.marks) {
            let MarkKind::Mention { id, .. } = &mark.kind else {
                marks.push(mark);
                continue;
            };
            if let Some(actor) = self.service.at.hub.actor_by_native(Network::AtProto, id).await? {
                let url = actor.url.clone().unwrap_or_default();
                let kind = MarkKind::Mention { id: actor.id.to_string(), acct: actor.acct(), url };
                marks.push(Mark { kind, ..mark });
            }
        }
        Ok(RichText::new(rich.text, marks))
    }

    async fn deleted(&self, convo: &str, view: &Json) -> Result<(), Failed> {
        let Some(id) = read::message_id(convo, view) else { return Ok(()) };
        match self.post_of(Some(&id.to_string())).await? {
            Some(post) => settled(self.service.at.hub.take_away_message(self.service.member, post).await),
            None => Ok(()),
        }
    }

    async fn reaction(&self, convo: &str, entry: &Json, on: bool) -> Result<(), Failed> {
        let (hub, member) = (&self.service.at.hub, self.service.member);
        let id = entry.get("message").and_then(|view| read::message_id(convo, view));
        let (Some(id), Some(reaction)) = (id, entry.get("reaction").and_then(read::reaction)) else {
            return Ok(());
        };
        let target = id.to_string();
        if reaction.sender == self.service.did {
            let Some(post) = self.post_of(Some(&target)).await? else { return Ok(()) };
            let mark = entry.get("rev").and_then(Json::as_str).filter(|rev| is_id(rev));
            let native_id =
                ids::of_reaction(&target, &format!("{}-{}", self.service.did, mark.unwrap_or("0")));
            let origin =
                Origin { network: Network::AtProto, native_id, original: Bytes::new(), brought: None };
            return settled(match on {
                true => hub.react(member, post, &reaction.content, None, Some(origin)).await,
                false => hub.unreact(member, post, &reaction.content, Some(origin)).await,
            });
        }
        if self.service.at.member_of_did(reaction.sender.as_str()).await?.is_some() {
            return Ok(());
        }
        let react = What::React { target, content: reaction.content, emoji: None };
        let what = match on {
            true => react,
            false => What::Undo(Undone { id: None, what: Some(Box::new(react)) }),
        };
        self.receive(reaction.sender.to_string(), None, reaction.at, Bytes::new(), what).await
    }

    async fn receive(
        &self,
        actor: String,
        id: Option<String>,
        at: Time,
        original: Bytes,
        what: What,
    ) -> Result<(), Failed> {
        let network = Network::AtProto;
        let incoming = Incoming { network, actor, id, at, via: Via::Delivered, original, what };
        match self.service.at.hub.receive(incoming).await {
            Ok(Received::Stored(_) | Received::Duplicate | Received::Ignored(_)) => Ok(()),
            Err(Refused::Rule(why)) => {
                tracing::debug!(why, "a private message was refused");
                Ok(())
            }
            Err(Refused::Later(why)) => Err(Failed::Later { why, after: None, down: false }),
        }
    }
}

/// What the hub will never take is done with.
fn settled(done: Result<(), HubError>) -> Result<(), Failed> {
    match done {
        Ok(()) => Ok(()),
        Err(error @ (HubError::Store(_) | HubError::DiskFull | HubError::Busy | HubError::Remote(_))) => {
            Err(error.into())
        }
        Err(error) => {
            tracing::debug!(%error, "a member's own act stays with their app");
            Ok(())
        }
    }
}

fn list<'a>(answer: &'a Json, field: &str) -> &'a [Json] {
    answer.get(field).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn cursor_of(answer: &Json) -> Option<String> {
    let cursor = answer.get("cursor").and_then(Json::as_str)?;
    (!cursor.is_empty() && cursor.len() <= LONGEST_CURSOR).then(|| cursor.to_owned())
}
