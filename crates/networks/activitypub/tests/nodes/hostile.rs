//! What must not get in: by real requests to a real inbox. What is refused here, line by line:
//!
//! | bad input | test |
//! |---|---|
//! | unsigned, wrongly signed, expired, for another host | `what_is_not_properly_signed_is_refused` |
//! | oversized, deeply nested, lists of 100,000, invalid UTF-8 | `oversized_and_broken_documents_are_refused_cheaply` |
//! | NUL, HTML and SVG, bidi tricks in names | `markup_and_tricks_end_as_plain_text` |
//! | mismatched owner or authority | `nobody_speaks_for_others`, `documents_are_believed_only_from_their_own_host` |
//! | a private note that names whom it does not address | `a_private_note_is_for_whom_it_addresses` |
//! | replays after a delete, after an undo | `replays_have_no_second_effect`, `an_undone_act_stays_undone` |
//! | counted, nothing stored | `each_refusal_is_counted` |
//! | redirects and names into private networks, decompression bombs | `landbridge-fetch`: `tests/guard.rs` |
//! | a signed GET with a bad signature | `documents.rs`: `a_bad_signature_is_no_signature` |

use super::scene::{PUBLIC, Scene};
use super::support::{draft, on_both};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use bytes::Bytes;
use landbridge_activitypub::signature::{PrivateKey, cavage, key::ProofKey, proof};
use landbridge_hub::{Page, accounts::Member};
use landbridge_model::Network;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

on_both!(
    what_is_not_properly_signed_is_refused,
    nobody_speaks_for_others,
    a_private_note_is_for_whom_it_addresses,
    a_public_note_names_whom_it_tags,
    oversized_and_broken_documents_are_refused_cheaply,
    markup_and_tricks_end_as_plain_text,
    documents_are_believed_only_from_their_own_host,
    replays_have_no_second_effect,
    an_undone_act_stays_undone,
    each_refusal_is_counted,
    somebody_known_may_leave_when_their_key_is_gone,
    a_key_that_cannot_be_had_now_is_asked_for_again_later,
    what_is_passed_on_is_believed_for_its_proof_or_asked_for,
);

async fn what_is_not_properly_signed_is_refused() {
    let s = Scene::new().await;
    let body = serde_json::to_vec(&s.create("1")).unwrap();
    let now = SystemTime::now();
    assert_eq!(s.post(HeaderMap::new(), body.clone()).await, 401, "unsigned");
    assert_eq!(
        s.post(s.signed(&body, now - Duration::from_secs(13 * 3600)), body.clone()).await,
        401,
        "too old"
    );
    assert_eq!(
        s.post(s.signed(&body, now + Duration::from_secs(3600)), body.clone()).await,
        401,
        "from the future"
    );
    assert_eq!(s.post(s.signed(b"{}", now), body.clone()).await, 401, "another body");
    let mut headers = s.signed(&body, now);
    headers.insert("date", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(s.post(headers, body.clone()).await, 401, "another date");
    let stranger = PrivateKey::generate().unwrap();
    let key_id = format!("{}#main-key", s.actor());
    let forged = cavage::sign(&Method::POST, &s.inbox(), Some(&body), &key_id, &stranger, now).unwrap();
    assert_eq!(s.post(forged, body.clone()).await, 401, "another key");
    let unlisted = format!("{}#other-key", s.actor());
    let unlisted = cavage::sign(&Method::POST, &s.inbox(), Some(&body), &unlisted, &s.key, now).unwrap();
    assert_eq!(s.post(unlisted, body.clone()).await, 401, "a key that the actor does not list");
    s.nothing_arrived().await;
    assert_eq!(s.post(s.signed(&body, now), body).await, 202, "and the same, properly signed, is taken");
    assert!(s.holds(&format!("{}/1", s.m.origin)).await);
}

async fn nobody_speaks_for_others() {
    let s = Scene::new().await;
    let bob = s.m.member("bob").await;
    let as_other = |field: &str, value: String| {
        let mut create = s.create("1");
        create[field] = value.into();
        create
    };
    let alice = format!("{}/users/alice", s.a.origin);
    assert_eq!(s.send(&as_other("actor", alice.clone())).await, 403, "as a member");
    let bob_id = format!("{}/users/{}", s.m.origin, bob.actor.username);
    // Not signed by Bob: nobody vouches for it, and it is not there when asked for.
    assert_ne!(s.send(&as_other("actor", bob_id)).await / 100, 5, "as somebody of the same server");
    let mut create = s.create("1");
    create["object"]["attributedTo"] = alice.into();
    assert_eq!(s.send(&create).await, 403, "somebody else's post");
    let mut create = s.create("1");
    create["object"]["id"] = format!("{}/users/alice/statuses/1", s.a.origin).into();
    assert_eq!(s.send(&create).await, 403, "a post of another host");
    let post = s.a.publish(draft(&s.alice, "mine")).await;
    let target = format!("{}/users/alice/statuses/{}", s.a.origin, post.id);
    let delete =
        json!({"id": format!("{}/d", s.m.origin), "type": "Delete", "actor": s.actor(), "object": target});
    assert_eq!(s.send(&delete).await, 403, "a delete of somebody else's post");
    assert!(s.a.hub.post(post.id).await.is_ok());
    s.nothing_arrived().await;
}

async fn a_private_note_is_for_whom_it_addresses() {
    let s = Scene::new().await;
    let eve = s.a.member("eve").await;
    let [alice_id, eve_id] = ["alice", "eve"].map(|name| format!("{}/users/{name}", s.a.origin));
    for member in [&s.alice, &eve] {
        s.a.follow(member, &s.m.address("mallory")).await;
    }
    let to = |id: &str, to: &[&str]| {
        let mut create = s.create(id);
        create["to"] = json!(to);
        create["object"]["to"] = json!(to);
        create["object"]["content"] = format!("<p><a href=\"{eve_id}\">@eve</a> {id}</p>").into();
        create["object"]["tag"] =
            json!([&alice_id, &eve_id].map(|href| json!({"type": "Mention", "href": href})));
        create
    };
    let reads = async |id: &str, member: &Member| {
        let copy = s.a.hub.copy(Network::ActivityPub, &format!("{}/{id}", s.m.origin)).await.unwrap();
        s.a.hub.view(copy.expect(id).object, Some(member.actor.id)).await.is_ok()
    };
    assert_eq!(s.send(&to("1", &[&alice_id])).await, 202);
    assert!(reads("1", &s.alice).await && !reads("1", &eve).await, "to one, claiming another");
    // The addresses of the envelope count where the note has none, and its tags as little.
    let mut bare = to("2", &[&alice_id]);
    bare["object"].as_object_mut().unwrap().remove("to");
    assert_eq!(s.send(&bare).await, 202);
    assert!(reads("2", &s.alice).await && !reads("2", &eve).await, "addressed by its envelope");
    assert_eq!(s.send(&to("3", &[&alice_id, &eve_id])).await, 202);
    assert!(reads("3", &s.alice).await && reads("3", &eve).await, "to both");
    assert_eq!(s.send(&to("4", &[])).await, 202);
    assert!(!s.holds(&format!("{}/4", s.m.origin)).await, "to nobody, tagging both");
}

async fn a_public_note_names_whom_it_tags() {
    let s = Scene::new().await;
    s.a.follow(&s.alice, &s.m.address("mallory")).await;
    let mut create = s.create("1");
    create["object"]["tag"] = json!([]);
    assert_eq!(s.send(&create).await, 202);
    assert!(s.holds(&format!("{}/1", s.m.origin)).await);
    s.nothing_arrived().await;
    // What answers her is told all the same.
    let mine = s.a.publish(draft(&s.alice, "well?")).await;
    let mut answer = s.create("2");
    answer["object"]["tag"] = json!([]);
    answer["object"]["inReplyTo"] = format!("{}/users/alice/statuses/{}", s.a.origin, mine.id).into();
    assert_eq!(s.send(&answer).await, 202);
    let told = s.a.hub.notifications(s.alice.actor.id, &[], None, Page::default()).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
}

async fn oversized_and_broken_documents_are_refused_cheaply() {
    let s = Scene::new().await;
    let send = async |body: Vec<u8>| s.post(s.signed(&body, SystemTime::now()), body).await;
    assert_eq!(send(vec![b' '; (1 << 20) + 1]).await, 413);
    let mut create = s.create("1");
    create["object"]["tag"] = Value::Array(vec![json!(1); 100_000]);
    assert_eq!(send(serde_json::to_vec(&create).unwrap()).await, 400, "a list of 100,000");
    assert_eq!(send(format!("{{\"a\":{}", "[".repeat(10_000)).into_bytes()).await, 400, "nested");
    assert_eq!(send(b"{\"actor\":\"\xff\xfe\"}".to_vec()).await, 400, "not UTF-8");
    assert_eq!(send(b"[]".to_vec()).await, 400);
    assert_eq!(send(b"{\"type\":\"Create\"}".to_vec()).await, 400, "no actor");
    s.nothing_arrived().await;
    let mut odd = s.create("2");
    odd["object"]["content"] = "<p>\u{0}<script>alert(1)</script>ok \u{202e}</p>".into();
    assert_eq!(s.send(&odd).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &format!("{}/2", s.m.origin)).await.unwrap().unwrap();
    assert_eq!(s.a.hub.post(copy.object).await.unwrap().text.text, "ok \u{202e}");
}

async fn replays_have_no_second_effect() {
    let s = Scene::new().await;
    let (create, id) = (s.create("1"), format!("{}/1", s.m.origin));
    assert_eq!(s.send(&create).await, 202);
    assert_eq!(s.send(&create).await, 202);
    let told = s.a.hub.notifications(s.alice.actor.id, &[], None, Page::default()).await.unwrap();
    assert_eq!(told.len(), 1);
    let delete = json!({"id": format!("{id}#delete"), "type": "Delete", "actor": s.actor(), "object": id});
    assert_eq!(s.send(&delete).await, 202);
    assert!(!s.holds(&id).await);
    assert_eq!(s.send(&create).await, 202, "accepted, for it is old");
    assert!(!s.holds(&id).await, "and without effect");
}

async fn markup_and_tricks_end_as_plain_text() {
    let s = Scene::new().await;
    let mut note = s.create("1");
    note["object"]["content"] = "<p>a<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>b</a></svg>\
        <img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">c</a><iframe srcdoc='<script>d</script>'></iframe></p>"
        .into();
    note["object"]["summary"] = "\u{202e}gnp.exe\u{2066} <b>warning</b>".into();
    assert_eq!(s.send(&note).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &format!("{}/1", s.m.origin)).await.unwrap().unwrap();
    let got = s.a.hub.post(copy.object).await.unwrap();
    let html = landbridge_model::richtext::to_html(&got.text, "https://x.test/tags/");
    for bad in ["<svg", "<img", "<iframe", "<script", "javascript:", "onerror", "onload"] {
        assert!(!html.contains(bad), "{bad} in {html}");
    }
    let warning = got.warning.unwrap();
    assert!(!warning.contains(['\u{202e}', '\u{2066}', '<']), "{warning:?}");

    // An id with a NUL is none, and the name of an actor cannot turn the words around it.
    let mut nul = s.create("2");
    nul["object"]["id"] = format!("{}/2\u{0}", s.m.origin).into();
    assert_eq!(s.send(&nul).await / 100, 4);
    let mut mallory = s.m.json(&s.actor()).await;
    mallory["name"] = "Alice\u{202e}\u{0}<script>x</script> \u{2067}".into();
    let update =
        json!({"id": format!("{}#u", s.actor()), "type": "Update", "actor": s.actor(), "object": mallory});
    assert_eq!(s.send(&update).await, 202);
    let name = s.a.find(&s.actor()).await.profile.display_name;
    assert!(!name.contains(['\u{202e}', '\u{2067}', '\u{0}', '<']), "{name:?}");
}

async fn documents_are_believed_only_from_their_own_host() {
    let s = Scene::new().await;
    let real = s.m.publish(draft(&s.mallory, "as it really is")).await;
    let victim = format!("{}/statuses/{}", s.actor(), real.id);
    let forged = json!({
        "id": victim, "type": "Note", "attributedTo": s.actor(), "to": [PUBLIC], "content": "forged"
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let evil = format!("http://evil.test:{}", listener.local_addr().unwrap().port());
    let typed = |kind: &'static str, document: Value| {
        get(async move || ([(header::CONTENT_TYPE, kind)], document.to_string()).into_response())
    };
    let own = json!({
        "id": format!("{evil}/upload"), "type": "Note", "attributedTo": format!("{evil}/u"), "content": "uploaded"
    });
    let elsewhere = json!({
        "id": format!("{evil}/elsewhere"), "type": "Note", "attributedTo": s.actor(), "content": "put in the mouth"
    });
    let to = victim.clone();
    let site = axum::Router::new()
        .route("/fake", typed("application/activity+json", forged))
        .route("/upload", typed("application/json", own))
        .route("/elsewhere", typed("application/activity+json", elsewhere))
        .route(
            "/deep",
            get(async || {
                (
                    [(header::CONTENT_TYPE, "application/activity+json")],
                    format!("{{\"a\":{}", "[".repeat(5_000)),
                )
            }),
        )
        .route("/endless", get(async || (StatusCode::OK, vec![b' '; 3 << 20])))
        .route("/led", get(async move || Redirect::temporary(&to)));
    tokio::spawn(async move { axum::serve(listener, site).await });

    for path in ["/upload", "/elsewhere", "/deep", "/endless"] {
        let found = s.a.look_up(&s.alice, &format!("{evil}{path}")).await;
        assert!(found.is_none(), "{path}: {found:?}");
    }
    for path in ["/fake", "/led"] {
        let found = s.a.look_up(&s.alice, &format!("{evil}{path}")).await;
        let text = found.map(|post| post.text.text);
        assert!(text.is_none() || text.as_deref() == Some("as it really is"), "{path}: {text:?}");
    }
    // Nor does an activity bring in what its own host does not confirm.
    let announce = json!({
        "id": format!("{}/a", s.m.origin), "type": "Announce", "actor": s.actor(), "to": [PUBLIC],
        "object": format!("{evil}/elsewhere")
    });
    assert_eq!(s.send(&announce).await, 202);
    assert!(!s.holds(&format!("{evil}/elsewhere")).await);
}

async fn an_undone_act_stays_undone() {
    let s = Scene::new().await;
    let alice = format!("{}/users/alice", s.a.origin);
    let post = s.a.publish(draft(&s.alice, "like me")).await;
    let object = format!("{alice}/statuses/{}", post.id);
    let counts = async || {
        let (actor, post) =
            (s.a.hub.actor(s.alice.actor.id).await.unwrap(), s.a.hub.post(post.id).await.unwrap());
        (actor.followers, post.likes, post.reposts)
    };
    let act = |kind: &str, object: &str| {
        json!({
            "id": format!("{}/{kind}", s.m.origin), "type": kind, "actor": s.actor(), "object": object,
            "to": [PUBLIC], "published": "2026-01-01T00:00:00Z"
        })
    };
    let acts = [act("Follow", &alice), act("Like", &object), act("Announce", &object)];
    for act in &acts {
        assert_eq!(s.send(act).await, 202);
    }
    assert_eq!(counts().await, (1, 1, 1));
    for act in &acts {
        let undo = json!({
            "id": format!("{}#undo", act["id"].as_str().unwrap()), "type": "Undo", "actor": s.actor(), "object": act
        });
        assert_eq!(s.send(&undo).await, 202);
    }
    assert_eq!(counts().await, (0, 0, 0));
    for act in &acts {
        assert_eq!(s.send(act).await, 202, "accepted, for it is old");
    }
    assert_eq!(counts().await, (0, 0, 0), "and without effect");
}

/// Counts every counter of this process, by name and labels.
struct Counts;

static COUNTED: LazyLock<Mutex<BTreeMap<String, u64>>> = LazyLock::new(Mutex::default);

struct Counted(String);

impl metrics::CounterFn for Counted {
    fn increment(&self, by: u64) {
        *COUNTED.lock().unwrap().entry(self.0.clone()).or_default() += by;
    }
    fn absolute(&self, _: u64) {}
}

impl metrics::Recorder for Counts {
    fn describe_counter(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_gauge(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_histogram(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        metrics::Counter::from_arc(std::sync::Arc::new(Counted(format!(
            "{} {}",
            key.name(),
            labels.join(" ")
        ))))
    }
    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }
    fn register_histogram(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}

async fn each_refusal_is_counted() {
    // The other engine's test may have set it in this very process.
    let _ = metrics::set_global_recorder(Counts);
    let s = Scene::new().await;
    let count = |what: &str| COUNTED.lock().unwrap().get(&format!("activitypub_inbox_total {what}")).copied();
    let body = serde_json::to_vec(&s.create("1")).unwrap();
    let now = SystemTime::now();
    let before = |what: &str| count(what).unwrap_or_default();
    let known = ["size", "signature", "document", "actor", "a post without id or author of its host"];
    let earlier = known.map(|why| before(&format!("refused {why}")));
    let large = vec![b' '; (1 << 20) + 1];
    assert_eq!(s.post(s.signed(&large, now), large).await, 413);
    assert_eq!(s.post(HeaderMap::new(), body.clone()).await, 401);
    assert_eq!(s.post(s.signed(b"[]", now), b"[]".to_vec()).await, 400);
    assert_eq!(s.post(s.signed(b"{}", now), b"{}".to_vec()).await, 400);
    let mut other = s.create("2");
    other["object"]["attributedTo"] = format!("{}/users/alice", s.a.origin).into();
    assert_eq!(s.send(&other).await, 403);
    for (why, earlier) in known.iter().zip(earlier) {
        assert_eq!(before(&format!("refused {why}")), earlier + 1, "{why}");
    }
    s.nothing_arrived().await;
    assert!(s.a.hub.copy(Network::ActivityPub, &format!("{}/1", s.m.origin)).await.unwrap().is_none());
}

/// A server with one actor, whose key has an id of its own; both are there for as long as `there` says so.
async fn lone_actor(key: &PrivateKey, status: Arc<AtomicU16>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://lone.test:{}", listener.local_addr().unwrap().port());
    let actor = format!("{origin}/u");
    let document = json!({
        "id": actor, "type": "Person", "preferredUsername": "u", "inbox": format!("{actor}/inbox"),
        "publicKey": {"id": format!("{actor}/main-key"), "owner": actor, "publicKeyPem": key.public_pem().unwrap()}
    });
    let show = async move || {
        let status = StatusCode::from_u16(status.load(Ordering::Relaxed)).unwrap();
        (status, [(header::CONTENT_TYPE, "application/activity+json")], document.to_string())
    };
    let site = axum::Router::new().route("/u", get(show.clone())).route("/u/main-key", get(show));
    tokio::spawn(async move { axum::serve(listener, site).await });
    origin
}

async fn somebody_known_may_leave_when_their_key_is_gone() {
    // With the key that is kept, and with one that is known no more.
    for (name, kept) in [("main-key", true), ("older-key", false)] {
        let s = Scene::new().await;
        let (key, status) = (PrivateKey::generate().unwrap(), Arc::new(AtomicU16::new(200)));
        let actor = format!("{}/u", lone_actor(&key, status.clone()).await);
        let known = async || {
            let presence = s.a.hub.presence_by_native(Network::ActivityPub, &actor).await.unwrap();
            presence.is_some()
        };
        s.a.find(&actor).await;
        let delete = json!({"id": format!("{actor}#d"), "type": "Delete", "actor": actor, "object": actor});
        let body = serde_json::to_vec(&delete).unwrap();
        let send_by = async |key_id: String| {
            let now = SystemTime::now();
            let headers = cavage::sign(&Method::POST, &s.inbox(), Some(&body), &key_id, &key, now).unwrap();
            s.post(headers, body.clone()).await
        };
        let send = async || send_by(format!("{actor}/{name}")).await;
        for (answer, why) in [(200, "its own server still has it"), (404, "nothing there is not gone")] {
            status.store(answer, Ordering::Relaxed);
            if !kept {
                assert_eq!(send().await, 202);
                assert!(known().await, "{why}");
            }
        }
        status.store(410, Ordering::Relaxed);
        let elsewhere = format!("{}/users/nobody#key", s.m.origin);
        send_by(elsewhere).await;
        assert!(known().await, "by a key on another server");
        assert_eq!(send().await, 202);
        assert!(!known().await, "{name}");
    }
}

async fn a_key_that_cannot_be_had_now_is_asked_for_again_later() {
    let s = Scene::new().await;
    let away = "http://away.test:9/users/nobody";
    let activity =
        json!({"id": format!("{away}/1"), "type": "Like", "actor": away, "object": "http://x.test/1"});
    let body = serde_json::to_vec(&activity).unwrap();
    let key_id = format!("{away}#main-key");
    let headers =
        cavage::sign(&Method::POST, &s.inbox(), Some(&body), &key_id, &s.key, SystemTime::now()).unwrap();
    let answer = s.m.hub.fetcher().post(&s.inbox(), headers.clone(), Bytes::from(body), 1000).await.unwrap();
    assert_eq!(answer.status, 503);
    assert!(answer.retry_after().is_some());
    let delete = json!({"id": format!("{away}#d"), "type": "Delete", "actor": away, "object": away});
    let body = serde_json::to_vec(&delete).unwrap();
    let headers =
        cavage::sign(&Method::POST, &s.inbox(), Some(&body), &key_id, &s.key, SystemTime::now()).unwrap();
    assert_eq!(
        s.post(headers, body).await,
        202,
        "whoever is unknown may leave without being asked for a key"
    );
}

async fn what_is_passed_on_is_believed_for_its_proof_or_asked_for() {
    let s = Scene::new().await;
    // Bob's post, passed on by Mallory: the server it comes from confirms it.
    let bob = s.m.member("bob").await;
    let text = format!("@alice@{} hello", s.a.hub.config().account_domain);
    let post = s.m.publish(draft(&bob, &text)).await;
    let bob_id = format!("{}/users/bob", s.m.origin);
    let id = format!("{bob_id}/statuses/{}", post.id);
    let mut create = s.create("x");
    create["actor"] = bob_id.as_str().into();
    create["id"] = format!("{id}/activity").into();
    create["object"] =
        json!({"id": id, "type": "Note", "attributedTo": bob_id, "content": "forged", "to": [PUBLIC]});
    assert_eq!(s.send(&create).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
    let got = s.a.hub.post(copy.object).await.unwrap();
    assert!(got.text.text.contains("hello"), "as it is at home, not as it was passed on: {}", got.text.text);

    // With Bob's own proof nobody needs to be asked.
    let mut proved = s.create("proved");
    proved["actor"] = bob_id.as_str().into();
    proved["object"]["attributedTo"] = bob_id.as_str().into();
    let key = s.m.hub.key(bob.actor.id, Network::ActivityPub, "ed25519").await.unwrap().unwrap();
    let key = ProofKey::from_seed(&key.secret.try_into().unwrap()).unwrap();
    let key_id = format!("{bob_id}#ed25519-key");
    proof::sign(proved.as_object_mut().unwrap(), &key_id, &key, "2026-01-01T00:00:00Z");
    assert_eq!(s.send(&proved).await, 202);
    assert!(s.holds(&format!("{}/proved", s.m.origin)).await);

    // A relay of an activity (as groups do) is no better than its origin says.
    let other = s.m.publish(draft(&bob, &format!("@alice@{} again", s.a.hub.config().account_domain))).await;
    let id = format!("{bob_id}/statuses/{}", other.id);
    let inner = json!({
        "id": format!("{id}/activity"), "type": "Create", "actor": bob_id,
        "object": {"id": id, "type": "Note", "attributedTo": bob_id, "content": "forged", "to": [PUBLIC]}
    });
    let announce = json!({
        "id": format!("{}/announce", s.m.origin), "type": "Announce", "actor": s.actor(), "to": [PUBLIC], "object": inner
    });
    assert_eq!(s.send(&announce).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
    assert!(s.a.hub.post(copy.object).await.unwrap().text.text.contains("again"));
    let _ = &s.mallory;
}
