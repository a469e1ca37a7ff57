//! `GET /about`: what this place is, who runs it, which networks it speaks.

use super::Answer;
use crate::{
    card::{Badge, Card, Reader},
    frame::{Frame, page},
    visitor::Visitor,
    web::Web,
};
use askama::Template;
use axum::extract::State;
use landbridge_hub::{Mode, Page, Registrations, reading::PublicTimeline};

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    frame: Frame,
    description: String,
    contact: String,
    domain: String,
    networks: Vec<Badge>,
    /// How one joins.
    joining: &'static str,
    cards: Vec<Card>,
}

pub async fn show(State(web): State<Web>, visitor: Visitor) -> Answer {
    about(&web, &visitor, false).await
}

/// The start page of strangers: the same, with the latest public posts of members.
pub async fn welcome(web: &Web, visitor: &Visitor) -> Answer {
    about(web, visitor, true).await
}

async fn about(web: &Web, visitor: &Visitor, with_posts: bool) -> Answer {
    let config = web.hub.config();
    let mut frame = Frame::new(web, visitor, "about", "Welcome").await?;
    frame.head.canonical = Some(config.url(if with_posts { "/" } else { "/about" }));
    frame.head.description = config.description.clone();
    frame.head.kind = "website";
    let views = if with_posts {
        let local = PublicTimeline { local: true, ..PublicTimeline::default() };
        web.hub.public(&local, None, Page { limit: 10, ..Page::default() }).await?
    } else {
        Vec::new()
    };
    let cards = Reader::new(web, visitor, &frame).cards(&views);
    let networks = config.networks.iter().filter(|(_, mode)| **mode != Mode::Off);
    let about = About {
        description: config.description.clone(),
        contact: config.contact.clone(),
        domain: config.account_domain.clone(),
        networks: networks.map(|(n, _)| Badge { label: n.label(), key: n.key() }).collect(),
        joining: match config.registrations {
            Registrations::Open => "Anybody may join.",
            Registrations::Approval => "New members are let in by the people who run this place.",
            Registrations::Invite => "One joins by the invitation of a member.",
            Registrations::Closed => "No new members are taken in at the moment.",
        },
        cards,
        frame,
    };
    page(web, visitor, &about)
}
