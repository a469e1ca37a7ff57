//! Handles, keys and codes: who a member is, and how that changes.

use crate::{
    permission_sets::resolver,
    world::{PASSWORD, Wishes, World, between, on_both},
};
use http::Method;
use landbridge_store::EngineKind;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

on_both!(
    handles_and_documents_are_found,
    a_handle_is_proved_before_it_is_taken,
    a_domain_of_ones_own_says_whose_it_is,
    an_identity_changes_by_a_code_from_the_settings_alone,
    the_settings_page_is_for_its_member,
    an_account_is_deleted_by_a_code_and_the_password,
);

async fn handles_and_documents_are_found(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let found = world.get("com.atproto.identity.resolveHandle?handle=Alice.landbridge.test", "").await.ok();
    assert_eq!(found["did"], did);
    assert_eq!(
        world.get("com.atproto.identity.resolveHandle?handle=nobody.landbridge.test", "").await.error(),
        (400, "HandleNotFound".into())
    );
    // As clients of OAuth understand it.
    let elsewhere = world.get("com.atproto.identity.resolveHandle?handle=nobody.example.org", "").await;
    assert_eq!(
        (elsewhere.status, elsewhere.json()),
        (400, json!({ "error": "InvalidRequest", "message": "Unable to resolve handle" }))
    );
    assert_eq!(
        world.get("com.atproto.identity.resolveHandle?handle=nonsense", "").await.error(),
        (400, "InvalidRequest".into())
    );
    assert_eq!(
        world.get("com.atproto.identity.resolveHandle", "").await.error(),
        (400, "InvalidRequest".into())
    );
    let document = world.get(&format!("com.atproto.identity.resolveDid?did={did}"), "").await.ok();
    assert_eq!(document["didDoc"]["id"], did);
    let missing = "com.atproto.identity.resolveDid?did=did:plc:ewvi7nxzyoun6zhxrhs64oiz";
    assert_eq!(world.get(missing, "").await.error(), (400, "DidNotFound".into()));
    for who in ["alice.landbridge.test", &did] {
        let whole =
            world.get(&format!("com.atproto.identity.resolveIdentity?identifier={who}"), "").await.ok();
        assert_eq!((&whole["did"], &whole["handle"]), (&json!(did), &json!("alice.landbridge.test")));
        let fresh =
            world.post("com.atproto.identity.refreshIdentity", "", json!({ "identifier": who })).await.ok();
        assert_eq!(fresh, whole);
    }
}

async fn a_handle_is_proved_before_it_is_taken(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    world.member("bob").await;
    let token = world.token("alice").await;
    let rename = async |handle: &str| {
        world.post("com.atproto.identity.updateHandle", &token, json!({ "handle": handle })).await
    };
    for (handle, error) in [
        ("bob.landbridge.test", "HandleNotAvailable"),
        ("other.landbridge.test", "HandleNotAvailable"),
        ("alice.example.org", "InvalidRequest"),
        ("alice.example", "InvalidHandle"),
        ("nonsense", "InvalidHandle"),
    ] {
        assert_eq!(rename(handle).await.error(), (400, error.into()), "{handle}");
    }
    let before = world.at.plc_log(&world.did(alice).await).await.unwrap().len();
    assert_eq!(rename("alice.landbridge.test").await.status, 200);
    assert_eq!(world.at.plc_log(&world.did(alice).await).await.unwrap().len(), before, "nothing to say");
}

async fn a_domain_of_ones_own_says_whose_it_is(engine: EngineKind) {
    let known: Arc<Mutex<String>> = Arc::default();
    let dns = resolver("_atproto", known.clone()).await;
    let world = World::with(engine, Wishes { dns: Some(dns), trial: false, ..Wishes::default() }).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let (alice, bob) = (world.did(alice).await, world.did(bob).await);
    let (token, other) = (world.token("alice").await, world.token("bob").await);
    let rename = async |token: &str, handle: &str| {
        world.post("com.atproto.identity.updateHandle", token, json!({ "handle": handle })).await
    };
    let leads = async |handle: &str| {
        let query = format!("com.atproto.identity.resolveHandle?handle={handle}");
        world.get(&query, "").await.json()["did"].as_str().map(str::to_owned)
    };
    let claimed = async || world.at.plc_data(&alice).await.unwrap().unwrap().0.also_known_as;
    const OWN: &str = "alice.example.org";
    // It says nothing, and then that it is somebody else's.
    assert_eq!(rename(&token, OWN).await.error(), (400, "InvalidRequest".into()));
    bob.as_str().clone_into(&mut known.lock().unwrap());
    assert_eq!(rename(&token, OWN).await.error(), (400, "InvalidRequest".into()));
    assert_eq!(claimed().await, ["at://alice.landbridge.test"]);

    alice.as_str().clone_into(&mut known.lock().unwrap());
    assert_eq!(rename(&token, OWN).await.status, 200);
    assert_eq!(claimed().await, ["at://alice.example.org"]);
    let session = world.get("com.atproto.server.getSession", &token).await.ok();
    assert_eq!(
        (&session["handle"], &session["didDoc"]["alsoKnownAs"]),
        (&json!(OWN), &json!([format!("at://{OWN}")]))
    );
    assert_eq!((leads(OWN).await, leads("alice.landbridge.test").await), (Some(alice.to_string()), None));
    assert_eq!(world.sign_in(OWN, PASSWORD).await.status, 200);
    // While it is hers here, nobody else has it, whatever the DNS says.
    bob.as_str().clone_into(&mut known.lock().unwrap());
    assert_eq!(rename(&other, OWN).await.error(), (400, "HandleNotAvailable".into()));
    // Given back, it is whose it says.
    assert_eq!(rename(&token, "alice.landbridge.test").await.status, 200);
    assert_eq!(rename(&other, OWN).await.status, 200);
    assert_eq!(leads(OWN).await, Some(bob.to_string()));
    let names: Vec<Option<String>> = world.said_of_identities().await;
    assert_eq!(
        names[names.len() - 3..],
        [OWN, "alice.landbridge.test", OWN].map(|name| Some(name.to_owned()))
    );
}

async fn an_identity_changes_by_a_code_from_the_settings_alone(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let did = world.did(alice).await;
    let token = world.token("alice").await;
    let recommended = world.get("com.atproto.identity.getRecommendedDidCredentials", &token).await.ok();
    let (data, _) = world.at.plc_data(&did).await.unwrap().unwrap();
    assert_eq!(recommended["rotationKeys"], json!(data.rotation_keys));
    assert_eq!(recommended["alsoKnownAs"], json!(["at://alice.landbridge.test"]));
    assert_eq!(recommended["services"]["atproto_pds"]["endpoint"], world.pds);

    assert_eq!(
        world.post("com.atproto.identity.requestPlcOperationSignature", &token, Value::Null).await.status,
        200
    );
    let (cookie, _) = world.browser(alice).await;
    let page = world
        .send(Method::GET, &format!("{}/settings/atproto", world.main), &[("cookie", &cookie)], Vec::new())
        .await
        .text();
    assert!(page.contains("An app has just asked for a code that changes your identity"));
    let names = json!(["at://alice.landbridge.test", "https://example.org/alice"]);
    let sign = async |code: &str| {
        world
            .post(
                "com.atproto.identity.signPlcOperation",
                &token,
                json!({ "token": code, "alsoKnownAs": names }),
            )
            .await
    };
    assert_eq!(sign("").await.error(), (400, "InvalidRequest".into()));
    assert_eq!(sign("made-up").await.error(), (400, "InvalidToken".into()));
    // Another member's code, and one for something else.
    let others = world.code(bob, "identity-code").await;
    assert_eq!(sign(&others).await.error(), (400, "InvalidToken".into()));
    let delete = world.code(alice, "delete-code").await;
    assert_eq!(sign(&delete).await.error(), (400, "InvalidToken".into()));
    let wrong = world.settings(alice, "identity-code", &[("password", "wrong password")]).await;
    assert!(wrong.contains("That is not your password") && !wrong.contains("The code with which"));
    let code = world.code(alice, "identity-code").await;
    let signed = sign(&code).await.ok();
    assert_eq!(sign(&code).await.error(), (400, "InvalidToken".into()), "it works once");

    let submit = async |operation: &Value| {
        world.post("com.atproto.identity.submitPlcOperation", &token, json!({ "operation": operation })).await
    };
    let mut elsewhere = signed["operation"].clone();
    elsewhere["services"]["atproto_pds"]["endpoint"] = json!("https://elsewhere.example");
    assert_eq!(submit(&elsewhere).await.error(), (400, "InvalidRequest".into()));
    let mut forged = signed["operation"].clone();
    forged["alsoKnownAs"] = json!(["at://alice.landbridge.test"]);
    assert_eq!(submit(&forged).await.status, 400, "the signature is another's");
    assert_eq!(submit(&signed["operation"]).await.status, 200);
    let (data, _) = world.at.plc_data(&did).await.unwrap().unwrap();
    assert_eq!(json!(data.also_known_as), names);
    let document = world.get(&format!("com.atproto.identity.resolveDid?did={did}"), "").await.ok();
    assert_eq!(document["didDoc"]["alsoKnownAs"], names, "what was known is forgotten");
    let described = world.get(&format!("com.atproto.repo.describeRepo?repo={did}"), "").await.ok();
    assert_eq!(
        (&described["didDoc"], &described["handleIsCorrect"]),
        (&document["didDoc"], &json!(true)),
        "as others read it"
    );
}

async fn the_settings_page_is_for_its_member(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let url = format!("{}/settings/atproto", world.main);
    let (cookie, form) = world.browser(alice).await;
    let page = world.send(Method::GET, &url, &[("cookie", &cookie)], Vec::new()).await;
    assert!(page.text().contains(world.did(alice).await.as_str()) && page.text().contains("public for ever"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(!page.text().contains("<script"));
    // A form of another site carries no token.
    let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let body = format!("token={form}x&what=export&password={PASSWORD}").into_bytes();
    assert_eq!(world.send(Method::POST, &url, &headers, body).await.status, 403);
    let body = format!("token={form}&what=export").into_bytes();
    assert_eq!(world.send(Method::POST, &url, &headers[1..], body).await.status, 401);

    let key = world.settings(alice, "export", &[("password", PASSWORD)]).await;
    assert_eq!(between(&key, "safe, show it to nobody.</p><p><code>", "</code>").len(), 64);
    assert!(
        !world
            .settings(alice, "export", &[("password", "wrong password")])
            .await
            .contains("show it to nobody")
    );
    let made = world
        .settings(alice, "app-password", &[("password", PASSWORD), ("name", "<phone>"), ("privileged", "1")])
        .await;
    assert!(made.contains("&lt;phone&gt;"));
    let password = between(&made, "shown this once:</p><p><code>", "</code>").to_owned();
    assert_eq!(world.sign_in("alice", &password).await.status, 200);
    let listed = world.at.app_passwords(alice).await.unwrap();
    assert!(listed[0].privileged);
    // Nobody else ends it, and nothing but app passwords is ended here.
    let grant = listed[0].grant.to_string();
    world.settings(bob, "revoke", &[("grant", &grant)]).await;
    assert_eq!(world.sign_in("alice", &password).await.status, 200);
    world.settings(alice, "revoke", &[("grant", &grant)]).await;
    assert_eq!(world.sign_in("alice", &password).await.status, 401);
}

async fn an_account_is_deleted_by_a_code_and_the_password(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let token = world.token("alice").await;
    assert_eq!(world.post("com.atproto.server.requestAccountDelete", &token, Value::Null).await.status, 200);
    let delete = async |password: &str, code: &str| {
        world
            .post(
                "com.atproto.server.deleteAccount",
                "",
                json!({ "did": did, "password": password, "token": code }),
            )
            .await
    };
    let code = world.code(alice, "delete-code").await;
    assert_eq!(delete("wrong password", &code).await.error(), (401, "AuthenticationRequired".into()));
    assert_eq!(delete(PASSWORD, "made-up").await.error(), (400, "InvalidToken".into()));
    let identity = world.code(alice, "identity-code").await;
    assert_eq!(delete(PASSWORD, &identity).await.error(), (400, "InvalidToken".into()));
    assert_eq!(delete(PASSWORD, &code).await.status, 200);
    assert_eq!(world.get("com.atproto.server.getSession", &token).await.error().1, "ExpiredToken");
    assert_eq!(world.sign_in("alice", PASSWORD).await.status, 401);
}
