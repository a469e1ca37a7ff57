//! One file per page.

mod about;
mod actions;
mod compose;
mod delete;
mod edit;
mod home;
mod join;
mod login;
mod messages;
mod notifications;
mod people;
mod picture;
mod profile;
mod public;
mod report;
mod requests;
mod search;
mod settings;
mod statement;
mod thread;
mod whereabouts;

use crate::{error::PageError, web::Web};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::Response,
    routing::{get, post},
};
use landbridge_hub::{HubError, Page};
use landbridge_model::Id;

/// What a handler gives.
type Answer = Result<Response, PageError>;

/// Bytes of a form with files.
const MAX_UPLOAD: usize = 120 << 20;

pub fn router() -> Router<Web> {
    Router::new()
        .route("/", get(home::show))
        .route("/about", get(about::show))
        .route("/public", get(public::everything))
        .route("/local", get(public::local))
        .route("/tags/{tag}", get(public::tag))
        .route("/bookmarks", get(public::bookmarks))
        .route("/likes", get(public::likes))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/setup/{secret}", get(join::setup).post(join::set_up))
        .route("/invite/{secret}", get(join::invited).post(join::accept_invitation))
        .route("/signup", get(join::open).post(join::sign_up))
        .route("/compose", get(compose::show).post(compose::send))
        .route("/posts/{id}/edit", get(edit::show).post(edit::save))
        .route("/posts/{id}/delete", get(delete::show).post(delete::delete))
        .route("/posts/{id}/report", get(report::post))
        .route("/posts/{id}/where", get(whereabouts::show))
        .route("/posts/{id}/vote", post(actions::vote))
        .route("/posts/{id}/{act}", post(actions::post))
        .route("/people/{id}/report", get(report::person).post(report::send))
        .route("/people/{id}/note", post(actions::note))
        .route("/people/{id}/{act}", post(actions::person))
        .route("/notifications", get(notifications::show).post(notifications::clear))
        .route("/requests", get(requests::show))
        .route("/requests/log", get(requests::log))
        .route("/requests/log/{id}/undo", post(requests::undo))
        .route("/requests/{id}/{answer}", post(requests::answer))
        .route("/decisions", get(statement::list))
        .route("/statement/{id}/{code}", get(statement::show).post(statement::appeal))
        .route("/search", get(search::show))
        .route("/authorize_interaction", get(search::remote))
        .route("/media/proxy/{signature}/{url}", get(picture::show))
        .route("/{handle}", get(profile::show))
        .route("/{handle}/followers", get(people::followers))
        .route("/{handle}/following", get(people::following))
        .route("/{handle}/{id}", get(thread::show))
        .merge(messages::router())
        .merge(settings::router())
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
}

/// The name behind the `@` of a path; other paths of that shape are nothing.
fn handle(segment: &str) -> Result<landbridge_model::Acct, PageError> {
    let name = segment.strip_prefix('@').and_then(|name| name.parse().ok());
    name.ok_or(PageError::Hub(HubError::NotFound))
}

fn id(segment: &str) -> Result<Id, PageError> {
    segment.parse().map_err(|_| PageError::Hub(HubError::NotFound))
}

/// `?older=<id>`: what is older than this one; `?newer=<id>`: what is next to it.
#[derive(Default, serde::Deserialize)]
struct Paging {
    older: Option<String>,
    newer: Option<String>,
}

/// Posts or people on one page.
const PER_PAGE: u32 = 20;

impl Paging {
    fn page(&self) -> Page {
        let read = |text: &Option<String>| text.as_deref().and_then(|t| t.parse().ok());
        Page { max: read(&self.older), min: read(&self.newer), since: None, limit: PER_PAGE }
    }

    /// Links to the pages before and after one that has these ids.
    fn links(&self, path: &str, ids: impl Iterator<Item = Id>) -> Links {
        let ids: Vec<Id> = ids.collect();
        let link = |name: &str, id: Option<&Id>| {
            id.map(|id| format!("{path}{}{name}={id}", if path.contains('?') { '&' } else { '?' }))
        };
        let is_first = self.older.is_none() && self.newer.is_none();
        let is_full = ids.len() >= PER_PAGE as usize || self.newer.is_some();
        Links {
            newer: link("newer", ids.first()).filter(|_| !is_first),
            older: link("older", ids.last()).filter(|_| is_full),
        }
    }
}

/// To the pages with newer and older things.
struct Links {
    newer: Option<String>,
    older: Option<String>,
}
