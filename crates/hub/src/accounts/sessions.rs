//! Sign-ins by browser: a [`Grant`] with the purpose `web`, whose token the browser keeps in a cookie.
//!
//! Every door with pages asks here, so that one sign-in serves them all.

use super::{Grant, Member};
use crate::{Config, Hub, HubError};
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    pub grant: Grant,
    pub member: Member,
    /// The cookie's value: a secret.
    pub token: String,
}

impl Config {
    /// Name of the cookie that holds the session's token. Cookies ignore ports, so a trial's name tells its port.
    pub fn session_cookie(&self) -> String {
        if self.origin.scheme() == "https" {
            "__Host-landbridge".to_owned()
        } else {
            format!("landbridge-{}", self.origin.port_or_known_default().unwrap_or(80))
        }
    }

    /// Name of the cookie that stands in for a session while nobody is signed in: what tokens of forms are made from.
    pub fn form_cookie(&self) -> String {
        format!("{}-form", self.session_cookie())
    }
}

impl Hub {
    /// Who is signed in, by [`all_cookies`] of a request; `None`: nobody.
    pub async fn session(&self, cookies: &str) -> Result<Option<Session>, HubError> {
        let name = self.config().session_cookie();
        let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let Some((_, token)) = pairs.into_iter().find(|(key, _)| *key == name) else { return Ok(None) };
        let grant = match self.grant_of(token).await {
            Ok(grant) if grant.purpose == "web" => grant,
            Ok(_) | Err(HubError::Unauthorized | HubError::NotFound) => return Ok(None),
            Err(e) => return Err(e),
        };
        let Some(member) = grant.member else { return Ok(None) };
        match self.member(member).await {
            Ok(member) => {
                self.used(grant.id, "pages");
                Ok(Some(Session { grant, member, token: token.to_owned() }))
            }
            Err(HubError::NotFound) => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// All cookies of a request. Over HTTP/2 browsers send them in several lines (RFC 9113, section 8.2.3).
pub fn all_cookies(headers: &HeaderMap) -> String {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.collect::<Vec<_>>().join("; ")
}

/// What every form of a page carries, made from a secret that only this browser has (the session's token): another
/// site can make the browser send the cookie, but not this.
pub fn form_token(secret: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("landbridge form\0{secret}").as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}

/// Whether a form came with the right [`form_token`].
pub fn form_token_fits(secret: &str, given: &str) -> bool {
    verify_slices_are_equal(form_token(secret).as_bytes(), given.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_tokens_belong_to_one_session() {
        let token = form_token("secret");
        assert!(form_token_fits("secret", &token));
        assert!(!form_token_fits("other", &token));
        assert!(!form_token_fits("secret", ""));
        assert!(!token.contains("secret"));
    }
}
