//! `/settings/networks`: which networks a member is on, under which key, and what they tell each other.

use super::{knows_password, signed};
use crate::{
    error::PageError,
    fields::Fields,
    frame::{Frame, page_with},
    pages::{Answer, join},
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use landbridge_hub::{HubError, accounts::Settings};
use landbridge_model::{Network, PresenceState};

#[derive(Template)]
#[template(path = "settings/networks.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    problem: Option<String>,
    networks: Vec<Line>,
    link: bool,
    unlisted: bool,
    messages: bool,
}

struct Line {
    key: &'static str,
    label: &'static str,
    about: &'static str,
    id: Option<String>,
    active: bool,
    gone: bool,
    takes_key: bool,
    has_key: bool,
    key_shown: Option<String>,
}

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    form(&web, &signed, None, None).await
}

pub async fn save(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    let settings = Settings {
        link_identities: fields.has("link"),
        unlisted_everywhere: fields.has("unlisted"),
        private_messages: fields.has("messages"),
        ..signed.member.settings.clone()
    };
    let said_anew = settings.private_messages != signed.member.settings.private_messages;
    web.hub.set_settings(signed.id(), settings).await?;
    if said_anew {
        // Networks that say publicly where somebody takes messages say it with the profile.
        let actor = signed.member.actor;
        let bot = actor.kind == landbridge_model::ActorKind::Service;
        web.hub.set_profile(actor.id, actor.profile, actor.locked, bot, None).await?;
    }
    Ok(Redirect::to("/settings/networks?done=saved").into_response())
}

pub async fn join(State(web): State<Web>, Path(network): Path<String>, fields: Fields) -> Answer {
    let network = find(&network)?;
    let (signed, fields) = signed(fields)?;
    match web.hub.join_network(signed.id(), network, join::import(&fields, network), None).await {
        Ok(()) => Ok(Redirect::to("/settings/networks?done=joined").into_response()),
        Err(HubError::Invalid(why)) => form(&web, &signed, Some(why), None).await,
        Err(e) => Err(e.into()),
    }
}

pub async fn leave(State(web): State<Web>, Path(network): Path<String>, fields: Fields) -> Answer {
    let (signed, _) = signed(fields)?;
    web.hub.leave_network(signed.id(), find(&network)?).await?;
    Ok(Redirect::to("/settings/networks?done=left").into_response())
}

/// The secret key, once the password was given again.
pub async fn show_key(State(web): State<Web>, Path(network): Path<String>, fields: Fields) -> Answer {
    let network = find(&network)?;
    let (signed, fields) = signed(fields)?;
    if !knows_password(&web, &signed, fields.get("password")).await? {
        return form(&web, &signed, Some("That is not your password.".into()), None).await;
    }
    let secret = web.hub.exported_key(signed.id(), network).await?.ok_or(HubError::NotFound)?;
    form(&web, &signed, None, Some((network, secret))).await
}

fn find(key: &str) -> Result<Network, PageError> {
    Network::from_key(key).ok_or(PageError::Hub(HubError::NotFound))
}

async fn form(
    web: &Web,
    signed: &Signed,
    problem: Option<String>,
    shown: Option<(Network, String)>,
) -> Answer {
    let presences = web.hub.presences(signed.id()).await?;
    let networks = join::offered(web).map(|network| {
        let presence = presences.iter().find(|p| p.network == network);
        let is = |state| presence.is_some_and(|p| p.state == state);
        let choice = join::choice(network);
        let id = presence.map(|p| match network {
            Network::ActivityPub => format!("@{}", web.hub.config().address(&signed.member.actor.username)),
            _ => web.hub.shown_actor(network, &p.native_id),
        });
        Line {
            key: choice.key,
            label: choice.label,
            about: choice.about,
            id,
            active: is(PresenceState::Active),
            gone: is(PresenceState::Gone),
            takes_key: choice.takes_key,
            has_key: choice.takes_key,
            key_shown: shown.as_ref().filter(|(n, _)| *n == network).map(|(_, secret)| secret.clone()),
        }
    });
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let settings = &signed.member.settings;
    let page = Page {
        networks: networks.collect(),
        frame: Frame::new(web, &signed.visitor, "settings", "Networks").await?,
        tab: "networks",
        problem,
        link: settings.link_identities,
        unlisted: settings.unlisted_everywhere,
        messages: settings.private_messages,
    };
    page_with(web, &signed.visitor, status, &page)
}
