//! ActivityPub, operation by operation: each file is one row of `MATRIX.md`, played with every peer both ways.

#![allow(clippy::unwrap_used, reason = "a test may")]

use anyhow::Result;
use landbridge_interop::{
    matrix::{self, Way},
    member::{Member, text},
    peer::{Account, Draft, Peer},
    stage::Stage,
    wait::until,
};
use serde_json::{Value, json};

mod block;
mod boost;
mod contact;
mod delete;
mod edit;
mod follow;
mod group;
mod image;
mod leaving;
mod like;
mod mention;
mod message;
mod moving;
mod pin;
mod policy;
mod poll;
mod post;
mod quote;
mod reaction;
mod removed;
mod reply;
mod report;
mod strict;
mod warning;

/// Makes a test of `from_landbridge` and of `to_landbridge` with each peer.
macro_rules! cells {
    ($operation:literal) => {
        $crate::cells!($operation, fedify, bovine, upub);
    };
    ($operation:literal, $($peer:ident),*) => {
        $(mod $peer {
            #[tokio::test]
            #[ignore = "needs real peers: cargo xtask test"]
            async fn from_landbridge() -> anyhow::Result<()> {
                $crate::play($operation, stringify!($peer), $crate::Way::Out, super::from_landbridge).await
            }

            #[tokio::test]
            #[ignore = "needs real peers: cargo xtask test"]
            async fn to_landbridge() -> anyhow::Result<()> {
                $crate::play($operation, stringify!($peer), $crate::Way::In, super::to_landbridge).await
            }
        })*
    };
}
use cells;

/// Two who have never met: a member of Landbridge, and an account on a peer.
struct Scene {
    stage: Stage,
    peer: Peer,
    member: Member,
    account: Account,
}

async fn play(
    operation: &str,
    peer: &str,
    way: Way,
    act: impl AsyncFnOnce(&Scene) -> Result<()>,
) -> Result<()> {
    let stage = Stage::current()?;
    let name = format!("{}{:x}", &operation.replace(' ', "")[..4], std::process::id());
    let peer = stage.peer(peer)?;
    let member = stage.member(&format!("m-{name}")).await?;
    let account = peer.account(&format!("p{name}")).await?;
    let scene = Scene { stage, peer, member, account };
    let outcome = act(&scene).await;
    matrix::record(&scene.stage.folder, "ActivityPub", operation, &scene.peer.name, way, outcome)
}

impl Scene {
    /// The account follows the member: what the member posts will be sent to it.
    async fn followed_by_account(&self) -> Result<()> {
        self.peer.act(&self.account, "follow", json!({ "actor": self.member.actor })).await?;
        let account = async || self.peer.actor(&self.account.id).await;
        until("the peer's follow is accepted", account, |a| a.following.contains(&self.member.actor)).await?;
        Ok(())
    }

    /// The member follows the account; answers the account's id in the client API.
    async fn follows_account(&self) -> Result<String> {
        let found = self.member.find_account(&self.account.acct).await?;
        let id = text(&found, "id")?.to_owned();
        self.member.post(&format!("v1/accounts/{id}/follow"), json!({})).await?;
        until(
            "the member's follow is accepted",
            async || self.member.relationship(&id).await,
            |r| r["following"] == true,
        )
        .await?;
        Ok(id)
    }

    /// The account posts, and the member, who follows it, has it at home. Answers the post's id and the status.
    async fn post_reaches_member(&self, draft: &Draft) -> Result<(String, Value)> {
        self.follows_account().await?;
        let id = self.peer.publish(&self.account, draft).await?;
        let status = until("the post is at home", async || self.member.at_home(&id).await, |_| true).await?;
        Ok((id, status))
    }

    /// The member posts, and the account, which follows the member, has it. Answers the status.
    async fn post_reaches_account(&self, words: &str, further: Value) -> Result<Value> {
        self.followed_by_account().await?;
        let status = self.member.publish(words, further).await?;
        let uri = text(&status, "uri")?;
        until("the peer has the post", async || self.peer.object(uri).await, |o| o.note.is_some()).await?;
        Ok(status)
    }

    /// The member's own view of a status, read again.
    async fn status(&self, status: &Value) -> Result<Value> {
        self.member.get(&format!("v1/statuses/{}", text(status, "id")?)).await
    }
}
