//! Answers to what members wrote that do not name the member: quotes (`#q`), reactions, reposts and replies (`#e`), comments
//! (`#E`), and all of these for articles (`#a`, `#A`).

use super::plan::Plan;
use crate::{
    event::{Event, Hex32, kind},
    lookup::POSTS,
    network::Nostr,
    wire::Filter,
};
use landbridge_hub::HubError;

/// Of the members' posts, so many of the newest.
const MOST: u32 = 200;

/// What to ask a relay where these members read.
pub async fn filters(nostr: &Nostr, plan: &Plan, since: i64) -> Result<Vec<Filter>, HubError> {
    if plan.members.is_empty() {
        return Ok(Vec::new());
    }
    let posts = Filter::default().authors(plan.members.iter().copied()).kinds(POSTS).limit(MOST);
    let stored = nostr.relay().await?.stored(&[posts]).await?;
    let events: Vec<Event> = stored.iter().filter_map(|json| Event::from_stored(json).ok()).collect();
    let ids: Vec<String> = events.iter().map(|e| e.id).map(|id: Hex32| id.to_string()).collect();
    let addresses: Vec<String> = events.iter().filter_map(Event::address).collect();
    let answers = [kind::NOTE, kind::REPOST, kind::GENERIC_REPOST, kind::REACTION, kind::VOTE, kind::COMMENT];
    let ask = |letter, named: &[String], kinds: &[kind::Kind]| {
        Filter::default().tag(letter, named.iter().cloned()).kinds(kinds.iter().copied()).since(since)
    };
    let mut filters = Vec::new();
    if !ids.is_empty() {
        filters.push(ask('q', &ids, &POSTS));
        filters.push(ask('e', &ids, &answers));
        filters.push(ask('E', &ids, &[kind::COMMENT]));
    }
    if !addresses.is_empty() {
        filters.push(ask('q', &addresses, &POSTS));
        filters.push(ask('a', &addresses, &answers));
        filters.push(ask('A', &addresses, &[kind::COMMENT]));
    }
    Ok(filters)
}
