//! Who asks, and what they may do: sessions of apps with a password, app passwords, and OAuth.

use super::{XrpcError, XrpcResult};
use crate::{
    network::AtProto,
    syntax::{Did, Nsid},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use landbridge_model::{Id, Presence};
use std::sync::Arc;

/// A request of a member.
#[derive(Clone, Debug)]
pub struct Access {
    pub member: Id,
    pub did: Did,
    pub presence: Presence,
    /// The grant by which the app asks.
    pub grant: Id,
}

/// What is done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    Delete,
}

impl Access {
    /// Whether the app may do this to records of a collection.
    pub fn may_write(&self, _collection: &Nsid, _action: Action) -> XrpcResult<()> {
        Ok(())
    }

    /// Whether the app may put down blobs of a MIME type.
    pub fn may_upload(&self, _mime: &str) -> XrpcResult<()> {
        Ok(())
    }

    /// Whether the app may put another repository in the place of the member's.
    pub fn may_import(&self) -> XrpcResult<()> {
        Ok(())
    }

    /// Whether the app may call a method of a service (`did:web:api.example#bsky_appview`) as the member.
    pub fn may_call(&self, _method: &str, _service: &str) -> XrpcResult<()> {
        Ok(())
    }
}

impl FromRequestParts<Arc<AtProto>> for Access {
    type Rejection = XrpcError;

    async fn from_request_parts(_parts: &mut Parts, _at: &Arc<AtProto>) -> XrpcResult<Access> {
        Err(XrpcError::unauthorized("AuthMissing", "Authentication Required"))
    }
}
