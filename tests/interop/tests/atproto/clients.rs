//! Clients of AT Protocol do the member's part on our PDS, with someone on the official PDS at the other end:
//! `peers/atproto/member.mjs`, `peers/atproto-py/member.py` and `peers/atproto/oauth.mjs` say what.

use super::*;
use landbridge_interop::{landbridge::PASSWORD, member, servers};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn atproto_api() -> Result<()> {
    member_with("@atproto/api", "j", node("member.mjs")?).await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn atproto_py() -> Result<()> {
    let mut python = Command::new(servers::installed("atproto-py")?.join("bin/python"));
    python.arg(servers::source("atproto-py").join("member.py"));
    member_with("atproto (Python)", "y", python).await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn oauth_client() -> Result<()> {
    let stage = Stage::current()?;
    let outcome = let_in(&stage, "o", "atproto transition:generic").await;
    let client = "@atproto/oauth-client-node";
    matrix::record(&stage.folder, "AT Protocol", "signing in by OAuth", client, Way::Out, outcome)
}

/// To private messages as well: a service of others, which a stand-in plays.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn oauth_client_for_messages() -> Result<()> {
    let stage = Stage::current()?;
    let outcome = let_in(&stage, "q", "atproto transition:generic transition:chat.bsky").await;
    let client = "@atproto/oauth-client-node";
    matrix::record(&stage.folder, "AT Protocol", "chat.bsky (a stand-in)", client, Way::Out, outcome)
}

pub fn node(program: &str) -> Result<Command> {
    let stage = Stage::current()?;
    let installed = servers::installed("atproto")?;
    let app = servers::lay_out(&stage.folder, "atproto-clients", "atproto", &[program])?;
    servers::link(&installed.join("node_modules"), &app.join("node_modules"))?;
    let mut node = Command::new(installed.join("node_modules/node/bin/node"));
    node.arg(app.join(program));
    Ok(node)
}

async fn member_with(library: &str, initial: &str, program: Command) -> Result<()> {
    let stage = Stage::current()?;
    let outcome = play(&stage, library, initial, program).await;
    matrix::record(&stage.folder, "AT Protocol", "the member's part", library, Way::Out, outcome)
}

async fn play(stage: &Stage, library: &str, initial: &str, mut program: Command) -> Result<()> {
    let network = stage.peer("atproto")?;
    let (name, handle) = account(stage, initial).await?;
    let someone = network.account(&format!("s{name}")).await?;
    program.args([&atproto::pds_of(&stage.landbridge.host), &handle, PASSWORD, &someone.acct]);
    let mut client = Client::start(stage, program)?;

    client.says("FOLLOWING").await?;
    let words = format!("to {library}");
    network.publish(&someone, &draft(&words)).await?;
    client.hears(&words).await?;
    let uri = client.says("POSTED").await?;
    network.publish(&someone, &Draft { reply_to: Some(uri), ..draft("an answer") }).await?;
    client.hears("answered").await?;
    client.says("DONE").await?;
    client.ends().await
}

async fn let_in(stage: &Stage, initial: &str, scope: &str) -> Result<()> {
    let mut program = node("oauth.mjs")?;
    let (name, handle) = account(stage, initial).await?;
    let pds = atproto::pds_of(&stage.landbridge.host);
    program.args([&pds, &handle, atproto::DIRECTORY, scope, atproto::CHAT_DID]);
    let mut client = Client::start(stage, program)?;
    let authorize = client.says("AUTHORIZE").await?.parse()?;
    let browser = member::client(&stage.authority())?;
    let led = member::consent_and_return(&browser, authorize, &name, PASSWORD).await?;
    client.hears(led.as_str()).await?;
    let uri = client.says("DONE").await?;
    client.ends().await?;
    let network = stage.peer("atproto")?;
    until("the AppView has the post", async || network.object(&uri).await, |o| o.note.is_some()).await?;
    Ok(())
}

/// A new member that the AppView knows: name and handle.
async fn account(stage: &Stage, initial: &str) -> Result<(String, String)> {
    let name = format!("c{initial}{:x}", std::process::id());
    stage.landbridge.create_account(&name).await?;
    did_of(&stage.peer("atproto")?, &stage.landbridge, &name).await?;
    let handle = format!("{name}.{}", atproto::handles_of(&stage.landbridge.host));
    Ok((name, handle))
}

/// A program that is talked with in lines.
pub struct Client {
    program: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Client {
    pub fn start(stage: &Stage, mut program: Command) -> Result<Self> {
        let authority = stage.authority();
        program.env("SSL_CERT_FILE", &authority).env("NODE_EXTRA_CA_CERTS", &authority);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut program = program.spawn()?;
        let input = program.stdin.take().context("no standard input")?;
        let output = BufReader::new(program.stdout.take().context("no standard output")?).lines();
        Ok(Self { program, input, output })
    }

    /// The rest of its next line, which must begin with `word`.
    pub async fn says(&mut self, word: &str) -> Result<String> {
        let line = self.output.next_line().await?.with_context(|| format!("ended before {word}"))?;
        Ok(line
            .strip_prefix(word)
            .with_context(|| format!("{word} expected, not: {line}"))?
            .trim()
            .to_owned())
    }

    pub async fn hears(&mut self, line: &str) -> Result<()> {
        Ok(self.input.write_all(format!("{line}\n").as_bytes()).await?)
    }

    pub async fn ends(mut self) -> Result<()> {
        anyhow::ensure!(self.program.wait().await?.success(), "the client failed");
        Ok(())
    }
}
