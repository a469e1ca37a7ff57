//! Members' keys, and the server's.

use crate::{
    crypto::{Curve, PublicKey, SigningKey},
    network::AtProto,
};
use landbridge_hub::{Hub, HubError, NewKey};
use landbridge_model::{Id, Network};

/// Signs a member's repository and what services are asked in the member's name.
pub const SIGNING: &str = "k256";
/// The member's own key for the directory of DIDs: mightier than the server's, and exported.
pub const RECOVERY: &str = "k256-recovery";
/// The server's key for the directory of DIDs.
pub const ROTATION: &str = "k256-rotation";

fn make(kind: &'static str) -> Result<(SigningKey, NewKey), HubError> {
    let key = SigningKey::generate(Curve::K256).map_err(|_| HubError::Damaged("no randomness"))?;
    let new = NewKey { kind, public: key.public().to_did_key(), secret: key.to_bytes().to_vec() };
    Ok((key, new))
}

/// A new member's signing key.
pub fn signing() -> Result<(SigningKey, NewKey), HubError> {
    make(SIGNING)
}

/// A new member's recovery key.
pub fn recovery() -> Result<(SigningKey, NewKey), HubError> {
    make(RECOVERY)
}

fn open(secret: &[u8]) -> Result<SigningKey, HubError> {
    let damaged = HubError::Damaged("an AT Protocol key");
    let secret: &[u8; 32] = secret.try_into().map_err(|_| HubError::Damaged("an AT Protocol key"))?;
    SigningKey::from_bytes(Curve::K256, secret).map_err(|_| damaged)
}

/// A key of a member that is held here.
pub async fn held(hub: &Hub, member: Id, kind: &str) -> Result<Option<SigningKey>, HubError> {
    hub.key(member, Network::AtProto, kind).await?.map(|key| open(&key.secret)).transpose()
}

/// The key that signs a member's repository.
pub async fn signing_key(hub: &Hub, member: Id) -> Result<SigningKey, HubError> {
    let missing = || HubError::Damaged("a member without a signing key");
    let key = held(hub, member, SIGNING).await?.ok_or_else(missing)?;
    // Another node may have put a new one in its place since it was read here.
    if public(hub, member, SIGNING).await?.as_ref() == Some(key.public()) {
        return Ok(key);
    }
    hub.forget_key(member, Network::AtProto, SIGNING);
    held(hub, member, SIGNING).await?.ok_or_else(missing)
}

impl AtProto {
    /// The server's key for the directory of DIDs.
    pub async fn rotation_key(&self) -> Result<SigningKey, HubError> {
        let new = || {
            make(ROTATION).map_or_else(
                |_| NewKey { kind: ROTATION, public: String::new(), secret: Vec::new() },
                |(_, new)| new,
            )
        };
        open(&self.hub.server_key(Network::AtProto, ROTATION, new).await?.secret)
    }
}

/// The public half of a member's key.
pub async fn public(hub: &Hub, member: Id, kind: &str) -> Result<Option<PublicKey>, HubError> {
    let key = hub.public_key(member, Network::AtProto, kind).await?;
    Ok(key.and_then(|key| PublicKey::from_did_key(&key).ok()))
}

/// The member's recovery key, as other programs of this network take it: 64 hexadecimal digits.
pub async fn export_recovery(hub: &Hub, member: Id) -> Result<Option<String>, HubError> {
    let key = held(hub, member, RECOVERY).await?;
    Ok(key.map(|key| key.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()))
}
