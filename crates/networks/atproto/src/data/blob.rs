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

    /// All blobs in some data, in order, each as often as it is there.
    pub fn all_in(value: &Value) -> Vec<BlobRef> {
        let mut found = Vec::new();
        value.walk(&mut |value| found.extend(value.as_map().and_then(BlobRef::from_map)));
        found
    }
}
