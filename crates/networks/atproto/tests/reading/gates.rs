//! Who may answer and quote, said beside a post and changed later: by others, and by members' own apps.

use crate::{
    elsewhere::{Elsewhere, POST, now, post},
    node::Node,
    on_both,
};
use landbridge_atproto::{
    data::{Map, Record},
    repo::Block,
    repository::Wish,
    syntax::{Did, Nsid, RecordKey},
};
use landbridge_hub::{CopyKind, Draft, HubError, reading::NotificationKind};
use landbridge_model::{Actor, Audience, Id, Network, Post, QuoteState, Visibility};
use landbridge_store::EngineKind;
use serde_json::{Value, json};

const THREADGATE: &str = "app.bsky.feed.threadgate";
const POSTGATE: &str = "app.bsky.feed.postgate";

on_both!(
    who_may_answer_somebody_changes_later,
    hidden_answers_are_not_in_the_thread,
    a_quote_is_taken_off_and_put_back,
    a_members_app_says_who_may_answer,
    people_on_a_list_may_answer,
    a_member_takes_a_quote_off,
);

fn rkey(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap()
}

fn answer(to: &(String, String), text: &str) -> Value {
    let to = json!({"uri": to.0, "cid": to.1});
    json!({"text": text, "createdAt": now(), "reply": {"root": to, "parent": to}})
}

fn quote(of: &(String, String), text: &str) -> Value {
    let record = json!({"uri": of.0, "cid": of.1});
    json!({"text": text, "createdAt": now(), "embed": {"$type": "app.bsky.embed.record", "record": record}})
}

async fn try_answer(node: &Node, member: &Actor, to: &Post) -> Result<Post, HubError> {
    let text = "may I?".into();
    node.hub.publish(Draft { author: member.id, text, reply_to: Some(to.id), ..Draft::default() }, None).await
}

async fn in_thread(node: &Node, root: Id, reader: Option<Id>) -> Vec<String> {
    let thread = node.hub.thread(root, reader).await.unwrap();
    let mut texts: Vec<String> = thread.descendants.into_iter().map(|view| view.post.text.text).collect();
    texts.sort();
    texts
}

/// A member's post, as others name it.
async fn members_post(node: &Node, member: &Actor, text: &str) -> (Post, (String, String)) {
    let visibility = Some(Visibility::Public);
    let draft = Draft { author: member.id, text: text.into(), visibility, ..Draft::default() };
    let post = node.hub.publish(draft, None).await.unwrap();
    let copy = node.hub.copy_on(CopyKind::Post, post.id, Network::AtProto).await.unwrap().unwrap();
    (post, (copy.native_id, copy.version.unwrap()))
}

/// An app of the member puts a record (or takes it away).
async fn app_puts(node: &Node, member: &Actor, collection: &str, key: &str, record: Option<Value>) {
    let presence = node.hub.presence(member.id, Network::AtProto).await.unwrap().unwrap();
    let (nsid, rkey) = (Nsid::parse(collection).unwrap(), RecordKey::parse(key).unwrap());
    let wish = match record {
        Some(mut record) => {
            record["$type"] = json!(collection);
            let record = Record::encode(Map::from_json(&record).unwrap()).unwrap();
            let block = Block { cid: record.cid(), bytes: record.bytes().clone() };
            Wish::Put { collection: nsid, rkey, block, swap: None }
        }
        None => Wish::Remove { collection: nsid, rkey, swap: None },
    };
    node.at.put(&presence, None, true, &[wish]).await.unwrap().unwrap();
}

async fn who_may_answer_somebody_changes_later(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let uri = elsewhere.post(&bob, "talk to me");
    let one = node.post(&uri).await;
    assert!(try_answer(&node, &alice, &one).await.is_ok());
    let gate = json!({"post": uri, "allow": [], "createdAt": now()});
    elsewhere.write(&bob, &[(THREADGATE, rkey(&uri), Some(gate))]);
    let policy = async || node.here(&uri).await.unwrap().reply_policy;
    node.until("closed", async || policy().await == Audience::Nobody).await;
    assert!(matches!(try_answer(&node, &alice, &one).await, Err(HubError::Forbidden(_))));
    elsewhere.write(&bob, &[(THREADGATE, rkey(&uri), None)]);
    node.until("open again", async || policy().await == Audience::Everyone).await;
    assert!(try_answer(&node, &alice, &one).await.is_ok());
    // The gate of another post says nothing of this one.
    let eve = json!({"post": "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3k", "allow": []});
    elsewhere.write(&bob, &[(THREADGATE, rkey(&uri), Some(eve))]);
    let last = elsewhere.post(&bob, "later");
    node.post(&last).await;
    assert_eq!(policy().await, Audience::Everyone);
}

async fn hidden_answers_are_not_in_the_thread(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let question = elsewhere.create(&bob, POST, post("a question"));
    let root = node.post(&question.0).await;
    let answered = |text| elsewhere.create(&eve, POST, answer(&question, text)).0;
    let (rude, kind) = (answered("rude"), answered("kind"));
    let (rude_id, _) = (node.search(&rude).await.unwrap().id, node.search(&kind).await.unwrap());
    assert_eq!(in_thread(&node, root.id, Some(alice.id)).await, ["kind", "rude"]);
    // One that is here, and one that is not yet.
    let late_key = elsewhere.tid().to_string();
    let late = format!("at://{eve}/{POST}/{late_key}");
    let gate = |hidden: &[&str]| json!({"post": question.0, "hiddenReplies": hidden, "createdAt": now()});
    elsewhere.write(&bob, &[(THREADGATE, rkey(&question.0), Some(gate(&[&rude, &late])))]);
    node.until("hidden", async || in_thread(&node, root.id, None).await == ["kind"]).await;
    elsewhere.write(&eve, &[(POST, &late_key, Some(answer(&question, "late")))]);
    node.search(&late).await.unwrap();
    assert_eq!(in_thread(&node, root.id, Some(alice.id)).await, ["kind"]);
    // By itself it can be seen.
    assert!(node.hub.view(rude_id, None).await.is_ok());
    elsewhere.write(&bob, &[(THREADGATE, rkey(&question.0), Some(gate(&[&late])))]);
    node.until("back", async || in_thread(&node, root.id, None).await == ["kind", "rude"]).await;
}

async fn a_quote_is_taken_off_and_put_back(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let words = elsewhere.create(&bob, POST, post("my words"));
    let quoted = node.post(&words.0).await;
    let draft = Draft { author: alice.id, text: "see".into(), quote: Some(quoted.id), ..Draft::default() };
    let visibility = Some(Visibility::Public);
    let quoting = node.hub.publish(Draft { visibility, ..draft }, None).await.unwrap();
    let copy = node.hub.copy_on(CopyKind::Post, quoting.id, Network::AtProto).await.unwrap().unwrap();
    let eves = elsewhere.create(&eve, POST, quote(&words, "look"));
    let state = async |id| node.hub.post(id).await.unwrap().quote.unwrap().state;
    let shown = async |id| node.hub.view(id, None).await.unwrap().quote.is_some();
    assert!(shown(quoting.id).await);
    let gate =
        |detached: &[&str]| json!({"post": words.0, "detachedEmbeddingUris": detached, "createdAt": now()});
    let put = |detached: &[&str]| elsewhere.write(&bob, &[(POSTGATE, rkey(&words.0), Some(gate(detached)))]);
    put(&[&copy.native_id, &eves.0]);
    node.until("taken off", async || state(quoting.id).await == QuoteState::Revoked).await;
    assert!(!shown(quoting.id).await);
    assert_eq!(node.hub.post(quoted.id).await.unwrap().quotes, 0);
    // One that comes later.
    let eves = node.search(&eves.0).await.unwrap();
    assert_eq!(state(eves.id).await, QuoteState::Revoked);
    put(&[]);
    node.until("put back", async || state(quoting.id).await == QuoteState::Accepted).await;
    node.until("the other too", async || state(eves.id).await == QuoteState::Accepted).await;
    assert_eq!(node.hub.post(quoted.id).await.unwrap().quotes, 2);
    // Nobody may quote it from now on.
    let rule = json!([{"$type": "app.bsky.feed.postgate#disableRule"}]);
    let closed = json!({"post": words.0, "embeddingRules": rule, "createdAt": now()});
    elsewhere.write(&bob, &[(POSTGATE, rkey(&words.0), Some(closed))]);
    let policy = async || node.here(&words.0).await.unwrap().quote_policy;
    node.until("closed", async || policy().await == Audience::Nobody).await;
    let again = Draft { author: alice.id, text: "again".into(), quote: Some(quoted.id), ..Draft::default() };
    assert!(matches!(node.hub.publish(again, None).await, Err(HubError::Forbidden(_))));
    let third = elsewhere.create(&eve, POST, quote(&words, "still")).0;
    assert_eq!(state(node.search(&third).await.unwrap().id).await, QuoteState::Rejected);
}

async fn a_members_app_says_who_may_answer(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let (post, named) = members_post(&node, &alice, "open to all").await;
    let key = rkey(&named.0).to_owned();
    let gate = |allow: Value| json!({"post": named.0, "allow": allow, "createdAt": now()});
    let following = json!([{"$type": "app.bsky.feed.threadgate#followingRule"}]);
    app_puts(&node, &alice, THREADGATE, &key, Some(gate(following))).await;
    let policy = async || node.hub.post(post.id).await.unwrap().reply_policy;
    node.until("people whom alice follows", async || policy().await == Audience::Following).await;
    // Who is followed may answer, who is not is neither seen nor heard.
    let against = elsewhere.create(&eve, POST, answer(&named, "me too")).0;
    let fine = elsewhere.create(&bob, POST, answer(&named, "of course")).0;
    node.post(&fine).await;
    node.post(&against).await;
    assert_eq!(in_thread(&node, post.id, Some(alice.id)).await, ["of course"]);
    let told = node.hub.notifications(alice.id, &[], None, Default::default()).await.unwrap();
    let heard: Vec<_> = told.iter().filter(|told| told.kind == NotificationKind::Mention).collect();
    assert_eq!(heard.len(), 1, "{told:?}");
    app_puts(&node, &alice, THREADGATE, &key, None).await;
    node.until("everybody", async || policy().await == Audience::Everyone).await;
    // Nobody may quote.
    let rule = json!([{"$type": "app.bsky.feed.postgate#disableRule"}]);
    let closed = json!({"post": named.0, "embeddingRules": rule, "createdAt": now()});
    app_puts(&node, &alice, POSTGATE, &key, Some(closed)).await;
    node.until("no quotes", async || node.hub.post(post.id).await.unwrap().quote_policy == Audience::Nobody)
        .await;
    let quoting = elsewhere.create(&eve, POST, quote(&named, "never mind")).0;
    let quoting = node.post(&quoting).await;
    assert_eq!(quoting.quote.unwrap().state, QuoteState::Rejected);
}

async fn people_on_a_list_may_answer(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let carol = node.member("carol").await;
    let (post, named) = members_post(&node, &alice, "for my list").await;
    let list = format!("at://{}/app.bsky.graph.list/3kfriends", node.did(&alice).await);
    let purpose = "app.bsky.graph.defs#curatelist";
    let record = json!({"name": "friends", "purpose": purpose, "createdAt": now()});
    app_puts(&node, &alice, "app.bsky.graph.list", "3kfriends", Some(record)).await;
    let item = |subject: &Did| json!({"list": list, "subject": subject.as_str(), "createdAt": now()});
    app_puts(&node, &alice, "app.bsky.graph.listitem", "3kone", Some(item(&eve))).await;
    let rule = |list: &str| json!([{"$type": "app.bsky.feed.threadgate#listRule", "list": list}]);
    let gate = |list: &str| json!({"post": named.0, "allow": rule(list), "createdAt": now()});
    let key = rkey(&named.0).to_owned();
    app_puts(&node, &alice, THREADGATE, &key, Some(gate(&list))).await;
    let closed = async || node.hub.post(post.id).await.unwrap().reply_policy != Audience::Everyone;
    node.until("for a list", closed).await;
    let against = elsewhere.create(&bob, POST, answer(&named, "me too")).0;
    let fine = elsewhere.create(&eve, POST, answer(&named, "of course")).0;
    node.post(&fine).await;
    node.post(&against).await;
    assert_eq!(in_thread(&node, post.id, Some(alice.id)).await, ["of course"]);
    // Members too; and of a list that is elsewhere nothing is known here.
    assert!(matches!(try_answer(&node, &carol, &post).await, Err(HubError::Forbidden(_))));
    let carol_did = node.did(&carol).await;
    app_puts(&node, &alice, "app.bsky.graph.listitem", "3ktwo", Some(item(&carol_did))).await;
    try_answer(&node, &carol, &post).await.unwrap();
    app_puts(&node, &alice, "app.bsky.graph.listitem", "3ktwo", None).await;
    let theirs = gate(&format!("at://{bob}/app.bsky.graph.list/3k"));
    app_puts(&node, &alice, THREADGATE, &key, Some(theirs)).await;
    try_answer(&node, &carol, &post).await.unwrap();
}

async fn a_member_takes_a_quote_off(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let (post, named) = members_post(&node, &alice, "my words").await;
    let uri = elsewhere.create(&bob, POST, quote(&named, "his words")).0;
    let quoting = node.post(&uri).await;
    assert_eq!(node.hub.post(post.id).await.unwrap().quotes, 1);
    let other = node.member("carol").await;
    assert!(node.hub.revoke_quote(other.id, post.id, quoting.id).await.is_err());
    let after = node.hub.revoke_quote(alice.id, post.id, quoting.id).await.unwrap();
    assert_eq!(after.quote.unwrap().state, QuoteState::Revoked);
    assert_eq!(node.hub.post(post.id).await.unwrap().quotes, 0);
    let gate = node.at.record(alice.id, POSTGATE, rkey(&named.0)).await.unwrap().unwrap();
    let gate = gate.record().unwrap();
    let detached = gate.fields().get("detachedEmbeddingUris").unwrap().as_list().unwrap();
    assert_eq!(detached[0].as_text(), Some(uri.as_str()));
    let did: Did = node.did(&alice).await;
    assert!(gate.fields().text("post").unwrap().starts_with(&format!("at://{did}/")));
}
