//! `chat.bsky.actor.declaration/self`: who may begin a conversation with the member on AT Protocol's chat service. Strangers
//! cannot be asked to wait there by us, so a rule that holds them is said as "whom I follow". What an app of the member has
//! written stays until the member's rule says something else than before.

use super::{Records, Staging, block, nsid};
use crate::{data::Map, facts::Facts, repo::Write, syntax::RecordKey};
use landbridge_hub::{HubError, gate::PrivateFrom};
use landbridge_model::Network;
use landbridge_store::entities::presences;

pub const DECLARATION: &str = "chat.bsky.actor.declaration";
const SELF: &str = "self";
const FIELD: &str = "allowIncoming";
/// What counts when nothing was said.
const USUAL: &str = "following";

impl Staging<'_> {
    pub(super) async fn declare_chat(&self, made: &mut Records) -> Result<(), HubError> {
        let member = self.act.member.id;
        let wanted = match self.hub.private_from(member).await? {
            PrivateFrom::Nobody => "none",
            PrivateFrom::Followed => "following",
            PrivateFrom::Everybody if self.hub.asks_before_messages(member).await? => "following",
            PrivateFrom::Everybody => "all",
        };
        let facts = Facts::of(&self.act.presence);
        let said = if facts.chat.is_empty() { USUAL } else { facts.chat.as_str() };
        if said == wanted {
            return Ok(());
        }
        let before = match self.at.record(member, DECLARATION, SELF).await? {
            Some(stored) => Some(stored.record()?.fields().clone()),
            None => None,
        };
        let rkey = RecordKey::parse(SELF).map_err(|_| HubError::Damaged("a record key"))?;
        let mut fields = before.clone().unwrap_or_else(Map::new);
        fields.insert(FIELD, wanted);
        let block = block(DECLARATION, fields)?;
        made.writes.push(match before {
            Some(_) => Write::Update(nsid(DECLARATION)?, rkey, block),
            None => Write::Create(nsid(DECLARATION)?, rkey, block),
        });
        let facts = Facts { chat: wanted.into(), ..facts };
        let native_id = &self.act.presence.native_id;
        made.changes.push(presences::set_facts(Network::AtProto, native_id, &facts.value()));
        Ok(())
    }
}
