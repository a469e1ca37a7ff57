//! Grants: every access token is one, with an app, a purpose, scopes, an expiry, and a log of its use ([`super::uses`]).

use super::GrantUse;
use crate::{Event, EventKind, Hub, HubError, seal::random};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Row, Write, WriteError,
    entities::{
        apps::{self, AppRow},
        grants::{self, GrantRow},
        members, once,
    },
};
use std::time::Duration;

/// How exactly the last use of a grant is known.
const NOTED_EVERY: Duration = Duration::from_secs(600);

/// A registered app.
#[derive(Clone, Debug)]
pub struct App {
    pub id: Id,
    pub client_id: String,
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    /// Space-separated.
    pub scopes: String,
    pub created_at: Time,
}

#[derive(Clone, Debug, Default)]
pub struct NewApp {
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: String,
}

/// An access that was granted.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: Id,
    /// `None`: an app's own token.
    pub member: Option<Id>,
    pub app: Option<Id>,
    /// `mastodon`, `web`, `nostr-signer`.
    pub purpose: String,
    /// Shown to the member.
    pub name: String,
    /// Space-separated.
    pub scopes: String,
    pub facts: serde_json::Value,
    pub created_at: Time,
    pub last_used_at: Option<Time>,
    pub expires_at: Option<Time>,
}

/// What a new grant is for.
#[derive(Clone, Debug, Default)]
pub struct NewGrant<'a> {
    pub member: Option<Id>,
    pub app: Option<&'a App>,
    pub purpose: &'a str,
    pub name: &'a str,
    pub scopes: &'a str,
    pub facts: serde_json::Value,
    pub lifetime: Option<Duration>,
}

impl Grant {
    /// Has `write:statuses` when it has that or `write`.
    pub fn allows(&self, scope: &str) -> bool {
        let whole = scope.split(':').next().unwrap_or(scope);
        let follow = matches!(
            scope,
            "read:follows" | "write:follows" | "read:blocks" | "write:blocks" | "read:mutes" | "write:mutes"
        );
        self.scopes.split_whitespace().any(|s| s == scope || s == whole || (s == "follow" && follow))
    }
}

/// What a code or link that works once stands for.
#[derive(Clone, Debug)]
pub struct Once {
    /// `oauth-code`, `setup`, `invite`, ...
    pub purpose: String,
    pub member: Option<Id>,
    pub facts: serde_json::Value,
}

impl Hub {
    /// Registers an app; gives it with its secret, which is not kept.
    pub async fn create_app(&self, new: NewApp) -> Result<(App, String), HubError> {
        let secret = token();
        let app = App {
            id: self.ids().next(),
            client_id: token(),
            name: new.name,
            website: new.website,
            redirect_uris: new.redirect_uris,
            scopes: new.scopes,
            created_at: Time::now(),
        };
        self.store().write(apps::insert(&app.to_row(&secret))).await?;
        Ok((app, secret))
    }

    pub async fn app(&self, client_id: &str) -> Result<Option<App>, HubError> {
        let row = self.store().row(apps::by_client_id(client_id)).await?;
        row.map(|mut r| App::from_row(AppRow::read(&mut r)?)).transpose()
    }

    pub async fn app_by_id(&self, id: Id) -> Result<Option<App>, HubError> {
        let row = self.store().row(apps::by_id(id)).await?;
        row.map(|mut r| App::from_row(AppRow::read(&mut r)?)).transpose()
    }

    /// An app that proves itself by its secret.
    pub async fn app_with_secret(&self, client_id: &str, secret: &str) -> Result<App, HubError> {
        let row = self.store().row(apps::by_client_id(client_id)).await?;
        let row = AppRow::read(&mut row.ok_or(HubError::Unauthorized)?)?;
        match verify_slices_are_equal(&row.secret_hash, &hash(secret)) {
            Ok(()) => App::from_row(row),
            Err(_) => Err(HubError::Unauthorized),
        }
    }

    /// Makes a grant; gives it with its token, which is not kept (only its hash).
    pub async fn grant(&self, new: NewGrant<'_>) -> Result<(Grant, String), HubError> {
        let token = token();
        let row = self.grant_row(new, Time::now());
        self.store().write(grants::insert(&row, hash(&token))).await?;
        Ok((Grant::from_row(row), token))
    }

    pub(super) fn grant_row(&self, new: NewGrant<'_>, now: Time) -> GrantRow {
        GrantRow {
            id: self.ids().next(),
            member: new.member,
            app: new.app.map(|a| a.id),
            purpose: new.purpose.into(),
            name: new.name.into(),
            scopes: new.scopes.into(),
            facts: new.facts.to_string(),
            created_at: now,
            last_used_at: None,
            expires_at: new.lifetime.map(|l| now.plus(l)),
        }
    }

    /// The grant of a token that is still good. Notes its use (at most once in ten minutes).
    pub async fn grant_of(&self, token: &str) -> Result<Grant, HubError> {
        let now = Time::now();
        let mut row =
            self.store().row(grants::by_token(hash(token), now)).await?.ok_or(HubError::Unauthorized)?;
        let grant = Grant::from_row(GrantRow::read(&mut row)?);
        if grant.last_used_at.is_none_or(|t| t.plus(NOTED_EVERY) < now) {
            let mut write = Write::from(grants::touch(grant.id, now));
            write.extend(grant.member.map(|m| members::touch(m, now)));
            self.store().write(write).await?;
        }
        Ok(grant)
    }

    /// A member's grants, newest first.
    pub async fn grants(&self, member: Id) -> Result<Vec<Grant>, HubError> {
        let rows = self.store().rows(grants::of_member(member, Time::now())).await?;
        rows.into_iter().map(|mut r| Ok(Grant::from_row(GrantRow::read(&mut r)?))).collect()
    }

    /// A member's grant, also when it has ended, and what it was used for, newest first, as long as that is kept.
    pub async fn grant_with_uses(&self, member: Id, grant: Id) -> Result<(Grant, Vec<GrantUse>), HubError> {
        let mut row = self.store().row(grants::by_id(grant, member)).await?.ok_or(HubError::NotFound)?;
        let grant = Grant::from_row(GrantRow::read(&mut row)?);
        let uses = self.uses_of(grant.id).await?;
        Ok((grant, uses))
    }

    /// Ends a grant of the member at once; open streams close.
    pub async fn revoke(&self, member: Id, grant: Id) -> Result<(), HubError> {
        self.store().write(grants::revoke(grant, member, Time::now())).await.map_err(not_found)?;
        self.grants_changed(member);
        Ok(())
    }

    /// Ends a grant by its token; nothing happens when it is unknown.
    pub async fn revoke_token(&self, token: &str) -> Result<(), HubError> {
        let mut written = self.store().write(grants::revoke_token(hash(token), Time::now())).await?;
        if let Some(row) = written.returned.first_mut()
            && let Some(member) = row.get::<Option<Id>>(0)?
        {
            self.grants_changed(member);
        }
        Ok(())
    }

    /// A secret that works once.
    pub async fn once(&self, once: Once, lifetime: Duration) -> Result<String, HubError> {
        let secret = token();
        self.once_put(once, &secret, 1, lifetime).await?;
        Ok(secret)
    }

    /// The same with a secret that there is already, and that works several times, or so many times more.
    pub async fn once_put(
        &self,
        once: Once,
        secret: &str,
        uses: u32,
        lifetime: Duration,
    ) -> Result<(), HubError> {
        let (facts, until) = (once.facts.to_string(), Time::now().plus(lifetime));
        let insert = once::insert(hash(secret), &once.purpose, once.member, facts, uses.into(), until);
        self.store().write(insert).await?;
        Ok(())
    }

    /// Looks without using it up.
    pub async fn once_peek(&self, purpose: &str, secret: &str) -> Result<Option<Once>, HubError> {
        let row = self.store().row(once::peek(hash(secret), purpose, Time::now())).await?;
        row.map(|mut r| Once::read(purpose, &mut r)).transpose()
    }

    /// How often it still works.
    pub async fn once_left(&self, purpose: &str, secret: &str) -> Result<i64, HubError> {
        let row = self.store().row(once::left(hash(secret), purpose, Time::now())).await?;
        Ok(row.map(|mut r| r.get(0)).transpose()?.unwrap_or(0))
    }

    /// Uses it up, or once of several times: whoever comes after the last gets `None`.
    pub async fn once_take(&self, purpose: &str, secret: &str) -> Result<Option<Once>, HubError> {
        let (hash, now) = (hash(secret), Time::now());
        let write = vec![once::take(hash.clone(), purpose, now), once::take_one(hash, purpose, now)];
        let written = self.store().write(write).await?;
        written.returned.into_iter().next().map(|mut r| Once::read(purpose, &mut r)).transpose()
    }

    /// It works no more.
    pub async fn once_end(&self, purpose: &str, secret: &str) -> Result<(), HubError> {
        self.store().write(once::end(hash(secret), purpose)).await?;
        Ok(())
    }

    fn grants_changed(&self, member: Id) {
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
    }
}

impl App {
    fn to_row(&self, secret: &str) -> AppRow {
        AppRow {
            id: self.id,
            client_id: self.client_id.clone(),
            secret_hash: hash(secret),
            name: self.name.clone(),
            website: self.website.clone(),
            redirect_uris: serde_json::json!(self.redirect_uris).to_string(),
            scopes: self.scopes.clone(),
            created_at: self.created_at,
        }
    }

    fn from_row(row: AppRow) -> Result<App, HubError> {
        Ok(App {
            id: row.id,
            client_id: row.client_id,
            name: row.name,
            website: row.website,
            redirect_uris: serde_json::from_str(&row.redirect_uris)
                .map_err(|_| HubError::Damaged("redirect URIs"))?,
            scopes: row.scopes,
            created_at: row.created_at,
        })
    }
}

impl Grant {
    pub(super) fn from_row(row: GrantRow) -> Grant {
        Grant {
            id: row.id,
            member: row.member,
            app: row.app,
            purpose: row.purpose,
            name: row.name,
            scopes: row.scopes,
            facts: serde_json::from_str(&row.facts).unwrap_or_default(),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        }
    }
}

impl Once {
    fn read(purpose: &str, row: &mut Row) -> Result<Once, HubError> {
        let facts: String = row.get(1)?;
        Ok(Once {
            purpose: purpose.into(),
            member: row.get(0)?,
            facts: serde_json::from_str(&facts).unwrap_or_default(),
        })
    }
}

fn not_found(e: WriteError) -> HubError {
    match e {
        WriteError::Precondition(_) => HubError::NotFound,
        other => other.into(),
    }
}

/// 256 random bits, safe in URLs.
pub(super) fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// Tokens are random and long: a plain hash is enough to keep them out of the database.
pub(super) fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
