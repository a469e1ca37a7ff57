//! A hub with AT Protocol, its PDS and its pages on loopback ports, and requests to them.

use axum::{Router, extract::RawQuery, http::StatusCode, routing::get};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use landbridge_atproto::{
    AtProto, Options, Service,
    firehose::{Event, Frame, Unnumbered},
    syntax::Did,
};
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{
    Config, Hub, HubError, KeyImport, Limits, Mode, Registrations,
    accounts::{NewGrant, NewMember, Role, form_token},
};
use landbridge_media::MediaStore;
use landbridge_model::{Id, Network, Presence};
use landbridge_store::{EngineKind, entities::atproto_events, testing::TestStore};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tokio::net::TcpListener;

/// Makes a test on each engine, `sqlite::NAME` and `postgres::NAME`, of every `async fn NAME(engine: EngineKind)`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        on_both!(@ sqlite Sqlite $($name)+);
        on_both!(@ postgres Postgres $($name)+);
    };
    (@ $module:ident $engine:ident $($name:ident)+) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(landbridge_store::EngineKind::$engine).await
            })+
        }
    };
}
pub(crate) use on_both;

pub const PASSWORD: &str = "correct horse battery staple";

pub struct World {
    pub hub: Hub,
    pub at: Arc<AtProto>,
    /// `http://127.0.0.1:PORT` of the PDS, and of the pages.
    pub pds: String,
    pub main: String,
    store: TestStore,
}

/// What differs from world to world.
pub struct Wishes {
    pub registrations: Registrations,
    pub handle_domain: &'static str,
    /// Another world, whose directory of DIDs is used.
    pub directory: Option<String>,
    pub appview: Option<Service>,
    pub moderation: Option<Service>,
    pub dns: Option<String>,
    pub trial: bool,
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes {
            registrations: Registrations::Closed,
            handle_domain: "landbridge.test",
            directory: None,
            appview: None,
            moderation: None,
            dns: None,
            trial: true,
        }
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The name of the error, with its status.
    pub fn error(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap_or_default().to_owned())
    }

    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

/// Serves routes on a loopback port; gives its origin.
pub async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    origin
}

impl World {
    pub async fn new(engine: EngineKind) -> World {
        World::with(engine, Wishes::default()).await
    }

    pub async fn with(engine: EngineKind, wishes: Wishes) -> World {
        let store = TestStore::new(engine).await;
        let (pds, main) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let origin = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let (pds_origin, main_origin) = (origin(&pds), origin(&main));
        let folder = store.place.folder().join("media");
        let media = landbridge_media::Config {
            worker: landbridge_media::Worker::Thread,
            ..landbridge_media::Config::new(folder).unwrap()
        };
        let media = MediaStore::open(media).unwrap();
        let config = Config {
            origin: main_origin.parse().unwrap(),
            account_domain: main_origin.trim_start_matches("http://").into(),
            trial: wishes.trial,
            title: "Test".into(),
            description: String::new(),
            contact: "post@example.org".into(),
            registrations: wishes.registrations,
            networks: BTreeMap::from([(Network::AtProto, Mode::ReadWrite)]),
            limits: Limits::default(),
            gate: Default::default(),
            remote_days: 30,
        };
        let fetcher = Fetcher::new(Policy::trial("test")).unwrap();
        let hub = Hub::new(config, store.store.clone(), fetcher, media, &[7; 32]);
        let at = AtProto::new(
            &hub,
            Options {
                pds: pds_origin.parse().unwrap(),
                handle_domain: wishes.handle_domain.into(),
                directory: wishes.directory.map(|url| url.parse().unwrap()),
                relays: Vec::new(),
                streams: Vec::new(),
                jetstreams: Vec::new(),
                appview: wishes.appview,
                chat: None,
                moderation: wishes.moderation,
                admin_token: Some("operator's word".into()),
                dns: wishes.dns.map(|url| url.parse().unwrap()),
                labelers: Vec::new(),
                stream_hours: 1,
                rate_limits: true,
            },
        );
        hub.attach(vec![at.clone()]);
        // Where accounts are made is no part of this network: here it says how it was called.
        let sign_up =
            get(|RawQuery(query): RawQuery| async move { format!("/signup?{}", query.unwrap_or_default()) });
        let (routes, pages) = (at.router(), at.pages().route("/signup", sign_up));
        tokio::spawn(async move { axum::serve(pds, routes).await.unwrap() });
        tokio::spawn(async move { axum::serve(main, pages).await.unwrap() });
        World { hub, at, pds: pds_origin, main: main_origin, store }
    }

    /// Another node on the same database, under the same names; or the same one after a restart.
    pub fn another_node(&self) -> Arc<AtProto> {
        let (config, media) = (self.hub.config().clone(), self.hub.media().clone());
        let hub = Hub::new(config, self.store.store.clone(), self.hub.fetcher().clone(), media, &[7; 32]);
        let at = AtProto::new(&hub, self.at.options().clone());
        hub.attach(vec![at.clone()]);
        at
    }

    pub async fn member(&self, name: &str) -> Id {
        self.member_on(name, vec![(Network::AtProto, None)]).await
    }

    /// Somebody who has an account here, on these networks.
    pub async fn member_on(&self, name: &str, networks: Vec<(Network, Option<KeyImport>)>) -> Id {
        self.try_member_on(name, networks).await.unwrap()
    }

    pub async fn try_member_on(
        &self,
        name: &str,
        networks: Vec<(Network, Option<KeyImport>)>,
    ) -> Result<Id, HubError> {
        let new = NewMember {
            name: name.into(),
            password: PASSWORD.into(),
            role: Role::Member,
            networks,
            link_identities: false,
        };
        Ok(self.hub.create_member(new).await?.actor.id)
    }

    pub async fn presence(&self, member: Id) -> Presence {
        self.hub.presence(member, Network::AtProto).await.unwrap().unwrap()
    }

    pub async fn did(&self, member: Id) -> Did {
        Did::parse(&self.presence(member).await.native_id).unwrap()
    }

    /// The handles that subscribers were told of (`#identity`), in order.
    pub async fn said_of_identities(&self) -> Vec<Option<String>> {
        let rows = self.hub.store().rows(atproto_events::after(0, 1000)).await.unwrap();
        let events = rows.into_iter().map(|mut row| {
            let (seq, before, after) = (row.get::<i64>(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
            Frame::decode(&Unnumbered { before, after }.number(u64::try_from(seq).unwrap()).into()).unwrap()
        });
        let names = events.filter_map(|event| match event {
            Frame::Event(_, Event::Identity(identity)) => {
                Some(identity.handle.map(|handle| handle.to_string()))
            }
            _ => None,
        });
        names.collect()
    }

    pub fn server_did(&self) -> String {
        self.at.options().server_did()
    }

    /// The same as a parameter: the colon before the port is `%3A` in the DID itself.
    pub fn audience(&self) -> String {
        self.server_did().replace('%', "%25")
    }

    pub async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        send(&self.hub, method, url, headers, body).await
    }

    /// A query, as whoever has the token.
    pub async fn get(&self, method: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers: &[_] = if token.is_empty() { &[] } else { &[("authorization", bearer.as_str())] };
        self.send(Method::GET, &format!("{}/xrpc/{method}", self.pds), headers, Vec::new()).await
    }

    /// A procedure, as whoever has the token.
    pub async fn post(&self, method: &str, token: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(Method::POST, &format!("{}/xrpc/{method}", self.pds), &headers, body).await
    }

    /// Signs in with a password; gives what apps are given.
    pub async fn sign_in(&self, identifier: &str, password: &str) -> Answer {
        let body = json!({ "identifier": identifier, "password": password });
        self.post("com.atproto.server.createSession", "", body).await
    }

    /// The access token of a sign-in by the member's password.
    pub async fn token(&self, name: &str) -> String {
        self.sign_in(name, PASSWORD).await.ok()["accessJwt"].as_str().unwrap().to_owned()
    }

    /// The cookie of somebody who is signed in on the web, and what their forms carry.
    pub async fn browser(&self, member: Id) -> (String, String) {
        let new = NewGrant { member: Some(member), purpose: "web", name: "a browser", ..NewGrant::default() };
        let (_, token) = self.hub.grant(new).await.unwrap();
        (format!("{}={token}", self.hub.config().session_cookie()), form_token(&token))
    }

    /// Fills in a form of the settings page; gives what the page says then.
    pub async fn settings(&self, member: Id, what: &str, fields: &[(&str, &str)]) -> String {
        let (cookie, form) = self.browser(member).await;
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", &form).append_pair("what", what).extend_pairs(fields);
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let url = format!("{}/settings/atproto", self.main);
        self.send(Method::POST, &url, &headers, body.finish().into_bytes()).await.text()
    }

    /// The code that the settings page shows.
    pub async fn code(&self, member: Id, what: &str) -> String {
        let page = self.settings(member, what, &[("password", PASSWORD)]).await;
        between(&page, "<code>", "</code>").to_owned()
    }
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let start = text.find(before).unwrap_or_else(|| panic!("no {before} in {text}")) + before.len();
    let end = text[start..].find(after).unwrap() + start;
    &text[start..end]
}

/// A request; redirects of GET are followed, as browsers do.
pub async fn send(hub: &Hub, method: Method, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect();
    let url = url.parse().unwrap();
    let answer =
        hub.fetcher().send(method, &url, body.into(), 10 << 20, move |_| headers.clone()).await.unwrap();
    Answer { status: StatusCode::as_u16(&answer.status), headers: answer.headers, body: answer.body }
}
