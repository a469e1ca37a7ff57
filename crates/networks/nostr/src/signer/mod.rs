//! Remote signing (NIP-46), on both sides: [`served`](mod@served) answers apps that sign through us with a member's key
//! held here; [`outside`] asks a member's own signer.

mod outside;
mod served;

pub use outside::{Outside, connect as connect_outside};
pub use served::{Invitation, accept, invite};

use crate::network::Nostr;
use landbridge_hub::Stop;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Works on both sides until `stop`.
pub async fn run(nostr: Arc<Nostr>, stop: Stop) {
    tokio::join!(served::run(nostr.clone(), stop.clone()), outside::run(nostr, stop));
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
