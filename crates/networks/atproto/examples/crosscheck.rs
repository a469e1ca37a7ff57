//! For trying this crate by hand against another implementation: `crosscheck write FOLDER` makes repositories after thousands
//! of random writes and deletes, with the frames of every commit; `crosscheck read FOLDER` checks what the other has written
//! there.
//!
//! Files of a repository NAME: `NAME.car` its export, `NAME.json` the DID, the key as `did:key`, and its records as path and
//! CID; `NAME.frames` the frames of its commits, each after its length (4 bytes, big-endian).

#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::Bytes;
use landbridge_atproto::{
    crypto::{Curve, PublicKey, SigningKey},
    data::{Map, Record, Value},
    firehose::{CommitEvent, Event, Frame},
    repo::{
        Block, MemoryBlocks, Repo, Write,
        car::CarLimits,
        export::export,
        import::import,
        proof,
        verify::{Known, verify},
    },
    syntax::{Datetime, Did, Nsid, RecordKey, TidClock},
};
use landbridge_model::Time;
use serde_json::json;
use std::{collections::BTreeMap, env, fs, path::Path};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", folder] => write(Path::new(folder)),
        ["read", folder] => read(Path::new(folder)),
        _ => eprintln!("crosscheck write|read FOLDER"),
    }
}

/// Numbers that are good enough to shuffle with, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn record(collection: &str, n: u64) -> Block {
    let fields = Map::new()
        .with("$type", collection)
        .with("text", format!("Grüße Nr. {n} 👩‍👩‍👦‍👦"))
        .with("n", n as i64)
        .with("list", Value::List(vec![Value::Null, Value::Bool(true), Value::Int(-1)]));
    let record = Record::encode(fields).unwrap();
    Block { cid: record.cid(), bytes: record.bytes().clone() }
}

fn write(folder: &Path) {
    for (name, curve, commits) in [("k256", Curve::K256, 1500), ("p256", Curve::P256, 400)] {
        let did = Did::parse("did:plc:7iza6de2dwap2sbkpav7c6c6").unwrap();
        let key = SigningKey::generate(curve).unwrap();
        let mut random = Random(7);
        let mut clock = TidClock::new(5);
        let mut time = 1_700_000_000_000_000;
        let first = Repo::create(did.clone(), clock.next(time), &key).unwrap();
        let mut blocks: MemoryBlocks = first.added.iter().cloned().collect();
        let mut repo = first.repo;
        let mut records = BTreeMap::new();
        let mut frames = Vec::new();
        for seq in 0..commits {
            let mut writes = Vec::new();
            for _ in 0..1 + random.below(12) {
                let collection = ["com.example.note", "app.bsky.feed.post"][random.below(2) as usize];
                let (rkey, n) = (format!("k{}", random.below(2500)), random.below(1 << 40));
                let path = format!("{collection}/{rkey}");
                let (nsid, rkey) = (Nsid::parse(collection).unwrap(), RecordKey::parse(&rkey).unwrap());
                let block = record(collection, n);
                writes.push(match (records.contains_key(&path), random.below(3)) {
                    (true, 0) => Write::Update(nsid, rkey, block.clone()),
                    (true, _) => Write::Delete(nsid, rkey),
                    (false, _) => Write::Create(nsid, rkey, block.clone()),
                });
                match writes.last() {
                    Some(Write::Delete(..)) => drop(records.remove(&path)),
                    _ => drop(records.insert(path, block.cid.to_string())),
                }
            }
            time += 1 + random.below(1_000_000);
            let staged = repo.stage(&blocks, &writes, clock.next(time), &key).unwrap();
            for block in &staged.added {
                blocks.insert(block.clone());
            }
            for cid in &staged.removed {
                blocks.remove(cid).unwrap();
            }
            let event = CommitEvent::of(&staged, Datetime::parse("2026-11-25T04:00:00.000Z").unwrap());
            let frame = Frame::Event(seq + 1, Event::Commit(event)).encode();
            frames.extend_from_slice(&(frame.len() as u32).to_be_bytes());
            frames.extend_from_slice(&frame);
            repo = staged.repo;
        }
        let file: Vec<u8> =
            export(&blocks, repo.head()).unwrap().map(Result::unwrap).collect::<Vec<_>>().concat();
        let about = json!({ "did": did, "key": key.public().to_did_key(), "records": records });
        fs::write(folder.join(format!("{name}.json")), about.to_string()).unwrap();
        fs::write(folder.join(format!("{name}.car")), &file).unwrap();
        fs::write(folder.join(format!("{name}.frames")), &frames).unwrap();
        let some = records.keys().next().unwrap();
        fs::write(folder.join(format!("{name}.proof")), proof::prove(&blocks, repo.head(), some).unwrap())
            .unwrap();
        println!("{name}: {} records after {commits} commits, {} bytes", records.len(), file.len());
    }
}

fn read(folder: &Path) {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|e| e == "car")) {
        let about: serde_json::Value =
            serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
        let did = Did::parse(about["did"].as_str().unwrap()).unwrap();
        let key: PublicKey = about["key"].as_str().unwrap().parse().unwrap();
        let file = Bytes::from(fs::read(path).unwrap());
        let read = import(&file, CarLimits::REPO, &did, Some(&key)).unwrap();
        let records: BTreeMap<String, String> =
            read.records.iter().map(|(path, cid)| (path.to_string(), cid.to_string())).collect();
        assert_eq!(json!(records), about["records"], "{}", path.display());
        assert!(read.unreadable.is_empty());
        println!("{}: {} records, as they should be", path.display(), records.len());

        let frames = Bytes::from(fs::read(path.with_extension("frames")).unwrap_or_default());
        let (mut at, mut known, mut verified) = (0, None, 0);
        while at < frames.len() {
            let len = u32::from_be_bytes(frames[at..at + 4].try_into().unwrap()) as usize;
            let frame = Frame::decode(&frames.slice(at + 4..at + 4 + len)).unwrap();
            at += 4 + len;
            let Frame::Event(_, Event::Commit(commit)) = frame else { panic!("{frame:?}") };
            let checked = verify(&commit.announced(), &key, known, Time::now()).unwrap();
            known = Some(Known { rev: checked.commit.rev, data: checked.commit.data });
            verified += 1;
        }
        println!("{}: {verified} commits verified from their frames", path.display());
    }
}
