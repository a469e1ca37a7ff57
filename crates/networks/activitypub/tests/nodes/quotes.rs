//! Quotes that come from elsewhere: whether they count, and whose leave they show.

use super::scene::{PUBLIC, Scene};
use super::support::{draft, on_both};
use axum::http::{StatusCode, header};
use axum::routing::get;
use landbridge_activitypub::urls::Urls;
use landbridge_hub::Draft;
use landbridge_model::{Audience, Network, QuoteState};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

on_both!(
    an_older_quote_of_a_neighbour_needs_no_leave,
    only_the_leave_for_this_very_pair_counts,
    leave_that_somebody_else_says_is_taken_back_is_asked_for,
);

impl Scene {
    /// What has become of the quote in a post of Mallory's.
    async fn quote_in(&self, id: &str) -> QuoteState {
        let id = format!("{}/{id}", self.m.origin);
        let copy = self.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
        self.a.hub.post(copy.object).await.unwrap().quote.unwrap().state
    }
}

async fn an_older_quote_of_a_neighbour_needs_no_leave() {
    let s = Scene::new().await;
    let bob = s.m.member("bob").await;
    let post = s.m.publish(draft(&bob, "quote me")).await;
    let quoted = format!("{}/users/bob/statuses/{}", s.m.origin, post.id);
    let mut older = s.create("1");
    older["object"]["_misskey_quote"] = quoted.as_str().into();
    assert_eq!(s.send(&older).await, 202);
    assert_eq!(s.quote_in("1").await, QuoteState::Accepted);
    let mut newer = s.create("2");
    newer["object"]["quote"] = quoted.into();
    assert_eq!(s.send(&newer).await, 202);
    assert_eq!(s.quote_in("2").await, QuoteState::Pending, "this way knows of leave, and shows none");
}

async fn only_the_leave_for_this_very_pair_counts() {
    let s = Scene::new().await;
    let policy = Some(Audience::Nobody);
    let closed = s.a.publish(Draft { quote_policy: policy, ..draft(&s.alice, "not to be quoted") }).await;
    let open = s.a.publish(draft(&s.alice, "quote me")).await;
    let [closed, open] = [closed, open].map(|p| format!("{}/users/alice/statuses/{}", s.a.origin, p.id));
    let quote = async |id: &str, quoted: &str, stamp: &str| {
        let mut create = s.create(id);
        create["object"]["quote"] = quoted.into();
        create["object"]["quoteAuthorization"] = stamp.into();
        assert_eq!(s.send(&create).await, 202);
        s.quote_in(id).await
    };
    assert_eq!(quote("1", &closed, &open).await, QuoteState::Pending, "a post is no leave");

    let request = json!({
        "id": format!("{}/q", s.m.origin), "type": "QuoteRequest", "actor": s.actor(), "object": open,
        "instrument": format!("{}/2", s.m.origin)
    });
    assert_eq!(s.send(&request).await, 202);
    let quoted = s.a.hub.copy(Network::ActivityPub, &open).await.unwrap().unwrap().object;
    let stamp = Urls::of(&s.a.origin).stamp("alice", quoted, &format!("{}/2", s.m.origin));
    assert_eq!(quote("3", &open, &stamp).await, QuoteState::Pending, "given to another post");
    assert_eq!(quote("4", &closed, &stamp).await, QuoteState::Pending, "given for another post");
    assert_eq!(quote("2", &open, &stamp).await, QuoteState::Accepted);
}

/// A server with one post, and with leave to quote it for as long as `gives` says so.
async fn quoted_site(quoting: String, gives: Arc<AtomicBool>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://c.test:{}", listener.local_addr().unwrap().port());
    let typed = |document: Value| {
        get(async move || ([(header::CONTENT_TYPE, "application/activity+json")], document.to_string()))
    };
    let (actor, post, stamp) = (format!("{origin}/u"), format!("{origin}/p"), format!("{origin}/stamp"));
    let carol = json!({
        "id": actor, "type": "Person", "preferredUsername": "carol", "inbox": format!("{actor}/inbox")
    });
    let note =
        json!({"id": post, "type": "Note", "attributedTo": actor, "to": [PUBLIC], "content": "quote me"});
    let leave = json!({
        "id": stamp, "type": "QuoteAuthorization", "attributedTo": actor, "interactingObject": quoting,
        "interactionTarget": post
    });
    let leave = async move || {
        let status = if gives.load(Ordering::Relaxed) { StatusCode::OK } else { StatusCode::NOT_FOUND };
        (status, [(header::CONTENT_TYPE, "application/activity+json")], leave.to_string())
    };
    let site = axum::Router::new().route("/u", typed(carol)).route("/p", typed(note));
    let site = site.route("/stamp", get(leave));
    tokio::spawn(async move { axum::serve(listener, site).await });
    origin
}

async fn leave_that_somebody_else_says_is_taken_back_is_asked_for() {
    let s = Scene::new().await;
    let gives = Arc::new(AtomicBool::new(true));
    let c = quoted_site(format!("{}/1", s.m.origin), gives.clone()).await;
    let mut create = s.create("1");
    create["object"]["quote"] = format!("{c}/p").into();
    create["object"]["quoteAuthorization"] = format!("{c}/stamp").into();
    assert_eq!(s.send(&create).await, 202);
    assert_eq!(s.quote_in("1").await, QuoteState::Accepted);
    let passed_on = json!({
        "id": format!("{c}/stamp#delete"), "type": "Delete", "actor": format!("{c}/u"), "to": [PUBLIC],
        "object": {"id": format!("{c}/stamp"), "type": "QuoteAuthorization"}
    });
    assert_eq!(s.send(&passed_on).await, 202);
    assert_eq!(s.quote_in("1").await, QuoteState::Accepted, "its server still shows it");
    gives.store(false, Ordering::Relaxed);
    assert_eq!(s.send(&passed_on).await, 202);
    assert_eq!(s.quote_in("1").await, QuoteState::Revoked);
}
