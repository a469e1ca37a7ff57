//! Trees and files made to hurt.

use crate::{
    repo::{Server, did, record},
    tree::{cid, link},
};
use bytes::Bytes;
use ipld_core::ipld::Ipld;
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    data::Cid,
    repo::{
        Block, Blocks, Commit, MemoryBlocks,
        car::{self, CarLimits},
        import::{ImportError, import, verify},
        mst::{NodeError, Tree, TreeError, height},
    },
    syntax::Tid,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A node as somebody else may write it: entries are (shared prefix, rest of the key, subtree).
fn node(left: Option<Cid>, entries: &[(i128, &[u8], Option<Cid>)]) -> Block {
    let subtree = |cid: Option<Cid>| cid.map_or(Ipld::Null, link);
    let entries = entries.iter().map(|(prefix, rest, right)| {
        Ipld::Map(BTreeMap::from([
            ("k".into(), Ipld::Bytes(rest.to_vec())),
            ("p".into(), Ipld::Integer(*prefix)),
            ("t".into(), subtree(*right)),
            ("v".into(), link(record(1).cid)),
        ]))
    });
    let map =
        Ipld::Map(BTreeMap::from([("e".into(), Ipld::List(entries.collect())), ("l".into(), subtree(left))]));
    Block::of_dag_cbor(serde_ipld_dagcbor::to_vec(&map).unwrap())
}

fn whole(nodes: &[&Block]) -> Result<(), TreeError> {
    let blocks: MemoryBlocks = nodes.iter().map(|block| (*block).clone()).collect();
    Tree::at(nodes[0].cid).walk(&blocks).try_for_each(|step| step.map(drop))
}

fn refused(nodes: &[&Block], error: NodeError) {
    match whole(nodes) {
        Err(TreeError::Node(_, found)) => assert_eq!(found, error),
        other => panic!("{other:?} instead of {error:?}"),
    }
}

/// A key of some height that begins so.
fn key_of(level: u32, start: &str) -> String {
    (0..).map(|n| format!("{start}{n}")).find(|key| height(key) == level).unwrap()
}

#[test]
fn bad_trees() {
    let (a, b, c) = (key_of(0, "c/a"), key_of(0, "c/b"), key_of(0, "c/c"));
    let (mid, high) = (key_of(1, "c/b"), key_of(2, "c/b"));
    let one = |key: &str| node(None, &[(0, key.as_bytes(), None)]);
    assert_eq!(whole(&[&one(&a)]), Ok(()));
    assert_eq!(whole(&[&node(None, &[(0, a.as_bytes(), None), (2, &b.as_bytes()[2..], None)])]), Ok(()));

    // Keys: order, twice, prefix too short or too long, none at all.
    refused(&[&node(None, &[(0, b.as_bytes(), None), (2, &a.as_bytes()[2..], None)])], NodeError::Order);
    refused(&[&node(None, &[(0, a.as_bytes(), None), (a.len() as i128, b"", None)])], NodeError::Order);
    refused(&[&node(None, &[(0, a.as_bytes(), None), (0, b.as_bytes(), None)])], NodeError::Prefix);
    refused(&[&node(None, &[(1, b"c/a", None)])], NodeError::Prefix);
    refused(&[&node(None, &[(-1, b"c/a", None)])], NodeError::Prefix);
    refused(&[&node(None, &[(0, b"nothing", None)])], NodeError::Key);
    refused(&[&node(None, &[(0, b"c/\xff", None)])], NodeError::Key);
    refused(&[&node(None, &[(0, b"c/a/b", None)])], NodeError::Key);
    refused(&[&node(None, &[(0, &[b'c'; 1025], None)])], NodeError::Key);

    // Heights: two in one node, a child that is not one lower, a child of a leaf.
    let mixed = node(None, &[(0, a.as_bytes(), None), (2, &mid.as_bytes()[2..], None)]);
    refused(&[&mixed], NodeError::Height);
    let low = one(&a);
    refused(&[&node(Some(low.cid), &[(0, high.as_bytes(), None)]), &low], NodeError::Height);
    refused(&[&node(Some(low.cid), &[(0, c.as_bytes(), None)]), &low], NodeError::Height);
    assert_eq!(whole(&[&node(Some(low.cid), &[(0, mid.as_bytes(), None)]), &low]), Ok(()));

    // Places: a subtree on the wrong side of its key, twice the same.
    let wrong = one(&c);
    refused(&[&node(Some(wrong.cid), &[(0, mid.as_bytes(), None)]), &wrong], NodeError::Order);
    refused(&[&node(Some(low.cid), &[(0, mid.as_bytes(), Some(low.cid))]), &low], NodeError::Order);

    // Empty nodes: below, on top, and a chain that never ends.
    let empty = node(None, &[]);
    assert_eq!(whole(&[&empty]), Ok(()));
    refused(&[&node(Some(empty.cid), &[(0, mid.as_bytes(), None)]), &empty], NodeError::Empty);
    refused(&[&node(Some(low.cid), &[]), &low], NodeError::Empty);
    let step = node(Some(low.cid), &[]);
    assert_eq!(whole(&[&node(Some(step.cid), &[(0, high.as_bytes(), None)]), &step, &low]), Ok(()));

    // A store that lies: a node that is its own child ends at the bottom.
    struct Cycle(Bytes, Bytes);
    impl Blocks for Cycle {
        fn get(&self, cid: &Cid) -> Option<Bytes> {
            Some(if *cid == self::cid(0) { self.0.clone() } else { self.1.clone() })
        }
    }
    let top = node(Some(cid(1)), &[(0, key_of(4, "c/").as_bytes(), None)]);
    let cycle = Cycle(top.bytes, node(Some(cid(1)), &[]).bytes);
    let ends = Tree::at(cid(0)).walk(&cycle).find_map(Result::err);
    assert!(matches!(ends, Some(TreeError::Node(_, NodeError::Height))), "{ends:?}");
    assert!(Tree::at(cid(0)).clone().insert(&cycle, "c/0", cid(5)).is_err());

    assert_eq!(whole(&[&node(Some(cid(7)), &[(0, mid.as_bytes(), None)])]), Err(TreeError::Missing(cid(7))));
    let long = Block::of_dag_cbor(vec![0; 2 << 20]);
    refused(&[&long], NodeError::TooLong);
}

#[test]
fn imports_that_are_refused() {
    let mut server = Server::new(Curve::K256);
    server.write(&(0..50).map(|n| (n, n + 1)).collect::<Vec<_>>());
    let file = server.export();
    let (head, blocks) = car::read_rooted(&file, CarLimits::REPO).unwrap();
    assert!(import(&file, CarLimits::REPO, &did(), Some(server.key.public())).is_ok());
    let stranger = SigningKey::generate(Curve::K256).unwrap();
    assert!(matches!(
        import(&file, CarLimits::REPO, &did(), Some(stranger.public())),
        Err(ImportError::Commit(_))
    ));
    let other = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
    assert_eq!(import(&file, CarLimits::REPO, &other, None).unwrap_err(), ImportError::Owner(did()));
    for left_out in 0..blocks.len() {
        let rest = blocks.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, block)| block);
        assert!(import(&car::write(&head, rest).into(), CarLimits::REPO, &did(), None).is_err());
    }
    // Blocks that nobody asked for are left behind; bytes that are no record are told.
    let odd = Block::of_dag_cbor(vec![0xfb, 0, 0, 0, 0, 0, 0, 0, 0]);
    let tree = node(None, &[(0, key_of(0, "c/").as_bytes(), None)]);
    let commit = Commit::sign(did(), Tid::new(1, 1), tree.cid, &server.key).unwrap().block();
    let mut blocks: MemoryBlocks =
        [tree, commit.clone(), odd.clone(), record(1), record(2)].into_iter().collect();
    let read = verify(commit.cid, blocks.clone(), &did(), Some(server.key.public())).unwrap();
    assert_eq!((read.blocks.len(), read.unreadable.len()), (3, 0));
    blocks.insert(Block { cid: record(1).cid, bytes: odd.bytes });
    let read = verify(commit.cid, blocks, &did(), None).unwrap();
    assert_eq!((read.records.len(), read.unreadable.len()), (1, 1));
}

proptest! {
    /// No bytes make a reader panic, and a changed file is never the same repository.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        thread_local!(static SERVER: Server = {
            let mut server = Server::new(Curve::K256);
            server.write(&(0..20).map(|n| (n, n + 1)).collect::<Vec<_>>());
            server
        });
        SERVER.with(|server| {
            let raw = Bytes::from(bytes.clone());
            let _ = car::read(&raw, CarLimits::REPO);
            let _ = Commit::decode(&raw);
            let tree = Block::of_dag_cbor(raw);
            assert!(whole(&[&tree]).is_err() || tree.bytes.len() > 8);

            let file = server.export();
            let mut changed = file.to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            let same = changed == file;
            let read = import(&changed.into(), CarLimits::REPO, &did(), Some(server.key.public()));
            assert!(read.is_err() != same, "byte {at} may be {byte}");
        });
    }
}
