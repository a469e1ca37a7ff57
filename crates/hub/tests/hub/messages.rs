//! Private messages: which way they go, in which conversation they stand, and that they go for good.

use crate::{
    receive::{AP, NOSTR, member_native, native, post_of, profile_of},
    support::{TestHub, draft_for, test_hub},
};
use landbridge_hub::{
    Draft, EventKind, HubError, InPost, Page, Received, What,
    gate::{Outcome, Reason, Scope, State},
    messages::MessageState,
};
use landbridge_model::{Id, Visibility};
use landbridge_store::{args, on_both_engines, query, testing::TestStore};

on_both_engines!(
    a_message_goes_by_one_network_that_has_everybody,
    each_set_of_people_and_thread_is_one_conversation,
    a_deleted_conversation_is_gone_and_stays_away,
    what_is_held_back_at_the_gate_is_in_no_conversation,
    who_is_let_in_stands_in_the_conversation,
    each_member_answers_for_themself,
    who_was_written_to_may_write_back,
    one_person_of_two_goes_on_in_their_conversations,
    members_ask_each_other_first,
    who_is_named_later_has_the_message_from_then_on,
);

/// A message from somebody elsewhere to members.
fn direct(by: &str, id: &str, to: &[&str], answers: Option<&str>) -> InPost {
    InPost {
        visibility: Some(Visibility::Direct),
        addressed: to.iter().map(|name| member_native(AP, name)).collect(),
        reply_to: answers.map(str::to_owned),
        ..post_of(AP, by, id, "between us")
    }
}

/// Alice and Anna, members, both of whom follow Bob elsewhere.
async fn two_who_follow_bob(t: &TestHub) -> (Id, Id) {
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.follow_now(&anna, bob).await;
    (alice.actor.id, anna.actor.id)
}

async fn conversations(t: &TestHub, member: Id) -> Vec<(Id, u64)> {
    let found = t.hub.conversations(member, Page::default()).await.unwrap();
    found.iter().map(|c| (c.id, c.unread)).collect()
}

async fn a_message_goes_by_one_network_that_has_everybody(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (bob, nan) = (t.stranger(AP, "bob").await, t.stranger(NOSTR, "nan").await);
    let to = |people: &[Id]| Draft { to: people.to_vec(), ..draft_for(&alice, "hello", Visibility::Direct) };
    let post = t.hub.publish(to(&[bob]), None).await.unwrap();
    let on: Vec<_> = t.hub.copies(landbridge_hub::CopyKind::Post, post.id).await.unwrap();
    assert_eq!(on.iter().map(|c| c.network).collect::<Vec<_>>(), [AP]);
    assert_eq!(post.mentions.iter().map(|m| (m.actor, m.silent)).collect::<Vec<_>>(), [(bob, true)]);
    // Nobody is left out in silence, and networks are not mixed.
    for people in [vec![nan], vec![bob, nan]] {
        let refused = t.hub.publish(to(&people), None).await;
        assert!(matches!(&refused, Err(HubError::Invalid(why)) if why.contains("nan")), "{refused:?}");
    }
    let other = Draft { via: Some(NOSTR), ..to(&[bob]) };
    assert!(t.hub.publish(other, None).await.is_err());
    let ways = t.hub.ways(alice.actor.id, &[bob]).await.unwrap();
    assert_eq!(ways.iter().map(|w| (w.network, w.can.is_ok())).collect::<Vec<_>>(), [(AP, true)]);
    assert_eq!(t.hub.standing(alice.actor.id, post.id).await.unwrap().state, MessageState::Accepted);
}

async fn each_set_of_people_and_thread_is_one_conversation(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = two_who_follow_bob(&t).await;
    let first = "https://remote.example/1";
    t.stored(AP, direct("bob", first, &["alice"], None)).await;
    let second = t.stored(AP, direct("bob", "https://remote.example/2", &["alice"], Some(first))).await;
    let [(one, 2)] = conversations(&t, alice).await[..] else {
        panic!("{:?}", conversations(&t, alice).await)
    };
    assert!(conversations(&t, anna).await.is_empty());
    // Another person, another conversation, for both of them.
    t.stored(AP, direct("bob", "https://remote.example/3", &["alice", "anna"], Some(first))).await;
    assert_eq!((conversations(&t, alice).await.len(), conversations(&t, anna).await.len()), (2, 1));
    t.hub.read_conversation(alice, one).await.unwrap();
    assert!(t.hub.read_conversation(anna, one).await.is_err());
    let messages = t.hub.messages(alice, one, Page::default()).await.unwrap();
    assert_eq!((messages.len(), messages[0].view.post.id), (2, second));
    assert!(messages[0].standing.is_none(), "it is not hers");
    // What its author deletes leaves it, and an emptied conversation goes.
    for id in [first, "https://remote.example/2"] {
        let what = landbridge_hub::What::Delete { target: id.into() };
        t.take(AP, "bob", None, what).await.unwrap();
    }
    assert_eq!(conversations(&t, alice).await.len(), 1);
    assert!(t.hub.conversation(alice, one).await.is_err());
}

async fn a_deleted_conversation_is_gone_and_stays_away(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let message = direct("bob", "https://remote.example/1", &["alice"], None);
    let post = t.stored(AP, message.clone()).await;
    let answer =
        Draft { to: vec![bob], reply_to: Some(post), ..draft_for(&alice, "so be it", Visibility::Direct) };
    let answer = t.hub.publish(answer, None).await.unwrap().id;
    let me = alice.actor.id;
    let [(id, 0)] = conversations(&t, me).await[..] else { panic!("{:?}", conversations(&t, me).await) };
    t.hub.delete_conversation(me, id).await.unwrap();
    assert!(t.hub.delete_conversation(me, id).await.is_err());
    assert!(conversations(&t, me).await.is_empty());
    for post in [post, answer] {
        assert!(t.hub.post(post).await.is_err());
        for sql in [
            "SELECT post_id FROM post_keys WHERE post_id = ?1",
            "SELECT post_id FROM mentions WHERE post_id = ?1",
            "SELECT post_id FROM notifications WHERE post_id = ?1",
            "SELECT post_id FROM conversation_posts WHERE post_id = ?1",
            "SELECT id FROM deliveries WHERE object_id = ?1",
            "SELECT id FROM payloads WHERE object_id = ?1",
            "SELECT object_id FROM copies WHERE object_id = ?1 AND original IS NOT NULL",
        ] {
            assert!(t.hub.store().rows(query(sql, args![post])).await.unwrap().is_empty(), "{sql}");
        }
    }
    assert!(!matches!(t.post(AP, message).await, Ok(landbridge_hub::Received::Stored(_))));
    assert!(conversations(&t, me).await.is_empty());
}

async fn what_is_held_back_at_the_gate_is_in_no_conversation(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await.actor.id, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&anna, bob).await;
    let anna = anna.actor.id;
    t.hub.block(alice, bob).await.unwrap();
    t.stored(AP, direct("bob", "https://remote.example/1", &["alice", "anna"], None)).await;
    assert!(conversations(&t, alice).await.is_empty());
    assert_eq!(conversations(&t, anna).await.len(), 1);
}

/// Lets in whoever asks to write to a member.
async fn let_in(t: &TestHub, member: Id) {
    let asks = t.hub.contact_requests(member, &[Scope::Private], Page::default()).await.unwrap();
    let [ask] = &asks[..] else { panic!("{asks:?}") };
    t.hub.accept_contact(member, ask.id).await.unwrap();
}

async fn who_is_let_in_stands_in_the_conversation(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await.actor.id;
    t.stranger(AP, "bob").await;
    let mut events = t.hub.bus().listen();
    let messages = [
        direct("bob", "https://remote.example/1", &["alice"], None),
        direct("bob", "https://remote.example/2", &["alice"], Some("https://remote.example/1")),
    ];
    for message in &messages {
        assert_eq!(t.post(AP, message.clone()).await.unwrap(), Received::Stored(None), "it is held");
    }
    assert!(conversations(&t, alice).await.is_empty());
    assert_eq!(t.hub.unread_conversations(alice).await.unwrap(), 0);
    assert!(events.try_recv().is_err(), "nobody is woken");
    let_in(&t, alice).await;
    let [(one, 2)] = conversations(&t, alice).await[..] else {
        panic!("{:?}", conversations(&t, alice).await)
    };
    let found = t.hub.messages(alice, one, Page::default()).await.unwrap();
    let mut woken = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let (EventKind::Message(post), true) = (&event.kind, event.members == [alice]) {
            woken.push(*post);
        }
    }
    woken.reverse();
    assert_eq!(woken, found.iter().map(|m| m.view.post.id).collect::<Vec<_>>());
    // Who is in goes on in it, and what was held is known.
    let third = direct("bob", "https://remote.example/3", &["alice"], Some("https://remote.example/2"));
    t.stored(AP, third).await;
    for message in messages {
        assert_eq!(t.post(AP, message).await.unwrap(), Received::Duplicate);
    }
    assert_eq!(conversations(&t, alice).await, [(one, 3)]);
}

async fn each_member_answers_for_themself(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await.actor.id);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let alice = alice.actor.id;
    let message = direct("bob", "https://remote.example/1", &["alice", "anna"], None);
    let post = t.stored(AP, message).await;
    assert_eq!(conversations(&t, alice).await.len(), 1);
    assert!(conversations(&t, anna).await.is_empty());
    assert!(t.hub.view(post, Some(anna)).await.is_err());
    let_in(&t, anna).await;
    let [(_, 1)] = conversations(&t, anna).await[..] else { panic!("{:?}", conversations(&t, anna).await) };
    assert_eq!(t.hub.conversation_with(anna, post).await.unwrap().people.len(), 2);
    assert!(t.hub.view(post, Some(anna)).await.is_ok());
    // Of the other one's answer nothing is new to her.
    let [(_, 1)] = conversations(&t, alice).await[..] else { panic!("{:?}", conversations(&t, alice).await) };
}

async fn who_was_written_to_may_write_back(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    let me = alice.actor.id;
    // What they have sent before comes with it.
    let before = direct("bob", "https://remote.example/1", &["alice"], None);
    assert_eq!(t.post(AP, before).await.unwrap(), Received::Stored(None));
    let first = Draft { to: vec![bob], ..draft_for(&alice, "hello", Visibility::Direct) };
    t.hub.publish(first, None).await.unwrap();
    assert_eq!(conversations(&t, me).await.len(), 2, "a thread each");
    t.stored(AP, direct("bob", "https://remote.example/2", &["alice"], None)).await;
    let granted = t.hub.contacts_in(me, State::Granted, &[Scope::Private], Page::default()).await.unwrap();
    assert_eq!(granted.iter().map(|c| (c.stranger.id, c.reason)).collect::<Vec<_>>(), [(bob, Reason::Wrote)]);
    assert!(t.hub.contact_requests(me, &Scope::ALL, Page::default()).await.unwrap().is_empty());
}

async fn one_person_of_two_goes_on_in_their_conversations(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let kept = t.stranger(AP, "bob").await;
    let gone = t.stranger(NOSTR, "bob").await;
    t.follow_now(&alice, gone).await;
    let me = alice.actor.id;
    let on_nostr = |id: &str, answers: Option<&str>| InPost {
        visibility: Some(Visibility::Direct),
        addressed: vec![member_native(NOSTR, "alice")],
        reply_to: answers.map(str::to_owned),
        ..post_of(NOSTR, "bob", id, "between us")
    };
    t.stored(NOSTR, on_nostr("ev1", None)).await;
    let [(one, 1)] = conversations(&t, me).await[..] else { panic!("{:?}", conversations(&t, me).await) };
    let proved =
        landbridge_hub::InActor { proved: vec![(AP, native(AP, "bob"))], ..profile_of(NOSTR, "bob") };
    t.take(NOSTR, "bob", None, What::Profile(Box::new(proved))).await.unwrap();
    let people = t.hub.conversation(me, one).await.unwrap().people;
    assert_eq!(people.iter().map(|actor| actor.id).collect::<Vec<_>>(), [kept]);
    t.stored(NOSTR, on_nostr("ev2", Some("ev1"))).await;
    assert_eq!(conversations(&t, me).await, [(one, 2)]);
    assert_eq!(t.hub.messages(me, one, Page::default()).await.unwrap().len(), 2);
}

async fn members_ask_each_other_first(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna, dora) = (t.member("alice").await, t.member("anna").await, t.member("dora").await);
    let (anna, dora) = (anna.actor.id, dora.actor.id);
    let write = async |text: &str, to: &[Id]| {
        let draft = Draft { to: to.to_vec(), ..draft_for(&alice, text, Visibility::Direct) };
        t.hub.publish(draft, None).await.unwrap().id
    };
    let asks =
        async |member| t.hub.contact_requests(member, &[Scope::Private], Page::default()).await.unwrap();
    let notices = async |member| t.hub.notifications(member, &[], None, Page::default()).await.unwrap().len();
    write("hello", &[anna]).await;
    let second = write("are you there", &[anna]).await;
    assert_eq!(conversations(&t, alice.actor.id).await.len(), 2, "no answers: a thread each");
    assert!(conversations(&t, anna).await.is_empty());
    assert_eq!(notices(anna).await, 0);
    let [ask] = &asks(anna).await[..] else { panic!("one request") };
    assert_eq!((ask.stranger.id, ask.network, ask.items), (alice.actor.id, None, 2));
    assert_eq!(ask.first.as_ref().unwrap().text, "hello");
    assert!(t.hub.view(second, Some(anna)).await.is_err(), "by no other way either");
    // What its author changes or takes back meanwhile.
    let draft = Draft { to: vec![anna], ..draft_for(&alice, "hello!", Visibility::Direct) };
    let edited = t.hub.edit(alice.actor.id, second, draft, None).await.unwrap();
    assert_eq!(edited.mentions.len(), 1, "whom it was sent to");
    assert!(t.hub.view(second, Some(anna)).await.is_err() && conversations(&t, anna).await.is_empty());
    t.hub.delete_post(alice.actor.id, second, None).await.unwrap();
    assert_eq!(asks(anna).await[0].items, 1);

    t.hub.accept_contact(anna, ask.id).await.unwrap();
    let [(_, 1)] = conversations(&t, anna).await[..] else { panic!("{:?}", conversations(&t, anna).await) };
    assert_eq!(notices(anna).await, 1);
    write("good", &[anna]).await;
    assert_eq!((conversations(&t, anna).await.len(), notices(anna).await), (2, 2));
    // She answers, as somebody who was written to.
    let member = t.hub.member(anna).await.unwrap();
    let back = Draft { to: vec![alice.actor.id], ..draft_for(&member, "yes", Visibility::Direct) };
    t.hub.publish(back, None).await.unwrap();
    assert_eq!(conversations(&t, alice.actor.id).await.len(), 3);

    // Who says no hears no more of it, and its author does not hear that.
    write("and you", &[dora]).await;
    t.hub.decline_contact(dora, asks(dora).await[0].id).await.unwrap();
    write("and you?", &[dora]).await;
    assert!(asks(dora).await.is_empty() && conversations(&t, dora).await.is_empty());
    assert_eq!(conversations(&t, alice.actor.id).await.len(), 5);

    // In public, as far as the member wants to be asked.
    let rules = landbridge_hub::gate::Rules { not_followed: Outcome::Hold, ..Default::default() };
    t.hub.set_contact_rules(dora, rules).await.unwrap();
    t.hub.publish(draft_for(&alice, "look, @dora", Visibility::Public), None).await.unwrap();
    assert_eq!(notices(dora).await, 0);
    let open = t.hub.contact_requests(dora, &[Scope::Public], Page::default()).await.unwrap();
    t.hub.accept_contact(dora, open[0].id).await.unwrap();
    assert_eq!(notices(dora).await, 1);
}

async fn who_is_named_later_has_the_message_from_then_on(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = two_who_follow_bob(&t).await;
    let id = "https://remote.example/1";
    let post = t.stored(AP, direct("bob", id, &["alice"], None)).await;
    let again = async |text: &str, at: i64| {
        let edit = InPost {
            text: landbridge_model::RichText::plain(text),
            updated: Some(landbridge_model::Time(landbridge_model::Time::now().0 + at)),
            ..direct("bob", id, &["alice", "anna"], None)
        };
        t.take(AP, "bob", None, What::Edit(Box::new(edit))).await.unwrap();
    };
    again("now with anna", 1).await;
    let [(conversation, 1)] = conversations(&t, anna).await[..] else { panic!("she is in it") };
    assert_eq!(conversations(&t, alice).await.len(), 1);
    // Once she has deleted it, another edit does not bring it back.
    t.hub.delete_conversation(anna, conversation).await.unwrap();
    again("and once more", 2).await;
    assert!(conversations(&t, anna).await.is_empty());
    assert!(t.hub.view(post, Some(anna)).await.is_err() && t.hub.view(post, Some(alice)).await.is_ok());
}
