//! First contacts as apps see them: policy, requests, and what is ours alone.

use crate::support::*;
use landbridge_hub::{InActor, InPost, Incoming, Received, Via, What};
use landbridge_model::{
    Acct, Actor, Mark, MarkKind, Network, Presence, PresenceState, RichText, Time, Visibility,
};
use landbridge_store::{
    entities::{actors, presences},
    testing::TestStore,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

landbridge_store::on_both_engines!(
    a_policy_is_read_and_changed,
    requests_are_shown_and_answered,
    many_are_answered_at_once,
    contacts_have_a_log_and_rules,
    requests_to_follow_are_contacts_too,
    who_says_yes_to_everybody_is_shown_as_followed
);

const BOB: &str = "https://remote.example/users/bob";

fn incoming(what: What) -> Incoming {
    Incoming {
        network: Network::ActivityPub,
        actor: BOB.into(),
        id: None,
        at: Time::now(),
        via: Via::Delivered,
        original: Default::default(),
        what,
    }
}

impl World {
    /// A member who is on a network, and bob, who is known there.
    pub async fn meeting(&self) -> App {
        let alice = self.app("alice").await;
        let presence = Presence {
            actor: alice.member,
            network: Network::ActivityPub,
            native_id: "https://here.example/users/alice".into(),
            state: PresenceState::Active,
            facts: json!({}),
            since: Time::now(),
        };
        self.hub.store().write(presences::insert(&presence)).await.unwrap();
        let bob = InActor {
            native_id: BOB.into(),
            username: "bob".into(),
            domain: "remote.example".into(),
            ..InActor::default()
        };
        self.hub.receive(incoming(What::Profile(Box::new(bob)))).await.unwrap();
        alice
    }

    pub async fn bob_writes(&self, id: u32, text: &str, visibility: Visibility) -> Received {
        let mention = MarkKind::Mention {
            id: "https://here.example/users/alice".into(),
            acct: "@alice".into(),
            url: String::new(),
        };
        let post = InPost {
            native_id: format!("https://remote.example/{id}"),
            author: BOB.into(),
            published: Time::now(),
            visibility: Some(visibility),
            text: RichText::new(format!("@alice {text}"), vec![Mark { start: 0, end: 6, kind: mention }]),
            addressed: vec!["https://here.example/users/alice".into()],
            ..InPost::default()
        };
        self.hub.receive(incoming(What::Post(Box::new(post)))).await.unwrap()
    }
}

async fn a_policy_is_read_and_changed(store: TestStore) {
    let world = world(store).await;
    let alice = world.meeting().await;
    let policy = alice.get("/api/v2/notifications/policy").await;
    assert_eq!(
        policy,
        json!({
            "for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
            "for_private_mentions": "filter", "for_limited_accounts": "filter",
            "summary": { "pending_requests_count": 0, "pending_notifications_count": 0 },
        })
    );
    let path = "/api/v2/notifications/policy";
    let changed = alice.send(Method::PATCH, path, &[("for_not_following", "filter")]).await;
    assert_eq!(changed["for_not_following"], "filter");
    let old = alice.get("/api/v1/notifications/policy").await;
    assert_eq!((&old["filter_not_following"], &old["filter_new_accounts"]), (&json!(true), &json!(false)));
    let path_v1 = "/api/v1/notifications/policy";
    alice
        .send(Method::PUT, path_v1, &[("filter_not_following", "false"), ("filter_new_accounts", "1")])
        .await;
    alice.send_json(Method::PATCH, path, json!({ "for_private_mentions": "drop" })).await;
    let policy = alice.get(path).await;
    assert_eq!(
        [&policy["for_not_following"], &policy["for_new_accounts"], &policy["for_private_mentions"]],
        ["accept", "filter", "drop"]
    );
    let wrong = told(with_form(alice.request(Method::PATCH, path), &[("for_new_accounts", "perhaps")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.get(path).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        world.bob_writes(1, "hush", Visibility::Direct).await,
        Received::Ignored("dropped at the gate")
    );
}

async fn requests_are_shown_and_answered(store: TestStore) {
    let world = world(store).await;
    let alice = world.meeting().await;
    world.bob_writes(1, "first", Visibility::Direct).await;
    world.bob_writes(2, "second", Visibility::Direct).await;
    assert_eq!(alice.get("/api/v1/notifications").await, json!([]));
    assert_eq!(alice.get("/api/v1/conversations").await, json!([]));
    let summary = &alice.get("/api/v2/notifications/policy").await["summary"];
    assert_eq!(*summary, json!({ "pending_requests_count": 1, "pending_notifications_count": 2 }));
    let requests = alice.get("/api/v1/notifications/requests").await;
    let request = &requests[0];
    assert_eq!((request["account"]["acct"].as_str()), Some("bob@remote.example"));
    assert_eq!(request["notifications_count"], "2");
    assert_eq!(request["last_status"]["visibility"], "direct");
    assert!(request["last_status"]["content"].as_str().unwrap().contains("first"));
    let item = id(&request["last_status"]);
    assert_eq!(alice.try_get(&format!("/api/v1/statuses/{item}")).await.status, StatusCode::NOT_FOUND);
    let one = id(request);
    assert_eq!(id(&alice.get(&format!("/api/v1/notifications/requests/{one}")).await), one);
    let anna = world.app("anna").await;
    let path = format!("/api/v1/notifications/requests/{one}/accept");
    assert_eq!(anna.try_post(&path, &[]).await.status, StatusCode::NOT_FOUND, "not theirs");
    alice.post(&path, &[]).await;
    assert_eq!(alice.get("/api/v1/notifications/requests/merged").await["merged"], true);
    let told = alice.get("/api/v1/notifications").await;
    let texts: Vec<_> = told.as_array().unwrap().iter().map(|n| n["status"]["content"].to_string()).collect();
    assert!(texts.len() == 2 && texts[0].contains("second") && texts[1].contains("first"), "{texts:?}");
    // Neither answers the other: a conversation each.
    let conversations = alice.get("/api/v1/conversations").await;
    assert_eq!(conversations[0]["last_status"]["id"], told[0]["status"]["id"], "{conversations}");
    assert_eq!(conversations[1]["last_status"]["id"], told[1]["status"]["id"]);
    assert_eq!(conversations[0]["unread"], true);
    assert_eq!(alice.get("/api/v1/notifications/requests").await, json!([]));
}

async fn many_are_answered_at_once(store: TestStore) {
    let world = world(store).await;
    let alice = world.meeting().await;
    let path = "/api/v2/notifications/policy";
    alice.send(Method::PATCH, path, &[("for_not_following", "filter")]).await;
    world.bob_writes(1, "in private", Visibility::Direct).await;
    world.bob_writes(2, "in public", Visibility::Public).await;
    let requests = ids(&alice.get("/api/v1/notifications/requests").await);
    assert_eq!(requests.len(), 2);
    let first = ids(&alice.get("/api/v1/notifications/requests?limit=1").await);
    assert_eq!(first, requests[..1]);
    let form: Vec<_> = requests.iter().map(|id| ("id[]", id.as_str())).collect();
    alice.post("/api/v1/notifications/requests/dismiss", &form).await;
    assert_eq!(alice.get("/api/v1/notifications/requests").await, json!([]));
    assert_eq!(
        world.bob_writes(3, "again", Visibility::Public).await,
        Received::Ignored("dropped at the gate")
    );
    assert_eq!(alice.get("/api/v1/notifications").await, json!([]));
    for id in &requests {
        alice.post(&format!("/api/landbridge/v1/contacts/{id}/undo"), &[]).await;
    }
    world.bob_writes(4, "once more", Visibility::Public).await;
    let requests = ids(&alice.get("/api/v1/notifications/requests").await);
    alice.post("/api/v1/notifications/requests/accept", &[("id[]", requests[0].as_str())]).await;
    assert_eq!(alice.get("/api/v1/notifications").await.as_array().unwrap().len(), 1);
}

async fn contacts_have_a_log_and_rules(store: TestStore) {
    let world = world(store).await;
    let alice = world.meeting().await;
    world.bob_writes(1, "hello", Visibility::Direct).await;
    let contacts = alice.get("/api/landbridge/v1/contacts?scope[]=private").await;
    let contact = &contacts[0];
    assert_eq!(
        [&contact["scope"], &contact["state"], &contact["reason"], &contact["network"]],
        ["private", "request", "private", "activitypub"]
    );
    assert_eq!((&contact["first"]["text"], &contact["items"]), (&json!("@alice hello"), &json!(1)));
    assert!(Time::parse(contact["seen_since"].as_str().unwrap()).is_ok());
    assert_eq!(alice.get("/api/landbridge/v1/contacts?scope[]=public").await, json!([]));
    let path = format!("/api/landbridge/v1/contacts/{}", id(contact));
    alice.post(&format!("{path}/report"), &[("comment", "spam"), ("category", "spam")]).await;
    alice.post(&format!("{path}/block"), &[]).await;
    assert_eq!(alice.get("/api/landbridge/v1/contacts").await, json!([]));
    let log = alice.get("/api/landbridge/v1/contacts/log").await;
    assert_eq!(
        (&log[0]["decision"], &log[0]["scope"], &log[0]["can_undo"]),
        (&json!("blocked"), &json!(null), &json!(true))
    );
    assert_eq!((&log[1]["decision"], &log[1]["can_undo"]), (&json!("held"), &json!(false)));
    alice.post(&format!("/api/landbridge/v1/contacts/log/{}/undo", id(&log[0])), &[]).await;
    world.bob_writes(2, "hello", Visibility::Direct).await;
    alice.post(&format!("{path}/decline"), &[]).await;
    alice.post(&format!("{path}/undo"), &[]).await;
    alice.post(&format!("{path}/accept"), &[]).await;
    let state = alice.get("/api/landbridge/v1/contacts?state=granted").await;
    assert_eq!(ids(&state), [id(contact)]);
    assert_eq!(
        alice.try_get("/api/landbridge/v1/contacts?state=x").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let rules = "/api/landbridge/v1/contacts/rules";
    let before = alice.get(rules).await;
    assert_eq!((&before["private"], &before["young"]), (&json!("hold"), &json!(false)));
    let set = json!({ "vacation": true, "link_or_media": "drop", "new_days": 7 });
    let after = alice.send_json(Method::PUT, rules, set).await;
    assert_eq!(
        (&after["vacation"], &after["link_or_media"], &after["new_days"], &after["private"]),
        (&json!(true), &json!("drop"), &json!(7), &json!("hold"))
    );
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await["locked"], true);
    let wrong = told(with_form(alice.request(Method::PUT, rules), &[("follows", "drop")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn requests_to_follow_are_contacts_too(store: TestStore) {
    let world = world(store).await;
    let (alice, anna) = (world.app("alice").await, world.app("anna").await);
    alice.send(Method::PATCH, "/api/v1/accounts/update_credentials", &[("locked", "true")]).await;
    let follow = format!("/api/v1/accounts/{}/follow", alice.member);
    assert_eq!(anna.post(&follow, &[]).await["requested"], true);
    assert_eq!(alice.get("/api/v2/notifications/policy").await["summary"]["pending_requests_count"], 0);
    let contacts = alice.get("/api/landbridge/v1/contacts").await;
    assert_eq!((&contacts[0]["scope"], &contacts[0]["reason"]), (&json!("follow"), &json!("locked")));
    assert_eq!(ids(&alice.get("/api/v1/follow_requests").await), [anna.member.to_string()]);
    alice.post(&format!("/api/v1/follow_requests/{}/reject", anna.member), &[]).await;
    assert_eq!(alice.get("/api/landbridge/v1/contacts").await, json!([]));
    assert_eq!(anna.post(&follow, &[]).await["requested"], false, "the answer is known");
    alice.post(&format!("/api/landbridge/v1/contacts/{}/undo", id(&contacts[0])), &[]).await;
    assert_eq!(anna.post(&follow, &[]).await["requested"], true);
    alice.post(&format!("/api/v1/follow_requests/{}/authorize", anna.member), &[]).await;
    let log = alice.get("/api/landbridge/v1/contacts/log").await;
    assert_eq!(log[0]["decision"], "granted");
    alice.post(&format!("/api/landbridge/v1/contacts/log/{}/undo", id(&log[0])), &[]).await;
    let relation = alice.get(&format!("/api/v1/accounts/relationships?id[]={}", anna.member)).await;
    assert_eq!(relation[0]["followed_by"], false);
}

async fn who_says_yes_to_everybody_is_shown_as_followed(store: TestStore) {
    let world = world(store).await;
    let alice = world.meeting().await;
    let bob: Acct = "bob@remote.example".parse().unwrap();
    let bob = world.hub.actor_by_acct(&bob).await.unwrap().unwrap();
    for (username, locked) in [("open", false), ("shy", true)] {
        // Nothing says of them that their network does not ask first.
        let actor = Actor { id: world.hub.ids().next(), username: username.into(), locked, ..bob.clone() };
        world.hub.store().write(actors::insert(&actor, Some(Network::ActivityPub))).await.unwrap();
        let shown = alice.post(&format!("/api/v1/accounts/{}/follow", actor.id), &[("notify", "true")]).await;
        assert_eq!((&shown["following"], &shown["requested"]), (&json!(!locked), &json!(locked)));
        assert_eq!((&shown["showing_reblogs"], &shown["notifying"]), (&json!(!locked), &json!(true)));
        // They have not answered yet.
        let now = alice.get(&format!("/api/v1/accounts/relationships?id[]={}", actor.id)).await;
        assert_eq!((&now[0]["following"], &now[0]["requested"]), (&json!(false), &json!(true)));
    }
}
