//! Other services, asked in a member's name.

use crate::{
    app::App,
    world::{PASSWORD, Wishes, World, on_both, send, serve},
};
use axum::{
    Json, Router,
    body::Body,
    extract::{Query, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use landbridge_atproto::{Service, syntax::Did};
use landbridge_hub::{InActor, Incoming, Via, What, gate::Outcome, publish::NewReport};
use landbridge_model::Network;
use landbridge_store::EngineKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both!(
    a_service_is_asked_in_the_members_name,
    nobody_is_asked_who_should_not_be,
    an_app_reads_records_that_are_not_here,
    a_feed_is_asked_for_with_a_token_for_whoever_makes_it,
    tokens_for_services_are_bounded,
    an_app_is_told_by_the_service_that_it_names,
    a_long_answer_is_handed_on_as_it_comes,
    browsers_may_ask_from_everywhere,
    reports_are_kept,
    reports_go_to_the_moderation_service_in_the_members_name,
    notifications_keep_the_gate,
    whoever_has_just_posted_sees_the_post,
);

/// Answers with what it was asked.
async fn echo(request: Request) -> Response {
    let path = request.uri().to_string();
    if path.contains("getRefused") {
        return (StatusCode::IM_A_TEAPOT, Json(json!({ "error": "Teapot", "message": "short and stout" })))
            .into_response();
    }
    if path.contains("getPage") {
        return (StatusCode::BAD_GATEWAY, "<html>sorry</html>").into_response();
    }
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let method = request.method().to_string();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut answer =
        Json(json!({ "method": method, "path": path, "headers": headers, "body": body })).into_response();
    for (name, value) in [
        ("atproto-repo-rev", "3abc"),
        ("set-cookie", "a=b"),
        ("x-secret", "1"),
        ("atproto-content-labelers", "did:plc:x"),
    ] {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

async fn with_view(engine: EngineKind) -> (World, String) {
    let view = serve(Router::new().fallback(echo)).await;
    let service =
        Service { url: view.parse().unwrap(), did: Did::parse("did:web:view.example.org").unwrap() };
    (World::with(engine, Wishes { appview: Some(service), ..Wishes::default() }).await, view)
}

fn header<'a>(echoed: &'a Value, name: &str) -> Option<&'a str> {
    let list = echoed["headers"].as_array().unwrap();
    list.iter().find(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap())
}

async fn a_service_is_asked_in_the_members_name(engine: EngineKind) {
    let (world, view) = with_view(engine).await;
    let alice = world.member("alice").await;
    let token = world.token("alice").await;
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("accept-language", "de"),
        ("atproto-accept-labelers", "did:plc:x;redact"),
        ("x-bsky-topics", "t"),
        ("x-atproto-x", "y"),
        ("cookie", "secret=1"),
        ("x-forwarded-for", "10.0.0.1"),
    ];
    let url = format!("{}/xrpc/app.bsky.feed.getTimeline?limit=2&cursor=a%20b", world.pds);
    let answer = world.send(Method::GET, &url, &headers, Vec::new()).await;
    assert_eq!(answer.header("atproto-repo-rev"), "3abc");
    assert_eq!(answer.header("atproto-content-labelers"), "did:plc:x");
    assert!(answer.headers.get("set-cookie").is_none() && answer.headers.get("x-secret").is_none());
    let echoed = answer.ok();
    assert_eq!(echoed["path"], "/xrpc/app.bsky.feed.getTimeline?limit=2&cursor=a%20b");
    for (name, value) in [
        ("accept-language", "de"),
        ("atproto-accept-labelers", "did:plc:x;redact"),
        ("x-bsky-topics", "t"),
        ("x-atproto-x", "y"),
    ] {
        assert_eq!(header(&echoed, name), Some(value));
    }
    assert!(header(&echoed, "cookie").is_none() && header(&echoed, "x-forwarded-for").is_none());
    // The token is the member's, for this service and this method.
    let jwt = header(&echoed, "authorization").unwrap().strip_prefix("Bearer ").unwrap();
    assert_ne!(jwt, token);
    let claims = verified(&world, alice, jwt).await;
    assert_eq!(claims["iss"], world.did(alice).await.as_str());
    assert_eq!(
        (&claims["aud"], &claims["lxm"]),
        (&json!("did:web:view.example.org"), &json!("app.bsky.feed.getTimeline"))
    );
    assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 60);

    let posted = world.post("app.bsky.graph.muteActor", &token, json!({ "actor": "did:plc:x" })).await.ok();
    assert_eq!((&posted["method"], &posted["body"]), (&json!("POST"), &json!(r#"{"actor":"did:plc:x"}"#)));
    assert_eq!(header(&posted, "content-type"), Some("application/json"));
    // What the service says no to is said no to.
    assert_eq!(world.get("app.bsky.feed.getRefused", &token).await.error(), (418, "Teapot".into()));
    let page = world.get("app.bsky.feed.getPage", &token).await;
    assert_eq!(page.error(), (502, "UpstreamFailure".into()));
    assert!(!page.text().contains("html"));
    let head = world.send(Method::HEAD, &url, &headers, Vec::new()).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    drop(view);
}

/// The claims of a token that the member's document proves.
async fn verified(world: &World, member: landbridge_model::Id, jwt: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let document = world.at.plc_document(&world.did(member).await).await.unwrap().unwrap();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    document.signing_key().unwrap().verify(signed.as_bytes(), &signature).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256K"), &json!("JWT")));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

async fn nobody_is_asked_who_should_not_be(engine: EngineKind) {
    let (world, _) = with_view(engine).await;
    world.member("alice").await;
    let token = world.token("alice").await;
    assert_eq!(world.get("app.bsky.feed.getTimeline", "").await.error(), (401, "AuthMissing".into()));
    let bearer = format!("Bearer {token}");
    let ask = async |method: Method, name: &str, service: &str| {
        let headers = [("authorization", bearer.as_str()), ("atproto-proxy", service)];
        let headers = if service.is_empty() { &headers[..1] } else { &headers[..] };
        world.send(method, &format!("{}/xrpc/{name}", world.pds), headers, Vec::new()).await
    };
    // Not the account's own business, whatever the spelling.
    for name in ["com.atproto.identity.signplcoperation", "com.atproto.server.createapppassword"] {
        assert_eq!(ask(Method::POST, name, "").await.error(), (400, "InvalidToken".into()), "{name}");
    }
    assert_eq!(ask(Method::DELETE, "app.bsky.feed.getTimeline", "").await.error().0, 405);
    assert_eq!(ask(Method::GET, "not-a-method", "").await.error().0, 400);
    assert_eq!(
        ask(Method::GET, "chat.bsky.convo.getLog", "").await.error(),
        (400, "InvalidRequest".into()),
        "no such service"
    );
    for service in ["did:web:view.example.org", "nonsense", "did:web:a.b#c#d"] {
        assert_eq!(
            ask(Method::GET, "app.bsky.feed.getTimeline", service).await.error(),
            (400, "InvalidRequest".into())
        );
    }
    // No way back here, and none to a private place.
    let own = format!("{}#atproto_pds", world.server_did());
    assert_eq!(ask(Method::GET, "app.bsky.feed.getTimeline", &own).await.error().0, 400);
    let member = world.did(world.hub.member_named("alice").await.unwrap().actor.id).await;
    assert_eq!(
        ask(Method::GET, "app.bsky.feed.getTimeline", &format!("{member}#atproto_pds")).await.error().0,
        400
    );
    assert_ne!(ask(Method::GET, "app.bsky.feed.getTimeline", "did:web:10.0.0.1#x").await.status, 200);
    assert_eq!(
        ask(Method::GET, "app.bsky.feed.getTimeline", "did:web:view.example.org#bsky_appview").await.status,
        200
    );
    // An app password without leave for messages.
    let made = world.post("com.atproto.server.createAppPassword", &token, json!({ "name": "x" })).await.ok();
    let app = world.sign_in("alice", made["password"].as_str().unwrap()).await.ok()["accessJwt"]
        .as_str()
        .unwrap()
        .to_owned();
    let headers = [
        ("authorization", &*format!("Bearer {app}")),
        ("atproto-proxy", "did:web:view.example.org#bsky_appview"),
    ]
    .map(|(a, b)| (a, b.to_owned()));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let url = format!("{}/xrpc/chat.bsky.convo.getLog", world.pds);
    assert_eq!(
        world.send(Method::GET, &url, &headers, Vec::new()).await.error(),
        (400, "InvalidToken".into())
    );
}

async fn an_app_reads_records_that_are_not_here(engine: EngineKind) {
    let (world, _) = with_view(engine).await;
    let alice = world.member("alice").await;
    let token = world.token("alice").await;
    let query = |whose: &str| format!("repo={whose}&collection=app.bsky.actor.profile&rkey=self");
    let get = async |whose: &str, headers: &[(&str, &str)]| {
        let url = format!("{}/xrpc/com.atproto.repo.getRecord?{}", world.pds, query(whose));
        world.send(Method::GET, &url, headers, Vec::new()).await
    };
    let bearer = format!("Bearer {token}");
    let named = ("atproto-proxy", "did:web:view.example.org#bsky_appview");
    let elsewhere = ("atproto-proxy", "did:web:127.0.0.1%3A9#other_view");
    // The AppView is asked in nobody's name.
    let asked: [&[(&str, &str)]; 4] = [
        &[],
        &[("accept-language", "de"), ("authorization", &bearer)],
        &[named, ("authorization", &bearer)],
        // Whom we ask is not for strangers to choose.
        &[elsewhere],
    ];
    for headers in asked {
        for whose in ["did:plc:ewvi7nxzyoun6zhxrhs64oiz", "bob.example.org"] {
            let told = get(whose, headers).await;
            assert_eq!(told.header("content-security-policy"), "default-src 'none'; sandbox");
            let echoed = told.ok();
            assert_eq!(echoed["path"], format!("/xrpc/com.atproto.repo.getRecord?{}", query(whose)));
            assert!(header(&echoed, "authorization").is_none());
        }
    }
    let unproven = ("authorization", "Bearer nonsense");
    assert_eq!(get("bob.example.org", &[unproven]).await.status, 200, "what anybody gets");
    let refused = get("bob.example.org", &[elsewhere, unproven]).await;
    assert_eq!(refused.error(), (400, "InvalidToken".into()));
    let other = get("bob.example.org", &[elsewhere, ("authorization", &bearer)]).await;
    assert_ne!(other.status, 200, "a member may choose, and nobody is there");
    // What is here is never asked for.
    let own = get(world.did(alice).await.as_str(), &[]).await.ok();
    assert_eq!(own["value"]["$type"], "app.bsky.actor.profile");
    assert_eq!(get("nonsense", &[]).await.error(), (400, "InvalidRequest".into()));
}

async fn a_feed_is_asked_for_with_a_token_for_whoever_makes_it(engine: EngineKind) {
    const RECORD: &str = "/xrpc/com.atproto.repo.getRecord";
    /// Knows the record of one feed.
    async fn record(Query(asked): Query<BTreeMap<String, String>>) -> Response {
        match asked["rkey"].as_str() {
            "cats" => Json(json!({ "value": { "did": "did:web:cats.example.org" } })).into_response(),
            "odd" => Json(json!({ "value": { "did": 7 } })).into_response(),
            _ => (StatusCode::BAD_REQUEST, Json(json!({ "error": "RecordNotFound" }))).into_response(),
        }
    }
    let view = serve(Router::new().route(RECORD, get(record)).fallback(echo)).await;
    let service =
        Service { url: view.parse().unwrap(), did: Did::parse("did:web:view.example.org").unwrap() };
    let world = World::with(engine, Wishes { appview: Some(service), ..Wishes::default() }).await;
    let alice = world.member("alice").await;
    let token = world.token("alice").await;
    let feed = |name: &str| {
        let uri = format!("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.generator/{name}");
        format!("app.bsky.feed.getFeed?feed={uri}&limit=3")
    };
    let echoed = world.get(&feed("cats"), &token).await.ok();
    assert_eq!(echoed["path"], format!("/xrpc/{}", feed("cats")));
    let jwt = header(&echoed, "authorization").unwrap().strip_prefix("Bearer ").unwrap();
    let claims = verified(&world, alice, jwt).await;
    assert_eq!(
        (&claims["aud"], &claims["lxm"]),
        (&json!("did:web:cats.example.org"), &json!("app.bsky.feed.getFeedSkeleton"))
    );
    for (query, error) in [
        (feed("dogs"), "UnknownFeed"),
        (feed("odd"), "UnknownFeed"),
        ("app.bsky.feed.getFeed?feed=at://did:plc:ewvi7nxzyoun6zhxrhs64oiz".into(), "UnknownFeed"),
        ("app.bsky.feed.getFeed?feed=cats".into(), "InvalidRequest"),
        (format!("{}&feed=cats", feed("cats")), "InvalidRequest"),
        (format!("{}&feed[]=cats", feed("cats")), "InvalidRequest"),
        ("app.bsky.feed.getFeed".into(), "InvalidRequest"),
    ] {
        assert_eq!(world.get(&query, &token).await.error(), (400, error.into()), "{query}");
    }
    assert_eq!(world.get(&feed("cats"), "").await.error(), (401, "AuthMissing".into()));
    // An app must have been let in for both.
    let view = "aud=did:web:view.example.org%23bsky_appview";
    let one = format!("atproto rpc:app.bsky.feed.getFeed?{view}");
    for (scope, status) in [(&one, 403), (&format!("{one} rpc:app.bsky.feed.getFeedSkeleton?{view}"), 200)] {
        let app = App::local(scope);
        let tokens = app.sign_in(&world, scope, "alice").await;
        assert_eq!(app.get(&world, &feed("cats"), &tokens.access).await.status, status, "{scope}");
    }
}

async fn tokens_for_services_are_bounded(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let token = world.token("alice").await;
    let get =
        async |query: &str| world.get(&format!("com.atproto.server.getServiceAuth?{query}"), &token).await;
    let now = landbridge_model::Time::now().secs();
    let made = get("aud=did:web:api.example.org&lxm=app.bsky.feed.getTimeline").await.ok();
    let claims = verified(&world, alice, made["token"].as_str().unwrap()).await;
    assert_eq!(claims["lxm"], "app.bsky.feed.getTimeline");
    assert!(get("aud=did:web:api.example.org%23svc").await.status == 200);
    assert!(get(&format!("aud=did:web:api.example.org&lxm=a.b.c&exp={}", now + 3500)).await.status == 200);
    for (query, error) in [
        (format!("aud=did:web:api.example.org&lxm=a.b.c&exp={}", now + 3700), "BadExpiration"),
        (format!("aud=did:web:api.example.org&exp={}", now + 70), "BadExpiration"),
        (format!("aud=did:web:api.example.org&exp={}", now - 10), "BadExpiration"),
        ("aud=https://api.example.org".into(), "InvalidRequest"),
        ("aud=did:web:api.example.org&lxm=nonsense".into(), "InvalidRequest"),
        ("aud=did:web:api.example.org&lxm=com.atproto.server.createAppPassword".into(), "InvalidRequest"),
        ("lxm=a.b.c".into(), "InvalidRequest"),
    ] {
        assert_eq!(get(&query).await.error(), (400, error.into()), "{query}");
    }
    // The video service puts a file down in the member's name, and can do nothing else.
    let upload = get(&format!("aud={}&lxm=com.atproto.repo.uploadBlob", world.audience())).await.ok();
    let upload = format!("Bearer {}", upload["token"].as_str().unwrap());
    let headers = [("authorization", upload.as_str()), ("content-type", "video/mp4")];
    let put = async |name: &str| {
        world.send(Method::POST, &format!("{}/xrpc/{name}", world.pds), &headers, b"film".to_vec()).await
    };
    assert_eq!(put("com.atproto.repo.uploadBlob").await.status, 200);
    assert_eq!(put("com.atproto.repo.createRecord").await.error(), (400, "InvalidToken".into()));
    let other = get(&format!("aud={}&lxm=a.b.c", world.audience())).await.ok();
    let other = format!("Bearer {}", other["token"].as_str().unwrap());
    let url = format!("{}/xrpc/com.atproto.repo.uploadBlob", world.pds);
    let refused = world.send(Method::POST, &url, &[("authorization", &other)], b"film".to_vec()).await;
    assert_eq!(refused.error(), (401, "BadJwtLexiconMethod".into()));
}

async fn an_app_is_told_by_the_service_that_it_names(engine: EngineKind) {
    let (world, _) = with_view(engine).await;
    world.member("alice").await;
    let token = world.token("alice").await;
    let wanted = |service: &str, platform: &str| json!({ "serviceDid": service, "token": "t", "platform": platform, "appId": "app" });
    for name in ["registerPush", "unregisterPush"] {
        let method = format!("app.bsky.notification.{name}");
        let told = world.post(&method, &token, wanted("did:web:view.example.org", "ios")).await.ok();
        assert_eq!(told["path"], format!("/xrpc/{method}"));
        assert!(told["body"].as_str().unwrap().contains("\"appId\":\"app\""));
        for bad in [
            wanted("did:web:view.example.org", "fridge"),
            wanted("nonsense", "ios"),
            wanted(&world.server_did(), "ios"),
            json!({ "serviceDid": "did:web:view.example.org" }),
        ] {
            assert_eq!(world.post(&method, &token, bad).await.error(), (400, "InvalidRequest".into()));
        }
        assert_eq!(world.post(&method, "", wanted("did:web:view.example.org", "ios")).await.error().0, 401);
    }
}

async fn a_long_answer_is_handed_on_as_it_comes(engine: EngineKind) {
    // A service that stops in the middle until it is told to go on.
    let (go_on, waits) = tokio::sync::watch::channel(false);
    let view = Router::new().fallback(move || {
        let waits = waits.clone();
        async move {
            let pieces = futures_util::stream::unfold(0, move |n| {
                let mut waits = waits.clone();
                async move {
                    if n == 1 {
                        waits.wait_for(|go| *go).await.unwrap();
                    }
                    (n < 40).then(|| (Ok::<_, std::io::Error>(vec![b'x'; 1 << 20]), n + 1))
                }
            });
            Response::new(Body::from_stream(pieces))
        }
    });
    let view = serve(view).await;
    let service =
        Service { url: view.parse().unwrap(), did: Did::parse("did:web:view.example.org").unwrap() };
    let world = World::with(engine, Wishes { appview: Some(service), ..Wishes::default() }).await;
    world.member("alice").await;
    let token = world.token("alice").await;
    let url = format!("{}/xrpc/app.bsky.feed.getListFeed", world.pds).parse().unwrap();
    let bearer = http::HeaderMap::from_iter([(
        http::header::AUTHORIZATION,
        HeaderValue::from_str(&format!("Bearer {token}")).unwrap(),
    )]);
    let fetcher = world.hub.fetcher();
    let ask = fetcher.begin(Method::GET, &url, Default::default(), 64 << 20, move |_| bearer.clone());
    let mut answer = ask.await.unwrap();
    assert_eq!(answer.headers["content-security-policy"], "default-src 'none'; sandbox");
    // The beginning is here while the rest has not been said.
    assert!(!answer.piece().await.unwrap().unwrap().is_empty());
    go_on.send_replace(true);
    // And what is too long breaks off.
    let mut bytes = 0;
    let ended = loop {
        match answer.piece().await {
            Ok(Some(piece)) => bytes += piece.len(),
            other => break other,
        }
    };
    assert!(ended.is_err() && bytes <= 16 << 20, "{bytes}");
}

async fn browsers_may_ask_from_everywhere(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let url = format!("{}/xrpc/com.atproto.server.getSession", world.pds);
    let asked = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization,dpop,atproto-proxy"),
    ];
    let answer = send(&world.hub, Method::OPTIONS, &url, &asked, Vec::new()).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, "*"));
    assert_eq!(answer.header("access-control-allow-headers"), "authorization,dpop,atproto-proxy");
    let refused = world.get("com.atproto.server.getSession", "").await;
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert!(refused.header("access-control-expose-headers").contains("DPoP-Nonce"));
    assert!(refused.header("www-authenticate").starts_with("DPoP"));
    let missing = world.send(Method::GET, &format!("{}/nothing", world.pds), &[], Vec::new()).await;
    assert_eq!((missing.status, missing.header("access-control-allow-origin")), (404, "*"));
}

async fn reports_are_kept(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let token = world.sign_in("alice", PASSWORD).await.ok()["accessJwt"].as_str().unwrap().to_owned();
    let report = |subject: Value| json!({ "reasonType": "com.atproto.moderation.defs#reasonSpam", "reason": "look", "subject": subject });
    let account = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": world.did(bob).await });
    let answer =
        world.post("com.atproto.moderation.createReport", &token, report(account.clone())).await.ok();
    assert_eq!((&answer["subject"], &answer["reportedBy"]), (&account, &json!(world.did(alice).await)));
    let kept = world.hub.reports(10).await.unwrap();
    assert_eq!(kept.len(), 1);
    for bad in [
        json!({}),
        json!({ "did": "nobody" }),
        json!({ "uri": "at://alice.landbridge.test/a.b.c/d" }),
        json!({ "did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz" }),
    ] {
        assert_eq!(
            world.post("com.atproto.moderation.createReport", &token, report(bad)).await.error().0,
            400
        );
    }
    assert_eq!(world.post("com.atproto.moderation.createReport", "", report(account)).await.error().0, 401);
}

async fn notifications_keep_the_gate(engine: EngineKind) {
    let known = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
    let view = Router::new().fallback(move |request: Request| async move {
        if request.uri().path().ends_with("app.bsky.notification.getUnreadCount") {
            return Json(json!({ "count": 3 }));
        }
        assert!(request.uri().path().ends_with("app.bsky.notification.listNotifications"));
        let notice = |did: &str, reason: &str, record: Value| {
            json!({ "author": { "did": did }, "reason": reason, "record": record, "isRead": false })
        };
        let link = json!({ "facets": [{ "features": [{ "$type": "app.bsky.richtext.facet#link" }] }] });
        Json(json!({ "cursor": "c", "notifications": [
            notice(known, "mention", json!({})),
            notice(known, "reply", link),
            notice(known, "follow", json!({})),
            json!("odd"),
        ] }))
    });
    let url = serve(view).await.parse().unwrap();
    let service = Service { url, did: Did::parse("did:web:view.example.org").unwrap() };
    let world = World::with(engine, Wishes { appview: Some(service), ..Wishes::default() }).await;
    let alice = world.member("alice").await;
    let token = world.token("alice").await;
    let seen = async || {
        let answer = world.get("app.bsky.notification.listNotifications", &token).await.ok();
        assert_eq!(answer["cursor"], "c");
        let reasons = answer["notifications"].as_array().unwrap().iter();
        reasons.map(|notice| notice["reason"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let unread = async || {
        world.get("app.bsky.notification.getUnreadCount", &token).await.ok()["count"].as_u64().unwrap()
    };
    assert_eq!(seen().await, ["mention", "reply", "follow"]);
    assert_eq!(unread().await, 3);
    let mut rules = world.hub.contact_rules(alice).await.unwrap().0;
    rules.link_or_media = Outcome::Hold;
    world.hub.set_contact_rules(alice, rules).await.unwrap();
    assert_eq!(seen().await, ["mention", "follow"]);
    assert_eq!(unread().await, 2);
    rules.vacation = true;
    world.hub.set_contact_rules(alice, rules).await.unwrap();
    assert!(seen().await.is_empty());
    assert_eq!(unread().await, 0);

    // And what the network can say of the rules, it says.
    let did = world.did(alice).await;
    let said = async || {
        let place = format!("repo={did}&collection=chat.bsky.actor.declaration&rkey=self");
        let answer = world.get(&format!("com.atproto.repo.getRecord?{place}"), "").await;
        (answer.status == 200).then(|| answer.ok()["value"]["allowIncoming"].as_str().unwrap().to_owned())
    };
    assert_eq!(said().await, None, "as is usual there");
    rules.private = Outcome::Accept;
    world.hub.set_contact_rules(alice, rules).await.unwrap();
    assert_eq!(said().await.as_deref(), Some("all"));
    rules.private = Outcome::Drop;
    world.hub.set_contact_rules(alice, rules).await.unwrap();
    assert_eq!(said().await.as_deref(), Some("following"));
}

async fn reports_go_to_the_moderation_service_in_the_members_name(engine: EngineKind) {
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::<Value>::new()));
    let noted = heard.clone();
    let service = Router::new().fallback(move |request: Request| {
        let noted = noted.clone();
        async move {
            let token = request.headers()["authorization"].to_str().unwrap().to_owned();
            let path = request.uri().path().to_owned();
            let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            noted.lock().unwrap().push(json!({ "path": path, "token": token, "body": body }));
            Json(json!({ "id": 1 }))
        }
    });
    let url = serve(service).await.parse().unwrap();
    let service = Service { url, did: Did::parse("did:web:mod.example.org").unwrap() };
    let world = World::with(engine, Wishes { moderation: Some(service), ..Wishes::default() }).await;
    let alice = world.member("alice").await;
    let bob = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
    let profile = InActor {
        native_id: bob.into(),
        username: "bob.example".into(),
        domain: world.hub.config().reserved_domain(Network::AtProto),
        ..InActor::default()
    };
    let known = Incoming {
        network: Network::AtProto,
        actor: bob.into(),
        id: None,
        at: landbridge_model::Time::now(),
        via: Via::Fetched,
        original: Default::default(),
        what: What::Profile(Box::new(profile)),
    };
    world.hub.receive(known).await.unwrap();
    let target = world.hub.actor_by_native(Network::AtProto, bob).await.unwrap().unwrap().id;
    let new = NewReport { target, comment: "rude", category: "violation", ..NewReport::default() };
    world.hub.report(alice, new.clone()).await.unwrap();
    world.hub.report(alice, NewReport { forward: true, ..new }).await.unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(world.hub.clone().run_outbox(stopped));
    for _ in 0..200 {
        if !heard.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 1, "only what the member wanted to be passed on: {heard:?}");
    assert_eq!(heard[0]["path"], "/xrpc/com.atproto.moderation.createReport");
    assert_eq!(heard[0]["body"]["reasonType"], "com.atproto.moderation.defs#reasonViolation");
    assert_eq!(
        (&heard[0]["body"]["reason"], &heard[0]["body"]["subject"]["did"]),
        (&json!("rude"), &json!(bob))
    );
    let jwt = heard[0]["token"].as_str().unwrap().strip_prefix("Bearer ").unwrap();
    let claims = verified(&world, alice, jwt).await;
    assert_eq!(claims["aud"], "did:web:mod.example.org");
    assert_eq!(claims["lxm"], "com.atproto.moderation.createReport");
}

async fn whoever_has_just_posted_sees_the_post(engine: EngineKind) {
    // An AppView that has read up to a commit, and knows one post of somebody else.
    let rev = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let read = rev.clone();
    let view = Router::new().fallback(move |request: Request| {
        let rev = read.lock().unwrap().clone();
        async move {
            let uri = request.uri().clone();
            let other = json!({ "uri": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/1", "indexedAt": "2026-01-01T00:00:00.000Z", "author": { "did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz" } });
            let name = uri.path().rsplit('.').next().unwrap().to_owned();
            let body = match name.as_str() {
                "getTimeline" | "getAuthorFeed" | "getActorLikes" => json!({ "feed": [{ "post": other }], "cursor": "c" }),
                "getProfile" => json!({ "did": uri.query().unwrap().strip_prefix("actor=").unwrap(), "handle": "x", "displayName": "Old", "followersCount": 1 }),
                "getPostThread" if uri.query().unwrap().contains("ewvi7nxzyoun6zhxrhs64oiz") => json!({ "thread": { "post": other } }),
                _ => return (StatusCode::BAD_REQUEST, Json(json!({ "error": "NotFound", "message": "no" }))).into_response(),
            };
            let mut answer = Json(body).into_response();
            if !rev.is_empty() {
                answer.headers_mut().insert(HeaderName::from_static("atproto-repo-rev"), HeaderValue::from_str(&rev).unwrap());
            }
            answer
        }
    });
    let view = serve(view).await;
    let service =
        Service { url: view.parse().unwrap(), did: Did::parse("did:web:view.example.org").unwrap() };
    let world = World::with(engine, Wishes { appview: Some(service), ..Wishes::default() }).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    let token = world.token("alice").await;
    let head = async || world.at.repo_row(alice).await.unwrap().unwrap().rev;
    let before = head().await;
    let create = async |record: Value| {
        let body = json!({ "repo": did, "collection": record["$type"], "record": record });
        world.post("com.atproto.repo.createRecord", &token, body).await.ok()
    };
    let post = |text: &str| json!({ "$type": "app.bsky.feed.post", "text": text, "createdAt": landbridge_model::Time::now().rfc3339() });
    let first = create(post("new")).await;
    let parent =
        json!({ "uri": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/1", "cid": first["cid"] });
    let mut reply = post("an answer");
    reply["reply"] = json!({ "root": parent, "parent": parent });
    let second = create(reply).await;
    let feed = async |name: &str| world.get(&format!("app.bsky.feed.{name}"), &token).await.ok();
    let uris = |feed: &Value| -> Vec<String> {
        feed["feed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["post"]["uri"].as_str().unwrap().to_owned())
            .collect()
    };
    // It does not say how far it has read: nothing is added.
    assert_eq!(uris(&feed("getTimeline").await).len(), 1);
    before.clone_into(&mut rev.lock().unwrap());
    let timeline = feed("getTimeline?limit=10").await;
    let texts: Vec<&Value> =
        timeline["feed"].as_array().unwrap().iter().map(|item| &item["post"]["record"]["text"]).collect();
    assert_eq!(texts, [&json!("an answer"), &json!("new"), &Value::Null]);
    assert_eq!(timeline["feed"][0]["post"]["author"]["handle"], "alice.landbridge.test");
    assert_eq!(uris(&feed("getTimeline?cursor=c").await).len(), 1, "an older page");
    assert_eq!(uris(&feed(&format!("getAuthorFeed?actor={did}")).await).len(), 3);
    assert_eq!(uris(&feed(&format!("getAuthorFeed?actor={did}&filter=posts_no_replies")).await).len(), 2);
    assert_eq!(uris(&feed("getAuthorFeed?actor=did:plc:ewvi7nxzyoun6zhxrhs64oiz").await).len(), 1);
    assert_eq!(uris(&feed(&format!("getActorLikes?actor={did}")).await).len(), 1);
    let thread = feed("getPostThread?uri=at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/1").await;
    assert_eq!(thread["thread"]["replies"][0]["post"]["uri"], second["uri"]);
    // A post that it has not read at all.
    let thread = feed(&format!("getPostThread?uri={}", second["uri"].as_str().unwrap())).await;
    assert_eq!(thread["thread"]["post"]["uri"], second["uri"]);
    assert_eq!(thread["thread"]["parent"]["post"]["uri"], parent["uri"]);
    let nobody = world
        .get(
            "app.bsky.feed.getPostThread?uri=at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/9",
            &token,
        )
        .await;
    assert_eq!(nobody.error(), (400, "NotFound".into()));
    // A changed profile.
    let profile = json!({ "$type": "app.bsky.actor.profile", "displayName": "New" });
    let body =
        json!({ "repo": did, "collection": "app.bsky.actor.profile", "rkey": "self", "record": profile });
    world.post("com.atproto.repo.putRecord", &token, body).await.ok();
    let shown = world.get(&format!("app.bsky.actor.getProfile?actor={did}"), &token).await.ok();
    assert_eq!((&shown["displayName"], &shown["handle"]), (&json!("New"), &json!("alice.landbridge.test")));
    // Once it has read everything, its word counts.
    head().await.clone_into(&mut rev.lock().unwrap());
    assert_eq!(uris(&feed("getTimeline").await).len(), 1);
}
