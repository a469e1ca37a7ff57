//! A server with the door alone, and apps that talk to it.

use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{
    Config, Hub, Mode, Registrations,
    accounts::{NewGrant, NewMember, Role},
};
use landbridge_media::MediaStore;
use landbridge_model::{Id, Network};
use landbridge_store::testing::TestStore;
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::net::TcpListener;

pub struct World {
    pub hub: Hub,
    /// Without final slash.
    pub base: String,
    _store: TestStore,
}

/// An app with a member's token.
pub struct App {
    pub base: String,
    pub token: String,
    pub member: Id,
}

/// Status, headers, body as JSON (null when it is none).
pub struct Told {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub json: Value,
    pub text: String,
}

pub async fn world(store: TestStore) -> World {
    world_at(store, None).await
}

/// `origin`: where the server believes itself to be, behind a proxy.
pub async fn world_at(store: TestStore, origin: Option<&str>) -> World {
    world_with(store, origin, Registrations::Closed).await
}

pub async fn world_with(store: TestStore, origin: Option<&str>, registrations: Registrations) -> World {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let config = Config {
        origin: origin.unwrap_or(&base).parse().unwrap(),
        account_domain: base.trim_start_matches("http://").into(),
        trial: true,
        title: "Test".into(),
        description: "A server for tests".into(),
        contact: "owner@example.org".into(),
        registrations,
        networks: [(Network::ActivityPub, Mode::ReadWrite)].into(),
        limits: Default::default(),
        gate: Default::default(),
        remote_days: 30,
    };
    let media = landbridge_media::Config {
        dir: store.place.folder().join("media"),
        worker: landbridge_media::Worker::Thread,
        limits: Default::default(),
        ffmpeg: None,
    };
    let fetcher = Fetcher::new(Policy::trial("test")).unwrap();
    let hub = Hub::new(config, store.store.clone(), fetcher, MediaStore::open(media).unwrap(), &[7; 32]);
    hub.attach(vec![]);
    let router = landbridge_mastodon::router(hub.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    World { hub, base, _store: store }
}

impl World {
    pub async fn member(&self, name: &str) -> Id {
        let new = NewMember {
            name: name.into(),
            password: "correct horse".into(),
            role: Role::Member,
            networks: vec![],
            link_identities: false,
        };
        self.hub.create_member(new).await.unwrap().actor.id
    }

    /// A new member with an app that may do everything.
    pub async fn app(&self, name: &str) -> App {
        let member = self.member(name).await;
        let scopes = "read write follow push";
        let new = NewGrant {
            member: Some(member),
            purpose: "mastodon",
            name: "Test app",
            scopes,
            ..NewGrant::default()
        };
        let (_, token) = self.hub.grant(new).await.unwrap();
        App { base: self.base.clone(), token, member }
    }

    /// Without a token.
    pub async fn get(&self, path: &str) -> Told {
        told(reqwest::Client::new().get(format!("{}{path}", self.base))).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Told {
        told(with_form(reqwest::Client::new().post(format!("{}{path}", self.base)), form)).await
    }
}

impl App {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new().request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    pub async fn try_get(&self, path: &str) -> Told {
        told(self.request(Method::GET, path)).await
    }

    /// What is there.
    pub async fn get(&self, path: &str) -> Value {
        self.try_get(path).await.good(path)
    }

    pub async fn try_post(&self, path: &str, form: &[(&str, &str)]) -> Told {
        told(with_form(self.request(Method::POST, path), form)).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        self.try_post(path, form).await.good(path)
    }

    pub async fn send(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Value {
        told(with_form(self.request(method, path), form)).await.good(path)
    }

    pub async fn send_json(&self, method: Method, path: &str, body: Value) -> Value {
        let request =
            self.request(method, path).header("content-type", "application/json").body(body.to_string());
        told(request).await.good(path)
    }

    /// Posts; gives the id.
    pub async fn says(&self, text: &str) -> String {
        id(&self.post("/api/v1/statuses", &[("status", text)]).await)
    }
}

impl Told {
    pub fn good(self, what: &str) -> Value {
        assert!(self.status.is_success(), "{what}: {} {}", self.status, self.text);
        self.json
    }
}

pub fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}")).to_owned()
}

pub fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(id).collect()
}

pub fn with_form(request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
    let body: String =
        form.iter().map(|(k, v)| format!("{}={}", encoded(k), encoded(v))).collect::<Vec<_>>().join("&");
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub async fn told(request: RequestBuilder) -> Told {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    Told { status, headers, json: serde_json::from_str(&text).unwrap_or_default(), text }
}
