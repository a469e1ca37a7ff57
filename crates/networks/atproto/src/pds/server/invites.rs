//! `com.atproto.server.{createInviteCode,createInviteCodes,getAccountInviteCodes}`,
//! `com.atproto.admin.{getInviteCodes,disableInviteCodes,enableAccountInvites,disableAccountInvites}`: a code is the same invitation
//! as a link to the sign-up page, and works at either. What is kept is not the code, but what it is made of together with the
//! server's secret: so it can be shown again, and a copy of the database invites nobody.

use super::find_member;
use crate::{
    facts::Facts,
    network::AtProto,
    pds::{
        Access, XrpcError, XrpcResult,
        access::{Account, Admin},
        input::{Input, Params},
    },
    syntax::Did,
};
use aws_lc_rs::hmac;
use axum::{Json, extract::State};
use landbridge_hub::{HubError, accounts::Once};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{
    Change,
    entities::atproto_invites::{self, InviteRow},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// The word under which the pages know invitations.
pub const PURPOSE: &str = "invite";
/// For whoever the operator gives it to.
const ADMIN: &str = "admin";
const LIFETIME: Duration = Duration::from_secs(30 * 86_400);
/// Made or ended by one request, and shown of one account.
const MOST: usize = 100;
/// Times that one code works at most.
const MOST_USES: u32 = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct One {
    use_count: u32,
    for_account: Option<String>,
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
    let account = one.for_account.as_deref().unwrap_or(ADMIN);
    at.may_be_invited_by(account).await?;
    Ok(Json(json!({ "code": at.invite(account, one.use_count).await? })))
}

pub async fn create_many(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(many): Input<Many>,
) -> XrpcResult<Json<Value>> {
    let accounts = if many.for_accounts.is_empty() { vec![ADMIN.to_owned()] } else { many.for_accounts };
    if accounts.len().saturating_mul(many.code_count) > MOST {
        return Err(XrpcError::invalid(format!("at most {MOST} at once")));
    }
    for account in &accounts {
        at.may_be_invited_by(account).await?;
    }
    let mut made = Vec::new();
    for account in accounts {
        let mut codes = Vec::new();
        for _ in 0..many.code_count {
            codes.push(at.invite(&account, many.use_count).await?);
        }
        made.push(json!({ "account": account, "codes": codes }));
    }
    Ok(Json(json!({ "codes": made })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Which {
    #[serde(default = "yes")]
    include_used: bool,
}

fn yes() -> bool {
    true
}

/// Those that the operator has made for a member and not ended. Invitations that members make on the web are links that nobody can list.
pub async fn of_account(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Params(which): Params<Which>,
) -> XrpcResult<Json<Value>> {
    access.may_manage(Account::Everything)?;
    let mut codes = Vec::new();
    for invite in at.invites(atproto_invites::of_account(access.did.as_str(), MOST as i64)).await? {
        let left = at.hub.once_left(PURPOSE, &at.code_of(invite.id).await?).await?;
        if !invite.disabled && (which.include_used || left > 0) {
            codes.push(at.shown(&invite).await?);
        }
    }
    Ok(Json(json!({ "codes": codes })))
}

#[derive(Deserialize)]
pub struct Page {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The newest first. There is no other order.
pub async fn all(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Params(page): Params<Page>,
) -> XrpcResult<Json<Value>> {
    let limit = page.limit.unwrap_or(100).clamp(1, 500);
    let before = match page.cursor.as_deref() {
        None | Some("") => Id(i64::MAX),
        Some(cursor) => cursor.parse().map_err(|_| XrpcError::invalid("cursor"))?,
    };
    let found = at.invites(atproto_invites::list(before, limit)).await?;
    let mut codes = Vec::new();
    for invite in &found {
        codes.push(at.shown(invite).await?);
    }
    let mut answer = json!({ "codes": codes });
    if let (Some(last), Some(fields)) = (found.last(), answer.as_object_mut())
        && found.len() as i64 == limit
    {
        fields.insert("cursor".into(), json!(last.id.to_string()));
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
pub struct Ended {
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    accounts: Vec<String>,
}

pub async fn disable(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(ended): Input<Ended>,
) -> XrpcResult<()> {
    if ended.codes.len() + ended.accounts.len() > MOST {
        return Err(XrpcError::invalid(format!("at most {MOST} at once")));
    }
    if ended.accounts.iter().any(|account| account == ADMIN) {
        return Err(XrpcError::invalid("cannot disable admin invite codes"));
    }
    for code in &ended.codes {
        if let Some(invite) = at.hub.once_peek(PURPOSE, code).await?.and_then(|once| invite_of(&once)) {
            at.hub.store().write(atproto_invites::disable(invite)).await.map_err(HubError::from)?;
        }
        at.hub.once_end(PURPOSE, code).await?;
    }
    for account in &ended.accounts {
        for invite in at.invites(atproto_invites::of_account(account, i64::MAX)).await? {
            at.hub.store().write(atproto_invites::disable(invite.id)).await.map_err(HubError::from)?;
            at.hub.once_end(PURPOSE, &at.code_of(invite.id).await?).await?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
pub struct Whose {
    account: String,
}

pub async fn allow(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(whose): Input<Whose>,
) -> XrpcResult<()> {
    at.let_invite(&whose.account, true).await
}

pub async fn forbid(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(whose): Input<Whose>,
) -> XrpcResult<()> {
    at.let_invite(&whose.account, false).await
}

/// The invitation of ours that a code stands for.
fn invite_of(once: &Once) -> Option<Id> {
    serde_json::from_value(once.facts.get("invite")?.clone()).ok()
}

impl AtProto {
    /// Whether codes may be made for an account: one of a member who may invite, or the operator's own.
    async fn may_be_invited_by(&self, account: &str) -> XrpcResult<()> {
        if account == ADMIN {
            return Ok(());
        }
        let did = Did::parse(account).map_err(|why| XrpcError::invalid(why.to_string()))?;
        let missing = || XrpcError::new("NotFound", "Account not found");
        let (_, presence) = find_member(self, did.as_str()).await?.ok_or_else(missing)?;
        match Facts::of(&presence).may_not_invite {
            true => Err(XrpcError::invalid(format!("{did} may not invite anybody"))),
            false => Ok(()),
        }
    }

    async fn let_invite(&self, account: &str, may: bool) -> XrpcResult<()> {
        let missing = || XrpcError::new("NotFound", "Account not found");
        let (member, _) = find_member(self, account).await?.ok_or_else(missing)?;
        let _turn = self.hub.turn(member.actor.id).await;
        let (_, presence) = find_member(self, account).await?.ok_or_else(missing)?;
        let facts = Facts { may_not_invite: !may, ..Facts::of(&presence) };
        Ok(self.hub.set_facts(Network::AtProto, &presence.native_id, facts.value()).await?)
    }

    async fn invite(&self, account: &str, uses: u32) -> XrpcResult<String> {
        if !(1..=MOST_USES).contains(&uses) {
            return Err(XrpcError::invalid(format!("useCount is from 1 to {MOST_USES}")));
        }
        let (id, created_at) = (self.hub.ids().next(), Time::now());
        let row =
            InviteRow { id, account: account.to_owned(), uses: uses.into(), disabled: false, created_at };
        let code = self.code_of(id).await?;
        let once = Once { purpose: PURPOSE.into(), member: None, facts: json!({ "invite": id }) };
        self.hub.store().write(atproto_invites::insert(&row)).await.map_err(HubError::from)?;
        self.hub.once_put(once, &code, uses, LIFETIME).await?;
        Ok(code)
    }

    /// Twenty letters and digits that nobody can guess, in groups that can be read out.
    async fn code_of(&self, id: Id) -> Result<String, HubError> {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &self.secret().await?);
        let tag = hmac::sign(&secret, format!("landbridge atproto invite\0{id}").as_bytes());
        let letters = tag.as_ref().iter().take(20).filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        let letters: Vec<char> = letters.map(|byte| char::from(*byte)).collect();
        Ok(letters.chunks(5).map(String::from_iter).collect::<Vec<_>>().join("-"))
    }

    async fn invites(&self, query: landbridge_store::Query) -> Result<Vec<InviteRow>, HubError> {
        let rows = self.hub.store().rows(query).await?;
        rows.into_iter().map(|mut row| Ok(InviteRow::read(&mut row)?)).collect()
    }

    async fn shown(&self, invite: &InviteRow) -> Result<Value, HubError> {
        let code = self.code_of(invite.id).await?;
        let left = self.hub.once_left(PURPOSE, &code).await?;
        let mut uses = Vec::new();
        for mut row in self.hub.store().rows(atproto_invites::uses(invite.id)).await? {
            let (did, at): (String, Time) = (row.get(0)?, row.get(1)?);
            uses.push(json!({ "usedBy": did, "usedAt": at.rfc3339() }));
        }
        Ok(json!({
            "code": code,
            // How often it works in all. Who comes by a page is not noted, and what has expired works no more.
            "available": left.saturating_add_unsigned(uses.len() as u64),
            "disabled": invite.disabled,
            "forAccount": invite.account,
            "createdBy": ADMIN,
            "createdAt": invite.created_at.rfc3339(),
            "uses": uses,
        }))
    }

    /// Notes who has come by an invitation.
    pub(super) fn came_by(&self, once: &Once, did: &str) -> Option<Change> {
        invite_of(once).map(|invite| atproto_invites::used(invite, did, Time::now()))
    }
}
