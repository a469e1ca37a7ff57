//! Conversations of the service, and the people in them.

use super::{
    MOST_PEOPLE,
    ids::is_id,
    read,
    service::{Failed, Service},
};
use crate::remote::Param;
use landbridge_hub::HubError;
use landbridge_model::{Actor, Network};
use landbridge_store::entities::atproto_chats::{self, ConvoRow};
use serde_json::Value as Json;

/// Whoever is of a group no more, and still listed.
const PAST: &str = "chat.bsky.actor.defs#pastGroupConvoMember";

/// A conversation that a member is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convo {
    pub id: String,
    /// DIDs in order, without the member.
    pub people: Vec<String>,
    /// The member has not let it in at the service.
    pub is_request: bool,
}

impl Convo {
    pub fn of(row: &ConvoRow) -> Convo {
        Convo {
            id: row.convo.clone(),
            people: serde_json::from_str(&row.people).unwrap_or_default(),
            is_request: row.status == "request",
        }
    }

    fn row(&self) -> ConvoRow {
        ConvoRow {
            convo: self.id.clone(),
            people: people_text(&self.people),
            status: if self.is_request { "request" } else { "accepted" }.to_owned(),
        }
    }
}

/// As it is stored and looked for.
pub fn people_text(people: &[String]) -> String {
    serde_json::to_string(people).unwrap_or_default()
}

impl Service<'_> {
    /// A conversation as it is known here, else as the service tells; `None`: there is none of that id, or it is too large.
    pub async fn convo(&self, id: &str) -> Result<Option<Convo>, Failed> {
        let row =
            self.at.hub.store().row(atproto_chats::convo(self.member, id)).await.map_err(HubError::from)?;
        match row {
            Some(mut row) => Ok(Some(Convo::of(&ConvoRow::read(&mut row).map_err(HubError::from)?))),
            None => match self.query("getConvo", &[Param("convoId", id)]).await {
                Ok(answer) => self.learn(answer.get("convo").unwrap_or(&Json::Null)).await,
                Err(Failed::Refused { .. }) => Ok(None),
                Err(other) => Err(other),
            },
        }
    }

    /// Notes a `convoView`.
    pub async fn learn(&self, view: &Json) -> Result<Option<Convo>, Failed> {
        let Some(id) = view.get("id").and_then(Json::as_str).filter(|id| is_id(id)) else { return Ok(None) };
        let listed = view.get("members").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let mut people = self.others(listed);
        // Of a group only some are shown.
        let count = view.pointer("/kind/memberCount").and_then(Json::as_u64).unwrap_or(0);
        if count > MOST_PEOPLE as u64 + 1 {
            tracing::info!(convo = id, "a conversation is too large, and stays in members' own apps");
            return Ok(None);
        }
        if count > listed.len() as u64 {
            let answer =
                self.query("getConvoMembers", &[Param("convoId", id), Param("limit", "100")]).await?;
            let all = answer.get("members").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            people = self.others(all);
        }
        if people.is_empty() || people.len() > MOST_PEOPLE {
            return Ok(None);
        }
        let is_request = view.get("status").and_then(Json::as_str) == Some("request");
        let convo = Convo { id: id.to_owned(), people, is_request };
        self.note(&convo).await?;
        Ok(Some(convo))
    }

    pub async fn note(&self, convo: &Convo) -> Result<(), HubError> {
        self.at.hub.store().write(atproto_chats::put_convo(self.member, &convo.row())).await?;
        Ok(())
    }

    pub async fn forget_convo(&self, id: &str) -> Result<(), HubError> {
        self.at.hub.store().write(atproto_chats::forget_convo(self.member, id)).await?;
        Ok(())
    }

    /// Everybody listed but the member.
    fn others(&self, listed: &[Json]) -> Vec<String> {
        let is_past = |view: &Json| view.pointer("/kind/$type").and_then(Json::as_str) == Some(PAST);
        let present = listed.iter().filter(|view| !is_past(view)).take(MOST_PEOPLE + 2);
        let mut people: Vec<String> = present
            .filter_map(read::person)
            .filter(|did| *did != self.did)
            .map(|did| did.to_string())
            .collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Somebody by DID, fetched when they are not known.
    pub async fn person(&self, did: &str) -> Result<Option<Actor>, HubError> {
        let hub = &self.at.hub;
        if let Some(actor) = hub.actor_by_native(Network::AtProto, did).await? {
            return Ok(Some(actor));
        }
        for incoming in crate::lookup::fetch(self.at, hub, did).await? {
            let _ = hub.receive(incoming).await;
        }
        hub.actor_by_native(Network::AtProto, did).await
    }
}
