//! How an app gets its token.

use crate::{client::*, support::*};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_store::testing::TestStore;
use reqwest::{StatusCode, redirect::Policy};

landbridge_store::on_both_engines!(
    a_code_becomes_a_token_once,
    an_app_of_its_own,
    strangers_cannot_fill_in_the_form
);

const PLACE: &str = "com.example.app:/callback";

async fn registered(world: &World) -> (String, String) {
    let client = Client::register(world, PLACE, "read write follow").await;
    (client.id, client.secret)
}

async fn a_code_becomes_a_token_once(store: TestStore) {
    let world = world(store).await;
    world.member("alice").await;
    let (client_id, secret) = registered(&world).await;
    let verifier = "a-verifier-that-is-long-enough-for-the-rules-of-pkce";
    let challenge =
        URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()));
    let asked = [
        ("response_type", "code"),
        ("client_id", client_id.as_str()),
        ("redirect_uri", PLACE),
        ("scope", "read write:statuses"),
        ("state", "s&t"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let query: String =
        asked.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect::<Vec<_>>().join("&");
    let page = world.get(&format!("/oauth/authorize?{query}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text.contains("An &lt;app&gt;") && page.text.contains(PLACE) && !page.text.contains("<script"),
        "{}",
        page.text
    );
    let cookie = page.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let answer = async |password: &str| {
        let mut form = asked.to_vec();
        form.extend([
            ("form_token", hidden(&page.text, "form_token")),
            ("username", "alice"),
            ("password", password),
            ("decision", "allow"),
        ]);
        let request = client.post(format!("{}/oauth/authorize", world.base)).header("cookie", &cookie);
        told(with_form(request, &form)).await
    };
    let wrong = answer("wrong").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("do not fit"));
    let code_of = |told: &Told| {
        let place = told.headers["location"].to_str().unwrap();
        assert!(
            place.starts_with("com.example.app:/callback?code=") && place.ends_with("&state=s%26t"),
            "{place}"
        );
        place.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    };
    let code = code_of(&answer("correct horse").await);
    let exchange = async |code: &str, verifier: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", client_id.as_str()),
            ("client_secret", secret.as_str()),
            ("redirect_uri", PLACE),
            ("code_verifier", verifier),
        ];
        world.post("/oauth/token", &form).await
    };
    // The wrong verifier uses the code up, too.
    assert_eq!(exchange(&code, "something else").await.json["error"], "invalid_grant");
    assert_eq!(exchange(&code, verifier).await.json["error"], "invalid_grant");
    let code = code_of(&answer("correct horse").await);
    let token = exchange(&code, verifier).await.good("token");
    assert_eq!(
        (token["token_type"].as_str(), token["scope"].as_str()),
        (Some("Bearer"), Some("read write:statuses"))
    );
    assert!(token["created_at"].is_i64());

    let app = App {
        base: world.base.clone(),
        token: token["access_token"].as_str().unwrap().into(),
        member: Default::default(),
    };
    assert_eq!(app.get("/api/v1/accounts/verify_credentials").await["username"], "alice");
    app.says("within the scopes").await;
    assert_eq!(app.try_post("/api/v1/accounts/1/follow", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.get("/api/landbridge/v1/grants").await[0]["current"], true);
    let form = [
        ("client_id", client_id.as_str()),
        ("client_secret", secret.as_str()),
        ("token", app.token.as_str()),
    ];
    assert_eq!(
        world
            .post("/oauth/revoke", &[("client_id", "x"), ("client_secret", "y"), ("token", &app.token)])
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(world.post("/oauth/revoke", &form).await.status, StatusCode::OK);
    assert_eq!(app.try_get("/api/v1/timelines/home").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.post("/oauth/revoke", &form).await.status, StatusCode::OK);
}

async fn an_app_of_its_own(store: TestStore) {
    let world = world(store).await;
    let app =
        world.post("/api/v1/apps", &[("client_name", "x"), ("redirect_uris", "javascript:alert(1)")]).await;
    assert_eq!(app.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (client_id, secret) = registered(&world).await;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{client_id}:{secret}"));
    let request = reqwest::Client::new()
        .post(format!("{}/oauth/token", world.base))
        .header("authorization", format!("Basic {basic}"));
    let token = told(with_form(request, &[("grant_type", "client_credentials")])).await.good("token");
    let token = token["access_token"].as_str().unwrap();
    let verify = reqwest::Client::new()
        .get(format!("{}/api/v1/apps/verify_credentials", world.base))
        .bearer_auth(token);
    assert_eq!(told(verify).await.good("verify")["name"], "An <app>");
    let home = reqwest::Client::new().get(format!("{}/api/v1/timelines/home", world.base)).bearer_auth(token);
    assert_eq!(told(home).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let metadata = world.get("/.well-known/oauth-authorization-server").await.good("metadata");
    assert_eq!(metadata["code_challenge_methods_supported"][0], "S256");
}

async fn strangers_cannot_fill_in_the_form(store: TestStore) {
    let world = world(store).await;
    world.member("alice").await;
    let (client_id, _) = registered(&world).await;
    let form = [
        ("response_type", "code"),
        ("client_id", client_id.as_str()),
        ("redirect_uri", PLACE),
        ("scope", "read"),
        ("username", "alice"),
        ("password", "correct horse"),
        ("decision", "allow"),
        ("form_token", "guessed"),
    ];
    let told = world.post("/oauth/authorize", &form).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!told.headers.contains_key("location"));
    let elsewhere = world
        .get(&format!(
            "/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri=https://evil.example/"
        ))
        .await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST);
    assert!(!elsewhere.headers.contains_key("location"));
}
