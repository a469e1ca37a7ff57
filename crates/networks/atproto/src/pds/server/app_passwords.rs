//! `com.atproto.server.{createAppPassword,listAppPasswords,revokeAppPassword}`: passwords for one app each. Each is a grant, and
//! what was signed in with it ends with it.

use crate::{
    crypto::sha256,
    network::AtProto,
    pds::{Access, XrpcResult, access::Account, input::Input},
};
use axum::{Json, extract::State};
use landbridge_hub::{HubError, accounts::NewGrant};
use landbridge_model::{Id, Time};
use landbridge_store::entities::atproto_access::{self, AppPasswordRow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Purpose of their grants.
const PURPOSE: &str = "atproto-app-password";
/// Of one member.
const MOST: usize = 100;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A password for one app.
pub type AppPassword = AppPasswordRow;

#[derive(Deserialize)]
pub struct Wanted {
    name: String,
    #[serde(default)]
    privileged: bool,
}

#[derive(Deserialize)]
pub struct Named {
    name: String,
}

pub async fn create(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Input(wanted): Input<Wanted>,
) -> XrpcResult<Json<Value>> {
    access.may_manage(Account::Everything)?;
    access.active()?;
    let (made, password) = create_app_password(&at, access.member, &wanted.name, wanted.privileged).await?;
    access.used(&at, "made an app password");
    let mut shown = shown(&made);
    shown["password"] = json!(password);
    Ok(Json(shown))
}

pub async fn list(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<Json<Value>> {
    access.may_manage(Account::Everything)?;
    let passwords: Vec<Value> = at.app_passwords(access.member).await?.iter().map(shown).collect();
    Ok(Json(json!({ "passwords": passwords })))
}

pub async fn revoke(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Input(named): Input<Named>,
) -> XrpcResult<()> {
    access.may_manage(Account::Everything)?;
    for password in at.app_passwords(access.member).await?.iter().filter(|p| p.name == named.name) {
        at.revoke_app_password(access.member, password.grant).await?;
    }
    access.used(&at, "ended an app password");
    Ok(())
}

fn shown(password: &AppPassword) -> Value {
    json!({
        "name": password.name,
        "createdAt": password.created_at.rfc3339(),
        "privileged": password.privileged,
    })
}

impl AtProto {
    /// A member's passwords for apps.
    pub async fn app_passwords(&self, member: Id) -> Result<Vec<AppPassword>, HubError> {
        let rows = self.hub.store().rows(atproto_access::app_passwords(member)).await?;
        rows.into_iter().map(|mut row| Ok(AppPasswordRow::read(&mut row)?)).collect()
    }

    /// Ends a password and everything that was signed in with it.
    pub async fn revoke_app_password(&self, member: Id, grant: Id) -> Result<(), HubError> {
        self.hub.revoke(member, grant).await?;
        self.hub.store().write(atproto_access::delete_app_password(grant)).await?;
        Ok(())
    }
}

/// Makes a password of four groups of four; it is shown this once.
pub async fn create_app_password(
    at: &AtProto,
    member: Id,
    name: &str,
    privileged: bool,
) -> Result<(AppPassword, String), HubError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.contains(char::is_control) {
        return Err(HubError::invalid("an app password needs a name of 1 to 60 characters"));
    }
    let known = at.app_passwords(member).await?;
    if known.len() >= MOST {
        return Err(HubError::invalid("there are too many app passwords: end some"));
    }
    if known.iter().any(|password| password.name == name) {
        return Err(HubError::invalid("there is an app password of that name"));
    }
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| HubError::Damaged("no randomness"))?;
    let password = spelled(&random);
    let scopes = match privileged {
        true => "everything but the account itself",
        false => "everything but private messages and the account itself",
    };
    let title = format!("App password: {name}");
    let new = NewGrant {
        member: Some(member),
        app: None,
        purpose: PURPOSE,
        name: &title,
        scopes,
        facts: json!({ "network": "atproto" }),
        lifetime: None,
    };
    let grant = at.hub.grant(new).await?.0;
    let row = AppPasswordRow {
        grant: grant.id,
        actor: member,
        name: name.into(),
        privileged,
        created_at: Time::now(),
    };
    let hash = sha256(password.as_bytes());
    at.hub.store().write(atproto_access::insert_app_password(&row, &hash)).await?;
    Ok((row, password))
}

/// The app password of a member that this is.
pub async fn matching(at: &AtProto, member: Id, text: &str) -> Result<Option<AppPassword>, HubError> {
    let Some(password) = normal(text) else { return Ok(None) };
    let hash = sha256(password.as_bytes());
    let row = at.hub.store().row(atproto_access::app_password(member, &hash)).await?;
    Ok(row.map(|mut row| AppPasswordRow::read(&mut row)).transpose()?)
}

fn spelled(random: &[u8; 16]) -> String {
    let letters: Vec<char> = random
        .iter()
        .map(|byte| ALPHABET.get(usize::from(byte % 32)).map_or('a', |c| char::from(*c)))
        .collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// As it was made, if it has that form: people type capitals.
fn normal(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let groups: Vec<&str> = text.split('-').collect();
    let fits = |group: &&str| group.len() == 4 && group.bytes().all(|c| ALPHABET.contains(&c));
    (groups.len() == 4 && groups.iter().all(fits)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_groups_of_four() {
        let password = spelled(&[0, 1, 31, 32, 255, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(password, "ab7a-7fgh-ijkl-mnop");
        assert_eq!(normal(&password.to_uppercase()).as_deref(), Some("ab7a-7fgh-ijkl-mnop"));
        for other in [
            "",
            "ab7a-7fgh-ijkl",
            "ab7a-7fgh-ijkl-mno0",
            "a long-password-with-hyphens",
            "abcd-efgh-ijkl-mnop-qrst",
        ] {
            assert_eq!(normal(other), None);
        }
    }
}
