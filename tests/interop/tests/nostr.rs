//! Nostr, operation by operation, with people on two libraries and a relay that is not ours. They find a member's
//! posts on the relays that the member's kind 10002 names, and write to the relays that it reads (NIP-65).

#![allow(clippy::unwrap_used, reason = "a test may")]

use anyhow::{Context, Result};
use landbridge_interop::{
    matrix::{self, Way},
    member::{Member, text},
    peer::{Account, Draft, DraftImage, Note, ObjectView, Peer},
    stage::Stage,
    wait::until,
};
use serde_json::{Value, json};

/// A member, and someone on Nostr whom the member has not met.
struct Scene {
    peer: Peer,
    member: Member,
    /// The member's public key.
    key: String,
    person: Account,
}

/// Makes a test of each operation, both ways, with each library.
macro_rules! cells {
    ($($operation:ident: $name:literal),* $(,)?) => { $(mod $operation {
        cells!(@ $operation, $name, nostr_tools, "nostr-tools");
        cells!(@ $operation, $name, nostr_sdk, "nostr-sdk");
    })* };
    (@ $operation:ident, $name:literal, $module:ident, $peer:literal) => { mod $module {
        #[tokio::test]
        #[ignore = "needs real peers: cargo xtask test"]
        async fn from_landbridge() -> anyhow::Result<()> {
            crate::play($name, $peer, crate::Way::Out, crate::out::$operation).await
        }

        #[tokio::test]
        #[ignore = "needs real peers: cargo xtask test"]
        async fn to_landbridge() -> anyhow::Result<()> {
            crate::play($name, $peer, crate::Way::In, crate::into::$operation).await
        }
    } };
}

cells! {
    follow: "follow",
    post: "post",
    reply: "reply",
    like: "like",
    repost: "repost",
    quote: "quote",
    delete: "delete",
    image: "image with alt text",
    mention: "mention",
    warning: "content warning",
}

async fn play(
    operation: &str,
    peer: &str,
    way: Way,
    act: impl AsyncFnOnce(&Scene) -> Result<()>,
) -> Result<()> {
    let stage = Stage::current()?;
    let name = format!("{:x}", std::process::id());
    let peer = stage.peer(peer)?;
    let member = stage.member(&format!("n{name}")).await?;
    let key = async || member.nostr_key().await;
    let key = until("the member has a key", key, |_| true).await?;
    let person = peer.account(&format!("p{name}")).await?;
    let scene = Scene { peer, member, key, person };
    let outcome = act(&scene).await;
    matrix::record(&stage.folder, "Nostr", operation, &scene.peer.name, way, outcome)
}

impl Scene {
    /// The member posts; answers the status and the event's id, found where the member writes.
    async fn member_posts(&self, words: &str, further: Value) -> Result<(Value, String)> {
        let status = self.member.publish(words, further).await?;
        Ok((status, self.found(words).await?))
    }

    /// The id of the member's note with these words, as the peer finds it.
    async fn found(&self, words: &str) -> Result<String> {
        let look = async || self.peer.find(&self.key, words).await;
        let found = until("the peer finds the note", look, |ids| ids.len() == 1).await?;
        found.into_iter().next().context("no note")
    }

    /// The person posts, and the member, who follows them, has it at home. Answers the event's id and the status.
    async fn person_posts(&self, draft: &Draft) -> Result<(String, Value)> {
        self.member_follows().await?;
        let id = self.peer.publish(&self.person, draft).await?;
        let status = until("the post is at home", async || self.at_home(&draft.text).await, |_| true).await?;
        Ok((id, status))
    }

    /// The member follows the person by npub; answers the account.
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
        self.member.notification(kind, text(&account, "acct")?).await
    }

    async fn note(&self, id: &str) -> Result<Note> {
        self.peer.object(id).await?.note.context("no note")
    }

    async fn until_object(
        &self,
        what: &str,
        id: &str,
        enough: impl Fn(&ObjectView) -> bool,
    ) -> Result<ObjectView> {
        until(what, async || self.peer.object(id).await, enough).await
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

fn draft(words: &str) -> Draft {
    Draft { text: words.to_owned(), ..Draft::default() }
}

/// The member acts; the result is read from relays by the peer's library.
mod out {
    use super::*;

    /// Kind 3.
    pub async fn follow(scene: &Scene) -> Result<()> {
        let followers = async || scene.peer.actor(&scene.person.id).await;
        let account = scene.member_follows().await?;
        until("the person sees the follower", followers, |a| a.followers.contains(&scene.key)).await?;
        let path = format!("v1/accounts/{}/unfollow", text(&account, "id")?);
        scene.member.post(&path, json!({})).await?;
        until("the follower has gone", followers, |a| !a.followers.contains(&scene.key)).await?;
        Ok(())
    }

    /// Kind 1, with a hashtag.
    pub async fn post(scene: &Scene) -> Result<()> {
        let (_, id) = scene.member_posts("lanterns on the pier #night", json!({})).await?;
        let note = scene.note(&id).await?;
        assert_eq!(note.author.as_deref(), Some(&*scene.key));
        assert_eq!(note.tags, ["#night"]);
        Ok(())
    }

    /// Kind 1 with the `e` marks of NIP-10.
    pub async fn reply(scene: &Scene) -> Result<()> {
        let (id, parent) = scene.person_posts(&draft("anyone out there?")).await?;
        scene.member.publish("over here", json!({ "in_reply_to_id": parent["id"] })).await?;
        let reply = scene.found("over here").await?;
        assert_eq!(scene.note(&reply).await?.reply_to.as_deref(), Some(&*id));
        scene.until_object("the reply is under the note", &id, |o| o.replies == [reply.as_str()]).await?;
        Ok(())
    }

    /// Kind 7, and its deletion.
    pub async fn like(scene: &Scene) -> Result<()> {
        let (id, status) = scene.person_posts(&draft("worth a like")).await?;
        let path = format!("v1/statuses/{}", text(&status, "id")?);
        scene.member.post(&format!("{path}/favourite"), json!({})).await?;
        scene
            .until_object("the like is there", &id, |o| o.likes.iter().any(|l| l.actor == scene.key))
            .await?;
        scene.member.post(&format!("{path}/unfavourite"), json!({})).await?;
        scene.until_object("the like is taken back", &id, |o| o.likes.is_empty()).await?;
        Ok(())
    }

    /// Kind 6, and its deletion.
    pub async fn repost(scene: &Scene) -> Result<()> {
        let (id, status) = scene.person_posts(&draft("worth a repost")).await?;
        let path = format!("v1/statuses/{}", text(&status, "id")?);
        scene.member.post(&format!("{path}/reblog"), json!({})).await?;
        scene.until_object("the repost is there", &id, |o| o.boosts == [scene.key.as_str()]).await?;
        scene.member.post(&format!("{path}/unreblog"), json!({})).await?;
        scene.until_object("the repost is taken back", &id, |o| o.boosts.is_empty()).await?;
        Ok(())
    }

    /// A `q` tag (NIP-18).
    pub async fn quote(scene: &Scene) -> Result<()> {
        let (id, status) = scene.person_posts(&draft("worth a quote")).await?;
        scene.member.publish("as was said", json!({ "quoted_status_id": status["id"] })).await?;
        let quote = scene.found("as was said").await?;
        assert_eq!(scene.note(&quote).await?.quote.as_deref(), Some(&*id));
        Ok(())
    }

    /// Kind 5.
    pub async fn delete(scene: &Scene) -> Result<()> {
        let (status, id) = scene.member_posts("a slip of the pen", json!({})).await?;
        scene.member.delete(&format!("v1/statuses/{}", text(&status, "id")?)).await?;
        scene
            .until_object("the note is gone", &id, |o| o.note.as_ref().is_none_or(|note| note.deleted))
            .await?;
        Ok(())
    }

    /// `imeta` (NIP-92).
    pub async fn image(scene: &Scene) -> Result<()> {
        let media =
            scene.member.upload(include_bytes!("activitypub/picture.png").to_vec(), "four dots").await?;
        let (_, id) = scene.member_posts("dots", json!({ "media_ids": [media] })).await?;
        let note = scene.note(&id).await?;
        assert_eq!(note.images[0].alt.as_deref(), Some("four dots"));
        let url = note.images[0].url.clone().context("no URL")?;
        assert!(note.text.contains(&url), "NIP-92: ignored unless in the text: {note:?}");
        scene.member.fetch(&url).await?;
        Ok(())
    }

    /// A `p` tag and `nostr:nprofile` in the text (NIP-27).
    pub async fn mention(scene: &Scene) -> Result<()> {
        let account = scene.member.find_account(&scene.person.acct).await?;
        let words = format!("a word with @{}", text(&account, "acct")?);
        scene.member.publish(&words, json!({})).await?;
        let note = scene.note(&scene.found("a word with").await?).await?;
        assert_eq!(note.mentions, [scene.person.id.as_str()]);
        assert!(note.text.contains("nostr:n"), "{note:?}");
        Ok(())
    }

    /// NIP-36.
    pub async fn warning(scene: &Scene) -> Result<()> {
        let (_, id) = scene.member_posts("it was the cook", json!({ "spoiler_text": "the plot" })).await?;
        assert_eq!(scene.note(&id).await?.cw.as_deref(), Some("the plot"));
        Ok(())
    }
}

/// The person acts with their library; the member sees it in an app.
mod into {
    use super::*;

    /// Kind 3. That someone has left shows only in a list that no longer names the member, which nobody is sent.
    pub async fn follow(scene: &Scene) -> Result<()> {
        let Scene { peer, member, person, key, .. } = scene;
        peer.act(person, "follow", json!({ "actor": key })).await?;
        until("the member is told", async || scene.told("follow").await, |_| true).await?;
        let followers = async || member.get(&format!("v1/accounts/{}/followers", member.id)).await;
        until("the follower is listed", followers, |all| all.as_array().is_some_and(|all| all.len() == 1))
            .await?;
        Ok(())
    }

    pub async fn post(scene: &Scene) -> Result<()> {
        let words = Draft { tags: vec!["morning".to_owned()], ..draft("gulls again") };
        let (_, status) = scene.person_posts(&words).await?;
        assert_eq!(status["visibility"], "public");
        assert_eq!(status["tags"][0]["name"], "morning", "{status}");
        Ok(())
    }

    pub async fn reply(scene: &Scene) -> Result<()> {
        let (status, id) = scene.member_posts("who has the key?", json!({})).await?;
        scene.peer.publish(&scene.person, &Draft { reply_to: Some(id), ..draft("under the mat") }).await?;
        let thread =
            async || scene.member.get(&format!("v1/statuses/{}/context", text(&status, "id")?)).await;
        until("the reply is in the thread", thread, |t| {
            t["descendants"][0]["in_reply_to_id"] == status["id"]
        })
        .await?;
        until("the member is told", async || scene.told("mention").await, |_| true).await?;
        Ok(())
    }

    pub async fn like(scene: &Scene) -> Result<()> {
        let (status, id) = scene.member_posts("like me, relay", json!({})).await?;
        scene.peer.act(&scene.person, "like", json!({ "object": id })).await?;
        scene.until_status("it is counted", &status, |s| s["favourites_count"] == 1).await?;
        until("the member is told", async || scene.told("favourite").await, |_| true).await?;
        scene.peer.act(&scene.person, "unlike", json!({ "object": id })).await?;
        scene.until_status("it is not counted", &status, |s| s["favourites_count"] == 0).await?;
        Ok(())
    }

    pub async fn repost(scene: &Scene) -> Result<()> {
        let (status, id) = scene.member_posts("carry this, relay", json!({})).await?;
        scene.peer.act(&scene.person, "boost", json!({ "object": id })).await?;
        scene.until_status("it is counted", &status, |s| s["reblogs_count"] == 1).await?;
        until("the member is told", async || scene.told("reblog").await, |_| true).await?;
        scene.peer.act(&scene.person, "unboost", json!({ "object": id })).await?;
        scene.until_status("it is not counted", &status, |s| s["reblogs_count"] == 0).await?;
        Ok(())
    }

    pub async fn quote(scene: &Scene) -> Result<()> {
        scene.member_follows().await?;
        let (status, id) = scene.member_posts("quote me, relay", json!({})).await?;
        scene.peer.publish(&scene.person, &Draft { quote: Some(id), ..draft("heard today") }).await?;
        let seen = async || scene.at_home("heard today").await;
        until("the quoted post is shown", seen, |s| s["quote"]["quoted_status"]["id"] == status["id"])
            .await?;
        Ok(())
    }

    pub async fn delete(scene: &Scene) -> Result<()> {
        let (id, _) = scene.person_posts(&draft("never mind this")).await?;
        scene.peer.act(&scene.person, "delete", json!({ "object": id })).await?;
        let gone = async || Ok(scene.at_home("never mind this").await.is_err());
        until("it is gone from home", gone, |gone| *gone).await?;
        Ok(())
    }

    pub async fn image(scene: &Scene) -> Result<()> {
        let images = vec![DraftImage { alt: "a bright square".to_owned() }];
        let (_, status) = scene.person_posts(&Draft { images, ..draft("shine") }).await?;
        let seen = scene.until_status("the picture is there", &status, |s| {
            s["media_attachments"][0]["description"] == "a bright square"
        });
        let seen = seen.await?;
        let bytes = scene.member.fetch(text(&seen["media_attachments"][0], "url")?).await?;
        assert!(bytes.starts_with(b"\x89PNG"));
        Ok(())
    }

    pub async fn mention(scene: &Scene) -> Result<()> {
        let mentions = vec![scene.key.clone()];
        let words = Draft { mentions, ..draft("a question for") };
        // Our relay learns of a new member within seconds, and until then takes nothing addressed to them.
        let publish = async || scene.peer.publish(&scene.person, &words).await;
        until("our relay takes it", publish, |_| true).await?;
        let told = until("the member is told", async || scene.told("mention").await, |_| true).await?;
        assert_eq!(told["status"]["mentions"][0]["id"], *scene.member.id, "{told}");
        Ok(())
    }

    pub async fn warning(scene: &Scene) -> Result<()> {
        let words = Draft { cw: Some("heights".to_owned()), ..draft("looking down") };
        let (_, status) = scene.person_posts(&words).await?;
        assert_eq!(status["spoiler_text"], "heights");
        assert_eq!(status["sensitive"], true);
        Ok(())
    }
}
