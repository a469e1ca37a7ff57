//! Members on Nostr, through the front doors: the hub's acts on one side, the relay and the signer on the other.

mod common;

use common::{Client, event, now, tags};
use landbridge_hub::{
    CopyKind, Draft, Hub, KeyImport, Translator,
    accounts::{Member, NewMember, Role},
};
use landbridge_model::{Id, Network};
use landbridge_nostr::{
    Nostr, Options,
    event::{Event, Keys},
    nips::n44,
    signer,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch};

struct Node {
    hub: Hub,
    nostr: Arc<Nostr>,
    address: std::net::SocketAddr,
    _stop: watch::Sender<bool>,
    _dir: tempfile::TempDir,
}

async fn node() -> Node {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hub = common::hub(address.port(), dir.path()).await;
    let nostr = Nostr::new(&hub, Options::default());
    hub.attach(vec![nostr.clone()]);
    let router = nostr.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(hub.clone().run_outbox(stopped.clone()));
    tokio::spawn((nostr.clone() as Arc<dyn Translator>).run(hub.clone(), stopped));
    Node { hub, nostr, address, _stop: stop, _dir: dir }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_post_goes_out_and_can_be_deleted() {
    let n = node().await;
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
    assert_eq!(ids, [copy.native_id.clone()]);
    n.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
    assert!(n.stored(json!({"ids": ids})).await.is_empty());
    assert_eq!(n.stored(json!({"kinds": [5], "#e": [copy.native_id]})).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_members_app_writes_becomes_a_post_untouched() {
    let n = node().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn an_old_event_resent_by_a_stranger_is_no_post() {
    let n = node().await;
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

/// An app that signs through us.
struct App {
    keys: Keys,
    client: Client,
    server: landbridge_nostr::event::Hex32,
}

impl App {
    async fn ask(&mut self, method: &str, params: &[&str]) -> Value {
        let text = json!({"id": "7", "method": method, "params": params}).to_string();
        let content = n44::encrypt(&self.keys, &self.server, &text).unwrap();
        let request = event(&self.keys, 24_133, now(), &[&["p", &self.server.to_string()]], &content);
        self.client.say(json!(["EVENT", serde_json::from_str::<Value>(&request.json).unwrap()])).await;
        loop {
            let told = self.client.next().await;
            if told[0] == "EVENT" {
                let text =
                    n44::decrypt(&self.keys, &self.server, told[2]["content"].as_str().unwrap()).unwrap();
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_sign_through_us_as_long_as_the_grant_stands() {
    let n = node().await;
    let alice = n.member("alice", None).await.actor.id;
    let link = url::Url::parse(&signer::invite(&n.nostr, alice).await.unwrap().link).unwrap();
    let server = n.get("/.well-known/nostr.json?name=_").await["names"]["_"].as_str().unwrap().to_owned();
    assert_eq!(link.host_str(), Some(server.as_str()));
    let secret = link.query_pairs().find(|(k, _)| k == "secret").unwrap().1.into_owned();
    let mut client = n.client().await;
    let keys = Keys::generate();
    client.say(json!(["REQ", "s", {"kinds": [24133], "#p": [keys.public()]}])).await;
    assert_eq!(client.next().await[0], "EOSE");
    let mut app = App { keys, client, server: server.parse().unwrap() };
    assert_eq!(app.ask("ping", &[]).await["result"], "pong");
    assert!(app.ask("get_public_key", &[]).await["error"].is_string());
    assert!(app.ask("connect", &[&server, "wrong"]).await["error"].is_string());
    let about = json!({"name": "My app"}).to_string();
    assert_eq!(app.ask("connect", &[&server, &secret, "sign_event:1", &about]).await["result"], "ack");
    let key = n.key(alice).await;
    assert_eq!(app.ask("get_public_key", &[]).await["result"], json!(key));
    let template =
        json!({"kind": 1, "created_at": now(), "tags": tags(&[&["t", "x"]]), "content": "signed elsewhere"});
    let signed = app.ask("sign_event", &[&template.to_string()]).await["result"].as_str().unwrap().to_owned();
    let signed = Event::from_json(&signed).unwrap();
    assert_eq!((signed.pubkey.to_string(), signed.content.as_str()), (key, "signed elsewhere"));
    let other = json!({"kind": 3, "created_at": now(), "tags": [], "content": ""});
    assert!(
        app.ask("sign_event", &[&other.to_string()]).await["error"]
            .as_str()
            .unwrap()
            .contains("did not allow")
    );
    assert!(app.ask("make_coffee", &[]).await["error"].is_string());
    let grant = n.hub.grants(alice).await.unwrap().into_iter().find(|g| g.purpose == "nostr-signer").unwrap();
    assert_eq!(grant.name, "My app");
    n.hub.revoke(alice, grant.id).await.unwrap();
    assert!(app.ask("get_public_key", &[]).await["error"].as_str().unwrap().contains("not connected"));
    assert!(app.ask("connect", &[&server, &secret]).await["error"].is_string(), "a secret works once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_members_own_signer_on_another_server_signs_for_them() {
    let (home, away) = (node().await, node().await);
    let alice = home.member("alice", None).await.actor.id;
    let link = signer::invite(&home.nostr, alice).await.unwrap().link;
    let new = NewMember {
        name: "alice2".into(),
        password: "correct horse battery".into(),
        role: Role::Member,
        networks: vec![(Network::Nostr, Some(KeyImport { key: link, password: None }))],
        link_identities: false,
    };
    let there = away.hub.create_member(new).await.unwrap().actor.id;
    let key = home.key(alice).await;
    assert_eq!(away.key(there).await, key);
    let draft = Draft { author: there, text: "Signed at home".into(), ..Draft::default() };
    let post = away.hub.publish(draft, None).await.unwrap();
    assert!(
        away.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().is_none(),
        "not signed yet"
    );
    for _ in 0..150 {
        if !away.stored(json!({"authors": [key], "kinds": [1]})).await.is_empty() {
            assert!(away.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().is_some());
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("it was not signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_and_go() {
    let n = node().await;
    let keys = Keys::generate();
    let alice = n.member("alice", Some(&keys)).await.actor.id;
    let nsec = landbridge_nostr::export_nsec(&n.hub, alice).await.unwrap();
    let sealed = landbridge_nostr::export_ncryptsec(&n.hub, alice, "pass".into()).await.unwrap();
    let away = node().await;
    for (name, key, password) in [("bob", nsec, None), ("carol", sealed, Some("pass".to_owned()))] {
        let import = KeyImport { key, password };
        let new = NewMember {
            name: name.into(),
            password: "correct horse battery".into(),
            role: Role::Member,
            networks: vec![(Network::Nostr, Some(import))],
            link_identities: false,
        };
        let joined = away.hub.create_member(new).await;
        match name {
            "bob" => assert_eq!(away.key(joined.unwrap().actor.id).await, keys.public().to_string()),
            _ => assert!(joined.is_err(), "one key, one member"),
        }
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_follow_answer_like_and_delete_over_nostr() {
    let (a, b) = (node().await, node().await);
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
