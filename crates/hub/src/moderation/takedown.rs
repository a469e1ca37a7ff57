//! What moderators do: warn, limit, suspend, take down a post or a file; and undo it where that is possible. Each comes with
//! its decision ([`super::decisions`]), written together with what it does.

use super::decisions::{Decided, Facts, Measure, Why};
use crate::{CopyKind, Hub, HubError};
use landbridge_media::names_of;
use landbridge_model::{Actor, ActorState, Id, Picture, Post, Time};
use landbridge_store::{
    Write,
    entities::{actors, decisions, files, grants, media, tombstones},
};

/// What went with a file.
#[derive(Clone, Debug, Default)]
pub struct TakenDown {
    pub decisions: Vec<Id>,
    /// Posts of members that showed it.
    pub posts: u64,
    /// Uploads that hung on no post.
    pub uploads: u64,
    /// Members whose picture it was.
    pub pictures: u64,
}

impl Hub {
    /// Tells somebody that something is not all right. Nothing else is done.
    pub async fn warn(&self, target: Id, why: &Why) -> Result<Id, HubError> {
        let target = self.actor(target).await?;
        let (id, changes) =
            self.decide(&target, Measure::Warning, name_of(&target), why, Facts::default())?;
        self.store().write(changes).await?;
        self.decided_about(target.id);
        Ok(id)
    }

    /// Limits or suspends somebody, here or elsewhere. The networks of a member are told what they need.
    pub async fn take_down_account(&self, target: Id, measure: Measure, why: &Why) -> Result<Id, HubError> {
        let target = self.actor(target).await?;
        let state = match measure {
            Measure::Limited => ActorState::Limited,
            Measure::Suspended => ActorState::Suspended,
            _ => return Err(HubError::invalid("this is nothing that is done to an account")),
        };
        if target.state == ActorState::Deleted {
            return Err(HubError::NotFound);
        }
        let (id, mut changes) = self.decide(&target, measure, name_of(&target), why, Facts::default())?;
        if target.is_member() && state == ActorState::Suspended {
            changes.extend(grants::revoke_all(target.id, Time::now()));
        }
        self.set_state_with(target, state, changes).await?;
        Ok(id)
    }

    /// Takes down a post: of a member, everywhere, as if they had deleted it; of somebody else, here, and it does not come
    /// back.
    pub async fn take_down_post(&self, post: Id, why: &Why) -> Result<Id, HubError> {
        let post = self.post(post).await?;
        if post.repost_of.is_some() {
            return Err(HubError::invalid("this is a repost; name the post itself"));
        }
        self.remove_post_for(&post, Measure::PostRemoved, String::new(), why).await
    }

    /// Takes down a file by the hash of its content (SHA-256 in hexadecimal digits): it goes off the disk, with every post
    /// of a member that shows it, and is not taken in or fetched again.
    pub async fn take_down_file(&self, hash: &str, why: &Why) -> Result<TakenDown, HubError> {
        let hash = hash.trim().to_lowercase();
        if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(HubError::invalid("this is no hash of a file (64 hexadecimal digits)"));
        }
        // From here on nobody takes it up again.
        self.store().write(decisions::refuse(&hash, Time::now())).await?;
        let names = names_of(&hash);
        let mut taken = TakenDown::default();
        let mut holders: Vec<Id> = Vec::new();
        for mut row in self.store().rows(files::holders(&names)).await? {
            holders.push(row.get(0)?);
        }
        let mut why = why.clone();
        for holder in holders {
            if let Some(decision) = self.let_go(holder, &hash, &names, &why, &mut taken).await? {
                taken.decisions.push(decision);
                // A report is closed once.
                why.report = None;
            }
        }
        let mut write = Write::from(files::release_named(&names));
        write.extend(files::release_fetched_named(&names));
        self.store().write(write).await?;
        self.remove_doomed().await;
        metrics::counter!("hub_files_taken_down_total").increment(1);
        Ok(taken)
    }

    /// A file that was taken down may come again. (What showed it stays gone.)
    pub async fn take_file_again(&self, hash: &str) -> Result<(), HubError> {
        self.store().write(decisions::take_again(&hash.trim().to_lowercase())).await?;
        Ok(())
    }

    /// Undoes a decision: whoever was limited or suspended is not any more, a file and a post of somebody else may come
    /// again. What a member wrote and the networks were asked to delete cannot be brought back.
    pub async fn undo_decision_about(&self, id: Id) -> Result<(), HubError> {
        let decided = self.decision(id).await?;
        if decided.undone_at.is_some() {
            return Err(HubError::invalid("this was undone before"));
        }
        if decided.facts.gone {
            return Err(HubError::invalid(
                "every network was asked to delete this; it cannot be brought back, only written again",
            ));
        }
        let mut changes = vec![decisions::undo(id, Time::now())];
        match decided.measure {
            Measure::Warning => {}
            Measure::PostRemoved | Measure::FileRemoved => {
                changes.extend(
                    decided.facts.closed.iter().filter_map(|hash| unhex(hash)).map(tombstones::reopen),
                );
                if !decided.facts.file.is_empty() {
                    changes.push(decisions::take_again(&decided.facts.file));
                }
            }
            Measure::Limited | Measure::Suspended => {
                let target = self.actor(decided.target).await?;
                let done = if decided.measure == Measure::Limited {
                    ActorState::Limited
                } else {
                    ActorState::Suspended
                };
                // Whatever was decided after it stands.
                if target.state == done && !self.stands_otherwise(&decided).await? {
                    return self.set_state_with(target, ActorState::Active, changes).await;
                }
            }
        }
        self.store().write(changes).await?;
        self.decided_about(decided.target);
        Ok(())
    }

    /// Whether another decision with the same measure stands.
    async fn stands_otherwise(&self, decided: &Decided) -> Result<bool, HubError> {
        let standing = decisions::standing(decided.target, decided.measure.key());
        for mut row in self.store().rows(standing).await? {
            if row.get::<Id>(0)? != decided.id {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whoever holds a file lets go of it.
    async fn let_go(
        &self,
        holder: Id,
        hash: &str,
        names: &[String],
        why: &Why,
        taken: &mut TakenDown,
    ) -> Result<Option<Id>, HubError> {
        let facts = Facts { file: hash.into(), gone: false, ..Facts::default() };
        if let Some(mut row) = self.store().row(media::by_id(holder)).await? {
            let row = media::MediaRow::read(&mut row)?;
            if let Some(post) = row.post {
                return match self.post(post).await {
                    Ok(post) => {
                        taken.posts += 1;
                        self.remove_post_for(&post, Measure::FileRemoved, hash.into(), why).await.map(Some)
                    }
                    Err(HubError::NotFound) => Ok(None),
                    Err(other) => Err(other),
                };
            }
            let owner = self.actor(row.owner).await?;
            let (id, mut changes) =
                self.decide(&owner, Measure::FileRemoved, "an upload".into(), why, facts)?;
            changes.push(media::take_back(holder, row.owner));
            changes.extend(files::release(holder));
            return match self.store().write(changes).await.map_err(HubError::from) {
                // It was attached or taken back at this moment: the file goes all the same.
                Err(HubError::Conflict(_)) => Ok(None),
                Err(other) => Err(other),
                Ok(_) => {
                    taken.uploads += 1;
                    self.decided_about(row.owner);
                    Ok(Some(id))
                }
            };
        }
        let Ok(member) = self.member(holder).await else { return Ok(None) };
        let actor = member.actor;
        let (id, changes) =
            self.decide(&actor, Measure::FileRemoved, "a picture of the profile".into(), why, facts)?;
        let mut profile = actor.profile.clone();
        let is_it = |picture: &Picture| picture.file.as_ref().is_some_and(|file| names.contains(file));
        profile.avatar = profile.avatar.filter(|picture| !is_it(picture));
        profile.header = profile.header.filter(|picture| !is_it(picture));
        let bot = actor.kind == landbridge_model::ActorKind::Service;
        self.set_profile(actor.id, profile, actor.locked, bot, None).await?;
        self.store().write(changes).await?;
        taken.pictures += 1;
        self.decided_about(actor.id);
        Ok(Some(id))
    }

    async fn remove_post_for(
        &self,
        post: &Post,
        measure: Measure,
        file: String,
        why: &Why,
    ) -> Result<Id, HubError> {
        let author = self.actor(post.author).await?;
        let ours = post.origin.is_none();
        let shown = match (&post.url, ours) {
            (Some(url), false) => url.clone(),
            _ => self.config().url(&format!("/@{}/{}", author.acct(), post.id)),
        };
        let mut closed = Vec::new();
        if !ours {
            for copy in self.copies(CopyKind::Post, post.id).await? {
                closed.push(hex(&self.keyed_hash(&copy.native_id)));
            }
        }
        let facts = Facts { file, closed, post: Some(post.id), gone: ours };
        let about = format!("the post of {}, {shown}", post.created_at.rfc3339());
        let (id, changes) = self.decide(&author, measure, about, why, facts)?;
        if ours {
            self.end_post(author.id, post.id, None, changes).await?;
        } else {
            self.remove_remote(post, Time::now(), changes).await?;
        }
        self.decided_about(author.id);
        Ok(id)
    }

    /// Sets somebody's state, with what is written beside it.
    async fn set_state_with(
        &self,
        target: Actor,
        state: ActorState,
        mut changes: Vec<landbridge_store::Change>,
    ) -> Result<(), HubError> {
        let id = target.id;
        if target.is_member() {
            self.change_state(id, state, changes).await?;
        } else {
            changes.push(actors::set_state(id, state));
            self.store().write(changes).await?;
        }
        self.decided_about(id);
        Ok(())
    }
}

fn name_of(actor: &Actor) -> String {
    format!("the account @{}", actor.acct())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
