//! Accounts that end stay ended, whichever backup is restored.

use crate::{
    outbox::{follower, run_until},
    support::{TestHub, draft, test_hub},
};
use landbridge_hub::HubError;
use landbridge_model::ActorState;
use landbridge_store::{
    ErasureJournal, Store, args, on_both_engines, query,
    testing::{Place, TestStore},
};
use std::path::Path;

on_both_engines!(
    a_backup_from_before_brings_nobody_back,
    a_backup_from_the_window_goes_on,
    whoever_was_erased_is_erased
);

struct Before {
    folder: tempfile::TempDir,
    journal: ErasureJournal,
}

impl Before {
    fn new() -> Before {
        let folder = tempfile::tempdir().unwrap();
        let journal = ErasureJournal::new(&folder.path().join("erasures"));
        Before { folder, journal }
    }

    fn backup(&self) -> std::path::PathBuf {
        self.folder.path().join("backup")
    }

    /// A server on what the backup holds.
    async fn restored(&self, like: &TestHub, backup: &Path) -> TestHub {
        let place = Place::new(like.hub.store().engine()).await;
        landbridge_store::restore(backup, &place.url, &self.journal).await.unwrap();
        let store = Store::open(&place.url).await.unwrap();
        let t = test_hub(TestStore { store, place });
        t.hub.note_erasures_in(self.journal.clone());
        t
    }
}

async fn told(t: &TestHub) -> Vec<String> {
    t.wide.delivered.lock().unwrap().iter().map(|d| String::from_utf8_lossy(&d.bytes).into_owned()).collect()
}

async fn a_backup_from_before_brings_nobody_back(store: TestStore) {
    let before = Before::new();
    let t = test_hub(store);
    t.hub.note_erasures_in(before.journal.clone());
    let alice = t.member("alice").await;
    let id = alice.actor.id;
    follower(&t, &alice, 1).await;
    t.hub.publish(draft(&alice, "Mine"), None).await.unwrap();
    t.hub.store().backup(&before.backup()).await.unwrap();
    t.hub.delete_member(id).await.unwrap();
    assert!(told(&t).await.is_empty(), "nothing has gone out yet");
    assert_eq!(t.hub.erase_again().await.unwrap(), 0, "this database knows");

    let back = before.restored(&t, &before.backup()).await;
    assert!(back.hub.member(id).await.is_ok(), "as it was");
    assert_eq!(back.hub.erase_again().await.unwrap(), 1);
    assert!(matches!(back.hub.member(id).await, Err(HubError::NotFound)));
    assert!(back.hub.sign_in("alice", "correct horse").await.is_err());
    assert_eq!(back.hub.actor(id).await.unwrap().state, ActorState::Deleted);
    assert_eq!(back.hub.erase_again().await.unwrap(), 0);
    // What tells the others still goes out, signed by keys that are kept until then.
    assert!(back.hub.key(id, landbridge_model::Network::Nostr, "test").await.unwrap().is_some());
    run_until(&back, async || told(&back).await.contains(&"leave".to_owned())).await;
    back.hub.finish_leaving().await.unwrap();
    let rows =
        back.hub.store().rows(query("SELECT 1 FROM keys WHERE actor_id = ?1", args![id])).await.unwrap();
    assert!(rows.is_empty());
    assert!(back.hub.store().rows(query("SELECT 1 FROM posts", args![])).await.unwrap().is_empty());
}

async fn a_backup_from_the_window_goes_on(store: TestStore) {
    let before = Before::new();
    let t = test_hub(store);
    t.hub.note_erasures_in(before.journal.clone());
    let alice = t.member("alice").await;
    follower(&t, &alice, 1).await;
    t.hub.delete_member(alice.actor.id).await.unwrap();
    t.hub.store().backup(&before.backup()).await.unwrap();
    let back = before.restored(&t, &before.backup()).await;
    assert_eq!(back.hub.erase_again().await.unwrap(), 0);
    assert!(back.hub.member(alice.actor.id).await.is_err());
    run_until(&back, async || told(&back).await.contains(&"leave".to_owned())).await;
    assert_eq!(told(&back).await.iter().filter(|act| *act == "leave").count(), 1);
}

async fn whoever_was_erased_is_erased(store: TestStore) {
    let before = Before::new();
    let t = test_hub(store);
    t.hub.note_erasures_in(before.journal.clone());
    let alice = t.member("alice").await;
    let id = alice.actor.id;
    t.hub.store().backup(&before.backup()).await.unwrap();
    // Nobody elsewhere has to hear of it, so it is done at once.
    t.hub.delete_member(id).await.unwrap();
    assert_eq!(
        before.journal.read().unwrap().iter().filter(|line| line.leaving).count(),
        2,
        "on two networks"
    );
    let back = before.restored(&t, &before.backup()).await;
    assert_eq!(back.hub.erase_again().await.unwrap(), 1);
    let rows =
        back.hub.store().rows(query("SELECT 1 FROM keys WHERE actor_id = ?1", args![id])).await.unwrap();
    assert!(rows.is_empty(), "its deliveries were done: nothing is kept");
}
