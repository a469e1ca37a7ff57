//! What the operator's token opens, and how new members come.

use crate::world::{Answer, PASSWORD, Wishes, World, on_both};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use landbridge_hub::{Draft, Registrations, reading::AccountPosts};
use landbridge_model::{Id, Visibility};
use landbridge_store::EngineKind;
use serde_json::{Value, json};

on_both!(
    the_operators_token_opens_and_nothing_else_does,
    new_members_come_by_invitation,
    an_invitation_may_work_several_times,
    an_open_place_takes_whoever_comes,
    a_record_is_taken_down_and_comes_back,
    a_file_is_taken_down_and_comes_back,
    apps_ask_before_somebody_signs_up,
);

impl World {
    async fn admin(&self, method: &str, token: &str, body: Value) -> Answer {
        let basic = format!("Basic {}", STANDARD.encode(format!("admin:{token}")));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
        let url = format!("{}/xrpc/com.atproto.{method}", self.pds);
        let verb = if body.is_null() { Method::GET } else { Method::POST };
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(verb, &url, &headers, body).await
    }
}

const TOKEN: &str = "operator's word";

async fn the_operators_token_opens_and_nothing_else_does(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let info = format!("admin.getAccountInfo?did={did}");
    let own = world.token("alice").await;
    for refused in [
        world.admin(&info, "wrong", Value::Null).await,
        world.admin(&info, "", Value::Null).await,
        world.get(&format!("com.atproto.{info}"), &own).await,
        world.get(&format!("com.atproto.{info}"), "").await,
    ] {
        assert_eq!(refused.error(), (401, "AuthenticationRequired".into()));
    }
    let shown = world.admin(&info, TOKEN, Value::Null).await.ok();
    assert_eq!((&shown["did"], &shown["handle"]), (&json!(did), &json!("alice.landbridge.test")));
    let many = world
        .admin(
            &format!("admin.getAccountInfos?dids={did}&dids=did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
            TOKEN,
            Value::Null,
        )
        .await
        .ok();
    assert_eq!(many["infos"].as_array().unwrap().len(), 1);

    let subject = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": did });
    let takedown = |applied: bool| json!({ "subject": subject, "takedown": { "applied": applied } });
    let taken = world.admin("admin.updateSubjectStatus", TOKEN, takedown(true)).await.ok();
    assert_eq!(taken["takedown"]["applied"], true);
    assert_eq!(world.get("com.atproto.server.getSession", &own).await.error().1, "ExpiredToken");
    assert_eq!(world.sign_in("alice", PASSWORD).await.error().1, "AccountTakedown");
    world.admin("admin.updateSubjectStatus", TOKEN, takedown(false)).await.ok();
    let status = world.admin(&format!("admin.getSubjectStatus?did={did}"), TOKEN, Value::Null).await.ok();
    assert_eq!(status["takedown"]["applied"], false);
    assert_eq!(world.sign_in("alice", PASSWORD).await.status, 200);

    world
        .admin("admin.updateAccountPassword", TOKEN, json!({ "did": did, "password": "a new password" }))
        .await
        .ok();
    assert_eq!(world.sign_in("alice", PASSWORD).await.status, 401);
    assert_eq!(world.sign_in("alice", "a new password").await.status, 200);
    assert_eq!(
        world.admin("admin.sendEmail", TOKEN, json!({})).await.error(),
        (400, "InvalidRequest".into())
    );
    world.admin("admin.deleteAccount", TOKEN, json!({ "did": did })).await.ok();
    assert_eq!(world.sign_in("alice", "a new password").await.status, 401);
}

async fn new_members_come_by_invitation(engine: EngineKind) {
    let world =
        World::with(engine, Wishes { registrations: Registrations::Invite, ..Wishes::default() }).await;
    let create = async |body: Value| world.post("com.atproto.server.createAccount", "", body).await;
    let wanted = |handle: &str, code: &str| json!({ "handle": handle, "password": PASSWORD, "inviteCode": code, "email": "a@example.org" });
    assert_eq!(create(wanted("carol.landbridge.test", "")).await.error(), (400, "InvalidInviteCode".into()));
    assert_eq!(
        create(wanted("carol.landbridge.test", "made-up")).await.error(),
        (400, "InvalidInviteCode".into())
    );
    let code = world.admin("server.createInviteCode", TOKEN, json!({ "useCount": 1 })).await.ok()["code"]
        .as_str()
        .unwrap()
        .to_owned();
    for (handle, error) in [
        ("carol.example.com", "UnsupportedDomain"),
        ("c.landbridge.test", "InvalidHandle"),
        ("admin.landbridge.test", "InvalidHandle"),
        ("a.b.landbridge.test", "InvalidHandle"),
        ("carol", "InvalidHandle"),
    ] {
        assert_eq!(create(wanted(handle, &code)).await.error(), (400, error.into()), "{handle}");
    }
    let made = create(wanted("carol.landbridge.test", &code)).await.ok();
    assert_eq!(made["handle"], "carol.landbridge.test");
    let session = world.get("com.atproto.server.getSession", made["accessJwt"].as_str().unwrap()).await.ok();
    assert_eq!(session["did"], made["did"]);
    assert_eq!(
        create(wanted("dave.landbridge.test", &code)).await.error().1,
        "InvalidInviteCode",
        "it works once"
    );
    assert_eq!(
        world.post("com.atproto.server.createInviteCode", "", json!({ "useCount": 1 })).await.error().0,
        401
    );
}

async fn an_open_place_takes_whoever_comes(engine: EngineKind) {
    let world = World::with(engine, Wishes { registrations: Registrations::Open, ..Wishes::default() }).await;
    let key =
        landbridge_atproto::crypto::SigningKey::generate(landbridge_atproto::crypto::Curve::K256).unwrap();
    let key = key.public().to_did_key();
    let wanted = json!({ "handle": "erin.landbridge.test", "password": PASSWORD, "recoveryKey": key });
    let made = world.post("com.atproto.server.createAccount", "", wanted.clone()).await.ok();
    let did = landbridge_atproto::syntax::Did::parse(made["did"].as_str().unwrap()).unwrap();
    // The key that the member keeps stands before all others.
    let (data, _) = world.at.plc_data(&did).await.unwrap().unwrap();
    assert_eq!(data.rotation_keys[0], key);
    assert_eq!(
        world.post("com.atproto.server.createAccount", "", wanted).await.error().1,
        "HandleNotAvailable"
    );
    let short = json!({ "handle": "frank.landbridge.test", "password": "short" });
    assert_eq!(world.post("com.atproto.server.createAccount", "", short).await.error().1, "InvalidPassword");
}

async fn an_invitation_may_work_several_times(engine: EngineKind) {
    let world =
        World::with(engine, Wishes { registrations: Registrations::Invite, ..Wishes::default() }).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await.to_string();
    let create = async |name: &str, password: &str, code: &str| {
        let handle = format!("{name}.landbridge.test");
        let wanted = json!({ "handle": handle, "password": password, "inviteCode": code });
        world.post("com.atproto.server.createAccount", "", wanted).await
    };
    let make = async |body: Value| world.admin("server.createInviteCode", TOKEN, body).await;
    for uses in [0, 1001] {
        assert_eq!(make(json!({ "useCount": uses })).await.error(), (400, "InvalidRequest".into()));
    }
    let made = make(json!({ "useCount": 2, "forAccount": did })).await.ok();
    let code = made["code"].as_str().unwrap();
    // What fails does not count.
    assert_eq!(create("carol", "short", code).await.error().1, "InvalidPassword");
    let carol = create("carol", PASSWORD, code).await.ok();
    assert_eq!(create("carol", PASSWORD, code).await.error().1, "HandleNotAvailable");
    create("dave", PASSWORD, code).await.ok();
    assert_eq!(create("erin", PASSWORD, code).await.error(), (400, "InvalidInviteCode".into()));
    let token = world.token("alice").await;
    let own = async |query: &str| {
        world.get(&format!("com.atproto.server.getAccountInviteCodes{query}"), &token).await.ok()["codes"]
            .clone()
    };
    let codes = own("").await;
    assert_eq!((&codes[0]["code"], &codes[0]["available"]), (&json!(code), &json!(2)));
    assert_eq!(codes[0]["uses"].as_array().unwrap().len(), 2);
    assert!(codes[0]["uses"].as_array().unwrap().iter().any(|one| one["usedBy"] == carol["did"]));
    assert_eq!(own("?includeUsed=false").await, json!([]));
    // Many at once; and all of them ended, but for the operator's own.
    let many = json!({ "codeCount": 2, "useCount": 1, "forAccounts": [did, "admin"] });
    let made = world.admin("server.createInviteCodes", TOKEN, many).await.ok();
    let (of_alice, of_admin) = (&made["codes"][0]["codes"], &made["codes"][1]["codes"]);
    let all = world.admin("admin.getInviteCodes?limit=4", TOKEN, Value::Null).await.ok();
    assert_eq!(all["codes"].as_array().unwrap().len(), 4);
    let rest = format!("admin.getInviteCodes?cursor={}", all["cursor"].as_str().unwrap());
    assert_eq!(world.admin(&rest, TOKEN, Value::Null).await.ok()["codes"][0]["code"], code);
    let end = async |body: Value| world.admin("admin.disableInviteCodes", TOKEN, body).await;
    end(json!({ "accounts": [did], "codes": [of_admin[0]] })).await.ok();
    assert_eq!(end(json!({ "accounts": ["admin"] })).await.error().0, 400);
    for ended in [&of_alice[0], &of_alice[1], &of_admin[0]] {
        let refused = create("frank", PASSWORD, ended.as_str().unwrap()).await;
        assert_eq!(refused.error(), (400, "InvalidInviteCode".into()));
    }
    assert_eq!(own("").await, json!([]));
    let all = world.admin("admin.getInviteCodes", TOKEN, Value::Null).await.ok();
    let disabled = all["codes"].as_array().unwrap().iter().filter(|code| code["disabled"] == true).count();
    assert_eq!(disabled, 4);
    create("frank", PASSWORD, of_admin[1].as_str().unwrap()).await.ok();
    // No more for that account.
    let account = json!({ "account": did });
    world.admin("admin.disableAccountInvites", TOKEN, account.clone()).await.ok();
    let info =
        async || world.admin(&format!("admin.getAccountInfo?did={did}"), TOKEN, Value::Null).await.ok();
    assert_eq!(info().await["invitesDisabled"], true);
    assert_eq!(make(json!({ "useCount": 1, "forAccount": did })).await.error().0, 400);
    world.admin("admin.enableAccountInvites", TOKEN, account).await.ok();
    assert_eq!(info().await["invitesDisabled"], false);
    make(json!({ "useCount": 1, "forAccount": did })).await.ok();
    // Of whoever is erased, it is not even known that they came.
    let came = async || {
        let all = world.admin("admin.getInviteCodes", TOKEN, Value::Null).await.ok();
        all.to_string().contains(carol["did"].as_str().unwrap())
    };
    assert!(came().await);
    world.hub.erase(world.hub.member_named("carol").await.unwrap().actor.id).await.unwrap();
    assert!(!came().await);
    for method in ["admin.disableInviteCodes", "admin.disableAccountInvites", "admin.enableAccountInvites"] {
        assert_eq!(world.admin(method, "wrong", json!({ "account": did })).await.error().0, 401, "{method}");
    }
}

/// Whether somebody who is not signed in is shown the post with these words here.
async fn is_shown(world: &World, member: Id, words: &str) -> bool {
    let wanted = AccountPosts::default();
    let posts = world.hub.account_posts(member, &wanted, None, Default::default()).await.unwrap();
    posts.iter().any(|view| view.post.text.text == words)
}

async fn a_record_is_taken_down_and_comes_back(engine: EngineKind) {
    const POST: &str = "app.bsky.feed.post";
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    let list = format!("com.atproto.repo.listRecords?repo={did}&collection={POST}");
    let write = async |text: &str| {
        let visibility = Some(Visibility::Public);
        let draft = Draft { author: alice, text: text.into(), visibility, ..Draft::default() };
        world.hub.publish(draft, None).await.unwrap();
        world.get(&list, "").await.ok()["records"][0].clone()
    };
    let (bad, good) = (write("bad").await, write("good").await);
    assert!(is_shown(&world, alice, "bad").await && is_shown(&world, alice, "good").await);
    let rkey = bad["uri"].as_str().unwrap().rsplit('/').next().unwrap();
    let place = format!("collection={POST}&rkey={rkey}");
    let subject = json!({ "$type": "com.atproto.repo.strongRef", "uri": bad["uri"], "cid": bad["cid"] });
    let set = async |applied: bool| {
        let wanted = json!({ "subject": subject, "takedown": { "applied": applied, "ref": "case 7" } });
        world.admin("admin.updateSubjectStatus", TOKEN, wanted).await.ok()
    };
    let status = format!("admin.getSubjectStatus?uri={}", bad["uri"].as_str().unwrap());
    let listed = async || {
        let all = world.get(&list, "").await.ok()["records"].clone();
        all.as_array().unwrap().iter().map(|record| record["uri"].clone()).collect::<Vec<_>>()
    };
    let down = set(true).await;
    assert_eq!(
        (&down["subject"], &down["takedown"]),
        (&subject, &json!({ "applied": true, "ref": "case 7" }))
    );
    assert_eq!(world.admin(&status, TOKEN, Value::Null).await.ok(), down);
    for query in [
        format!("com.atproto.repo.getRecord?repo={did}&{place}"),
        format!("com.atproto.sync.getRecord?did={did}&{place}"),
    ] {
        assert_eq!(world.get(&query, "").await.error(), (400, "RecordNotFound".into()), "{query}");
    }
    assert_eq!(listed().await, [good["uri"].clone()]);
    assert!(!is_shown(&world, alice, "bad").await && is_shown(&world, alice, "good").await);
    // Nothing is deleted: the repository stands, and its signature with it.
    let file = world.get(&format!("com.atproto.sync.getRepo?did={did}"), "").await;
    assert!(file.status == 200 && file.body.windows(4).any(|part| part == b"\x63bad"));
    let head = world.get(&format!("com.atproto.sync.getLatestCommit?did={did}"), "").await.ok();
    set(false).await;
    assert_eq!(world.admin(&status, TOKEN, Value::Null).await.ok()["takedown"], json!({ "applied": false }));
    assert_eq!(world.get(&format!("com.atproto.repo.getRecord?repo={did}&{place}"), "").await.status, 200);
    assert_eq!(listed().await.len(), 2);
    assert!(is_shown(&world, alice, "bad").await);
    assert_eq!(world.get(&format!("com.atproto.sync.getLatestCommit?did={did}"), "").await.ok(), head);
    for subject in [
        json!({ "$type": "com.atproto.repo.strongRef", "uri": format!("at://{did}/{POST}/3knone"), "cid": bad["cid"] }),
        json!({ "$type": "com.atproto.repo.strongRef", "uri": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/a.b.c/d", "cid": bad["cid"] }),
    ] {
        let wanted = json!({ "subject": subject, "takedown": { "applied": true } });
        assert_eq!(
            world.admin("admin.updateSubjectStatus", TOKEN, wanted).await.error(),
            (400, "NotFound".into())
        );
    }
}

async fn a_file_is_taken_down_and_comes_back(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    let token = world.token("alice").await;
    let bearer = format!("Bearer {token}");
    let url = format!("{}/xrpc/com.atproto.repo.uploadBlob", world.pds);
    let upload = async || {
        let headers = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
        world.send(Method::POST, &url, &headers, b"some words".to_vec()).await
    };
    let blob = upload().await.ok()["blob"].clone();
    let cid = blob["ref"]["$link"].as_str().unwrap();
    let record = json!({ "$type": "org.example.thing", "file": blob });
    let wanted = json!({ "repo": did, "collection": "org.example.thing", "record": record });
    world.post("com.atproto.repo.createRecord", &token, wanted.clone()).await.ok();
    let get = async || world.get(&format!("com.atproto.sync.getBlob?did={did}&cid={cid}"), "").await;
    let list =
        async || world.get(&format!("com.atproto.sync.listBlobs?did={did}"), "").await.ok()["cids"].clone();
    assert_eq!((get().await.status, list().await), (200, json!([cid])));
    let set = async |applied: bool| {
        let subject = json!({ "$type": "com.atproto.admin.defs#repoBlobRef", "did": did, "cid": cid });
        let wanted = json!({ "subject": subject, "takedown": { "applied": applied } });
        world.admin("admin.updateSubjectStatus", TOKEN, wanted).await.ok()
    };
    assert_eq!(set(true).await["takedown"]["applied"], true);
    let status = format!("admin.getSubjectStatus?did={did}&blob={cid}");
    assert_eq!(world.admin(&status, TOKEN, Value::Null).await.ok()["subject"]["cid"], cid);
    assert_eq!((get().await.error(), list().await), ((400, "BlobNotFound".into()), json!([])));
    // Neither put down again nor named anew.
    assert_eq!(upload().await.error(), (400, "InvalidRequest".into()));
    let again = world.post("com.atproto.repo.createRecord", &token, wanted).await;
    assert_eq!(again.error(), (400, "BlobNotFound".into()));
    set(false).await;
    assert_eq!((get().await.status, list().await, upload().await.status), (200, json!([cid]), 200));
}

async fn apps_ask_before_somebody_signs_up(engine: EngineKind) {
    let world = World::new(engine).await;
    world.member("alice").await;
    let check = async |handle: &str| {
        world.get(&format!("com.atproto.temp.checkHandleAvailability?handle={handle}"), "").await
    };
    let kind =
        |answer: &Value| answer["result"]["$type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
    assert_eq!(kind(&check("bob.landbridge.test").await.ok()), "resultAvailable");
    let taken = check("alice.landbridge.test").await.ok();
    assert_eq!(kind(&taken), "resultUnavailable");
    assert_eq!(taken["result"]["suggestions"][0]["handle"], "alice1.landbridge.test");
    assert_eq!(kind(&check("admin.landbridge.test").await.ok()), "resultUnavailable");
    assert_eq!(check("alice.example.org").await.error(), (400, "UnsupportedDomain".into()));
    assert_eq!(check("nonsense").await.error(), (400, "InvalidHandle".into()));
    let token = world.token("alice").await;
    assert_eq!(
        world.get("com.atproto.temp.checkSignupQueue", &token).await.ok(),
        json!({ "activated": true })
    );
    assert_eq!(world.get("com.atproto.temp.checkSignupQueue", "").await.error().0, 401);
}
