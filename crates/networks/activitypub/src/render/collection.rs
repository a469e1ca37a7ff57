//! Collections, their pages, and what is left of a deleted thing.
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use super::with_context;
use serde_json::{Value, json};

/// `OrderedCollection`. `items`: all of them, or none when there are pages; `first`: URL of the first page.
pub fn collection(id: &str, total: u64, items: Option<Vec<Value>>, first: Option<String>) -> Value {
    let mut map = json!({"id": id, "type": "OrderedCollection", "totalItems": total});
    if let Some(items) = items {
        map["orderedItems"] = Value::Array(items);
    }
    if let Some(first) = first {
        map["first"] = first.into();
    }
    with_context(map)
}

/// `OrderedCollectionPage`.
pub fn collection_page(id: &str, part_of: &str, items: Vec<Value>, next: Option<String>) -> Value {
    let mut map =
        json!({"id": id, "type": "OrderedCollectionPage", "partOf": part_of, "orderedItems": items});
    if let Some(next) = next {
        map["next"] = next.into();
    }
    with_context(map)
}

/// Answered with 410.
pub fn tombstone(id: &str) -> Value {
    with_context(json!({"id": id, "type": "Tombstone"}))
}
