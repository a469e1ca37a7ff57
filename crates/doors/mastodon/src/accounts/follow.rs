//! `POST /api/v1/accounts/:id/{follow,unfollow,remove_from_followers}`: docs/methods/accounts#follow

use crate::{
    at::At, auth::Auth, door::Door, entities::Relationship, error::ApiError, page::Answer, params::Params,
};
use axum::extract::State;
use landbridge_hub::publish::FollowOptions;

/// Also changes the options of a follow; those that are not given stay. Whoever is elsewhere and says yes to everybody is
/// shown as followed before they have answered, as the reference server has it: apps ask only once.
pub(super) async fn follow(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:follows")?;
    let now = door.hub.relationship(me, id).await?;
    let there = now.following || now.requested;
    let options = FollowOptions {
        reposts: params.flag("reblogs").unwrap_or(!there || now.showing_reposts),
        notify: params.flag("notify").unwrap_or(now.notifying),
        languages: if params.has("languages") { params.texts("languages") } else { now.languages },
    };
    let mut shown = door.hub.follow(me, id, options, None).await?;
    if shown.requested {
        let target = door.hub.actor(id).await?;
        shown.requested = target.is_member() || target.locked;
        shown.following = !shown.requested;
    }
    Ok(Answer::one(&Relationship::from(shown)))
}

pub(super) async fn unfollow(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:follows")?;
    Ok(Answer::one(&Relationship::from(door.hub.unfollow(me, id, None).await?)))
}

pub(super) async fn remove_from_followers(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:follows")?;
    Ok(Answer::one(&Relationship::from(door.hub.reject_follow(me, id).await?)))
}
