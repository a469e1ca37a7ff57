//! Members on Nostr, through the front doors: the hub's acts on one side, the relay and the signer on the other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;
#[path = "members/lists.rs"]
mod lists;
#[path = "members/messages.rs"]
mod messages;
#[path = "members/reading.rs"]
mod reading;
#[path = "members/signing.rs"]
mod signing;

use axum::http::{HeaderMap, HeaderValue, header::ACCEPT};
use common::{Client, event, now, on_both, tags};
use futures_util::{SinkExt, StreamExt};
use landbridge_hub::{
    CopyKind, Draft, Hub, KeyImport, Translator,
    accounts::{Member, NewGrant, NewMember, Role, form_token},
    gate::{Outcome, Rules, Scope},
    publish::NewReport,
};
use landbridge_model::{Id, Network, Profile, RichText};
use landbridge_nostr::{
    Nostr, Options,
    event::{Event, Keys, TagsExt},
    nips::{n19, n44},
    relay::RelayLimits,
    signer,
};
use landbridge_store::{EngineKind, entities::nostr_events, testing::TestStore};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::watch,
};
use tokio_tungstenite::tungstenite::Message;

on_both!(
    a_post_goes_out_and_can_be_deleted,
    what_a_text_names_by_code_is_quoted,
    the_relay_names_its_operator,
    what_a_moderator_hides_is_not_served,
    members_ask_each_other_first_on_the_relay_too,
    what_the_members_app_writes_becomes_a_post_untouched,
    an_old_event_resent_by_a_stranger_is_no_post,
    what_is_protected_stays_on_its_relay,
    an_article_that_the_members_app_changes_is_changed_here,
    what_is_to_end_by_itself_stays_on_the_relay,
    two_servers_follow_answer_like_and_delete_over_nostr,
    our_own_posts_are_told_once,
    an_edit_says_that_readers_keep_the_first_version,
    leaving_asks_everybody_to_forget,
    reports_come_in_and_go_out_only_when_they_may_be_public,
);

struct Node {
    hub: Hub,
    nostr: Arc<Nostr>,
    address: std::net::SocketAddr,
    _stop: watch::Sender<bool>,
    _store: TestStore,
}

async fn node(engine: EngineKind) -> Node {
    node_with(engine, Options::default()).await
}

async fn node_with(engine: EngineKind, options: Options) -> Node {
    let store = TestStore::new(engine).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hub = common::hub(address.port(), &store);
    let nostr = Nostr::new(&hub, options);
    hub.attach(vec![nostr.clone()]);
    let router = nostr.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(hub.clone().run_outbox(stopped.clone()));
    tokio::spawn((nostr.clone() as Arc<dyn Translator>).run(hub.clone(), stopped));
    Node { hub, nostr, address, _stop: stop, _store: store }
}

impl Node {
    async fn member(&self, name: &str, key: Option<&Keys>) -> Member {
        let import = key.map(|k| KeyImport { key: hex::encode(k.secret()), password: None });
        let new = NewMember {
            name: name.into(),
            password: "correct horse battery".into(),
            role: Role::Member,
            networks: vec![(Network::Nostr, import)],
            link_identities: false,
        };
        self.hub.create_member(new).await.unwrap()
    }

    /// A member with a key that was brought along, whose lists are in line with other relays.
    async fn imported(&self, name: &str, keys: &Keys) -> Id {
        let member = self.member(name, Some(keys)).await.actor.id;
        let lists = json!({ "authors": [keys.public()], "kinds": [0, 10_002] });
        until("the key is in line", || async { self.stored(lists.clone()).await.len() == 2 }).await;
        member
    }

    /// The one event of a kind by a key that our relay holds.
    async fn newest(&self, key: &str, kind: u16) -> Event {
        let address = format!("{kind}:{key}:");
        let row = self.hub.store().row(nostr_events::by_address(&address)).await.unwrap();
        Event::from_json(&row.unwrap().get::<String>(0).unwrap()).unwrap()
    }

    async fn key(&self, member: Id) -> String {
        self.hub.presence(member, Network::Nostr).await.unwrap().unwrap().native_id
    }

    async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// What our relay holds, asked on a connection of its own.
    async fn stored(&self, filter: Value) -> Vec<String> {
        self.client().await.stored(filter).await.unwrap()
    }

    /// A page as the member's browser sees it; with a form, what comes of sending that.
    async fn browse(&self, member: Id, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let new = NewGrant {
            member: Some(member),
            app: None,
            purpose: "web",
            name: "browser",
            scopes: "",
            facts: json!({}),
            lifetime: None,
        };
        let (_, token) = self.hub.grant(new).await.unwrap();
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", &form_token(&token));
        body.extend_pairs(form);
        let (method, body) = if form.is_empty() { ("GET", String::new()) } else { ("POST", body.finish()) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {}={token}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.hub.config().session_cookie(),
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.address).parse().unwrap();
        let answer = self.hub.fetcher().get(&url, Default::default(), 100_000).await.unwrap();
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The post that an event has become, once it has.
    async fn post_of(&self, event: &Event) -> Option<Id> {
        for _ in 0..50 {
            if let Some(copy) = self.hub.copy(Network::Nostr, &event.id.to_string()).await.unwrap() {
                return Some(copy.object);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }
}

async fn a_post_goes_out_and_can_be_deleted(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await;
    let key = n.key(alice.actor.id).await;
    let document = n.get("/.well-known/nostr.json?name=alice").await;
    assert_eq!(document["names"]["alice"], json!(key));
    assert_eq!(document["relays"][&key][0], json!(n.nostr.relay_url()));
    assert_eq!(n.get("/.well-known/nostr.json?name=nobody").await, json!({"names": {}}));
    assert_eq!(n.stored(json!({"authors": [key], "kinds": [0, 10002]})).await.len(), 2);
    let draft = Draft { author: alice.actor.id, text: "Hello #Nostr".into(), ..Draft::default() };
    let post = n.hub.publish(draft, None).await.unwrap();
    let ids = n.stored(json!({"authors": [key], "kinds": [1], "#t": ["nostr"]})).await;
    let copy = n.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().unwrap();
    assert_eq!(ids, std::slice::from_ref(&copy.native_id));
    n.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
    assert!(n.stored(json!({"ids": ids})).await.is_empty());
    assert_eq!(n.stored(json!({"kinds": [5], "#e": [copy.native_id]})).await.len(), 1);
}

async fn what_a_text_names_by_code_is_quoted(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let id = "7".repeat(64);
    let code = n.nostr.shown_post(&id);
    let draft = Draft { author: alice, text: format!("Look: nostr:{code} !"), ..Draft::default() };
    n.hub.publish(draft, None).await.unwrap();
    let found = n.stored(json!({ "authors": [n.key(alice).await], "kinds": [1], "#q": [id] })).await;
    assert_eq!(found.len(), 1);
}

async fn the_relay_names_its_operator(engine: EngineKind) {
    let n = node(engine).await;
    n.member("alice", None).await;
    let bob = n.member("bob", None).await.actor.id;
    let document = async || {
        let url = format!("http://{}/relay", n.address).parse().unwrap();
        let accept = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/nostr+json"))]);
        let answer = n.hub.fetcher().get(&url, accept, 100_000).await.unwrap();
        serde_json::from_slice::<Value>(&answer.body).unwrap()
    };
    assert_eq!(document().await["pubkey"], Value::Null);
    n.hub.set_role(bob, Role::Owner).await.unwrap();
    assert_eq!(document().await["pubkey"], json!(n.key(bob).await));
}

async fn what_a_moderator_hides_is_not_served(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await;
    let write = async |text: &str| {
        let draft = Draft { author: alice.actor.id, text: text.into(), ..Draft::default() };
        n.hub.publish(draft, None).await.unwrap()
    };
    let (bad, _good) = (write("bad").await, write("good").await);
    let notes = json!({ "authors": [n.key(alice.actor.id).await], "kinds": [1] });
    assert_eq!(n.stored(notes.clone()).await.len(), 2);
    n.hub.hide_post(bad.id, true).await.unwrap();
    assert_eq!(n.stored(notes.clone()).await.len(), 1);
    let id = n.hub.copies(CopyKind::Post, bad.id).await.unwrap()[0].native_id.clone();
    assert!(n.stored(json!({ "ids": [id] })).await.is_empty());
    let mut client = n.client().await;
    client.say(json!(["COUNT", "c", notes])).await;
    assert_eq!(client.next().await, json!(["COUNT", "c", { "count": 1 }]));
    n.hub.hide_post(bad.id, false).await.unwrap();
    assert_eq!(n.stored(notes).await.len(), 2);
}

async fn members_ask_each_other_first_on_the_relay_too(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, dora) = (n.member("alice", None).await.actor.id, n.member("dora", None).await.actor.id);
    let rules = Rules { not_followed: Outcome::Hold, ..Rules::default() };
    n.hub.set_contact_rules(dora, rules).await.unwrap();
    let (by_alice, at_dora) = (n.key(alice).await, n.key(dora).await);
    let mut live = n.client().await;
    live.say(json!(["REQ", "live", {"kinds": [1], "#p": [at_dora]}])).await;
    assert_eq!(live.next().await[0], "EOSE");
    let write = async |text: &str| {
        let draft = Draft { author: alice, text: text.into(), ..Draft::default() };
        n.hub.publish(draft, None).await.unwrap();
    };
    write("@dora look").await;
    assert!(live.silent().await);
    let (names_her, hers) =
        (json!({"kinds": [1], "#p": [at_dora]}), json!({"kinds": [1], "authors": [by_alice]}));
    assert!(n.stored(names_her.clone()).await.is_empty());
    assert_eq!(n.stored(hers).await.len(), 1, "in the open it is hers");
    let asks = n.hub.contact_requests(dora, &[Scope::Public], Default::default()).await.unwrap();
    n.hub.accept_contact(dora, asks[0].id).await.unwrap();
    until("the gate is asked anew", || async { n.stored(names_her.clone()).await.len() == 1 }).await;
    write("@dora and this").await;
    assert_eq!(live.next().await[0], "EVENT");
}

async fn what_the_members_app_writes_becomes_a_post_untouched(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    n.member("alice", Some(&keys)).await;
    let mut app = n.client().await;
    assert!(app.authenticate(&keys).await.0);
    let note = event(&keys, 1, now(), &[&["t", "x"], &["client", "an app"]], "From my app");
    assert!(app.publish(&note).await.0);
    let post = n.post_of(&note).await.expect("it becomes a post");
    assert_eq!(n.hub.post(post).await.unwrap().text.text, "From my app");
    assert_eq!(
        n.hub.original(Network::Nostr, &note.id.to_string()).await.unwrap().unwrap(),
        note.json.as_bytes()
    );
    let id = note.id.to_string();
    let answer =
        event(&keys, 1, now(), &[&["e", &id, "", "root"], &["p", &keys.public().to_string()]], "And more");
    let like = event(&keys, 7, now(), &[&["e", &id], &["p", &keys.public().to_string()]], "+");
    let repost = event(&keys, 6, now(), &[&["e", &id, n.nostr.relay_url()]], &note.json);
    for e in [&answer, &like, &repost] {
        assert!(app.publish(e).await.0);
        assert!(n.post_of(e).await.is_some(), "{}", e.json);
    }
    let told = n.hub.post(post).await.unwrap();
    assert_eq!((told.replies, told.likes, told.reposts), (1, 1, 1));
    let gone = event(&keys, 5, now(), &[&["e", &like.id.to_string()], &["e", &id], &["k", "1"]], "");
    assert!(app.publish(&gone).await.0);
    for _ in 0..50 {
        if n.hub.post(post).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the deletion had no effect here");
}

async fn an_old_event_resent_by_a_stranger_is_no_post(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    n.member("alice", Some(&keys)).await;
    let mut stranger = n.client().await;
    let old = event(&keys, 1, now() - 3_000, &[], "Long ago");
    assert!(stranger.publish(&old).await.0);
    let fresh = event(&keys, 1, now(), &[], "Now");
    assert!(stranger.publish(&fresh).await.0);
    assert!(n.post_of(&fresh).await.is_some(), "an app that does not authenticate");
    assert!(n.hub.copy(Network::Nostr, &old.id.to_string()).await.unwrap().is_none());
}

async fn what_is_protected_stays_on_its_relay(engine: EngineKind) {
    let away = node(engine).await;
    let bob = away.member("bob", None).await.actor.id;
    // She writes at the other relay, too.
    let relays = vec![away.nostr.relay_url().to_owned()];
    let home = node_with(engine, Options { relays, ..Options::default() }).await;
    let keys = Keys::generate();
    let alice = home.member("alice", Some(&keys)).await.actor.id;
    // Whatever changes a member makes the plan anew, and does not wait for the next look.
    home.hub.set_contact_rules(alice, Rules::default()).await.unwrap();
    let (mut here, mut there) = (home.client().await, away.client().await);
    assert!(here.authenticate(&keys).await.0 && there.authenticate(&keys).await.0);
    let mine = event(&keys, 1, now(), &[&["-"]], "Here only");
    let open = event(&keys, 1, now(), &[], "For all");
    assert!(here.publish(&mine).await.0 && here.publish(&open).await.0);
    assert!(home.post_of(&open).await.is_some());
    assert!(home.hub.copy(Network::Nostr, &mine.id.to_string()).await.unwrap().is_none(), "it is no act");
    assert_eq!(home.stored(json!({"ids": [mine.id]})).await.len(), 1);
    let to = away.key(bob).await;
    let theirs = event(&keys, 1, now() - 1, &[&["-"], &["p", &to]], "There only");
    let both = event(&keys, 1, now(), &[&["p", &to]], "At both");
    assert!(there.publish(&theirs).await.0 && there.publish(&both).await.0);
    assert_eq!(away.stored(json!({"ids": [theirs.id]})).await.len(), 1);
    until("what is open is here, too", || async { !home.stored(json!({"ids": [both.id]})).await.is_empty() })
        .await;
    assert!(home.stored(json!({"ids": [theirs.id]})).await.is_empty());
}

async fn an_article_that_the_members_app_changes_is_changed_here(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    n.member("alice", Some(&keys)).await;
    let mut app = n.client().await;
    assert!(app.authenticate(&keys).await.0);
    let titled: &[&[&str]] = &[&["d", "bread"], &["title", "Bread"]];
    let first = event(&keys, 30_023, now(), titled, "Flour and water");
    assert!(app.publish(&first).await.0);
    let address = first.address().unwrap();
    let copy = async || n.hub.copy(Network::Nostr, &address).await.unwrap();
    until("it becomes a post", || async { copy().await.is_some() }).await;
    let post = copy().await.unwrap().object;
    assert_eq!(copy().await.unwrap().version, Some(first.id.to_string()));
    let second = event(&keys, 30_023, now() + 1, titled, "Flour, water and salt");
    assert!(app.publish(&second).await.0);
    until("the new version is here", || async {
        copy().await.unwrap().version == Some(second.id.to_string())
    })
    .await;
    let changed = n.hub.post(post).await.unwrap();
    assert_eq!(changed.text.text, "Flour, water and salt");
    assert!(changed.edited_at.is_some());
    let original = n.hub.original(Network::Nostr, &address).await.unwrap();
    assert_eq!(original.unwrap(), second.json.as_bytes());
}

async fn what_is_to_end_by_itself_stays_on_the_relay(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    n.member("alice", Some(&keys)).await;
    let mut app = n.client().await;
    assert!(app.authenticate(&keys).await.0);
    let ends = (now() + 3_600).to_string();
    let short_lived = event(&keys, 1, now(), &[&["expiration", &ends]], "For an hour");
    let note = event(&keys, 1, now(), &[], "For ever");
    assert!(app.publish(&short_lived).await.0 && app.publish(&note).await.0);
    assert!(n.post_of(&note).await.is_some());
    let id = short_lived.id.to_string();
    assert!(n.hub.copy(Network::Nostr, &id).await.unwrap().is_none(), "other networks would keep it");
    assert_eq!(n.stored(json!({"ids": [id]})).await.len(), 1);
}

/// Waits until something is so.
async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    for _ in 0..100 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not in time: {what}");
}

async fn two_servers_follow_answer_like_and_delete_over_nostr(engine: EngineKind) {
    let (a, b) = (node(engine).await, node(engine).await);
    let (alice, bob) = (a.member("alice", None).await.actor.id, b.member("bob", None).await.actor.id);
    let address = format!("bob@{}", b.address);
    let bob_at_a = a.hub.find_actor(&address).await.unwrap().expect("found by NIP-05").id;
    a.hub.follow(alice, bob_at_a, Default::default(), None).await.unwrap();
    let alice_key = a.key(alice).await;
    until("bob is told of his follower", || async {
        b.hub.actor_by_native(Network::Nostr, &alice_key).await.unwrap().is_some()
            && b.hub.actor(bob).await.unwrap().followers == 1
    })
    .await;
    let post = b
        .hub
        .publish(Draft { author: bob, text: "Hello from B".into(), ..Draft::default() }, None)
        .await
        .unwrap();
    let native = b.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().unwrap().native_id;
    until("the post comes by the reader", || async {
        a.hub.copy(Network::Nostr, &native).await.unwrap().is_some()
    })
    .await;
    let here = a.hub.copy(Network::Nostr, &native).await.unwrap().unwrap().object;
    assert_eq!(a.hub.post(here).await.unwrap().text.text, "Hello from B");
    assert!(a.stored(json!({"ids": [native]})).await.is_empty(), "what is only read elsewhere is not served");
    let answer = Draft { author: alice, text: "Hi!".into(), reply_to: Some(here), ..Draft::default() };
    a.hub.publish(answer, None).await.unwrap();
    a.hub.react(alice, here, "", None, None).await.unwrap();
    a.hub.repost(alice, here, None, None).await.unwrap();
    until("answer, like and repost arrive", || async {
        let post = b.hub.post(post.id).await.unwrap();
        (post.replies, post.likes, post.reposts) == (1, 1, 1)
    })
    .await;
    a.hub.unreact(alice, here, "", None).await.unwrap();
    until("the like is taken back", || async { b.hub.post(post.id).await.unwrap().likes == 0 }).await;
    b.hub.delete_post(bob, post.id, None).await.unwrap();
    until("the deletion comes by the reader", || async { a.hub.post(here).await.is_err() }).await;
    a.hub.unfollow(alice, bob_at_a, None).await.unwrap();
    until("the follow has ended", || async { b.hub.actor(bob).await.unwrap().followers == 0 }).await;
}

/// A post of ours is stored with the act, and shown when the outbox comes to it: whoever asks in between sees it once.
async fn our_own_posts_are_told_once(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let key = n.key(alice).await;
    let mut reader = n.client().await;
    for round in 0..20 {
        let draft = Draft { author: alice, text: format!("Round {round}"), ..Draft::default() };
        let post = n.hub.publish(draft, None).await.unwrap();
        let id = n.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().unwrap().native_id;
        assert!(reader.stored(json!({"authors": [key], "kinds": [1]})).await.unwrap().contains(&id));
    }
    let waits =
        |s: &landbridge_hub::outbox::OutboxSummary| s.state == landbridge_hub::outbox::DeliveryState::Waiting;
    until("all were shown", || async { !n.hub.outbox_summary().await.unwrap().iter().any(waits) }).await;
    assert!(reader.silent().await);
}

async fn an_edit_says_that_readers_keep_the_first_version(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let draft = Draft { author: alice, text: "First".into(), ..Draft::default() };
    let post = n.hub.publish(draft, None).await.unwrap();
    let changed = Draft { author: alice, text: "Second".into(), ..Draft::default() };
    n.hub.edit(alice, post.id, changed, None).await.unwrap();
    until("the record tells", || async {
        let all = n.hub.deliveries(alice, post.id).await.unwrap();
        let edit = all.iter().find(|d| d.act == "edit");
        edit.is_some_and(|d| d.answer.as_deref().unwrap_or_default().contains("keep the first version"))
    })
    .await;
    let key = n.key(alice).await;
    assert_eq!(n.stored(json!({"authors": [key], "kinds": [1]})).await.len(), 1);
}

async fn leaving_asks_everybody_to_forget(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.imported("alice", &keys).await;
    let draft = Draft { author: alice, text: "Soon gone".into(), ..Draft::default() };
    n.hub.publish(draft, None).await.unwrap();
    let me = keys.public().to_string();
    let mut reader = n.client().await;
    let note = reader.stored(json!({"authors": [me], "kinds": [1]})).await.unwrap();
    assert_eq!(note.len(), 1);
    assert!(reader.stored(json!({"authors": [me], "kinds": [5, 62]})).await.unwrap().is_empty());
    n.hub.delete_member(alice).await.unwrap();
    let mut told = Vec::new();
    while told.len() < 2 {
        let frame = reader.next().await;
        told.push(frame[2].clone());
    }
    told.sort_by_key(|e| e["kind"].as_u64());
    let asked = told[0]["tags"].as_array().unwrap();
    for tag in [json!(["e", note[0]]), json!(["k", "1"]), json!(["a", format!("10002:{me}:")])] {
        assert!(asked.contains(&tag), "{tag} in {told:?}");
    }
    assert!(!asked.contains(&json!(["a", format!("0:{me}:")])), "the cleared profile has to stand");
    assert_eq!(told[1]["tags"], json!([["relay", "ALL_RELAYS"]]));
    let late = event(&keys, 1, now() - 5, &[], "An old note, sent again");
    assert!(n.client().await.publish(&late).await.1.starts_with("blocked:"));
    assert!(n.stored(json!({"authors": [me], "kinds": [0, 1]})).await.is_empty());
}

async fn reports_come_in_and_go_out_only_when_they_may_be_public(engine: EngineKind) {
    let n = node(engine).await;
    let own = Keys::generate();
    let alice = n.member("alice", Some(&own)).await.actor.id;
    let (me, stranger) = (own.public().to_string(), Keys::generate());
    let mut app = n.client().await;
    assert!(app.publish(&event(&stranger, 1984, now(), &[&["p", &me, "spam"]], "look")).await.0);
    until("the report is here", || async { n.hub.reports(10).await.unwrap().len() == 1 }).await;
    let report = n.hub.reports(10).await.unwrap().remove(0);
    assert_eq!((report.target, report.comment.as_str()), (alice, "spam: look"));
    assert_eq!(report.origin, Some(Network::Nostr));

    let target =
        n.hub.actor_by_native(Network::Nostr, &stranger.public().to_string()).await.unwrap().unwrap().id;
    let new = NewReport { target, comment: "rude", category: "legal", forward: true, ..NewReport::default() };
    n.hub.report(alice, new.clone()).await.unwrap();
    let public = json!({"kinds": [1984], "authors": [&me]});
    assert!(n.stored(public.clone()).await.is_empty(), "it would be public there");
    n.hub.report(alice, NewReport { in_public: true, ..new }).await.unwrap();
    assert_eq!(n.stored(public).await.len(), 1);

    // What the member's own app reports is for the moderators here too.
    let key = stranger.public().to_string();
    assert!(app.publish(&event(&own, 1984, now(), &[&["p", &key, "spam"]], "")).await.0);
    until("it is known here", || async { n.hub.reports(10).await.unwrap().len() == 4 }).await;
    assert!(n.hub.reports(10).await.unwrap().iter().any(|r| r.reporter == alice && r.category == "spam"));
}

impl Node {
    /// Somebody on Nostr of whom nothing but the key is known.
    async fn stranger(&self) -> (Id, String) {
        let key = Keys::generate().public();
        let found = self.hub.find_actor(&n19::npub(&key)).await.unwrap();
        (found.unwrap().id, key.to_string())
    }

    /// That key is known to write there.
    async fn writes_to(&self, key: &str, relay: &str) {
        let facts = json!({ "relays": { "write": [relay], "read": [] } });
        self.hub.set_facts(Network::Nostr, key, facts).await.unwrap();
    }

    /// How often each list of follows is queued for each relay: `payload, destination`.
    async fn lists_sent(&self) -> Vec<(i64, String)> {
        let sent = landbridge_store::query(
            "SELECT payload_id, destination FROM deliveries WHERE act IN ('follow', 'unfollow')",
            landbridge_store::args![],
        );
        let rows = self.hub.store().rows(sent).await.unwrap();
        rows.into_iter().map(|mut row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
    }
}

/// The keys in a list of follows.
fn listed(list: &Event) -> Vec<String> {
    list.tags.people().iter().map(ToString::to_string).collect()
}
