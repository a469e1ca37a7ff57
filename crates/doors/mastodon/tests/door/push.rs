//! Web Push: a push service of our own, with an app behind it that opens what arrives by its own keys.

use crate::support::*;
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    hmac,
    signature::{self, ECDSA_P256_SHA256_FIXED},
};
use axum::{Router, body::Bytes, extract::State};
use base64::{
    Engine as _,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use landbridge_hub::accounts::{NewGrant, READ_CONVERSATION};
use landbridge_model::{Id, Visibility};
use landbridge_store::{args, query, testing::TestStore};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};

landbridge_store::on_both_engines!(
    an_app_is_told_in_either_encoding,
    only_what_is_wanted_is_told,
    a_subscription_is_read_changed_and_deleted,
    places_that_nobody_should_ask_are_refused,
    it_ends_with_its_grant,
    it_ends_when_nobody_is_there,
    private_messages_are_told_to_who_may_read_them,
    what_is_held_is_not_told
);

const PATH: &str = "/api/v1/push/subscription";
const SECRET: [u8; 16] = *b"between the two!";

/// The service, and the app's keys.
struct Service {
    origin: String,
    key: PrivateKey,
    arrived: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    /// What it answers.
    status: Arc<AtomicU16>,
}

#[derive(Clone)]
struct Takes(mpsc::UnboundedSender<(HeaderMap, Bytes)>, Arc<AtomicU16>);

async fn take(State(Takes(out, status)): State<Takes>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let answer = StatusCode::from_u16(status.load(Ordering::Relaxed)).unwrap();
    out.send((headers, body)).unwrap();
    answer
}

impl Service {
    async fn open() -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (out, arrived) = mpsc::unbounded_channel();
        let status = Arc::new(AtomicU16::new(201));
        let router = Router::new().fallback(take).with_state(Takes(out, status.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Service { origin, key: PrivateKey::generate(&ECDH_P256).unwrap(), arrived, status }
    }

    fn public(&self) -> Vec<u8> {
        self.key.compute_public_key().unwrap().as_ref().to_vec()
    }

    /// Subscribes an app here to these kinds.
    async fn subscribe(&self, app: &App, standard: bool, alerts: &[&str], policy: &str) -> Value {
        let alerts: Value = alerts.iter().map(|kind| ((*kind).to_owned(), json!(true))).collect();
        let body = json!({
            "subscription": {
                "endpoint": format!("{}/p/1", self.origin),
                // Some apps send padding.
                "keys": { "p256dh": URL_SAFE.encode(self.public()), "auth": URL_SAFE_NO_PAD.encode(SECRET) },
                "standard": standard,
            },
            "data": { "alerts": alerts, "policy": policy },
        });
        app.send_json(Method::POST, PATH, body).await
    }

    async fn next(&mut self) -> (HeaderMap, Bytes) {
        let next = tokio::time::timeout(Duration::from_secs(30), self.arrived.recv());
        next.await.expect("a message").unwrap()
    }

    /// The next message, opened.
    async fn hears(&mut self) -> Value {
        let (headers, body) = self.next().await;
        serde_json::from_slice(&self.opened(&headers, &body)).unwrap()
    }

    fn opened(&self, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
        let ours = self.public();
        match headers["content-encoding"].to_str().unwrap() {
            "aes128gcm" => {
                let (salt, theirs, sealed) = (&body[..16], &body[21..86], &body[86..]);
                assert_eq!((&body[16..20], body[20]), (&4096_u32.to_be_bytes()[..], 65));
                assert!(body.len() <= 4096);
                let info = [b"WebPush: info\0", &ours[..], theirs].concat();
                let shared = derived(&SECRET, &self.agreed(theirs), &info, 32);
                let key = derived(salt, &shared, b"Content-Encoding: aes128gcm\0", 16);
                let nonce = derived(salt, &shared, b"Content-Encoding: nonce\0", 12);
                let mut text = unsealed(&key, &nonce, sealed);
                assert_eq!(text.pop(), Some(2), "the last record");
                text
            }
            "aesgcm" => {
                let field = |header: &str, name: &str| {
                    let value = headers[header].to_str().unwrap();
                    let found = value.split(';').find_map(|part| part.strip_prefix(name));
                    URL_SAFE_NO_PAD.decode(found.unwrap()).unwrap()
                };
                let (salt, theirs) = (field("encryption", "salt="), field("crypto-key", "dh="));
                let shared = derived(&SECRET, &self.agreed(&theirs), b"Content-Encoding: auth\0", 32);
                let info = |what: &str| {
                    [what.as_bytes(), b"\0P-256\0\0\x41", &ours[..], b"\0\x41", &theirs[..]].concat()
                };
                let key = derived(&salt, &shared, &info("Content-Encoding: aesgcm"), 16);
                let nonce = derived(&salt, &shared, &info("Content-Encoding: nonce"), 12);
                let text = unsealed(&key, &nonce, body);
                let padding = usize::from(u16::from_be_bytes([text[0], text[1]]));
                text[2 + padding..].to_vec()
            }
            other => panic!("{other}"),
        }
    }

    fn agreed(&self, theirs: &[u8]) -> Vec<u8> {
        let theirs = UnparsedPublicKey::new(&ECDH_P256, theirs);
        agree(&self.key, theirs, (), |secret| Ok(secret.to_vec())).unwrap()
    }
}

/// HKDF-SHA-256 for at most one block (RFC 5869).
fn derived(salt: &[u8], secret: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mac =
        |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec();
    mac(&mac(salt, secret), &[info, &[1]].concat())[..length].to_vec()
}

fn unsealed(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).unwrap());
    let mut text = sealed.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
    let length = key.open_in_place(nonce, Aad::empty(), &mut text).unwrap().len();
    text.truncate(length);
    text
}

/// The claims of a token that the server's key has signed.
fn claims(token: &str, server_key: &str) -> Value {
    let (signed, proof) = token.rsplit_once('.').unwrap();
    let key = URL_SAFE_NO_PAD.decode(server_key).unwrap();
    let key = signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key);
    key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(proof).unwrap()).unwrap();
    let claims = signed.split_once('.').unwrap().1;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

impl World {
    /// Tells apps, for as long as what this gives is kept.
    fn pushes(&self) -> watch::Sender<bool> {
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(landbridge_mastodon::run_push(self.hub.clone(), stopped));
        stop
    }

    /// A further app of the same member.
    async fn another(&self, app: &App, scopes: &str) -> (App, Id) {
        let new = NewGrant {
            member: Some(app.member),
            purpose: "mastodon",
            name: "Another",
            scopes,
            ..NewGrant::default()
        };
        let (grant, token) = self.hub.grant(new).await.unwrap();
        (App { base: self.base.clone(), token, member: app.member }, grant.id)
    }

    async fn subscribed(&self) -> i64 {
        let count = query("SELECT COUNT(*) FROM push_subscriptions", args![]);
        self.hub.store().row(count).await.unwrap().unwrap().get(0).unwrap()
    }
}

async fn an_app_is_told_in_either_encoding(store: TestStore) {
    let world = world(store).await;
    let _pushes = world.pushes();
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let (older, _) = world.another(&alice, "read push").await;
    let server_key = world.get("/api/v2/instance").await.json["configuration"]["vapid"]["public_key"].clone();
    assert_eq!(world.get("/api/v1/instance").await.json["configuration"]["vapid"]["public_key"], server_key);
    let form = [("client_name", "An app"), ("redirect_uris", "https://app.example/"), ("scopes", "push")];
    assert_eq!(world.post("/api/v1/apps", &form).await.good("app")["vapid_key"], server_key);

    let (mut new, mut old) = (Service::open().await, Service::open().await);
    let shown = new.subscribe(&alice, true, &["mention"], "all").await;
    assert_eq!((&shown["server_key"], &shown["standard"]), (&server_key, &json!(true)));
    assert_eq!(old.subscribe(&older, false, &["mention"], "all").await["standard"], false);
    bob.says("@alice look\n\nhere").await;
    let server_key = server_key.as_str().unwrap();
    let listed = alice.get("/api/v1/notifications").await;

    let (headers, body) = new.next().await;
    for (name, value) in
        [("ttl", "172800"), ("urgency", "normal"), ("content-type", "application/octet-stream")]
    {
        assert_eq!(headers[name], value, "{name}");
    }
    let said = headers["authorization"].to_str().unwrap().strip_prefix("vapid t=").unwrap();
    let (token, key) = said.split_once(", k=").unwrap();
    assert_eq!(key, server_key);
    let claims_of_new = claims(token, server_key);
    assert_eq!(
        (&claims_of_new["aud"], &claims_of_new["sub"]),
        (&json!(new.origin), &json!("mailto:owner@example.org"))
    );
    let told: Value = serde_json::from_slice(&new.opened(&headers, &body)).unwrap();
    assert_eq!(told["notification_id"].as_i64().unwrap().to_string(), id(&listed[0]));
    assert_eq!(told["icon"], listed[0]["account"]["avatar_static"]);
    let wanted = json!({
        "access_token": "",
        "preferred_locale": "en",
        "notification_id": told["notification_id"],
        "notification_type": "mention",
        "icon": told["icon"],
        "title": "bobby mentioned you",
        "body": "@alice look here",
    });
    assert_eq!(told, wanted);

    let (headers, body) = old.next().await;
    let token = headers["authorization"].to_str().unwrap().strip_prefix("WebPush ").unwrap();
    assert_eq!(claims(token, server_key)["aud"], json!(old.origin));
    let keys = headers["crypto-key"].to_str().unwrap();
    assert!(keys.ends_with(&format!(";p256ecdsa={server_key}")), "{keys}");
    assert_eq!(serde_json::from_slice::<Value>(&old.opened(&headers, &body)).unwrap(), wanted);
}

async fn only_what_is_wanted_is_told(store: TestStore) {
    let world = world(store).await;
    let _pushes = world.pushes();
    let (alice, bob, carol) = (world.app("alice").await, world.app("bobby").await, world.app("carol").await);
    let post = alice.says("tell me").await;
    let favourite = format!("/api/v1/statuses/{post}/favourite");
    let mut service = Service::open().await;
    // Messages of one app go one after another: the first that arrives is the first that was wanted.
    service.subscribe(&alice, true, &["favourite"], "all").await;
    bob.says("@alice not of this kind").await;
    bob.post(&favourite, &[]).await;
    let told = service.hears().await;
    assert_eq!(
        (&told["notification_type"], &told["title"]),
        (&json!("favourite"), &json!("bobby liked your post"))
    );

    alice.post(&format!("/api/v1/accounts/{}/follow", carol.member), &[]).await;
    service.subscribe(&alice, true, &["mention", "favourite"], "followed").await;
    bob.says("@alice not from him").await;
    carol.post(&favourite, &[]).await;
    assert_eq!(service.hears().await["title"], "carol liked your post");

    bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    let change = json!({ "data": { "alerts": { "mention": true }, "policy": "follower" } });
    alice.send_json(Method::PUT, PATH, change).await;
    carol.says("@alice not from her").await;
    bob.says("@alice from a follower").await;
    assert_eq!(service.hears().await["body"], "@alice from a follower");

    // When another app of hers is told, it was decided for this one too.
    let (other, _) = world.another(&alice, "push").await;
    let mut beside = Service::open().await;
    beside.subscribe(&other, true, &["mention"], "all").await;
    service.subscribe(&alice, true, &["mention"], "none").await;
    bob.says("@alice from nobody").await;
    assert_eq!(beside.hears().await["body"], "@alice from nobody");
    service.subscribe(&alice, true, &["mention", "follow"], "all").await;
    alice.post(&format!("/api/v1/accounts/{}/mute", bob.member), &[]).await;
    bob.says("@alice while I am muted").await;
    carol.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    assert_eq!(service.hears().await["title"], "carol follows you");
}

async fn a_subscription_is_read_changed_and_deleted(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let (other, _) = world.another(&alice, "read push").await;
    assert_eq!(alice.try_get(PATH).await.status, StatusCode::NOT_FOUND);
    let wants = [("data[alerts][poll]", "true")];
    let nothing = told(with_form(alice.request(Method::PUT, PATH), &wants)).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let (reader, _) = world.another(&alice, "read write").await;
    assert_eq!(world.get(PATH).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reader.try_get(PATH).await.status, StatusCode::FORBIDDEN);

    let service = Service::open().await;
    let (endpoint, key) = (format!("{}/p/2", service.origin), URL_SAFE_NO_PAD.encode(service.public()));
    let secret = URL_SAFE_NO_PAD.encode(SECRET);
    let form = [
        ("subscription[endpoint]", endpoint.as_str()),
        ("subscription[keys][p256dh]", key.as_str()),
        ("subscription[keys][auth]", secret.as_str()),
        ("data[alerts][mention]", "1"),
        ("data[alerts][admin.sign_up]", "true"),
        ("data[alerts][follow]", "false"),
    ];
    let made = alice.post(PATH, &form).await;
    assert!(made["id"].as_i64().is_some_and(|id| id < 1 << 31), "{made}");
    assert_eq!(
        (&made["endpoint"], &made["standard"], &made["policy"]),
        (&json!(endpoint), &json!(false), &json!("all"))
    );
    let on = |shown: &Value| -> Vec<String> {
        let alerts = shown["alerts"].as_object().unwrap();
        let mut on: Vec<_> =
            alerts.iter().filter(|(_, on)| **on == json!(true)).map(|(kind, _)| kind.clone()).collect();
        on.sort();
        on
    };
    assert_eq!(on(&made), ["admin.sign_up", "mention"]);
    assert_eq!(made["alerts"]["quoted_update"], false);
    assert_eq!(alice.get(PATH).await, made);
    assert_eq!(other.try_get(PATH).await.status, StatusCode::NOT_FOUND, "each grant has its own");

    let wants = [("data[alerts][poll]", "true"), ("policy", "followed")];
    let changed = alice.send(Method::PUT, PATH, &wants).await;
    assert_eq!(
        (on(&changed), &changed["policy"], &changed["id"]),
        (vec!["poll".to_owned()], &json!("followed"), &made["id"])
    );
    let odd = told(with_form(alice.request(Method::PUT, PATH), &[("data[policy]", "friends")])).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Another one takes its place.
    service.subscribe(&alice, true, &["update"], "all").await;
    assert_eq!((on(&alice.get(PATH).await), world.subscribed().await), (vec!["update".to_owned()], 1));

    assert_eq!(alice.send(Method::DELETE, PATH, &[]).await, json!({}));
    assert_eq!(alice.try_get(PATH).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.send(Method::DELETE, PATH, &[]).await, json!({}));
}

async fn places_that_nobody_should_ask_are_refused(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let service = Service::open().await;
    let encoded = (URL_SAFE_NO_PAD.encode(service.public()), URL_SAFE_NO_PAD.encode(SECRET));
    let (key, secret) = (encoded.0.as_str(), encoded.1.as_str());
    let good = "http://127.0.0.1:9/p";
    let long = format!("{good}/{}", "x".repeat(2000));
    let mut off_the_curve = service.public();
    off_the_curve[64] ^= 1;
    let off_the_curve = URL_SAFE_NO_PAD.encode(off_the_curve);
    for (endpoint, key, secret) in [
        ("http://10.1.2.3/p", key, secret),
        ("http://169.254.169.254/latest/meta-data/", key, secret),
        // A trial does not leave the machine.
        ("https://push.example.org/p", key, secret),
        ("ws://127.0.0.1:9/p", key, secret),
        ("ftp://127.0.0.1/p", key, secret),
        ("file:///etc/passwd", key, secret),
        ("http://me:secret@127.0.0.1:9/p", key, secret),
        ("no address", key, secret),
        ("", key, secret),
        (long.as_str(), key, secret),
        (good, "", secret),
        (good, off_the_curve.as_str(), secret),
        (good, secret, secret),
        (good, key, ""),
        (good, key, key),
    ] {
        let form = [
            ("subscription[endpoint]", endpoint),
            ("subscription[keys][p256dh]", key),
            ("subscription[keys][auth]", secret),
        ];
        let told = alice.try_post(PATH, &form).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{endpoint} {key} {secret}");
    }
    assert_eq!(world.subscribed().await, 0);
    let form = [
        ("subscription[endpoint]", good),
        ("subscription[keys][p256dh]", key),
        ("subscription[keys][auth]", secret),
    ];
    alice.post(PATH, &form).await;
}

async fn it_ends_with_its_grant(store: TestStore) {
    let world = world(store).await;
    let _pushes = world.pushes();
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let (one, grant) = world.another(&alice, "read push").await;
    let (two, _) = world.another(&alice, "read push").await;
    let (mut first, mut second, mut stays) =
        (Service::open().await, Service::open().await, Service::open().await);
    first.subscribe(&one, true, &["mention"], "all").await;
    second.subscribe(&two, true, &["mention"], "all").await;
    stays.subscribe(&alice, true, &["mention"], "all").await;
    stays.subscribe(&bob, true, &["mention"], "all").await;
    assert_eq!(world.subscribed().await, 4);
    world.hub.revoke(alice.member, grant).await.unwrap();
    assert_eq!(world.subscribed().await, 3);
    world.hub.revoke_token(&two.token).await.unwrap();
    assert_eq!(world.subscribed().await, 2);
    bob.says("@alice still there?").await;
    assert_eq!(stays.hears().await["body"], "@alice still there?");
    assert!(first.arrived.try_recv().is_err() && second.arrived.try_recv().is_err());
    // Another password ends all grants.
    world.hub.set_password(bob.member, "another password").await.unwrap();
    assert_eq!(world.subscribed().await, 1);
    world.hub.erase(alice.member).await.unwrap();
    assert_eq!(world.subscribed().await, 0);
    // One that ran out is not told, and its row goes with the next sweep.
    let carol = world.app("carol").await;
    let lifetime = Some(Duration::from_secs(3600));
    let new = NewGrant {
        member: Some(carol.member),
        purpose: "mastodon",
        scopes: "push",
        lifetime,
        ..NewGrant::default()
    };
    let (brief, token) = world.hub.grant(new).await.unwrap();
    let app = App { base: world.base.clone(), token, member: carol.member };
    first.subscribe(&app, true, &["mention"], "all").await;
    assert_eq!(world.hub.subscriptions(carol.member).await.unwrap().len(), 1);
    let over =
        landbridge_store::Change::new("UPDATE grants SET expires_at = 1 WHERE id = ?1", args![brief.id]);
    world.hub.store().write(over).await.unwrap();
    assert!(world.hub.subscriptions(carol.member).await.unwrap().is_empty());
    world.hub.sweep().await.unwrap();
    assert_eq!(world.subscribed().await, 0);
}

async fn it_ends_when_nobody_is_there(store: TestStore) {
    let world = world(store).await;
    let _pushes = world.pushes();
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let mut service = Service::open().await;
    service.subscribe(&alice, true, &["mention"], "all").await;
    // Not taken this once: the next one comes all the same.
    service.status.store(400, Ordering::Relaxed);
    bob.says("@alice one").await;
    assert_eq!(service.hears().await["body"], "@alice one");
    for status in [404, 410] {
        service.status.store(status, Ordering::Relaxed);
        service.subscribe(&alice, true, &["mention"], "all").await;
        bob.says("@alice two").await;
        assert_eq!(service.hears().await["body"], "@alice two");
        let gone = async {
            while alice.try_get(PATH).await.status != StatusCode::NOT_FOUND {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the subscription goes");
    }
}

async fn private_messages_are_told_to_who_may_read_them(store: TestStore) {
    let world = world(store).await;
    let _pushes = world.pushes();
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let (reads, reading) = world.another(&alice, "read push").await;
    let (only_told, telling) = world.another(&alice, "push").await;
    let (mut open, mut closed) = (Service::open().await, Service::open().await);
    open.subscribe(&reads, true, &["mention"], "all").await;
    closed.subscribe(&only_told, true, &["mention"], "all").await;
    // Whom alice has written to may write to her.
    let form = |text| [("status", text), ("visibility", "direct")];
    alice.post("/api/v1/statuses", &form("@bobby hello")).await;
    bob.post("/api/v1/statuses", &form("@alice between us")).await;
    let (heard, blank) = (open.hears().await, closed.hears().await);
    assert_eq!((&heard["body"], &blank["body"]), (&json!("@alice between us"), &json!("")));
    assert_eq!(
        (&heard["title"], &blank["title"]),
        (&json!("bobby wrote to you"), &json!("bobby wrote to you"))
    );
    let read = async |grant| {
        let (_, uses) = world.hub.grant_with_uses(alice.member, grant).await.unwrap();
        uses.iter().any(|u| u.what.starts_with(READ_CONVERSATION))
    };
    assert!(read(reading).await && !read(telling).await);
}

async fn what_is_held_is_not_told(store: TestStore) {
    let world = world(store).await;
    let _pushes = world.pushes();
    let alice = world.meeting().await;
    let mut service = Service::open().await;
    service.subscribe(&alice, true, &["mention", "follow_request", "status"], "all").await;
    world.bob_writes(1, "psst", Visibility::Direct).await;
    let requests = alice.get("/api/v1/notifications/requests").await;
    assert_eq!(requests.as_array().unwrap().len(), 1, "it is held: {requests}");
    world.bob_writes(2, "in the open", Visibility::Public).await;
    assert_eq!(service.hears().await["body"], "@alice in the open");
}
