//! `app.bsky.feed.threadgate`, `app.bsky.feed.postgate`: who may answer and who may quote, beside the post. What an app has
//! put into them is kept.

use super::{POST, POSTGATE, Records, Staging, THREADGATE, block, nsid, own_place, post::typed};
use crate::{
    data::{Map, Value},
    repo::Write,
    syntax::{AtUri, Datetime, RecordKey},
    translate::gates_in,
};
use landbridge_hub::{CopyKind, HubError, reading::Copy};
use landbridge_model::{Audience, Network, Post};

const NO_QUOTES: &str = "app.bsky.feed.postgate#disableRule";
/// Quotes that one record can take off.
const MOST_DETACHED: usize = 50;

impl Staging<'_> {
    /// Who may answer, who may quote: beside the post, under the same key.
    pub(super) async fn gates(
        &self,
        post: &Post,
        rkey: RecordKey,
        made: &mut Records,
    ) -> Result<(), HubError> {
        // A gate belongs to the first post of a thread.
        if let Some(rules) = reply_rules(post.reply_policy).filter(|_| post.reply_to.is_none()) {
            let fields = self.gate(THREADGATE, post, &rkey).with("allow", rules);
            made.writes.push(Write::Create(nsid(THREADGATE)?, rkey.clone(), block(THREADGATE, fields)?));
        }
        if post.quote_policy != Audience::Everyone {
            let rule = Value::Map(typed(NO_QUOTES));
            let fields = self.gate(POSTGATE, post, &rkey).with("embeddingRules", vec![rule]);
            made.writes.push(Write::Create(nsid(POSTGATE)?, rkey, block(POSTGATE, fields)?));
        }
        Ok(())
    }

    /// Another rule for quotes, of a post that is there.
    pub(super) async fn regate(
        &self,
        post: &Post,
        copies: &[Copy],
        made: &mut Records,
    ) -> Result<(), HubError> {
        let Some((rkey, before)) = self.postgate(copies).await? else { return Ok(()) };
        let closed = post.quote_policy != Audience::Everyone;
        let was_closed =
            before.as_ref().is_some_and(|gate| gates_in::who_may_quote(gate) != Audience::Everyone);
        if closed == was_closed {
            return Ok(());
        }
        let rules = if closed { vec![Value::Map(typed(NO_QUOTES))] } else { Vec::new() };
        let fields = before.clone().unwrap_or_else(|| self.gate(POSTGATE, post, &rkey));
        self.put_gate(rkey, before.is_some(), fields.with("embeddingRules", rules), made)
    }

    /// A quote is taken off.
    pub(super) async fn detach(
        &self,
        quoted: &Post,
        quoting: &str,
        made: &mut Records,
    ) -> Result<(), HubError> {
        let copies = self.hub.copies(CopyKind::Post, quoted.id).await?;
        let Some((rkey, before)) = self.postgate(&copies).await? else { return Ok(()) };
        let fields = before.clone().unwrap_or_else(|| self.gate(POSTGATE, quoted, &rkey));
        let mut detached: Vec<Value> =
            fields.get("detachedEmbeddingUris").and_then(Value::as_list).unwrap_or_default().to_vec();
        if detached.iter().any(|uri| uri.as_text() == Some(quoting)) {
            return Ok(());
        }
        // The oldest are forgotten there.
        if detached.len() >= MOST_DETACHED {
            detached.drain(..=detached.len() - MOST_DETACHED);
        }
        detached.push(Value::from(quoting));
        self.put_gate(rkey, before.is_some(), fields.with("detachedEmbeddingUris", detached), made)
    }

    /// The key of the first record of a post, and the postgate beside it.
    async fn postgate(&self, copies: &[Copy]) -> Result<Option<(RecordKey, Option<Map>)>, HubError> {
        let own = copies.iter().filter(|copy| copy.network == Network::AtProto);
        let Some(first) = own.map(|copy| &copy.native_id).min() else { return Ok(None) };
        let Some((_, rkey)) = AtUri::parse(first).ok().and_then(own_place) else { return Ok(None) };
        let stored = self.at.record(self.act.member.id, POSTGATE, rkey.as_str()).await?;
        let fields = stored.map(|stored| stored.record()).transpose()?.map(|record| record.fields().clone());
        Ok(Some((rkey, fields)))
    }

    fn gate(&self, kind: &str, post: &Post, rkey: &RecordKey) -> Map {
        let uri = format!("at://{}/{POST}/{rkey}", self.did);
        typed(kind).with("post", uri.as_str()).with("createdAt", Datetime::of(post.created_at).as_str())
    }

    fn put_gate(
        &self,
        rkey: RecordKey,
        is_there: bool,
        fields: Map,
        made: &mut Records,
    ) -> Result<(), HubError> {
        let (collection, block) = (nsid(POSTGATE)?, block(POSTGATE, fields)?);
        made.writes.push(match is_there {
            true => Write::Update(collection, rkey, block),
            false => Write::Create(collection, rkey, block),
        });
        Ok(())
    }
}

fn reply_rules(policy: Audience) -> Option<Vec<Value>> {
    let groups = policy.groups()?;
    let rules = [
        (groups.mentioned, "mentionRule"),
        (groups.following, "followingRule"),
        (groups.followers, "followerRule"),
    ];
    let meant = rules.into_iter().filter(|(is_meant, _)| *is_meant);
    Some(meant.map(|(_, name)| Value::Map(typed(&format!("app.bsky.feed.threadgate#{name}")))).collect())
}
