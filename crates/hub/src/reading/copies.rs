//! Where a thing is: its copies on the networks and its deliveries.

use crate::{CopyKind, CopyState, Destination, Hub, HubError, outbox::DeliveryState};
use bytes::Bytes;
use landbridge_model::{Id, Network, Time};
use landbridge_store::{
    Row, StoreError,
    entities::{
        copies::{self, CopyRow},
        deliveries, fetchers,
    },
};
use url::Url;

/// A thing's identity on a network.
#[derive(Clone, Debug)]
pub struct Copy {
    pub network: Network,
    pub native_id: String,
    pub kind: CopyKind,
    /// The post, repost, reaction, follow...
    pub object: Id,
    pub actor: Id,
    pub version: Option<String>,
    pub url: Option<String>,
    pub state: CopyState,
}

/// One line of the delivery record.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    pub id: Id,
    pub network: Network,
    pub destination: String,
    pub host: String,
    pub act: String,
    /// `waiting`, `delivered`, `refused`, `gone`, `unknown`, `given up`, `dropped`.
    pub state: &'static str,
    pub attempts: u32,
    pub next_at: Time,
    pub answer: Option<String>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

impl Hub {
    /// The thing with that native id, if it is known here.
    pub async fn copy(&self, network: Network, native_id: &str) -> Result<Option<Copy>, HubError> {
        let row = self.store().row(copies::by_native(network, native_id)).await?;
        Ok(row.map(|mut row| Copy::read(&mut row)).transpose()?.flatten())
    }

    /// All copies of a thing.
    pub async fn copies(&self, kind: CopyKind, object: Id) -> Result<Vec<Copy>, HubError> {
        let mut rows = self.store().rows(copies::of_object(kind.key(), object)).await?;
        Ok(rows.iter_mut().filter_map(|row| Copy::read(row).transpose()).collect::<Result<_, _>>()?)
    }

    /// The living copy of a thing on one network.
    pub async fn copy_on(
        &self,
        kind: CopyKind,
        object: Id,
        network: Network,
    ) -> Result<Option<Copy>, HubError> {
        let row = self.store().row(copies::live_on(kind.key(), object, network)).await?;
        Ok(row.map(|mut row| Copy::read(&mut row)).transpose()?.flatten())
    }

    /// Wire bytes of a copy, opened when sealed.
    pub async fn original(&self, network: Network, native_id: &str) -> Result<Option<Bytes>, HubError> {
        let Some(mut row) = self.store().row(copies::original(network, native_id)).await? else {
            return Ok(None);
        };
        let (bytes, object): (Vec<u8>, Id) = (row.get(0)?, row.get(1)?);
        if row.get::<Option<bool>>(2)? != Some(true) {
            return Ok(Some(bytes.into()));
        }
        Ok(Some(self.post_key(object, None).await?.open("original", &bytes)?.into()))
    }

    /// Where a post of the member went: its deliveries (edits and deletes too), newest first.
    pub async fn deliveries(&self, member: Id, post: Id) -> Result<Vec<DeliveryRecord>, HubError> {
        let mut rows = self.store().rows(deliveries::of_object(post, member)).await?;
        Ok(rows
            .iter_mut()
            .filter_map(|row| DeliveryRecord::read(row).transpose())
            .collect::<Result<_, _>>()?)
    }

    /// Every destination that this thing was ever sent to on a network, and every server that fetched it signed: whom
    /// a delete must reach.
    pub async fn sent_to(&self, network: Network, object: Id) -> Result<Vec<Destination>, HubError> {
        let asked = vec![deliveries::sent_to(object, network), fetchers::of_post(object, network)];
        let mut answers = self.store().all(asked).await?;
        let fetched = answers.pop().unwrap_or_default();
        let mut all = Vec::new();
        for mut row in answers.pop().unwrap_or_default() {
            all.push(Destination { url: row.get(0)?, host: row.get(1)? });
        }
        for mut row in fetched {
            let url: String = row.get(0)?;
            let Some(host) = Url::parse(&url).ok().and_then(|u| u.host_str().map(str::to_owned)) else {
                continue;
            };
            if !all.iter().any(|d| d.url == url) {
                all.push(Destination { url, host });
            }
        }
        Ok(all)
    }

    /// Notes that a server fetched a post signed.
    pub async fn note_fetcher(&self, network: Network, post: Id, destination: &str) -> Result<(), HubError> {
        // Most fetches are repeated ones; they should not cost a commit.
        if self.store().row(fetchers::one(post, network, destination)).await?.is_none() {
            self.store().write(fetchers::insert(post, network, destination)).await?;
        }
        Ok(())
    }
}

impl Copy {
    /// `None`: of a network or kind that this version does not know.
    fn read(row: &mut Row) -> Result<Option<Copy>, StoreError> {
        let row = CopyRow::read(row)?;
        let (Some(network), Some(kind)) = (row.network, CopyKind::from_key(&row.kind)) else {
            return Ok(None);
        };
        Ok(Some(Copy {
            network,
            native_id: row.native_id,
            kind,
            object: row.object,
            actor: row.actor,
            version: row.version,
            url: row.url,
            state: CopyState::from_i64(row.state),
        }))
    }
}

impl DeliveryRecord {
    fn read(row: &mut Row) -> Result<Option<DeliveryRecord>, StoreError> {
        let Some(network) = Network::from_i64(row.get(1)?) else { return Ok(None) };
        Ok(Some(DeliveryRecord {
            id: row.get(0)?,
            network,
            destination: row.get(2)?,
            host: row.get(3)?,
            act: row.get(4)?,
            state: DeliveryState::from_i64(row.get(5)?).word(),
            attempts: u32::try_from(row.get::<i64>(6)?).unwrap_or(u32::MAX),
            next_at: row.get(7)?,
            answer: row.get(8)?,
            created_at: row.get(9)?,
            finished_at: row.get(10)?,
        }))
    }
}
