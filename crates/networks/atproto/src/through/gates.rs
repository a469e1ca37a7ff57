//! Who may answer or quote a member's post, as an app of the network says in records beside it.

use super::Written;
use crate::{
    data::Map,
    translate::{
        gates_in,
        place::{POSTGATE, THREADGATE},
    },
};
use landbridge_hub::{CopyKind, CopyState, HubError, What};
use landbridge_model::{Audience, Network};

impl Written<'_> {
    /// A rule, or what holds without one.
    pub(super) async fn gate(&self, what: Option<What>) -> Result<(), HubError> {
        let Some(What::Gate { target, gate }) = what else { return Ok(()) };
        let copy = self.at.hub.copy(Network::AtProto, &target).await?;
        let own = copy.filter(|copy| {
            copy.actor == self.member && copy.kind == CopyKind::Post && copy.state == CopyState::Live
        });
        match own {
            Some(copy) => self.at.hub.set_gate(self.member, copy.object, Network::AtProto, &gate).await,
            None => Ok(()),
        }
    }

    /// Who may answer and who may quote a post that is new to the hub, as stands beside it by now.
    pub(super) async fn policies(&self) -> Result<(Option<Audience>, Option<Audience>), HubError> {
        let answers = self.beside(THREADGATE).await?.map(|gate| gates_in::who_may_answer(&gate));
        let quotes = self.beside(POSTGATE).await?.map(|gate| gates_in::who_may_quote(&gate));
        Ok((answers, quotes))
    }

    async fn beside(&self, collection: &str) -> Result<Option<Map>, HubError> {
        let Some(stored) = self.at.record(self.member, collection, &self.place.rkey).await? else {
            return Ok(None);
        };
        let fields = stored.record()?.fields().clone();
        Ok(gates_in::is_of(&fields, &self.place).then_some(fields))
    }
}
