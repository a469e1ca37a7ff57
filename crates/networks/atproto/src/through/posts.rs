//! Posts written by an app of the network.

use super::Written;
use crate::{
    data::{BlobRef, Cid, Record, Value},
    translate::{place::written_at, posts_in},
};
use landbridge_hub::{CopyKind, Draft, HubError, InPost};
use landbridge_model::{Audience, Id, Mark, MarkKind, Network, RichText, Time, Visibility};
use landbridge_store::entities::atproto_blobs::BlobRow;

/// People of one text who are looked up.
const MOST_PEOPLE: usize = 20;

impl Written<'_> {
    pub(super) async fn post(&self, record: &Record) -> Result<(), HubError> {
        let hub = &self.at.hub;
        match hub.copy(Network::AtProto, &self.place.to_string()).await? {
            None => {
                let draft = self.draft(record).await?;
                hub.publish(draft, self.origin_of(record)).await?;
            }
            Some(copy) if self.brought && copy.kind == CopyKind::Post && copy.actor == self.member => {
                let here = hub.post(copy.object).await?.media.iter().filter(|m| m.file.is_some()).count();
                // It was seen from afar before its author came, or its pictures came after it.
                if here < self.files(record).await?.len() {
                    let draft = self.draft(record).await?;
                    hub.edit(self.member, copy.object, draft, self.origin_of(record)).await?;
                }
            }
            Some(_) => return Ok(()),
        }
        match self.brought && self.files(record).await?.len() < attached(record).len() {
            true => Err(HubError::Remote("a picture of the post has yet to be brought".into())),
            false => Ok(()),
        }
    }

    /// The record was put anew.
    pub(super) async fn edited(&self, record: &Record) -> Result<(), HubError> {
        let copy = self.at.hub.copy(Network::AtProto, &self.place.to_string()).await?;
        let Some(copy) = copy.filter(|copy| copy.kind == CopyKind::Post) else {
            // What the hub could not hear of in time is no news any more.
            let age = Time::now().minus(super::PATIENCE);
            let old = written_at(record.fields(), &self.place.rkey, Time::now()) < age;
            let brought =
                Written { brought: old, presence: self.presence.clone(), place: self.place.clone(), ..*self };
            return brought.post(record).await;
        };
        if copy.version.as_deref() == Some(record.cid().to_string().as_str()) {
            return Ok(());
        }
        let draft = self.draft(record).await?;
        self.at.hub.edit(self.member, copy.object, draft, self.origin_of(record)).await?;
        Ok(())
    }

    async fn draft(&self, record: &Record) -> Result<Draft, HubError> {
        let now = Time::now();
        let server = self.at.options.pds_origin();
        let read = posts_in::read(&self.place, &record.cid(), record.fields(), Some(server), now);
        let mut post: InPost = read.ok_or_else(|| HubError::invalid("no post"))?;
        let reply_to = match &post.reply_to {
            Some(parent) => {
                let found = self.post_at(parent).await?;
                // Without its parent it would be published as if it started a thread.
                if found.is_none() && !self.brought {
                    return Err(HubError::invalid("the post that it answers is not known here"));
                }
                found
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
        let (rich, media) = (self.named(post.text).await?, self.media(record).await?);
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
    async fn media(&self, record: &Record) -> Result<Vec<Id>, HubError> {
        let mut ids = Vec::new();
        for (row, alt) in self.files(record).await? {
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

    /// Those files of a post that are here, with their descriptions.
    async fn files<'a>(&self, record: &'a Record) -> Result<Vec<(BlobRow, &'a str)>, HubError> {
        let mut files = Vec::new();
        for (cid, alt) in attached(record) {
            if let Some(row) = self.at.blob_row(self.member, &cid.to_string()).await? {
                files.push((row, alt));
            }
        }
        Ok(files)
    }
}

/// The pictures or the video that a post names, with their descriptions.
fn attached(record: &Record) -> Vec<(Cid, &str)> {
    let Some(embed) = record.fields().get("embed") else { return Vec::new() };
    let media = embed.get("media").unwrap_or(embed);
    let images = ["images", "items"].iter().find_map(|field| media.get(field)).and_then(Value::as_list);
    let images = images.unwrap_or_default().iter().map(|image| (image.get("image"), image.get("alt")));
    let video = media.get("video").map(|video| (Some(video), media.get("alt")));
    let described = images.chain(video).filter_map(|(blob, alt)| {
        let (cid, _) = BlobRef::named(blob?.as_map()?)?;
        Some((cid, alt.and_then(Value::as_text).unwrap_or_default()))
    });
    described.collect()
}
