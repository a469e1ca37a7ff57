//! Permission sets, found over the DNS and a publisher's repository.

use crate::{
    app::App,
    world::{Wishes, World, on_both, serve},
};
use axum::{Router, extract::RawQuery, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_store::EngineKind;
use serde_json::json;
use std::sync::{Arc, Mutex};

on_both!(a_set_stands_for_what_its_publisher_names);

/// A resolver that knows one DID, under all names that begin with a label.
pub async fn resolver(label: &'static str, known: Arc<Mutex<String>>) -> String {
    let answer = move |RawQuery(query): RawQuery| {
        let known = known.lock().unwrap().clone();
        async move {
            let query = query.unwrap();
            let question = URL_SAFE_NO_PAD.decode(query.strip_prefix("dns=").unwrap()).unwrap();
            let mut answer = question.clone();
            (answer[2], answer[3]) = (0x81, 0x80);
            if question.windows(label.len()).any(|part| part == label.as_bytes()) && !known.is_empty() {
                answer[7] = 1;
                answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
                let text = format!("did={known}");
                answer.extend(u16::try_from(text.len() + 1).unwrap().to_be_bytes());
                answer.push(u8::try_from(text.len()).unwrap());
                answer.extend(text.bytes());
            } else {
                answer[3] = 0x83;
            }
            answer
        }
    };
    format!("{}/dns-query", serve(Router::new().route("/dns-query", get(answer))).await)
}

async fn a_set_stands_for_what_its_publisher_names(engine: EngineKind) {
    let publisher = Arc::new(Mutex::new(String::new()));
    let dns = resolver("_lexicon", publisher.clone()).await;
    let world = World::with(engine, Wishes { dns: Some(dns), ..Wishes::default() }).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    let own = world.token("alice").await;
    let scope = "atproto include:com.example.authEvents";
    let app = App::local(scope);
    assert_eq!(
        app.push(&world, scope, &[]).await.error(),
        (400, "invalid_scope".into()),
        "nobody publishes it"
    );
    did.to_string().clone_into(&mut publisher.lock().unwrap());
    assert_eq!(app.push(&world, scope, &[]).await.error(), (400, "invalid_scope".into()), "it is not there");
    let set = json!({
        "$type": "com.atproto.lexicon.schema", "lexicon": 1, "id": "com.example.authEvents",
        "defs": { "main": { "type": "permission-set", "title": "Your <events>", "detail": "Make and change them.", "permissions": [
            { "type": "permission", "resource": "repo", "collection": ["com.example.event"], "action": ["create"] },
            { "type": "permission", "resource": "repo", "collection": ["app.bsky.feed.post"] },
        ] } },
    });
    let publish = json!({ "repo": did, "collection": "com.atproto.lexicon.schema", "rkey": "com.example.authEvents", "record": set });
    world.post("com.atproto.repo.putRecord", &own, publish).await.ok();
    let pushed = app.push(&world, scope, &[]).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text());
    let page = app.page(&world, pushed.json()["request_uri"].as_str().unwrap(), "").await.text();
    assert!(page.contains("Your &lt;events&gt;: Make and change them."), "{page}");
    let tokens = app.sign_in(&world, scope, "alice").await;
    assert_eq!(tokens.scope, scope);
    let create = async |collection: &str| {
        let record = json!({ "$type": collection, "text": "x", "createdAt": "2026-01-01T00:00:00Z" });
        let body = json!({ "repo": did, "collection": collection, "record": record });
        app.post(&world, "com.atproto.repo.createRecord", &tokens.access, body).await
    };
    assert_eq!(create("com.example.event").await.status, 200);
    assert_eq!(create("com.example.other").await.error(), (403, "ScopeMissingError".into()));
    assert_eq!(
        create("app.bsky.feed.post").await.error(),
        (403, "ScopeMissingError".into()),
        "not its own namespace"
    );
    // A renewed session keeps it, also when nobody can be asked.
    publisher.lock().unwrap().clear();
    let renewed = crate::app::Tokens::of(&app.renew(&world, &tokens.refresh).await);
    let record = json!({ "$type": "com.example.event", "createdAt": "2026-01-01T00:00:00Z" });
    let body = json!({ "repo": did, "collection": "com.example.event", "record": record });
    assert_eq!(app.post(&world, "com.atproto.repo.createRecord", &renewed.access, body).await.status, 200);
}
