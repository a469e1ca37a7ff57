//! Streams and servers that lie.

use crate::{
    elsewhere::{Elsewhere, FOLLOW, LIKE, POST, PROFILE, post},
    node::Node,
    on_both,
};
use axum::{Router, response::Redirect};
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    data::{Map, Value, cbor},
    firehose::{CommitEvent, Event, Frame},
    repo::{
        Block, Commit,
        car::{self, CarLimits},
    },
    syntax::{Datetime, Did, Tid},
};
use landbridge_hub::moderation::Rule;
use landbridge_model::Time;
use landbridge_store::{
    EngineKind,
    entities::atproto_reader::{self, SeenRow},
};
use serde_json::json;

on_both!(
    what_the_account_has_not_signed_is_not_believed,
    what_is_forged_leaves_nothing_and_makes_us_ask_nobody,
    bytes_that_are_no_records_are_passed_over,
    documents_that_lie_lead_nowhere,
    what_was_said_before_changes_nothing,
    handles_are_held_in_both_directions,
    nonsense_does_not_end_a_stream,
    members_are_never_spoken_for,
    servers_that_the_operator_shut_out_are_not_heard,
);

async fn what_the_account_has_not_signed_is_not_believed(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let first = elsewhere.post(&bob, "first");
    node.post(&first).await;
    let time = || Datetime::of(Time::now());

    // Eve's commit as Bob's.
    let mut stolen =
        CommitEvent::of(&elsewhere.commit(&eve, &[(POST, "3kforged", Some(post("stolen")))]), time());
    stolen.repo = bob.clone();
    elsewhere.say(Event::Commit(stolen));

    // Signed by another key. Then the repository is as it was.
    let honest = std::mem::replace(
        &mut elsewhere.lock().people.get_mut(&bob).unwrap().key,
        SigningKey::generate(Curve::K256).unwrap(),
    );
    let before = elsewhere.lock().people[&bob].repo.clone();
    let forged = elsewhere.commit(&bob, &[(POST, "3kforged", Some(post("forged")))]);
    {
        let mut inner = elsewhere.lock();
        let person = inner.people.get_mut(&bob).unwrap();
        person.key = honest;
        person.repo = before;
    }
    elsewhere.say(Event::Commit(CommitEvent::of(&forged, time())));

    // Operations that are not what the trees say.
    let next = elsewhere.commit(&bob, &[(POST, "3khonest", Some(post("honest")))]);
    let mut bent = CommitEvent::of(&next, time());
    bent.ops[0].path = format!("{POST}/3kforged").into();
    elsewhere.say(Event::Commit(bent));

    let last = elsewhere.post(&bob, "last");
    node.post(&last).await;
    node.post(&format!("at://{bob}/{POST}/3khonest")).await;
    assert!(node.here(&format!("at://{bob}/{POST}/3kforged")).await.is_none());
}

/// The same announcement with another commit in it.
fn with_commit(event: &CommitEvent, commit: &Commit) -> CommitEvent {
    let (head, blocks) = car::read_rooted(&event.blocks, CarLimits::COMMIT).unwrap();
    let block = commit.block();
    let rest = blocks.into_iter().filter(|other| other.cid != head);
    let blocks: Vec<Block> = rest.chain([block.clone()]).collect();
    let (repo, rev) = (event.repo.clone(), commit.rev);
    let blocks = car::write(&block.cid, &blocks).into();
    CommitEvent { repo, rev, commit: block.cid, blocks, ..event.clone() }
}

/// The other signature of K-256 that fits the same message.
fn other_s(mut signature: [u8; 64]) -> [u8; 64] {
    let order = hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(order[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + at] = (difference + 256 * borrow) as u8;
    }
    signature
}

async fn seen(node: &Node, did: &Did) -> SeenRow {
    let row = node.hub.store().row(atproto_reader::one(did.as_str())).await.unwrap();
    SeenRow::read(&mut row.unwrap()).unwrap()
}

async fn what_is_forged_leaves_nothing_and_makes_us_ask_nobody(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let first = elsewhere.post(&bob, "first");
    node.post(&first).await;
    node.until("noted", async || !seen(&node, &bob).await.rev.is_empty()).await;
    let before = seen(&node, &bob).await;
    let asked = elsewhere.lock().asked.len();

    let staged = elsewhere.commit(&bob, &[(POST, "3knext", Some(post("next")))]);
    let event = CommitEvent::of(&staged, Datetime::of(Time::now()));
    let sign = |did: &Did, rev: Tid, key: &SigningKey| {
        with_commit(&event, &Commit::sign(did.clone(), rev, staged.commit.data, key).unwrap())
    };
    let stranger = SigningKey::generate(Curve::K256).unwrap();
    let by_stranger = sign(&bob, staged.commit.rev, &stranger);
    let alone = |event: &CommitEvent| {
        let (head, blocks) = car::read_rooted(&event.blocks, CarLimits::COMMIT).unwrap();
        car::write(&head, blocks.iter().filter(|block| block.cid == head)).into()
    };
    let soon = Tid::new(u64::try_from(Time::now().0).unwrap() * 1000 + 3_600_000_000, 0);
    let forged = {
        let inner = elsewhere.lock();
        let bobs = &inner.people[&bob].key;
        vec![
            // The higher s; another key; and the same where more would have to be asked for: a gap, and blocks that are missing.
            with_commit(&event, &Commit { sig: other_s(staged.commit.sig), ..staged.commit.clone() }),
            by_stranger.clone(),
            CommitEvent { since: Some(Tid::new(1, 0)), ..by_stranger.clone() },
            CommitEvent { blocks: alone(&by_stranger), ..by_stranger.clone() },
            CommitEvent { ops: Vec::new(), prev_data: None, ..by_stranger.clone() },
            // From the future; and another account's own.
            sign(&bob, soon, bobs),
            sign(&eve, staged.commit.rev, bobs),
            // Two roots, none, and bytes that are no file.
            CommitEvent { blocks: b"nonsense".to_vec().into(), ..event.clone() },
            CommitEvent { commit: staged.commit.data, ..event.clone() },
        ]
    };
    for lie in forged {
        elsewhere.say(Event::Commit(lie));
    }
    // What is about one account is looked at one after the other: when the honest one is here, all of them were.
    elsewhere.say(Event::Commit(event));
    node.post(&format!("at://{bob}/{POST}/3knext")).await;
    node.until("noted", async || seen(&node, &bob).await.rev > before.rev).await;
    let after = seen(&node, &bob).await;
    assert!(!after.behind && after.tries == 0, "{after:?}");
    assert_eq!(elsewhere.lock().asked[asked..], [] as [String; 0]);
}

async fn bytes_that_are_no_records_are_passed_over(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let fields =
        || Map::new().with("$type", POST).with("createdAt", crate::elsewhere::now()).with("text", "x");
    let encoded = |fields: Map| cbor::encode(&Value::Map(fields));
    let deep = (0..cbor::MAX_DEPTH).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    let good = encoded(fields());
    let facet = |start: i64, end: i64| {
        let tag = Map::new().with("$type", "app.bsky.richtext.facet#tag").with("tag", "x");
        let index = Map::new().with("byteStart", start).with("byteEnd", end);
        Map::new().with("index", index).with("features", vec![tag])
    };
    let facets: Vec<Map> =
        (0..4000).map(|n| facet(n % 7 - 2, n % 11 - 2)).chain([facet(i64::MIN, i64::MAX)]).collect();
    let bad = [
        // A text whose length takes a byte more than it needs; an entry that comes twice; a float; a list; nothing.
        [&good[..6], &[0x78, 0x01, b'x'], &good[8..]].concat(),
        [&[good[0] + 1], &good[1..], &[0x64], b"text", &[0x61, b'y']].concat(),
        [&[good[0] + 1], &good[1..], &[0x6a], b"zzzzzzzzzz", &[0xf9, 0, 0]].concat(),
        cbor::encode(&Value::List(vec![Value::Map(fields())])),
        vec![0xa0],
        encoded(fields().with("x", deep)),
    ];
    let rkeys: Vec<String> = (0..bad.len()).map(|n| format!("3kbad{n}")).collect();
    let mut writes: Vec<(&str, &str, Option<Block>)> = rkeys
        .iter()
        .zip(bad)
        .map(|(rkey, bytes)| (POST, rkey.as_str(), Some(Block::of_dag_cbor(bytes))))
        .collect();
    let many = fields().with("text", "é👩‍👩‍👦‍👦".repeat(20)).with("facets", facets);
    writes.push((POST, "3kgood", Some(Block::of_dag_cbor(encoded(many)))));
    let staged = elsewhere.commit_blocks(&bob, &writes);
    elsewhere.say(Event::Commit(CommitEvent::of(&staged, Datetime::of(Time::now()))));
    let last = elsewhere.post(&bob, "last");
    node.post(&last).await;
    for rkey in &rkeys {
        assert!(node.here(&format!("at://{bob}/{POST}/{rkey}")).await.is_none(), "{rkey}");
    }
    // Of thousands of facets, those stay that are whole and apart.
    let good = node.post(&format!("at://{bob}/{POST}/3kgood")).await;
    let text = good.text;
    assert!(text.marks.len() <= 4, "{:?}", text.marks);
    assert!(text.marks.windows(2).all(|pair| pair[0].end <= pair[1].start));
    assert!(text.marks.iter().all(|mark| !text.of(mark).is_empty()));
}

async fn documents_that_lie_lead_nowhere(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    let document = |did: &Did, server: &str| {
        let key = elsewhere.lock().people[did].key.public().to_multikey();
        json!({
            "id": did, "alsoKnownAs": ["at://mallory.elsewhere.test"],
            "verificationMethod": [{ "id": "#atproto", "type": "Multikey", "controller": did, "publicKeyMultibase": key }],
            "service": [{ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": server }],
        })
    };
    // Of somebody else, of nobody, too long.
    let mut long = document(&bob, &elsewhere.origin);
    long["x"] = json!("x".repeat(70_000));
    for lie in [document(&bob, &elsewhere.origin).to_string(), "[]".into(), "x".into(), long.to_string()] {
        let mallory = elsewhere.person("mallory");
        elsewhere.lock().people.get_mut(&mallory).unwrap().document = Some(lie.clone());
        assert!(!matches!(node.hub.find_actor(mallory.as_str()).await, Ok(Some(_))), "{lie:.80}");
        assert!(node.known(&mallory).await.is_none(), "{lie:.80}");
    }
    // With servers where nobody may be sent, at once or by a redirect.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sends_on = format!("http://{}", listener.local_addr().unwrap());
    let away = Router::new().fallback(async || Redirect::temporary("http://10.0.0.1/"));
    tokio::spawn(async move { axum::serve(listener, away).await.unwrap() });
    for server in [
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://[::ffff:10.0.0.1]",
        "http://[fd00::1]",
        "http://2130706433.nip.example",
        "https://pds.example.org",
        &sends_on,
    ] {
        let mallory = elsewhere.person("mallory");
        let uri = elsewhere.post(&mallory, "mine");
        let lie = document(&mallory, server).to_string();
        elsewhere.lock().people.get_mut(&mallory).unwrap().document = Some(lie);
        let asked = elsewhere.lock().asked.len();
        assert!(node.search(&uri).await.is_none(), "{server}");
        assert!(node.here(&uri).await.is_none(), "{server}");
        let asked_then = elsewhere.lock().asked[asked..].to_vec();
        assert!(asked_then.iter().all(|method| method.contains("resolveHandle")), "{server} {asked_then:?}");
    }
}

async fn what_was_said_before_changes_nothing(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let uri = elsewhere.post(&bob, "once");
    let once = elsewhere.lock().frames.last().unwrap().1.clone();
    node.post(&uri).await;
    elsewhere.write(&bob, &[(POST, uri.rsplit('/').next().unwrap(), None)]);
    node.until("deleted", async || node.here(&uri).await.is_none()).await;
    // The same commit again, as if it were new.
    let Ok(Frame::Event(_, event)) = Frame::decode(&once) else { panic!("a frame") };
    elsewhere.say(event);
    let next = elsewhere.post(&bob, "next");
    let next = node.post(&next).await;
    assert!(node.here(&uri).await.is_none());
    assert_eq!(node.home(alice.id).await, [next.id]);
}

async fn handles_are_held_in_both_directions(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    // Eve claims Bob's handle, which leads to Bob (whichever is found first: both claim it, one is meant).
    elsewhere.lock().people.get_mut(&eve).unwrap().also_known_as = vec!["at://bob.elsewhere.test".into()];
    let node = Node::start(engine, &elsewhere).await;
    let found = node.find("@bob.elsewhere.test").await;
    assert_eq!(found.username, "bob.elsewhere.test");
    assert_eq!(node.known(&bob).await.unwrap().id, found.id);
    // A handle of ours is nobody's elsewhere, whatever their document says.
    elsewhere.lock().people.get_mut(&eve).unwrap().handle = "alice.landbridge.test".into();
    let eve_found = node.find(eve.as_str()).await;
    assert_eq!(eve_found.username, eve.as_str().replace(':', "_"));
    assert!(node.hub.find_actor("alice.landbridge.test").await.unwrap().is_none());
}

async fn nonsense_does_not_end_a_stream(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    for bytes in [&b""[..], b"\xff\xff", b"{}", &[0xa0; 50_000]] {
        elsewhere.say_bytes(bytes.to_vec().into());
    }
    // Records that do not fit their place, and none at all.
    elsewhere.create(&bob, POST, json!({"text": 5}));
    elsewhere.create(&bob, LIKE, json!({"subject": "x"}));
    elsewhere.create(&bob, FOLLOW, json!({"subject": {"uri": 1}}));
    elsewhere.write(&bob, &[(PROFILE, "other", Some(json!({"displayName": "not mine"})))]);
    let uri = elsewhere.post(&bob, "fine");
    node.post(&uri).await;
    assert_eq!(node.known(&bob).await.unwrap().profile.display_name, "");
}

async fn members_are_never_spoken_for(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let did = node.did(&alice).await;
    let mut commit = CommitEvent::of(
        &elsewhere.commit(&bob, &[(POST, "3kx", Some(post("x")))]),
        Datetime::of(Time::now()),
    );
    commit.repo = did.clone();
    elsewhere.say(Event::Commit(commit));
    elsewhere.say_account(&did, false);
    elsewhere.say_identity(&did);
    let uri = elsewhere.post(&bob, "after");
    node.post(&uri).await;
    assert!(node.here(&format!("at://{did}/{POST}/3kx")).await.is_none());
    let asked = elsewhere.lock().asked.len();
    // What is ours is looked up here, or nowhere.
    assert_eq!(node.find("alice.landbridge.test").await.id, alice.id);
    assert_eq!(node.find(did.as_str()).await.id, alice.id);
    assert_eq!(node.find(&format!("https://bsky.app/profile/{did}")).await.id, alice.id);
    assert_eq!(elsewhere.lock().asked.len(), asked);
}

async fn servers_that_the_operator_shut_out_are_not_heard(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let before = elsewhere.post(&bob, "before");
    node.post(&before).await;
    node.hub.set_domain_rule("127.0.0.1", Some(Rule::Block), "").await.unwrap();
    let after = elsewhere.post(&bob, "after");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(node.here(&after).await.is_none());
    assert!(node.hub.find_actor(eve.as_str()).await.unwrap().is_none());
}
