//! The pages of `/oauth/authorize`: plain HTML, no script.

use super::{authorize::Asked, redirect, scopes};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use landbridge_hub::{Config, FormsLead, plain_page};
use landbridge_model::{Actor, richtext::escape};
use std::fmt::Write as _;

/// Asks for consent, and for name and password when nobody is signed in. `name`: as it was typed before.
pub(super) fn consent(
    config: &Config,
    asked: &Asked,
    member: Option<&Actor>,
    name: &str,
    form_token: &str,
    problem: Option<&str>,
) -> Response {
    let app = escape(&asked.app.name);
    let mut html = format!("<h1>May {app} use your account?</h1>");
    if let Some(problem) = problem {
        let _ = write!(html, "<p class=\"problem\" role=\"alert\">{}</p>", escape(problem));
    }
    match member {
        Some(member) => {
            let _ = write!(
                html,
                "<p>You are signed in as <strong>@{}</strong>.</p>",
                escape(&config.address(&member.username))
            );
        }
        None => {
            let _ = write!(
                html,
                "<p>Sign in to your account at <strong>{}</strong> to answer.</p>",
                escape(&config.account_domain)
            );
        }
    }
    if let Some(website) = &asked.app.website {
        let _ = write!(html, "<p>The app says that it comes from <code>{}</code>.</p>", escape(website));
    }
    html.push_str("<p>It asks to:</p><ul>");
    for words in scopes::words(&asked.scopes) {
        let _ = write!(html, "<li>{}</li>", escape(&words));
    }
    let _ = write!(html, "</ul><p>Scopes: <code>{}</code></p>", escape(&asked.scopes));
    match asked.redirect_uri.as_str() {
        redirect::OUT_OF_BAND => html.push_str("<p>You will then see a code to copy into the app.</p>"),
        uri => {
            let _ = write!(html, "<p>You will then be sent to <code>{}</code>.</p>", escape(uri));
        }
    }
    html.push_str("<form method=\"post\" action=\"/oauth/authorize\">");
    let hidden = [
        ("client_id", Some(asked.app.client_id.as_str())),
        ("redirect_uri", Some(asked.redirect_uri.as_str())),
        ("response_type", Some("code")),
        ("scope", Some(asked.scopes.as_str())),
        ("state", asked.state.as_deref()),
        ("code_challenge", asked.challenge.as_deref()),
        ("code_challenge_method", asked.challenge.as_ref().map(|_| "S256")),
        ("form_token", Some(form_token)),
    ];
    for (name, value) in hidden {
        if let Some(value) = value {
            let _ = write!(html, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
        }
    }
    if member.is_none() {
        let (first, second) = if name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
        let _ = write!(
            html,
            "<label>Name <input name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" dir=\"ltr\" required{first}></label>\
             <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required{second}></label>",
            escape(name)
        );
    }
    html.push_str(
        "<button class=\"main\" name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\" formnovalidate>Do not allow</button></form>\
         <p>You can end this at any time in your settings.</p>",
    );
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, &format!("{app} asks for access"), &html)
}

/// The code, for copying.
pub(super) fn code(config: &Config, asked: &Asked, code: &str) -> Response {
    let html = format!(
        "<h1>Copy this code</h1><p>Paste it into {}, and do not give it to anybody else. It works once, for ten minutes.</p>\
         <p><input readonly class=\"oauth-code\" aria-label=\"Code\" value=\"{code}\"></p><p><code>{code}</code></p><p>{}</p>",
        escape(&asked.app.name),
        escape(&config.account_domain),
        code = escape(code),
    );
    page(StatusCode::OK, "Copy this code", &html)
}

pub(super) fn declined(asked: &Asked) -> Response {
    let html = format!(
        "<h1>Nothing was allowed</h1><p>{} has no access to your account.</p>",
        escape(&asked.app.name)
    );
    page(StatusCode::OK, "Nothing was allowed", &html)
}

pub(super) fn problem(config: &Config, status: StatusCode, why: &str) -> Response {
    let html =
        format!("<h1>This does not work</h1><p>{}</p><p>{}</p>", escape(why), escape(&config.account_domain));
    page(status, "This does not work", &html)
}

/// `title` is HTML.
fn page(status: StatusCode, title: &str, body: &str) -> Response {
    (status, plain_page(title, body, FormsLead::Onward)).into_response()
}
