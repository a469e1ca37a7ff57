//! Apps that sign in by OAuth.

use crate::{
    app::{App, REDIRECT, Tokens, VERIFIER, jwk, key, parameter, with_proof},
    world::{PASSWORD, Wishes, World, on_both, send, serve},
};
use axum::{Json, Router, response::Redirect, routing::get};
use http::{HeaderMap, HeaderName, Method};
use landbridge_hub::Registrations;
use landbridge_model::Time;
use landbridge_store::{EngineKind, entities::atproto_access};
use serde_json::{Value, json};

on_both!(
    an_app_signs_in_and_is_known_by_its_key,
    a_proof_is_good_once_and_for_one_request,
    a_proof_is_good_once_on_all_nodes_and_after_a_restart,
    what_renews_a_session_comes_once,
    a_code_is_good_once_and_only_with_what_goes_with_it,
    an_app_does_what_it_was_allowed_and_nothing_else,
    the_page_asks_and_a_person_decides,
    requests_that_are_not_in_order,
    an_app_with_a_key_shows_it,
    descriptions_of_apps_are_not_believed,
    an_apps_keys_are_bounded,
    a_session_is_given_back_or_ended,
    who_asks_for_tokens_without_end_is_told_to_wait,
    a_scope_that_is_not_known_here_keeps_no_app_out,
    whoever_has_no_account_is_led_to_where_they_are_made,
);

const ALL: &str = "atproto transition:generic";

async fn an_app_signs_in_and_is_known_by_its_key(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let fetch = async |path: &str| {
        world.send(Method::GET, &format!("{}{path}", world.pds), &[], Vec::new()).await.ok()
    };
    let resource = fetch("/.well-known/oauth-protected-resource").await;
    assert_eq!(
        (&resource["resource"], &resource["authorization_servers"]),
        (&json!(world.pds), &json!([world.pds]))
    );
    let server = fetch("/.well-known/oauth-authorization-server").await;
    assert_eq!(server["issuer"], world.pds);
    assert_eq!(server["require_pushed_authorization_requests"], true);
    assert_eq!(fetch("/oauth/jwks").await, json!({ "keys": [] }));

    let app = App::local(ALL);
    let tokens = app.sign_in(&world, ALL, "alice.landbridge.test").await;
    assert_eq!((&tokens.sub, &tokens.scope), (&did, &ALL.to_owned()));
    let session = app.get(&world, "com.atproto.server.getSession", &tokens.access).await.ok();
    assert_eq!(session["did"], did);
    // It stands in the list of apps by what is sure of it.
    let grants = world.hub.grants(alice).await.unwrap();
    assert_eq!((grants[0].name.as_str(), grants[0].scopes.as_str()), ("localhost (AT Protocol)", ALL));
    assert!(grants[0].expires_at.is_some());
    // The token alone is nothing.
    assert_eq!(
        world.get("com.atproto.server.getSession", &tokens.access).await.error(),
        (400, "InvalidToken".into())
    );
    // Nor with another's key.
    let thief = App::local(ALL);
    assert_eq!(
        thief.get(&world, "com.atproto.server.getSession", &tokens.access).await.error(),
        (401, "invalid_token".into())
    );
    // A token of a password needs no proof, and a proof does not make it one of OAuth.
    let own = world.token("alice").await;
    assert_eq!(
        app.get(&world, "com.atproto.server.getSession", &own).await.error(),
        (401, "invalid_token".into())
    );
}

async fn a_proof_is_good_once_and_for_one_request(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let app = App::local(ALL);
    let tokens = app.sign_in(&world, ALL, "alice").await;
    let url = format!("{}/xrpc/com.atproto.server.getSession", world.pds);
    let ask =
        async |proof: &str| with_proof(&world, Method::GET, &url, &tokens.access, proof, Value::Null).await;
    let proof = app.proof("GET", &url, Some(&tokens.access));
    assert_eq!(ask(&proof).await.status, 200);
    assert_eq!(ask(&proof).await.error(), (401, "invalid_dpop_proof".into()), "replayed");
    for wrong in [
        app.proof("POST", &url, Some(&tokens.access)),
        app.proof(
            "GET",
            &format!("{}/xrpc/com.atproto.server.listAppPasswords", world.pds),
            Some(&tokens.access),
        ),
        app.proof("GET", &url, Some("another token")),
        app.proof("GET", &url, None),
        "nonsense".to_owned(),
    ] {
        assert_eq!(ask(&wrong).await.error(), (401, "invalid_dpop_proof".into()));
    }
    // Without the newest nonce, it is told.
    let fresh = App { key: app.key, ..App::local(ALL) };
    let refused = ask(&fresh.proof("GET", &url, Some(&tokens.access))).await;
    assert_eq!(refused.error(), (401, "use_dpop_nonce".into()));
    assert!(!refused.header("dpop-nonce").is_empty());
    assert!(refused.header("www-authenticate").contains(r#"error="use_dpop_nonce""#));
    assert_eq!(fresh.get(&world, "com.atproto.server.getSession", &tokens.access).await.status, 200);
}

async fn a_proof_is_good_once_on_all_nodes_and_after_a_restart(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let app = App::local(ALL);
    let tokens = app.sign_in(&world, ALL, "alice").await;
    let path = "/xrpc/com.atproto.server.getSession";
    let url = format!("{}{path}", world.pds);
    let other = world.another_node();
    let there = async |proof: &str| {
        let headers = HeaderMap::from_iter([(HeaderName::from_static("dpop"), proof.parse().unwrap())]);
        let shown = other.proof_shown(&Method::GET, path, &headers, Some(&tokens.access)).await;
        match shown {
            Ok(proof) => other.use_proof(&proof).await.map_err(|refused| refused.error),
            Err(refused) => Err(refused.error),
        }
    };
    let here = async |proof: &str| {
        with_proof(&world, Method::GET, &url, &tokens.access, proof, Value::Null).await.status
    };
    app.get(&world, "com.atproto.server.getSession", &tokens.access).await.ok();
    let first = app.proof("GET", &url, Some(&tokens.access));
    assert_eq!((here(&first).await, there(&first).await), (200, Err("invalid_dpop_proof")));
    let second = app.proof("GET", &url, Some(&tokens.access));
    assert_eq!((there(&second).await, here(&second).await), (Ok(()), 401));
    // At once on both: one of them has it.
    let third = app.proof("GET", &url, Some(&tokens.access));
    let (one, two) = tokio::join!(here(&third), there(&third));
    assert_ne!(one == 200, two.is_ok(), "{one} {two:?}");
    // What proves nothing here is not written down: it is unused still.
    let stranger = App { nonce: app.nonce.lock().unwrap().clone().into(), ..App::local(ALL) };
    let strange = stranger.proof("GET", &url, Some(&tokens.access));
    assert_eq!((here(&strange).await, there(&strange).await), (401, Ok(())));
    // And what is too old to be good is forgotten.
    let later = Time::now().plus(std::time::Duration::from_secs(361));
    world.hub.store().write(atproto_access::sweep_proofs(later)).await.unwrap();
    assert_eq!(there(&first).await, Ok(()));
}

async fn what_renews_a_session_comes_once(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let app = App::local(ALL);
    let first = app.sign_in(&world, ALL, "alice").await;
    let second = Tokens::of(&app.renew(&world, &first.refresh).await);
    assert_ne!(second.refresh, first.refresh);
    assert_eq!(app.get(&world, "com.atproto.server.getSession", &second.access).await.status, 200);
    // With another key it is nothing, and nothing happens.
    let thief = App { id: app.id.clone(), ..App::local(ALL) };
    assert_eq!(thief.renew(&world, &second.refresh).await.error(), (400, "invalid_grant".into()));
    assert_eq!(app.renew(&world, "ref-1.made.up").await.error(), (400, "invalid_grant".into()));
    let third = Tokens::of(&app.renew(&world, &second.refresh).await);
    // A second time, even an old one: somebody else has it.
    assert_eq!(app.renew(&world, &first.refresh).await.error(), (400, "invalid_grant".into()));
    assert_eq!(
        app.get(&world, "com.atproto.server.getSession", &third.access).await.error(),
        (401, "invalid_token".into())
    );
    assert_eq!(app.renew(&world, &third.refresh).await.error(), (400, "invalid_grant".into()));
    assert!(world.hub.grants(alice).await.unwrap().is_empty());
}

async fn a_code_is_good_once_and_only_with_what_goes_with_it(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let app = App::local(ALL);
    let code = app.code(&world, ALL, "alice").await;
    let tokens = Tokens::of(&app.redeem(&world, &code, VERIFIER).await);
    // A second time ends what the first gave.
    assert_eq!(app.redeem(&world, &code, VERIFIER).await.error(), (400, "invalid_grant".into()));
    assert_eq!(app.get(&world, "com.atproto.server.getSession", &tokens.access).await.status, 401);
    assert!(world.hub.grants(alice).await.unwrap().is_empty());
    // Without the verifier; and then no second try.
    let code = app.code(&world, ALL, "alice").await;
    let wrong = "x".repeat(43);
    assert_eq!(app.redeem(&world, &code, &wrong).await.error(), (400, "invalid_grant".into()));
    assert_eq!(app.redeem(&world, &code, VERIFIER).await.error(), (400, "invalid_grant".into()));
    // By another app, or with another key.
    let code = app.code(&world, ALL, "alice").await;
    let other = App::local("atproto");
    assert_eq!(other.redeem(&world, &code, VERIFIER).await.error(), (400, "invalid_grant".into()));
    let code = app.code(&world, ALL, "alice").await;
    let thief = App { id: app.id.clone(), ..App::local(ALL) };
    assert_eq!(thief.redeem(&world, &code, VERIFIER).await.error(), (400, "invalid_grant".into()));
    assert!(world.hub.grants(alice).await.unwrap().is_empty());
}

async fn an_app_does_what_it_was_allowed_and_nothing_else(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let scope = "atproto repo:app.bsky.feed.post?action=create blob:image/* rpc:app.bsky.feed.getTimeline?aud=did:web:view.example.org%23bsky_appview";
    let app = App::local(scope);
    let tokens = app.sign_in(&world, scope, "alice").await;
    let record = |collection: &str| {
        let mut record = json!({ "$type": collection, "text": "hello", "createdAt": "2026-01-01T00:00:00Z" });
        if collection != "app.bsky.feed.post" {
            record = json!({ "$type": collection, "subject": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "createdAt": "2026-01-01T00:00:00Z" });
        }
        json!({ "repo": did, "collection": collection, "record": record })
    };
    let create = async |collection: &str| {
        app.post(&world, "com.atproto.repo.createRecord", &tokens.access, record(collection)).await
    };
    let made = create("app.bsky.feed.post").await.ok();
    assert_eq!(create("app.bsky.graph.follow").await.error(), (403, "ScopeMissingError".into()));
    let rkey = made["uri"].as_str().unwrap().rsplit('/').next().unwrap();
    let delete = json!({ "repo": did, "collection": "app.bsky.feed.post", "rkey": rkey });
    let refused = app.post(&world, "com.atproto.repo.deleteRecord", &tokens.access, delete).await;
    assert_eq!(refused.error(), (403, "ScopeMissingError".into()));
    for (method, body) in [
        ("com.atproto.server.createAppPassword", json!({ "name": "x" })),
        ("com.atproto.identity.updateHandle", json!({ "handle": "alice.landbridge.test" })),
        ("com.atproto.identity.requestPlcOperationSignature", Value::Null),
        ("com.atproto.server.deactivateAccount", json!({})),
        ("app.bsky.actor.putPreferences", json!({ "preferences": [] })),
    ] {
        let status = app.post(&world, method, &tokens.access, body).await.status;
        assert!(status == 403 || status == 400, "{method}");
    }
    let service = |aud: &str, lxm: &str| format!("com.atproto.server.getServiceAuth?aud={aud}&lxm={lxm}");
    let view = "did:web:view.example.org%23bsky_appview";
    assert_eq!(
        app.get(&world, &service(view, "app.bsky.feed.getTimeline"), &tokens.access).await.status,
        200
    );
    for query in [
        service(view, "app.bsky.feed.getAuthorFeed"),
        service("did:web:evil.example%23bsky_appview", "app.bsky.feed.getTimeline"),
        format!("com.atproto.server.getServiceAuth?aud={view}"),
    ] {
        assert_eq!(app.get(&world, &query, &tokens.access).await.error().0, 403, "{query}");
    }
    // More than its description names it does not even ask.
    assert_eq!(app.push(&world, ALL, &[]).await.error(), (400, "invalid_scope".into()));
    // Everything but messages and the account.
    let app = App::local(ALL);
    let tokens = app.sign_in(&world, ALL, "alice").await;
    assert_eq!(
        app.post(&world, "com.atproto.repo.createRecord", &tokens.access, record("app.bsky.graph.follow"))
            .await
            .status,
        200
    );
    assert_eq!(
        app.get(&world, &service("did:web:api.bsky.chat", "chat.bsky.convo.getLog"), &tokens.access)
            .await
            .error()
            .0,
        403
    );
    assert_eq!(app.get(&world, "app.bsky.actor.getPreferences", &tokens.access).await.status, 200);
}

async fn the_page_asks_and_a_person_decides(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let app = App::local(ALL);
    let push = async |more: &[(&str, &str)]| {
        app.push(&world, ALL, more).await.json()["request_uri"].as_str().unwrap().to_owned()
    };
    let request = push(&[]).await;
    let page = app.page(&world, &request, "").await;
    let text = page.text();
    for words in [
        "localhost",
        "public for ever",
        "posts, likes, follows and blocks",
        "Scopes:",
        "program on your own computer",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(
        page.header("content-security-policy").contains("frame-ancestors 'none'")
            && !text.contains("<script")
    );
    assert_eq!(page.header("x-frame-options"), "DENY");
    // A wrong password, and a form from elsewhere.
    let wrong = [("username", "alice"), ("password", "wrong"), ("decision", "allow")];
    let again = app.decide(&world, &page, &request, "", &wrong).await;
    assert!(again.status == 422 && again.text().contains("do not fit"));
    let right = [("username", "alice"), ("password", PASSWORD), ("decision", "allow")];
    let other = format!("{}={}", world.hub.config().form_cookie(), "x".repeat(43));
    let forged = app.decide(&world, &page, &request, &other, &right).await;
    assert!(forged.status == 422 && forged.text().contains("too old"));
    // No.
    let denied = app.decide(&world, &page, &request, "", &[("decision", "deny")]).await;
    assert_eq!(parameter(denied.header("location"), "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(denied.header("location"), "iss").as_deref(), Some(world.pds.as_str()));
    assert_eq!(app.page(&world, &request, "").await.status, 400, "it was answered");

    // Whoever is signed in is asked for consent only.
    let (cookie, _) = world.browser(alice).await;
    let request = push(&[("response_mode", "fragment")]).await;
    let page = app.page(&world, &request, &cookie).await;
    assert!(page.text().contains("signed in as") && !page.text().contains("type=\"password\""));
    let allowed = app.decide(&world, &page, &request, &cookie, &[("decision", "allow")]).await;
    let place = allowed.header("location").to_owned();
    assert!(place.starts_with(&format!("{REDIRECT}#")), "{place}");
    let tokens = Tokens::of(&app.redeem(&world, &parameter(&place, "code").unwrap(), VERIFIER).await);
    assert_eq!(tokens.sub, world.did(alice).await.as_str());
    // Twice is once.
    assert_eq!(app.decide(&world, &page, &request, &cookie, &[("decision", "allow")]).await.status, 400);

    // Unless the app expects somebody else, or wants them to sign in anew.
    let did = world.did(bob).await.to_string();
    for more in
        [[("login_hint", did.as_str())], [("login_hint", "bob.landbridge.test")], [("prompt", "login")]]
    {
        let request = push(&more).await;
        let page = app.page(&world, &request, &cookie).await;
        assert!(page.text().contains("type=\"password\""), "{more:?}");
    }
    let request = push(&[("login_hint", "alice.landbridge.test")]).await;
    assert!(!app.page(&world, &request, &cookie).await.text().contains("type=\"password\""));
}

async fn requests_that_are_not_in_order(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let app = App::local(ALL);
    for (field, value, error) in [
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("redirect_uri", "http://127.0.0.1:1/other", "invalid_request"),
        ("redirect_uri", "http://evil.example/callback", "invalid_request"),
        ("state", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "openid", "invalid_scope"),
        ("scope", "transition:generic", "invalid_scope"),
        ("prompt", "admin", "invalid_request"),
        ("response_mode", "form_post", "invalid_request"),
    ] {
        assert_eq!(
            app.push(&world, ALL, &[(field, value)]).await.error(),
            (400, error.into()),
            "{field}={value}"
        );
    }
    // Any port of this machine will do.
    assert_eq!(
        app.push(&world, ALL, &[("redirect_uri", "http://127.0.0.1:54321/callback")]).await.status,
        201
    );
    // No proof; and nothing put down before.
    let url = format!("{}/oauth/par", world.pds);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let body =
        format!("client_id={}", url::form_urlencoded::byte_serialize(app.id.as_bytes()).collect::<String>());
    let refused = send(&world.hub, Method::POST, &url, &kind, body.into_bytes()).await;
    assert_eq!(refused.error(), (400, "invalid_dpop_proof".into()));
    let url = format!(
        "{}/oauth/authorize?client_id=http%3A%2F%2Flocalhost&response_type=code&scope=atproto",
        world.pds
    );
    assert_eq!(world.send(Method::GET, &url, &[], Vec::new()).await.status, 400);
    assert_eq!(app.page(&world, "urn:ietf:params:oauth:request_uri:req-madeup", "").await.status, 400);
    let pushed = app.push(&world, ALL, &[]).await.json();
    let other = App::local("atproto");
    assert_eq!(
        other.page(&world, pushed["request_uri"].as_str().unwrap(), "").await.status,
        400,
        "another app's"
    );
    assert_eq!(
        app.form(&world, "/oauth/token", &[("grant_type", "password")]).await.error().1,
        "unsupported_grant_type"
    );
}

/// A web app with its description, its keys and whatever else, at an origin of its own.
async fn describe(change: impl Fn(&mut Value)) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let mut description = json!({
        "client_id": format!("{origin}/client.json"), "application_type": "web", "client_name": "<b>Bluesky</b>",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": ALL,
        "redirect_uris": [REDIRECT], "dpop_bound_access_tokens": true, "token_endpoint_auth_method": "none",
    });
    change(&mut description);
    let routes = Router::new()
        .route("/client.json", get(move || async move { Json(description) }))
        .route("/page.json", get(|| async { "not json" }))
        .route("/leads.json", get(|| async { Redirect::temporary("/client.json") }))
        .route("/long.json", get(|| async { Json(json!({ "client_id": "x".repeat(100_000) })) }));
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    origin
}

async fn an_app_with_a_key_shows_it(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let own = key();
    let keys = json!({ "keys": [jwk(&own)] });
    let keys_at = serve(Router::new().route("/jwks.json", get(move || async move { Json(keys) }))).await;
    let origin = describe(|description| {
        description["token_endpoint_auth_method"] = json!("private_key_jwt");
        description["token_endpoint_auth_signing_alg"] = json!("ES256");
        description["jwks_uri"] = json!(format!("{keys_at}/jwks.json"));
    })
    .await;
    let id = format!("{origin}/client.json");
    let app = App::of(&id, Some(own));
    let tokens = app.sign_in(&world, ALL, "alice").await;
    assert_eq!(app.get(&world, "com.atproto.server.getSession", &tokens.access).await.status, 200);
    // Its sessions last as long as they are renewed.
    assert!(world.hub.grants(alice).await.unwrap()[0].expires_at.is_none());
    let tokens = Tokens::of(&app.renew(&world, &tokens.refresh).await);
    let nobody = App { own_key: None, ..App::of(&id, None) };
    assert_eq!(nobody.push(&world, ALL, &[]).await.error(), (401, "invalid_client".into()));
    let forger = App::of(&id, Some(key()));
    assert_eq!(forger.push(&world, ALL, &[]).await.error(), (401, "invalid_client".into()));
    let thief = App { key: app.key, ..App::of(&id, Some(key())) };
    assert_eq!(thief.renew(&world, &tokens.refresh).await.error(), (401, "invalid_client".into()));
    // Its name is shown as what it says, not as what it is.
    let public = describe(|_| ()).await;
    let app = App::of(&format!("{public}/client.json"), None);
    let request = app.push(&world, ALL, &[]).await.json()["request_uri"].as_str().unwrap().to_owned();
    let page = app.page(&world, &request, "").await.text();
    assert!(
        page.contains("calls itself “&lt;b&gt;Bluesky") && page.contains("the app at 127.0.0.1"),
        "{page}"
    );
}

async fn descriptions_of_apps_are_not_believed(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let origin = describe(|_| ()).await;
    for (path, error) in [
        ("/page.json", "invalid_client_metadata"),
        ("/leads.json", "invalid_client_metadata"),
        ("/long.json", "invalid_client_metadata"),
        ("/missing.json", "invalid_client_metadata"),
        ("/", "invalid_client_id"),
    ] {
        let app = App::of(&format!("{origin}{path}"), None);
        assert_eq!(app.push(&world, ALL, &[]).await.error(), (400, error.into()), "{path}");
    }
    // Private addresses are not even asked.
    for id in [
        "http://10.0.0.1/client.json",
        "http://169.254.169.254/latest/meta-data",
        "https://192.168.0.1/client.json",
    ] {
        assert_eq!(
            App::of(id, None).push(&world, ALL, &[]).await.error(),
            (400, "invalid_client_metadata".into()),
            "{id}"
        );
    }
    let other =
        describe(|description| description["client_id"] = json!("https://bsky.app/client.json")).await;
    let app = App::of(&format!("{other}/client.json"), None);
    assert_eq!(app.push(&world, ALL, &[]).await.error().0, 400, "another's description");
}

async fn an_apps_keys_are_bounded(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let own = key();
    let good = json!({ "keys": [jwk(&own)] });
    let rsa = json!({ "keys": [{ "kty": "RSA", "n": "A".repeat(40_000), "e": "AQAB" }] });
    let many = json!({ "keys": vec![json!({ "kty": "oct" }); 2_000] });
    let (long, deep) = (json!({ "keys": [], "x": "x".repeat(100_000) }), "[".repeat(60_000));
    let off_curve =
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43) }] });
    let keys_at = serve(
        Router::new()
            .route("/good", get(|| async { Json(good) }))
            .route("/rsa", get(|| async { Json(rsa) }))
            .route("/many", get(|| async { Json(many) }))
            .route("/long", get(|| async { Json(long) }))
            .route("/deep", get(|| async { ([("content-type", "application/json")], deep) }))
            .route("/none", get(|| async { Json(json!({ "keys": [] })) }))
            .route("/curve", get(|| async { Json(off_curve) }))
            .route("/page", get(|| async { "{}" }))
            .route("/leads", get(|| async { Redirect::temporary("/good") }))
            .route("/private", get(|| async { Redirect::temporary("http://10.0.0.1/good") })),
    )
    .await;
    let described = async |jwks: Value, jwks_uri: Value| {
        let origin = describe(|description| {
            description["token_endpoint_auth_method"] = json!("private_key_jwt");
            description["token_endpoint_auth_signing_alg"] = json!("ES256");
            description["jwks"] = jwks.clone();
            description["jwks_uri"] = jwks_uri.clone();
        })
        .await;
        App::of(&format!("{origin}/client.json"), Some(key()))
    };
    for place in
        ["/rsa", "/many", "/long", "/deep", "/none", "/curve", "/page", "/leads", "/private", "/missing"]
            .map(|path| format!("{keys_at}{path}"))
            .into_iter()
            .chain(
                ["http://10.0.0.1/keys", "http://[::ffff:10.0.0.1]/keys", "file:///etc/passwd", "x"]
                    .map(Into::into),
            )
    {
        let app = described(Value::Null, json!(place)).await;
        let refused = app.push(&world, ALL, &[]).await;
        assert_eq!(refused.error(), (400, "invalid_client_metadata".into()), "{place}");
    }
    for jwks in [
        json!({ "keys": [{ "kty": "RSA", "n": "A".repeat(40_000), "e": "AQAB" }] }),
        json!({ "keys": "x" }),
        json!({ "keys": vec![json!({}); 5_000] }),
        json!([]),
    ] {
        let refused = described(jwks, Value::Null).await.push(&world, ALL, &[]).await;
        assert_eq!(refused.error(), (400, "invalid_client_metadata".into()));
    }
    // Keys that are there, but are not the app's.
    let stranger = described(Value::Null, json!(format!("{keys_at}/good"))).await;
    assert_eq!(stranger.push(&world, ALL, &[]).await.error(), (401, "invalid_client".into()));
    assert!(world.hub.grants(alice).await.unwrap().is_empty());
}

async fn a_session_is_given_back_or_ended(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let app = App::local(ALL);
    let one = app.sign_in(&world, ALL, "alice").await;
    let two = app.sign_in(&world, ALL, "alice").await;
    let other = App::local("atproto");
    assert_eq!(other.form(&world, "/oauth/revoke", &[("token", &one.refresh)]).await.status, 200);
    assert_eq!(
        app.get(&world, "com.atproto.server.getSession", &one.access).await.status,
        200,
        "not another app's to give back"
    );
    assert_eq!(app.form(&world, "/oauth/revoke", &[("token", &one.refresh)]).await.status, 200);
    assert_eq!(app.get(&world, "com.atproto.server.getSession", &one.access).await.status, 401);
    assert_eq!(app.form(&world, "/oauth/revoke", &[("token", "unknown")]).await.status, 200);
    // By the member, in the list of apps: at once.
    let grants = world.hub.grants(alice).await.unwrap();
    assert_eq!(grants.len(), 1);
    assert_eq!(app.get(&world, "com.atproto.server.getSession", &two.access).await.status, 200);
    world.hub.revoke(alice, grants[0].id).await.unwrap();
    assert_eq!(
        app.get(&world, "com.atproto.server.getSession", &two.access).await.error(),
        (401, "invalid_token".into())
    );
    assert_eq!(app.renew(&world, &two.refresh).await.error(), (400, "invalid_grant".into()));
}

async fn who_asks_for_tokens_without_end_is_told_to_wait(engine: EngineKind) {
    let world = World::new(engine).await;
    let url = format!("{}/oauth/token", world.pds);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let ask = async || send(&world.hub, Method::POST, &url, &kind, b"grant_type=x".to_vec()).await;
    // As often as an app with some hundred members has to; and twice as often, since a new window may begin meanwhile.
    let mut asked = 0;
    let refused = loop {
        let answer = ask().await;
        if answer.status != 400 {
            break answer;
        }
        asked += 1;
        assert!(asked <= 2000, "nobody counts");
    };
    assert!(asked >= 1000, "{asked}");
    assert_eq!(refused.error(), (429, "slow_down".into()));
    assert_eq!(refused.header("access-control-allow-origin"), "*");
}

async fn a_scope_that_is_not_known_here_keeps_no_app_out(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let named = format!("{ALL} tomorrow:everything rpc:*?aud=*");
    let app = App::local(&named);
    // It is not asked for; and it is asked for, and not granted.
    assert_eq!(app.sign_in(&world, ALL, "alice").await.scope, ALL);
    let tokens = app.sign_in(&world, &named, "alice").await;
    assert_eq!(tokens.scope, ALL);
    assert_eq!(app.get(&world, "com.atproto.server.getSession", &tokens.access).await.status, 200);
    assert_eq!(Tokens::of(&app.renew(&world, &tokens.refresh).await).scope, ALL);
    // What the description does not name is not asked for, known or not.
    for beyond in ["transition:chat.bsky", "tomorrow:more"] {
        let refused = app.push(&world, &format!("{ALL} {beyond}"), &[]).await;
        assert_eq!(refused.error(), (400, "invalid_scope".into()), "{beyond}");
    }
}

async fn whoever_has_no_account_is_led_to_where_they_are_made(engine: EngineKind) {
    for registrations in [Registrations::Open, Registrations::Closed] {
        let world = World::with(engine, Wishes { registrations, ..Wishes::default() }).await;
        let open = registrations == Registrations::Open;
        let url = format!("{}/.well-known/oauth-authorization-server", world.pds);
        let server = world.send(Method::GET, &url, &[], Vec::new()).await.ok();
        let advertised = server["prompt_values_supported"].as_array().unwrap().contains(&json!("create"));
        assert_eq!(advertised, open);
        let app = App::local(ALL);
        let pushed = app.push(&world, ALL, &[("prompt", "create")]).await.json();
        let request = pushed["request_uri"].as_str().unwrap();
        let page = app.page(&world, request, "").await.text();
        if !open {
            assert!(page.contains("type=\"password\"") && page.contains("Sign in to your account"), "{page}");
            continue;
        }
        assert_eq!(parameter(&page, "network").as_deref(), Some("atproto"), "{page}");
        let next = parameter(&page, "next").unwrap();
        // The account is made, and its member is signed in.
        let (cookie, _) = world.browser(world.member("alice").await).await;
        let back = format!("{}{next}", world.main);
        let page = world.send(Method::GET, &back, &[("cookie", &cookie)], Vec::new()).await;
        assert!(page.text().contains("signed in as"), "{}", page.text());
        let allowed = app.decide(&world, &page, request, &cookie, &[("decision", "allow")]).await;
        assert!(parameter(allowed.header("location"), "code").is_some());
    }
}
