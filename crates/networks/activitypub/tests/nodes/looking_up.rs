//! Finding people and posts elsewhere: signed fetches, addresses on another host, threads.

use super::support::{Node, draft, on_both, until};
use axum::extract::RawQuery;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use landbridge_activitypub::Options;
use landbridge_hub::reading::AccountPosts;
use landbridge_hub::{Draft, Page};

on_both!(
    a_delete_reaches_whoever_fetched_the_post_signed,
    pages_lead_to_their_posts,
    pages_elsewhere_name_the_post,
    an_address_may_be_on_another_host_than_the_server,
    a_thread_is_completed_in_both_directions,
    a_profile_has_its_totals_once_somebody_looks,
);

async fn a_delete_reaches_whoever_fetched_the_post_signed() {
    let (a, b) = (Node::with("a", Options { authorized_fetch: true }).await, Node::start("b").await);
    let (alice, bob) = (a.member("alice").await, b.member("bob").await);
    // Nobody follows anybody.
    let sent = a.publish(draft(&alice, "found by chance")).await;
    let url = format!("{}/users/alice/statuses/{}", a.origin, sent.id);
    let got = b.look_up(&bob, &url).await.expect("the post is shown to a signed request");
    assert_eq!(got.text.text, "found by chance");
    a.hub.delete_post(alice.actor.id, sent.id, None).await.unwrap();
    until("the delete arrives", async || b.hub.post(got.id).await.is_err()).await;
}

async fn pages_lead_to_their_posts() {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, bob) = (a.member("alice").await, b.member("bob").await);
    let sent = a.publish(draft(&alice, "by its page")).await;
    let page = format!("{}/@alice/{}", a.origin, sent.id);
    assert_eq!(b.look_up(&bob, &page).await.unwrap().text.text, "by its page");
    assert_eq!(b.find(&format!("{}/@alice", a.origin)).await.acct(), a.address("alice"));
}

/// A site whose pages are not those of the server behind it.
async fn pages_elsewhere_name_the_post() {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, bob) = (a.member("alice").await, b.member("bob").await);
    let (first, second) =
        (a.publish(draft(&alice, "named by a header")).await, a.publish(draft(&alice, "by a tag")).await);
    let id = |post: &landbridge_model::Post| format!("{}/users/alice/statuses/{}", a.origin, post.id);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let blog = format!("http://blog.test:{}", listener.local_addr().unwrap().port());
    let link = format!("<{}>; rel=\"alternate\"; type=\"application/activity+json\"", id(&first));
    let tag = format!("<link rel=\"alternate\" type=\"application/activity+json\" href=\"{}\">", id(&second));
    let html = (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned());
    let (by_header, by_tag) = ([html.clone(), (header::LINK, link)], [html]);
    let site = axum::Router::new()
        .route("/1", get(async move || (by_header, "<p>one</p>").into_response()))
        .route("/2", get(async move || (by_tag, format!("<head>{tag}</head><p>two</p>")).into_response()))
        .route("/3", get(async || "nothing of this network".into_response()));
    tokio::spawn(async move { axum::serve(listener, site).await });
    for (path, text) in [("/1", "named by a header"), ("/2", "by a tag")] {
        let found = b.look_up(&bob, &format!("{blog}{path}")).await;
        assert_eq!(found.unwrap_or_else(|| panic!("{path}")).text.text, text);
    }
    assert!(b.look_up(&bob, &format!("{blog}/3")).await.is_none());
}

async fn an_address_may_be_on_another_host_than_the_server() {
    // The firm's web site stays where it is and only sends look-ups on.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let domain = format!("firm.test:{}", listener.local_addr().unwrap().port());
    let a = Node::at("social", Options::default(), Some(domain.clone())).await;
    let target = format!("{}/.well-known/webfinger", a.origin);
    let send_on = get(move |RawQuery(query): RawQuery| async move {
        Redirect::temporary(&format!("{target}?{}", query.unwrap_or_default()))
    });
    let site = axum::Router::new().route("/.well-known/webfinger", send_on);
    tokio::spawn(async move { axum::serve(listener, site).await });

    let b = Node::start("b").await;
    let (_, bob) = (a.member("alice").await, b.member("bob").await);
    let alice = b.follow(&bob, &format!("alice@{domain}")).await;
    assert_eq!(alice.acct(), format!("alice@{domain}"));
    // By the host's own name they are the same person.
    let host = a.origin.strip_prefix("http://").unwrap();
    assert_eq!(b.find(&format!("{}/users/alice", a.origin)).await.id, alice.id);
    assert_eq!(b.find(&format!("alice@{host}")).await.id, alice.id);
}

async fn a_thread_is_completed_in_both_directions() {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, bob) = (a.member("alice").await, b.member("bob").await);
    let first = a.publish(draft(&alice, "first")).await;
    let second = a.publish(Draft { reply_to: Some(first.id), ..draft(&alice, "second") }).await;
    let third = a.publish(Draft { reply_to: Some(second.id), ..draft(&alice, "third") }).await;
    let aside = a.publish(Draft { reply_to: Some(first.id), ..draft(&alice, "aside") }).await;
    let _ = (third, aside);
    let url = format!("{}/users/alice/statuses/{}", a.origin, second.id);
    let got = b.look_up(&bob, &url).await.unwrap();
    b.hub.backfill(got.id).await.unwrap();
    let thread = b.hub.thread(got.id, Some(bob.actor.id)).await.unwrap();
    let texts = |views: &[landbridge_hub::PostView]| {
        views.iter().map(|v| v.post.text.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&thread.ancestors), ["first"]);
    assert_eq!(texts(&thread.descendants), ["third"]);
    let top = b.hub.thread(thread.ancestors[0].post.id, Some(bob.actor.id)).await.unwrap();
    assert_eq!(texts(&top.descendants), ["second", "third", "aside"]);
}

async fn a_profile_has_its_totals_once_somebody_looks() {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, anna, bob) = (a.member("alice").await, a.member("anna").await, b.member("bob").await);
    a.hub.follow(anna.actor.id, alice.actor.id, Default::default(), None).await.unwrap();
    a.publish(draft(&alice, "one")).await;
    a.publish(draft(&alice, "two")).await;
    let there = b.follow(&bob, &a.address("alice")).await;
    assert_eq!(there.posts, 0, "the collections are not in the profile");
    b.hub.freshen(there.id).await.unwrap();
    let (here, known) = (a.hub.actor(alice.actor.id).await.unwrap(), b.hub.actor(there.id).await.unwrap());
    assert!(here.followers > 0 && here.posts == 2);
    let counts = |actor: &landbridge_model::Actor| (actor.followers, actor.following, actor.posts);
    assert_eq!(counts(&known), counts(&here));
}

#[tokio::test]
async fn pins_are_read_from_the_profile_when_nobody_tells_of_them() {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, bob) = (a.member("alice").await, b.member("bob").await);
    let there = b.follow(&bob, &a.address("alice")).await;
    let (old, new) = (a.publish(draft(&alice, "old")).await, a.publish(draft(&alice, "new")).await);
    for text in ["old", "new"] {
        b.sees(&bob, text, |p| p.text.text == text).await;
    }
    let pinned = async || {
        let what = AccountPosts { pinned: true, ..AccountPosts::default() };
        let views = b.hub.account_posts(there.id, &what, None, Page::default()).await.unwrap();
        views.into_iter().map(|v| v.post.text.text).collect::<Vec<_>>()
    };
    a.hub.pin(alice.actor.id, old.id, true, None).await.unwrap();
    until("the pin is known", async || pinned().await == ["old"]).await;
    // Nobody who follows, so nobody who is told.
    b.hub.unfollow(bob.actor.id, there.id, None).await.unwrap();
    until("the follower is gone", async || a.hub.actor(alice.actor.id).await.unwrap().followers == 0).await;
    a.hub.pin(alice.actor.id, old.id, false, None).await.unwrap();
    a.hub.pin(alice.actor.id, new.id, true, None).await.unwrap();
    assert_eq!(pinned().await, ["old"]);
    b.hub.freshen(there.id).await.unwrap();
    assert_eq!(pinned().await, ["new"]);
}
