//! The service has a request state of its own. What a member has said at the gate is told it: whoever is let in is accepted
//! there too (`acceptConvo`), and whoever was declined or blocked is left (`leaveConvo`), of which nobody hears.

use super::{
    meet::Convo,
    service::{Failed, Service},
};
use landbridge_hub::{HubError, gate};
use landbridge_model::Network;
use landbridge_store::entities::atproto_chats::{self, ConvoRow};
use serde_json::json;

/// Conversations looked at in one go.
const MOST: i64 = 50;

pub async fn answer(service: &Service<'_>) -> Result<(), Failed> {
    let rows = service.at.hub.store().rows(atproto_chats::requests(service.member, MOST)).await;
    for mut row in rows.map_err(HubError::from)? {
        let convo = Convo::of(&ConvoRow::read(&mut row).map_err(HubError::from)?);
        let Some(let_in) = said(service, &convo).await? else { continue };
        let method = if let_in { "acceptConvo" } else { "leaveConvo" };
        match service.procedure(method, &json!({ "convoId": convo.id })).await {
            // Gone, or answered in the member's own app: its log will say.
            Ok(_) | Err(Failed::Refused { .. }) => {}
            Err(failed) => return Err(failed),
        }
        match let_in {
            true => service.note(&Convo { is_request: false, ..convo }).await?,
            false => service.forget_convo(&convo.id).await?,
        }
    }
    Ok(())
}

/// The member's answer: yes when anybody in it is let in, no when everybody was declined.
async fn said(service: &Service<'_>, convo: &Convo) -> Result<Option<bool>, HubError> {
    let (hub, mut all_declined) = (&service.at.hub, true);
    for did in &convo.people {
        let answer = match hub.actor_by_native(Network::AtProto, did).await? {
            Some(actor) => gate::answer_to_messages(hub, service.member, &actor).await?,
            // Whoever has not written yet is not known here.
            None => None,
        };
        match answer {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => all_declined = false,
        }
    }
    Ok(all_declined.then_some(false))
}
