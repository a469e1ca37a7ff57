//! Repositories of which something was missed: asked for all that is new since (`com.atproto.sync.getRepo`), with the same
//! proof as a commit has.

use super::{
    Later, Reader, commits,
    records::{self, Changed},
    stopped,
};
use crate::{
    crypto::{CryptoError, PublicKey},
    network::AtProto,
    remote::{self, Param},
    repo::{
        Block, Blocks, Commit, CommitError, MemoryBlocks,
        car::{self, CarLimits},
        mst::{Tree, TreeError, Walked},
    },
    syntax::{Did, Tid},
    translate::place::Place,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use landbridge_hub::{HubError, Stop};
use landbridge_model::{Network, Time};
use landbridge_store::entities::atproto_reader::{self, SeenRow};
use std::{sync::Arc, time::Duration};

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(20);
const BATCH: i64 = 50;
/// Repositories asked for at once.
const AT_ONCE: usize = 4;
/// Longest answer that is read, in bytes.
const MOST_BYTES: usize = 24 << 20;
/// The same in blocks: an ordinary one has some hundred bytes, and many tiny ones would take more memory than the answer.
const LIMITS: CarLimits = CarLimits { blocks: 150_000, total: MOST_BYTES as u64, ..CarLimits::REPO };
/// Acts of somebody that are looked up in the new tree.
const MOST_ACTS: i64 = 2_000;
/// Posts that are asked for where the whole answer is too long.
const MOST_NEWEST: usize = 50;
/// Tries before what was missed is given up.
const PATIENCE: u32 = 12;

pub async fn run(reader: Arc<Reader>, mut stop: Stop) {
    while !*stop.borrow() {
        let rung = reader.missed.notified();
        match work(&reader).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(Later(why)) => tracing::warn!(why, "what was missed cannot be asked for now"),
        }
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep(LOOK) => {}
            () = stopped(&mut stop) => {}
        }
    }
}

/// Works off what is due; whether there was something.
async fn work(reader: &Reader) -> Result<bool, Later> {
    let later = |error: landbridge_store::StoreError| Later(error.to_string());
    let mut due = Vec::new();
    for mut row in reader.hub.store().rows(atproto_reader::due(Time::now(), BATCH)).await.map_err(later)? {
        due.push(SeenRow::read(&mut row).map_err(later)?);
    }
    let any = !due.is_empty();
    let caught = due.into_iter().map(|row| async move { one(reader, &row).await });
    let results: Vec<Result<(), Later>> = stream::iter(caught).buffer_unordered(AT_ONCE).collect().await;
    results.into_iter().collect::<Result<Vec<()>, Later>>()?;
    Ok(any)
}

async fn one(reader: &Reader, row: &SeenRow) -> Result<(), Later> {
    let change = match catch_up(reader, row).await {
        Ok(()) => return Ok(()),
        Err(Later(why)) if row.tries >= PATIENCE => {
            tracing::info!(did = row.did, why, "what was missed of a repository is given up");
            atproto_reader::forget(&row.did)
        }
        Err(Later(why)) => {
            tracing::debug!(did = row.did, why, "what was missed of a repository is asked for again later");
            let wait = Duration::from_secs(15 * 2u64.pow(row.tries.min(10)));
            atproto_reader::put_off(&row.did, Time::now().plus(wait))
        }
    };
    reader.hub.store().write(change).await.map_err(|error| Later(error.to_string()))?;
    Ok(())
}

async fn catch_up(reader: &Reader, row: &SeenRow) -> Result<(), Later> {
    let forget = || atproto_reader::forget(&row.did);
    let written = |error: landbridge_store::WriteError| Later(error.to_string());
    let Ok(did) = Did::parse(&row.did) else {
        reader.hub.store().write(forget()).await.map_err(written)?;
        return Ok(());
    };
    let everything = reader.interest.people().is_followed(&did);
    let news = News::ask(&reader.at, &did, &row.rev).await?;
    let Some(news) = news else {
        // Its server serves it no more; `#account` says why.
        reader.hub.store().write(forget()).await.map_err(written)?;
        return Ok(());
    };
    let newer = Tid::parse(&row.rev).map_or(true, |rev| news.commit.rev > rev);
    if newer {
        let mut changes = news.changed(&did);
        changes.extend(removed(reader, &did, &news).await?);
        records::take(reader, &did, news.commit.rev, &changes, everything).await?;
    }
    match everything {
        true => commits::note(reader, &did, news.commit.rev, &news.commit.data).await,
        false => reader.hub.store().write(forget()).await.map(|_| ()).map_err(written),
    }
}

/// A repository as far as it is new.
struct News {
    commit: Commit,
    blocks: MemoryBlocks,
    /// Of a repository that is too big, its newest posts instead.
    newest: Vec<Changed>,
}

impl News {
    async fn ask(at: &AtProto, did: &Did, since: &str) -> Result<Option<News>, Later> {
        let Some(document) = at.document_of(did).await? else { return Ok(None) };
        let (Some(server), Some(key)) = (document.pds(), document.signing_key()) else { return Ok(None) };
        let mut params = vec![Param("did", did.as_str())];
        if !since.is_empty() {
            params.push(Param("since", since));
        }
        match remote::bytes(at, &server, "com.atproto.sync.getRepo", &params, MOST_BYTES).await {
            Ok(None) => Ok(None),
            Ok(Some(file)) => News::read(at, did, key, &file).await.map(Some),
            // Too long, or no answer in time: less, then.
            Err(error) => match News::newest(at, did, &server).await? {
                Some(news) => {
                    tracing::info!(%did, %error, "of what was missed only the newest posts are read");
                    Ok(Some(news))
                }
                None => Err(error.into()),
            },
        }
    }

    async fn read(at: &AtProto, did: &Did, key: &PublicKey, file: &Bytes) -> Result<News, Later> {
        let bad = |why: String| Later(format!("the repository of {did}: {why}"));
        let (root, blocks) = car::read_rooted(file, LIMITS).map_err(|error| bad(error.to_string()))?;
        let blocks: MemoryBlocks = blocks.into_iter().collect();
        let head = blocks.get(&root).ok_or_else(|| bad("no commit".into()))?;
        let commit = Commit::decode(&head).map_err(|error| bad(error.to_string()))?;
        if commit.did != *did {
            return Err(bad(format!("is of {}", commit.did)));
        }
        let checked = match commit.verify(key) {
            Err(CommitError::Signature(CryptoError::Signature)) => match at.newer_key_of(did, key).await? {
                Some(newer) => commit.verify(&newer),
                None => Err(CommitError::Signature(CryptoError::Signature)),
            },
            other => other,
        };
        checked.map_err(|error| bad(error.to_string()))?;
        Ok(News { commit, blocks, newest: Vec::new() })
    }

    async fn newest(at: &AtProto, did: &Did, server: &url::Url) -> Result<Option<News>, HubError> {
        let place = Place {
            did: did.clone(),
            collection: crate::translate::place::PROFILE.into(),
            rkey: "self".into(),
        };
        let params =
            [Param("did", did.as_str()), Param("collection", &place.collection), Param("rkey", "self")];
        // The proof of any record has the newest commit in it.
        let Some(file) = remote::bytes(at, server, "com.atproto.sync.getRecord", &params, 2_000_000).await?
        else {
            return Ok(None);
        };
        let Some(key) = at.signing_key_of(did).await? else { return Ok(None) };
        let proven = crate::repo::proof::check(&file, did, &key, &place.path())
            .map_err(|error| HubError::Remote(error.to_string()))?;
        let found = at.newest_posts(did, MOST_NEWEST).await?;
        let changed = found.into_iter().rev().map(|found| Changed {
            record: Some(Block { cid: found.record.cid(), bytes: found.record.bytes().clone() }),
            place: found.place,
        });
        Ok(Some(News { commit: proven.commit, blocks: MemoryBlocks::new(), newest: changed.collect() }))
    }

    /// Records that came with it, by the time in their keys. What of the tree did not come has not changed.
    fn changed(&self, did: &Did) -> Vec<Changed> {
        let tree = Tree::at(self.commit.data);
        let mut changes = self.newest.clone();
        for step in tree.walk(&self.blocks) {
            match step {
                Ok(Walked::Record(key, cid)) => {
                    let place = Place::at_path(did, &key).filter(|place| records::is_read(&place.collection));
                    if let (Some(place), Some(bytes)) = (place, self.blocks.get(&cid)) {
                        changes.push(Changed { place, record: Some(Block { cid, bytes }) });
                    }
                }
                Ok(Walked::Node(_)) | Err(TreeError::Missing(_)) => {}
                // A bad node hides what is below it; the rest is as good as before.
                Err(error) => tracing::debug!(%did, %error, "a bad tree"),
            }
        }
        changes.sort_by(|a, b| a.place.rkey.cmp(&b.place.rkey));
        changes
    }
}

/// What is here of them and is no longer in the tree.
async fn removed(reader: &Reader, did: &Did, news: &News) -> Result<Vec<Changed>, Later> {
    let Some(actor) = reader.hub.actor_by_native(Network::AtProto, did.as_str()).await? else {
        return Ok(Vec::new());
    };
    let tree = Tree::at(news.commit.data);
    let query = atproto_reader::acts_of(actor.id, Network::AtProto, MOST_ACTS);
    let mut gone = Vec::new();
    for mut row in reader.hub.store().rows(query).await.map_err(|error| Later(error.to_string()))? {
        let uri: String = row.get(0).map_err(|error| Later(error.to_string()))?;
        let Some(place) = Place::parse(&uri).filter(|place| place.did == *did) else { continue };
        if matches!(tree.get(&news.blocks, &place.path()), Ok(None)) {
            gone.push(Changed { place, record: None });
        }
    }
    Ok(gone)
}
