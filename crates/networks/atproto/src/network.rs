//! The translator.

use crate::{
    chat,
    data::Cid,
    facts::Facts,
    keys,
    options::Options,
    pds::access::Guard,
    people::People,
    stage::report,
    syntax::{Handle, TidClock},
};
use async_trait::async_trait;
use bytes::Bytes;
use landbridge_cache::Cache;
use landbridge_hub::{
    Act, ActKind, Delivery, Draft, Hub, HubError, Incoming, Joined, KeyImport, Outcome, Preview, Staged,
    Stop, Translator, messages::Leg,
};
use landbridge_model::{Actor, Id, Network, Presence, Secrecy, Visibility};
use landbridge_store::{
    Change,
    entities::{
        atproto_access, atproto_arrivals, atproto_chats, atproto_events, atproto_invites, atproto_reader,
        atproto_repos, files,
    },
};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore, watch};

/// Bytes of blocks of repositories that are kept at hand.
const BLOCKS_AT_HAND: u64 = 16 << 20;
/// About how long one is.
const BLOCK: u64 = 1 << 10;

/// AT Protocol, as the hub sees it; and the routes of its PDS.
pub struct AtProto {
    pub(crate) hub: Hub,
    pub(crate) options: Options,
    /// Nodes and commits that were read or written lately.
    pub(crate) blocks: Cache<Cid, Bytes>,
    /// Makes revs and record keys.
    pub(crate) clock: Mutex<TidClock>,
    /// Changes whenever something was added to the stream of members' repositories.
    pub(crate) news: watch::Sender<()>,
    /// Who is who: documents of DIDs, handles.
    pub(crate) people: People,
    /// Rung when members listen to other labelers.
    pub(crate) labelers: Notify,
    /// What is remembered about who asks.
    pub(crate) guard: Guard,
    /// One for each whole repository that is here or on its way, to be taken in.
    pub(crate) incoming: Arc<Semaphore>,
    /// One for each that is being taken in.
    pub(crate) imports: Arc<Semaphore>,
    /// One for each that is going out.
    pub(crate) exports: Arc<Semaphore>,
    /// Private messages at the chat service.
    pub(crate) chats: chat::Chats,
}

impl AtProto {
    pub fn new(hub: &Hub, options: Options) -> Arc<AtProto> {
        let weight = |_: &Cid, bytes: &Bytes| u32::try_from(bytes.len() + 64).unwrap_or(u32::MAX);
        let clock = rand_clock();
        Arc::new(AtProto {
            hub: hub.clone(),
            guard: Guard::new(hub, options.rate_limits),
            options,
            blocks: Cache::weighed(BLOCKS_AT_HAND, BLOCKS_AT_HAND / BLOCK, weight),
            clock: Mutex::new(TidClock::new(clock)),
            news: watch::Sender::new(()),
            people: People::default(),
            labelers: Notify::new(),
            incoming: Arc::new(Semaphore::new(crate::pds::ARRIVING_AT_ONCE)),
            imports: Arc::new(Semaphore::new(crate::pds::IMPORTS_AT_ONCE)),
            exports: Arc::new(Semaphore::new(crate::pds::EXPORTS_AT_ONCE)),
            chats: chat::Chats::default(),
        })
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The handle that a member of that name has, unless they bring a domain of their own.
    pub fn handle_of(&self, username: &str) -> Result<Handle, HubError> {
        let handle = format!("{username}.{}", self.options.handle_domain);
        Handle::parse(&handle)
            .map_err(|_| HubError::invalid(format!("{handle} cannot be a handle on AT Protocol")))
    }

    /// Pages for people, on the origin of all pages: settings, and consent to what apps ask.
    pub fn pages(self: &Arc<Self>) -> axum::Router {
        crate::pds::settings::router().merge(crate::oauth::pages()).with_state(self.clone())
    }

    /// The routes of the PDS, on its own origin.
    pub fn router(self: &Arc<Self>) -> axum::Router {
        crate::pds::router(self.clone())
    }
}

/// 10 bits that differ between processes, as far as chance allows.
fn rand_clock() -> u16 {
    let mut bytes = [0; 2];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u16::from_le_bytes(bytes)
}

#[async_trait]
impl Translator for AtProto {
    fn network(&self) -> Network {
        Network::AtProto
    }

    fn answers_for(&self, presence: &Presence) -> Option<String> {
        url::Url::parse(&Facts::of(presence).pds).ok()?.host_str().map(str::to_owned)
    }

    async fn join(&self, _hub: &Hub, member: &Actor, import: Option<KeyImport>) -> Result<Joined, HubError> {
        crate::people::join(self, member, import).await
    }

    async fn may_return(&self, _hub: &Hub, presence: &Presence) -> Result<(), HubError> {
        AtProto::may_return(self, presence).await
    }

    async fn stage(&self, hub: &Hub, act: &Act) -> Result<Staged, HubError> {
        crate::stage::stage(self, hub, act).await
    }

    async fn state_while_off(
        &self,
        _hub: &Hub,
        member: &Actor,
        presence: &Presence,
    ) -> Result<Vec<Change>, HubError> {
        crate::stage::state_while_off(self, member, presence).await
    }

    fn builds_on_the_last(&self, _act: &ActKind) -> bool {
        true
    }

    fn written(&self) {
        self.news.send_replace(());
    }

    async fn hosts_of(&self, hub: &Hub, did: &str) -> Result<Vec<String>, HubError> {
        let Some(presence) = hub.presence_by_native(Network::AtProto, did).await? else {
            return Ok(Vec::new());
        };
        Ok(Facts::of(&presence).hosts())
    }

    async fn deliver(&self, hub: &Hub, delivery: &Delivery) -> Outcome {
        match delivery.act.as_str() {
            report::REPORT => report::deliver(self, delivery).await,
            _ if chat::is_order(&delivery.bytes) => chat::deliver(self, hub, delivery).await,
            _ => crate::stage::delivered(),
        }
    }

    async fn resolve(&self, hub: &Hub, text: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::resolve(self, hub, text).await
    }

    async fn fetch(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::fetch(self, hub, native_id).await
    }

    async fn forget(&self, native_id: &str) {
        self.people.forget(native_id);
    }

    async fn thread(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::thread(self, hub, native_id).await
    }

    async fn recent(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        crate::lookup::recent(self, hub, native_id).await
    }

    fn erase(&self, presence: &Presence) -> Vec<Change> {
        let mut changes = files::release_of_blobs(presence.actor);
        changes.extend(atproto_repos::erase(presence.actor));
        changes.push(atproto_events::erase(presence.actor));
        changes.push(atproto_arrivals::erase(presence.actor));
        changes.extend(atproto_access::erase(presence.actor));
        changes.extend(atproto_invites::erase(&presence.native_id));
        changes.push(atproto_reader::forget(&presence.native_id));
        changes.extend(atproto_chats::erase(presence.actor));
        changes
    }

    /// In the open, or by the chat service, if there is one.
    fn carries(&self, visibility: Visibility) -> bool {
        match visibility {
            Visibility::Public => true,
            Visibility::Direct => self.options.chat.is_some(),
            Visibility::Unlisted | Visibility::Followers => false,
        }
    }

    /// One company carries all messages of this network.
    async fn leg(&self, _hub: &Hub, _member: Id) -> Result<Leg, HubError> {
        Ok(Leg { here: Secrecy::PlatformReadable, there: Some(Secrecy::PlatformReadable) })
    }

    async fn can_message(
        &self,
        hub: &Hub,
        member: Id,
        people: &[Presence],
    ) -> Result<Result<(), String>, HubError> {
        chat::can_message(self, hub, member, people).await
    }

    async fn is_listed(&self, post: &str, actor: Id) -> Result<bool, HubError> {
        self.is_on_list_beside(post, actor).await
    }

    fn has_rooms(&self) -> bool {
        true
    }

    fn forget_message(&self, post: Id) -> Vec<Change> {
        vec![atproto_chats::end_sending(post)]
    }

    fn preview(&self, draft: &Draft) -> Preview {
        crate::stage::preview(draft)
    }

    fn sends_cards(&self) -> bool {
        true
    }

    async fn export_key(&self, hub: &Hub, member: Id) -> Result<Option<String>, HubError> {
        keys::export_recovery(hub, member).await
    }

    async fn run(self: Arc<Self>, hub: Hub, stop: Stop) {
        tokio::join!(
            crate::pds::run(self.clone(), stop.clone()),
            crate::reader::run(self.clone(), hub.clone(), stop.clone()),
            crate::labels::run(self.clone(), stop.clone()),
            chat::run(self.clone(), hub.clone(), stop.clone()),
        );
    }
}
