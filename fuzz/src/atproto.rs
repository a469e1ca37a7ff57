//! Records, frames with their trees, and documents of AT Protocol.

use crate::{checks, choice, text};
use bytes::Bytes;
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    firehose::{Event, Frame, peek},
    fuzzing,
    repo::{
        MemoryBlocks,
        car::{self, CarLimits},
        import,
        mst::Tree,
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
}

/// Frames of the stream, CAR files and the trees in them.
pub fn frames_at(data: &[u8]) {
    let Some((kind, data)) = choice(data) else { return };
    let bytes = Bytes::copy_from_slice(data);
    let did = Did::parse(DID).unwrap_or_else(|e| panic!("{e}"));
    let key = KEY.public();
    match kind % 4 {
        0 => frame(&bytes),
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

/// Documents of DIDs, and what people paste.
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
    if let Some(text) = text(data) {
        fuzzing::name(text);
    }
}
