//! A member with an app: signs in on the app's consent page, then speaks the client API.

use http::{Method, Request, Response};
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::house::{Running, assert_ok, text};

const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

pub struct Member<'a> {
    server: &'a Running,
    pub token: String,
    pub code: String,
    pub client_secret: String,
}

impl<'a> Member<'a> {
    /// The account must be there.
    pub async fn sign_in(server: &'a Running, name: &str, password: &str) -> Member<'a> {
        let app = json!({
            "client_name": "test", "redirect_uris": OUT_OF_BAND, "scopes": "read write follow",
        });
        let app = server.json(Method::POST, "/api/v1/apps", None, &app).await;
        let field = |name: &str| app[name].as_str().unwrap().to_owned();
        let asked = format!(
            "response_type=code&client_id={}&redirect_uri={OUT_OF_BAND}&scope=read+write+follow",
            field("client_id")
        );
        let page = server.get(&format!("/oauth/authorize?{asked}")).await;
        assert_ok(&page);
        let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let form_token = between(&text(&page), "name=\"form_token\" value=\"", "\"");
        let (name, password) = (encoded(name), encoded(password));
        let form =
            format!("{asked}&form_token={form_token}&username={name}&password={password}&decision=allow");
        let request = Request::post("/oauth/authorize")
            .header("host", server.host())
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = server.send(request, Bytes::from(form)).await;
        let code = between(&text(&answer), "aria-label=\"Code\" value=\"", "\"");
        let grant = json!({
            "grant_type": "authorization_code", "code": code, "redirect_uri": OUT_OF_BAND,
            "client_id": field("client_id"), "client_secret": field("client_secret"),
        });
        let grant = server.json(Method::POST, "/oauth/token", None, &grant).await;
        let token = grant["access_token"].as_str().unwrap().to_owned();
        Member { server, token, code, client_secret: field("client_secret") }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.server.json(Method::GET, path, Some(&self.token), &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.server.json(Method::POST, path, Some(&self.token), body).await
    }

    /// One try, whatever comes of it.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<Response<Bytes>> {
        let request = Request::post(path)
            .header("host", self.server.host())
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.token));
        self.server.try_send(request, Bytes::from(body.to_string())).await
    }
}

impl Running {
    /// An API request that must succeed.
    pub async fn json(&self, method: Method, path: &str, token: Option<&str>, body: &Value) -> Value {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.host())
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let answer = self.send(request, body).await;
        assert_ok(&answer);
        serde_json::from_slice(answer.body()).unwrap()
    }
}

fn between(text: &str, before: &str, after: &str) -> String {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("{before:?} is not in: {text}")).0.to_owned()
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
