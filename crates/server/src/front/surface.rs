//! Which part of the house a path belongs to: what decides its limits, and the label its metrics carry. Labels are
//! few on purpose; a path is never a label.

use http::Method;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// `/api/...`, the client API.
    Api,
    /// An upload through the client API.
    Upload,
    /// Deleting and un-boosting through the client API.
    Delete,
    /// Where a secret is tried: sign-in, sign-up, invitations, token requests.
    SignIn,
    /// Activities from other servers.
    Inbox,
    /// WebFinger, NodeInfo, nostr.json and the like.
    WellKnown,
    Relay,
    /// AT Protocol's methods.
    Xrpc,
    Media,
    /// Pages and everything else.
    Page,
}

impl Surface {
    pub fn of(method: &Method, path: &str) -> Self {
        let writes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let first = path.split('/').nth(1).unwrap_or_default();
        match first {
            "api" if writes && (path.ends_with("/media") || path.ends_with("/update_credentials")) => {
                Self::Upload
            }
            "api"
                if path.ends_with("/unreblog")
                    || (*method == Method::DELETE && path.contains("/statuses/")) =>
            {
                Self::Delete
            }
            "api" if *method == Method::POST && path == "/api/v1/accounts" => Self::SignIn,
            "api" => Self::Api,
            "oauth" | "login" | "signup" | "setup" | "invite" if writes => Self::SignIn,
            "compose" | "settings" if writes => Self::Upload,
            ".well-known" | "nodeinfo" => Self::WellKnown,
            "relay" => Self::Relay,
            "xrpc" if path.ends_with(".uploadBlob") || path.ends_with(".importRepo") => Self::Upload,
            "xrpc" => Self::Xrpc,
            "media" => Self::Media,
            _ if writes && path.ends_with("/inbox") => Self::Inbox,
            _ => Self::Page,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Upload => "upload",
            Self::Delete => "delete",
            Self::SignIn => "sign-in",
            Self::Inbox => "inbox",
            Self::WellKnown => "well-known",
            Self::Relay => "relay",
            Self::Xrpc => "xrpc",
            Self::Media => "media",
            Self::Page => "page",
        }
    }

    /// Whether a browser on another site may read the answer (surfaces: client API, discovery, media).
    pub fn cross_origin(self, path: &str) -> bool {
        match self {
            Self::Api | Self::Upload | Self::Delete | Self::WellKnown | Self::Relay | Self::Media => true,
            Self::SignIn | Self::Page | Self::Inbox | Self::Xrpc => {
                matches!(path, "/oauth/token" | "/oauth/revoke" | "/oauth/userinfo" | "/api/v1/accounts")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_limits() {
        let of = |method: Method, path| Surface::of(&method, path);
        assert_eq!(of(Method::POST, "/api/v2/media"), Surface::Upload);
        assert_eq!(of(Method::DELETE, "/api/v1/statuses/1"), Surface::Delete);
        assert_eq!(of(Method::POST, "/api/v1/statuses/1/unreblog"), Surface::Delete);
        assert_eq!(of(Method::POST, "/oauth/token"), Surface::SignIn);
        assert_eq!(of(Method::GET, "/oauth/authorize"), Surface::Page);
        assert_eq!(of(Method::POST, "/users/alice/inbox"), Surface::Inbox);
        assert_eq!(of(Method::POST, "/inbox"), Surface::Inbox);
        assert_eq!(of(Method::GET, "/inbox"), Surface::Page);
        assert!(of(Method::POST, "/oauth/token").cross_origin("/oauth/token"));
        assert!(!of(Method::POST, "/login").cross_origin("/login"));
    }
}
