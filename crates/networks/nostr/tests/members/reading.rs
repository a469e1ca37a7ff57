//! What is read on other relays.

use super::*;

on_both!(
    a_follower_who_left_is_noticed_by_the_newest_list,
    a_follower_who_left_is_noticed_by_reading_where_they_write,
    the_newest_profile_stands_with_its_verified_name,
    blocked_relays_get_nothing,
    who_leaves_another_relay_is_not_gone_here,
    what_was_missed_is_read_page_by_page,
    who_vouches_for_a_name_is_known_when_its_owner_says_so_too,
    what_a_relay_refuses_leaves_the_rest_of_it_readable,
);

async fn a_follower_who_left_is_noticed_by_the_newest_list(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, bob) = (n.member("alice", None).await.actor.id, n.member("bob", None).await.actor.id);
    let (a, b) = (n.key(alice).await, n.key(bob).await);
    let follower = Keys::generate();
    let mut app = n.client().await;
    let at = now() - 100;
    let followers = |who: Id| {
        let hub = n.hub.clone();
        async move { hub.actor(who).await.unwrap().followers }
    };
    let both: &[&[&str]] = &[&["p", &a], &["p", &b]];
    assert!(app.publish(&event(&follower, 3, at, both, "")).await.0);
    until("both are followed", || async { (followers(alice).await, followers(bob).await) == (1, 1) }).await;
    // A list that names no member at all.
    let empty = event(&follower, 3, at + 10, &[], "");
    assert_eq!(app.publish(&empty).await, (true, String::new()));
    until("both were left", || async { (followers(alice).await, followers(bob).await) == (0, 0) }).await;
    // Of the same second, the lower id wins: here and as relays see it.
    let mut versions: Vec<Event> =
        (0..2).map(|n| event(&follower, 3, at + 20, &[&["p", &a]], &n.to_string())).collect();
    versions.push(event(&follower, 3, at + 20, &[&["p", &b]], "2"));
    versions.sort_by_key(|e| std::cmp::Reverse(e.id));
    let newest = versions.last().unwrap().clone();
    for version in &versions {
        assert!(app.publish(version).await.0);
    }
    let wanted = if newest.tags[0][1] == a { (1, 0) } else { (0, 1) };
    until("the lowest id stands", || async { (followers(alice).await, followers(bob).await) == wanted })
        .await;
    // An older one, which another relay still holds, changes nothing.
    let (ok, why) = app.publish(&event(&follower, 3, at + 15, &[&["p", &a], &["p", &b]], "")).await;
    assert!(!ok && why.starts_with("duplicate:"), "{why}");
    assert_eq!((followers(alice).await, followers(bob).await), wanted);
}

/// Nobody is sent a list that does not name them: it has to be looked for.
async fn a_follower_who_left_is_noticed_by_reading_where_they_write(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let alice = home.member("alice", None).await.actor.id;
    let (key, keys) = (home.key(alice).await, Keys::generate());
    away.member("bob", Some(&keys)).await;
    // By his address it is known where he writes; without, index relays would have to tell.
    assert!(home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().is_some());
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    // His lists are in line with other relays; later that would write one more.
    until("his key is no longer new there", || async {
        let presence = away.hub.presence_by_native(Network::Nostr, &keys.public().to_string()).await.unwrap();
        presence.is_some_and(|presence| presence.facts["unsynced"] == false)
    })
    .await;
    let named: &[&[&str]] = &[&["p", &key, home.nostr.relay_url()]];
    assert!(app.publish(&event(&keys, 3, now() + 1, named, "")).await.0);
    let followers = async || home.hub.actor(alice).await.unwrap().followers;
    until("bob follows", || async { followers().await == 1 }).await;
    // His relay does not send on what he protects.
    assert!(app.publish(&event(&keys, 3, now() + 2, &[&["-"]], "")).await.0);
    until("bob has left", || async { followers().await == 0 }).await;
    let stored = home.stored(json!({"authors": [keys.public()], "kinds": [3], "#p": [key]})).await;
    assert_eq!(stored.len(), 1, "the newer list was not sent to us");
}

async fn the_newest_profile_stands_with_its_verified_name(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let (alice, keys) = (home.member("alice", None).await.actor.id, Keys::generate());
    away.member("bob", Some(&keys)).await;
    let address = format!("bob@{}", away.address);
    let bob = home.hub.find_actor(&address).await.unwrap().unwrap().id;
    home.hub.follow(alice, bob, Default::default(), None).await.unwrap();
    let shown = async || home.hub.actor(bob).await.unwrap().profile;
    let content = json!({"name": "bob", "display_name": "Robert", "nip05": address}).to_string();
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    assert!(app.publish(&event(&keys, 0, now() + 1, &[], &content)).await.0);
    until("the new name is here", || async { shown().await.display_name == "Robert" }).await;
    let verified = shown().await.fields.into_iter().find(|field| field.name == "Nostr");
    let verified = verified.expect("the claim is the same");
    assert!(verified.value.text == address && verified.verified_at.is_some());
    // An older one, from where it was kept.
    let key = home.key(alice).await;
    let named: &[&[&str]] = &[&["p", &key]];
    let older = event(&keys, 0, now() - 500, named, r#"{"display_name":"Bobby"}"#);
    let after = event(&keys, 1, now(), named, "Hello");
    let mut app = home.client().await;
    assert!(app.publish(&older).await.0 && app.publish(&after).await.0);
    assert!(home.post_of(&after).await.is_some());
    assert_eq!(shown().await.display_name, "Robert");
}

async fn blocked_relays_get_nothing(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let keys = Keys::generate();
    let alice = home.member("alice", Some(&keys)).await.actor.id;
    let bob = away.member("bob", None).await.actor.id;
    let mut app = home.client().await;
    assert!(app.authenticate(&keys).await.0);
    let blocked = event(&keys, 10_006, now(), &[&["relay", away.nostr.relay_url()]], "");
    assert!(app.publish(&blocked).await.0);
    let facts = async |node: &Node, key: &str| {
        node.hub.presence_by_native(Network::Nostr, key).await.unwrap().unwrap().facts
    };
    let me = keys.public().to_string();
    until("the list is known", || async {
        facts(&home, &me).await["blocked"] == json!([away.nostr.relay_url()])
    })
    .await;
    let bob_here = home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().unwrap();
    let draft = Draft { author: alice, text: format!("@{} hello", bob_here.acct()), ..Draft::default() };
    let post = home.hub.publish(draft, None).await.unwrap();
    assert_eq!(home.hub.post(post.id).await.unwrap().mentions[0].actor, bob_here.id);
    let sent = home.hub.deliveries(alice, post.id).await.unwrap();
    assert!(!sent.is_empty() && sent.iter().all(|d| d.destination != away.nostr.relay_url()), "{sent:?}");
    let _ = bob;
}

async fn who_leaves_another_relay_is_not_gone_here(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let alice = home.member("alice", None).await.actor.id;
    let keys = Keys::generate();
    away.member("bob", Some(&keys)).await;
    let bob = home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().unwrap().id;
    home.hub.follow(alice, bob, Default::default(), None).await.unwrap();
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    let first = event(&keys, 1, now(), &[], "Before");
    assert!(app.publish(&first).await.0);
    until("the first is here", || async { home.post_of(&first).await.is_some() }).await;
    let post = home.post_of(&first).await.unwrap();
    let leaves = event(&keys, 62, now() + 1, &[&["relay", away.nostr.relay_url()]], "");
    let second = event(&keys, 1, now() + 2, &[], "After");
    assert!(app.publish(&leaves).await.0 && app.publish(&second).await.0);
    until("the second is here", || async { home.post_of(&second).await.is_some() }).await;
    assert_eq!(home.hub.post(post).await.unwrap().text.text, "Before");
    let ends = event(&keys, 62, now() + 3, &[&["relay", "ALL_RELAYS"]], "");
    assert!(app.publish(&ends).await.0);
    until("both are gone", || async { home.hub.post(post).await.is_err() }).await;
}

/// A relay that gives little at once has more.
async fn what_was_missed_is_read_page_by_page(engine: EngineKind) {
    let limits = RelayLimits { default_limit: 25, max_limit: 25, ..RelayLimits::default() };
    let (home, away) =
        (node(engine).await, node_with(engine, Options { limits, ..Options::default() }).await);
    let (alice, bob) = (home.member("alice", None).await.actor.id, away.member("bob", None).await.actor.id);
    let mut ids = Vec::new();
    for n in 0..80 {
        let at = Some(landbridge_model::Time::from_secs(now() - 3_600 + n / 10));
        let draft = Draft { author: bob, text: format!("Missed {n}"), at, ..Draft::default() };
        let post = away.hub.publish(draft, None).await.unwrap();
        ids.push(away.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().unwrap().native_id);
    }
    let bob_here = home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().unwrap().id;
    home.hub.follow(alice, bob_here, Default::default(), None).await.unwrap();
    until("all of them are here", || async {
        for id in &ids {
            if home.hub.copy(Network::Nostr, id).await.unwrap().is_none() {
                return false;
            }
        }
        true
    })
    .await;
}

async fn who_vouches_for_a_name_is_known_when_its_owner_says_so_too(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let keys = Keys::generate();
    away.imported("bob", &keys).await;
    let hosts = async || home.nostr.hosts_of(&home.hub, &keys.public().to_string()).await.unwrap();
    assert!(hosts().await.is_empty());
    assert!(home.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().is_some());
    assert_eq!(hosts().await, [away.address.to_string()]);
    // Whoever names somebody else's key is nobody's host.
    let (other, mut app) = (node(engine).await, away.client().await);
    assert!(app.authenticate(&keys).await.0);
    let claims = json!({ "nip05": "bob@elsewhere.example" }).to_string();
    assert!(app.publish(&event(&keys, 0, now() + 1, &[], &claims)).await.0);
    assert!(other.hub.find_actor(&format!("bob@{}", away.address)).await.unwrap().is_some());
    assert!(other.nostr.hosts_of(&other.hub, &keys.public().to_string()).await.unwrap().is_empty());
}

/// A relay that has one event, for whoever asks for notes; it refuses old messages, and tells nobody of wraps.
async fn picky_relay(event: &Event) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let event: Value = serde_json::from_str(&event.json).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let event = event.clone();
            tokio::spawn(async move {
                let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                while let Some(Ok(message)) = socket.next().await {
                    let Message::Text(text) = message else { continue };
                    let frame: Vec<Value> = serde_json::from_str(&text).unwrap();
                    if frame[0] != "REQ" {
                        continue;
                    }
                    let asks = |kind: u64| {
                        let kinds =
                            |f: &Value| f["kinds"].as_array().is_some_and(|k| k.contains(&json!(kind)));
                        frame[2..].iter().any(kinds)
                    };
                    let answers = match () {
                        () if asks(4) => vec![json!(["CLOSED", frame[1], "restricted: no old messages"])],
                        () if asks(1059) => vec![json!(["CLOSED", frame[1], "auth-required: who are you?"])],
                        () if asks(1) => vec![json!(["EVENT", frame[1], event]), json!(["EOSE", frame[1]])],
                        () => vec![json!(["EOSE", frame[1]])],
                    };
                    for answer in answers {
                        _ = socket.send(Message::text(answer.to_string())).await;
                    }
                }
            });
        }
    });
    url
}

async fn what_a_relay_refuses_leaves_the_rest_of_it_readable(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let key = n.key(alice).await;
    let note = event(&Keys::generate(), 1, now(), &[&["p", &key]], "Are you there?");
    let url = picky_relay(&note).await;
    let mut facts = n.hub.presence(alice, Network::Nostr).await.unwrap().unwrap().facts;
    facts["relays"]["read"] = json!([url]);
    facts["messages"] = json!([url]);
    n.hub.set_facts(Network::Nostr, &key, facts).await.unwrap();
    // A change of the member's, for the plan to be made anew.
    n.hub.set_contact_rules(alice, Rules::default()).await.unwrap();
    until("the mention is here", || async { n.post_of(&note).await.is_some() }).await;
}
