//! What anybody may read here, and what only its owner.

use crate::world::{World, on_both};
use http::Method;
use landbridge_store::EngineKind;
use serde_json::json;

on_both!(
    parameters_that_do_not_fit_are_told_in_the_protocols_words,
    a_file_is_for_others_when_a_record_names_it,
);

async fn parameters_that_do_not_fit_are_told_in_the_protocols_words(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let token = world.token("alice").await;
    for query in [
        "repo.getRecord",
        "repo.getRecord?repo=alice.landbridge.test&rkey=self",
        "repo.listRecords?repo=alice.landbridge.test",
        "repo.listRecords?repo=alice.landbridge.test&collection=a.b.c&limit=many",
        "repo.describeRepo",
        "repo.listMissingBlobs?limit=many",
        "sync.getRepo",
        "sync.getLatestCommit",
        "sync.getRecord?did=did:plc:ewvi7nxzyoun6zhxrhs64oiz",
        "sync.getBlocks",
        "sync.getRepoStatus",
        "sync.listRepos?limit=many",
        "sync.getBlob?did=did:plc:ewvi7nxzyoun6zhxrhs64oiz",
        "sync.listBlobs",
    ] {
        let refused = world.get(&format!("com.atproto.{query}"), &token).await;
        assert_eq!(refused.error(), (400, "InvalidRequest".into()), "{query}");
        assert!(!refused.json()["message"].as_str().unwrap().is_empty(), "{query}");
    }
}

async fn a_file_is_for_others_when_a_record_names_it(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    world.member("bob").await;
    let did = world.did(alice).await;
    let (token, other) = (world.token("alice").await, world.token("bob").await);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
    let url = format!("{}/xrpc/com.atproto.repo.uploadBlob", world.pds);
    let put = world.send(Method::POST, &url, &headers, b"not yet said".to_vec()).await.ok();
    let cid = put["blob"]["ref"]["$link"].as_str().unwrap();
    let get =
        async |token: &str| world.get(&format!("com.atproto.sync.getBlob?did={did}&cid={cid}"), token).await;
    for nobody in ["", &other] {
        assert_eq!(get(nobody).await.error(), (400, "BlobNotFound".into()));
    }
    assert_eq!(get(&token).await.text(), "not yet said");
    let record = json!({ "$type": "org.example.thing", "file": put["blob"] });
    let wanted = json!({ "repo": did, "collection": "org.example.thing", "rkey": "one", "record": record });
    world.post("com.atproto.repo.createRecord", &token, wanted).await.ok();
    assert_eq!(get("").await.text(), "not yet said");
    // Nor any longer.
    let gone = json!({ "repo": did, "collection": "org.example.thing", "rkey": "one" });
    world.post("com.atproto.repo.deleteRecord", &token, gone).await.ok();
    assert_eq!(get("").await.error(), (400, "BlobNotFound".into()));
}
