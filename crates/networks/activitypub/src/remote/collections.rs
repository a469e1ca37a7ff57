//! Collections that are worth something only when they are whole.

use crate::ActivityPub;
use crate::vocab::{Node, same_authority};
use landbridge_hub::Hub;
use serde_json::Value;

const PAGES: usize = 50;

impl ActivityPub {
    /// All ids in a collection and its pages; `None` when it cannot be had, is longer than we read, or shows less than
    /// it counts.
    pub(crate) async fn whole_collection(&self, hub: &Hub, id: &str) -> Option<Vec<String>> {
        let first = self.document(hub, id).await.ok()?;
        let total = first.node().count("totalItems");
        let mut page = first.value;
        let mut found: Vec<String> = Vec::new();
        let mut shown = total == Some(0);
        for _ in 0..PAGES {
            for name in ["orderedItems", "items"] {
                let Some(items) = page.get(name) else { continue };
                shown = true;
                let many = items.as_array().map_or(std::slice::from_ref(items), Vec::as_slice);
                found.extend(many.iter().filter_map(|item| Node(item).as_id()).map(str::to_owned));
            }
            let Some(next) = next_page(&page) else {
                let whole = shown && total.is_none_or(|total| total == found.len() as u64);
                return whole.then_some(found);
            };
            page = match next {
                Value::Object(_) => next,
                other => {
                    let url = other.as_str().filter(|url| same_authority(url, id))?;
                    self.document(hub, url).await.ok()?.value
                }
            };
        }
        None
    }
}

/// The page after this one (of a collection: the first), embedded or by id.
fn next_page(page: &Value) -> Option<Value> {
    let is_page = Node(page).is_any(&["CollectionPage", "OrderedCollectionPage"]);
    let next = Node(page).get(if is_page { "next" } else { "first" })?;
    match (next.0.get("type").is_some(), next.as_id()) {
        (true, _) => Some(next.0.clone()),
        (false, id) => id.map(Value::from),
    }
}
