//! Private messages (NIP-17), between servers and with members' own apps.

use super::*;
use landbridge_hub::{
    Page,
    gate::{HELD, Scope},
    messages::{Conversation, MessageState},
};
use landbridge_model::{Secrecy, Visibility};
use landbridge_nostr::{
    event::Template,
    nips::n59::{self, Rumor},
};
use landbridge_store::query;

on_both!(
    two_servers_write_answer_react_and_delete,
    a_members_own_app_sends_and_reads_the_same_conversation,
    what_is_not_right_is_not_taken_in,
    a_message_that_is_to_disappear_is_taken_in_before_that,
    a_flood_of_strangers_is_bounded,
    nothing_of_a_message_is_readable_at_rest_nor_left_when_it_is_deleted,
    envelopes_wait_with_what_is_in_them,
    who_is_asked_first_does_not_read_it_because_others_do,
    who_wants_no_messages_says_so_and_gets_none,
    a_rule_against_strangers_is_said_in_the_list_of_relays,
    old_messages_are_shown_and_never_written,
);

fn page() -> Page {
    Page::default()
}

async fn only_conversation(n: &Node, member: Id) -> Conversation {
    let mut found = n.hub.conversations(member, page()).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    found.pop().unwrap()
}

/// Waits until strangers ask to write to a member, and lets them in.
async fn let_in(n: &Node, member: Id) {
    let asks = || async { n.hub.contact_requests(member, &[Scope::Private], page()).await.unwrap() };
    until("somebody asks", || async { !asks().await.is_empty() }).await;
    assert!(words(n, member).await.is_empty(), "nothing of it is shown before");
    for ask in asks().await {
        n.hub.accept_contact(member, ask.id).await.unwrap();
    }
}

/// The words of a member's only conversation, oldest first; none when there is none.
async fn words(n: &Node, member: Id) -> Vec<String> {
    let Some(conversation) = n.hub.conversations(member, page()).await.unwrap().pop() else {
        return Vec::new();
    };
    let messages = n.hub.messages(member, conversation.id, page()).await.unwrap();
    messages.iter().rev().map(|m| m.view.post.text.text.clone()).collect()
}

fn message(by: &Keys, to: &[&str], at: i64, content: &str) -> Rumor {
    let tags = to.iter().map(|key| vec!["p".to_owned(), key.to_string()]).collect();
    Rumor::of(Template { created_at: at, kind: 14, tags, content: content.into() }, &by.public())
}

fn wrap(by: &Keys, rumor: &Rumor, to: &str) -> Event {
    n59::gift(by, rumor, &to.parse().unwrap(), now()).unwrap()
}

fn direct(author: Id, text: &str, to: Id) -> Draft {
    Draft {
        author,
        text: text.into(),
        visibility: Some(Visibility::Direct),
        to: vec![to],
        ..Draft::default()
    }
}

async fn two_servers_write_answer_react_and_delete(engine: EngineKind) {
    let (a, b) = (node(engine).await, node(engine).await);
    let (alice, bob) = (a.member("alice", None).await.actor.id, b.member("bob", None).await.actor.id);
    let bob_at_a = a.hub.find_actor(&format!("bob@{}", b.address)).await.unwrap().expect("by NIP-05");
    let ways = a.hub.ways(alice, &[bob_at_a.id]).await.unwrap();
    assert_eq!((ways[0].network, ways[0].can.clone()), (Network::Nostr, Ok(())));
    assert_eq!(ways[0].label.secrecy, Secrecy::ServerHeldKeys);
    assert_eq!(ways[0].label.leg.there, None);
    let post = a.hub.publish(direct(alice, "between us", bob_at_a.id), None).await.unwrap();
    let_in(&b, bob).await;
    assert_eq!(words(&b, bob).await, ["between us"]);
    let conversation = only_conversation(&b, bob).await;
    assert_eq!((conversation.unread, conversation.network), (1, Some(Network::Nostr)));
    assert!(conversation.last.is_some());
    until("it is accepted", || async {
        a.hub.standing(alice, post.id).await.unwrap().state == MessageState::Accepted
    })
    .await;
    // Nothing of it is in the open: not the author, not the rumor.
    let key = a.key(alice).await;
    assert!(b.stored(json!({"authors": [key]})).await.is_empty());
    let rumor = a.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().unwrap().native_id;
    assert!(b.stored(json!({"ids": [rumor]})).await.is_empty());

    // Where Alice takes hers, Bob's server learns from her profile.
    b.hub.find_actor(&format!("alice@{}", a.address)).await.unwrap().expect("by NIP-05");
    let theirs = b.hub.copy(Network::Nostr, &rumor).await.unwrap().unwrap().object;
    let answer = Draft {
        author: bob,
        text: "quite".into(),
        visibility: Some(Visibility::Direct),
        reply_to: Some(theirs),
        ..Draft::default()
    };
    let answer = b.hub.publish(answer, None).await.unwrap();
    until("alice has the answer", || async { words(&a, alice).await == ["between us", "quite"] }).await;
    assert_eq!(only_conversation(&a, alice).await.unread, 1);
    let last = only_conversation(&a, alice).await.last.unwrap().post;
    assert_eq!(last.reply_to, Some(post.id));
    let around = a.hub.room_around(alice, last.id).await.unwrap().unwrap();
    assert_eq!((around.ancestors[0].post.id, around.descendants.len()), (post.id, 0));
    a.hub.read_conversation(alice, only_conversation(&a, alice).await.id).await.unwrap();
    assert_eq!(a.hub.unread_conversations(alice).await.unwrap(), 0);

    a.hub.react(alice, last.id, "", None, None).await.unwrap();
    until("the like arrives", || async { b.hub.post(answer.id).await.unwrap().likes == 1 }).await;
    a.hub.unreact(alice, last.id, "", None).await.unwrap();
    until("and is taken back", || async { b.hub.post(answer.id).await.unwrap().likes == 0 }).await;
    b.hub.delete_post(bob, answer.id, None).await.unwrap();
    until("the answer is gone", || async { words(&a, alice).await == ["between us"] }).await;
}

async fn a_members_own_app_sends_and_reads_the_same_conversation(engine: EngineKind) {
    let n = node(engine).await;
    let (keys, eve) = (Keys::generate(), Keys::generate());
    let alice = n.member("alice", Some(&keys)).await.actor.id;
    let own = keys.public().to_string();
    until("where she takes messages is said", || async {
        !n.stored(json!({"kinds": [10_050], "authors": [own]})).await.is_empty()
    })
    .await;
    let mut app = n.client().await;
    let first = message(&eve, &[&own], now(), "from a stranger");
    assert!(app.publish(&wrap(&eve, &first, &own)).await.0);
    let_in(&n, alice).await;
    assert_eq!(words(&n, alice).await, ["from a stranger"]);
    // Her app answers; what it sends to itself is what is seen here.
    let mut tags = vec![vec!["p".to_owned(), eve.public().to_string()]];
    tags.push(vec!["e".into(), first.id.to_string()]);
    let template = Template { created_at: now(), kind: 14, tags, content: "from my app".into() };
    let answer = Rumor::of(template, &keys.public());
    assert!(app.publish(&wrap(&keys, &answer, &own)).await.0);
    until("one conversation", || async { words(&n, alice).await == ["from a stranger", "from my app"] })
        .await;
    let conversation = only_conversation(&n, alice).await;
    assert_eq!(conversation.unread, 0, "she has just answered");
    let last = conversation.last.unwrap().post;
    assert_eq!((last.author, last.origin), (alice, None));
    assert!(n.hub.deliveries(alice, last.id).await.unwrap().is_empty(), "it was sent by the app");
    // And what she writes here, her app can read.
    let eve_here = n.hub.actor_by_native(Network::Nostr, &eve.public().to_string()).await.unwrap().unwrap();
    let list = event(&eve, 10_050, now(), &[&["relay", n.nostr.relay_url()]], "");
    n.nostr.relay().await.unwrap().store_own(&[list]).await.unwrap();
    n.hub.publish(direct(alice, "from here", eve_here.id), None).await.unwrap();
    assert!(app.authenticate(&keys).await.0);
    let before = app.stored(json!({"kinds": [1059], "#p": [own]})).await.unwrap().len();
    assert_eq!(before, 3, "hers, her app's, and the copy of what she wrote here");
    until("the same conversation", || async { words(&n, alice).await.len() == 3 }).await;
}

async fn what_is_not_right_is_not_taken_in(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let own = n.key(alice).await;
    let (bob, eve) = (Keys::generate(), Keys::generate());
    let mut app = n.client().await;
    let others = eve.public().to_string();
    let far = message(&bob, &[&own], now() - 40 * 86_400, "back-dated");
    let ahead = message(&bob, &[&own], now() + 7_200, "from tomorrow");
    let elsewhere = message(&bob, &[&others], now(), "not for her");
    let crowd: Vec<String> = (0..30).map(|_| Keys::generate().public().to_string()).collect();
    let mut crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    crowd.push(&own);
    let crowd = message(&bob, &crowd, now(), "to a crowd");
    let tags = vec![vec!["p".to_owned(), own.clone()]];
    let note = Template { created_at: now(), kind: 1, tags, content: "a note".into() };
    let note = Rumor::of(note, &bob.public());
    // Bob's words, sealed by Eve.
    let stolen = wrap(&eve, &message(&bob, &[&own], now(), "stolen"), &own);
    for rumor in [far, ahead, elsewhere, crowd, note] {
        assert!(app.publish(&wrap(&bob, &rumor, &own)).await.0);
    }
    assert!(app.publish(&stolen).await.0);
    // A wrap for somebody who is no member is not even kept.
    let (taken, why) = app.publish(&wrap(&bob, &message(&bob, &[&others], now(), "x"), &others)).await;
    assert!(!taken, "{why}");
    let good = message(&bob, &[&own], now(), "good");
    assert!(app.publish(&wrap(&bob, &good, &own)).await.0);
    let_in(&n, alice).await;
    assert_eq!(words(&n, alice).await, ["good"]);
    // The same rumor again, in another wrap: no second effect, also after it is deleted.
    assert!(app.publish(&wrap(&bob, &good, &own)).await.0);
    let marker = message(&bob, &[&own], now(), "marker");
    assert!(app.publish(&wrap(&bob, &marker, &own)).await.0);
    until("what came after it is here", || async { words(&n, alice).await.len() == 2 }).await;
    n.hub.delete_conversation(alice, only_conversation(&n, alice).await.id).await.unwrap();
    assert!(app.publish(&wrap(&bob, &good, &own)).await.0);
    let last = message(&bob, &[&own], now(), "last");
    assert!(app.publish(&wrap(&bob, &last, &own)).await.0);
    until("only what is new comes", || async { words(&n, alice).await == ["last"] }).await;
}

/// NIP-17: the seal says it, too, when a message is to disappear.
async fn a_message_that_is_to_disappear_is_taken_in_before_that(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let own = n.key(alice).await;
    let (bob, to) = (Keys::generate(), own.parse().unwrap());
    let rumor = message(&bob, &[&own], now(), "for an hour");
    let ends = (now() + 3_600).to_string();
    let expiration: &[&str] = &["expiration", &ends];
    let seal = event(&bob, 13, now(), &[expiration], &n44::encrypt(&bob, &to, &rumor.json()).unwrap());
    let once = Keys::generate();
    let content = n44::encrypt(&once, &to, &seal.json).unwrap();
    let wrap = event(&once, 1059, now(), &[&["p", &own], expiration], &content);
    assert!(n.client().await.publish(&wrap).await.0);
    let_in(&n, alice).await;
    assert_eq!(words(&n, alice).await, ["for an hour"]);
}

async fn a_flood_of_strangers_is_bounded(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let own = n.key(alice).await;
    let known = Keys::generate();
    let mut app = n.client().await;
    assert!(app.publish(&wrap(&known, &message(&known, &[&own], now(), "hello"), &own)).await.0);
    let_in(&n, alice).await;
    let mut crowd = n.client().await;
    let mut refused = 0;
    for n in 0..200 {
        let stranger = Keys::generate();
        let rumor = message(&stranger, &[&own], now(), &format!("flood {n}"));
        refused += u32::from(!crowd.publish(&wrap(&stranger, &rumor, &own)).await.0);
    }
    assert!((1..200).contains(&refused), "one connection has a share of what a member gets: {refused}");
    assert!(app.publish(&wrap(&known, &message(&known, &[&own], now(), "still heard"), &own)).await.0);
    let heard = || async {
        let found = n.hub.conversations(alice, Page { limit: 40, ..page() }).await.unwrap();
        found.iter().filter_map(|c| c.last.as_ref()).any(|view| view.post.text.text == "still heard")
    };
    until("whom she knows is heard all the same", heard).await;
    assert_eq!(n.hub.unread_conversations(alice).await.unwrap(), 1);
    let waiting = n.hub.contacts_waiting(alice, &HELD).await.unwrap();
    assert!((1..=60).contains(&waiting.requests), "{waiting:?}");
}

/// Whether these words stand anywhere in the tables that messages pass, or (SQLite) in any byte of the database's files.
async fn holds(n: &Node, needle: &str) -> bool {
    n.hub.store().scrub().await.unwrap();
    for sql in [
        "SELECT body FROM posts",
        "SELECT original FROM copies",
        "SELECT bytes FROM payloads",
        "SELECT body FROM contact_items",
        "SELECT original FROM contact_items",
    ] {
        for mut row in n.hub.store().rows(query(sql, Vec::new())).await.unwrap() {
            let bytes = row.get::<Option<Vec<u8>>>(0).unwrap().unwrap_or_default();
            if String::from_utf8_lossy(&bytes).contains(needle) {
                return true;
            }
        }
    }
    for sql in [
        "SELECT answer FROM deliveries",
        "SELECT json FROM nostr_events",
        "SELECT people FROM conversations",
        "SELECT template FROM nostr_unsigned",
    ] {
        for mut row in n.hub.store().rows(query(sql, Vec::new())).await.unwrap() {
            if row.get::<Option<String>>(0).unwrap().unwrap_or_default().contains(needle) {
                return true;
            }
        }
    }
    let Ok(folder) = std::fs::read_dir(n._store.place.folder()) else { return false };
    let files = folder.filter_map(Result::ok).filter_map(|file| std::fs::read(file.path()).ok());
    files.into_iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle.as_bytes()))
}

async fn nothing_of_a_message_is_readable_at_rest_nor_left_when_it_is_deleted(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.member("alice", Some(&keys)).await.actor.id;
    let own = keys.public().to_string();
    let bob = Keys::generate();
    let mut app = n.client().await;
    // Where Bob takes messages nobody answers: what is written to him waits.
    let list = event(&bob, 10_050, now(), &[&["relay", "ws://127.0.0.1:9/"]], "");
    let here = event(&bob, 10_002, now(), &[&["r", n.nostr.relay_url()]], "");
    n.nostr.relay().await.unwrap().store_own(&[list, here]).await.unwrap();
    assert!(app.publish(&wrap(&bob, &message(&bob, &[&own], now(), "xyzzy-in"), &own)).await.0);
    let waits = || async { n.hub.contacts_waiting(alice, &HELD).await.unwrap().items == 1 };
    until("it waits", waits).await;
    assert!(!holds(&n, "xyzzy").await, "readable while it waits");
    let_in(&n, alice).await;
    assert_eq!(words(&n, alice).await, ["xyzzy-in"]);
    let bob_here = n.hub.actor_by_native(Network::Nostr, &bob.public().to_string()).await.unwrap().unwrap();
    let post = n.hub.publish(direct(alice, "xyzzy-out", bob_here.id), None).await.unwrap();
    assert_eq!(words(&n, alice).await, ["xyzzy-in", "xyzzy-out"]);
    assert_eq!(n.hub.standing(alice, post.id).await.unwrap().state, MessageState::Queued);
    let open = Draft { author: alice, text: "plugh".into(), ..Draft::default() };
    n.hub.publish(open, None).await.unwrap();
    assert!(holds(&n, "plugh").await, "what is public is found: the search works");
    assert!(!holds(&n, "xyzzy").await, "readable at rest");
    let mut reader = n.client().await;
    assert!(reader.authenticate(&keys).await.0);
    let wraps = json!({"kinds": [1059], "#p": [own]});
    assert_eq!(reader.stored(wraps.clone()).await.unwrap().len(), 2);

    n.hub.delete_conversation(alice, only_conversation(&n, alice).await.id).await.unwrap();
    assert!(n.hub.conversations(alice, page()).await.unwrap().is_empty());
    assert!(n.hub.post(post.id).await.is_err());
    assert!(n.hub.deliveries(alice, post.id).await.unwrap().is_empty());
    assert!(reader.stored(wraps).await.unwrap().is_empty(), "the wraps are gone from the relay");
    for sql in ["SELECT id FROM payloads WHERE sealed = 1", "SELECT post_id FROM conversation_posts"] {
        assert!(n.hub.store().rows(query(sql, Vec::new())).await.unwrap().is_empty(), "{sql}");
    }
}

async fn envelopes_wait_with_what_is_in_them(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.member("alice", Some(&keys)).await.actor.id;
    let own = keys.public().to_string();
    let bob = Keys::generate();
    let (mut app, mut live, mut reader) = (n.client().await, n.client().await, n.client().await);
    assert!(live.authenticate(&keys).await.0 && reader.authenticate(&keys).await.0);
    let wraps = json!({"kinds": [1059], "#p": [own]});
    live.say(json!(["REQ", "live", wraps])).await;
    assert_eq!(live.next().await[0], "EOSE");
    let send = |text: &str| wrap(&bob, &message(&bob, &[&own], now(), text), &own);

    let first = send("may I");
    assert!(app.publish(&first).await.0);
    let waits = || async { n.hub.contacts_waiting(alice, &HELD).await.unwrap().items == 1 };
    until("it waits", waits).await;
    assert!(reader.stored(wraps.clone()).await.unwrap().is_empty());
    reader.say(json!(["COUNT", "c", wraps])).await;
    assert_eq!(reader.next().await, json!(["COUNT", "c", {"count": 0}]));
    assert!(live.silent().await);
    let_in(&n, alice).await;
    assert_eq!(reader.stored(wraps.clone()).await.unwrap(), [first.id.to_string()]);
    let second = send("thank you");
    assert!(app.publish(&second).await.0);
    assert_eq!(live.next().await[2]["id"], second.id.to_string(), "from whom she knows, at once");

    let bob_here = n.hub.actor_by_native(Network::Nostr, &bob.public().to_string()).await.unwrap().unwrap();
    n.hub.block(alice, bob_here.id).await.unwrap();
    assert!(app.publish(&send("but why")).await.0);
    let heard = "SELECT seq FROM nostr_events WHERE pending > 0";
    until("it was looked at", || async {
        n.hub.store().rows(query(heard, vec![])).await.unwrap().is_empty()
    })
    .await;
    assert_eq!(reader.stored(wraps).await.unwrap().len(), 2);
    assert!(live.silent().await);
}

async fn who_is_asked_first_does_not_read_it_because_others_do(engine: EngineKind) {
    let n = node(engine).await;
    let (alice_keys, dora_keys, bob) = (Keys::generate(), Keys::generate(), Keys::generate());
    let alice = n.member("alice", Some(&alice_keys)).await.actor.id;
    let dora = n.member("dora", Some(&dora_keys)).await.actor.id;
    let emil = n.member("emil", None).await.actor.id;
    let (to_alice, to_dora) = (alice_keys.public().to_string(), dora_keys.public().to_string());
    let mut app = n.client().await;
    let relays = event(&bob, 10_050, now(), &[&["relay", n.nostr.relay_url()]], "");
    n.nostr.relay().await.unwrap().store_own(&[relays]).await.unwrap();
    let send = async |app: &mut Client, rumor: &Rumor, to: &str| {
        assert!(app.publish(&wrap(&bob, rumor, to)).await.0);
    };
    send(&mut app, &message(&bob, &[&to_alice], now(), "may I"), &to_alice).await;
    let_in(&n, alice).await;
    let both = message(&bob, &[&to_alice, &to_dora], now(), "to both of you");
    send(&mut app, &both, &to_alice).await;
    send(&mut app, &both, &to_dora).await;
    let tags = vec![vec!["e".to_owned(), both.id.to_string()], vec!["p".into(), to_dora.clone()]];
    let sign = Rumor::of(Template { created_at: now(), kind: 7, tags, content: "!".into() }, &bob.public());
    send(&mut app, &sign, &to_dora).await;
    let bob_here = n.hub.actor_by_native(Network::Nostr, &bob.public().to_string()).await.unwrap().unwrap();
    let draft = Draft { to: vec![dora, bob_here.id], ..direct(emil, "and you", dora) };
    n.hub.publish(draft, None).await.unwrap();
    let asks = || async { n.hub.contact_requests(dora, &[Scope::Private], page()).await.unwrap().len() };
    until("both ask", || async { asks().await == 2 }).await;
    let heard = "SELECT seq FROM nostr_events WHERE pending > 0";
    until("all is looked at", || async {
        n.hub.store().rows(query(heard, vec![])).await.unwrap().is_empty()
    })
    .await;
    let wraps = async |keys: &Keys| {
        let mut reader = n.client().await;
        assert!(reader.authenticate(keys).await.0);
        reader.stored(json!({"kinds": [1059], "#p": [keys.public().to_string()]})).await.unwrap().len()
    };
    assert_eq!((wraps(&alice_keys).await, wraps(&dora_keys).await), (2, 0));
    let_in(&n, dora).await;
    assert_eq!(wraps(&dora_keys).await, 3);
}

async fn who_wants_no_messages_says_so_and_gets_none(engine: EngineKind) {
    let (a, b) = (node(engine).await, node(engine).await);
    let (alice, bob) = (a.member("alice", None).await.actor.id, b.member("bob", None).await);
    let key = b.key(bob.actor.id).await;
    let settings = landbridge_hub::accounts::Settings { private_messages: false, ..bob.settings.clone() };
    b.hub.set_settings(bob.actor.id, settings).await.unwrap();
    b.hub.set_profile(bob.actor.id, bob.actor.profile.clone(), false, false, None).await.unwrap();
    let list = b.stored(json!({"kinds": [10_050], "authors": [key]})).await;
    assert_eq!(list.len(), 1);
    let bob_at_a = a.hub.find_actor(&format!("bob@{}", b.address)).await.unwrap().unwrap();
    let ways = a.hub.ways(alice, &[bob_at_a.id]).await.unwrap();
    assert!(ways[0].can.is_err(), "{ways:?}");
    let refused = a.hub.publish(direct(alice, "hello?", bob_at_a.id), None).await;
    assert!(matches!(refused, Err(landbridge_hub::HubError::Invalid(_))), "{refused:?}");
    let stranger = Keys::generate();
    let mut app = b.client().await;
    assert!(app.publish(&wrap(&stranger, &message(&stranger, &[&key], now(), "psst"), &key)).await.0);
    assert!(app.publish(&event(&stranger, 1, now(), &[&["p", &key]], "in the open")).await.0);
    until("what is public arrives", || async { b.hub.unread(bob.actor.id).await.unwrap() == 1 }).await;
    assert!(b.hub.conversations(bob.actor.id, page()).await.unwrap().is_empty());
}

async fn a_rule_against_strangers_is_said_in_the_list_of_relays(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let key = n.key(alice).await;
    let list = async || {
        let address = format!("10050:{key}:");
        let found = landbridge_store::entities::nostr_events::by_address(&address);
        let json: String = n.hub.store().row(found).await.unwrap().unwrap().get(0).unwrap();
        let list: Value = serde_json::from_str(&json).unwrap();
        list["tags"].as_array().unwrap().len()
    };
    assert_eq!(list().await, 1);
    let mut rules = n.hub.contact_rules(alice).await.unwrap().0;
    rules.private = landbridge_hub::gate::Outcome::Drop;
    n.hub.set_contact_rules(alice, rules).await.unwrap();
    assert_eq!(list().await, 0);
    rules.private = landbridge_hub::gate::Outcome::Hold;
    n.hub.set_contact_rules(alice, rules).await.unwrap();
    assert_eq!(list().await, 1);
}

async fn old_messages_are_shown_and_never_written(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.member("alice", Some(&keys)).await.actor.id;
    let own = keys.public().to_string();
    let bob = Keys::generate();
    let mut app = n.client().await;
    let sealed = n44::encrypt_nip04(&bob, &keys.public(), "as it was done").unwrap();
    assert!(app.publish(&event(&bob, 4, now() - 5, &[&["p", &own]], &sealed)).await.0);
    let_in(&n, alice).await;
    assert_eq!(words(&n, alice).await, ["as it was done"]);
    let theirs = bob.public().to_string();
    let sealed = n44::encrypt_nip04(&keys, &bob.public(), "likewise").unwrap();
    assert!(app.authenticate(&keys).await.0);
    assert!(app.publish(&event(&keys, 4, now(), &[&["p", &theirs]], &sealed)).await.0);
    until("her own too", || async { words(&n, alice).await == ["as it was done", "likewise"] }).await;
    // Whoever has named no relay for the new way is not written to in the old one.
    let bob_here = n.hub.actor_by_native(Network::Nostr, &theirs).await.unwrap().unwrap();
    assert!(n.hub.publish(direct(alice, "hello", bob_here.id), None).await.is_err());
    assert_eq!(n.stored(json!({"kinds": [4], "authors": [own]})).await.len(), 1);
}
