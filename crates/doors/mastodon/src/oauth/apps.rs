//! `POST /api/v1/apps`, `GET /api/v1/apps/verify_credentials`: docs/methods/apps

use super::{redirect, scopes};
use crate::{auth::Auth, door::Door, error::ApiError, page::Answer, params::Params, push::public_key};
use axum::extract::State;
use landbridge_hub::accounts::{App, NewApp};
use serde::Serialize;

const MAX_NAME: usize = 60;
const MAX_REDIRECTS: usize = 20;

/// docs/entities/Application, docs/entities/CredentialApplication
#[derive(Serialize)]
struct Application<'a> {
    id: String,
    name: &'a str,
    website: Option<&'a str>,
    scopes: Vec<&'a str>,
    redirect_uri: String,
    redirect_uris: &'a [String],
    /// What push services know this server by.
    vapid_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u64>,
}

pub(super) async fn create(State(door): State<Door>, params: Params) -> Result<Answer, ApiError> {
    let name: String = params.required("client_name")?.trim().chars().take(MAX_NAME).collect();
    // A string with lines, or a list.
    let redirect_uris: Vec<String> =
        params.texts("redirect_uris").iter().flat_map(|t| t.split_whitespace()).map(str::to_owned).collect();
    if redirect_uris.is_empty() || redirect_uris.len() > MAX_REDIRECTS {
        return Err(ApiError::invalid("Redirect URI can't be blank"));
    }
    if !redirect_uris.iter().all(|uri| redirect::acceptable(uri)) {
        return Err(ApiError::invalid("Redirect URI must be an absolute URI"));
    }
    let asked = params.text("scopes").unwrap_or_default();
    let scopes = scopes::read(asked)
        .ok_or_else(|| ApiError::invalid("Scopes doesn't match configured on the server"))?;
    let website = params.filled("website").filter(|w| w.starts_with("https://") || w.starts_with("http://"));
    let website = website.filter(|w| w.len() <= 2000).map(str::to_owned);
    let (app, secret) = door.hub.create_app(NewApp { name, website, redirect_uris, scopes }).await?;
    let shown = Application {
        client_id: Some(&app.client_id),
        client_secret: Some(&secret),
        client_secret_expires_at: Some(0),
        ..Application::of(&app, public_key(&door.hub).await?)
    };
    Ok(Answer::one(&shown))
}

pub(super) async fn verify_credentials(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let id = auth.0.as_ref().and_then(|grant| grant.app).ok_or_else(ApiError::unauthorized)?;
    let app = door.hub.app_by_id(id).await?.ok_or_else(ApiError::unauthorized)?;
    Ok(Answer::one(&Application::of(&app, public_key(&door.hub).await?)))
}

impl<'a> Application<'a> {
    fn of(app: &'a App, vapid_key: String) -> Application<'a> {
        Application {
            id: app.id.to_string(),
            name: &app.name,
            website: app.website.as_deref(),
            scopes: app.scopes.split(' ').collect(),
            redirect_uri: app.redirect_uris.join("\n"),
            redirect_uris: &app.redirect_uris,
            vapid_key,
            client_id: None,
            client_secret: None,
            client_secret_expires_at: None,
        }
    }
}
