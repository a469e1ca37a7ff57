//! `com.atproto.server.{createInviteCode,createInviteCodes,getAccountInviteCodes}`: a code is the same invitation as a link to the
//! sign-up page, and works once at either.

use crate::{
    network::AtProto,
    pds::{
        Access, XrpcError, XrpcResult,
        access::{Account, Admin},
        input::Input,
    },
};
use axum::{Json, extract::State};
use landbridge_hub::{HubError, accounts::Once};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// The word under which the pages know invitations.
pub const PURPOSE: &str = "invite";
const LIFETIME: Duration = Duration::from_secs(30 * 86_400);
/// Made by one request.
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct One {
    use_count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Many {
    #[serde(default = "one")]
    code_count: usize,
    use_count: u32,
    #[serde(default)]
    for_accounts: Vec<String>,
}

fn one() -> usize {
    1
}

pub async fn create(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(one): Input<One>,
) -> XrpcResult<Json<Value>> {
    works_once(one.use_count)?;
    Ok(Json(json!({ "code": code(&at).await? })))
}

pub async fn create_many(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(many): Input<Many>,
) -> XrpcResult<Json<Value>> {
    works_once(many.use_count)?;
    let accounts = if many.for_accounts.is_empty() { vec!["admin".to_owned()] } else { many.for_accounts };
    if accounts.len().saturating_mul(many.code_count) > MOST {
        return Err(XrpcError::invalid(format!("at most {MOST} at once")));
    }
    let mut made = Vec::new();
    for account in accounts {
        let mut codes = Vec::new();
        for _ in 0..many.code_count {
            codes.push(code(&at).await?);
        }
        made.push(json!({ "account": account, "codes": codes }));
    }
    Ok(Json(json!({ "codes": made })))
}

/// Members make invitations on the web, and only their hashes are kept: there is nothing to list.
pub async fn of_account(access: Access) -> XrpcResult<Json<Value>> {
    access.may_manage(Account::Everything)?;
    Ok(Json(json!({ "codes": [] })))
}

fn works_once(uses: u32) -> XrpcResult<()> {
    if uses == 1 { Ok(()) } else { Err(XrpcError::invalid("an invitation works once: useCount must be 1")) }
}

async fn code(at: &AtProto) -> Result<String, HubError> {
    let once = Once { purpose: PURPOSE.into(), member: None, facts: Value::Null };
    at.hub.once(once, LIFETIME).await
}
