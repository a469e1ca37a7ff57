//! A member's own posts and profile as an AppView shows them.

use super::PROFILE;
use crate::{
    data::{BlobRef, Map, Record, Value as Data},
    facts::Facts,
    network::AtProto,
    pds::Access,
    syntax::Datetime,
};
use landbridge_hub::HubError;
use landbridge_model::Time;
use serde_json::{Value, json};

/// The member, and where their files are.
pub struct View {
    pub did: String,
    pub handle: String,
    /// `app.bsky.actor.defs#profileViewBasic`
    pub author: Value,
    pds: String,
}

impl View {
    pub async fn of(at: &AtProto, access: &Access) -> Result<View, HubError> {
        let handle = Facts::of(&access.presence).handle;
        let (did, pds) = (access.did.to_string(), at.options.pds_origin().to_owned());
        let mut view = View { author: json!({ "did": did, "handle": handle }), did, handle, pds };
        if let Some(stored) = at.record(access.member, PROFILE, "self").await? {
            let record = stored.record()?;
            if let Some(name) = record.fields().text("displayName") {
                view.author["displayName"] = json!(name);
            }
            if let Some(avatar) = view.blob(&record, "avatar") {
                view.author["avatar"] = json!(avatar);
            }
        }
        Ok(view)
    }

    #[cfg(test)]
    pub fn for_tests(did: &str) -> View {
        View { did: did.into(), handle: "x.test".into(), author: json!({ "did": did }), pds: String::new() }
    }

    /// Address of a file that a record names.
    pub fn blob(&self, record: &Record, field: &str) -> Option<String> {
        self.address(record.fields().get(field)?.as_map()?)
    }

    fn address(&self, blob: &Map) -> Option<String> {
        let (cid, _) = BlobRef::named(blob)?;
        Some(format!("{}/xrpc/com.atproto.sync.getBlob?did={}&cid={cid}", self.pds, self.did))
    }

    /// `app.bsky.feed.defs#postView`
    pub fn post(&self, uri: &str, cid: &str, record: &Record) -> Value {
        let now = Time::now();
        let made = record
            .fields()
            .text("createdAt")
            .and_then(|at| Datetime::parse(at).ok())
            .map_or(now, |at| at.time());
        let mut view = json!({
            "$type": "app.bsky.feed.defs#postView",
            "uri": uri,
            "cid": cid,
            "author": self.author,
            "record": Data::Map(record.fields().clone()).to_json(),
            "replyCount": 0, "repostCount": 0, "likeCount": 0, "quoteCount": 0,
            "indexedAt": made.min(now).rfc3339(),
            "labels": [],
        });
        if let Some(embed) =
            record.fields().get("embed").and_then(Data::as_map).and_then(|embed| self.embed(embed))
        {
            view["embed"] = embed;
        }
        view
    }

    /// Pictures and links. What is quoted stands elsewhere: it is shown when the AppView has read the post.
    fn embed(&self, embed: &Map) -> Option<Value> {
        match embed.text("$type")? {
            "app.bsky.embed.images" => {
                let images = embed.get("images")?.as_list()?.iter().filter_map(|image| {
                    let image = image.as_map()?;
                    let address = self.address(image.get("image")?.as_map()?)?;
                    let mut shown = json!({ "thumb": address, "fullsize": address, "alt": image.text("alt").unwrap_or_default() });
                    if let Some(ratio) = image.get("aspectRatio") {
                        shown["aspectRatio"] = ratio.to_json();
                    }
                    Some(shown)
                });
                Some(json!({ "$type": "app.bsky.embed.images#view", "images": images.collect::<Vec<_>>() }))
            }
            "app.bsky.embed.external" => {
                let external = embed.get("external")?.as_map()?;
                let text = |field| external.text(field).unwrap_or_default();
                let mut shown =
                    json!({ "uri": text("uri"), "title": text("title"), "description": text("description") });
                if let Some(thumb) =
                    external.get("thumb").and_then(Data::as_map).and_then(|thumb| self.address(thumb))
                {
                    shown["thumb"] = json!(thumb);
                }
                Some(json!({ "$type": "app.bsky.embed.external#view", "external": shown }))
            }
            "app.bsky.embed.recordWithMedia" => self.embed(embed.get("media")?.as_map()?),
            _ => None,
        }
    }
}
