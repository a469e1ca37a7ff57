//! Records and files as apps write them.

use crate::world::{Answer, World, on_both};
use http::Method;
use landbridge_hub::{CopyKind, Draft, Page, Translator, publish::FollowOptions, reading::AccountPosts};
use landbridge_model::{Id, Network, Visibility};
use landbridge_store::{
    EngineKind,
    entities::{atproto_repos, reactions},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

on_both!(
    a_file_is_what_was_said_last_until_a_record_names_it,
    an_act_that_is_done_again_takes_the_place_of_the_first,
    an_app_pins_one_post_in_the_place_of_another,
);

const OTHER: &str = "org.example.thing";

/// A member as an app sees them.
struct Author<'a> {
    world: &'a World,
    did: String,
    token: String,
}

impl<'a> Author<'a> {
    async fn new(world: &'a World, name: &str) -> Author<'a> {
        let member = world.member(name).await;
        let (did, token) = (world.did(member).await.to_string(), world.token(name).await);
        Author { world, did, token }
    }

    async fn upload(&self, bytes: &[u8], mime: &str) -> Value {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", mime)];
        let url = format!("{}/xrpc/com.atproto.repo.uploadBlob", self.world.pds);
        self.world.send(Method::POST, &url, &headers, bytes.to_vec()).await.ok()["blob"].clone()
    }

    /// URIs of a collection, the oldest first.
    async fn uris(&self, collection: &str) -> Vec<String> {
        let query =
            format!("com.atproto.repo.listRecords?repo={}&collection={collection}&reverse=true", self.did);
        let listed = self.world.get(&query, "").await.ok();
        let uri = |record: &Value| record["uri"].as_str().unwrap().to_owned();
        listed["records"].as_array().unwrap().iter().map(uri).collect()
    }

    async fn create(&self, collection: &str, record: Value) -> Answer {
        let wanted = json!({ "repo": self.did, "collection": collection, "record": record });
        self.world.post("com.atproto.repo.createRecord", &self.token, wanted).await
    }
}

async fn a_file_is_what_was_said_last_until_a_record_names_it(engine: EngineKind) {
    const WORDS: &[u8] = b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello";
    let world = World::new(engine).await;
    let alice = Author::new(&world, "alice").await;
    let names = async |blob: &Value| alice.create(OTHER, json!({ "file": blob })).await;
    let plain = alice.upload(WORDS, "text/plain").await;
    let captions = alice.upload(WORDS, "text/vtt").await;
    assert_eq!((&captions["mimeType"], &captions["ref"]), (&json!("text/vtt"), &plain["ref"]));
    assert_eq!(names(&plain).await.error(), (400, "InvalidMimeType".into()));
    assert_eq!(names(&captions).await.status, 200);
    // Others may call it otherwise now: to readers it stays what the record says.
    alice.upload(WORDS, "*/*").await;
    assert_eq!(names(&plain).await.status, 200);
    let cid = captions["ref"]["$link"].as_str().unwrap();
    let served = world.get(&format!("com.atproto.sync.getBlob?did={}&cid={cid}", alice.did), "").await;
    assert_eq!(served.header("content-type"), "text/vtt");
}

/// Waits until the hub has heard of all that apps wrote.
async fn heard(world: &World) {
    for _ in 0..100 {
        if world.hub.store().rows(atproto_repos::pending(1)).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the hub does not hear of it");
}

async fn an_act_that_is_done_again_takes_the_place_of_the_first(engine: EngineKind) {
    const LIKE: &str = "app.bsky.feed.like";
    const REPOST: &str = "app.bsky.feed.repost";
    const FOLLOW: &str = "app.bsky.graph.follow";
    let world = World::new(engine).await;
    let alice = Author::new(&world, "alice").await;
    let me = world.hub.member_named("alice").await.unwrap().actor.id;
    let bob = world.member("bob").await;
    let draft =
        Draft { author: bob, text: "hello".into(), visibility: Some(Visibility::Public), ..Draft::default() };
    let post = world.hub.publish(draft, None).await.unwrap().id;
    let copy = world.hub.copy_on(CopyKind::Post, post, Network::AtProto).await.unwrap().unwrap();
    let subject = json!({ "uri": copy.native_id, "cid": copy.version });
    let at = |second: u8| format!("2026-01-01T00:00:{second:02}Z");
    let about_post = |second| json!({ "subject": subject, "createdAt": at(second) });
    let bobs_did = world.did(bob).await.to_string();
    let about_bob = |second| json!({ "subject": bobs_did, "createdAt": at(second) });

    // What the hub did, and what an app says that it has not heard of yet.
    world.hub.follow(me, bob, FollowOptions::default(), None).await.unwrap();
    world.hub.react(me, post, "", None, None).await.unwrap();
    assert_eq!(alice.create(REPOST, about_post(1)).await.status, 200);
    let mut newest = Vec::new();
    for (collection, record) in [(LIKE, about_post(2)), (REPOST, about_post(2)), (FOLLOW, about_bob(2))] {
        let uri = alice.create(collection, record).await.ok()["uri"].as_str().unwrap().to_owned();
        assert_eq!(alice.uris(collection).await, [uri.as_str()]);
        newest.push(uri);
    }
    let stop = tokio::sync::watch::Sender::new(false);
    let run = (world.at.clone() as Arc<dyn Translator>).run(world.hub.clone(), stop.subscribe());
    let running = tokio::spawn(run);
    heard(&world).await;
    // It is the same like and the same follow, by the name of the record that is there.
    let row = world.hub.store().row(reactions::one(post, me, "")).await.unwrap();
    let like = reactions::read(&mut row.unwrap()).unwrap().id;
    let named = world.hub.copy_on(CopyKind::Reaction, like, Network::AtProto).await.unwrap().unwrap();
    assert_eq!(named.native_id, newest[0]);
    for uri in &newest {
        let copy = world.hub.copy(Network::AtProto, uri).await.unwrap().unwrap();
        let (collection, rkey) = uri.rsplit_once('/').unwrap();
        let collection = collection.rsplit('/').next().unwrap();
        let stored = world.at.record(me, collection, rkey).await.unwrap().unwrap();
        assert_eq!(copy.version, Some(stored.cid.to_string()));
    }
    assert_eq!(world.hub.post(post).await.unwrap().likes, 1);
    // Taken back here, none is left there.
    world.hub.unreact(me, post, "", None).await.unwrap();
    world.hub.unrepost(me, post, None).await.unwrap();
    world.hub.unfollow(me, bob, None).await.unwrap();
    for collection in [LIKE, REPOST, FOLLOW] {
        assert!(alice.uris(collection).await.is_empty(), "{collection}");
    }
    // Whoever wants no checks gets what they wrote.
    for second in 3..5 {
        let record = about_post(second);
        let wanted = json!({ "repo": alice.did, "collection": LIKE, "validate": false, "record": record });
        world.post("com.atproto.repo.createRecord", &alice.token, wanted).await.ok();
    }
    assert_eq!(alice.uris(LIKE).await.len(), 2);
    stop.send_replace(true);
    running.await.unwrap();
}

async fn an_app_pins_one_post_in_the_place_of_another(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = Author::new(&world, "alice").await;
    let me = world.hub.member_named("alice").await.unwrap().actor.id;
    let stop = tokio::sync::watch::Sender::new(false);
    let run = (world.at.clone() as Arc<dyn Translator>).run(world.hub.clone(), stop.subscribe());
    let running = tokio::spawn(run);
    let mut posts: Vec<(Id, Value)> = Vec::new();
    for number in 0..8 {
        let draft = Draft {
            author: me,
            text: format!("number {number}"),
            visibility: Some(Visibility::Public),
            ..Draft::default()
        };
        let post = world.hub.publish(draft, None).await.unwrap().id;
        let copy = world.hub.copy_on(CopyKind::Post, post, Network::AtProto).await.unwrap().unwrap();
        posts.push((post, json!({ "uri": copy.native_id, "cid": copy.version })));
    }
    let put = async |name: &str, pinned: Option<&Value>| {
        let mut record = json!({ "$type": "app.bsky.actor.profile", "displayName": name });
        record.as_object_mut().unwrap().extend(pinned.map(|post| ("pinnedPost".to_owned(), post.clone())));
        let wanted = json!({
            "repo": alice.did, "collection": "app.bsky.actor.profile", "rkey": "self", "record": record,
        });
        world.post("com.atproto.repo.putRecord", &alice.token, wanted).await.ok();
        heard(&world).await;
    };
    let pinned = async || {
        let what = AccountPosts { pinned: true, ..AccountPosts::default() };
        let views = world.hub.account_posts(me, &what, None, Page::default()).await.unwrap();
        views.into_iter().map(|view| view.post.id).collect::<Vec<_>>()
    };
    // More often than posts can be pinned at once.
    for (post, reference) in &posts {
        put("Alice", Some(reference)).await;
        assert_eq!(pinned().await, [*post]);
    }
    // One that nobody here knows, and back.
    let mut unknown = posts[7].1.clone();
    unknown["uri"] = json!(format!("at://{}/app.bsky.feed.post/3kunknown22222", alice.did));
    put("Alice", Some(&unknown)).await;
    assert!(pinned().await.is_empty());
    put("Alice", Some(&posts[7].1)).await;
    assert_eq!(pinned().await, [posts[7].0]);
    // Beside it, from elsewhere: what is shown there is the last one.
    let (last, first) = (posts[7].0, posts[0].0);
    world.hub.pin(me, first, true, None).await.unwrap();
    assert_eq!(pinned().await, [first, last]);
    put("Alice", None).await;
    assert_eq!(pinned().await, [last]);
    // Another name is no word about a pin.
    put("Alice again", None).await;
    assert_eq!(pinned().await, [last]);
    // Taken off here, it is taken off there.
    put("Alice", Some(&posts[7].1)).await;
    world.hub.pin(me, last, false, None).await.unwrap();
    let query =
        format!("com.atproto.repo.getRecord?repo={}&collection=app.bsky.actor.profile&rkey=self", alice.did);
    assert!(world.get(&query, "").await.ok()["value"].get("pinnedPost").is_none());
    stop.send_replace(true);
    running.await.unwrap();
}
