//! An OAuth client and the browser that it sends to us.

use crate::support::*;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{header::SET_COOKIE, redirect::Policy};

pub const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-rules-of-pkce";

/// A registered app.
pub struct Client {
    pub base: String,
    pub id: String,
    pub secret: String,
    pub place: String,
}

/// A browser: keeps its cookies, follows nothing.
pub struct Browser {
    http: reqwest::Client,
    /// `name=value`.
    pub cookies: Vec<String>,
}

/// S256 of [`VERIFIER`].
pub fn challenge() -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}

/// A value of a form on the page.
pub fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    let start = html.find(&format!("name=\"{name}\" value=\"")).expect("such a field") + name.len() + 15;
    html[start..].split('"').next().unwrap()
}

/// A parameter of where the browser is sent; `None` when it is not sent anywhere or without that.
pub fn sent(told: &Told, name: &str) -> Option<String> {
    let place = told.headers.get("location")?.to_str().unwrap();
    let (_, query) = place.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(k, _)| k == name).map(|(_, v)| v.into_owned())
}

impl Client {
    pub async fn register(world: &World, place: &str, scopes: &str) -> Client {
        let form = [("client_name", "An <app>"), ("redirect_uris", place), ("scopes", scopes)];
        let app = world.post("/api/v1/apps", &form).await.good("app");
        assert_eq!(app["redirect_uris"], serde_json::json!([place]));
        let text = |key: &str| app[key].as_str().unwrap().to_owned();
        Client {
            base: world.base.clone(),
            id: text("client_id"),
            secret: text("client_secret"),
            place: place.into(),
        }
    }

    /// What the browser is sent to us with, these parameters in place of the usual ones or beside them.
    pub fn asks(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let usual = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.place),
            ("state", "s&t"),
        ];
        let kept = usual.into_iter().filter(|(key, _)| !more.iter().any(|(k, _)| k == key));
        kept.chain(more.iter().copied()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    /// Turns in a code, with these parameters in place of the usual ones or beside them.
    pub async fn exchange(&self, code: &str, more: &[(&str, &str)]) -> Told {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &self.id),
            ("client_secret", &self.secret),
            ("redirect_uri", &self.place),
        ];
        let kept = usual.into_iter().filter(|(key, _)| !more.iter().any(|(k, _)| k == key));
        let form: Vec<_> = kept.chain(more.iter().copied()).collect();
        told(with_form(reqwest::Client::new().post(format!("{}/oauth/token", self.base)), &form)).await
    }

    /// The member signs in and allows it: the code.
    pub async fn allowed(&self, name: &str, more: &[(&str, &str)]) -> String {
        let mut browser = Browser::new();
        let page = browser.asked(self, more).await;
        let told =
            browser.answer(self, &page, more, &[("username", name), ("password", "correct horse")]).await;
        sent(&told, "code").unwrap_or_else(|| panic!("{} {}", told.status, told.text))
    }
}

impl Browser {
    pub fn new() -> Browser {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Browser { http, cookies: Vec::new() }
    }

    /// The page that asks.
    pub async fn asked(&mut self, client: &Client, more: &[(&str, &str)]) -> Told {
        let query: String = client
            .asks(more)
            .iter()
            .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)))
            .collect::<Vec<_>>()
            .join("&");
        self.send(self.http.get(format!("{}/oauth/authorize?{query}", client.base))).await
    }

    /// Allows it, with the form's token and these fields.
    pub async fn answer(
        &mut self,
        client: &Client,
        page: &Told,
        more: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Told {
        let asked = client.asks(more);
        let mut form: Vec<(&str, &str)> = asked.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        form.push(("form_token", hidden(&page.text, "form_token")));
        if !fields.iter().any(|(k, _)| *k == "decision") {
            form.push(("decision", "allow"));
        }
        form.extend(fields);
        self.send(with_form(self.http.post(format!("{}/oauth/authorize", client.base)), &form)).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Told {
        // Each in a line of its own, as browsers do over HTTP/2.
        let request = self.cookies.iter().fold(request, |request, cookie| request.header("cookie", cookie));
        let told = told(request).await;
        for set in told.headers.get_all(SET_COOKIE) {
            self.cookies.push(set.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        told
    }
}
