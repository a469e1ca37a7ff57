//! Remote signing (NIP-46), on both sides: [`served`](mod@served) answers apps that sign through us with a member's key
//! held here; [`outside`] asks a member's own signer, met by its link or by ours ([`offer`](mod@offer)), for what is
//! [`waiting`].

mod links;
mod offer;
mod outside;
mod served;
mod waiting;

pub(crate) use links::{AppLink, SignerLink};
pub use offer::{LIFE, Offer, offer};
pub use outside::Outside;
pub use served::{Ask, Invitation, accept, allow, invite};

use crate::{event::Hex32, keys::BUNKER};
use landbridge_hub::{HubError, NewKey};
use landbridge_model::{Id, Network};

use crate::network::Nostr;
use landbridge_hub::Stop;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Works on both sides until `stop`.
pub async fn run(nostr: Arc<Nostr>, stop: Stop) {
    tokio::join!(served::run(nostr.clone(), stop.clone()), waiting::run(nostr, stop));
}

/// Whether a text is a link by which a member's own signer is met: one of the signer's, or one of ours that it answered.
pub fn is_link(text: &str) -> bool {
    text.starts_with("bunker://") || text.starts_with("nostrconnect://")
}

/// Meets a member's own signer by such a link; gives the member's key. Nothing is stored here.
pub async fn meet(nostr: &Nostr, link: &str) -> Result<(Outside, Hex32), HubError> {
    match link.starts_with("nostrconnect://") {
        true => offer::taken(nostr, link).await,
        false => outside::connect(nostr, link).await,
    }
}

/// The key of a member whose signer is outside, to keep.
pub fn outside_key(outside: &Outside, key: &Hex32) -> Result<NewKey, HubError> {
    let secret = serde_json::to_vec(outside).map_err(|_| HubError::Damaged("the signer's address"))?;
    Ok(NewKey { kind: BUNKER, public: key.to_string(), secret })
}

/// From now on a member's own signer signs: it must have the very key that the member has here, which is then forgotten.
pub async fn adopt(nostr: &Nostr, member: Id, link: &str) -> Result<(), HubError> {
    if !is_link(link) {
        return Err(HubError::invalid("this is no link of a signer (bunker://)"));
    }
    let hub = &nostr.hub;
    let presence = hub.presence(member, Network::Nostr).await?.ok_or(HubError::NotFound)?;
    let (outside, key) = meet(nostr, link).await?;
    if key.to_string() != presence.native_id {
        return Err(HubError::invalid("this signer has another key than yours: import your key there first"));
    }
    hub.keep_key(member, Network::Nostr, outside_key(&outside, &key)?).await?;
    hub.drop_key(member, Network::Nostr, crate::keys::SCHNORR).await
}

/// A request, as it stands encrypted in an event of kind 24133.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    pub id: String,
    pub method: String,
    #[serde(default)]
    pub params: Vec<String>,
}

/// Its answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Response {
    pub id: String,
    #[serde(default)]
    pub result: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
