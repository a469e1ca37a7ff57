//! An account moves with its identity: from the official PDS to Landbridge, and from there to the official PDS, by the official
//! steps and the official client (`peers/atproto/moving.mjs`). Whatever the account has is counted before and after.

use super::*;
use landbridge_interop::{
    atproto::{Census, Moving, mailed_code},
    landbridge::PASSWORD,
    peer::DraftImage,
};
use std::collections::BTreeMap;

const OPERATION: &str = "account migration";
const PICTURE: &[u8] = include_bytes!("../activitypub/picture.png");

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn to_landbridge() -> Result<()> {
    let stage = Stage::current()?;
    let outcome = arrive(&stage).await;
    matrix::record(&stage.folder, "AT Protocol", OPERATION, "atproto", Way::In, outcome)
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn from_landbridge() -> Result<()> {
    let stage = Stage::current()?;
    let outcome = leave(&stage).await;
    matrix::record(&stage.folder, "AT Protocol", OPERATION, "atproto", Way::Out, outcome)
}

/// People on the official PDS.
struct People {
    walker: Account,
    friend: Account,
    troll: Account,
}

impl People {
    async fn meet(network: &Peer, initial: &str) -> Result<Self> {
        let name = |who: &str| format!("{initial}{who}{:x}", std::process::id());
        let walker = network.account(&name("w")).await?;
        let friend = network.account(&name("f")).await?;
        let troll = network.account(&name("t")).await?;
        Ok(Self { walker, friend, troll })
    }
}

/// Asks until the AppView has what is expected: its counts of posts, followers and follows, and how many likes and blocks.
async fn settled(moving: &Moving, at: &str, counts: [u64; 3], likes: usize, blocks: usize) -> Result<Census> {
    let enough = |census: &Census| {
        let shown = &census.shown;
        let length = |what: &str| shown[what].as_array().map(Vec::len);
        shown["counts"] == json!(counts) && (length("likes"), length("blocks")) == (Some(likes), Some(blocks))
    };
    until("the AppView has everything", async || moving.census(at).await, enough).await
}

/// What was signed with the key of now has been verified: the strict consumer asks for the key when it comes to a commit.
async fn verified(moving: &Moving) -> Result<()> {
    let rev = atproto::verify(&moving.network, &moving.did).await?.rev;
    let sent = async || atproto::sent(&moving.network, &moving.from).await;
    let through = |sent: &atproto::Sent| sent.repos.get(&moving.did).is_some_and(|head| head.rev == rev);
    until("the stream was read", sent, through).await.map(drop)
}

/// Nothing is lost and nothing added, in the repository, beside it, and on the AppView.
async fn same(moving: &Moving, before: &Census, at: &str) -> Result<Census> {
    let census = async || moving.census(at).await;
    let shown = |census: &Census| census.shown == before.shown;
    let after = until("the AppView shows the same as before", census, shown).await?;
    assert_eq!(after.pds, at);
    assert_eq!(after.by_collection(), before.by_collection());
    assert_eq!(after.records, before.records);
    assert_eq!((&after.blobs, &after.preferences), (&before.blobs, &before.preferences));
    Ok(after)
}

async fn handle_is(network: &Peer, did: &str, handle: &str) -> Result<()> {
    let actor = async || network.actor(did).await;
    until("the AppView has the new handle", actor, |a| {
        a.profile.as_ref().is_some_and(|profile| profile.handle == handle)
    })
    .await?;
    Ok(())
}

// ---------------------------------------------------------------- to Landbridge

async fn arrive(stage: &Stage) -> Result<()> {
    let network = stage.peer("atproto")?;
    let people = &People::meet(&network, "i").await?;
    let People { walker, friend, .. } = people;
    // Somebody at Landbridge has known them for long.
    let resident = stage.member(&format!("ir{:x}", std::process::id())).await?;
    let resident_did = did_of(&network, &stage.landbridge, &resident.name).await?;
    let uris = live_there(&network, people, &resident_did).await?;
    all_was_read(&network, friend, &resident, &resident_did).await?;
    let known = follow_from_afar(&resident, walker, &network, &uris).await?;
    let to = atproto::pds_of(&stage.landbridge.host);
    let moving = Moving { network, did: walker.id.clone(), from: atproto::PDS.to_owned(), to };
    for person in [walker, friend] {
        let who = json!({ "pds": moving.from, "identifier": person.acct, "password": PASSWORD });
        moving.step("sign_in", who).await?;
    }
    let before = settled(&moving, &moving.from, [4, 2, 2], 2, 1).await?;
    assert_eq!(before.blobs.len(), 2, "{before:?}");
    assert_eq!(
        before.by_collection(),
        BTreeMap::from([
            ("app.bsky.actor.profile", 1),
            ("app.bsky.feed.like", 2),
            ("app.bsky.feed.post", 4),
            ("app.bsky.feed.repost", 1),
            ("app.bsky.graph.block", 1),
            ("app.bsky.graph.follow", 2),
        ])
    );

    let name = walker.acct.split('.').next().context("no name")?.to_owned();
    let handle = format!("{name}.{}", atproto::handles_of(&stage.landbridge.host));
    enter(&moving, friend, &handle).await?;
    // The member is a member from that moment on, and joins the other networks, with somebody there who listens: what is
    // brought must not reach them.
    let member = stage.landbridge_member(&name).await?;
    assert_eq!(member.actor, "", "on a network that they did not choose");
    member.join("activitypub").await?;
    member.join("nostr").await?;
    let member = stage.landbridge_member(&name).await?;
    let listener = Listener::of(stage, &member).await?;
    bring(&moving, friend, &handle).await?;
    hand_over_identity(&moving, walker).await?;

    same(&moving, &before, &moving.to).await?;
    handle_is(&moving.network, &moving.did, &handle).await?;
    let status = moving.step("status", json!({ "at": moving.to })).await?;
    let records = before.records.len();
    assert_eq!(
        (&status["activated"], &status["validDid"], &status["indexedRecords"], &status["importedBlobs"]),
        (&json!(true), &json!(true), &json!(records), &status["expectedBlobs"])
    );
    let told = async || atproto::sent(&moving.network, &moving.from).await;
    let left = |sent: &atproto::Sent| sent.standing[&moving.did].last().is_some_and(|s| s == "deactivated");
    until("the old PDS says goodbye", told, left).await?;
    let sent = atproto::nothing_wrong(&moving.network, &moving.to).await?;
    assert_eq!(sent.standing[&moving.did], ["active"]);
    assert_eq!(sent.handles[&moving.did].as_deref(), Some(&*handle));

    is_at_home(&member, &resident, &known, people).await?;
    assert_eq!(listener.heard("").await?, 0, "what was brought along has crossed");
    goes_on(&moving, &member, &resident, people, &listener).await
}

/// Some years of a life in a minute; the URIs of the posts, the first with a picture.
async fn live_there(network: &Peer, people: &People, resident: &str) -> Result<Vec<String>> {
    let People { walker, friend, troll } = people;
    network
        .act(walker, "profile", json!({ "name": "Walker", "about": "on the way", "picture": true }))
        .await?;
    network.act(walker, "prefer", json!({ "adult": true, "word": "rain" })).await?;
    let by_friend = network.publish(friend, &draft("a stone")).await?;
    let by_friend_too = network.publish(friend, &draft("two stones")).await?;
    let seen = async || network.object(&by_friend_too).await;
    until("the AppView has the posts", seen, |o| o.note.is_some()).await?;
    let images = vec![DraftImage { alt: "four dots".to_owned() }];
    let first = network.publish(walker, &Draft { images, ..draft("a walk in dots") }).await?;
    let seen = async || network.object(&first).await;
    until("the AppView has the post", seen, |o| o.note.is_some()).await?;
    let mut uris = vec![first.clone()];
    for (words, reply_to) in
        [("and on", &first), ("over your stone", &by_friend), ("and on again", &by_friend_too)]
    {
        let reply = Draft { reply_to: Some(reply_to.clone()), ..draft(words) };
        uris.push(network.publish(walker, &reply).await?);
    }
    for (verb, details) in [
        ("pin", json!({ "object": first })),
        ("like", json!({ "object": by_friend })),
        ("like", json!({ "object": by_friend_too })),
        ("boost", json!({ "object": by_friend })),
        ("follow", json!({ "actor": friend.id })),
        ("follow", json!({ "actor": resident })),
        ("block", json!({ "actor": troll.id })),
    ] {
        network.act(walker, verb, details).await?;
    }
    network.act(friend, "follow", json!({ "actor": walker.id })).await?;
    Ok(uris)
}

/// Landbridge has read the friend's follow: what it reads only once the walker is a member is news to them.
async fn all_was_read(network: &Peer, friend: &Account, resident: &Member, resident_did: &str) -> Result<()> {
    let question = Draft { mentions: vec![resident_did.to_owned()], ..draft("more stones soon,") };
    network.publish(friend, &question).await?;
    let account = resident.find_account(&friend.acct).await?;
    let told = async || resident.notification("mention", text(&account, "acct")?).await;
    until("the friend's repository was read", told, |_| true).await.map(drop)
}

/// The resident follows the walker and looks at the post with the picture; answers its status.
async fn follow_from_afar(
    resident: &Member,
    walker: &Account,
    network: &Peer,
    uris: &[String],
) -> Result<Value> {
    let account = resident.find_account(&walker.acct).await?;
    resident.post(&format!("v1/accounts/{}/follow", text(&account, "id")?), json!({})).await?;
    let followed = async || network.actor(&walker.id).await;
    until("the walker has two followers", followed, |a| a.followers.len() == 2).await?;
    let status = resident.find_status(&uris[0]).await?;
    resident.post(&format!("v1/statuses/{}/bookmark", text(&status, "id")?), json!({})).await?;
    Ok(status)
}

/// An account at the new server, which nobody makes but its owner.
async fn enter(moving: &Moving, friend: &Account, handle: &str) -> Result<()> {
    let account = json!({ "handle": handle, "password": PASSWORD });
    let with = |field: &str, value: &str| {
        let mut account = account.clone();
        account[field] = json!(value);
        account
    };
    assert_eq!(moving.refused("create", with("by", &friend.id)).await?, "AuthenticationRequired");
    let other = moving.refused("create", with("lxm", "com.atproto.repo.uploadBlob")).await?;
    assert_eq!(other, "BadJwtLexiconMethod");
    let somebody = json!({ "did": friend.id, "by": moving.did, "handle": handle, "password": PASSWORD });
    assert_eq!(moving.refused("create", somebody).await?, "AuthenticationRequired");
    assert_eq!(moving.refused("create", with("handle", "walker.example.org")).await?, "InvalidHandle");
    moving.step("create", account.clone()).await?;
    assert_eq!(moving.refused("create", account).await?, "InvalidRequest", "twice");
    sign_in_at(&moving.to, moving, handle).await
}

async fn sign_in_at(pds: &str, moving: &Moving, handle: &str) -> Result<()> {
    let who = json!({ "pds": pds, "identifier": handle, "password": PASSWORD });
    moving.step("sign_in", who).await.map(drop)
}

/// Repository, files, preferences; with an interruption.
async fn bring(moving: &Moving, friend: &Account, handle: &str) -> Result<()> {
    assert_eq!(moving.refused("repository", json!({ "of": friend.id })).await?, "InvalidRequest");
    assert_eq!(moving.refused("repository", json!({ "damage": true })).await?, "InvalidRequest");
    assert_eq!(moving.refused("activate", json!({ "at": moving.to })).await?, "InvalidRequest");
    moving.step("repository", json!({})).await?;
    let some = moving.step("blobs", json!({ "most": 1 })).await?;
    assert_eq!((&some["brought"], &some["missing"]), (&json!(1), &json!(1)));
    // The app is closed, and opened again.
    sign_in_at(&moving.to, moving, handle).await?;
    let status = moving.step("status", json!({ "at": moving.to })).await?;
    assert_eq!((&status["expectedBlobs"], &status["importedBlobs"]), (&json!(2), &json!(1)));
    moving.step("repository", json!({})).await?;
    let rest = moving.step("blobs", json!({})).await?;
    assert_eq!((&rest["brought"], &rest["missing"]), (&json!(1), &json!(0)));
    moving.step("preferences", json!({})).await?;
    assert_eq!(moving.refused("activate", json!({ "at": moving.to })).await?, "InvalidRequest", "too early");
    Ok(())
}

/// The identity, by a code from the old server; nothing that would lock its owner or us out.
async fn hand_over_identity(moving: &Moving, walker: &Account) -> Result<()> {
    let elsewhere = json!({ "atproto_pds": { "type": "AtprotoPersonalDataServer", "endpoint": "https://pds.example.org" } });
    let someone = "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N";
    for change in [
        json!({ "rotationKeys": [someone] }),
        json!({ "services": elsewhere }),
        json!({ "verificationMethods": { "atproto": someone } }),
        json!({ "alsoKnownAs": ["at://walker.example.org"] }),
    ] {
        let token = code(moving, walker).await?;
        let wrong = json!({ "token": token, "change": change });
        assert_eq!(moving.refused("identity", wrong).await?, "InvalidRequest", "{change}");
    }
    let token = code(moving, walker).await?;
    moving.step("identity", json!({ "token": token })).await?;
    moving.step("activate", json!({ "at": moving.to })).await?;
    moving.step("deactivate", json!({ "at": moving.from })).await?;
    Ok(())
}

async fn code(moving: &Moving, walker: &Account) -> Result<String> {
    moving.step("ask_for_code", json!({})).await?;
    mailed_code(&moving.network, &walker.acct).await
}

/// Every app of a member finds what was brought.
async fn is_at_home(member: &Member, resident: &Member, known: &Value, people: &People) -> Result<()> {
    let list = async |path: &str| {
        let found = member.get(path).await?;
        found.as_array().cloned().with_context(|| format!("{path}: {found}"))
    };
    let own = format!("v1/accounts/{}", member.id);
    let pinned = format!("{own}/statuses?pinned=true");
    until("the post is pinned", async || list(&pinned).await, |all| all.len() == 1).await?;

    let me = member.get("v1/accounts/verify_credentials").await?;
    assert_eq!((&me["display_name"], &me["note"]), (&json!("Walker"), &json!("<p>on the way</p>")));
    let without = resident.get("v1/accounts/verify_credentials").await?;
    assert_ne!(me["avatar"], without["avatar"]);
    member.fetch(text(&me, "avatar")?).await?;
    assert_eq!((&me["statuses_count"], &me["following_count"]), (&json!(4), &json!(2)), "{me}");
    let statuses = list(&format!("{own}/statuses")).await?;
    assert_eq!(statuses.len(), 5, "four posts and a repost: {statuses:#?}");
    let with = |words: &str| {
        let has = |s: &&Value| s["content"].as_str().is_some_and(|content| content.contains(words));
        statuses.iter().find(has).with_context(|| format!("no `{words}`"))
    };
    // The one that the resident had seen is the same one, with its picture in this house.
    let dots = with("a walk in dots")?;
    assert_eq!(dots["id"], known["id"]);
    assert_eq!(dots["created_at"], known["created_at"]);
    let picture = &dots["media_attachments"][0];
    assert_eq!(picture["description"], "four dots");
    assert_eq!(picture["remote_url"], Value::Null, "{picture}");
    assert!(member.fetch(text(picture, "url")?).await?.starts_with(b"\x89PNG"));
    assert_eq!(with("and on<")?["in_reply_to_id"], dots["id"]);
    assert!(with("over your stone")?["in_reply_to_id"].is_string());
    let times = statuses.iter().map(|s| text(s, "created_at")).collect::<Result<Vec<_>>>()?;
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let names = |accounts: &[Value]| {
        let mut names: Vec<String> =
            accounts.iter().filter_map(|a| a["acct"].as_str()).map(str::to_owned).collect();
        names.sort();
        names
    };
    let at = |account: &Account| format!("{}@at.lb.example", account.acct);
    let mut follows = vec![at(&people.friend), resident.name.clone()];
    follows.sort();
    assert_eq!(names(&list(&format!("{own}/following")).await?), follows);
    assert_eq!(names(&list("v1/blocks").await?), [at(&people.troll)]);
    assert_eq!(list("v1/favourites").await?.len(), 2);
    let listener = format!("{}@fedify.example", Listener::name(member));
    // Whoever follows them elsewhere was asked for, one by one; the listener came to the member of today.
    let mut followers = vec![at(&people.friend), resident.name.clone(), listener.clone()];
    followers.sort();
    let found = async || Ok(names(&list(&format!("{own}/followers")).await?));
    until("the followers are there", found, |found| *found == followers).await?;
    // Who had followed them here still does, and was not told anything.
    let relation = resident.relationship(&member.id).await?;
    assert_eq!(
        (&relation["following"], &relation["followed_by"]),
        (&json!(true), &json!(true)),
        "{relation}"
    );
    let bookmarks = resident.get("v1/bookmarks").await?;
    assert_eq!((&bookmarks[0]["id"], &bookmarks[0]["account"]["acct"]), (&dots["id"], &json!(member.name)));
    // Nor was the member told of what is old: all that is new is the listener.
    let told = list("v1/notifications").await?;
    let told: Vec<_> = told.iter().map(|n| (n["type"].as_str(), n["account"]["acct"].as_str())).collect();
    assert_eq!(told, [(Some("follow"), Some(&*listener))]);
    Ok(())
}

/// What is new crosses, both ways.
async fn goes_on(
    moving: &Moving,
    member: &Member,
    resident: &Member,
    people: &People,
    listener: &Listener,
) -> Result<()> {
    let Moving { network, did, .. } = moving;
    member.publish("under a new roof", json!({})).await?;
    let found = async || network.find(did, "under a new roof").await;
    until("the AppView has the new post", found, |uris| uris.len() == 1).await?;
    listener.until_heard("under a new roof").await?;
    let at_home = async |who: &Member, words: &str| {
        let home = who.get("v1/timelines/home").await?;
        let has = |s: &Value| s["content"].as_str().is_some_and(|content| content.contains(words));
        Ok(home.as_array().into_iter().flatten().filter(|s| has(s)).count())
    };
    until("at home once", async || at_home(resident, "new roof").await, |n| *n == 1).await?;
    network.publish(&people.friend, &draft("three stones")).await?;
    until("heard", async || at_home(member, "three stones").await, |n| *n == 1).await?;
    atproto::nothing_wrong(network, &moving.to).await?;
    Ok(())
}

/// People on the other networks who hear everything that a member says there.
struct Listener {
    fedify: Peer,
    nostr: Peer,
    actor: String,
    key: String,
}

impl Listener {
    fn name(member: &Member) -> String {
        format!("l{}", member.name)
    }

    async fn of(stage: &Stage, member: &Member) -> Result<Self> {
        let (fedify, nostr) = (stage.peer("fedify")?, stage.peer("nostr-tools")?);
        let account = fedify.account(&Self::name(member)).await?;
        fedify.act(&account, "follow", json!({ "actor": member.actor })).await?;
        let me = async || fedify.actor(&account.id).await;
        until("the follow is accepted", me, |a| a.following.contains(&member.actor)).await?;
        let key = until("the member has a key", async || member.nostr_key().await, |_| true).await?;
        Ok(Self { fedify, nostr, actor: member.actor.clone(), key })
    }

    /// How often something with these words was heard.
    async fn heard(&self, words: &str) -> Result<usize> {
        let there = self.fedify.find(&self.actor, words).await?.len();
        Ok(there + self.nostr.find(&self.key, words).await?.len())
    }

    async fn until_heard(&self, words: &str) -> Result<()> {
        until("heard on both networks", async || self.heard(words).await, |n| *n == 2).await.map(drop)
    }
}

// ---------------------------------------------------------------- from Landbridge

async fn leave(stage: &Stage) -> Result<()> {
    let scene = Scene::set_as("o").await?;
    let Scene { network, member, did, person, .. } = &scene;
    let listener = Listener::of(stage, member).await?;
    // Whoever else reads that network here.
    let other = stage.member(&format!("oo{:x}", std::process::id())).await?;
    live_here(&scene).await?;
    let moving = leaving(stage, &scene).await?;
    let handle = format!("{}.opds.example.org", member.name);
    let before = settled(&moving, &moving.from, [2, 1, 1], 1, 1).await?;
    verified(&moving).await?;
    assert!(!before.blobs.is_empty() && before.shown["pinned"].is_string(), "{before:?}");

    moving.step("create", json!({ "handle": handle, "password": PASSWORD })).await?;
    sign_in_at(&moving.to, &moving, &handle).await?;
    moving.step("repository", json!({})).await?;
    moving.step("blobs", json!({})).await?;
    moving.step("preferences", json!({})).await?;
    moving.step("ask_for_code", json!({})).await?;
    assert_eq!(moving.refused("identity", json!({ "token": "" })).await?, "InvalidRequest");
    assert_eq!(moving.refused("identity", json!({ "token": "ABCDE-FGHIJ" })).await?, "InvalidToken");
    let code = member.secret("identity-code").await?;
    moving.step("identity", json!({ "token": code })).await?;
    moving.step("activate", json!({ "at": moving.to })).await?;
    assert_eq!(moving.refused("identity", json!({ "token": code })).await?, "InvalidToken", "once");
    moving.step("deactivate", json!({ "at": moving.from })).await?;

    same(&moving, &before, &moving.to).await?;
    handle_is(network, did, &handle).await?;
    has_left(&moving).await?;
    // The old life goes on, without this network; and nothing here comes to the new repository.
    member.publish("still in the old house", json!({})).await?;
    listener.until_heard("still in the old house").await?;
    let (own, _) = before.records.iter().find(|(path, _)| path.contains("feed.post")).context("no post")?;
    let status = member.find_status(&format!("at://{did}/{own}")).await?;
    member.delete(&format!("v1/statuses/{}", text(&status, "id")?)).await?;
    // Nor does what is written there come back: who is meant by that DID is the member.
    let words = "from the new house";
    moving.step("post", json!({ "at": moving.to, "text": words })).await?;
    let seen = async || network.find(did, words).await;
    until("the AppView has the new post", seen, |uris| uris.len() == 1).await?;
    let account = other.find_account(&person.acct).await?;
    other.post(&format!("v1/accounts/{}/follow", text(&account, "id")?), json!({})).await?;
    network.publish(person, &draft("good luck")).await?;
    let home = async || Ok(other.get("v1/timelines/home").await?.to_string());
    until("the stream has gone on", home, |home| home.contains("good luck")).await?;
    let after = moving.census(&moving.to).await?;
    assert_eq!(after.records.len(), before.records.len() + 1, "only what was written there");
    // From that on the commits are signed with the new key.
    let verified = atproto::verify(network, did).await?;
    assert_eq!((verified.pds, verified.records), (moving.to.clone(), after.records));
    let statuses = member.get(&format!("v1/accounts/{}/statuses", member.id)).await?.to_string();
    assert!(statuses.contains("still in the old house") && !statuses.contains(words), "{statuses}");
    assert_eq!(listener.heard(words).await?, 0);
    for query in [did, &handle] {
        assert_eq!(member.find_account(query).await?["id"], json!(member.id), "{query}");
    }
    // The member's own page does not switch it on again.
    assert!(member.join("atproto").await.is_err(), "two servers for one account");
    atproto::nothing_wrong(network, &moving.from).await.map(drop)
}

/// The old server is out of reach for whoever moves, or does not want to: the member's own key is enough.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn with_ones_own_key() -> Result<()> {
    let stage = Stage::current()?;
    let scene = Scene::set_as("k").await?;
    let Scene { member, did, network, .. } = &scene;
    scene.member_posts("mine", json!({})).await?;
    let moving = leaving(&stage, &scene).await?;
    let before = settled(&moving, &moving.from, [1, 0, 0], 0, 0).await?;
    verified(&moving).await?;
    let key = member.secret("export").await?;
    let handle = format!("{}.opds.example.org", member.name);
    moving.step("create", json!({ "handle": handle, "password": PASSWORD })).await?;
    sign_in_at(&moving.to, &moving, &handle).await?;
    moving.step("repository", json!({})).await?;
    moving.step("recover", json!({ "key": key })).await?;
    moving.step("activate", json!({ "at": moving.to })).await?;
    let census = moving.census(&moving.to).await?;
    assert_eq!((census.records, &*census.pds), (before.records, atproto::PDS));
    handle_is(network, did, &handle).await?;
    moving.step("deactivate", json!({ "at": moving.from })).await?;
    has_left(&moving).await
}

async fn live_here(scene: &Scene) -> Result<()> {
    let Scene { network, member, did, person, .. } = scene;
    member.introduce("Stayer", "at home", PICTURE.to_vec()).await?;
    let media = member.upload(PICTURE.to_vec(), "four dots").await?;
    let (dots, uri) = scene.member_posts("dots at home", json!({ "media_ids": [media] })).await?;
    member.post(&format!("v1/statuses/{}/pin", text(&dots, "id")?), json!({})).await?;
    let (_, by_person) = scene.person_posts(&draft("a stone")).await?;
    let stone = text(&by_person, "id")?;
    member.publish("over your stone", json!({ "in_reply_to_id": stone })).await?;
    member.post(&format!("v1/statuses/{stone}/favourite"), json!({})).await?;
    member.post(&format!("v1/statuses/{stone}/reblog"), json!({})).await?;
    member.fill_in("settings/atproto", "blocks", "public").await?;
    let troll = network.account(&format!("t{}", member.name)).await?;
    let account = member.find_account(&troll.acct).await?;
    member.post(&format!("v1/accounts/{}/block", text(&account, "id")?), json!({})).await?;
    network.act(person, "follow", json!({ "actor": did })).await?;
    scene.until_object("the post is there", &uri, |o| o.note.is_some()).await?;
    Ok(())
}

/// Signed in to leave, with preferences.
async fn leaving(stage: &Stage, scene: &Scene) -> Result<Moving> {
    let from = atproto::pds_of(&stage.landbridge.host);
    let moving = Moving {
        network: scene.network.clone(),
        did: scene.did.clone(),
        from: from.clone(),
        to: atproto::PDS.to_owned(),
    };
    let handle = format!("{}.{}", scene.member.name, atproto::handles_of(&stage.landbridge.host));
    sign_in_at(&from, &moving, &handle).await?;
    moving.step("prefer", json!({ "at": from, "word": "snow" })).await?;
    Ok(moving)
}

/// The server that was left says so, and serves the account no longer.
async fn has_left(moving: &Moving) -> Result<()> {
    let told = async || atproto::sent(&moving.network, &moving.from).await;
    let left = |sent: &atproto::Sent| sent.standing[&moving.did].last().is_some_and(|s| s == "deactivated");
    let sent = until("the stream says goodbye", told, left).await?;
    assert_eq!(sent.standing[&moving.did], ["active", "deactivated"]);
    assert_eq!(
        moving.refused("anybody_gets_repository", json!({ "at": moving.from })).await?,
        "RepoDeactivated"
    );
    assert_eq!(moving.refused("activate", json!({ "at": moving.from })).await?, "InvalidRequest");
    Ok(())
}
