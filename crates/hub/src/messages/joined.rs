//! Two people in members' conversations turn out to be one: their conversations go on as that one's.

use super::rows::{people_of, people_text};
use crate::{Hub, HubError};
use landbridge_model::Id;
use landbridge_store::{
    Change,
    entities::conversations::{self, ConversationRow},
};

/// Conversations that one person's becoming another changes; what is beyond stays a conversation of its own.
const MOST: i64 = 1_000;

impl Hub {
    /// For the write in which `gone` becomes `kept`.
    pub(crate) async fn joined_conversations(&self, gone: Id, kept: Id) -> Result<Vec<Change>, HubError> {
        let mut changes = Vec::new();
        for mut row in self.store().rows(conversations::with_person(gone, MOST)).await? {
            let member: Id = row.get(6)?;
            let row = ConversationRow::read(&mut row)?;
            let Some(last) = self.posts(&[row.last_post]).await?.pop() else { continue };
            let mut everybody = people_of(&row);
            everybody.iter_mut().filter(|id| **id == gone).for_each(|id| *id = kept);
            everybody.push(member);
            everybody.sort_unstable();
            everybody.dedup();
            let key = self.conversation_key(row.network, last.root, &everybody);
            everybody.retain(|id| *id != member);
            let people = people_text(&everybody);
            changes.extend(conversations::rekey(member, row.id, &key, &people));
        }
        Ok(changes)
    }
}
