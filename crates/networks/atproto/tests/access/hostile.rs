//! What members and their apps may bring, and what not: refused in the protocol's own words, and nothing of it is kept.

use crate::world::{Answer, World, on_both};
use http::Method;
use landbridge_atproto::{
    data::Cid,
    repo::{
        Block,
        car::{self, CarLimits},
    },
};
use landbridge_model::Id;
use landbridge_store::{EngineKind, entities::atproto_repos};
use serde_json::{Value, json};

on_both!(repositories_that_are_none_are_not_taken_in, records_beyond_their_limits_are_not_written);

/// The newest commit, how many blocks there are and how many records.
async fn standing(world: &World, member: Id) -> (Vec<u8>, i64, i64) {
    let store = world.hub.store();
    let count = async |query| store.row(query).await.unwrap().unwrap().get::<i64>(0).unwrap();
    (
        world.at.repo_row(member).await.unwrap().unwrap().head,
        count(atproto_repos::count_blocks(member)).await,
        count(atproto_repos::count_records(member)).await,
    )
}

async fn repositories_that_are_none_are_not_taken_in(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let token = world.token("alice").await;
    let whole = async |member: Id| {
        let did = world.did(member).await;
        world.get(&format!("com.atproto.sync.getRepo?did={did}"), "").await.body
    };
    let own = whole(alice).await;
    let (head, blocks) = car::read_rooted(&own, CarLimits::REPO).unwrap();
    let with_roots = |roots: &[Cid]| {
        let mut out = Vec::new();
        car::write_header(roots, &mut out);
        blocks.iter().for_each(|block| car::write_block(&block.cid, &block.bytes, &mut out));
        out
    };
    let mut changed = own.to_vec();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let import = async |file: Vec<u8>, token: &str| -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/vnd.ipld.car")];
        let headers = if token.is_empty() { &headers[1..] } else { &headers[..] };
        let url = format!("{}/xrpc/com.atproto.repo.importRepo", world.pds);
        world.send(Method::POST, &url, headers, file).await
    };
    let before = standing(&world, alice).await;
    for (what, file) in [
        ("nothing", Vec::new()),
        ("nonsense", b"nonsense".to_vec()),
        ("no root", with_roots(&[])),
        ("two roots", with_roots(&[head, head])),
        ("a root that is not there", with_roots(&[Cid::of_dag_cbor(b"x")])),
        ("a root that is no commit", with_roots(&[blocks[1].cid])),
        ("a block that is missing", car::write(&head, &blocks[..blocks.len() - 1])),
        ("bytes under a wrong name", changed),
        ("cut short", own[..own.len() - 1].to_vec()),
        ("a claim of much", [&own[..], &[0xff, 0xff, 0xff, 0x7f]].concat()),
        ("another's", whole(bob).await.to_vec()),
    ] {
        assert_eq!(import(file, &token).await.error(), (400, "InvalidRequest".into()), "{what}");
        assert_eq!(standing(&world, alice).await, before, "{what}");
    }
    assert_eq!(import(own.to_vec(), "").await.error(), (401, "AuthMissing".into()));
    // What nobody asked for is left behind.
    let extra: Vec<Block> =
        blocks.iter().cloned().chain([Block::of_dag_cbor(b"not asked for".to_vec())]).collect();
    assert_eq!(import(car::write(&head, &extra), &token).await.status, 200);
    let after = standing(&world, alice).await;
    assert_eq!((after.1, after.2), (before.1, before.2));
}

async fn records_beyond_their_limits_are_not_written(engine: EngineKind) {
    const POST: &str = "app.bsky.feed.post";
    const OTHER: &str = "org.example.thing";
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let token = world.token("alice").await;
    let before = standing(&world, alice).await;
    let post = |text: &str| json!({ "$type": POST, "text": text, "createdAt": "2026-01-01T00:00:00Z" });
    let with = |field: &str, value: Value| {
        let mut record = post("hello");
        record[field] = value;
        record
    };
    let facet =
        |start: i64, end: i64| json!({ "index": { "byteStart": start, "byteEnd": end }, "features": [] });
    let deep = (0..70).fold(json!(1), |inner, _| json!([inner]));
    let blob = json!({ "$type": "blob", "ref": { "$link": Cid::of_blob(b"x").to_string() }, "mimeType": "image/png", "size": 1 });
    for (what, collection, record, error) in [
        ("more characters than allowed", POST, post(&"x".repeat(301)), "InvalidRequest"),
        // One character to its reader.
        ("more bytes than allowed", POST, post(&format!("a{}", "\u{301}".repeat(1500))), "InvalidRequest"),
        ("an offset below zero", POST, with("facets", json!([facet(-1, 2)])), "InvalidRequest"),
        (
            "a fraction",
            POST,
            with("facets", json!([{ "index": { "byteStart": 0.5, "byteEnd": 2 }, "features": [] }])),
            "InvalidRequest",
        ),
        ("too many languages", POST, with("langs", json!(["a", "b", "c", "d"])), "InvalidRequest"),
        ("another type", POST, with("$type", json!(OTHER)), "InvalidRequest"),
        ("no object", POST, json!([1]), "InvalidRequest"),
        ("too deep", OTHER, json!({ "x": deep }), "InvalidRequest"),
        ("too long", OTHER, json!({ "x": "x".repeat(1_000_000) }), "InvalidRequest"),
        ("longer than a request", OTHER, json!({ "x": "x".repeat(3_000_000) }), "InvalidRequest"),
        ("a link that is none", OTHER, json!({ "x": { "$link": "x" } }), "InvalidRequest"),
        (
            "a link with something beside it",
            OTHER,
            json!({ "x": { "$link": Cid::of_blob(b"x").to_string(), "y": 1 } }),
            "InvalidRequest",
        ),
        ("a file that is not here", OTHER, json!({ "x": blob }), "BlobNotFound"),
    ] {
        let wanted = json!({ "repo": did, "collection": collection, "record": record });
        let refused = world.post("com.atproto.repo.createRecord", &token, wanted).await;
        assert_eq!(refused.error(), (400, error.into()), "{what}");
        assert_eq!(standing(&world, alice).await, before, "{what}");
    }
    // Several at once: all or none.
    let create = |record: Value| json!({ "$type": "com.atproto.repo.applyWrites#create", "collection": POST, "value": record });
    let writes = json!([create(post("good")), create(post(&"x".repeat(301)))]);
    let refused =
        world.post("com.atproto.repo.applyWrites", &token, json!({ "repo": did, "writes": writes })).await;
    assert_eq!(refused.error(), (400, "InvalidRequest".into()));
    let many: Vec<Value> = (0..201).map(|_| create(post("good"))).collect();
    let refused =
        world.post("com.atproto.repo.applyWrites", &token, json!({ "repo": did, "writes": many })).await;
    assert_eq!(refused.error(), (400, "InvalidRequest".into()));
    assert_eq!(standing(&world, alice).await, before);
    // Just within them.
    let text = "é".repeat(300);
    let good = json!({ "repo": did, "collection": POST, "record": post(&text) });
    assert_eq!(world.post("com.atproto.repo.createRecord", &token, good).await.status, 200);
}
