//! Members: who signs in here.

use crate::{ActKind, Event, EventKind, Hub, HubError, Origin, accounts::password, publish::Reach};
use landbridge_model::{Actor, ActorKind, ActorState, Audience, Id, Profile, Time, Visibility};
use landbridge_store::entities::{
    actors, files, grants,
    members::{self, MemberRow},
};
use serde::{Deserialize, Serialize};
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

/// Somebody with an account here.
#[derive(Clone, Debug)]
pub struct Member {
    pub actor: Actor,
    pub role: Role,
    pub settings: Settings,
    pub created_at: Time,
}

/// What a member may decide for others. The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Member,
    Moderator,
    Admin,
    Owner,
}

/// Members of this server, those of them active in the last 30 and 180 days, and what they posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberCounts {
    pub all: u64,
    pub active_month: u64,
    pub active_half_year: u64,
    pub posts: u64,
}

/// A member's own choices. New ones get a default, so that stored settings stay readable.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub visibility: Visibility,
    pub sensitive: bool,
    /// BCP 47; empty: not said.
    pub language: String,
    pub quote_policy: Audience,
    /// Unlisted posts also go to networks where everything is public for ever.
    pub unlisted_everywhere: bool,
    /// People may write private messages; where that is said publicly, it is.
    pub private_messages: bool,
    /// Say publicly which identities on other networks are mine.
    pub link_identities: bool,
    /// Text shown in every app as typed by the member.
    pub expand_warnings: bool,
    /// Show pictures: `default`, `show_all`, `hide_all`.
    pub expand_media: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            visibility: Visibility::Public,
            sensitive: false,
            language: String::new(),
            quote_policy: Audience::Everyone,
            unlisted_everywhere: false,
            private_messages: true,
            link_identities: false,
            expand_warnings: false,
            expand_media: "default".into(),
        }
    }
}

impl Hub {
    /// A member by actor id; [`HubError::NotFound`] for anybody else and for deleted ones.
    pub async fn member(&self, id: Id) -> Result<Member, HubError> {
        let mut row = self.store().row(members::by_id(id)).await?.ok_or(HubError::NotFound)?;
        self.member_of(MemberRow::read(&mut row)?).await
    }

    /// A member by name.
    pub async fn member_named(&self, name: &str) -> Result<Member, HubError> {
        let mut row = self.store().row(members::by_name(name)).await?.ok_or(HubError::NotFound)?;
        self.member_of(MemberRow::read(&mut row)?).await
    }

    /// Checks a name and password. Takes as long for an unknown name as for a wrong password; [`HubError::Wait`] after
    /// several wrong ones.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Member, HubError> {
        self.sign_in_from(name, password, None).await
    }

    /// [`Hub::sign_in`] by somebody at that address.
    pub async fn sign_in_from(
        &self,
        name: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<Member, HubError> {
        let name = name.trim().trim_start_matches('@').to_lowercase();
        let name = name.split('@').next().unwrap_or_default();
        let begun = self.sign_ins().begin(name, from, Instant::now()).map_err(HubError::Wait)?;
        let row = self.store().row(members::by_name(name)).await?;
        let row = row.map(|mut r| MemberRow::read(&mut r)).transpose()?;
        let stored = row.as_ref().map(|r| r.password_hash.clone());
        if !password::matches(password.to_owned(), stored).await {
            metrics::counter!("hub_sign_ins_refused_total").increment(1);
            return Err(HubError::Unauthorized);
        }
        begun.succeeded();
        let member = self.member_of(row.ok_or(HubError::Unauthorized)?).await?;
        match member.actor.state {
            ActorState::Suspended => Err(HubError::Forbidden("this account is suspended")),
            _ => Ok(member),
        }
    }

    /// Changes a password. Every session and app that was signed in with the old one ends.
    pub async fn set_password(&self, member: Id, password: &str) -> Result<(), HubError> {
        let hash = password::hash(password.to_owned()).await?;
        let mut changes = vec![members::set_password(member, hash)];
        changes.extend(grants::revoke_all(member, Time::now()));
        self.store().write(changes).await?;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        Ok(())
    }

    pub async fn set_settings(&self, member: Id, settings: Settings) -> Result<(), HubError> {
        let settings = serde_json::to_string(&settings).map_err(|_| HubError::Damaged("settings"))?;
        self.store().write(members::set_settings(member, settings)).await?;
        Ok(())
    }

    pub async fn set_role(&self, member: Id, role: Role) -> Result<(), HubError> {
        self.store().write(members::set_role(member, role.key())).await?;
        Ok(())
    }

    /// Writes a member's profile and tells every network. `locked`: whether follows need an approval, as far as the member's
    /// rules leave it to choose. Pictures that were replaced are deleted. `origin`: the profile as an app of a network wrote
    /// it, which stays as it is there.
    pub async fn set_profile(
        &self,
        member: Id,
        profile: Profile,
        locked: bool,
        bot: bool,
        origin: Option<Origin>,
    ) -> Result<Actor, HubError> {
        let mut actor = self.member(member).await?.actor;
        let (locked, rules) = self.lock_wish(&actor, locked).await?;
        actor.profile = profile;
        actor.locked = locked;
        actor.kind = if bot { ActorKind::Service } else { ActorKind::Person };
        let mut changes = vec![actors::set_profile(&actor)];
        changes.extend(rules);
        let pictures = [&actor.profile.avatar, &actor.profile.header].into_iter().flatten();
        let names: Vec<&str> = pictures.filter_map(|picture| picture.file.as_deref()).collect();
        changes.extend(files::hold_only(member, &names));
        self.commit(&actor, ActKind::Profile, origin, Reach::Everywhere, changes).await?;
        self.remove_doomed().await;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        Ok(actor)
    }

    /// Members by name, for the operator.
    pub async fn members(&self) -> Result<Vec<Member>, HubError> {
        let mut all = Vec::new();
        for mut row in self.store().rows(members::all()).await? {
            match self.member_of(MemberRow::read(&mut row)?).await {
                // Deleted meanwhile.
                Err(HubError::NotFound) => {}
                member => all.push(member?),
            }
        }
        Ok(all)
    }

    /// Who runs this server: its owner, else an administrator.
    pub async fn contact(&self) -> Result<Option<Member>, HubError> {
        let first = members::first_of(Role::Owner.key(), Role::Admin.key());
        match self.store().row(first).await? {
            Some(mut row) => Ok(Some(self.member_of(MemberRow::read(&mut row)?).await?)),
            None => Ok(None),
        }
    }

    /// What is told to everybody about how many there are.
    pub async fn member_counts(&self) -> Result<MemberCounts, HubError> {
        let before = |days: u32| Time::now().minus(Duration::from_secs(86_400) * days);
        let Some(mut row) = self.store().row(members::counts(before(30), before(180))).await? else {
            return Ok(MemberCounts::default());
        };
        let mut count = |column| row.get::<i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
        Ok(MemberCounts {
            all: count(0)?,
            active_month: count(1)?,
            active_half_year: count(2)?,
            posts: count(3)?,
        })
    }

    async fn member_of(&self, row: MemberRow) -> Result<Member, HubError> {
        let actor = self.actor(row.actor).await?;
        if actor.state == ActorState::Deleted {
            return Err(HubError::NotFound);
        }
        let settings = serde_json::from_str(&row.settings).unwrap_or_default();
        let role = Role::from_key(&row.role).unwrap_or(Role::Member);
        Ok(Member { actor, role, settings, created_at: row.created_at })
    }
}

impl Role {
    pub fn key(self) -> &'static str {
        match self {
            Role::Member => "member",
            Role::Moderator => "moderator",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }

    pub fn from_key(key: &str) -> Option<Role> {
        [Role::Member, Role::Moderator, Role::Admin, Role::Owner].into_iter().find(|r| r.key() == key)
    }
}
