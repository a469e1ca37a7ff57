//! Lists of people in members' repositories (`app.bsky.graph.list`, `.listitem`), as far as a rule of who may answer
//! (`app.bsky.feed.threadgate#listRule`) asks for them.

use crate::{
    data::{Map, Value},
    network::AtProto,
    translate::place::{Place, THREADGATE},
};
use landbridge_hub::HubError;
use landbridge_model::{Id, Network};

const ITEM: &str = "app.bsky.graph.listitem";
/// Lists that one rule may name.
const MOST_LISTS: usize = 5;
/// Records read at once, and at most.
const PAGE: i64 = 500;
const PAGES: usize = 20;

impl AtProto {
    /// Whether somebody is on a list that the threadgate beside a post names. Of posts and lists elsewhere that is not known:
    /// there they are taken to be.
    pub async fn is_on_list_beside(&self, post: &str, actor: Id) -> Result<bool, HubError> {
        let Some(place) = Place::parse(post) else { return Ok(false) };
        let Some(author) = self.with_repository(place.did.as_str()).await? else { return Ok(true) };
        let Some(gate) = self.record(author, THREADGATE, &place.rkey).await? else { return Ok(false) };
        let Some(presence) = self.hub.presence(actor, Network::AtProto).await? else { return Ok(false) };
        for list in lists_of(gate.record()?.fields()) {
            let known = Place::parse(&list);
            let owner = match &known {
                Some(list) => self.with_repository(list.did.as_str()).await?,
                None => continue,
            };
            let is_on = match owner {
                Some(owner) => self.is_on_list(owner, &list, &presence.native_id).await?,
                None => true,
            };
            if is_on {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The member with that DID whose repository is here.
    async fn with_repository(&self, did: &str) -> Result<Option<Id>, HubError> {
        let Some(presence) = self.hub.presence_by_native(Network::AtProto, did).await? else {
            return Ok(None);
        };
        Ok(self.repo_row(presence.actor).await?.map(|_| presence.actor))
    }

    async fn is_on_list(&self, owner: Id, list: &str, did: &str) -> Result<bool, HubError> {
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let page = self.records(owner, ITEM, cursor.as_deref(), PAGE, true).await?;
            for stored in &page {
                let record = stored.record()?;
                let is = |field: &str, wanted: &str| record.fields().text(field) == Some(wanted);
                if is("subject", did) && is("list", list) {
                    return Ok(true);
                }
            }
            match page.last().filter(|_| page.len() as i64 == PAGE) {
                Some(last) => cursor = Some(last.rkey.clone()),
                None => break,
            }
        }
        Ok(false)
    }
}

fn lists_of(gate: &Map) -> Vec<String> {
    let rules = gate.get("allow").and_then(Value::as_list).unwrap_or_default();
    let list = |rule: &Value| Some(rule.as_map()?.text("list")?.to_owned());
    rules.iter().filter_map(list).take(MOST_LISTS).collect()
}
