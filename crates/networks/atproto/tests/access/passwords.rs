//! Sign-ins with a password and with passwords for apps.

use crate::{
    app::App,
    world::{PASSWORD, World, on_both},
};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::NewKey;
use landbridge_model::{Network, PresenceState};
use landbridge_store::EngineKind;
use serde_json::{Value, json};

on_both!(
    people_sign_in_by_all_their_names,
    a_session_ends_with_its_grant_at_once,
    what_renews_a_session_is_used_up,
    tokens_cannot_be_made_up,
    a_password_for_one_app_is_less_than_the_members_own,
    a_suspended_member_can_only_leave,
    accounts_are_switched_off_and_on,
);

async fn people_sign_in_by_all_their_names(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let address = world.hub.config().address("alice");
    let described = world.get("com.atproto.server.describeServer", "").await.ok();
    assert_eq!(described["did"], world.server_did());
    assert_eq!(described["availableUserDomains"], json!([".landbridge.test"]));
    assert_eq!(described["inviteCodeRequired"], true);
    for name in
        ["alice.landbridge.test", "Alice.Landbridge.Test", "@alice.landbridge.test", "alice", &did, &address]
    {
        let session = world.sign_in(name, PASSWORD).await.ok();
        assert_eq!(session["did"], did, "{name}");
        assert_eq!(session["handle"], "alice.landbridge.test");
        assert_eq!(session["active"], true);
        // The app finds its server in it.
        assert_eq!(session["didDoc"]["service"][0]["serviceEndpoint"], world.pds);
        assert!(session.get("email").is_none());
    }
    for (name, password) in [
        ("alice", "wrong"),
        ("nobody.landbridge.test", PASSWORD),
        ("alice@elsewhere.example", PASSWORD),
        ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", PASSWORD),
    ] {
        assert_eq!(
            world.sign_in(name, password).await.error(),
            (401, "AuthenticationRequired".into()),
            "{name}"
        );
    }
    let token = world.token("alice").await;
    let session = world.get("com.atproto.server.getSession", &token).await.ok();
    assert_eq!((&session["did"], &session["handle"]), (&json!(did), &json!("alice.landbridge.test")));
    assert_eq!(world.get("com.atproto.server.getSession", "").await.error(), (401, "AuthMissing".into()));
}

async fn a_session_ends_with_its_grant_at_once(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let (one, two) = (world.token("alice").await, world.token("alice").await);
    for token in [&one, &two] {
        assert_eq!(world.get("com.atproto.server.getSession", token).await.status, 200);
    }
    // Each stands in the list of apps.
    let grants = world.hub.grants(alice).await.unwrap();
    assert_eq!(grants.iter().filter(|grant| grant.purpose == "atproto").count(), 2);
    world.hub.revoke(alice, grants[0].id).await.unwrap();
    let ended: Vec<u16> = [
        world.get("com.atproto.server.getSession", &one).await.status,
        world.get("com.atproto.server.getSession", &two).await.status,
    ]
    .into();
    assert_eq!(ended, [200, 400]);
    assert_eq!(world.get("com.atproto.server.getSession", &two).await.error().1, "ExpiredToken");
    // What the app did is noted.
    let (_, uses) = world.hub.grant_with_uses(alice, grants[1].id).await.unwrap();
    assert!(uses.iter().any(|used| used.what == "looked who you are"));
    // The app signs out itself.
    let session = world.sign_in("alice", PASSWORD).await.ok();
    let refresh = session["refreshJwt"].as_str().unwrap();
    assert_eq!(world.post("com.atproto.server.deleteSession", refresh, Value::Null).await.status, 200);
    let access = session["accessJwt"].as_str().unwrap();
    assert_eq!(world.get("com.atproto.server.getSession", access).await.error().1, "ExpiredToken");
    assert_eq!(
        world.post("com.atproto.server.refreshSession", refresh, Value::Null).await.error(),
        (400, "ExpiredToken".into())
    );
    // A new password ends everything.
    world.hub.set_password(alice, "another long password").await.unwrap();
    assert_eq!(world.get("com.atproto.server.getSession", &one).await.error().1, "ExpiredToken");
}

async fn what_renews_a_session_is_used_up(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let session = world.sign_in("alice", PASSWORD).await.ok();
    let text = |session: &Value, field: &str| session[field].as_str().unwrap().to_owned();
    let renew = async |token: &str| world.post("com.atproto.server.refreshSession", token, Value::Null).await;
    let first = text(&session, "refreshJwt");
    assert_eq!(renew(&text(&session, "accessJwt")).await.error(), (400, "InvalidToken".into()));
    assert_eq!(
        world.get("com.atproto.server.getSession", &first).await.error(),
        (400, "InvalidToken".into())
    );
    let second = renew(&first).await.ok();
    assert_eq!(second["did"], session["did"]);
    // The answer may have been lost: the same can be had again.
    let again = renew(&first).await.ok();
    let third = renew(&text(&second, "refreshJwt")).await.ok();
    assert_eq!(renew(&text(&again, "refreshJwt")).await.status, 200, "it is the same one");
    // What is older than the one before is of no use.
    assert_eq!(renew(&first).await.error(), (400, "ExpiredToken".into()));
    assert_eq!(world.get("com.atproto.server.getSession", &text(&third, "accessJwt")).await.status, 200);
    // Many at once end in one.
    let last = text(&third, "refreshJwt");
    let (one, two, three) = tokio::join!(renew(&last), renew(&last), renew(&last));
    for answer in [one, two, three] {
        let token = text(&answer.ok(), "refreshJwt");
        assert_eq!(renew(&token).await.status, 200);
    }
}

async fn tokens_cannot_be_made_up(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let token = world.token("alice").await;
    let parts: Vec<&str> = token.split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let spell = |header: Value, claims: &Value, secret: Option<&[u8]>| {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = secret.map(|secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()))
        });
        format!("{signed}.{}", signature.unwrap_or_default())
    };
    let none: fn() -> NewKey = || panic!("it is there");
    let secret = world.hub.server_key(Network::AtProto, "hs256", none).await.unwrap().secret;
    let good = json!({ "alg": "HS256", "typ": "at+jwt" });
    let seen = async |token: String| {
        let answer = world.get("com.atproto.server.getSession", &token).await;
        if answer.status == 200 { "in".to_owned() } else { answer.error().1 }
    };
    assert_eq!(seen(spell(good.clone(), &claims, Some(&secret))).await, "in");
    assert_eq!(seen(spell(json!({ "alg": "none", "typ": "at+jwt" }), &claims, None)).await, "BadJwtType");
    assert_eq!(seen(spell(json!({ "alg": "none" }), &claims, None)).await, "BadJwt");
    assert_eq!(seen(spell(good.clone(), &claims, None)).await, "InvalidToken");
    assert_eq!(seen(spell(good.clone(), &claims, Some(&[0; 32]))).await, "InvalidToken");
    let public = world.at.rotation_key().await.unwrap().public().to_sec1();
    assert_eq!(seen(spell(good.clone(), &claims, Some(&public))).await, "InvalidToken");
    let with = |claim: &str, value: Value| {
        let mut claims = claims.clone();
        claims[claim] = value;
        spell(good.clone(), &claims, Some(&secret))
    };
    assert_eq!(seen(with("exp", json!(1_700_000_000))).await, "ExpiredToken");
    assert_eq!(seen(with("exp", json!(null))).await, "ExpiredToken");
    assert_eq!(seen(with("aud", json!("did:web:elsewhere.example"))).await, "InvalidToken");
    assert_eq!(seen(with("sid", json!("12345"))).await, "ExpiredToken");
    assert_eq!(seen(with("sid", json!(null))).await, "InvalidToken");
    assert_eq!(
        seen(spell(json!({ "alg": "HS256", "typ": "refresh+jwt" }), &claims, Some(&secret))).await,
        "InvalidToken"
    );
    for garbage in ["x", "a.b.c", "..", &"x".repeat(20_000)] {
        assert_ne!(seen(garbage.to_owned()).await, "in");
    }
    // The token of a service is no sign-in.
    let service = world
        .get(
            &format!(
                "com.atproto.server.getServiceAuth?aud={}&lxm=com.atproto.server.listAppPasswordz",
                world.audience()
            ),
            &token,
        )
        .await
        .ok();
    assert_eq!(seen(service["token"].as_str().unwrap().to_owned()).await, "InvalidToken");
    assert_eq!(world.hub.grants(alice).await.unwrap().len(), 1);
}

async fn a_password_for_one_app_is_less_than_the_members_own(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    world.member("bob").await;
    let own = world.token("alice").await;
    let make = async |token: &str, name: &str, privileged: bool| {
        world
            .post(
                "com.atproto.server.createAppPassword",
                token,
                json!({ "name": name, "privileged": privileged }),
            )
            .await
    };
    let made = make(&own, "phone", false).await.ok();
    assert_eq!((&made["name"], &made["privileged"]), (&json!("phone"), &json!(false)));
    let password = made["password"].as_str().unwrap();
    assert_eq!(password.len(), 19);
    assert_eq!(make(&own, "phone", false).await.error().0, 400);
    let mighty = make(&own, "chat", true).await.ok()["password"].as_str().unwrap().to_owned();

    let app =
        world.sign_in("alice.landbridge.test", password).await.ok()["accessJwt"].as_str().unwrap().to_owned();
    let chat =
        world.sign_in("alice", &mighty.to_uppercase()).await.ok()["accessJwt"].as_str().unwrap().to_owned();
    assert_eq!(world.sign_in("bob", password).await.status, 401, "it is nobody else's");
    assert_eq!(world.get("com.atproto.server.getSession", &app).await.status, 200);
    for (method, body) in [
        ("createAppPassword", json!({ "name": "x" })),
        ("revokeAppPassword", json!({ "name": "chat" })),
        ("deactivateAccount", json!({})),
        ("requestAccountDelete", Value::Null),
        ("updateEmail", json!({ "email": "a@b.c" })),
    ] {
        let refused = world.post(&format!("com.atproto.server.{method}"), &app, body).await;
        assert_eq!(refused.error(), (400, "InvalidToken".into()), "{method}");
    }
    for method in ["com.atproto.identity.requestPlcOperationSignature", "com.atproto.repo.importRepo"] {
        assert_eq!(world.post(method, &app, Value::Null).await.error().1, "InvalidToken", "{method}");
    }
    assert_eq!(
        world.post("com.atproto.repo.importRepo", &own, Value::Null).await.error().1,
        "InvalidRequest"
    );

    let service =
        |lxm: &str| format!("com.atproto.server.getServiceAuth?aud=did:web:api.example.org&lxm={lxm}");
    assert_eq!(world.get(&service("app.bsky.feed.getTimeline"), &app).await.status, 200);
    assert_eq!(world.get(&service("chat.bsky.convo.getLog"), &app).await.error().0, 400);
    assert_eq!(world.get(&service("chat.bsky.convo.getLog"), &chat).await.status, 200);
    assert_eq!(world.get(&service("com.atproto.server.createAccount"), &app).await.error().0, 400);

    // Not everything is shown to it.
    let birth =
        json!({ "$type": "app.bsky.actor.defs#personalDetailsPref", "birthDate": "2000-01-01T00:00:00Z" });
    let adult = json!({ "$type": "app.bsky.actor.defs#adultContentPref", "enabled": false });
    let put = async |token: &str, list: Value| {
        world.post("app.bsky.actor.putPreferences", token, json!({ "preferences": list })).await
    };
    let age = |old: bool| json!({ "$type": "app.bsky.actor.defs#declaredAgePref", "isOverAge13": old, "isOverAge16": old, "isOverAge18": old });
    // An age is no one's to set: it follows from the date of birth, and is all that other apps see of it.
    assert_eq!(put(&own, json!([birth, adult, age(false)])).await.status, 200);
    let all = world.get("app.bsky.actor.getPreferences", &own).await.ok();
    assert_eq!(all["preferences"], json!([birth, adult, age(true)]));
    assert_eq!(
        world.get("app.bsky.actor.getPreferences", &app).await.ok()["preferences"],
        json!([adult, age(true)])
    );
    let by_oauth = App::local("atproto transition:generic");
    let tokens = by_oauth.sign_in(&world, "atproto transition:generic", "alice").await;
    let seen = by_oauth.get(&world, "app.bsky.actor.getPreferences", &tokens.access).await.ok();
    assert_eq!(seen["preferences"], json!([adult, age(true)]));
    let private = json!({ "preferences": [birth] });
    let refused = by_oauth.post(&world, "app.bsky.actor.putPreferences", &tokens.access, private).await;
    assert_eq!(refused.error().0, 400);
    assert_eq!(put(&app, json!([birth])).await.error().0, 400);
    assert_eq!(put(&app, json!([])).await.status, 200);
    assert_eq!(
        world.get("app.bsky.actor.getPreferences", &own).await.ok()["preferences"],
        json!([birth, age(true)])
    );
    assert_eq!(put(&own, json!([{ "$type": "com.example.pref" }])).await.error().0, 400);

    let listed = world.get("com.atproto.server.listAppPasswords", &own).await.ok();
    let names: Vec<&str> =
        listed["passwords"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["phone", "chat"]);
    assert!(listed.to_string().find(password).is_none());
    // Ended, with what was signed in by it.
    world.post("com.atproto.server.revokeAppPassword", &own, json!({ "name": "phone" })).await.ok();
    assert_eq!(world.get("com.atproto.server.getSession", &app).await.error().1, "ExpiredToken");
    assert_eq!(world.sign_in("alice", password).await.status, 401);
    assert_eq!(world.get("com.atproto.server.getSession", &chat).await.status, 200);
    // Also from the list of apps.
    let grants = world.hub.grants(alice).await.unwrap();
    let grant = grants.iter().find(|grant| grant.name == "App password: chat").unwrap();
    world.hub.revoke(alice, grant.id).await.unwrap();
    assert_eq!(world.get("com.atproto.server.getSession", &chat).await.error().1, "ExpiredToken");
    assert_eq!(world.sign_in("alice", &mighty).await.status, 401);
}

async fn a_suspended_member_can_only_leave(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let before = world.token("alice").await;
    world.hub.suspend(alice, true).await.unwrap();
    assert_eq!(world.get("com.atproto.server.getSession", &before).await.error().1, "ExpiredToken");
    assert_eq!(world.sign_in("alice", PASSWORD).await.error(), (401, "AccountTakedown".into()));
    assert_eq!(world.sign_in("alice", "wrong").await.error(), (401, "AuthenticationRequired".into()));
    let body = json!({ "identifier": "alice", "password": PASSWORD, "allowTakendown": true });
    let session = world.post("com.atproto.server.createSession", "", body).await.ok();
    assert_eq!((&session["active"], &session["status"]), (&json!(false), &json!("takendown")));
    let token = session["accessJwt"].as_str().unwrap();
    let service =
        |lxm: &str| format!("com.atproto.server.getServiceAuth?aud=did:web:api.example.org&lxm={lxm}");
    assert_eq!(world.get(&service("com.atproto.server.createAccount"), token).await.status, 200);
    assert_eq!(
        world.get(&service("app.bsky.feed.getTimeline"), token).await.error(),
        (400, "InvalidToken".into())
    );
    let record = json!({ "repo": session["did"], "collection": "app.bsky.feed.post", "record": { "$type": "app.bsky.feed.post", "text": "x", "createdAt": "2026-01-01T00:00:00Z" } });
    assert_eq!(world.post("com.atproto.repo.createRecord", token, record).await.error().1, "AccountTakedown");
    assert_eq!(
        world.post("com.atproto.server.createAppPassword", token, json!({ "name": "x" })).await.error().0,
        400
    );
    // The last step on the way to another server; and none back.
    world.post("com.atproto.server.deactivateAccount", token, json!({})).await.ok();
    assert_eq!(world.presence(alice).await.state, PresenceState::Off);
    assert_eq!(world.at.repo_row(alice).await.unwrap().unwrap().state, "takendown");
    assert_eq!(
        world.post("com.atproto.server.activateAccount", token, Value::Null).await.error(),
        (400, "InvalidToken".into())
    );
    assert_eq!(world.get("com.atproto.server.getSession", token).await.ok()["status"], "takendown");
    // The moderator's word is taken back: the member's own stands.
    world.hub.suspend(alice, false).await.unwrap();
    assert_eq!(world.at.repo_row(alice).await.unwrap().unwrap().state, "deactivated");
    world.hub.suspend(alice, true).await.unwrap();
    assert_eq!(world.at.repo_row(alice).await.unwrap().unwrap().state, "takendown");
}

async fn accounts_are_switched_off_and_on(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let token = world.token("alice").await;
    let status = world.get("com.atproto.server.checkAccountStatus", &token).await.ok();
    assert_eq!((&status["activated"], &status["validDid"]), (&json!(true), &json!(true)));
    assert!(status["repoBlocks"].as_i64().unwrap() > 0);
    world.post("com.atproto.server.deactivateAccount", &token, json!({})).await.ok();
    let record = json!({ "repo": world.did(alice).await, "collection": "app.bsky.feed.post", "record": { "$type": "app.bsky.feed.post", "text": "x", "createdAt": "2026-01-01T00:00:00Z" } });
    let refused = world.post("com.atproto.repo.createRecord", &token, record.clone()).await;
    // The grant goes on, the account does not.
    let refused = refused.error();
    assert!(refused == (401, "AccountDeactivated".into()), "{refused:?}");
    let session = world.sign_in("alice", PASSWORD).await.ok();
    assert_eq!((&session["active"], &session["status"]), (&json!(false), &json!("deactivated")));
    assert_eq!(world.at.repo_row(alice).await.unwrap().unwrap().state, "deactivated");
    world.post("com.atproto.server.activateAccount", &token, Value::Null).await.ok();
    assert_eq!(world.at.repo_row(alice).await.unwrap().unwrap().state, "");
    assert_eq!(world.post("com.atproto.repo.createRecord", &token, record).await.status, 200);
    assert_eq!(world.get("com.atproto.server.getSession", &token).await.ok()["active"], true);
}
