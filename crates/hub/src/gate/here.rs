//! First contacts between members of this server. What one writes to another asks the gate like what arrives from elsewhere;
//! but it is a post here already, its author's. So nothing of it is kept twice: what is held is a line that names the post,
//! and the member who is asked first holds no key to it, and is told nothing.

use super::{Approach, Brought, Carrier, Decision, Reason, Scope, answered, question};
use crate::{CopyKind, Hub, HubError, reading::NotificationKind, receive::Thing, spread::Reached};
use landbridge_model::{Actor, Id, MarkKind, Post, Time};
use landbridge_store::{
    Change, Write,
    entities::contacts::{self, ItemRow},
};

/// What the gate says of the members whom a post names.
#[derive(Default)]
pub(crate) struct Kept {
    /// Whom it does not reach, or not before they have answered.
    pub from: Vec<Id>,
    /// For the write of the post. Fails when one of them has answered meanwhile.
    pub changes: Vec<Change>,
}

impl Hub {
    /// Asks the gate about those of some people who are members.
    pub(crate) async fn ask_here(
        &self,
        author: &Actor,
        post: &Post,
        people: &[Id],
    ) -> Result<Kept, HubError> {
        let people: Vec<Id> = people.iter().copied().filter(|id| *id != author.id).collect();
        let mut kept = Kept::default();
        if people.is_empty() {
            return Ok(kept);
        }
        let (scope, name) = (Scope::of(post.visibility), post.id.to_string());
        let approach = approach(author, post, scope);
        let answer = self.store().rows(question(&approach, &people)).await?;
        let weighed = answered(answer, &approach, self.config().gate.new_days)?;
        let brought = Brought {
            network: None,
            stranger: author,
            native: "",
            carrier: &Carrier::default(),
            scope,
            words: Some(&post.text.text),
            name: &name,
        };
        let decisions = match self.config().gate.budgets {
            true => Box::pin(self.within_budget(brought, weighed)).await?,
            false => weighed.into_iter().map(|(id, weighed)| (id, weighed.decision)).collect(),
        };
        let mut held = Vec::new();
        for (member, decision) in decisions {
            match decision {
                Decision::Accept => continue,
                Decision::Hold(reason) => held.push((member, reason)),
                Decision::Refuse(reason) => {
                    kept.changes.push(self.note_refused(member, author.id, scope, reason));
                }
                Decision::Drop(_) => {}
            }
            kept.from.push(member);
        }
        kept.changes.extend(self.hold_here(post, Time::now(), &held).await?);
        Ok(kept)
    }

    async fn hold_here(
        &self,
        post: &Post,
        at: Time,
        members: &[(Id, Reason)],
    ) -> Result<Vec<Change>, HubError> {
        let thing = Thing {
            network: None,
            stranger: post.author,
            scope: Scope::of(post.visibility),
            name: &post.id.to_string(),
            at,
            body: &[],
            original: &[],
        };
        self.hold_thing(&thing, members).await
    }

    /// A post that was held for a member reaches them, if their rules say so by now; else they are asked.
    pub(crate) async fn let_through_here(&self, item: &ItemRow) -> Result<(), HubError> {
        let Some(post) = self.held_here(item).await? else { return Ok(()) };
        let (member, author) = (item.member, self.actor(post.author).await?);
        let approach = approach(&author, &post, Scope::of(post.visibility));
        let mut write = Write::default();
        match super::decide(self, member, approach).await? {
            Decision::Accept => {}
            Decision::Hold(reason) => {
                write.extend(self.hold_here(&post, item.at, &[(member, reason)]).await?);
                self.store().write(write).await?;
                return Ok(());
            }
            Decision::Drop(_) | Decision::Refuse(_) => return Ok(()),
        }
        if !post.visibility.is_open() {
            write.extend(self.share_post_key(&self.post_key(post.id, None).await?, &[member]).await?);
        }
        let network = self.copies(CopyKind::Post, post.id).await?.first().map(|copy| copy.network);
        let joined = self.joining(&post, vec![member]).await?;
        write.extend(self.conversation_rows(&post, network, &joined, false).await?);
        write.extend(self.tell_at(
            Some(item.at),
            NotificationKind::Mention,
            author.id,
            [member],
            Some(&post),
        ));
        write.push(contacts::drop_item(item.id));
        let reached = Reached::read(self.store().write(write).await?)?;
        self.wake(reached, None);
        self.wake_conversations(post.id, joined);
        Ok(())
    }

    /// The post that a line names, while it is there and still names the member.
    pub(crate) async fn held_here(&self, item: &ItemRow) -> Result<Option<Post>, HubError> {
        let Ok(id) = item.native_id.parse::<i64>() else { return Ok(None) };
        let post = self.posts(&[Id(id)]).await?.pop();
        Ok(post.filter(|post| post.mentions.iter().any(|mention| mention.actor == item.member)))
    }
}

fn approach<'a>(author: &'a Actor, post: &Post, scope: Scope) -> Approach<'a> {
    let links = post.text.marks.iter().any(|mark| matches!(mark.kind, MarkKind::Link { .. }));
    Approach { stranger: author, limited: false, scope, link_or_media: links || !post.media.is_empty() }
}
