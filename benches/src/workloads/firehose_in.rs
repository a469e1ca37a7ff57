//! `firehose-in`: a stream of commits by many authors, some of whom are followed, on one core: passed over or decoded, as
//! the reader does; with and without verification (signature, proof of every operation).
//!
//! The stream is made first, by real commits to repositories that have records already, and written to a file, so that the
//! official library (`--server pds`) reads the same one.

use crate::{Common, report::Report, servers::Server};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use landbridge_atproto::{
    crypto::{Curve, PublicKey, SigningKey},
    data::{Cid, Map, Record},
    firehose::{CommitEvent, Event, Frame, peek},
    reader::People,
    repo::{Block, Commit, MemoryBlocks, Repo, Write, car, mst::Tree, verify::verify},
    syntax::{Datetime, Did, Nsid, RecordKey, Tid, TidClock},
};
use landbridge_interop::servers::{link, source};
use landbridge_model::Time;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    process::Command,
    time::Instant,
};

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Authors whose commits they are.
    #[arg(long, default_value_t = 50_000)]
    authors: usize,
    #[arg(long, default_value_t = 10_000)]
    followed: usize,
    /// Records that each repository has before.
    #[arg(long, default_value_t = 300)]
    records: usize,
}

/// Distinct trees.
const TREES: usize = 50;

/// The stream, and what is known of those who are followed.
struct Recorded {
    frames: Vec<Bytes>,
    followed: HashMap<Box<str>, PublicKey>,
}

pub fn run(common: &Common, options: &Options) -> Result<Report> {
    ensure!(options.followed <= options.authors, "more are followed than there are");
    eprintln!("making the stream");
    let recorded = record(options)?;
    let bytes: usize = recorded.frames.iter().map(Bytes::len).sum();
    let mut report = Report::new("firehose-in", common.name());
    report.setting("authors, followed", format!("{}, {}", options.authors, options.followed));
    report.figure("mean size of a frame", bytes as f64 / recorded.frames.len() as f64, "bytes");
    match common.server {
        Server::Pds => official(&recorded, &common.binary()?, &mut report)?,
        _ => {
            for (what, verified) in [("decoded", false), ("verified", true)] {
                let begun = Instant::now();
                let concerned = sift(&recorded, verified)?;
                let rate = recorded.frames.len() as f64 / begun.elapsed().as_secs_f64();
                report.figure(format!("filtered, what concerns us {what}"), rate, "events/s");
                report.figure("of which concern us", concerned as f64, "events");
            }
        }
    }
    Ok(report)
}

/// What the reader does with each frame before anything is stored. Answers how many concern somebody here.
fn sift(recorded: &Recorded, verified: bool) -> Result<usize> {
    let member = Box::from("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
    let people = People::new(recorded.followed.keys().cloned().collect(), HashSet::from([member]));
    let mut concerned = 0;
    for frame in &recorded.frames {
        let seen = peek(frame)?.context("no event")?;
        if people.why(&seen, frame, |_| false).is_none() {
            continue;
        }
        concerned += 1;
        let Frame::Event(_, Event::Commit(commit)) = Frame::decode(frame)? else { continue };
        let records = match verified {
            true => {
                let key = recorded.followed.get(commit.repo.as_str()).context("no key")?;
                verify(&commit.announced(), key, None, Time::now())?.records
            }
            false => {
                let (_, blocks) = car::read_rooted(&commit.blocks, car::CarLimits::COMMIT)?;
                let of = |cid| blocks.iter().find(|block| Some(block.cid) == cid).cloned();
                commit.ops.iter().map(|op| of(op.cid)).collect()
            }
        };
        for block in records.into_iter().flatten() {
            std::hint::black_box(Record::decode(block.bytes)?);
        }
    }
    Ok(concerned)
}

/// The same by the official libraries, in `sift.mjs`.
fn official(recorded: &Recorded, installed: &Path, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut file = Vec::new();
    for frame in &recorded.frames {
        file.extend_from_slice(&u32::try_from(frame.len())?.to_be_bytes());
        file.extend_from_slice(frame);
    }
    std::fs::write(folder.path().join("stream"), file)?;
    let keys: serde_json::Map<String, serde_json::Value> =
        recorded.followed.iter().map(|(did, key)| (did.to_string(), key.to_did_key().into())).collect();
    std::fs::write(folder.path().join("followed.json"), serde_json::to_vec(&keys)?)?;
    std::fs::copy(source("atproto").join("sift.mjs"), folder.path().join("sift.mjs"))?;
    link(&installed.join("node_modules"), &folder.path().join("node_modules"))?;
    let output = Command::new(installed.join("node_modules/node/bin/node"))
        .args(["sift.mjs", "stream", "followed.json"])
        .current_dir(folder.path())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    for what in ["decoded", "verified"] {
        let seconds = said[what]["seconds"].as_f64().context("no time")?;
        let rate = recorded.frames.len() as f64 / seconds;
        report.figure(format!("filtered, what concerns us {what}"), rate, "events/s");
        report.figure("of which concern us", said[what]["concerned"].as_f64().unwrap_or(0.0), "events");
    }
    Ok(())
}

/// A tree that many repositories have in common: it does not say whose it is.
struct Grown {
    blocks: MemoryBlocks,
    data: Cid,
    rev: Tid,
}

impl Grown {
    fn new(records: usize, clock: &mut TidClock) -> Result<Grown> {
        let mut blocks = MemoryBlocks::new();
        let mut tree = Tree::empty();
        for number in 0..records {
            let (collection, block) = write(number)?;
            tree.insert(&blocks, &format!("{collection}/{}", clock.next(BEGUN)), block.cid)?;
        }
        let sealed = tree.seal();
        for block in sealed.added {
            blocks.insert(block);
        }
        Ok(Grown { blocks, data: sealed.root, rev: clock.next(BEGUN) })
    }

    /// So many commits of somebody, each with one more record.
    fn commits(
        &mut self,
        did: &Did,
        key: &SigningKey,
        count: usize,
        clock: &mut TidClock,
    ) -> Result<Vec<Event>> {
        let first = Commit::sign(did.clone(), self.rev, self.data, key)?;
        let mut repo = Repo::open(first.block().cid, &first);
        let (mut events, mut added) = (Vec::new(), Vec::new());
        for number in 0..count {
            let (collection, block) = write(number)?;
            let rkey = RecordKey::parse(&clock.next(BEGUN).to_string())?;
            let writes = [Write::Create(Nsid::parse(collection)?, rkey, block)];
            let staged = repo.stage(&self.blocks, &writes, clock.next(BEGUN), key)?;
            events.push(Event::Commit(CommitEvent::of(&staged, Datetime::parse(TIME)?)));
            for block in staged.added {
                let cid = block.cid;
                if self.blocks.insert(block) {
                    added.push(cid);
                }
            }
            repo = staged.repo;
        }
        for cid in added {
            self.blocks.remove(&cid);
        }
        Ok(events)
    }
}

const TIME: &str = "2026-11-26T12:00:00.000Z";
/// Microseconds.
const BEGUN: u64 = 1_795_000_000_000_000;

/// What people write most: likes, then posts, reposts, follows.
fn write(number: usize) -> Result<(&'static str, Block)> {
    let somebody = format!("did:plc:{}", word(number, 'b'));
    let subject = || {
        let uri = format!("at://{somebody}/app.bsky.feed.post/3kabcdefghi2k");
        Map::new().with("uri", uri).with("cid", "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a")
    };
    let record = |kind: &'static str| Map::new().with("$type", kind).with("createdAt", TIME);
    let (kind, fields) = match number % 8 {
        0..=3 => ("app.bsky.feed.like", record("app.bsky.feed.like").with("subject", subject())),
        4 | 5 => {
            let text = format!("Post {number}: what there was to say about the weather, bread and the sea.");
            ("app.bsky.feed.post", record("app.bsky.feed.post").with("text", text))
        }
        6 => ("app.bsky.feed.repost", record("app.bsky.feed.repost").with("subject", subject())),
        _ => ("app.bsky.graph.follow", record("app.bsky.graph.follow").with("subject", somebody.clone())),
    };
    let record = Record::encode(fields)?;
    Ok((kind, Block { cid: record.cid(), bytes: record.bytes().clone() }))
}

/// 24 letters that name a number.
fn word(mut number: usize, first: char) -> String {
    let mut word = String::from(first);
    for _ in 0..23 {
        word.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or(0)));
        number /= 26;
    }
    word
}

fn record(options: &Options) -> Result<Recorded> {
    let mut clock = TidClock::new(1);
    let mut grown = Vec::new();
    for _ in 0..TREES {
        grown.push(Grown::new(options.records, &mut clock)?);
    }
    let each = options.events.div_ceil(options.authors);
    let mut rounds: Vec<Vec<Event>> = (0..each).map(|_| Vec::with_capacity(options.authors)).collect();
    let mut followed = HashMap::new();
    for author in 0..options.authors {
        let did = Did::parse(&format!("did:plc:{}", word(author, 'c')))?;
        let key = SigningKey::generate(Curve::K256)?;
        let events = grown[author % TREES].commits(&did, &key, each, &mut clock)?;
        for (round, event) in rounds.iter_mut().zip(events) {
            round.push(event);
        }
        // Spread over the stream.
        if author * options.followed / options.authors != (author + 1) * options.followed / options.authors {
            followed.insert(did.as_str().into(), key.public().clone());
        }
    }
    let numbered = rounds.into_iter().flatten().zip(1..);
    let frames = numbered.map(|(event, seq)| event.unnumbered().number(seq).into()).collect();
    Ok(Recorded { frames, followed })
}
