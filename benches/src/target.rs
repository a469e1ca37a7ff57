//! What is measured: a server that runs already, or a Landbridge started on an empty folder.

use crate::Common;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    process::Stdio,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    time::sleep,
};
use url::Url;

const NAME: &str = "alice";
const PASSWORD: &str = "correct horse battery staple";
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

pub struct Target {
    pub base: Url,
    pub token: String,
    /// The member's actor URL.
    pub actor: String,
    pub http: reqwest::Client,
    /// What was started, with its folder and database.
    pub started: Option<Started>,
}

pub struct Started {
    pub child: Child,
    pub folder: TempDir,
    pub database_url: String,
    pub base: Url,
    /// From the start of the process to its first answer.
    pub took: Duration,
}

impl Started {
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }
}

impl Target {
    /// A target with a signed-in member.
    pub async fn open(common: &Common) -> Result<Target> {
        let http = reqwest::Client::builder().pool_max_idle_per_host(64).build()?;
        if let Some(url) = &common.target {
            let token = common.token.clone().context("a running target needs --token")?;
            let actor = common.actor.clone().context("a running target needs --actor")?;
            return Ok(Target { base: Url::parse(url)?, token, actor, http, started: None });
        }
        let started = start(common).await?;
        create_member(common, &started).await?;
        let base = started.base.clone();
        let token = sign_in(&base).await?;
        let mut finger = base.join(".well-known/webfinger")?;
        let host = format!("{}:{}", base.host_str().unwrap_or_default(), base.port().unwrap_or(80));
        finger.query_pairs_mut().append_pair("resource", &format!("acct:{NAME}@{host}"));
        let links: Value = http.get(finger).send().await?.error_for_status()?.json().await?;
        let own = links["links"].as_array().into_iter().flatten().find(|l| l["rel"] == "self");
        let actor = own.and_then(|l| l["href"].as_str()).context("WebFinger names no actor")?.to_owned();
        Ok(Target { base, token, actor, http, started: Some(started) })
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.get(self.base.join(path)?).bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(self.base.join(path)?).bearer_auth(&self.token).json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// The inbox that the member's actor document names.
    pub async fn inbox(&self) -> Result<Url> {
        let request = self.http.get(&self.actor).header("accept", "application/activity+json");
        let actor: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(Url::parse(actor["inbox"].as_str().context("the actor names no inbox")?)?)
    }
}

/// Starts Landbridge as a local trial in an empty folder.
pub async fn start(common: &Common) -> Result<Started> {
    let folder = tempfile::tempdir()?;
    let port = free_port()?;
    let database_url = match common.database.as_str() {
        "sqlite" => format!("sqlite:{}", folder.path().join("landbridge.db").display()),
        url => url.to_owned(),
    };
    let base = Url::parse(&format!("http://localhost:{port}/"))?;
    let mut command = command(common, &folder, &database_url, port)?;
    command.arg("up").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let child = command.spawn().with_context(|| {
        format!("{} cannot be started: `cargo build --release` makes it", common.binary.display())
    })?;
    let http = reqwest::Client::new();
    let answer = base.join("nodeinfo/2.0")?;
    while http.get(answer.clone()).send().await.is_err() {
        ensure!(begun.elapsed() < Duration::from_secs(30), "it does not answer");
        sleep(Duration::from_millis(1)).await;
    }
    Ok(Started { child, folder, database_url, base, took: begun.elapsed() })
}

fn command(common: &Common, folder: &TempDir, database_url: &str, port: u16) -> Result<Command> {
    let mut command = Command::new(std::path::absolute(&common.binary)?);
    command
        .current_dir(folder.path())
        .env("LANDBRIDGE_DATABASE_URL", database_url)
        .env("LANDBRIDGE_DATA_DIR", folder.path())
        .env("LANDBRIDGE_LISTEN", format!("127.0.0.1:{port}"))
        .env("LANDBRIDGE_ORIGIN", format!("http://localhost:{port}"))
        .env("LANDBRIDGE_LOG__LEVEL", "error")
        .kill_on_drop(true);
    for limit in [
        "API_PER_ACCOUNT",
        "API_PER_ADDRESS",
        "FEDERATION_PER_ADDRESS",
        "SIGN_INS_PER_ADDRESS",
        "MEDIA_PER_ACCOUNT",
    ] {
        command.env(format!("LANDBRIDGE_LIMITS__{limit}"), "100000000");
    }
    for limit in
        ["STRANGERS_PER_CONNECTION", "STRANGERS_PER_AUTHOR", "WRAPS_PER_MEMBER", "REQUESTS_PER_CONNECTION"]
    {
        command.env(format!("LANDBRIDGE_NOSTR__{limit}"), "0");
    }
    Ok(command)
}

async fn create_member(common: &Common, started: &Started) -> Result<()> {
    let port = started.base.port().unwrap_or_default();
    let mut command = command(common, &started.folder, &started.database_url, port)?;
    command.args(["account", "create", NAME, "--password-stdin"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().context("no standard input")?.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
    let output = child.wait_with_output().await?;
    ensure!(output.status.success(), "account create: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Registers an app, signs in on its pages and consents, as a person with a browser does.
async fn sign_in(base: &Url) -> Result<String> {
    let browser =
        reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build()?;
    let new = json!({"client_name": "bench", "redirect_uris": OUT_OF_BAND, "scopes": "read write follow"});
    let app: Value =
        browser.post(base.join("api/v1/apps")?).json(&new).send().await?.error_for_status()?.json().await?;
    let id = app["client_id"].as_str().context("no client_id")?;
    let secret = app["client_secret"].as_str().context("no client_secret")?;
    let mut authorize = base.join("oauth/authorize")?;
    let fields = [
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", OUT_OF_BAND),
        ("scope", "read write follow"),
    ];
    authorize.query_pairs_mut().extend_pairs(fields);
    let code = landbridge_interop::member::consent(&browser, authorize, NAME, PASSWORD).await?;
    let redeem = json!({
        "grant_type": "authorization_code", "code": code, "redirect_uri": OUT_OF_BAND, "client_id": id, "client_secret": secret,
    });
    let grant: Value = browser
        .post(base.join("oauth/token")?)
        .json(&redeem)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    match grant["access_token"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => bail!("no token: {grant}"),
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
