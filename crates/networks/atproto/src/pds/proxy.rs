//! Methods that others answer (<https://atproto.com/specs/xrpc#service-proxying>): the service is named by the app
//! (`atproto-proxy: DID#NAME`) or is the usual one, and is asked in the member's name, with a token for this one request.

use super::{
    Access, XrpcError, XrpcResult,
    access::{PROTECTED, is_one_of, now},
    server::service_token,
};
use crate::{
    keys,
    network::AtProto,
    oauth::scopes::is_service,
    options::{Options, Service},
    syntax::{Did, Nsid},
};
use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use landbridge_fetch::Answer;
use landbridge_hub::HubError;
use landbridge_model::Id;
use std::sync::Arc;
use url::Url;

/// Longest request and longest answer, in bytes.
const LONGEST_REQUEST: usize = 5 << 20;
const LONGEST_ANSWER: usize = 16 << 20;
/// Seconds that a token is good.
const TOKEN: i64 = 60;

/// Names the service that is to be asked: `DID#NAME`.
const PROXY: &str = "atproto-proxy";
/// What services are told of the request, beside the token.
const SENT: [&str; 4] = ["accept-language", "atproto-accept-labelers", "x-bsky-topics", "content-type"];
/// And what apps are told of the answer.
const RETURNED: [&str; 6] = [
    "content-type",
    "content-language",
    "content-disposition",
    "atproto-repo-rev",
    "atproto-content-labelers",
    "retry-after",
];

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub did: Did,
    /// Name of the service in the document of its DID.
    pub name: String,
    pub url: Url,
}

impl Target {
    /// As permissions name it.
    pub fn service(&self) -> String {
        format!("{}#{}", self.did, self.name)
    }
}

/// What a service is asked.
pub struct Question<'a> {
    pub method: &'a Nsid,
    pub verb: &'a Method,
    pub query: Option<&'a str>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    #[error(transparent)]
    Here(#[from] HubError),
    #[error(transparent)]
    There(#[from] landbridge_fetch::Error),
}

/// Everything that no other route takes.
pub async fn fallback(State(at): State<Arc<AtProto>>, request: Request) -> Response {
    match request.uri().path().strip_prefix("/xrpc/") {
        Some(method) => {
            let method = method.to_owned();
            proxy(&at, &method, request).await.unwrap_or_else(IntoResponse::into_response)
        }
        None => (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response(),
    }
}

async fn proxy(at: &Arc<AtProto>, method: &str, request: Request) -> XrpcResult<Response> {
    let method = Nsid::parse(method).map_err(|_| XrpcError::invalid("this is no name of a method"))?;
    if ![Method::GET, Method::HEAD, Method::POST].contains(request.method()) {
        return Err(XrpcError::invalid("XRPC requests only supports GET and POST"));
    }
    if is_one_of(method.as_str(), PROTECTED) {
        return Err(XrpcError::new("InvalidToken", "Bad token method"));
    }
    // Nobody is looked for on behalf of strangers.
    if asked_service(request.headers())?.is_none() && at.usual_service(method.as_str()).is_none() {
        return Err(XrpcError::invalid(format!("No service configured for {method}")));
    }
    let (mut parts, body) = request.into_parts();
    let access = Access::from_request_parts(&mut parts, at).await?;
    let target = at.target(method.as_str(), &parts.headers).await?;
    let body = read(body, &parts.method).await?;
    access.used(at, "asked another service");
    if method.as_str().starts_with("chat.bsky.") {
        at.chats.stir(access.member);
    }
    let answer =
        at.begin_to_ask(&access, &method, &target, &parts.method, &parts.uri, &parts.headers, body).await?;
    Ok(handed_on(answer))
}

/// The body of a request.
pub async fn read(body: Body, method: &Method) -> XrpcResult<Bytes> {
    if *method != Method::POST {
        return Ok(Bytes::new());
    }
    axum::body::to_bytes(body, LONGEST_REQUEST).await.map_err(|_| XrpcError {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        error: "PayloadTooLarge",
        message: "request entity too large".into(),
    })
}

/// Whether the app names a service, well or badly.
pub fn names_a_service(headers: &HeaderMap) -> bool {
    headers.contains_key(PROXY)
}

/// The service that the app names.
fn asked_service(headers: &HeaderMap) -> XrpcResult<Option<(Did, &str)>> {
    let Some(asked) = headers.get(PROXY) else { return Ok(None) };
    let asked = asked.to_str().ok().filter(|asked| is_service(asked)).and_then(|asked| asked.split_once('#'));
    let invalid = || XrpcError::invalid("the proxy header must be DID#NAME of a service");
    let (did, name) = asked.ok_or_else(invalid)?;
    Ok(Some((Did::parse(did).map_err(|_| invalid())?, name)))
}

impl AtProto {
    /// The service that answers a method when the app names none, and its name in the document of its DID.
    pub fn usual_service(&self, method: &str) -> Option<(&Service, &'static str)> {
        let report = method.eq_ignore_ascii_case("com.atproto.moderation.createReport");
        let (service, name) = match method {
            _ if report || method.starts_with("tools.ozone.") => {
                (&self.options.moderation, "atproto_labeler")
            }
            _ if method.starts_with("chat.bsky.") => (&self.options.chat, "bsky_chat"),
            _ => (&self.options.appview, "bsky_appview"),
        };
        service.as_ref().map(|service| (service, name))
    }

    /// A service that the operator has configured needs no document to be found.
    fn known_service(&self, did: &Did, name: &str) -> Option<&Service> {
        let Options { appview, chat, moderation, .. } = &self.options;
        let known = [(appview, "bsky_appview"), (chat, "bsky_chat"), (moderation, "atproto_labeler")];
        let mut named = known.into_iter().filter(|(_, known)| *known == name);
        named.find_map(|(service, _)| service.as_ref().filter(|service| service.did == *did))
    }

    /// Who is to be asked.
    pub async fn target(&self, method: &str, headers: &HeaderMap) -> XrpcResult<Target> {
        match (asked_service(headers)?, self.usual_service(method)) {
            (None, None) => Err(XrpcError::invalid(format!("No service configured for {method}"))),
            (None, Some((service, name))) => {
                let (did, url) = (service.did.clone(), service.url.clone());
                self.not_here(Target { did, name: name.to_owned(), url })
            }
            (Some((did, name)), _) => self.service_target(&did, name).await,
        }
    }

    /// The service of that name of a DID.
    pub async fn service_target(&self, did: &Did, name: &str) -> XrpcResult<Target> {
        self.service_at(did, name, self.known_service(did, name)).await
    }

    /// The same where it may be known.
    pub async fn service_at(&self, did: &Did, name: &str, known: Option<&Service>) -> XrpcResult<Target> {
        let url = match known {
            Some(service) => service.url.clone(),
            None => self.endpoint(did, name).await?,
        };
        self.not_here(Target { did: did.clone(), name: name.to_owned(), url })
    }

    fn not_here(&self, target: Target) -> XrpcResult<Target> {
        let here = [&self.options.pds, &self.hub.config().origin].map(|own| own.origin());
        if target.did == *self.options.server_did() || here.contains(&target.url.origin()) {
            return Err(XrpcError::invalid("this would lead back here"));
        }
        Ok(target)
    }

    async fn endpoint(&self, did: &Did, name: &str) -> XrpcResult<Url> {
        let document = self.document_of(did).await?;
        let document = document.ok_or_else(|| XrpcError::invalid("could not resolve proxy did"))?;
        let url = document.service(name).and_then(|service| service.origin());
        url.ok_or_else(|| XrpcError::invalid("could not resolve proxy did service url"))
    }

    /// Asks a service as the member, if the app may, and waits for all of the answer.
    #[expect(clippy::too_many_arguments, reason = "a request has these parts")]
    pub async fn ask(
        &self,
        access: &Access,
        method: &Nsid,
        target: &Target,
        verb: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> XrpcResult<landbridge_fetch::Response> {
        whole(self.begin_to_ask(access, method, target, verb, uri, headers, body).await?).await
    }

    /// The same up to the head of the answer.
    #[expect(clippy::too_many_arguments, reason = "a request has these parts")]
    pub async fn begin_to_ask(
        &self,
        access: &Access,
        method: &Nsid,
        target: &Target,
        verb: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> XrpcResult<Answer> {
        access.may_call(method.as_str(), &target.service())?;
        let question = Question { method, verb, query: uri.query(), headers: passed(headers), body };
        let answer = self.ask_as(access.member, &access.did, target, question).await;
        answer.map_err(|error| not_asked(error, target))
    }

    /// Asks a service in a member's name, with a token for this one request, up to the head of the answer.
    pub async fn ask_as(
        &self,
        member: Id,
        did: &Did,
        target: &Target,
        mut question: Question<'_>,
    ) -> Result<Answer, NotAsked> {
        let token = self.token_for(member, did, &target.did, question.method).await?;
        question.headers.insert(header::AUTHORIZATION, token);
        self.ask_openly(target, question).await
    }

    /// A member's token for one request: good for that audience and method alone.
    pub async fn token_for(
        &self,
        member: Id,
        did: &Did,
        audience: &Did,
        method: &Nsid,
    ) -> Result<HeaderValue, HubError> {
        let key = keys::signing_key(&self.hub, member).await?;
        let token = service_token(&key, did, audience.as_str(), Some(method.as_str()), now() + TOKEN)?;
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| HubError::Damaged("a token"))
    }

    /// Asks a service in nobody's name, but for what the question itself holds.
    pub async fn ask_openly(&self, target: &Target, question: Question<'_>) -> Result<Answer, NotAsked> {
        let Question { method, verb, query, headers: mut sent, body } = question;
        if body.is_empty() {
            sent.remove(header::CONTENT_TYPE);
        }
        let mut url = target.url.clone();
        url.set_path(&format!("/xrpc/{method}"));
        url.set_query(query);
        let origin = url.origin();
        // Nothing of the member's goes to where the service may send us on.
        let headers = move |hop: &Url| if hop.origin() == origin { sent.clone() } else { HeaderMap::new() };
        Ok(self.hub.fetcher().begin(verb.clone(), &url, body, LONGEST_ANSWER, headers).await?)
    }
}

/// What a service is told of a request's headers.
pub fn passed(headers: &HeaderMap) -> HeaderMap {
    let told = |name: &HeaderName| SENT.contains(&name.as_str()) || name.as_str().starts_with("x-atproto-");
    let passed = headers.iter().filter(|(name, _)| told(name));
    passed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// For the app: there is no answer.
pub fn not_asked(error: NotAsked, target: &Target) -> XrpcError {
    match error {
        NotAsked::Here(error) => error.into(),
        NotAsked::There(why) => {
            tracing::debug!(%why, service = %target.did, "a service cannot be asked");
            unreachable()
        }
    }
}

/// All of an answer.
pub async fn whole(answer: Answer) -> XrpcResult<landbridge_fetch::Response> {
    answer.whole().await.map_err(|why| {
        tracing::debug!(%why, "the answer of a service broke off");
        unreachable()
    })
}

fn unreachable() -> XrpcError {
    XrpcError {
        status: StatusCode::BAD_GATEWAY,
        error: "UpstreamFailure",
        message: "Upstream service unreachable".into(),
    }
}

/// An answer of a service, for the app.
pub fn shown(answer: landbridge_fetch::Response) -> Response {
    let json = is_json(answer.media_type());
    around(answer.status, &answer.headers, json, || Body::from(answer.body))
}

/// The same piece by piece, as it comes. What breaks off there breaks off here.
pub fn handed_on(answer: Answer) -> Response {
    let (status, headers, json) = (answer.status, answer.headers.clone(), is_json(answer.media_type()));
    let pieces = futures_util::stream::try_unfold(answer, async |mut answer| {
        let piece = answer.piece().await.map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(piece.map(|piece| (piece, answer)))
    });
    around(status, &headers, json, || Body::from_stream(pieces))
}

fn is_json(kind: Option<String>) -> bool {
    kind.is_some_and(|kind| kind == "application/json" || kind.ends_with("+json"))
}

fn around(status: StatusCode, headers: &HeaderMap, json: bool, body: impl FnOnce() -> Body) -> Response {
    if status.as_u16() >= 400 && !json {
        // Pages of errors of whatever stands before the service are no use to an app.
        let mut refused = XrpcError::new("UpstreamFailure", "the service refused it").into_response();
        *refused.status_mut() = status;
        return refused;
    }
    let mut response = Response::new(body());
    *response.status_mut() = if status.is_redirection() { StatusCode::BAD_GATEWAY } else { status };
    for name in RETURNED {
        if let Some(value) = headers.get(name) {
            response.headers_mut().insert(HeaderName::from_static(name), value.clone());
        }
    }
    // What is not our own word is never a page of ours.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_that_an_app_names() {
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_static(PROXY),
                HeaderValue::from_str(text).unwrap(),
            )]);
            asked_service(&headers).map(|asked| asked.map(|(did, name)| (did.to_string(), name.to_owned())))
        };
        let good = read("did:web:api.bsky.app#bsky_appview").unwrap().unwrap();
        assert_eq!(good, ("did:web:api.bsky.app".to_owned(), "bsky_appview".to_owned()));
        for bad in [
            "",
            "did:web:api.bsky.app",
            "#x",
            "did:web:api.bsky.app#",
            "did:web:a.b#c#d",
            "did:web:a.b #c",
            "https://a.b#c",
        ] {
            assert_eq!(read(bad).unwrap_err().error, "InvalidRequest", "{bad}");
        }
        assert!(asked_service(&HeaderMap::new()).unwrap().is_none());
    }
}
