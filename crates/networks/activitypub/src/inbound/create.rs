//! `Create` and `Update` (ActivityPub, 7.2 and 7.3), of posts, votes and actors.

use super::read::{Cx, Not, Read};
use crate::remote::Document;
use crate::translate::{self, ReadPost, policy::Interaction};
use crate::vocab::{ACTOR_TYPES, ADDRESSES, Node, POST_TYPES, same_authority};
use landbridge_hub::{InPost, What};
use serde_json::Value;

impl Cx<'_> {
    pub(super) async fn create(&self, activity: Node<'_>) -> Read {
        let document;
        let object = match activity.object("object") {
            Some(object) if object.is_any(POST_TYPES) => object,
            Some(_) => return Err(Not::Ignored("an object that is no post")),
            None => {
                document = self.origin(self.object(activity)?).await?;
                document.node()
            }
        };
        if translate::is_vote(object) {
            let poll = object.id("inReplyTo").unwrap_or_default();
            // A vote is for the poll's author alone.
            if !self.urls.is_ours(poll) {
                return Err(Not::Ignored("a vote in a poll that is not ours"));
            }
            let choice = object.text("name").unwrap_or_default().to_owned();
            return self.one(What::Vote { poll: poll.to_owned(), choices: vec![choice], replaces: false });
        }
        let post = self.post(object, Some(activity)).await?;
        self.one(What::Post(Box::new(post)))
    }

    pub(super) async fn update(&self, activity: Node<'_>) -> Read {
        let document;
        let object = match activity.object("object") {
            Some(object) if object.has("type") => object,
            _ => {
                document = self.origin(self.object(activity)?).await?;
                document.node()
            }
        };
        if object.is_any(ACTOR_TYPES) {
            if object.own_id() != Some(self.actor) {
                return Err(Not::Refused("an update of somebody else"));
            }
            let mut read = translate::actor(object).ok_or(Not::Refused("an actor that cannot be read"))?;
            self.ap.forget_actor(self.actor);
            self.ap.verify_address(self.hub, &mut read).await;
            return self.one(What::Profile(Box::new(read.actor)));
        }
        if !object.is_any(POST_TYPES) {
            return Err(Not::Ignored("an object that is no post"));
        }
        let mut post = self.post(object, Some(activity)).await?;
        // New counts of a poll and new rules come without `updated`; some servers leave it out of edits, too.
        post.updated = post.updated.or_else(|| Some(activity.time("updated")?.min(self.now)));
        self.one(What::Edit(Box::new(post)))
    }

    /// A post of the sender, checked to be theirs.
    pub(super) async fn post(&self, object: Node<'_>, activity: Option<Node<'_>>) -> Result<InPost, Not> {
        let completed = self.completed(object, activity);
        let object = completed.as_ref().map_or(object, Node);
        let read = self.owned(object)?;
        self.let_through(object, &read).await?;
        Ok(self.ap.with_stamp(self.hub, read).await)
    }

    /// An answer to somebody elsewhere who wants to be asked first comes in with their leave, or when it is for somebody
    /// here.
    async fn let_through(&self, object: Node<'_>, read: &ReadPost) -> Result<(), Not> {
        let Some(parent) = &read.post.reply_to else { return Ok(()) };
        let through =
            self.ap.is_let_through(self.hub, Interaction::Reply, object, self.actor, parent).await?;
        match through || read.post.addressed.iter().any(|id| self.urls.is_ours(id)) {
            true => Ok(()),
            false => Err(Not::Ignored("an answer that the author of its parent has not let through")),
        }
    }

    fn owned(&self, object: Node<'_>) -> Result<ReadPost, Not> {
        let mut read = translate::post(object, self.now)
            .ok_or(Not::Refused("a post without id or author of its host"))?;
        if !read.authors.iter().any(|a| a == self.actor) {
            return Err(Not::Refused("somebody else's post"));
        }
        read.post.author = self.actor.to_owned();
        Ok(read)
    }

    /// The object with what its activity says in its place, where it says nothing itself: without author it is its
    /// creator's, without addresses for whom the activity is for (ActivityPub, 6.2). None: nothing is missing.
    fn completed(&self, object: Node<'_>, activity: Option<Node<'_>>) -> Option<Value> {
        let orphan = !object.has("attributedTo") && !object.has("actor");
        let to_nobody = !object.has("to") && !object.has("cc");
        let envelope = activity.filter(|_| to_nobody);
        if !orphan && envelope.is_none() {
            return None;
        }
        let mut whole = object.0.as_object()?.clone();
        if orphan {
            whole.insert("attributedTo".into(), self.actor.into());
        }
        for (activity, name) in envelope.iter().flat_map(|activity| ADDRESSES.map(|name| (activity, name))) {
            if let Some(addresses) = activity.0.get(name).filter(|_| !object.has(name)) {
                whole.insert(name.into(), addresses.clone());
            }
        }
        Some(Value::Object(whole))
    }

    /// The object, asked for at its origin, which must be the sender's own host.
    async fn origin(&self, id: &str) -> Result<Document, Not> {
        if !same_authority(id, self.actor) {
            return Err(Not::Refused("an object of another host"));
        }
        Ok(self.ap.document(self.hub, id).await?)
    }
}
