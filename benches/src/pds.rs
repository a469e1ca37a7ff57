//! A PDS with accounts on it, spoken to as an app does.

use crate::{
    Common,
    servers::{Server, Site, Started, landbridge},
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use url::Url;

const PASSWORD: &str = "correct horse battery staple";
/// Most writes in one commit.
const AT_ONCE: usize = 200;

pub struct Pds {
    /// Where its methods are.
    pub origin: Url,
    pub http: reqwest::Client,
    pub accounts: Vec<Account>,
    pub started: Started,
}

#[derive(Clone)]
pub struct Account {
    pub did: String,
    token: String,
}

impl Pds {
    /// Starts one with so many accounts. `networks`: on which members of Landbridge are; all of them when empty.
    pub async fn open(common: &Common, accounts: usize, networks: &[&str]) -> Result<Pds> {
        ensure!(common.target.is_none(), "this is measured on a server that is started");
        let started = Site::lay_out(common).await?.start().await?;
        let mut origin = started.site.base.clone();
        if common.server == Server::Landbridge {
            // A trial's PDS is at the next port.
            ensure!(origin.set_port(origin.port().map(|port| port + 1)).is_ok(), "no port");
        }
        let http = crate::client().pool_max_idle_per_host(64).build()?;
        let mut pds = Pds { origin, http, accounts: Vec::new(), started };
        for number in 0..accounts {
            let account = pds.join(common.server, &format!("writer{number}"), networks).await?;
            pds.accounts.push(account);
        }
        Ok(pds)
    }

    async fn join(&self, server: Server, name: &str, networks: &[&str]) -> Result<Account> {
        let session = match server {
            Server::Landbridge => {
                let password = landbridge::create_member(&self.started.site, name, networks).await?;
                let who = json!({"identifier": format!("{name}.landbridge.test"), "password": password});
                self.sign_in(&who).await?
            }
            Server::Pds => {
                let email = format!("{name}@example.org");
                let new = json!({"handle": format!("{name}.test"), "email": email, "password": PASSWORD});
                self.call("com.atproto.server.createAccount", None, &new).await?
            }
            Server::Gotosocial | Server::Snac => bail!("{} is no PDS", server.name()),
        };
        let word = |key: &str| session[key].as_str().map(str::to_owned).with_context(|| format!("no {key}"));
        Ok(Account { did: word("did")?, token: word("accessJwt")? })
    }

    /// A member whom another process made is known after a moment.
    async fn sign_in(&self, who: &Value) -> Result<Value> {
        let begun = Instant::now();
        loop {
            match self.call("com.atproto.server.createSession", None, who).await {
                Err(_) if begun.elapsed() < Duration::from_secs(10) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                answer => return answer,
            }
        }
    }

    async fn call(&self, method: &str, token: Option<&str>, body: &Value) -> Result<Value> {
        let mut request = self.http.post(self.url(method)?).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method}: {status}: {body}");
        Ok(serde_json::from_str(&body)?)
    }

    pub fn url(&self, method: &str) -> Result<Url> {
        Ok(self.origin.join(&format!("xrpc/{method}"))?)
    }

    /// A post; answers the rev of its commit.
    pub async fn post(&self, account: &Account, number: usize) -> Result<String> {
        let kind = "app.bsky.feed.post";
        let record = json!({"$type": kind, "text": text(number), "langs": ["en"], "createdAt": NOW});
        let body = json!({"repo": account.did, "collection": kind, "record": record});
        let answer = self.call("com.atproto.repo.createRecord", Some(&account.token), &body).await?;
        Ok(answer["commit"]["rev"].as_str().context("no commit")?.to_owned())
    }

    /// So many records of a kind that no server knows, in commits that are as large as they may be.
    pub async fn fill(&self, account: &Account, numbers: std::ops::Range<usize>) -> Result<()> {
        let kind = "org.example.bench.note";
        for start in numbers.clone().step_by(AT_ONCE) {
            let some = start..numbers.end.min(start + AT_ONCE);
            let write = |number| {
                json!({
                    "$type": "com.atproto.repo.applyWrites#create", "collection": kind,
                    "value": {"$type": kind, "text": text(number), "createdAt": NOW},
                })
            };
            let writes: Vec<Value> = some.map(write).collect();
            let body = json!({"repo": account.did, "validate": false, "writes": writes});
            self.call("com.atproto.repo.applyWrites", Some(&account.token), &body).await?;
        }
        Ok(())
    }
}

const NOW: &str = "2026-11-26T12:00:00.000Z";

/// As long as most posts are.
fn text(number: usize) -> String {
    format!(
        "Post number {number}: what somebody had to say that morning about the weather, bread and the sea."
    )
}
