//! A member's own rules for first contacts.

use super::outward;
use crate::{ActKind, Event, EventKind, Hub, HubError, publish::Reach};
use landbridge_model::{Actor, Id};
use landbridge_store::{
    Change, StoreError,
    entities::{actors, members},
};
use serde::{Deserialize, Serialize};

/// Most days that a stranger can be called new.
const MOST_DAYS: u32 = 3650;

/// What becomes of a first contact. The stricter is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    #[default]
    Accept,
    /// The member is asked.
    Hold,
    /// It is as if it had never come.
    Drop,
}

impl Outcome {
    pub fn key(self) -> &'static str {
        match self {
            Outcome::Accept => "accept",
            Outcome::Hold => "hold",
            Outcome::Drop => "drop",
        }
    }

    pub fn from_key(key: &str) -> Option<Outcome> {
        [Outcome::Accept, Outcome::Hold, Outcome::Drop].into_iter().find(|outcome| outcome.key() == key)
    }
}

/// Rules for whoever is neither followed nor was let in before. Of those that apply the strictest counts. Stored as JSON;
/// new ones get a default, so that stored rules stay readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Whom the member does not follow.
    pub not_followed: Outcome,
    /// Who does not follow the member.
    pub not_follower: Outcome,
    /// Whom this server has known for less than [`Rules::new_days`].
    pub new: Outcome,
    pub new_days: u32,
    /// Whatever is not for all to read.
    pub private: Outcome,
    /// Servers and people that the operator has limited.
    pub limited: Outcome,
    /// A link or a file in the first text.
    pub link_or_media: Outcome,
    /// Follows: taken or asked for. What is published as "locked".
    pub follows: Outcome,
    /// Everything first is held.
    pub vacation: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            not_followed: Outcome::Accept,
            not_follower: Outcome::Accept,
            new: Outcome::Accept,
            new_days: 30,
            private: Outcome::Hold,
            limited: Outcome::Hold,
            link_or_media: Outcome::Accept,
            follows: Outcome::Accept,
            vacation: false,
        }
    }
}

impl Rules {
    /// From what is stored. A member who never set any has the default, and is locked or not as published.
    pub(super) fn read(stored: Option<String>, locked: bool) -> Rules {
        let follows = if locked { Outcome::Hold } else { Outcome::Accept };
        let unset = Rules { follows, ..Rules::default() };
        stored.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or(unset)
    }

    /// What the networks are told.
    fn locks(&self, young: bool) -> bool {
        young || self.vacation || self.follows != Outcome::Accept
    }

    fn stored(&self) -> Result<String, HubError> {
        serde_json::to_string(self).map_err(|_| HubError::Damaged("rules"))
    }
}

/// Why the member is asked, or was not. The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    NotFollowed,
    NotFollower,
    New,
    Private,
    Limited,
    LinkOrMedia,
    Locked,
    Vacation,
    Young,
    /// The member took back what they had granted.
    Revoked,
    /// There is an open request already.
    Asked,
    /// By the member's hand.
    Member,
    /// The member followed or wrote first.
    Followed,
    Wrote,
    /// Too many come from there: it waits for its turn.
    Budget,
    /// The operator has answered it together with many that are nearly the same.
    Wave,
}

impl Reason {
    pub fn key(self) -> &'static str {
        match self {
            Reason::NotFollowed => "not_followed",
            Reason::NotFollower => "not_follower",
            Reason::New => "new",
            Reason::Private => "private",
            Reason::Limited => "limited",
            Reason::LinkOrMedia => "link_or_media",
            Reason::Locked => "locked",
            Reason::Vacation => "vacation",
            Reason::Young => "young",
            Reason::Revoked => "revoked",
            Reason::Asked => "asked",
            Reason::Member => "member",
            Reason::Followed => "followed",
            Reason::Wrote => "wrote",
            Reason::Budget => "budget",
            Reason::Wave => "wave",
        }
    }

    pub fn from_key(key: &str) -> Option<Reason> {
        use Reason::*;
        [
            NotFollowed,
            NotFollower,
            New,
            Private,
            Limited,
            LinkOrMedia,
            Locked,
            Vacation,
            Young,
            Revoked,
            Asked,
            Member,
            Followed,
            Wrote,
            Budget,
            Wave,
        ]
        .into_iter()
        .find(|reason| reason.key() == key)
    }
}

impl Hub {
    /// A member's rules, and whether they have those for young members.
    pub async fn contact_rules(&self, member: Id) -> Result<(Rules, bool), HubError> {
        let locked = self.member(member).await?.actor.locked;
        self.stored_rules(member, locked).await
    }

    /// Writes them. The networks hear whether follows are asked for.
    pub async fn set_contact_rules(&self, member: Id, rules: Rules) -> Result<(), HubError> {
        if !(1..=MOST_DAYS).contains(&rules.new_days) {
            return Err(HubError::invalid("an account is new for 1 to 3650 days"));
        }
        if rules.follows == Outcome::Drop {
            return Err(HubError::invalid(
                "follows are accepted or asked for; nobody is left without an answer",
            ));
        }
        let actor = self.member(member).await?.actor;
        let (before, young) = self.stored_rules(member, actor.locked).await?;
        let said_anew = outward::differ((&before, young), (&rules, young));
        let changes = vec![members::set_rules(member, rules.stored()?)];
        self.publish_rules(actor, rules.locks(young), said_anew, changes).await
    }

    /// Gives a member the rules for the young, or takes them away: follows are asked for, strangers cannot write to them in
    /// private, and they join no network where everything is public for ever. For administrators.
    pub async fn set_young(&self, member: Id, young: bool) -> Result<(), HubError> {
        let actor = self.member(member).await?.actor;
        let (rules, before) = self.stored_rules(member, actor.locked).await?;
        let said_anew = outward::differ((&rules, before), (&rules, young));
        let changes = vec![members::set_young(member, young), members::set_rules(member, rules.stored()?)];
        self.publish_rules(actor, rules.locks(young), said_anew, changes).await
    }

    /// A profile is written with that switch: whether follows are asked for from now on, and what changes with it.
    pub(crate) async fn lock_wish(
        &self,
        actor: &Actor,
        locked: bool,
    ) -> Result<(bool, Option<Change>), HubError> {
        let (mut rules, young) = self.stored_rules(actor.id, actor.locked).await?;
        // An app that sends back what it was shown wishes nothing.
        if locked == actor.locked {
            return Ok((rules.locks(young), None));
        }
        rules.follows = if locked { Outcome::Hold } else { Outcome::Accept };
        Ok((rules.locks(young), Some(members::set_rules(actor.id, rules.stored()?))))
    }

    /// `said_anew`: networks say something else of these rules than before. What they say is read from what is stored, so
    /// the rules are written first.
    async fn publish_rules(
        &self,
        mut actor: Actor,
        locked: bool,
        said_anew: bool,
        mut changes: Vec<Change>,
    ) -> Result<(), HubError> {
        let member = actor.id;
        if said_anew {
            self.store().write(std::mem::take(&mut changes)).await?;
        }
        if actor.locked == locked && !said_anew {
            self.store().write(changes).await?;
        } else {
            actor.locked = locked;
            changes.push(actors::set_profile(&actor));
            self.commit(&actor, ActKind::Profile, None, Reach::Everywhere, changes).await?;
        }
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        Ok(())
    }

    async fn stored_rules(&self, member: Id, locked: bool) -> Result<(Rules, bool), HubError> {
        let Some(mut row) = self.store().row(members::rules(member)).await? else {
            return Err(HubError::NotFound);
        };
        let read = |row: &mut landbridge_store::Row| {
            Ok::<_, StoreError>((Rules::read(row.get(0)?, locked), row.get(1)?))
        };
        Ok(read(&mut row)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_is_the_greater() {
        assert!(Outcome::Accept < Outcome::Hold && Outcome::Hold < Outcome::Drop);
    }

    #[test]
    fn what_was_never_set_is_as_published() {
        assert_eq!(Rules::read(None, true).follows, Outcome::Hold);
        assert_eq!(Rules::read(None, false), Rules::default());
        let some = Rules::read(Some(r#"{"vacation":true}"#.into()), true);
        assert_eq!(some, Rules { vacation: true, ..Rules::default() });
        assert!(some.locks(false) && !Rules::default().locks(false) && Rules::default().locks(true));
    }
}
