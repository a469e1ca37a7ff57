//! An account moves from one server to another, as the guide has it (<https://atproto.com/guides/account-migration>).

use crate::world::{PASSWORD, Wishes, World, on_both};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    data::{Map, Record},
    firehose::{AccountStatus, Event, Frame, Unnumbered},
    repo::{
        Block, Write,
        car::{CarLimits, read_rooted},
    },
    repository::Wish,
    syntax::{Did, Nsid, RecordKey},
};
use landbridge_hub::{Draft, HubError, Page, Registrations, publish::FollowOptions, reading::AccountPosts};
use landbridge_model::{Actor, Id, Network, Post, PresenceState, Visibility};
use landbridge_store::{
    EngineKind,
    entities::{atproto_arrivals, atproto_events, deliveries},
};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    an_account_moves_with_everything,
    whoever_moves_here_finds_what_they_had,
    pictures_of_before_come_along,
    a_move_is_taken_up_again,
    whoever_has_left_does_not_come_back_by_themselves,
    whoever_brings_nothing_begins_with_nothing,
    nobody_brings_what_is_not_theirs,
    nobody_brings_what_is_no_repository,
    an_owner_always_gets_their_repository,
    a_profile_stays_as_an_app_wrote_it,
);

const PICTURE: &[u8] = include_bytes!("../../../../../tests/interop/tests/activitypub/picture.png");

/// Two servers with one directory.
async fn two(engine: EngineKind) -> (World, World) {
    let old = World::new(engine).await;
    let wishes = Wishes {
        registrations: Registrations::Open,
        handle_domain: "new.test",
        directory: Some(format!("{}/plc", old.pds)),
        ..Wishes::default()
    };
    let new = World::with(engine, wishes).await;
    (old, new)
}

async fn service_token(old: &World, token: &str, new: &World, lxm: &str) -> String {
    let query = format!("com.atproto.server.getServiceAuth?aud={}&lxm={lxm}", new.audience());
    old.get(&query, token).await.ok()["token"].as_str().unwrap().to_owned()
}

/// A member of the old server on the way to the new one.
struct Move<'a> {
    old: &'a World,
    new: &'a World,
    member: Id,
    did: Did,
    /// Access tokens at both.
    there: String,
    here: String,
}

impl<'a> Move<'a> {
    /// With an account at the new server, which is switched off.
    async fn begin(old: &'a World, new: &'a World, member: Id, name: &str) -> Move<'a> {
        let (did, there) = (old.did(member).await, old.token(name).await);
        let leave = service_token(old, &there, new, "com.atproto.server.createAccount").await;
        let wanted = json!({ "did": did, "handle": format!("{name}.new.test"), "password": PASSWORD });
        let made = new.post("com.atproto.server.createAccount", &leave, wanted).await.ok();
        assert_eq!(made["did"], did.as_str());
        let here = made["accessJwt"].as_str().unwrap().to_owned();
        Move { old, new, member, did, there, here }
    }

    async fn repository(&self) {
        let car = self.old.get(&format!("com.atproto.sync.getRepo?did={}", self.did), "").await;
        assert_eq!(self.bring(car.body.to_vec()).await, 200);
    }

    async fn bring(&self, car: Vec<u8>) -> u16 {
        let bearer = format!("Bearer {}", self.here);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/vnd.ipld.car")];
        let url = format!("{}/xrpc/com.atproto.repo.importRepo", self.new.pds);
        self.new.send(Method::POST, &url, &headers, car).await.status
    }

    async fn blobs(&self) {
        let missing = self.new.get("com.atproto.repo.listMissingBlobs", &self.here).await.ok();
        for blob in missing["blobs"].as_array().unwrap() {
            let cid = blob["cid"].as_str().unwrap();
            let file =
                self.old.get(&format!("com.atproto.sync.getBlob?did={}&cid={cid}", self.did), "").await;
            let bearer = format!("Bearer {}", self.here);
            let headers = [("authorization", bearer.as_str()), ("content-type", file.header("content-type"))];
            let url = format!("{}/xrpc/com.atproto.repo.uploadBlob", self.new.pds);
            let put = self.new.send(Method::POST, &url, &headers, file.body.to_vec()).await;
            assert_eq!(put.ok()["blob"]["ref"]["$link"], cid);
        }
    }

    /// The identity: signed there, by a code, and handed in here.
    async fn identity(&self) {
        let mut operation =
            self.new.get("com.atproto.identity.getRecommendedDidCredentials", &self.here).await.ok();
        self.old
            .post("com.atproto.identity.requestPlcOperationSignature", &self.there, Value::Null)
            .await
            .ok();
        operation["token"] = json!(self.old.code(self.member, "identity-code").await);
        let signed =
            self.old.post("com.atproto.identity.signPlcOperation", &self.there, operation).await.ok();
        let elsewhere =
            self.old.post("com.atproto.identity.submitPlcOperation", &self.there, signed.clone()).await;
        assert_eq!(elsewhere.status, 400, "not to the old one");
        self.new.post("com.atproto.identity.submitPlcOperation", &self.here, signed).await.ok();
    }

    async fn activate(&self) -> u16 {
        self.new.post("com.atproto.server.activateAccount", &self.here, Value::Null).await.status
    }

    async fn end(&self) {
        assert_eq!(self.activate().await, 200);
        self.old.post("com.atproto.server.deactivateAccount", &self.there, json!({})).await.ok();
    }

    async fn status(&self) -> Value {
        self.new.get("com.atproto.server.checkAccountStatus", &self.here).await.ok()
    }
}

fn draft(author: Id, text: &str) -> Draft {
    Draft { author, text: text.into(), visibility: Some(Visibility::Public), ..Draft::default() }
}

/// What subscribers of a server were told, in order.
async fn told(world: &World) -> Vec<Event> {
    let rows = world.hub.store().rows(atproto_events::after(0, 1000)).await.unwrap();
    let read = |mut row: landbridge_store::Row| {
        let (seq, before, after) = (row.get::<i64>(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        let frame = Unnumbered { before, after }.number(u64::try_from(seq).unwrap());
        match Frame::decode(&frame.into()).unwrap() {
            Frame::Event(_, event) => event,
            other => panic!("{other:?}"),
        }
    };
    rows.into_iter().map(read).collect()
}

fn word(event: &Event) -> &'static str {
    match event {
        Event::Identity(_) => "identity",
        Event::Account(account) if account.active => "account",
        Event::Account(_) => "no account",
        Event::Sync(_) => "sync",
        Event::Commit(_) => "commit",
    }
}

async fn an_account_moves_with_everything(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    let did = old.did(alice).await;
    old.hub.publish(draft(alice, "kept"), None).await.unwrap();

    let reserved =
        new.post("com.atproto.server.reserveSigningKey", "", json!({ "did": did })).await.ok()["signingKey"]
            .as_str()
            .unwrap()
            .to_owned();
    let moving = Move::begin(&old, &new, alice, "alice").await;
    let before = moving.status().await;
    assert_eq!((&before["activated"], &before["validDid"]), (&json!(false), &json!(false)));
    assert_eq!(moving.activate().await, 400, "too early");
    // An app must not go on to the server that the document names now.
    let session = new.sign_in("alice.new.test", PASSWORD).await.ok();
    assert!(session.get("didDoc").is_none(), "{session}");

    moving.repository().await;
    assert_eq!(moving.status().await["indexedRecords"], 2);
    let preferences =
        json!({ "preferences": [{ "$type": "app.bsky.actor.defs#adultContentPref", "enabled": true }] });
    assert_eq!(new.post("app.bsky.actor.putPreferences", &moving.here, preferences).await.status, 200);
    let wanted = new.get("com.atproto.identity.getRecommendedDidCredentials", &moving.here).await.ok();
    assert_eq!(wanted["verificationMethods"]["atproto"], reserved);
    moving.identity().await;
    assert_eq!(moving.status().await["validDid"], true);
    moving.end().await;

    let session = new.get("com.atproto.server.getSession", &moving.here).await.ok();
    assert_eq!((&session["active"], &session["handle"]), (&json!(true), &json!("alice.new.test")));
    assert_eq!(session["didDoc"]["service"][0]["serviceEndpoint"], new.pds);
    assert_eq!(moving.status().await["activated"], true);
    assert_eq!(old.presence(alice).await.state, PresenceState::Off);
    let found = new
        .get(&format!("com.atproto.repo.listRecords?repo={did}&collection=app.bsky.feed.post"), "")
        .await
        .ok();
    assert_eq!(found["records"][0]["value"]["text"], "kept");
    // It goes on.
    let record = json!({ "$type": "app.bsky.feed.post", "text": "hello from here", "createdAt": "2026-01-01T00:00:00Z" });
    let written = json!({ "repo": did, "collection": "app.bsky.feed.post", "record": record });
    assert_eq!(new.post("com.atproto.repo.createRecord", &moving.here, written).await.status, 200);
    // What subscribers heard, in order; and nothing before the identity said so.
    let events = told(&new).await;
    let words: Vec<&str> = events.iter().map(word).collect();
    assert_eq!(words[..4], ["identity", "identity", "account", "sync"], "{words:?}");
    assert!(words[4..].iter().all(|word| *word == "commit"), "{words:?}");
    let last = told(&old).await.pop();
    assert!(
        matches!(&last, Some(Event::Account(account)) if account.status == Some(AccountStatus::Deactivated)),
        "{last:?}"
    );
    let profile = new
        .get(
            &format!("com.atproto.repo.getRecord?repo={did}&collection=app.bsky.actor.profile&rkey=self"),
            "",
        )
        .await;
    assert_eq!(profile.status, 200);
}

/// The post with these words by that actor.
async fn post_of(world: &World, author: Id, words: &str) -> Option<Post> {
    let what = AccountPosts::default();
    let posts = world.hub.account_posts(author, &what, None, Page::default()).await.unwrap();
    posts.into_iter().map(|view| view.post).find(|post| post.text.text.contains(words))
}

/// A profile as another app writes it: without a date, with white space, and with a field that nobody here knows. Gives its CID.
async fn put_profile(world: &World, member: Id, token: &str, pinned: &str) -> Value {
    let (did, rkey) = (world.did(member).await, pinned.rsplit('/').next().unwrap());
    let post = format!("com.atproto.repo.getRecord?repo={did}&collection=app.bsky.feed.post&rkey={rkey}");
    let post = world.get(&post, "").await.ok();
    let record = json!({
        "$type": "app.bsky.actor.profile",
        "displayName": "Alice",
        "description": "on the way\n",
        "pinnedPost": { "uri": post["uri"], "cid": post["cid"] },
        "mood": "hopeful",
    });
    let written =
        json!({ "repo": did, "collection": "app.bsky.actor.profile", "rkey": "self", "record": record });
    world.post("com.atproto.repo.putRecord", token, written).await.ok()["cid"].clone()
}

async fn profile_of(world: &World, did: &Did) -> Value {
    let query = format!("com.atproto.repo.getRecord?repo={did}&collection=app.bsky.actor.profile&rkey=self");
    world.get(&query, "").await.ok()
}

async fn a_profile_stays_as_an_app_wrote_it(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    let post = world.hub.publish(draft(alice, "pinned"), None).await.unwrap();
    let uri = world.hub.copies(landbridge_hub::CopyKind::Post, post.id).await.unwrap()[0].native_id.clone();
    let stop = tokio::sync::watch::Sender::new(false);
    let run = (world.at.clone() as std::sync::Arc<dyn landbridge_hub::Translator>)
        .run(world.hub.clone(), stop.subscribe());
    let running = tokio::spawn(run);
    let cid = put_profile(&world, alice, &world.token("alice").await, &uri).await;
    let pinned = AccountPosts { pinned: true, ..AccountPosts::default() };
    let mut found = Vec::new();
    for _ in 0..100 {
        found = world.hub.account_posts(alice, &pinned, None, Page::default()).await.unwrap();
        if !found.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found.len(), 1);
    assert_eq!(world.hub.actor(alice).await.unwrap().profile.display_name, "Alice");
    assert_eq!(profile_of(&world, &did).await["cid"], cid);
    // What is changed here is changed there, and nothing else is.
    let mut profile = world.hub.actor(alice).await.unwrap().profile;
    profile.display_name = "Alice again".into();
    world.hub.set_profile(alice, profile, false, false, None).await.unwrap();
    let now = profile_of(&world, &did).await["value"].clone();
    assert_eq!((&now["displayName"], &now["mood"]), (&json!("Alice again"), &json!("hopeful")));
    assert_eq!(now["pinnedPost"]["uri"], uri);
    stop.send_replace(true);
    running.await.unwrap();
}

async fn whoever_moves_here_finds_what_they_had(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let (alice, bob, eve) = (old.member("alice").await, old.member("bob").await, old.member("eve").await);
    let picture = old.hub.upload(alice, PICTURE.into(), "four dots").await.unwrap().id;
    let first = old.hub.publish(Draft { media: vec![picture], ..draft(alice, "dots") }, None).await.unwrap();
    let second = Draft { reply_to: Some(first.id), ..draft(alice, "more of them") };
    old.hub.publish(second, None).await.unwrap();
    let by_bob = old.hub.publish(draft(bob, "by bob"), None).await.unwrap();
    old.hub.publish(Draft { reply_to: Some(by_bob.id), ..draft(alice, "an answer") }, None).await.unwrap();
    old.hub.react(alice, by_bob.id, "", None, None).await.unwrap();
    old.hub.repost(alice, by_bob.id, None, None).await.unwrap();
    old.hub.follow(alice, bob, FollowOptions::default(), None).await.unwrap();
    old.settings(alice, "choices", &[("blocks", "public"), ("long", "cut")]).await;
    old.hub.block(alice, eve).await.unwrap();
    let uri = old.hub.copies(landbridge_hub::CopyKind::Post, first.id).await.unwrap()[0].native_id.clone();
    let profile = put_profile(&old, alice, &old.token("alice").await, &uri).await;

    // Somebody here has followed her before, and has seen the picture; and nobody is to be told anything.
    let carol = new.member("carol").await;
    let did = old.did(alice).await;
    let stranger: Actor = new.hub.find_actor(did.as_str()).await.unwrap().unwrap();
    new.hub.follow(carol, stranger.id, FollowOptions::default(), None).await.unwrap();
    for incoming in new.hub.translator(Network::AtProto).unwrap().fetch(&new.hub, &uri).await.unwrap() {
        new.hub.receive(incoming).await.unwrap();
    }
    let seen = new.hub.copy(Network::AtProto, &uri).await.unwrap().unwrap().object;
    let home = new.hub.home(carol, Page::default()).await.unwrap().len();

    let moving = Move::begin(&old, &new, alice, "alice").await;
    moving.repository().await;
    moving.blobs().await;
    moving.identity().await;
    moving.end().await;
    let stop = tokio::sync::watch::Sender::new(false);
    let run = (new.at.clone() as std::sync::Arc<dyn landbridge_hub::Translator>)
        .run(new.hub.clone(), stop.subscribe());
    let running = tokio::spawn(run);
    let me = new.hub.member_named("alice").await.unwrap().actor.id;
    for _ in 0..200 {
        let open = atproto_arrivals::due(atproto_arrivals::LATER, 10);
        if new.hub.store().rows(open).await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    // The one that was known is hers now, with its picture in this house and its answer below it.
    let dots = post_of(&new, me, "dots").await.unwrap();
    assert_eq!((dots.id, dots.origin, dots.media.len()), (seen, None, 1));
    assert_eq!((dots.created_at, dots.edited_at), (first.created_at, None));
    assert!(dots.media[0].file.is_some() && dots.media[0].description.as_deref() == Some("four dots"));
    assert_eq!(post_of(&new, me, "more of them").await.unwrap().reply_to, Some(dots.id));
    let bob_here = new.hub.find_actor(old.did(bob).await.as_str()).await.unwrap().unwrap().id;
    let answered = post_of(&new, me, "an answer").await.unwrap();
    assert_eq!(answered.reply_to_author, Some(bob_here));
    let page = Page::default;
    assert_eq!(new.hub.liked(me, page()).await.unwrap()[0].1.post.text.text, "by bob");
    assert_eq!(new.hub.following(me, page()).await.unwrap()[0].1.id, bob_here);
    let eve_here = new.hub.find_actor(old.did(eve).await.as_str()).await.unwrap().unwrap().id;
    assert_eq!(new.hub.blocks(me, page()).await.unwrap()[0].1.id, eve_here);
    assert_eq!(new.hub.followers(me, page()).await.unwrap()[0].1.id, carol);
    let pinned = AccountPosts { pinned: true, ..AccountPosts::default() };
    let pinned = new.hub.account_posts(me, &pinned, None, page()).await.unwrap();
    assert_eq!(pinned.iter().map(|view| view.post.id).collect::<Vec<_>>(), [dots.id]);
    let actor = new.hub.actor(me).await.unwrap();
    assert_eq!((actor.posts, actor.followers, actor.following), (3, 1, 1));

    // Nothing of it went anywhere, nobody was told, and the repository is as it came.
    assert_eq!(new.hub.home(carol, page()).await.unwrap().len(), home);
    assert!(new.hub.unread(carol).await.unwrap() == 0 && new.hub.unread(me).await.unwrap() == 0);
    let waiting = new.hub.store().rows(deliveries::of_object(dots.id, me)).await.unwrap();
    assert!(waiting.is_empty(), "a post that was brought is to be delivered");
    let words: Vec<&str> = told(&new).await.iter().map(word).skip_while(|word| *word != "sync").collect();
    assert_eq!(words, ["sync"], "the repository has changed");
    assert_eq!(profile_of(&new, &did).await["cid"], profile);
    assert_eq!((&*actor.profile.display_name, &*actor.profile.bio.text), ("Alice", "on the way"));
    // What is deleted there is gone here.
    let rkey = uri.rsplit('/').next().unwrap();
    let gone = json!({ "repo": did, "collection": "app.bsky.feed.post", "rkey": rkey });
    assert_eq!(new.post("com.atproto.repo.deleteRecord", &moving.here, gone).await.status, 200);
    for _ in 0..100 {
        if new.hub.post(dots.id).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(new.hub.post(dots.id).await.is_err());
    stop.send_replace(true);
    running.await.unwrap();
}

/// Records of before the middle of 2023 name files by CID and type alone.
async fn pictures_of_before_come_along(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    let (did, token) = (old.did(alice).await, old.token("alice").await);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "image/png")];
    let url = format!("{}/xrpc/com.atproto.repo.uploadBlob", old.pds);
    let blob = old.send(Method::POST, &url, &headers, PICTURE.to_vec()).await.ok()["blob"].clone();
    let cid = blob["ref"]["$link"].as_str().unwrap();
    let avatar = json!({ "cid": cid, "mimeType": "image/png" });
    let profile = json!({ "$type": "app.bsky.actor.profile", "displayName": "Alice", "avatar": avatar });
    let write = json!({
        "$type": "com.atproto.repo.applyWrites#update",
        "collection": "app.bsky.actor.profile",
        "rkey": "self",
        "value": profile,
    });
    let wanted = json!({ "repo": did, "validate": false, "writes": [write] });
    // Today none is written any more.
    let refused = old.post("com.atproto.repo.applyWrites", &token, wanted).await;
    assert_eq!(refused.error(), (400, "InvalidRequest".into()));
    let record = Record::encode(Map::from_json(&profile).unwrap()).unwrap();
    let write = Write::Update(
        Nsid::parse("app.bsky.actor.profile").unwrap(),
        RecordKey::parse("self").unwrap(),
        Block::of_dag_cbor(record.bytes().clone()),
    );
    old.at.put(&old.presence(alice).await, None, true, &[Wish::Exactly(write)]).await.unwrap();

    let moving = Move::begin(&old, &new, alice, "alice").await;
    moving.repository().await;
    let blobs = async || {
        let status = moving.status().await;
        (status["expectedBlobs"].clone(), status["importedBlobs"].clone())
    };
    assert_eq!(blobs().await, (json!(1), json!(0)));
    moving.blobs().await;
    assert_eq!(blobs().await, (json!(1), json!(1)));
    let listed = new.get(&format!("com.atproto.sync.listBlobs?did={did}"), &moving.here).await.ok();
    assert_eq!(listed["cids"], json!([cid]));
    moving.identity().await;
    moving.end().await;
    let me = new.hub.member_named("alice").await.unwrap().actor;
    assert!(me.profile.avatar.is_some());
    // An app puts the profile as it has found it.
    let wanted =
        json!({ "repo": did, "collection": "app.bsky.actor.profile", "rkey": "self", "record": profile });
    new.post("com.atproto.repo.putRecord", &moving.here, wanted).await.ok();
    assert_eq!(profile_of(&new, &did).await["value"]["avatar"], blob);
}

async fn a_move_is_taken_up_again(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    old.hub.publish(draft(alice, "one"), None).await.unwrap();
    let moving = Move::begin(&old, &new, alice, "alice").await;
    moving.repository().await;
    // The app is gone. Whoever begins once more is told that the account is there, and signs in to it.
    let leave = service_token(&old, &moving.there, &new, "com.atproto.server.createAccount").await;
    let wanted = json!({ "did": moving.did, "handle": "alice.new.test", "password": PASSWORD });
    let twice = new.post("com.atproto.server.createAccount", &leave, wanted).await;
    assert_eq!(twice.error(), (400, "InvalidRequest".into()));
    let session = new.sign_in("alice.new.test", PASSWORD).await.ok();
    assert_eq!((&session["active"], &session["status"]), (&json!(false), &json!("deactivated")));
    let moving = Move { here: session["accessJwt"].as_str().unwrap().into(), ..moving };
    // Meanwhile there was more at the old one: the repository is brought once more.
    old.hub.publish(draft(alice, "two"), None).await.unwrap();
    moving.repository().await;
    assert_eq!(moving.status().await["indexedRecords"], 3);
    assert_eq!(moving.activate().await, 400, "the DID does not say so yet");
    // Nor does a member's own page switch it on.
    let me = new.hub.member_named("alice").await.unwrap().actor.id;
    let refused = new.hub.join_network(me, Network::AtProto, None, None).await;
    assert!(matches!(refused, Err(HubError::Invalid(_))), "{refused:?}");
    moving.identity().await;
    moving.end().await;
    assert_eq!(moving.activate().await, 200, "twice is once");
    let account = |event: &&Event| matches!(event, Event::Account(account) if account.did == moving.did);
    assert_eq!(told(&new).await.iter().filter(account).count(), 1);
}

async fn whoever_has_left_does_not_come_back_by_themselves(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    let moving = Move::begin(&old, &new, alice, "alice").await;
    moving.repository().await;
    moving.identity().await;
    moving.end().await;
    let refused = old.post("com.atproto.server.activateAccount", &moving.there, Value::Null).await;
    assert_eq!(refused.error(), (400, "InvalidRequest".into()));
    let refused = old.hub.join_network(alice, Network::AtProto, None, None).await;
    assert!(matches!(refused, Err(HubError::Invalid(_))), "{refused:?}");
    assert_eq!(old.presence(alice).await.state, PresenceState::Off);
    // A backup from before does not bring the account back either.
    let did = moving.did.to_string();
    old.hub
        .store()
        .write(vec![
            landbridge_store::entities::presences::set_state(Network::AtProto, &did, PresenceState::Active),
            landbridge_store::entities::atproto_repos::set_state(alice, ""),
        ])
        .await
        .unwrap();
    old.at.after_restore().await.unwrap();
    assert_eq!(old.presence(alice).await.state, PresenceState::Off);
    let status = old.get(&format!("com.atproto.sync.getRepoStatus?did={did}"), "").await.ok();
    assert_eq!((&status["active"], &status["status"]), (&json!(false), &json!("deactivated")));
    let last = told(&old).await.pop().unwrap();
    assert_eq!(word(&last), "no account");
    // Nobody here is looked for elsewhere under the name of a member.
    let found = old.hub.find_actor(&did).await.unwrap().unwrap();
    assert_eq!(found.id, alice);
}

async fn whoever_brings_nothing_begins_with_nothing(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    old.hub.publish(draft(alice, "left behind"), None).await.unwrap();
    let moving = Move::begin(&old, &new, alice, "alice").await;
    assert_eq!(moving.activate().await, 400, "the DID does not say so yet");
    assert_eq!(moving.status().await["repoCommit"], "");
    moving.identity().await;
    moving.end().await;
    let words: Vec<&str> = told(&new).await.iter().map(word).collect();
    assert_eq!(words, ["identity", "identity", "account", "sync", "commit"]);
    let status = moving.status().await;
    assert_eq!((&status["activated"], &status["indexedRecords"]), (&json!(true), &json!(1)), "the profile");
    // It goes on, and is whole.
    let record =
        json!({ "$type": "app.bsky.feed.post", "text": "a beginning", "createdAt": "2026-01-01T00:00:00Z" });
    let written = json!({ "repo": moving.did, "collection": "app.bsky.feed.post", "record": record });
    new.post("com.atproto.repo.createRecord", &moving.here, written).await.ok();
    let car = new.get(&format!("com.atproto.sync.getRepo?did={}", moving.did), "").await;
    let (_, blocks) = read_rooted(&car.body, CarLimits::REPO).unwrap();
    assert_eq!(blocks.iter().filter(|block| Record::decode(block.bytes.clone()).is_ok()).count(), 2);
    // What is brought after all takes its place.
    let bearer = format!("Bearer {}", moving.there);
    let url = format!("{}/xrpc/com.atproto.sync.getRepo?did={}", old.pds, moving.did);
    let own = old.send(Method::GET, &url, &[("authorization", &bearer)], Vec::new()).await;
    assert_eq!(moving.bring(own.body.to_vec()).await, 200);
    let posts = format!("com.atproto.repo.listRecords?repo={}&collection=app.bsky.feed.post", moving.did);
    assert_eq!(new.get(&posts, "").await.ok()["records"][0]["value"]["text"], "left behind");
}

async fn nobody_brings_what_is_not_theirs(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    old.member("bob").await;
    let did = old.did(alice).await;
    let wanted = json!({ "did": did, "handle": "alice.new.test", "password": PASSWORD });
    let create =
        async |token: &str| new.post("com.atproto.server.createAccount", token, wanted.clone()).await.error();
    assert_eq!(create("").await, (401, "AuthenticationRequired".into()));
    let (own, others) = (old.token("alice").await, old.token("bob").await);
    assert_eq!(create(&own).await.0, 401, "a session of another server");
    let by_bob = service_token(&old, &others, &new, "com.atproto.server.createAccount").await;
    assert_eq!(create(&by_bob).await, (401, "AuthenticationRequired".into()));
    let for_else = service_token(&old, &own, &new, "com.atproto.repo.uploadBlob").await;
    assert_eq!(create(&for_else).await, (401, "BadJwtLexiconMethod".into()));
    let for_old = service_token(&old, &own, &old, "com.atproto.server.createAccount").await;
    assert_eq!(create(&for_old).await, (401, "BadJwtAudience".into()));
    // Signed by a key that is not the account's.
    let key = SigningKey::generate(Curve::K256).unwrap();
    let genuine = service_token(&old, &own, &new, "com.atproto.server.createAccount").await;
    let signed = genuine.rsplit_once('.').unwrap().0;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).unwrap()));
    assert_eq!(create(&forged).await, (401, "BadJwtSignature".into()));
    // A handle elsewhere that does not lead to the identity.
    let wanted = json!({ "did": did, "handle": "alice.example.org", "password": PASSWORD });
    let refused = new.post("com.atproto.server.createAccount", &genuine, wanted).await;
    assert_eq!(refused.error(), (400, "InvalidHandle".into()));
    assert!(new.hub.members().await.unwrap().is_empty());
}

async fn nobody_brings_what_is_no_repository(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let (alice, bob) = (old.member("alice").await, old.member("bob").await);
    let moving = Move::begin(&old, &new, alice, "alice").await;
    let of = async |who: Id| {
        let did = old.did(who).await;
        old.get(&format!("com.atproto.sync.getRepo?did={did}"), "").await.body.to_vec()
    };
    let own = of(alice).await;
    assert_eq!(moving.bring(of(bob).await).await, 400, "somebody else's");
    let mut damaged = own.clone();
    let at = damaged.len() - 20;
    damaged[at] ^= 1;
    assert_eq!(moving.bring(damaged).await, 400, "a block that is not what its name says");
    assert_eq!(moving.bring(own[..own.len() - 30].to_vec()).await, 400, "half of it");
    assert_eq!(moving.bring(b"no car".to_vec()).await, 400);
    // A tree of which a record is missing.
    let (head, mut blocks) = read_rooted(&own.clone().into(), CarLimits::REPO).unwrap();
    blocks.retain(|block| Record::decode(block.bytes.clone()).is_err());
    let car = landbridge_atproto::repo::car::write(&head, &blocks);
    assert_eq!(moving.bring(car).await, 400, "not whole");
    assert_eq!(moving.status().await["indexedRecords"], 0);
    moving.identity().await;
    assert_eq!(moving.bring(own).await, 200);
    assert_eq!(moving.activate().await, 200);
}

async fn an_owner_always_gets_their_repository(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let (did, token) = (world.did(alice).await, world.token("alice").await);
    world.member("bob").await;
    let others = world.token("bob").await;
    let get = async |token: &str| world.get(&format!("com.atproto.sync.getRepo?did={did}"), token).await;
    for anybody in ["", "nonsense", &others] {
        assert_eq!(get(anybody).await.status, 200);
    }
    world.hub.leave_network(alice, Network::AtProto).await.unwrap();
    for nobody in ["", &others] {
        assert_eq!(get(nobody).await.error(), (400, "RepoDeactivated".into()));
    }
    // Who may be the owner hears what is wrong with their token.
    assert_eq!(get("nonsense").await.error(), (400, "InvalidToken".into()));
    assert_eq!(get(&token).await.status, 200);
    let blobs = world.get(&format!("com.atproto.sync.listBlobs?did={did}"), &token).await;
    assert_eq!(blobs.status, 200);
    let head = world.get(&format!("com.atproto.sync.getLatestCommit?did={did}"), &token).await.ok();
    let head = head["cid"].as_str().unwrap();
    for query in [
        format!("getLatestCommit?did={did}"),
        format!("getRecord?did={did}&collection=app.bsky.actor.profile&rkey=self"),
        format!("getBlocks?did={did}&cids={head}"),
    ] {
        let query = format!("com.atproto.sync.{query}");
        for nobody in ["", &others] {
            let refused = world.get(&query, nobody).await;
            assert_eq!(refused.error(), (400, "RepoDeactivated".into()), "{query}");
        }
        assert_eq!(world.get(&query, &token).await.status, 200, "{query}");
        // And the operator.
        let url = format!("{}/xrpc/{query}", world.pds);
        for (word, status) in [("operator's word", 200), ("guessed", 401)] {
            let basic = format!("Basic {}", STANDARD.encode(format!("admin:{word}")));
            let answer = world.send(Method::GET, &url, &[("authorization", &basic)], Vec::new()).await;
            assert_eq!(answer.status, status, "{query}");
        }
    }
    world.hub.suspend(alice, true).await.unwrap();
    let body = json!({ "identifier": "alice", "password": PASSWORD, "allowTakendown": true });
    let session = world.post("com.atproto.server.createSession", "", body).await.ok();
    assert_eq!(get("").await.status, 400);
    assert_eq!(get(session["accessJwt"].as_str().unwrap()).await.status, 200);
}
