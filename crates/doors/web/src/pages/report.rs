//! `GET /posts/{id}/report`, `GET /people/{id}/report`, `POST /people/{id}/report`: tells the moderators.

use super::{Answer, id};
use crate::{
    card::{Card, Reader},
    fields::Fields,
    frame::{Frame, page},
    person::{self, Person},
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::{HubError, PostView, publish::NewReport};
use landbridge_model::{Actor, Id, Network};

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    frame: Frame,
    person: Person,
    card: Option<Card>,
    /// The other side's server, when there is one to tell.
    host: Option<String>,
    /// There is a moderation service to tell, on AT Protocol.
    service: bool,
    /// It can be told in public, on Nostr.
    public: bool,
}

pub async fn post(State(web): State<Web>, signed: Signed, Path(post): Path<String>) -> Answer {
    let view = web.hub.view(id(&post)?, Some(signed.id())).await?;
    show(&web, &signed, &view.author, Some(&view)).await
}

pub async fn person(State(web): State<Web>, signed: Signed, Path(who): Path<String>) -> Answer {
    let actor = web.hub.actor(id(&who)?).await?;
    show(&web, &signed, &actor, None).await
}

pub async fn send(State(web): State<Web>, Path(who): Path<String>, fields: Fields) -> Answer {
    let (me, who) = (fields.visitor.id().ok_or(HubError::Unauthorized)?, id(&who)?);
    let posts: Vec<Id> = fields.all("post").filter_map(|p| p.parse().ok()).collect();
    let category = match fields.get("category") {
        known @ ("spam" | "legal" | "violation") => known,
        _ => "other",
    };
    let comment: String = fields.text("comment").chars().take(1000).collect();
    let new = NewReport {
        target: who,
        posts: &posts,
        comment: &comment,
        category,
        forward: fields.has("forward"),
        in_public: fields.has("public"),
    };
    web.hub.report(me, new).await?;
    let actor = web.hub.actor(who).await?;
    Ok(Redirect::to(&format!("{}?done=reported", person::path(&actor))).into_response())
}

async fn show(web: &Web, signed: &Signed, actor: &Actor, view: Option<&PostView>) -> Answer {
    let frame = Frame::new(web, &signed.visitor, "", "Report").await?;
    let reader = Reader::new(web, &signed.visitor, &frame);
    let card = view.map(|v| Card { is_quoted: true, ..reader.card(v) });
    let theirs: Vec<Network> = match actor.is_member() {
        true => Vec::new(),
        false => web.hub.presences(actor.id).await?.into_iter().map(|presence| presence.network).collect(),
    };
    let mine: Vec<Network> = web.hub.presences(signed.id()).await?.into_iter().map(|p| p.network).collect();
    let both = |network| theirs.contains(&network) && mine.contains(&network);
    let report = Report {
        person: Person::new(&web.hub, actor),
        card,
        host: actor.domain.clone().filter(|_| both(Network::ActivityPub)),
        service: both(Network::AtProto),
        public: both(Network::Nostr),
        frame,
    };
    page(web, &signed.visitor, &report)
}
