//! Members by handle and DID.

use crate::{
    facts::Facts,
    identity::{DidDocument, plc::PlcData},
    keys,
    network::AtProto,
    syntax::{Did, Handle},
};
use landbridge_hub::HubError;
use landbridge_model::{Network, Presence, PresenceState};

impl AtProto {
    /// The member who has a handle, if they are on this network.
    pub async fn member_with_handle(&self, handle: &Handle) -> Result<Option<Presence>, HubError> {
        let handle = handle.to_string();
        let own = handle.strip_suffix(&self.options.handle_domain).and_then(|name| name.strip_suffix('.'));
        let found = match own {
            Some(name) if !name.contains('.') => match self.hub.member_named(name).await {
                Ok(member) => self.hub.presence(member.actor.id, Network::AtProto).await?,
                Err(HubError::NotFound | HubError::Invalid(_)) => None,
                Err(other) => return Err(other),
            },
            _ => None,
        };
        Ok(found.filter(|p| p.state == PresenceState::Active && Facts::of(p).handle == handle))
    }

    /// The member with a DID, if they are on this network.
    pub async fn member_with_did(&self, did: &Did) -> Result<Option<Presence>, HubError> {
        let found = self.hub.presence_by_native(Network::AtProto, did.as_str()).await?;
        let Some(presence) = found.filter(|p| p.state == PresenceState::Active) else { return Ok(None) };
        Ok(self.hub.actor(presence.actor).await?.is_member().then_some(presence))
    }

    /// The document of a member's DID, as it was registered last by us.
    pub async fn member_document(&self, presence: &Presence) -> Result<DidDocument, HubError> {
        let damaged = || HubError::Damaged("a member's identity on AT Protocol");
        let facts = Facts::of(presence);
        let did = Did::parse(&presence.native_id).map_err(|_| damaged())?;
        let key = keys::public(&self.hub, presence.actor, keys::SIGNING).await?.ok_or_else(damaged)?;
        let handle = Handle::parse(&facts.handle).map_err(|_| damaged())?;
        Ok(PlcData::for_account(&[], &key, &handle, self.options.pds_origin()).document(did))
    }
}
