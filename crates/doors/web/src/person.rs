//! Somebody as a page shows them.

use crate::html;
use landbridge_hub::Hub;
use landbridge_model::{Actor, ActorKind, Id};

/// Somebody, ready for a template.
pub struct Person {
    pub id: Id,
    /// Shown name, with custom emoji as pictures: HTML.
    pub name: String,
    /// Shown name as plain text.
    pub plain_name: String,
    /// `@name@host`; a key without a name is shortened.
    pub handle: String,
    /// `@name` or `@name@host`, to be written in a post.
    pub mention: String,
    /// Path of the profile here.
    pub path: String,
    pub avatar: Option<String>,
    /// Stands in for a missing picture.
    pub initial: String,
    /// 0 to 7: the colour behind the initial.
    pub tint: i64,
    pub bot: bool,
}

impl Person {
    pub fn new(hub: &Hub, actor: &Actor) -> Person {
        let plain_name = actor.shown_name().to_owned();
        let handle = match &actor.domain {
            None => format!("@{}", hub.config().address(&actor.username)),
            Some(_) => shortened(&actor.username).unwrap_or_else(|| format!("@{}", actor.acct())),
        };
        let initial =
            plain_name.chars().find(|c| c.is_alphanumeric()).unwrap_or('?').to_uppercase().to_string();
        Person {
            id: actor.id,
            name: html::inline(hub, &plain_name, &actor.profile.emojis),
            handle,
            mention: format!("@{}", actor.acct()),
            path: path(actor),
            avatar: actor.profile.avatar.as_ref().and_then(|p| html::picture(hub, p)),
            initial,
            tint: (actor.id.0 >> 12) % 8,
            bot: matches!(actor.kind, ActorKind::Service | ActorKind::Application),
            plain_name,
        }
    }
}

/// `/@name` or `/@name@host`.
pub fn path(actor: &Actor) -> String {
    format!("/@{}", actor.acct())
}

/// A key that stands for a name (an npub): its beginning and its end, which is what people compare.
fn shortened(username: &str) -> Option<String> {
    let (start, end) = (username.get(..12)?, username.get(username.len().checked_sub(6)?..)?);
    (username.len() > 50).then(|| format!("{start}…{end}"))
}
