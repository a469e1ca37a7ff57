//! What anybody may read here, and what only its owner.

use crate::world::{Wishes, World, on_both};
use http::Method;
use landbridge_model::Network;
use landbridge_store::EngineKind;
use serde_json::json;

on_both!(
    parameters_that_do_not_fit_are_told_in_the_protocols_words,
    a_file_is_for_others_when_a_record_names_it,
    a_record_elsewhere_is_proved_where_there_is_no_appview,
    older_programs_read_repositories_too,
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
    let own = get(&token).await;
    assert_eq!((own.text().as_str(), own.header("cache-control")), ("not yet said", "private, no-store"));
    let record = json!({ "$type": "org.example.thing", "file": put["blob"] });
    let wanted = json!({ "repo": did, "collection": "org.example.thing", "rkey": "one", "record": record });
    world.post("com.atproto.repo.createRecord", &token, wanted).await.ok();
    let said = get("").await;
    assert_eq!(
        (said.text().as_str(), said.header("cache-control")),
        ("not yet said", "public, max-age=86400")
    );
    // Nor any longer.
    let gone = json!({ "repo": did, "collection": "org.example.thing", "rkey": "one" });
    world.post("com.atproto.repo.deleteRecord", &token, gone).await.ok();
    assert_eq!(get("").await.error(), (400, "BlobNotFound".into()));
}

async fn a_record_elsewhere_is_proved_where_there_is_no_appview(engine: EngineKind) {
    let there = World::new(engine).await;
    let alice = there.member("alice").await;
    let did = there.did(alice).await;
    let directory = Some(format!("{}/plc", there.pds));
    let here =
        World::with(engine, Wishes { directory, handle_domain: "here.test", ..Wishes::default() }).await;
    let bob = here.member("bob").await;
    let token = here.token("bob").await;
    let query = |rkey: &str| {
        format!("com.atproto.repo.getRecord?repo={did}&collection=app.bsky.actor.profile&rkey={rkey}")
    };
    let own = there.get(&query("self"), "").await.ok();
    assert_eq!(here.get(&query("self"), &token).await.ok(), own);
    let version = format!("{}&cid={}", query("self"), own["cid"].as_str().unwrap());
    assert_eq!(here.get(&version, &token).await.ok(), own);
    let older = version.replace("&cid=baf", "&cid=bag");
    for (query, error) in [
        (query("other"), "RecordNotFound"),
        (older, "RecordNotFound"),
        (query("a%20b"), "InvalidRequest"),
        (query("self").replace(did.as_str(), "did:plc:ewvi7nxzyoun6zhxrhs64oiz"), "RepoNotFound"),
        (query("self").replace(did.as_str(), "nobody.here.test"), "RepoNotFound"),
    ] {
        assert_eq!(here.get(&query, &token).await.error(), (400, error.into()), "{query}");
    }
    // Nobody is looked for on behalf of strangers, nor here for a member who is off.
    assert_eq!(here.get(&query("self"), "").await.error(), (400, "RepoNotFound".into()));
    let gone = here.did(bob).await;
    here.hub.leave_network(bob, Network::AtProto).await.unwrap();
    let gone = query("self").replace(did.as_str(), gone.as_str());
    assert_eq!(here.get(&gone, &token).await.error(), (400, "RepoNotFound".into()));
}

async fn older_programs_read_repositories_too(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    let get = async |method: &str| world.get(&format!("com.atproto.sync.{method}?did={did}"), "").await;
    assert_eq!(get("getHead").await.ok()["root"], get("getLatestCommit").await.ok()["cid"]);
    let file = get("getCheckout").await;
    assert_eq!(file.header("content-type"), "application/vnd.ipld.car");
    assert_eq!(file.body, get("getRepo").await.body);
}
