//! Posts and what is done with them.

use crate::support::*;
use landbridge_store::testing::TestStore;
use reqwest::{Method, StatusCode};
use serde_json::json;

landbridge_store::on_both_engines!(
    a_post_lives_and_dies,
    what_is_not_said_is_filled_in,
    a_key_makes_one_post,
    a_key_sent_many_times_at_once_makes_one_post,
    only_those_meant_see_it,
    polls_take_votes,
    polls_hide_and_change,
    threads_are_one_tree,
    acts_are_marked
);

async fn a_post_lives_and_dies(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let form = [
        ("status", "Hello #World @alice"),
        ("sensitive", "0"),
        ("spoiler_text", "greeting"),
        ("language", "en"),
    ];
    let post = alice.post("/api/v1/statuses", &form).await;
    assert_eq!(post["content"].as_str().unwrap().matches("hashtag").count(), 1);
    assert_eq!(post["tags"][0]["name"], "world");
    assert_eq!(
        (post["spoiler_text"].as_str(), post["visibility"].as_str()),
        (Some("greeting"), Some("public"))
    );
    assert_eq!(post["application"]["name"], "Test app");
    assert!(post["edited_at"].is_null() && post.as_object().unwrap().contains_key("card"));
    let id = id(&post);
    assert_eq!(alice.get(&format!("/api/v1/statuses/{id}/source")).await["text"], "Hello #World @alice");
    let edited = alice
        .send_json(
            Method::PUT,
            &format!("/api/v1/statuses/{id}"),
            json!({"status": "Changed", "spoiler_text": ""}),
        )
        .await;
    assert!(edited["content"].as_str().unwrap().contains("Changed") && edited["edited_at"].is_string());
    let history = alice.get(&format!("/api/v1/statuses/{id}/history")).await;
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert!(history[0]["content"].as_str().unwrap().contains("Hello"));
    assert_eq!(
        world.get(&format!("/api/v1/statuses/{id}")).await.good("as a stranger")["favourited"],
        json!(null)
    );
    let gone = alice.send(Method::DELETE, &format!("/api/v1/statuses/{id}"), &[]).await;
    assert_eq!(gone["text"], "Changed");
    assert_eq!(world.get(&format!("/api/v1/statuses/{id}")).await.status, StatusCode::NOT_FOUND);
    let record = alice.try_get(&format!("/api/landbridge/v1/statuses/{id}/deliveries")).await;
    assert_eq!(record.status, StatusCode::NOT_FOUND);
    let late = alice
        .try_post("/api/v1/statuses", &[("status", "later"), ("scheduled_at", "2040-01-01T00:00:00Z")])
        .await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn what_is_not_said_is_filled_in(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let warned = alice.post("/api/v1/statuses", &[("status", " "), ("spoiler_text", "only this")]).await;
    assert!(warned["content"].as_str().unwrap().contains("only this"), "{warned}");
    assert_eq!((&warned["spoiler_text"], &warned["sensitive"]), (&json!(""), &json!(true)));
    assert_eq!(alice.post("/api/v1/statuses", &[("status", "x")]).await["sensitive"], false);
    let profile = "/api/v1/accounts/update_credentials";
    alice.send(Method::PATCH, profile, &[("source[sensitive]", "true")]).await;
    assert_eq!(alice.post("/api/v1/statuses", &[("status", "y")]).await["sensitive"], true);
    let said = [("status", "z"), ("sensitive", "false")];
    assert_eq!(alice.post("/api/v1/statuses", &said).await["sensitive"], false);
}

async fn a_key_makes_one_post(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let once = async || {
        let request = alice.request(Method::POST, "/api/v1/statuses").header("idempotency-key", "k1");
        id(&told(with_form(request, &[("status", "once")])).await.good("post"))
    };
    assert_eq!(once().await, once().await);
    let all = futures_util::future::join_all((0..4).map(|_| once())).await;
    assert!(all.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").await).len(), 1);
}

async fn a_key_sent_many_times_at_once_makes_one_post(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let send = |key: &'static str| {
        let request = with_form(alice.request(Method::POST, "/api/v1/statuses"), &[("status", "once")]);
        told(request.header("idempotency-key", key))
    };
    let same = futures_util::future::join_all((0..10).map(|_| send("same"))).await;
    let made: Vec<String> = same.into_iter().map(|told| id(&told.good("the same"))).collect();
    assert!(made.iter().all(|id| *id == made[0]), "{made:?}");
    let other = id(&send("other").await.good("another"));
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").await), [other, made[0].clone()]);
}

async fn only_those_meant_see_it(store: TestStore) {
    let world = world(store).await;
    let (alice, bob, carol) = (world.app("alice").await, world.app("bobby").await, world.app("carol").await);
    // Whom one has written to may write.
    bob.post("/api/v1/statuses", &[("status", "@alice may I ask"), ("visibility", "direct")]).await;
    let direct =
        id(&alice.post("/api/v1/statuses", &[("status", "@bobby for you"), ("visibility", "direct")]).await);
    let private =
        id(&alice.post("/api/v1/statuses", &[("status", "for followers"), ("visibility", "private")]).await);
    assert!(
        bob.get(&format!("/api/v1/statuses/{direct}")).await["content"].as_str().unwrap().contains("for you")
    );
    for id in [&direct, &private] {
        assert_eq!(carol.try_get(&format!("/api/v1/statuses/{id}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(world.get(&format!("/api/v1/statuses/{id}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            carol.try_post(&format!("/api/v1/statuses/{id}/favourite"), &[]).await.status,
            StatusCode::NOT_FOUND
        );
    }
    carol.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    let later = id(&alice.post("/api/v1/statuses", &[("status", "more"), ("visibility", "private")]).await);
    assert_eq!(ids(&carol.get("/api/v1/timelines/home").await), [later]);
    alice.post(&format!("/api/v1/accounts/{}/block", bob.member), &[]).await;
    assert_eq!(bob.try_get(&format!("/api/v1/statuses/{direct}")).await.status, StatusCode::NOT_FOUND);
}

async fn polls_take_votes(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let form = [
        ("status", "?"),
        ("poll[options][]", "a"),
        ("poll[options][]", "b"),
        ("poll[expires_in]", "600"),
        ("poll[multiple]", "true"),
    ];
    let post = alice.post("/api/v1/statuses", &form).await;
    let id = id(&post["poll"]);
    assert_eq!(
        (post["poll"]["voted"].as_bool(), post["poll"]["expired"].as_bool()),
        (Some(true), Some(false))
    );
    let poll =
        bob.post(&format!("/api/v1/polls/{id}/votes"), &[("choices[]", "1"), ("choices[]", "0")]).await;
    assert_eq!((poll["votes_count"].as_u64(), poll["voters_count"].as_u64()), (Some(2), Some(1)));
    assert_eq!((&poll["own_votes"], &poll["options"][1]["votes_count"]), (&json!([0, 1]), &json!(1)));
    let again = bob.try_post(&format!("/api/v1/polls/{id}/votes"), &[("choices[]", "0")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.get(&format!("/api/v1/polls/{id}")).await.good("poll")["votes_count"], 2);
}

async fn threads_are_one_tree(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let reply = async |app: &App, to: &str, text: &str| {
        id(&app.post("/api/v1/statuses", &[("status", text), ("in_reply_to_id", to)]).await)
    };
    let first = alice.says("first").await;
    let a = reply(&bob, &first, "a").await;
    let b = reply(&bob, &first, "b").await;
    let aa = reply(&alice, &a, "aa").await;
    let aaa = reply(&bob, &aa, "aaa").await;
    let whole = alice.get(&format!("/api/v1/statuses/{first}/context")).await;
    assert_eq!(ids(&whole["descendants"]), [a.clone(), aa.clone(), aaa.clone(), b.clone()]);
    let inner = alice.get(&format!("/api/v1/statuses/{aa}/context")).await;
    assert_eq!(
        (ids(&inner["ancestors"]), ids(&inner["descendants"])),
        (vec![first.clone(), a.clone()], vec![aaa])
    );
    assert_eq!(alice.get(&format!("/api/v1/statuses/{first}")).await["replies_count"], 2);
    alice.post(&format!("/api/v1/accounts/{}/mute", bob.member), &[]).await;
    let muted = alice.get(&format!("/api/v1/statuses/{first}/context")).await;
    assert_eq!(ids(&muted["descendants"]), [aa]);
}

async fn acts_are_marked(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let post = alice.says("mark me").await;
    let act = async |word: &str| bob.post(&format!("/api/v1/statuses/{post}/{word}"), &[]).await;
    let liked = act("favourite").await;
    assert_eq!((liked["favourited"].as_bool(), liked["favourites_count"].as_u64()), (Some(true), Some(1)));
    assert_eq!(act("bookmark").await["bookmarked"], true);
    let repost = act("reblog").await;
    assert_eq!(
        (repost["reblog"]["id"].as_str(), repost["reblog"]["reblogged"].as_bool()),
        (Some(post.as_str()), Some(true))
    );
    assert_eq!(id(&act("reblog").await), id(&repost));
    for (path, app) in [("/api/v1/bookmarks", &bob), ("/api/v1/favourites", &bob)] {
        let told = app.try_get(path).await;
        assert!(told.headers["link"].to_str().unwrap().starts_with('<'));
        assert_eq!(ids(&told.good(path)), std::slice::from_ref(&post));
    }
    assert_eq!(
        ids(&alice.get(&format!("/api/v1/statuses/{post}/favourited_by")).await),
        [bob.member.to_string()]
    );
    assert_eq!(
        ids(&alice.get(&format!("/api/v1/statuses/{post}/reblogged_by")).await),
        [bob.member.to_string()]
    );
    assert_eq!(act("unreblog").await["reblogged"], false);
    assert_eq!(act("unfavourite").await["favourites_count"], 0);
    assert_eq!(act("unbookmark").await["bookmarked"], false);
    let pinned = alice.post(&format!("/api/v1/statuses/{post}/pin"), &[]).await;
    assert_eq!(pinned["pinned"], true);
    assert_eq!(
        ids(&bob.get(&format!("/api/v1/accounts/{}/statuses?pinned=true", alice.member)).await),
        std::slice::from_ref(&post)
    );
    assert!(bob.try_post(&format!("/api/v1/statuses/{post}/pin"), &[]).await.status.is_client_error());
}

async fn polls_hide_and_change(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let poll = json!({ "options": ["a", "b"], "expires_in": "600", "multiple": 0, "hide_totals": true });
    let post =
        alice.send_json(Method::POST, "/api/v1/statuses", json!({ "status": "?", "poll": poll })).await;
    let (path, vote) =
        (format!("/api/v1/statuses/{}", id(&post)), format!("/api/v1/polls/{}/votes", id(&post["poll"])));
    let voted = bob.send_json(Method::POST, &vote, json!({ "choices": [1] })).await;
    assert_eq!((&voted["options"][1]["votes_count"], &voted["votes_count"]), (&json!(null), &json!(1)));
    assert_eq!((&voted["voted"], &voted["own_votes"]), (&json!(true), &json!([1])));
    for choices in [json!([7]), json!([0, 1]), json!(["x"]), json!([])] {
        let body = json!({ "choices": choices }).to_string();
        let request =
            alice.request(Method::POST, &vote).header("content-type", "application/json").body(body);
        assert!(told(request).await.status.is_client_error());
    }
    let stranger = world.get(&format!("/api/v1/polls/{}", id(&post))).await.good("poll");
    assert!(stranger.get("voted").is_none() && stranger["expires_at"].is_string());
    // The same options: the votes stay. Others: they begin anew.
    let same = alice.send_json(Method::PUT, &path, json!({ "status": "??", "poll": poll })).await;
    assert_eq!(same["poll"]["votes_count"], 1);
    let other = json!({ "options": ["a", "c"], "expires_in": 600 });
    let other = alice.send_json(Method::PUT, &path, json!({ "status": "??", "poll": other })).await;
    assert_eq!(
        (&other["poll"]["votes_count"], &other["poll"]["options"][1]["title"]),
        (&json!(0), &json!("c"))
    );
    assert_eq!(bob.get(&path).await["poll"]["voted"], false);
    let none = alice.send(Method::PUT, &path, &[("status", "no question")]).await;
    assert!(none["poll"].is_null());
    let history = alice.get(&format!("{path}/history")).await;
    assert_eq!(history[0]["poll"]["options"], json!([{ "title": "a" }, { "title": "b" }]));
    for bad in [
        json!({ "options": ["one"], "expires_in": 600 }),
        json!({ "options": ["a", "a"], "expires_in": 600 }),
        json!({ "options": ["a", "b"], "expires_in": 1 }),
        json!({ "options": ["a", "b"] }),
    ] {
        let body = json!({ "status": "?", "poll": bad }).to_string();
        let request = alice
            .request(Method::POST, "/api/v1/statuses")
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(told(request).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
