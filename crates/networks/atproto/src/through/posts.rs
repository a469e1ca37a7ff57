//! Posts written by an app of the network.

use super::Written;
use crate::{
    data::{BlobRef, Record, Value},
    translate::posts_in,
};
use landbridge_hub::{CopyKind, Draft, HubError, InPost};
use landbridge_model::{Audience, Id, Mark, MarkKind, Network, RichText, Time, Visibility};

/// People of one text who are looked up.
const MOST_PEOPLE: usize = 20;

impl Written<'_> {
    pub(super) async fn post(&self, record: &Record) -> Result<(), HubError> {
        if self.is_known().await? {
            return Ok(());
        }
        let draft = self.draft(record).await?;
        self.at.hub.publish(draft, self.origin(record.bytes().clone())).await?;
        Ok(())
    }

    /// The record was put anew.
    pub(super) async fn edited(&self, record: &Record) -> Result<(), HubError> {
        let copy = self.at.hub.copy(Network::AtProto, &self.place.to_string()).await?;
        let Some(copy) = copy.filter(|copy| copy.kind == CopyKind::Post) else {
            return self.post(record).await;
        };
        if copy.version.as_deref() == Some(record.cid().to_string().as_str()) {
            return Ok(());
        }
        let draft = self.draft(record).await?;
        self.at.hub.edit(self.member, copy.object, draft, self.origin(record.bytes().clone())).await?;
        Ok(())
    }

    async fn draft(&self, record: &Record) -> Result<Draft, HubError> {
        let now = Time::now();
        let server = self.at.options.pds_origin();
        let read = posts_in::read(&self.place, &record.cid(), record.fields(), Some(server), now);
        let mut post: InPost = read.ok_or_else(|| HubError::invalid("no post"))?;
        let reply_to = match &post.reply_to {
            Some(parent) => {
                // Without its parent it would be published as if it started a thread.
                let found = self.post_at(parent).await?;
                Some(found.ok_or_else(|| HubError::invalid("the post that it answers is not known here"))?)
            }
            None => None,
        };
        let quote = match &post.quote {
            Some(quoted) => self.post_at(quoted).await?,
            None => None,
        };
        // Networks without cards and animations elsewhere get what these lead to as a link.
        let elsewhere = post.media.iter().filter(|file| !file.url.starts_with(server)).map(|file| &file.url);
        let linked = post.card.iter().map(|card| &card.url).chain(elsewhere);
        linked.for_each(|url| posts_in::show(&mut post.text, url.clone()));
        let (reply_policy, quote_policy) = self.policies().await?;
        let (rich, media) = (self.named(post.text).await?, self.files(record).await?);
        Ok(Draft {
            author: self.member,
            rich: Some(rich),
            warning: post.warning,
            sensitive: post.sensitive,
            visibility: Some(Visibility::Public),
            languages: post.languages,
            media,
            card: post.card,
            reply_to,
            quote,
            quote_policy: quote_policy.filter(|policy| *policy != Audience::Everyone),
            reply_policy,
            at: Some(post.published),
            ..Draft::default()
        })
    }

    /// Mentions with the addresses by which the hub knows the people; what was written stays.
    async fn named(&self, mut rich: RichText) -> Result<RichText, HubError> {
        let mut looked_up = 0;
        let mut marks = Vec::with_capacity(rich.marks.len());
        for mark in std::mem::take(&mut rich.marks) {
            let MarkKind::Mention { id, .. } = &mark.kind else {
                marks.push(mark);
                continue;
            };
            looked_up += 1;
            let actor = if looked_up <= MOST_PEOPLE { self.person(id).await? } else { None };
            if let Some(actor) = actor {
                let url = actor.url.clone().unwrap_or_default();
                let kind = MarkKind::Mention { id: actor.id.to_string(), acct: actor.acct(), url };
                marks.push(Mark { kind, ..mark });
            }
        }
        Ok(RichText::new(rich.text, marks))
    }

    /// The pictures or the video of a post, as files of the member.
    async fn files(&self, record: &Record) -> Result<Vec<Id>, HubError> {
        let Some(embed) = record.fields().get("embed") else { return Ok(Vec::new()) };
        let media = embed.get("media").unwrap_or(embed);
        let images = ["images", "items"].iter().find_map(|field| media.get(field)).and_then(Value::as_list);
        let images = images.unwrap_or_default().iter().map(|image| (image.get("image"), image.get("alt")));
        let video = media.get("video").map(|video| (Some(video), media.get("alt")));
        let mut ids = Vec::new();
        for (blob, alt) in images.chain(video) {
            let Some(blob) = blob.and_then(Value::as_map).and_then(BlobRef::from_map) else { continue };
            let Some(row) = self.at.blob_row(self.member, &blob.cid.to_string()).await? else { continue };
            let alt = alt.and_then(Value::as_text).unwrap_or_default();
            let bytes = self.at.read_blob(&row).await?;
            match self.at.hub.upload(self.member, bytes, alt).await {
                Ok(media) => ids.push(media.id),
                // What is no file for this server is no reason to lose the words.
                Err(HubError::Invalid(why)) => {
                    tracing::info!(why, "a file of a member stays in the repository alone")
                }
                Err(error) => return Err(error),
            }
        }
        Ok(ids)
    }
}
