//! First contacts: who waits, what becomes of it, and that nothing of it is anywhere else until there is an answer.

use super::*;
use crate::support::{draft, draft_for, test_hub};
use futures_util::future::{join, join_all};
use landbridge_hub::{
    CopyKind, Draft, HubError, Page, Undone,
    gate::{Contact, HELD, Outcome, Reason, Rules, Scope, State, Verdict, Waiting},
};
use landbridge_store::{EngineKind, args, on_both_engines, query, testing::TestStore};

on_both_engines!(
    private_messages_of_strangers_wait,
    what_waits_is_nowhere_else,
    a_no_deletes_and_is_silent,
    there_is_one_request,
    a_request_that_was_taken_back_is_the_same_again,
    a_declined_follow_is_declined_again,
    members_let_in_whom_they_follow_or_write_to,
    one_door_opens_no_other,
    rules_hold_and_drop,
    on_vacation_everything_waits,
    the_young_are_asked_for_nothing_private,
    what_its_sender_takes_back_is_gone,
    an_edit_changes_what_waits,
    others_who_are_addressed_read_it_at_once,
    decisions_are_logged_and_undone,
    a_block_ends_what_waits,
    many_at_once_make_one_request,
    an_answer_while_more_arrives_loses_nothing,
    a_block_while_more_arrives_leaves_nothing,
    members_ask_each_other_too,
    what_members_think_of_each_others_posts_waits_too,
    followers_say_what_they_think_of_what_they_are_shown,
    who_is_erased_waits_no_more,
    who_followed_before_is_not_asked_about,
);

fn direct(id: &str, member: &str) -> InPost {
    InPost { visibility: Some(Visibility::Direct), ..mention_of(AP, "bob", id, member) }
}

fn saying(id: &str, text: &str) -> InPost {
    let post = direct(id, "alice");
    let text = format!("{} {text}", post.text.text);
    InPost { text: RichText::new(text, post.text.marks.clone()), ..post }
}

fn follow() -> What {
    What::Follow { target: member_native(AP, "alice") }
}

impl TestHub {
    async fn requests(&self, member: &Member) -> Vec<Contact> {
        self.hub.contact_requests(member.actor.id, &Scope::ALL, Page::default()).await.unwrap()
    }

    async fn only_request(&self, member: &Member) -> Contact {
        let mut requests = self.requests(member).await;
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }

    async fn waiting(&self, member: &Member) -> Waiting {
        self.hub.contacts_waiting(member.actor.id, &HELD).await.unwrap()
    }

    async fn rows(&self, sql: &'static str) -> i64 {
        self.hub.store().row(query(sql, args![])).await.unwrap().unwrap().get(0).unwrap()
    }

    async fn rules(&self, member: &Member, change: impl FnOnce(&mut Rules)) {
        let (mut rules, _) = self.hub.contact_rules(member.actor.id).await.unwrap();
        change(&mut rules);
        self.hub.set_contact_rules(member.actor.id, rules).await.unwrap();
    }

    async fn texts(&self, member: &Member) -> Vec<String> {
        let told = self.hub.notifications(member.actor.id, &[], None, Default::default()).await.unwrap();
        told.into_iter().filter_map(|n| Some(n.post?.post.text.text)).collect()
    }
}

fn is_held(received: Result<Received, Refused>) -> bool {
    matches!(received, Ok(Received::Stored(None)))
}

async fn private_messages_of_strangers_wait(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    for n in 1..=3 {
        assert!(is_held(
            t.post(AP, saying(&format!("https://remote.example/{n}"), &format!("no {n}"))).await
        ));
    }
    assert!(t.told(&alice).await.is_empty() && t.home_of(&alice).await.is_empty());
    let request = t.only_request(&alice).await;
    assert_eq!((request.scope, request.reason, request.items), (Scope::Private, Reason::Private, 3));
    assert_eq!((request.stranger.id, request.network), (bob, Some(AP)));
    assert_eq!(request.first.as_ref().unwrap().text, "@alice hello no 1");
    assert_eq!(request.first_view().unwrap().post.visibility, Visibility::Direct);
    t.hub.accept_contact(alice.actor.id, request.id).await.unwrap();
    // In the order in which they came.
    assert_eq!(t.texts(&alice).await, ["@alice hello no 3", "@alice hello no 2", "@alice hello no 1"]);
    assert_eq!(t.waiting(&alice).await, Waiting::default());
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_items").await, 0);
    // Who is in is in.
    t.stored(AP, saying("https://remote.example/4", "no 4")).await;
    assert_eq!(t.texts(&alice).await.len(), 4);
    // What was held is known by its name.
    assert_eq!(t.post(AP, saying("https://remote.example/1", "no 1")).await.unwrap(), Received::Duplicate);
}

async fn what_waits_is_nowhere_else(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let mut events = t.hub.bus().listen();
    let post = InPost {
        warning: Some("hushhushwarning".into()),
        reply_to: Some("https://remote.example/unknown".into()),
        ..saying("https://remote.example/1", "hushhushtext")
    };
    let mut sent = incoming(AP, "bob", Some("https://remote.example/1#create"), What::Post(Box::new(post)));
    sent.original = Bytes::from_static(b"hushhushoriginal");
    assert!(is_held(t.hub.receive(sent).await));
    for table in [
        "posts",
        "copies",
        "mentions",
        "notifications",
        "home",
        "post_keys",
        "media",
        "awaited",
        "conversations",
        "conversation_posts",
    ] {
        assert_eq!(
            t.rows(Box::leak(format!("SELECT COUNT(*) FROM {table}").into_boxed_str())).await,
            0,
            "{table}"
        );
    }
    assert!(events.try_recv().is_err(), "nobody is woken");
    if t.hub.store().engine() == EngineKind::Sqlite {
        let file = t.database();
        let mut bytes = std::fs::read(&file).unwrap();
        let mut wal = file.into_os_string();
        wal.push("-wal");
        bytes.extend(std::fs::read(wal).unwrap_or_default());
        assert!(!bytes.windows(8).any(|part| part == b"hushhush"), "readable on the disk");
        let name = b"https://remote.example/1";
        assert!(bytes.windows(name.len()).any(|part| part == name), "the row is where we look");
    }
    let request = t.only_request(&alice).await;
    t.hub.decline_contact(alice.actor.id, request.id).await.unwrap();
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_items").await, 0);
}

async fn a_no_deletes_and_is_silent(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.post(AP, direct("https://remote.example/1", "alice")).await.unwrap();
    t.wide.take_staged();
    let request = t.only_request(&alice).await;
    t.hub.decline_contact(alice.actor.id, request.id).await.unwrap();
    assert!(t.requests(&alice).await.is_empty() && t.told(&alice).await.is_empty());
    assert!(ignored(t.post(AP, direct("https://remote.example/2", "alice")).await));
    assert!(t.requests(&alice).await.is_empty());
    assert!(t.wide.take_staged().is_empty(), "nobody is told");
    // In public they are who they were.
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/3", "alice")).await;
    t.hub.undo_contact(alice.actor.id, request.id).await.unwrap();
    assert!(is_held(t.post(AP, direct("https://remote.example/4", "alice")).await));
    assert_eq!(t.only_request(&alice).await.items, 1);
}

async fn there_is_one_request(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    for n in 0..25 {
        assert!(is_held(t.post(AP, saying(&format!("https://remote.example/{n}"), &n.to_string())).await));
    }
    assert!(is_held(t.post(AP, saying("https://remote.example/0", "0")).await));
    let request = t.only_request(&alice).await;
    assert_eq!(request.items, 25, "what is sent again is not counted again");
    assert_eq!(t.waiting(&alice).await, Waiting { requests: 1, strangers: 1, items: 25 });
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_items").await, 20);
    t.hub.accept_contact(alice.actor.id, request.id).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), 20);
}

async fn a_request_that_was_taken_back_is_the_same_again(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.hub.set_profile(alice.actor.id, Default::default(), true, false, None).await.unwrap();
    t.stranger(AP, "bob").await;
    t.take(AP, "bob", Some("f1"), follow()).await.unwrap();
    let first = t.only_request(&alice).await;
    assert_eq!((first.scope, first.reason), (Scope::Follow, Reason::Locked));
    assert_eq!(t.told(&alice).await, [NotificationKind::FollowRequest]);
    t.hub.dismiss(alice.actor.id, None).await.unwrap();
    t.take(AP, "bob", None, What::Undo(Undone { id: Some("f1".into()), what: None })).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
    t.take(AP, "bob", Some("f2"), follow()).await.unwrap();
    let again = t.only_request(&alice).await;
    assert_eq!((again.id, again.asked_at), (first.id, first.asked_at));
    assert!(t.told(&alice).await.is_empty(), "silently");
    let lines = t.hub.contact_log(alice.actor.id, Page::default()).await.unwrap();
    assert!(lines.iter().all(|line| line.verdict == Verdict::Held));
    t.wide.take_staged();
    t.hub.accept_contact(alice.actor.id, again.id).await.unwrap();
    assert_eq!(t.wide.take_staged(), ["accept follow"]);
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 1);
}

async fn a_declined_follow_is_declined_again(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.hub.set_profile(alice.actor.id, Default::default(), true, false, None).await.unwrap();
    t.stranger(AP, "bob").await;
    t.take(AP, "bob", Some("f1"), follow()).await.unwrap();
    t.wide.take_staged();
    let request = t.only_request(&alice).await;
    t.hub.decline_contact(alice.actor.id, request.id).await.unwrap();
    assert_eq!(t.wide.take_staged(), ["reject follow"]);
    assert!(is_held(t.take(AP, "bob", Some("f2"), follow()).await));
    assert_eq!(t.wide.take_staged(), ["reject follow"]);
    assert!(t.requests(&alice).await.is_empty() && t.told(&alice).await.is_empty());
    assert!(!t.hub.relationship(alice.actor.id, bob).await.unwrap().requested_by);
    t.hub.undo_contact(alice.actor.id, request.id).await.unwrap();
    t.take(AP, "bob", Some("f3"), follow()).await.unwrap();
    assert!(t.wide.take_staged().is_empty());
    // By the other name for the same.
    t.hub.reject_follow(alice.actor.id, bob).await.unwrap();
    assert_eq!(t.wide.take_staged(), ["reject follow"]);
    t.take(AP, "bob", Some("f4"), follow()).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
}

async fn members_let_in_whom_they_follow_or_write_to(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.post(AP, direct("https://remote.example/1", "alice")).await.unwrap();
    // In public is not in private.
    t.hub.publish(draft(&alice, "hello @bob@remote.example"), None).await.unwrap();
    assert_eq!(t.waiting(&alice).await.items, 1);
    t.hub.publish(draft_for(&alice, "hello @bob@remote.example", Visibility::Direct), None).await.unwrap();
    assert_eq!(t.waiting(&alice).await.items, 0);
    assert_eq!(t.told(&alice).await, [NotificationKind::Mention]);
    t.stored(AP, direct("https://remote.example/2", "alice")).await;
    // Whom a locked member follows may follow.
    t.hub.set_profile(alice.actor.id, Default::default(), true, false, None).await.unwrap();
    t.follow_now(&alice, bob).await;
    t.stranger(AP, "bob").await;
    t.take(AP, "bob", Some("f1"), follow()).await.unwrap();
    assert!(t.hub.relationship(alice.actor.id, bob).await.unwrap().followed_by);
    t.take(AP, "bob", None, What::Undo(Undone { id: Some("f1".into()), what: None })).await.unwrap();
    t.hub.unfollow(alice.actor.id, bob, None).await.unwrap();
    t.take(AP, "bob", Some("f2"), follow()).await.unwrap();
    assert_eq!(t.only_request(&alice).await.scope, Scope::Follow, "a stranger again");
}

async fn one_door_opens_no_other(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.rules(&alice, |rules| rules.not_followed = Outcome::Hold).await;
    assert!(is_held(t.post(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await));
    assert!(is_held(t.post(AP, direct("https://remote.example/2", "alice")).await));
    let requests = t.requests(&alice).await;
    assert_eq!(requests.len(), 2);
    let public = requests.iter().find(|request| request.scope == Scope::Public).unwrap();
    t.hub.accept_contact(alice.actor.id, public.id).await.unwrap();
    assert_eq!(t.told(&alice).await, [NotificationKind::Mention]);
    assert_eq!(t.only_request(&alice).await.scope, Scope::Private);
    assert!(matches!(
        t.hub.accept_contact(t.member("anna").await.actor.id, requests[0].id).await,
        Err(HubError::NotFound)
    ));
}

async fn rules_hold_and_drop(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let mine = t.hub.publish(draft(&alice, "Mine"), None).await.unwrap();
    let target = t.hub.copy_on(CopyKind::Post, mine.id, AP).await.unwrap().unwrap().native_id;
    let like = || What::React { target: target.clone(), content: String::new(), emoji: None };
    t.rules(&alice, |rules| rules.new = Outcome::Hold).await;
    assert!(is_held(t.take(AP, "bob", Some("l1"), like()).await));
    let repost = What::Repost { target: target.clone(), visibility: Visibility::Public };
    assert!(is_held(t.take(AP, "bob", Some("r1"), repost).await));
    let post = t.hub.post(mine.id).await.unwrap();
    assert_eq!((post.likes, post.reposts), (0, 0));
    let request = t.only_request(&alice).await;
    assert_eq!((request.reason, request.items), (Reason::New, 2));
    assert_eq!(request.first.unwrap().kind, "reaction");
    // What was held before stays held, until there is an answer.
    t.rules(&alice, |rules| rules.new = Outcome::Accept).await;
    t.hub.accept_contact(alice.actor.id, request.id).await.unwrap();
    let post = t.hub.post(mine.id).await.unwrap();
    assert_eq!((post.likes, post.reposts), (1, 1));
    assert_eq!(t.told(&alice).await, [NotificationKind::Reblog, NotificationKind::Favourite]);

    t.stranger(AP, "carol").await;
    t.rules(&alice, |rules| rules.link_or_media = Outcome::Drop).await;
    let link = Mark { start: 0, end: 6, kind: MarkKind::Link { url: "https://spam.example".into() } };
    let plain = mention_of(AP, "carol", "https://remote.example/5", "alice");
    let mut marks = plain.text.marks.clone();
    marks.push(Mark { start: 7, end: 12, ..link });
    let linked = InPost { text: RichText::new(plain.text.text.clone(), marks), ..plain };
    assert!(ignored(t.post(AP, linked).await));
    let line = t.hub.contact_log(alice.actor.id, Page::default()).await.unwrap().remove(0);
    assert_eq!((line.verdict, line.reason), (Verdict::Dropped, Reason::LinkOrMedia));
    assert!(t.hub.undo_decision(alice.actor.id, line.id).await.is_err());
    t.stored(AP, mention_of(AP, "carol", "https://remote.example/6", "alice")).await;
    assert!(
        t.hub.set_contact_rules(alice.actor.id, Rules { new_days: 0, ..Rules::default() }).await.is_err()
    );
}

async fn on_vacation_everything_waits(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let carol = t.stranger(AP, "carol").await;
    t.stranger(AP, "bob").await;
    t.follow_now(&alice, carol).await;
    t.wide.take_staged();
    t.rules(&alice, |rules| rules.vacation = true).await;
    assert_eq!(t.wide.take_staged(), ["profile"], "the networks hear that follows are asked for");
    assert!(t.hub.actor(alice.actor.id).await.unwrap().locked);
    assert!(is_held(t.post(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await));
    t.stranger(AP, "bob").await;
    t.take(AP, "bob", Some("f1"), follow()).await.unwrap();
    assert_eq!(t.requests(&alice).await.len(), 2);
    assert!(t.requests(&alice).await.iter().all(|request| request.reason == Reason::Vacation));
    // A friend is no stranger.
    t.stored(AP, mention_of(AP, "carol", "https://remote.example/2", "alice")).await;
    // An app that sends back what it was shown does not change the wish.
    t.hub.set_profile(alice.actor.id, Default::default(), true, false, None).await.unwrap();
    t.rules(&alice, |rules| rules.vacation = false).await;
    assert!(!t.hub.actor(alice.actor.id).await.unwrap().locked);
    t.rules(&alice, |rules| rules.follows = Outcome::Hold).await;
    assert!(t.hub.actor(alice.actor.id).await.unwrap().locked);
    t.hub.set_profile(alice.actor.id, Default::default(), false, false, None).await.unwrap();
    assert_eq!(t.hub.contact_rules(alice.actor.id).await.unwrap().0.follows, Outcome::Accept);
}

async fn the_young_are_asked_for_nothing_private(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member_on("alice", vec![(AP, None)]).await;
    let bob = t.stranger(AP, "bob").await;
    t.hub.set_young(alice.actor.id, true).await.unwrap();
    assert!(t.hub.actor(alice.actor.id).await.unwrap().locked);
    assert!(ignored(t.post(AP, direct("https://remote.example/1", "alice")).await));
    assert!(t.requests(&alice).await.is_empty());
    t.hub.set_profile(alice.actor.id, Default::default(), false, false, None).await.unwrap();
    assert!(t.hub.actor(alice.actor.id).await.unwrap().locked, "not theirs to change");
    assert!(matches!(
        t.hub.join_network(alice.actor.id, NOSTR, None, None).await,
        Err(HubError::Forbidden(_))
    ));
    // Whom they know may write.
    t.follow_now(&alice, bob).await;
    t.stored(AP, direct("https://remote.example/2", "alice")).await;
    t.hub.set_young(alice.actor.id, false).await.unwrap();
    t.hub.join_network(alice.actor.id, NOSTR, None, None).await.unwrap();
}

async fn what_its_sender_takes_back_is_gone(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.stranger(AP, "mallory").await;
    for n in 1..=2 {
        t.post(AP, direct(&format!("https://remote.example/{n}"), "alice")).await.unwrap();
    }
    let delete = |n: u32| What::Delete { target: format!("https://remote.example/{n}") };
    t.take(AP, "mallory", None, delete(1)).await.unwrap();
    assert_eq!(t.waiting(&alice).await.items, 2, "by its sender only");
    t.take(AP, "bob", None, delete(1)).await.unwrap();
    assert_eq!(t.waiting(&alice).await.items, 1);
    let first = t.only_request(&alice).await.id;
    t.take(AP, "bob", None, delete(2)).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
    assert!(ignored(t.post(AP, direct("https://remote.example/2", "alice")).await), "it stays away");
    t.post(AP, direct("https://remote.example/3", "alice")).await.unwrap();
    assert_eq!(t.only_request(&alice).await.id, first);
}

async fn an_edit_changes_what_waits(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.post(AP, saying("https://remote.example/1", "before")).await.unwrap();
    let after = InPost { updated: Some(Time::now()), ..saying("https://remote.example/1", "after") };
    t.take(AP, "bob", None, What::Edit(Box::new(after))).await.unwrap();
    let request = t.only_request(&alice).await;
    assert_eq!((request.items, request.first.unwrap().text.as_str()), (1, "@alice hello after"));
    t.hub.accept_contact(alice.actor.id, request.id).await.unwrap();
    assert_eq!(t.texts(&alice).await, ["@alice hello after"]);
}

async fn others_who_are_addressed_read_it_at_once(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&anna, bob).await;
    let mut post = direct("https://remote.example/1", "alice");
    post.addressed.push(member_native(AP, "anna"));
    let id = t.stored(AP, post.clone()).await;
    assert_eq!(t.told(&anna).await, [NotificationKind::Mention]);
    assert!(t.told(&alice).await.is_empty());
    assert!(t.hub.view(id, Some(alice.actor.id)).await.is_err());
    // An edit opens it no sooner.
    let after = InPost { updated: Some(Time::now()), warning: Some("hm".into()), ..post };
    t.take(AP, "bob", None, What::Edit(Box::new(after))).await.unwrap();
    assert!(t.hub.view(id, Some(alice.actor.id)).await.is_err());
    t.hub.dismiss(anna.actor.id, None).await.unwrap();
    let request = t.only_request(&alice).await;
    t.hub.accept_contact(alice.actor.id, request.id).await.unwrap();
    assert_eq!(t.hub.view(id, Some(alice.actor.id)).await.unwrap().post.warning.as_deref(), Some("hm"));
    assert_eq!(t.told(&alice).await, [NotificationKind::Mention]);
    assert!(t.told(&anna).await.is_empty(), "who has read it is not told again");
}

async fn decisions_are_logged_and_undone(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    let me = alice.actor.id;
    t.post(AP, direct("https://remote.example/1", "alice")).await.unwrap();
    let request = t.only_request(&alice).await;
    t.hub.accept_contact(me, request.id).await.unwrap();
    let log = async || {
        let lines = t.hub.contact_log(me, Page::default()).await.unwrap();
        lines.into_iter().map(|line| (line.verdict, line.undone_at.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(log().await, [(Verdict::Granted, false), (Verdict::Held, false)]);
    t.hub.undo_contact(me, request.id).await.unwrap();
    assert_eq!(log().await[0], (Verdict::Granted, true));
    let line = t.hub.contact_log(me, Page::default()).await.unwrap().remove(0);
    assert!(t.hub.undo_decision(me, line.id).await.is_err(), "once");
    assert!(is_held(t.post(AP, direct("https://remote.example/2", "alice")).await));
    assert_eq!(t.only_request(&alice).await.reason, Reason::Revoked);
    t.hub.block_contact(me, request.id).await.unwrap();
    assert!(t.hub.relationship(me, bob).await.unwrap().blocking);
    t.hub.undo_contact(me, request.id).await.unwrap();
    assert!(!t.hub.relationship(me, bob).await.unwrap().blocking);
    assert!(is_held(t.post(AP, direct("https://remote.example/3", "alice")).await));
    // A follow that was let in is ended by its undo.
    t.hub.set_profile(me, Default::default(), true, false, None).await.unwrap();
    t.stranger(AP, "bob").await;
    t.take(AP, "bob", Some("f1"), follow()).await.unwrap();
    let scopes = [Scope::Follow];
    let asks = t.hub.contact_requests(me, &scopes, Page::default()).await.unwrap().remove(0);
    t.hub.accept_contact(me, asks.id).await.unwrap();
    assert!(t.hub.relationship(me, bob).await.unwrap().followed_by);
    t.wide.take_staged();
    t.hub.undo_contact(me, asks.id).await.unwrap();
    assert!(!t.hub.relationship(me, bob).await.unwrap().followed_by);
    assert_eq!(t.wide.take_staged(), ["reject follow"]);
    assert_eq!(t.hub.contact_by_id(me, asks.id).await.unwrap().state, State::Revoked);
}

async fn a_block_ends_what_waits(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.post(AP, direct("https://remote.example/1", "alice")).await.unwrap();
    t.hub.block(alice.actor.id, bob).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_items").await, 0);
    assert!(ignored(t.post(AP, direct("https://remote.example/2", "alice")).await));
    t.hub.unblock(alice.actor.id, bob).await.unwrap();
    assert!(is_held(t.post(AP, direct("https://remote.example/3", "alice")).await));
    t.take(AP, "bob", Some("b1"), What::Block { target: member_native(AP, "alice") }).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_items").await, 0);
}

async fn many_at_once_make_one_request(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    // One person on two networks.
    let bob = t.stranger(AP, "bob").await;
    t.stranger(NOSTR, "bob").await;
    let proved = InActor { proved: vec![(AP, native(AP, "bob"))], ..profile_of(NOSTR, "bob") };
    t.take(NOSTR, "bob", None, What::Profile(Box::new(proved))).await.unwrap();
    t.rules(&alice, |rules| rules.not_followed = Outcome::Hold).await;
    let here = |n: u32| mention_of(AP, "bob", &format!("https://remote.example/{n}"), "alice");
    let there = |n: u32| mention_of(NOSTR, "bob", &format!("event{n}"), "alice");
    let posts = (0..16).map(|n| if n % 2 == 0 { (AP, here(n / 4)) } else { (NOSTR, there(n / 4)) });
    let outcomes = join_all(posts.map(|(network, post)| t.post(network, post))).await;
    assert!(outcomes.into_iter().all(is_held));
    let request = t.only_request(&alice).await;
    assert_eq!((request.items, request.stranger.id), (8, bob));
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_log").await, 1);
    t.hub.accept_contact(alice.actor.id, request.id).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), 8);
}

async fn an_answer_while_more_arrives_loses_nothing(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.post(AP, direct("https://remote.example/0", "alice")).await.unwrap();
    let request = t.only_request(&alice).await;
    let more =
        join_all((1..=12).map(|n| t.post(AP, direct(&format!("https://remote.example/{n}"), "alice"))));
    let (outcomes, answer) = join(more, t.hub.accept_contact(alice.actor.id, request.id)).await;
    answer.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Received::Stored(_)))), "{outcomes:?}");
    // What was appended just before the answer is let through by it, or by the next one who looks.
    t.hub.accept_contact(alice.actor.id, request.id).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), 13);
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_items").await, 0);
}

async fn a_block_while_more_arrives_leaves_nothing(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.post(AP, direct("https://remote.example/0", "alice")).await.unwrap();
    let more =
        join_all((1..=12).map(|n| t.post(AP, direct(&format!("https://remote.example/{n}"), "alice"))));
    let (outcomes, blocked) = join(more, t.hub.block(alice.actor.id, bob)).await;
    blocked.unwrap();
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert!(t.told(&alice).await.is_empty());
    assert!(t.requests(&alice).await.is_empty());
    assert_eq!(t.rows("SELECT COUNT(*) FROM contact_items").await, 0);
}

async fn members_ask_each_other_too(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    t.rules(&alice, |rules| rules.follows = Outcome::Hold).await;
    let asked = t.hub.follow(anna.actor.id, alice.actor.id, Default::default(), None).await.unwrap();
    assert!(asked.requested && !asked.following);
    let request = t.only_request(&alice).await;
    assert_eq!((request.scope, request.network), (Scope::Follow, None));
    t.hub.unfollow(anna.actor.id, alice.actor.id, None).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
    t.hub.follow(anna.actor.id, alice.actor.id, Default::default(), None).await.unwrap();
    assert_eq!(t.only_request(&alice).await.id, request.id);
    t.hub.decline_contact(alice.actor.id, request.id).await.unwrap();
    let again = t.hub.follow(anna.actor.id, alice.actor.id, Default::default(), None).await.unwrap();
    assert!(!again.requested && !again.following && t.requests(&alice).await.is_empty());
}

async fn what_members_think_of_each_others_posts_waits_too(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna, dora) = (t.member("alice").await, t.member("anna").await, t.member("dora").await);
    t.rules(&alice, |rules| rules.not_followed = Outcome::Hold).await;
    let post = t.hub.publish(draft_for(&alice, "what is new", Visibility::Public), None).await.unwrap().id;
    let like = async |who: &Member, sign| t.hub.react(who.actor.id, post, sign, None, None).await.unwrap();
    like(&anna, "").await;
    like(&anna, "🦊").await;
    t.hub.repost(anna.actor.id, post, None, None).await.unwrap();
    let quote = Draft { quote: Some(post), ..draft_for(&anna, "see this", Visibility::Public) };
    t.hub.publish(quote, None).await.unwrap();
    assert!(t.told(&alice).await.is_empty());
    let request = t.only_request(&alice).await;
    assert_eq!((request.scope, request.network, request.items), (Scope::Public, None, 4));
    assert_eq!(request.first.as_ref().unwrap().kind, "reaction");
    // It is hers, and what she takes back is gone.
    assert!(t.hub.view(post, Some(anna.actor.id)).await.unwrap().marks.liked);
    t.hub.unreact(anna.actor.id, post, "🦊", None).await.unwrap();
    assert_eq!(t.only_request(&alice).await.items, 3);

    like(&dora, "").await;
    t.hub.repost(dora.actor.id, post, None, None).await.unwrap();
    assert_eq!(t.requests(&alice).await.len(), 2);
    t.hub.unreact(dora.actor.id, post, "", None).await.unwrap();
    t.hub.unrepost(dora.actor.id, post, None).await.unwrap();
    assert_eq!(t.only_request(&alice).await.id, request.id);

    // Two answers at once tell once.
    let emil = t.member("emil").await.actor.id;
    let also = t.hub.follow(alice.actor.id, emil, Default::default(), None);
    let (one, two) = join(t.hub.accept_contact(alice.actor.id, request.id), also).await;
    one.unwrap();
    two.unwrap();
    use NotificationKind::{Favourite, Quote, Reblog};
    let kinds = async || {
        let told = t.hub.notifications(alice.actor.id, &[], None, Page::default()).await.unwrap();
        told.into_iter().map(|notification| notification.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds().await, [Quote, Reblog, Favourite]);
    like(&anna, "🦊").await;
    assert_eq!(kinds().await.len(), 4);

    // A no is silent, and stays.
    like(&dora, "").await;
    t.hub.decline_contact(alice.actor.id, t.only_request(&alice).await.id).await.unwrap();
    like(&dora, "🦊").await;
    t.hub.repost(dora.actor.id, post, None, None).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
    assert_eq!(kinds().await.len(), 4);
}

async fn followers_say_what_they_think_of_what_they_are_shown(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    t.hub.follow(anna.actor.id, alice.actor.id, Default::default(), None).await.unwrap();
    t.stranger(AP, "bob").await;
    t.take(AP, "bob", Some("f1"), follow()).await.unwrap();
    let post = t.hub.publish(draft_for(&alice, "among us", Visibility::Followers), None).await.unwrap();
    let before = t.told(&alice).await.len();
    t.hub.react(anna.actor.id, post.id, "", None, None).await.unwrap();
    let native = t.hub.copy_on(CopyKind::Post, post.id, AP).await.unwrap().unwrap().native_id;
    t.take(AP, "bob", Some("l1"), What::React { target: native, content: String::new(), emoji: None })
        .await
        .unwrap();
    assert_eq!(t.told(&alice).await.len(), before + 2);
    assert!(t.requests(&alice).await.is_empty());
}

async fn who_is_erased_waits_no_more(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.post(AP, direct("https://remote.example/1", "alice")).await.unwrap();
    t.hub.erase(bob).await.unwrap();
    assert!(t.requests(&alice).await.is_empty());
    for table in ["contacts", "contact_items", "contact_log"] {
        assert_eq!(
            t.rows(Box::leak(format!("SELECT COUNT(*) FROM {table}").into_boxed_str())).await,
            0,
            "{table}"
        );
    }
}

async fn who_followed_before_is_not_asked_about(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (bob, carol) = (t.stranger(AP, "bob").await, t.stranger(AP, "carol").await);
    t.rules(&alice, |rules| rules.follows = Outcome::Hold).await;
    t.take(AP, "carol", Some("c1"), follow()).await.unwrap();
    let request = t.only_request(&alice).await;
    t.hub.decline_contact(alice.actor.id, request.id).await.unwrap();
    let told = t.told(&alice).await;
    // Found to have followed the account before it was brought here.
    for (name, id) in [("bob", "b1"), ("carol", "c2")] {
        let found = Incoming { via: Via::Fetched, ..incoming(AP, name, Some(id), follow()) };
        t.hub.receive(found).await.unwrap();
    }
    assert!(t.requests(&alice).await.is_empty());
    assert_eq!(t.told(&alice).await, told);
    let follows = async |who| t.hub.relationship(alice.actor.id, who).await.unwrap().followed_by;
    assert!(follows(bob).await);
    assert!(!follows(carol).await, "a no stays a no");
}
