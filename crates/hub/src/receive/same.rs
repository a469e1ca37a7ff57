//! The same post over two networks: one post with one more copy, told once.
//!
//! That a post is a copy of another is its author's claim, and anybody can claim anything. It counts only when both are
//! the same person's (merged identities), or when the other post says so of this one too. A bridge's copy of what is
//! here already is passed over.

use super::{Sent, halt::Halt, tombs};
use crate::{CopyKind, CopyState, Hub, InPost, Received, gate};
use landbridge_model::{Id, Network, Visibility};
use landbridge_store::{
    Row, Write,
    entities::{
        awaited::{self, Awaited},
        copies::{self, CopyRow},
        home, tombstones,
    },
};

impl Hub {
    /// `Some` when the post is a copy of one that is here, and has been dealt with.
    pub(super) async fn same_elsewhere(&self, sent: &Sent, post: &InPost) -> Result<Option<Received>, Halt> {
        // What is not for all to read is not cross-posted.
        let open = post.visibility.is_none_or(Visibility::is_open);
        for (network, native_id) in post.same_as.iter().filter(|_| open) {
            let hash = self.keyed_hash(native_id);
            let mut answers = self
                .store()
                .all(vec![copies::by_native(*network, native_id), tombstones::find(hash.clone(), hash)])
                .await?
                .into_iter();
            let known = answers.next().and_then(|rows| rows.into_iter().next());
            let deleted = answers.next().is_some_and(|rows| !rows.is_empty());
            let known = known.map(|mut row| CopyRow::read(&mut row)).transpose()?;
            let Some(held) = known.filter(|copy| copy.kind == CopyKind::Post.key()) else {
                if deleted && self.is_bridged(sent).await? {
                    return Err(Halt::Ignored("a bridge's copy of a deleted post"));
                }
                continue;
            };
            let one_author = held.actor == sent.actor.id;
            let names = awaited::names(sent.network, &post.native_id, Awaited::Copy, held.object);
            if one_author || self.store().row(names).await?.is_some() {
                if CopyState::from_i64(held.state) == CopyState::Deleted {
                    return Err(Halt::Ignored("deleted"));
                }
                self.add_copy(sent, post, held.object).await?;
                return Ok(Some(Received::Duplicate));
            }
            if self.is_bridged(sent).await? {
                return Err(Halt::Ignored("a bridge's copy"));
            }
        }
        Ok(None)
    }

    /// What bridges have shown of a post before its original came leaves the home timelines; it stays in threads.
    /// `claimed`: see [`awaited::copies_of`].
    pub(super) async fn hide_bridged_copies(&self, claimed: Vec<Row>) -> Result<(), Halt> {
        let mut write = Write::default();
        for mut row in claimed {
            let (copy, domain, name): (Id, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let by_name = gate::is_bridge(&domain) || gate::is_bridge(&name);
            if by_name || self.comes_by_bridge(row.get(3)?).await? {
                write.push(home::remove(copy));
            }
        }
        self.store().write(write).await?;
        Ok(())
    }

    /// Whether a bridge has sent this, by what its network has verified: nobody is taken for one by their own word.
    async fn is_bridged(&self, sent: &Sent) -> Result<bool, Halt> {
        let domain = sent.actor.domain.as_deref().unwrap_or_default();
        // On AT Protocol the name is a host.
        let handle = sent.network == Network::AtProto && gate::is_bridge(&sent.actor.username);
        let by_name = handle || gate::is_bridge(domain);
        Ok(by_name
            || gate::host_of(&sent.native).is_some_and(gate::is_bridge)
            || self.is_behind_bridge(sent.network, &sent.native).await?)
    }

    /// Whether one of somebody's identities comes by the host of a bridge.
    async fn comes_by_bridge(&self, actor: Id) -> Result<bool, Halt> {
        for presence in self.presences(actor).await? {
            if self.is_behind_bridge(presence.network, &presence.native_id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_behind_bridge(&self, network: Network, native_id: &str) -> Result<bool, Halt> {
        let Ok(translator) = self.translator(network) else { return Ok(false) };
        Ok(translator.hosts_of(self, native_id).await?.iter().any(|host| gate::is_bridge(host)))
    }

    async fn add_copy(&self, sent: &Sent, post: &InPost, object: Id) -> Result<(), Halt> {
        let row = CopyRow {
            network: Some(sent.network),
            native_id: post.native_id.clone(),
            kind: CopyKind::Post.key().into(),
            object,
            actor: sent.actor.id,
            version: post.version.clone(),
            url: post.url.clone(),
            state: CopyState::Live as i64,
            created_at: sent.at,
        };
        let original = Some(sent.original.to_vec());
        let mut write = Write::default();
        write.extend(tombs::guard(self, sent.network, &sent.native, Some(&post.native_id), None, sent.at));
        write.push(copies::insert(&row, original, self.kept_until()));
        // Answers to this copy are answers to the post.
        write.extend(awaited::settle(sent.network, &post.native_id, object));
        self.store().write(write).await?;
        Ok(())
    }
}
