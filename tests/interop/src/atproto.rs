//! The AT network of the stage (`peers/atproto`): where its servers are, how Landbridge is told of them, and what can
//! be asked of it beyond the control that every peer has.

use crate::peer::{Account, Peer};
use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The PLC directory. The official PDS asks no server that has only an address, and none below `example.org`.
pub const DIRECTORY: &str = "https://plc.example";
pub const APPVIEW: &str = "https://appview.example.org";
pub const APPVIEW_DID: &str = "did:web:appview.example.org";
/// The official PDS; its accounts are called `NAME.opds.example.org`.
pub const PDS: &str = "https://opds.example.org";

/// Says of others what it is told to: see [`label`].
pub const LABELER_DID: &str = "did:web:labels.example.org";
/// A web site with one page about dots: title, description, picture.
pub const PAGES: &str = "https://pages.example.org";
/// A stand-in for the service of private messages, of which there is no open one: see `peers/atproto/chat.mjs`.
pub const CHAT: &str = "https://chat.example";
pub const CHAT_DID: &str = "did:web:chat.example";

/// Whether the server under test reads [`section`] yet.
const UNDERSTOOD: bool = true;

/// The origin of the PDS of the Landbridge at `host`.
pub fn pds_of(host: &str) -> String {
    format!("https://pds.{host}")
}

/// The domain of the handles there. Nobody takes a handle below `.example`, Landbridge none below `.test`, and apps see
/// a mention only if it ends in a domain of the real world.
pub fn handles_of(host: &str) -> String {
    format!("{host}.org")
}

/// The section of the configuration of the Landbridge at `host`.
pub fn section(host: &str) -> String {
    if !UNDERSTOOD {
        return String::new();
    }
    format!(
        "[atproto]\ndirectory = \"{DIRECTORY}\"\npds_host = \"pds.{host}\"\nhandle_domain = \"{}\"\n\
         appview = \"{APPVIEW}\"\nappview_did = \"{APPVIEW_DID}\"\nstreams = [\"{PDS}\"]\n",
        handles_of(host)
    )
}

/// What is added to [`section`] for private messages.
pub fn chat_section() -> String {
    format!("chat = \"{CHAT}\"\nchat_did = \"{CHAT_DID}\"\n")
}

/// How the AppView shows one account to another.
#[derive(Debug, Deserialize)]
pub struct Between {
    pub following: bool,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
}

/// What the AppView tells an account.
#[derive(Debug, Deserialize)]
pub struct Notice {
    /// `like`, `reply`, `mention` ...
    pub reason: String,
    /// DID.
    pub by: String,
    /// The record that is the reason.
    pub uri: String,
    pub about: Option<String>,
}

/// A repository that the official verifier found sound.
#[derive(Debug, Deserialize)]
pub struct Verified {
    pub handle: Option<String>,
    /// The origin that the DID document names.
    pub pds: String,
    pub rev: String,
    /// `collection/rkey`, and the CID.
    pub records: BTreeMap<String, String>,
}

/// What a PDS has sent, and what the strict consumer found wrong with it.
#[derive(Debug, Deserialize)]
pub struct Sent {
    pub seq: u64,
    /// `commit`, `identity`, `account`, `sync`.
    pub counts: BTreeMap<String, u64>,
    /// The proved handle of each DID of which an identity event was sent.
    pub handles: BTreeMap<String, Option<String>>,
    /// What each account was said to be, one after another: `active`, `deactivated`, `deleted` ...
    pub standing: BTreeMap<String, Vec<String>>,
    /// Where each repository stands.
    pub repos: BTreeMap<String, Head>,
    /// How many faults there were, and the last of them.
    pub wrong: u64,
    pub errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Head {
    pub rev: String,
}

/// How the AppView shows `actor` (a DID) to `by`.
pub async fn between(network: &Peer, by: &Account, actor: &str) -> Result<Between> {
    ask(network, "/between", json!({ "as": by.id, "actor": actor })).await
}

/// Everything the AppView tells `account`.
pub async fn notices(network: &Peer, account: &Account) -> Result<Vec<Notice>> {
    ask(network, "/notifications", json!({ "as": account.id })).await
}

/// The URIs on the home timeline of `account`.
pub async fn timeline(network: &Peer, account: &Account) -> Result<Vec<String>> {
    ask(network, "/timeline", json!({ "as": account.id })).await
}

/// Downloads the whole repository of `did` and verifies it: tree, records, signature, proofs of single records.
pub async fn verify(network: &Peer, did: &str) -> Result<Verified> {
    ask(network, "/verify", json!({ "did": did })).await
}

/// The labeler says `value` of `uri` (a post or a DID), or takes that back.
pub async fn label(network: &Peer, uri: &str, value: &str, taken_back: bool) -> Result<()> {
    let label = json!({ "uri": uri, "val": value, "neg": taken_back });
    network.order("/label", &label).await?;
    Ok(())
}

/// What this PDS has sent so far.
pub async fn sent(network: &Peer, pds: &str) -> Result<Sent> {
    ask(network, "/firehose", json!({ "pds": pds })).await
}

/// Makes the AppView and the strict consumer read a PDS that was started after them.
pub async fn read(network: &Peer, pds: &str) -> Result<()> {
    network.order("/read", &json!({ "pds": pds })).await.map(drop)
}

/// An error if the strict consumer found anything wrong with what this PDS has sent.
pub async fn nothing_wrong(network: &Peer, pds: &str) -> Result<Sent> {
    let sent = sent(network, pds).await?;
    ensure!(sent.wrong == 0, "{} faults in what {pds} sent, the last: {:#?}", sent.wrong, sent.errors);
    Ok(sent)
}

/// Everything that an account has, at its PDS and as the AppView shows it: see `census` in `peers/atproto/moving.mjs`.
#[derive(Debug, Deserialize)]
pub struct Census {
    /// The origin that the DID document names.
    pub pds: String,
    /// `collection/rkey`, and the CID.
    pub records: BTreeMap<String, String>,
    /// CIDs.
    pub blobs: Vec<String>,
    pub preferences: Value,
    /// Profile, posts, pictures, likes, followers, follows, blocks, and the AppView's counts of them.
    pub shown: Value,
}

impl Census {
    /// How many records there are, by collection.
    pub fn by_collection(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for path in self.records.keys() {
            *counts.entry(path.split('/').next().unwrap_or(path)).or_default() += 1;
        }
        counts
    }
}

/// An account on its way from one PDS to another, both by their origins.
pub struct Moving {
    pub network: Peer,
    pub did: String,
    pub from: String,
    pub to: String,
}

/// A PDS did not do what a step asked for.
#[derive(Clone, Debug, Deserialize, thiserror::Error)]
#[error("{status} {error}: {message}")]
pub struct Refused {
    pub status: u16,
    pub error: String,
    pub message: String,
}

impl Moving {
    /// Takes a step of `peers/atproto/moving.mjs`.
    pub async fn step(&self, step: &str, further: Value) -> Result<Value> {
        let mut order = json!({ "step": step, "did": self.did, "from": self.from, "to": self.to });
        if let (Some(order), Value::Object(further)) = (order.as_object_mut(), further) {
            order.extend(further);
        }
        let answer = self.network.order("/moving", &order).await?;
        match answer.get("refused") {
            Some(refused) => {
                let refused: Refused = serde_json::from_value(refused.clone())?;
                Err(anyhow::Error::new(refused).context(format!("{step} of {}", self.did)))
            }
            None => Ok(answer),
        }
    }

    /// Takes a step that must be refused; gives the name of the error.
    pub async fn refused(&self, step: &str, further: Value) -> Result<String> {
        match self.step(step, further.clone()).await {
            Ok(answer) => bail!("{step} {further} was done: {answer}"),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) => Ok(refused.error.clone()),
                None => Err(error),
            },
        }
    }

    /// What the account has, asked of that PDS.
    pub async fn census(&self, at: &str) -> Result<Census> {
        Ok(serde_json::from_value(self.step("census", json!({ "at": at })).await?)?)
    }
}

/// The code that the official PDS has sent to the owner of a handle.
pub async fn mailed_code(network: &Peer, handle: &str) -> Result<String> {
    let mail = network.order("/code", &json!({ "handle": handle })).await?;
    Ok(crate::member::text(&mail, "code")?.to_owned())
}

/// A request that the stand-in for private messages believed.
#[derive(Debug, Deserialize)]
pub struct Asked {
    pub method: String,
    /// The account in whose name.
    pub iss: String,
    pub aud: String,
}

/// Everything that the stand-in for private messages was asked.
pub async fn chat_asked(network: &Peer) -> Result<Vec<Asked>> {
    ask(network, "/chat", json!({})).await
}

/// A conversation as an account of the official PDS reads it.
#[derive(Debug, Deserialize)]
pub struct Convo {
    /// DIDs.
    pub people: Vec<String>,
    /// `request` or `accepted`.
    pub status: String,
    /// The oldest first.
    pub messages: Vec<Said>,
}

#[derive(Debug, Deserialize)]
pub struct Said {
    /// DID.
    pub by: String,
    pub text: String,
    pub reactions: Vec<String>,
}

/// `account` writes to `to` (a DID) by its own app.
pub async fn write(network: &Peer, account: &Account, to: &str, text: &str) -> Result<()> {
    network.order("/write", &json!({ "as": account.id, "to": to, "text": text })).await.map(drop)
}

/// `account` reacts to the newest message that it has been sent.
pub async fn react(network: &Peer, account: &Account, value: &str) -> Result<()> {
    network.order("/emoji", &json!({ "as": account.id, "value": value })).await.map(drop)
}

/// The private messages of `account`.
pub async fn inbox(network: &Peer, account: &Account) -> Result<Vec<Convo>> {
    ask(network, "/inbox", json!({ "as": account.id })).await
}

async fn ask<T: serde::de::DeserializeOwned>(network: &Peer, path: &str, about: Value) -> Result<T> {
    Ok(serde_json::from_value(network.order(path, &about).await?)?)
}
