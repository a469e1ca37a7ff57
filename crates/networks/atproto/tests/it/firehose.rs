//! Frames.

use crate::{
    repo::{NOW, Server, did},
    tree::cid,
};
use bytes::Bytes;
use landbridge_atproto::{
    crypto::Curve,
    data::{CborError, Map, Value, cbor},
    firehose::*,
    repo::verify::verify,
    syntax::{Datetime, Handle, Tid},
};
use proptest::prelude::*;

fn time() -> Datetime {
    Datetime::parse("2026-11-25T04:00:00.000Z").unwrap()
}

fn frames() -> Vec<Frame> {
    let mut server = Server::new(Curve::K256);
    let first = server.write(&[(1, 1), (2, 2)]);
    let second = server.write(&[(1, 0), (2, 3), (3, 3)]);
    let rev = second.commit.rev;
    let event = |seq, event| Frame::Event(seq, event);
    let account = |active, status| Event::Account(Account { did: did(), active, status, time: time() });
    vec![
        event(0, Event::Commit(CommitEvent::of(&first, time()))),
        event(24, Event::Commit(CommitEvent::of(&second, time()))),
        event(
            1 << 33,
            Event::Sync(SyncEvent { did: did(), rev, blocks: second.sync_car().into(), time: time() }),
        ),
        event(MAX_SEQ, Event::Identity(Identity { did: did(), handle: None, time: time() })),
        event(
            7,
            Event::Identity(Identity { did: did(), handle: Handle::parse("a.test").ok(), time: time() }),
        ),
        event(8, account(true, None)),
        event(9, account(false, Some(AccountStatus::Deactivated))),
        event(10, account(false, Some(AccountStatus::Other("resting".into())))),
        Frame::Info(Info { name: "OutdatedCursor".into(), message: Some("older than what is kept".into()) }),
        Frame::Error(StreamError { error: "FutureCursor".into(), message: None }),
        Frame::Unknown("#new".into()),
    ]
}

/// Header and body as data.
fn values(bytes: &[u8]) -> (Map, Map) {
    let (header, rest) = cbor::decode_prefix(bytes).unwrap();
    match (header, cbor::decode(rest).unwrap()) {
        (Value::Map(header), Value::Map(body)) => (header, body),
        other => panic!("{other:?}"),
    }
}

fn encode(header: Map, body: Map) -> Bytes {
    [cbor::encode(&Value::Map(header)), cbor::encode(&Value::Map(body))].concat().into()
}

#[test]
fn both_ways() {
    for frame in frames() {
        let bytes = Bytes::from(frame.encode());
        assert_eq!(Frame::decode(&bytes).unwrap(), frame);
        // Canonical: another encoder writes the same.
        let (header, body) = values(&bytes);
        assert_eq!(encode(header, body), bytes);
        match (&frame, peek(&bytes).unwrap()) {
            (Frame::Event(seq, event), Some(peeked)) => {
                assert_eq!((peeked.seq, peeked.did), (*seq, event.did().as_str()));
            }
            (Frame::Event(..), None) | (_, Some(_)) => panic!("{frame:?}"),
            _ => {}
        }
        for len in 0..bytes.len().min(400) {
            assert!(Frame::decode(&bytes.slice(..len)).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Frame::decode(&longer.into()), Err(FrameError::Cbor(CborError::Trailing)));
    }
}

#[test]
fn a_commit_of_the_stream_is_verified() {
    let mut server = Server::new(Curve::P256);
    let staged = server.write(&[(1, 1), (2, 2)]);
    let bytes = Bytes::from(Frame::Event(5, Event::Commit(CommitEvent::of(&staged, time()))).encode());
    let Ok(Frame::Event(5, Event::Commit(commit))) = Frame::decode(&bytes) else { panic!() };
    let verified = verify(&commit.announced(), server.key.public(), None, NOW).unwrap();
    assert_eq!(verified.commit, staged.commit);
    assert!(verified.records.iter().all(Option::is_some));
}

#[test]
fn fields_are_held() {
    let bytes = Bytes::from(frames()[1].encode());
    let (header, body) = values(&bytes);
    let decode = |header: &Map, body: &Map| Frame::decode(&encode(header.clone(), body.clone()));
    // What is not known is read over; what is missing or of another kind is not.
    assert!(decode(&header, &body.clone().with("later", 1)).is_ok());
    assert!(decode(&header.clone().with("later", 1), &body).is_ok());
    for field in ["ops", "rev", "seq", "repo", "time", "blocks", "commit"] {
        let mut without = body.clone();
        without.remove(field);
        assert!(decode(&header, &without).is_err(), "{field} is missing");
        assert!(decode(&header, &without.with(field, true)).is_err(), "{field} is a boolean");
    }
    for (field, value) in [
        ("seq", Value::Int(-1)),
        ("seq", Value::Int(1 << 53)),
        ("repo", "did:PLC:x".into()),
        ("rev", "0000000000000".into()),
        ("since", "yesterday".into()),
        ("time", "yesterday".into()),
    ] {
        assert!(decode(&header, &body.clone().with(field, value)).is_err(), "{field}");
    }
    for op in [
        Map::new().with("action", "create").with("path", "a/b").with("cid", Value::Null),
        Map::new().with("action", "create").with("path", "a/b").with("cid", cid(1)).with("prev", cid(2)),
        Map::new().with("action", "delete").with("path", "a/b").with("cid", cid(1)),
        Map::new().with("action", "rename").with("path", "a/b").with("cid", cid(1)),
        Map::new().with("action", "create").with("cid", cid(1)),
    ] {
        assert!(decode(&header, &body.clone().with("ops", vec![op])).is_err());
    }
    for bad in [Map::new(), Map::new().with("op", 2).with("t", "#commit"), Map::new().with("op", 1)] {
        assert_eq!(decode(&bad, &body), Err(FrameError::Header));
    }
    // An older sender says nothing of what was before; it is read, and then not believed.
    let mut old = body.clone();
    old.remove("prevData");
    old.insert("ops", vec![Map::new().with("action", "delete").with("path", "a/b").with("cid", Value::Null)]);
    assert!(decode(&header, &old).is_ok());
    let too_long = Bytes::from(vec![0; MAX_FRAME + 1]);
    assert_eq!(Frame::decode(&too_long), Err(FrameError::TooLong));
    assert_eq!(peek(&too_long), Err(FrameError::TooLong));
    let _ = Tid::new(0, 0);
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..100), which in 0..11usize, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        thread_local!(static FRAMES: Vec<Vec<u8>> = frames().iter().map(Frame::encode).collect());
        let mut changed = FRAMES.with(|frames| frames[which].clone());
        let at = at.index(changed.len());
        changed[at] = byte;
        for bytes in [bytes, changed] {
            let bytes = Bytes::from(bytes);
            let _ = peek(&bytes);
            if let Ok(Frame::Event(seq, event)) = Frame::decode(&bytes) {
                let again = Bytes::from(Frame::Event(seq, event.clone()).encode());
                prop_assert_eq!(Frame::decode(&again), Ok(Frame::Event(seq, event)));
            }
        }
    }
}
