//! docs/entities/Relationship

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Relationship {
    id: String,
    following: bool,
    showing_reblogs: bool,
    notifying: bool,
    languages: Option<Vec<String>>,
    followed_by: bool,
    blocking: bool,
    blocked_by: bool,
    muting: bool,
    muting_notifications: bool,
    muting_expires_at: Option<String>,
    requested: bool,
    requested_by: bool,
    domain_blocking: bool,
    endorsed: bool,
    note: String,
}

impl From<landbridge_hub::Relationship> for Relationship {
    fn from(r: landbridge_hub::Relationship) -> Relationship {
        Relationship {
            id: r.target.to_string(),
            following: r.following,
            showing_reblogs: r.following && r.showing_reposts,
            notifying: r.notifying,
            languages: Some(r.languages).filter(|l| !l.is_empty()),
            followed_by: r.followed_by,
            blocking: r.blocking,
            blocked_by: r.blocked_by,
            muting: r.muting,
            muting_notifications: r.muting_notifications,
            muting_expires_at: r.muting_expires_at.map(|t| t.rfc3339()),
            requested: r.requested,
            requested_by: r.requested_by,
            domain_blocking: r.domain_blocking,
            endorsed: false,
            note: r.note,
        }
    }
}
