//! Members by handle and DID.

use crate::{
    facts::Facts,
    identity::{DidDocument, did_web_host, did_web_of, plc::PlcData},
    keys,
    network::AtProto,
    syntax::{Did, Handle},
};
use landbridge_hub::HubError;
use landbridge_model::{ActorState, Id, Network, Presence, PresenceState};
use landbridge_store::entities::atproto_access;

impl AtProto {
    /// The member who has a handle, if they are on this network.
    pub async fn member_with_handle(&self, handle: &Handle) -> Result<Option<Presence>, HubError> {
        let found = match self.own_name(handle) {
            Some(name) => match self.hub.member_named(name).await {
                Ok(member) => self.hub.presence(member.actor.id, Network::AtProto).await?,
                Err(HubError::NotFound | HubError::Invalid(_)) => None,
                Err(other) => return Err(other),
            },
            None => match self.owner_of_handle(handle).await? {
                Some(actor) => self.hub.presence(actor, Network::AtProto).await?,
                None => None,
            },
        };
        Ok(found.filter(|p| p.state == PresenceState::Active && *handle == *Facts::of(p).handle))
    }

    /// The member who has proved a handle on a domain of their own.
    pub async fn owner_of_handle(&self, handle: &Handle) -> Result<Option<Id>, HubError> {
        let row = self.hub.store().row(atproto_access::by_handle(handle.as_str())).await?;
        Ok(row.map(|mut row| row.get(0)).transpose()?)
    }

    /// What stands before our domain, if it is one label.
    pub fn own_name<'a>(&self, handle: &'a Handle) -> Option<&'a str> {
        let name = handle.as_str().strip_suffix(&self.options.handle_domain)?.strip_suffix('.')?;
        (!name.contains('.')).then_some(name)
    }

    /// Whether a handle is one that only we can give.
    pub fn is_own_handle(&self, handle: &Handle) -> bool {
        let domain = &self.options.handle_domain;
        *handle == **domain || handle.as_str().strip_suffix(domain).is_some_and(|name| name.ends_with('.'))
    }

    /// Whether a name is some member's handle, or the host that some member is, whatever their handle.
    pub async fn is_handle(&self, name: &str) -> bool {
        let Ok(handle) = Handle::parse(name) else { return false };
        if matches!(self.member_with_handle(&handle).await, Ok(Some(_))) {
            return true;
        }
        match did_web_of(&handle) {
            Some(did) => matches!(self.member_of_host(&did).await, Ok(Some(_))),
            None => false,
        }
    }

    /// The member with a DID, if they are on this network.
    pub async fn member_with_did(&self, did: &Did) -> Result<Option<Presence>, HubError> {
        let found = self.hub.presence_by_native(Network::AtProto, did.as_str()).await?;
        let Some(presence) = found.filter(|p| p.state == PresenceState::Active) else { return Ok(None) };
        Ok(self.hub.actor(presence.actor).await?.is_member().then_some(presence))
    }

    /// The member whose DID is the `did:web` of a host below our domain of handles. As long as there is an account, switched off
    /// or taken down, the identity is theirs.
    pub async fn member_of_host(&self, did: &Did) -> Result<Option<Presence>, HubError> {
        if !did_web_host(did).is_some_and(|host| self.is_own_handle(&host)) {
            return Ok(None);
        }
        let Some(presence) = self.hub.presence_by_native(Network::AtProto, did.as_str()).await? else {
            return Ok(None);
        };
        let actor = self.hub.actor(presence.actor).await?;
        Ok((actor.is_member() && actor.state != ActorState::Deleted).then_some(presence))
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
