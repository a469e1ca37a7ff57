//! Files named in records (<https://atproto.com/specs/data-model#blob-type>).

use super::{Cid, Map, Value};

/// A blob: its bytes are elsewhere, by CID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    pub cid: Cid,
    /// As the author says; to be believed of nobody.
    pub mime_type: String,
    /// Bytes.
    pub size: u64,
}

impl BlobRef {
    /// Reads a blob object: `$type` is `blob`, with a link, a MIME type that is not empty, and a size.
    pub fn from_map(map: &Map) -> Option<BlobRef> {
        if map.text("$type") != Some("blob") {
            return None;
        }
        let cid = map.get("ref")?.as_link()?;
        let mime_type = map.text("mimeType").filter(|mime| !mime.is_empty())?.to_owned();
        let size = map.get("size")?.as_int().and_then(|size| u64::try_from(size).ok())?;
        Some(BlobRef { cid, mime_type, size })
    }

    /// CID and MIME type of a file as records of before the middle of 2023 name it: with these two fields and nothing else.
    pub fn legacy(map: &Map) -> Option<(Cid, &str)> {
        let cid = Cid::parse(map.text("cid")?).ok()?;
        let mime_type = map.text("mimeType").filter(|mime| !mime.is_empty())?;
        (map.len() == 2).then_some((cid, mime_type))
    }

    /// Whether a record names a file in that older way anywhere.
    pub fn any_legacy(map: &Map) -> bool {
        let mut found = false;
        let mut see = |value: &Value| found |= value.as_map().and_then(BlobRef::legacy).is_some();
        map.iter().for_each(|(_, value)| value.walk(&mut see));
        found
    }

    /// CID and MIME type of a file that a record names, in whichever way.
    pub fn named(map: &Map) -> Option<(Cid, String)> {
        let legacy = || BlobRef::legacy(map).map(|(cid, mime_type)| (cid, mime_type.to_owned()));
        BlobRef::from_map(map).map(|blob| (blob.cid, blob.mime_type)).or_else(legacy)
    }

    /// As data.
    pub fn to_map(&self) -> Map {
        Map::new()
            .with("$type", "blob")
            .with("ref", self.cid)
            .with("mimeType", self.mime_type.as_str())
            .with("size", i64::try_from(self.size).unwrap_or(i64::MAX))
    }

    /// All blobs in a record, in order, each as often as it is there.
    pub fn all_in_map(map: &Map) -> Vec<BlobRef> {
        map.iter().flat_map(|(_, value)| BlobRef::all_in(value)).collect()
    }

    /// CIDs of all files that a record names, in whichever way, in order, each as often as it is there.
    pub fn all_named(map: &Map) -> Vec<Cid> {
        let mut found = Vec::new();
        let mut see =
            |value: &Value| found.extend(value.as_map().and_then(BlobRef::named).map(|(cid, _)| cid));
        map.iter().for_each(|(_, value)| value.walk(&mut see));
        found
    }

    /// All blobs in some data, in order, each as often as it is there.
    pub fn all_in(value: &Value) -> Vec<BlobRef> {
        let mut found = Vec::new();
        value.walk(&mut |value| found.extend(value.as_map().and_then(BlobRef::from_map)));
        found
    }
}
