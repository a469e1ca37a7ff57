//! Repositories as relays and readers see them.

use crate::world::{World, on_both};
use landbridge_atproto::{
    data::{Map, Record},
    firehose::Event,
    repo::{
        Block, MemoryBlocks, Write,
        car::{self, CarLimits},
        export::export,
        import, verify,
    },
    repository::Wish,
    syntax::{Nsid, RecordKey},
};
use landbridge_hub::Translator;
use landbridge_model::{Id, Time};
use landbridge_store::{EngineKind, entities::atproto_repos};
use std::collections::BTreeMap;

on_both!(
    a_new_member_is_announced_in_order,
    every_commit_follows_the_one_before,
    acts_at_the_same_time_end_in_one_chain,
    random_writes_and_restarts_leave_a_repository_that_verifies,
    a_repository_comes_back_as_it_went,
    a_file_is_in_the_order_of_the_tree_and_may_begin_anywhere,
    a_file_is_whole_or_breaks_off,
    numbers_do_not_come_again_after_a_restore,
);

async fn a_new_member_is_announced_in_order(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    let events = world.events().await;
    let words: Vec<&str> = events
        .iter()
        .map(|(_, event)| match event {
            Event::Identity(_) => "identity",
            Event::Account(account) if account.active => "account",
            Event::Commit(_) => "commit",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(words, ["identity", "account", "commit", "commit"]);
    assert!(events.iter().all(|(_, event)| *event.did() == did));
    assert_eq!(events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let repo = world.verified(alice).await;
    assert_eq!(repo.records.len(), 1);
    assert_eq!(&*repo.records[0].0, "app.bsky.actor.profile/self");
    // The directory knows the handle and the server; the member's own key stands before the server's.
    let (data, _) = world.at.plc_data(&did).await.unwrap().unwrap();
    assert_eq!(data.also_known_as, ["at://alice.landbridge.test"]);
    assert_eq!(data.services[0].1.endpoint, world.pds);
    assert_eq!(data.rotation_keys.len(), 2);
    let recovery = world.at.export_key(&world.hub, alice).await.unwrap().unwrap();
    assert_eq!(recovery.len(), 64);
}

/// Each commit event verifies against the state before it, by signature, chain and inversion.
async fn verified_chain(world: &World, alice: Id) -> usize {
    let key = world.key(alice).await;
    let mut known: Option<verify::Known> = None;
    let mut commits = 0;
    for (_, event) in world.events().await {
        let Event::Commit(commit) = event else { continue };
        if commit.repo != world.did(alice).await {
            continue;
        }
        let verified = verify::verify(&commit.announced(), &key, known, Time::now()).unwrap();
        known = Some(verify::Known { rev: verified.commit.rev, data: verified.commit.data });
        commits += 1;
    }
    commits
}

async fn every_commit_follows_the_one_before(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let first = world.post(alice, "one").await;
    let second = world.post(alice, "two").await;
    world.hub.delete_post(alice, first.id, None).await.unwrap();
    world.hub.react(alice, second.id, "", None, None).await.unwrap();
    world.hub.unreact(alice, second.id, "", None).await.unwrap();
    // Two for the new account, two posts, a delete, a like and its end.
    assert_eq!(verified_chain(&world, alice).await, 7);
    let repo = world.verified(alice).await;
    let paths: Vec<&str> = repo.records.iter().map(|(path, _)| path.split('/').next().unwrap()).collect();
    assert_eq!(paths, ["app.bsky.actor.profile", "app.bsky.feed.post"]);
}

async fn acts_at_the_same_time_end_in_one_chain(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let texts: Vec<String> = (0..12).map(|n| format!("post {n}")).collect();
    let posts = texts.iter().map(|text| world.post(alice, text));
    futures_util::future::join_all(posts).await;
    assert_eq!(verified_chain(&world, alice).await, 14);
    assert_eq!(world.verified(alice).await.records.len(), 13);
}

/// A pseudo-random sequence that is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn thing(n: u64) -> Block {
    let record = Record::encode(Map::new().with("$type", "org.example.thing").with("n", n as i64)).unwrap();
    Block { cid: record.cid(), bytes: record.bytes().clone() }
}

/// How many blocks are kept.
async fn blocks(world: &World, member: Id) -> usize {
    let mut row = world.hub.store().row(atproto_repos::count_blocks(member)).await.unwrap().unwrap();
    usize::try_from(row.get::<i64>(0).unwrap()).unwrap()
}

async fn random_writes_and_restarts_leave_a_repository_that_verifies(engine: EngineKind) {
    let mut world = World::new(engine).await;
    let alice = world.member("alice").await;
    let collection = Nsid::parse("org.example.thing").unwrap();
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    let mut dice = Dice(7);
    for round in 0..60 {
        let mut writes = Vec::new();
        let mut touched = Vec::new();
        for _ in 0..=dice.roll(12) {
            let key = format!("k{}", dice.roll(80));
            if touched.contains(&key) {
                continue;
            }
            touched.push(key.clone());
            let rkey = RecordKey::parse(&key).unwrap();
            // Few different values, so that several paths share a record.
            let block = thing(dice.roll(20));
            match (expected.contains_key(&key), dice.roll(3)) {
                (true, 0) => {
                    expected.remove(&key);
                    writes.push(Wish::Exactly(Write::Delete(collection.clone(), rkey)));
                }
                (true, _) => {
                    expected.insert(key, block.cid.to_string());
                    writes.push(Wish::Exactly(Write::Update(collection.clone(), rkey, block)));
                }
                (false, _) => {
                    expected.insert(key, block.cid.to_string());
                    writes.push(Wish::Exactly(Write::Create(collection.clone(), rkey, block)));
                }
            }
        }
        let presence = world.presence(alice).await;
        world.at.put(&presence, None, false, &writes).await.unwrap();
        if round % 20 == 19 {
            world = world.restarted().await;
        }
    }
    let repo = world.verified(alice).await;
    let found: BTreeMap<String, String> = repo
        .records
        .iter()
        .filter_map(|(path, cid)| {
            Some((path.strip_prefix("org.example.thing/")?.to_owned(), cid.to_string()))
        })
        .collect();
    assert_eq!(found, expected);
    // Nothing is kept that the tree does not need.
    assert_eq!(blocks(&world, alice).await, repo.blocks.len());
    verified_chain(&world, alice).await;
}

async fn a_repository_comes_back_as_it_went(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    for n in 0..30 {
        world.post(alice, &format!("post {n}")).await;
    }
    let before = world.verified(alice).await;
    world.post(alice, "one that will be gone").await;
    let presence = world.presence(alice).await;
    world.at.replace_repository(&presence, &before).await.unwrap();
    let after = world.verified(alice).await;
    assert_eq!(after.records, before.records);
    assert_eq!(after.commit.data, before.commit.data);
    assert!(after.commit.rev > before.commit.rev);
    assert_eq!(blocks(&world, alice).await, after.blocks.len());
    assert!(
        matches!(world.events().await.last(), Some((_, Event::Sync(sync))) if sync.rev == after.commit.rev)
    );
    // Nobody else's repository was touched, and the next act goes on from there.
    assert_eq!(world.verified(bob).await.records.len(), 1);
    world.post(alice, "and on").await;
    assert_eq!(world.verified(alice).await.records.len(), before.records.len() + 1);
}

/// Writes `org.example.thing/kN` for each number; the collections around it make the order of keys that of whole paths.
async fn fill(world: &World, member: Id, numbers: std::ops::Range<u64>) {
    let presence = world.presence(member).await;
    let write = |name: &str, n: u64| {
        let rkey = RecordKey::parse(&format!("k{n}")).unwrap();
        Wish::Exactly(Write::Create(Nsid::parse(name).unwrap(), rkey, thing(n)))
    };
    let names = ["org.example.thing", "org.example.thing.more", "org.example.thing-er.x"];
    let all: Vec<Wish> = numbers.flat_map(|n| names.map(|name| write(name, n))).collect();
    for wishes in all.chunks(150) {
        world.at.put(&presence, None, false, wishes).await.unwrap();
    }
}

async fn a_file_is_in_the_order_of_the_tree_and_may_begin_anywhere(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    fill(&world, alice, 0..400).await;
    let file = world.exported(alice, None).await;
    let (head, all) = car::read_rooted(&file, CarLimits::REPO).unwrap();
    let held: MemoryBlocks = all.into_iter().collect();
    let expected: Vec<Vec<u8>> = export(&held, head).unwrap().map(Result::unwrap).collect();
    assert!(file == expected.concat(), "another order");
    // From some time on: with what was there before, it is the whole.
    let first = world.verified(alice).await;
    let rev = first.commit.rev.to_string();
    let none = world.exported(alice, Some(&rev)).await;
    assert_eq!(car::read_rooted(&none, CarLimits::REPO).unwrap().1.len(), 1, "the commit alone");
    fill(&world, alice, 400..410).await;
    world.post(alice, "newer").await;
    let newer = world.exported(alice, Some(&rev)).await;
    let (head, blocks) = car::read_rooted(&newer, CarLimits::REPO).unwrap();
    assert_eq!(blocks[0].cid, head);
    assert!(newer.len() < file.len() / 4, "{} of {}", newer.len(), file.len());
    let whole = world.verified(alice).await;
    let both: MemoryBlocks =
        held.iter().map(|(cid, bytes)| Block { cid: *cid, bytes: bytes.clone() }).chain(blocks).collect();
    let (did, key) = (world.did(alice).await, world.key(alice).await);
    let merged = import::verify(head, both, &did, Some(&key)).unwrap();
    assert_eq!(merged.records, whole.records);
    assert_eq!(world.exported(alice, Some("")).await, world.exported(alice, None).await);
}

async fn a_file_is_whole_or_breaks_off(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    fill(&world, alice, 0..1500).await;
    let (did, key) = (world.did(alice).await, world.key(alice).await);
    // New records do not come into it.
    let before = world.verified(alice).await;
    let mut going = world.at.export(alice, None).await.unwrap().unwrap();
    let mut file = going.piece(&world.at).await.unwrap().unwrap().to_vec();
    fill(&world, alice, 1500..1600).await;
    while let Some(piece) = going.piece(&world.at).await.unwrap() {
        file.extend_from_slice(&piece);
    }
    let read = import::import(&file.into(), CarLimits::REPO, &did, Some(&key)).unwrap();
    assert_eq!((read.head, read.records), (before.head, before.records));
    // A record that is gone before its turn ends it.
    let mut going = world.at.export(alice, None).await.unwrap().unwrap();
    going.piece(&world.at).await.unwrap().unwrap();
    let last = RecordKey::parse("k999").unwrap();
    let gone = Wish::Exactly(Write::Delete(Nsid::parse("org.example.thing").unwrap(), last));
    world.at.put(&world.presence(alice).await, None, false, &[gone]).await.unwrap();
    let rest = async {
        while going.piece(&world.at).await?.is_some() {}
        Ok::<(), landbridge_hub::HubError>(())
    };
    assert!(rest.await.is_err());
    assert!(world.verified(alice).await.records.len() > 4000);
}

async fn numbers_do_not_come_again_after_a_restore(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    world.post(alice, "before").await;
    let before = world.events().await.last().unwrap().0;
    world.at.after_restore().await.unwrap();
    let events = world.events().await;
    let (seq, Event::Sync(sync)) = events.last().unwrap() else { panic!("{events:?}") };
    assert!(*seq > before + 1_000_000);
    assert_eq!(sync.rev, world.verified(alice).await.commit.rev);
}
