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
use landbridge_model::{Id, Presence};
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

    /// The identity and keys of whoever moves here, for [`landbridge_hub::Hub::create_member_arriving`].
    pub async fn arriving(&self, moving: &Moving) -> Result<Joined, HubError> {
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
        Ok(Joined {
            presence: NewPresence { native_id: moving.did.to_string(), facts: facts.value() },
            keys: vec![NewKey { kind: keys::SIGNING, public, secret: signing.to_bytes().to_vec() }, recovery],
        })
    }

    /// Notes whose a handle on a domain of their own is.
    pub async fn keep_handle(&self, member: Id, handle: &Handle) -> Result<(), HubError> {
        if !self.is_own_handle(handle) {
            self.hub.store().write(atproto_access::take_handle(handle.as_str(), member)).await?;
        }
        Ok(())
    }

    /// Fails, in words, unless the document of a member's DID names this server and the key that is held here.
    pub async fn lives_here(&self, presence: &Presence) -> Result<(), HubError> {
        let wrong = |why: &str| Err(HubError::invalid(why));
        let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
        let Some(document) = self.newest_document_of(&did).await? else {
            return wrong("the DID is not registered");
        };
        if document.pds().as_ref().map(|pds| pds.origin()) != Some(self.options.pds.origin()) {
            return wrong("DID document atproto_pds service endpoint does not match PDS public url");
        }
        let key = keys::public(&self.hub, presence.actor, keys::SIGNING).await?;
        match document.signing_key() {
            Some(named) if Some(named) == key.as_ref() => Ok(()),
            _ => wrong("DID document verification method does not match expected signing key"),
        }
    }

    /// Whether an account that is switched off may be switched on: not before it is here, and not after it has left.
    pub async fn may_return(&self, presence: &Presence) -> Result<(), HubError> {
        if Facts::of(presence).moving {
            return Err(HubError::invalid(
                "this account is on its way here from another server: finish the move in the app with which it began",
            ));
        }
        match self.lives_here(presence).await {
            Err(HubError::Invalid(_)) => Err(HubError::invalid(
                "your identity on AT Protocol is on another server: it can be switched on here when you have moved it back",
            )),
            other => other,
        }
    }
}
