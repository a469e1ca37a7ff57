//! Nostr, operation by operation, with people on two libraries and a relay that is not ours. They find a member's
//! posts on the relays that the member's kind 10002 names, and write to the relays that it reads (NIP-65).

#![allow(clippy::unwrap_used, reason = "a test may")]

use anyhow::{Context, Result};
use landbridge_interop::{
    landbridge::PASSWORD,
    matrix::{self, Way},
    member::{Member, text},
    peer::{Account, Draft, DraftImage, Note, ObjectView, Peer},
    stage::Stage,
    wait::until,
};
use nostr::prelude::*;
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
    message: "private message",
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

/// The words of the member's conversation with the person, oldest first; none when there is none.
async fn said(scene: &Scene) -> Result<Vec<String>> {
    let all = scene.member.get("v1/conversations").await?;
    let Some(one) = all.get(0) else { return Ok(Vec::new()) };
    let path = format!("landbridge/v1/conversations/{}", text(one, "id")?);
    let whole = scene.member.get(&path).await?;
    let messages = whole["messages"].as_array().cloned().unwrap_or_default();
    Ok(messages.iter().rev().filter_map(|m| m["status"]["content"].as_str().map(str::to_owned)).collect())
}

/// The member's conversation, as the client API shows it.
async fn conversation(scene: &Scene) -> Result<Value> {
    let all = scene.member.get("v1/conversations").await?;
    all.get(0).cloned().context("no conversation")
}

/// A key that was used with other apps: what they wrote into its profile, its list of follows and its list of relays is
/// still there after it was brought here, and our own is added.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn an_imported_key_keeps_what_other_apps_wrote() -> Result<()> {
    let stage = Stage::current()?;
    let mut relay = relay::Relay::connect().await?;
    let (keys, friend) = (Keys::generate(), Keys::generate().public_key().to_hex());
    let profile = json!({
        "name": "old name", "about": "A life before", "pronouns": "she/her", "lud16": "a@wallet.example",
        "theme": { "colours": [1, 2] },
    });
    relay.publish(&keys, 0, &profile.to_string(), &[&["i", "github:someone", "proof"]]).await?;
    let petname: &[&str] = &["p", &friend, "wss://old.example/", "my friend"];
    relay.publish(&keys, 3, "{\"wss://old.example\":{}}", &[petname, &["t", "kept"]]).await?;
    let relays: &[&[&str]] = &[&["r", "wss://old.example/", "read"], &["r", "wss://relay.example/"]];
    relay.publish(&keys, 10_002, "", relays).await?;

    let name = format!("i{:x}", std::process::id());
    stage.landbridge.create_account_on(&name, &["activitypub"]).await?;
    let member = Member::sign_in(&stage.landbridge.host, &stage.authority(), &name, PASSWORD).await?;
    let joined = member.fill_in("settings/networks", "key-nostr", &keys.secret_key().to_bech32()?).await?;
    assert!(joined.status().is_redirection(), "{}", joined.text().await?);

    let key = keys.public_key().to_hex();
    let mut newest = async |kind: u16| relay.newest(&key, kind).await;
    let ours = |event: &Value| event["content"].as_str().is_some_and(|c| c.contains("lb.example"));
    let profile = until("our profile is there", async || newest(0).await, ours).await?;
    let fields: Value = serde_json::from_str(text(&profile, "content")?)?;
    for (name, value) in [
        ("pronouns", json!("she/her")),
        ("lud16", json!("a@wallet.example")),
        ("theme", json!({ "colours": [1, 2] })),
        ("about", json!("A life before")),
        ("nip05", json!(member.acct)),
    ] {
        assert_eq!(fields[name], value, "{name} in {fields}");
    }
    assert_eq!(profile["tags"][0], json!(["i", "github:someone", "proof"]));
    let both = |list: &Value| {
        let urls: Vec<&str> =
            list["tags"].as_array().into_iter().flatten().filter_map(|t| t[1].as_str()).collect();
        ["old.example", "relay.example", "lb.example"]
            .iter()
            .all(|host| urls.iter().any(|u| u.contains(host)))
    };
    until("the list of relays has theirs and ours", async || newest(10_002).await, both).await?;

    // Following somebody more changes that alone.
    let more = stage.peer("nostr-tools")?.account(&format!("f{name}")).await?;
    let found = member.find_account(&more.acct).await?;
    member.post(&format!("v1/accounts/{}/follow", text(&found, "id")?), json!({})).await?;
    let names =
        |list: &Value| list["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| t[1] == *more.id));
    let list = until("the list of follows has one more", async || newest(3).await, names).await?;
    assert_eq!(list["content"], "{\"wss://old.example\":{}}");
    assert_eq!(list["tags"][0], json!(petname));
    assert_eq!(list["tags"][1], json!(["t", "kept"]));
    Ok(())
}

/// nostr-rs-relay, spoken to by plain frames.
mod relay {
    use super::*;
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

    pub struct Relay(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

    impl Relay {
        pub async fn connect() -> Result<Relay> {
            Ok(Relay(connect_async("ws://127.0.0.1:7720").await?.0))
        }

        pub async fn publish(
            &mut self,
            keys: &Keys,
            kind: u16,
            content: &str,
            tags: &[&[&str]],
        ) -> Result<()> {
            let tags =
                tags.iter().map(|tag| Tag::parse(tag.iter().copied())).collect::<Result<Vec<_>, _>>()?;
            let event = EventBuilder::new(Kind::from(kind), content).tags(tags);
            let event = event.custom_created_at(Timestamp::now() - 60).finalize(keys)?;
            self.0.send(Message::text(format!("[\"EVENT\",{}]", event.as_json()))).await?;
            let answer = self.next("OK").await?;
            anyhow::ensure!(answer[2] == true, "refused: {answer}");
            Ok(())
        }

        /// The version of a replaceable event that the relay holds.
        pub async fn newest(&mut self, author: &str, kind: u16) -> Result<Value> {
            let request = json!(["REQ", "n", { "authors": [author], "kinds": [kind], "limit": 1 }]);
            self.0.send(Message::text(request.to_string())).await?;
            let mut found = None;
            loop {
                let frame = self.next("").await?;
                match frame[0].as_str() {
                    Some("EVENT") => found = Some(frame[2].clone()),
                    Some("EOSE") => break,
                    _ => {}
                }
            }
            self.0.send(Message::text(json!(["CLOSE", "n"]).to_string())).await?;
            found.context("nothing")
        }

        /// The next frame of that name, or of any.
        async fn next(&mut self, name: &str) -> Result<Value> {
            loop {
                let message = self.0.next().await.context("the relay hung up")??;
                if let Ok(frame) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default())
                    && (name.is_empty() || frame[0] == name)
                {
                    return Ok(frame);
                }
            }
        }
    }
}

/// The member acts; the result is read from relays by the peer's library.
mod out {
    use super::*;

    /// NIP-17: a message by the most private way, a reaction, a deletion; nothing of it in the open.
    pub async fn message(scene: &Scene) -> Result<()> {
        let Scene { peer, person, key, member, .. } = scene;
        let account = member.find_account(&person.acct).await?;
        let ways = member.get(&format!("landbridge/v1/ways?account_id[]={}", text(&account, "id")?)).await?;
        assert_eq!((&ways[0]["network"], &ways[0]["works"]), (&json!("nostr"), &json!(true)), "{ways}");
        let words = format!("@{} mind the gap", text(&account, "acct")?);
        let status = member.publish(&words, json!({ "visibility": "direct" })).await?;
        let opened = async || peer.messages(person).await;
        let all = until("the person can open it", opened, |all| all.len() == 1).await?;
        assert_eq!((all[0].kind, &all[0].author, all[0].text.as_str()), (14, key, "mind the gap"));
        assert_eq!(all[0].mentions, [person.id.as_str()]);
        let found = peer.find(key, "mind the gap").await?;
        assert!(found.is_empty(), "in the open: {found:?}");
        let one = conversation(scene).await?;
        let path = format!("landbridge/v1/conversations/{}", text(&one, "id")?);
        let state = async || member.get(&path).await;
        until("it is accepted", state, |c| c["messages"][0]["state"] == "accepted").await?;

        peer.act(person, "message", json!({ "text": "which gap?", "to": [key], "reply_to": all[0].id }))
            .await?;
        let last = async || Ok(conversation(scene).await?["last_status"].clone());
        let answer = until("the answer is here", last, |s| {
            s["content"].as_str().is_some_and(|c| c.contains("which gap?"))
        })
        .await?;
        assert_eq!(answer["in_reply_to_id"], status["id"]);
        member.post(&format!("v1/statuses/{}/favourite", text(&answer, "id")?), json!({})).await?;
        let liked = |all: &Vec<landbridge_interop::peer::PrivateMessage>| all.iter().any(|m| m.kind == 7);
        until("the person sees the like", opened, liked).await?;
        member.delete(&format!("v1/statuses/{}", text(&status, "id")?)).await?;
        let all =
            until("the person is asked to delete it", opened, |all| all.iter().any(|m| m.kind == 5)).await?;
        let first = all.iter().find(|m| m.text == "mind the gap").context("no message")?;
        let asked = all.iter().find(|m| m.kind == 5).context("no deletion")?;
        assert_eq!(asked.about.as_deref(), Some(first.id.as_str()));
        Ok(())
    }

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

    /// NIP-17: a message, an answer to it, a reaction, a deletion.
    pub async fn message(scene: &Scene) -> Result<()> {
        let Scene { peer, person, key, member, .. } = scene;
        let to = json!([key]);
        peer.act(person, "message", json!({ "text": "meet me at the pier", "to": to, "subject": "Tonight" }))
            .await?;
        // Whoever is new here is asked about first.
        let requests = async || member.get("landbridge/v1/contacts").await;
        let asks = until("it waits", requests, |all| all[0]["scope"] == "private").await?;
        assert_eq!(member.get("v1/conversations").await?, json!([]));
        member.post(&format!("landbridge/v1/contacts/{}/accept", text(&asks[0], "id")?), json!({})).await?;
        let seen = said(scene).await?;
        assert_eq!(seen.len(), 1, "{seen:?}");
        anyhow::ensure!(seen[0].contains("meet me at the pier") && seen[0].contains("Tonight"), "{seen:?}");
        let one = conversation(scene).await?;
        assert_eq!(
            (&one["unread"], &one["last_status"]["visibility"]),
            (&json!(true), &json!("direct")),
            "{one}"
        );
        let ours =
            (&one["landbridge"]["secrecy"], &one["landbridge"]["there"], &one["landbridge"]["network"]);
        assert_eq!(ours, (&json!("server-held-keys"), &Value::Null, &json!("nostr")));
        let first = &one["last_status"];
        let answer = json!({ "in_reply_to_id": first["id"], "visibility": "direct" });
        member.publish("which pier?", answer).await?;
        let opened = async || peer.messages(person).await;
        let has = |all: &Vec<_>| {
            all.iter().any(|m: &landbridge_interop::peer::PrivateMessage| m.text == "which pier?")
        };
        let all = until("the person can open the answer", opened, has).await?;
        let answer = all.iter().find(|m| m.text == "which pier?").context("no answer")?;
        assert_eq!((answer.kind, &answer.author), (14, key));
        assert_eq!(answer.mentions, [person.id.as_str()]);
        peer.act(person, "react_privately", json!({ "object": answer.id, "emoji": "+", "to": to })).await?;
        let last = async || Ok(conversation(scene).await?["last_status"].clone());
        let status = until("the reaction is counted", last, |s| s["favourites_count"] == 1).await?;
        assert!(status["content"].as_str().is_some_and(|c| c.contains("which pier?")), "{status}");
        peer.act(person, "message", json!({ "text": "never mind", "to": to, "reply_to": answer.id })).await?;
        let status = until("the next message is here", last, |s| {
            s["content"].as_str().is_some_and(|c| c.contains("never mind"))
        })
        .await?;
        assert_eq!(status["in_reply_to_id"], json!(last_id(scene, "which pier?").await?));
        let uri = text(&status, "uri")?;
        let id = uri.rsplit(':').next().unwrap_or_default();
        peer.act(person, "delete_message", json!({ "object": id, "to": to })).await?;
        until("it is gone", async || said(scene).await, |all| all.len() == 2).await?;
        Ok(())
    }

    /// The id of the status with these words in the member's conversation.
    async fn last_id(scene: &Scene, words: &str) -> Result<String> {
        let one = conversation(scene).await?;
        let whole = scene.member.get(&format!("landbridge/v1/conversations/{}", text(&one, "id")?)).await?;
        let messages = whole["messages"].as_array().cloned().unwrap_or_default();
        let found =
            messages.iter().find(|m| m["status"]["content"].as_str().is_some_and(|c| c.contains(words)));
        Ok(text(&found.context("no such message")?["status"], "id")?.to_owned())
    }

    /// Kind 3. That someone has left shows only in a newer list that does not name the member: it is looked for.
    pub async fn follow(scene: &Scene) -> Result<()> {
        let Scene { peer, member, person, key, .. } = scene;
        peer.act(person, "follow", json!({ "actor": key })).await?;
        until("the member is told", async || scene.told("follow").await, |_| true).await?;
        let followers = async || member.get(&format!("v1/accounts/{}/followers", member.id)).await;
        until("the follower is listed", followers, |all| all.as_array().is_some_and(|all| all.len() == 1))
            .await?;
        // Replaceable events are told apart by the second.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        peer.act(person, "unfollow", json!({ "actor": key })).await?;
        until("the follower has gone", followers, |all| all.as_array().is_some_and(Vec::is_empty)).await?;
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
        // Nobody answers what has not come yet.
        assert_eq!(scene.found("who has the key?").await?, id);
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
        scene.peer.publish(&scene.person, &words).await?;
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
