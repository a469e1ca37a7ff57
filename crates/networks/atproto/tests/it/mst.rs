//! The tree: its vectors, and that its shape is that of its keys whatever was done.

use crate::{
    tree::{Model, build, cid, reference_root, store},
    vectors::{json, lines},
};
use landbridge_atproto::{
    data::Cid,
    repo::{
        MemoryBlocks, RepoOp,
        mst::{Tree, Walked, diff, height, shared_prefix},
        verify::invert,
    },
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

#[test]
fn vectors_of_keys() {
    for vector in json("mst/key_heights.json") {
        assert_eq!(u64::from(height(vector["key"].as_str().unwrap())), vector["height"]);
    }
    for vector in json("mst/common_prefix.json") {
        let len = shared_prefix(vector["left"].as_str().unwrap(), vector["right"].as_str().unwrap());
        assert_eq!(len as u64, vector["len"].as_u64().unwrap(), "{vector}");
    }
    // Their second character is their height.
    let keys = lines("mst/example_keys.txt");
    for key in &keys {
        assert_eq!(height(key).to_string(), key[1..2]);
    }
    let model: Model = keys.iter().map(|key| (key.clone(), cid(1))).collect();
    let (tree, _) = build(keys.iter().map(String::as_str), cid(1));
    assert_eq!(tree.root(), Some(reference_root(&model)));
}

#[test]
fn known_roots() {
    let root = |keys: &[&str]| {
        let value = "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454".parse().unwrap();
        build(keys.iter().copied(), value).0.root().unwrap().to_string()
    };
    assert_eq!(root(&[]), "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm");
    assert_eq!(
        root(&["com.example.record/3jqfcqzm3fo2j"]),
        "bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu"
    );
    assert_eq!(
        root(&["com.example.record/3jqfcqzm3fx2j"]),
        "bafyreih7wfei65pxzhauoibu3ls7jgmkju4bspy4t2ha2qdjnzqvoy33ai"
    );
}

/// The blocks that go with a commit are at least those of the vectors, and enough to undo it.
#[test]
fn vectors_of_commit_proofs() {
    for vector in json("firehose/commit-proof-fixtures.json") {
        let note = &vector["comment"];
        let texts = |name: &str| -> Vec<String> {
            vector[name].as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect()
        };
        let (adds, dels) = (texts("adds"), texts("dels"));
        let value: Cid = vector["leafValue"].as_str().unwrap().parse().unwrap();
        let (mut tree, mut blocks) = build(texts("keys").iter().map(String::as_str), value);
        let before = tree.root().unwrap();
        assert_eq!(before.to_string(), vector["rootBeforeCommit"], "{note}");
        let mut ops = Vec::new();
        for key in &adds {
            assert_eq!(tree.insert(&blocks, key, value), Ok(None));
            ops.push(RepoOp { path: key.as_str().into(), cid: Some(value), prev: None });
        }
        for key in &dels {
            assert_eq!(tree.remove(&blocks, key), Ok(Some(value)));
            ops.push(RepoOp { path: key.as_str().into(), cid: None, prev: Some(value) });
        }
        let after = store(&mut tree, &mut blocks);
        assert_eq!(after.to_string(), vector["rootAfterCommit"], "{note}");

        let cover = Tree::at(after).cover_blocks(&blocks, ops.iter().map(|op| &*op.path)).unwrap();
        let names: BTreeSet<String> = cover.iter().map(|block| block.cid.to_string()).collect();
        let wanted: BTreeSet<String> = texts("blocksInProof").into_iter().collect();
        assert!(names.is_superset(&wanted), "{note}: {names:?}");
        let alone: MemoryBlocks = cover.into_iter().collect();
        for order in [ops.clone(), ops.iter().rev().cloned().collect()] {
            assert_eq!(invert(&alone, after, &order), Ok(before), "{note}");
        }
        // Those of the vector alone are enough, too.
        let least: MemoryBlocks = alone
            .iter()
            .filter(|(cid, _)| wanted.contains(&cid.to_string()))
            .map(|(cid, bytes)| landbridge_atproto::repo::Block { cid: *cid, bytes: bytes.clone() })
            .collect();
        assert_eq!(invert(&least, after, &ops), Ok(before), "{note}");
    }
}

/// Keys of a small alphabet, so that they meet; the heights go up to 5 or so.
fn key() -> impl Strategy<Value = String> {
    (0..3u8, 0..400u16).prop_map(|(collection, n)| format!("com.example.c{collection}/{n}"))
}

#[derive(Clone, Debug)]
enum Step {
    Put(String, u64),
    Remove(String),
    Seal,
    /// Forget what is in memory.
    Reload,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (key(), 0..5u64).prop_map(|(key, n)| Step::Put(key, n)),
        4 => key().prop_map(Step::Remove),
        1 => Just(Step::Seal),
        1 => Just(Step::Reload),
    ]
}

fn run(steps: &[Step], tree: &mut Tree, model: &mut Model, blocks: &mut MemoryBlocks) {
    for step in steps {
        match step {
            Step::Put(key, n) => {
                assert_eq!(tree.insert(blocks, key, cid(*n)), Ok(model.insert(key.clone(), cid(*n))));
            }
            Step::Remove(key) => assert_eq!(tree.remove(blocks, key), Ok(model.remove(key))),
            Step::Seal => drop(store(tree, blocks)),
            Step::Reload => *tree = Tree::at(store(tree, blocks)),
        }
    }
}

/// All of a tree: its nodes, and its records in order.
fn all(tree: &Tree, blocks: &MemoryBlocks) -> (Vec<Cid>, Model) {
    let mut nodes = Vec::new();
    let mut records = Vec::new();
    for step in tree.walk(blocks) {
        match step.unwrap() {
            Walked::Node(cid) => nodes.push(cid),
            Walked::Record(key, cid) => records.push((key.to_string(), cid)),
        }
    }
    assert!(records.is_sorted());
    (nodes, records.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// After anything, the tree is the one of its keys, and exactly its nodes are stored.
    #[test]
    fn shape_follows_from_keys(steps in prop::collection::vec(step(), 0..300), order in any::<u64>()) {
        let (mut tree, mut model, mut blocks) = (Tree::empty(), Model::new(), MemoryBlocks::new());
        store(&mut tree, &mut blocks);
        run(&steps, &mut tree, &mut model, &mut blocks);
        let root = store(&mut tree, &mut blocks);
        prop_assert_eq!(root, reference_root(&model));

        let (nodes, records) = all(&Tree::at(root), &blocks);
        prop_assert_eq!(&records, &model);
        prop_assert_eq!(nodes.len(), nodes.iter().collect::<HashSet<_>>().len());
        prop_assert_eq!(nodes.into_iter().collect::<HashSet<_>>(), blocks.iter().map(|(cid, _)| *cid).collect());
        for key in model.keys() {
            prop_assert_eq!(Tree::at(root).get(&blocks, key), Ok(model.get(key).copied()));
        }

        // The same keys in another order.
        let mut shuffled: Vec<_> = model.iter().collect();
        shuffled.sort_by_key(|(key, _)| height(&format!("{key}{order}")));
        let mut again = Tree::empty();
        for (key, value) in shuffled {
            again.insert(&(), key, *value).unwrap();
        }
        prop_assert_eq!(again.seal().root, root);
    }

    /// The difference of two trees is what was done, and leads from the blocks of one to those of the other; the
    /// covering blocks of the changed keys are enough to undo them all, in any order.
    #[test]
    fn differences_and_inversion(first in prop::collection::vec(step(), 0..200), second in prop::collection::vec(step(), 0..40)) {
        let (mut tree, mut model, mut blocks) = (Tree::empty(), Model::new(), MemoryBlocks::new());
        store(&mut tree, &mut blocks);
        run(&first, &mut tree, &mut model, &mut blocks);
        let before = store(&mut tree, &mut blocks);
        let (old_model, old_blocks) = (model.clone(), blocks.clone());
        run(&second, &mut tree, &mut model, &mut blocks);
        let after = store(&mut tree, &mut blocks);

        let mut both = old_blocks.clone();
        blocks.iter().for_each(|(cid, bytes)| {
            both.insert(landbridge_atproto::repo::Block { cid: *cid, bytes: bytes.clone() });
        });
        let found = diff(&both, &Tree::at(before), &Tree::at(after)).unwrap();
        let mut expected = BTreeMap::new();
        for key in old_model.keys().chain(model.keys()) {
            let (was, is) = (old_model.get(key).copied(), model.get(key).copied());
            if was != is {
                expected.insert(key.clone(), (was, is));
            }
        }
        let changes: BTreeMap<_, _> =
            found.changes.iter().map(|c| (c.key.to_string(), (c.before, c.after))).collect();
        prop_assert!(found.changes.is_sorted_by_key(|c| c.key.clone()));
        prop_assert_eq!(&changes, &expected);
        let names = |blocks: &MemoryBlocks| blocks.iter().map(|(cid, _)| *cid).collect::<HashSet<_>>();
        let (old, new) = (names(&old_blocks), names(&blocks));
        prop_assert_eq!(found.added.into_iter().collect::<HashSet<_>>(), new.difference(&old).copied().collect());
        prop_assert_eq!(found.removed.into_iter().collect::<HashSet<_>>(), old.difference(&new).copied().collect());

        let ops: Vec<_> = expected
            .into_iter()
            .map(|(key, (prev, cid))| RepoOp { path: key.into(), cid, prev })
            .collect();
        let cover = Tree::at(after).cover_blocks(&blocks, ops.iter().map(|op| &*op.path)).unwrap();
        let alone: MemoryBlocks = cover.into_iter().collect();
        prop_assert_eq!(invert(&alone, after, &ops), Ok(before));
        let mut reversed = ops.clone();
        reversed.reverse();
        prop_assert_eq!(invert(&alone, after, &reversed), Ok(before));

        // An operation that was not, or that is kept quiet, is found out.
        if let Some((last, rest)) = ops.split_last() {
            prop_assert_ne!(invert(&blocks, after, rest), Ok(before));
            let lie = RepoOp { prev: Some(cid(99)), ..last.clone() };
            prop_assert_ne!(invert(&blocks, after, &[rest, &[lie]].concat()), Ok(before));
        }
    }

    /// A failed change changes nothing, and names a block that is wanted.
    #[test]
    fn what_is_missing_is_named(keys in prop::collection::btree_set(key(), 1..200), gone in any::<prop::sample::Index>(), key in key()) {
        let (tree, mut blocks) = build(keys.iter().map(String::as_str), cid(1));
        let root = tree.root().unwrap();
        let names: Vec<Cid> = blocks.iter().map(|(cid, _)| *cid).collect();
        blocks.remove(gone.get(&names));
        let mut tree = Tree::at(root);
        match tree.insert(&blocks, &key, cid(2)) {
            Ok(_) => {}
            Err(landbridge_atproto::repo::mst::TreeError::Missing(cid)) => {
                prop_assert_eq!(&cid, gone.get(&names));
                prop_assert_eq!(tree.root(), Some(root));
                prop_assert!(tree.seal().added.is_empty());
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn touched_nodes_grow_with_the_logarithm() {
    for (records, most) in [(1_000u64, 24), (10_000, 30)] {
        let keys: Vec<String> = (0..records).map(|n| format!("com.example.c/{n:07}")).collect();
        let (mut tree, blocks) = build(keys.iter().map(String::as_str), cid(1));
        let mut worst = 0;
        for n in 0..200 {
            tree.insert(&blocks, &format!("com.example.c/{:07}x", n * records / 200), cid(1)).unwrap();
            worst = worst.max(tree.seal().added.len());
        }
        assert!(worst <= most, "{worst} nodes of {records} records");
    }
}
