//! Apps that sign through us (NIP-46), and members' own signers elsewhere.

use super::*;

on_both!(
    apps_sign_through_us_as_long_as_the_grant_stands,
    an_app_has_long_lists_signed_and_hears_what_is_too_long,
    a_members_own_signer_on_another_server_signs_for_them,
    an_app_without_a_link_is_allowed_on_a_page,
    a_signer_that_answers_our_link_signs,
    a_signer_that_shows_a_page_first_is_waited_for,
    a_signer_that_says_no_is_not_asked_again,
    a_list_that_waits_for_a_signer_is_built_on,
);

/// The first text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

/// An app that signs through us.
struct App {
    keys: Keys,
    client: Client,
    server: landbridge_nostr::event::Hex32,
}

impl App {
    async fn new(n: &Node) -> App {
        let (keys, mut client) = (Keys::generate(), n.client().await);
        client.say(json!(["REQ", "s", {"kinds": [24133], "#p": [keys.public()]}])).await;
        assert_eq!(client.next().await[0], "EOSE");
        App { keys, client, server: n.nostr.server_keys().await.unwrap().public() }
    }

    /// What comes next from the signer.
    async fn next(&mut self) -> Value {
        loop {
            let told = self.client.next().await;
            if told[0] == "EVENT" {
                let sealed = told[2]["content"].as_str().unwrap();
                return serde_json::from_str(&n44::decrypt(&self.keys, &self.server, sealed).unwrap())
                    .unwrap();
            }
        }
    }

    async fn ask(&mut self, method: &str, params: &[&str]) -> Value {
        let text = json!({"id": "7", "method": method, "params": params}).to_string();
        let content = n44::encrypt(&self.keys, &self.server, &text).unwrap();
        let request = event(&self.keys, 24_133, now(), &[&["p", &self.server.to_string()]], &content);
        self.client.say(json!(["EVENT", serde_json::from_str::<Value>(&request.json).unwrap()])).await;
        self.next().await
    }
}

async fn apps_sign_through_us_as_long_as_the_grant_stands(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let link = url::Url::parse(&signer::invite(&n.nostr, alice).await.unwrap().link).unwrap();
    let server = n.get("/.well-known/nostr.json?name=_").await["names"]["_"].as_str().unwrap().to_owned();
    assert_eq!(link.host_str(), Some(server.as_str()));
    let secret = link.query_pairs().find(|(k, _)| k == "secret").unwrap().1.into_owned();
    let mut app = App::new(&n).await;
    assert_eq!(app.server.to_string(), server);
    assert_eq!(app.ask("ping", &[]).await["result"], "pong");
    assert!(app.ask("get_public_key", &[]).await["error"].is_string());
    assert!(app.ask("connect", &[&server, "wrong"]).await["error"].is_string());
    let about = json!({"name": "My app"}).to_string();
    assert_eq!(app.ask("connect", &[&server, &secret, "sign_event:1", &about]).await["result"], "ack");
    let key = n.key(alice).await;
    assert_eq!(app.ask("get_public_key", &[]).await["result"], json!(key));
    let template =
        json!({"kind": 1, "created_at": now(), "tags": tags(&[&["t", "x"]]), "content": "signed elsewhere"});
    let signed = app.ask("sign_event", &[&template.to_string()]).await["result"].as_str().unwrap().to_owned();
    let signed = Event::from_json(&signed).unwrap();
    assert_eq!((signed.pubkey.to_string(), signed.content.as_str()), (key, "signed elsewhere"));
    let other = json!({"kind": 3, "created_at": now(), "tags": [], "content": ""});
    assert!(
        app.ask("sign_event", &[&other.to_string()]).await["error"]
            .as_str()
            .unwrap()
            .contains("did not allow")
    );
    assert!(app.ask("make_coffee", &[]).await["error"].is_string());
    let grant = n.hub.grants(alice).await.unwrap().into_iter().find(|g| g.purpose == "nostr-signer").unwrap();
    assert_eq!(grant.name, "My app");
    n.hub.revoke(alice, grant.id).await.unwrap();
    assert!(app.ask("get_public_key", &[]).await["error"].as_str().unwrap().contains("not connected"));
    assert!(app.ask("connect", &[&server, &secret]).await["error"].is_string(), "a secret works once");
}

async fn an_app_has_long_lists_signed_and_hears_what_is_too_long(engine: EngineKind) {
    let n = node(engine).await;
    let alice = n.member("alice", None).await.actor.id;
    let link = url::Url::parse(&signer::invite(&n.nostr, alice).await.unwrap().link).unwrap();
    let secret = link.query_pairs().find(|(k, _)| k == "secret").unwrap().1.into_owned();
    let mut app = App::new(&n).await;
    let server = app.server.to_string();
    assert_eq!(app.ask("connect", &[&server, &secret]).await["result"], "ack");
    let follows: Vec<Value> = (0..700).map(|_| json!(["p", Keys::generate().public()])).collect();
    let list = json!({"kind": 3, "created_at": now(), "tags": follows, "content": ""});
    let signed = app.ask("sign_event", &[&list.to_string()]).await["result"].as_str().unwrap().to_owned();
    assert_eq!(Event::from_json(&signed).unwrap().tags.len(), 700);
    // What fits into the question does not fit into the answer, encrypted twice.
    let answer = app.ask("nip44_encrypt", &[&server, &"x".repeat(50_000)]).await;
    assert!(answer["error"].as_str().unwrap().contains("too long"), "{answer}");
}

async fn a_members_own_signer_on_another_server_signs_for_them(engine: EngineKind) {
    let (home, away) = (node(engine).await, node(engine).await);
    let alice = home.member("alice", None).await.actor.id;
    let link = signer::invite(&home.nostr, alice).await.unwrap().link;
    let new = NewMember {
        name: "alice2".into(),
        password: "correct horse battery".into(),
        role: Role::Member,
        networks: vec![(Network::Nostr, Some(KeyImport { key: link, password: None }))],
        link_identities: false,
    };
    let there = away.hub.create_member(new).await.unwrap().actor.id;
    let key = home.key(alice).await;
    assert_eq!(away.key(there).await, key);
    let draft = Draft { author: there, text: "Signed at home".into(), ..Draft::default() };
    let post = away.hub.publish(draft, None).await.unwrap();
    assert!(
        away.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().is_none(),
        "not signed yet"
    );
    for _ in 0..150 {
        if !away.stored(json!({"authors": [key], "kinds": [1]})).await.is_empty() {
            assert!(away.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().is_some());
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("it was not signed");
}

async fn an_app_without_a_link_is_allowed_on_a_page(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, bob) = (n.member("alice", None).await.actor.id, n.member("bob", None).await.actor.id);
    let mut app = App::new(&n).await;
    let server = app.server.to_string();
    let about = json!({"name": "<b>Reader</b>"}).to_string();
    let asked = app.ask("connect", &[&server, "", "sign_event:1,nip44_encrypt", &about]).await;
    assert_eq!(asked["result"], "auth_url");
    let page = url::Url::parse(asked["error"].as_str().unwrap()).unwrap();
    let path = format!("{}?{}", page.path(), page.query().unwrap());
    let (status, shown) = n.browse(alice, &path, &[]).await;
    assert!(status == 200 && shown.contains("sign_event:1") && !shown.contains("<b>Reader"), "{shown}");
    assert!(app.ask("get_public_key", &[]).await["error"].is_string(), "not before the member says so");
    let secret = page.query_pairs().find(|(k, _)| k == "ask").unwrap().1.into_owned();
    let (status, _) = n.browse(alice, "/settings/nostr", &[("what", "allow"), ("uri", &secret)]).await;
    assert_eq!(status, 200);
    let told = app.next().await;
    assert_eq!((told["id"].as_str(), told["result"].as_str()), (Some("7"), Some("ack")));
    assert_eq!(app.ask("get_public_key", &[]).await["result"], json!(n.key(alice).await));
    let (status, _) = n.browse(bob, "/settings/nostr", &[("what", "allow"), ("uri", &secret)]).await;
    assert_eq!(status, 403, "it is good for one answer");
    assert_eq!(app.ask("switch_relays", &[]).await["result"], json!([n.nostr.relay_url()]).to_string());
    assert_eq!(app.ask("logout", &[]).await["result"], "ack");
    assert!(app.ask("get_public_key", &[]).await["error"].is_string());
    assert!(n.hub.grants(alice).await.unwrap().iter().all(|g| g.purpose != "nostr-signer"));
}

/// A signer of the member's own: it reads our link, answers with its secret, and signs what it is asked, or says no.
struct Signer {
    keys: Keys,
    member: Keys,
    link: url::Url,
    client: Client,
}

impl Signer {
    async fn new(n: &Node, link: &str, member: Keys) -> Signer {
        let (keys, mut client) = (Keys::generate(), n.client().await);
        client.say(json!(["REQ", "s", {"kinds": [24133], "#p": [keys.public()]}])).await;
        assert_eq!(client.next().await[0], "EOSE");
        Signer { keys, member, link: url::Url::parse(link).unwrap(), client }
    }

    fn app(&self) -> landbridge_nostr::event::Hex32 {
        self.link.host_str().unwrap().parse().unwrap()
    }

    async fn say(&mut self, response: Value) {
        let app = self.app();
        let content = n44::encrypt(&self.keys, &app, &response.to_string()).unwrap();
        let event = event(&self.keys, 24_133, now(), &[&["p", &app.to_string()]], &content);
        assert_eq!(self.client.publish(&event).await, (true, String::new()));
    }

    async fn greet(&mut self) {
        let secret = self.link.query_pairs().find(|(k, _)| k == "secret").unwrap().1.into_owned();
        self.say(json!({"id": "1", "result": "wrong"})).await;
        self.say(json!({"id": "2", "result": secret})).await;
    }

    /// The next request: its id, method and first parameter.
    async fn asked(&mut self) -> (String, String, Value) {
        loop {
            let told = self.client.next().await;
            if told[0] == "EVENT" {
                let text =
                    n44::decrypt(&self.keys, &self.app(), told[2]["content"].as_str().unwrap()).unwrap();
                let request: Value = serde_json::from_str(&text).unwrap();
                let part = |name: &str| request[name].as_str().unwrap().to_owned();
                return (part("id"), part("method"), request["params"][0].clone());
            }
        }
    }

    /// Answers requests for the key, and signs, until it has signed an event of that kind.
    async fn serve_until(&mut self, kind: u64) -> Event {
        loop {
            let (id, method, param) = self.asked().await;
            if method == "get_public_key" {
                let key = self.member.public().to_string();
                self.say(json!({"id": id, "result": key})).await;
                continue;
            }
            assert_eq!(method, "sign_event");
            let signed = self.sign(&param);
            self.say(json!({"id": id, "result": &*signed.json})).await;
            if u64::from(signed.kind) == kind {
                return signed;
            }
        }
    }

    fn sign(&self, param: &Value) -> Event {
        let asked: Value = serde_json::from_str(param.as_str().unwrap()).unwrap();
        assert_eq!(asked["pubkey"], json!(self.member.public()));
        let tags: Vec<Vec<String>> = serde_json::from_value(asked["tags"].clone()).unwrap();
        self.member.sign(landbridge_nostr::event::Template {
            created_at: asked["created_at"].as_i64().unwrap(),
            kind: asked["kind"].as_u64().unwrap() as u16,
            tags,
            content: asked["content"].as_str().unwrap().into(),
        })
    }
}

async fn outside_member(n: &Node, name: &str) -> (Id, Signer) {
    let new = NewMember {
        name: name.into(),
        password: "correct horse battery".into(),
        role: Role::Member,
        networks: Vec::new(),
        link_identities: false,
    };
    let member = n.hub.create_member(new).await.unwrap().actor.id;
    let (status, page) = n.browse(member, "/settings/nostr", &[]).await;
    assert_eq!(status, 200);
    let link = between(&page, "<a href=\"nostrconnect://", "\"").replace("&amp;", "&");
    let link = format!("nostrconnect://{link}");
    let mut signer = Signer::new(n, &link, Keys::generate()).await;
    signer.greet().await;
    let joining = async { n.browse(member, "/settings/nostr", &[("what", "outside"), ("uri", &link)]).await };
    let answering = async {
        let (id, method, _) = signer.asked().await;
        assert_eq!(method, "get_public_key");
        let key = signer.member.public().to_string();
        signer.say(json!({"id": id, "result": key})).await;
    };
    let ((status, page), ()) = tokio::join!(joining, answering);
    assert_eq!(status, 200, "{page}");
    assert_eq!(n.key(member).await, signer.member.public().to_string());
    (member, signer)
}

async fn a_signer_that_answers_our_link_signs(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let draft = Draft { author: alice, text: "Signed by my own signer".into(), ..Draft::default() };
    let post = n.hub.publish(draft, None).await.unwrap();
    let signed = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(1)).await.unwrap();
    assert_eq!(signed.content, "Signed by my own signer");
    until("it is on the relay", || async {
        n.hub.copy_on(CopyKind::Post, post.id, Network::Nostr).await.unwrap().is_some()
            && n.stored(json!({"kinds": [1]})).await == [signed.id.to_string()]
    })
    .await;
}

async fn a_signer_that_shows_a_page_first_is_waited_for(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let permissions = signer.link.query_pairs().find(|(k, _)| k == "perms").unwrap().1.into_owned();
    assert!(permissions.split(',').any(|p| p == "sign_event:1984"), "reports are signed, too");
    let draft = Draft { author: alice, text: "Behind a page".into(), ..Draft::default() };
    n.hub.publish(draft, None).await.unwrap();
    let (id, method, param) = signer.asked().await;
    assert_eq!(method, "sign_event");
    let page = "https://signer.example/allow";
    signer.say(json!({"id": id, "result": "auth_url", "error": page})).await;
    until("she is told of the page", || async {
        n.browse(alice, "/settings/nostr", &[]).await.1.contains(page)
    })
    .await;
    let signed = signer.sign(&param);
    signer.say(json!({"id": id, "result": &*signed.json})).await;
    until("it is on the relay", || async { n.stored(json!({"ids": [signed.id]})).await.len() == 1 }).await;
    assert!(
        !n.browse(alice, "/settings/nostr", &[]).await.1.contains(page),
        "there is nothing to open any more"
    );
}

async fn a_signer_that_says_no_is_not_asked_again(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let publish = |text: &str| {
        let draft = Draft { author: alice, text: text.into(), ..Draft::default() };
        n.hub.publish(draft, None)
    };
    let refused = publish("No").await.unwrap();
    loop {
        let (id, method, param) = signer.asked().await;
        let note = method == "sign_event" && param.as_str().unwrap().contains("\"No\"");
        signer.say(json!({"id": id, "result": "", "error": "user rejected"})).await;
        if note {
            break;
        }
    }
    until("it waits no more", || async {
        n.hub.copies(CopyKind::Post, refused.id).await.unwrap().iter().all(|c| c.network != Network::Nostr)
    })
    .await;
    publish("Yes").await.unwrap();
    let signed = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(1)).await.unwrap();
    assert_eq!(signed.content, "Yes");
}

async fn a_list_that_waits_for_a_signer_is_built_on(engine: EngineKind) {
    let n = node(engine).await;
    let (alice, mut signer) = outside_member(&n, "alice").await;
    let me = signer.member.public().to_string();
    until("the key is in line", || async {
        n.hub.presence(alice, Network::Nostr).await.unwrap().unwrap().facts["unsynced"] == false
    })
    .await;
    let ((bob, bobs), (carol, carols)) = (n.stranger().await, n.stranger().await);
    n.hub.follow(alice, bob, Default::default(), None).await.unwrap();
    let signed = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(3)).await.unwrap();
    assert_eq!(listed(&signed), std::slice::from_ref(&bobs));
    until("it is held", || async { n.stored(json!({"authors": [me], "kinds": [3]})).await.len() == 1 }).await;
    // Neither is signed yet when the next one is made.
    n.hub.unfollow(alice, bob, None).await.unwrap();
    n.hub.follow(alice, carol, Default::default(), None).await.unwrap();
    let mut last = signed;
    while !listed(&last).contains(&carols) {
        last = tokio::time::timeout(Duration::from_secs(30), signer.serve_until(3)).await.unwrap();
    }
    assert_eq!(listed(&last), [carols], "whoever was left comes back");
}
