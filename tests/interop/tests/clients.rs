//! Two client libraries do the member's part, with someone on Fedify at the other end: `peers/mastodon-py/member.py`
//! and `peers/masto/member.mjs` say what.

use anyhow::{Context, Result, ensure};
use landbridge_interop::{
    landbridge::PASSWORD,
    matrix::{self, Way},
    member,
    peer::Draft,
    servers,
    stage::Stage,
};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{ChildStdout, Command},
};

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn mastodon_py() -> Result<()> {
    let mut python = Command::new(servers::installed("mastodon-py")?.join("bin/python"));
    python.arg(servers::source("mastodon-py").join("member.py"));
    member_with("Mastodon.py", "y", python).await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn masto_js() -> Result<()> {
    let stage = Stage::current()?;
    let app = servers::lay_out(&stage.folder, "masto", "masto", &["member.mjs"])?;
    servers::link(&servers::installed("masto")?.join("node_modules"), &app.join("node_modules"))?;
    let mut node = Command::new("node");
    node.arg(app.join("member.mjs"));
    member_with("masto.js", "j", node).await
}

async fn member_with(library: &str, initial: &str, program: Command) -> Result<()> {
    let stage = Stage::current()?;
    let outcome = play(&stage, library, initial, program).await;
    matrix::record(&stage.folder, "Mastodon API", "the member's part", library, Way::Out, outcome)
}

async fn play(stage: &Stage, library: &str, initial: &str, mut program: Command) -> Result<()> {
    let name = format!("c{initial}{:x}", std::process::id());
    stage.landbridge.create_account(&name).await?;
    let fedify = stage.peer("fedify")?;
    let someone = fedify.account(&name).await?;

    let authority = stage.authority();
    program.arg(format!("https://{}", stage.landbridge.host)).arg(&someone.acct);
    program.env("REQUESTS_CA_BUNDLE", &authority).env("SSL_CERT_FILE", &authority);
    program.env("WEBSOCKET_CLIENT_CA_BUNDLE", &authority).env("NODE_EXTRA_CA_CERTS", &authority);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    let mut client = program.spawn()?;
    let mut tell = client.stdin.take().context("no standard input")?;
    let mut lines = BufReader::new(client.stdout.take().context("no standard output")?).lines();

    let authorize = said(&mut lines, "AUTHORIZE").await?;
    let code = member::consent(&member::client(&authority)?, authorize.parse()?, &name, PASSWORD).await?;
    tell.write_all(format!("{code}\n").as_bytes()).await?;
    said(&mut lines, "FOLLOWING").await?;
    let words = format!("to {library}");
    fedify.publish(&someone, &Draft { text: words.clone(), ..Draft::default() }).await?;
    tell.write_all(format!("{words}\n").as_bytes()).await?;
    said(&mut lines, "DONE").await?;
    ensure!(client.wait().await?.success(), "{library} failed");
    Ok(())
}

/// The rest of the next line, which must begin with `word`.
async fn said(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) -> Result<String> {
    let line = lines.next_line().await?.with_context(|| format!("ended before {word}"))?;
    Ok(line.strip_prefix(word).with_context(|| format!("{word} expected, not: {line}"))?.trim().to_owned())
}
