//! Members: who signs in here.

use crate::{Hub, HubError};
use landbridge_model::{Actor, Audience, Id, Profile, Time, Visibility};
use serde::{Deserialize, Serialize};

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
            link_identities: false,
            expand_warnings: false,
            expand_media: "default".into(),
        }
    }
}

impl Hub {
    /// A member by actor id; [`HubError::NotFound`] for anybody else and for deleted ones.
    pub async fn member(&self, id: Id) -> Result<Member, HubError> {
        unbuilt!(id)
    }

    /// A member by name.
    pub async fn member_named(&self, name: &str) -> Result<Member, HubError> {
        unbuilt!(name)
    }

    /// Checks a name and password. Takes as long for an unknown name as for a wrong password.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Member, HubError> {
        unbuilt!(name, password)
    }

    pub async fn set_password(&self, member: Id, password: &str) -> Result<(), HubError> {
        unbuilt!(member, password)
    }

    pub async fn set_settings(&self, member: Id, settings: Settings) -> Result<(), HubError> {
        unbuilt!(member, settings)
    }

    pub async fn set_role(&self, member: Id, role: Role) -> Result<(), HubError> {
        unbuilt!(member, role)
    }

    /// Writes a member's profile and tells every network. `locked` also decides whether follows need an approval.
    pub async fn set_profile(&self, member: Id, profile: Profile, locked: bool, bot: bool) -> Result<Actor, HubError> {
        unbuilt!(member, profile, locked, bot)
    }

    /// Members by name, for the operator.
    pub async fn members(&self) -> Result<Vec<Member>, HubError> {
        unbuilt!()
    }
}
