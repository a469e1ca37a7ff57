//! `createRecord`, `putRecord`, `deleteRecord`, `applyWrites`. What is written is durable when the answer comes; the hub
//! hears of it right after ([`crate::through`]).

use super::{nsid, rkey};
use crate::{
    data::{BlobRef, Cid, Map, Record, Value},
    network::AtProto,
    pds::{
        Access, XrpcError, XrpcResult,
        access::{Action, Limit},
    },
    repo::{Block, MAX_OPS, StageError, Write},
    repository::{Made, PutError, Wish},
    syntax::{Nsid, RecordKey},
    translate::place::PROFILE,
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use landbridge_model::Id;
use serde::Deserialize;
use serde_json::{Value as Any, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    repo: String,
    collection: String,
    rkey: Option<String>,
    validate: Option<bool>,
    record: Any,
    swap_commit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Put {
    repo: String,
    collection: String,
    rkey: String,
    validate: Option<bool>,
    record: Any,
    /// `null`: there must be no record. Absent: whatever there is.
    #[serde(default, deserialize_with = "present")]
    swap_record: Option<Option<String>>,
    swap_commit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delete {
    repo: String,
    collection: String,
    rkey: String,
    #[serde(default, deserialize_with = "present")]
    swap_record: Option<Option<String>>,
    swap_commit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Apply {
    repo: String,
    validate: Option<bool>,
    writes: Vec<Part>,
    swap_commit: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "$type")]
enum Part {
    #[serde(rename = "com.atproto.repo.applyWrites#create")]
    Create { collection: String, rkey: Option<String>, value: Any },
    #[serde(rename = "com.atproto.repo.applyWrites#update")]
    Update { collection: String, rkey: String, value: Any },
    #[serde(rename = "com.atproto.repo.applyWrites#delete")]
    Delete { collection: String, rkey: String },
}

/// A field that is there, be it `null`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

type Body<T> = Result<Json<T>, JsonRejection>;

fn body<T>(body: Body<T>) -> XrpcResult<T> {
    body.map(|Json(body)| body).map_err(|error| XrpcError::invalid(error.body_text()))
}

pub async fn create(
    State(at): State<Arc<AtProto>>,
    access: Access,
    asked: Body<Create>,
) -> XrpcResult<Json<Any>> {
    let asked = body(asked)?;
    own(&at, &access, &asked.repo).await?;
    let collection = nsid(&asked.collection)?;
    access.may_write(&collection, Action::Create)?;
    let rkey = at.key(asked.rkey.as_deref())?;
    let (block, status) =
        at.checked_record(&access, &collection, &rkey, asked.record, asked.validate).await?;
    let cid = block.cid;
    let wish = match asked.validate {
        Some(false) => Wish::Exactly(Write::Create(collection.clone(), rkey.clone(), block)),
        _ => Wish::Again { collection: collection.clone(), rkey: rkey.clone(), block },
    };
    let made = at.write(&access, asked.swap_commit.as_deref(), &[wish]).await?;
    Ok(Json(answer(&access, &collection, &rkey, cid, status, &made)))
}

pub async fn put(State(at): State<Arc<AtProto>>, access: Access, asked: Body<Put>) -> XrpcResult<Json<Any>> {
    let asked = body(asked)?;
    own(&at, &access, &asked.repo).await?;
    let (collection, rkey) = (nsid(&asked.collection)?, rkey(&asked.rkey)?);
    access.may_write(&collection, Action::Create)?;
    access.may_write(&collection, Action::Update)?;
    let mut record = asked.record;
    if collection.as_str() == PROFILE {
        at.complete_pictures(access.member, &mut record).await?;
    }
    let (block, status) = at.checked_record(&access, &collection, &rkey, record, asked.validate).await?;
    let cid = block.cid;
    let swap = asked.swap_record;
    let wish = Wish::Put { collection: collection.clone(), rkey: rkey.clone(), block, swap };
    let made = at.write(&access, asked.swap_commit.as_deref(), &[wish]).await?;
    Ok(Json(answer(&access, &collection, &rkey, cid, status, &made)))
}

pub async fn delete(
    State(at): State<Arc<AtProto>>,
    access: Access,
    asked: Body<Delete>,
) -> XrpcResult<Json<Any>> {
    let asked = body(asked)?;
    own(&at, &access, &asked.repo).await?;
    let (collection, rkey) = (nsid(&asked.collection)?, rkey(&asked.rkey)?);
    access.may_write(&collection, Action::Delete)?;
    // Deleting what is not there is done already.
    let wish = Wish::Remove { collection, rkey, swap: asked.swap_record };
    let made = at.write(&access, asked.swap_commit.as_deref(), &[wish]).await?;
    Ok(Json(match made {
        Some(made) => json!({ "commit": commit(&made) }),
        None => json!({}),
    }))
}

pub async fn apply(
    State(at): State<Arc<AtProto>>,
    access: Access,
    asked: Body<Apply>,
) -> XrpcResult<Json<Any>> {
    let asked = body(asked)?;
    own(&at, &access, &asked.repo).await?;
    if asked.writes.len() > MAX_OPS {
        return Err(XrpcError::invalid(format!("Too many writes. Max: {MAX_OPS}")));
    }
    let (mut wishes, mut results) = (Vec::new(), Vec::new());
    for part in asked.writes {
        match part {
            Part::Create { collection, rkey, value } => {
                let (collection, rkey) = (nsid(&collection)?, at.key(rkey.as_deref())?);
                access.may_write(&collection, Action::Create)?;
                let (block, status) =
                    at.checked_record(&access, &collection, &rkey, value, asked.validate).await?;
                results.push(result("create", &access, &collection, &rkey, block.cid, status));
                wishes.push(Wish::Exactly(Write::Create(collection, rkey, block)));
            }
            Part::Update { collection, rkey: key, value } => {
                let (collection, rkey) = (nsid(&collection)?, rkey(&key)?);
                access.may_write(&collection, Action::Update)?;
                let (block, status) =
                    at.checked_record(&access, &collection, &rkey, value, asked.validate).await?;
                results.push(result("update", &access, &collection, &rkey, block.cid, status));
                wishes.push(Wish::Exactly(Write::Update(collection, rkey, block)));
            }
            Part::Delete { collection, rkey: key } => {
                let (collection, rkey) = (nsid(&collection)?, rkey(&key)?);
                access.may_write(&collection, Action::Delete)?;
                results.push(json!({ "$type": "com.atproto.repo.applyWrites#deleteResult" }));
                wishes.push(Wish::Exactly(Write::Delete(collection, rkey)));
            }
        }
    }
    let made = at.write(&access, asked.swap_commit.as_deref(), &wishes).await?;
    Ok(Json(match made {
        Some(made) => json!({ "commit": commit(&made), "results": results }),
        None => json!({ "results": results }),
    }))
}

/// Members write into their own repository alone.
async fn own(at: &AtProto, access: &Access, repo: &str) -> XrpcResult<()> {
    if access.did.as_str() == repo {
        return Ok(());
    }
    let handle = crate::syntax::Handle::parse(&repo.to_ascii_lowercase()).ok();
    let named = match handle {
        Some(handle) => at.member_with_handle(&handle).await?,
        None => None,
    };
    match named {
        Some(presence) if presence.actor == access.member => Ok(()),
        _ => Err(XrpcError::unauthorized("AuthenticationRequired", "this repository is not the member's")),
    }
}

fn answer(
    access: &Access,
    collection: &Nsid,
    rkey: &RecordKey,
    cid: Cid,
    status: &'static str,
    made: &Option<Made>,
) -> Any {
    let mut answer = json!({
        "uri": format!("at://{}/{collection}/{rkey}", access.did),
        "cid": cid.to_string(),
        "validationStatus": status,
    });
    if let (Some(made), Some(fields)) = (made, answer.as_object_mut()) {
        fields.insert("commit".into(), commit(made));
    }
    answer
}

fn result(
    what: &str,
    access: &Access,
    collection: &Nsid,
    rkey: &RecordKey,
    cid: Cid,
    status: &'static str,
) -> Any {
    json!({
        "$type": format!("com.atproto.repo.applyWrites#{what}Result"),
        "uri": format!("at://{}/{collection}/{rkey}", access.did),
        "cid": cid.to_string(),
        "validationStatus": status,
    })
}

fn commit(made: &Made) -> Any {
    json!({ "cid": made.head.to_string(), "rev": made.rev.to_string() })
}

/// What a write costs of a member's share.
fn points(wish: &Wish) -> u32 {
    match wish {
        Wish::Exactly(Write::Create(..)) | Wish::Again { .. } => 3,
        Wish::Exactly(Write::Update(..)) | Wish::Put { .. } => 2,
        Wish::Exactly(Write::Delete(..)) | Wish::Remove { .. } => 1,
    }
}

impl AtProto {
    /// The key that an app gives, or a new one.
    fn key(&self, given: Option<&str>) -> XrpcResult<RecordKey> {
        match given {
            Some(given) => rkey(given),
            None => rkey(&self.next_tid(None).to_string()),
        }
    }

    /// An app puts a profile of before 2023 as it has found it: its pictures, named by CID and type alone, get their sizes.
    async fn complete_pictures(&self, member: Id, record: &mut Any) -> XrpcResult<()> {
        for field in ["avatar", "banner"] {
            let Some(picture) = record.get_mut(field) else { continue };
            let Ok(map) = Map::from_json(picture) else { continue };
            let Some((cid, mime_type)) = BlobRef::legacy(&map) else { continue };
            let Some(held) = self.blob_row(member, &cid.to_string()).await? else { continue };
            let (mime_type, size) = (mime_type.to_owned(), u64::try_from(held.size).unwrap_or_default());
            *picture = Value::Map(BlobRef { cid, mime_type, size }.to_map()).to_json();
        }
        Ok(())
    }

    /// A record as it will be kept, and whether its schema is known. Its blobs must be here, within what the schema allows.
    async fn checked_record(
        &self,
        access: &Access,
        collection: &Nsid,
        rkey: &RecordKey,
        record: Any,
        validate: Option<bool>,
    ) -> XrpcResult<(Block, &'static str)> {
        let mut fields = Map::from_json(&record).map_err(|e| XrpcError::invalid(format!("record: {e}")))?;
        match fields.text("$type") {
            None => drop(fields.insert("$type", collection.as_str())),
            Some(kind) if kind == collection.as_str() => {}
            Some(kind) => {
                return Err(XrpcError::invalid(format!("Invalid $type: expected {collection}, got {kind}")));
            }
        }
        let status = crate::pds::schemas::check(collection, rkey, &fields, validate)?;
        if BlobRef::any_legacy(&fields) {
            return Err(XrpcError::invalid("Legacy blobs are not allowed"));
        }
        for blob in BlobRef::all_in_map(&fields) {
            let held = self.blob_row(access.member, &blob.cid.to_string()).await?;
            let missing = || XrpcError::new("BlobNotFound", format!("Could not find blob: {}", blob.cid));
            let held = held.ok_or_else(missing)?;
            self.is_up(access.member, &held.cid, missing()).await?;
            // What a record names has been held to it, and may have come under another type, as with a move.
            if self.is_named(access.member, &held.cid).await? {
                continue;
            }
            if u64::try_from(held.size).ok() != Some(blob.size) {
                return Err(XrpcError::new("InvalidSize", "the blob has another size"));
            }
            if held.mime != blob.mime_type {
                let said = format!("Referenced Mimetype does not match stored blob. Expected: {}", held.mime);
                return Err(XrpcError::new("InvalidMimeType", said));
            }
        }
        let record = Record::encode(fields).map_err(|error| XrpcError::invalid(error.to_string()))?;
        Ok((Block { cid: record.cid(), bytes: record.bytes().clone() }, status))
    }

    /// Writes; `None` when there is nothing to write.
    async fn write(&self, access: &Access, swap: Option<&str>, wishes: &[Wish]) -> XrpcResult<Option<Made>> {
        let swap =
            swap.map(Cid::parse).transpose().map_err(|_| XrpcError::invalid("swapCommit is no CID"))?;
        self.guard.limits.take(Limit::Write, access.did.as_str(), wishes.iter().map(points).sum())?;
        access.used(self, "wrote records");
        match self.put(&access.presence, swap, true, wishes).await {
            Ok(made) => Ok(made),
            Err(PutError::Hub(error)) => Err(error.into()),
            Err(PutError::Swap(at)) => Err(XrpcError::new("InvalidSwap", format!("it is at {at} now"))),
            Err(PutError::Stage(StageError::Tree(_) | StageError::Sign(_))) => {
                Err(landbridge_hub::HubError::Damaged("a repository").into())
            }
            Err(PutError::Stage(error)) => Err(XrpcError::invalid(error.to_string())),
        }
    }
}
