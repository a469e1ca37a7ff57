//! Timelines and their pages.

use crate::support::*;
use landbridge_store::testing::TestStore;
use reqwest::Method;
use std::io::Read as _;

landbridge_store::on_both_engines!(
    pages_join,
    what_is_written_is_there_at_once,
    what_is_asked_for_again_is_packed_and_true,
    tags_are_found
);

async fn pages_join(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let mut all = Vec::new();
    for i in 0..30 {
        all.push(alice.says(&format!("post {i}")).await);
        if i % 3 == 0 {
            bob.says("in between").await;
        }
    }
    all.reverse();
    // What is muted leaves no holes.
    alice.post(&format!("/api/v1/accounts/{}/mute", bob.member), &[]).await;
    let mut found = Vec::new();
    let mut path = "/api/v1/timelines/public?local=true&limit=7".to_owned();
    loop {
        let told = alice.try_get(&path).await;
        let link = told.headers.get("link").map(|l| l.to_str().unwrap().to_owned());
        let page = ids(&told.good(&path));
        assert!(page.len() == 7 || found.len() + page.len() == 30, "{} after {}", page.len(), found.len());
        found.extend(page);
        let Some(link) = link else { break };
        let next = link.split('>').next().unwrap().trim_start_matches('<').to_owned();
        assert!(link.contains("rel=\"next\", <") && next.contains("local=true"), "{link}");
        path = next.strip_prefix(&world.base).unwrap().to_owned();
    }
    assert_eq!(found, all);
    let above = alice.get(&format!("/api/v1/timelines/public?limit=3&min_id={}", all[10])).await;
    assert_eq!(ids(&above), all[7..10]);
    let newest = alice.get(&format!("/api/v1/timelines/public?limit=3&since_id={}", all[10])).await;
    assert_eq!(ids(&newest), all[..3]);
    let profile =
        bob.get(&format!("/api/v1/accounts/{}/statuses?limit=5&max_id={}", alice.member, all[4])).await;
    assert_eq!(ids(&profile), all[5..10]);
}

async fn what_is_written_is_there_at_once(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    for i in 1..=5 {
        let post = alice.says(&format!("{i}")).await;
        assert_eq!(ids(&bob.get("/api/v1/timelines/home").await)[0], post);
        assert_eq!(ids(&bob.get("/api/v1/timelines/home").await).len(), i);
        bob.post(&format!("/api/v1/statuses/{post}/favourite"), &[]).await;
        assert_eq!(bob.get("/api/v1/timelines/home").await[0]["favourited"], true);
    }
    let name = [("display_name", "Alice Example")];
    alice.send(Method::PATCH, "/api/v1/accounts/update_credentials", &name).await;
    assert_eq!(bob.get("/api/v1/timelines/home").await[0]["account"]["display_name"], "Alice Example");
    bob.post(&format!("/api/v1/accounts/{}/unfollow", alice.member), &[]).await;
    assert!(ids(&bob.get("/api/v1/timelines/home").await).is_empty());
}

async fn what_is_asked_for_again_is_packed_and_true(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let long = "many words ".repeat(200);
    alice.says(&long).await;
    let client = reqwest::Client::builder().no_gzip().build().unwrap();
    let ask = async |coding: &str| {
        let url = format!("{}/api/v1/timelines/home", world.base);
        let request = client.get(url).bearer_auth(&alice.token).header("accept-encoding", coding);
        let answer = request.send().await.unwrap();
        let packed = answer.headers().get("content-encoding").is_some_and(|coding| coding == "gzip");
        let body = answer.bytes().await.unwrap();
        let mut text = String::new();
        match packed {
            true => _ = flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap(),
            false => text = String::from_utf8(body.to_vec()).unwrap(),
        }
        (packed, serde_json::from_str::<serde_json::Value>(&text).unwrap())
    };
    // Noted uses are a write too: none may come in between.
    world.hub.write_uses().await.unwrap();
    let (packed, first) = ask("gzip").await;
    assert!(!packed);
    // A PostgreSQL that others use too (other tests do) may commit something in between; not every time.
    let mut packed_once = false;
    for _ in 0..300 {
        let (packed, again) = ask("gzip").await;
        assert_eq!(again, first);
        packed_once |= packed;
        if packed_once {
            break;
        }
    }
    assert!(packed_once, "remembered, on either engine");
    assert_eq!(ask("identity").await, (false, first));
    let more = alice.says(&long).await;
    let (_, now) = ask("gzip").await;
    assert_eq!(ids(&now)[0], more);
}

async fn tags_are_found(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let one = alice.says("#Wörld and #more").await;
    let two = alice.says("#wörld").await;
    let three = alice.says("#other").await;
    let tag = async |query: &str| {
        ids(&world.get(&format!("/api/v1/timelines/tag/W%C3%B6rld{query}")).await.good(query))
    };
    assert_eq!(tag("").await, [two.clone(), one.clone()]);
    assert_eq!(tag("?all[]=more").await, [one.clone()]);
    assert_eq!(tag("?none[]=more").await, [two.clone()]);
    assert_eq!(tag("?any[]=other").await, [three, two, one]);
    let found = alice.get("/api/v2/search?q=w%C3%B6rl&type=hashtags").await;
    assert_eq!(found["hashtags"][0]["name"], "wörld");
    let found = alice.get("/api/v2/search?q=more&type=statuses").await;
    assert_eq!(ids(&found["statuses"]).len(), 1);
    let found = alice.get("/api/v2/search?q=ali").await;
    assert_eq!(found["accounts"][0]["acct"], "alice");
}
