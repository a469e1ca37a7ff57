//! Looking up people and posts elsewhere. What is a member's is never asked for: it is here, or nowhere.
//!
//! Records come from their author's server with a proof (`com.atproto.sync.getRecord`); an AppView only says which answers
//! there are to a post ([`threads`]), and how many follow somebody.

pub mod names;
mod records;
mod threads;

pub use records::Proof;
pub use threads::thread;

use crate::{
    network::AtProto,
    people::Identity,
    remote::{self, Param},
    syntax::{AtIdentifier, Did},
    translate::{
        acts_in::{self, Found},
        gates_in,
        place::{POST, POSTGATE, PROFILE, Place, REPOST, SELF, THREADGATE},
        profiles_in,
    },
};
use landbridge_hub::{Hub, HubError, InActor, InPost, Incoming, Via, What, moderation::Rule};
use landbridge_model::{Network, Time};
use names::Named;
use serde_json::Value as Json;

/// Of somebody's latest posts, so many.
const RECENT: usize = 20;

pub async fn resolve(at: &AtProto, hub: &Hub, text: &str) -> Result<Vec<Incoming>, HubError> {
    match names::read(text, &hub.config().reserved_domain(Network::AtProto)) {
        None => Ok(Vec::new()),
        Some(Named::Person(whose)) => match at.did_of(&whose).await? {
            Some(did) if at.member_of_did(did.as_str()).await?.is_some() => Ok(vec![own_profile(&did)]),
            Some(did) => profile(at, &did).await,
            None => Ok(Vec::new()),
        },
        Some(Named::Record(whose, collection, rkey)) => {
            let Some(did) = at.did_of(&whose).await? else { return Ok(Vec::new()) };
            let place = Place { did, collection, rkey };
            match at.member_of_did(place.did.as_str()).await? {
                Some(_) => Ok(vec![own_post(&place)]),
                None => record(at, &place).await,
            }
        }
    }
}

pub async fn fetch(at: &AtProto, _hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
    let whose = match Place::parse(native_id) {
        Some(place) => place.did,
        None => match Did::parse(native_id) {
            Ok(did) => did,
            Err(_) => return Ok(Vec::new()),
        },
    };
    if at.member_of_did(whose.as_str()).await?.is_some() {
        return Ok(Vec::new());
    }
    match Place::parse(native_id) {
        Some(place) => record(at, &place).await,
        None => profile(at, &whose).await,
    }
}

pub async fn recent(at: &AtProto, _hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
    let Ok(did) = Did::parse(native_id) else { return Ok(Vec::new()) };
    if at.member_of_did(native_id).await?.is_some() {
        return Ok(Vec::new());
    }
    let server = at.server_name(&did).await?;
    let mut found = at.newest_posts(&did, RECENT).await?;
    found.reverse();
    let now = Time::now();
    let read = |found: &Found| {
        let what = acts_in::read(found, server.as_deref(), now)?;
        Some(acts_in::incoming(found, what, None, Via::Fetched, now))
    };
    Ok(found.iter().filter_map(read).collect())
}

/// Somebody elsewhere: the profile if there is one, else what the document of the DID says.
pub async fn profile(at: &AtProto, did: &Did) -> Result<Vec<Incoming>, HubError> {
    let Some(who) = at.identity(did).await? else { return Ok(Vec::new()) };
    if at.is_shut_out(did).await? {
        return Ok(Vec::new());
    }
    let place = Place { did: did.clone(), collection: PROFILE.into(), rkey: SELF.into() };
    let proof = match at.prove(&place).await {
        Ok(Some(proof)) => Some(proof),
        // Its server does not serve it: gone, or hidden for now.
        Ok(None) => return Ok(Vec::new()),
        // A stranger is somebody without a profile too; of whom one is known, that is not replaced by nothing.
        Err(error) => match at.hub.presence_by_native(Network::AtProto, did.as_str()).await? {
            Some(_) => return Err(error),
            None => None,
        },
    };
    let found = proof.and_then(|proof| proof.found);
    Ok(vec![profile_of(at, &who, found.as_ref(), Via::Fetched).await?])
}

/// The same of a profile that was read already.
pub async fn profile_of(
    at: &AtProto,
    who: &Identity,
    found: Option<&Found>,
    via: Via,
) -> Result<Incoming, HubError> {
    at.people.note_known(who.did.as_str());
    let now = Time::now();
    let domain = at.hub.config().reserved_domain(Network::AtProto);
    let fields = found.filter(|found| found.record.kind() == PROFILE).map(|found| found.record.fields());
    let mut actor = profiles_in::read(who, fields, &domain, now);
    actor.proved = proved(at, who).await?;
    if via == Via::Fetched {
        count(at, &mut actor).await;
    }
    Ok(Incoming {
        network: Network::AtProto,
        actor: who.did.to_string(),
        id: None,
        at: now,
        via,
        original: found.map(|found| found.record.bytes().clone()).unwrap_or_default(),
        what: What::Profile(Box::new(actor)),
    })
}

/// Identities that the document names and that name the DID as well.
async fn proved(at: &AtProto, who: &Identity) -> Result<Vec<(Network, String)>, HubError> {
    let mut proved = Vec::new();
    for name in who.elsewhere().filter(|name| name.starts_with("https://")).take(4) {
        let Some(other) = at.hub.actor_by_native(Network::ActivityPub, name).await? else { continue };
        let named = |own: &String| {
            let own = own.as_str();
            who.did == own.strip_prefix("at://").unwrap_or(own).trim_end_matches('/')
        };
        if other.profile.also_known_as.iter().any(named) {
            proved.push((Network::ActivityPub, name.to_owned()));
        }
    }
    Ok(proved)
}

/// How many follow somebody, as an AppView counts them; nothing depends on it.
async fn count(at: &AtProto, actor: &mut InActor) {
    let Some(view) = &at.options.appview else { return };
    let params = [Param("actor", actor.native_id.as_str())];
    let asked = remote::json(at, &view.url, "app.bsky.actor.getProfile", &params).await;
    let Ok(Some(answer)) = asked else { return };
    let number = |name: &str| answer.get(name).and_then(Json::as_u64);
    actor.followers = number("followersCount");
    actor.following = number("followsCount");
    actor.posts = number("postsCount");
}

/// A post or repost elsewhere, as it is now.
async fn record(at: &AtProto, place: &Place) -> Result<Vec<Incoming>, HubError> {
    if place.collection == PROFILE {
        return profile(at, &place.did).await;
    }
    if ![POST, REPOST].contains(&place.collection.as_str()) || at.is_shut_out(&place.did).await? {
        return Ok(Vec::new());
    }
    let Some(found) = at.prove(place).await?.and_then(|proof| proof.found) else { return Ok(Vec::new()) };
    let server = at.server_name(&place.did).await?;
    let now = Time::now();
    let what = match acts_in::read(&found, server.as_deref(), now) {
        Some(What::Post(post)) => as_it_is_now(at, place, post, now).await?,
        Some(what) => what,
        None => return Ok(Vec::new()),
    };
    Ok(vec![acts_in::incoming(&found, what, None, Via::Fetched, now)])
}

/// A post that is here in another version was edited. Who may answer and quote stands in records beside it.
async fn as_it_is_now(
    at: &AtProto,
    place: &Place,
    mut post: Box<InPost>,
    now: Time,
) -> Result<What, HubError> {
    let beside = |collection: &str| Place { collection: collection.into(), ..place.clone() };
    let (thread, quotes) = (beside(THREADGATE), beside(POSTGATE));
    let (thread, quotes) = tokio::join!(at.prove(&thread), at.prove(&quotes));
    let gate = |proof: Result<Option<Proof>, HubError>| proof.ok().flatten().and_then(|proof| proof.found);
    set_gates(&mut post, place, gate(thread).as_ref(), gate(quotes).as_ref());
    let known = at.hub.copy(Network::AtProto, &post.native_id).await?;
    if known.is_some_and(|copy| copy.version.is_some() && copy.version != post.version) {
        post.updated = Some(now);
        return Ok(What::Edit(post));
    }
    Ok(What::Post(post))
}

/// What records of the same key say of a post.
pub fn set_gates(post: &mut InPost, place: &Place, thread: Option<&Found>, quotes: Option<&Found>) {
    let of = |gate: Option<&Found>, kind: &str| {
        let fields = gate.filter(|gate| gate.record.kind() == kind)?.record.fields().clone();
        gates_in::is_of(&fields, place).then_some(fields)
    };
    if let Some(gate) = of(thread, THREADGATE) {
        post.reply_policy = gates_in::who_may_answer(&gate);
        post.hidden_answers = gates_in::hidden_answers(&gate);
    }
    if let Some(gate) = of(quotes, POSTGATE) {
        post.quote_policy = gates_in::who_may_quote(&gate);
        post.detached_quotes = gates_in::detached_quotes(&gate);
    }
}

impl AtProto {
    pub(crate) async fn did_of(&self, whose: &AtIdentifier) -> Result<Option<Did>, HubError> {
        match whose {
            AtIdentifier::Did(did) => Ok(Some(did.clone())),
            AtIdentifier::Handle(handle) => self.did_of_handle(handle).await,
        }
    }

    /// Whether the operator wants nothing of the server of an account.
    pub(crate) async fn is_shut_out(&self, did: &Did) -> Result<bool, HubError> {
        let server = self.server_of(did).await?;
        match server.as_ref().and_then(url::Url::host_str) {
            Some(host) => Ok(self.hub.domain_rule(host).await? == Some(Rule::Block)),
            None => Ok(false),
        }
    }

    /// The origin of an account's server, without a final slash.
    pub(crate) async fn server_name(&self, did: &Did) -> Result<Option<String>, HubError> {
        Ok(self.server_of(did).await?.map(|url| url.origin().ascii_serialization()))
    }
}

/// A name for a member, whom the hub knows: it takes nothing from it but who is meant.
fn own_profile(did: &Did) -> Incoming {
    let actor = InActor { native_id: did.to_string(), username: "member".into(), ..InActor::default() };
    own(did, What::Profile(Box::new(actor)))
}

/// The same for a member's post.
fn own_post(place: &Place) -> Incoming {
    let post = InPost { native_id: place.to_string(), author: place.did.to_string(), ..InPost::default() };
    own(&place.did, What::Post(Box::new(post)))
}

fn own(did: &Did, what: What) -> Incoming {
    Incoming {
        network: Network::AtProto,
        actor: did.to_string(),
        id: None,
        at: Time::now(),
        via: Via::Fetched,
        original: Default::default(),
        what,
    }
}
