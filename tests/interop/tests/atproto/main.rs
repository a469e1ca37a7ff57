//! AT Protocol, operation by operation, with people on the official PDS. Whatever a member does there is read through the
//! official AppView; a member's own reading is by the Mastodon API.

#![allow(clippy::unwrap_used, reason = "a test may")]

use anyhow::{Context, Result};
use landbridge_interop::{
    atproto,
    landbridge::Landbridge,
    matrix::{self, Way},
    member::{Member, text},
    peer::{Account, Draft, Note, ObjectView, Peer},
    stage::Stage,
    wait::until,
};
use serde_json::{Value, json};

mod addresses;
mod block;
mod card;
mod chat;
mod clients;
mod delete;
mod edit;
mod follow;
mod gate;
mod image;
mod label;
mod leaving;
mod like;
mod mention;
mod own_host;
mod post;
mod profile;
mod quote;
mod reply;
mod repost;
mod standing;
mod verified;
mod warning;

/// Makes a test of each way: `from_landbridge` and `to_landbridge`.
macro_rules! cells {
    ($operation:literal) => {
        #[tokio::test]
        #[ignore = "needs real peers: cargo xtask test"]
        async fn from_landbridge_to_atproto() -> anyhow::Result<()> {
            $crate::play($operation, $crate::Way::Out, from_landbridge).await
        }

        #[tokio::test]
        #[ignore = "needs real peers: cargo xtask test"]
        async fn from_atproto_to_landbridge() -> anyhow::Result<()> {
            $crate::play($operation, $crate::Way::In, to_landbridge).await
        }
    };
}
use cells;

/// A member, and someone on the official PDS whom the member has not met.
struct Scene {
    stage: Stage,
    network: Peer,
    member: Member,
    /// The member's DID.
    did: String,
    person: Account,
}

async fn play(operation: &str, way: Way, act: impl AsyncFnOnce(&Scene) -> Result<()>) -> Result<()> {
    let scene = Scene::set().await?;
    let outcome = act(&scene).await;
    matrix::record(&scene.stage.folder, "AT Protocol", operation, &scene.network.name, way, outcome)
}

impl Scene {
    async fn set() -> Result<Self> {
        Self::set_as("").await
    }

    /// With names that begin like this.
    async fn set_as(initial: &str) -> Result<Self> {
        let stage = Stage::current()?;
        let name = format!("{:x}", std::process::id());
        let network = stage.peer("atproto")?;
        let member = stage.member(&format!("{initial}a{name}")).await?;
        let did = did_of(&network, &stage.landbridge, &member.name).await?;
        let person = network.account(&format!("{initial}p{name}")).await?;
        Ok(Self { stage, network, member, did, person })
    }

    /// The member posts; answers the status and the record's URI, found by the AppView.
    async fn member_posts(&self, words: &str, further: Value) -> Result<(Value, String)> {
        let status = self.member.publish(words, further).await?;
        Ok((status, self.found(words).await?))
    }

    /// The URI of the member's post with these words, as the AppView has it.
    async fn found(&self, words: &str) -> Result<String> {
        let look = async || self.network.find(&self.did, words).await;
        let found = until("the AppView has the post", look, |uris| uris.len() == 1).await?;
        found.into_iter().next().context("no post")
    }

    /// The person posts, and the member, who follows them, has it at home. Answers the record's URI and the status.
    async fn person_posts(&self, draft: &Draft) -> Result<(String, Value)> {
        self.member_follows().await?;
        let uri = self.network.publish(&self.person, draft).await?;
        let status =
            until("the post is at home", async || self.at_home(shown(&draft.text)).await, |_| true).await?;
        // The AppView tells nobody of an answer to what it has not read yet, then or later.
        self.until_object("the AppView has the post", &uri, |o| o.note.is_some()).await?;
        Ok((uri, status))
    }

    /// The member follows the person by handle; answers the account.
    async fn member_follows(&self) -> Result<Value> {
        let found = self.member.find_account(&self.person.acct).await?;
        self.member.post(&format!("v1/accounts/{}/follow", text(&found, "id")?), json!({})).await?;
        Ok(found)
    }

    /// The status with these words on the member's home timeline.
    async fn at_home(&self, words: &str) -> Result<Value> {
        let home = self.member.get("v1/timelines/home?limit=40").await?;
        let has = |s: &&Value| s["content"].as_str().is_some_and(|content| content.contains(words));
        home.as_array().into_iter().flatten().find(has).cloned().context("not at home")
    }

    /// A notification of this kind about the person.
    async fn told(&self, kind: &str) -> Result<Value> {
        let account = self.member.find_account(&self.person.acct).await?;
        let told = async || self.member.notification(kind, text(&account, "acct")?).await;
        until("the member is told", told, |_| true).await
    }

    /// The person is told of what the member did.
    async fn person_told(&self, reason: &str) -> Result<atproto::Notice> {
        let by_member = |n: &atproto::Notice| n.reason == reason && n.by == self.did;
        let notices = async || {
            let all = atproto::notices(&self.network, &self.person).await?;
            all.into_iter().find(by_member).with_context(|| format!("no `{reason}`"))
        };
        until("the person is told", notices, |_| true).await
    }

    async fn note(&self, uri: &str) -> Result<Note> {
        self.network.object(uri).await?.note.context("no post")
    }

    async fn until_object(
        &self,
        what: &str,
        uri: &str,
        enough: impl Fn(&ObjectView) -> bool,
    ) -> Result<ObjectView> {
        until(what, async || self.network.object(uri).await, enough).await
    }

    async fn until_status(
        &self,
        what: &str,
        status: &Value,
        enough: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let path = format!("v1/statuses/{}", text(status, "id")?);
        until(what, async || self.member.get(&path).await, enough).await
    }
}

/// The DID of a member, once the AppView knows it under the member's handle.
async fn did_of(network: &Peer, landbridge: &Landbridge, name: &str) -> Result<String> {
    let handle = format!("{name}.{}", atproto::handles_of(&landbridge.host));
    let seen = async || network.actor(&handle).await?.profile.context("unknown");
    Ok(until("the AppView knows the handle", seen, |p| p.handle == handle).await?.did)
}

fn draft(words: &str) -> Draft {
    Draft { text: words.to_owned(), ..Draft::default() }
}

/// What stands in a status in one piece: addresses are shown shortened.
fn shown(words: &str) -> &str {
    words.split("http").next().unwrap_or(words).trim()
}
