//! What an attacker may try on the way to a token (RFC 9700).

use crate::{client::*, support::*};
use landbridge_hub::accounts::NewGrant;
use landbridge_store::testing::TestStore;
use reqwest::StatusCode;

landbridge_store::on_both_engines!(
    only_the_very_place_that_was_registered,
    a_code_that_comes_twice_ends_what_it_gave,
    two_who_turn_in_one_code_at_once_get_nothing,
    nobody_takes_the_proof_away,
    an_app_gets_no_more_than_it_registered_for,
    nobody_else_can_fill_in_or_frame_the_page,
    guessing_gets_slow_here_too,
    whoever_is_signed_in_is_only_asked
);

const PLACE: &str = "https://app.example/callback?x=1";

async fn only_the_very_place_that_was_registered(store: TestStore) {
    let world = world(store).await;
    let client = Client::register(&world, PLACE, "read").await;
    for place in [
        "https://app.example/callback",
        "https://app.example/callback?x=1&y=2",
        "https://app.example/callback?x=1#f",
        "https://app.example/callback?X=1",
        "https://APP.example/callback?x=1",
        "https://app.example/callback/?x=1",
        "https://app.example/callback/../evil?x=1",
        "https://app.example@evil.example/callback?x=1",
        "https://app.example.evil.example/callback?x=1",
        "http://app.example/callback?x=1",
        "urn:ietf:wg:oauth:2.0:oob",
        "javascript:alert(1)",
        "",
    ] {
        let told = Browser::new().asked(&client, &[("redirect_uri", place)]).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{place}");
        assert!(!told.headers.contains_key("location") && !told.text.contains("form_token"), "{place}");
    }
    assert_eq!(Browser::new().asked(&client, &[]).await.status, StatusCode::OK);
    let unknown = Browser::new().asked(&client, &[("client_id", "nobody")]).await;
    assert_eq!((unknown.status, unknown.headers.get("location")), (StatusCode::BAD_REQUEST, None));
    // The token request names the same place again.
    world.member("alice").await;
    let code = client.allowed("alice", &[("scope", "read")]).await;
    let told = client.exchange(&code, &[("redirect_uri", "https://app.example/callback")]).await;
    assert_eq!(told.json["error"], "invalid_grant");
}

async fn a_code_that_comes_twice_ends_what_it_gave(store: TestStore) {
    let world = world(store).await;
    world.member("alice").await;
    let client = Client::register(&world, PLACE, "read").await;
    let app = |told: Told| App {
        base: world.base.clone(),
        token: told.good("token")["access_token"].as_str().unwrap().into(),
        member: Default::default(),
    };
    let code = client.allowed("alice", &[("scope", "read")]).await;
    let first = app(client.exchange(&code, &[]).await);
    let other = app(client.exchange(&client.allowed("alice", &[]).await, &[]).await);
    assert_eq!(first.get("/api/v1/accounts/verify_credentials").await["username"], "alice");
    let again = client.exchange(&code, &[]).await;
    assert_eq!((again.status, &again.json["error"]), (StatusCode::BAD_REQUEST, &"invalid_grant".into()));
    assert_eq!(first.try_get("/api/v1/accounts/verify_credentials").await.status, StatusCode::UNAUTHORIZED);
    other.get("/api/v1/accounts/verify_credentials").await;
    assert_eq!(other.get("/api/landbridge/v1/grants").await.as_array().unwrap().len(), 1);
    // An app that is not its own may not even try, and uses it up.
    let thief = Client::register(&world, PLACE, "read").await;
    let code = client.allowed("alice", &[]).await;
    assert_eq!(thief.exchange(&code, &[]).await.json["error"], "invalid_grant");
    assert_eq!(client.exchange(&code, &[]).await.json["error"], "invalid_grant");
    let wrong = client.exchange(&client.allowed("alice", &[]).await, &[("client_secret", "guessed")]).await;
    assert_eq!((wrong.status, &wrong.json["error"]), (StatusCode::UNAUTHORIZED, &"invalid_client".into()));
}

async fn two_who_turn_in_one_code_at_once_get_nothing(store: TestStore) {
    let world = world(store).await;
    let alice = world.member("alice").await;
    let client = Client::register(&world, PLACE, "read").await;
    let code = client.allowed("alice", &[]).await;
    let both = futures_util::future::join_all((0..4).map(|_| client.exchange(&code, &[]))).await;
    assert!(both.iter().filter(|told| told.status.is_success()).count() <= 1);
    assert_eq!(world.hub.grants(alice).await.unwrap().len(), 0);
}

async fn nobody_takes_the_proof_away(store: TestStore) {
    let world = world(store).await;
    world.member("alice").await;
    let client = Client::register(&world, PLACE, "read").await;
    let challenge = challenge();
    let s256 = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    // With a challenge there must be a verifier, and the right one.
    for verifier in [&[][..], &[("code_verifier", "")], &[("code_verifier", challenge.as_str())]] {
        let code = client.allowed("alice", &s256).await;
        assert_eq!(client.exchange(&code, verifier).await.json["error"], "invalid_grant");
    }
    let code = client.allowed("alice", &s256).await;
    client.exchange(&code, &[("code_verifier", VERIFIER)]).await.good("token");
    // A verifier without a challenge: somebody has taken the challenge out of the way.
    let code = client.allowed("alice", &[]).await;
    let told = client.exchange(&code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(told.json["error"], "invalid_grant");
    // Nor does it become a weaker kind of challenge.
    for more in [
        &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")][..],
        &[("code_challenge", challenge.as_str())],
        &[("code_challenge", "short"), ("code_challenge_method", "S256")],
    ] {
        let told = Browser::new().asked(&client, more).await;
        assert_eq!(sent(&told, "error").as_deref(), Some("invalid_request"), "{more:?}");
        assert_eq!(sent(&told, "state").as_deref(), Some("s&t"));
    }
}

async fn an_app_gets_no_more_than_it_registered_for(store: TestStore) {
    let world = world(store).await;
    world.member("alice").await;
    let client = Client::register(&world, PLACE, "read write:statuses").await;
    for scope in ["write", "read write", "follow", "read:everything", "admin:read"] {
        let told = Browser::new().asked(&client, &[("scope", scope)]).await;
        assert_eq!(sent(&told, "error").as_deref(), Some("invalid_scope"), "{scope}");
        let own = client.exchange("", &[("grant_type", "client_credentials"), ("scope", scope)]).await;
        assert!(!own.status.is_success() || !own.json["scope"].as_str().unwrap().contains(scope), "{scope}");
    }
    // What is asked for in the form is looked at again: the page is not trusted.
    let mut browser = Browser::new();
    let page = browser.asked(&client, &[("scope", "read")]).await;
    let fields = [("username", "alice"), ("password", "correct horse")];
    let told = browser.answer(&client, &page, &[("scope", "read write")], &fields).await;
    assert_eq!(sent(&told, "error").as_deref(), Some("invalid_scope"));
    // Nor can the app widen it when it turns in the code; asking for nothing means reading.
    let code = client.allowed("alice", &[]).await;
    let token = client.exchange(&code, &[("scope", "read write:statuses")]).await.good("token");
    assert_eq!(token["scope"], "read");
    let code = client.allowed("alice", &[("scope", "read:statuses")]).await;
    let token = client.exchange(&code, &[]).await.good("token");
    let app = App {
        base: world.base.clone(),
        token: token["access_token"].as_str().unwrap().into(),
        member: Default::default(),
    };
    app.get("/api/v1/timelines/home").await;
    assert_eq!(app.try_get("/api/v1/notifications").await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.try_post("/api/v1/statuses", &[("status", "x")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.try_get("/api/landbridge/v1/grants").await.status, StatusCode::FORBIDDEN);
}

async fn nobody_else_can_fill_in_or_frame_the_page(store: TestStore) {
    let world = world_at(store, Some("https://lb.example")).await;
    world.member("alice").await;
    let client = Client::register(&world, PLACE, "read").await;
    let mut browser = Browser::new();
    let page = browser.asked(&client, &[]).await;
    let header = |name: &str| page.headers[name].to_str().unwrap();
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("base-uri 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(header("x-frame-options"), "DENY");
    assert!(header("cache-control").contains("no-store"));
    let cookie = header("set-cookie");
    assert!(cookie.starts_with("__Host-") && cookie.contains("; Path=/;"), "{cookie}");
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
    // The token belongs to this browser.
    let fields = [("username", "alice"), ("password", "correct horse")];
    let mut other = Browser::new();
    other.asked(&client, &[]).await;
    let told = other.answer(&client, &page, &[], &fields).await;
    assert_eq!((told.status, sent(&told, "code")), (StatusCode::UNPROCESSABLE_ENTITY, None));
    let told = Browser::new().answer(&client, &page, &[], &fields).await;
    assert_eq!((told.status, sent(&told, "code")), (StatusCode::UNPROCESSABLE_ENTITY, None));
    let told = browser.answer(&client, &page, &[], &[("decision", "deny")]).await;
    assert_eq!(sent(&told, "error").as_deref(), Some("access_denied"));
    assert!(sent(&browser.answer(&client, &page, &[], &fields).await, "code").is_some());
}

async fn guessing_gets_slow_here_too(store: TestStore) {
    let world = world(store).await;
    world.member("alice").await;
    let client = Client::register(&world, PLACE, "read").await;
    let mut browser = Browser::new();
    let page = browser.asked(&client, &[]).await;
    for _ in 0..5 {
        let told = browser.answer(&client, &page, &[], &[("username", "alice"), ("password", "guess")]).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let told =
        browser.answer(&client, &page, &[], &[("username", "@Alice"), ("password", "correct horse")]).await;
    assert_eq!((told.status, sent(&told, "code")), (StatusCode::TOO_MANY_REQUESTS, None));
    assert!(told.text.contains("please wait"), "{}", told.text);
}

async fn whoever_is_signed_in_is_only_asked(store: TestStore) {
    let world = world(store).await;
    let alice = world.member("alice").await;
    let client = Client::register(&world, PLACE, "read").await;
    let new = NewGrant { member: Some(alice), purpose: "web", scopes: "read", ..NewGrant::default() };
    let (session, token) = world.hub.grant(new).await.unwrap();
    let mut browser = Browser::new();
    browser.cookies.push("other=1".into());
    let stranger = browser.asked(&client, &[]).await;
    browser.cookies.push(format!("{}={token}", world.hub.config().session_cookie()));
    let page = browser.asked(&client, &[]).await;
    assert!(page.text.contains("signed in as") && !page.text.contains("password"), "{}", page.text);
    // The token of the form from before does not fit the session: nobody was asked then.
    assert_eq!(sent(&browser.answer(&client, &stranger, &[], &[]).await, "code"), None);
    let code = sent(&browser.answer(&client, &page, &[], &[]).await, "code").unwrap();
    client.exchange(&code, &[]).await.good("token");
    let again = browser.asked(&client, &[("force_login", "true")]).await;
    assert!(again.text.contains("password"));
    // A session is no token for the API, and a token no session.
    let api = App { base: world.base.clone(), token, member: alice };
    assert_eq!(api.try_get("/api/v1/timelines/home").await.status, StatusCode::UNAUTHORIZED);
    world.hub.revoke(alice, session.id).await.unwrap();
    assert_eq!(sent(&browser.answer(&client, &page, &[], &[]).await, "code"), None);
}
