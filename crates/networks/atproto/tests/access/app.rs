//! An app that signs in by OAuth: its keys, and what it sends.

use crate::world::{Answer, PASSWORD, World, between, send};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use landbridge_model::Time;
use serde_json::{Value, json};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const REDIRECT: &str = "http://127.0.0.1:1/callback";

static NUMBER: AtomicU64 = AtomicU64::new(1);

pub fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

pub fn key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

pub fn jwk(key: &EcdsaKeyPair) -> Value {
    let point = key.public_key().as_ref();
    let part = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
    json!({ "kty": "EC", "crv": "P-256", "x": part(1), "y": part(33) })
}

pub fn jwt(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap()))
}

pub struct App {
    pub id: String,
    pub key: EcdsaKeyPair,
    /// By which it shows who it is.
    pub own_key: Option<EcdsaKeyPair>,
    pub nonce: Mutex<String>,
}

/// What an app holds when it is signed in.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub scope: String,
    pub sub: String,
}

impl App {
    /// In the making, on the developer's own machine.
    pub fn local(scope: &str) -> App {
        let mut id = url::form_urlencoded::Serializer::new(String::new());
        id.append_pair("redirect_uri", REDIRECT).append_pair("scope", scope);
        App::of(&format!("http://localhost?{}", id.finish()), None)
    }

    pub fn of(id: &str, own_key: Option<EcdsaKeyPair>) -> App {
        App { id: id.into(), key: key(), own_key, nonce: Mutex::default() }
    }

    pub fn proof(&self, method: &str, url: &str, token: Option<&str>) -> String {
        let header = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": jwk(&self.key) });
        let mut claims = json!({
            "jti": NUMBER.fetch_add(1, Ordering::Relaxed).to_string(), "htm": method, "htu": url.split('?').next(),
            "iat": Time::now().secs(), "nonce": *self.nonce.lock().unwrap(),
        });
        if let Some(token) = token {
            claims["ath"] = json!(hash(token));
        }
        jwt(&self.key, &header, &claims)
    }

    fn learn(&self, answer: &Answer) {
        let nonce = answer.header("dpop-nonce");
        if !nonce.is_empty() {
            nonce.clone_into(&mut self.nonce.lock().unwrap());
        }
    }

    /// A form to the server of authorization; tried again with the nonce that it wants.
    pub async fn form(&self, world: &World, path: &str, fields: &[(&str, &str)]) -> Answer {
        let url = format!("{}{path}", world.pds);
        for _ in 0..2 {
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            body.append_pair("client_id", &self.id).extend_pairs(fields);
            if let Some(key) = &self.own_key {
                let now = Time::now().secs();
                let claims = json!({
                    "iss": self.id, "sub": self.id, "aud": world.pds, "iat": now, "exp": now + 60,
                    "jti": NUMBER.fetch_add(1, Ordering::Relaxed).to_string(),
                });
                body.append_pair(
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                );
                body.append_pair("client_assertion", &jwt(key, &json!({ "alg": "ES256" }), &claims));
            }
            let proof = self.proof("POST", &url, None);
            let headers = [("dpop", proof.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            let answer = send(&world.hub, Method::POST, &url, &headers, body.finish().into_bytes()).await;
            self.learn(&answer);
            if answer.status == 400 && answer.json()["error"] == "use_dpop_nonce" {
                continue;
            }
            return answer;
        }
        panic!("the nonce is never new enough");
    }

    /// Puts down what it asks for.
    pub async fn push(&self, world: &World, scope: &str, more: &[(&str, &str)]) -> Answer {
        let challenge = hash(VERIFIER);
        let mut fields = vec![
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("state", "some state"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        fields.extend(more);
        self.form(world, "/oauth/par", &fields).await
    }

    /// The page that a browser comes to.
    pub async fn page(&self, world: &World, request: &str, cookie: &str) -> Answer {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", &self.id).append_pair("request_uri", request);
        let url = format!("{}/oauth/authorize?{}", world.pds, query.finish());
        let headers: &[_] = if cookie.is_empty() { &[] } else { &[("cookie", cookie)] };
        send(&world.hub, Method::GET, &url, headers, Vec::new()).await
    }

    /// What a person does on the page; gives where the browser is sent.
    pub async fn decide(
        &self,
        world: &World,
        page: &Answer,
        request: &str,
        cookie: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let form = between(&page.text(), r#"name="form_token" value=""#, "\"").to_owned();
        let given = page.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let cookie = if cookie.is_empty() { given } else { cookie.to_owned() };
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("client_id", &self.id)
            .append_pair("request_uri", request)
            .append_pair("form_token", &form);
        body.extend_pairs(fields);
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        send(
            &world.hub,
            Method::POST,
            &format!("{}/oauth/atproto", world.main),
            &headers,
            body.finish().into_bytes(),
        )
        .await
    }

    /// The code for what a person allows with name and password.
    pub async fn code(&self, world: &World, scope: &str, name: &str) -> String {
        let pushed = self.push(world, scope, &[]).await;
        assert_eq!(pushed.status, 201, "{}", pushed.text());
        let request = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let page = self.page(world, &request, "").await;
        assert_eq!(page.status, 200, "{}", page.text());
        let fields = [("username", name), ("password", PASSWORD), ("decision", "allow")];
        let answer = self.decide(world, &page, &request, "", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let place = answer.header("location").to_owned();
        assert!(place.starts_with(&format!("{REDIRECT}?")), "{place}");
        assert_eq!(parameter(&place, "state").as_deref(), Some("some state"));
        assert_eq!(parameter(&place, "iss").as_deref(), Some(world.pds.as_str()));
        parameter(&place, "code").unwrap()
    }

    pub async fn redeem(&self, world: &World, code: &str, verifier: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ];
        self.form(world, "/oauth/token", &fields).await
    }

    pub async fn sign_in(&self, world: &World, scope: &str, name: &str) -> Tokens {
        let code = self.code(world, scope, name).await;
        Tokens::of(&self.redeem(world, &code, VERIFIER).await)
    }

    pub async fn renew(&self, world: &World, refresh: &str) -> Answer {
        self.form(world, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await
    }

    /// A request to the PDS, with a proof; tried again with the nonce that it wants.
    pub async fn ask(&self, world: &World, method: Method, name: &str, token: &str, body: Value) -> Answer {
        let url = format!("{}/xrpc/{name}", world.pds);
        for _ in 0..2 {
            let proof = self.proof(method.as_str(), &url, Some(token));
            let answer = with_proof(world, method.clone(), &url, token, &proof, body.clone()).await;
            self.learn(&answer);
            if answer.status == 401 && answer.json()["error"] == "use_dpop_nonce" {
                assert!(answer.header("www-authenticate").contains("use_dpop_nonce"));
                continue;
            }
            return answer;
        }
        panic!("the nonce is never new enough");
    }

    pub async fn get(&self, world: &World, name: &str, token: &str) -> Answer {
        self.ask(world, Method::GET, name, token, Value::Null).await
    }

    pub async fn post(&self, world: &World, name: &str, token: &str, body: Value) -> Answer {
        self.ask(world, Method::POST, name, token, body).await
    }
}

pub async fn with_proof(
    world: &World,
    method: Method,
    url: &str,
    token: &str,
    proof: &str,
    body: Value,
) -> Answer {
    let authorization = format!("DPoP {token}");
    let headers =
        [("authorization", authorization.as_str()), ("dpop", proof), ("content-type", "application/json")];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    send(&world.hub, method, url, &headers, body).await
}

impl Tokens {
    pub fn of(answer: &Answer) -> Tokens {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        assert_eq!(json["token_type"], "DPoP");
        let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
        Tokens {
            access: text("access_token"),
            refresh: text("refresh_token"),
            scope: text("scope"),
            sub: text("sub"),
        }
    }
}

/// A parameter of an address.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once(['?', '#'])?.1;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
