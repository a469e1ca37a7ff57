//! A peer on any network, told what to do and asked what it knows.
//!
//! Each peer in `tests/interop/peers` answers the same small HTTP control on loopback, written beside it in its own
//! language, so that this file is the only driver. The control never invents: it calls the peer's own functions, and
//! answers from the peer's own store.
//!
//! | request | answer |
//! |---|---|
//! | `POST /actors {name}` | `{id, acct}` of a new account |
//! | `POST /act {as, verb, ...}` | `{id}` of what was made, or `{lacks: reason}` |
//! | `GET /object?id=` | [`ObjectView`]: a post as stored, and what came for it |
//! | `GET /actor?id=` | [`ActorView`] |
//! | `GET /messages?id=` | [`PrivateMessage`]s that this account can open, oldest first, where messages are encrypted |

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The control of one peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Peer {
    pub name: String,
    /// Base URL of its control.
    pub control: String,
    #[serde(skip)]
    http: reqwest::Client,
}

/// An account on a peer.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The actor's URL, public key or DID.
    pub id: String,
    /// `name@host`, npub or handle.
    pub acct: String,
}

/// The peer cannot do this: why, in its own words or by what it answered.
#[derive(Debug, thiserror::Error)]
#[error("the peer lacks it: {0}")]
pub struct Lacks(pub String);

/// What a peer's account writes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Draft {
    pub text: String,
    /// Content warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cw: Option<String>,
    /// Actor URLs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// Hashtags, without `#`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<DraftImage>,
    /// A page, as the author shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The choices of a poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<Vec<String>>,
    /// Whoever wants to answer, like or boost it has to ask first (GoToSocial's interaction controls).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// The leave of the author of what it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// `public` (the default), `followers` or `direct` (to those mentioned).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DraftImage {
    pub alt: String,
}

/// What a peer holds about one object id.
#[derive(Debug, Deserialize)]
pub struct ObjectView {
    pub note: Option<Note>,
    #[serde(default)]
    pub likes: Vec<Like>,
    /// Actors who boosted it.
    #[serde(default)]
    pub boosts: Vec<String>,
    #[serde(default)]
    pub votes: Vec<Vote>,
    /// Ids of replies and of quotes that the peer knows.
    #[serde(default)]
    pub replies: Vec<String>,
    #[serde(default)]
    pub quotes: Vec<String>,
}

/// A post as the peer stored it.
#[derive(Debug, Deserialize)]
pub struct Note {
    pub id: String,
    pub author: Option<String>,
    /// HTML, or plain where the network has no HTML.
    #[serde(default)]
    pub text: String,
    pub cw: Option<String>,
    #[serde(default)]
    pub mentions: Vec<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where links lead, if they are apart from the text.
    #[serde(default)]
    pub links: Vec<String>,
    /// BCP 47.
    #[serde(default)]
    pub langs: Vec<String>,
    #[serde(default)]
    pub images: Vec<Image>,
    pub card: Option<Card>,
    pub reply_to: Option<String>,
    /// The first post of the thread, where a reply names it.
    pub root: Option<String>,
    pub quote: Option<String>,
    /// The quoted author has taken the quote off.
    #[serde(default)]
    pub detached: bool,
    /// The leave of the author of what it answers.
    pub approved_by: Option<String>,
    /// The community it is for.
    pub audience: Option<String>,
    /// The authorization of the quote (FEP-044f), if the post names one.
    pub quote_stamp: Option<String>,
    pub poll: Option<Vec<Choice>>,
    #[serde(default)]
    pub deleted: bool,
}

/// A page that a post links to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Card {
    pub uri: String,
    pub title: String,
    pub description: String,
    #[serde(default, skip_serializing)]
    pub thumb: Option<Image>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Image {
    pub url: Option<String>,
    pub alt: Option<String>,
    /// How many bytes the peer got when it fetched the file; absent if it does not fetch.
    pub bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub struct Choice {
    pub name: String,
    pub votes: u64,
}

#[derive(Debug, Deserialize)]
pub struct Like {
    pub actor: String,
    pub emoji: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Vote {
    pub actor: String,
    pub option: String,
}

/// What a peer holds about one actor.
#[derive(Debug, Deserialize)]
pub struct ActorView {
    #[serde(default)]
    pub followers: Vec<String>,
    #[serde(default)]
    pub following: Vec<String>,
    #[serde(default)]
    pub blocked_by: Vec<String>,
    #[serde(default)]
    pub flags: Vec<Value>,
    #[serde(default)]
    pub moves: Vec<Value>,
    /// Ids of the posts that the actor has pinned, as far as the peer was told.
    #[serde(default)]
    pub pinned: Vec<String>,
    /// Whether the actor was deleted.
    #[serde(default)]
    pub gone: bool,
    pub profile: Option<Profile>,
}

#[derive(Debug, Deserialize)]
pub struct Profile {
    pub did: String,
    pub handle: String,
    pub name: String,
    pub about: String,
    pub avatar: Option<String>,
}

/// A private message, reaction or deletion as its reader's app has opened it.
#[derive(Debug, Deserialize)]
pub struct PrivateMessage {
    pub id: String,
    pub kind: u16,
    pub author: String,
    pub text: String,
    pub mentions: Vec<String>,
    /// What it answers, likes or deletes.
    pub about: Option<String>,
    pub subject: Option<String>,
}

impl Peer {
    pub fn new(name: &str, port: u16) -> Self {
        Self {
            name: name.to_owned(),
            control: format!("http://127.0.0.1:{port}"),
            http: reqwest::Client::new(),
        }
    }

    /// Makes an account.
    pub async fn account(&self, name: &str) -> Result<Account> {
        self.post("/actors", &json!({ "name": name })).await
    }

    /// Makes a community.
    pub async fn community(&self, name: &str) -> Result<Account> {
        self.post("/actors", &json!({ "name": name, "group": true })).await
    }

    /// Makes an account that names another one (an actor's URL) as the same person's.
    pub async fn alias_account(&self, name: &str, alias: &str) -> Result<Account> {
        self.post("/actors", &json!({ "name": name, "alias": alias })).await
    }

    /// Makes `by` do `verb` with `details`; answers the id of what was made. [`Lacks`] if the peer cannot.
    pub async fn act(&self, by: &Account, verb: &str, details: Value) -> Result<String> {
        let mut order = details;
        if let Some(order) = order.as_object_mut() {
            order.insert("as".to_owned(), json!(by.id));
            order.insert("verb".to_owned(), json!(verb));
        }
        let answer: Value = self.post("/act", &order).await?;
        if let Some(reason) = answer.get("lacks").and_then(Value::as_str) {
            return Err(Lacks(reason.to_owned()).into());
        }
        answer.get("id").and_then(Value::as_str).map(str::to_owned).context("no id in the answer")
    }

    /// Writes a post; answers its id.
    pub async fn publish(&self, by: &Account, draft: &Draft) -> Result<String> {
        self.act(by, "post", serde_json::to_value(draft)?).await
    }

    pub async fn object(&self, id: &str) -> Result<ObjectView> {
        self.get("/object", id).await
    }

    /// Ids of the notes by this author that contain these words (where the author's app does not tell ids).
    pub async fn find(&self, author: &str, words: &str) -> Result<Vec<String>> {
        let request =
            self.http.get(format!("{}/find", self.control)).query(&[("author", author), ("text", words)]);
        self.read("/find", request.send().await?).await
    }

    pub async fn messages(&self, account: &Account) -> Result<Vec<PrivateMessage>> {
        self.get("/messages", &account.id).await
    }

    pub async fn actor(&self, id: &str) -> Result<ActorView> {
        self.get("/actor", id).await
    }

    /// `POST` to a path of this peer's control that others do not have.
    pub async fn order(&self, path: &str, body: &Value) -> Result<Value> {
        self.post(path, body).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        let request = self.http.post(format!("{}{path}", self.control)).json(body);
        self.read(path, request.send().await?).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, id: &str) -> Result<T> {
        let request = self.http.get(format!("{}{path}", self.control)).query(&[("id", id)]);
        self.read(path, request.send().await?).await
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, answer: reqwest::Response) -> Result<T> {
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{} answered {path} with {status}: {text}", self.name);
        }
        serde_json::from_str(&text).with_context(|| format!("{} {path}: {text}", self.name))
    }
}
