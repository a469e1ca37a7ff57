//! `POST /posts/{id}/{act}`, `POST /people/{id}/{act}`: the buttons. Each goes back to where it was pressed.

use super::{Answer, id};
use crate::{fields::Fields, web::Web};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header};
use landbridge_hub::{HubError, publish::FollowOptions};

/// `like`, `unlike`, `repost`, `unrepost`, `bookmark`, `unbookmark`, `pin`, `unpin`, `mute`, `unmute`.
pub async fn post(
    State(web): State<Web>,
    Path((post, act)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let (me, post) = (fields.visitor.id().ok_or(HubError::Unauthorized)?, id(&post)?);
    let hub = &web.hub;
    match act.as_str() {
        "like" => hub.react(me, post, "", None, None).await?,
        "unlike" => hub.unreact(me, post, "", None).await?,
        "repost" => drop(hub.repost(me, post, None, None).await?),
        "unrepost" => hub.unrepost(me, post, None).await?,
        "bookmark" => hub.bookmark(me, post, true).await?,
        "unbookmark" => hub.bookmark(me, post, false).await?,
        "pin" => hub.pin(me, post, true, None).await?,
        "unpin" => hub.pin(me, post, false, None).await?,
        "mute" => hub.mute_thread(me, post, true).await?,
        "unmute" => hub.mute_thread(me, post, false).await?,
        _ => return Err(HubError::NotFound.into()),
    }
    Ok(back(&web, &headers, &format!("p{post}"), None))
}

/// `choice`: indexes of the options.
pub async fn vote(
    State(web): State<Web>,
    Path(post): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let (me, post) = (fields.visitor.id().ok_or(HubError::Unauthorized)?, id(&post)?);
    let choices: Vec<usize> = fields.all("choice").filter_map(|c| c.parse().ok()).collect();
    if choices.is_empty() {
        return Err(HubError::invalid("Please choose something first.").into());
    }
    web.hub.vote(me, post, &choices, None).await?;
    Ok(back(&web, &headers, &format!("p{post}"), None))
}

/// `follow`, `unfollow`, `block`, `unblock`, `mute`, `unmute`, `remove` (a follower).
pub async fn person(
    State(web): State<Web>,
    Path((person, act)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let (me, person) = (fields.visitor.id().ok_or(HubError::Unauthorized)?, id(&person)?);
    let hub = &web.hub;
    let now = match act.as_str() {
        "follow" => hub.follow(me, person, FollowOptions::default(), None).await?,
        "unfollow" => hub.unfollow(me, person, None).await?,
        "block" => hub.block(me, person).await?,
        "unblock" => hub.unblock(me, person).await?,
        "mute" => hub.mute(me, person, true, None).await?,
        "unmute" => hub.unmute(me, person).await?,
        "remove" => hub.reject_follow(me, person).await?,
        _ => return Err(HubError::NotFound.into()),
    };
    let done = match act.as_str() {
        "follow" if now.requested => Some("requested"),
        "follow" => Some("followed"),
        _ => None,
    };
    Ok(back(&web, &headers, "", done))
}

/// The member's own words about somebody.
pub async fn note(
    State(web): State<Web>,
    Path(person): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let me = fields.visitor.id().ok_or(HubError::Unauthorized)?;
    web.hub.set_note(me, id(&person)?, &fields.text("note")).await?;
    Ok(back(&web, &headers, "", Some("saved")))
}

/// To the page that the button was on; home when the browser does not say.
pub fn back(web: &Web, headers: &HeaderMap, anchor: &str, done: Option<&str>) -> Response {
    let referer =
        headers.get(header::REFERER).and_then(|v| v.to_str().ok()).and_then(|r| url::Url::parse(r).ok());
    let page = referer.filter(|url| url.origin() == web.hub.config().origin.origin());
    let mut to = page.unwrap_or_else(|| web.hub.config().origin.clone());
    to.set_fragment(Some(anchor).filter(|a| !a.is_empty()));
    let kept: Vec<(String, String)> = to
        .query_pairs()
        .filter(|(k, _)| k != "done")
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect();
    to.set_query(None);
    if !kept.is_empty() || done.is_some() {
        to.query_pairs_mut().extend_pairs(kept).extend_pairs(done.map(|d| ("done", d)));
    }
    let path = to.as_str().get(to.origin().ascii_serialization().len()..).unwrap_or("/");
    Redirect::to(if path.starts_with('/') { path } else { "/" }).into_response()
}
