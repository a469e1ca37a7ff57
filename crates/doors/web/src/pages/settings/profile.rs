//! `GET /settings`, `POST /settings`: what others see of a member.

use super::signed;
use crate::{
    fields::Fields,
    frame::{Frame, page_with},
    pages::Answer,
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use landbridge_hub::HubError;
use landbridge_media::Purpose;
use landbridge_model::{ActorKind, Field, Picture, Profile, richtext, safe_display_name};

/// Facts on a profile.
const FIELDS: usize = 4;

#[derive(Template)]
#[template(path = "settings/profile.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    problem: Option<String>,
    display_name: String,
    bio: String,
    avatar_alt: String,
    header_alt: String,
    has_avatar: bool,
    has_header: bool,
    fields: Vec<(String, String)>,
    locked: bool,
    bot: bool,
    discoverable: bool,
    indexable: bool,
    hide_collections: bool,
}

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    form(&web, &signed, None).await
}

pub async fn save(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    let old = signed.member.actor.profile.clone();
    let avatar = picture(&web, &fields, "avatar", Purpose::Avatar, old.avatar.clone()).await;
    let header = picture(&web, &fields, "header", Purpose::Header, old.header.clone()).await;
    let (avatar, header) = match (avatar, header) {
        (Ok(avatar), Ok(header)) => (avatar, header),
        (Err(HubError::Invalid(why)), _) | (_, Err(HubError::Invalid(why))) => {
            return form(&web, &signed, Some(format!("A picture could not be taken: {why}."))).await;
        }
        (Err(e), _) | (_, Err(e)) => return Err(e.into()),
    };
    let pairs = fields.all("field_name").zip(fields.all("field_value")).take(FIELDS);
    let facts = pairs.filter(|(name, value)| !name.trim().is_empty() || !value.trim().is_empty());
    let profile = Profile {
        display_name: safe_display_name(fields.get("display_name"), 60),
        bio: richtext::compose(&fields.text("bio")),
        fields: facts.map(|(name, value)| fact(&old, name.trim(), value.trim())).collect(),
        avatar,
        header,
        discoverable: Some(fields.has("discoverable")),
        indexable: fields.has("indexable"),
        hide_collections: fields.has("hide_collections"),
        ..old
    };
    web.hub.set_profile(signed.id(), profile, fields.has("locked"), fields.has("bot"), None).await?;
    Ok(Redirect::to("/settings?done=saved").into_response())
}

/// A fact that did not change keeps its proof.
fn fact(old: &Profile, name: &str, value: &str) -> Field {
    let same = old.fields.iter().find(|f| f.name == name && f.value.text == value);
    same.cloned().unwrap_or_else(|| Field {
        name: name.to_owned(),
        value: richtext::compose(value),
        verified_at: None,
    })
}

async fn picture(
    web: &Web,
    fields: &Fields,
    name: &str,
    purpose: Purpose,
    old: Option<Picture>,
) -> Result<Option<Picture>, HubError> {
    let alt = fields.get(&format!("{name}_alt"));
    match fields.file(name) {
        Some(bytes) => Ok(Some(web.hub.profile_picture(bytes, purpose, alt).await?)),
        None if fields.has(&format!("no_{name}")) => Ok(None),
        None => Ok(old.map(|p| Picture { description: alt.to_owned(), ..p })),
    }
}

async fn form(web: &Web, signed: &Signed, problem: Option<String>) -> Answer {
    let actor = &signed.member.actor;
    let profile = &actor.profile;
    let alt = |p: &Option<Picture>| p.as_ref().map(|p| p.description.clone()).unwrap_or_default();
    let mut fields: Vec<(String, String)> =
        profile.fields.iter().map(|f| (f.name.clone(), f.value.text.clone())).collect();
    fields.resize(FIELDS.max(fields.len()), Default::default());
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: Frame::new(web, &signed.visitor, "settings", "Settings").await?,
        tab: "profile",
        problem,
        display_name: profile.display_name.clone(),
        bio: profile.bio.text.clone(),
        avatar_alt: alt(&profile.avatar),
        header_alt: alt(&profile.header),
        has_avatar: profile.avatar.is_some(),
        has_header: profile.header.is_some(),
        fields,
        locked: actor.locked,
        bot: actor.kind == ActorKind::Service,
        discoverable: profile.discoverable.unwrap_or(false),
        indexable: profile.indexable,
        hide_collections: profile.hide_collections,
    };
    page_with(web, &signed.visitor, status, &page)
}
