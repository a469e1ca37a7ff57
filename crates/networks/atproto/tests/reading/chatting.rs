//! A service of private messages that does as it is told. There is no open one to test against: this stands in for it.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_atproto::{Service, syntax::Did};
use landbridge_model::Time;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

pub const SERVICE: &str = "did:web:chat.test";

#[derive(Clone)]
pub struct Chat {
    pub origin: String,
    state: Arc<Mutex<Inner>>,
}

#[derive(Default)]
pub struct Inner {
    pub convos: HashMap<String, Convo>,
    /// By DID: (rev, entry).
    logs: HashMap<String, Vec<(u64, Value)>>,
    rev: u64,
    /// (who, method) of everything that was asked.
    pub asked: Vec<(String, String)>,
    /// Whoever takes no messages.
    pub closed: HashSet<String>,
    /// So many messages are taken, and no answer is given.
    pub lose: usize,
}

#[derive(Default)]
pub struct Convo {
    pub people: Vec<String>,
    pub messages: Vec<Value>,
    /// Who has not let it in, and who has left.
    pub requests: HashSet<String>,
    pub left: HashSet<String>,
}

impl Inner {
    fn tell(&mut self, convo: &str, to: &[String], kind: &str, fields: Value) {
        self.rev += 1;
        let mut entry = json!({
            "$type": format!("chat.bsky.convo.defs#{kind}"), "rev": format!("r{}", self.rev), "convoId": convo,
        });
        for (name, value) in fields.as_object().unwrap() {
            entry[name] = value.clone();
        }
        for did in to {
            self.logs.entry(did.clone()).or_default().push((self.rev, entry.clone()));
        }
    }

    fn begin(&mut self, by: &str, others: &[&str]) -> String {
        let mut people: Vec<String> = others.iter().chain([&by]).map(|did| (*did).to_owned()).collect();
        people.sort();
        people.dedup();
        if let Some((id, convo)) = self.convos.iter_mut().find(|(_, convo)| convo.people == people) {
            convo.left.remove(by);
            return id.clone();
        }
        self.make(by, people)
    }

    /// A conversation that was not there.
    fn make(&mut self, by: &str, people: Vec<String>) -> String {
        let id = format!("convo{}", self.convos.len());
        let requests = people.iter().filter(|did| *did != by).cloned().collect();
        self.convos.insert(id.clone(), Convo { people: people.clone(), requests, ..Convo::default() });
        self.tell(&id, &people, "logBeginConvo", json!({}));
        id
    }

    fn say(&mut self, convo: &str, by: &str, message: &Value) -> Value {
        let open = self.convos.get_mut(convo).unwrap();
        open.requests.remove(by);
        open.left.clear();
        let mut view = json!({
            "$type": "chat.bsky.convo.defs#messageView", "id": format!("m{}", open.messages.len()), "rev": "r",
            "text": message["text"], "sender": { "did": by }, "sentAt": Time::now().rfc3339(), "reactions": [],
        });
        for kept in ["facets", "embed", "replyTo"] {
            if !message[kept].is_null() {
                view[kept] = message[kept].clone();
            }
        }
        open.messages.push(view.clone());
        let people = open.people.clone();
        self.tell(convo, &people, "logCreateMessage", json!({ "message": view }));
        view
    }

    fn view(&self, id: &str, by: &str) -> Value {
        let convo = &self.convos[id];
        let members: Vec<Value> =
            convo.people.iter().map(|did| json!({ "did": did, "handle": "handle.invalid" })).collect();
        let status = if convo.requests.contains(by) { "request" } else { "accepted" };
        json!({ "id": id, "rev": "r", "members": members, "muted": false, "status": status, "unreadCount": 0 })
    }

    fn message(&mut self, convo: &str, id: &str) -> Option<&mut Value> {
        self.convos.get_mut(convo)?.messages.iter_mut().find(|message| message["id"] == id)
    }
}

impl Chat {
    pub async fn start() -> Chat {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let chat = Chat { origin, state: Arc::default() };
        let router = Router::new().route("/xrpc/{method}", get(xrpc).post(xrpc)).with_state(chat.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        chat
    }

    pub fn service(&self) -> Service {
        Service { url: self.origin.parse().unwrap(), did: Did::parse(SERVICE).unwrap() }
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap()
    }

    /// Somebody's own app begins a conversation, or finds it.
    pub fn begin(&self, by: &Did, others: &[&Did]) -> String {
        let others: Vec<&str> = others.iter().map(|did| did.as_str()).collect();
        self.lock().begin(by.as_str(), &others)
    }

    /// Somebody's own app writes; gives the message's id.
    pub fn say(&self, convo: &str, by: &Did, text: &str) -> String {
        let view = self.lock().say(convo, by.as_str(), &json!({ "text": text }));
        view["id"].as_str().unwrap().to_owned()
    }

    /// Something stands in somebody's log, true or not.
    pub fn tell(&self, convo: &str, to: &Did, kind: &str, fields: Value) {
        self.lock().tell(convo, &[to.to_string()], kind, fields);
    }

    pub fn react(&self, convo: &str, by: &Did, message: &str, value: &str, on: bool) {
        react(&mut self.lock(), by.as_str(), convo, message, value, on);
    }

    /// The texts of a conversation.
    pub fn texts(&self, convo: &str) -> Vec<String> {
        let inner = self.lock();
        inner.convos[convo].messages.iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect()
    }

    /// How often somebody was the one who asked for that.
    pub fn asked(&self, by: &Did, method: &str) -> usize {
        let is = |asked: &&(String, String)| asked.0 == by.as_str() && asked.1 == method;
        self.lock().asked.iter().filter(is).count()
    }
}

fn react(inner: &mut Inner, by: &str, convo: &str, message: &str, value: &str, on: bool) -> bool {
    let at = Time::now().rfc3339();
    let reaction = json!({ "value": value, "sender": { "did": by }, "createdAt": at });
    let Some(view) = inner.message(convo, message) else { return false };
    let list = view["reactions"].as_array_mut().unwrap();
    list.retain(|known| !(known["value"] == value && known["sender"]["did"] == by));
    if on {
        list.push(reaction.clone());
    }
    let view = view.clone();
    let people = inner.convos[convo].people.clone();
    let kind = if on { "logAddReaction" } else { "logRemoveReaction" };
    inner.tell(convo, &people, kind, json!({ "message": view, "reaction": reaction }));
    true
}

fn refused(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "message": error }))).into_response()
}

/// Whoever asks says so in a token for this service and this method. (Signatures are the official verifier's affair, in the
/// suite of real peers.)
fn asker(headers: &HeaderMap, method: &str) -> String {
    let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((claims["aud"].as_str(), claims["lxm"].as_str()), (Some(SERVICE), Some(method)));
    assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 60);
    claims["iss"].as_str().unwrap().to_owned()
}

async fn xrpc(
    State(chat): State<Chat>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let by = asker(&headers, &method);
    let query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let param = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let members: Vec<&str> =
        pairs.iter().filter(|(name, _)| name == "members").map(|(_, did)| did.as_str()).collect();
    let input: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let mut inner = chat.lock();
    let short = method.rsplit_once('.').unwrap().1.to_owned();
    inner.asked.push((by.clone(), short.clone()));
    let convo = param("convoId").unwrap_or_else(|| text("convoId"));
    let needs_convo = !convo.is_empty();
    let is_in = |convo: &Convo| convo.people.contains(&by) && !convo.left.contains(&by);
    if needs_convo && !inner.convos.get(&convo).is_some_and(is_in) {
        return refused("InvalidConvo");
    }
    let answer = match short.as_str() {
        "getConvoAvailability" => {
            json!({ "canChat": !members.iter().any(|did| inner.closed.contains(*did)) })
        }
        "getConvoForMembers" if members.iter().any(|did| inner.closed.contains(*did)) => {
            return refused("MessagesDisabled");
        }
        // The call is for conversations of two.
        "getConvoForMembers" if members.iter().filter(|did| **did != by).count() != 1 => {
            return refused("InvalidRequest");
        }
        "getConvoForMembers" => {
            let id = inner.begin(&by, &members);
            json!({ "convo": inner.view(&id, &by) })
        }
        "getConvo" => json!({ "convo": inner.view(&convo, &by) }),
        "listConvos" if param("readState").is_some() => json!({ "convos": [] }),
        "listConvos" => {
            let own = inner.convos.iter().filter(|(_, convo)| is_in(convo));
            json!({ "convos": own.map(|(id, _)| inner.view(id, &by)).collect::<Vec<_>>() })
        }
        "createGroup" => {
            assert!((1..=500).contains(&text("name").len()));
            let mut people: Vec<String> = serde_json::from_value(input["members"].clone()).unwrap();
            if people.iter().any(|did| inner.closed.contains(did)) {
                return refused("UserForbidsGroups");
            }
            people.push(by.clone());
            people.sort();
            let id = inner.make(&by, people);
            if inner.lose > 0 {
                inner.lose -= 1;
                return StatusCode::BAD_GATEWAY.into_response();
            }
            json!({ "convo": inner.view(&id, &by) })
        }
        "getMessages" => {
            let mut messages = inner.convos[&convo].messages.clone();
            messages.reverse();
            json!({ "messages": messages })
        }
        "getLog" => {
            let after: u64 = param("cursor").map_or(0, |cursor| cursor.parse().unwrap());
            let entries = inner.logs.get(&by).cloned().unwrap_or_default();
            // Who says nothing of where they stand hears only where the log is.
            let asked = param("cursor").is_some();
            let news: Vec<Value> = entries
                .into_iter()
                .filter(|(rev, _)| asked && *rev > after)
                .map(|(_, entry)| entry)
                .collect();
            json!({ "logs": news, "cursor": inner.rev.to_string() })
        }
        "sendMessage" => {
            assert!(input["message"]["text"].as_str().unwrap().len() <= 10_000);
            let view = inner.say(&convo, &by, &input["message"]);
            if inner.lose > 0 {
                inner.lose -= 1;
                return StatusCode::BAD_GATEWAY.into_response();
            }
            view
        }
        "deleteMessageForSelf" => {
            let Some(view) = inner.message(&convo, &text("messageId")) else {
                return refused("MessageDeleteNotAllowed");
            };
            let mut view = view.clone();
            view["$type"] = json!("chat.bsky.convo.defs#deletedMessageView");
            inner.tell(&convo, &[by], "logDeleteMessage", json!({ "message": view }));
            view
        }
        "addReaction" | "removeReaction" => {
            let on = short == "addReaction";
            if !react(&mut inner, &by, &convo, &text("messageId"), &text("value"), on) {
                return refused("ReactionMessageDeleted");
            }
            json!({ "message": inner.message(&convo, &text("messageId")).unwrap().clone() })
        }
        "acceptConvo" => {
            inner.convos.get_mut(&convo).unwrap().requests.remove(&by);
            inner.tell(&convo, &[by], "logAcceptConvo", json!({}));
            json!({})
        }
        "leaveConvo" => {
            inner.convos.get_mut(&convo).unwrap().left.insert(by.clone());
            inner.tell(&convo, &[by], "logLeaveConvo", json!({}));
            json!({ "convoId": convo, "rev": "r" })
        }
        _ => {
            return (StatusCode::NOT_IMPLEMENTED, Json(json!({ "error": "MethodNotImplemented" })))
                .into_response();
        }
    };
    Json(answer).into_response()
}
