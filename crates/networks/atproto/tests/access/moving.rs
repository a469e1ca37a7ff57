//! An account moves from one server to another, as the guide has it (<https://atproto.com/guides/account-migration>).

use crate::world::{PASSWORD, Wishes, World, on_both};
use http::Method;
use landbridge_atproto::firehose::{Event, Frame, Unnumbered};
use landbridge_hub::{Draft, Registrations};
use landbridge_model::{PresenceState, Visibility};
use landbridge_store::{EngineKind, entities::atproto_events};
use serde_json::{Value, json};

on_both!(an_account_moves_with_everything, nobody_brings_what_is_not_theirs);

/// Two servers with one directory.
async fn two(engine: EngineKind) -> (World, World) {
    let old = World::new(engine).await;
    let wishes = Wishes {
        registrations: Registrations::Open,
        handle_domain: "new.test",
        directory: Some(format!("{}/plc", old.pds)),
        ..Wishes::default()
    };
    let new = World::with(engine, wishes).await;
    (old, new)
}

async fn service_token(old: &World, token: &str, new: &World, lxm: &str) -> String {
    let query = format!("com.atproto.server.getServiceAuth?aud={}&lxm={lxm}", new.audience());
    old.get(&query, token).await.ok()["token"].as_str().unwrap().to_owned()
}

async fn an_account_moves_with_everything(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    let did = old.did(alice).await;
    let draft = Draft {
        author: alice,
        text: "kept".into(),
        visibility: Some(Visibility::Public),
        ..Draft::default()
    };
    old.hub.publish(draft, None).await.unwrap();
    let there = old.token("alice").await;

    // A new account for the old identity: it is switched off.
    let reserved =
        new.post("com.atproto.server.reserveSigningKey", "", json!({ "did": did })).await.ok()["signingKey"]
            .as_str()
            .unwrap()
            .to_owned();
    let leave = service_token(&old, &there, &new, "com.atproto.server.createAccount").await;
    let wanted = json!({ "did": did, "handle": "alice.new.test", "password": PASSWORD });
    let made = new.post("com.atproto.server.createAccount", &leave, wanted.clone()).await.ok();
    assert_eq!(made["did"], did.as_str());
    let here = made["accessJwt"].as_str().unwrap().to_owned();
    let status = async || new.get("com.atproto.server.checkAccountStatus", &here).await.ok();
    let before = status().await;
    assert_eq!((&before["activated"], &before["validDid"]), (&json!(false), &json!(false)));
    assert_eq!(new.post("com.atproto.server.createAccount", &leave, wanted).await.status, 400, "once");
    assert_eq!(
        new.post("com.atproto.server.activateAccount", &here, Value::Null).await.status,
        400,
        "too early"
    );

    // The repository and the preferences.
    let car = old.get(&format!("com.atproto.sync.getRepo?did={did}"), "").await;
    assert_eq!(car.status, 200);
    let bearer = format!("Bearer {here}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/vnd.ipld.car")];
    let url = format!("{}/xrpc/com.atproto.repo.importRepo", new.pds);
    let imported = new.send(Method::POST, &url, &headers, car.body.to_vec()).await;
    assert_eq!(imported.status, 200, "{}", imported.text());
    assert_eq!(status().await["indexedRecords"], 2);
    let preferences =
        json!({ "preferences": [{ "$type": "app.bsky.actor.defs#adultContentPref", "enabled": true }] });
    assert_eq!(new.post("app.bsky.actor.putPreferences", &here, preferences).await.status, 200);

    // The identity: signed there, by a code, and handed in here.
    let mut operation = new.get("com.atproto.identity.getRecommendedDidCredentials", &here).await.ok();
    assert_eq!(operation["verificationMethods"]["atproto"], reserved);
    old.post("com.atproto.identity.requestPlcOperationSignature", &there, Value::Null).await.ok();
    operation["token"] = json!(old.code(alice, "identity-code").await);
    let signed = old.post("com.atproto.identity.signPlcOperation", &there, operation).await.ok();
    assert_eq!(
        old.post("com.atproto.identity.submitPlcOperation", &there, signed.clone()).await.status,
        400,
        "not to the old one"
    );
    new.post("com.atproto.identity.submitPlcOperation", &here, signed).await.ok();
    assert_eq!(status().await["validDid"], true);

    new.post("com.atproto.server.activateAccount", &here, Value::Null).await.ok();
    old.post("com.atproto.server.deactivateAccount", &there, json!({})).await.ok();
    let session = new.get("com.atproto.server.getSession", &here).await.ok();
    assert_eq!((&session["active"], &session["handle"]), (&json!(true), &json!("alice.new.test")));
    assert_eq!(session["didDoc"]["service"][0]["serviceEndpoint"], new.pds);
    assert_eq!(status().await["activated"], true);
    assert_eq!(old.presence(alice).await.state, PresenceState::Off);
    let found = new
        .get(&format!("com.atproto.repo.listRecords?repo={did}&collection=app.bsky.feed.post"), "")
        .await
        .ok();
    assert_eq!(found["records"][0]["value"]["text"], "kept");
    // It goes on.
    let record = json!({ "$type": "app.bsky.feed.post", "text": "hello from here", "createdAt": "2026-01-01T00:00:00Z" });
    let written = json!({ "repo": did, "collection": "app.bsky.feed.post", "record": record });
    assert_eq!(new.post("com.atproto.repo.createRecord", &here, written).await.status, 200);
    // What subscribers heard, in order; and nothing before the identity said so.
    let rows = new.hub.store().rows(atproto_events::after(0, 100)).await.unwrap();
    let words: Vec<&str> = rows
        .into_iter()
        .map(|mut row| {
            let (seq, before, after) = (row.get::<i64>(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
            let frame = Unnumbered { before, after }.number(u64::try_from(seq).unwrap());
            match Frame::decode(&frame.into()).unwrap() {
                Frame::Event(_, Event::Identity(_)) => "identity",
                Frame::Event(_, Event::Account(account)) if account.active => "account",
                Frame::Event(_, Event::Sync(_)) => "sync",
                Frame::Event(_, Event::Commit(_)) => "commit",
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert_eq!(words[..4], ["identity", "identity", "account", "sync"], "{words:?}");
    assert!(words[4..].iter().all(|word| *word == "commit"), "{words:?}");
    let profile = new
        .get(
            &format!("com.atproto.repo.getRecord?repo={did}&collection=app.bsky.actor.profile&rkey=self"),
            "",
        )
        .await;
    assert_eq!(profile.status, 200);
}

async fn nobody_brings_what_is_not_theirs(engine: EngineKind) {
    let (old, new) = two(engine).await;
    let alice = old.member("alice").await;
    old.member("bob").await;
    let did = old.did(alice).await;
    let wanted = json!({ "did": did, "handle": "alice.new.test", "password": PASSWORD });
    let create =
        async |token: &str| new.post("com.atproto.server.createAccount", token, wanted.clone()).await.error();
    assert_eq!(create("").await, (401, "AuthenticationRequired".into()));
    let (own, others) = (old.token("alice").await, old.token("bob").await);
    assert_eq!(create(&own).await.0, 401, "a session of another server");
    let by_bob = service_token(&old, &others, &new, "com.atproto.server.createAccount").await;
    assert_eq!(create(&by_bob).await, (401, "AuthenticationRequired".into()));
    let for_else = service_token(&old, &own, &new, "com.atproto.repo.uploadBlob").await;
    assert_eq!(create(&for_else).await, (401, "BadJwtLexiconMethod".into()));
    let for_old = service_token(&old, &own, &old, "com.atproto.server.createAccount").await;
    assert_eq!(create(&for_old).await, (401, "BadJwtAudience".into()));
    // Signed by a key that is not the account's.
    let key =
        landbridge_atproto::crypto::SigningKey::generate(landbridge_atproto::crypto::Curve::K256).unwrap();
    let genuine = service_token(&old, &own, &new, "com.atproto.server.createAccount").await;
    let signed = genuine.rsplit_once('.').unwrap().0;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).unwrap()));
    assert_eq!(create(&forged).await, (401, "BadJwtSignature".into()));
    // A handle elsewhere that does not lead to the identity.
    let wanted = json!({ "did": did, "handle": "alice.example.org", "password": PASSWORD });
    let refused = new.post("com.atproto.server.createAccount", &genuine, wanted).await;
    assert_eq!(refused.error(), (400, "InvalidHandle".into()));
    assert!(new.hub.members().await.unwrap().is_empty());
}
