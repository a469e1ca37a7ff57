//! `com.atproto.admin.{getSubjectStatus,updateSubjectStatus}`: a member as a whole, or one record or blob.

use crate::{
    data::Cid,
    network::AtProto,
    pds::{
        XrpcError, XrpcResult,
        access::Admin,
        input::{Input, Params},
        server::find_member,
    },
    syntax::Did,
    translate::place::Place,
};
use axum::{Json, extract::State};
use landbridge_hub::accounts::Member;
use landbridge_model::{ActorState, PresenceState};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest name that an operator gives a takedown, in bytes.
const LONGEST: usize = 512;

#[derive(Deserialize)]
pub struct Wanted {
    did: Option<String>,
    uri: Option<String>,
    blob: Option<String>,
}

pub async fn status(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Params(wanted): Params<Wanted>,
) -> XrpcResult<Json<Value>> {
    let subject = match (wanted.did, wanted.uri, wanted.blob) {
        (Some(did), None, Some(cid)) => Subject::Blob { did, cid, record_uri: None },
        (_, Some(uri), None) => Subject::Record { uri, cid: None },
        (Some(did), None, None) => Subject::Account { did },
        _ => return Err(XrpcError::invalid("name a did, a uri, or a did and a blob")),
    };
    Ok(Json(at.standing(&subject).await?))
}

#[derive(Deserialize)]
#[serde(tag = "$type")]
enum Subject {
    #[serde(rename = "com.atproto.admin.defs#repoRef")]
    Account { did: String },
    #[serde(rename = "com.atproto.repo.strongRef")]
    Record { uri: String, cid: Option<String> },
    #[serde(rename = "com.atproto.admin.defs#repoBlobRef", rename_all = "camelCase")]
    Blob { did: String, cid: String, record_uri: Option<String> },
}

#[derive(Deserialize)]
pub struct Update {
    subject: Subject,
    takedown: Option<Applied>,
    deactivated: Option<Applied>,
}

#[derive(Deserialize)]
pub struct Applied {
    applied: bool,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

pub async fn update(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(update): Input<Update>,
) -> XrpcResult<Json<Value>> {
    let reference = update.takedown.as_ref().and_then(|takedown| takedown.reference.as_deref());
    if reference.is_some_and(|reference| reference.len() > LONGEST) {
        return Err(XrpcError::invalid("takedown.ref is too long"));
    }
    match &update.subject {
        Subject::Account { did } => at.set_standing(did, &update).await?,
        part => {
            let held = at.part(part).await?;
            if let Some(takedown) = &update.takedown {
                let reference = takedown.applied.then_some(reference.unwrap_or_default());
                let whose = (held.member.actor.id, &held.did);
                at.take_down(whose, &held.subject, reference).await?;
            }
        }
    }
    let mut answer = at.standing(&update.subject).await?;
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("deactivated");
    }
    Ok(Json(answer))
}

/// A record or blob of a member.
struct Part {
    member: Member,
    did: Did,
    /// COLLECTION/RKEY, or a CID.
    subject: String,
    /// As it is shown.
    shown: Value,
}

fn missing() -> XrpcError {
    XrpcError::new("NotFound", "Subject not found")
}

impl AtProto {
    async fn account(&self, did: &str) -> XrpcResult<(Did, Member, bool)> {
        let did = Did::parse(did).map_err(|why| XrpcError::invalid(why.to_string()))?;
        let (member, presence) = find_member(self, did.as_str()).await?.ok_or_else(missing)?;
        Ok((did, member, presence.state != PresenceState::Active))
    }

    async fn part(&self, subject: &Subject) -> XrpcResult<Part> {
        match subject {
            Subject::Account { .. } => Err(missing()),
            Subject::Record { uri, cid } => {
                let place =
                    Place::parse(uri).ok_or_else(|| XrpcError::invalid("uri is no AT-URI of a record"))?;
                let (did, member, _) = self.account(place.did.as_str()).await?;
                let subject = place.path();
                // What was taken down can be lifted though it is no longer there.
                let record = self.record(member.actor.id, &place.collection, &place.rkey).await?;
                let known = record.is_some() || self.takedown(member.actor.id, &subject).await?.is_some();
                let cid = record.map(|record| record.cid.to_string()).or_else(|| cid.clone());
                let shown = json!({ "$type": "com.atproto.repo.strongRef", "uri": uri, "cid": cid });
                known.then_some(Part { member, did, subject, shown }).ok_or_else(missing)
            }
            Subject::Blob { did, cid, record_uri } => {
                let cid = Cid::parse(cid).map_err(|_| XrpcError::invalid("cid is no CID"))?.to_string();
                let (did, member, _) = self.account(did).await?;
                let held = self.blob_row(member.actor.id, &cid).await?.is_some();
                let known = held || self.takedown(member.actor.id, &cid).await?.is_some();
                let mut shown =
                    json!({ "$type": "com.atproto.admin.defs#repoBlobRef", "did": did, "cid": cid });
                if let (Some(uri), Some(fields)) = (record_uri, shown.as_object_mut()) {
                    fields.insert("recordUri".into(), json!(uri));
                }
                known.then_some(Part { member, did, subject: cid, shown }).ok_or_else(missing)
            }
        }
    }

    async fn standing(&self, subject: &Subject) -> XrpcResult<Value> {
        if let Subject::Account { did } = subject {
            let (did, member, off) = self.account(did).await?;
            let deactivated = off || member.actor.state == ActorState::Deactivated;
            return Ok(json!({
                "subject": { "$type": "com.atproto.admin.defs#repoRef", "did": did },
                "takedown": { "applied": member.actor.state == ActorState::Suspended },
                "deactivated": { "applied": deactivated },
            }));
        }
        let part = self.part(subject).await?;
        let takedown = self.takedown(part.member.actor.id, &part.subject).await?;
        let mut standing = json!({ "applied": takedown.is_some() });
        if let (Some(reference), Some(fields)) =
            (takedown.filter(|reference| !reference.is_empty()), standing.as_object_mut())
        {
            fields.insert("ref".into(), json!(reference));
        }
        Ok(json!({ "subject": part.shown, "takedown": standing }))
    }

    async fn set_standing(&self, did: &str, update: &Update) -> XrpcResult<()> {
        let (_, member, _) = self.account(did).await?;
        let id = member.actor.id;
        let is = |wanted: &Option<Applied>, applied| wanted.as_ref().is_some_and(|w| w.applied == applied);
        if is(&update.takedown, true) && is(&update.deactivated, false) {
            return Err(XrpcError::invalid("Cannot activate and takedown an account at the same time"));
        }
        if let Some(takedown) = &update.takedown
            && takedown.applied != (member.actor.state == ActorState::Suspended)
        {
            self.hub.suspend(id, takedown.applied).await?;
        }
        match &update.deactivated {
            Some(Applied { applied: true, .. }) => self.hub.deactivate(id).await?,
            Some(Applied { applied: false, .. }) => self.hub.reactivate(id).await?,
            None => {}
        }
        Ok(())
    }
}
