//! Somebody's identity: the document of the DID, and the handle if it holds in both directions.

use crate::{
    facts::Facts,
    identity::DidDocument,
    network::AtProto,
    syntax::{Did, Handle},
};
use landbridge_hub::HubError;
use landbridge_model::{Network, Presence, Time};
use std::sync::Arc;
use url::Url;

/// Who somebody is.
#[derive(Clone, Debug)]
pub struct Identity {
    pub did: Did,
    pub document: Arc<DidDocument>,
    /// `None`: shown by the DID.
    pub handle: Option<Handle>,
}

impl Identity {
    /// Origin of the server that holds the repository, as the document says; who fetches from there checks where it is.
    pub fn pds(&self) -> Option<Url> {
        self.document.pds()
    }

    pub fn facts(&self) -> Facts {
        Facts {
            handle: self.handle.as_ref().map(ToString::to_string).unwrap_or_default(),
            pds: self.pds().map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
            signing_key: self.document.signing_key().map(|key| key.to_did_key()).unwrap_or_default(),
            read_at: Time::now().0,
            ..Facts::default()
        }
    }

    /// Names on other networks that the document claims.
    pub fn elsewhere(&self) -> impl Iterator<Item = &str> {
        let names = self.document.also_known_as.iter().map(String::as_str);
        names.filter(|name| name.len() <= 512 && !name.starts_with("at://"))
    }
}

impl AtProto {
    /// Who a DID is; `None` when it is nobody.
    pub(crate) async fn identity(&self, did: &Did) -> Result<Option<Identity>, HubError> {
        let Some(document) = self.document_of(did).await? else { return Ok(None) };
        let handle = match document.handle() {
            Some(handle) if self.did_of_handle(&handle).await?.as_ref() == Some(did) => Some(handle),
            _ => None,
        };
        Ok(Some(Identity { did: did.clone(), document, handle }))
    }

    /// A member by DID, whatever the state of the identity.
    pub(crate) async fn member_of_did(&self, did: &str) -> Result<Option<Presence>, HubError> {
        let Some(presence) = self.hub.presence_by_native(Network::AtProto, did).await? else {
            return Ok(None);
        };
        Ok(self.hub.actor(presence.actor).await?.is_member().then_some(presence))
    }
}
