//! What every page has around it: title, navigation, headers.

use crate::{assets, error::PageError, person::Person, visitor::Visitor, web::Web};
use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// Data of the layout.
pub struct Frame {
    pub site: String,
    pub title: String,
    pub css: &'static str,
    pub me: Option<Person>,
    pub unread: u64,
    /// Conversations with something new.
    pub messages: u64,
    /// The token that every form carries.
    pub form: String,
    /// What was just done, in words.
    pub notice: Option<&'static str>,
    /// Which entry of the navigation this is: `home`, `public`, `notifications`, `messages`, `search`, `write`, `me`, `settings`.
    pub here: &'static str,
    pub head: Head,
    /// Strangers may ask to join.
    pub open: bool,
    pub trial: bool,
}

/// What other programs read in a page's head: search engines, link previews, other servers.
#[derive(Default)]
pub struct Head {
    /// Only pages with one may be found by search engines.
    pub canonical: Option<String>,
    pub description: String,
    /// `article` or `profile`.
    pub kind: &'static str,
    pub image: Option<String>,
    pub image_description: String,
    /// The same as ActivityPub.
    pub activity: Option<String>,
    /// URLs that the person says are theirs too (`rel=me`).
    pub me: Vec<String>,
}

impl Frame {
    pub async fn new(
        web: &Web,
        visitor: &Visitor,
        here: &'static str,
        title: impl Into<String>,
    ) -> Result<Frame, PageError> {
        let config = web.hub.config();
        let (unread, messages) = match visitor.id() {
            Some(id) => (web.hub.unread(id).await?, web.hub.unread_conversations(id).await?),
            None => (0, 0),
        };
        Ok(Frame {
            site: config.title.clone(),
            title: title.into(),
            css: assets::css_path(),
            me: visitor.member().map(|m| Person::new(&web.hub, &m.actor)),
            unread,
            messages,
            form: visitor.form_token(),
            notice: notice(&visitor.path),
            here,
            head: Head::default(),
            open: config.registrations == landbridge_hub::Registrations::Open,
            trial: config.trial,
        })
    }
}

/// Sends a page.
pub fn page(web: &Web, visitor: &Visitor, template: &impl Template) -> Result<Response, PageError> {
    page_with(web, visitor, StatusCode::OK, template)
}

/// Sends a page with a status other than 200.
pub fn page_with(
    web: &Web,
    visitor: &Visitor,
    status: StatusCode,
    template: &impl Template,
) -> Result<Response, PageError> {
    let mut response = (status, headers(), template.render()?).into_response();
    visitor.remember(web, &mut response);
    Ok(response)
}

/// Nothing but our own style and pictures may be loaded, nothing may run, nobody may frame us; and what one person
/// sees is kept nowhere for another.
pub fn headers() -> HeaderMap {
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "Cookie, Accept"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// The words for `?done=...`: a fixed list, so that nobody can put words in our mouth by a link.
fn notice(path: &str) -> Option<&'static str> {
    let query = path.split_once('?')?.1;
    let (_, key) = url::form_urlencoded::parse(query.as_bytes()).find(|(k, _)| k == "done")?;
    Some(match key.as_ref() {
        "posted" => "Posted.",
        "edited" => "Changed.",
        "deleted" => "Deleted here. Where it went shows which other places have confirmed it.",
        "saved" => "Saved.",
        "answered" => "Answered. You can change your mind under decisions.",
        "undone" => "Taken back.",
        "password" => "Your password was changed.",
        "revoked" => "That access has ended.",
        "joined" => "You are on this network now.",
        "left" => "This network is switched off now.",
        "requested" => "You asked to follow. They have to agree first.",
        "followed" => "You follow them now.",
        "welcome" => "Welcome! Your account is ready.",
        "bye" => "You are signed out.",
        "gone" => "Your account was deleted.",
        "resting" => "Your account is hidden. Sign in again to bring it back.",
        "back" => "Welcome back. Your account is visible again.",
        "appealed" => "Your appeal was sent. The answer will be on this page.",
        "reported" => "Thank you. The moderators will look at it.",
        "voted" => "Your vote was counted.",
        "conversation" => "The conversation is deleted here.",
        _ => return None,
    })
}
