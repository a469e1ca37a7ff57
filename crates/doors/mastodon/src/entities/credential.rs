//! docs/entities/Account#CredentialAccount, docs/entities/Role

use super::{Account, Show, account::Field, status::visibility};
use landbridge_hub::accounts::{self, Member};
use landbridge_model::{Audience, Groups};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct CredentialAccount<'a> {
    #[serde(flatten)]
    account: Account<'a>,
    source: Source<'a>,
    role: Role,
}

#[derive(Serialize)]
struct Source<'a> {
    privacy: &'static str,
    sensitive: bool,
    language: Option<&'a str>,
    note: &'a str,
    fields: Vec<Field<'a>>,
    follow_requests_count: u64,
    hide_collections: bool,
    discoverable: Option<bool>,
    indexable: bool,
    quote_policy: &'static str,
    attribution_domains: [(); 0],
}

#[derive(Serialize)]
pub(crate) struct Role {
    id: &'static str,
    name: &'static str,
    /// A bit set, as text.
    permissions: &'static str,
    color: &'static str,
    highlighted: bool,
}

impl<'a> CredentialAccount<'a> {
    pub fn new(show: &Show<'_>, member: &'a Member, requests: u64) -> CredentialAccount<'a> {
        let (profile, settings) = (&member.actor.profile, &member.settings);
        let field = |f: &'a landbridge_model::Field| Field {
            name: &f.name,
            value: f.value.text.clone(),
            verified_at: f.verified_at.map(|t| t.rfc3339()),
        };
        CredentialAccount {
            account: Account::new(show, &member.actor),
            source: Source {
                privacy: visibility(settings.visibility),
                sensitive: settings.sensitive,
                language: Some(settings.language.as_str()).filter(|l| !l.is_empty()),
                note: &profile.bio.text,
                fields: profile.fields.iter().map(field).collect(),
                follow_requests_count: requests,
                hide_collections: profile.hide_collections,
                discoverable: profile.discoverable,
                indexable: profile.indexable,
                quote_policy: audience(settings.quote_policy),
                attribution_domains: [],
            },
            role: Role::new(member.role),
        }
    }
}

impl Role {
    /// Clients show menus by these bits; there is no admin API behind them, so nobody has any.
    fn new(role: accounts::Role) -> Role {
        let (id, name) = match role {
            accounts::Role::Member => ("-99", ""),
            accounts::Role::Moderator => ("1", "Moderator"),
            accounts::Role::Admin => ("2", "Admin"),
            accounts::Role::Owner => ("3", "Owner"),
        };
        Role { id, name, permissions: "0", color: "", highlighted: !name.is_empty() }
    }
}

/// Word of the API for who may quote.
pub(super) fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Everyone => "public",
        Audience::Followers | Audience::Several(Groups { followers: true, .. }) => "followers",
        Audience::Several(_) | Audience::Following | Audience::Mentioned | Audience::Nobody => "nobody",
    }
}
