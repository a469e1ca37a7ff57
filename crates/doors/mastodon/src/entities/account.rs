//! docs/entities/Account

use super::{CustomEmoji, Show, emojis};
use landbridge_model::{Actor, ActorKind, ActorState};
use serde::Serialize;

/// Shown where somebody has no picture.
pub(crate) const NO_AVATAR: &str = "/media/none/avatar.png";
pub(crate) const NO_HEADER: &str = "/media/none/header.png";

#[derive(Serialize)]
pub(crate) struct Account<'a> {
    id: String,
    username: &'a str,
    acct: String,
    display_name: &'a str,
    locked: bool,
    bot: bool,
    discoverable: Option<bool>,
    indexable: bool,
    group: bool,
    /// At midnight: the hour is nobody's business.
    created_at: String,
    note: String,
    url: String,
    uri: String,
    avatar: String,
    avatar_static: String,
    avatar_description: &'a str,
    header: String,
    header_static: String,
    header_description: &'a str,
    followers_count: u64,
    following_count: u64,
    statuses_count: u64,
    last_status_at: Option<String>,
    hide_collections: bool,
    noindex: bool,
    suspended: bool,
    limited: bool,
    memorial: bool,
    moved: Option<Box<Account<'a>>>,
    emojis: Vec<CustomEmoji<'a>>,
    roles: [(); 0],
    fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
pub(super) struct Field<'a> {
    pub name: &'a str,
    /// HTML on an account, plain text in its source.
    pub value: String,
    pub verified_at: Option<String>,
}

impl<'a> Account<'a> {
    pub fn new(show: &Show<'_>, actor: &'a Actor) -> Account<'a> {
        let profile = &actor.profile;
        let (avatar, header) = (
            show.picture(profile.avatar.as_ref(), NO_AVATAR),
            show.picture(profile.header.as_ref(), NO_HEADER),
        );
        let field = |f: &'a landbridge_model::Field| Field {
            name: &f.name,
            value: show.html(&f.value),
            verified_at: f.verified_at.map(|t| t.rfc3339()),
        };
        Account {
            id: actor.id.to_string(),
            username: &actor.username,
            acct: actor.acct(),
            display_name: &profile.display_name,
            locked: actor.locked,
            bot: matches!(actor.kind, ActorKind::Service | ActorKind::Application),
            discoverable: profile.discoverable,
            indexable: profile.indexable,
            group: actor.kind == ActorKind::Group,
            created_at: format!("{}T00:00:00.000Z", actor.created_at.date()),
            note: show.html(&profile.bio),
            url: page(show, actor),
            uri: show.uri(actor),
            avatar_static: avatar.clone(),
            avatar,
            avatar_description: profile.avatar.as_ref().map_or("", |p| &p.description),
            header_static: header.clone(),
            header,
            header_description: profile.header.as_ref().map_or("", |p| &p.description),
            followers_count: actor.followers,
            following_count: actor.following,
            statuses_count: actor.posts,
            last_status_at: actor.last_post_at.map(|t| t.date()),
            hide_collections: profile.hide_collections,
            noindex: !profile.indexable,
            suspended: actor.state == ActorState::Suspended,
            limited: actor.state == ActorState::Limited,
            memorial: false,
            moved: None,
            emojis: emojis(show, &profile.emojis),
            roles: [],
            fields: profile.fields.iter().map(field).collect(),
        }
    }

    /// With the account that it has moved to.
    pub fn moved_to(mut self, show: &Show<'_>, to: Option<&'a Actor>) -> Account<'a> {
        self.moved = to.map(|to| Box::new(Account::new(show, to)));
        self
    }
}

/// Page for browsers: at home, or ours where there is none.
pub(super) fn page(show: &Show<'_>, actor: &Actor) -> String {
    let at_home = actor
        .url
        .as_ref()
        .filter(|u| !actor.is_member() && (u.starts_with("https://") || u.starts_with("http://")));
    at_home.cloned().unwrap_or_else(|| show.url(&format!("/@{}", actor.acct())))
}
