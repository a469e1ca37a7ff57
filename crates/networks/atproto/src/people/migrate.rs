//! An identity that moves here from another server. It arrives switched off: nothing is said of it until its repository is here
//! and its DID names this server.

use crate::{
    crypto::{Curve, SigningKey},
    facts::Facts,
    keys,
    network::AtProto,
    syntax::{Did, Handle},
};
use aws_lc_rs::hmac;
use landbridge_hub::{HubError, Joined, NewKey, NewPresence};
use landbridge_model::{Id, Network};
use landbridge_store::entities::atproto_access;

/// Who moves here. The DID has said so itself.
pub struct Moving {
    pub did: Did,
    pub handle: Handle,
}

impl AtProto {
    /// The key with which a DID signs if it moves here. It follows from the DID and our secret, so that nothing is kept for
    /// whoever only asks.
    pub async fn reserved_key(&self, did: &Did) -> Result<SigningKey, HubError> {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &self.secret().await?);
        // All but one in 2^128 of the numbers are keys.
        for n in 0..4 {
            let tag = hmac::sign(&secret, format!("landbridge atproto reserved\0{n}\0{did}").as_bytes());
            let bytes: [u8; 32] = tag.as_ref().try_into().map_err(|_| HubError::Damaged("a reserved key"))?;
            if let Ok(key) = SigningKey::from_bytes(Curve::K256, &bytes) {
                return Ok(key);
            }
        }
        Err(HubError::Damaged("a reserved key"))
    }

    /// The member has that identity from now on, switched off.
    pub async fn adopt(&self, member: Id, moving: Moving) -> Result<(), HubError> {
        let signing = self.reserved_key(&moving.did).await?;
        let (_, recovery) = keys::recovery()?;
        let public = signing.public().to_did_key();
        let facts = Facts {
            handle: moving.handle.to_string(),
            pds: self.options.pds_origin().to_owned(),
            signing_key: public.clone(),
            moving: true,
            ..Facts::default()
        };
        let joined = Joined {
            presence: NewPresence { native_id: moving.did.to_string(), facts: facts.value() },
            keys: vec![NewKey { kind: keys::SIGNING, public, secret: signing.to_bytes().to_vec() }, recovery],
        };
        self.hub.adopt_identity(member, Network::AtProto, joined).await?;
        if !self.is_own_handle(&moving.handle) {
            let taken = atproto_access::take_handle(moving.handle.as_str(), member);
            self.hub.store().write(taken).await?;
        }
        Ok(())
    }
}
