//! Records from the servers that hold them, proved by the signature of the repository.

use crate::{
    crypto::{CryptoError, PublicKey},
    data::{Cid, Map, Record},
    network::AtProto,
    remote::{self, Param},
    repo::{
        CommitError,
        proof::{self, ProofError, Proven},
    },
    syntax::{Did, Tid},
    translate::{
        acts_in::Found,
        place::{POST, Place},
    },
};
use bytes::Bytes;
use landbridge_hub::HubError;
use serde_json::Value as Json;
use url::Url;

/// Longest proof that is fetched, in bytes.
const MOST_PROOF: usize = 2_000_000;

/// What a repository says now about one of its keys.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Of the commit that says so.
    pub rev: Tid,
    pub found: Option<Found>,
}

impl AtProto {
    /// The server of an account, as its document says.
    pub(crate) async fn server_of(&self, did: &Did) -> Result<Option<Url>, HubError> {
        Ok(self.document_of(did).await?.and_then(|document| document.pds()))
    }

    /// One record, proved; `None` when the account or its repository is not to be had.
    pub(crate) async fn prove(&self, place: &Place) -> Result<Option<Proof>, HubError> {
        let Place { did, collection, rkey } = place;
        let Some(document) = self.document_of(did).await? else { return Ok(None) };
        let (Some(server), Some(key)) = (document.pds(), document.signing_key()) else { return Ok(None) };
        let params = [Param("did", did.as_str()), Param("collection", collection), Param("rkey", rkey)];
        let file = remote::bytes(self, &server, "com.atproto.sync.getRecord", &params, MOST_PROOF).await?;
        let Some(file) = file else { return Ok(None) };
        let proven = self.check_proof(&file, did, key, &place.path()).await?;
        let found = match proven.record {
            Some(block) => {
                Record::decode(block.bytes).ok().map(|record| Found { place: place.clone(), record })
            }
            None => None,
        };
        Ok(Some(Proof { rev: proven.commit.rev, found }))
    }

    async fn check_proof(
        &self,
        file: &Bytes,
        did: &Did,
        key: &PublicKey,
        path: &str,
    ) -> Result<Proven, HubError> {
        let bad = |error: ProofError| HubError::Remote(format!("the proof of {path} of {did}: {error}"));
        match proof::check(file, did, key, path) {
            Err(ProofError::Commit(CommitError::Signature(CryptoError::Signature))) => {
                let newer = self.newer_key_of(did, key).await?;
                let newer =
                    newer.ok_or_else(|| HubError::Remote(format!("a proof that {did} has not signed")))?;
                proof::check(file, did, &newer, path).map_err(bad)
            }
            other => other.map_err(bad),
        }
    }

    /// Somebody's newest posts, as their own server lists them: it is the one that their document names, and holds the key
    /// that would sign a proof of each.
    pub(crate) async fn newest_posts(&self, did: &Did, limit: usize) -> Result<Vec<Found>, HubError> {
        let Some(server) = self.server_of(did).await? else { return Ok(Vec::new()) };
        let limit = limit.to_string();
        let params = [Param("repo", did.as_str()), Param("collection", POST), Param("limit", &limit)];
        let answer = remote::json(self, &server, "com.atproto.repo.listRecords", &params).await?;
        let list = answer.as_ref().and_then(|answer| answer.get("records")).and_then(Json::as_array);
        Ok(list.into_iter().flatten().filter_map(|entry| listed(did, entry)).collect())
    }
}

/// An entry of a list, if it is of that account and is what its CID names.
fn listed(did: &Did, entry: &Json) -> Option<Found> {
    let place = Place::parse(entry.get("uri")?.as_str()?).filter(|place| place.did == *did)?;
    let cid = Cid::parse(entry.get("cid")?.as_str()?).ok()?;
    let record = Record::encode(Map::from_json(entry.get("value")?).ok()?).ok()?;
    (record.cid() == cid).then_some(Found { place, record })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_held_to_their_cids() {
        let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap();
        let value = json!({"$type": POST, "text": "x", "createdAt": "2024-01-01T00:00:00Z"});
        let cid = Record::encode(Map::from_json(&value).unwrap()).unwrap().cid().to_string();
        let entry = |uri: &str, value: &Json| json!({"uri": uri, "cid": cid, "value": value});
        let uri = format!("at://{did}/{POST}/3kabc");
        assert!(listed(&did, &entry(&uri, &value)).is_some());
        assert!(listed(&did, &entry(&uri, &json!({"$type": POST, "text": "y"}))).is_none());
        assert!(
            listed(&did, &entry("at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3kabc", &value))
                .is_none()
        );
        assert!(listed(&did, &json!(5)).is_none());
    }
}
