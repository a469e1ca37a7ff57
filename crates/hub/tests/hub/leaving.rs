//! What ended stays ended, whichever backup is restored: accounts, private messages.

use crate::{
    outbox::{follower, run_until},
    receive::{AP, member_native, post_of},
    support::{TestHub, draft, draft_for, test_hub},
};
use landbridge_hub::{Draft, HubError, InPost, Page, Received, What};
use landbridge_model::{ActorState, Visibility};
use landbridge_store::{
    Erased, ErasureJournal, Store, args, on_both_engines, query,
    testing::{Place, TestStore},
};
use std::path::Path;

on_both_engines!(
    a_backup_from_before_brings_nobody_back,
    a_backup_from_the_window_goes_on,
    whoever_was_erased_is_erased,
    deleted_messages_stay_deleted
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
        before.journal.read().unwrap().iter().filter(|line| line.of == Erased::Leaving).count(),
        2,
        "on two networks"
    );
    let back = before.restored(&t, &before.backup()).await;
    assert_eq!(back.hub.erase_again().await.unwrap(), 1);
    let rows =
        back.hub.store().rows(query("SELECT 1 FROM keys WHERE actor_id = ?1", args![id])).await.unwrap();
    assert!(rows.is_empty(), "its deliveries were done: nothing is kept");
}

async fn deleted_messages_stay_deleted(store: TestStore) {
    let before = Before::new();
    let t = test_hub(store);
    t.hub.note_erasures_in(before.journal.clone());
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.follow_now(&anna, bob).await;
    let (alice, anna) = (alice.actor.id, anna.actor.id);
    let direct = |id: &str, to: &[&str]| InPost {
        visibility: Some(Visibility::Direct),
        addressed: to.iter().map(|name| member_native(AP, name)).collect(),
        ..post_of(AP, "bob", id, "between us")
    };
    let late = direct("https://remote.example/late", &["alice"]);
    // Deleted by its author, by one of two readers, by its only reader, by a member who wrote it; and one that stays.
    let by_author = t.stored(AP, direct("https://remote.example/1", &["alice"])).await;
    let by_one = t.stored(AP, direct("https://remote.example/2", &["alice", "anna"])).await;
    let by_all = t.stored(AP, direct("https://remote.example/3", &["anna"])).await;
    let by_both = t.stored(AP, direct("https://remote.example/5", &["alice", "anna"])).await;
    let kept = t.stored(AP, direct("https://remote.example/4", &["alice"])).await;
    let draft =
        Draft { to: vec![bob], ..draft_for(&t.hub.member(alice).await.unwrap(), "mine", Visibility::Direct) };
    let own = t.hub.publish(draft, None).await.unwrap().id;
    t.hub.store().backup(&before.backup()).await.unwrap();
    let later = t.stored(AP, late.clone()).await;

    t.take(AP, "bob", None, What::Delete { target: "https://remote.example/1".into() }).await.unwrap();
    for (member, post) in [(alice, by_one), (anna, by_all), (alice, later), (alice, by_both)] {
        t.hub.take_away_message(member, post).await.unwrap();
    }
    // By one of its readers, and then by its author.
    t.take(AP, "bob", None, What::Delete { target: "https://remote.example/5".into() }).await.unwrap();
    t.hub.delete_post(alice, own, None).await.unwrap();
    assert_eq!(t.hub.erase_again().await.unwrap(), 0, "this database knows");

    let back = before.restored(&t, &before.backup()).await;
    for post in [by_author, by_one, by_all, by_both, own] {
        assert!(back.hub.post(post).await.is_ok(), "as it was");
    }
    assert_eq!(back.hub.erase_again().await.unwrap(), 6);
    for post in [by_author, by_all, by_both, own] {
        assert!(back.hub.post(post).await.is_err());
    }
    let in_conversations = async |member| {
        let mut posts = Vec::new();
        for conversation in back.hub.conversations(member, Page::default()).await.unwrap() {
            let messages = back.hub.messages(member, conversation.id, Page::default()).await.unwrap();
            posts.extend(messages.into_iter().map(|message| message.view.post.id));
        }
        posts
    };
    assert_eq!(in_conversations(alice).await, [kept]);
    assert_eq!(in_conversations(anna).await, [by_one], "the other reader still has it");
    // What was not in the backup does not arrive again; a member's own is taken back once more.
    assert!(!matches!(back.post(AP, late).await, Ok(Received::Stored(_))));
    assert_eq!(back.wide.take_staged(), ["delete"]);
    assert_eq!(back.hub.erase_again().await.unwrap(), 0);
}
