//! Codes for what changes or ends an identity. Elsewhere they come by mail; here they stand on the member's own settings page,
//! which asks for the password: an app that was let in, or a session left open, is not enough to take an identity away.

use super::{XrpcError, XrpcResult};
use crate::network::AtProto;
use landbridge_hub::{HubError, accounts::Once};
use landbridge_model::Id;
use std::time::Duration;

const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// An operation that changes the identity: keys, server, handle.
    Identity,
    /// The end of the account.
    Delete,
}

impl Code {
    fn purpose(self) -> &'static str {
        match self {
            Code::Identity => "atproto-identity-code",
            Code::Delete => "atproto-delete-code",
        }
    }
}

impl AtProto {
    /// An app has asked for something that needs a code: the settings page says so for a while.
    pub(crate) fn ask_for_code(&self, member: Id, code: Code) {
        self.guard.asked.insert((member, code.purpose()), ());
    }

    pub(crate) fn is_asked_for(&self, member: Id, code: Code) -> bool {
        self.guard.asked.contains(&(member, code.purpose()))
    }

    /// A code, good once and for a quarter of an hour. Ask for the password before.
    pub(crate) async fn make_code(&self, member: Id, code: Code) -> Result<String, HubError> {
        let once =
            Once { purpose: code.purpose().into(), member: Some(member), facts: serde_json::Value::Null };
        self.hub.once(once, LIFETIME).await
    }

    /// Uses a code up, if it is that member's.
    pub(crate) async fn use_code(&self, member: Id, code: Code, text: &str) -> XrpcResult<()> {
        let text = text.trim();
        let invalid = || {
            let place = self.hub.config().url("/settings/atproto");
            XrpcError::new(
                "InvalidToken",
                format!("this is not the code that is shown at {place}, or it is too old"),
            )
        };
        // Whose it is, before it is used up by somebody else.
        let known = self.hub.once_peek(code.purpose(), text).await?;
        if known.is_none_or(|once| once.member != Some(member)) {
            return Err(invalid());
        }
        self.hub.once_take(code.purpose(), text).await?.ok_or_else(invalid)?;
        self.guard.asked.remove(&(member, code.purpose()));
        Ok(())
    }
}
