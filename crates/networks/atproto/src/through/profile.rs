//! The profile as an app of the network wrote it. Only what it holds is taken over: fields, pictures of other shapes and the
//! rest of a member's profile stay. The record itself stays as it was written.

use super::Written;
use crate::{
    data::{BlobRef, Map, Record, Value},
    facts::{Facts, PictureBlob},
    stage::profile_labels,
    translate::place,
};
use landbridge_hub::{CopyKind, CopyState, HubError, Origin};
use landbridge_media::Purpose;
use landbridge_model::{ActorKind, Id, Network, Picture, Profile, richtext::compose};
use landbridge_store::entities::pins;

impl Written<'_> {
    pub(super) async fn profile(&self, record: &Record) -> Result<(), HubError> {
        let hub = &self.at.hub;
        let actor = hub.actor(self.member).await?;
        let fields = record.fields();
        let text = |field: &str| fields.text(field).unwrap_or_default().to_owned();
        let mut facts = Facts::of(&self.presence);
        let mut profile = Profile { display_name: text("displayName"), ..actor.profile.clone() };
        // A text that was cut on its way out is no change.
        let bio = text("description");
        let shown = profile.bio.text.trim_end();
        if bio != shown && !(bio.ends_with('…') && shown.starts_with(bio.trim_end_matches('…'))) {
            profile.bio = compose(&bio);
        }
        profile.avatar = self.picture(fields, "avatar", profile.avatar, Purpose::Avatar, &mut facts).await?;
        profile.header = self.picture(fields, "banner", profile.header, Purpose::Header, &mut facts).await?;
        let labels = profile_labels(fields);
        let has = |label: &str| labels.iter().any(|own| own == label);
        profile.members_only = has("!no-unauthenticated");
        if profile != actor.profile || has("bot") != (actor.kind == ActorKind::Service) {
            hub.set_facts(Network::AtProto, &self.presence.native_id, facts.value()).await?;
            hub.set_profile(self.member, profile, actor.locked, has("bot"), self.profile_origin(record))
                .await?;
        }
        match self.brought {
            // When the posts are there: see `arrivals`.
            true => Ok(()),
            false => self.pinned(record).await,
        }
    }

    /// A profile is of now, on every network, even if it was brought.
    pub(super) fn profile_origin(&self, record: &Record) -> Option<Origin> {
        self.origin(record.bytes().clone(), None)
    }

    /// The post that the profile pins is pinned here too, if it is one of the member's that the hub knows, in the place of the
    /// one that it pinned before. What else is pinned here stays: a profile there shows one.
    pub(super) async fn pinned(&self, record: &Record) -> Result<(), HubError> {
        let (hub, origin) = (&self.at.hub, self.origin_of(record));
        let named = record.fields().get("pinnedPost").and_then(Value::as_map).and_then(place::post_of);
        let named = named.unwrap_or_default();
        // Not as it was when this began: see `Self::profile`.
        let presence = hub.presence(self.member, Network::AtProto).await?.ok_or(HubError::NotFound)?;
        let facts = Facts::of(&presence);
        let before = match &facts.pinned {
            Some(before) => before.clone(),
            // Never heard of: what is pinned here may have nothing to do with the profile.
            None if named.is_empty() => String::new(),
            None => self.newest_pin().await?.unwrap_or_default(),
        };
        let mut pinned = named.clone();
        if named != before {
            if let Some(post) = self.own_post(&before).await? {
                hub.pin(self.member, post, false, origin.clone()).await?;
            }
            match self.own_post(&named).await? {
                Some(post) => hub.pin(self.member, post, true, origin).await?,
                // It may come yet. Until then the profile pins nothing.
                None => pinned.clear(),
            }
        }
        if facts.pinned.as_ref() != Some(&pinned) {
            let facts = Facts { pinned: Some(pinned), ..facts };
            hub.set_facts(Network::AtProto, &presence.native_id, facts.value()).await?;
        }
        Ok(())
    }

    /// A post of the member's by AT-URI.
    async fn own_post(&self, uri: &str) -> Result<Option<Id>, HubError> {
        let copy = self.at.hub.copy(Network::AtProto, uri).await?;
        let copy = copy.filter(|copy| copy.kind == CopyKind::Post && copy.state == CopyState::Live);
        Ok(copy.filter(|copy| copy.actor == self.member).map(|copy| copy.object))
    }

    /// AT-URI of the post that was pinned last, of those that are there.
    async fn newest_pin(&self) -> Result<Option<String>, HubError> {
        let hub = &self.at.hub;
        for mut pin in hub.store().rows(pins::of_actor(self.member)).await? {
            if let Some(copy) = hub.copy_on(CopyKind::Post, pin.get(0)?, Network::AtProto).await? {
                return Ok(Some(copy.native_id));
            }
        }
        Ok(None)
    }

    /// A picture that is another one than the member has: taken in, and remembered as that blob, so that it is not written
    /// anew as a different one.
    async fn picture(
        &self,
        fields: &Map,
        field: &str,
        before: Option<Picture>,
        purpose: Purpose,
        facts: &mut Facts,
    ) -> Result<Option<Picture>, HubError> {
        let blob = fields.get(field).and_then(Value::as_map).and_then(BlobRef::named);
        let Some((cid, mime)) = blob else { return Ok(None) };
        let cid = cid.to_string();
        let file = before.as_ref().and_then(|picture| picture.file.as_deref());
        if facts.pictures.iter().any(|known| known.cid == cid && Some(known.file.as_str()) == file) {
            return Ok(before);
        }
        let Some(row) = self.at.blob_row(self.member, &cid).await? else { return Ok(before) };
        let bytes = self.at.read_blob(&row).await?;
        let description = before.map(|picture| picture.description).unwrap_or_default();
        let picture = self.at.hub.profile_picture(bytes, purpose, &description).await?;
        if let Some(file) = &picture.file {
            facts.pictures.retain(|known| known.field != field);
            facts.pictures.push(PictureBlob {
                field: field.to_owned(),
                file: file.clone(),
                cid,
                mime,
                size: u64::try_from(row.size).unwrap_or_default(),
            });
        }
        Ok(Some(picture))
    }
}
