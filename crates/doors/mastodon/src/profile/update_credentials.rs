//! `PATCH /api/v1/accounts/update_credentials`: docs/methods/accounts#update_credentials

use super::limits::{MAX_FIELD, MAX_FIELDS, MAX_NAME, MAX_NOTE};
use crate::{
    accounts::credential_account, auth::Auth, door::Door, entities::visibility_of, error::ApiError,
    page::Answer, params::Params,
};
use axum::extract::State;
use landbridge_hub::accounts::Settings;
use landbridge_media::Purpose;
use landbridge_model::{ActorKind, Audience, Field, Picture, Profile, richtext::compose, safe_display_name};

pub(super) async fn patch(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:accounts")?;
    let member = door.hub.member(me).await?;
    let mut settings = member.settings.clone();
    change_settings(&mut settings, &params)?;
    let mut profile = member.actor.profile.clone();
    change_profile(&mut profile, &params)?;
    picture(&door, &mut profile.avatar, &params, "avatar", Purpose::Avatar).await?;
    picture(&door, &mut profile.header, &params, "header", Purpose::Header).await?;
    let (is_locked, is_bot) = (member.actor.locked, member.actor.kind == ActorKind::Service);
    let (locked, bot) = (params.flag("locked").unwrap_or(is_locked), params.flag("bot").unwrap_or(is_bot));
    if params.has("source") {
        door.hub.set_settings(me, settings).await?;
    }
    // Every network is told of a changed profile: not for nothing.
    if profile != member.actor.profile || locked != is_locked || bot != is_bot {
        door.hub.set_profile(me, profile, locked, bot, None).await?;
    }
    credential_account(&door, me).await
}

fn change_settings(settings: &mut Settings, params: &Params) -> Result<(), ApiError> {
    let source = params.at("source");
    if let Some(word) = source.filled("privacy") {
        settings.visibility =
            visibility_of(word).ok_or_else(|| ApiError::invalid("privacy is not included in the list"))?;
    }
    if let Some(flag) = source.flag("sensitive") {
        settings.sensitive = flag;
    }
    if let Some(language) = source.text("language") {
        settings.language = language.chars().take(35).collect();
    }
    match source.filled("quote_policy") {
        None => {}
        Some("public") => settings.quote_policy = Audience::Everyone,
        Some("followers") => settings.quote_policy = Audience::Followers,
        Some("nobody") => settings.quote_policy = Audience::Nobody,
        Some(_) => return Err(ApiError::invalid("quote_policy is not included in the list")),
    }
    Ok(())
}

fn change_profile(profile: &mut Profile, params: &Params) -> Result<(), ApiError> {
    let too_long = |text: &str, most: usize| text.chars().count() > most;
    if let Some(name) = params.text("display_name") {
        if too_long(name, MAX_NAME) {
            return Err(ApiError::invalid(format!(
                "display_name is too long (maximum is {MAX_NAME} characters)"
            )));
        }
        profile.display_name = safe_display_name(name, MAX_NAME);
    }
    if let Some(note) = params.text("note") {
        if too_long(note, MAX_NOTE) {
            return Err(ApiError::invalid(format!("note is too long (maximum is {MAX_NOTE} characters)")));
        }
        profile.bio = compose(note);
    }
    if params.has("fields_attributes") {
        let old = std::mem::take(&mut profile.fields);
        for field in params.list("fields_attributes").into_iter().take(MAX_FIELDS) {
            let (name, value) =
                (field.text("name").unwrap_or_default().trim(), field.text("value").unwrap_or_default());
            if too_long(name, MAX_FIELD) || too_long(value, MAX_FIELD) {
                return Err(ApiError::invalid(format!(
                    "fields are too long (maximum is {MAX_FIELD} characters)"
                )));
            }
            if name.is_empty() && value.trim().is_empty() {
                continue;
            }
            let value = compose(value);
            let verified_at = old.iter().find(|o| o.value.text == value.text).and_then(|o| o.verified_at);
            profile.fields.push(Field { name: safe_display_name(name, MAX_FIELD), value, verified_at });
        }
    }
    if params.has("discoverable") {
        profile.discoverable = params.flag("discoverable");
    }
    profile.indexable = params.flag("indexable").unwrap_or(profile.indexable);
    profile.hide_collections = params.flag("hide_collections").unwrap_or(profile.hide_collections);
    Ok(())
}

/// A file replaces the picture, an empty text takes it away.
async fn picture(
    door: &Door,
    place: &mut Option<Picture>,
    params: &Params,
    name: &str,
    purpose: Purpose,
) -> Result<(), ApiError> {
    let said = params.text(&format!("{name}_description"));
    if let Some(file) = params.file(name) {
        let described = said.unwrap_or_default();
        *place = Some(door.hub.profile_picture(file.bytes.clone(), purpose, described).await?);
    } else if params.text(name) == Some("") {
        *place = None;
    } else if let (Some(picture), Some(text)) = (place.as_mut(), said) {
        picture.description = text.chars().take(1500).collect();
    }
    Ok(())
}
