//! A like or an emoji reaction.

use super::{Sent, clean, halt::Halt, repost::act_copy, tombs};
use crate::{CopyKind, Hub, Received, Via, What, gate::Scope, publish::kind_of, spread::Reached};
use landbridge_model::{Emoji, Reaction};
use landbridge_store::{
    Write,
    entities::{copies, posts, reactions},
};

/// Different reactions of one actor to one post.
const MOST: usize = 8;

/// The name of the act for tombstones by content.
pub(super) fn act(content: &str) -> String {
    format!("react {content}")
}

impl Hub {
    pub(super) async fn receive_reaction(
        &self,
        sent: &Sent,
        target: &str,
        content: String,
        emoji: Option<Emoji>,
    ) -> Result<Received, Halt> {
        let content = clean::reaction(&content).ok_or(Halt::Rule("a reaction that is no single sign"))?;
        let post = self.living_post(sent, target).await?.ok_or(Halt::Ignored("unknown post"))?;
        if !post.visibility.is_open() && !self.may_read(&post, Some(sent.actor.id)).await? {
            return Err(Halt::Ignored("a reaction to what its sender cannot read"));
        }
        let named = act(&content);
        let id = sent.id.as_deref();
        let guards = tombs::guard(self, sent.network, &sent.native, id, Some((&named, target)), sent.at);
        if post.origin.is_none() {
            let what = What::React { target: target.into(), content: content.clone(), emoji: emoji.clone() };
            let named = format!("{named} {target}");
            self.pass(sent, post.author, Scope::of_reaction(post.visibility), &what, &named, &guards).await?;
        }
        if self.store().rows(reactions::by_actor(post.id, sent.actor.id)).await?.len() >= MOST {
            return Err(Halt::Ignored("too many reactions"));
        }
        let reaction = Reaction {
            id: self.ids().next(),
            actor: sent.actor.id,
            post: post.id,
            content,
            emoji: emoji.filter(|emoji| emoji.url.starts_with("http")),
            at: sent.at,
        };
        let mut write = Write::from(guards);
        write.push(posts::require(post.id, "post"));
        write.push(reactions::insert(&reaction, Some(sent.network)));
        if let Some(id) = &sent.id {
            let copy = act_copy(sent, id, CopyKind::Reaction, reaction.id);
            write.push(copies::insert(&copy, None, self.kept_until()));
        }
        if reaction.content != "-" {
            write.push(posts::count_likes(post.id, 1));
            if sent.via == Via::Delivered {
                write.extend(self.tell_sent(sent, kind_of(&reaction.content), [post.author], Some(&post)));
            }
        }
        let written = self.store().write(write).await?;
        self.wake(Reached::read(written)?, None);
        Ok(Received::Stored(None))
    }
}
