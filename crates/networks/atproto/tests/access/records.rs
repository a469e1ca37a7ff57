//! Records and files as apps write them.

use crate::world::{Answer, World, on_both};
use http::Method;
use landbridge_store::EngineKind;
use serde_json::{Value, json};

on_both!(a_file_is_what_was_said_last_until_a_record_names_it);

const OTHER: &str = "org.example.thing";

/// A member as an app sees them.
struct Author<'a> {
    world: &'a World,
    did: String,
    token: String,
}

impl<'a> Author<'a> {
    async fn new(world: &'a World, name: &str) -> Author<'a> {
        let member = world.member(name).await;
        let (did, token) = (world.did(member).await.to_string(), world.token(name).await);
        Author { world, did, token }
    }

    async fn upload(&self, bytes: &[u8], mime: &str) -> Value {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", mime)];
        let url = format!("{}/xrpc/com.atproto.repo.uploadBlob", self.world.pds);
        self.world.send(Method::POST, &url, &headers, bytes.to_vec()).await.ok()["blob"].clone()
    }

    async fn create(&self, collection: &str, record: Value) -> Answer {
        let wanted = json!({ "repo": self.did, "collection": collection, "record": record });
        self.world.post("com.atproto.repo.createRecord", &self.token, wanted).await
    }
}

async fn a_file_is_what_was_said_last_until_a_record_names_it(engine: EngineKind) {
    const WORDS: &[u8] = b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello";
    let world = World::new(engine).await;
    let alice = Author::new(&world, "alice").await;
    let names = async |blob: &Value| alice.create(OTHER, json!({ "file": blob })).await;
    let plain = alice.upload(WORDS, "text/plain").await;
    let captions = alice.upload(WORDS, "text/vtt").await;
    assert_eq!((&captions["mimeType"], &captions["ref"]), (&json!("text/vtt"), &plain["ref"]));
    assert_eq!(names(&plain).await.error(), (400, "InvalidMimeType".into()));
    assert_eq!(names(&captions).await.status, 200);
    // Others may call it otherwise now: to readers it stays what the record says.
    alice.upload(WORDS, "*/*").await;
    assert_eq!(names(&plain).await.status, 200);
    let cid = captions["ref"]["$link"].as_str().unwrap();
    let served = world.get(&format!("com.atproto.sync.getBlob?did={}&cid={cid}", alice.did), "").await;
    assert_eq!(served.header("content-type"), "text/vtt");
}
