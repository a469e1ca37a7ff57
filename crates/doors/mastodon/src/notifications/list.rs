//! `GET /api/v1/notifications`, `/:id`, `/unread_count`: docs/methods/notifications#get

use crate::{
    at::At,
    auth::Auth,
    conversations::log,
    door::Door,
    entities::{Notification, Show, notification_type},
    error::ApiError,
    page::{Answer, ends, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;
use landbridge_hub::reading::{self, NotificationKind};
use landbridge_model::Id;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    let params = Params::query(&uri);
    let Some(kinds) = kinds(&params.texts("types"), &params.texts("exclude_types")) else {
        return Ok(Answer::empty());
    };
    let make = async {
        let found = door.hub.notifications(me, &kinds, params.id("account_id"), page(&params, 40)).await?;
        log(&door, &auth, found.iter().filter_map(|n| n.post.as_ref())).await?;
        let show = show(&door, me, &found).await?;
        let items: Vec<_> = found.iter().map(|n| Notification::new(&show, n)).collect();
        Ok(Answer::list(door.hub.config(), &uri, &items, ends(&found, |n| n.id)))
    };
    // For each grant apart: what is answered from memory is in the log of the one that has asked before.
    door.remembered(auth.0.as_ref().map(|grant| grant.id), &uri, make).await
}

pub(super) async fn one(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    let found = door.hub.notification(me, id).await?;
    log(&door, &auth, &found.post).await?;
    let show = show(&door, me, std::slice::from_ref(&found)).await?;
    Ok(Answer::one(&Notification::new(&show, &found)))
}

pub(super) async fn unread_count(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    Ok(Answer::one(&json!({ "count": door.hub.unread(me).await? })))
}

async fn show<'a>(door: &'a Door, me: Id, found: &[reading::Notification]) -> Result<Show<'a>, ApiError> {
    let posts = found.iter().filter_map(|n| n.post.as_ref());
    let mut people: Vec<_> = found.iter().map(|n| &n.actor).collect();
    posts.for_each(|view| crate::entities::authors(view, &mut people));
    Show::people(door, Some(me), people).await
}

/// Kinds to show: empty means all, `None` nothing at all.
fn kinds(types: &[String], excluded: &[String]) -> Option<Vec<NotificationKind>> {
    if types.is_empty() && excluded.is_empty() {
        return Some(Vec::new());
    }
    let listed = |list: &[String], kind| list.iter().any(|t| t == notification_type(kind));
    let kinds: Vec<_> = NotificationKind::ALL
        .into_iter()
        .filter(|k| (types.is_empty() || listed(types, *k)) && !listed(excluded, *k))
        .collect();
    (!kinds.is_empty()).then_some(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_not_ours_give_nothing() {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(kinds(&[], &[]), Some(vec![]));
        assert_eq!(kinds(&list(&["admin.report"]), &[]), None);
        assert_eq!(kinds(&list(&["favourite"]), &[]).unwrap().len(), 2);
        assert!(!kinds(&[], &list(&["follow"])).unwrap().contains(&NotificationKind::Follow));
    }
}
