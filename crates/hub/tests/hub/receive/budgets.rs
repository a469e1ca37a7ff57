//! Budgets of first contacts: who waits, who does not, and that waiting loses nothing.

use super::*;
use crate::support::test_hub;
use landbridge_hub::{
    Page, Undone,
    gate::{Carrier, Contact, Outcome, Reason, Rules, Scope, State, Wave, WaveAnswer, WaveState},
    moderation::Rule,
};
use landbridge_store::{EngineKind, args, on_both_engines, query, testing::TestStore};
use std::time::Duration;

on_both_engines!(
    what_exceeds_a_budget_waits_and_comes,
    origins_do_not_starve_each_other,
    whom_a_member_follows_waits_behind_nobody,
    a_follow_waits_before_it_is_a_request,
    what_waits_can_be_taken_back_and_blocked,
    grants_let_more_in_and_refusals_fewer,
    keys_share_the_budget_of_their_relay,
    a_chat_without_an_answer_ends,
    a_wave_is_one_row_and_one_answer,
    a_wave_can_be_blocked_limited_and_let_pass,
    nobody_waits_for_the_operator_for_ever,
);

const HOUR: Duration = Duration::from_secs(3600);
/// Of one origin, with one member, at once.
const BURST: usize = 6;

/// Somebody of a host; of the other network by a relay.
pub struct Stranger {
    pub network: Network,
    pub native: String,
    pub carrier: Carrier,
    pub id: Id,
}

/// Words that nobody else says, from a generator of small numbers.
pub fn own_words(n: usize) -> String {
    const SYLLABLES: [&str; 12] = ["ba", "ke", "mi", "so", "tu", "ra", "ne", "li", "fo", "du", "gza", "phe"];
    let mut state = (n as u64).wrapping_mul(0x9e37_79b9) + 1;
    let mut text = String::new();
    for at in 0..24 * 3 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(SYLLABLES[(state >> 33) as usize % SYLLABLES.len()]);
        if at % 3 == 2 {
            text.push(' ');
        }
    }
    text
}

impl TestHub {
    pub async fn somebody(&self, network: Network, host: &str, name: &str) -> Stranger {
        let native = match network {
            AP => format!("https://{host}/users/{name}"),
            _ => format!("{name}-key"),
        };
        let domain = if network == AP { host } else { "nostr.localhost:8840" };
        let profile = InActor {
            native_id: native.clone(),
            username: name.into(),
            domain: domain.into(),
            ..Default::default()
        };
        let sent = Incoming {
            actor: native.clone(),
            ..incoming(network, name, None, What::Profile(Box::new(profile)))
        };
        let Received::Stored(Some(id)) = self.hub.receive(sent).await.unwrap() else { panic!("no profile") };
        let carrier = Carrier { host: (network != AP).then(|| host.to_owned()), work: 0 };
        Stranger { network, native, carrier, id }
    }

    /// A private message, or with `public` a mention.
    pub async fn says(
        &self,
        who: &Stranger,
        member: &str,
        id: &str,
        text: &str,
        public: bool,
    ) -> Result<Received, Refused> {
        let visibility = if public { Visibility::Public } else { Visibility::Direct };
        let named = mention_of(who.network, "", id, member);
        let text = format!("{} {text}", named.text.text);
        let post = InPost {
            author: who.native.clone(),
            visibility: Some(visibility),
            text: RichText::new(text, named.text.marks.clone()),
            ..named
        };
        let sent = incoming(who.network, "", Some(&format!("{id}#create")), What::Post(Box::new(post)));
        self.hub.receive_by(Incoming { actor: who.native.clone(), ..sent }, who.carrier.clone()).await
    }

    pub async fn hours(&self, hours: u32) {
        for _ in 0..hours * 2 {
            self.hub.pass_time(HOUR / 2);
            self.hub.admit_parked().await.unwrap();
        }
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        self.hub.store().row(query(sql, args![])).await.unwrap().unwrap().get(0).unwrap()
    }

    /// Notifications of everybody.
    async fn heard(&self) -> i64 {
        self.number("SELECT COUNT(*) FROM notifications").await
    }

    pub async fn parked(&self) -> i64 {
        self.number("SELECT COUNT(*) FROM contacts WHERE state = 'parked'").await
    }

    /// All requests of a member, as their pages show them.
    pub async fn all_requests(&self, member: &Member) -> Vec<Contact> {
        let mut all: Vec<Contact> = Vec::new();
        loop {
            let page = Page { max: all.last().map(|contact| contact.id), limit: 80, ..Page::default() };
            let next = self.hub.contact_requests(member.actor.id, &Scope::ALL, page).await.unwrap();
            if next.is_empty() {
                return all;
            }
            all.extend(next);
        }
    }

    async fn set_rules(&self, member: &Member, change: impl FnOnce(&mut Rules)) {
        let (mut rules, _) = self.hub.contact_rules(member.actor.id).await.unwrap();
        change(&mut rules);
        self.hub.set_contact_rules(member.actor.id, rules).await.unwrap();
    }

    /// So many strangers of a host each say something of their own.
    async fn crowd(&self, host: &str, members: &[&str], count: usize, public: bool) -> Vec<Stranger> {
        let mut crowd = Vec::new();
        let words =
            host.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) as usize;
        for n in 0..count {
            let who = self.somebody(AP, host, &format!("p{n}")).await;
            let member = members[n % members.len()];
            self.says(&who, member, &format!("https://{host}/{n}"), &own_words(words * 100 + n), public)
                .await
                .unwrap();
            crowd.push(who);
        }
        crowd
    }
}

async fn what_exceeds_a_budget_waits_and_comes(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.set_rules(&alice, |rules| rules.private = Outcome::Accept).await;
    let crowd = t.crowd("big.example", &["alice"], 20, false).await;
    // What the rules let through is taken within the budget.
    assert_eq!(t.told(&alice).await.len(), BURST);
    assert_eq!(t.parked().await, 20 - BURST as i64);
    assert!(t.all_requests(&alice).await.is_empty(), "and shows nothing of what waits");
    assert_eq!(t.number("SELECT COUNT(*) FROM posts").await, BURST as i64);
    t.hours(2).await;
    assert_eq!(t.told(&alice).await.len(), BURST + 2, "one an hour");
    t.hours(24).await;
    assert_eq!(t.told(&alice).await.len(), 20, "nothing is lost");
    assert_eq!((t.parked().await, t.number("SELECT COUNT(*) FROM contact_items").await), (0, 0));
    assert_eq!(t.number("SELECT COUNT(*) FROM posts").await, 20, "each once");
    // Who has had their turn goes on, like anybody else who was taken at once.
    t.says(&crowd[19], "alice", "https://big.example/more", &own_words(3), false).await.unwrap();
    assert_eq!(t.heard().await, 21);
}

async fn origins_do_not_starve_each_other(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.crowd("big.example", &["alice"], 60, false).await;
    t.crowd("small.example", &["alice"], 2, false).await;
    let shown = |requests: &[Contact], host: &str| {
        requests.iter().filter(|contact| contact.stranger.domain.as_deref() == Some(host)).count()
    };
    let requests = t.all_requests(&alice).await;
    assert_eq!((shown(&requests, "big.example"), shown(&requests, "small.example")), (BURST, 2));
    // One who comes late does not stand behind all who were there: each of many hosts is new, and one crowd.
    for n in 0..40 {
        t.crowd(&format!("n{n}.example"), &["alice"], 1, false).await;
    }
    assert!(t.all_requests(&alice).await.len() <= 20, "no wall of new hosts");
    t.hours(24 * 3).await;
    assert!(t.all_requests(&alice).await.len() > 90);
    for n in 0..40 {
        assert_eq!(shown(&t.all_requests(&alice).await, &format!("n{n}.example")), 1, "{n}");
    }
}

async fn whom_a_member_follows_waits_behind_nobody(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.set_rules(&alice, |rules| rules.private = Outcome::Accept).await;
    let friend = t.somebody(AP, "big.example", "friend").await;
    t.follow_now(&alice, friend.id).await;
    t.crowd("big.example", &["alice"], 30, false).await;
    // That one of them was turned to speaks for the host.
    let others = 2 * BURST as i64;
    assert_eq!(t.heard().await, others);
    for n in 0..50 {
        let id = format!("https://big.example/friend/{n}");
        // The same words again and again: of a friend it is no wave.
        let post =
            t.says(&friend, "alice", &id, "Good morning to you, and a fine day in your garden", true).await;
        assert!(matches!(post, Ok(Received::Stored(Some(_)))), "{post:?}");
    }
    assert_eq!(t.heard().await, 50 + others);
    assert_eq!(t.hub.waves().await.unwrap().len(), 0);
}

async fn a_follow_waits_before_it_is_a_request(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.set_rules(&alice, |rules| rules.follows = Outcome::Hold).await;
    let mut crowd = Vec::new();
    for n in 0..10 {
        let who = t.somebody(AP, "big.example", &format!("p{n}")).await;
        let follow = What::Follow { target: member_native(AP, "alice") };
        let sent = incoming(AP, "", Some(&format!("f{n}")), follow);
        t.hub.receive(Incoming { actor: who.native.clone(), ..sent }).await.unwrap();
        crowd.push(who);
    }
    assert_eq!(t.all_requests(&alice).await.len(), BURST);
    assert_eq!(t.number("SELECT COUNT(*) FROM follows").await, BURST as i64);
    // One of those who wait takes it back.
    let undo = What::Undo(Undone { id: Some("f9".into()), what: None });
    t.hub.receive(Incoming { actor: crowd[9].native.clone(), ..incoming(AP, "", None, undo) }).await.unwrap();
    t.hours(24).await;
    let requests = t.all_requests(&alice).await;
    assert_eq!(requests.len(), 9);
    assert!(
        requests.iter().all(|contact| contact.scope == Scope::Follow && contact.reason == Reason::Locked)
    );
    assert_eq!(t.told(&alice).await, vec![NotificationKind::FollowRequest; 9]);
}

async fn what_waits_can_be_taken_back_and_blocked(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let crowd = t.crowd("big.example", &["alice"], 12, false).await;
    assert_eq!(t.parked().await, 6);
    let delete = What::Delete { target: "https://big.example/10".into() };
    t.hub
        .receive(Incoming { actor: crowd[10].native.clone(), ..incoming(AP, "", None, delete) })
        .await
        .unwrap();
    t.hub.block(alice.actor.id, crowd[11].id).await.unwrap();
    assert_eq!(t.parked().await, 4);
    // Whom a member follows may write.
    t.follow_now(&alice, crowd[9].id).await;
    t.hours(24).await;
    let shown: Vec<Id> = t.all_requests(&alice).await.iter().map(|contact| contact.stranger.id).collect();
    assert!(!shown.contains(&crowd[10].id) && !shown.contains(&crowd[11].id));
    // What a member does not have to be asked about any more arrives without a question.
    assert!(!shown.contains(&crowd[9].id));
    assert_eq!((shown.len(), t.parked().await), (9, 0));
}

async fn grants_let_more_in_and_refusals_fewer(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna, abel) = (t.member("alice").await, t.member("anna").await, t.member("abel").await);
    t.crowd("good.example", &["alice"], 4, false).await;
    t.crowd("bad.example", &["alice"], 4, false).await;
    for contact in t.all_requests(&alice).await {
        match contact.stranger.domain.as_deref() {
            Some("good.example") => t.hub.accept_contact(alice.actor.id, contact.id).await.unwrap(),
            _ => t.hub.block_contact(alice.actor.id, contact.id).await.unwrap(),
        }
    }
    for (host, first) in [("good.example", 100), ("bad.example", 200)] {
        for n in 0..40 {
            let who = t.somebody(AP, host, &format!("q{n}")).await;
            let id = format!("https://{host}/q{n}");
            let member = if n % 2 == 0 { "anna" } else { "abel" };
            t.says(&who, member, &id, &own_words(first + n), false).await.unwrap();
        }
    }
    let of = |requests: Vec<Contact>, host: &str| {
        requests.iter().filter(|contact| contact.stranger.domain.as_deref() == Some(host)).count()
    };
    assert_eq!(of(t.all_requests(&anna).await, "good.example"), 20, "all of them");
    let bad = of(t.all_requests(&abel).await, "bad.example");
    assert!((1..BURST).contains(&bad), "{bad}: fewer, and never none");
}

async fn keys_share_the_budget_of_their_relay(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.set_rules(&alice, |rules| rules.private = Outcome::Accept).await;
    for n in 0..40 {
        let who = t.somebody(NOSTR, "flood.example", &format!("k{n}")).await;
        t.says(&who, "alice", &format!("event{n}"), &own_words(n), false).await.unwrap();
    }
    assert_eq!(t.told(&alice).await.len(), BURST, "a key is nobody");
    let other = t.somebody(NOSTR, "calm.example", "other").await;
    t.says(&other, "alice", "event-other", &own_words(100), false).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), BURST + 1, "another relay");
    let mut worker = t.somebody(NOSTR, "flood.example", "worker").await;
    worker.carrier.work = 21;
    t.says(&worker, "alice", "event-worker", &own_words(101), false).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), BURST + 2, "work opens a lane");
    // So does a member who follows.
    let anna = t.member("anna").await;
    let known = t.somebody(NOSTR, "flood.example", "known").await;
    t.follow_now(&anna, known.id).await;
    t.says(&known, "alice", "event-known", &own_words(102), false).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), BURST + 3, "somebody here knows them");
}

async fn a_chat_without_an_answer_ends(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.set_rules(&alice, |rules| rules.private = Outcome::Accept).await;
    let who = t.somebody(AP, "big.example", "chatty").await;
    for n in 0..60 {
        t.says(&who, "alice", &format!("https://big.example/{n}"), &own_words(n), false).await.unwrap();
    }
    let told = t.heard().await;
    assert!((20..40).contains(&told), "{told}");
    assert_eq!(t.parked().await, 1, "one contact waits, whatever it sends");
    assert!(t.number("SELECT COUNT(*) FROM contact_items").await <= 3);
}

const OFFER: &str =
    "Dear friend, a wonderful offer of cheap coins waits for you on my page, be quick and have it all";

impl TestHub {
    /// Many of some hosts offer the same to many members.
    async fn wave_of(&self, count: usize, members: &[&str]) -> Vec<Stranger> {
        let mut senders = Vec::new();
        for n in 0..count {
            let host = format!("h{}.example", n % 3);
            let who = self.somebody(AP, &host, &format!("w{n}")).await;
            let text = format!("{OFFER} (ref {n})");
            let id = format!("https://{host}/w{n}");
            self.says(&who, members[n % members.len()], &id, &text, false).await.unwrap();
            senders.push(who);
        }
        senders
    }

    async fn only_wave(&self) -> Wave {
        let waves = self.hub.waves().await.unwrap();
        assert_eq!(waves.len(), 1, "{waves:?}");
        waves.into_iter().next().unwrap()
    }
}

const FIVE: [&str; 5] = ["alice", "anna", "abel", "anton", "agnes"];

async fn five(t: &TestHub) -> Vec<Member> {
    let mut members = Vec::new();
    for name in FIVE {
        members.push(t.member(name).await);
    }
    members
}

async fn a_wave_is_one_row_and_one_answer(store: TestStore) {
    let t = test_hub(store);
    let members = five(&t).await;
    let senders = t.wave_of(40, &FIVE).await;
    let wave = t.only_wave().await;
    assert_eq!((wave.contacts, wave.strangers, wave.members), (40, 40, 5));
    assert_eq!((wave.asked, wave.parked, wave.state), (7, 33, WaveState::Open));
    assert_eq!(wave.origins.len(), 3);
    assert_eq!(wave.origins[0], ("host:h0.example".into(), 14));
    // Not a word of it.
    assert_eq!(t.number("SELECT SUM(length(sketch)) FROM waves").await, 128);
    if t.hub.store().engine() == EngineKind::Sqlite {
        let file = t.database();
        let mut bytes = std::fs::read(&file).unwrap();
        let mut wal = file.into_os_string();
        wal.push("-wal");
        bytes.extend(std::fs::read(wal).unwrap_or_default());
        assert!(!bytes.windows(11).any(|part| part == b"cheap coins"), "readable on the disk");
        assert!(bytes.windows(11).any(|part| part == b"host:h0.exa"), "the rows are where we look");
    }
    // Whom a member has let in stays in.
    let mine = t.all_requests(&members[0]).await.remove(0);
    t.hub.accept_contact(members[0].actor.id, mine.id).await.unwrap();
    t.hub.answer_wave(wave.id, WaveAnswer::Decline).await.unwrap();
    assert!(t.hub.answer_wave(wave.id, WaveAnswer::Block).await.is_err(), "answered before");
    for member in &members {
        assert!(t.all_requests(member).await.is_empty());
    }
    assert_eq!(t.parked().await, 0);
    let kept = t.hub.contact_by_id(members[0].actor.id, mine.id).await.unwrap();
    assert_eq!(kept.state, State::Granted);
    // What comes after the answer has the same answer.
    let late = t.somebody(AP, "h9.example", "late").await;
    t.says(&late, "anna", "https://h9.example/1", OFFER, false).await.unwrap();
    t.hours(1).await;
    assert_eq!((t.parked().await, t.all_requests(&members[1]).await.len()), (0, 0));
    // Members read of it.
    let lines = t.hub.contact_log(members[1].actor.id, Page::default()).await.unwrap();
    assert!(lines.iter().any(|line| line.reason == Reason::Wave && line.undone_at.is_none()));
    // Undone, everybody has their turn, and nothing was lost.
    t.hub.undo_wave(wave.id).await.unwrap();
    let lines = t.hub.contact_log(members[1].actor.id, Page::default()).await.unwrap();
    assert!(lines.iter().all(|line| line.reason != Reason::Wave || line.undone_at.is_some()));
    t.hours(24 * 4).await;
    let mut shown = 0;
    for member in &members {
        shown += t.all_requests(member).await.len();
    }
    // But for the one who was let in before; and with the one who came late.
    assert_eq!(shown, senders.len() - 1 + 1);
}

async fn a_wave_can_be_blocked_limited_and_let_pass(store: TestStore) {
    let t = test_hub(store);
    let members = five(&t).await;
    let senders = t.wave_of(30, &FIVE).await;
    let wave = t.only_wave().await;
    t.hub.answer_wave(wave.id, WaveAnswer::Block).await.unwrap();
    assert!(ignored(t.says(&senders[0], "anna", "https://h0.example/more", &own_words(1), true).await));
    t.hub.undo_wave(wave.id).await.unwrap();
    assert!(!ignored(t.says(&senders[0], "anna", "https://h0.example/more", &own_words(1), true).await));
    // Another wave, of other words.
    let mut others = Vec::new();
    for n in 0..30 {
        let who = t.somebody(AP, "h0.example", &format!("x{n}")).await;
        let text =
            "The council meets on Thursday and wants to close the library, come and speak against it with us";
        t.says(&who, FIVE[n % 5], &format!("https://h0.example/x{n}"), text, false).await.unwrap();
        others.push(who);
    }
    let waves = t.hub.waves().await.unwrap();
    assert_eq!(waves.len(), 2);
    let open = waves.iter().find(|wave| wave.state == WaveState::Open).unwrap();
    t.hub.answer_wave(open.id, WaveAnswer::Limit).await.unwrap();
    assert_eq!(t.hub.domain_rule("h0.example").await.unwrap(), Some(Rule::Limit));
    assert_eq!(t.hub.domain_rule("h1.example").await.unwrap(), None);
    t.hub.undo_wave(open.id).await.unwrap();
    assert_eq!(t.hub.domain_rule("h0.example").await.unwrap(), None);
    assert_eq!(t.hub.wave(open.id).await.unwrap().state, WaveState::Passed);
    assert!(t.parked().await > 0 && !members.is_empty());
}

async fn nobody_waits_for_the_operator_for_ever(store: TestStore) {
    let t = test_hub(store);
    let members = five(&t).await;
    t.wave_of(20, &FIVE).await;
    let shown = async || {
        let mut shown = 0;
        for member in &members {
            shown += t.all_requests(member).await.len();
        }
        shown
    };
    t.hours(48).await;
    assert_eq!(shown().await, 7, "the operator may take their time");
    t.hours(48).await;
    assert_eq!(shown().await, 20);
}
