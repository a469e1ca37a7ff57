//! Codes that become a grant (RFC 6749, section 4.1): once. A second use means that somebody else has seen the code, so
//! it ends what the first has given (section 4.1.2).

use super::{
    Grant, NewGrant, Once,
    grants::{hash, token},
};
use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Write, WriteError,
    entities::{grants, once},
};
use std::time::Duration;

/// What a used code is kept as.
const SPENT: &str = "spent-code";
/// How long a second use is known as such.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

impl Hub {
    /// What a code stands for, while it may still be used. A code that was used already ends the grant it has become.
    pub async fn code(&self, purpose: &str, code: &str) -> Result<Option<Once>, HubError> {
        let found = self.once_peek(purpose, code).await?;
        if found.is_none() {
            self.code_came_again(code).await?;
        }
        Ok(found)
    }

    /// Turns a code into a grant, in one step; gives it with its token. `None`: somebody was quicker, and then that
    /// grant has ended, too.
    pub async fn grant_for_code(
        &self,
        purpose: &str,
        code: &str,
        new: NewGrant<'_>,
    ) -> Result<Option<(Grant, String)>, HubError> {
        let (token, now) = (token(), Time::now());
        let row = self.grant_row(new, now);
        let facts = serde_json::json!({ "grant": row.id }).to_string();
        let write = Write::from(vec![
            once::take(hash(code), purpose, now).or_fail("code"),
            grants::insert(&row, hash(&token)),
            once::insert(hash(code), SPENT, row.member, facts, 1, now.plus(REMEMBERED)),
        ]);
        match self.store().write(write).await {
            Ok(_) => Ok(Some((Grant::from_row(row), token))),
            Err(WriteError::Precondition("code")) => {
                self.code_came_again(code).await?;
                Ok(None)
            }
            Err(other) => Err(other.into()),
        }
    }

    async fn code_came_again(&self, code: &str) -> Result<(), HubError> {
        let Some(spent) = self.once_peek(SPENT, code).await? else { return Ok(()) };
        let grant = serde_json::from_value::<Id>(spent.facts.get("grant").cloned().unwrap_or_default());
        if let (Some(member), Ok(grant)) = (spent.member, grant) {
            match self.revoke(member, grant).await {
                Ok(()) => {
                    tracing::warn!(%grant, "a sign-in code was used twice: the access it gave has ended");
                    self.used(grant, "ended: its code was used twice");
                }
                Err(HubError::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }
}
