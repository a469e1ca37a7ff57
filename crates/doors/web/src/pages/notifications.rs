//! `GET /notifications`: one list for all networks. Looking at it marks it as read. `POST` removes all.

use super::{Answer, Links, Paging};
use crate::{
    card::{Card, Reader},
    fields::Fields,
    frame::{Frame, page},
    person::Person,
    visitor::Signed,
    web::Web,
    words::When,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::{
    HubError,
    gate::Scope,
    reading::{Notification, NotificationKind},
};
use landbridge_model::Time;

#[derive(Template)]
#[template(path = "notifications.html")]
struct Notifications {
    frame: Frame,
    items: Vec<Item>,
    links: Links,
    requests: u64,
}

struct Item {
    who: Person,
    /// What they did, after their name.
    did: String,
    icon: &'static str,
    when: When,
    new: bool,
    card: Option<Card>,
    /// To the statement of reasons.
    statement: Option<String>,
}

pub async fn show(State(web): State<Web>, signed: Signed, Query(paging): Query<Paging>) -> Answer {
    let me = signed.id();
    let found = web.hub.notifications(me, &[], None, paging.page()).await?;
    let read = web.hub.markers(me).await?.into_iter().find(|m| m.0 == "notifications").map(|m| m.1);
    if let Some(newest) = found.first().map(|n| n.id).filter(|id| read.is_none_or(|read| *id > read)) {
        web.hub.set_marker(me, "notifications", newest).await?;
    }
    let frame = Frame::new(&web, &signed.visitor, "notifications", "Notices").await?;
    let reader = Reader::new(&web, &signed.visitor, &frame);
    let items = found.iter().map(|n| item(reader, n, read.is_none_or(|read| n.id > read))).collect();
    let requests = web.hub.contacts_waiting(me, &Scope::ALL).await?.strangers;
    let links = paging.links("/notifications", found.iter().map(|n| n.id));
    page(&web, &signed.visitor, &Notifications { items, links, requests, frame })
}

pub async fn clear(State(web): State<Web>, fields: Fields) -> Answer {
    let me = fields.visitor.id().ok_or(HubError::Unauthorized)?;
    web.hub.dismiss(me, None).await?;
    Ok(Redirect::to("/notifications").into_response())
}

fn item(reader: Reader, n: &Notification, new: bool) -> Item {
    let (icon, did) = match n.kind {
        NotificationKind::Mention => ("i-reply", "mentioned you".to_owned()),
        NotificationKind::Status => ("i-pen", "posted".to_owned()),
        NotificationKind::Reblog => ("i-repost", "reposted you".to_owned()),
        NotificationKind::Follow => ("i-person", "follows you".to_owned()),
        NotificationKind::FollowRequest => ("i-person", "wants to follow you".to_owned()),
        NotificationKind::Favourite => ("i-like", "likes your post".to_owned()),
        NotificationKind::Reaction => {
            ("i-like", format!("reacted with {}", n.content.as_deref().unwrap_or("an emoji")))
        }
        NotificationKind::Poll => ("i-bell", "asked in a poll that has ended".to_owned()),
        NotificationKind::Update => ("i-pen", "changed a post that you reposted".to_owned()),
        NotificationKind::Quote => ("i-repost", "quoted you".to_owned()),
        NotificationKind::ModerationWarning => ("i-bell", decided(n)),
    };
    // What somebody says to you can be answered at once; your own post is only a reminder.
    let is_theirs =
        matches!(n.kind, NotificationKind::Mention | NotificationKind::Status | NotificationKind::Quote);
    let card = n.post.as_ref().map(|view| Card { is_quoted: !is_theirs, ..reader.card(view) });
    let statement = n.decision.as_ref().map(|decision| reader.hub.statement_path(decision.id));
    let when = When::new(n.at, Time::now());
    Item { who: Person::new(reader.hub, &n.actor), did, icon, when, new, card, statement }
}

/// After the member's own name.
fn decided(n: &Notification) -> String {
    let answered = n.decision.as_ref().and_then(|d| d.appeal.as_ref()).is_some_and(|a| a.answer.is_some());
    match (answered, n.decision.as_ref().map(|decision| decision.measure.words())) {
        (true, _) => ": the moderators answered your appeal".into(),
        (false, Some(words)) => format!(": the moderators decided: {words}"),
        (false, None) => ": the moderators decided something".into(),
    }
}
