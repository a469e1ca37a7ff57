//! What an app is told: JSON as the reference server sends it, which is documented by its source and by the apps alone.

use super::encrypt;
use crate::{
    door::Door,
    entities::{NO_AVATAR, Show, notification_type},
    error::ApiError,
};
use landbridge_hub::reading::{Notification, NotificationKind};
use landbridge_model::{Post, Visibility};
use serde::Serialize;

/// Characters of title and body.
const MOST: usize = 140;

#[derive(Serialize)]
struct Payload {
    /// Empty, since there is none to give: tokens are kept here as hashes only, so that nobody who reads the database can
    /// use them. Apps want the field. Those that are signed in to several accounts and look for theirs by it have to tell
    /// them apart by the address or the key that they subscribed with.
    access_token: &'static str,
    /// Of the title.
    preferred_locale: &'static str,
    /// A number: there are apps that read nothing else.
    notification_id: i64,
    notification_type: &'static str,
    icon: String,
    title: String,
    body: String,
}

/// The text for an app. `may_read`: its grant may read posts, also those that are not for everybody.
pub(super) async fn payload(door: &Door, n: &Notification, may_read: bool) -> Result<Vec<u8>, ApiError> {
    let show = Show::people(door, None, []).await?;
    let mut payload = Payload {
        access_token: "",
        preferred_locale: "en",
        notification_id: n.id.0,
        notification_type: notification_type(n.kind),
        icon: show.picture(n.actor.profile.avatar.as_ref(), NO_AVATAR),
        title: short(&title(n)),
        body: short(body(n, may_read)),
    };
    let mut text = serde_json::to_vec(&payload).unwrap_or_default();
    if text.len() > encrypt::MOST {
        // The one part that may be long.
        payload.icon = show.url(NO_AVATAR);
        text = serde_json::to_vec(&payload).unwrap_or_default();
    }
    Ok(text)
}

fn title(n: &Notification) -> String {
    let name = n.actor.shown_name();
    match n.kind {
        NotificationKind::Mention if post(n).is_some_and(|p| p.visibility == Visibility::Direct) => {
            format!("{name} wrote to you")
        }
        NotificationKind::Mention => format!("{name} mentioned you"),
        NotificationKind::Status => format!("{name} posted"),
        NotificationKind::Reblog => format!("{name} boosted your post"),
        NotificationKind::Follow => format!("{name} follows you"),
        NotificationKind::FollowRequest => format!("{name} asks to follow you"),
        NotificationKind::Favourite => format!("{name} liked your post"),
        NotificationKind::Reaction => {
            format!("{name} reacted to your post: {}", n.content.as_deref().unwrap_or_default())
        }
        NotificationKind::Poll => format!("A poll of {name} has ended"),
        NotificationKind::Update => format!("{name} edited a post"),
        NotificationKind::Quote => format!("{name} quoted your post"),
        NotificationKind::ModerationWarning => {
            "The moderators have decided about you or your post".to_owned()
        }
    }
}

/// What stands before a post in place of its text, its text, or who somebody is.
fn body(n: &Notification, may_read: bool) -> &str {
    match post(n) {
        Some(post) if !post.visibility.is_open() && !may_read => "",
        Some(post) => {
            let words = [post.warning.as_deref(), post.title.as_deref()].into_iter().flatten();
            words.chain([post.text.text.as_str()]).find(|text| !text.is_empty()).unwrap_or_default()
        }
        None => &n.actor.profile.bio.text,
    }
}

/// What it is about: of a repost, what that reposts.
fn post(n: &Notification) -> Option<&Post> {
    n.post.as_ref().map(|view| &view.repost.as_deref().unwrap_or(view).post)
}

/// In one line, cut.
fn short(text: &str) -> String {
    // No more words than could stand in it.
    let line = text.split_whitespace().take(MOST + 1).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        None => line,
        Some(_) => line.chars().take(MOST - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line_and_cut() {
        assert_eq!(short(" one\n two\t"), "one two");
        assert_eq!(short(&"é".repeat(MOST)), "é".repeat(MOST));
        assert_eq!(short(&"é ".repeat(MOST)), format!("{}é…", "é ".repeat(MOST / 2 - 1)));
        assert_eq!(short(&"x".repeat(MOST * 100)).chars().count(), MOST);
    }

    /// Whatever is written in them, title, body and the plain picture go into one record.
    #[test]
    fn the_longest_text_fits() {
        let longest = "\u{1}".repeat(MOST);
        let payload = Payload {
            access_token: "",
            preferred_locale: "en",
            notification_id: i64::MAX,
            notification_type: "severed_relationships",
            icon: format!("https://{}/{NO_AVATAR}", "x".repeat(253)),
            title: longest.clone(),
            body: longest,
        };
        assert!(serde_json::to_vec(&payload).unwrap().len() <= encrypt::MOST);
    }
}
