//! Timelines and their pages.

use crate::support::*;
use landbridge_store::testing::TestStore;
use reqwest::Method;
use std::io::Read as _;

landbridge_store::on_both_engines!(
    pages_join,
    what_is_written_is_there_at_once,
    what_is_asked_for_again_is_packed_and_true,
    tags_are_found,
    a_profile_shows_what_is_asked_for,
    nonsense_in_a_query_is_no_fault_of_ours
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
    assert_eq!(tag("?all[]=more").await, std::slice::from_ref(&one));
    assert_eq!(tag("?none[]=more").await, std::slice::from_ref(&two));
    assert_eq!(tag("?any[]=other").await, [three, two, one]);
    let found = alice.get("/api/v2/search?q=w%C3%B6rl&type=hashtags").await;
    assert_eq!(found["hashtags"][0]["name"], "wörld");
    let found = alice.get("/api/v2/search?q=more&type=statuses").await;
    assert_eq!(ids(&found["statuses"]).len(), 1);
    let found = alice.get("/api/v2/search?q=ali").await;
    assert_eq!(found["accounts"][0]["acct"], "alice");
}

async fn a_profile_shows_what_is_asked_for(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let reply = async |app: &App, to: &str| {
        id(&app.post("/api/v1/statuses", &[("status", "re"), ("in_reply_to_id", to)]).await)
    };
    let plain = alice.says("plain #Tag").await;
    let own = reply(&alice, &plain).await;
    let theirs = bob.says("theirs").await;
    let other = reply(&alice, &theirs).await;
    let repost = id(&alice.post(&format!("/api/v1/statuses/{theirs}/reblog"), &[]).await);
    let private = id(&alice.post("/api/v1/statuses", &[("status", "hush"), ("visibility", "private")]).await);
    alice.post(&format!("/api/v1/statuses/{own}/pin"), &[]).await;
    let of = async |app: &App, query: &str| {
        ids(&app.get(&format!("/api/v1/accounts/{}/statuses{query}", alice.member)).await)
    };
    let all = [&private, &repost, &other, &own, &plain].map(String::clone);
    assert_eq!(of(&alice, "").await, all);
    assert_eq!(of(&bob, "").await, all[1..]);
    assert_eq!(of(&bob, "?exclude_reblogs=true").await, all[2..]);
    // An answer to oneself goes on with what one said.
    assert_eq!(of(&bob, "?exclude_replies=true").await, [&repost, &own, &plain].map(String::clone));
    assert_eq!(of(&bob, "?exclude_replies=true&exclude_reblogs=1").await, all[3..]);
    assert_eq!(of(&bob, "?tagged=TAG").await, all[4..]);
    assert_eq!(of(&bob, "?pinned=true").await, [own]);
    assert_eq!(of(&bob, "?only_media=true").await, Vec::<String>::new());
    assert_eq!(of(&bob, &format!("?limit=2&min_id={plain}")).await, all[2..4]);
    let stranger = world.get(&format!("/api/v1/accounts/{}/statuses?limit=1", alice.member)).await;
    let link = stranger.headers["link"].to_str().unwrap();
    let (next, prev) = link.split_once(", ").unwrap();
    assert!(next.contains(&format!("limit=1&max_id={repost}>; rel=\"next\"")), "{link}");
    assert!(prev.contains(&format!("limit=1&min_id={repost}>; rel=\"prev\"")), "{link}");
}

async fn nonsense_in_a_query_is_no_fault_of_ours(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    alice.says("#one").await;
    let me = alice.member;
    for query in ["%00", "a%00b", "%FF%FE", "%F0%9F%92%A9", "%25", "_", "%5C%27%3B--", &"x".repeat(5000)] {
        for path in [
            format!("accounts/{me}/statuses?tagged={query}"),
            format!("timelines/tag/{query}"),
            format!("timelines/tag/one?any[]={query}&none[]={query}&all[]={query}"),
            format!("timelines/home?max_id={query}&limit={query}"),
            format!("tags/{query}"),
            format!("accounts/lookup?acct={query}"),
            format!("accounts/search?q={query}&resolve=true"),
            format!("statuses/{query}"),
            format!("notifications?types[]={query}&account_id={query}"),
        ] {
            let told = alice.try_get(&format!("/api/v1/{path}")).await;
            assert!(!told.status.is_server_error(), "{path}: {} {}", told.status, told.text);
        }
        let found = alice.try_get(&format!("/api/v2/search?q={query}&resolve=true")).await;
        assert!(!found.status.is_server_error(), "{query}: {}", found.text);
    }
    for (path, form) in [
        ("/api/v1/statuses", [("status", "a\0b"), ("language", "\0")]),
        ("/api/v1/domain_blocks", [("domain", "a\0.example"), ("x", "")]),
        ("/api/v1/apps", [("client_name", "a\0b"), ("redirect_uris", "https://a.example/\0")]),
    ] {
        let told = alice.try_post(path, &form).await;
        assert!(!told.status.is_server_error(), "{path}: {} {}", told.status, told.text);
    }
    let odd = alice.get("/api/v1/timelines/home?limit=100000&max_id=&min_id=").await;
    assert_eq!(ids(&odd).len(), 1);
}
