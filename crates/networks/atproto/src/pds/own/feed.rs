//! New posts, in timelines and in the member's own list.

use super::{Newer, parameter, profile, view::View};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Adds what is newer to a feed; changes the member's profile in it.
pub fn add(method: &str, body: &mut Value, view: &View, newer: &Newer, query: &str) {
    let Some(feed) = body.get_mut("feed").and_then(Value::as_array_mut) else { return };
    for item in feed.iter_mut() {
        if let Some(author) = item.pointer_mut("/post/author") {
            profile::update(author, view, newer);
        }
    }
    let own = matches!(parameter(query, "actor"), Some(actor) if actor == view.did || actor.eq_ignore_ascii_case(&view.handle));
    let here = match method {
        "getTimeline" => true,
        "getAuthorFeed" => own,
        _ => false,
    };
    // Older pages begin behind what is new.
    if !here || parameter(query, "cursor").is_some_and(|cursor| !cursor.is_empty()) {
        return;
    }
    let filter = parameter(query, "filter").filter(|_| method == "getAuthorFeed");
    let known: HashSet<String> =
        feed.iter().filter_map(|item| item["post"]["uri"].as_str().map(str::to_owned)).collect();
    let oldest =
        feed.last().and_then(|item| item["post"]["indexedAt"].as_str()).unwrap_or_default().to_owned();
    for (uri, cid, record) in newer.posts.iter().filter(|(uri, _, _)| !known.contains(uri)) {
        let post = view.post(uri, cid, record);
        let (reply, media) = (post["record"].get("reply").is_some(), post["embed"]["images"].is_array());
        let fits = match filter.as_deref() {
            Some("posts_no_replies") => !reply,
            Some("posts_with_media") => media,
            Some("posts_with_video") => false,
            // Answers to oneself alone; who was answered cannot be told from here.
            Some("posts_and_author_threads") => !reply || answers_self(&post, &view.did),
            _ => true,
        };
        let at = post["indexedAt"].as_str().unwrap_or_default().to_owned();
        if !fits || at <= oldest {
            continue;
        }
        let place =
            feed.iter().position(|item| item["post"]["indexedAt"].as_str().unwrap_or_default() < at.as_str());
        feed.insert(place.unwrap_or(feed.len()), json!({ "post": post }));
    }
}

fn answers_self(post: &Value, did: &str) -> bool {
    let parent = post["record"]["reply"]["parent"]["uri"].as_str().unwrap_or_default();
    parent.strip_prefix("at://").and_then(|rest| rest.split('/').next()) == Some(did)
}
