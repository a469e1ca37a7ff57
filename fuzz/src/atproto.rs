//! Records with their facets, frames with their trees and the forms that they are written in, documents of identities and apps.

use crate::{checks, choice, text};
use bytes::Bytes;
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    data::{Cid, Record, Value, cbor},
    firehose::{Event, Frame, peek},
    fuzzing,
    repo::{
        Blocks, Commit, MemoryBlocks,
        car::{self, CarLimits, CarReader},
        import,
        mst::{Tree, Walked},
        proof,
        verify::{verify, verify_sync},
    },
    syntax::{Did, Handle},
};
use landbridge_hub::What;
use std::sync::LazyLock;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_bytes(Curve::K256, &[7; 32]).unwrap_or_else(|e| panic!("{e}")));
const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const DOCUMENT: &str = r##"{"id":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","alsoKnownAs":["at://bob.example.com","https://b.example"],"service":[{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://pds.example"}]}"##;

/// Records, as JSON or DAG-CBOR, read as whatever they may be.
pub fn records(data: &[u8]) {
    if let Some(message) = fuzzing::chat(data, checks::NOW) {
        checks::post(&message);
    }
    let Some(record) = fuzzing::record(data) else { return };
    match fuzzing::act(&record, checks::NOW) {
        Some(What::Post(post)) => checks::post(&post),
        Some(What::Repost { target, .. } | What::React { target, .. }) => {
            assert!(target.starts_with("at://did:"))
        }
        Some(What::Follow { target } | What::Block { target }) => assert!(target.starts_with("did:")),
        _ => {}
    }
    let document = fuzzing::document(DOCUMENT.as_bytes()).unwrap_or_else(|| panic!("the document"));
    checks::actor(&fuzzing::profile(
        document,
        Handle::parse("bob.example.com").ok(),
        Some(record.fields()),
        checks::NOW,
    ));
    fuzzing::gate(record.fields());
    fuzzing::facets(record.fields());
}

/// Frames of the stream, CAR files and the trees in them; and DAG-CBOR by itself, files in pieces, trees in a store that lies.
pub fn frames_at(data: &[u8]) {
    let Some((kind, data)) = choice(data) else { return };
    let bytes = Bytes::copy_from_slice(data);
    let did = Did::parse(DID).unwrap_or_else(|e| panic!("{e}"));
    let key = KEY.public();
    match kind % 7 {
        0 => frame(&bytes),
        4 => dag_cbor(data),
        5 => in_pieces(&bytes),
        6 => lying_store(data),
        1 => {
            let Ok((root, blocks)) = car::read_rooted(&bytes, CarLimits::COMMIT) else { return };
            let blocks: MemoryBlocks = blocks.into_iter().collect();
            let mut tree = Tree::at(root);
            let _ = tree.walk(&blocks).take(100_000).filter(Result::is_ok).count();
            if let Ok(before) = tree.insert(&blocks, "app.bsky.feed.post/3kabc", root) {
                assert_eq!(tree.get(&blocks, "app.bsky.feed.post/3kabc"), Ok(Some(root)));
                if before.is_none() {
                    assert_eq!(tree.remove(&blocks, "app.bsky.feed.post/3kabc"), Ok(Some(root)));
                    assert_eq!(tree.seal().root, root);
                }
            }
        }
        2 => {
            let _ = import::import(&bytes, CarLimits::COMMIT, &did, None);
        }
        _ => {
            let _ = proof::check(&bytes, &did, key, "app.bsky.feed.post/3kabc");
        }
    }
}

/// Whatever is read is written as it was; skipping and checking agree with reading.
fn dag_cbor(data: &[u8]) {
    let read = cbor::decode(data);
    let mut reader = cbor::Reader::new(data);
    assert_eq!(reader.skip().and_then(|()| reader.end()).is_ok(), read.is_ok());
    if let Ok(value) = read {
        assert_eq!(cbor::encode(&value), data);
        let _ = (value.check(), Value::from_json(&value.to_json()));
    }
    assert_eq!(Record::check(data).is_ok(), Record::decode(data.to_vec()).is_ok());
    if let Ok((_, rest)) = cbor::decode_prefix(data) {
        assert!(rest.len() < data.len());
    }
    if let Ok(commit) = Commit::decode(data) {
        assert_eq!(commit.block().bytes, data);
    }
}

/// A file that comes piece by piece is the same file: the first byte says how long the pieces are.
fn in_pieces(bytes: &Bytes) {
    let Some((size, _)) = bytes.split_first() else { return };
    let (size, file) = (usize::from(*size).max(1), bytes.slice(1..));
    let mut reader = CarReader::new(CarLimits::COMMIT);
    let mut blocks = Vec::new();
    let mut read = || {
        for piece in file.chunks(size) {
            reader.push(piece)?;
            while let Some(block) = reader.block()? {
                blocks.push(block);
            }
        }
        reader.finish().map(<[Cid]>::to_vec)
    };
    let whole = car::read(&file, CarLimits::COMMIT);
    match (read(), whole) {
        (Ok(roots), Ok(whole)) => assert_eq!((roots, blocks), whole),
        (Err(_), Err(_)) => {}
        (pieces, whole) => panic!("{pieces:?} and {whole:?}"),
    }
}

/// Trees of nodes that are not what their names say: the last byte of a name chooses among what is there.
fn lying_store(data: &[u8]) {
    struct Liar(Vec<Bytes>);
    impl Blocks for Liar {
        fn get(&self, cid: &Cid) -> Option<Bytes> {
            let at = usize::from(cid.digest()[31]).checked_rem(self.0.len())?;
            self.0.get(at).cloned()
        }
    }
    let mut nodes = Vec::new();
    let mut rest = data;
    while let Ok((_, after)) = cbor::decode_prefix(rest) {
        nodes.push(Bytes::copy_from_slice(&rest[..rest.len() - after.len()]));
        rest = after;
    }
    let store = Liar(nodes);
    let root = Cid::of_dag_cbor(data);
    let mut keys: Vec<std::sync::Arc<str>> = Vec::new();
    for step in Tree::at(root).walk(&store).take(10_000) {
        if let Ok(Walked::Record(key, _)) = step {
            assert!(keys.last().is_none_or(|last| **last < *key));
            keys.push(key);
        }
    }
    let mut tree = Tree::at(root);
    let _ = tree.insert(&store, "app.bsky.feed.post/3kabc", root);
    let _ = tree.remove(&store, "app.bsky.feed.post/3kabd");
    let _ = tree.path_blocks(&store, "app.bsky.feed.post/3kabe");
}

fn frame(bytes: &Bytes) {
    let seen = peek(bytes);
    let Ok(frame) = Frame::decode(bytes) else { return };
    if let Frame::Event(seq, event) = &frame {
        let seen = seen.ok().flatten().unwrap_or_else(|| panic!("not seen"));
        assert_eq!((seen.seq, seen.did), (*seq, event.did().as_str()));
        match event {
            Event::Commit(commit) => {
                let _ = verify(&commit.announced(), KEY.public(), None, checks::NOW);
            }
            Event::Sync(sync) => {
                let _ = verify_sync(&sync.did, sync.rev, &sync.blocks, KEY.public(), checks::NOW);
            }
            _ => {}
        }
    }
    let written = Bytes::from(frame.encode());
    assert_eq!(Frame::decode(&written).as_ref(), Ok(&frame));
}

/// Documents of DIDs and operations on them, descriptions of apps and what these say, and what people paste.
pub fn documents(data: &[u8]) {
    if let Some(document) = fuzzing::document(data) {
        let handle = document.handle();
        let pds = document.pds();
        assert!(pds.is_none_or(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/"));
        if document.did.method().is_some() {
            checks::actor(&fuzzing::profile(document.clone(), None, None, checks::NOW));
            checks::actor(&fuzzing::profile(document, handle, None, checks::NOW));
        }
    }
    fuzzing::operation(data);
    fuzzing::client(data);
    if let Some(text) = text(data) {
        fuzzing::name(text);
        fuzzing::said_by_apps(text);
    }
}
