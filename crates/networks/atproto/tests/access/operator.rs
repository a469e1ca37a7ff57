//! What the operator's token opens, and how new members come.

use crate::world::{Answer, PASSWORD, Wishes, World, on_both};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use landbridge_hub::Registrations;
use landbridge_store::EngineKind;
use serde_json::{Value, json};

on_both!(
    the_operators_token_opens_and_nothing_else_does,
    new_members_come_by_invitation,
    an_open_place_takes_whoever_comes
);

impl World {
    async fn admin(&self, method: &str, token: &str, body: Value) -> Answer {
        let basic = format!("Basic {}", STANDARD.encode(format!("admin:{token}")));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
        let url = format!("{}/xrpc/com.atproto.{method}", self.pds);
        let verb = if body.is_null() { Method::GET } else { Method::POST };
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(verb, &url, &headers, body).await
    }
}

const TOKEN: &str = "operator's word";

async fn the_operators_token_opens_and_nothing_else_does(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let info = format!("admin.getAccountInfo?did={did}");
    let own = world.token("alice").await;
    for refused in [
        world.admin(&info, "wrong", Value::Null).await,
        world.admin(&info, "", Value::Null).await,
        world.get(&format!("com.atproto.{info}"), &own).await,
        world.get(&format!("com.atproto.{info}"), "").await,
    ] {
        assert_eq!(refused.error(), (401, "AuthenticationRequired".into()));
    }
    let shown = world.admin(&info, TOKEN, Value::Null).await.ok();
    assert_eq!((&shown["did"], &shown["handle"]), (&json!(did), &json!("alice.landbridge.test")));
    let many = world
        .admin(
            &format!("admin.getAccountInfos?dids={did}&dids=did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
            TOKEN,
            Value::Null,
        )
        .await
        .ok();
    assert_eq!(many["infos"].as_array().unwrap().len(), 1);

    let subject = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": did });
    let takedown = |applied: bool| json!({ "subject": subject, "takedown": { "applied": applied } });
    let taken = world.admin("admin.updateSubjectStatus", TOKEN, takedown(true)).await.ok();
    assert_eq!(taken["takedown"]["applied"], true);
    assert_eq!(world.get("com.atproto.server.getSession", &own).await.error().1, "ExpiredToken");
    assert_eq!(world.sign_in("alice", PASSWORD).await.error().1, "AccountTakedown");
    world.admin("admin.updateSubjectStatus", TOKEN, takedown(false)).await.ok();
    let status = world.admin(&format!("admin.getSubjectStatus?did={did}"), TOKEN, Value::Null).await.ok();
    assert_eq!(status["takedown"]["applied"], false);
    assert_eq!(world.sign_in("alice", PASSWORD).await.status, 200);

    world
        .admin("admin.updateAccountPassword", TOKEN, json!({ "did": did, "password": "a new password" }))
        .await
        .ok();
    assert_eq!(world.sign_in("alice", PASSWORD).await.status, 401);
    assert_eq!(world.sign_in("alice", "a new password").await.status, 200);
    assert_eq!(
        world.admin("admin.sendEmail", TOKEN, json!({})).await.error(),
        (400, "InvalidRequest".into())
    );
    world.admin("admin.deleteAccount", TOKEN, json!({ "did": did })).await.ok();
    assert_eq!(world.sign_in("alice", "a new password").await.status, 401);
}

async fn new_members_come_by_invitation(engine: EngineKind) {
    let world =
        World::with(engine, Wishes { registrations: Registrations::Invite, ..Wishes::default() }).await;
    let create = async |body: Value| world.post("com.atproto.server.createAccount", "", body).await;
    let wanted = |handle: &str, code: &str| json!({ "handle": handle, "password": PASSWORD, "inviteCode": code, "email": "a@example.org" });
    assert_eq!(create(wanted("carol.landbridge.test", "")).await.error(), (400, "InvalidInviteCode".into()));
    assert_eq!(
        create(wanted("carol.landbridge.test", "made-up")).await.error(),
        (400, "InvalidInviteCode".into())
    );
    let code = world.admin("server.createInviteCode", TOKEN, json!({ "useCount": 1 })).await.ok()["code"]
        .as_str()
        .unwrap()
        .to_owned();
    for (handle, error) in [
        ("carol.example.com", "UnsupportedDomain"),
        ("c.landbridge.test", "InvalidHandle"),
        ("admin.landbridge.test", "InvalidHandle"),
        ("a.b.landbridge.test", "InvalidHandle"),
        ("carol", "InvalidHandle"),
    ] {
        assert_eq!(create(wanted(handle, &code)).await.error(), (400, error.into()), "{handle}");
    }
    let made = create(wanted("carol.landbridge.test", &code)).await.ok();
    assert_eq!(made["handle"], "carol.landbridge.test");
    let session = world.get("com.atproto.server.getSession", made["accessJwt"].as_str().unwrap()).await.ok();
    assert_eq!(session["did"], made["did"]);
    assert_eq!(
        create(wanted("dave.landbridge.test", &code)).await.error().1,
        "InvalidInviteCode",
        "it works once"
    );
    assert_eq!(world.admin("server.createInviteCode", TOKEN, json!({ "useCount": 5 })).await.error().0, 400);
    assert_eq!(
        world.post("com.atproto.server.createInviteCode", "", json!({ "useCount": 1 })).await.error().0,
        401
    );
}

async fn an_open_place_takes_whoever_comes(engine: EngineKind) {
    let world = World::with(engine, Wishes { registrations: Registrations::Open, ..Wishes::default() }).await;
    let key =
        landbridge_atproto::crypto::SigningKey::generate(landbridge_atproto::crypto::Curve::K256).unwrap();
    let key = key.public().to_did_key();
    let wanted = json!({ "handle": "erin.landbridge.test", "password": PASSWORD, "recoveryKey": key });
    let made = world.post("com.atproto.server.createAccount", "", wanted.clone()).await.ok();
    let did = landbridge_atproto::syntax::Did::parse(made["did"].as_str().unwrap()).unwrap();
    // The key that the member keeps stands before all others.
    let (data, _) = world.at.plc_data(&did).await.unwrap().unwrap();
    assert_eq!(data.rotation_keys[0], key);
    assert_eq!(
        world.post("com.atproto.server.createAccount", "", wanted).await.error().1,
        "HandleNotAvailable"
    );
    let short = json!({ "handle": "frank.landbridge.test", "password": "short" });
    assert_eq!(world.post("com.atproto.server.createAccount", "", short).await.error().1, "InvalidPassword");
}
