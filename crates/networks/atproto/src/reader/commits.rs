//! One commit: checked, and its records taken in. What cannot be believed is asked of the account's own server.

use super::{
    Later, Reader,
    interest::Why,
    records::{self, Changed},
};
use crate::{
    crypto::{CryptoError, PublicKey},
    data::Cid,
    firehose::{CommitEvent, SyncEvent},
    repo::{
        CommitError,
        mst::TreeError,
        verify::{Known, Verified, VerifyError, verify, verify_signed, verify_sync},
    },
    syntax::{Did, Tid},
    translate::place::Place,
};
use landbridge_model::Time;
use landbridge_store::entities::atproto_reader::{self, SeenRow};

/// Records of one commit that are asked for one by one.
const MOST_ASKED: usize = 20;

const WRONG_SIGNATURE: CommitError = CommitError::Signature(CryptoError::Signature);

pub async fn take(reader: &Reader, commit: &CommitEvent, why: Why) -> Result<(), Later> {
    let did = &commit.repo;
    let everything = why == Why::Followed;
    let known = if everything { known(reader, did).await? } else { None };
    if known.is_some_and(|known| commit.rev <= known.rev) {
        return Ok(());
    }
    let Some(key) = reader.at.signing_key_of(did).await? else {
        return drop_it(did, "no key");
    };
    let verified = match checked(reader, commit, &key, known).await? {
        Ok(verified) => verified,
        Err(VerifyError::Gap) => {
            metrics::counter!("atproto_commits_gap").increment(1);
            let since = known.map(|known| known.rev.to_string()).unwrap_or_default();
            return reader.note_missed(did.as_str(), &since).await;
        }
        Err(VerifyError::Stale) => return Ok(()),
        Err(error) if is_incomplete(&error) => {
            metrics::counter!("atproto_commits_incomplete").increment(1);
            return match everything {
                true => {
                    let since = known.map(|known| known.rev).or(commit.since);
                    reader
                        .note_missed(did.as_str(), &since.map(|since| since.to_string()).unwrap_or_default())
                        .await
                }
                false => one_by_one(reader, commit).await,
            };
        }
        Err(error) => return drop_it(did, &error.to_string()),
    };
    let mut changes = Vec::with_capacity(commit.ops.len());
    for (op, record) in commit.ops.iter().zip(verified.records) {
        if let Some(place) = Place::at_path(did, &op.path) {
            changes.push(Changed { place, record });
        }
    }
    records::take(reader, did, commit.rev, &changes, everything).await?;
    if everything {
        note(reader, did, commit.rev, &verified.commit.data).await?;
    }
    Ok(())
}

/// `#sync`: the repository is at that commit, whatever was said before.
pub async fn take_sync(reader: &Reader, sync: &SyncEvent) -> Result<(), Later> {
    let did = &sync.did;
    if !reader.interest.people().is_followed(did) {
        return Ok(());
    }
    let Some(key) = reader.at.signing_key_of(did).await? else { return drop_it(did, "no key") };
    let check = |key: &PublicKey| verify_sync(did, sync.rev, &sync.blocks, key, Time::now());
    let commit = match check(&key) {
        Err(VerifyError::Commit(WRONG_SIGNATURE)) => match reader.at.newer_key_of(did, &key).await? {
            Some(newer) => check(&newer),
            None => return drop_it(did, "wrong signature"),
        },
        other => other,
    };
    let commit = match commit {
        Ok((_, commit)) => commit,
        Err(error) => return drop_it(did, &error.to_string()),
    };
    match known(reader, did).await? {
        Some(known) if known.rev > commit.rev => Ok(()),
        // Another commit of the same tree, or the first that is seen: nothing was missed.
        Some(known) if known.data == commit.data => note(reader, did, commit.rev, &commit.data).await,
        None => note(reader, did, commit.rev, &commit.data).await,
        Some(known) => reader.note_missed(did.as_str(), &known.rev.to_string()).await,
    }
}

/// The outer error: not now. The inner one: not to be believed.
async fn checked(
    reader: &Reader,
    commit: &CommitEvent,
    key: &PublicKey,
    known: Option<Known>,
) -> Result<Result<Verified, VerifyError>, Later> {
    let check = |key: &PublicKey| {
        let (announced, now) = (commit.announced(), Time::now());
        match verify(&announced, key, known, now) {
            // Its server is going to be asked: only because of what the account has signed.
            Err(error) if error == VerifyError::Gap || is_incomplete(&error) => {
                verify_signed(&announced, key, now).and(Err(error))
            }
            other => other,
        }
    };
    Ok(match check(key) {
        Err(VerifyError::Commit(WRONG_SIGNATURE)) => match reader.at.newer_key_of(&commit.repo, key).await? {
            Some(newer) => check(&newer),
            None => Err(VerifyError::Commit(WRONG_SIGNATURE)),
        },
        other => other,
    })
}

/// How far a followed repository was read; `None`: what comes next is the beginning.
pub async fn known(reader: &Reader, did: &Did) -> Result<Option<Known>, Later> {
    let row = reader
        .hub
        .store()
        .row(atproto_reader::one(did.as_str()))
        .await
        .map_err(|error| Later(error.to_string()))?;
    let row =
        row.map(|mut row| SeenRow::read(&mut row)).transpose().map_err(|error| Later(error.to_string()))?;
    Ok(row.and_then(|row| {
        Some(Known { rev: Tid::parse(&row.rev).ok()?, data: Cid::from_bytes(&row.data?).ok()? })
    }))
}

pub async fn note(reader: &Reader, did: &Did, rev: Tid, data: &Cid) -> Result<(), Later> {
    let change = atproto_reader::put(did.as_str(), &rev.to_string(), &data.to_bytes());
    reader.hub.store().write(change).await.map_err(|error| Later(error.to_string()))?;
    Ok(())
}

/// Whether a commit lacks what servers of the time before sync 1.1 do not send, or was too big.
fn is_incomplete(error: &VerifyError) -> bool {
    matches!(
        error,
        VerifyError::NoPrevData
            | VerifyError::MissingRecord(_)
            | VerifyError::Tree(TreeError::Missing(_))
            | VerifyError::Op(_)
    )
}

/// The records that it names, each with its own proof.
async fn one_by_one(reader: &Reader, commit: &CommitEvent) -> Result<(), Later> {
    let did = &commit.repo;
    let mut changes = Vec::new();
    let places = commit.ops.iter().filter_map(|op| Place::at_path(did, &op.path));
    for place in places.filter(|place| records::is_read(&place.collection)).take(MOST_ASKED) {
        let Some(proof) = reader.at.prove(&place).await? else { continue };
        let record = proof
            .found
            .map(|found| crate::repo::Block { cid: found.record.cid(), bytes: found.record.bytes().clone() });
        changes.push(Changed { place, record });
    }
    records::take(reader, did, commit.rev, &changes, false).await
}

fn drop_it(did: &Did, why: &str) -> Result<(), Later> {
    metrics::counter!("atproto_commits_refused").increment(1);
    tracing::debug!(%did, why, "a commit that is not believed");
    Ok(())
}
