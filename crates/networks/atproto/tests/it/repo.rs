//! Whole repositories: commits, exports, imports, proofs, verification.

use crate::tree::{Model, reference_root};
use bytes::Bytes;
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    data::{Cid, Map, Record},
    repo::{
        Block, Blocks, Commit, MemoryBlocks, Repo, StageError, Staged, Write,
        car::{self, CarError, CarLimits, CarReader},
        export::{export, export_since},
        import::{ImportError, import},
        mst::{Tree, TreeError},
        proof,
        verify::{Announced, Known, VerifyError, verify, verify_sync},
    },
    syntax::{Did, Nsid, RecordKey, Tid, TidClock},
};
use landbridge_model::Time;
use proptest::prelude::*;
use std::collections::HashSet;

/// The clock of whoever verifies.
pub const NOW: Time = Time(1_800_000_000_000);

pub fn record(n: u64) -> Block {
    let fields =
        Map::new().with("$type", "com.example.note").with("text", format!("note {n}")).with("n", n as i64);
    let record = Record::encode(fields).unwrap();
    Block { cid: record.cid(), bytes: record.bytes().clone() }
}

/// A repository with its storage, as a server would keep it.
pub struct Server {
    pub repo: Repo,
    pub blocks: MemoryBlocks,
    pub key: SigningKey,
    clock: TidClock,
    model: Model,
}

pub fn did() -> Did {
    Did::parse("did:plc:7iza6de2dwap2sbkpav7c6c6").unwrap()
}

fn nsid() -> Nsid {
    Nsid::parse("com.example.note").unwrap()
}

fn rkey(n: u64) -> RecordKey {
    RecordKey::parse(&format!("{n}")).unwrap()
}

impl Server {
    pub fn new(curve: Curve) -> Server {
        let key = SigningKey::generate(curve).unwrap();
        let mut clock = TidClock::new(1);
        let first = Repo::create(did(), clock.next(1_700_000_000_000_000), &key).unwrap();
        let mut server =
            Server { repo: first.repo.clone(), blocks: MemoryBlocks::new(), key, clock, model: Model::new() };
        server.store(&first);
        server
    }

    fn store(&mut self, staged: &Staged) {
        for block in &staged.added {
            assert!(block.cid.names(&block.bytes));
            self.blocks.insert(block.clone());
        }
        for cid in &staged.removed {
            assert!(self.blocks.remove(cid).is_some(), "{cid} was not there");
        }
        self.repo = staged.repo.clone();
        for op in &staged.ops {
            match op.cid {
                Some(cid) => assert_eq!(self.model.insert(op.path.to_string(), cid), op.prev),
                None => assert_eq!(self.model.remove(&*op.path), op.prev),
            }
        }
        assert_eq!(self.repo.data(), reference_root(&self.model));
    }

    /// For each pair: deletes what is there if the second is zero, else creates or updates.
    pub fn write(&mut self, writes: &[(u64, u64)]) -> Staged {
        let mut there: HashSet<u64> =
            self.model.keys().map(|key| key.rsplit('/').next().unwrap().parse().unwrap()).collect();
        let writes: Vec<Write> = writes
            .iter()
            .filter_map(|(n, value)| match (there.contains(n), value) {
                (true, 0) => {
                    there.remove(n);
                    Some(Write::Delete(nsid(), rkey(*n)))
                }
                (false, 0) => None,
                (true, value) => Some(Write::Update(nsid(), rkey(*n), record(*value))),
                (false, value) => {
                    there.insert(*n);
                    Some(Write::Create(nsid(), rkey(*n), record(*value)))
                }
            })
            .collect();
        let rev = self.clock.next(0);
        let staged = self.repo.stage(&self.blocks, &writes, rev, &self.key).unwrap();
        self.store(&staged);
        staged
    }

    pub fn export(&self) -> Bytes {
        export(&self.blocks, self.repo.head())
            .unwrap()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
            .concat()
            .into()
    }
}

pub fn announced<'a>(staged: &'a Staged, did: &'a Did) -> Announced<'a> {
    Announced {
        repo: did,
        rev: staged.commit.rev,
        since: staged.since,
        commit: staged.repo.head(),
        prev_data: staged.prev_data,
        ops: &staged.ops,
        blocks: staged.car().into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Every commit of a random history is verified from its announcement alone; the export is imported as the same.
    #[test]
    fn history(commits in prop::collection::vec(prop::collection::vec((0..300u64, 0..4u64), 0..40), 1..12), p256 in any::<bool>()) {
        let mut server = Server::new(if p256 { Curve::P256 } else { Curve::K256 });
        let did = did();
        let mut roots = vec![(server.repo.data(), server.blocks.clone())];
        for writes in &commits {
            let known = Known { rev: server.repo.rev(), data: server.repo.data() };
            let staged = server.write(writes);
            let checked = verify(&announced(&staged, &did), server.key.public(), Some(known), NOW).unwrap();
            prop_assert_eq!(&checked.commit, &staged.commit);
            for (op, record) in staged.ops.iter().zip(&checked.records) {
                prop_assert_eq!(op.cid, record.as_ref().map(|block| block.cid));
            }
            let (head, _) = verify_sync(&did, staged.commit.rev, &staged.sync_car().into(), server.key.public(), NOW).unwrap();
            prop_assert_eq!(head, server.repo.head());
            roots.push((server.repo.data(), server.blocks.clone()));
        }

        let file = server.export();
        let read = import(&file, CarLimits::REPO, &did, Some(server.key.public())).unwrap();
        prop_assert_eq!(read.head, server.repo.head());
        let records: Model = read.records.iter().map(|(key, cid)| (key.to_string(), *cid)).collect();
        prop_assert_eq!(&records, &server.model);
        prop_assert!(read.unreadable.is_empty());
        let again = export(&read.blocks, read.head).unwrap().map(Result::unwrap).collect::<Vec<_>>().concat();
        prop_assert_eq!(&again, &file);

        // What is new since an older tree, and what was there, are the whole.
        let (older, mut blocks) = roots.swap_remove(commits.len() / 2);
        let both: MemoryBlocks = blocks.iter().chain(server.blocks.iter())
            .map(|(cid, bytes)| Block { cid: *cid, bytes: bytes.clone() }).collect();
        let newer = export_since(&both, server.repo.head(), older).unwrap();
        for block in car::read_rooted(&newer.into(), CarLimits::REPO).unwrap().1 {
            blocks.insert(block);
        }
        let merged = landbridge_atproto::repo::import::verify(server.repo.head(), blocks, &did, None).unwrap();
        prop_assert_eq!(merged.records, read.records);
    }
}

#[test]
fn writes_to_one_path_count_together() {
    let mut server = Server::new(Curve::K256);
    server.write(&[(1, 1), (2, 1)]);
    let stage = |writes: &[Write]| {
        server.repo.stage(&server.blocks, writes, Tid::new(1_750_000_000_000_000, 0), &server.key)
    };
    let create = |n| Write::Create(nsid(), rkey(n), record(7));
    let update = |n, value| Write::Update(nsid(), rkey(n), record(value));
    let delete = |n| Write::Delete(nsid(), rkey(n));

    let staged =
        stage(&[create(3), update(3, 8), delete(1), create(1), create(4), delete(4), update(2, 1)]).unwrap();
    let ops: Vec<_> = staged.ops.iter().map(|op| (&*op.path, op.prev, op.cid)).collect();
    let (one, seven, eight) = (Some(record(1).cid), Some(record(7).cid), Some(record(8).cid));
    assert_eq!(ops, [("com.example.note/1", one, seven), ("com.example.note/3", None, eight)]);
    let checked = verify(&announced(&staged, &did()), server.key.public(), None, NOW);
    assert!(checked.is_ok(), "{checked:?}");

    assert!(matches!(stage(&[create(1)]), Err(StageError::Exists(_))));
    assert!(matches!(stage(&[update(9, 1)]), Err(StageError::NotFound(_))));
    assert!(matches!(stage(&[delete(1), delete(1)]), Err(StageError::NotFound(_))));
    assert_eq!(stage(&vec![create(9); 201]).unwrap_err(), StageError::TooManyOps);
    let rev = server.repo.rev();
    assert_eq!(server.repo.stage(&server.blocks, &[], rev, &server.key).unwrap_err(), StageError::Rev);
    // The most that is allowed goes.
    let many: Vec<_> = (100..300).map(create).collect();
    let staged = stage(&many).unwrap();
    assert!(verify(&announced(&staged, &did()), server.key.public(), None, NOW).is_ok());
    // A commit whose blocks would not fit into a frame.
    let big = |n: u64| {
        let fields =
            Map::new().with("$type", "com.example.note").with("text", format!("{n}").repeat(900_000));
        let record = Record::encode(fields).unwrap();
        Write::Create(nsid(), rkey(n), Block { cid: record.cid(), bytes: record.bytes().clone() })
    };
    assert_eq!(stage(&[big(5), big(6), big(7)]).unwrap_err(), StageError::TooLong);
}

#[test]
fn a_missing_node_is_named_and_nothing_changes() {
    let mut server = Server::new(Curve::K256);
    server.write(&(0..200).map(|n| (n, 1)).collect::<Vec<_>>());
    let repo = Repo::open(
        server.repo.head(),
        &Commit::decode(&server.blocks.get(&server.repo.head()).unwrap()).unwrap(),
    );
    let write = [Write::Create(nsid(), rkey(1000), record(1))];
    let rev = Tid::new(1_750_000_000_000_000, 0);
    // Load what is asked for, as a caller with a database would.
    let mut loaded = MemoryBlocks::new();
    let staged = loop {
        match repo.stage(&loaded, &write, rev, &server.key) {
            Ok(staged) => break staged,
            Err(StageError::Tree(TreeError::Missing(cid))) => {
                assert!(loaded.insert(Block { cid, bytes: server.blocks.get(&cid).unwrap() }));
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert!(loaded.len() < 12, "{} nodes for one write", loaded.len());
    assert!(verify(&announced(&staged, &did()), server.key.public(), None, NOW).is_ok());
}

#[test]
fn lies_about_a_commit_are_found() {
    let mut server = Server::new(Curve::P256);
    server.write(&(0..50).map(|n| (n, 1)).collect::<Vec<_>>());
    let known = Known { rev: server.repo.rev(), data: server.repo.data() };
    let staged = server.write(&[(1, 0), (2, 2), (70, 3)]);
    let (did, key) = (did(), server.key.public());
    let good = announced(&staged, &did);
    assert!(verify(&good, key, Some(known), NOW).is_ok());
    assert_eq!(verify(&good, key, None, Time(1_600_000_000_000)).unwrap_err(), VerifyError::Future);

    let other = Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    let fails = |lie: Announced<'_>, known| verify(&lie, key, known, NOW).unwrap_err();
    assert_eq!(fails(Announced { repo: &other, ..good.clone() }, None), VerifyError::Mismatch("did"));
    assert_eq!(
        fails(Announced { rev: Tid::new(1_750_000_000_000_000, 0), ..good.clone() }, None),
        VerifyError::Mismatch("rev")
    );
    assert_eq!(
        fails(Announced { since: Some(good.rev), ..good.clone() }, None),
        VerifyError::Mismatch("since")
    );
    assert_eq!(
        fails(Announced { commit: known.data, ..good.clone() }, None),
        VerifyError::Mismatch("commit")
    );
    assert_eq!(fails(Announced { prev_data: None, ..good.clone() }, None), VerifyError::NoPrevData);
    assert_eq!(
        fails(Announced { prev_data: Some(good.commit), ..good.clone() }, None),
        VerifyError::Inversion
    );
    assert_eq!(fails(Announced { ops: &good.ops[1..], ..good.clone() }, None), VerifyError::Inversion);
    let twice = [good.ops, &good.ops[..1]].concat();
    assert!(matches!(fails(Announced { ops: &twice, ..good.clone() }, None), VerifyError::Op(_)));
    for (at, _) in good.ops.iter().enumerate() {
        let mut ops = good.ops.to_vec();
        ops[at].cid = Some(known.data);
        assert!(matches!(fails(Announced { ops: &ops, ..good.clone() }, None), VerifyError::Op(_)));
    }
    assert_eq!(fails(good.clone(), Some(Known { rev: good.rev, ..known })), VerifyError::Stale);
    assert_eq!(fails(good.clone(), Some(Known { data: good.commit, ..known })), VerifyError::Gap);
    assert_eq!(fails(good.clone(), Some(Known { rev: Tid::new(1, 0), ..known })), VerifyError::Gap);
    let stranger = SigningKey::generate(Curve::P256).unwrap();
    assert!(matches!(verify(&good, stranger.public(), None, NOW), Err(VerifyError::Commit(_))));

    // Each block is needed.
    for left_out in &staged.blocks {
        let rest = staged.blocks.iter().filter(|block| block.cid != left_out.cid);
        let file = car::write(&good.commit, rest).into();
        let error = fails(Announced { blocks: file, ..good.clone() }, None);
        assert!(
            matches!(error, VerifyError::Tree(TreeError::Missing(_)) | VerifyError::MissingRecord(_)),
            "{error}"
        );
    }
}

#[test]
fn proofs_of_records() {
    let mut server = Server::new(Curve::K256);
    server.write(&(0..100).map(|n| (n, n + 1)).collect::<Vec<_>>());
    let (did, head) = (did(), server.repo.head());
    let file = |key: &str| Bytes::from(proof::prove(&server.blocks, head, key).unwrap());
    let check = |file: &Bytes, key: &str| proof::check(file, &did, server.key.public(), key);
    let here = file("com.example.note/42");
    assert_eq!(check(&here, "com.example.note/42").unwrap().record, Some(record(43)));
    assert!(here.len() < 4000, "{} bytes", here.len());
    let absent = file("com.example.note/4242");
    assert_eq!(check(&absent, "com.example.note/4242").unwrap().record, None);
    // A proof of one key proves nothing about one elsewhere.
    assert!(matches!(
        check(&here, "com.example.note/7"),
        Err(proof::ProofError::Tree(TreeError::Missing(_)))
    ));
    let other = SigningKey::generate(Curve::K256).unwrap();
    assert!(proof::check(&here, &did, other.public(), "com.example.note/42").is_err());
}

#[test]
fn car_in_pieces() {
    let mut server = Server::new(Curve::K256);
    server.write(&(0..100).map(|n| (n, n + 1)).collect::<Vec<_>>());
    let file = server.export();
    let (roots, whole) = car::read(&file, CarLimits::REPO).unwrap();
    assert_eq!(roots, [server.repo.head()]);
    for size in [1, 2, 7, 1000, file.len()] {
        let mut reader = CarReader::new(CarLimits::REPO);
        let mut blocks = Vec::new();
        for piece in file.chunks(size) {
            reader.push(piece).unwrap();
            while let Some(block) = reader.block().unwrap() {
                blocks.push(block);
            }
        }
        assert_eq!(reader.finish().unwrap(), roots);
        assert_eq!(blocks, whole);
    }
    // Cut anywhere, it is not whole.
    for len in (0..file.len()).step_by(97) {
        let cut = file.slice(..len);
        assert!(import(&cut, CarLimits::REPO, &did(), None).is_err());
        let mut reader = CarReader::new(CarLimits::REPO);
        reader.push(&cut).unwrap();
        while reader.block().unwrap().is_some() {}
        assert!(reader.finish().is_err() || car::read(&cut, CarLimits::REPO).is_ok());
    }
}

#[test]
fn car_limits() {
    let blocks: Vec<Block> = (0..10).map(record).collect();
    let file = Bytes::from(car::write(&blocks[0].cid, &blocks));
    let limits = CarLimits { header: 100, block: 200, blocks: 10, total: file.len() as u64 };
    assert!(car::read(&file, limits).is_ok());
    for (limits, error) in [
        (CarLimits { header: 20, ..limits }, CarError::TooLong),
        (CarLimits { block: 50, ..limits }, CarError::TooLong),
        (CarLimits { blocks: 9, ..limits }, CarError::TooManyBlocks),
        (CarLimits { total: limits.total - 1, ..limits }, CarError::TooLong),
    ] {
        assert_eq!(car::read(&file, limits).unwrap_err(), error);
        let mut reader = CarReader::new(limits);
        let streamed = reader.push(&file).and_then(|()| {
            loop {
                if reader.block()?.is_none() {
                    break Ok(());
                }
            }
        });
        assert_eq!(streamed, Err(error));
    }
    // A block under a wrong name, a length that is none, a header that is none.
    let mut lie = Vec::new();
    car::write_header(&[blocks[0].cid], &mut lie);
    let header = lie.len();
    car::write_block(&blocks[0].cid, &blocks[1].bytes, &mut lie);
    assert_eq!(car::read(&lie.clone().into(), limits).unwrap_err(), CarError::Hash(blocks[0].cid));
    for tail in [&[0][..], &[0x80, 0], &[0xff; 9], &[1, 1], &[36, 1, 0x71, 0x12]] {
        let file = [&lie[..header], tail].concat();
        assert!(car::read(&file.into(), limits).is_err(), "{tail:?}");
    }
    for file in [&b""[..], b"\x00", b"\x01\xa0", b"\x0a\xa1gversion\x01", b"\x0b\xa1gversion\x18\x01"] {
        assert!(car::read(&Bytes::copy_from_slice(file), limits).is_err());
    }
    let none = Bytes::from({
        let mut out = Vec::new();
        car::write_header(&[], &mut out);
        out
    });
    assert_eq!(car::read_rooted(&none, limits).unwrap_err(), CarError::Roots);
    assert_eq!(import(&none, limits, &did(), None).unwrap_err(), ImportError::Car(CarError::Roots));
    // A block that comes twice is one.
    let twice = car::write(&blocks[0].cid, blocks.iter().chain(&blocks)).into();
    let (_, read) = car::read_rooted(&twice, CarLimits::REPO).unwrap();
    assert_eq!((read.len(), read.into_iter().collect::<MemoryBlocks>().len()), (20, 10));
}

#[test]
fn commits_in_one_form_only() {
    let server = Server::new(Curve::K256);
    let bytes = server.blocks.get(&server.repo.head()).unwrap();
    let commit = Commit::decode(&bytes).unwrap();
    assert_eq!(commit.block().bytes, bytes);
    let tampered = Commit { data: server.repo.head(), ..commit.clone() };
    assert!(tampered.verify(server.key.public()).is_err());
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        let read = Commit::decode(&changed);
        assert!(read.is_err() || read.unwrap().verify(server.key.public()).is_err(), "byte {at}");
    }
    assert_eq!(Tree::empty().seal().root, commit.data);
    let _: Cid = commit.data;
}
