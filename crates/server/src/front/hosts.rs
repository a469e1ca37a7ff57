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
}

/// The names that this server answers to.
pub struct Hosts {
    names: HashMap<String, Role>,
    origin: Url,
}

impl Hosts {
    pub fn new(identity: &Identity) -> Self {
        let host = |authority: &str| authority.split(':').next().unwrap_or_default().to_owned();
        let mut names = HashMap::from([(host(&identity.account_domain), Role::AccountDomain)]);
        names.insert(host(&identity.authority()), Role::Main);
        if identity.is_trial() {
            names.insert("127.0.0.1".into(), Role::Main);
        }
        Self { names, origin: identity.origin.clone() }
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
        let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name).trim_end_matches('.');
        match self.names.get(name) {
            Some(role) => Some(*role),
            None => self.names.get(&name.to_ascii_lowercase()).copied(),
        }
    }
}

pub async fn route(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    match hosts.role(&request) {
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
        Hosts::new(&Identity {
            kind: crate::instance::identity::Kind::Public,
            origin: "https://social.example.org".parse().unwrap(),
            account_domain: "example.org".into(),
        })
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
                prop_assert!(["social.example.org", "example.org"].contains(&name.trim_end_matches('.')), "{}", host);
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
    async fn the_account_domain_only_points_to_the_origin() {
        assert_eq!(status("example.org", "/.well-known/webfinger?resource=a").await.0, StatusCode::OK);
        let (code, location) = status("example.org", "/@alice?x=1").await;
        assert_eq!(code, StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(location.as_deref(), Some("https://social.example.org/@alice?x=1"));
        assert_eq!(status("example.org", "//evil.example/").await.0, StatusCode::NOT_FOUND);
    }
}
