//! Tokens between services (<https://atproto.com/specs/xrpc#inter-service-authentication-jwt>): one account, one audience, one
//! method, about a minute.

use super::{XrpcError, XrpcResult, now};
use crate::{crypto::PublicKey, jwt::Jwt, network::AtProto, syntax::Did};

/// Methods about the account itself: no service is ever asked or given leave to ask them in a member's name.
pub const PROTECTED: &[&str] = &[
    "com.atproto.admin.sendEmail",
    "com.atproto.identity.requestPlcOperationSignature",
    "com.atproto.identity.signPlcOperation",
    "com.atproto.identity.updateHandle",
    "com.atproto.server.activateAccount",
    "com.atproto.server.confirmEmail",
    "com.atproto.server.createAppPassword",
    "com.atproto.server.deactivateAccount",
    "com.atproto.server.getAccountInviteCodes",
    "com.atproto.server.getSession",
    "com.atproto.server.listAppPasswords",
    "com.atproto.server.requestAccountDelete",
    "com.atproto.server.requestEmailConfirmation",
    "com.atproto.server.requestEmailUpdate",
    "com.atproto.server.revokeAppPassword",
    "com.atproto.server.updateEmail",
];

/// Methods that an ordinary app password does not reach. A final dot: all that begin so.
pub const PRIVILEGED: &[&str] = &["chat.bsky.", "com.atproto.server.createAccount"];

/// Whether a method is in a list. Services need not care about capitals, so this does not either.
pub fn is_one_of(method: &str, list: &[&str]) -> bool {
    let method = method.to_ascii_lowercase();
    list.iter().map(|known| known.to_ascii_lowercase()).any(|known| match known.ends_with('.') {
        true => method.starts_with(&known),
        false => method == known,
    })
}

/// A token that a service brought. Not yet known to be genuine.
pub struct ServiceToken<'a> {
    jwt: Jwt<'a>,
    /// The account that it speaks for.
    pub issuer: Did,
    /// The one method that it is for.
    pub method: Option<String>,
}

/// Seconds that a token may live at most, and that clocks may differ.
const LONGEST: i64 = 3600;
const SKEW: i64 = 30;

impl<'a> ServiceToken<'a> {
    pub fn read(text: &'a str) -> XrpcResult<ServiceToken<'a>> {
        let bad = || XrpcError::unauthorized("BadJwt", "poorly formatted jwt");
        let jwt = Jwt::read(text).ok_or_else(bad)?;
        if matches!(jwt.header.typ.as_deref(), Some("at+jwt" | "refresh+jwt" | "dpop+jwt")) {
            return Err(XrpcError::unauthorized("BadJwtType", "this is another kind of token"));
        }
        // Some name the key of the account behind a `#`; it is looked up there anyway.
        let issuer = jwt.claims.text("iss").and_then(|iss| Did::parse(iss.split('#').next()?).ok());
        let method = jwt.claims.text("lxm").map(str::to_owned);
        Ok(ServiceToken { issuer: issuer.ok_or_else(bad)?, method, jwt })
    }

    /// Whether it is for us and this method, now.
    pub fn check(&self, at: &AtProto, method: &str) -> XrpcResult<()> {
        let refuse = |error, why| Err(XrpcError::unauthorized(error, why));
        let expires = self.jwt.claims.seconds("exp").unwrap_or_default();
        if expires <= now() - SKEW {
            return refuse("JwtExpired", "jwt expired");
        }
        if expires > now() + LONGEST + SKEW {
            return refuse("BadJwt", "the token would be good for too long");
        }
        let server = at.options.server_did();
        if !self.jwt.claims.is_for(&server) && !self.jwt.claims.is_for(&format!("{server}#atproto_pds")) {
            return refuse("BadJwtAudience", "jwt audience does not match service did");
        }
        if self.method.as_deref() != Some(method) {
            return refuse("BadJwtLexiconMethod", "the token is for another method");
        }
        Ok(())
    }

    pub fn signed_by(&self, key: &PublicKey) -> XrpcResult<()> {
        match self.jwt.is_signed_by(key) {
            true => Ok(()),
            false => {
                Err(XrpcError::unauthorized("BadJwtSignature", "jwt signature does not match jwt issuer"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_methods() {
        assert!(is_one_of("chat.bsky.convo.getLog", PRIVILEGED));
        assert!(is_one_of("Com.Atproto.Server.createaccount", PRIVILEGED));
        assert!(!is_one_of("chat.bskyx.convo", PRIVILEGED));
        assert!(!is_one_of("com.atproto.server.createAccounts", PRIVILEGED));
        assert!(is_one_of("com.atproto.identity.signPlcOperation", PROTECTED));
        assert!(!is_one_of("app.bsky.feed.getTimeline", PROTECTED));
    }
}
