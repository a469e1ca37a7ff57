//! The relay through its front door.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Client, event, now, on_both, world};
use landbridge_hub::{
    accounts::NewGrant,
    gate::{Outcome, Rules},
};
use landbridge_nostr::{
    event::Keys,
    relay::{Rates, RelayLimits},
};
use landbridge_store::{
    EngineKind,
    entities::{members, nostr_unsigned},
};
use serde_json::{Value, json};
use std::collections::HashMap;

on_both!(
    publish_read_and_listen,
    forged_changed_and_foreign_events_are_refused,
    a_forger_is_sent_away,
    strangers_write_to_members_within_limits,
    what_the_gate_holds_is_shown_by_no_other_way,
    wraps_are_for_their_recipient_alone,
    deletions_and_vanishing_last,
    replaceable_protected_expiring_ephemeral,
    requests_to_the_signer_pass_through,
    apps_with_a_session_ask_more_than_strangers_may,
    a_signer_with_too_much_to_do_says_so,
    a_refused_request_ends_the_one_before_it,
    hostile_frames_do_no_harm,
    every_event_is_told_once_however_it_meets_the_stored_answer,
    who_joined_in_another_process_is_found,
    hostile_events_harm_nobody_else,
    texts_that_databases_dislike,
    a_slow_reader_is_sent_away,
    the_information_document,
    newest_first_to_the_limit,
    a_deleted_address_comes_back_only_newer,
    a_hundred_thousand_tags,
);

async fn publish_read_and_listen(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let alice = w.member().await;
    let (mut a, mut b) = (w.client().await, w.client().await);
    assert!(b.stored(json!({"kinds": [1]})).await.unwrap().is_empty());
    let note = event(&alice, 1, now(), &[&["t", "x"]], "hello");
    assert_eq!(a.publish(&note).await, (true, String::new()));
    let live = b.next().await;
    assert_eq!((live[0].as_str(), live[2]["content"].as_str()), (Some("EVENT"), Some("hello")));
    assert!(a.publish(&note).await.1.starts_with("duplicate:"));
    for filter in [
        json!({"ids": [note.id]}),
        json!({"authors": [alice.public()], "kinds": [0, 1]}),
        json!({"#t": ["x"]}),
        json!({"since": note.created_at, "until": note.created_at}),
        json!({"limit": 1}),
    ] {
        assert_eq!(b.stored(filter.clone()).await.unwrap(), [note.id.to_string()], "{filter}");
    }
    assert!(b.stored(json!({"#t": ["y"]})).await.unwrap().is_empty());
    b.say(json!(["COUNT", "c", {"kinds": [1]}])).await;
    assert_eq!(b.next().await, json!(["COUNT", "c", {"count": 1}]));
    b.unsubscribe().await;
    a.publish(&event(&alice, 1, now(), &[&["t", "y"]], "unheard")).await;
    assert!(b.silent().await);
}

async fn forged_changed_and_foreign_events_are_refused(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let note = event(&alice, 1, now(), &[], "hello");
    let mut changed: Value = serde_json::from_str(&note.json).unwrap();
    changed["content"] = "bye".into();
    let (ok, why) = c.publish_json(&note.id.to_string(), changed).await;
    assert!(!ok && why.starts_with("invalid:"), "{why}");
    let mut forged: Value = serde_json::from_str(&note.json).unwrap();
    forged["sig"] = "0".repeat(128).into();
    let (ok, why) = c.publish_json(&note.id.to_string(), forged).await;
    assert!(!ok && why.starts_with("invalid:"), "{why}");
    let (ok, why) = c.publish(&event(&Keys::generate(), 1, now(), &[], "spam")).await;
    assert!(!ok && why.starts_with("restricted:"), "{why}");
    assert!(c.stored(json!({})).await.unwrap().is_empty());
    assert!(c.publish(&note).await.0, "a forged copy does not stand in the way of the real one");
}

async fn a_forger_is_sent_away(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    for n in 0..25 {
        let mut forged: Value =
            serde_json::from_str(&event(&alice, 1, now(), &[], &n.to_string()).json).unwrap();
        forged["sig"] = "0".repeat(128).into();
        // It may have had enough before all are said.
        if !c.try_say(json!(["EVENT", forged])).await {
            break;
        }
    }
    assert!(c.closed().await);
}

async fn strangers_write_to_members_within_limits(engine: EngineKind) {
    let rates = Rates { connection: 3, ..Rates::default() };
    let w = world(engine, RelayLimits { rates, ..RelayLimits::default() }).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let me = alice.public().to_string();
    let greeting = event(&Keys::generate(), 1, now(), &[&["p", &me]], "hello");
    assert!(c.publish(&greeting).await.0);
    let reply = event(&Keys::generate(), 7, now(), &[&["e", &greeting.id.to_string()]], "+");
    assert!(c.publish(&reply).await.0);
    assert!(c.publish(&event(&Keys::generate(), 1, now(), &[&["p", &me]], "3")).await.0);
    let (ok, why) = c.publish(&event(&Keys::generate(), 1, now(), &[&["p", &me]], "4")).await;
    assert!(!ok && why.starts_with("rate-limited:"), "{why}");
    assert!(c.publish(&event(&alice, 1, now(), &[], "members are not limited")).await.0);
}

async fn wraps_are_for_their_recipient_alone(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, bob) = (w.member().await, w.member().await);
    let (me, mut a, mut b) = (alice.public().to_string(), w.client().await, w.client().await);
    let wrap = event(&Keys::generate(), 1059, now() - 90_000, &[&["p", &me]], "sealed");
    assert!(b.publish(&wrap).await.0);
    let seal = event(&alice, 13, now(), &[], "sealed");
    assert!(!b.publish(&seal).await.0);
    assert!(b.stored(json!({})).await.unwrap().is_empty());
    assert!(b.stored(json!({"ids": [wrap.id]})).await.unwrap().is_empty());
    for kinds in [json!([1059]), json!([4, 1059])] {
        let refused = b.stored(json!({"kinds": kinds, "#p": [me]})).await.unwrap_err();
        assert!(refused.starts_with("auth-required:"), "{refused}");
    }
    assert!(b.authenticate(&bob).await.0);
    assert!(b.stored(json!({"kinds": [1059], "#p": [me]})).await.unwrap_err().starts_with("auth-required:"));
    assert!(b.stored(json!({"kinds": [1059]})).await.unwrap().is_empty());
    b.say(json!(["COUNT", "c", {"#p": [me]}])).await;
    assert_eq!(b.next().await, json!(["COUNT", "c", {"count": 0}]));
    assert!(a.authenticate(&alice).await.0);
    assert!(
        a.stored(json!({"kinds": [1059], "#p": [me]})).await.unwrap().is_empty(),
        "nobody has looked into it"
    );
    w.hear().await;
    assert_eq!(a.stored(json!({"kinds": [1059], "#p": [me]})).await.unwrap(), [wrap.id.to_string()]);
    let second = event(&Keys::generate(), 1059, now(), &[&["p", &me]], "live");
    let mut c = w.client().await;
    assert!(c.publish(&second).await.0);
    assert!(a.silent().await);
    w.hear().await;
    assert_eq!(a.next().await[2]["content"], "live");
    assert!(b.silent().await);
    // The recipient may delete it.
    assert!(a.publish(&event(&alice, 5, now(), &[&["e", &wrap.id.to_string()], &["k", "1059"]], "")).await.0);
    assert_eq!(a.stored(json!({"kinds": [1059]})).await.unwrap(), [second.id.to_string()]);
    // Then it stays away, whoever sends it again and by whichever way.
    let (ok, why) = b.publish(&wrap).await;
    assert!(!ok && why.starts_with("blocked:"), "{why}");
    w.relay.store_own(std::slice::from_ref(&wrap)).await.unwrap();
    assert_eq!(a.stored(json!({"kinds": [1059]})).await.unwrap(), [second.id.to_string()]);
}

async fn deletions_and_vanishing_last(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, bob, mut c) = (w.member().await, w.member().await, w.client().await);
    let (one, two) = (event(&alice, 1, now(), &[], "1"), event(&alice, 1, now() - 5, &[], "2"));
    let theirs = event(&bob, 1, now(), &[], "3");
    for e in [&one, &two, &theirs] {
        assert!(c.publish(e).await.0);
    }
    let request = event(&alice, 5, now(), &[&["e", &one.id.to_string()], &["e", &theirs.id.to_string()]], "");
    assert!(c.publish(&request).await.0);
    let left = c.stored(json!({"kinds": [1]})).await.unwrap();
    assert_eq!(left, [theirs.id.to_string(), two.id.to_string()]);
    let (ok, why) = c.publish(&one).await;
    assert!(!ok && why.starts_with("blocked:"), "{why}");
    let undo = event(&alice, 5, now() + 1, &[&["e", &request.id.to_string()]], "");
    assert!(c.publish(&undo).await.0);
    assert!(!c.publish(&one).await.0);
    let vanish = event(&alice, 62, now(), &[&["relay", w.relay.url()]], "bye");
    assert!(c.publish(&vanish).await.0);
    let left = c.stored(json!({"authors": [alice.public()], "until": now()})).await.unwrap();
    assert_eq!(left, [vanish.id.to_string()], "the request stays as proof");
    let (ok, why) = c.publish(&two).await;
    assert!(!ok && why.starts_with("blocked:"), "{why}");
}

async fn replaceable_protected_expiring_ephemeral(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, mut c, mut other) = (w.member().await, w.client().await, w.client().await);
    let versions = [event(&alice, 0, now(), &[], "new"), event(&alice, 0, now() - 9, &[], "old")];
    assert!(c.publish(&versions[0]).await.0);
    let (ok, why) = c.publish(&versions[1]).await;
    assert!(!ok && why.starts_with("duplicate:"), "{why}");
    assert_eq!(c.stored(json!({"kinds": [0]})).await.unwrap(), [versions[0].id.to_string()]);
    let protected = event(&alice, 1, now(), &[&["-"]], "mine");
    assert!(other.publish(&protected).await.1.starts_with("auth-required:"));
    assert!(other.authenticate(&alice).await.0);
    assert!(other.publish(&protected).await.0);
    let old = event(&alice, 1, now(), &[&["expiration", "1000"]], "");
    assert!(c.publish(&old).await.1.starts_with("invalid:"));
    assert!(other.stored(json!({"kinds": [20_001]})).await.unwrap().is_empty());
    assert!(c.publish(&event(&alice, 20_001, now(), &[], "passing")).await.0);
    assert_eq!(other.next().await[2]["content"], "passing");
    assert!(c.stored(json!({"kinds": [20_001]})).await.unwrap().is_empty());
}

async fn requests_to_the_signer_pass_through(engine: EngineKind) {
    let mut w = world(engine, RelayLimits::default()).await;
    let mut c = w.client().await;
    let request = event(&Keys::generate(), 24_133, now(), &[&["p", &w.server.public().to_string()]], "x");
    assert!(c.publish(&request).await.0);
    assert_eq!(w.signer.recv().await.unwrap().id, request.id);
}

async fn apps_with_a_session_ask_more_than_strangers_may(engine: EngineKind) {
    let rates = Rates { connection: 2, author: 2, app: 5, ..Rates::default() };
    let w = world(engine, RelayLimits { rates, ..RelayLimits::default() }).await;
    let (alice, app, stranger) = (w.member().await, Keys::generate(), Keys::generate());
    let member = w.relay.members().of(&alice.public()).unwrap();
    let new = NewGrant {
        member: Some(member),
        app: None,
        purpose: "nostr-signer",
        name: "app",
        scopes: "sign_event",
        facts: json!({}),
        lifetime: None,
    };
    let (grant, _) = w.hub.grant(new).await.unwrap();
    let session = nostr_unsigned::open_session(&app.public().to_string(), member.0, grant.id.0, 0);
    w.hub.store().write(session).await.unwrap();
    let (server, me, mut c) = (w.server.public().to_string(), alice.public().to_string(), w.client().await);
    let ask = |keys: &Keys, n: usize| event(keys, 24_133, now(), &[&["p", &server]], &n.to_string());
    for n in 0..5 {
        assert_eq!(c.publish(&ask(&app, n)).await, (true, String::new()), "{n}");
    }
    assert!(c.publish(&ask(&app, 5)).await.1.starts_with("rate-limited:"));
    // That is for the signer alone, and for that key; both of these draw from what strangers have.
    assert!(c.publish(&event(&app, 1, now(), &[&["p", &me]], "hello")).await.0);
    assert!(c.publish(&ask(&stranger, 6)).await.0);
    assert!(c.publish(&ask(&stranger, 7)).await.1.starts_with("rate-limited:"));
}

async fn a_signer_with_too_much_to_do_says_so(engine: EngineKind) {
    let mut w = world(engine, RelayLimits::default()).await;
    let (app, mut c, server) = (Keys::generate(), w.client().await, w.server.public().to_string());
    let ask = |n: usize| event(&app, 24_133, now(), &[&["p", &server]], &n.to_string());
    for n in 0..common::SIGNER_ROOM {
        assert!(c.publish(&ask(n)).await.0);
    }
    let (ok, why) = c.publish(&ask(100)).await;
    assert!(!ok && why.contains("the signer has too much to do"), "{why}");
    w.signer.recv().await.unwrap();
    assert!(c.publish(&ask(101)).await.0);
}

async fn a_refused_request_ends_the_one_before_it(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    c.say(json!(["REQ", "x", {"kinds": [1]}])).await;
    assert_eq!(c.next().await[0], "EOSE");
    c.say(json!(["REQ", "x", {"ids": ["zz"]}])).await;
    let closed = c.next().await;
    assert_eq!((closed[0].as_str(), closed[1].as_str()), (Some("CLOSED"), Some("x")));
    assert!(w.client().await.publish(&event(&alice, 1, now(), &[], "unheard")).await.0);
    assert!(c.silent().await);
}

async fn hostile_frames_do_no_harm(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let mut c = w.client().await;
    for frame in [
        json!([]),
        json!({}),
        json!(["EVENT"]),
        json!(["EVENT", 1]),
        json!(["NOPE", "x"]),
        json!(["REQ", 1, {}]),
    ] {
        c.say(frame).await;
        assert_eq!(c.next().await[0], "NOTICE");
    }
    assert!(c.stored(json!({"ids": ["zz"]})).await.unwrap_err().starts_with("invalid:"));
    c.say(json!(["EVENT", "x".repeat(300_000)])).await;
    assert!(c.closed().await);
    assert!(Client::connect(w.address).await.stored(json!({})).await.unwrap().is_empty());
}

/// Subscriptions opened all the time while events come in: each sees each event once, stored or live.
async fn every_event_is_told_once_however_it_meets_the_stored_answer(engine: EngineKind) {
    const EVENTS: usize = 300;
    let w = world(engine, RelayLimits::default()).await;
    let alice = w.member().await;
    let (mut writer, mut reader) = (w.client().await, w.client().await);
    let notes: Vec<_> = (0..EVENTS).map(|n| event(&alice, 1, now(), &[], &n.to_string())).collect();
    let writing = tokio::spawn(async move {
        for part in notes.chunks(5) {
            for note in part {
                writer.say(json!(["EVENT", serde_json::from_str::<Value>(&note.json).unwrap()])).await;
            }
            for _ in part {
                assert_eq!(writer.next().await[2], true);
            }
        }
    });
    let mut told: HashMap<String, HashMap<String, usize>> = HashMap::new();
    let open = 30;
    for n in 0..open {
        let name = format!("s{n}");
        reader.say(json!(["REQ", name, {"authors": [alice.public()], "limit": 1000}])).await;
        // One answer at a time, so that the subscriptions begin at different moments.
        loop {
            let frame = reader.next().await;
            let sub = frame[1].as_str().unwrap().to_owned();
            match frame[0].as_str().unwrap() {
                "EVENT" => {
                    let id = frame[2]["id"].as_str().unwrap().to_owned();
                    *told.entry(sub).or_default().entry(id).or_default() += 1;
                }
                "EOSE" if sub == name => break,
                other => panic!("{other}"),
            }
        }
    }
    writing.await.unwrap();
    while told.len() < open || told.values().any(|ids| ids.len() < EVENTS) {
        let frame = reader.next().await;
        let (sub, id) = (frame[1].as_str().unwrap().to_owned(), frame[2]["id"].as_str().unwrap().to_owned());
        *told.entry(sub).or_default().entry(id).or_default() += 1;
    }
    assert!(reader.silent().await);
    for (sub, ids) in told {
        assert!(ids.values().all(|times| *times == 1), "{sub}");
    }
}

async fn who_joined_in_another_process_is_found(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    w.member().await;
    let mut c = w.client().await;
    let bob = Keys::generate();
    let to = |key: &Keys| event(&Keys::generate(), 1, now(), &[&["p", &key.public().to_string()]], "hello");
    assert!(c.publish(&to(&bob)).await.1.starts_with("restricted:"));
    let carol = w.member_elsewhere().await;
    assert_eq!(c.publish(&to(&carol)).await, (true, String::new()));
    let dave = w.member_elsewhere().await;
    let wrap = event(&Keys::generate(), 1059, now(), &[&["p", &dave.public().to_string()]], "sealed");
    assert!(c.publish(&wrap).await.0);
    let erin = w.member_elsewhere().await;
    assert!(c.publish(&event(&erin, 1, now(), &[], "My first")).await.0);
}

/// Whatever one sends, what others send at the same moment is stored.
async fn hostile_events_harm_nobody_else(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let alice = w.member().await;
    let me = alice.public().to_string();
    let (mut honest, mut hostile) = (w.client().await, w.client().await);
    let long = "d".repeat(3_000);
    let nul = "a\0b";
    let address = format!("30023:{}:{nul}", Keys::generate().public());
    let far = format!("30023:{}:{long}", Keys::generate().public());
    let lists: [&[&[&str]]; 7] = [
        &[&["p", &me], &["d", nul]],
        &[&["p", &me], &["d", &long]],
        &[&["p", &me], &["a", &address]],
        &[&["p", &me], &["a", &far]],
        &[&["p", &me], &["A", &address]],
        &[&["p", nul], &["p", &me]],
        &[&["p", &me], &["expiration", "99999999999999999999999"], &["t", nul]],
    ];
    let mut answers = Vec::new();
    for (n, list) in lists.into_iter().enumerate() {
        for kind in [1, 5, 1059, 30_023] {
            let bad = event(&Keys::generate(), kind, now(), list, nul);
            let good = event(&alice, 1, now(), &[], &format!("{n} {kind}"));
            hostile.say(json!(["EVENT", serde_json::from_str::<Value>(&bad.json).unwrap()])).await;
            assert_eq!(honest.publish(&good).await, (true, String::new()), "beside {}", bad.json);
            let answer = hostile.next().await;
            assert_eq!(answer[1], json!(bad.id));
            assert!(!answer[3].as_str().unwrap().starts_with("error:"), "{answer} to {}", bad.json);
            answers.push(answer[2] == true);
        }
    }
    assert!(answers.contains(&true) && answers.contains(&false));
}

async fn texts_that_databases_dislike(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let note = event(&alice, 1, now(), &[&["t", "a\0b"], &["x", "\u{202e}\u{1}\u{7f}"]], "a\0\u{202e}b");
    assert_eq!(c.publish(&note).await, (true, String::new()));
    assert_eq!(c.stored(json!({"ids": [note.id]})).await.unwrap(), [note.id.to_string()]);
    assert!(c.stored(json!({"#t": ["a\0b"]})).await.unwrap().is_empty());
    assert_eq!(c.stored(json!({"#x": ["\u{202e}\u{1}\u{7f}", "\0"]})).await.unwrap(), [note.id.to_string()]);
    assert!(c.stored(json!({"#d": ["\0"], "kinds": [30_023]})).await.unwrap().is_empty());
    c.say(json!(["COUNT", "c", {"#t": ["\0"]}])).await;
    assert_eq!(c.next().await, json!(["COUNT", "c", {"count": 0}]));
    c.say(json!(["COUNT", "c", {"#t": ["\0"]}, {"#a": ["\0"]}])).await;
    assert_eq!(c.next().await, json!(["COUNT", "c", {"count": 0}]));
    c.say_bytes(b"[\"REQ\",\"\xff\xfe\",{}]").await;
    assert!(c.closed().await, "text frames are UTF-8");
}

async fn a_slow_reader_is_sent_away(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let alice = w.member().await;
    let (mut writer, mut slow) = (w.client().await, w.client().await);
    assert!(slow.stored(json!({})).await.unwrap().is_empty());
    // More than the connection's queue and the sockets' buffers hold, none of it read.
    let large = "x".repeat(100_000);
    for n in 0..200 {
        assert!(writer.publish(&event(&alice, 1, now(), &[], &format!("{n} {large}"))).await.0);
    }
    assert!(slow.closed().await);
}

async fn the_information_document(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (status, head, body) = w.http("GET", "accept: application/nostr+json\r\n").await;
    assert!(status == 200 && head.contains("content-type: application/nostr+json"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["self"], json!(w.server.public()));
    assert_eq!(told["limitation"]["restricted_writes"], true);
    assert!(told.get("pubkey").is_none(), "nobody runs it yet");
    for nip in [1, 9, 11, 17, 40, 42, 45, 59, 62, 70] {
        assert!(told["supported_nips"].as_array().unwrap().contains(&json!(nip)), "{nip}");
    }
    for limit in
        ["max_message_length", "max_subscriptions", "max_limit", "max_subid_length", "max_event_tags"]
    {
        assert!(told["limitation"][limit].as_u64().unwrap() > 0, "{limit}");
    }
    let (status, head, _) = w.http("OPTIONS", "").await;
    assert!(status == 204 && head.contains("access-control-allow-methods"), "{head}");
    let (status, head, _) = w.http("GET", "").await;
    assert!(status == 200 && head.to_lowercase().contains("vary: accept, upgrade"), "{head}");
}

async fn newest_first_to_the_limit(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let mut notes: Vec<_> = (0..12).map(|n| event(&alice, 1, now() - n / 4, &[], &n.to_string())).collect();
    for note in &notes {
        assert!(c.publish(note).await.0);
    }
    notes.sort_by_key(|e| (std::cmp::Reverse(e.created_at), e.id));
    let ids: Vec<String> = notes.iter().map(|e| e.id.to_string()).collect();
    for filter in [json!({}), json!({"kinds": [1]}), json!({"authors": [alice.public()]})] {
        for limit in [1, 3, 5, 12, 100] {
            let mut filter = filter.clone();
            filter["limit"] = limit.into();
            assert_eq!(c.stored(filter).await.unwrap(), ids[..limit.min(12)], "{limit}");
        }
    }
    assert!(c.stored(json!({"limit": 0})).await.unwrap().is_empty());
    // Several filters, each to its own limit, each event once.
    let first = json!({"ids": [ids[7]]});
    c.say(json!(["REQ", "m", {"limit": 2}, first, {"authors": [alice.public()], "limit": 1}])).await;
    let mut found = Vec::new();
    loop {
        let frame = c.next().await;
        if frame[0] == "EOSE" {
            break;
        }
        found.push(frame[2]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(found, [&*ids[0], &*ids[1], &*ids[7]]);
}

async fn a_deleted_address_comes_back_only_newer(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let article = |at: i64| event(&alice, 30_023, at, &[&["d", "x"]], &at.to_string());
    let address = format!("30023:{}:x", alice.public());
    assert!(c.publish(&article(now() - 50)).await.0);
    assert!(c.publish(&event(&alice, 5, now() - 40, &[&["a", &address], &["k", "30023"]], "")).await.0);
    assert!(c.stored(json!({"kinds": [30_023]})).await.unwrap().is_empty());
    assert!(c.publish(&article(now() - 45)).await.1.starts_with("blocked:"));
    let newer = article(now() - 30);
    assert!(c.publish(&newer).await.0);
    assert_eq!(c.stored(json!({"#d": ["x"]})).await.unwrap(), [newer.id.to_string()]);
}

async fn a_hundred_thousand_tags(engine: EngineKind) {
    let message = 8 << 20;
    let w = world(engine, RelayLimits { message, ..RelayLimits::default() }).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let huge = event(&alice, 1, now(), &vec![["t", "x"].as_slice(); 100_000], "");
    let (ok, why) = c.publish(&huge).await;
    assert!(!ok && why.starts_with("invalid:"), "{why}");
    let wide = json!(["REQ", "s", {"kinds": vec![1; 100_000]}]);
    c.say(wide).await;
    assert!(c.next().await[2].as_str().unwrap().starts_with("invalid:"));
    let deep = format!("[\"EVENT\",{}", "[".repeat(200_000));
    c.say_bytes(deep.as_bytes()).await;
    assert_eq!(c.next().await[0], "NOTICE");
    for n in 0..100 {
        c.say(json!(["REQ", format!("s{n}"), {"kinds": [1]}])).await;
    }
    let mut refused = 0;
    for _ in 0..100 {
        refused += usize::from(c.next().await[0] == "CLOSED");
    }
    assert_eq!(refused, 40, "sixty at once");
    assert!(c.publish(&event(&alice, 1, now(), &[], "still here")).await.0);
}

async fn what_the_gate_holds_is_shown_by_no_other_way(engine: EngineKind) {
    let w = world(engine, RelayLimits::default()).await;
    let (alice, bob) = (w.member().await, w.member().await);
    let id = |keys: &Keys| w.relay.members().of(&keys.public()).unwrap();
    let asks = Rules { not_followed: Outcome::Hold, ..Rules::default() };
    let rules = |member, rules: &Rules| members::set_rules(member, serde_json::to_string(rules).unwrap());
    w.hub.store().write(rules(id(&alice), &asks)).await.unwrap();
    let about = |keys: &Keys| json!({"#p": [keys.public().to_string()]});
    let (mut hers, mut his) = (w.client().await, w.client().await);
    for (client, keys) in [(&mut hers, &alice), (&mut his, &bob)] {
        client.say(json!(["REQ", "live", about(keys)])).await;
        assert_eq!(client.next().await[0], "EOSE");
    }
    let stranger = Keys::generate();
    let (a, b) = (alice.public().to_string(), bob.public().to_string());
    let to_both = event(&stranger, 1, now(), &[&["p", &a], &["p", &b]], "hello you two");
    let to_her = event(&stranger, 1, now() - 1, &[&["p", &a]], "hello you");
    let mut theirs = w.client().await;
    assert!(theirs.publish(&to_both).await.0 && theirs.publish(&to_her).await.0);
    assert_eq!(his.next().await[2]["id"], to_both.id.to_string(), "it reaches him");
    assert!(hers.silent().await, "she is asked first");
    let mut anybody = w.client().await;
    assert_eq!(anybody.stored(about(&alice)).await.unwrap(), Vec::<String>::new());
    for (filters, number) in [
        (vec![about(&alice)], 0),
        (vec![about(&bob)], 1),
        (vec![about(&alice), about(&bob)], 1),
        (vec![json!({"kinds": [1]})], 1),
    ] {
        let question: Vec<Value> = [json!("COUNT"), json!("c")].into_iter().chain(filters).collect();
        anybody.say(Value::Array(question)).await;
        assert_eq!(anybody.next().await, json!(["COUNT", "c", {"count": number}]));
    }
    assert_eq!(anybody.stored(about(&bob)).await.unwrap(), [to_both.id.to_string()]);
    for way in [json!({"authors": [stranger.public().to_string()]}), json!({"kinds": [1]})] {
        assert_eq!(anybody.stored(way).await.unwrap(), [to_both.id.to_string()]);
    }
    assert!(anybody.stored(json!({"ids": [to_her.id.to_string()]})).await.unwrap().is_empty());
    // Who wrote it may look whether it is here.
    theirs.authenticate(&stranger).await;
    assert_eq!(theirs.stored(about(&alice)).await.unwrap().len(), 2);
    // A flood that is held does not hide what is not.
    w.hub.follow(id(&alice), id(&bob), Default::default(), None).await.unwrap();
    let earlier = event(&bob, 1, now() - 1_000, &[&["p", &a]], "from a member whom she follows");
    assert!(his.publish(&earlier).await.0);
    for n in 0..6 {
        let more = event(&Keys::generate(), 1, now() - 10 - n, &[&["p", &a]], "me too");
        assert!(theirs.publish(&more).await.0);
    }
    let few = json!({"#p": [&a], "limit": 2});
    assert_eq!(anybody.stored(few).await.unwrap(), [earlier.id.to_string()]);
    // With another rule everything is there, as soon as the last decisions have had their second.
    w.hub.store().write(rules(id(&alice), &Rules::default())).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(anybody.stored(about(&alice)).await.unwrap().len(), 9);
}
