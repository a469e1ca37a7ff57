//! docs/entities/Notification

use super::{Account, AccountWarning, Show, Status};
use landbridge_hub::reading::{self, NotificationKind};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Notification<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    created_at: String,
    group_key: String,
    account: Account<'a>,
    status: Option<Status<'a>>,
    /// The emoji, for apps that know such reactions; others see a favourite.
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderation_warning: Option<AccountWarning<'a>>,
}

/// The API's word.
pub(crate) fn notification_type(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Reaction => "favourite",
        kind => kind.key(),
    }
}

impl<'a> Notification<'a> {
    pub fn new(show: &Show<'_>, n: &'a reading::Notification) -> Notification<'a> {
        // The repost stands for the post that it reposts.
        let post = n.post.as_ref().map(|view| view.repost.as_deref().unwrap_or(view));
        Notification {
            id: n.id.to_string(),
            kind: notification_type(n.kind),
            created_at: n.at.rfc3339(),
            group_key: format!("ungrouped-{}", n.id),
            account: Account::new(show, &n.actor),
            status: post.map(|view| Status::new(show, view)),
            emoji: n.content.as_deref(),
            moderation_warning: n
                .decision
                .as_ref()
                .map(|decided| AccountWarning::new(show, decided, &n.actor)),
        }
    }
}
