//! docs/entities/Conversation, with a field of our own: `landbridge`.
//!
//! | key | |
//! |---|---|
//! | `network` | by which it goes; null between members of this server |
//! | `secrecy` | who can read what is written now: `device-e2ee`, `server-held-keys`, `server-readable`, `platform-readable`; the weakest of all that is known |
//! | `here`, `there` | the same of this side and of the other; `there` is null when it is not known |
//! | `words` | the same for people |
//! | `agreed` | what the member has agreed to |
//! | `weaker` | it is less private than that: writing on needs `landbridge_accept_weaker` |

use super::{Account, Show, Status, authors};
use crate::{door::Door, error::ApiError};
use landbridge_hub::messages::{self, Label};
use landbridge_model::Id;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
pub(crate) struct Conversation<'a> {
    id: String,
    unread: bool,
    accounts: Vec<Account<'a>>,
    last_status: Option<Status<'a>>,
    landbridge: Value,
}

impl<'a> Conversation<'a> {
    pub fn new(show: &Show<'_>, of: &'a messages::Conversation) -> Conversation<'a> {
        let mut landbridge = label(&of.label);
        if let Some(fields) = landbridge.as_object_mut() {
            fields.insert("network".into(), json!(of.network.map(|network| network.key())));
            fields.insert("agreed".into(), json!(of.agreed.key()));
            fields.insert("weaker".into(), json!(of.is_weaker()));
        }
        Conversation {
            id: of.id.to_string(),
            unread: of.unread > 0,
            accounts: of.people.iter().map(|actor| Account::new(show, actor)).collect(),
            last_status: of.last.as_ref().map(|view| Status::new(show, view)),
            landbridge,
        }
    }
}

/// `secrecy`, `here`, `there`, `words`.
pub(crate) fn label(label: &Label) -> Value {
    json!({
        "secrecy": label.secrecy.key(),
        "here": label.leg.here.key(),
        "there": label.leg.there.map(|there| there.key()),
        "words": label.words(),
    })
}

/// What showing some conversations needs.
pub(crate) async fn show_conversations<'a>(
    door: &'a Door,
    reader: Id,
    found: &[messages::Conversation],
) -> Result<Show<'a>, ApiError> {
    let mut people = Vec::new();
    for conversation in found {
        people.extend(&conversation.people);
        if let Some(view) = &conversation.last {
            authors(view, &mut people);
        }
    }
    Show::people(door, Some(reader), people).await
}
