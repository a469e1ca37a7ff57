//! Where a record is, and where it is seen.

use crate::{
    data::{Cid, Map},
    syntax::{AtUri, Datetime, Did, Tid},
};
use landbridge_model::Time;
use std::fmt;

pub use crate::stage::{BLOCK, FOLLOW, LIKE, POST, POSTGATE, PROFILE, REPOST, THREADGATE};

/// The key of a profile in its collection.
pub const SELF: &str = "self";

/// Where people of this network are shown to browsers.
const PAGES: &str = "https://bsky.app";

/// Whose record, in which collection, under which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub did: Did,
    pub collection: String,
    pub rkey: String,
}

impl Place {
    /// From an AT-URI of a record, by DID.
    pub fn parse(uri: &str) -> Option<Place> {
        Place::of_uri(&AtUri::parse(uri).ok()?)
    }

    pub fn of_uri(uri: &AtUri) -> Option<Place> {
        let did = uri.did().filter(|did| did.method().is_some())?.clone();
        Some(Place { did, collection: uri.collection()?.to_string(), rkey: uri.rkey()?.to_string() })
    }

    /// From a path in somebody's repository: `COLLECTION/RKEY`.
    pub fn at_path(did: &Did, path: &str) -> Option<Place> {
        let (collection, rkey) = path.split_once('/')?;
        Some(Place { did: did.clone(), collection: collection.to_owned(), rkey: rkey.to_owned() })
    }

    pub fn path(&self) -> String {
        format!("{}/{}", self.collection, self.rkey)
    }
}

impl fmt::Display for Place {
    /// The AT-URI.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at://{}/{}/{}", self.did, self.collection, self.rkey)
    }
}

/// The AT-URI of a post in a strong reference (`{uri, cid}`), by DID.
pub fn post_of(reference: &Map) -> Option<String> {
    let place = Place::parse(reference.text("uri")?)?;
    (place.collection == POST).then(|| place.to_string())
}

/// The page of a person.
pub fn page_of(did: &Did) -> String {
    format!("{PAGES}/profile/{did}")
}

/// The page of a thing that has one.
pub fn page_at(place: &Place) -> Option<String> {
    let Place { did, collection, rkey } = place;
    Some(match collection.as_str() {
        POST => format!("{PAGES}/profile/{did}/post/{rkey}"),
        "app.bsky.feed.generator" => format!("{PAGES}/profile/{did}/feed/{rkey}"),
        "app.bsky.graph.list" => format!("{PAGES}/profile/{did}/lists/{rkey}"),
        "app.bsky.graph.starterpack" => format!("{PAGES}/starter-pack/{did}/{rkey}"),
        "app.bsky.labeler.service" => page_of(did),
        _ => return None,
    })
}

/// Where a file of a repository is fetched. `server`: origin of the PDS.
pub fn blob_url(server: &str, did: &Did, cid: &Cid) -> String {
    let did = did.as_str().replace('%', "%25");
    format!("{server}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}")
}

/// When it was written: as it says, else as its key says, if that is a TID, else now; never in the future.
pub fn written_at(fields: &Map, rkey: &str, now: Time) -> Time {
    let says = fields.text("createdAt").and_then(|text| Datetime::parse(text).ok()).map(|at| at.time());
    let key = || Tid::parse(rkey).ok().and_then(|tid| i64::try_from(tid.micros() / 1000).ok()).map(Time);
    // Before there were computers is no time at which something was written.
    let written = says.filter(|at| at.0 > 0).or_else(key).filter(|at| at.0 > 0).unwrap_or(now);
    Time(written.0.min(now.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let uri = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3kabc";
        let place = Place::parse(uri).unwrap();
        assert_eq!(place.to_string(), uri);
        assert_eq!(Place::at_path(&place.did, &place.path()), Some(place));
        for bad in [
            "at://alice.example.com/app.bsky.feed.post/3k",
            "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post",
            "at://did:example:x/app.bsky.feed.post/3k",
            "https://x.example",
        ] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn times() {
        let at = |text: &str, rkey| {
            written_at(&Map::new().with("createdAt", text), rkey, Time(2_000_000_000_000)).0
        };
        assert_eq!(at("1970-01-01T00:00:01Z", "x"), 1000);
        assert_eq!(at("2999-01-01T00:00:00Z", "x"), 2_000_000_000_000);
        let tid = Tid::new(1_700_000_000_000_000, 3).to_string();
        for odd in ["0000-01-01T00:00:00Z", "yesterday", ""] {
            assert_eq!(at(odd, &tid), 1_700_000_000_000, "{odd}");
            assert_eq!(at(odd, "self"), 2_000_000_000_000, "{odd}");
        }
    }
}
