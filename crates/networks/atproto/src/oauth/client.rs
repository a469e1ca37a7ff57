//! Apps: a client id is the address of a document that describes the app
//! (<https://atproto.com/specs/oauth#clients>). Nothing in it is believed but what the address itself proves: whose host it is.

use super::{OAuthError, OAuthResult, scopes};
use crate::{
    crypto::{Curve, Jwk},
    network::AtProto,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::Value as Json;
use std::sync::Arc;
use url::{Host, Url};

/// Longest document, in bytes; and longest list of keys.
const LONGEST: usize = 64 << 10;
const MOST_REDIRECTS: usize = 50;
const MOST_KEYS: usize = 20;
/// Longest client id, in bytes.
const LONGEST_ID: usize = 2048;

/// An app whose description was read and is in order.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    /// What the id proves: the host where the description is. `localhost` for apps in the making.
    pub host: String,
    /// As the app calls itself.
    pub name: Option<String>,
    pub redirect_uris: Vec<String>,
    /// What it may ask for at most, as its description has it. Some of it may not be known here.
    pub scopes: Vec<String>,
    /// Wants its sessions to be renewed.
    pub renews: bool,
    /// Keys by which it shows who it is; `None`: it cannot.
    pub keys: Option<Vec<Jwk>>,
}

impl Client {
    /// An app that keeps a key: it can show who it is.
    pub fn is_confidential(&self) -> bool {
        self.keys.is_some()
    }

    /// Whether its description names a scope, to the letter.
    pub fn names(&self, scope: &str) -> bool {
        self.scopes.iter().any(|named| named == scope)
    }

    /// The place to answer at, as the app has registered it. On this machine itself any port will do (RFC 8252, section 7.3).
    pub fn redirect(&self, asked: &str) -> Option<String> {
        let fits = |known: &&String| {
            *known == asked
                || match (loopback(known), loopback(asked)) {
                    (Some(known), Some(asked)) => known == asked,
                    _ => false,
                }
        };
        self.redirect_uris.iter().find(fits).map(|_| asked.to_owned())
    }
}

/// An address on this machine itself, by number, without its port.
fn loopback(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    let here = match url.host()? {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(_) => false,
    };
    url.set_port(None).ok().filter(|()| here)?;
    Some(url)
}

/// The document, as far as it matters.
#[derive(Deserialize)]
struct Metadata {
    client_id: String,
    client_name: Option<String>,
    application_type: Option<String>,
    #[serde(default = "by_code")]
    grant_types: Vec<String>,
    #[serde(default = "a_code")]
    response_types: Vec<String>,
    scope: String,
    redirect_uris: Vec<String>,
    dpop_bound_access_tokens: bool,
    token_endpoint_auth_method: Option<String>,
    token_endpoint_auth_signing_alg: Option<String>,
    jwks: Option<Json>,
    jwks_uri: Option<String>,
}

/// What is meant where nothing is said (RFC 7591, section 2).
fn by_code() -> Vec<String> {
    vec!["authorization_code".into()]
}

fn a_code() -> Vec<String> {
    vec!["code".into()]
}

impl AtProto {
    /// The app of a client id, described some minutes ago at most.
    pub(crate) async fn client(&self, id: &str) -> OAuthResult<Arc<Client>> {
        if let Some(known) = self.guard.clients.get(id) {
            return Ok(known);
        }
        let client = match localhost(id)? {
            Some(client) => client,
            None => self.described(id).await?,
        };
        let client = Arc::new(client);
        self.guard.clients.insert(id.to_owned(), client.clone());
        Ok(client)
    }

    async fn described(&self, id: &str) -> OAuthResult<Client> {
        let url = address(id, self.hub.config().trial)?;
        if let Some(why) = self.guard.no_clients.get(id) {
            return Err(why);
        }
        let described = self.fetch_description(id, &url).await;
        if let Err(why) = &described {
            self.guard.no_clients.insert(id.to_owned(), why.clone());
        }
        described
    }

    async fn fetch_description(&self, id: &str, url: &Url) -> OAuthResult<Client> {
        let body = self.fetch_json(url).await?;
        let (mut client, keys_at) = read_description(&body, id, url, self.hub.config().trial)?;
        if let (Some(keys), Some(at)) = (&mut client.keys, keys_at) {
            let at = Url::parse(&at).map_err(|_| OAuthError::client("jwks_uri is no address"))?;
            let body = self.fetch_json(&at).await?;
            *keys = read_key_set(&body)?;
        }
        Ok(client)
    }

    /// Fetches a document of an app. Never from a private address (the fetcher sees to that), never more than is bounded,
    /// and from where it should be: a redirect proves nothing about the address that was asked.
    async fn fetch_json(&self, url: &Url) -> OAuthResult<bytes::Bytes> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.hub.fetcher().get(url, headers, LONGEST).await;
        let answer = answer.map_err(|why| OAuthError::client(format!("{url} cannot be fetched: {why}")))?;
        if answer.url != *url {
            return Err(OAuthError::client(format!("{url} leads elsewhere")));
        }
        if answer.status != StatusCode::OK {
            return Err(OAuthError::client(format!("{url} answers {}", answer.status.as_u16())));
        }
        let json =
            answer.media_type().is_some_and(|kind| kind == "application/json" || kind.ends_with("+json"));
        if !json {
            return Err(OAuthError::client(format!("{url} is not application/json")));
        }
        Ok(answer.body)
    }
}

/// The address of a description: HTTPS, a name, a path, nothing else. In a trial, which has no certificates, HTTP will do.
pub(crate) fn address(id: &str, trial: bool) -> OAuthResult<Url> {
    let no = |why: &str| Err(OAuthError::new("invalid_client_id", format!("client_id: {why}")));
    if id.len() > LONGEST_ID {
        return no("too long");
    }
    let Ok(url) = Url::parse(id) else { return no("no address") };
    if url.as_str() != id {
        return no("not in its normal form");
    }
    if !(url.scheme() == "https" || trial && url.scheme() == "http") {
        return no("does not begin with https://");
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return no("has a user, a password or a fragment");
    }
    if url.path() == "/" || url.path().ends_with('/') {
        return no("has no path, or one that ends with a slash");
    }
    match url.host() {
        Some(Host::Domain(name)) if name.contains('.') && !name.ends_with(".localhost") => Ok(url),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) if trial => Ok(url),
        _ => no("is not at a public name"),
    }
}

/// `http://localhost` with nothing but wishes behind it: an app in the making, on the developer's own machine.
pub(crate) fn localhost(id: &str) -> OAuthResult<Option<Client>> {
    let Some(rest) = id.strip_prefix("http://localhost") else { return Ok(None) };
    let query = match rest.strip_prefix('/').unwrap_or(rest) {
        "" => "",
        query => query.strip_prefix('?').filter(|q| !q.contains('#')).ok_or_else(|| {
            OAuthError::new("invalid_client_id", "http://localhost takes neither port nor path")
        })?,
    };
    let mut redirect_uris = Vec::new();
    let mut scope = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).take(MOST_REDIRECTS) {
        match &*name {
            "redirect_uri" if loopback(&value).is_some() => redirect_uris.push(value.into_owned()),
            "scope" if scope.is_none() => scope = Some(value.into_owned()),
            _ => {
                return Err(OAuthError::new(
                    "invalid_client_id",
                    format!("http://localhost: {name} does not fit"),
                ));
            }
        }
    }
    if redirect_uris.is_empty() {
        redirect_uris = vec!["http://127.0.0.1/".into(), "http://[::1]/".into()];
    }
    let scopes = named(scope.as_deref().unwrap_or("atproto"));
    Ok(Some(Client {
        id: id.to_owned(),
        host: "localhost".into(),
        name: None,
        redirect_uris,
        scopes: scopes
            .ok_or_else(|| OAuthError::new("invalid_client_id", "http://localhost: scope needs atproto"))?,
        renews: true,
        keys: None,
    }))
}

fn named(scope: &str) -> Option<Vec<String>> {
    Some(scopes::written(scope)?.into_iter().map(str::to_owned).collect())
}

/// The app that a document describes, and the address of its keys if they are not in the document.
pub(crate) fn read_description(
    body: &[u8],
    id: &str,
    url: &Url,
    trial: bool,
) -> OAuthResult<(Client, Option<String>)> {
    let metadata: Metadata = serde_json::from_slice(body)
        .map_err(|why| OAuthError::client(format!("the description of the app is not in order: {why}")))?;
    let keys_at = metadata.jwks_uri.clone();
    Ok((read(metadata, id, url, trial)?, keys_at))
}

/// The keys in a document of their own.
pub(crate) fn read_key_set(body: &[u8]) -> OAuthResult<Vec<Jwk>> {
    let set = serde_json::from_slice(body).map_err(|_| OAuthError::client("jwks_uri leads to no JSON"))?;
    read_keys(&set)
}

fn read(metadata: Metadata, id: &str, url: &Url, trial: bool) -> OAuthResult<Client> {
    let no = |why: &str| Err(OAuthError::client(format!("the description of the app: {why}")));
    if metadata.client_id != id {
        return no("client_id is another");
    }
    let has = |list: &[String], wanted: &str| list.iter().any(|one| one == wanted);
    if !has(&metadata.response_types, "code") || !has(&metadata.grant_types, "authorization_code") {
        return no("response_types needs code, grant_types needs authorization_code");
    }
    if !metadata.dpop_bound_access_tokens {
        return no("dpop_bound_access_tokens must be true");
    }
    let Some(scopes) = named(&metadata.scope) else {
        return no("scope needs atproto, and has a length that can be read");
    };
    let host = url.host_str().unwrap_or_default().to_owned();
    let native = match metadata.application_type.as_deref() {
        None | Some("web") => false,
        Some("native") => true,
        Some(_) => return no("application_type is web or native"),
    };
    let redirects = &metadata.redirect_uris;
    if redirects.is_empty() || redirects.len() > MOST_REDIRECTS {
        return no("redirect_uris: none, or too many");
    }
    if let Some(bad) = redirects.iter().find(|uri| !may_redirect(uri, native, &host, trial)) {
        return no(&format!("redirect_uris: {bad:.200} is no place for this app"));
    }
    let keys = match metadata.token_endpoint_auth_method.as_deref() {
        Some("none") => None,
        Some("private_key_jwt") if native => return no("a native app cannot keep a key"),
        Some("private_key_jwt") => {
            if metadata.token_endpoint_auth_signing_alg.as_deref() != Some("ES256") {
                return no("token_endpoint_auth_signing_alg must be ES256");
            }
            match (&metadata.jwks, &metadata.jwks_uri) {
                (Some(set), None) => Some(read_keys(set)?),
                (None, Some(_)) => Some(Vec::new()),
                _ => return no("either jwks or jwks_uri"),
            }
        }
        _ => return no("token_endpoint_auth_method is none or private_key_jwt"),
    };
    let name = metadata.client_name.map(|name| name.trim().chars().take(80).collect::<String>());
    Ok(Client {
        id: id.to_owned(),
        host,
        name: name.filter(|name| !name.is_empty()),
        renews: has(&metadata.grant_types, "refresh_token"),
        redirect_uris: metadata.redirect_uris,
        scopes,
        keys,
    })
}

/// Keys for ES256. Others may stand there, too.
fn read_keys(set: &Json) -> OAuthResult<Vec<Jwk>> {
    let list =
        set.get("keys").and_then(Json::as_array).ok_or_else(|| OAuthError::client("jwks has no keys"))?;
    let keys: Vec<Jwk> = list
        .iter()
        .take(MOST_KEYS)
        .filter_map(|key| Jwk::from_json(key).ok())
        .filter(|key| key.key.curve() == Curve::P256)
        .collect();
    if keys.is_empty() { Err(OAuthError::client("jwks has no key for ES256")) } else { Ok(keys) }
}

/// Web pages of the app; for a native one also its own scheme (its host, backwards) and this machine itself.
fn may_redirect(uri: &str, native: bool, host: &str, trial: bool) -> bool {
    if uri.len() > LONGEST_ID || uri.contains(|c: char| c.is_control() || c == ' ') {
        return false;
    }
    let Ok(url) = Url::parse(uri) else { return false };
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    match url.scheme() {
        "https" => match native {
            // An address that the system hands to the app only because the host says so.
            true => url.host_str() == Some(host),
            false => url.has_host() && url.host_str() != Some("localhost"),
        },
        "http" => (native || trial) && loopback(uri).is_some(),
        scheme => {
            let backwards = host.split('.').rev().collect::<Vec<_>>().join(".");
            let rest = uri.get(scheme.len()..).unwrap_or_default();
            native
                && scheme.contains('.')
                && scheme == backwards
                && rest.starts_with(":/")
                && !rest.starts_with("://")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "https://app.example.com/client.json";

    fn good() -> Json {
        json!({
            "client_id": ID, "application_type": "web", "grant_types": ["authorization_code", "refresh_token"],
            "scope": "atproto transition:generic", "response_types": ["code"],
            "redirect_uris": ["https://app.example.com/callback"], "dpop_bound_access_tokens": true,
            "token_endpoint_auth_method": "none", "client_name": " App ", "unknown": {"is": "ignored"},
        })
    }

    fn parse(json: Json) -> OAuthResult<Client> {
        let metadata = serde_json::from_value(json).map_err(|why| OAuthError::client(why.to_string()))?;
        read(metadata, ID, &Url::parse(ID).unwrap(), false)
    }

    #[test]
    fn a_description_in_order_and_many_that_are_not() {
        let client = parse(good()).unwrap();
        assert_eq!((client.host.as_str(), client.name.as_deref()), ("app.example.com", Some("App")));
        assert!(client.renews && !client.is_confidential());
        // What is left out, and a scope of tomorrow.
        let mut short = good();
        short["scope"] = json!("atproto tomorrow:everything");
        for left_out in ["grant_types", "response_types", "application_type", "client_name"] {
            short.as_object_mut().unwrap().remove(left_out);
        }
        let client = parse(short).unwrap();
        assert!(client.names("tomorrow:everything") && !client.names("transition:generic"));
        assert!(!client.renews);
        for (field, value) in [
            ("client_id", json!("https://app.example.com/other.json")),
            ("grant_types", json!(["refresh_token"])),
            ("response_types", json!(["token"])),
            ("scope", json!("openid")),
            ("scope", json!("transition:generic")),
            ("redirect_uris", json!([])),
            ("redirect_uris", json!(["http://app.example.com/callback"])),
            ("redirect_uris", json!(["http://127.0.0.1/callback"])),
            ("redirect_uris", json!(["javascript:alert(1)"])),
            ("redirect_uris", json!(["https://u:p@app.example.com/"])),
            ("redirect_uris", json!(["https://app.example.com/#x"])),
            ("redirect_uris", json!(["com.example.app:/callback"])),
            ("dpop_bound_access_tokens", json!(false)),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("application_type", json!("other")),
        ] {
            let mut metadata = good();
            metadata[field] = value.clone();
            assert!(parse(metadata).is_err(), "{field} {value}");
        }
    }

    #[test]
    fn native_apps_come_back_by_their_own_scheme() {
        let mut native = good();
        native["application_type"] = json!("native");
        for (uri, fits) in [
            ("com.example.app:/callback", true),
            ("com.example.app:///callback", false),
            ("com.example.app://callback", false),
            ("com.example.other:/callback", false),
            ("app:/callback", false),
            ("http://127.0.0.1/callback", true),
            ("http://[::1]/callback", true),
            ("http://localhost/callback", false),
            ("https://app.example.com/callback", true),
            ("https://other.example.com/callback", false),
        ] {
            native["redirect_uris"] = json!([uri]);
            assert_eq!(parse(native.clone()).is_ok(), fits, "{uri}");
        }
    }

    #[test]
    fn ids_are_public_addresses() {
        for bad in [
            "http://app.example.com/client.json",
            "https://127.0.0.1/client.json",
            "https://[::1]/client.json",
            "https://localhost/client.json",
            "https://intranet/client.json",
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com/x/",
            "https://u@app.example.com/client.json",
            "https://app.example.com/client.json#x",
            "https://APP.example.com/client.json",
            "https://app.example.com/a/../client.json",
            "ftp://app.example.com/client.json",
            "client",
            "",
        ] {
            assert!(address(bad, false).is_err(), "{bad}");
        }
        assert!(address(ID, false).is_ok());
        assert!(address(&format!("https://app.example.com/{}", "x".repeat(3000)), false).is_err());
    }

    #[test]
    fn apps_in_the_making() {
        let client = localhost("http://localhost").unwrap().unwrap();
        assert_eq!(client.redirect("http://127.0.0.1:4321/").as_deref(), Some("http://127.0.0.1:4321/"));
        assert_eq!(client.redirect("http://127.0.0.1:4321/x"), None);
        assert_eq!(client.redirect("http://evil.example/"), None);
        let id = "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcb&scope=atproto%20transition%3Ageneric";
        let client = localhost(id).unwrap().unwrap();
        assert!(client.names("transition:generic"));
        assert!(client.redirect("http://127.0.0.1:9999/cb").is_some());
        for bad in [
            "http://localhost:8080",
            "http://localhost/client.json",
            "http://localhost.evil.example/",
            "http://localhost?redirect_uri=https%3A%2F%2Fevil.example%2F",
            "http://localhost?other=1",
            "http://localhost?scope=openid",
            "http://localhost#x",
        ] {
            assert!(localhost(bad).is_err(), "{bad}");
        }
        assert!(localhost(ID).unwrap().is_none());
    }

    #[test]
    fn keys_of_apps() {
        let pair = crate::oauth::dpop::tests::pair();
        let mut confidential = good();
        confidential["token_endpoint_auth_method"] = json!("private_key_jwt");
        confidential["token_endpoint_auth_signing_alg"] = json!("ES256");
        confidential["jwks"] = json!({ "keys": [{ "kty": "RSA" }, crate::oauth::dpop::tests::jwk(&pair)] });
        assert_eq!(parse(confidential.clone()).unwrap().keys.unwrap().len(), 1);
        confidential["jwks_uri"] = json!("https://app.example.com/jwks.json");
        assert!(parse(confidential.clone()).is_err(), "both");
        confidential["jwks"] = json!({ "keys": [{ "kty": "RSA" }] });
        confidential["jwks_uri"] = json!(null);
        assert!(parse(confidential).is_err(), "no key that could be used");
    }
}
