//! Who signs: members, and the server's own actor.

use crate::ActivityPub;
use crate::signature::{Dialect, Error, PrivateKey, cavage, key::ProofKey, rfc9421};
use crate::urls::Urls;
use http::{HeaderMap, Method};
use landbridge_hub::{Hub, HubError, NewKey};
use landbridge_model::{Id, Network};
use std::sync::Arc;
use std::time::SystemTime;
use url::Url;

/// A key with the id under which others find its public half.
pub(crate) struct Signer {
    pub(crate) key_id: String,
    key: PrivateKey,
}

impl Signer {
    /// The headers that sign one request. `further`: one more to sign, its name in lower case.
    pub(crate) fn sign(
        &self,
        dialect: Dialect,
        method: &Method,
        url: &Url,
        body: Option<&[u8]>,
        further: Option<(&'static str, &str)>,
    ) -> Result<HeaderMap, Error> {
        let now = SystemTime::now();
        match dialect {
            Dialect::Cavage => cavage::sign_with(method, url, body, further, &self.key_id, &self.key, now),
            Dialect::Rfc9421 => rfc9421::sign_with(method, url, body, further, &self.key_id, &self.key, now),
        }
    }
}

impl ActivityPub {
    /// The server's own actor.
    pub(crate) async fn instance(&self, hub: &Hub) -> Result<Arc<Signer>, HubError> {
        self.signer(hub, None).await
    }

    /// A member, or the server's own actor.
    pub(crate) async fn signer(&self, hub: &Hub, member: Option<Id>) -> Result<Arc<Signer>, HubError> {
        if let Some(signer) = self.signers.get(&member) {
            return Ok(signer);
        }
        let urls = Urls::new(hub);
        let (owner, key) = match member {
            None => (
                urls.instance_actor(),
                Some(hub.server_key(Network::ActivityPub, "rsa", instance_key).await?),
            ),
            Some(id) => {
                let name = hub.actor(id).await?.username;
                (urls.actor(&name), hub.key(id, Network::ActivityPub, "rsa").await?)
            }
        };
        let key = key.ok_or(HubError::NotFound)?;
        let key = PrivateKey::from_pkcs8(&key.secret).map_err(|_| HubError::Damaged("an RSA key"))?;
        let signer = Arc::new(Signer { key_id: format!("{owner}#main-key"), key });
        self.signers.insert(member, signer.clone());
        Ok(signer)
    }

    /// The public key of the server's own actor.
    pub(crate) async fn instance_pem(&self, hub: &Hub) -> Result<String, HubError> {
        Ok(hub.server_key(Network::ActivityPub, "rsa", instance_key).await?.public)
    }

    /// The key that signs a member's objects, where they have one.
    pub(crate) async fn proof_key(&self, hub: &Hub, member: Id) -> Result<Option<ProofKey>, HubError> {
        let Some(key) = hub.key(member, Network::ActivityPub, "ed25519").await? else { return Ok(None) };
        let seed: [u8; 32] =
            key.secret.as_slice().try_into().map_err(|_| HubError::Damaged("an Ed25519 key"))?;
        Ok(ProofKey::from_seed(&seed).ok())
    }
}

fn instance_key() -> NewKey {
    rsa_key().unwrap_or(NewKey { kind: "rsa", public: String::new(), secret: Vec::new() })
}

/// A new RSA key. Takes tens of milliseconds of computing.
pub(crate) fn rsa_key() -> Result<NewKey, Error> {
    let key = PrivateKey::generate()?;
    Ok(NewKey { kind: "rsa", public: key.public_pem()?, secret: key.to_pkcs8()? })
}

/// A new Ed25519 key, for proofs.
pub(crate) fn ed25519_key() -> Result<NewKey, Error> {
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).map_err(|_| Error::BadKey)?;
    Ok(NewKey { kind: "ed25519", public: ProofKey::from_seed(&seed)?.multibase(), secret: seed.to_vec() })
}
