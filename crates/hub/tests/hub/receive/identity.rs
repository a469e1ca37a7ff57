//! Who is who: handles, merged identities, the same post over two networks, bridges.

use super::*;
use crate::support::{draft, test_hub};
use landbridge_hub::reading::SearchOptions;
use landbridge_model::ActorState;
use landbridge_store::{on_both_engines, testing::TestStore};

on_both_engines!(
    a_handle_that_changes_hands_takes_nothing_along,
    of_two_of_one_name_the_one_that_its_host_names_keeps_it,
    nobody_claims_an_address_of_ours,
    proved_identities_become_one,
    a_copy_needs_proof_or_the_others_word,
    a_bridges_copy_is_passed_over,
    a_bridge_is_known_by_who_vouches_for_it,
    the_suspended_and_the_members_are_not_heard,
    a_profile_is_ones_own,
    one_look_up_answers_all_who_ask,
    counts_that_are_not_told_stay_as_they_were,
);

async fn one_look_up_answers_all_who_ask(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let page = "https://remote.example/@bob";
    let profile = || incoming(AP, "bob", None, What::Profile(Box::new(profile_of(AP, "bob"))));
    t.can_fetch(AP, page, profile());
    let asked = |text: &str| t.wide.asked.lock().unwrap().iter().filter(|asked| *asked == text).count();
    let search = async |accounts: bool, posts: bool, tags: bool| {
        let options = SearchOptions { accounts, posts, tags, resolve: true, ..SearchOptions::default() };
        t.hub.search(Some(alice.actor.id), page, &options).await.unwrap().actors.len()
    };
    assert_eq!((search(false, false, true).await, asked(page)), (0, 0), "a tag is not looked up");
    let (posts, people, both) =
        tokio::join!(search(false, true, false), search(true, false, false), search(true, true, true));
    assert_eq!((posts, people, both, search(true, false, false).await), (0, 1, 1, 1));
    assert_eq!(asked(page), 1);
    // So it is when two posts name somebody unknown.
    let carol = profile_of(AP, "carol");
    for text in ["carol@remote.example", "@carol@remote.example"] {
        t.can_fetch(AP, text, incoming(AP, "carol", None, What::Profile(Box::new(carol.clone()))));
    }
    let post = || t.hub.publish(draft(&alice, "@carol@remote.example hello"), None);
    let (one, other) = tokio::join!(post(), post());
    assert_eq!((one.unwrap().mentions.len(), other.unwrap().mentions.len()), (1, 1));
}

async fn a_handle_that_changes_hands_takes_nothing_along(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let mut thief = profile_of(AP, "bob");
    thief.native_id = "https://remote.example/users/other-bob".into();
    let mut taken = incoming(AP, "", None, What::Profile(Box::new(thief)));
    taken.actor = "https://remote.example/users/other-bob".into();
    let Ok(Received::Stored(Some(other))) = t.hub.receive(taken).await else { panic!() };
    assert_ne!(other, bob);
    // Whatever the case that it is written in; who has it to the letter comes first.
    let found = async |acct: &str| t.hub.actor_by_acct(&acct.parse().unwrap()).await.unwrap().map(|a| a.id);
    assert_eq!(found("bob@remote.example").await, Some(other));
    assert_eq!(found("BOB@Remote.example").await, Some(other));
    let shouting = t.stranger(AP, "BOB").await;
    assert_eq!(found("BOB@remote.example").await, Some(shouting));
    assert_eq!(found("bob@remote.example").await, Some(other));
    assert_eq!(found("Alice").await, Some(alice.actor.id));
    assert!(t.hub.relationship(alice.actor.id, bob).await.unwrap().following);
    assert!(!t.hub.relationship(alice.actor.id, other).await.unwrap().following);
}

/// A person and a community of one server.
async fn of_two_of_one_name_the_one_that_its_host_names_keeps_it(store: TestStore) {
    let t = test_hub(store);
    let said = |path: &str| {
        let native_id = format!("https://remote.example/{path}/bob");
        let profile = InActor { native_id: native_id.clone(), ..profile_of(AP, "bob") };
        Incoming { actor: native_id, ..incoming(AP, "", None, What::Profile(Box::new(profile))) }
    };
    t.wide.unnamed.lock().unwrap().push("https://remote.example/c/bob".into());
    let mut ids = std::collections::HashMap::new();
    for path in ["c", "u", "c", "u", "u", "c"] {
        let Ok(Received::Stored(Some(id))) = t.hub.receive(said(path)).await else { panic!() };
        ids.insert(path, id);
        let holder = ids.get("u").unwrap_or(&id);
        let acct = "bob@remote.example".parse().unwrap();
        assert_eq!(t.hub.actor_by_acct(&acct).await.unwrap().unwrap().id, *holder);
    }
    let community = t.hub.actor(ids["c"]).await.unwrap();
    assert_eq!(community.acct(), format!("bob-{}@remote.example", ids["c"]));
}

async fn nobody_claims_an_address_of_ours(store: TestStore) {
    let t = test_hub(store);
    for domain in ["localhost:8840", "localhost", "nostr.localhost:8840", "at.localhost:8840"] {
        let mut liar = profile_of(AP, "liar");
        liar.domain = domain.into();
        assert!(refused(t.take(AP, "liar", None, What::Profile(Box::new(liar))).await), "{domain}");
    }
    let mut silent = profile_of(AP, "silent");
    silent.domain = String::new();
    t.take(AP, "silent", None, What::Profile(Box::new(silent))).await.unwrap();
    let silent = t.hub.actor_by_native(AP, &native(AP, "silent")).await.unwrap().unwrap();
    assert_eq!(silent.domain.as_deref(), Some("remote.example"), "never a member");
}

async fn proved_identities_become_one(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let there = t.stranger(AP, "bob").await;
    let here = t.stranger(NOSTR, "bob").await;
    t.follow_now(&alice, there).await;
    t.follow_now(&alice, here).await;
    t.follow_now(&anna, here).await;
    let on_nostr = t.stored(NOSTR, post_of(NOSTR, "bob", "ev1", "On the other")).await;
    let mut proved = profile_of(NOSTR, "bob");
    proved.proved = vec![(AP, native(AP, "bob"))];
    t.take(NOSTR, "bob", None, What::Profile(Box::new(proved))).await.unwrap();
    let one = t.hub.actor_by_native(NOSTR, &native(NOSTR, "bob")).await.unwrap().unwrap();
    assert_eq!(one.id, there);
    assert_eq!(one.acct(), "bob@remote.example", "the first profile stays");
    assert_eq!(t.hub.presences(there).await.unwrap().len(), 2);
    assert_eq!(t.hub.post(on_nostr).await.unwrap().author, there);
    for member in [&alice, &anna] {
        assert!(t.hub.relationship(member.actor.id, there).await.unwrap().following);
    }
    // Their copy of it on the first network is the same post now.
    let same = InPost {
        same_as: vec![(NOSTR, "ev1".into())],
        ..post_of(AP, "bob", "https://remote.example/1", "On the other")
    };
    assert_eq!(t.post(AP, same).await.unwrap(), Received::Duplicate);
    assert_eq!(t.hub.copies(landbridge_hub::CopyKind::Post, on_nostr).await.unwrap().len(), 2);
    assert_eq!(t.home_of(&alice).await, [on_nostr]);
    // A delete of one is a delete of the post.
    t.take(AP, "bob", None, What::Delete { target: "https://remote.example/1".into() }).await.unwrap();
    assert!(t.hub.post(on_nostr).await.is_err());
    assert!(ignored(t.post(NOSTR, post_of(NOSTR, "bob", "ev1", "On the other")).await));
    // Nobody becomes a member by a proof.
    let mut member = profile_of(NOSTR, "bob");
    member.proved = vec![(AP, member_native(AP, "alice"))];
    t.take(NOSTR, "bob", None, What::Profile(Box::new(member))).await.unwrap();
    assert!(t.hub.actor(alice.actor.id).await.unwrap().is_member());
    assert_eq!(t.hub.actor_by_native(NOSTR, &native(NOSTR, "bob")).await.unwrap().unwrap().id, there);
}

async fn a_copy_needs_proof_or_the_others_word(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(NOSTR, "bob").await;
    t.stranger(AP, "mallory").await;
    t.stranger(AP, "bob").await;
    let points = InPost {
        same_as: vec![(AP, "https://remote.example/1".into())],
        ..mention_of(NOSTR, "bob", "ev1", "alice")
    };
    let held = t.stored(NOSTR, points).await;
    let claim = |who: &str, id: &str| InPost {
        same_as: vec![(NOSTR, "ev1".into())],
        ..mention_of(AP, who, id, "alice")
    };
    let stranger = t.stored(AP, claim("mallory", "https://remote.example/x")).await;
    assert_ne!(stranger, held, "a claim alone makes no copy");
    assert_eq!(t.post(AP, claim("bob", "https://remote.example/1")).await.unwrap(), Received::Duplicate);
    let copy = t.hub.copy(AP, "https://remote.example/1").await.unwrap().unwrap();
    assert_eq!(copy.object, held);
    assert_eq!(t.told(&alice).await.len(), 2);
}

async fn a_bridges_copy_is_passed_over(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(NOSTR, "bob").await;
    t.follow_now(&alice, bob).await;
    let mut bridged = profile_of(AP, "bob");
    bridged.native_id = "https://mostr.pub/users/bob".into();
    bridged.domain = "mostr.pub".into();
    let from_bridge =
        |what: What| Incoming { actor: "https://mostr.pub/users/bob".into(), ..incoming(AP, "", None, what) };
    let Ok(Received::Stored(Some(bridge))) =
        t.hub.receive(from_bridge(What::Profile(Box::new(bridged)))).await
    else {
        panic!()
    };
    t.follow_now(&alice, bridge).await;
    let copy = |id: &str, of: &str| {
        let same_as = vec![(NOSTR, of.into())];
        let author = "https://mostr.pub/users/bob".into();
        from_bridge(What::Post(Box::new(InPost { same_as, author, ..post_of(AP, "", id, "x") })))
    };
    let original = t.stored(NOSTR, post_of(NOSTR, "bob", "ev1", "x")).await;
    assert!(ignored(t.hub.receive(copy("https://mostr.pub/1", "ev1")).await));
    assert_eq!(t.home_of(&alice).await, [original]);
    // The copy first: shown until the original comes.
    t.hub.receive(copy("https://mostr.pub/2", "ev2")).await.unwrap();
    assert_eq!(t.home_of(&alice).await.len(), 2);
    let second = t.stored(NOSTR, post_of(NOSTR, "bob", "ev2", "x")).await;
    let home = t.home_of(&alice).await;
    assert_eq!(home.len(), 2);
    assert!(home.contains(&original) && home.contains(&second));
}

/// On Nostr neither key nor id names a host: what counts is who vouches for the name.
async fn a_bridge_is_known_by_who_vouches_for_it(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (bob, ghost) = (t.stranger(AP, "bob").await, t.stranger(NOSTR, "ghost").await);
    t.follow_now(&alice, bob).await;
    t.follow_now(&alice, ghost).await;
    let url = |n: u8| format!("https://remote.example/{n}");
    let copy = |id: &str, of: u8| InPost { same_as: vec![(AP, url(of))], ..post_of(NOSTR, "ghost", id, "x") };
    let first = t.stored(AP, post_of(AP, "bob", &url(1), "x")).await;
    let claimed = t.stored(NOSTR, copy("ev1", 1)).await;
    assert_ne!(first, claimed, "a claim alone neither hides nor joins anything");
    assert_eq!(t.home_of(&alice).await.len(), 2);
    t.open.hosts.lock().unwrap().push("mostr.pub".into());
    assert!(ignored(t.post(NOSTR, copy("ev2", 1)).await));
    // The copy first: shown until the original comes.
    let shown = t.stored(NOSTR, copy("ev3", 2)).await;
    assert!(t.home_of(&alice).await.contains(&shown));
    let second = t.stored(AP, post_of(AP, "bob", &url(2), "x")).await;
    let home = t.home_of(&alice).await;
    assert!(home.contains(&second) && !home.contains(&shown), "{home:?}");
}

async fn the_suspended_and_the_members_are_not_heard(store: TestStore) {
    let t = test_hub(store);
    t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.hub.moderate(bob, ActorState::Suspended).await.unwrap();
    assert!(ignored(t.post(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await));
    t.stranger_profile_again(AP, "bob").await;
    assert_eq!(t.hub.actor(bob).await.unwrap().state, ActorState::Suspended);
    t.member("anna").await;
    let own = InPost { author: member_native(NOSTR, "anna"), ..mention_of(NOSTR, "", "ev9", "alice") };
    let own = Incoming {
        actor: member_native(NOSTR, "anna"),
        ..incoming(NOSTR, "", None, What::Post(Box::new(own)))
    };
    assert!(ignored(t.hub.receive(own).await), "an old event of a member, sent by somebody");
}

async fn a_profile_is_ones_own(store: TestStore) {
    let t = test_hub(store);
    t.stranger(AP, "bob").await;
    let mut forged = profile_of(AP, "bob");
    forged.profile.display_name = "Forged".into();
    assert!(refused(t.take(AP, "mallory", None, What::Profile(Box::new(forged.clone()))).await));
    forged.profile.display_name = "New\u{202E}".into();
    t.take(AP, "bob", None, What::Profile(Box::new(forged))).await.unwrap();
    let bob = t.hub.actor_by_native(AP, &native(AP, "bob")).await.unwrap().unwrap();
    assert_eq!(bob.profile.display_name, "New");
}

async fn counts_that_are_not_told_stay_as_they_were(store: TestStore) {
    let t = test_hub(store);
    let bob = t.stranger(AP, "bob").await;
    let counts = async || {
        let bob = t.hub.actor(bob).await.unwrap();
        (bob.followers, bob.following, bob.posts)
    };
    assert_eq!(counts().await, (0, 0, 0));
    let mut told = profile_of(AP, "bob");
    (told.followers, told.following, told.posts) = (Some(12), Some(3), Some(u64::MAX));
    t.take(AP, "bob", None, What::Profile(Box::new(told))).await.unwrap();
    assert_eq!(counts().await, (12, 3, i32::MAX as u64), "no count is endless");
    let mut later = profile_of(AP, "bob");
    later.followers = Some(11);
    t.take(AP, "bob", None, What::Profile(Box::new(later))).await.unwrap();
    assert_eq!(counts().await, (11, 3, i32::MAX as u64));
}

impl TestHub {
    async fn stranger_profile_again(&self, network: Network, name: &str) {
        let again = What::Profile(Box::new(profile_of(network, name)));
        assert!(ignored(self.take(network, name, None, again).await));
    }
}
