//! `app.bsky.actor.profile/self`. Fields that are not ours are kept as they are.

use super::{PROFILE, Records, Staging, StrongRef, block, nsid};
use crate::{
    data::{BlobRef, Cid, Map, Value},
    facts::Facts,
    repo::Write,
    richtext::{TextLimits, cut},
    syntax::{Datetime, RecordKey},
};
use bytes::Bytes;
use landbridge_hub::{CopyKind, HubError};
use landbridge_media::Sniffed;
use landbridge_model::{ActorKind, Network, Picture, Post};
use landbridge_store::entities::presences;

const SELF: &str = "self";
const NAME: TextLimits = TextLimits { graphemes: 64, bytes: 640 };
const BIO: TextLimits = TextLimits { graphemes: 256, bytes: 2560 };

impl Staging<'_> {
    /// The profile, and whether the account is served at all.
    pub(super) async fn profile(&self, made: &mut Records) -> Result<(), HubError> {
        let is_new = self.at.repo_row(self.act.member.id).await?.is_none();
        if is_new {
            made.changes.extend(self.welcome());
            made.announce = true;
        } else {
            made.changes.extend(self.state().await?);
        }
        if self.act.origin.is_some() {
            return Ok(());
        }
        let before = self.profile_record().await?;
        let mut fields = self.profile_fields(before.clone().unwrap_or_default(), made).await?;
        if before.is_none() {
            fields.insert("createdAt", Datetime::of(self.act.member.created_at).as_str());
        }
        self.put_profile(before, fields, made)
    }

    /// The first post that is pinned and exists there.
    pub(super) async fn pin(&self, post: Option<&Post>, made: &mut Records) -> Result<(), HubError> {
        let reference = match post {
            Some(post) => self.reference(CopyKind::Post, post.id).await?,
            None => None,
        };
        let uri = reference.as_ref().map(|reference| reference.uri.clone()).unwrap_or_default();
        // Not as it was before this act had its turn.
        let presence = self.hub.presence(self.act.member.id, Network::AtProto).await?;
        let presence = presence.ok_or(HubError::NotFound)?;
        let facts = Facts { pinned: Some(uri), ..Facts::of(&presence) };
        made.changes.push(presences::set_facts(Network::AtProto, &presence.native_id, &facts.value()));
        let before = self.profile_record().await?;
        let mut fields = before.clone().unwrap_or_default();
        match &reference {
            Some(reference) => drop(fields.insert("pinnedPost", reference.to_map())),
            None => drop(fields.remove("pinnedPost")),
        }
        self.put_profile(before, fields, made)
    }

    pub(super) async fn unpin(&self, post: &Post, made: &mut Records) -> Result<(), HubError> {
        let own = self.reference(CopyKind::Post, post.id).await?;
        let pinned = self.profile_record().await?.and_then(|fields| pinned(&fields));
        if own.is_some() && own == pinned { self.pin(None, made).await } else { Ok(()) }
    }

    async fn profile_record(&self) -> Result<Option<Map>, HubError> {
        match self.at.record(self.act.member.id, PROFILE, SELF).await? {
            Some(stored) => Ok(Some(stored.record()?.fields().clone())),
            None => Ok(None),
        }
    }

    fn put_profile(&self, before: Option<Map>, fields: Map, made: &mut Records) -> Result<(), HubError> {
        let rkey = RecordKey::parse(SELF).map_err(|_| HubError::Damaged("a record key"))?;
        let collection = nsid(PROFILE)?;
        let block = block(PROFILE, fields.clone())?;
        match before {
            Some(before) if before == fields => {}
            Some(_) => made.writes.push(Write::Update(collection, rkey, block)),
            None => made.writes.push(Write::Create(collection, rkey, block)),
        }
        Ok(())
    }

    async fn profile_fields(&self, mut fields: Map, made: &mut Records) -> Result<Map, HubError> {
        let member = &self.act.member;
        let profile = &member.profile;
        fields.insert("$type", PROFILE);
        let name = landbridge_model::RichText::plain(profile.display_name.clone());
        set_text(&mut fields, "displayName", &cut(&name, NAME, "…").text);
        set_text(&mut fields, "description", &cut(&profile.bio, BIO, "…").text);
        for (field, picture) in [("avatar", &profile.avatar), ("banner", &profile.header)] {
            match self.picture(field, picture.as_ref(), made).await? {
                Some(blob) => drop(fields.insert(field, blob.to_map())),
                None => drop(fields.remove(field)),
            }
        }
        let mut labels: Vec<String> = labels(&fields);
        for (label, on) in
            [("bot", member.kind == ActorKind::Service), ("!no-unauthenticated", profile.members_only)]
        {
            labels.retain(|own| own != label);
            if on {
                labels.push(label.to_owned());
            }
        }
        match labels.is_empty() {
            true => drop(fields.remove("labels")),
            false => drop(fields.insert("labels", self_labels(labels.iter().map(String::as_str)))),
        }
        Ok(fields)
    }

    /// A member's own picture as a blob: the one that it came as, if an app of the network brought it.
    async fn picture(
        &self,
        field: &str,
        picture: Option<&Picture>,
        made: &mut Records,
    ) -> Result<Option<BlobRef>, HubError> {
        let Some(file) = picture.and_then(|picture| picture.file.as_ref()) else { return Ok(None) };
        let facts = Facts::of(&self.act.presence);
        let known = facts.pictures.iter().find(|known| known.field == field && known.file == *file);
        if let Some(known) = known
            && let Ok(cid) = Cid::parse(&known.cid)
        {
            return Ok(Some(BlobRef { cid, mime_type: known.mime.clone(), size: known.size }));
        }
        Ok(self.small_blob(file, made).await?.map(|(blob, _)| blob))
    }

    /// A picture of ours as a blob of the member's, small enough; `None` when the file is gone.
    pub(super) async fn small_blob(
        &self,
        file: &str,
        made: &mut Records,
    ) -> Result<Option<(BlobRef, Option<(u32, u32)>)>, HubError> {
        let (bytes, what, size) = match self.hub.media().small(file).await {
            Ok(small) => small,
            Err(error) => {
                tracing::warn!(%error, file, "a picture cannot go to AT Protocol");
                return Ok(None);
            }
        };
        Ok(Some((self.blob(bytes, what, made).await?, size)))
    }

    /// These bytes as a blob of the member's.
    pub(super) async fn blob(
        &self,
        bytes: Bytes,
        what: Sniffed,
        made: &mut Records,
    ) -> Result<BlobRef, HubError> {
        let cid = Cid::of_blob(&bytes);
        let blob = BlobRef { cid, mime_type: what.mime().to_owned(), size: bytes.len() as u64 };
        let (_, changes) = self.at.put_blob(self.act.member.id, bytes, what.mime()).await?;
        made.changes.extend(changes);
        Ok(blob)
    }
}

fn set_text(fields: &mut Map, field: &str, text: &str) {
    match text.trim().is_empty() {
        true => drop(fields.remove(field)),
        false => drop(fields.insert(field, text)),
    }
}

/// The labels that a profile gives itself.
pub(crate) fn labels(fields: &Map) -> Vec<String> {
    let values = fields.get("labels").and_then(|labels| labels.get("values")).and_then(Value::as_list);
    let values = values.unwrap_or_default().iter();
    values.filter_map(|value| value.get("val")?.as_text().map(str::to_owned)).collect()
}

/// `com.atproto.label.defs#selfLabels`
pub(super) fn self_labels<'a>(labels: impl Iterator<Item = &'a str>) -> Map {
    let values: Vec<Value> = labels.map(|label| Value::Map(Map::new().with("val", label))).collect();
    Map::new().with("$type", "com.atproto.label.defs#selfLabels").with("values", values)
}

fn pinned(fields: &Map) -> Option<StrongRef> {
    let pinned = fields.get("pinnedPost")?.as_map()?;
    Some(StrongRef { uri: pinned.text("uri")?.to_owned(), cid: pinned.text("cid")?.to_owned() })
}
