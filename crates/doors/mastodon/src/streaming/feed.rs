//! From what was committed to what one reader's stream says.

use super::Channel;
use crate::{
    door::Door,
    entities::{Conversation, Notification, Show, Status, authors, show_conversations},
    error::ApiError,
};
use landbridge_hub::{Event, EventKind, PostView, accounts::Grant};
use landbridge_model::{Id, Visibility};

/// One event for some of a reader's channels.
pub(super) struct Said {
    pub event: &'static str,
    /// JSON, or a bare id.
    pub payload: String,
    /// Places in the list of channels.
    pub channels: Vec<usize>,
}

/// What an event says to a reader who listens to these channels. What they may not see says nothing.
pub(super) async fn said(door: &Door, grant: &Grant, channels: &[Channel], event: &Event) -> Option<Said> {
    let reader = grant.member?;
    let mine = event.members.contains(&reader);
    let any_public = channels.iter().any(Channel::is_public);
    let concerned = mine || (event.public && any_public);
    if channels.is_empty() || !concerned {
        return None;
    }
    let found = match &event.kind {
        EventKind::Post(id) => post(door, reader, channels, *id, mine, "update").await,
        EventKind::Edited(id) => post(door, reader, channels, *id, mine, "status.update").await,
        EventKind::Deleted(id) => Ok(deleted(channels, *id, mine, event.public)),
        EventKind::Notification(id) if mine => notification(door, grant, reader, channels, *id).await,
        EventKind::Message(id) if mine => message(door, grant, reader, channels, *id).await,
        _ => Ok(None),
    };
    // Not found: not for this reader, or gone meanwhile.
    found.ok().flatten()
}

async fn post(
    door: &Door,
    reader: Id,
    channels: &[Channel],
    id: Id,
    mine: bool,
    event: &'static str,
) -> Result<Option<Said>, ApiError> {
    let open = match channels.iter().any(Channel::is_public) {
        true => door.hub.public_view(id, reader).await?,
        false => None,
    };
    let is_open = open.is_some();
    let view = match open {
        None if mine => door.hub.live_view(id, reader).await?,
        open => open,
    };
    let Some(view) = view else { return Ok(None) };
    let listens = places(channels, |c| (mine && *c == Channel::User) || (is_open && c.takes(&view)));
    if listens.is_empty() {
        return Ok(None);
    }
    Ok(Some(Said { event, payload: status(door, reader, &view).await?, channels: listens }))
}

async fn status(door: &Door, reader: Id, view: &PostView) -> Result<String, ApiError> {
    let show = Show::posts(door, Some(reader), [view]).await?;
    Ok(serde_json::to_string(&Status::new(&show, view)).unwrap_or_default())
}

/// What it was is not known any more: every public stream is told.
fn deleted(channels: &[Channel], id: Id, mine: bool, public: bool) -> Option<Said> {
    let listens = places(channels, |c| match c {
        Channel::User => mine,
        Channel::Public { .. } | Channel::Tag { .. } => public,
        Channel::Notifications | Channel::Direct => false,
    });
    (!listens.is_empty()).then(|| Said { event: "delete", payload: id.to_string(), channels: listens })
}

/// The conversation in which a message is new.
async fn message(
    door: &Door,
    grant: &Grant,
    reader: Id,
    channels: &[Channel],
    post: Id,
) -> Result<Option<Said>, ApiError> {
    let listens = places(channels, |c| *c == Channel::Direct);
    if listens.is_empty() {
        return Ok(None);
    }
    let found = [door.hub.conversation_with(reader, post).await?];
    let show = show_conversations(door, reader, &found).await?;
    let [conversation] = &found;
    door.hub.used_conversation(grant.id, conversation.id);
    let payload = serde_json::to_string(&Conversation::new(&show, conversation)).unwrap_or_default();
    Ok(Some(Said { event: "conversation", payload, channels: listens }))
}

async fn notification(
    door: &Door,
    grant: &Grant,
    reader: Id,
    channels: &[Channel],
    id: Id,
) -> Result<Option<Said>, ApiError> {
    let listens = places(channels, |c| matches!(c, Channel::User | Channel::Notifications));
    if listens.is_empty() || !grant.allows("read:notifications") {
        return Ok(None);
    }
    let found = door.hub.notification(reader, id).await?;
    let mut people = vec![&found.actor];
    if let Some(view) = &found.post {
        authors(view, &mut people);
        if view.post.visibility == Visibility::Direct {
            door.hub.used_messages(grant.id, reader, &[view.post.id]).await?;
        }
    }
    let show = Show::people(door, Some(reader), people).await?;
    let payload = serde_json::to_string(&Notification::new(&show, &found)).unwrap_or_default();
    Ok(Some(Said { event: "notification", payload, channels: listens }))
}

fn places(channels: &[Channel], takes: impl Fn(&Channel) -> bool) -> Vec<usize> {
    channels.iter().enumerate().filter(|(_, c)| takes(c)).map(|(i, _)| i).collect()
}
