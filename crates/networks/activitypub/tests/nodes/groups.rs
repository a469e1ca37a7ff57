//! Communities (FEP-1b12): what a group passes on, and what is posted to one.

use super::scene::{PUBLIC, Scene};
use super::support::{draft, on_both, until};
use axum::http::header;
use axum::routing::get;
use landbridge_hub::{Draft, Page};
use landbridge_model::{Actor, ActorKind, Network, Post, Profile, Visibility};
use landbridge_store::{Change, args, entities::actors};
use serde_json::{Value, json};

on_both!(
    a_group_passes_on_what_its_people_do,
    an_answer_in_a_group_is_part_of_its_thread,
    what_is_for_few_goes_only_when_its_host_says_so,
    a_group_tells_of_its_own_profile,
    a_third_server_that_is_down_holds_nobody_up,
    nobody_is_put_words_in_the_mouth_by_a_group,
    a_post_to_a_group_is_addressed_to_it,
    a_like_in_a_group_reaches_it,
);

impl Scene {
    /// Mallory's account is a community, which Alice follows.
    async fn group() -> Scene {
        let s = Scene::new().await;
        let group = Change::new("UPDATE actors SET kind = 'group' WHERE id = ?1", args![s.mallory.actor.id]);
        s.m.hub.store().write(group).await.unwrap();
        s.a.follow(&s.alice, &s.m.address("mallory")).await;
        s
    }

    async fn passes_on(&self, id: &str, inner: Value) -> u16 {
        let announce = json!({
            "id": format!("{}/announce/{id}", self.m.origin), "type": "Announce", "actor": self.actor(),
            "to": [PUBLIC], "cc": [format!("{}/followers", self.actor())], "object": inner
        });
        self.send(&announce).await
    }
}

async fn a_group_passes_on_what_its_people_do() {
    let s = Scene::group().await;
    let bob = s.m.member("bob").await;
    let bob_id = format!("{}/users/bob", s.m.origin);
    let post = s.m.publish(draft(&bob, "to the club")).await;
    let id = format!("{bob_id}/statuses/{}", post.id);
    let act = |kind: &str, object: Value| json!({"id": format!("{id}#{kind}"), "type": kind, "actor": bob_id, "to": [PUBLIC], "object": object});
    assert_eq!(s.passes_on("1", act("Create", s.m.json(&id).await)).await, 202);
    let got = s.a.sees(&s.alice, "the post", |p| p.repost_of.is_some()).await.repost_of.unwrap();
    assert_eq!(s.a.hub.post(got).await.unwrap().text.text, "to the club");
    // The older form of the same comes as well.
    assert_eq!(s.passes_on("1b", id.as_str().into()).await, 202);
    assert_eq!(s.a.hub.post(got).await.unwrap().reposts, 1);

    let like = act("Like", id.as_str().into());
    assert_eq!(s.passes_on("2", like.clone()).await, 202);
    assert_eq!(s.a.hub.post(got).await.unwrap().likes, 1);
    assert_eq!(s.passes_on("3", act("Undo", like)).await, 202);
    assert_eq!(s.a.hub.post(got).await.unwrap().likes, 0);

    s.m.hub.edit(bob.actor.id, post.id, draft(&bob, "to the club, corrected"), None).await.unwrap();
    assert_eq!(s.passes_on("4", act("Update", s.m.json(&id).await)).await, 202);
    assert_eq!(s.a.hub.post(got).await.unwrap().text.text, "to the club, corrected");

    assert_eq!(s.passes_on("5", act("Delete", id.as_str().into())).await, 202);
    assert!(s.a.hub.post(got).await.is_ok(), "its own host still has it");
    let reposts = async || s.a.hub.post(got).await.unwrap().reposts;
    assert_eq!(reposts().await, 0, "but the group shows it no longer");
    // What undoes that says nothing of the post.
    let undo = json!({"type": "Undo", "actor": s.actor(), "object": act("Delete", id.as_str().into())});
    assert_eq!(s.passes_on("5b", undo).await, 202);
    for kind in ["Add", "Remove", "Lock", "Block"] {
        assert_eq!(s.passes_on(kind, act(kind, id.as_str().into())).await, 202);
        assert_eq!(reposts().await, 0, "{kind} is no boost");
    }
    s.m.hub.delete_post(bob.actor.id, post.id, None).await.unwrap();
    assert_eq!(s.passes_on("6", act("Delete", id.as_str().into())).await, 202);
    assert!(s.a.hub.post(got).await.is_err());
}

async fn what_is_for_few_goes_only_when_its_host_says_so() {
    let s = Scene::group().await;
    let bob = s.m.member("bob").await;
    s.a.follow(&s.alice, &s.m.address("bob")).await;
    let visibility = Some(Visibility::Followers);
    let post = s.m.publish(Draft { visibility, ..draft(&bob, "for followers") }).await;
    let here = s.a.sees(&s.alice, "the post", |p| p.text.text == "for followers").await;
    let actor = format!("{}/users/bob", s.m.origin);
    let id = format!("{actor}/statuses/{}", post.id);
    assert_eq!(s.m.get(&id).await.status, 404, "it is not shown to everybody");
    let delete = json!({"id": format!("{id}#d"), "type": "Delete", "actor": actor, "object": id});
    assert_eq!(s.passes_on("1", delete.clone()).await, 202);
    assert_eq!(s.send(&delete).await, 202);
    assert!(s.a.hub.post(here.id).await.is_ok());
}

async fn an_answer_in_a_group_is_part_of_its_thread() {
    let s = Scene::group().await;
    let bob = s.m.member("bob").await;
    let topic = s.m.publish(draft(&bob, "a topic")).await;
    let answer = s.m.publish(Draft { reply_to: Some(topic.id), ..draft(&bob, "an answer") }).await;
    let id_of = |post: &Post| format!("{}/users/bob/statuses/{}", s.m.origin, post.id);
    let create = async |post: &Post| {
        let (id, actor) = (id_of(post), format!("{}/users/bob", s.m.origin));
        let create = json!({
            "id": format!("{id}/activity"), "type": "Create", "actor": actor, "object": s.m.json(&id).await
        });
        assert_eq!(s.passes_on(&post.id.to_string(), create).await, 202);
        s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().map(|copy| copy.object)
    };
    assert!(create(&answer).await.is_none(), "in a thread that is not here");
    let topic = create(&topic).await.unwrap();
    let answer = create(&answer).await.unwrap();
    assert_eq!(s.a.hub.post(answer).await.unwrap().reply_to, Some(topic));
    let home = s.a.hub.home(s.alice.actor.id, Page::default()).await.unwrap();
    let shown: Vec<_> = home.iter().map(|view| view.post.repost_of.unwrap_or(view.post.id)).collect();
    assert_eq!(shown, [topic]);
}

async fn a_group_tells_of_its_own_profile() {
    let s = Scene::group().await;
    let profile = Profile { display_name: "The Club".into(), ..Profile::default() };
    let renamed = Actor { kind: ActorKind::Group, profile, ..s.mallory.actor.clone() };
    s.m.hub.store().write(actors::set_profile(&renamed)).await.unwrap();
    let group = s.m.json(&s.actor()).await;
    let update =
        json!({"id": format!("{}#u", s.actor()), "type": "Update", "actor": s.actor(), "object": group});
    assert_eq!(s.passes_on("1", update).await, 202);
    let known = s.a.hub.actor_by_native(Network::ActivityPub, &s.actor()).await.unwrap().unwrap();
    assert_eq!(known.profile.display_name, "The Club");
}

async fn a_third_server_that_is_down_holds_nobody_up() {
    let s = Scene::group().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let third = format!("http://c.test:{}", listener.local_addr().unwrap().port());
    let create = |n: u32| {
        json!({
            "id": format!("{third}/{n}/activity"), "type": "Create", "actor": format!("{third}/u"),
            "object": {"id": format!("{third}/{n}"), "type": "Note", "attributedTo": format!("{third}/u")}
        })
    };
    // Connections are taken, and nothing is answered.
    let asked = std::time::Instant::now();
    assert_eq!(s.passes_on("1", create(1)).await, 202);
    assert!(asked.elapsed() < std::time::Duration::from_secs(10));
    // It answers again; one post is there, whose author is not.
    let note = |n: u32, author: &str| {
        let note = json!({
            "id": format!("{third}/{n}"), "type": "Note", "attributedTo": format!("{third}/{author}"),
            "to": [PUBLIC], "content": "late"
        });
        get(async move || ([(header::CONTENT_TYPE, "application/activity+json")], note.to_string()))
    };
    let author = json!({
        "id": format!("{third}/u"), "type": "Person", "preferredUsername": "u", "inbox": format!("{third}/u/inbox")
    });
    let author =
        get(async move || ([(header::CONTENT_TYPE, "application/activity+json")], author.to_string()));
    let site = axum::Router::new().route("/1", note(1, "u")).route("/2", note(2, "gone")).route("/u", author);
    tokio::spawn(async move { axum::serve(listener, site).await });
    assert_eq!(s.passes_on("2", create(2)).await, 202);
    assert!(!s.holds(&format!("{third}/2")).await);
    until("it was asked once more", async || s.holds(&format!("{third}/1")).await).await;
}

async fn nobody_is_put_words_in_the_mouth_by_a_group() {
    let s = Scene::group().await;
    let third = super::support::Node::start("c").await;
    let carol = third.member("carol").await;
    let carol_id = format!("{}/users/carol", third.origin);
    let real = third.publish(draft(&carol, "my own words")).await;
    let id = format!("{carol_id}/statuses/{}", real.id);
    let create = json!({
        "id": format!("{id}/activity"), "type": "Create", "actor": carol_id, "object": {
            "id": id, "type": "Note", "attributedTo": carol_id, "to": [PUBLIC], "content": "forged"
        }
    });
    assert_eq!(s.passes_on("1", create).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
    assert_eq!(s.a.hub.post(copy.object).await.unwrap().text.text, "my own words");
    let like = json!({"id": format!("{carol_id}/likes/1"), "type": "Like", "actor": carol_id, "object": id});
    assert_eq!(s.passes_on("2", like).await, 202);
    assert_eq!(s.a.hub.post(copy.object).await.unwrap().likes, 0, "her server knows of no such like");
    let alice = format!("{}/users/alice", s.a.origin);
    let ours = json!({"id": format!("{alice}/likes/1"), "type": "Like", "actor": alice, "object": id});
    assert_eq!(s.passes_on("3", ours).await, 202);
    assert_eq!(s.a.hub.post(copy.object).await.unwrap().likes, 0, "nor does anybody speak for our members");
}

async fn a_post_to_a_group_is_addressed_to_it() {
    let s = Scene::group().await;
    let sent = s.a.publish(draft(&s.alice, &format!("@{} hello club", s.m.address("mallory")))).await;
    let url = format!("{}/users/alice/statuses/{}", s.a.origin, sent.id);
    let note = s.a.json(&url).await;
    assert_eq!(note["audience"], s.actor());
    assert_eq!(note["to"], json!([PUBLIC]));
    assert!(note["cc"].as_array().unwrap().contains(&s.actor().into()), "{note}");
    until("the group has it", async || s.m.hub.copy(Network::ActivityPub, &url).await.unwrap().is_some())
        .await;

    // An answer in the group goes to the group too, whoever is answered.
    let id = format!("{}/topic", s.m.origin);
    let mut topic = s.create("topic");
    topic["object"]["audience"] = s.actor().into();
    topic["object"]["type"] = "Page".into();
    topic["object"]["name"] = "A topic".into();
    assert_eq!(s.send(&topic).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
    let answer = s.a.publish(Draft { reply_to: Some(copy.object), ..draft(&s.alice, "an answer") }).await;
    let note = s.a.json(&format!("{}/users/alice/statuses/{}", s.a.origin, answer.id)).await;
    assert_eq!(note["audience"], s.actor());
}

async fn a_like_in_a_group_reaches_it() {
    let s = Scene::group().await;
    let third = super::support::Node::start("c").await;
    let carol = third.member("carol").await;
    third.find(&s.m.address("mallory")).await;
    let text = format!("@{} hello club", s.m.address("mallory"));
    let sent = third.publish(draft(&carol, &text)).await;
    let id = format!("{}/users/carol/statuses/{}", third.origin, sent.id);
    // The group has it as somebody's who is at home on neither of the two.
    let there = s.m.look_up(&s.mallory, &id).await.unwrap();
    let here = s.a.look_up(&s.alice, &id).await.unwrap();
    let likes = async || s.m.hub.post(there.id).await.unwrap().likes;
    s.a.hub.react(s.alice.actor.id, here.id, "", None, None).await.unwrap();
    until("the group counts the like", async || likes().await == 1).await;
    s.a.hub.unreact(s.alice.actor.id, here.id, "", None).await.unwrap();
    until("the group takes it back", async || likes().await == 0).await;
    until("so does the author", async || third.hub.post(sent.id).await.unwrap().likes == 0).await;
}
