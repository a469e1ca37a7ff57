//! First contacts between members of this server. What one does that reaches another asks the gate like what arrives from
//! elsewhere; but it is here already, its author's. So nothing of it is kept twice: what is held is a line that names it,
//! and the member who is asked first holds no key to it, and is told nothing.

use super::{Approach, Brought, Carrier, Decision, Reason, Scope, answered, question};
use crate::{CopyKind, Hub, HubError, reading::NotificationKind, receive::Thing, spread::Reached};
use landbridge_model::{Actor, Id, Post, Time};
use landbridge_store::{
    Change, Write,
    entities::{
        contacts::{self, ItemRow},
        reactions,
    },
};

/// What one member does that reaches another.
#[derive(Clone, Copy)]
pub(crate) struct Deed<'a> {
    pub kind: DeedKind,
    /// Of the post, the reaction, the repost.
    pub id: Id,
    /// The post that it is, or that it is about.
    pub post: &'a Post,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeedKind {
    Mention,
    Quote,
    Like,
    Reaction,
    Repost,
}

impl DeedKind {
    /// The word before the id in a line; none of a post that names somebody.
    fn word(self) -> &'static str {
        match self {
            DeedKind::Mention => "",
            DeedKind::Quote => "quote ",
            DeedKind::Like => "like ",
            DeedKind::Reaction => "reaction ",
            DeedKind::Repost => "repost ",
        }
    }

    fn read(line: &str) -> Option<(DeedKind, Id)> {
        use DeedKind::*;
        let read = |kind: DeedKind| line.strip_prefix(kind.word())?.parse().ok().map(|id| (kind, Id(id)));
        [Mention, Quote, Like, Reaction, Repost].into_iter().find_map(read)
    }

    pub fn of_reaction(content: &str) -> DeedKind {
        if content.is_empty() { DeedKind::Like } else { DeedKind::Reaction }
    }

    pub fn told(self) -> NotificationKind {
        match self {
            DeedKind::Mention => NotificationKind::Mention,
            DeedKind::Quote => NotificationKind::Quote,
            DeedKind::Like => NotificationKind::Favourite,
            DeedKind::Reaction => NotificationKind::Reaction,
            DeedKind::Repost => NotificationKind::Reblog,
        }
    }

    /// Whether it is a post, with words.
    pub fn speaks(self) -> bool {
        matches!(self, DeedKind::Mention | DeedKind::Quote)
    }
}

impl<'a> Deed<'a> {
    pub fn mention(post: &'a Post) -> Deed<'a> {
        Deed { kind: DeedKind::Mention, id: post.id, post }
    }

    pub fn quote(post: &'a Post) -> Deed<'a> {
        Deed { kind: DeedKind::Quote, id: post.id, post }
    }

    /// As a line names it.
    pub fn name(&self) -> String {
        format!("{}{}", self.kind.word(), self.id)
    }

    /// Its author takes it back: nobody is asked about it any more.
    pub fn take_back(&self, author: Id) -> [Change; 2] {
        contacts::take_back(author, None, &self.name(), Time::now())
    }

    fn scope(&self) -> Scope {
        match self.kind.speaks() {
            true => Scope::of(self.post.visibility),
            false => Scope::of_reaction(self.post.visibility),
        }
    }

    fn words(&self) -> Option<&'a str> {
        self.kind.speaks().then_some(&self.post.text.text)
    }

    fn approach<'b>(&self, author: &'b Actor) -> Approach<'b> {
        let link_or_media = self.kind.speaks() && (self.post.text.has_link() || !self.post.media.is_empty());
        Approach { stranger: author, limited: false, scope: self.scope(), link_or_media }
    }
}

/// What the gate says of the members whom something would reach.
#[derive(Default)]
pub(crate) struct Kept {
    /// Whom it does not reach, or not before they have answered.
    pub from: Vec<Id>,
    /// For the write of it. Fails when one of them has answered meanwhile.
    pub changes: Vec<Change>,
}

/// What a line names, while it is there.
pub(crate) struct Found {
    pub kind: DeedKind,
    pub id: Id,
    pub post: Post,
    /// Of a reaction.
    pub content: String,
}

impl Hub {
    /// Asks the gate about those of some people who are members.
    pub(crate) async fn ask_here(
        &self,
        author: &Actor,
        deed: Deed<'_>,
        people: &[Id],
    ) -> Result<Kept, HubError> {
        let people: Vec<Id> = people.iter().copied().filter(|id| *id != author.id).collect();
        let mut kept = Kept::default();
        if people.is_empty() {
            return Ok(kept);
        }
        let (approach, name) = (deed.approach(author), deed.name());
        let answer = self.store().rows(question(&approach, &people)).await?;
        let weighed = answered(answer, &approach, self.config().gate.new_days)?;
        let brought = Brought {
            network: None,
            stranger: author,
            native: "",
            carrier: &Carrier::default(),
            scope: approach.scope,
            words: deed.words(),
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
                    kept.changes.push(self.note_refused(member, author.id, approach.scope, reason));
                }
                Decision::Drop(_) => {}
            }
            kept.from.push(member);
        }
        kept.changes.extend(self.hold_here(author.id, deed, Time::now(), &held).await?);
        Ok(kept)
    }

    /// Rows that tell the author of a post what a member does about it, or hold it for them.
    pub(crate) async fn tell_or_ask(&self, actor: &Actor, deed: Deed<'_>) -> Result<Vec<Change>, HubError> {
        let author = deed.post.author;
        let Kept { from, mut changes } = self.ask_here(actor, deed, &[author]).await?;
        if from.is_empty() {
            changes.extend(self.tell(deed.kind.told(), actor.id, [author], Some(deed.post)));
        }
        Ok(changes)
    }

    async fn hold_here(
        &self,
        author: Id,
        deed: Deed<'_>,
        at: Time,
        members: &[(Id, Reason)],
    ) -> Result<Vec<Change>, HubError> {
        let (name, scope) = (deed.name(), deed.scope());
        let thing =
            Thing { network: None, stranger: author, scope, name: &name, at, body: &[], original: &[] };
        self.hold_thing(&thing, members).await
    }

    /// What was held for a member reaches them, if their rules say so by now; else they are asked.
    pub(crate) async fn let_through_here(&self, item: &ItemRow) -> Result<(), HubError> {
        let Some(found) = self.held_here(item).await? else { return Ok(()) };
        let deed = Deed { kind: found.kind, id: found.id, post: &found.post };
        let (member, author) = (item.member, self.actor(item.stranger).await?);
        match super::decide(self, member, deed.approach(&author)).await? {
            Decision::Accept => {}
            Decision::Hold(reason) => {
                let changes = self.hold_here(author.id, deed, item.at, &[(member, reason)]).await?;
                self.store().write(changes).await?;
                return Ok(());
            }
            Decision::Drop(_) | Decision::Refuse(_) => return Ok(()),
        }
        let mut write = Write::from(contacts::drop_held(item.id));
        let mut joined = Vec::new();
        if deed.kind == DeedKind::Mention {
            joined = self.joining(deed.post, vec![member]).await?;
            write.extend(self.join_here(deed.post, member, &joined).await?);
        }
        write.extend(self.tell_at(Some(item.at), deed.kind.told(), author.id, [member], Some(deed.post)));
        match self.store().write(write).await.map_err(HubError::from) {
            // Let through by another at the same moment.
            Err(HubError::Conflict("duplicate")) => return Ok(()),
            written => self.wake(Reached::read(written?)?, None),
        }
        self.wake_conversations(deed.post.id, joined);
        Ok(())
    }

    /// Who was asked first becomes one of a post's readers.
    async fn join_here(&self, post: &Post, member: Id, joined: &[Id]) -> Result<Vec<Change>, HubError> {
        let mut changes = Vec::new();
        if !post.visibility.is_open() {
            changes.extend(self.share_post_key(&self.post_key(post.id, None).await?, &[member]).await?);
        }
        let network = self.copies(CopyKind::Post, post.id).await?.first().map(|copy| copy.network);
        changes.extend(self.conversation_rows(post, network, joined, false).await?);
        Ok(changes)
    }

    /// What a line names, while it is there and still concerns the member.
    pub(crate) async fn held_here(&self, item: &ItemRow) -> Result<Option<Found>, HubError> {
        let Some((kind, id)) = DeedKind::read(&item.native_id) else { return Ok(None) };
        if matches!(kind, DeedKind::Like | DeedKind::Reaction) {
            let row = self.store().row(reactions::by_id(id)).await?;
            let Some(reaction) = row.map(|mut row| reactions::read(&mut row)).transpose()? else {
                return Ok(None);
            };
            let post = self.posts(&[reaction.post]).await?.pop().filter(|post| post.author == item.member);
            return Ok(post.map(|post| Found { kind, id, post, content: reaction.content }));
        }
        let Some(post) = self.posts(&[id]).await?.pop() else { return Ok(None) };
        let found = |post| Some(Found { kind, id, post, content: String::new() });
        if kind == DeedKind::Mention {
            let named = post.mentions.iter().any(|mention| mention.actor == item.member);
            return Ok(if named { found(post) } else { None });
        }
        let about =
            if kind == DeedKind::Repost { post.repost_of } else { post.quote.as_ref().and_then(|q| q.post) };
        let Some(about) = about else { return Ok(None) };
        let about = self.posts(&[about]).await?.pop().filter(|about| about.author == item.member);
        Ok(about.and_then(|about| found(if kind == DeedKind::Repost { about } else { post })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_what_it_was_made_of() {
        use DeedKind::*;
        for kind in [Mention, Quote, Like, Reaction, Repost] {
            let line = format!("{}{}", kind.word(), Id(7));
            assert!(DeedKind::read(&line).is_some_and(|read| read == (kind, Id(7))));
        }
        assert!(DeedKind::read("like").is_none() && DeedKind::read("").is_none());
        assert!(DeedKind::read("like like 7").is_none());
    }
}
