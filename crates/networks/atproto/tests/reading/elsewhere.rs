//! Somebody else's machine: a directory of DIDs, a PDS with people, and its stream. What it says can be bent.

use axum::{
    Json, Router,
    body::Bytes as Body,
    extract::{
        Path, Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    data::{Cid, Map, Record, Value},
    firehose::{Account, CommitEvent, Event, Frame, Identity, Info, SyncEvent},
    repo::{Block, Blocks, MemoryBlocks, Repo, Staged, Write, export, mst::Walked, proof},
    syntax::{Datetime, Did, Nsid, RecordKey, Tid},
};
use landbridge_model::Time;
use serde_json::{Value as Json_, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{net::TcpListener, sync::watch};

pub const POST: &str = "app.bsky.feed.post";
pub const LIKE: &str = "app.bsky.feed.like";
pub const REPOST: &str = "app.bsky.feed.repost";
pub const FOLLOW: &str = "app.bsky.graph.follow";
pub const PROFILE: &str = "app.bsky.actor.profile";

#[derive(Clone)]
pub struct Elsewhere {
    pub origin: String,
    state: Arc<Mutex<Inner>>,
    news: watch::Sender<u64>,
}

#[derive(Default)]
pub struct Inner {
    pub people: HashMap<Did, Person>,
    /// Operations of others who register here.
    operations: HashMap<String, Json_>,
    /// (number, frame), in order.
    pub frames: Vec<(u64, Bytes)>,
    pub seq: u64,
    /// (microseconds, message) of the Jetstream.
    told: Vec<(u64, Json_)>,
    /// Frames of a labeler, in order.
    pub labels: Vec<Bytes>,
    /// What the AppView answers, by method.
    pub view: HashMap<&'static str, Json_>,
    /// Tokens with which the AppView was asked.
    pub tokens: Vec<String>,
    /// What subscribers are told first.
    pub greeting: Option<Bytes>,
    /// XRPC methods that fail.
    pub failing: Vec<&'static str>,
    /// Methods that were asked for.
    pub asked: Vec<String>,
    clock: u64,
}

pub struct Person {
    pub did: Did,
    pub handle: String,
    pub key: SigningKey,
    pub repo: Repo,
    pub blocks: MemoryBlocks,
    /// Roots of the tree by rev.
    trees: Vec<(Tid, Cid)>,
    /// What `getRepoStatus` says.
    pub status: Option<&'static str>,
    /// What the document says beside.
    pub also_known_as: Vec<String>,
    /// What the directory says instead of the document.
    pub document: Option<String>,
}

impl Elsewhere {
    pub async fn start() -> Elsewhere {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let elsewhere = Elsewhere { origin, state: Arc::default(), news: watch::Sender::new(0) };
        let router = Router::new()
            .route("/plc/{did}", get(document).post(register))
            .route("/plc/{did}/log/audit", get(audit))
            .route("/xrpc/com.atproto.sync.subscribeRepos", get(subscribe))
            .route("/xrpc/com.atproto.label.subscribeLabels", get(subscribe_labels))
            .route("/xrpc/{method}", get(xrpc))
            .route("/subscribe", get(subscribe_jetstream))
            .with_state(elsewhere.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        elsewhere
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap()
    }

    /// Somebody new, with an empty repository. Nothing is said on the stream.
    pub fn person(&self, name: &str) -> Did {
        let key = SigningKey::generate(Curve::K256).unwrap();
        // Any 24 letters of base32 are a DID; this directory does not mind.
        let mut id: String =
            name.chars().filter(char::is_ascii_lowercase).chain(std::iter::repeat('a')).take(16).collect();
        let suffix = format!("{:08}", self.lock().people.len());
        id.extend(suffix.bytes().map(|b| char::from(b'a' + (b - b'0'))));
        let did = Did::parse(&format!("did:plc:{id}")).unwrap();
        let rev = self.tid();
        let first = Repo::create(did.clone(), rev, &key).unwrap();
        let person = Person {
            did: did.clone(),
            handle: format!("{name}.elsewhere.test"),
            repo: first.repo.clone(),
            key,
            blocks: first.added.iter().cloned().collect(),
            trees: vec![(rev, first.repo.data())],
            status: None,
            also_known_as: Vec::new(),
            document: None,
        };
        self.lock().people.insert(did.clone(), person);
        did
    }

    /// The next TID, near now.
    pub fn tid(&self) -> Tid {
        let mut inner = self.lock();
        let now = u64::try_from(Time::now().0).unwrap() * 1000;
        inner.clock = now.max(inner.clock + 1);
        Tid::new(inner.clock, 7)
    }

    /// Writes records in one commit, `(collection, rkey, record or nothing to delete it)`; nothing is said.
    pub fn commit(&self, did: &Did, writes: &[(&str, &str, Option<Json_>)]) -> Staged {
        let block = |collection: &str, record: &Json_| {
            let mut record = record.clone();
            record["$type"] = json!(collection);
            let record = Record::encode(Map::from_json(&record).unwrap()).unwrap();
            Block { cid: record.cid(), bytes: record.bytes().clone() }
        };
        let writes: Vec<(&str, &str, Option<Block>)> = writes
            .iter()
            .map(|(collection, rkey, record)| {
                (*collection, *rkey, record.as_ref().map(|record| block(collection, record)))
            })
            .collect();
        self.commit_blocks(did, &writes)
    }

    /// The same with whatever bytes for records.
    pub fn commit_blocks(&self, did: &Did, writes: &[(&str, &str, Option<Block>)]) -> Staged {
        let rev = self.tid();
        let mut inner = self.lock();
        let person = inner.people.get_mut(did).unwrap();
        let writes = writes.iter().map(|(collection, rkey, block)| {
            let (nsid, key) = (Nsid::parse(collection).unwrap(), RecordKey::parse(rkey).unwrap());
            let before = person.repo.tree().get(&person.blocks, &format!("{collection}/{rkey}")).unwrap();
            match (block.clone(), before) {
                (None, _) => Write::Delete(nsid, key),
                (Some(block), Some(_)) => Write::Update(nsid, key, block),
                (Some(block), None) => Write::Create(nsid, key, block),
            }
        });
        let writes = writes.collect::<Vec<Write>>();
        let staged = person.repo.stage(&person.blocks, &writes, rev, &person.key).unwrap();
        for block in &staged.added {
            person.blocks.insert(block.clone());
        }
        person.repo = staged.repo.clone();
        person.trees.push((rev, staged.repo.data()));
        staged
    }

    /// The same, and says so.
    pub fn write(&self, did: &Did, writes: &[(&str, &str, Option<Json_>)]) -> Staged {
        let staged = self.commit(did, writes);
        for op in &staged.ops {
            let (collection, rkey) = op.path.split_once('/').unwrap();
            let operation = if op.cid.is_some() { "create" } else { "delete" };
            let commit = json!({"rev": staged.commit.rev.to_string(), "operation": operation, "collection": collection, "rkey": rkey});
            let at = u64::try_from(Time::now().0).unwrap() * 1000;
            self.lock()
                .told
                .push((at, json!({"did": did, "time_us": at, "kind": "commit", "commit": commit})));
        }
        self.say(Event::Commit(CommitEvent::of(&staged, Datetime::of(Time::now()))));
        staged
    }

    /// A new record; gives its AT-URI and CID.
    pub fn create(&self, did: &Did, collection: &str, record: Json_) -> (String, String) {
        let rkey = self.tid().to_string();
        let staged = self.write(did, &[(collection, &rkey, Some(record))]);
        (format!("at://{did}/{collection}/{rkey}"), staged.ops[0].cid.unwrap().to_string())
    }

    pub fn post(&self, did: &Did, text: &str) -> String {
        self.create(did, POST, post(text)).0
    }

    pub fn say(&self, event: Event) -> u64 {
        let mut inner = self.lock();
        inner.seq += 1;
        let seq = inner.seq;
        inner.frames.push((seq, Frame::Event(seq, event).encode().into()));
        drop(inner);
        self.news.send_replace(seq);
        seq
    }

    /// A frame as it is.
    pub fn say_bytes(&self, frame: Bytes) {
        let mut inner = self.lock();
        inner.seq += 1;
        let seq = inner.seq;
        inner.frames.push((seq, frame));
        drop(inner);
        self.news.send_replace(seq);
    }

    pub fn say_identity(&self, did: &Did) {
        self.say(Event::Identity(Identity {
            did: did.clone(),
            handle: None,
            time: Datetime::of(Time::now()),
        }));
    }

    pub fn say_account(&self, did: &Did, active: bool) {
        let status = (!active).then(|| "deactivated".into());
        self.say(Event::Account(Account {
            did: did.clone(),
            active,
            status,
            time: Datetime::of(Time::now()),
        }));
    }

    pub fn say_sync(&self, did: &Did) {
        let (rev, blocks) = {
            let inner = self.lock();
            let person = &inner.people[did];
            let head =
                Block { cid: person.repo.head(), bytes: person.blocks.get(&person.repo.head()).unwrap() };
            (person.repo.rev(), landbridge_atproto::repo::car::write(&head.cid, [&head]))
        };
        self.say(Event::Sync(SyncEvent {
            did: did.clone(),
            rev,
            blocks: blocks.into(),
            time: Datetime::of(Time::now()),
        }));
    }

    /// Forgets what was said so far: who comes back with an old place is told so.
    pub fn outdated(&self) {
        let mut inner = self.lock();
        inner.frames.clear();
        inner.greeting =
            Some(Frame::Info(Info { name: "OutdatedCursor".into(), message: None }).encode().into());
    }

    /// There is something new to say.
    pub fn rung(&self) {
        self.news.send_modify(|seq| *seq += 1);
    }

    /// How often a method was asked for.
    pub fn asked(&self, method: &str) -> usize {
        self.lock().asked.iter().filter(|asked| *asked == method).count()
    }
}

/// As records say it.
pub fn now() -> String {
    Datetime::of(Time::now()).to_string()
}

pub fn post(text: &str) -> Json_ {
    json!({"text": text, "createdAt": now()})
}

pub fn subject((uri, cid): &(String, String)) -> Json_ {
    json!({"subject": {"uri": uri, "cid": cid}, "createdAt": Datetime::of(Time::now()).as_str()})
}

async fn document(State(server): State<Elsewhere>, Path(did): Path<String>) -> Response {
    let inner = server.lock();
    if let Some(person) = Did::parse(&did).ok().and_then(|did| inner.people.get(&did)) {
        if let Some(document) = &person.document {
            return document.clone().into_response();
        }
        let mut also = vec![format!("at://{}", person.handle)];
        also.extend(person.also_known_as.iter().cloned());
        let keys = ["atproto", "atproto_label"].map(|name| {
            json!({
                "id": format!("{did}#{name}"), "type": "Multikey", "controller": did,
                "publicKeyMultibase": person.key.public().to_multikey(),
            })
        });
        return Json(json!({
            "id": did,
            "alsoKnownAs": also,
            "verificationMethod": keys,
            "service": [
                {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": server.origin},
                {"id": "#atproto_labeler", "type": "AtprotoLabeler", "serviceEndpoint": server.origin},
            ],
        }))
        .into_response();
    }
    StatusCode::NOT_FOUND.into_response()
}

async fn subscribe_labels(
    State(server): State<Elsewhere>,
    Query(params): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let from = params.get("cursor").map(|cursor| cursor.parse::<usize>().unwrap());
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        let mut next = from.unwrap_or_else(|| server.lock().labels.len());
        let mut news = server.news.subscribe();
        loop {
            let frame = server.lock().labels.get(next).cloned();
            match frame {
                Some(frame) => {
                    next += 1;
                    if socket.send(Message::Binary(frame)).await.is_err() {
                        return;
                    }
                }
                None if news.changed().await.is_err() => return,
                None => {}
            }
        }
    })
}

async fn register(State(server): State<Elsewhere>, Path(did): Path<String>, body: Body) -> StatusCode {
    server.lock().operations.insert(did, serde_json::from_slice(&body).unwrap());
    StatusCode::OK
}

async fn audit(State(server): State<Elsewhere>, Path(did): Path<String>) -> Response {
    match server.lock().operations.get(&did) {
        Some(operation) => Json(json!([{
            "did": did, "operation": operation, "cid": "x", "nullified": false, "createdAt": Datetime::of(Time::now()).as_str(),
        }]))
        .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn refused(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error, "message": "no"}))).into_response()
}

async fn xrpc(
    State(server): State<Elsewhere>,
    Path(method): Path<String>,
    Query(params): Query<HashMap<String, String>>,
    headers: axum::http::HeaderMap,
) -> Response {
    let mut inner = server.lock();
    inner.asked.push(method.clone());
    if let Some(answer) = inner.view.get(method.as_str()).cloned() {
        inner.tokens.extend(headers.get("authorization").map(|token| token.to_str().unwrap().to_owned()));
        return Json(answer).into_response();
    }
    if inner.failing.iter().any(|failing| *failing == method) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let param = |name: &str| params.get(name).cloned().unwrap_or_default();
    if method == "com.atproto.identity.resolveHandle" {
        let found = inner.people.values().find(|person| person.handle == param("handle"));
        return match found {
            Some(person) => Json(json!({"did": person.did})).into_response(),
            None => refused("HandleNotFound"),
        };
    }
    let did = Did::parse(&if param("did").is_empty() { param("repo") } else { param("did") });
    let Some(person) = did.ok().and_then(|did| inner.people.get(&did)) else {
        return refused("RepoNotFound");
    };
    if person.status == Some("deleted") {
        return refused("RepoNotFound");
    }
    let blocks = &person.blocks;
    match method.as_str() {
        "com.atproto.sync.getRepoStatus" => {
            Json(json!({"did": person.did, "active": person.status.is_none(), "status": person.status}))
                .into_response()
        }
        _ if person.status.is_some() => refused("RepoDeactivated"),
        "com.atproto.sync.getRecord" => {
            let path = format!("{}/{}", param("collection"), param("rkey"));
            proof::prove(blocks, person.repo.head(), &path).unwrap().into_response()
        }
        "com.atproto.sync.getRepo" => {
            let since = person.trees.iter().find(|(rev, _)| rev.to_string() == param("since"));
            match since {
                Some((_, data)) => {
                    export::export_since(blocks, person.repo.head(), *data).unwrap().into_response()
                }
                None => {
                    let pieces = export::export(blocks, person.repo.head()).unwrap();
                    pieces.collect::<Result<Vec<_>, _>>().unwrap().concat().into_response()
                }
            }
        }
        "com.atproto.repo.listRecords" => {
            let mut records = Vec::new();
            for step in person.repo.tree().walk(blocks) {
                let Walked::Record(key, cid) = step.unwrap() else { continue };
                if key.starts_with(&format!("{}/", param("collection"))) {
                    let record = Record::decode(blocks.get(&cid).unwrap()).unwrap();
                    let value = Value::Map(record.fields().clone()).to_json();
                    records.push(json!({"uri": format!("at://{}/{key}", person.did), "cid": cid.to_string(), "value": value}));
                }
            }
            records.reverse();
            Json(json!({"records": records})).into_response()
        }
        _ => refused("MethodNotImplemented"),
    }
}

async fn subscribe(
    State(server): State<Elsewhere>,
    Query(params): Query<HashMap<String, u64>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let cursor = params.get("cursor").copied();
    upgrade.on_upgrade(move |socket| serve(server, socket, cursor))
}

async fn serve(server: Elsewhere, mut socket: WebSocket, cursor: Option<u64>) {
    let mut news = server.news.subscribe();
    let (mut place, greeting) = {
        let mut inner = server.lock();
        (cursor.unwrap_or(inner.seq), inner.greeting.take())
    };
    if let Some(greeting) = greeting
        && socket.send(Message::Binary(greeting)).await.is_err()
    {
        return;
    }
    loop {
        let frames: Vec<(u64, Bytes)> =
            server.lock().frames.iter().filter(|(seq, _)| *seq > place).cloned().collect();
        for (seq, frame) in frames {
            if socket.send(Message::Binary(frame)).await.is_err() {
                return;
            }
            place = seq;
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}

async fn subscribe_jetstream(
    State(server): State<Elsewhere>,
    Query(params): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    assert_eq!(params["requireHello"], "true");
    let cursor = params.get("cursor").and_then(|cursor| cursor.parse().ok());
    upgrade.on_upgrade(move |socket| serve_jetstream(server, socket, cursor))
}

async fn serve_jetstream(server: Elsewhere, mut socket: WebSocket, cursor: Option<u64>) {
    let mut news = server.news.subscribe();
    let mut place = cursor.unwrap_or(u64::try_from(Time::now().0).unwrap() * 1000);
    let mut wanted: Vec<String> = Vec::new();
    loop {
        let told = server.lock().told.clone();
        let since = place;
        for (at, message) in told.into_iter().filter(|(at, _)| *at > since && !wanted.is_empty()) {
            place = at;
            if wanted.iter().any(|did| message["did"] == did.as_str())
                && socket.send(Message::text(message.to_string())).await.is_err()
            {
                return;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let update: Json_ = serde_json::from_str(&text).unwrap();
                    assert_eq!(update["type"], "options_update");
                    let dids = update["payload"]["wantedDids"].as_array().unwrap();
                    wanted = dids.iter().map(|did| did.as_str().unwrap().to_owned()).collect();
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}
