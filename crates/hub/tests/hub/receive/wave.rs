//! A wave, simulated: 1,000 strangers on 20 origins write to 50 members who have ordinary traffic of their own. The clock is
//! the hub's own for budgets; nothing sleeps.

use super::{
    budgets::{Stranger, own_words},
    *,
};
use crate::support::test_hub;
use futures_util::{StreamExt, stream};
use landbridge_hub::gate::{Contact, Scope, State, WaveAnswer, WaveState};
use landbridge_store::{on_both_engines, testing::TestStore};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

on_both_engines!(a_wave_of_a_thousand_strangers);

const MEMBERS: usize = 50;
const STRANGERS: usize = 1000;
const ORIGINS: usize = 20;
/// Of each origin.
const HONEST: usize = 5;
/// Members that each of the others writes to.
const TARGETS: usize = 3;
const AT_ONCE: usize = 16;
/// What most of them say, with a name and a number put in.
const TEXTS: [&str; 5] = [
    "earn a fortune from home with coins that only we can sell to you, visit our page today and be the first",
    "your account will be closed tonight unless you confirm your password on the page of our support team",
    "lonely ladies of your town want to meet you this evening, look at their pictures and choose one of them",
    "we have looked at your posts and offer you a thousand new followers for a very small price every month",
    "vote for our candidate in the great election of the year, everybody else is a liar and will ruin the land",
];

/// Four big hosts of 110, eleven of 20, and five relays of 68 keys each: 1,000.
fn origin(n: usize) -> (Network, String) {
    let at = match n {
        0..440 => n / 110,
        440..660 => 4 + (n - 440) / 20,
        _ => 15 + (n - 660) / 68,
    };
    if at < 15 { (AP, format!("host{at}.example")) } else { (NOSTR, format!("relay{at}.example")) }
}

struct Sender {
    who: Stranger,
    honest: bool,
    n: usize,
}

/// (member, text) of everything that one sends.
fn letters(sender: &Sender) -> Vec<(usize, String)> {
    let n = sender.n;
    match sender.honest {
        // One message, and one more of somebody who was forgotten.
        true => (0..2).map(|i| (n * 7 % MEMBERS, own_words(10_000 + n * 2 + i))).collect(),
        // Each fifth has words of its own for everybody.
        false => (0..TARGETS)
            .map(|i| {
                let to = (n * 7 + i * 13) % MEMBERS;
                let text = match n % 5 {
                    0 => own_words(100_000 + n * TARGETS + i),
                    _ => format!("Hello friend number {to}, {} ({n})", TEXTS[n / 5 % TEXTS.len()]),
                };
                (to, text)
            })
            // And the first of them twice.
            .flat_map(|(to, text)| {
                if to == n * 7 % MEMBERS { vec![(to, text.clone()), (to, text)] } else { vec![(to, text)] }
            })
            .collect(),
    }
}

async fn a_wave_of_a_thousand_strangers(store: TestStore) {
    let t = test_hub(store);
    let (mut members, mut friends) = (Vec::new(), Vec::new());
    for n in 0..MEMBERS {
        let member = t.member(&format!("member{n}")).await;
        // The friend is of one of the hosts that the wave comes from.
        let friend = t.somebody(AP, &format!("host{}.example", n % 15), &format!("friend{n}")).await;
        t.follow_now(&member, friend.id).await;
        members.push(member);
        friends.push(friend);
    }
    let mut per_origin: BTreeMap<String, usize> = BTreeMap::new();
    let mut senders = Vec::new();
    for n in 0..STRANGERS {
        let (network, host) = origin(n);
        let count = per_origin.entry(host.clone()).or_default();
        *count += 1;
        // The honest come in the middle of the crowd of their origin.
        let honest = (8..8 + HONEST).contains(count);
        senders.push(Sender { who: t.somebody(network, &host, &format!("s{n}")).await, honest, n });
    }
    assert_eq!((per_origin.len(), senders.iter().filter(|one| one.honest).count()), (ORIGINS, 100));

    // Two hours of flood; friends write all the time, and are heard at once.
    let all: Vec<(&Sender, usize, usize, String)> = senders
        .iter()
        .flat_map(|sender| {
            letters(sender).into_iter().enumerate().map(move |(i, (to, text))| (sender, i, to, text))
        })
        .collect();
    for (step, part) in all.chunks(all.len() / 24 + 1).enumerate() {
        stream::iter(part)
            .map(|(sender, i, to, text)| {
                let t = &t;
                async move {
                    let id = format!("https://letters.example/{}/{i}", sender.n);
                    let sent = t.says(&sender.who, &format!("member{to}"), &id, text, false).await;
                    assert!(sent.is_ok(), "{sent:?}");
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<()>()
            .await;
        for (n, friend) in friends.iter().enumerate().skip(step % 5).step_by(5) {
            let id = format!("https://friends.example/{n}/{step}");
            let heard = t
                .says(friend, &format!("member{n}"), &id, "how are you today, is the garden in bloom", true)
                .await;
            assert!(matches!(heard, Ok(Received::Stored(Some(_)))), "{heard:?}");
        }
        t.hub.pass_time(Duration::from_secs(300));
        t.hub.admit_parked().await.unwrap();
    }
    t.hours(22).await;

    // Each stranger asks once a member and scope.
    let mut shown: BTreeSet<(Id, Id)> = BTreeSet::new();
    for member in &members {
        let requests: Vec<Contact> = t.all_requests(member).await;
        for request in &requests {
            assert_eq!((request.scope, request.state), (Scope::Private, State::Request));
            assert!(shown.insert((member.actor.id, request.stranger.id)), "asked twice");
        }
    }
    let asked = |sender: &Sender| {
        let to = members[sender.n * 7 % MEMBERS].actor.id;
        shown.contains(&(to, sender.who.id))
    };
    let waiting: Vec<usize> =
        senders.iter().filter(|one| one.honest && !asked(one)).map(|one| one.n).collect();
    assert!(waiting.is_empty(), "honest, and not shown within a day: {waiting:?}");
    // Of the wave itself members see hardly anything.
    let copies: BTreeSet<Id> =
        senders.iter().filter(|one| !one.honest && one.n % 5 != 0).map(|one| one.who.id).collect();
    let seen = shown.iter().filter(|(_, stranger)| copies.contains(stranger)).count();
    assert!(seen <= TEXTS.len() * 20, "{seen} of the copies are shown");

    // The operator sees a row for each text, however many wrote it.
    let waves = t.hub.waves().await.unwrap();
    assert!((1..=TEXTS.len() + 2).contains(&waves.len()), "{} rows", waves.len());
    let contacts: u64 = waves.iter().map(|wave| wave.contacts).sum();
    assert!(contacts > 1500, "{contacts} of the copies belong to a wave");

    // Nothing has grown without bound: a row for each contact, few items, and what budgets remember.
    let rows =
        t.number("SELECT COUNT(*) FROM contacts WHERE state IN ('parked', 'request', 'admitted')").await;
    assert!(rows as usize <= STRANGERS * TARGETS, "{rows} rows");
    let items = t.number("SELECT COUNT(*) FROM contact_items").await;
    assert!(items as usize <= STRANGERS * (TARGETS + 1), "{items} items");
    assert!(t.hub.budget_entries() < 40_000, "{} entries", t.hub.budget_entries());
    assert_eq!(
        t.number(
            "SELECT COUNT(*) FROM posts p JOIN actors a ON a.id = p.author_id WHERE a.username LIKE 's%'"
        )
        .await,
        0
    );

    // One answer each, and it is over; nobody honest was meant.
    for wave in waves.iter().filter(|wave| wave.state == WaveState::Open) {
        t.hub.answer_wave(wave.id, WaveAnswer::Decline).await.unwrap();
    }
    let mut left: BTreeSet<Id> = BTreeSet::new();
    for member in &members {
        left.extend(t.all_requests(member).await.iter().map(|request| request.stranger.id));
    }
    assert!(senders.iter().filter(|one| one.honest).all(|one| left.contains(&one.who.id)));
    assert!(left.intersection(&copies).count() <= 10, "copies are still shown");
}
