//! `POST /api/v1/reports`: docs/methods/reports

use crate::{
    Both,
    auth::Auth,
    door::Door,
    entities::{Account, Show},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::{Router, extract::State, routing::post};
use landbridge_hub::publish::NewReport;
use landbridge_model::Time;
use serde::Serialize;

pub(crate) fn routes() -> Router<Door> {
    Router::new().both("/api/v1/reports", post(create))
}

/// docs/entities/Report
#[derive(Serialize)]
struct Report<'a> {
    id: String,
    action_taken: bool,
    action_taken_at: Option<String>,
    category: &'a str,
    comment: &'a str,
    forwarded: bool,
    created_at: String,
    status_ids: Vec<String>,
    rule_ids: [&'a str; 0],
    target_account: Account<'a>,
}

async fn create(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:reports")?;
    let target = door.hub.actor(params.id("account_id").ok_or_else(ApiError::not_found)?).await?;
    let posts = params.ids("status_ids");
    let comment = params.text("comment").unwrap_or_default();
    let category = match params.filled("category") {
        None => "other",
        Some(known @ ("spam" | "legal" | "violation" | "other")) => known,
        Some(_) => return Err(ApiError::invalid("category is not included in the list")),
    };
    let forwarded = params.is("forward");
    let new = NewReport {
        target: target.id,
        posts: &posts,
        comment,
        category,
        forward: forwarded,
        // A parameter of ours: no app says so by accident.
        in_public: params.is("landbridge_public"),
    };
    let id = door.hub.report(me, new).await?;
    let show = Show::people(&door, Some(me), [&target]).await?;
    Ok(Answer::one(&Report {
        id: id.to_string(),
        action_taken: false,
        action_taken_at: None,
        category,
        comment,
        forwarded,
        created_at: Time::now().rfc3339(),
        status_ids: posts.iter().map(|id| id.to_string()).collect(),
        rule_ids: [],
        target_account: Account::new(&show, &target),
    }))
}
