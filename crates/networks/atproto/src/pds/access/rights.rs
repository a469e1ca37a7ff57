//! What an app may do.

use super::{Access, PRIVILEGED, is_one_of};
use crate::{
    oauth::scopes::{Attribute, Scopes},
    pds::{XrpcError, XrpcResult},
    syntax::Nsid,
};
use std::sync::Arc;

/// By what an app was let in.
#[derive(Clone, Debug)]
pub enum Rights {
    /// The member's password.
    Full,
    /// A password for one app: everything but the account itself, and private messages only when it says so.
    App {
        privileged: bool,
    },
    /// Of an account that was taken down: nothing but what it takes to leave.
    Takendown,
    OAuth(Arc<Scopes>),
    /// A service, for one method.
    Service {
        method: String,
    },
}

/// What is done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    Delete,
}

/// What is done to the account itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// Passwords, deletion: for the member's password alone.
    Everything,
    /// Switching it off.
    Off,
    /// Switching it on.
    On,
    /// Bringing in a whole repository.
    Import,
    /// A change of the handle.
    Handle,
    /// Changes of the identity: keys, server.
    Identity,
    /// What only the member is to see, in the preferences: for the member's password alone.
    PrivatePreferences,
}

impl Access {
    /// Whether the app may do this to records of a collection; the account must be active.
    pub fn may_write(&self, collection: &Nsid, action: Action) -> XrpcResult<()> {
        self.active()?;
        match &self.rights {
            Rights::Full | Rights::App { .. } => Ok(()),
            Rights::OAuth(scopes) if scopes.may_write(collection.as_str(), action) => Ok(()),
            Rights::OAuth(_) => {
                let word = match action {
                    Action::Create => "create",
                    Action::Update => "update",
                    Action::Delete => "delete",
                };
                Err(missing(&format!("repo:{collection}?action={word}")))
            }
            Rights::Takendown | Rights::Service { .. } => Err(bad_scope()),
        }
    }

    /// Whether the app may put down blobs of a MIME type. An account that is being moved here may, too.
    pub fn may_upload(&self, mime: &str) -> XrpcResult<()> {
        match &self.rights {
            Rights::Full | Rights::App { .. } => Ok(()),
            Rights::OAuth(scopes) if scopes.may_upload(mime) => Ok(()),
            Rights::OAuth(_) => Err(missing(&format!("blob:{mime}"))),
            Rights::Service { method } if method == "com.atproto.repo.uploadBlob" => Ok(()),
            Rights::Takendown | Rights::Service { .. } => Err(bad_scope()),
        }
    }

    /// Whether the app may call a method of a service (`did:web:api.example#bsky_appview`) as the member. `*`: any method.
    pub fn may_call(&self, method: &str, service: &str) -> XrpcResult<()> {
        match &self.rights {
            Rights::Full | Rights::App { privileged: true } => Ok(()),
            Rights::App { privileged: false } if !is_one_of(method, PRIVILEGED) => Ok(()),
            Rights::App { .. } => {
                Err(XrpcError::new("InvalidToken", "this app password is not for private messages"))
            }
            Rights::OAuth(scopes) if scopes.may_call(method, service) => Ok(()),
            Rights::OAuth(_) => Err(missing(&format!("rpc:{method}?aud={service}"))),
            Rights::Takendown if method == "com.atproto.server.createAccount" => Ok(()),
            Rights::Takendown | Rights::Service { .. } => Err(bad_scope()),
        }
    }

    /// Whether the app may do this to the account itself.
    pub fn may_manage(&self, what: Account) -> XrpcResult<()> {
        match &self.rights {
            Rights::Full => Ok(()),
            Rights::App { .. } if what == Account::Handle => Ok(()),
            Rights::Takendown if matches!(what, Account::Identity | Account::Off) => Ok(()),
            Rights::OAuth(scopes) => {
                let (needed, has) = match what {
                    Account::Everything | Account::PrivatePreferences => return Err(bad_scope()),
                    Account::Off | Account::On => {
                        ("account:status?action=manage", scopes.manages(Attribute::Status))
                    }
                    Account::Import => ("account:repo?action=manage", scopes.manages(Attribute::Repo)),
                    Account::Handle => ("identity:handle", scopes.may_rename()),
                    Account::Identity => ("identity:*", scopes.may_change_identity()),
                };
                if has { Ok(()) } else { Err(missing(needed)) }
            }
            Rights::App { .. } | Rights::Takendown | Rights::Service { .. } => Err(bad_scope()),
        }
    }

    /// Anything that is no service, and not left over from an account that was taken down.
    pub fn ordinary(&self) -> XrpcResult<()> {
        match self.rights {
            Rights::Takendown | Rights::Service { .. } => Err(bad_scope()),
            _ => Ok(()),
        }
    }
}

fn bad_scope() -> XrpcError {
    XrpcError::new("InvalidToken", "Bad token scope")
}

fn missing(scope: &str) -> XrpcError {
    XrpcError {
        status: axum::http::StatusCode::FORBIDDEN,
        error: "ScopeMissingError",
        message: format!("Missing required scope \"{scope}\""),
    }
}
