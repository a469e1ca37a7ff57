//! Members who are the host of their handle (`did:web`): bound to it, and signed for like everybody else.

use crate::world::{PASSWORD, World, on_both};
use http::Method;
use landbridge_atproto::{
    crypto::PublicKey,
    identity::DidDocument,
    repo::{car::CarLimits, import::import},
    syntax::Did,
};
use landbridge_hub::KeyImport;
use landbridge_model::{Id, Network, PresenceState};
use landbridge_store::EngineKind;
use serde_json::{Value, json};

on_both!(
    a_member_may_be_their_host,
    a_new_key_signs_from_then_on,
    whoever_is_away_is_still_somebody,
    nobody_is_a_host_by_saying_so,
);

const DID: &str = "did:web:alice.landbridge.test";

fn bringing(key: &str) -> Option<KeyImport> {
    Some(KeyImport { key: key.into(), password: None })
}

/// What a host below the domain of handles says; `None`: nothing.
async fn said_by(world: &World, host: &str) -> Option<Value> {
    let url = format!("{}/.well-known/did.json", world.pds);
    let answer = world.send(Method::GET, &url, &[("host", host)], Vec::new()).await;
    (answer.status == 200).then(|| answer.json())
}

/// Joins by the form; gives what the page says then.
async fn join(world: &World, member: Id, identity: &str) -> String {
    world.settings(member, "join", &[("identity", identity), ("password", PASSWORD)]).await
}

/// The key that the document names, and whether it has signed the whole repository as it is served.
async fn signs(world: &World) -> (PublicKey, bool) {
    let did = Did::parse(DID).unwrap();
    let document = said_by(world, "alice.landbridge.test").await.unwrap().to_string();
    let key = DidDocument::parse(&did, document.as_bytes()).unwrap().signing_key().unwrap().clone();
    let file = world.get(&format!("com.atproto.sync.getRepo?did={DID}"), "").await.body;
    let fits = import(&file, CarLimits::REPO, &did, Some(&key)).is_ok();
    (key, fits)
}

async fn post(world: &World, token: &str, did: &str) -> u16 {
    let record =
        json!({ "$type": "app.bsky.feed.post", "text": "from home", "createdAt": "2026-01-01T00:00:00Z" });
    let wanted = json!({ "repo": did, "collection": "app.bsky.feed.post", "record": record });
    world.post("com.atproto.repo.createRecord", token, wanted).await.status
}

async fn a_member_may_be_their_host(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member_on("alice", Vec::new()).await, world.member_on("bob", Vec::new()).await);
    let (cookie, _) = world.browser(alice).await;
    let url = format!("{}/settings/atproto", world.main);
    let page = world.send(Method::GET, &url, &[("cookie", &cookie)], Vec::new()).await.text();
    for words in ["did:web:alice.landbridge.test", "bound to this domain for ever", "no recovery key"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let wrong = world.settings(alice, "join", &[("identity", "web"), ("password", "wrong password")]).await;
    assert!(wrong.contains("That is not your password"));
    assert!(world.hub.presence(alice, Network::AtProto).await.unwrap().is_none());

    let page = join(&world, alice, "web").await;
    assert!(
        page.contains("You are on AT Protocol") && page.contains("Your identity is this address"),
        "{page}"
    );
    assert!(!page.contains("Show my recovery key"));
    assert_eq!(world.did(alice).await.as_str(), DID);
    join(&world, bob, "plc").await;
    assert!(world.did(bob).await.as_str().starts_with("did:plc:"));

    let document = said_by(&world, "alice.landbridge.test").await.unwrap();
    assert_eq!(
        (&document["id"], &document["alsoKnownAs"]),
        (&json!(DID), &json!(["at://alice.landbridge.test"]))
    );
    assert_eq!(document["service"][0]["serviceEndpoint"], world.pds);
    // Whatever the spelling and the port; and nobody else's host says anything.
    assert_eq!(said_by(&world, "Alice.Landbridge.Test:443").await, Some(document.clone()));
    for host in ["bob.landbridge.test", "nobody.landbridge.test", "x.alice.landbridge.test"] {
        assert_eq!(said_by(&world, host).await, None, "{host}");
    }
    assert_eq!(said_by(&world, "127.0.0.1").await.unwrap()["id"], world.server_did());
    let handle = "com.atproto.identity.resolveHandle?handle=alice.landbridge.test";
    assert_eq!(world.get(handle, "").await.ok()["did"], DID);
    let found = world.get(&format!("com.atproto.identity.resolveDid?did={DID}"), "").await.ok();
    assert_eq!(found["didDoc"], document);

    // Apps sign in and write, and what they write is signed by the key in the document.
    let session = world.sign_in("alice.landbridge.test", PASSWORD).await.ok();
    assert_eq!((&session["did"], &session["didDoc"]), (&json!(DID), &document));
    let token = session["accessJwt"].as_str().unwrap();
    assert_eq!(post(&world, token, DID).await, 200);
    assert!(signs(&world).await.1);
    assert_eq!(world.get("com.atproto.server.checkAccountStatus", token).await.ok()["validDid"], true);
    // There is no directory in which anything could be changed.
    let code = world.code(alice, "identity-code").await;
    for (method, body) in [
        ("com.atproto.identity.signPlcOperation", json!({ "token": code })),
        ("com.atproto.identity.submitPlcOperation", json!({ "operation": {} })),
    ] {
        assert_eq!(world.post(method, token, body).await.error(), (400, "InvalidRequest".into()), "{method}");
    }
    let own = json!({ "handle": "alice.landbridge.test" });
    assert_eq!(world.post("com.atproto.identity.updateHandle", token, own).await.status, 200);
}

async fn a_new_key_signs_from_then_on(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member_on("alice", Vec::new()).await, world.member("bob").await);
    join(&world, alice, "web").await;
    let token = world.token("alice").await;
    assert_eq!(post(&world, &token, DID).await, 200);
    let (first, fits) = signs(&world).await;
    assert!(fits);
    // Another node has the first one at hand.
    let other = world.another_node();
    let presence = world.presence(alice).await;
    other.make_commit(&presence, &[]).await.unwrap();

    let page = world.settings(alice, "new-key", &[("password", "wrong password")]).await;
    assert!(page.contains("That is not your password") && signs(&world).await.0 == first);
    let page = world.settings(alice, "new-key", &[("password", PASSWORD)]).await;
    assert!(page.contains("A new key signs for you"), "{page}");
    let (second, fits) = signs(&world).await;
    assert!(fits && second != first);
    assert_eq!(post(&world, &token, DID).await, 200);
    assert_eq!(signs(&world).await, (second.clone(), true));
    // And there as well.
    let made = other.make_commit(&presence, &[]).await.unwrap();
    world.hub.store().write(made.changes).await.unwrap();
    assert_eq!(signs(&world).await, (second.clone(), true));

    // In the directory, it is an operation.
    let did = world.did(bob).await;
    let before = world.at.plc_data(&did).await.unwrap().unwrap().0.verification_methods;
    world.settings(bob, "new-key", &[("password", PASSWORD)]).await;
    let (after, _) = world.at.plc_data(&did).await.unwrap().unwrap();
    assert_ne!(after.verification_methods, before);
    let key = PublicKey::from_did_key(&after.verification_methods[0].1).unwrap();
    let file = world.get(&format!("com.atproto.sync.getRepo?did={did}"), "").await.body;
    assert!(import(&file, CarLimits::REPO, &did, Some(&key)).is_ok());
}

async fn whoever_is_away_is_still_somebody(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member_on("alice", Vec::new()).await;
    join(&world, alice, "web").await;
    let document = said_by(&world, "alice.landbridge.test").await.unwrap();
    let status = format!("com.atproto.sync.getRepoStatus?did={DID}");
    // Switched off, deactivated, taken down: the identity stands, and nothing is served.
    world.hub.leave_network(alice, Network::AtProto).await.unwrap();
    assert_eq!(world.presence(alice).await.state, PresenceState::Off);
    assert_eq!(said_by(&world, "alice.landbridge.test").await.as_ref(), Some(&document));
    assert_eq!(world.get(&status, "").await.ok()["active"], false);
    // So its host needs a certificate.
    assert!(world.at.is_handle("alice.landbridge.test").await);
    let page = world.settings(alice, "new-key", &[("password", PASSWORD)]).await;
    assert!(page.contains("switch AT Protocol on first"), "{page}");
    world.hub.join_network(alice, Network::AtProto, None).await.unwrap();
    world.hub.deactivate(alice).await.unwrap();
    assert_eq!(said_by(&world, "alice.landbridge.test").await.as_ref(), Some(&document));
    world.hub.reactivate(alice).await.unwrap();
    world.hub.suspend(alice, true).await.unwrap();
    assert_eq!(said_by(&world, "alice.landbridge.test").await.as_ref(), Some(&document));
    world.hub.suspend(alice, false).await.unwrap();
    assert_eq!(world.get(&status, "").await.ok()["active"], true);
    // Deleted, it is nobody; and never somebody else.
    world.hub.delete_member(alice).await.unwrap();
    assert_eq!(said_by(&world, "alice.landbridge.test").await, None);
    assert!(!world.at.is_handle("alice.landbridge.test").await);
    assert!(world.try_member_on("alice", vec![(Network::AtProto, bringing("did:web"))]).await.is_err());
}

async fn nobody_is_a_host_by_saying_so(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    // Who is in the directory is not also the host.
    assert_eq!(said_by(&world, "alice.landbridge.test").await, None);
    let missing = world.get(&format!("com.atproto.identity.resolveDid?did={DID}"), "").await;
    assert_ne!(missing.status, 200);
    let page = join(&world, alice, "web").await;
    assert!(world.did(alice).await.as_str().starts_with("did:plc:"), "{page}");
    // A key is no identity on this network.
    let carol =
        world.try_member_on("carol", vec![(Network::AtProto, bringing("did:web:bank.example"))]).await;
    assert!(carol.is_err());
    assert_eq!(said_by(&world, "carol.landbridge.test").await, None);
}
