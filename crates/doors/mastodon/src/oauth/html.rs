//! The pages of `/oauth/authorize`: plain HTML, no script.

use super::{authorize::Asked, redirect, scopes};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use landbridge_hub::Config;
use landbridge_model::{Actor, richtext::escape};
use std::fmt::Write as _;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
h1{font-size:1.4rem}label{display:block;margin:.75rem 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.4rem;border:1px solid #767b82;border-radius:4px}\
button{font:inherit;padding:.5rem 1.2rem;margin:1rem .5rem 0 0;border-radius:4px;border:1px solid #24527a;background:#fff;color:#24527a}\
button.main{background:#24527a;color:#fff}.problem{border-left:4px solid #b3261e;padding:.25rem .75rem}code{overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#15181b}input,button{background:#15181b;color:inherit}button.main{background:#2f6ea5}}";

/// Asks for consent, and for name and password when nobody is signed in.
pub(super) fn consent(
    config: &Config,
    asked: &Asked,
    member: Option<&Actor>,
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
        html.push_str(
            "<label>Name <input name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" required autofocus></label>\
             <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>",
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
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    );
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // No form-action: browsers apply it to the redirect after the form, too, which leads to the app.
        (
            HeaderName::from_static("content-security-policy"),
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    let headers: HeaderMap =
        fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    (status, headers, html).into_response()
}
