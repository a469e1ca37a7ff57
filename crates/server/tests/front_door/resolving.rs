//! Whatever somebody pastes into the search of their app: names, addresses, links, keys and events of Nostr.

use http::Method;
use nostr::event::EventId;
use nostr::key::PublicKey;
use nostr::nips::nip19::{Nip19Event, ToBech32};
use serde_json::{Value, json};

use crate::house::{House, text};

#[tokio::test]
async fn every_name_of_a_person_and_a_post_finds_them() {
    let house = House::trial();
    let server = house.up();
    for name in ["alice", "bobby"] {
        house.ok(&["account", "create", name, "--password-stdin"], "correct horse battery\n");
    }
    let alice = server.token("alice", "correct horse battery").await;
    let bob = server.token("bobby", "correct horse battery").await;
    let post = server.api(&alice, Method::POST, "/api/v1/statuses", json!({ "status": "find me" })).await;
    let id = post["id"].as_str().unwrap();
    let record = format!("/api/landbridge/v1/statuses/{id}/deliveries");
    let record = server.api(&alice, Method::GET, &record, Value::Null).await;
    let native = |network: &str| {
        let mut copies = record["copies"].as_array().unwrap().iter();
        copies.find(|c| c["network"] == network).unwrap()["native_id"].as_str().unwrap().to_owned()
    };
    let names = server.get("/.well-known/nostr.json?name=alice").await;
    let names: Value = serde_json::from_slice(names.body()).unwrap_or_else(|_| panic!("{}", text(&names)));
    let key = PublicKey::from_hex(names["names"]["alice"].as_str().unwrap()).unwrap();
    let event = EventId::from_hex(&native("nostr")).unwrap();
    let (host, npub) = (server.host(), key.to_bech32().unwrap());
    let person = [
        "alice".to_owned(),
        "@Alice".to_owned(),
        format!("alice@{host}"),
        format!(" @alice@{host} "),
        format!("acct:alice@{host}"),
        format!("http://{host}/@alice"),
        format!("http://{host}/users/alice"),
        npub.clone(),
        format!("nostr:{npub}"),
    ];
    let thing = [
        format!("http://{host}/@alice/{id}"),
        native("activitypub"),
        Nip19Event::new(event).to_bech32().unwrap(),
        event.to_bech32().unwrap(),
        format!("nostr:{}", event.to_bech32().unwrap()),
    ];
    let nothing = ["npub1xxx".to_owned(), "nevent1qqqq".to_owned(), format!("http://{host}/@alice/99")];
    let named = |kind: &str, found: &Value| -> Vec<String> {
        found[kind].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let author = post["account"]["id"].as_str().unwrap();
    for (kind, wanted, texts) in [
        ("accounts", vec![author], &person[..]),
        ("statuses", vec![id], &thing[..]),
        ("statuses", vec![], &nothing[..]),
    ] {
        for text in texts {
            let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let path = format!("/api/v2/search?resolve=true&type={kind}&q={query}");
            let found = server.api(&bob, Method::GET, &path, Value::Null).await;
            assert_eq!(named(kind, &found), wanted, "{text}");
        }
    }
}
