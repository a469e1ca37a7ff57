//! An AppView's notifications (`app.bsky.notification.listNotifications`), asked for in each member's name where no stream
//! is read: they say which records concern the member, and their authors' servers prove them.

use super::{
    Later, Reader,
    records::{self, Changed},
    stopped,
};
use crate::{
    keys,
    options::Service,
    pds::service_token,
    remote::{self, Param},
    repo::Block,
    syntax::{Datetime, Did},
    translate::place::Place,
};
use landbridge_hub::{Hub, HubError, Stop};
use landbridge_model::{Id, Network, Time};
use landbridge_store::entities::{atproto_repos, cursors};
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};

const LOOK: Duration = Duration::from_secs(60);
const METHOD: &str = "app.bsky.notification.listNotifications";
/// Seconds for which a token holds.
const LIFE: i64 = 60;
const PAGES: usize = 5;
const MEMBERS: i64 = 500;

pub async fn run(reader: Arc<Reader>, mut stop: Stop) {
    let Some(view) = reader.at.options.appview.clone() else { return };
    while !*stop.borrow() {
        if let Err(Later(why)) = all(&reader, &view).await {
            tracing::info!(why, "what concerns members could not be asked for");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopped(&mut stop) => {}
        }
    }
}

async fn all(reader: &Reader, view: &Service) -> Result<(), Later> {
    let mut after = Id(0);
    loop {
        let rows =
            reader.hub.store().rows(atproto_repos::list(after, MEMBERS)).await.map_err(HubError::from)?;
        let full = rows.len() as i64 == MEMBERS;
        for mut row in rows {
            let repo = atproto_repos::RepoRow::read(&mut row).map_err(HubError::from)?;
            after = repo.actor;
            if repo.state.is_empty()
                && let Err(Later(why)) = of_member(reader, view, repo.actor, &repo.did).await
            {
                tracing::debug!(did = repo.did, why, "notifications could not be read");
            }
        }
        if !full {
            return Ok(());
        }
    }
}

/// Whoever comes here was told elsewhere of everything until now.
pub async fn nothing_before(hub: &Hub, did: &Did) -> Result<(), HubError> {
    let now = Time::now();
    hub.store().write(cursors::put(&name(did), Datetime::of(now).as_str(), now)).await?;
    Ok(())
}

/// Of the cursor.
fn name(did: &Did) -> String {
    format!("atproto:notices:{did}")
}

async fn of_member(reader: &Reader, view: &Service, member: Id, did: &str) -> Result<(), Later> {
    let Ok(did) = Did::parse(did) else { return Ok(()) };
    let key = keys::signing_key(&reader.hub, member).await?;
    let name = name(&did);
    let row = reader.hub.store().row(cursors::one(&name)).await.map_err(HubError::from)?;
    let stood: String = row.and_then(|mut row| row.get(0).ok()).unwrap_or_default();
    let (mut newest, mut cursor, mut places) = (stood.clone(), None::<String>, Vec::new());
    'pages: for _ in 0..PAGES {
        let expires = Time::now().secs() + LIFE;
        let token = service_token(&key, &did, view.did.as_str(), Some(METHOD), expires)?;
        let mut params = vec![Param("limit", "50")];
        params.extend(cursor.as_deref().map(|cursor| Param("cursor", cursor)));
        let answer = remote::json_as(&reader.at, &view.url, METHOD, &params, &token).await?;
        let Some(answer) = answer else { break };
        let list = answer.get("notifications").and_then(Json::as_array).cloned().unwrap_or_default();
        for notice in &list {
            let at = notice.get("indexedAt").and_then(Json::as_str).unwrap_or_default();
            if at <= stood.as_str() {
                break 'pages;
            }
            newest = newest.max(at.to_owned());
            places.extend(notice.get("uri").and_then(Json::as_str).and_then(Place::parse));
        }
        cursor = answer.get("cursor").and_then(Json::as_str).map(str::to_owned);
        if cursor.is_none() || list.is_empty() {
            break;
        }
    }
    // The oldest first, as they happened.
    for place in places.iter().rev().filter(|place| records::is_read(&place.collection)) {
        one(reader, place).await?;
    }
    if newest != stood {
        let change = cursors::put(&name, &newest, Time::now());
        reader.hub.store().write(change).await.map_err(HubError::from)?;
    }
    Ok(())
}

async fn one(reader: &Reader, place: &Place) -> Result<(), Later> {
    if reader.hub.copy(Network::AtProto, &place.to_string()).await?.is_some() {
        return Ok(());
    }
    // One author whose server is away does not keep the others' from the member.
    let proof = match reader.at.prove(place).await {
        Ok(Some(proof)) => proof,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::debug!(%place, %error, "not proved");
            return Ok(());
        }
    };
    let Some(found) = proof.found else { return Ok(()) };
    let record = Some(Block { cid: found.record.cid(), bytes: found.record.bytes().clone() });
    records::take(reader, &place.did, proof.rev, &[Changed { place: place.clone(), record }], false).await
}
