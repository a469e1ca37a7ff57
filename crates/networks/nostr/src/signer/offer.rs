//! A `nostrconnect://` link of ours: the member shows it to their own signer, which answers on one of its relays; then we
//! ask that signer whose it is. Kept in memory, for minutes: an offer that outlives a restart would be a secret at rest.

use super::{
    Response,
    outside::{Outside, permissions},
};
use crate::{
    event::{Event, Hex32, Keys, kind},
    network::Nostr,
    nips::n44,
    pool::Told,
    relay::Ear,
    wire::Filter,
};
use landbridge_hub::HubError;
use landbridge_model::{Id, Time};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long a link works.
pub const LIFE: Duration = Duration::from_secs(15 * 60);
/// How long the form waits for the signer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Relays named beside ours, for signers that cannot reach it.
const MORE_RELAYS: usize = 2;

/// A link that waits for its signer.
pub struct Offer {
    client: Keys,
    secret: String,
    relays: Vec<String>,
    signer: watch::Sender<Option<Hex32>>,
}

impl Offer {
    /// The secret that came back tells who answers: anybody can write to a key.
    fn heard(&self, event: &Event) {
        if event.kind != kind::NOSTR_CONNECT || self.signer.borrow().is_some() {
            return;
        }
        let Ok(text) = n44::decrypt(&self.client, &event.pubkey, &event.content) else { return };
        let response = serde_json::from_str::<Response>(&text);
        if response.is_ok_and(|r| r.result.as_deref() == Some(self.secret.as_str())) {
            self.signer.send_replace(Some(event.pubkey));
        }
    }
}

/// A link for a member, which is listened for: the one that was made before as long as it works.
pub async fn offer(nostr: &Arc<Nostr>, member: Id) -> Result<String, HubError> {
    if let Some(link) = nostr.offered.get(&member)
        && client_of(&link).is_some_and(|client| nostr.offers.contains(&client))
    {
        return Ok(link);
    }
    let link = make(nostr).await?;
    nostr.offered.insert(member, link.clone());
    Ok(link)
}

fn client_of(link: &str) -> Option<Hex32> {
    url::Url::parse(link).ok()?.host_str()?.parse().ok()
}

async fn make(nostr: &Arc<Nostr>) -> Result<String, HubError> {
    let client = Keys::generate();
    let secret = hex::encode(crate::event::random::<16>());
    let mut relays = vec![nostr.relay_url().to_owned()];
    relays.extend(nostr.options.relays.iter().filter(|r| *r != nostr.relay_url()).take(MORE_RELAYS).cloned());
    let mut link = url::Url::parse(&format!("nostrconnect://{}", client.public()))
        .map_err(|_| HubError::Damaged("a link"))?;
    for relay in &relays {
        link.query_pairs_mut().append_pair("relay", relay);
    }
    let config = nostr.hub.config();
    link.query_pairs_mut()
        .append_pair("secret", &secret)
        .append_pair("perms", &permissions())
        .append_pair("name", &config.title)
        .append_pair("url", &config.url("/"));
    let offer = Arc::new(Offer { client, secret, relays, signer: watch::Sender::new(None) });
    nostr.offers.insert(offer.client.public(), offer.clone());
    // Heard from now on: a signer may be faster than the page.
    let ear = nostr.relay().await?.listen_for(offer.client.public());
    tokio::spawn(until_answered(offer.clone(), {
        let offer = offer.clone();
        async move { hear(&offer, ear).await }
    }));
    for relay in offer.relays.iter().filter(|r| *r != nostr.relay_url()) {
        let (nostr, relay) = (nostr.clone(), relay.clone());
        tokio::spawn(until_answered(offer.clone(), {
            let offer = offer.clone();
            async move { listen(&nostr, &offer, &relay).await }
        }));
    }
    Ok(link.to_string())
}

/// Listens until the signer has answered, or the link is too old.
async fn until_answered(offer: Arc<Offer>, listening: impl Future<Output = ()>) {
    let mut answered = offer.signer.subscribe();
    tokio::select! {
        () = listening => {}
        _ = answered.wait_for(Option::is_some) => {}
        () = tokio::time::sleep(LIFE) => {}
    }
}

async fn hear(offer: &Offer, mut ear: Ear) {
    while let Some(event) = ear.next().await {
        offer.heard(&event);
    }
}

async fn listen(nostr: &Nostr, offer: &Offer, relay: &str) {
    let mut backoff = crate::pool::Backoff::default();
    loop {
        let filter = Filter::default()
            .kinds([kind::NOSTR_CONNECT])
            .tag('p', [offer.client.public().to_string()])
            .since(Time::now().secs() - 60);
        if let Ok(mut subscription) = nostr.pool.subscribe(relay, vec![filter]).await {
            while let Some(told) = subscription.next().await {
                if let Told::Event(json) = told
                    && let Ok(event) = Event::from_json(&json)
                {
                    offer.heard(&event);
                }
            }
        }
        tokio::time::sleep(backoff.failed()).await;
    }
}

/// The signer that has answered a link of ours, or answers it within a minute; and whose it is.
pub async fn taken(nostr: &Nostr, link: &str) -> Result<(Outside, Hex32), HubError> {
    let offer = client_of(link).and_then(|client| nostr.offers.get(&client)).ok_or_else(|| {
        HubError::invalid("this link is too old: please load the page again and use the new one")
    })?;
    let mut answered = offer.signer.subscribe();
    let signer = match tokio::time::timeout(PATIENCE, answered.wait_for(Option::is_some)).await {
        Ok(Ok(signer)) => *signer,
        _ => None,
    };
    let signer = signer.ok_or_else(|| {
        HubError::invalid("no signer has answered yet: open the link in your signer, then try again")
    })?;
    let client = hex::encode(offer.client.secret());
    let outside = Outside { signer, relays: offer.relays.clone(), client };
    let key = outside.member_key(nostr).await?;
    nostr.offers.remove(&offer.client.public());
    Ok((outside, key))
}
