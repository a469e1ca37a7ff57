//! Who signed a request.

use crate::ActivityPub;
use crate::remote::{KeyError, SignerKey};
use crate::signature::{Claim, Error, Request};
use landbridge_hub::Hub;
use std::sync::Arc;

/// Why a signed request does not count.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    #[error("{0}")]
    Signature(#[from] Error),
    #[error("{0}")]
    Key(&'static str),
    /// The owner of the key is gone.
    #[error("the owner of the key is gone")]
    Gone,
    /// The key cannot be fetched now.
    #[error("{0}")]
    Later(String),
}

impl ActivityPub {
    /// The signer of a request: their actor id, proved.
    pub(crate) async fn verify(&self, hub: &Hub, request: &Request<'_>) -> Result<Arc<SignerKey>, Denied> {
        let claim = Claim::read(request)?;
        self.verify_claim(hub, &claim, "").await
    }

    /// The public-key part, with one look for a changed key. `actor`: who is said to have signed.
    pub(crate) async fn verify_claim(
        &self,
        hub: &Hub,
        claim: &Claim,
        actor: &str,
    ) -> Result<Arc<SignerKey>, Denied> {
        let known = self.key(hub, &claim.key_id, actor).await.map_err(|e| match e {
            KeyError::Bad(why) => Denied::Key(why),
            KeyError::Gone => Denied::Gone,
            KeyError::Later(why) => Denied::Later(why),
        })?;
        let Err(error) = claim.verify(&known.key) else { return Ok(known) };
        match self.fresh_key(hub, &known, &claim.key_id).await {
            Some(fresh) if claim.verify(&fresh.key).is_ok() => Ok(fresh),
            _ => Err(error.into()),
        }
    }
}
