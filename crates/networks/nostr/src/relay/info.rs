//! The relay information document (NIP-11).

use super::Shared;
use landbridge_hub::HubError;
use landbridge_model::{Network, PresenceState};
use serde_json::{Value, json};

impl Shared {
    pub(super) async fn information(&self) -> Value {
        let (config, limits) = (self.hub.config(), &self.limits);
        let operator = self.operator().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "who runs this server could not be read");
            None
        });
        let mut document = json!({
            "name": config.title,
            "description": config.description,
            "self": self.own_key,
            "contact": config.contact,
            "supported_nips": [1, 9, 11, 17, 40, 42, 45, 59, 62, 70],
            "software": "https://landbridge.social",
            "version": env!("CARGO_PKG_VERSION"),
            "limitation": {
                "max_message_length": limits.message,
                "max_subscriptions": limits.session.subscriptions,
                "max_limit": limits.max_limit,
                "default_limit": limits.default_limit,
                "max_subid_length": limits.frame.sub_id,
                "max_event_tags": limits.event.tags,
                "max_content_length": limits.event.content_bytes,
                "min_pow_difficulty": 0,
                "auth_required": false,
                "payment_required": false,
                "restricted_writes": true,
                "created_at_upper_limit": limits.ahead,
            },
        });
        if let (Some(key), Some(fields)) = (operator, document.as_object_mut()) {
            fields.insert("pubkey".into(), key.into());
        }
        document
    }

    /// The key of whoever runs this server, if they are on Nostr.
    async fn operator(&self) -> Result<Option<String>, HubError> {
        let Some(operator) = self.hub.contact().await? else { return Ok(None) };
        let presence = self.hub.presence(operator.actor.id, Network::Nostr).await?;
        Ok(presence.filter(|p| p.state == PresenceState::Active).map(|p| p.native_id))
    }
}
