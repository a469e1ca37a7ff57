//! What apps get to see: docs/entities. Each entity is a struct with every key it has, null or not: strict clients
//! refuse what is missing.

mod account;
mod card;
mod conversation;
mod credential;
mod emoji;
mod media;
mod notification;
mod poll;
mod quote;
mod relationship;
mod show;
mod status;
mod tag;
mod warning;

pub(crate) use account::{Account, NO_AVATAR, NO_HEADER};
pub(crate) use conversation::{Conversation, label, show_conversations};
pub(crate) use credential::CredentialAccount;
use emoji::{CustomEmoji, emojis};
pub(crate) use media::MediaAttachment;
pub(crate) use notification::{Notification, notification_type};
pub(crate) use poll::Poll;
pub(crate) use relationship::Relationship;
pub(crate) use show::{Show, authors};
pub(crate) use status::{Status, StatusEdit, visibility, visibility_of};
pub(crate) use tag::Tag;
pub(crate) use warning::AccountWarning;
