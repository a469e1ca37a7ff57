//! Members' profiles, lists of follows and of relays: made here, by their apps, or brought along.

use super::*;

on_both!(
    a_profile_written_in_an_app_stays_as_it_is,
    a_list_of_follows_goes_out_once,
    whom_an_imported_key_follows_is_told_nothing,
    keys_come_and_go,
    a_key_is_not_taken_for_new_while_a_relay_is_silent,
    follows_made_at_once_are_all_in_the_list,
);

async fn a_profile_written_in_an_app_stays_as_it_is(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let (alice, me) = (n.imported("alice", &keys).await, keys.public().to_string());
    let mut app = n.client().await;
    assert!(app.authenticate(&keys).await.0);
    let content = json!({
        "display_name": "Alicia", "picture": "https://own.example/a.png", "website": "https://own.example",
    });
    let told = event(&keys, 0, now() + 1, &[], &content.to_string());
    assert!(app.publish(&told).await.0);
    let profile = async || n.hub.actor(alice).await.unwrap().profile;
    until("the name is here", || async { profile().await.display_name == "Alicia" }).await;
    assert_eq!(n.newest(&me, 0).await.id, told.id, "the app's own is the newest");
    let changed = Profile { bio: RichText::plain("Hi"), ..profile().await };
    n.hub.set_profile(alice, changed, false, false, None).await.unwrap();
    let fields: Value = serde_json::from_str(&n.newest(&me, 0).await.content).unwrap();
    for name in ["display_name", "picture", "website"] {
        assert_eq!(fields[name], content[name], "{name}");
    }
    assert_eq!(fields["about"], "Hi");
    assert_eq!(fields["nip05"], json!(n.hub.config().address("alice")));
}

async fn a_list_of_follows_goes_out_once(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.imported("alice", &keys).await;
    let mut app = n.client().await;
    assert!(app.authenticate(&keys).await.0);
    let (bob, carol, dora) = (n.stranger().await, n.stranger().await, n.stranger().await);
    let following = async || n.hub.actor(alice).await.unwrap().following;
    let relay = |name: &str| format!("ws://127.0.0.1:9/{name}");
    n.writes_to(&bob.1, &relay("bob")).await;
    n.writes_to(&carol.1, &relay("carol")).await;
    n.writes_to(&dora.1, &relay("dora")).await;
    let own = n.nostr.relay_url().to_owned();
    let both: &[&[&str]] = &[&["p", &bob.1], &["p", &carol.1]];
    assert!(app.publish(&event(&keys, 3, now() + 1, both, "")).await.0);
    until("both are followed", || async { following().await == 2 }).await;
    let sent = n.lists_sent().await;
    assert!(sent.iter().all(|(payload, _)| *payload == sent[0].0), "{sent:?}");
    let mut places: Vec<String> = sent.into_iter().map(|(_, place)| place).collect();
    places.sort();
    let mut wanted = vec![relay("bob"), relay("carol"), own.clone()];
    wanted.sort();
    assert_eq!(places, wanted);
    // Of the next one, whoever stays in it hears nothing.
    let next: &[&[&str]] = &[&["p", &carol.1], &["p", &dora.1]];
    assert!(app.publish(&event(&keys, 3, now() + 2, next, "")).await.0);
    until("it is sent", || async { n.lists_sent().await.len() == 6 }).await;
    let told = n.lists_sent().await.into_iter().filter(|(_, place)| *place == relay("carol"));
    assert_eq!(told.count(), 1);
}

async fn whom_an_imported_key_follows_is_told_nothing(engine: EngineKind) {
    let (away, keys) = (node(engine).await, Keys::generate());
    away.imported("alice", &keys).await;
    let index_relays = vec![away.nostr.relay_url().to_owned()];
    let mut app = away.client().await;
    assert!(app.authenticate(&keys).await.0);
    let bob = Keys::generate().public().to_string();
    let list = event(&keys, 3, now() + 1, &[&["p", &bob, "", "a petname"]], "");
    assert!(app.publish(&list).await.0);
    let home = node_with(engine, Options { index_relays, ..Options::default() }).await;
    let alice = home.imported("alice", &keys).await;
    let me = keys.public().to_string();
    until("the lists are merged", || async {
        home.newest(&me, 10_002).await.tags.values("r").any(|url| url == home.nostr.relay_url())
    })
    .await;
    assert_eq!(home.hub.actor(alice).await.unwrap().following, 1);
    assert!(home.lists_sent().await.is_empty());
    assert_eq!(home.newest(&me, 3).await.id, list.id);
}

async fn keys_come_and_go(engine: EngineKind) {
    let n = node(engine).await;
    let keys = Keys::generate();
    let alice = n.member("alice", Some(&keys)).await.actor.id;
    let nsec = landbridge_nostr::export_nsec(&n.hub, alice).await.unwrap();
    let sealed = landbridge_nostr::export_ncryptsec(&n.hub, alice, "pass".into()).await.unwrap();
    let away = node(engine).await;
    for (name, key, password) in [("bob", nsec, None), ("carol", sealed, Some("pass".to_owned()))] {
        let import = KeyImport { key, password };
        let new = NewMember {
            name: name.into(),
            password: "correct horse battery".into(),
            role: Role::Member,
            networks: vec![(Network::Nostr, Some(import))],
            link_identities: false,
        };
        let joined = away.hub.create_member(new).await;
        match name {
            "bob" => assert_eq!(away.key(joined.unwrap().actor.id).await, keys.public().to_string()),
            _ => assert!(joined.is_err(), "one key, one member"),
        }
    }
}

async fn a_key_is_not_taken_for_new_while_a_relay_is_silent(engine: EngineKind) {
    let (away, keys) = (node(engine).await, Keys::generate());
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let index_relays = vec![format!("ws://{silent}"), away.nostr.relay_url().to_owned()];
    let home = node_with(engine, Options { index_relays, ..Options::default() }).await;
    let alice = home.member("alice", Some(&keys)).await.actor.id;
    let facts = async || home.hub.presence(alice, Network::Nostr).await.unwrap().unwrap().facts;
    until("both were asked", || async { facts().await["sought_since"].as_i64() > Some(0) }).await;
    assert_eq!(facts().await["unsynced"], true);
    let lists = json!({ "authors": [keys.public()], "kinds": [0, 3, 10_002] });
    assert!(home.stored(lists.clone()).await.is_empty(), "what the silent one holds would be replaced");
    away.imported("alice", &keys).await;
    home.hub.set_profile(alice, Profile::default(), false, false, None).await.unwrap();
    until("it is found", || async { facts().await["unsynced"] == false }).await;
}

async fn follows_made_at_once_are_all_in_the_list(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let mut strangers = Vec::new();
    for _ in 0..5 {
        strangers.push(n.stranger().await);
    }
    let follows = strangers.iter().map(|(who, _)| n.hub.follow(alice, *who, Default::default(), None));
    for followed in futures_util::future::join_all(follows).await {
        assert!(followed.unwrap().following);
    }
    let mut keys: Vec<String> = strangers.into_iter().map(|(_, key)| key).collect();
    let mut there = listed(&n.newest(&n.key(alice).await, 3).await);
    keys.sort();
    there.sort();
    assert_eq!(there, keys);
}
