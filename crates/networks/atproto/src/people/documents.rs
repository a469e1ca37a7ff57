//! Documents of DIDs, fetched and kept for a while.

use super::People;
use crate::{
    crypto::PublicKey,
    identity::{DidDocument, did_web_url},
    network::AtProto,
    syntax::{Did, DidMethod},
};
use http::{HeaderMap, StatusCode};
use landbridge_hub::HubError;
use std::sync::Arc;
use url::Url;

/// Longest document that is fetched, in bytes.
const MOST_BYTES: usize = 64 << 10;

impl AtProto {
    /// The document of a DID; `None` when there is none, or it is of a method that accounts do not have. Fails when who
    /// should know cannot be asked.
    pub(crate) async fn document_of(&self, did: &Did) -> Result<Option<Arc<DidDocument>>, HubError> {
        // What this server itself says is not remembered: it would go stale.
        if let Some(presence) = self.member_of_host(did).await? {
            return Ok(Some(Arc::new(self.member_document(&presence).await?)));
        }
        let People { documents, missing, .. } = &self.people;
        if missing.contains(did) {
            return Ok(None);
        }
        // Many who ask at once ask once.
        let asked = async {
            match self.fetch_document(did).await {
                Ok(found) => found.ok_or(None),
                Err(error) => Err(Some(error.to_string())),
            }
        };
        match documents.try_get_with(did, asked).await {
            Ok(document) => Ok(Some(document)),
            Err(Some(why)) => Err(HubError::Remote(why)),
            Err(None) => {
                missing.insert(did.clone(), ());
                Ok(None)
            }
        }
    }

    /// The key that signs the repository of a DID.
    pub(crate) async fn signing_key_of(&self, did: &Did) -> Result<Option<PublicKey>, HubError> {
        Ok(self.document_of(did).await?.and_then(|document| document.signing_key().cloned()))
    }

    /// A signature did not fit: the key as it is now, if it is another one than the one that was tried.
    pub(crate) async fn newer_key_of(
        &self,
        did: &Did,
        tried: &PublicKey,
    ) -> Result<Option<PublicKey>, HubError> {
        self.newer_named_key(did, "atproto", tried).await
    }

    /// The same of a key of another name.
    pub(crate) async fn newer_named_key(
        &self,
        did: &Did,
        name: &str,
        tried: &PublicKey,
    ) -> Result<Option<PublicKey>, HubError> {
        if !self.people.suspected.insert_first(did, ()) {
            return Ok(None);
        }
        self.people.documents.remove(did);
        let key = self.document_of(did).await?.and_then(|document| document.key(name).cloned());
        Ok(key.filter(|key| key != tried))
    }

    async fn fetch_document(&self, did: &Did) -> Result<Option<Arc<DidDocument>>, HubError> {
        let document = match did.method() {
            Some(DidMethod::Plc) => self.plc_document(did).await?,
            Some(DidMethod::Web) => self.web_document(did).await?,
            None => None,
        };
        Ok(document.map(Arc::new))
    }

    async fn web_document(&self, did: &Did) -> Result<Option<DidDocument>, HubError> {
        let Some(url) = did_web_url(did).and_then(|url| Url::parse(&url).ok()) else { return Ok(None) };
        let answer = self.hub.fetcher().get(&url, HeaderMap::new(), MOST_BYTES).await;
        let answer = answer.map_err(|error| HubError::Remote(format!("the document of {did}: {error}")))?;
        match answer.status {
            StatusCode::OK => DidDocument::parse(did, &answer.body)
                .map(Some)
                .map_err(|error| HubError::Remote(format!("the document of {did}: {error}"))),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => Err(HubError::Remote(format!("the document of {did}: {}", status.as_u16()))),
        }
    }
}
