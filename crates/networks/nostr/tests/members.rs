//! Members on Nostr, through the front doors: the hub's acts on one side, the relay and the signer on the other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;
#[path = "members/messages.rs"]
mod messages;

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
    a_profile_written_in_an_app_stays_as_it_is,
    a_list_of_follows_goes_out_once,
    whom_an_imported_key_follows_is_told_nothing,
    an_old_event_resent_by_a_stranger_is_no_post,
    what_is_protected_stays_on_its_relay,
    an_article_that_the_members_app_changes_is_changed_here,
    what_is_to_end_by_itself_stays_on_the_relay,
    apps_sign_through_us_as_long_as_the_grant_stands,
    an_app_has_long_lists_signed_and_hears_what_is_too_long,
    a_members_own_signer_on_another_server_signs_for_them,
    keys_come_and_go,
    a_key_is_not_taken_for_new_while_a_relay_is_silent,
    two_servers_follow_answer_like_and_delete_over_nostr,
    our_own_posts_are_told_once,
    a_follower_who_left_is_noticed_by_the_newest_list,
    a_follower_who_left_is_noticed_by_reading_where_they_write,
    the_newest_profile_stands_with_its_verified_name,
    an_edit_says_that_readers_keep_the_first_version,
    an_app_without_a_link_is_allowed_on_a_page,
    a_signer_that_answers_our_link_signs,
    a_signer_that_shows_a_page_first_is_waited_for,
    a_signer_that_says_no_is_not_asked_again,
    a_list_that_waits_for_a_signer_is_built_on,
    follows_made_at_once_are_all_in_the_list,
    blocked_relays_get_nothing,
    leaving_asks_everybody_to_forget,
    who_leaves_another_relay_is_not_gone_here,
    what_was_missed_is_read_page_by_page,
    what_a_relay_refuses_leaves_the_rest_of_it_readable,
    reports_come_in_and_go_out_only_when_they_may_be_public,
    who_vouches_for_a_name_is_known_when_its_owner_says_so_too,
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

async fn a_profile_written_in_an_app_stays_as_it_is(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let (alice, me) = (n.imported("alice", &keys).await, keys.public().to_string());
    let mut app = n.client().await;
    assert!(app.authenticate(&keys).await.0);
    let content = json!({
        "display_name": "Alicia", "picture": "https://own.example/a.png", "website": "https://own.example",
    });
    let told = event(&keys, 0, now() + 1, &[], &content.to_string());
    assert!(app.publish(&told).await.0);
    let profile = async || n.hub.actor(alice).await.unwrap().profile;
    until("the name is here", || async { profile().await.display_name == "Alicia" }).await;
    assert_eq!(n.newest(&me, 0).await.id, told.id, "the app's own is the newest");
    let changed = Profile { bio: RichText::plain("Hi"), ..profile().await };
    n.hub.set_profile(alice, changed, false, false, None).await.unwrap();
    let fields: Value = serde_json::from_str(&n.newest(&me, 0).await.content).unwrap();
    for name in ["display_name", "picture", "website"] {
        assert_eq!(fields[name], content[name], "{name}");
    }
    assert_eq!(fields["about"], "Hi");
    assert_eq!(fields["nip05"], json!(n.hub.config().address("alice")));
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

async fn a_list_of_follows_goes_out_once(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.imported("alice", &keys).await;
    let mut app = n.client().await;
    assert!(app.authenticate(&keys).await.0);
    let (bob, carol, dora) = (n.stranger().await, n.stranger().await, n.stranger().await);
    let following = async || n.hub.actor(alice).await.unwrap().following;
    let relay = |name: &str| format!("ws://127.0.0.1:9/{name}");
    n.writes_to(&bob.1, &relay("bob")).await;
    n.writes_to(&carol.1, &relay("carol")).await;
    n.writes_to(&dora.1, &relay("dora")).await;
    let own = n.nostr.relay_url().to_owned();
    let both: &[&[&str]] = &[&["p", &bob.1], &["p", &carol.1]];
    assert!(app.publish(&event(&keys, 3, now() + 1, both, "")).await.0);
    until("both are followed", || async { following().await == 2 }).await;
    let sent = n.lists_sent().await;
    assert!(sent.iter().all(|(payload, _)| *payload == sent[0].0), "{sent:?}");
    let mut places: Vec<String> = sent.into_iter().map(|(_, place)| place).collect();
    places.sort();
    let mut wanted = vec![relay("bob"), relay("carol"), own.clone()];
    wanted.sort();
    assert_eq!(places, wanted);
    // Of the next one, whoever stays in it hears nothing.
    let next: &[&[&str]] = &[&["p", &carol.1], &["p", &dora.1]];
    assert!(app.publish(&event(&keys, 3, now() + 2, next, "")).await.0);
    until("it is sent", || async { n.lists_sent().await.len() == 6 }).await;
    let told = n.lists_sent().await.into_iter().filter(|(_, place)| *place == relay("carol"));
    assert_eq!(told.count(), 1);
}

async fn whom_an_imported_key_follows_is_told_nothing(engine: EngineKind) {
    let (away, keys) = (node(engine).await, Keys::generate());
    away.imported("alice", &keys).await;
    let index_relays = vec![away.nostr.relay_url().to_owned()];
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    let bob = Keys::generate().public().to_string();
    let list = event(&keys, 3, now() + 1, &[&["p", &bob, "", "a petname"]], "");
    assert!(app.publish(&list).await.0);
    let home = node_with(engine, Options { index_relays, ..Options::default() }).await;
    let alice = home.imported("alice", &keys).await;
    let me = keys.public().to_string();
    until("the lists are merged", || async {
        home.newest(&me, 10_002).await.tags.values("r").any(|url| url == home.nostr.relay_url())
    })
    .await;
    assert_eq!(home.hub.actor(alice).await.unwrap().following, 1);
    assert!(home.lists_sent().await.is_empty());
    assert_eq!(home.newest(&me, 3).await.id, list.id);
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

/// The first text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

/// An app that signs through us.
struct App {
    keys: Keys,
    client: Client,
    server: landbridge_nostr::event::Hex32,
}

impl App {
    async fn new(n: &Node) -> App {
        let (keys, mut client) = (Keys::generate(), n.client().await);
        client.say(json!(["REQ", "s", {"kinds": [24133], "#p": [keys.public()]}])).await;
        assert_eq!(client.next().await[0], "EOSE");
        App { keys, client, server: n.nostr.server_keys().await.unwrap().public() }
    }

    /// What comes next from the signer.
    async fn next(&mut self) -> Value {
        loop {
            let told = self.client.next().await;
            if told[0] == "EVENT" {
                let sealed = told[2]["content"].as_str().unwrap();
                return serde_json::from_str(&n44::decrypt(&self.keys, &self.server, sealed).unwrap())
                    .unwrap();
            }
        }
    }

    async fn ask(&mut self, method: &str, params: &[&str]) -> Value {
        let text = json!({"id": "7", "method": method, "params": params}).to_string();
        let content = n44::encrypt(&self.keys, &self.server, &text).unwrap();
        let request = event(&self.keys, 24_133, now(), &[&["p", &self.server.to_string()]], &content);
        self.client.say(json!(["EVENT", serde_json::from_str::<Value>(&request.json).unwrap()])).await;
        self.next().await
    }
}

async fn apps_sign_through_us_as_long_as_the_grant_stands(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let link = url::Url::parse(&signer::invite(&n.nostr, alice).await.unwrap().link).unwrap();
    let server = n.get("/.well-known/nostr.json?name=_").await["names"]["_"].as_str().unwrap().to_owned();
    assert_eq!(link.host_str(), Some(server.as_str()));
    let secret = link.query_pairs().find(|(k, _)| k == "secret").unwrap().1.into_owned();
    let mut app = App::new(&n).await;
    assert_eq!(app.server.to_string(), server);
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

async fn an_app_has_long_lists_signed_and_hears_what_is_too_long(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let link = url::Url::parse(&signer::invite(&n.nostr, alice).await.unwrap().link).unwrap();
    let secret = link.query_pairs().find(|(k, _)| k == "secret").unwrap().1.into_owned();
    let mut app = App::new(&n).await;
    let server = app.server.to_string();
    assert_eq!(app.ask("connect", &[&server, &secret]).await["result"], "ack");
    let follows: Vec<Value> = (0..700).map(|_| json!(["p", Keys::generate().public()])).collect();
    let list = json!({"kind": 3, "created_at": now(), "tags": follows, "content": ""});
    let signed = app.ask("sign_event", &[&list.to_string()]).await["result"].as_str().unwrap().to_owned();
    assert_eq!(Event::from_json(&signed).unwrap().tags.len(), 700);
    // What fits into the question does not fit into the answer, encrypted twice.
    let answer = app.ask("nip44_encrypt", &[&server, &"x".repeat(50_000)]).await;
    assert!(answer["error"].as_str().unwrap().contains("too long"), "{answer}");
}

async fn a_members_own_signer_on_another_server_signs_for_them(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
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

async fn keys_come_and_go(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.member("alice", Some(&keys)).await.actor.id;
    let nsec = landbridge_nostr::export_nsec(&n.hub, alice).await.unwrap();
    let sealed = landbridge_nostr::export_ncryptsec(&n.hub, alice, "pass".into()).await.unwrap();
    let away = node(engine).await;
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

async fn a_key_is_not_taken_for_new_while_a_relay_is_silent(engine: EngineKind) {
    let (away, keys) = (node(engine).await, Keys::generate());
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let index_relays = vec![format!("ws://{silent}"), away.nostr.relay_url().to_owned()];
    let home = node_with(engine, Options { index_relays, ..Options::default() }).await;
    let alice = home.member("alice", Some(&keys)).await.actor.id;
    let facts = async || home.hub.presence(alice, Network::Nostr).await.unwrap().unwrap().facts;
    until("both were asked", || async { facts().await["sought_since"].as_i64() > Some(0) }).await;
    assert_eq!(facts().await["unsynced"], true);
    let lists = json!({ "authors": [keys.public()], "kinds": [0, 3, 10_002] });
    assert!(home.stored(lists.clone()).await.is_empty(), "what the silent one holds would be replaced");
    away.imported("alice", &keys).await;
    home.hub.set_profile(alice, Profile::default(), false, false, None).await.unwrap();
    until("it is found", || async { facts().await["unsynced"] == false }).await;
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

async fn a_follower_who_left_is_noticed_by_the_newest_list(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, bob) = (n.member("alice", None).await.actor.id, n.member("bob", None).await.actor.id);
    let (a, b) = (n.key(alice).await, n.key(bob).await);
    let follower = Keys::generate();
    let mut app = n.client().await;
    let at = now() - 100;
    let followers = |who: Id| {
        let hub = n.hub.clone();
        async move { hub.actor(who).await.unwrap().followers }
    };
    let both: &[&[&str]] = &[&["p", &a], &["p", &b]];
    assert!(app.publish(&event(&follower, 3, at, both, "")).await.0);
    until("both are followed", || async { (followers(alice).await, followers(bob).await) == (1, 1) }).await;
    // A list that names no member at all.
    let empty = event(&follower, 3, at + 10, &[], "");
    assert_eq!(app.publish(&empty).await, (true, String::new()));
    until("both were left", || async { (followers(alice).await, followers(bob).await) == (0, 0) }).await;
    // Of the same second, the lower id wins: here and as relays see it.
    let mut versions: Vec<Event> =
        (0..2).map(|n| event(&follower, 3, at + 20, &[&["p", &a]], &n.to_string())).collect();
    versions.push(event(&follower, 3, at + 20, &[&["p", &b]], "2"));
    versions.sort_by_key(|e| std::cmp::Reverse(e.id));
    let newest = versions.last().unwrap().clone();
    for version in &versions {
        assert!(app.publish(version).await.0);
    }
    let wanted = if newest.tags[0][1] == a { (1, 0) } else { (0, 1) };
    until("the lowest id stands", || async { (followers(alice).await, followers(bob).await) == wanted })
        .await;
    // An older one, which another relay still holds, changes nothing.
    let (ok, why) = app.publish(&event(&follower, 3, at + 15, &[&["p", &a], &["p", &b]], "")).await;
    assert!(!ok && why.starts_with("duplicate:"), "{why}");
    assert_eq!((followers(alice).await, followers(bob).await), wanted);
}

/// Nobody is sent a list that does not name them: it has to be looked for.
async fn a_follower_who_left_is_noticed_by_reading_where_they_write(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let alice = home.member("alice", None).await.actor.id;
    let (key, keys) = (home.key(alice).await, Keys::generate());
    away.member("bob", Some(&keys)).await;
    // By his address it is known where he writes; without, index relays would have to tell.
    assert!(home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().is_some());
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    let named: &[&[&str]] = &[&["p", &key, home.nostr.relay_url()]];
    assert!(app.publish(&event(&keys, 3, now() + 1, named, "")).await.0);
    let followers = async || home.hub.actor(alice).await.unwrap().followers;
    until("bob follows", || async { followers().await == 1 }).await;
    assert!(app.publish(&event(&keys, 3, now() + 2, &[], "")).await.0);
    until("bob has left", || async { followers().await == 0 }).await;
    let stored = home.stored(json!({"authors": [keys.public()], "kinds": [3], "#p": [key]})).await;
    assert_eq!(stored.len(), 1, "the newer list was not sent to us");
}

async fn the_newest_profile_stands_with_its_verified_name(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let (alice, keys) = (home.member("alice", None).await.actor.id, Keys::generate());
    away.member("bob", Some(&keys)).await;
    let address = format!("bob@{}", away.address);
    let bob = home.hub.find_actor(&address).await.unwrap().unwrap().id;
    home.hub.follow(alice, bob, Default::default(), None).await.unwrap();
    let shown = async || home.hub.actor(bob).await.unwrap().profile;
    let content = json!({"name": "bob", "display_name": "Robert", "nip05": address}).to_string();
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    assert!(app.publish(&event(&keys, 0, now() + 1, &[], &content)).await.0);
    until("the new name is here", || async { shown().await.display_name == "Robert" }).await;
    let verified = shown().await.fields.into_iter().find(|field| field.name == "Nostr");
    let verified = verified.expect("the claim is the same");
    assert!(verified.value.text == address && verified.verified_at.is_some());
    // An older one, from where it was kept.
    let key = home.key(alice).await;
    let named: &[&[&str]] = &[&["p", &key]];
    let older = event(&keys, 0, now() - 500, named, r#"{"display_name":"Bobby"}"#);
    let after = event(&keys, 1, now(), named, "Hello");
    let mut app = home.client().await;
    assert!(app.publish(&older).await.0 && app.publish(&after).await.0);
    assert!(home.post_of(&after).await.is_some());
    assert_eq!(shown().await.display_name, "Robert");
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

async fn an_app_without_a_link_is_allowed_on_a_page(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, bob) = (n.member("alice", None).await.actor.id, n.member("bob", None).await.actor.id);
    let mut app = App::new(&n).await;
    let server = app.server.to_string();
    let about = json!({"name": "<b>Reader</b>"}).to_string();
    let asked = app.ask("connect", &[&server, "", "sign_event:1,nip44_encrypt", &about]).await;
    assert_eq!(asked["result"], "auth_url");
    let page = url::Url::parse(asked["error"].as_str().unwrap()).unwrap();
    let path = format!("{}?{}", page.path(), page.query().unwrap());
    let (status, shown) = n.browse(alice, &path, &[]).await;
    assert!(status == 200 && shown.contains("sign_event:1") && !shown.contains("<b>Reader"), "{shown}");
    assert!(app.ask("get_public_key", &[]).await["error"].is_string(), "not before the member says so");
    let secret = page.query_pairs().find(|(k, _)| k == "ask").unwrap().1.into_owned();
    let (status, _) = n.browse(alice, "/settings/nostr", &[("what", "allow"), ("uri", &secret)]).await;
    assert_eq!(status, 200);
    let told = app.next().await;
    assert_eq!((told["id"].as_str(), told["result"].as_str()), (Some("7"), Some("ack")));
    assert_eq!(app.ask("get_public_key", &[]).await["result"], json!(n.key(alice).await));
    let (status, _) = n.browse(bob, "/settings/nostr", &[("what", "allow"), ("uri", &secret)]).await;
    assert_eq!(status, 403, "it is good for one answer");
    assert_eq!(app.ask("switch_relays", &[]).await["result"], json!([n.nostr.relay_url()]).to_string());
    assert_eq!(app.ask("logout", &[]).await["result"], "ack");
    assert!(app.ask("get_public_key", &[]).await["error"].is_string());
    assert!(n.hub.grants(alice).await.unwrap().iter().all(|g| g.purpose != "nostr-signer"));
}

/// A signer of the member's own: it reads our link, answers with its secret, and signs what it is asked, or says no.
struct Signer {
    keys: Keys,
    member: Keys,
    link: url::Url,
    client: Client,
}

impl Signer {
    async fn new(n: &Node, link: &str, member: Keys) -> Signer {
        let (keys, mut client) = (Keys::generate(), n.client().await);
        client.say(json!(["REQ", "s", {"kinds": [24133], "#p": [keys.public()]}])).await;
        assert_eq!(client.next().await[0], "EOSE");
        Signer { keys, member, link: url::Url::parse(link).unwrap(), client }
    }

    fn app(&self) -> landbridge_nostr::event::Hex32 {
        self.link.host_str().unwrap().parse().unwrap()
    }

    async fn say(&mut self, response: Value) {
        let app = self.app();
        let content = n44::encrypt(&self.keys, &app, &response.to_string()).unwrap();
        let event = event(&self.keys, 24_133, now(), &[&["p", &app.to_string()]], &content);
        assert_eq!(self.client.publish(&event).await, (true, String::new()));
    }

    async fn greet(&mut self) {
        let secret = self.link.query_pairs().find(|(k, _)| k == "secret").unwrap().1.into_owned();
        self.say(json!({"id": "1", "result": "wrong"})).await;
        self.say(json!({"id": "2", "result": secret})).await;
    }

    /// The next request: its id, method and first parameter.
    async fn asked(&mut self) -> (String, String, Value) {
        loop {
            let told = self.client.next().await;
            if told[0] == "EVENT" {
                let text =
                    n44::decrypt(&self.keys, &self.app(), told[2]["content"].as_str().unwrap()).unwrap();
                let request: Value = serde_json::from_str(&text).unwrap();
                let part = |name: &str| request[name].as_str().unwrap().to_owned();
                return (part("id"), part("method"), request["params"][0].clone());
            }
        }
    }

    /// Answers requests for the key, and signs, until it has signed an event of that kind.
    async fn serve_until(&mut self, kind: u64) -> Event {
        loop {
            let (id, method, param) = self.asked().await;
            if method == "get_public_key" {
                let key = self.member.public().to_string();
                self.say(json!({"id": id, "result": key})).await;
                continue;
            }
            assert_eq!(method, "sign_event");
            let signed = self.sign(&param);
            self.say(json!({"id": id, "result": &*signed.json})).await;
            if u64::from(signed.kind) == kind {
                return signed;
            }
        }
    }

    fn sign(&self, param: &Value) -> Event {
        let asked: Value = serde_json::from_str(param.as_str().unwrap()).unwrap();
        assert_eq!(asked["pubkey"], json!(self.member.public()));
        let tags: Vec<Vec<String>> = serde_json::from_value(asked["tags"].clone()).unwrap();
        self.member.sign(landbridge_nostr::event::Template {
            created_at: asked["created_at"].as_i64().unwrap(),
            kind: asked["kind"].as_u64().unwrap() as u16,
            tags,
            content: asked["content"].as_str().unwrap().into(),
        })
    }
}

async fn outside_member(n: &Node, name: &str) -> (Id, Signer) {
    let new = NewMember {
        name: name.into(),
        password: "correct horse battery".into(),
        role: Role::Member,
        networks: Vec::new(),
        link_identities: false,
    };
    let member = n.hub.create_member(new).await.unwrap().actor.id;
    let (status, page) = n.browse(member, "/settings/nostr", &[]).await;
    assert_eq!(status, 200);
    let link = between(&page, "<a href=\"nostrconnect://", "\"").replace("&amp;", "&");
    let link = format!("nostrconnect://{link}");
    let mut signer = Signer::new(n, &link, Keys::generate()).await;
    signer.greet().await;
    let joining = async { n.browse(member, "/settings/nostr", &[("what", "outside"), ("uri", &link)]).await };
    let answering = async {
        let (id, method, _) = signer.asked().await;
        assert_eq!(method, "get_public_key");
        let key = signer.member.public().to_string();
        signer.say(json!({"id": id, "result": key})).await;
    };
    let ((status, page), ()) = tokio::join!(joining, answering);
    assert_eq!(status, 200, "{page}");
    assert_eq!(n.key(member).await, signer.member.public().to_string());
    (member, signer)
}

async fn a_signer_that_answers_our_link_signs(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let draft = Draft { author: alice, text: "Signed by my own signer".into(), ..Draft::default() };
    let post = n.hub.publish(draft, None).await.unwrap();
    let signed = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(1)).await.unwrap();
    assert_eq!(signed.content, "Signed by my own signer");
    until("it is on the relay", || async {
        n.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().is_some()
            && n.stored(json!({"kinds": [1]})).await == [signed.id.to_string()]
    })
    .await;
}

async fn a_signer_that_shows_a_page_first_is_waited_for(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let permissions = signer.link.query_pairs().find(|(k, _)| k == "perms").unwrap().1.into_owned();
    assert!(permissions.split(',').any(|p| p == "sign_event:1984"), "reports are signed, too");
    let draft = Draft { author: alice, text: "Behind a page".into(), ..Draft::default() };
    n.hub.publish(draft, None).await.unwrap();
    let (id, method, param) = signer.asked().await;
    assert_eq!(method, "sign_event");
    let page = "https://signer.example/allow";
    signer.say(json!({"id": id, "result": "auth_url", "error": page})).await;
    until("she is told of the page", || async {
        n.browse(alice, "/settings/nostr", &[]).await.1.contains(page)
    })
    .await;
    let signed = signer.sign(&param);
    signer.say(json!({"id": id, "result": &*signed.json})).await;
    until("it is on the relay", || async { n.stored(json!({"ids": [signed.id]})).await.len() == 1 }).await;
    assert!(
        !n.browse(alice, "/settings/nostr", &[]).await.1.contains(page),
        "there is nothing to open any more"
    );
}

async fn a_signer_that_says_no_is_not_asked_again(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let publish = |text: &str| {
        let draft = Draft { author: alice, text: text.into(), ..Draft::default() };
        n.hub.publish(draft, None)
    };
    let refused = publish("No").await.unwrap();
    loop {
        let (id, method, param) = signer.asked().await;
        let note = method == "sign_event" && param.as_str().unwrap().contains("\"No\"");
        signer.say(json!({"id": id, "result": "", "error": "user rejected"})).await;
        if note {
            break;
        }
    }
    until("it waits no more", || async {
        n.hub.copies(CopyKind::Post, refused.id).await.unwrap().iter().all(|c| c.network != Network::Nostr)
    })
    .await;
    publish("Yes").await.unwrap();
    let signed = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(1)).await.unwrap();
    assert_eq!(signed.content, "Yes");
}

/// The keys in a list of follows.
fn listed(list: &Event) -> Vec<String> {
    list.tags.people().iter().map(ToString::to_string).collect()
}

async fn a_list_that_waits_for_a_signer_is_built_on(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let me = signer.member.public().to_string();
    until("the key is in line", || async {
        n.hub.presence(alice, Network::Nostr).await.unwrap().unwrap().facts["unsynced"] == false
    })
    .await;
    let ((bob, bobs), (carol, carols)) = (n.stranger().await, n.stranger().await);
    n.hub.follow(alice, bob, Default::default(), None).await.unwrap();
    let signed = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(3)).await.unwrap();
    assert_eq!(listed(&signed), std::slice::from_ref(&bobs));
    until("it is held", || async { n.stored(json!({"authors": [me], "kinds": [3]})).await.len() == 1 }).await;
    // Neither is signed yet when the next one is made.
    n.hub.unfollow(alice, bob, None).await.unwrap();
    n.hub.follow(alice, carol, Default::default(), None).await.unwrap();
    let mut last = signed;
    while !listed(&last).contains(&carols) {
        last = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(3)).await.unwrap();
    }
    assert_eq!(listed(&last), [carols], "whoever was left comes back");
}

async fn follows_made_at_once_are_all_in_the_list(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let mut strangers = Vec::new();
    for _ in 0..5 {
        strangers.push(n.stranger().await);
    }
    let follows = strangers.iter().map(|(who, _)| n.hub.follow(alice, *who, Default::default(), None));
    for followed in futures_util::future::join_all(follows).await {
        assert!(followed.unwrap().following);
    }
    let mut keys: Vec<String> = strangers.into_iter().map(|(_, key)| key).collect();
    let mut there = listed(&n.newest(&n.key(alice).await, 3).await);
    keys.sort();
    there.sort();
    assert_eq!(there, keys);
}

async fn blocked_relays_get_nothing(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let keys = Keys::generate();
    let alice = home.member("alice", Some(&keys)).await.actor.id;
    let bob = away.member("bob", None).await.actor.id;
    let mut app = home.client().await;
    assert!(app.authenticate(&keys).await.0);
    let blocked = event(&keys, 10_006, now(), &[&["relay", away.nostr.relay_url()]], "");
    assert!(app.publish(&blocked).await.0);
    let facts = async |node: &Node, key: &str| {
        node.hub.presence_by_native(Network::Nostr, key).await.unwrap().unwrap().facts
    };
    let me = keys.public().to_string();
    until("the list is known", || async {
        facts(&home, &me).await["blocked"] == json!([away.nostr.relay_url()])
    })
    .await;
    let bob_here = home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().unwrap();
    let draft = Draft { author: alice, text: format!("@{} hello", bob_here.acct()), ..Draft::default() };
    let post = home.hub.publish(draft, None).await.unwrap();
    assert_eq!(home.hub.post(post.id).await.unwrap().mentions[0].actor, bob_here.id);
    let sent = home.hub.deliveries(alice, post.id).await.unwrap();
    assert!(!sent.is_empty() && sent.iter().all(|d| d.destination != away.nostr.relay_url()), "{sent:?}");
    let _ = bob;
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

async fn who_leaves_another_relay_is_not_gone_here(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let alice = home.member("alice", None).await.actor.id;
    let keys = Keys::generate();
    away.member("bob", Some(&keys)).await;
    let bob = home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().unwrap().id;
    home.hub.follow(alice, bob, Default::default(), None).await.unwrap();
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    let first = event(&keys, 1, now(), &[], "Before");
    assert!(app.publish(&first).await.0);
    until("the first is here", || async { home.post_of(&first).await.is_some() }).await;
    let post = home.post_of(&first).await.unwrap();
    let leaves = event(&keys, 62, now() + 1, &[&["relay", away.nostr.relay_url()]], "");
    let second = event(&keys, 1, now() + 2, &[], "After");
    assert!(app.publish(&leaves).await.0 && app.publish(&second).await.0);
    until("the second is here", || async { home.post_of(&second).await.is_some() }).await;
    assert_eq!(home.hub.post(post).await.unwrap().text.text, "Before");
    let ends = event(&keys, 62, now() + 3, &[&["relay", "ALL_RELAYS"]], "");
    assert!(app.publish(&ends).await.0);
    until("both are gone", || async { home.hub.post(post).await.is_err() }).await;
}

/// A relay that gives little at once has more.
async fn what_was_missed_is_read_page_by_page(engine: EngineKind) {
    let limits = RelayLimits { default_limit: 25, max_limit: 25, ..RelayLimits::default() };
    let (home, away) =
        (node(engine).await, node_with(engine, Options { limits, ..Options::default() }).await);
    let (alice, bob) = (home.member("alice", None).await.actor.id, away.member("bob", None).await.actor.id);
    let mut ids = Vec::new();
    for n in 0..80 {
        let at = Some(landbridge_model::Time::from_secs(now() - 3_600 + n / 10));
        let draft = Draft { author: bob, text: format!("Missed {n}"), at, ..Draft::default() };
        let post = away.hub.publish(draft, None).await.unwrap();
        ids.push(away.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().unwrap().native_id);
    }
    let bob_here = home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().unwrap().id;
    home.hub.follow(alice, bob_here, Default::default(), None).await.unwrap();
    until("all of them are here", || async {
        for id in &ids {
            if home.hub.copy(Network::Nostr, id).await.unwrap().is_none() {
                return false;
            }
        }
        true
    })
    .await;
}

async fn who_vouches_for_a_name_is_known_when_its_owner_says_so_too(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let keys = Keys::generate();
    away.imported("bob", &keys).await;
    let hosts = async || home.nostr.hosts_of(&home.hub, &keys.public().to_string()).await.unwrap();
    assert!(hosts().await.is_empty());
    assert!(home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().is_some());
    assert_eq!(hosts().await, [away.address.to_string()]);
    // Whoever names somebody else's key is nobody's host.
    let (other, mut app) = (node(engine).await, away.client().await);
    assert!(app.authenticate(&keys).await.0);
    let claims = json!({ "nip05": "bob@elsewhere.example" }).to_string();
    assert!(app.publish(&event(&keys, 0, now() + 1, &[], &claims)).await.0);
    assert!(other.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().is_some());
    assert!(other.nostr.hosts_of(&other.hub, &keys.public().to_string()).await.unwrap().is_empty());
}

/// A relay that has one event, for whoever asks for notes; it refuses old messages, and tells nobody of wraps.
async fn picky_relay(event: &Event) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let event: Value = serde_json::from_str(&event.json).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let event = event.clone();
            tokio::spawn(async move {
                let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                while let Some(Ok(message)) = socket.next().await {
                    let Message::Text(text) = message else { continue };
                    let frame: Vec<Value> = serde_json::from_str(&text).unwrap();
                    if frame[0] != "REQ" {
                        continue;
                    }
                    let asks = |kind: u64| {
                        let kinds =
                            |f: &Value| f["kinds"].as_array().is_some_and(|k| k.contains(&json!(kind)));
                        frame[2..].iter().any(kinds)
                    };
                    let answers = match () {
                        () if asks(4) => vec![json!(["CLOSED", frame[1], "restricted: no old messages"])],
                        () if asks(1059) => vec![json!(["CLOSED", frame[1], "auth-required: who are you?"])],
                        () if asks(1) => vec![json!(["EVENT", frame[1], event]), json!(["EOSE", frame[1]])],
                        () => vec![json!(["EOSE", frame[1]])],
                    };
                    for answer in answers {
                        _ = socket.send(Message::text(answer.to_string())).await;
                    }
                }
            });
        }
    });
    url
}

async fn what_a_relay_refuses_leaves_the_rest_of_it_readable(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let key = n.key(alice).await;
    let note = event(&Keys::generate(), 1, now(), &[&["p", &key]], "Are you there?");
    let url = picky_relay(&note).await;
    let mut facts = n.hub.presence(alice, Network::Nostr).await.unwrap().unwrap().facts;
    facts["relays"]["read"] = json!([url]);
    facts["messages"] = json!([url]);
    n.hub.set_facts(Network::Nostr, &key, facts).await.unwrap();
    // A change of the member's, for the plan to be made anew.
    n.hub.set_contact_rules(alice, Rules::default()).await.unwrap();
    until("the mention is here", || async { n.post_of(&note).await.is_some() }).await;
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
