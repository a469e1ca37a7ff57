//! The server under test: its own binary, configured as an operator would, on `https://lb.example`.

use crate::{
    certificates,
    member::Member,
    process::{Process, folder},
};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{io::AsyncWriteExt, process::Command};

/// Every member's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// One running server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Landbridge {
    /// Host name, and account domain.
    pub host: String,
    config: PathBuf,
}

impl Landbridge {
    /// Starts a server for `host` on `address`, with SQLite or, if given, on the PostgreSQL database at `database`.
    /// `further`: more of its configuration, whole sections.
    pub fn start(
        stage: &Path,
        host: &str,
        address: &str,
        database: Option<&str>,
        further: &str,
    ) -> Result<(Process, Self)> {
        let home = folder(stage, host)?;
        let config = home.join("landbridge.toml");
        let file = |name: &str| stage.join(name).display().to_string();
        let database = database.map(|url| format!("database_url = \"{url}\"\n")).unwrap_or_default();
        std::fs::write(
            &config,
            format!(
                "origin = \"https://{host}\"\nlisten = [\"{address}:443\"]\ndata_dir = \"{}\"\n{database}\
                 [tls]\nmode = \"files\"\ncertificate = \"{}\"\nkey = \"{}\"\n\
                 [outbound]\nallow_loopback = true\nextra_ca = \"{}\"\n\
                 [registrations]\nmode = \"open\"\n\
                 [limits]\napi_per_account = 100000\napi_per_address = 100000\nmedia_per_account = 10000\n\
                 deletes_per_account = 10000\nsign_ins_per_address = 10000\nfederation_per_address = 1000000\n\
                 [nostr]\nrelays = [\"wss://relay.example/\"]\nindex_relays = [\"wss://relay.example/\"]\n\
                 [log]\nlevel = \"info,landbridge=debug\"\n{further}",
                home.join("data").display(),
                file(certificates::CERTIFICATE),
                file(certificates::KEY),
                file(certificates::AUTHORITY),
            ),
        )?;
        let this = Self { host: host.to_owned(), config };
        let process = Process::start(host, stage, this.command()?.arg("up"))?;
        Ok((process, this))
    }

    /// Makes an account and signs in to it as an app does.
    pub async fn member(&self, authority: &Path, name: &str) -> Result<Member> {
        self.create_account(name).await?;
        Member::sign_in(&self.host, authority, name, PASSWORD).await
    }

    /// Makes an account with the operator's command.
    pub async fn create_account(&self, name: &str) -> Result<()> {
        self.create_account_on(name, &[]).await
    }

    /// The same, on these networks only.
    pub async fn create_account_on(&self, name: &str, networks: &[&str]) -> Result<()> {
        let mut command = self.command()?;
        command.args(["account", "create", name, "--password-stdin"]);
        for network in networks {
            command.args(["--networks", network]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        input.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
        drop(input);
        let output = child.wait_with_output().await?;
        ensure!(output.status.success(), "account create: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Runs one of the operator's commands to its end; answers what it printed.
    pub async fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command()?.args(arguments).output().await?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The binary with this server's configuration.
    pub fn command(&self) -> Result<Command> {
        let programs = std::env::var_os("LANDBRIDGE_PROGRAMS").context("LANDBRIDGE_PROGRAMS is not set")?;
        let mut command = Command::new(PathBuf::from(programs).join("landbridge"));
        // A clean environment: every LANDBRIDGE_... variable would be read as configuration.
        let kept = ["PATH", "HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.env_clear().envs(kept).arg("--config").arg(&self.config).kill_on_drop(true);
        Ok(command)
    }
}
