//! A repost (boost).

use super::{Sent, clean, halt::Halt, tombs, trail::Trail};
use crate::{
    CopyKind, CopyState, Hub, Received, Via, What, gate::Scope, reading::NotificationKind, spread::Reached,
};
use landbridge_model::{Post, Visibility};
use landbridge_store::{
    Change, Fault, Write, WriteError,
    entities::{
        copies::{self, CopyRow},
        follows,
        posts::{self, Body, PostRow},
    },
};

pub(super) const ACT: &str = "repost";
const TRIES: u32 = 4;

impl Hub {
    pub(super) async fn receive_repost(
        &self,
        sent: &Sent,
        target: &str,
        visibility: Visibility,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        if !clean::is_id(target) {
            return Err(Halt::Rule("an id is empty, too long or has characters that no id has"));
        }
        let target_post = self.reposted(sent, target, trail).await?;
        let own = target_post.author == sent.actor.id;
        let visibility = match target_post.visibility {
            open if open.is_open() => visibility,
            Visibility::Followers if own => Visibility::Followers,
            _ => return Err(Halt::Ignored("a repost of what is not public")),
        };
        if self.store().row(posts::repost_by(sent.actor.id, target_post.id)).await?.is_some() {
            return Err(Halt::Duplicate);
        }
        if self.actor(target_post.author).await?.is_member() {
            let what = What::Repost { target: target.into(), visibility };
            let (named, guards) = (format!("{ACT} {target}"), guards(self, sent, target));
            self.pass(sent, target_post.author, Scope::Public, &what, &named, &guards).await?;
        }
        for _ in 0..TRIES {
            match self.write_repost(sent, target, &target_post, visibility).await {
                Err(Halt::Ignored("id taken")) => {}
                other => return other,
            }
            // Either the id, or the same repost by another name: then it is a duplicate.
            if self.store().row(posts::repost_by(sent.actor.id, target_post.id)).await?.is_some() {
                return Err(Halt::Duplicate);
            }
        }
        Err(Halt::Failed(crate::HubError::Busy))
    }

    async fn write_repost(
        &self,
        sent: &Sent,
        target: &str,
        target_post: &Post,
        visibility: Visibility,
    ) -> Result<Received, Halt> {
        let mut repost = crate::publish::blank(self.id_at(sent.at), sent.actor.id, target_post, visibility);
        (repost.origin, repost.created_at) = (Some(sent.network), sent.at);
        let mut write = Write::from(guards(self, sent, target));
        write.push(posts::require(target_post.id, "post"));
        if let Some(id) = &sent.id {
            write.push(copies::insert(
                &act_copy(sent, id, CopyKind::Repost, repost.id),
                None,
                self.kept_until(),
            ));
        }
        let row = PostRow::of(&repost, false, Body::default().bytes(), self.kept_until());
        write.push(posts::insert(&row, None, false));
        write.push(posts::count_reposts(target_post.id, 1));
        if sent.via == Via::Delivered {
            write.extend(self.home_rows(&repost, &sent.actor, Some(target_post)));
            let told = [target_post.author];
            write.extend(self.tell_sent(sent, NotificationKind::Reblog, told, Some(target_post)));
        }
        let written = self.store().write(write).await.map_err(|error| match error {
            WriteError::Store(error) if error.fault() == Some(Fault::Unique) => Halt::Ignored("id taken"),
            other => other.into(),
        })?;
        self.wake(Reached::read(written)?, Some(&repost));
        Ok(Received::Stored(Some(repost.id)))
    }

    /// The reposted post, fetched when a member follows who reposts it.
    async fn reposted(&self, sent: &Sent, target: &str, trail: &mut Trail) -> Result<Post, Halt> {
        let followed = self.store().row(follows::any_member_following(sent.actor.id)).await?.is_some();
        if let Some(post) = self.living_post(sent, target).await? {
            let author = self.actor(post.author).await?;
            return match followed || author.is_member() || sent.via == Via::Fetched {
                true => Ok(post),
                false => Err(Halt::Ignored("concerns nobody here")),
            };
        }
        if !followed && sent.via != Via::Fetched {
            return Err(Halt::Ignored("concerns nobody here"));
        }
        self.fetch_thing(sent.network, target, false, trail).await?;
        self.living_post(sent, target).await?.ok_or(Halt::Ignored("the reposted post cannot be fetched"))
    }

    /// A post (the original, when it is a repost) by native id.
    pub(super) async fn living_post(&self, sent: &Sent, native_id: &str) -> Result<Option<Post>, Halt> {
        let row = self.store().row(copies::by_native(sent.network, native_id)).await?;
        let Some(copy) = row.map(|mut row| CopyRow::read(&mut row)).transpose()? else { return Ok(None) };
        let is_post = matches!(CopyKind::from_key(&copy.kind), Some(CopyKind::Post | CopyKind::Repost));
        if !is_post || CopyState::from_i64(copy.state) == CopyState::Deleted {
            return Ok(None);
        }
        let Some(post) = self.posts(&[copy.object]).await?.pop() else { return Ok(None) };
        match post.repost_of {
            Some(original) => Ok(self.posts(&[original]).await?.pop()),
            None => Ok(Some(post)),
        }
    }
}

/// It must not have been taken back.
fn guards(hub: &Hub, sent: &Sent, target: &str) -> Vec<Change> {
    tombs::guard(hub, sent.network, &sent.native, sent.id.as_deref(), Some((ACT, target)), sent.at)
}

/// The identity of an act on its network.
pub(super) fn act_copy(sent: &Sent, id: &str, kind: CopyKind, object: landbridge_model::Id) -> CopyRow {
    CopyRow {
        network: Some(sent.network),
        native_id: id.to_owned(),
        kind: kind.key().into(),
        object,
        actor: sent.actor.id,
        version: None,
        url: None,
        state: CopyState::Live as i64,
        created_at: sent.at,
    }
}
