//! Bad input: trees, files and signatures made to hurt, here; and where everything else that is bad is shown to be refused,
//! one line a fault. `the_list_is_true` holds the names of the tests.
//!
//! Commits and the stream:
//! - signed by another key, or another account's: `lies_about_a_commit_are_found`, `what_the_account_has_not_signed_is_not_believed`
//! - because of what is not signed, nobody is asked: `what_is_not_signed_is_not_asked_about`,
//!   `what_is_forged_leaves_nothing_and_makes_us_ask_nobody`
//! - an old one again: `what_was_said_before_changes_nothing`; from the future: `lies_about_a_commit_are_found`
//! - the higher s: `signatures`, `the_other_signature_is_none`, `what_is_forged_leaves_nothing_and_makes_us_ask_nobody`
//! - CBOR in another form: `only_the_one_form_is_read`, `commits_in_one_form_only`, `bytes_that_are_no_records_are_passed_over`
//! - frames that are none: `fields_are_held`, `nonsense_does_not_end_a_stream`; about members: `members_are_never_spoken_for`
//!
//! Trees and files:
//! - cycles, nodes that are too long or too deep, subtrees that stand twice: `bad_trees`
//! - many tiny blocks, lengths that are claimed: `files_that_claim_much_or_hold_many`, `car_limits`
//! - blocks under wrong names: `car_limits`; cut short: `car_in_pieces`
//! - no root, two, one that is not there or no commit: `files_with_another_number_of_roots`
//! - all of this in an import: `imports_that_are_refused`, `repositories_that_are_none_are_not_taken_in`
//! - a proof of something else: `proofs_of_records`; a list with other records than it names: `lists_are_held_to_their_cids`
//!
//! Records:
//! - too long, too deep: `records_beyond_their_limits`, `depth_is_bounded`, `records_beyond_their_limits_are_not_written`
//! - more characters, or more bytes of few characters: `records_beyond_their_limits_are_not_written`, `hostile_texts`
//! - facets inside a character, overlapping, beyond the end, negative, thousands: `malformed_facets`, `any_facets`,
//!   `bytes_that_are_no_records_are_passed_over`
//!
//! Identities:
//! - a handle that leads to another DID, a document that names another's handle: `handles_are_held_in_both_directions`,
//!   `a_handle_is_proved_before_it_is_taken`
//! - `did:web` with a port, a path, an address: `where_documents_are`
//! - the document of another: `documents`, `documents_that_lie_lead_nowhere`
//! - a server in a private network, also IPv4 in IPv6, also by a redirect: `documents_that_lie_lead_nowhere`, `table`,
//!   `a_redirect_into_private_networks_is_refused`; by a name that changes: `one_private_answer_refuses_the_name`
//! - operations out of order, forks, a lesser key, marks of what is undone, more than 72 hours: `logs_that_are_refused`,
//!   `a_mightier_key_takes_back_for_72_hours`, `operations_that_are_refused`
//!
//! Apps:
//! - a proof again, for another method, address or token, with an old nonce, at another time: `a_proof_is_about_one_request`,
//!   `a_proof_is_good_once_and_for_one_request`, `a_proof_is_good_once_on_all_nodes_and_after_a_restart`
//! - by another key, or another kind of key: `the_key_has_to_fit`, `what_renews_a_session_comes_once`
//! - descriptions at private addresses, too long, by a redirect, of another id, with places elsewhere:
//!   `ids_are_public_addresses`, `a_description_in_order_and_many_that_are_not`, `descriptions_of_apps_are_not_believed`
//! - keys that are too many, too long, at private addresses, none: `an_apps_keys_are_bounded`
//! - tokens of accounts and services that are not theirs: `nobody_brings_what_is_not_theirs`
//!
//! And bytes from nowhere, in `fuzz/`: `records`, `frames_at`, `documents`.

use crate::{
    repo::{NOW, Server, announced, did, record},
    tree::{cid, link},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use ipld_core::ipld::Ipld;
use landbridge_atproto::{
    crypto::{CryptoError, Curve, SigningKey},
    data::{Cid, Map, Value, cbor},
    identity::plc::{LogEntry, LogError, Operation, PlcData, Signed, check_log},
    repo::{
        Block, Blocks, Commit, CommitError, MemoryBlocks,
        car::{self, CarError, CarLimits},
        import::{self, ImportError, import},
        mst::{NodeError, Tree, TreeError, height},
        proof::{self, ProofError},
        verify::{Announced, VerifyError, verify, verify_signed, verify_sync},
    },
    syntax::{Handle, Tid},
};
use landbridge_model::Time;
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, path::Path};

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
    let read = import::verify(commit.cid, blocks.clone(), &did(), Some(server.key.public())).unwrap();
    assert_eq!((read.blocks.len(), read.unreadable.len()), (3, 0));
    blocks.insert(Block { cid: record(1).cid, bytes: odd.bytes });
    let read = import::verify(commit.cid, blocks, &did(), None).unwrap();
    assert_eq!((read.records.len(), read.unreadable.len()), (1, 1));
}

/// The other signature of the same message: (r, n - s) fits as well as (r, s).
fn other_s(curve: Curve, signature: [u8; 64]) -> [u8; 64] {
    let order = match curve {
        Curve::K256 => "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        Curve::P256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    };
    let (order, mut other, mut borrow) = (hex::decode(order).unwrap(), signature, 0);
    for at in (0..32).rev() {
        let difference = i16::from(order[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        other[32 + at] = (difference + 256 * borrow) as u8;
    }
    other
}

#[test]
fn the_other_signature_is_none() {
    for curve in [Curve::K256, Curve::P256] {
        let mut server = Server::new(curve);
        let staged = server.write(&[(1, 1)]);
        let (did, key) = (did(), server.key.public());
        let other = Commit { sig: other_s(curve, staged.commit.sig), ..staged.commit.clone() };
        // It is a signature, and would give the same commit a second name.
        let Ok(Value::Map(mut fields)) = cbor::decode(&other.block().bytes) else { panic!("a commit") };
        fields.remove("sig");
        assert_eq!(key.verify_either_s(&cbor::encode(&Value::Map(fields)), &other.sig), Ok(()));
        let refused = CommitError::Signature(CryptoError::HighS);
        assert_eq!(other.verify(key), Err(refused));

        let block = other.block();
        let (head, rest) = (staged.repo.head(), staged.blocks.iter());
        let blocks: Vec<Block> = rest.filter(|b| b.cid != head).cloned().chain([block.clone()]).collect();
        let file = Bytes::from(car::write(&block.cid, &blocks));
        let said = Announced { commit: block.cid, blocks: file, ..announced(&staged, &did) };
        assert_eq!(verify(&said, key, None, NOW).unwrap_err(), VerifyError::Commit(refused));
        assert_eq!(verify_signed(&said, key, NOW).unwrap_err(), VerifyError::Commit(refused));
        let alone = Bytes::from(car::write(&block.cid, [&block]));
        assert_eq!(verify_sync(&did, other.rev, &alone, key, NOW).unwrap_err(), VerifyError::Commit(refused));
        let whole = server.blocks.iter().map(|(cid, bytes)| Block { cid: *cid, bytes: bytes.clone() });
        let whole: Vec<Block> = whole.chain([block.clone()]).collect();
        let file = Bytes::from(car::write(&block.cid, &whole));
        let read = import(&file, CarLimits::REPO, &did, Some(key));
        assert_eq!(read.unwrap_err(), ImportError::Commit(refused));
        let proved = proof::check(&file, &did, key, "com.example.note/1");
        assert_eq!(proved.unwrap_err(), ProofError::Commit(refused));

        // The same of operations of a directory.
        let data =
            PlcData::for_account(&[key], key, &Handle::parse("a.test").unwrap(), "https://pds.example.com");
        let first = Operation::Set { data, prev: None }.sign(&server.key).unwrap();
        let sig: [u8; 64] = URL_SAFE_NO_PAD.decode(&first.sig).unwrap().try_into().unwrap();
        let other = Signed { sig: URL_SAFE_NO_PAD.encode(other_s(curve, sig)), ..first };
        let entry = LogEntry { operation: other.clone(), created_at: Time(0), nullified: false };
        assert_eq!(check_log(&other.did().unwrap(), &[entry]), Err(LogError::Signature));
    }
}

#[test]
fn what_is_not_signed_is_not_asked_about() {
    let mut server = Server::new(Curve::K256);
    server.write(&[(1, 1), (2, 2)]);
    let staged = server.write(&[(3, 3)]);
    let did = did();
    let said = announced(&staged, &did);
    // Only the commit has come: it says nothing more, but that it is the account's.
    let alone = Bytes::from(car::write(&said.commit, staged.blocks.iter().filter(|b| b.cid == said.commit)));
    let poor = Announced { blocks: alone, ..said.clone() };
    assert!(matches!(verify(&poor, server.key.public(), None, NOW), Err(VerifyError::Tree(_))));
    assert_eq!(verify_signed(&poor, server.key.public(), NOW), Ok(staged.commit.clone()));
    let stranger = SigningKey::generate(Curve::K256).unwrap();
    assert!(matches!(verify_signed(&poor, stranger.public(), NOW), Err(VerifyError::Commit(_))));
    assert_eq!(verify_signed(&poor, server.key.public(), Time(1_600_000_000_000)), Err(VerifyError::Future));
}

#[test]
fn files_with_another_number_of_roots() {
    let mut server = Server::new(Curve::K256);
    let staged = server.write(&[(1, 1), (2, 2)]);
    let (did, key, head) = (did(), server.key.public(), server.repo.head());
    let file = |roots: &[Cid]| {
        let mut out = Vec::new();
        car::write_header(roots, &mut out);
        server.blocks.iter().for_each(|(cid, bytes)| car::write_block(cid, bytes, &mut out));
        Bytes::from(out)
    };
    for roots in [&[][..], &[head, head], &[head, cid(1)], &[cid(1), head]] {
        let bad = file(roots);
        let read = import(&bad, CarLimits::REPO, &did, Some(key));
        assert_eq!(read.unwrap_err(), ImportError::Car(CarError::Roots));
        let proved = proof::check(&bad, &did, key, "com.example.note/1");
        assert_eq!(proved.unwrap_err(), ProofError::Car(CarError::Roots));
        let said = Announced { blocks: bad.clone(), ..announced(&staged, &did) };
        assert_eq!(verify(&said, key, None, NOW).unwrap_err(), VerifyError::Car(CarError::Roots));
        let sync = verify_sync(&did, staged.commit.rev, &bad, key, NOW);
        assert_eq!(sync.unwrap_err(), VerifyError::Car(CarError::Roots));
    }
    // A root that is not there, and one that is no commit.
    let read = |root| import(&file(&[root]), CarLimits::REPO, &did, Some(key)).unwrap_err();
    assert_eq!(read(cid(1)), ImportError::Tree(TreeError::Missing(cid(1))));
    assert!(matches!(read(server.repo.data()), ImportError::Commit(_)));
}

/// What is claimed takes no memory, and what is there is counted.
#[test]
fn files_that_claim_much_or_hold_many() {
    let tiny: Vec<Block> = (0..=20_000u32).map(|n| Block::of_dag_cbor(n.to_be_bytes().to_vec())).collect();
    let file = Bytes::from(car::write(&tiny[0].cid, &tiny));
    assert!(file.len() as u64 <= CarLimits::COMMIT.total);
    assert_eq!(car::read(&file, CarLimits::COMMIT).unwrap_err(), CarError::TooManyBlocks);
    let long = Bytes::from(vec![0; 2_000_001]);
    assert_eq!(car::read(&long, CarLimits::COMMIT).unwrap_err(), CarError::TooLong);
    let mut header = Vec::new();
    car::write_header(&[tiny[0].cid], &mut header);
    for claim in [&[0xff, 0xff, 0xff, 0x7f][..], &[0xff; 9], &[0x80, 0x80, 0x80, 0x80, 0x01]] {
        for claimed in [claim.to_vec(), [&header, claim].concat()] {
            let claimed = Bytes::from(claimed);
            assert_eq!(car::read(&claimed, CarLimits::REPO).unwrap_err(), CarError::TooLong);
        }
    }
    // Many more roots than a header has room for.
    let mut roots = Vec::new();
    car::write_header(&vec![tiny[0].cid; 200], &mut roots);
    assert_eq!(car::read(&roots.into(), CarLimits::REPO).unwrap_err(), CarError::TooLong);
}

/// Records as deep and as long as there is room for, and one step further.
#[test]
fn records_beyond_their_limits() {
    use landbridge_atproto::data::{CborError, Record, RecordError};
    let nested = |depth: usize| {
        let inner = (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        cbor::encode(&Value::Map(Map::new().with("$type", "com.example.note").with("x", inner)))
    };
    let deepest = cbor::MAX_DEPTH - 1;
    assert!(Record::decode(nested(deepest)).is_ok() && Record::check(&nested(deepest)).is_ok());
    assert_eq!(Record::decode(nested(deepest + 1)), Err(RecordError::Cbor(CborError::TooDeep)));
    assert_eq!(Record::check(&nested(deepest + 1)), Err(RecordError::Cbor(CborError::TooDeep)));
    let long = |len: usize| {
        cbor::encode(&Value::Map(Map::new().with("$type", "com.example.note").with("x", "x".repeat(len))))
    };
    assert!(Record::decode(long(999_900)).is_ok());
    assert_eq!(Record::decode(long(1_000_000)), Err(RecordError::TooLong));
    assert_eq!(Record::check(&long(1_000_000)), Err(RecordError::TooLong));
}

/// Each test that the list above names is there.
#[test]
fn the_list_is_true() {
    fn read(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => read(&path, all),
                false if path.extension().is_some_and(|kind| kind == "rs") => {
                    all.push_str(&fs::read_to_string(path).unwrap());
                }
                false => {}
            }
        }
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = String::new();
    for folder in ["src", "tests", "../../fetch", "../../../fuzz/src"] {
        read(&here.join(folder), &mut all);
    }
    let list = include_str!("hostile.rs").lines().map_while(|line| line.strip_prefix("//!"));
    let list: String = list.collect::<Vec<_>>().join(" ");
    let names: Vec<&str> = list.split('`').skip(1).step_by(2).filter(|name| name.contains('_')).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        assert!(all.contains(&format!("fn {name}(")), "there is no {name}");
    }
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
