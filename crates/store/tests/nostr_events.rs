//! The relay's statements, run for real.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use landbridge_model::Id;
use landbridge_store::{
    Row,
    entities::nostr_events::{self as events, Asked, NewEvent, Wanted},
    testing::TestStore,
};

landbridge_store::on_both_engines!(
    every_shape_of_request,
    only_the_latest_of_an_address_and_the_lowest_id_at_equal_times,
    deleted_and_vanished_stay_away,
    expired_is_not_shown_and_swept_and_pending_is_heard_once,
    turns_follow_commits,
);

struct Fixture {
    store: TestStore,
}

fn event<'a>(seq: i64, id: &'a str, at: i64) -> NewEvent<'a> {
    NewEvent {
        seq,
        id,
        pubkey: "alice",
        kind: 1,
        created_at: at,
        address: None,
        recipient: None,
        expires_at: None,
        pending: 0,
        json: id,
        tags: vec!["tx".into(), format!("e{id}")],
    }
}

fn open() -> Wanted {
    Wanted { until: i64::MAX, limit: 10, now: 50, ..Wanted::default() }
}

impl Fixture {
    /// How many of the events were stored.
    async fn insert(&self, all: Vec<NewEvent<'_>>) -> usize {
        let mut changes = vec![events::take_turn()];
        let told = events::told(&all.iter().map(|event| Id(event.seq)).collect::<Vec<_>>());
        changes.extend(all.into_iter().flat_map(events::insert));
        changes.push(told);
        self.store.write(changes).await.unwrap().returned.len()
    }

    async fn found(&self, wanted: Wanted) -> Vec<String> {
        let answers = self.store.all(events::select(&wanted)).await.unwrap();
        let ids = answers.into_iter().flatten().map(|mut row: Row| row.get(2).unwrap()).collect();
        let count: i64 = self.store.row(events::count(&wanted)).await.unwrap().unwrap().get(0).unwrap();
        let ids: Vec<String> = ids;
        assert_eq!(ids.len() as i64, count);
        ids
    }
}

async fn every_shape_of_request(store: TestStore) {
    let f = Fixture { store };
    assert_eq!(
        f.insert(vec![event(1, "b", 10), event(2, "a", 10), event(3, "c", 20), event(4, "c", 20)]).await,
        3
    );
    let tagged = ["t1", "t2", "t3"].map(String::from).to_vec();
    assert_eq!(f.insert(vec![NewEvent { kind: 9, tags: tagged, ..event(5, "many", 5) }]).await, 1);
    for tag in ["t1", "t2", "t3"] {
        assert_eq!(f.found(Wanted { tags: vec![vec![tag.into()]], ..open() }).await, ["many"]);
    }
    f.store.write(events::delete("alice", &["many".into()], &[], 5)).await.unwrap();
    assert_eq!(f.found(Wanted { tags: vec![vec!["t3".into()]], ..open() }).await.len(), 0);
    assert_eq!(f.found(open()).await, ["c", "a", "b"]);
    assert_eq!(f.found(Wanted { limit: 2, ..open() }).await, ["c", "a"]);
    assert_eq!(f.found(Wanted { kinds: Some(vec![1]), until: 15, ..open() }).await, ["a", "b"]);
    assert_eq!(f.found(Wanted { kinds: Some((1..40).collect()), since: 15, ..open() }).await, ["c"]);
    assert_eq!(f.found(Wanted { kinds: Some(vec![2]), ..open() }).await.len(), 0);
    assert_eq!(f.found(Wanted { ids: Some(vec!["a".into(), "z".into()]), ..open() }).await, ["a"]);
    assert_eq!(f.found(Wanted { authors: Some(vec!["alice".into()]), ..open() }).await, ["c", "a", "b"]);
    let many: Vec<String> = (0..30).map(|n| format!("n{n}")).chain(["alice".into()]).collect();
    assert_eq!(f.found(Wanted { authors: Some(many), ..open() }).await, ["c", "a", "b"]);
    let tags = vec![vec!["tx".into()], vec!["ec".into()]];
    assert_eq!(f.found(Wanted { tags, ..open() }).await, ["c"]);
    let many = vec![(0..30).map(|n| format!("e{n}")).chain(["ea".into()]).collect()];
    assert_eq!(f.found(Wanted { tags: many, ..open() }).await, ["a"]);
}

async fn only_the_latest_of_an_address_and_the_lowest_id_at_equal_times(store: TestStore) {
    let f = Fixture { store };
    let version = |seq, id, at| NewEvent { address: Some("0:alice:"), kind: 0, ..event(seq, id, at) };
    assert_eq!(f.insert(vec![version(1, "b", 10)]).await, 1);
    assert_eq!(f.insert(vec![version(2, "c", 10)]).await, 0);
    assert_eq!(f.insert(vec![version(3, "a", 10)]).await, 1);
    assert_eq!(f.insert(vec![version(4, "z", 9)]).await, 0);
    assert_eq!(f.found(open()).await, ["a"]);
    assert_eq!(f.found(Wanted { tags: vec![vec!["eb".into()]], ..open() }).await.len(), 0);
}

async fn deleted_and_vanished_stay_away(store: TestStore) {
    let f = Fixture { store };
    f.insert(vec![event(1, "a", 10), NewEvent { pubkey: "bob", ..event(2, "b", 10) }]).await;
    let ids = vec!["a".to_owned(), "b".into(), "later".into()];
    f.store.write(events::delete("alice", &ids, &["30023:alice:x".into()], 15)).await.unwrap();
    assert_eq!(f.found(open()).await, ["b"]);
    assert_eq!(f.insert(vec![event(3, "a", 10), event(4, "later", 10)]).await, 0);
    let article = |seq, id, at| NewEvent { address: Some("30023:alice:x"), ..event(seq, id, at) };
    assert_eq!(f.insert(vec![article(5, "v1", 15)]).await, 0);
    assert_eq!(f.insert(vec![article(6, "v2", 16)]).await, 1);
    let wrap = NewEvent { pubkey: "random", recipient: Some("alice"), ..event(7, "w", 17) };
    assert_eq!(f.insert(vec![wrap]).await, 1);
    assert_eq!(f.found(open()).await, ["v2", "b"], "the wrap is only for its recipient");
    assert_eq!(f.found(Wanted { readers: vec!["alice".into()], ..open() }).await, ["w", "v2", "b"]);
    f.store.write(events::delete("alice", &["gone".into()], &[], 17)).await.unwrap();
    let to =
        |recipient, seq| NewEvent { pubkey: "once", recipient: Some(recipient), ..event(seq, "gone", 17) };
    assert_eq!(f.insert(vec![to("alice", 10)]).await, 0, "whom a wrap is for has deleted it");
    assert_eq!(f.insert(vec![to("bob", 11)]).await, 1, "others' words do not count");
    f.store.write(events::vanish("alice", 20)).await.unwrap();
    f.store.write(events::vanished_until("alice", 20)).await.unwrap();
    assert_eq!(f.found(Wanted { readers: vec!["alice".into()], ..open() }).await, ["b"]);
    assert_eq!(f.insert(vec![event(8, "d", 20), event(9, "e", 21)]).await, 1);
}

async fn expired_is_not_shown_and_swept_and_pending_is_heard_once(store: TestStore) {
    let f = Fixture { store };
    let short = NewEvent { expires_at: Some(50), pending: 1, ..event(1, "a", 10) };
    f.insert(vec![short, NewEvent { pending: 2, ..event(2, "b", 10) }]).await;
    assert_eq!(f.found(open()).await, ["b"]);
    assert_eq!(f.found(Wanted { now: 49, ..open() }).await, ["a", "b"]);
    assert_eq!(f.store.rows(events::pending(9)).await.unwrap().len(), 2);
    f.store.write(events::heard(&[1, 2])).await.unwrap();
    assert_eq!(f.store.rows(events::pending(9)).await.unwrap().len(), 0);
    f.store.write(events::sweep(50)).await.unwrap();
    assert_eq!(f.found(Wanted { now: 0, ..open() }).await, ["b"]);
    let asked = Asked { ids: vec!["b".into(), "a".into()], keys: vec!["alice".into()], ..Asked::default() };
    let known = f.store.all(events::known(&asked)).await.unwrap();
    let known = events::Known::read(known).unwrap();
    assert_eq!(known.held, ["b".to_owned()].into());
}

/// Whoever sees a turn sees every event of it and of those before, and no later one.
async fn turns_follow_commits(store: TestStore) {
    let f = std::sync::Arc::new(Fixture { store });
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let f = f.clone();
            tokio::spawn(async move {
                for n in 0..15 {
                    let seq = writer * 100 + n;
                    assert_eq!(f.insert(vec![event(seq, &format!("n{seq}"), 10)]).await, 1);
                }
            })
        })
        .collect();
    loop {
        let all = Wanted { limit: 1_000, ..open() };
        let queries = [events::turn()].into_iter().chain(events::select(&all)).collect();
        let mut answers = f.store.all(queries).await.unwrap();
        let found = answers.pop().unwrap();
        let turn: i64 = answers.pop().unwrap().pop().map_or(0, |mut row| row.get(0).unwrap());
        assert_eq!(found.len() as i64, turn, "one event was stored in each turn");
        for mut row in found {
            let of: i64 = f
                .store
                .row(events::turn_of(&row.get::<String>(2).unwrap()))
                .await
                .unwrap()
                .unwrap()
                .get(0)
                .unwrap();
            assert!((1..=turn).contains(&of));
        }
        if turn == 60 {
            break;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
}
