//! What is measured: a server that runs already, or one that was started on an empty folder.

use crate::{
    Common,
    servers::{NAME, Server, Site, Started},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use url::Url;

pub struct Target {
    pub server: Server,
    pub base: Url,
    pub token: String,
    /// The member's actor URL.
    pub actor: String,
    pub http: reqwest::Client,
    /// What was started, with its folder and database.
    pub started: Option<Started>,
}

impl Target {
    /// A target with a signed-in member.
    pub async fn open(common: &Common) -> Result<Target> {
        let http = crate::client().pool_max_idle_per_host(64).build()?;
        if let Some(url) = &common.target {
            let token = common.token.clone().context("a running target needs --token")?;
            let actor = common.actor.clone().context("a running target needs --actor")?;
            let server = common.server;
            return Ok(Target { server, base: Url::parse(url)?, token, actor, http, started: None });
        }
        let started = Site::lay_out(common).await?.start().await?;
        let password = started.site.create_member().await?;
        let base = started.site.base.clone();
        let token = started.site.sign_in(&password).await?;
        let mut finger = base.join(".well-known/webfinger")?;
        let host = format!("{}:{}", base.host_str().unwrap_or_default(), base.port().unwrap_or(80));
        finger.query_pairs_mut().append_pair("resource", &format!("acct:{NAME}@{host}"));
        let links: Value = http.get(finger).send().await?.error_for_status()?.json().await?;
        let own = links["links"].as_array().into_iter().flatten().find(|l| l["rel"] == "self");
        let actor = own.and_then(|l| l["href"].as_str()).context("WebFinger names no actor")?.to_owned();
        let target = Target { server: common.server, base, token, actor, http, started: Some(started) };
        if target.server == Server::Gotosocial {
            // Its accounts are locked at first.
            target.unlock().await?;
        }
        Ok(target)
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.get(self.base.join(path)?).bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(self.base.join(path)?).bearer_auth(&self.token).json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// Pages through a listing of the member's until it has so many entries.
    pub async fn wait_for_entries(&self, listing: &str, page: usize, count: usize) -> Result<()> {
        let begun = Instant::now();
        loop {
            // A server that is busy may not answer.
            let seen = self.count_entries(listing, page, count).await.unwrap_or(0);
            if seen >= count {
                return Ok(());
            }
            ensure!(begun.elapsed() < Duration::from_secs(120), "only {seen} of {count} became visible");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many entries a listing has, up to about so many.
    async fn count_entries(&self, listing: &str, page: usize, count: usize) -> Result<usize> {
        let first = format!("{listing}&limit={page}");
        let mut path = first.clone();
        let mut seen = 0;
        loop {
            let entries = self.get(&path).await?;
            let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
            seen += entries.len();
            match entries.last().and_then(|entry| entry["id"].as_str()) {
                Some(last) if seen < count => path = format!("{first}&max_id={last}"),
                _ => return Ok(seen),
            }
        }
    }

    async fn unlock(&self) -> Result<()> {
        let url = self.base.join("api/v1/accounts/update_credentials")?;
        let request = self.http.patch(url).bearer_auth(&self.token).json(&json!({"locked": false}));
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// The inbox that the member's actor document names. A server that shows actors to signed requests only is taken
    /// to have it below the actor.
    pub async fn inbox(&self) -> Result<Url> {
        let request = self.http.get(&self.actor).header("accept", "application/activity+json");
        let answer = request.send().await?;
        if !answer.status().is_success() {
            return Ok(Url::parse(&format!("{}/inbox", self.actor))?);
        }
        let actor: Value = answer.json().await?;
        Ok(Url::parse(actor["inbox"].as_str().context("the actor names no inbox")?)?)
    }
}
