//! `GET /@name/{id}`: a post in its conversation, merged from all networks. Strangers see public posts of members,
//! with what link previews and other servers read.

use super::{Answer, handle, id};
use crate::{
    card::{Card, Reader},
    frame::{Frame, page},
    visitor::Visitor,
    web::Web,
};
use askama::Template;
use axum::extract::{Path, State};
use http::{HeaderValue, header};
use landbridge_hub::{CopyKind, HubError, PostView};
use landbridge_model::{Acct, Network};

#[derive(Template)]
#[template(path = "thread.html")]
struct Thread {
    frame: Frame,
    above: Vec<Card>,
    focus: Card,
    below: Vec<Card>,
}

pub async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path((name, post)): Path<(String, String)>,
) -> Answer {
    let (acct, post) = (handle(&name)?, id(&post)?);
    let view = web.hub.view(post, visitor.id()).await?;
    if !belongs(&view, &acct) || (visitor.session.is_none() && !view.author.is_member()) {
        return Err(HubError::NotFound.into());
    }
    let activity = match view.author.is_member() && view.post.visibility.is_open() {
        true => web.hub.copy_on(CopyKind::Post, post, Network::ActivityPub).await?.map(|copy| copy.native_id),
        false => None,
    };
    if visitor.session.is_some() {
        ask_for_more(&web, post);
    }
    let thread = web.hub.thread(post, visitor.id()).await?;
    let mut frame = Frame::new(&web, &visitor, "", title(&view)).await?;
    if view.author.is_member() && view.post.visibility.is_open() {
        describe(&web, &view, &mut frame);
        frame.head.activity = activity.clone();
    }
    let reader = Reader::new(&web, &visitor, &frame);
    let focus = Card { is_focus: true, ..reader.card(&view) };
    let (above, below) = (reader.cards(&thread.ancestors), reader.cards(&thread.descendants));
    let mut response = page(&web, &visitor, &Thread { above, focus, below, frame })?;
    link(&mut response, activity.as_deref());
    Ok(response)
}

/// `Link: <...>; rel="alternate"; type="application/activity+json"`.
pub fn link(response: &mut axum::response::Response, activity: Option<&str>) {
    let value = activity.map(|url| format!("<{url}>; rel=\"alternate\"; type=\"application/activity+json\""));
    if let Some(value) = value.and_then(|v| HeaderValue::from_str(&v).ok()) {
        response.headers_mut().append(header::LINK, value);
    }
}

fn belongs(view: &PostView, acct: &Acct) -> bool {
    view.author.username.eq_ignore_ascii_case(&acct.username) && view.author.domain == acct.domain
}

/// More of the conversation is fetched while the page is read; it is there at the next look.
fn ask_for_more(web: &Web, post: landbridge_model::Id) {
    let hub = web.hub.clone();
    tokio::spawn(async move {
        if let Err(e) = hub.backfill(post).await {
            tracing::debug!(%post, error = %e, "no more of a thread");
        }
    });
}

fn title(view: &PostView) -> String {
    let words = view.post.warning.as_deref().or(view.post.title.as_deref()).unwrap_or(&view.post.text.text);
    let short: String = words.chars().take(60).collect();
    let dots = if words.chars().count() > 60 { "…" } else { "" };
    format!("{}: “{}{dots}”", view.author.shown_name(), short.replace('\n', " "))
}

/// What link previews show: never what is behind a warning.
fn describe(web: &Web, view: &PostView, frame: &mut Frame) {
    let (post, config) = (&view.post, web.hub.config());
    let is_covered = post.warning.is_some() || post.sensitive;
    let words = post.warning.as_deref().unwrap_or(&post.text.text);
    frame.head.canonical = Some(view.url.clone());
    frame.head.kind = "article";
    frame.head.description = words.chars().take(300).collect();
    let first = post.media.iter().find(|m| m.preview.is_some()).filter(|_| !is_covered);
    let avatar = view.author.profile.avatar.as_ref().and_then(|p| crate::html::picture(&web.hub, p));
    let picture = first.and_then(|m| crate::html::preview(&web.hub, m));
    frame.head.image = picture.or(avatar).map(|path| config.url(&path));
    frame.head.image_description = first.and_then(|m| m.description.clone()).unwrap_or_default();
}
