//! `POST /api/v1/statuses`: docs/methods/statuses#create

use crate::{auth::Auth, door::Door, entities::visibility_of, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use http::HeaderMap;
use landbridge_hub::{Draft, DraftPoll};
use landbridge_model::{Audience, Id, Network};

/// Seconds that a poll runs, as `instance` tells.
pub(crate) const POLL_SHORTEST: u64 = 300;
pub(crate) const POLL_LONGEST: u64 = 2_629_746;

pub(super) async fn post(
    State(door): State<Door>,
    auth: Auth,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    if params.filled("scheduled_at").is_some() {
        return Err(ApiError::invalid("scheduled_at: this server does not publish later, only now"));
    }
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).filter(|k| !k.is_empty());
    let draft = Draft {
        application: auth.0.as_ref().map(|grant| grant.name.clone()).filter(|name| !name.is_empty()),
        idempotency: key.map(|k| k.chars().take(255).collect()),
        ..new(&door, me, &params).await?
    };
    let post = door.hub.publish(draft, None).await?;
    door.status(Some(me), &door.hub.view(post.id, Some(me)).await?).await
}

/// What the parameters of a new post ask for. What they do not say of its being sensitive is the member's default; and a
/// warning without a text is the text, as the reference server has it.
pub(crate) async fn new(door: &Door, author: Id, params: &Params) -> Result<Draft, ApiError> {
    let mut draft = draft(author, params)?;
    if !params.has("sensitive") {
        draft.sensitive = door.hub.member(author).await?.settings.sensitive;
    }
    if draft.text.trim().is_empty()
        && let Some(warning) = draft.warning.take().filter(|warning| !warning.trim().is_empty())
    {
        draft.sensitive = true;
        draft.text = warning;
    }
    Ok(draft)
}

/// What the parameters of a post or an edit ask for.
pub(super) fn draft(author: Id, params: &Params) -> Result<Draft, ApiError> {
    let visibility = match params.filled("visibility") {
        None => None,
        Some(word) => Some(
            visibility_of(word).ok_or_else(|| ApiError::invalid("visibility is not included in the list"))?,
        ),
    };
    let quote_policy = match params.filled("quote_approval_policy") {
        None => None,
        Some("public") => Some(Audience::Everyone),
        Some("followers") => Some(Audience::Followers),
        Some("nobody") => Some(Audience::Nobody),
        Some(_) => return Err(ApiError::invalid("quote_approval_policy is not included in the list")),
    };
    Ok(Draft {
        author,
        text: params.text("status").unwrap_or_default().to_owned(),
        warning: params.filled("spoiler_text").map(str::to_owned),
        sensitive: params.is("sensitive"),
        visibility,
        languages: params.filled("language").map(|l| vec![l.chars().take(35).collect()]).unwrap_or_default(),
        media: params.ids("media_ids"),
        poll: poll(params.at("poll"))?,
        reply_to: id(params, "in_reply_to_id")?,
        quote: match id(params, "quoted_status_id")? {
            None => id(params, "quote_id")?,
            quoted => quoted,
        },
        quote_policy,
        via: way(params)?,
        accept_weaker: params.is("landbridge_accept_weaker"),
        ..Draft::default()
    })
}

/// The way that a message shall go: ours alone.
fn way(params: &Params) -> Result<Option<Network>, ApiError> {
    let Some(key) = params.filled("landbridge_network") else { return Ok(None) };
    let network = Network::from_key(key);
    network.map(Some).ok_or_else(|| ApiError::invalid("landbridge_network is not included in the list"))
}

fn poll(params: &Params) -> Result<Option<DraftPoll>, ApiError> {
    let options = params.texts("options");
    if options.is_empty() {
        return Ok(None);
    }
    let seconds: u64 =
        params.number("expires_in").ok_or_else(|| ApiError::invalid("poll: expires_in can't be blank"))?;
    if !(POLL_SHORTEST..=POLL_LONGEST).contains(&seconds) {
        return Err(ApiError::invalid(format!(
            "poll: expires_in is not between {POLL_SHORTEST} and {POLL_LONGEST} seconds"
        )));
    }
    Ok(Some(DraftPoll {
        options,
        multiple: params.is("multiple"),
        hide_totals: params.is("hide_totals"),
        expires_in: Some(seconds),
    }))
}

/// An id that is given must be one.
fn id(params: &Params, key: &str) -> Result<Option<Id>, ApiError> {
    match params.filled(key) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| ApiError::not_found()),
    }
}
