//! What anybody may read here, and what only its owner.

use crate::world::{World, on_both};
use landbridge_store::EngineKind;

on_both!(parameters_that_do_not_fit_are_told_in_the_protocols_words);

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
