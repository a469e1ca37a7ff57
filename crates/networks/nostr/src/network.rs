//! The translator.

use crate::{
    event::{Event, Hex32, Keys, kind},
    facts::Facts,
    keys,
    names::Names,
    nips::{
        n17,
        n19::{self, Pointer},
    },
    pool::Pool,
    relay::{Relay, RelayLimits, url_of},
};
use async_trait::async_trait;
use landbridge_cache::Cache;
use landbridge_hub::{
    Act, ActKind, Delivery, Draft, Hub, HubError, Incoming, Joined, KeyImport, NewKey, Outcome, Preview,
    Staged, Stop, Translator, messages::Leg,
};
use landbridge_model::{Actor, Id, Network, Presence, Secrecy, Visibility};
use landbridge_store::{
    Change,
    entities::{nostr_events, nostr_unsigned, nostr_wraps},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{OnceCell, mpsc};

/// What an operator may choose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub limits: RelayLimits,
    /// Relays where new members write, beside ours.
    pub relays: Vec<String>,
    /// Relays that collect profiles and relay lists of everybody: asked for people of whom nothing else is known, and
    /// told of members' profiles.
    pub index_relays: Vec<String>,
}

/// Nostr, as the hub sees it; and the routes of its relay.
pub struct Nostr {
    pub(crate) hub: Hub,
    pub(crate) options: Options,
    pub(crate) pool: Pool,
    /// Ids that were taken in lately: seen before costs no signature.
    pub(crate) seen: Cache<Hex32, ()>,
    /// Keys of verified events: people, for sure.
    pub(crate) authors: Cache<Hex32, ()>,
    /// Profiles and relay lists fetched lately, by key.
    pub(crate) profiles: Cache<Hex32, Event>,
    pub(crate) relay_lists: Cache<Hex32, Event>,
    /// Links that wait for members' own signers, by our key in them.
    pub(crate) offers: Cache<Hex32, Arc<crate::signer::Offer>>,
    /// Apps that wait for a member's consent, by the secret in its page's address.
    pub(crate) asks: Cache<String, crate::signer::Ask>,
    /// The link that was last made for each member.
    pub(crate) offered: Cache<Id, String>,
    /// Our secret key (hex) towards a signer, by its link, as long as connecting may take.
    pub(crate) clients: Cache<String, String>,
    /// Pages that members' signers want them to open.
    pub(crate) signer_pages: Cache<Id, String>,
    /// Strangers whose private messages were looked at lately.
    pub(crate) strangers: crate::private::Budget,
    /// Held while a list of follows is taken in.
    pub(crate) lists: tokio::sync::Mutex<()>,
    /// What hosts say of the names that profiles claim.
    pub(crate) names: Names,
    relay: OnceCell<Relay>,
    relay_url: String,
    /// Where the relay puts requests for the signer, until the signer runs.
    signer_in: mpsc::Sender<Event>,
    pub(crate) signer_out: Mutex<Option<mpsc::Receiver<Event>>>,
}

impl Nostr {
    pub fn new(hub: &Hub, mut options: Options) -> Arc<Nostr> {
        for list in [&mut options.relays, &mut options.index_relays] {
            *list = list.iter().filter_map(|url| crate::nips::n65::normal(url)).collect();
        }
        let (signer_in, signer_out) = mpsc::channel(256);
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Arc::new(Nostr {
            pool: Pool::new(hub.fetcher().clone()),
            seen: Cache::living(200_000, minutes(60 * 24)),
            authors: Cache::new(100_000),
            profiles: Cache::living(2_000, minutes(5)),
            relay_lists: Cache::living(2_000, minutes(60)),
            offers: Cache::living(1_000, crate::signer::LIFE),
            asks: Cache::living(1_000, minutes(10)),
            offered: Cache::living(1_000, crate::signer::LIFE),
            clients: Cache::living(1_000, minutes(30)),
            signer_pages: Cache::living(1_000, minutes(60)),
            strangers: crate::private::Budget::default(),
            lists: tokio::sync::Mutex::default(),
            names: Names::new(),
            relay: OnceCell::new(),
            relay_url: url_of(hub.config()),
            signer_in,
            signer_out: Mutex::new(Some(signer_out)),
            hub: hub.clone(),
            options,
        })
    }

    /// The relay, started when first needed.
    pub async fn relay(&self) -> Result<&Relay, HubError> {
        let start = || async {
            let keys = self.server_keys().await?;
            let relay =
                Relay::start(self.hub.clone(), keys.public(), self.options.limits, self.signer_in.clone());
            relay.members().refresh().await?;
            Ok(relay)
        };
        self.relay.get_or_try_init(start).await
    }

    /// `wss://host/relay`
    pub fn relay_url(&self) -> &str {
        &self.relay_url
    }

    /// The server's own key: the relay's `self` (NIP-11) and what apps that sign through us talk to (NIP-46).
    pub async fn server_keys(&self) -> Result<Keys, HubError> {
        let make = || {
            let keys = Keys::generate();
            NewKey { kind: keys::SCHNORR, public: keys.public().to_string(), secret: keys.secret().to_vec() }
        };
        let key = self.hub.server_key(Network::Nostr, keys::SCHNORR, make).await?;
        Keys::from_secret(&key.secret).map_err(|_| HubError::Damaged("the server's Nostr key"))
    }

    /// Notes an event that was taken in: it need not be checked again, its key is a person's.
    pub(crate) fn note(&self, event: &Event) {
        self.seen.insert(event.id, ());
        self.note_author(event);
    }

    /// Notes who has written a verified event: a person, whose profile may be asked for by the key.
    pub(crate) fn note_author(&self, event: &Event) {
        // Keys of gift wraps are used once.
        if !kind::is_wrap(event.kind) {
            self.authors.insert(event.pubkey, ());
        }
    }

    /// The routes of the relay and of NIP-05.
    pub fn router(self: &Arc<Self>) -> axum::Router {
        crate::routes::router(self.clone())
    }
}

#[async_trait]
impl Translator for Nostr {
    fn network(&self) -> Network {
        Network::Nostr
    }

    async fn join(&self, _hub: &Hub, _member: &Actor, import: Option<KeyImport>) -> Result<Joined, HubError> {
        keys::join(self, import).await
    }

    async fn stage(&self, hub: &Hub, act: &Act) -> Result<Staged, HubError> {
        crate::stage::stage(self, hub, act).await
    }

    async fn hosts_of(&self, hub: &Hub, key: &str) -> Result<Vec<String>, HubError> {
        let presence = hub.presence_by_native(Network::Nostr, key).await?;
        let host = presence.map(|presence| Facts::of(&presence).vouched_by).filter(|host| !host.is_empty());
        Ok(host.into_iter().collect())
    }

    /// Only what replaces an earlier version does: lists of follows, profiles and what goes with them.
    fn builds_on_the_last(&self, act: &ActKind) -> bool {
        use ActKind::{Follow, Leave, Profile, Unfollow};
        matches!(act, Follow { .. } | Unfollow { .. } | Profile | Leave { .. })
    }

    async fn deliver(&self, hub: &Hub, delivery: &Delivery) -> Outcome {
        crate::deliver::deliver(self, hub, delivery).await
    }

    async fn resolve(&self, hub: &Hub, text: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::resolve(self, hub, text).await
    }

    async fn fetch(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::fetch(self, hub, native_id).await
    }

    async fn thread(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::thread(self, hub, native_id).await
    }

    async fn recent(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::recent(self, hub, native_id).await
    }

    fn erase(&self, presence: &Presence) -> Vec<Change> {
        let mut changes = nostr_events::erase(&presence.native_id);
        changes.push(nostr_unsigned::forget_actor(presence.actor.0));
        changes.push(nostr_unsigned::close_sessions(presence.actor.0));
        changes
    }

    /// In the open, or by gift wrap (NIP-17).
    fn carries(&self, visibility: Visibility) -> bool {
        matches!(visibility, Visibility::Public | Visibility::Direct)
    }

    async fn leg(&self, hub: &Hub, member: Id) -> Result<Leg, HubError> {
        let here = match keys::Signs::of(hub, member).await {
            Ok(keys::Signs::Here(_)) => Secrecy::ServerHeldKeys,
            Ok(keys::Signs::Outside(_)) => Secrecy::DeviceE2ee,
            // Not on Nostr themselves: what others here write to them there, this server hands over.
            Err(HubError::Damaged(_)) => Secrecy::ServerReadable,
            Err(error) => return Err(error),
        };
        Ok(Leg { here, there: None })
    }

    async fn can_message(
        &self,
        hub: &Hub,
        member: Id,
        people: &[Presence],
    ) -> Result<Result<(), String>, HubError> {
        if let keys::Signs::Outside(_) = keys::Signs::of(hub, member).await? {
            return Ok(Err("your Nostr key is with your own signer: write from your Nostr app".into()));
        }
        if people.len() > n17::MOST_PEOPLE {
            return Ok(Err(format!("a conversation on Nostr has at most {} people", n17::MOST_PEOPLE)));
        }
        for person in people {
            if crate::private::relays::of(self, hub, person).await?.is_empty() {
                let name = hub.actor(person.actor).await?.acct();
                return Ok(Err(format!("{name} has named no relay for private messages on Nostr")));
            }
        }
        Ok(Ok(()))
    }

    fn has_rooms(&self) -> bool {
        true
    }

    fn forget_message(&self, post: Id) -> Vec<Change> {
        nostr_wraps::delete_of(post)
    }

    fn preview(&self, draft: &Draft) -> Preview {
        if draft.visibility == Some(Visibility::Direct) {
            let pictures = "Pictures go as links to this server: whoever has the link can open them.";
            return Preview {
                notes: Some(pictures.to_owned()).filter(|_| !draft.media.is_empty()).into_iter().collect(),
            };
        }
        let mut notes = vec!["Public for ever: others may keep it even after you delete it.".to_owned()];
        if draft.rich.as_ref().is_some_and(|r| r.marks.iter().any(|m| m.kind.is_block())) {
            notes.push("Quotes, lists and code are shown as plain text.".into());
        }
        Preview { notes }
    }

    fn shown_actor(&self, native_id: &str) -> String {
        native_id.parse().map_or_else(|_| native_id.to_owned(), |key| n19::npub(&key))
    }

    fn shown_post(&self, native_id: &str) -> String {
        let event =
            |id| Pointer::Event { id, author: None, kind: None, relays: vec![self.relay_url().to_owned()] };
        native_id.parse().ok().and_then(|id| event(id).code()).unwrap_or_else(|| native_id.to_owned())
    }

    async fn export_key(&self, hub: &Hub, member: Id) -> Result<Option<String>, HubError> {
        match keys::held(hub, member).await? {
            Some(_) => Ok(Some(keys::export_nsec(hub, member).await?)),
            None => Ok(None),
        }
    }

    async fn run(self: Arc<Self>, hub: Hub, stop: Stop) {
        let relay = match self.relay().await {
            Ok(relay) => relay.clone(),
            Err(error) => return tracing::error!(%error, "the Nostr relay cannot start"),
        };
        tokio::join!(
            crate::inbound::run(self.clone(), hub.clone(), relay, stop.clone()),
            crate::reader::run(self.clone(), hub.clone(), stop.clone()),
            crate::signer::run(self.clone(), stop.clone()),
        );
    }
}
