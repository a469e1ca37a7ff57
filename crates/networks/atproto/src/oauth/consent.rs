//! The page that asks for consent: plain HTML, no script, nothing of the app's own but its words.

use super::{
    authorize::PAGE,
    client::Client,
    par::Request,
    scopes::{Scope, Scopes},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use landbridge_hub::{FormsLead, plain_page};
use landbridge_model::richtext::escape;
use std::fmt::Write as _;

/// What the page shows.
pub struct View<'a> {
    pub client: &'a Client,
    pub request: &'a Request,
    pub request_uri: &'a str,
    pub scopes: &'a Scopes,
    /// Names of permission sets, and what they say of themselves.
    pub sets: &'a [(String, String)],
    /// Address of who is signed in in this browser.
    pub member: Option<String>,
    pub place: &'a str,
    /// As it was typed before, or as the app says.
    pub name: &'a str,
    pub form_token: &'a str,
    pub problem: Option<&'a str>,
}

pub fn page(view: &View<'_>) -> Response {
    let host = escape(&view.client.host);
    let mut html = format!("<h1>May the app at {host} use your AT Protocol account?</h1>");
    if let Some(problem) = view.problem {
        let _ = write!(html, "<p class=\"problem\" role=\"alert\">{}</p>", escape(problem));
    }
    match &view.member {
        Some(member) => {
            let _ = write!(html, "<p>You are signed in as <strong>@{}</strong>.</p>", escape(member));
        }
        None => {
            let _ = write!(
                html,
                "<p>Sign in to your account at <strong>{}</strong> to answer.</p>",
                escape(view.place)
            );
        }
    }
    if let Some(name) = &view.client.name {
        let _ = write!(
            html,
            "<p>The app calls itself “{}”. Nobody has checked that; the address above is sure.</p>",
            escape(name)
        );
    }
    if view.client.host == "localhost" {
        html.push_str("<p><strong>It is a program on your own computer, or on the computer of whoever sent you here. Go on only if you have just started it yourself.</strong></p>");
    }
    html.push_str("<p>It asks to:</p><ul>");
    for scope in view.scopes.all() {
        let title = match scope {
            Scope::Include { set, .. } => view.sets.iter().find(|(name, _)| name == set.as_str()),
            _ => None,
        };
        let words = match title {
            Some((name, title)) if !title.is_empty() => format!("{title} (set of permissions {name})"),
            _ => scope.words(),
        };
        let _ = write!(html, "<li>{}</li>", escape(&words));
    }
    html.push_str("</ul>");
    if view.scopes.all().iter().any(Scope::is_public) {
        html.push_str("<p><strong>What is written on AT Protocol is public for ever:</strong> posts, likes, follows and blocks can be read and kept by everybody. Deleting does not reach the copies of others.</p>");
    }
    let _ = write!(
        html,
        "<p><small>Scopes: <code>{}</code></small></p><p>You will then be sent to <code>{}</code>.</p>",
        escape(&view.request.scope),
        escape(&view.request.redirect_uri)
    );
    let _ = write!(html, "<form method=\"post\" action=\"{PAGE}\">");
    let hidden = [
        ("client_id", view.client.id.as_str()),
        ("request_uri", view.request_uri),
        ("form_token", view.form_token),
    ];
    for (name, value) in hidden {
        let _ = write!(html, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    if view.member.is_none() {
        let (first, second) = if view.name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
        let _ = write!(
            html,
            "<label>Name or handle <input name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" dir=\"ltr\" required{first}></label>\
             <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required{second}></label>",
            escape(view.name)
        );
    }
    html.push_str(
        "<button class=\"main\" name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\" formnovalidate>Do not allow</button></form>\
         <p>You can end this at any time in your settings, in the list of apps.</p>",
    );
    let status = if view.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, plain_page("An app asks for access", &html, FormsLead::Onward)).into_response()
}

pub fn problem(status: StatusCode, why: &str) -> Response {
    let html = format!("<h1>This does not work</h1><p>{}</p>", escape(why));
    (status, plain_page("This does not work", &html, FormsLead::Back)).into_response()
}
