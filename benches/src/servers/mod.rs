//! Servers that a run starts itself, each on an empty folder and a port of loopback: Landbridge, and others whose binary
//! is at hand, so that they are measured beside it.
//!
//! Every one is started as its makers ship it, but for what a run on loopback needs: plain HTTP, private addresses
//! allowed, and no limits for a client that asks a lot.

mod gotosocial;
pub mod landbridge;
mod pds;
mod snac;

use crate::Common;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
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

/// The member of every server that is started.
pub const NAME: &str = "alice";
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// What can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Server {
    Landbridge,
    Gotosocial,
    Snac,
    /// The official PDS of AT Protocol.
    Pds,
}

impl Server {
    pub fn name(self) -> &'static str {
        match self {
            Self::Landbridge => "landbridge",
            Self::Gotosocial => "gotosocial",
            Self::Snac => "snac",
            Self::Pds => "official PDS",
        }
    }

    /// What answers once it is ready.
    fn health(self) -> &'static str {
        match self {
            Self::Landbridge | Self::Gotosocial | Self::Snac => "nodeinfo/2.0",
            Self::Pds => "xrpc/_health",
        }
    }

    /// Where its binary is, if nobody says.
    pub fn binary(self) -> Option<PathBuf> {
        (self == Self::Landbridge).then(|| "target/release/landbridge".into())
    }

    /// How it keeps what it accepted, as it is set up here.
    pub fn engine(self, database: &str) -> &'static str {
        match self {
            Self::Landbridge if database == "sqlite" => "SQLite, synchronous=FULL",
            Self::Landbridge => "PostgreSQL, synchronous_commit=on",
            Self::Gotosocial => "SQLite, synchronous=NORMAL unless its environment says otherwise",
            Self::Snac => "files",
            Self::Pds => "SQLite, one file an account",
        }
    }

    /// Which listing shows every note that names the member, and how many entries a page of it may have. snac lists only
    /// the newest 64 notifications, and at home only who is followed; but all that has a tag.
    pub fn mentions(self) -> (&'static str, usize) {
        match self {
            Self::Landbridge | Self::Gotosocial | Self::Pds => ("api/v1/notifications?types[]=mention", 80),
            Self::Snac => ("api/v1/timelines/tag/bench?", 200),
        }
    }
}

/// A folder with the configuration of a server that does not run yet.
pub struct Site {
    pub server: Server,
    pub folder: TempDir,
    pub base: Url,
    pub database_url: String,
    binary: PathBuf,
    log: Option<PathBuf>,
    /// GoToSocial's `web` folder, with its templates.
    web: PathBuf,
}

/// A server that runs.
pub struct Started {
    pub child: Child,
    pub site: Site,
    /// What it needs besides.
    _beside: Option<Child>,
    /// From the start of the process to its first answer.
    pub took: Duration,
}

impl Started {
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }
}

/// One that nobody uses, and nobody the next one, where some have a second door. Below those that the system gives to outgoing
/// connections, of which the load makes many.
fn free_port() -> Result<u16> {
    let first = 20_000 + (std::process::id() % 5_000) as u16 * 2;
    let is_free = |port: &u16| (*port..port + 2).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    (first..32_000).step_by(2).find(is_free).context("no two ports are free")
}

impl Site {
    /// An empty folder with a configuration for a free port.
    pub async fn lay_out(common: &Common) -> Result<Site> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let database_url = match common.database.as_str() {
            "sqlite" => format!("sqlite:{}", folder.path().join("landbridge.db").display()),
            url => url.to_owned(),
        };
        let site = Site {
            server: common.server,
            base: Url::parse(&format!("http://localhost:{port}/"))?,
            database_url,
            binary: std::path::absolute(common.binary()?)?,
            web: std::path::absolute(&common.web)?,
            log: common.log.clone(),
            folder,
        };
        match site.server {
            Server::Landbridge => {}
            Server::Gotosocial => gotosocial::configure(&site)?,
            Server::Snac => snac::configure(&site).await?,
            Server::Pds => pds::configure(&site)?,
        }
        Ok(site)
    }

    /// Makes the member; their password.
    pub async fn create_member(&self) -> Result<String> {
        match self.server {
            Server::Landbridge => landbridge::create_member(self, NAME, &[]).await,
            Server::Gotosocial => gotosocial::create_member(self).await,
            Server::Snac => snac::create_member(self).await,
            Server::Pds => bail!("an account there is made through its own methods"),
        }
    }

    /// Starts the server and waits for its first answer.
    pub async fn start(self) -> Result<Started> {
        let mut command = match self.server {
            Server::Landbridge => landbridge::serve(&self),
            Server::Gotosocial => gotosocial::serve(&self),
            Server::Snac => snac::serve(&self),
            Server::Pds => pds::serve(&self),
        };
        let beside = match self.server {
            Server::Pds => Some(pds::start_directory(&self)?),
            Server::Landbridge | Server::Gotosocial | Server::Snac => None,
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(log) = &self.log {
            let file = std::fs::File::create(log)?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        let http = crate::client().build()?;
        let question = self.base.join(self.server.health())?;
        let begun = Instant::now();
        let mut child =
            command.spawn().with_context(|| format!("{} cannot be started", self.binary.display()))?;
        // Some servers say for a while that they are starting.
        let answers = async || {
            let answer = http.get(question.clone()).send().await;
            answer.is_ok_and(|answer| !answer.status().is_server_error())
        };
        while !answers().await {
            ensure!(begun.elapsed() < Duration::from_secs(60), "it does not answer");
            if let Some(status) = child.try_wait()? {
                bail!("it has ended ({status}); with --log FILE it tells why");
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(Started { child, site: self, _beside: beside, took: begun.elapsed() })
    }

    /// Registers an app, signs in on the server's pages and consents, as a person with a browser does; the token.
    pub async fn sign_in(&self, password: &str) -> Result<String> {
        let browser =
            crate::client().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build()?;
        let scopes = match self.server {
            Server::Landbridge => "read write follow",
            // GoToSocial knows no scope `follow` of its own; `write` has it in.
            Server::Gotosocial | Server::Snac | Server::Pds => "read write",
        };
        let new = json!({"client_name": "bench", "redirect_uris": OUT_OF_BAND, "scopes": scopes});
        let app = answer(browser.post(self.base.join("api/v1/apps")?).json(&new)).await?;
        let id = app["client_id"].as_str().context("no client_id")?;
        let secret = app["client_secret"].as_str().context("no client_secret")?;
        let mut authorize = self.base.join("oauth/authorize")?;
        authorize.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", id),
            ("redirect_uri", OUT_OF_BAND),
            ("scope", scopes),
        ]);
        let code = match self.server {
            Server::Landbridge => {
                landbridge_interop::member::consent(&browser, authorize, NAME, password).await?
            }
            Server::Gotosocial => gotosocial::consent(&self.base, &browser, authorize, password).await?,
            Server::Snac => snac::consent(&self.base, &browser, id, password).await?,
            Server::Pds => bail!("it is no Mastodon server"),
        };
        let redeem = json!({
            "grant_type": "authorization_code", "code": code, "redirect_uri": OUT_OF_BAND, "scope": scopes,
            "client_id": id, "client_secret": secret,
        });
        let grant = answer(browser.post(self.base.join("oauth/token")?).json(&redeem)).await?;
        match grant["access_token"].as_str() {
            Some(token) => Ok(token.to_owned()),
            None => bail!("no token: {grant}"),
        }
    }

    fn port(&self) -> u16 {
        self.base.port().unwrap_or_default()
    }

    /// `localhost:PORT`.
    fn host(&self) -> String {
        format!("localhost:{}", self.port())
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary, to be run in the folder.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.path()).kill_on_drop(true);
        command
    }
}

/// Runs it with these lines on its standard input; what it printed.
async fn run(mut command: Command, lines: &str) -> Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().context("no standard input")?.write_all(lines.as_bytes()).await?;
    let output = child.wait_with_output().await?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    Ok(printed)
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let answer = request.send().await?;
    let (status, body) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{status}: {body}");
    Ok(serde_json::from_str(&body)?)
}
