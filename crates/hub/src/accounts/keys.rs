//! Network keys that are held here, sealed.

use crate::{Hub, HubError, NewKey, seal};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{Change, entities::keys};

/// The server itself, as the owner of keys.
const SERVER: Id = Id(0);

/// A key pair of a member (or of the server: actor 0).
#[derive(Clone)]
pub struct Key {
    pub kind: String,
    pub public: String,
    pub secret: Vec<u8>,
}

impl Hub {
    /// A key, opened. Cached for a while, since signing needs it all the time.
    pub async fn key(
        &self,
        actor: Id,
        network: impl Into<Option<Network>>,
        kind: &str,
    ) -> Result<Option<Key>, HubError> {
        let network = network.into();
        let place = (actor, network, kind.to_owned());
        if let Some(key) = self.key_cache().get(&place) {
            return Ok(Some(key));
        }
        let Some(mut row) = self.store().row(keys::one(actor, network, kind)).await? else { return Ok(None) };
        let (public, sealed): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let context = context(actor, network, kind);
        let secret = match actor {
            SERVER => self.sealer().unwrap(&context, &sealed)?,
            member => seal::open(&self.member_key(member).await?, &context, &sealed)?,
        };
        let key = Key { kind: kind.to_owned(), public, secret };
        self.key_cache().insert(place, key.clone());
        Ok(Some(key))
    }

    /// The public half alone.
    pub async fn public_key(
        &self,
        actor: Id,
        network: Network,
        kind: &str,
    ) -> Result<Option<String>, HubError> {
        Ok(self.store().row(keys::one(actor, network, kind)).await?.map(|mut r| r.get(0)).transpose()?)
    }

    /// The server's own key of that kind; `make` gives it the first time. `network`: `None` for what is no network's.
    pub async fn server_key(
        &self,
        network: impl Into<Option<Network>>,
        kind: &'static str,
        make: fn() -> NewKey,
    ) -> Result<Key, HubError> {
        let network = network.into();
        if let Some(key) = self.key(SERVER, network, kind).await? {
            return Ok(key);
        }
        // Many ask at once, at the first thing that comes from elsewhere, and some keys take a while to find.
        let _alone = self.making_key().lock().await;
        if let Some(key) = self.key(SERVER, network, kind).await? {
            return Ok(key);
        }
        let new = tokio::task::spawn_blocking(make).await.ok().filter(|new| !new.secret.is_empty());
        let new = new.ok_or(HubError::Conflict("a key of the server could not be made"))?;
        let sealed = self.sealer().wrap(&context(SERVER, network, kind), &new.secret);
        // Of several processes the first wins; the others read that one.
        self.store().write(keys::put_first(SERVER, network, kind, &new.public, sealed, Time::now())).await?;
        self.key(SERVER, network, kind).await?.ok_or(HubError::Damaged("the server's key"))
    }

    /// Reads a key again the next time.
    pub fn forget_key(&self, actor: Id, network: Network, kind: &str) {
        self.key_cache().remove(&(actor, Some(network), kind.to_owned()));
    }

    /// Keeps a key, replacing one of that kind.
    pub async fn keep_key(&self, actor: Id, network: Network, key: NewKey) -> Result<(), HubError> {
        let member_key = self.member_key(actor).await?;
        self.store().write(key_change(&member_key, actor, network, &key)).await?;
        self.forget_key(actor, network, key.kind);
        Ok(())
    }

    /// An actor's native id as people of that network write it.
    pub fn shown_actor(&self, network: Network, native_id: &str) -> String {
        self.translator(network).map_or_else(|_| native_id.to_owned(), |t| t.shown_actor(native_id))
    }

    /// A post's native id as people of that network write it.
    pub fn shown_post(&self, network: Network, native_id: &str) -> String {
        self.translator(network).map_or_else(|_| native_id.to_owned(), |t| t.shown_post(native_id))
    }

    /// The member's secret key, to be taken away; `None` when the network has none or it is kept elsewhere. Ask for the
    /// password before.
    pub async fn exported_key(&self, member: Id, network: Network) -> Result<Option<String>, HubError> {
        self.translator(network)?.export_key(self, member).await
    }

    /// Forgets a key, for good.
    pub async fn drop_key(&self, actor: Id, network: Network, kind: &str) -> Result<(), HubError> {
        self.store().write(keys::delete(actor, network, kind)).await?;
        self.forget_key(actor, network, kind);
        Ok(())
    }
}

/// The row of a member's key.
pub(super) fn key_change(member_key: &seal::SecretKey, actor: Id, network: Network, key: &NewKey) -> Change {
    let sealed = seal::seal(member_key, &context(actor, network, key.kind), &key.secret);
    keys::put(actor, network, key.kind, &key.public, sealed, Time::now())
}

fn context(actor: Id, network: impl Into<Option<Network>>, kind: &str) -> String {
    format!("key {actor} {} {kind}", network.into().map_or("here", Network::key))
}
