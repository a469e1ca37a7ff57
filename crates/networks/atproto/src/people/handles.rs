//! Handles to DIDs (<https://atproto.com/specs/handle#handle-resolution>): by a TXT record of `_atproto.HANDLE`, or by
//! `https://HANDLE/.well-known/atproto-did`; the record counts when both say something. Members' own are answered from the
//! database. A trial has no DNS: it asks the servers that it reads, too.

use crate::{
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
        if self.people.lost.contains(handle) {
            return Ok(None);
        }
        let asked = async {
            match trial {
                true => self.asked_of_servers(handle).await,
                false => self.proved(handle).await,
            }
        };
        let found = self.people.handles.try_get_with(handle, async { asked.await.ok_or(()) }).await;
        if found.is_err() {
            self.people.lost.insert(handle.clone(), ());
        }
        Ok(found.ok())
    }

    /// Both at once: most handles have one of them.
    async fn proved(&self, handle: &Handle) -> Option<Did> {
        let name = format!("_atproto.{handle}");
        let (texts, page) = tokio::join!(self.texts_of(&name), self.well_known("https", handle));
        match in_records(&texts.unwrap_or_default()) {
            Records::Names(did) => Some(did),
            Records::None => page,
            Records::Several => None,
        }
    }

    async fn well_known(&self, scheme: &str, handle: &Handle) -> Option<Did> {
        let url = Url::parse(&format!("{scheme}://{handle}/.well-known/atproto-did")).ok()?;
        let answer = self.hub.fetcher().get(&url, HeaderMap::new(), MOST_BYTES).await.ok()?;
        let text = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == StatusCode::OK)?;
        read(text)
    }

    async fn asked_of_servers(&self, handle: &Handle) -> Option<Did> {
        for scheme in ["https", "http"] {
            if let Some(did) = self.well_known(scheme, handle).await {
                return Some(did);
            }
        }
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

/// What TXT records say.
#[derive(Debug, PartialEq, Eq)]
enum Records {
    None,
    Names(Did),
    /// A name of several is nobody's.
    Several,
}

fn in_records(texts: &[String]) -> Records {
    let mut dids: Vec<Did> = texts.iter().filter_map(|text| read(text.strip_prefix("did=")?)).collect();
    dids.dedup();
    match (dids.pop(), dids.is_empty()) {
        (None, _) => Records::None,
        (Some(did), true) => Records::Names(did),
        (Some(_), false) => Records::Several,
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
    fn records() {
        let did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
        let say = |texts: &[&str]| in_records(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        let own = format!("did={did}");
        assert_eq!(say(&["v=spf1", &own]), Records::Names(Did::parse(did).unwrap()));
        assert_eq!(say(&[&own, &own]), Records::Names(Did::parse(did).unwrap()));
        assert_eq!(say(&[&own, "did=did:web:b.example"]), Records::Several);
        assert_eq!(say(&["did=did:example:x", did]), Records::None);
    }

    #[test]
    fn answers() {
        assert!(read("did:plc:ewvi7nxzyoun6zhxrhs64oiz\n").is_some());
        for bad in
            ["", "<html>", "did:example:x", "did:plc:short", "did:plc:ewvi7nxzyoun6zhxrhs64oiz did:x:y"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
