//! What is kept of somebody's identity on AT Protocol (the `facts` of a presence; its native id is the DID).

use landbridge_model::Presence;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The handle, verified in both directions; empty: none that holds.
    pub handle: String,
    /// Origin of the PDS that holds the repository.
    pub pds: String,
    /// `did:key` that signs the repository.
    pub signing_key: String,
    /// Does not want to be shown to people who are not signed in (`!no-unauthenticated`).
    pub signed_in_only: bool,
    /// Of members: blocks may be public records; texts that are too long become threads instead of being cut.
    pub public_blocks: bool,
    pub threads: bool,
    /// Of members: the operator makes no invitations for them.
    pub may_not_invite: bool,
    /// Of members: which blobs the pictures of the profile are.
    pub pictures: Vec<PictureBlob>,
    /// Of members: AT-URI of the post that the profile pinned when that was heard of last, empty for none. `None`: never heard.
    pub pinned: Option<String>,
    /// Of members: who may begin a conversation on the chat service, as it was said last (`all`, `following`, `none`).
    pub chat: String,
    /// Is on the way here from another server: the repository is not complete, and the DID does not name us yet.
    pub moving: bool,
    /// When the DID document was read, in milliseconds; 0: never.
    pub read_at: i64,
}

/// A picture of a member's profile as a blob in the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureBlob {
    /// `avatar` or `banner`.
    pub field: String,
    /// Name in the media store.
    pub file: String,
    pub cid: String,
    pub mime: String,
    /// Bytes.
    pub size: u64,
}

impl Facts {
    pub fn of(presence: &Presence) -> Facts {
        serde_json::from_value(presence.facts.clone()).unwrap_or_default()
    }

    /// Hosts that rules of an operator may name: of the server that holds the repository, and of the handle.
    pub fn hosts(&self) -> Vec<String> {
        let pds = url::Url::parse(&self.pds).ok().and_then(|url| url.host_str().map(str::to_owned));
        pds.into_iter().chain(Some(self.handle.clone()).filter(|handle| !handle.is_empty())).collect()
    }

    pub fn value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
