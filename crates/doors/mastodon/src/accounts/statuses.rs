//! `GET /api/v1/accounts/:id/statuses`: docs/methods/accounts#statuses

use crate::{
    asked::Asked,
    conversations::log,
    error::ApiError,
    page::{Answer, page},
};
use landbridge_hub::reading::AccountPosts;

pub(super) async fn get(asked: Asked) -> Result<Answer, ApiError> {
    let Asked { door, auth, uri, id } = &asked;
    let (reader, params, id) = (auth.reader("read:statuses")?, asked.params(), *id);
    let what = AccountPosts {
        pinned: params.is("pinned"),
        only_media: params.is("only_media"),
        exclude_replies: params.is("exclude_replies"),
        exclude_reposts: params.is("exclude_reblogs"),
        tagged: params.filled("tagged").map(str::to_owned),
    };
    let actor = door.hub.actor(id).await?;
    if reader.is_some() && !actor.is_member() && !what.pinned {
        // Somebody looks at a profile: what is new there will be here at the next look.
        let hub = door.hub.clone();
        tokio::spawn(async move {
            if let Err(why) = hub.freshen(id).await {
                tracing::debug!(%why, "recent posts could not be fetched");
            }
        });
    }
    let views = door.hub.account_posts(id, &what, reader, page(&params, 20)).await?;
    log(door, auth, &views).await?;
    if what.pinned {
        // Pins are one short list without pages.
        let answer = door.statuses(uri, reader, &views).await?;
        return Ok(answer.without_link());
    }
    door.statuses(uri, reader, &views).await
}
