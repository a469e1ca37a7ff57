//! Members by handle.

use crate::{facts::Facts, network::AtProto, syntax::Handle};
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
}
