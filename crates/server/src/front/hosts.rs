//! Routing by name, against the configured names only. A name we do not own gets 421, so that nothing is ever built
//! from a `Host` header, and a rebinding web page finds nobody at home.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use url::Url;

use super::refused;
use crate::instance::identity::Identity;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The origin: everything is here.
    Main,
    /// The part after the `@`, where it differs: it only says where accounts really are.
    AccountDomain,
    /// The AT Protocol server.
    Pds,
    /// Some name below the domain of handles: it only says whose it is.
    Handle,
}

/// What a handle's host says: whose it is, and the document of who is the host itself.
const SAID_BY_HANDLES: [&str; 2] = ["/.well-known/atproto-did", "/.well-known/did.json"];

/// Set on requests that are for the PDS: see [`super::wrap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForPds;

/// The names that this server answers to.
pub struct Hosts {
    names: HashMap<String, Role>,
    /// In a trial the PDS is told by its port alone.
    pds_port: Option<u16>,
    /// `.example.org`: what handles end with.
    handles: Option<String>,
    origin: Url,
}

impl Hosts {
    /// `pds`: origin of the PDS and the domain of handles, when there is one.
    pub fn new(identity: &Identity, pds: Option<(&Url, &str)>) -> Self {
        let host = |authority: &str| authority.split(':').next().unwrap_or_default().to_owned();
        let mut names = HashMap::from([(host(&identity.account_domain), Role::AccountDomain)]);
        names.insert(host(&identity.authority()), Role::Main);
        let mut pds_port = None;
        if identity.is_trial() {
            names.insert("127.0.0.1".into(), Role::Main);
            pds_port = pds.and_then(|(url, _)| url.port());
        } else if let Some((url, _)) = pds {
            names.insert(url.host_str().unwrap_or_default().to_owned(), Role::Pds);
        }
        let handles = pds.map(|(_, domain)| format!(".{domain}"));
        Self { names, pds_port, handles, origin: identity.origin.clone() }
    }

    /// Whether a name stands below the domain of handles and is none of our others.
    fn is_handle(&self, name: &str) -> bool {
        self.handles.as_deref().and_then(|suffix| name.strip_suffix(suffix)).is_some_and(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
    }

    /// Every name, for certificates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    pub fn is_https(&self) -> bool {
        self.origin.scheme() == "https"
    }

    fn role(&self, request: &Request) -> Option<Role> {
        let header = request.headers().get(http::header::HOST).and_then(|value| value.to_str().ok());
        let authority = match (request.uri().authority(), header) {
            (Some(target), Some(header)) if !target.as_str().eq_ignore_ascii_case(header) => return None,
            (Some(target), _) => target.as_str(),
            (None, header) => header?,
        };
        let (name, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        match self.names.get(&name) {
            Some(Role::Main) if self.pds_port.is_some() && port.parse().ok() == self.pds_port => {
                Some(Role::Pds)
            }
            Some(role) => Some(*role),
            None => self.is_handle(&name).then_some(Role::Handle),
        }
    }
}

pub async fn route(State(hosts): State<Arc<Hosts>>, mut request: Request, next: Next) -> Response {
    match hosts.role(&request) {
        Some(Role::Pds) => {
            request.extensions_mut().insert(ForPds);
            next.run(request).await
        }
        Some(Role::Handle) if SAID_BY_HANDLES.contains(&request.uri().path()) => {
            request.extensions_mut().insert(ForPds);
            next.run(request).await
        }
        Some(Role::Handle) => Redirect::temporary(hosts.origin.as_str()).into_response(),
        Some(Role::Main) => next.run(request).await,
        Some(Role::AccountDomain) if request.uri().path().starts_with("/.well-known/") => {
            next.run(request).await
        }
        Some(Role::AccountDomain) => {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            match hosts.origin.join(path) {
                // A path such as `//elsewhere` must not become another host.
                Ok(url) if url.origin() == hosts.origin.origin() => {
                    Redirect::temporary(url.as_str()).into_response()
                }
                _ => StatusCode::NOT_FOUND.into_response(),
            }
        }
        None => {
            refused("name");
            (StatusCode::MISDIRECTED_REQUEST, "This server does not answer to that name.\n").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use proptest::prelude::*;
    use tower::ServiceExt;

    async fn status(host: &str, path: &str) -> (StatusCode, Option<String>) {
        let app = Router::new()
            .fallback(get(|| async { "here" }))
            .layer(from_fn_with_state(Arc::new(public()), route));
        let request = Request::builder().uri(path).header("host", host).body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (response.status(), location)
    }

    fn public() -> Hosts {
        let identity = Identity {
            kind: crate::instance::identity::Kind::Public,
            origin: "https://social.example.org".parse().unwrap(),
            account_domain: "example.org".into(),
        };
        Hosts::new(&identity, Some((&"https://pds.social.example.org".parse().unwrap(), "example.org")))
    }

    proptest! {
        /// Only our own names are answered to, in any case, with any port and one final dot or more.
        #[test]
        fn any_host(host in "(social|[.]|example|org|SOCIAL|:|443|@|\\[::1\\]|evil|[ -~]){0,8}", absolute in any::<bool>()) {
            let builder = Request::builder().header("host", &host);
            let builder = if absolute { builder.uri(format!("http://{host}/x")) } else { builder.uri("/x") };
            let Ok(request) = builder.body(Body::empty()) else { return Ok(()) };
            if public().role(&request).is_some() {
                let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).to_lowercase();
                let name = name.trim_end_matches('.');
                let handle = name.strip_suffix(".example.org").is_some_and(|label| !label.contains('.'));
                prop_assert!(handle || ["social.example.org", "example.org"].contains(&name), "{}", host);
            }
        }
    }

    #[tokio::test]
    async fn unknown_names_are_misdirected() {
        assert_eq!(status("social.example.org", "/x").await.0, StatusCode::OK);
        assert_eq!(status("Social.Example.org:443", "/x").await.0, StatusCode::OK);
        assert_eq!(status("evil.example", "/x").await.0, StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(status("127.0.0.1", "/x").await.0, StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(status("", "/x").await.0, StatusCode::MISDIRECTED_REQUEST);
    }

    #[tokio::test]
    async fn handles_only_say_whose_they_are() {
        assert_eq!(status("alice.example.org", "/.well-known/atproto-did").await.0, StatusCode::OK);
        assert_eq!(status("alice.example.org", "/.well-known/did.json").await.0, StatusCode::OK);
        let (code, location) = status("alice.example.org", "/settings").await;
        assert_eq!(
            (code, location.as_deref()),
            (StatusCode::TEMPORARY_REDIRECT, Some("https://social.example.org/"))
        );
        assert_eq!(status("a.b.example.org", "/x").await.0, StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(status("pds.social.example.org", "/x").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn the_account_domain_only_points_to_the_origin() {
        assert_eq!(status("example.org", "/.well-known/webfinger?resource=a").await.0, StatusCode::OK);
        let (code, location) = status("example.org", "/@alice?x=1").await;
        assert_eq!(code, StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(location.as_deref(), Some("https://social.example.org/@alice?x=1"));
        assert_eq!(status("example.org", "//evil.example/").await.0, StatusCode::NOT_FOUND);
    }
}
