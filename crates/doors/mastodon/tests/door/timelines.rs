//! Timelines and their pages.

use crate::support::*;
use landbridge_store::testing::TestStore;
use reqwest::Method;

landbridge_store::on_both_engines!(pages_join, what_is_written_is_there_at_once, tags_are_found);

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
