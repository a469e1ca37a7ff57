//! `GET /api/landbridge/v1/conversations/:id`: one conversation: the entity of `/api/v1/conversations`, with `messages`,
//! newest first, paged by `max_id`, `min_id`, `limit`: `[{status, state, why}]`. `state` is null of messages of others; of
//! the member's own: `queued`, `sent` (some places have it), `accepted` by every server or relay that it goes to, `failed`,
//! `unknown` (an answer was lost); `why` in the other side's words, or null. Nothing says whether anybody has looked. Needs
//! `read:statuses`.
//!
//! `GET /api/landbridge/v1/ways?account_id[]=`: by which networks the member can write to all of these people, those that
//! work first, and of those the most private. Needs `read:statuses`.
//!
//! | key | |
//! |---|---|
//! | `network`, `label` | `nostr`, `Nostr` |
//! | `works` | whether it reaches all of them |
//! | `why_not` | in words, when it does not; else null |
//! | `best` | a message goes this way unless `landbridge_network` says otherwise |
//! | `why` | in words, why it is the best; else null |
//! | `secrecy`, `here`, `there`, `words` | as in a conversation |
//!
//! `POST /api/v1/statuses` takes, of a message (`visibility` is `direct`): `landbridge_network`, the way it shall go;
//! `landbridge_accept_weaker`, when the conversation has become less private.

use crate::{
    asked::Asked,
    auth::Auth,
    conversations::log_one,
    door::Door,
    entities::{Conversation, Show, Status, authors, label, show_conversations},
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;
use landbridge_model::Id;
use serde_json::{Value, json};

pub(super) async fn get(asked: Asked) -> Result<Answer, ApiError> {
    let Asked { door, auth, id, .. } = &asked;
    let me = auth.member("read:statuses")?;
    let found = [door.hub.conversation(me, *id).await?];
    let messages = door.hub.messages(me, *id, page(&asked.params(), 20)).await?;
    log_one(door, auth, *id);
    let show = show_conversations(door, me, &found).await?;
    let [conversation] = &found;
    let mut shown = serde_json::to_value(Conversation::new(&show, conversation)).unwrap_or_default();
    let mut people = Vec::new();
    messages.iter().for_each(|message| authors(&message.view, &mut people));
    let show = Show::people(door, Some(me), people).await?;
    let messages: Vec<Value> = messages
        .iter()
        .map(|message| {
            let standing = message.standing.as_ref();
            json!({
                "status": Status::new(&show, &message.view),
                "state": standing.map(|standing| standing.state.key()),
                "why": standing.and_then(|standing| standing.why.as_deref()),
            })
        })
        .collect();
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("messages".into(), messages.into());
    }
    Ok(Answer::one(&shown))
}

pub(super) async fn ways(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:statuses")?;
    let people: Vec<Id> = Params::query(&uri).ids("account_id").into_iter().take(20).collect();
    let ways = door.hub.ways(me, &people).await?;
    let best = ways.first().filter(|way| way.can.is_ok()).map(|way| way.network);
    let shown: Vec<Value> = ways
        .iter()
        .map(|way| {
            let is_best = Some(way.network) == best;
            let mut shown = label(&way.label);
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("network".into(), json!(way.network.key()));
                fields.insert("label".into(), json!(way.network.label()));
                fields.insert("works".into(), json!(way.can.is_ok()));
                fields.insert("why_not".into(), json!(way.can.as_ref().err()));
                fields.insert("best".into(), json!(is_best));
                fields
                    .insert("why".into(), json!(is_best.then(|| landbridge_hub::messages::why_best(&ways))));
            }
            shown
        })
        .collect();
    Ok(Answer::one(&shown))
}
