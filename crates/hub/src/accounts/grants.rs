//! Grants: every access token is one, with an app, a purpose, scopes, an expiry, and a log of its use.

use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use std::time::Duration;

/// A registered app.
#[derive(Clone, Debug)]
pub struct App {
    pub id: Id,
    pub client_id: String,
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    /// Space-separated.
    pub scopes: String,
    pub created_at: Time,
}

#[derive(Clone, Debug, Default)]
pub struct NewApp {
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: String,
}

/// An access that was granted.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: Id,
    /// `None`: an app's own token.
    pub member: Option<Id>,
    pub app: Option<Id>,
    /// `mastodon`, `web`, `nostr-signer`.
    pub purpose: String,
    /// Shown to the member.
    pub name: String,
    /// Space-separated.
    pub scopes: String,
    pub facts: serde_json::Value,
    pub created_at: Time,
    pub last_used_at: Option<Time>,
    pub expires_at: Option<Time>,
}

impl Grant {
    /// Has `write:statuses` when it has that or `write`.
    pub fn allows(&self, scope: &str) -> bool {
        let whole = scope.split(':').next().unwrap_or(scope);
        let follow = matches!(scope, "read:follows" | "write:follows" | "read:blocks" | "write:blocks" | "read:mutes" | "write:mutes");
        self.scopes.split_whitespace().any(|s| s == scope || s == whole || (s == "follow" && follow))
    }
}

/// What a code or link that works once stands for.
#[derive(Clone, Debug)]
pub struct Once {
    /// `oauth-code`, `setup`, `invite`, ...
    pub purpose: String,
    pub member: Option<Id>,
    pub facts: serde_json::Value,
}

impl Hub {
    /// Registers an app; gives it with its secret, which is not kept.
    pub async fn create_app(&self, new: NewApp) -> Result<(App, String), HubError> {
        unbuilt!(new)
    }

    pub async fn app(&self, client_id: &str) -> Result<Option<App>, HubError> {
        unbuilt!(client_id)
    }

    pub async fn app_by_id(&self, id: Id) -> Result<Option<App>, HubError> {
        unbuilt!(id)
    }

    /// An app that proves itself by its secret.
    pub async fn app_with_secret(&self, client_id: &str, secret: &str) -> Result<App, HubError> {
        unbuilt!(client_id, secret)
    }

    /// Makes a grant; gives it with its token, which is not kept (only its hash).
    pub async fn grant(
        &self,
        member: Option<Id>,
        app: Option<&App>,
        purpose: &str,
        name: &str,
        scopes: &str,
        facts: serde_json::Value,
        lifetime: Option<Duration>,
    ) -> Result<(Grant, String), HubError> {
        unbuilt!(member, app, purpose, name, scopes, facts, lifetime)
    }

    /// The grant of a token that is still good. Notes its use (at most once a minute).
    pub async fn grant_of(&self, token: &str) -> Result<Grant, HubError> {
        unbuilt!(token)
    }

    /// A member's grants, newest first.
    pub async fn grants(&self, member: Id) -> Result<Vec<Grant>, HubError> {
        unbuilt!(member)
    }

    /// Ends a grant of the member at once; open streams close.
    pub async fn revoke(&self, member: Id, grant: Id) -> Result<(), HubError> {
        unbuilt!(member, grant)
    }

    /// Ends a grant by its token; nothing happens when it is unknown.
    pub async fn revoke_token(&self, token: &str) -> Result<(), HubError> {
        unbuilt!(token)
    }

    /// Writes a line in the grant's log.
    pub async fn log_grant(&self, grant: Id, what: &str) -> Result<(), HubError> {
        unbuilt!(grant, what)
    }

    /// A secret that works once.
    pub async fn once(&self, once: Once, lifetime: Duration) -> Result<String, HubError> {
        unbuilt!(once, lifetime)
    }

    /// Looks without using it up.
    pub async fn once_peek(&self, purpose: &str, secret: &str) -> Result<Option<Once>, HubError> {
        unbuilt!(purpose, secret)
    }

    /// Uses it up: the second caller gets `None`.
    pub async fn once_take(&self, purpose: &str, secret: &str) -> Result<Option<Once>, HubError> {
        unbuilt!(purpose, secret)
    }
}
