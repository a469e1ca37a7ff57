//! How an account stands (`#account`), where its repository is (`#sync`): said on the stream, through a restart and a restore
//! from a backup, to the strict consumer; and what the AppView makes of it.

use super::*;
use landbridge_interop::{landbridge::PASSWORD, member, process::Process};

const HOST: &str = "lb3.example";

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn of_accounts_is_told() -> Result<()> {
    let stage = Stage::current()?;
    let server = Server::start(&stage).await?;
    let network = stage.peer("atproto")?;
    atproto::read(&network, &atproto::pds_of(HOST)).await?;
    let mut people = Vec::new();
    for number in ["one", "two", "six"] {
        let name = format!("{number}{:x}", std::process::id());
        server.landbridge.create_account(&name).await?;
        let did = did_of(&network, &server.landbridge, &name).await?;
        people.push(Watched { network: network.clone(), name, did });
    }
    let [one, two, six] = &people[..] else { anyhow::bail!("three people") };
    let member = Member::sign_in(HOST, &stage.authority(), &one.name, PASSWORD).await?;
    member.publish("the first word", json!({})).await?;
    one.shows("the first word").await?;

    // Off for a while, by the owner.
    let app = one.app().await?;
    app.step("deactivate", json!({ "at": app.from })).await?;
    one.stands(&["active", "deactivated"]).await?;
    one.is_hidden().await?;
    app.step("activate", json!({ "at": app.from })).await?;
    one.stands(&["active", "deactivated", "active"]).await?;
    one.shows("the first word").await?;
    // By a moderator.
    server.landbridge.run(&["account", "suspend", &two.name]).await?;
    two.stands(&["active", "takendown"]).await?;
    two.is_hidden().await?;

    // After a restart everything is as it was, and the stream goes on where it was.
    let server = server.restarted(&stage).await?;
    let status = two.refusal().await?;
    assert_eq!(status, "RepoTakendown");
    server.landbridge.run(&["account", "suspend", "--undo", &two.name]).await?;
    two.stands(&["active", "takendown", "active"]).await?;
    member.publish("a word after the restart", json!({})).await?;
    one.shows("a word after the restart").await?;
    let sent = atproto::nothing_wrong(&network, &one.pds()).await?;
    assert_eq!(sent.standing[&one.did].len(), 3, "nothing is said twice");

    // A backup; and what comes after it is forgotten, but for who has left.
    let folder = stage.folder.join(format!("backup-{}", std::process::id()));
    let path = folder.display().to_string();
    server.landbridge.run(&["backup", &path]).await?;
    member.publish("a word that will be forgotten", json!({})).await?;
    one.shows("a word that will be forgotten").await?;
    server.landbridge.run(&["account", "suspend", &two.name]).await?;
    two.stands(&["active", "takendown", "active", "takendown"]).await?;
    server.landbridge.run(&["account", "delete", &six.name, "--yes"]).await?;
    six.stands(&["active", "deleted"]).await?;
    six.is_hidden().await?;
    let before = atproto::nothing_wrong(&network, &one.pds()).await?.seq;
    let Server { process, landbridge } = server;
    process.kill().await?;
    landbridge.run(&["restore", &path]).await?;
    let server = Server::start(&stage).await?;
    one.stands(&["active", "deactivated", "active", "active"]).await?;
    two.stands(&["active", "takendown", "active", "takendown", "active"]).await?;
    let member = Member::sign_in(HOST, &stage.authority(), &one.name, PASSWORD).await?;
    member.publish("a word after the restore", json!({})).await?;
    one.shows("a word after the restore").await?;
    let sent = atproto::nothing_wrong(&network, &one.pds()).await?;
    assert!(sent.seq > before && sent.counts["sync"] >= 2, "{sent:?}");
    assert_eq!(sent.standing[&six.did].last().map(String::as_str), Some("deleted"), "who has left is gone");
    assert!(atproto::verify(&network, &six.did).await.is_err());
    drop(server);
    Ok(())
}

/// A server that is started and stopped by this test.
struct Server {
    process: Process,
    landbridge: Landbridge,
}

impl Server {
    async fn start(stage: &Stage) -> Result<Self> {
        let section = atproto::section(HOST);
        let (process, landbridge) = Landbridge::start(&stage.folder, HOST, "127.0.77.3", None, &section)?;
        let http = member::client(&stage.authority())?;
        let nodeinfo = format!("https://{HOST}/.well-known/nodeinfo");
        let look = async || Ok(http.get(&nodeinfo).send().await?.status());
        until("the server answers", look, |_| true).await?;
        Ok(Self { process, landbridge })
    }

    async fn restarted(self, stage: &Stage) -> Result<Self> {
        self.process.kill().await?;
        Self::start(stage).await
    }
}

/// A member whom others watch.
struct Watched {
    network: Peer,
    name: String,
    did: String,
}

impl Watched {
    fn pds(&self) -> String {
        atproto::pds_of(HOST)
    }

    /// What was said of the account, all of it.
    async fn stands(&self, all: &[&str]) -> Result<()> {
        let told = async || {
            Ok(atproto::sent(&self.network, &self.pds())
                .await?
                .standing
                .remove(&self.did)
                .unwrap_or_default())
        };
        until(&format!("{} is {all:?}", self.name), told, |standing| standing == all).await.map(drop)
    }

    async fn shows(&self, words: &str) -> Result<()> {
        let found = async || self.network.find(&self.did, words).await;
        until(&format!("the AppView shows `{words}`"), found, |uris| uris.len() == 1).await.map(drop)
    }

    async fn is_hidden(&self) -> Result<()> {
        let seen = async || self.network.actor(&self.did).await;
        until("the AppView hides the account", seen, |actor| actor.gone).await.map(drop)
    }

    /// Signed in with the official client.
    async fn app(&self) -> Result<atproto::Moving> {
        let from = self.pds();
        let app =
            atproto::Moving { network: self.network.clone(), did: self.did.clone(), to: from.clone(), from };
        let who = json!({ "pds": app.from, "identifier": self.name, "password": PASSWORD });
        app.step("sign_in", who).await?;
        Ok(app)
    }

    /// What somebody is answered who asks for the repository.
    async fn refusal(&self) -> Result<String> {
        let from = self.pds();
        let anybody =
            atproto::Moving { network: self.network.clone(), did: self.did.clone(), to: from.clone(), from };
        anybody.refused("anybody_gets_repository", json!({ "at": anybody.from })).await
    }
}
