//! Private messages by a chat service.

use crate::{
    chatting::Chat,
    elsewhere::Elsewhere,
    node::{Node, options},
    on_both,
};
use landbridge_atproto::{Options, syntax::Did};
use landbridge_hub::{
    CopyKind, Draft, HubError, Page,
    gate::Scope,
    messages::{Conversation, MessageState},
};
use landbridge_model::{Actor, Id, Network, Post, Secrecy, Visibility};
use landbridge_store::{EngineKind, entities::atproto_repos};
use serde_json::json;
use tokio::sync::watch;

on_both!(
    a_member_writes_reads_reacts_and_deletes,
    strangers_wait_at_the_gate_and_the_service_hears_the_answer,
    what_a_members_own_app_does_is_the_members,
    an_answer_that_was_lost_makes_no_second_message,
    whoever_takes_no_messages_and_where_there_is_no_service,
    groups_are_one_conversation_each,
    a_group_is_made_once,
);

struct Scene {
    elsewhere: Elsewhere,
    chat: Chat,
    node: Node,
    alice: Actor,
    did: Did,
    /// The outbox runs until this is dropped.
    _stop: watch::Sender<bool>,
}

impl Scene {
    async fn set(engine: EngineKind) -> Scene {
        let (elsewhere, chat) = (Elsewhere::start().await, Chat::start().await);
        let options =
            Options { streams: Vec::new(), chat: Some(chat.service()), ..options(&elsewhere.origin) };
        let node = Node::quiet(engine, options).await;
        let stop = watch::Sender::new(false);
        tokio::spawn(node.hub.clone().run_outbox(stop.subscribe()));
        let alice = node.member("alice").await;
        let did = node.did(&alice).await;
        let scene = Scene { elsewhere, chat, node, alice, did, _stop: stop };
        scene.read().await;
        scene
    }

    /// What is new in Alice's log is taken in.
    async fn read(&self) {
        self.node.at.read_messages(self.alice.id).await.unwrap();
    }

    fn draft(&self, text: &str, to: &[Id]) -> Draft {
        let (author, visibility) = (self.alice.id, Some(Visibility::Direct));
        Draft { author, text: text.into(), visibility, to: to.to_vec(), ..Draft::default() }
    }

    async fn write(&self, text: &str, to: &[Id]) -> Post {
        self.node.hub.publish(self.draft(text, to), None).await.unwrap()
    }

    async fn standing(&self, post: Id) -> MessageState {
        self.node.hub.standing(self.alice.id, post).await.unwrap().state
    }

    async fn sent(&self, text: &str, to: &[Id]) -> Post {
        let post = self.write(text, to).await;
        let taken = async || self.standing(post.id).await == MessageState::Accepted;
        self.node.until("the service has it", taken).await;
        post
    }

    async fn conversations(&self) -> Vec<Conversation> {
        self.node.hub.conversations(self.alice.id, Page::default()).await.unwrap()
    }

    /// The words of Alice's only conversation, oldest first.
    async fn words(&self) -> Vec<String> {
        let found = self.conversations().await;
        assert!(found.len() <= 1, "{found:?}");
        let Some(one) = found.first() else { return Vec::new() };
        let messages = self.node.hub.messages(self.alice.id, one.id, Page::default()).await.unwrap();
        messages.iter().rev().map(|m| m.view.post.text.text.clone()).collect()
    }

    /// What Alice's post is called at the service.
    async fn name(&self, post: Id) -> Option<String> {
        let copy = self.node.hub.copy_on(CopyKind::Post, post, Network::AtProto).await.unwrap();
        copy.map(|copy| copy.native_id)
    }

    async fn head(&self) -> Vec<u8> {
        let mut rows = self.node.hub.store().rows(atproto_repos::list(Id(0), 10)).await.unwrap();
        let repos = rows.iter_mut().map(|row| atproto_repos::RepoRow::read(row).unwrap());
        repos.filter(|repo| repo.actor == self.alice.id).map(|repo| repo.head).next().unwrap()
    }
}

async fn a_member_writes_reads_reacts_and_deletes(engine: EngineKind) {
    let scene = Scene::set(engine).await;
    let Scene { elsewhere, chat, node, alice, did, .. } = &scene;
    let bob_did = elsewhere.person("bob");
    let bob = node.find(bob_did.as_str()).await;
    let before = scene.head().await;
    let ways = node.hub.ways(alice.id, &[bob.id]).await.unwrap();
    assert_eq!((ways[0].network, ways[0].can.clone()), (Network::AtProto, Ok(())));
    assert_eq!(ways[0].label.secrecy, Secrecy::PlatformReadable);

    let first = scene.sent("psst https://x.example/a", &[bob.id]).await;
    let convo = chat.begin(&bob_did, &[did]);
    assert_eq!(chat.texts(&convo), ["psst https://x.example/a"]);
    let sent = chat.lock().convos[&convo].messages[0].clone();
    assert_eq!(sent["facets"][0]["index"], json!({ "byteStart": 5, "byteEnd": 24 }));
    assert_eq!(sent["sender"]["did"], did.as_str());
    assert_eq!(scene.name(first.id).await, Some(format!("chat:{convo}/m0")));
    // Its own log tells of it, and it is not there twice.
    scene.read().await;
    scene.read().await;
    assert_eq!(scene.words().await.len(), 1);

    chat.say(&convo, &bob_did, "yes?");
    scene.read().await;
    assert_eq!(scene.words().await[1], "yes?", "whom she has written to need not ask");
    let conversation = scene.conversations().await.remove(0);
    assert_eq!((conversation.unread, conversation.network), (1, Some(Network::AtProto)));
    assert_eq!(conversation.label.secrecy, Secrecy::PlatformReadable);
    let answer = conversation.last.unwrap().post;
    let reply = Draft { reply_to: Some(answer.id), ..scene.draft("about tea", &[]) };
    let reply = node.hub.publish(reply, None).await.unwrap();
    node.until("the service has it", async || scene.standing(reply.id).await == MessageState::Accepted).await;
    assert_eq!(chat.lock().convos[&convo].messages[2]["replyTo"], json!({ "messageId": "m1" }));

    node.hub.react(alice.id, answer.id, "", None, None).await.unwrap();
    let hearts = || chat.lock().convos[&convo].messages[1]["reactions"].as_array().unwrap().len();
    node.until("the like is there", async || hearts() == 1).await;
    assert_eq!(chat.lock().convos[&convo].messages[1]["reactions"][0]["value"], "❤️");
    node.hub.unreact(alice.id, answer.id, "", None).await.unwrap();
    node.until("it is taken back", async || hearts() == 0).await;
    chat.react(&convo, &bob_did, "m0", "❤️", true);
    chat.react(&convo, &bob_did, "m0", "🐘", true);
    scene.read().await;
    assert_eq!(node.hub.post(first.id).await.unwrap().likes, 2);
    chat.react(&convo, &bob_did, "m0", "🐘", false);
    scene.read().await;
    assert_eq!(node.hub.post(first.id).await.unwrap().likes, 1);
    let custom = node.hub.react(alice.id, answer.id, ":blobcat:", None, None).await;
    assert!(matches!(custom, Err(HubError::Invalid(_))));

    node.hub.delete_post(alice.id, first.id, None).await.unwrap();
    let told = async || {
        let all = node.hub.deliveries(alice.id, first.id).await.unwrap();
        let last = all.iter().find(|line| line.act == "delete").unwrap();
        last.state == "refused" && last.answer.as_deref().unwrap_or_default().contains("for oneself only")
    };
    node.until("it is said that others keep it", told).await;
    assert_eq!(chat.asked(did, "deleteMessageForSelf"), 1);
    scene.read().await;
    assert_eq!(scene.words().await, ["yes?", "about tea"], "what is deleted does not come back");
    assert_eq!(scene.head().await, before, "nothing of all this is in the repository, which is public");
}

async fn strangers_wait_at_the_gate_and_the_service_hears_the_answer(engine: EngineKind) {
    let scene = Scene::set(engine).await;
    let Scene { elsewhere, chat, node, alice, did, .. } = &scene;
    let (eve, mallory) = (elsewhere.person("eve"), elsewhere.person("mallory"));
    let (hers, his) = (chat.begin(&eve, &[did]), chat.begin(&mallory, &[did]));
    chat.say(&hers, &eve, "hi");
    chat.say(&his, &mallory, "buy this");
    scene.read().await;
    assert!(scene.conversations().await.is_empty(), "nothing of it is shown before");
    assert_eq!(chat.asked(did, "acceptConvo") + chat.asked(did, "leaveConvo"), 0);
    let asks = node.hub.contact_requests(alice.id, &[Scope::Private], Page::default()).await.unwrap();
    assert_eq!(asks.len(), 2);
    for ask in asks {
        match ask.first.unwrap().text.as_str() {
            "hi" => node.hub.accept_contact(alice.id, ask.id).await.unwrap(),
            _ => node.hub.decline_contact(alice.id, ask.id).await.unwrap(),
        }
    }
    assert_eq!(scene.words().await, ["hi"]);
    scene.read().await;
    {
        let inner = chat.lock();
        assert!(!inner.convos[&hers].requests.contains(did.as_str()), "accepted there, too");
        assert!(inner.convos[&his].left.contains(did.as_str()));
    }
    // Whoever was declined and writes again is not heard, and left again.
    chat.say(&his, &mallory, "really");
    scene.read().await;
    assert_eq!(scene.words().await, ["hi"]);
    assert!(chat.lock().convos[&his].left.contains(did.as_str()));
}

async fn what_a_members_own_app_does_is_the_members(engine: EngineKind) {
    let scene = Scene::set(engine).await;
    let Scene { elsewhere, chat, node, alice, did, .. } = &scene;
    let (bob, carol) = (elsewhere.person("bob"), node.member("carol").await);
    let convo = chat.begin(did, &[&bob]);
    let first = chat.say(&convo, did, "from my app");
    chat.say(&convo, &bob, "good");
    scene.read().await;
    assert_eq!(scene.words().await, ["from my app", "good"], "she has written to him: he need not ask");
    let copy = node.hub.copy(Network::AtProto, &format!("chat:{convo}/{first}")).await.unwrap().unwrap();
    let post = node.hub.post(copy.object).await.unwrap();
    assert_eq!((post.author, post.visibility), (alice.id, Visibility::Direct));
    assert_eq!(scene.standing(post.id).await, MessageState::Accepted);
    assert_eq!(chat.asked(did, "sendMessage"), 0, "it is not sent again");

    chat.react(&convo, did, "m1", "🐘", true);
    scene.read().await;
    let good = node.hub.copy(Network::AtProto, &format!("chat:{convo}/m1")).await.unwrap().unwrap();
    assert_eq!(node.hub.post(good.object).await.unwrap().likes, 1);
    chat.react(&convo, did, "m1", "🐘", false);
    scene.read().await;
    assert_eq!(node.hub.post(good.object).await.unwrap().likes, 0);
    assert_eq!(chat.asked(did, "addReaction") + chat.asked(did, "removeReaction"), 0);

    let deleted = json!({ "message": { "$type": "chat.bsky.convo.defs#deletedMessageView", "id": first } });
    chat.tell(&convo, did, "logDeleteMessage", deleted);
    // Her log does not speak for another member, and nonsense in it is passed over.
    let forged = |id: &str, by: &str| json!({ "message": { "id": id, "text": "forged", "sender": { "did": by }, "sentAt": "2024-01-01T00:00:00Z" } });
    let other = node.did(&carol).await;
    chat.tell(&convo, did, "logCreateMessage", forged("m8", other.as_str()));
    chat.tell(&convo, did, "logCreateMessage", forged("m/9", bob.as_str()));
    chat.tell("none", did, "logCreateMessage", forged("m9", bob.as_str()));
    chat.tell(&convo, did, "logAddReaction", json!({ "message": 5, "reaction": [] }));
    chat.say(&convo, &bob, "last");
    scene.read().await;
    assert_eq!(scene.words().await, ["good", "last"]);
}

async fn an_answer_that_was_lost_makes_no_second_message(engine: EngineKind) {
    let scene = Scene::set(engine).await;
    let Scene { elsewhere, chat, node, did, .. } = &scene;
    let bob_did = elsewhere.person("bob");
    let bob = node.find(bob_did.as_str()).await;
    chat.lock().lose = 1;
    let lost = scene.write("only once", &[bob.id]).await;
    node.until("a try was lost", async || {
        let all = node.hub.deliveries(scene.alice.id, lost.id).await.unwrap();
        all[0].attempts == 1
    })
    .await;
    assert_eq!(scene.name(lost.id).await, Some(format!("chat:~{}", lost.id)));
    node.hub.outbox_retry("").await.unwrap();
    node.until("it is known to be there", async || scene.standing(lost.id).await == MessageState::Accepted)
        .await;
    let convo = chat.begin(&bob_did, &[did]);
    assert_eq!(chat.texts(&convo), ["only once"]);
    assert_eq!(scene.name(lost.id).await, Some(format!("chat:{convo}/m0")));

    // Its own log may tell of it first.
    chat.lock().lose = 1;
    let lost = scene.write("again", &[bob.id]).await;
    node.until("a try was lost", async || chat.texts(&convo).len() == 2).await;
    node.until("and that is noted", async || {
        node.hub.deliveries(scene.alice.id, lost.id).await.unwrap()[0].attempts == 1
    })
    .await;
    scene.read().await;
    assert_eq!(scene.name(lost.id).await, Some(format!("chat:{convo}/m1")));
    assert_eq!(scene.words().await, ["only once", "again"]);
    node.hub.outbox_retry("").await.unwrap();
    node.until("nothing is left", async || scene.standing(lost.id).await == MessageState::Accepted).await;
    assert_eq!(chat.texts(&convo), ["only once", "again"]);
}

async fn whoever_takes_no_messages_and_where_there_is_no_service(engine: EngineKind) {
    let scene = Scene::set(engine).await;
    let Scene { elsewhere, chat, node, alice, did, .. } = &scene;
    let bob_did = elsewhere.person("bob");
    let bob = node.find(bob_did.as_str()).await;
    let long = scene.draft(&"ä".repeat(1_001), &[bob.id]);
    let notes = node.hub.preview(&long).await.unwrap().remove(0).notes;
    assert!(notes.iter().any(|note| note.contains("1000 characters")), "{notes:?}");
    assert!(matches!(node.hub.publish(long, None).await, Err(HubError::Invalid(_))));

    let closed = elsewhere.person("closed");
    chat.lock().closed.insert(closed.to_string());
    let closed = node.find(closed.as_str()).await;
    let ways = node.hub.ways(alice.id, &[closed.id]).await.unwrap();
    assert!(ways[0].can.as_ref().unwrap_err().contains("takes no messages"), "{ways:?}");
    assert!(node.hub.publish(scene.draft("hello?", &[closed.id]), None).await.is_err());
    assert_eq!(chat.asked(did, "sendMessage"), 0);

    let without = Node::quiet(engine, options(&elsewhere.origin)).await;
    let zoe = without.member("zoe").await;
    let bob = without.find(bob_did.as_str()).await;
    let ways = without.hub.ways(zoe.id, &[bob.id]).await.unwrap();
    assert!(ways[0].can.as_ref().unwrap_err().contains("no chat service"), "{ways:?}");
    let draft = Draft { author: zoe.id, ..scene.draft("hello?", &[bob.id]) };
    assert!(without.hub.publish(draft, None).await.is_err());
    assert!(!without.at.read_messages(zoe.id).await.unwrap());
}

async fn groups_are_one_conversation_each(engine: EngineKind) {
    let scene = Scene::set(engine).await;
    let Scene { elsewhere, chat, node, did, .. } = &scene;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let (bob_here, eve_here) = (node.find(bob.as_str()).await, node.find(eve.as_str()).await);
    let group = chat.begin(&bob, &[did, &eve]);
    scene.sent("to both", &[bob_here.id, eve_here.id]).await;
    assert_eq!(chat.texts(&group), ["to both"]);
    scene.sent("to bob", &[bob_here.id]).await;
    chat.say(&group, &eve, "and back");
    scene.read().await;
    let conversations = scene.conversations().await;
    let counts: Vec<usize> = conversations.iter().map(|c| c.people.len()).collect();
    assert_eq!(counts, [2, 1]);
    assert_eq!(conversations[0].unread, 1);
}

async fn a_group_is_made_once(engine: EngineKind) {
    let scene = Scene::set(engine).await;
    let Scene { elsewhere, chat, node, alice, did, .. } = &scene;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let both = [node.find(bob.as_str()).await.id, node.find(eve.as_str()).await.id];
    let ways = node.hub.ways(alice.id, &both).await.unwrap();
    assert_eq!((ways[0].network, ways[0].can.clone()), (Network::AtProto, Ok(())));
    // The first answer is lost: what the service has made is found again.
    chat.lock().lose = 1;
    let first = scene.write("to both", &both).await;
    node.until("a try was lost", async || {
        node.hub.deliveries(alice.id, first.id).await.unwrap()[0].attempts == 1
    })
    .await;
    assert_eq!(chat.lock().convos.len(), 1);
    node.hub.outbox_retry("").await.unwrap();
    node.until("it is there", async || scene.standing(first.id).await == MessageState::Accepted).await;
    scene.sent("and again", &both).await;
    assert_eq!((chat.asked(did, "createGroup"), chat.lock().convos.len()), (1, 1));
    let group = chat.lock().convos.keys().next().unwrap().clone();
    assert_eq!(chat.texts(&group), ["to both", "and again"]);
    assert_eq!(chat.lock().convos[&group].people.len(), 3);
    chat.say(&group, &eve, "and back");
    scene.read().await;
    let conversations = scene.conversations().await;
    assert_eq!((conversations.len(), conversations[0].people.len()), (1, 2));

    // Whoever is in no groups.
    let closed = elsewhere.person("closed");
    chat.lock().closed.insert(closed.to_string());
    let closed = node.find(closed.as_str()).await.id;
    let refused = scene.write("hello?", &[both[0], closed]).await;
    node.until("that is said", async || scene.standing(refused.id).await == MessageState::Failed).await;
    let why = node.hub.standing(alice.id, refused.id).await.unwrap().why;
    assert!(why.as_deref().is_some_and(|why| why.contains("invitations to groups")), "{why:?}");
}
