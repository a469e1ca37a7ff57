//! What others find here: discovery, actor, posts, tombstones.

use super::support::{Node, draft, on_both};
use landbridge_activitypub::Options;
use landbridge_hub::Draft;
use landbridge_hub::moderation::Rule;
use landbridge_model::{Network, Visibility};

on_both!(
    a_member_is_found_by_address_url_and_page,
    posts_are_shown_to_whom_they_are_for_and_leave_a_tombstone,
    a_post_comes_with_its_first_answers,
    with_authorized_fetch_only_the_server_and_stubs_are_shown_unsigned,
    members_hide_from_hosts_that_they_block,
    a_bad_signature_is_no_signature,
);

async fn a_member_is_found_by_address_url_and_page() {
    let node = Node::start("a").await;
    node.member("alice").await;
    let actor = format!("{}/users/alice", node.origin);
    for resource in
        [format!("acct:{}", node.address("alice")), actor.clone(), format!("{}/@alice", node.origin)]
    {
        let encoded: String = url::form_urlencoded::byte_serialize(resource.as_bytes()).collect();
        let found = node.json(&format!("{}/.well-known/webfinger?resource={encoded}", node.origin)).await;
        assert_eq!(found["subject"], format!("acct:{}", node.address("alice")));
        assert_eq!(found["links"][0]["href"], actor.as_str());
    }
    let document = node.json(&actor).await;
    assert_eq!(document["preferredUsername"], "alice");
    assert_eq!(document["publicKey"]["owner"], actor.as_str());
    assert_eq!(document["assertionMethod"][0]["type"], "Multikey");
    // The page leads to the document for whoever asks for it.
    assert_eq!(node.get(&format!("{}/@alice", node.origin)).await.url.as_str(), actor);
    assert_eq!(node.get(&format!("{}/users/nobody", node.origin)).await.status, 404);
    let info = node.json(&format!("{}/nodeinfo/2.1", node.origin)).await;
    assert_eq!((&info["protocols"][0], &info["usage"]["users"]["total"]), (&"activitypub".into(), &1.into()));
    assert_eq!(node.json(&format!("{}/actor", node.origin)).await["type"], "Application");
    let host_meta = node.get(&format!("{}/.well-known/host-meta", node.origin)).await;
    assert!(String::from_utf8_lossy(&host_meta.body).contains("resource={uri}"));
}

async fn posts_are_shown_to_whom_they_are_for_and_leave_a_tombstone() {
    let node = Node::start("a").await;
    let alice = node.member("alice").await;
    let open = node.publish(draft(&alice, "Hello #World")).await;
    let url = format!("{}/users/alice/statuses/{}", node.origin, open.id);
    let note = node.json(&url).await;
    assert_eq!(note["type"], "Note");
    assert_eq!(
        note["interactionPolicy"]["canQuote"]["automaticApproval"][0],
        "https://www.w3.org/ns/activitystreams#Public"
    );
    assert_eq!(node.json(&format!("{url}/activity")).await["type"], "Create");
    assert_eq!(node.json(&format!("{url}/replies")).await["type"], "Collection");
    let next = note["replies"]["first"]["next"].as_str().unwrap().to_owned();
    assert_eq!(node.json(&next).await["type"], "CollectionPage");
    let thread = node.json(note["context"].as_str().unwrap()).await;
    assert_eq!(thread["orderedItems"][0], url.as_str());
    let outbox = node.json(&format!("{}/users/alice/outbox?page=true", node.origin)).await;
    assert_eq!(outbox["orderedItems"][0]["object"]["id"], url.as_str());

    let private = Draft { visibility: Some(Visibility::Followers), ..draft(&alice, "for followers") };
    let private = node.publish(private).await;
    let hidden = format!("{}/users/alice/statuses/{}", node.origin, private.id);
    assert_eq!(node.get(&hidden).await.status, 404);

    node.hub.delete_post(alice.actor.id, open.id, None).await.unwrap();
    let gone = node.get(&url).await;
    assert_eq!(gone.status, 410);
    assert!(String::from_utf8_lossy(&gone.body).contains("Tombstone"));
}

async fn a_post_comes_with_its_first_answers() {
    let node = Node::start("a").await;
    let (alice, anna) = (node.member("alice").await, node.member("anna").await);
    // Members are strangers to each other: what Anna says reaches only those who let her in.
    node.hub.follow(alice.actor.id, anna.actor.id, Default::default(), None).await.unwrap();
    let url = |name: &str, post: &landbridge_model::Post| {
        format!("{}/users/{name}/statuses/{}", node.origin, post.id)
    };
    let head = node.publish(draft(&alice, "1/7")).await;
    let first = async || node.json(&url("alice", &head)).await["replies"]["first"].clone();
    assert_eq!(first().await["items"], serde_json::json!([]));
    let answer = |text: &str| Draft { reply_to: Some(head.id), ..draft(&alice, text) };
    let private = Draft { visibility: Some(Visibility::Followers), ..answer("for followers") };
    node.publish(private).await;
    node.publish(Draft { reply_to: Some(head.id), ..draft(&anna, "well said") }).await;
    let mut own = Vec::new();
    for n in 2..8 {
        own.push(url("alice", &node.publish(answer(&format!("{n}/7"))).await));
    }
    own.truncate(5);
    let page = first().await;
    assert_eq!(page["items"], serde_json::json!(own), "her own first, none that is not public, and not all");
    let rest = node.json(page["next"].as_str().unwrap()).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 7);
}

async fn with_authorized_fetch_only_the_server_and_stubs_are_shown_unsigned() {
    let node = Node::with("a", Options { authorized_fetch: true }).await;
    let alice = node.member("alice").await;
    let post = node.publish(draft(&alice, "Hello")).await;
    let actor = format!("{}/users/alice", node.origin);
    let url = format!("{actor}/statuses/{}", post.id);
    let hidden = ["", "/activity", "/replies", "/likes", "/shares"].map(|part| format!("{url}{part}"));
    let lists =
        ["outbox", "followers", "following", "featured"].map(|part| format!("{actor}/{part}?page=true"));
    let thread = format!("{}/contexts/{}", node.origin, post.id);
    for url in hidden.iter().chain(&lists).chain([&thread]) {
        assert_eq!(node.get(url).await.status, 401, "{url}");
    }
    assert_eq!(node.get(&format!("{}/actor", node.origin)).await.status, 200);
    let stub = node.json(&actor).await;
    assert_eq!(stub["publicKey"]["owner"], actor.as_str());
    assert!(stub["inbox"].is_string() && stub["name"].is_null() && stub["followers"].is_null(), "{stub}");
    // A signed request is shown everything, unless it comes from where it is not welcome.
    let b = Node::start("b").await;
    let bob = b.member("bob").await;
    b.find(&actor).await;
    let known = b.hub.presence_by_native(Network::ActivityPub, &actor).await.unwrap().unwrap();
    assert!(known.facts["followers"].is_string(), "the whole actor, no stub: {}", known.facts);
    assert!(b.look_up(&bob, &url).await.is_some());
    let second = node.publish(draft(&alice, "not for b")).await;
    let host = b.origin.strip_prefix("http://").unwrap().split(':').next().unwrap();
    node.hub.set_domain_rule(host, Some(Rule::Block), "").await.unwrap();
    let second = format!("{actor}/statuses/{}", second.id);
    assert!(b.look_up(&bob, &second).await.is_none(), "the server is blocked");
}

async fn members_hide_from_hosts_that_they_block() {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, bob) = (a.member("alice").await, b.member("bob").await);
    let (before, after) =
        (a.publish(draft(&alice, "for all")).await, a.publish(draft(&alice, "not for b")).await);
    let url = |post: &landbridge_model::Post| format!("{}/users/alice/statuses/{}", a.origin, post.id);
    assert!(b.look_up(&bob, &url(&before)).await.is_some());
    let host = b.origin.strip_prefix("http://").unwrap();
    a.hub.block_domain(alice.actor.id, host, true).await.unwrap();
    assert!(b.look_up(&bob, &url(&after)).await.is_none());
}

async fn a_bad_signature_is_no_signature() {
    let node = Node::start("a").await;
    let alice = node.member("alice").await;
    let post = node.publish(draft(&alice, "Hello")).await;
    let url: url::Url = format!("{}/users/alice/statuses/{}", node.origin, post.id).parse().unwrap();
    let key = landbridge_activitypub::signature::PrivateKey::generate().unwrap();
    let key_id = format!("{}/users/alice#main-key", node.origin);
    let now = std::time::SystemTime::now();
    let mut headers = landbridge_activitypub::signature::cavage::sign(
        &axum::http::Method::GET,
        &url,
        None,
        &key_id,
        &key,
        now,
    )
    .unwrap();
    headers.insert("accept", axum::http::HeaderValue::from_static("application/activity+json"));
    let answer = node.hub.fetcher().get(&url, headers, 1 << 20).await.unwrap();
    assert_eq!(answer.status, 401);
}
