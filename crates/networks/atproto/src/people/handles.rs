//! Handles to DIDs (<https://atproto.com/specs/handle#handle-resolution>): by the DNS, where a resolver is configured, then by
//! `https://HANDLE/.well-known/atproto-did`.
//! Members' own are answered from the database. A trial has no DNS: it asks the servers that it reads.

use crate::{
    dns,
    network::AtProto,
    remote::{self, Param},
    syntax::{Did, Handle},
};
use http::{HeaderMap, StatusCode};
use landbridge_hub::HubError;
use url::Url;

/// Longest answer that is read, in bytes: a DID and a line end.
const MOST_BYTES: usize = 4096;

impl AtProto {
    /// The DID that a handle leads to; `None` when it leads nowhere, or nobody could be asked.
    pub(crate) async fn did_of_handle(&self, handle: &Handle) -> Result<Option<Did>, HubError> {
        if let Some(member) = self.member_with_handle(handle).await? {
            return Ok(Did::parse(&member.native_id).ok());
        }
        let trial = self.hub.config().trial;
        if self.is_own_handle(handle) || handle.is_disallowed_domain(trial) {
            return Ok(None);
        }
        if self.people.lost.contains_key(handle) {
            return Ok(None);
        }
        let asked = async {
            match trial {
                true => self.asked_of_servers(handle).await,
                false => match self.in_the_dns(handle).await {
                    Some(did) => Some(did),
                    None => self.well_known(handle).await,
                },
            }
        };
        let found = self.people.handles.optionally_get_with_by_ref(handle, asked).await;
        if found.is_none() {
            self.people.lost.insert(handle.clone(), ());
        }
        Ok(found)
    }

    /// `did=` in the TXT records of `_atproto`; none where there are several.
    async fn in_the_dns(&self, handle: &Handle) -> Option<Did> {
        let resolver = self.options.dns.as_ref()?;
        let texts = dns::texts(&self.hub, resolver, &format!("_atproto.{handle}")).await.ok()?;
        let mut dids = texts.iter().filter_map(|text| read(text.strip_prefix("did=")?));
        dids.next().filter(|_| dids.next().is_none())
    }

    async fn well_known(&self, handle: &Handle) -> Option<Did> {
        let url = Url::parse(&format!("https://{handle}/.well-known/atproto-did")).ok()?;
        let answer = self.hub.fetcher().get(&url, HeaderMap::new(), MOST_BYTES).await.ok()?;
        let text = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == StatusCode::OK)?;
        read(text)
    }

    async fn asked_of_servers(&self, handle: &Handle) -> Option<Did> {
        for server in self.options.streams.iter().filter_map(remote::origin) {
            let params = [Param("handle", handle.as_str())];
            let answer = remote::json(self, &server, "com.atproto.identity.resolveHandle", &params).await;
            if let Ok(Some(answer)) = answer
                && let Some(did) = answer.get("did").and_then(|did| did.as_str()).and_then(read)
            {
                return Some(did);
            }
        }
        None
    }
}

/// The DID in an answer, if it is one that an account may have.
fn read(text: &str) -> Option<Did> {
    Did::parse(text.trim()).ok().filter(|did| did.method().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert!(read("did:plc:ewvi7nxzyoun6zhxrhs64oiz\n").is_some());
        for bad in ["", "<html>", "did:example:x", "did:plc:short", "did:plc:ewvi7nxzyoun6zhxrhs64oiz did:x:y"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
