//! What replaces an earlier version: the profile, kind 0; whom one follows, kind 3 (NIP-02); one's relays, kind 10002
//! (NIP-65). All are merged with the newest version that is known, never overwritten blindly.

use super::{Made, Staging};
use crate::{
    event::{Hex32, Kind, Tag, Template, first_value, kind},
    facts::Facts,
    keys::Signs,
    nips::n65::{self, Relays},
    private,
    translate::profile,
};
use landbridge_hub::{Hub, HubError, gate::PrivateFrom};
use landbridge_model::{Actor, ActorState, Id, Network};
use landbridge_store::entities::nostr_unsigned;

/// The words of acts that write a profile and what goes with it.
const PROFILE: &[&str] = &["profile"];
/// What waits for a member's own signer is looked through so far: an act makes three events at most.
const MOST_WAITING: i64 = 10;

impl Staging<'_> {
    /// The list of everybody whom the member follows, with one more or one less.
    pub(super) async fn follows(&self, more: Option<Id>, less: Option<Id>) -> Result<Option<Made>, HubError> {
        if self.facts.unsynced {
            // Published when what other relays hold is known: see the reader.
            return Ok(None);
        }
        let base = self.base(kind::FOLLOWS, &["follow", "unfollow"]).await?;
        let mut followed = followed_keys(self.hub, self.act.member.id).await?;
        if let Some(more) = more
            && let Some(presence) = self.hub.presence(more, Network::Nostr).await?
        {
            followed.extend(key_and_relay(&presence));
        }
        let gone = match less {
            Some(less) => {
                self.hub.presence(less, Network::Nostr).await?.and_then(|p| p.native_id.parse().ok())
            }
            None => None,
        };
        let template = follow_list(base.as_ref(), &followed, gone);
        let mut relays = self.everywhere();
        // Whom it is about learns of it where they read.
        for who in more.into_iter().chain(less) {
            relays.extend(
                self.hub.presence(who, Network::Nostr).await?.iter().flat_map(|p| Facts::of(p).inbox()),
            );
        }
        Ok(Some(Made { template, copy: None, relays, base }))
    }

    /// The profile, and once the relay list.
    pub(super) async fn profile(&self) -> Result<Vec<Made>, HubError> {
        if self.facts.unsynced || self.act.member.state != ActorState::Active {
            return Ok(Vec::new());
        }
        let base = self.base(kind::METADATA, PROFILE).await?;
        // What is being written is not in the store yet.
        let before = self.hub.actor(self.act.member.id).await?;
        let profile = metadata(self.hub, &before, &self.act.member, base.as_ref());
        let mut templates = vec![(profile, base)];
        if self.base(kind::RELAY_LIST, PROFILE).await?.is_none() {
            templates.push((relay_list(&self.facts.relays, None), None));
        }
        if matches!(Signs::of(self.hub, self.act.member.id).await?, Signs::Here(_)) {
            let held = self.held(kind::DM_RELAYS).await?;
            let wanted = self.hub.private_from(self.act.member.id).await? == PrivateFrom::Everybody;
            let list = private::relays::list(self.nostr.relay_url(), wanted, held.as_ref());
            templates.extend(list.map(|list| (list, held.map(Template::from))));
        }
        Ok(templates
            .into_iter()
            .map(|(template, base)| Made { template, copy: None, relays: self.everywhere(), base })
            .collect())
    }

    /// What the next version of one of the member's replaceable events builds on: the newest that is held here, or that
    /// waits for the member's own signer, made by acts of these words.
    async fn base(&self, kind: Kind, acts: &[&str]) -> Result<Option<Template>, HubError> {
        let mut versions: Vec<Template> = self.held(kind).await?.map(Template::from).into_iter().collect();
        let waiting = nostr_unsigned::newest(self.act.member.id.0, acts, MOST_WAITING);
        for mut row in self.hub.store().rows(waiting).await? {
            versions.extend(serde_json::from_str::<Template>(&row.get::<String>(0)?));
        }
        Ok(versions.into_iter().filter(|version| version.kind == kind).max_by_key(|v| v.created_at))
    }

    /// Where the member writes, and where everybody's profiles are collected.
    pub(super) fn everywhere(&self) -> Vec<String> {
        let index = self.nostr.options.index_relays.iter();
        self.facts.relays.write.iter().chain(index).cloned().collect()
    }
}

/// Keys on Nostr of everybody whom a member follows, with a relay.
pub async fn followed_keys(hub: &Hub, member: Id) -> Result<Vec<(Hex32, String)>, HubError> {
    Ok(hub.followed_presences(member, Network::Nostr).await?.iter().filter_map(key_and_relay).collect())
}

fn key_and_relay(presence: &landbridge_model::Presence) -> Option<(Hex32, String)> {
    let relay = Facts::of(presence).outbox().into_iter().next().unwrap_or_default();
    Some((presence.native_id.parse().ok()?, relay))
}

/// Kind 3: everything of the base stays (petnames, relays, tags of other apps), but for who is gone; new ones come last.
pub fn follow_list(base: Option<&Template>, followed: &[(Hex32, String)], gone: Option<Hex32>) -> Template {
    let gone = gone.map(|key| key.to_string());
    let mut tags: Vec<Tag> = base.map(|e| e.tags.clone()).unwrap_or_default();
    let is_person = |tag: &Tag, key: &str| tag.first().is_some_and(|n| n == "p") && first_value(tag) == key;
    tags.retain(|tag| !gone.as_deref().is_some_and(|gone| is_person(tag, gone)));
    for (key, relay) in followed {
        let key = key.to_string();
        if Some(&key) != gone.as_ref() && !tags.iter().any(|tag| is_person(tag, &key)) {
            let mut tag: Tag = vec!["p".into(), key];
            if !relay.is_empty() {
                tag.push(relay.clone());
            }
            tags.push(tag);
        }
    }
    let content = base.map(|e| e.content.clone()).unwrap_or_default();
    let created_at = profile::after(base.map(|e| e.created_at));
    Template { created_at, kind: kind::FOLLOWS, tags, content }
}

/// Kind 10002: everything of the base stays, however long it is; ours come first, in both directions.
pub fn relay_list(ours: &Relays, base: Option<&Template>) -> Template {
    let mut tags: Vec<Tag> = base.map(|base| base.tags.clone()).unwrap_or_default();
    let is_of = |tag: &Tag, url: &str| {
        tag.first().is_some_and(|name| name == "r") && n65::normal(first_value(tag)).is_some_and(|u| u == url)
    };
    for url in ours.write.iter().rev() {
        // Among those that others look at.
        let known = Relays::from_tags(&tags);
        if !known.write.contains(url) || !known.read.contains(url) {
            tags.retain(|tag| !is_of(tag, url));
            tags.insert(0, vec!["r".into(), url.clone()]);
        }
    }
    let content = base.map(|base| base.content.clone()).unwrap_or_default();
    let created_at = profile::after(base.map(|base| base.created_at));
    Template { created_at, kind: kind::RELAY_LIST, tags, content }
}

/// Whether a version says nothing that its base does not.
pub fn says_the_same(template: &Template, base: Option<&Template>) -> bool {
    base.is_some_and(|base| base.tags == template.tags && base.content == template.content)
}

/// Kind 0: see [`profile::write`].
pub fn metadata(hub: &Hub, before: &Actor, member: &Actor, base: Option<&Template>) -> Template {
    let config = hub.config();
    let page = config.url(&format!("/@{}", member.username));
    let picture = |p: &landbridge_model::Picture| match &p.file {
        Some(file) => Some(config.url(&landbridge_media::url_path(file))),
        None => p.remote_url.clone(),
    };
    let (address, origin) = (config.address(&member.username), config.url("/"));
    let here = profile::Here { address: &address, page: &page, origin: &origin, picture: &picture };
    profile::write(before, member, &here, base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, TagsExt};

    const OURS: &str = "wss://ours.example";

    #[test]
    fn a_follow_list_is_merged() {
        let [a, b, c] = [(); 3].map(|()| Keys::generate().public());
        let tags = vec![
            vec!["p".into(), a.to_string(), "wss://r".into(), "petname".into()],
            vec!["t".into(), "rust".into()],
            vec!["p".into(), b.to_string()],
        ];
        let base = Template { created_at: i64::from(u32::MAX), kind: 3, tags, content: "old".into() };
        let template = follow_list(
            Some(&base),
            &[(a, String::new()), (c, "wss://c".into()), (b, String::new())],
            Some(b),
        );
        assert_eq!(template.tags.people(), [a, c]);
        assert_eq!(template.tags[0].len(), 4);
        assert_eq!((template.tags.value("t"), template.content.as_str()), (Some("rust"), "old"));
        assert!(template.created_at > base.created_at);
    }

    fn relays(tags: Vec<Tag>) -> Template {
        Template { created_at: 1, kind: 10_002, tags, content: "a note".into() }
    }

    #[test]
    fn a_relay_list_keeps_what_was_there() {
        let mut tags: Vec<Tag> =
            (0..20).map(|n| vec!["r".into(), format!("wss://r{n}.example/"), "read".into()]).collect();
        tags.push(vec!["client".into(), "an app".into()]);
        let base = relays(tags.clone());
        let template = relay_list(&Relays::default().with(OURS), Some(&base));
        tags.insert(0, vec!["r".into(), OURS.into()]);
        assert_eq!((template.tags, template.content.as_str()), (tags, "a note"));
    }

    #[test]
    fn our_relay_is_named_once_and_in_both_directions() {
        let ours = Relays::default().with(OURS);
        let half = relays(vec![
            vec!["r".into(), "wss://old.example".into()],
            vec!["r".into(), "wss://OURS.example/".into(), "read".into()],
        ]);
        let whole = relay_list(&ours, Some(&half));
        assert_eq!(whole.tags, [["r", OURS], ["r", "wss://old.example"]]);
        assert!(!says_the_same(&whole, Some(&half)) && !says_the_same(&whole, None));
        assert!(says_the_same(&relay_list(&ours, Some(&whole)), Some(&whole)));
    }
}
