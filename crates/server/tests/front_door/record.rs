//! The delivery record of a post, as its author reads it: between two servers, over the wire.

use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

use crate::house::{House, Running};

const PASSWORD: &str = "correct horse battery";

/// Looks until it is so.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("it did not come to this: {what}")
}

async fn record(server: &Running, token: &str, post: &str) -> Value {
    let path = format!("/api/landbridge/v1/statuses/{post}/deliveries");
    server.api(token, Method::GET, &path, Value::Null).await
}

/// The delivery of an act to the other server.
fn line(record: &Value, act: &str) -> Option<Value> {
    let all = record["deliveries"].as_array().unwrap();
    all.iter().find(|d| d["network"] == "activitypub" && d["act"] == act).cloned()
}

#[tokio::test]
async fn a_post_is_followed_to_where_it_went() {
    let (here, there) = (House::trial(), House::trial());
    let (server, other) = (here.up(), there.up());
    here.ok(&["account", "create", "alice", "--password-stdin"], &format!("{PASSWORD}\n"));
    there.ok(&["account", "create", "bobby", "--password-stdin"], &format!("{PASSWORD}\n"));
    let (alice, bob) = (server.token("alice", PASSWORD).await, other.token("bobby", PASSWORD).await);

    let find = format!("/api/v2/search?resolve=true&type=accounts&q=alice@{}", server.host());
    let found = other.api(&bob, Method::GET, &find, Value::Null).await;
    let id = found["accounts"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
    other.api(&bob, Method::POST, &format!("/api/v1/accounts/{id}/follow"), Value::Null).await;
    until("bobby follows", async || {
        let path = format!("/api/v1/accounts/relationships?id[]={id}");
        let relation = other.api(&bob, Method::GET, &path, Value::Null).await;
        (relation[0]["following"] == true).then_some(())
    })
    .await;

    let say = async |text: &str| {
        let body = json!({ "status": text });
        let post = server.api(&alice, Method::POST, "/api/v1/statuses", body).await;
        post["id"].as_str().unwrap().to_owned()
    };
    let post = say("hello over there").await;
    let delivered = async |act: &str| {
        until(act, async || {
            line(&record(&server, &alice, &post).await, act).filter(|d| d["state"] == "delivered")
        })
        .await
    };
    let told = delivered("post").await;
    assert_eq!((&told["host"], &told["confirmed"]), (&json!(other.host()), &Value::Null));
    assert!(told["destination"].as_str().unwrap().starts_with(&format!("http://{}", other.host())));
    assert!(told["finished_at"].is_string() && told["next_at"].is_null(), "{told}");
    let copies = record(&server, &alice, &post).await["copies"].clone();
    let networks: Vec<_> =
        copies.as_array().unwrap().iter().map(|c| c["network"].as_str().unwrap()).collect();
    assert_eq!(networks, ["activitypub", "nostr", "atproto"]);
    assert!(copies.as_array().unwrap().iter().all(|c| c["state"] == "live"), "{copies}");

    // A preview says beforehand where a post would go, and sends nothing.
    let draft = json!({ "status": "for followers", "visibility": "private" });
    let preview = server.api(&alice, Method::POST, "/api/landbridge/v1/preview", draft).await;
    let reaches = |network: &str| {
        let all = preview.as_array().unwrap();
        all.iter().find(|p| p["network"] == network).unwrap().clone()
    };
    assert_eq!(
        (&reaches("activitypub")["reaches"], &reaches("nostr")["reaches"]),
        (&json!(true), &json!(false))
    );
    assert!(reaches("nostr")["why_not"].is_string() && reaches("activitypub")["why_not"].is_null());

    server.api(&alice, Method::DELETE, &format!("/api/v1/statuses/{post}"), Value::Null).await;
    assert_eq!(delivered("delete").await["confirmed"], true);
    let after = record(&server, &alice, &post).await;
    assert!(after["copies"].as_array().unwrap().iter().all(|c| c["state"] == "deleted"), "{after}");
    let mut nostr = after["deliveries"].as_array().unwrap().iter();
    let asked = nostr.find(|d| d["network"] == "nostr" && d["act"] == "delete");
    assert!(asked.is_none_or(|d| d["state"] != "delivered" || d["confirmed"] == false), "{asked:?}");

    let host = other.host();
    other.stop();
    let waits = say("are you there?").await;
    let line = until("it waits", async || {
        line(&record(&server, &alice, &waits).await, "post").filter(|d| d["answer"].is_string())
    })
    .await;
    assert_eq!((&line["state"], &line["host"]), (&json!("waiting"), &json!(host)));
    assert!(line["next_at"].is_string() && line["finished_at"].is_null() && line["attempts"] != 0, "{line}");
}
