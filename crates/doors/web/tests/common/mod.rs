//! A real server on a loopback port with a fresh database, and a browser without JavaScript.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{Config, Hub, Limits, Registrations, accounts::Once};
use landbridge_media::{MediaStore, Worker};
use landbridge_store::Store;
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

pub struct World {
    pub hub: Hub,
    /// Where the server believes itself to be.
    pub origin: String,
    /// Where it listens.
    pub address: String,
    _dir: tempfile::TempDir,
}

pub const PASSWORD: &str = "correct horse battery";

impl World {
    pub async fn new(registrations: Registrations) -> World {
        World::at(registrations, None).await
    }

    /// `origin`: behind a proxy there.
    pub async fn at(registrations: Registrations, origin: Option<&str>) -> World {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let origin = origin.unwrap_or(&address).to_owned();
        let store = Store::open(&format!("sqlite:{}", dir.path().join("db").display())).await.unwrap();
        let files = landbridge_media::Config {
            dir: dir.path().join("media"),
            worker: Worker::Thread,
            limits: landbridge_media::Limits::default(),
            ffmpeg: None,
        };
        let config = Config {
            origin: origin.parse().unwrap(),
            account_domain: origin.rsplit('/').next().unwrap().to_owned(),
            trial: true,
            title: "Test <place>".into(),
            description: "A place to try things.".into(),
            contact: String::new(),
            registrations,
            networks: BTreeMap::new(),
            limits: Limits::default(),
            gate: Default::default(),
            remote_days: 30,
        };
        let fetcher = Fetcher::new(Policy::trial("test")).unwrap();
        let hub = Hub::new(config, store, fetcher, MediaStore::open(files).unwrap(), &[7; 32]);
        let router = landbridge_web::router(hub.clone()).merge(landbridge_media::router(hub.media().clone()));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        World { hub, origin, address, _dir: dir }
    }

    pub fn browser(&self) -> Browser {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Browser { http, origin: self.origin.clone(), cookies: BTreeMap::new(), at: "/".into() }
    }

    /// A path that works once, like those that the server prints.
    pub async fn link(&self, purpose: &str, role: &str) -> String {
        let once = Once { purpose: purpose.into(), member: None, facts: serde_json::json!({ "role": role }) };
        format!("/{purpose}/{}", self.hub.once(once, Duration::from_secs(60)).await.unwrap())
    }

    /// A member, signed in.
    pub async fn member(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let link = self.link("setup", "owner").await;
        browser.get(&link).await;
        let page =
            browser.submit(&link, &[("name", name), ("password", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!(page.status, 200, "{}", page.text);
        browser
    }
}

/// Keeps cookies, follows redirects, fills in the token of a page's forms.
pub struct Browser {
    http: reqwest::Client,
    origin: String,
    pub cookies: BTreeMap<String, String>,
    /// Path of the page that is shown.
    pub at: String,
}

pub struct Page {
    pub status: u16,
    pub path: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.http.get(format!("{}{path}", self.origin));
        self.follow(path, request).await
    }

    /// Sends a form of the page that is shown, with its token.
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token().await;
        let fields: Vec<(&str, &str)> =
            [("form", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.post(action, &fields).await
    }

    /// Sends exactly these fields.
    pub async fn post(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(format!("{}{action}", self.origin));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.origin);
        let request = request.header("referer", format!("{}{}", self.origin, self.at)).body(body);
        self.follow(action, request).await
    }

    /// Sends a form with files: name, file name (empty: a plain field), bytes.
    pub async fn upload(&mut self, action: &str, parts: &[(&str, &str, &[u8])]) -> Page {
        let token = self.token().await;
        let boundary = "----a-line-between-parts";
        let mut body = Vec::new();
        for (name, file, bytes) in [("form", "", token.as_bytes())].iter().chain(parts) {
            let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
            body.extend_from_slice(
                format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                    .as_bytes(),
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let request = self.http.post(format!("{}{action}", self.origin)).body(body);
        let request = request.header("content-type", format!("multipart/form-data; boundary={boundary}"));
        self.follow(action, request).await
    }

    async fn token(&mut self) -> String {
        let at = self.at.clone();
        let page = self.get(&at).await;
        let (_, rest) = page.text.split_once("name=\"form\" value=\"").expect("a form on the page");
        rest.split('"').next().unwrap().to_owned()
    }

    async fn follow(&mut self, path: &str, request: reqwest::RequestBuilder) -> Page {
        let (mut path, mut request) = (path.to_owned(), request);
        for _ in 0..5 {
            let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
                assert!(rest.contains("HttpOnly") && rest.contains("SameSite=Lax"), "{rest}");
                let value = rest.split(';').next().unwrap();
                match value {
                    "" => self.cookies.remove(name),
                    value => self.cookies.insert(name.to_owned(), value.to_owned()),
                };
            }
            let (status, headers) = (answer.status(), answer.headers().clone());
            if !status.is_redirection() {
                let text = answer.text().await.unwrap();
                if status.is_success() && text.contains("<html") {
                    self.at = path.clone();
                }
                return Page { status: status.as_u16(), path, headers, text };
            }
            path = headers["location"].to_str().unwrap().split('#').next().unwrap().to_owned();
            request = self.http.get(if path.starts_with('/') {
                format!("{}{path}", self.origin)
            } else {
                path.clone()
            });
        }
        panic!("redirected too often, to {path}");
    }
}
