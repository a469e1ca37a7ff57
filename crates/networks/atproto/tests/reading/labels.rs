//! Labels: of a labeler that the operator listens to, and of one that a member does.

use crate::{
    elsewhere::Elsewhere,
    node::{Node, options},
    on_both,
};
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    data::{Map, Value, cbor},
    syntax::Did,
};
use landbridge_hub::{ChosenLabel, LabelChoice};
use landbridge_model::{Id, Network, Post};
use landbridge_store::EngineKind;
use serde_json::{Value as Json, json};

on_both!(
    what_a_labeler_says_is_heard_and_taken_back,
    a_member_listens_for_themselves,
    a_member_chooses_what_a_label_does,
    what_nobody_signed_is_not_heard,
    what_was_said_before_is_asked_for,
);

const EARLIER: &str = "2024-01-01T00:00:00Z";
const LATER: &str = "2024-01-02T00:00:00Z";

fn said(value: &str, about: &str) -> Json {
    json!({"ver": 1, "uri": about, "val": value, "cts": EARLIER})
}

/// As others sign it.
fn signed(key: &SigningKey, labeler: &Did, label: Json) -> Map {
    let fields = Map::from_json(&label).unwrap().with("src", labeler.as_str());
    let signature = key.sign(&cbor::encode(&Value::Map(fields.clone()))).unwrap();
    fields.with("sig", Value::Bytes(signature.to_vec()))
}

impl Elsewhere {
    /// A labeler says something on its stream.
    fn label(&self, labeler: &Did, label: Json) {
        let fields = signed(&self.lock().people[labeler].key, labeler, label);
        self.say_label(fields);
    }

    fn say_label(&self, fields: Map) {
        let mut inner = self.lock();
        let seq = i64::try_from(inner.labels.len()).unwrap() + 1;
        let header = Map::new().with("op", 1i64).with("t", "#labels");
        let body = Map::new().with("seq", seq).with("labels", vec![Value::Map(fields)]);
        let frame = [cbor::encode(&Value::Map(header)), cbor::encode(&Value::Map(body))].concat();
        inner.labels.push(frame.into());
        drop(inner);
        self.rung();
    }
}

async fn seen(node: &Node, post: Id, reader: Option<Id>) -> Option<Post> {
    node.hub.view(post, reader).await.ok().map(|view| view.post)
}

async fn what_a_labeler_says_is_heard_and_taken_back(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, labeler) = (elsewhere.person("bob"), elsewhere.person("labeler"));
    let mut node = Node::quiet(engine, {
        let mut options = options(&elsewhere.origin);
        options.labelers = vec![labeler.clone()];
        options
    })
    .await;
    node.read();
    let alice = node.follower("alice", &bob).await;
    let uri = elsewhere.post(&bob, "see this");
    let post = node.post(&uri).await.id;

    elsewhere.label(&labeler, said("porn", &uri));
    node.until("covered", async || seen(&node, post, None).await.unwrap().sensitive).await;
    let shown = seen(&node, post, Some(alice.id)).await.unwrap();
    assert_eq!(shown.warning.as_deref(), Some("Adult content"));
    // The post itself is as it was.
    assert!(!node.hub.post(post).await.unwrap().sensitive);
    let mut back = said("porn", &uri);
    (back["neg"], back["cts"]) = (json!(true), json!(LATER));
    elsewhere.label(&labeler, back);
    node.until("taken back", async || !seen(&node, post, None).await.unwrap().sensitive).await;

    elsewhere.label(&labeler, said("!no-unauthenticated", bob.as_str()));
    node.until("for members", async || seen(&node, post, None).await.is_none()).await;
    assert!(seen(&node, post, Some(alice.id)).await.is_some());
    elsewhere.label(&labeler, said("!hide", &uri));
    node.until("gone", async || seen(&node, post, Some(alice.id)).await.is_none()).await;
    assert!(node.home(alice.id).await.is_empty());

    // What expires is as if it had not been said, and so is what has no meaning here.
    let second = elsewhere.post(&bob, "and this");
    let second = node.post(&second).await.id;
    let uri = node.hub.view(second, Some(alice.id)).await.unwrap().uri;
    let mut expired = said("!warn", &uri);
    expired["exp"] = json!(LATER);
    elsewhere.label(&labeler, expired);
    elsewhere.label(&labeler, said("rude", &uri));
    elsewhere.label(&labeler, said("graphic-media", &uri));
    let warning = async || seen(&node, second, Some(alice.id)).await.unwrap().warning;
    node.until("covered", async || warning().await.as_deref() == Some("Graphic media")).await;
    node.stop().await;
}

async fn a_member_listens_for_themselves(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, labeler) = (elsewhere.person("bob"), elsewhere.person("labeler"));
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let carol = node.member("carol").await;
    let uri = elsewhere.post(&bob, "see this");
    let post = node.post(&uri).await.id;
    let labelers = [labeler.to_string()];
    node.hub.listen_to_labelers(Some(alice.id), Network::AtProto, &labelers).await.unwrap();
    node.until("the labeler is read", async || elsewhere.asked("com.atproto.label.queryLabels") > 0).await;
    elsewhere.label(&labeler, said("!warn", &uri));
    let warned = async |reader| seen(&node, post, reader).await.unwrap().warning.is_some();
    node.until("warned of", async || warned(Some(alice.id)).await).await;
    assert!(!warned(Some(carol.id)).await && !warned(None).await);
    node.hub.listen_to_labelers(Some(alice.id), Network::AtProto, &[]).await.unwrap();
    assert!(!warned(Some(alice.id)).await);
}

async fn a_member_chooses_what_a_label_does(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, labeler) = (elsewhere.person("bob"), elsewhere.person("labeler"));
    let node = Node::start(engine, &elsewhere).await;
    let (alice, carol) = (node.follower("alice", &bob).await.id, node.member("carol").await.id);
    let uri = elsewhere.post(&bob, "see this");
    let post = node.post(&uri).await.id;
    node.hub.listen_to_labelers(None, Network::AtProto, &[labeler.to_string()]).await.unwrap();
    node.until("the labeler is read", async || elsewhere.asked("com.atproto.label.queryLabels") > 0).await;
    elsewhere.label(&labeler, said("porn", &uri));
    let shown = async |reader| seen(&node, post, reader).await.map(|post| post.sensitive);
    node.until("covered", async || shown(None).await == Some(true)).await;
    let choose = async |member, source: Option<&str>, choice| {
        let chosen = ChosenLabel { source: source.map(str::to_owned), value: "porn".into(), choice };
        node.hub.choose_labels(member, Network::AtProto, &[chosen]).await.unwrap();
    };
    choose(alice, None, LabelChoice::Hide).await;
    choose(carol, Some(labeler.as_str()), LabelChoice::Ignore).await;
    assert_eq!((shown(Some(alice)).await, shown(Some(carol)).await), (None, Some(false)));
    choose(carol, Some("did:plc:another"), LabelChoice::Ignore).await;
    assert_eq!(shown(Some(carol)).await, Some(true));
    let both = |source: Option<String>, choice| ChosenLabel { source, value: "porn".into(), choice };
    let both = [both(None, LabelChoice::Ignore), both(Some(labeler.to_string()), LabelChoice::Hide)];
    node.hub.choose_labels(carol, Network::AtProto, &both).await.unwrap();
    assert_eq!(shown(Some(carol)).await, None, "that of the labeler counts before that of all");
    node.hub.choose_labels(alice, Network::AtProto, &[]).await.unwrap();
    assert_eq!(shown(Some(alice)).await, Some(true));
}

async fn what_nobody_signed_is_not_heard(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, labeler) = (elsewhere.person("bob"), elsewhere.person("labeler"));
    let mut node = Node::quiet(engine, {
        let mut options = options(&elsewhere.origin);
        options.labelers = vec![labeler.clone()];
        options
    })
    .await;
    node.read();
    node.follower("alice", &bob).await;
    let uri = elsewhere.post(&bob, "see this");
    let post = node.post(&uri).await.id;
    let other = SigningKey::generate(Curve::K256).unwrap();
    elsewhere.say_label(signed(&other, &labeler, said("!hide", &uri)));
    elsewhere.say_label(signed(&other, &bob, said("!hide", &uri)));
    elsewhere.label(&labeler, said("!warn", &uri));
    node.until("the true one", async || {
        seen(&node, post, None).await.is_some_and(|post| post.warning.is_some())
    })
    .await;
    node.stop().await;
}

async fn what_was_said_before_is_asked_for(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, labeler) = (elsewhere.person("bob"), elsewhere.person("labeler"));
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let uri = elsewhere.post(&bob, "see this");
    let post = node.post(&uri).await.id;
    let label = signed(&elsewhere.lock().people[&labeler].key, &labeler, said("nudity", &uri));
    let answer = json!({"labels": [Value::Map(label).to_json()]});
    elsewhere.lock().view.insert("com.atproto.label.queryLabels", answer);
    node.hub.listen_to_labelers(None, Network::AtProto, &[labeler.to_string()]).await.unwrap();
    node.until("known", async || seen(&node, post, None).await.unwrap().sensitive).await;
}
