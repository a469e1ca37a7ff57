//! One labeler.

use super::{
    Labels,
    label::{self, LabelError},
};
use crate::{
    crypto::PublicKey,
    data::{Map, Value, cbor},
    reader::{Backoff, Over, Socket, address},
    remote::{self, Param},
    syntax::Did,
};
use landbridge_hub::{HubError, Label, Stop};
use landbridge_model::{Network, Time};
use landbridge_store::entities::{atproto_reader, cursors};
use std::{
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, sleep_until},
};
use url::Url;

/// The name of the key that signs labels.
const LABEL_KEY: &str = "atproto_label";
/// Longest message, in bytes.
const LARGEST: usize = 1 << 20;
/// Where we stand is noted this often.
const NOTE: Duration = Duration::from_secs(3);
/// A stream that was read for so long works.
const STEADY: Duration = Duration::from_secs(60);
/// People asked about at once, and pages of answers about them.
const TOGETHER: usize = 10;
const MOST_PAGES: usize = 10;
/// People known here, read at once.
const PAGE: i64 = 500;

pub async fn run(labels: Arc<Labels>, labeler: Did, mut stop: Stop) {
    let mut backoff = Backoff::default();
    while !*stop.borrow() {
        let begun = Instant::now();
        let ended = read(&labels, &labeler, &mut stop).await;
        if begun.elapsed() > STEADY {
            backoff.succeeded();
        }
        match ended {
            Ok(()) => return,
            Err(Over(why)) => tracing::info!(%labeler, why, "the labels of a labeler are read again soon"),
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.failed()) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Until the server stops.
async fn read(labels: &Labels, labeler: &Did, stop: &mut Stop) -> Result<(), Over> {
    let source = Source::find(labels, labeler).await?;
    let place = source.place().await?;
    let path = match place.filter(|place| *place > 0) {
        Some(place) => format!("/xrpc/com.atproto.label.subscribeLabels?cursor={place}"),
        None => "/xrpc/com.atproto.label.subscribeLabels".to_owned(),
    };
    let address = address(&source.server, &path).ok_or_else(|| Over("no address".into()))?;
    let mut newcomers = labels.at.people.newcomers.subscribe();
    let mut socket = Socket::open(labels.at.hub.fetcher(), &address, LARGEST).await?;
    // From now on the stream tells; what was said before is asked for once.
    let (mut heard, mut noted) = (place.unwrap_or(0), place.unwrap_or(0));
    if place.is_none() {
        source.ask_about_everybody().await?;
        source.note(0).await?;
    }
    let mut note_at = Instant::now() + NOTE;
    loop {
        tokio::select! {
            message = socket.next() => heard = source.take(&message?).await?.unwrap_or(heard),
            newcomer = newcomers.recv() => match newcomer {
                Ok(did) => source.ask_about(&[did.to_string()]).await?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
            () = sleep_until(note_at) => {
                if heard != noted {
                    source.note(heard).await?;
                    noted = heard;
                }
                note_at = Instant::now() + NOTE;
            }
            _ = stop.changed() => {
                return source.note(heard).await;
            }
        }
    }
}

struct Source<'a> {
    labels: &'a Labels,
    labeler: &'a Did,
    key: RwLock<PublicKey>,
    server: Url,
}

impl From<HubError> for Over {
    fn from(error: HubError) -> Over {
        Over(error.to_string())
    }
}

impl<'a> Source<'a> {
    /// As the labeler's document says.
    async fn find(labels: &'a Labels, labeler: &'a Did) -> Result<Source<'a>, Over> {
        let document = labels.at.document_of(labeler).await?.ok_or_else(|| Over("no document".into()))?;
        let key = document.key(LABEL_KEY).ok_or_else(|| Over("no key for labels".into()))?.clone();
        let server = document.service("atproto_labeler").and_then(|service| service.origin());
        let key = RwLock::new(key);
        Ok(Source { labels, labeler, key, server: server.ok_or_else(|| Over("no service".into()))? })
    }

    fn name(&self) -> String {
        format!("atproto-labels:{}", self.labeler)
    }

    async fn place(&self) -> Result<Option<u64>, Over> {
        let row = self.labels.at.hub.store().row(cursors::one(&self.name())).await;
        let row = row.map_err(|error| Over(error.to_string()))?;
        Ok(row.and_then(|mut row| row.get::<String>(0).ok()?.parse().ok()))
    }

    async fn note(&self, place: u64) -> Result<(), Over> {
        let change = cursors::put(&self.name(), &place.to_string(), Time::now());
        self.labels.at.hub.store().write(change).await.map_err(|error| Over(error.to_string()))?;
        Ok(())
    }

    /// A message of the stream; gives its number.
    async fn take(&self, message: &[u8]) -> Result<Option<u64>, Over> {
        let bad = |_| Over("a frame that cannot be read".into());
        let (header, body) = cbor::decode_prefix(message).map_err(bad)?;
        let body = cbor::decode(body).map_err(bad)?;
        let kind = header.get("t").and_then(Value::as_text).unwrap_or_default();
        if header.get("op").and_then(Value::as_int) != Some(1) {
            let error = body.get("error").and_then(Value::as_text).unwrap_or_default();
            if error == "FutureCursor" {
                // It has lost its count: from its beginning, then.
                self.note(0).await?;
            }
            return Err(Over(error.chars().take(100).collect()));
        }
        if kind != "#labels" {
            return Ok(None);
        }
        let list = body.get("labels").and_then(Value::as_list).unwrap_or_default();
        let list: Vec<&Map> = list.iter().filter_map(Value::as_map).collect();
        self.keep(&list).await?;
        Ok(body.get("seq").and_then(Value::as_int).and_then(|seq| u64::try_from(seq).ok()))
    }

    async fn keep(&self, list: &[&Map]) -> Result<(), Over> {
        let mut kept: Vec<Label> = Vec::new();
        for &fields in list {
            let shown = label::subject(fields).is_some_and(|did| self.labels.is_shown(did.as_str()));
            if !shown {
                continue;
            }
            match self.believed(fields).await? {
                Ok(label) => kept.extend(label),
                Err(error) => {
                    metrics::counter!("atproto_labels_refused").increment(1);
                    tracing::debug!(labeler = %self.labeler, %error, "a label that is not believed");
                }
            }
        }
        Ok(self.labels.at.hub.put_labels(&kept).await?)
    }

    /// By the key that is known, or by the one that the labeler has by now.
    async fn believed(&self, fields: &Map) -> Result<Result<Option<Label>, LabelError>, HubError> {
        let key = self.key.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        let read = label::read(fields, self.labeler, &key);
        if !matches!(read, Err(LabelError::Signature(_))) {
            return Ok(read);
        }
        let Some(newer) = self.labels.at.newer_named_key(self.labeler, LABEL_KEY, &key).await? else {
            return Ok(read);
        };
        let read = label::read(fields, self.labeler, &newer);
        *self.key.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = newer;
        Ok(read)
    }

    async fn ask_about_everybody(&self) -> Result<(), Over> {
        let mut after = String::new();
        loop {
            let query = atproto_reader::people(Network::AtProto, &after, PAGE);
            let rows = self.labels.at.hub.store().rows(query).await;
            let mut dids: Vec<String> = Vec::new();
            for mut row in rows.map_err(|error| Over(error.to_string()))? {
                dids.push(row.get(0).map_err(|error| Over(error.to_string()))?);
            }
            for did in &dids {
                self.labels.at.people.note_known(did);
            }
            for some in dids.chunks(TOGETHER) {
                self.ask_about(some).await?;
            }
            match dids.pop() {
                Some(last) if dids.len() as i64 + 1 == PAGE => after = last,
                _ => return Ok(()),
            }
        }
    }

    /// What the labeler says of some people and their posts.
    async fn ask_about(&self, dids: &[String]) -> Result<(), Over> {
        let posts: Vec<String> = dids.iter().map(|did| format!("at://{did}/app.bsky.feed.post/*")).collect();
        let mut cursor = String::new();
        for _ in 0..MOST_PAGES {
            let about = dids.iter().chain(&posts).map(|pattern| Param("uriPatterns", pattern));
            let mut params: Vec<Param<'_>> = about.collect();
            params.extend([Param("sources", self.labeler.as_str()), Param("limit", "250")]);
            if !cursor.is_empty() {
                params.push(Param("cursor", &cursor));
            }
            let server = &self.server;
            let asked = remote::json(&self.labels.at, server, "com.atproto.label.queryLabels", &params).await;
            let answer = match asked {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(()),
                // The stream goes on without it.
                Err(error) => {
                    tracing::info!(labeler = %self.labeler, %error, "what a labeler said before is not known");
                    return Ok(());
                }
            };
            let list = answer.get("labels").and_then(|list| list.as_array()).cloned().unwrap_or_default();
            let list: Vec<Map> = list.iter().filter_map(|label| Map::from_json(label).ok()).collect();
            self.keep(&list.iter().collect::<Vec<_>>()).await?;
            match answer.get("cursor").and_then(|cursor| cursor.as_str()) {
                Some(next) if !list.is_empty() && next != cursor => cursor = next.to_owned(),
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}
