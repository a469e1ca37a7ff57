//! Measures the parts that must be fast, and prints what each does in a second on one core:
//! `cargo run --release -p landbridge-atproto --example measure`. Beside it, where there is one, what the libraries do
//! that serve as oracle in the tests.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use ipld_core::ipld::Ipld;
use landbridge_atproto::{
    crypto::{Curve, SigningKey, sha256},
    data::{Cid, Map, Record, cbor},
    firehose::{CommitEvent, Event, Frame, peek},
    repo::{
        Block, MemoryBlocks, Repo, Write, car::CarLimits, export::export, import::import, mst::Tree,
        verify::verify,
    },
    syntax::{Datetime, Did, Nsid, RecordKey, Tid, TidClock},
};
use landbridge_model::Time;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// How long each thing is measured.
const TIME: Duration = Duration::from_millis(800);

fn main() {
    signatures();
    tree();
    repositories();
    frames();
}

/// Runs until the time is over; prints how often in a second.
fn rate(name: &str, mut run: impl FnMut(u64)) -> f64 {
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < TIME {
        for _ in 0..8 {
            run(n);
            n += 1;
        }
    }
    let per_second = n as f64 / start.elapsed().as_secs_f64();
    println!("{name:<58} {per_second:>14.0} /s");
    per_second
}

fn megabytes(name: &str, bytes: usize, mut run: impl FnMut()) {
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < TIME {
        run();
        n += 1;
    }
    let rate = (n * bytes) as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("{name:<58} {rate:>12.1} MB/s");
}

fn signatures() {
    let message = vec![7; 220];
    for curve in [Curve::K256, Curve::P256] {
        let key = SigningKey::generate(curve).unwrap();
        let signature = key.sign(&message).unwrap();
        rate(&format!("{curve:?}: sign"), |_| _ = black_box(key.sign(&message)));
        rate(&format!("{curve:?}: verify"), |_| key.public().verify(&message, &signature).unwrap());
        let text = key.public().to_did_key();
        rate(&format!("{curve:?}: read a did:key"), |_| {
            drop(black_box(text.parse::<landbridge_atproto::crypto::PublicKey>()))
        });
    }
    rate("SHA-256 of 220 bytes", |_| _ = black_box(sha256(&message)));
}

/// A key as posts have it: TIDs in the order of time, of which every 37th or so is out of order.
fn key(n: u64) -> String {
    format!(
        "app.bsky.feed.{}/{}",
        ["post", "like", "repost"][(n % 3) as usize],
        Tid::new(1_700_000_000_000_000 + n * 37, 3)
    )
}

fn build(len: u64) -> (Tree, MemoryBlocks) {
    let mut tree = Tree::empty();
    let mut blocks = MemoryBlocks::new();
    let start = Instant::now();
    for n in 0..len {
        tree.insert(&(), &key(n), Cid::of_blob(&n.to_be_bytes())).unwrap();
    }
    let sealed = tree.seal();
    let rate = len as f64 / start.elapsed().as_secs_f64();
    println!("{:<58} {rate:>14.0} /s", format!("tree: {len} inserts, sealed once"));
    sealed.added.into_iter().for_each(|block| _ = blocks.insert(block));
    (tree, blocks)
}

fn tree() {
    for len in [1_000, 10_000, 100_000] {
        let (warm, mut blocks) = build(len);
        let root = warm.root().unwrap();
        let mut tree = warm;
        let mut nodes = (0, 0);
        rate(&format!("tree of {len}: insert and seal, in memory"), |n| {
            tree.insert(&(), &key(len + n), Cid::of_blob(b"x")).unwrap();
            let sealed = tree.seal();
            nodes = (nodes.0 + sealed.added.len(), nodes.1 + 1);
            sealed.added.into_iter().for_each(|block| _ = blocks.insert(block));
        });
        println!("{:<58} {:>14.1}", "    nodes written for one insert", nodes.0 as f64 / nodes.1 as f64);
        rate(&format!("tree of {len}: insert and seal, nodes read each time"), |n| {
            let mut tree = Tree::at(root);
            tree.insert(&blocks, &key(n * 7919 % len + len), Cid::of_blob(b"x")).unwrap();
            black_box(tree.seal());
        });
        rate(&format!("tree of {len}: get"), |n| {
            black_box(Tree::at(root).get(&blocks, &key(n * 7919 % len))).unwrap();
        });
    }
}

fn record(n: u64) -> Block {
    let fields = Map::new()
        .with("$type", "app.bsky.feed.post")
        .with(
            "text",
            format!("Post number {n}, about as long as posts are: a line or two of text, and no picture."),
        )
        .with("langs", vec!["en"])
        .with("createdAt", "2026-11-25T04:00:00.000Z");
    let record = Record::encode(fields).unwrap();
    Block { cid: record.cid(), bytes: record.bytes().clone() }
}

struct Server {
    repo: Repo,
    blocks: MemoryBlocks,
    key: SigningKey,
    clock: TidClock,
}

impl Server {
    fn new(records: u64) -> Server {
        let did = Did::parse("did:plc:7iza6de2dwap2sbkpav7c6c6").unwrap();
        let key = SigningKey::generate(Curve::K256).unwrap();
        let mut clock = TidClock::new(1);
        let first = Repo::create(did, clock.next(1_700_000_000_000_000), &key).unwrap();
        let blocks = first.added.iter().cloned().collect();
        let mut server = Server { repo: first.repo, blocks, key, clock };
        for start in (0..records).step_by(200) {
            server.write(start..records.min(start + 200));
        }
        server
    }

    fn write(&mut self, numbers: impl IntoIterator<Item = u64>) -> Option<CommitEvent> {
        let collection = Nsid::parse("app.bsky.feed.post").unwrap();
        let write = |n: u64| {
            let rkey = RecordKey::from(Tid::new(1_700_000_000_000_000 + n, 3));
            Write::Create(collection.clone(), rkey, record(n))
        };
        let writes: Vec<Write> = numbers.into_iter().map(write).collect();
        let rev = self.clock.next(0);
        let staged = self.repo.stage(&self.blocks, &writes, rev, &self.key).unwrap();
        staged.added.iter().for_each(|block| _ = self.blocks.insert(block.clone()));
        staged.removed.iter().for_each(|cid| drop(self.blocks.remove(cid)));
        let event = CommitEvent::of(&staged, Datetime::parse("2026-11-25T04:00:00.000Z").unwrap());
        self.repo = staged.repo;
        Some(event)
    }
}

fn repositories() {
    for len in [1_000, 10_000, 100_000] {
        let mut server = Server::new(len);
        rate(&format!("repository of {len}: a commit of one record, signed"), |n| {
            black_box(server.write([1_000_000 + n]));
        });
    }
    for len in [10_000, 100_000] {
        let server = Server::new(len);
        let pieces = || export(&server.blocks, server.repo.head()).unwrap().map(Result::unwrap);
        let file = Bytes::from(pieces().collect::<Vec<_>>().concat());
        println!("{:<58} {:>12.1} MB", format!("repository of {len}: its file"), file.len() as f64 / 1e6);
        megabytes(&format!("repository of {len}: export"), file.len(), || {
            pieces().for_each(|piece| drop(black_box(piece)))
        });
        megabytes(&format!("repository of {len}: import, all checked"), file.len(), || {
            black_box(import(&file, CarLimits::REPO, server.repo.did(), Some(server.key.public()))).unwrap();
        });
    }
}

fn frames() {
    let mut server = Server::new(10_000);
    let events: Vec<CommitEvent> = (0..1000).filter_map(|n| server.write([1_000_000 + n])).collect();
    let frames: Vec<Bytes> = events
        .iter()
        .zip(1..)
        .map(|(event, seq)| Frame::Event(seq, Event::Commit(event.clone())).encode().into())
        .collect();
    let bytes: usize = frames.iter().map(Bytes::len).sum();
    println!("{:<58} {:>14} bytes", "frame of a commit of one record", bytes / frames.len());
    let frame = |n: u64| &frames[n as usize % frames.len()];
    rate("frame: whose it is", |n| drop(black_box(peek(frame(n)))));
    rate("frame: read", |n| drop(black_box(Frame::decode(frame(n)).unwrap())));
    rate("frame: read by serde_ipld_dagcbor, body only", |n| {
        let header = cbor::decode_prefix(frame(n)).unwrap().1;
        drop(black_box(serde_ipld_dagcbor::from_slice::<Ipld>(header).unwrap()));
    });
    rate("frame: read, inverted and verified", |n| {
        let Ok(Frame::Event(_, Event::Commit(commit))) = Frame::decode(frame(n)) else { return };
        black_box(verify(&commit.announced(), server.key.public(), None, Time::now())).unwrap();
    });
    rate("frame: written", |n| {
        let event = Event::Commit(events[n as usize % events.len()].clone());
        drop(black_box(Frame::Event(n, event).encode()));
    });
    let post = record(1).bytes;
    rate("record: read", |_| drop(black_box(cbor::decode(&post).unwrap())));
    rate("record: checked", |_| _ = black_box(Record::check(&post)));
    rate("record: read by serde_ipld_dagcbor", |_| {
        drop(black_box(serde_ipld_dagcbor::from_slice::<Ipld>(&post).unwrap()));
    });
}
