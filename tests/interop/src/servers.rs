//! Starting each peer, one function per folder in `tests/interop/peers`.

use crate::{
    atproto, certificates, front,
    peer::Peer,
    process::{Process, folder},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// A started server: the processes to keep, and the control to use.
pub type Started = (Vec<Process>, Peer);

/// Fedify's app: <https://fedify.dev>, on Node 22.
pub fn fedify(stage: &Path) -> Result<Started> {
    let installed = installed("fedify")?;
    let app = lay_out(stage, "fedify", "fedify", &["app.mjs"])?;
    link(&installed.join("node_modules"), &app.join("node_modules"))?;
    let mut node = Command::new(installed.join("node_modules/node/bin/node"));
    node.arg("app.mjs");
    surround(&mut node, stage, "fedify.example", "127.0.77.10", 7710);
    Ok((vec![Process::start("fedify", stage, &mut node)?], Peer::new("fedify", 7710)))
}

/// bovine-herd: <https://bovine.readthedocs.io>.
pub async fn bovine(stage: &Path) -> Result<Started> {
    contexts(stage).await?;
    lay_out(stage, "bovine", "bovine", &["app.py"])?;
    let mut python = Command::new(installed("bovine")?.join("bin/python"));
    python.arg("app.py").env("CONTEXTS", stage.join("contexts.json"));
    surround(&mut python, stage, "bovine.example", "127.0.77.11", 7711);
    let mut peer = Peer::new("bovine", 7711);
    peer.control += "/control";
    Ok((vec![Process::start("bovine", stage, &mut python)?], peer))
}

/// upub: the crate upub-bin, on PostgreSQL. Two processes: the server, and its control.
pub async fn upub(stage: &Path) -> Result<Started> {
    let program = installed("upub")?.join("bin/upub");
    let home = lay_out(stage, "upub-control", "upub", &["control.py"])?;
    let database = new_database("upub").await?;
    // Its migrations expect this extension.
    finish(Command::new("psql").args(["-q", &database, "-c", "CREATE EXTENSION btree_gin"])).await?;
    let config = home.join("upub.toml");
    fs::write(
        &config,
        format!(
            "[instance]\nname = \"upub\"\ndomain = \"https://upub.example\"\n[datasource]\nconnection_string = \"{database}\"\n\
             [security]\nallow_registration = true\n"
        ),
    )?;
    finish(Command::new(&program).arg("-c").arg(&config).arg("migrate")).await?;
    let mut server = Command::new(&program);
    server.arg("-c").arg(&config).args(["monolith", "-b", "127.0.0.1:7722", "-p", "1"]);
    surround(&mut server, stage, "upub.example", "127.0.77.12", 0);
    front::encrypt(
        stage,
        SocketAddr::from(([127, 0, 77, 12], 443)),
        SocketAddr::from(([127, 0, 0, 1], 7722)),
    )
    .await?;

    let mut control = Command::new("python3");
    control.arg("control.py").env("INSIDE", "http://127.0.0.1:7722").env("DATABASE", &database);
    control.env("UPUB", format!("{} -c {}", program.display(), config.display()));
    surround(&mut control, stage, "upub.example", "127.0.77.12", 7712);
    let server = Process::start("upub", stage, &mut server)?;
    let control = Process::start("upub-control", stage, &mut control)?;
    Ok((vec![server, control], Peer::new("upub", 7712)))
}

/// fediverse-pasture: <https://funfedi.dev>, notes as many servers write them.
pub fn pasture(stage: &Path) -> Result<Started> {
    lay_out(stage, "pasture", "pasture", &["app.py"])?;
    let mut python = Command::new(installed("pasture")?.join("bin/python"));
    python.arg("app.py");
    surround(&mut python, stage, "pasture.example", "127.0.77.13", 7713);
    let mut peer = Peer::new("pasture", 7713);
    peer.control += "/control";
    Ok((vec![Process::start("pasture", stage, &mut python)?], peer))
}

/// nostr-rs-relay: the crate nostr-rs-relay, a relay that is not ours, as `wss://relay.example`.
pub async fn relay(stage: &Path) -> Result<Process> {
    let config = folder(stage, "relay")?.join("config.toml");
    fs::write(
        &config,
        "[info]\nrelay_url = \"wss://relay.example/\"\n[network]\naddress = \"127.0.0.1\"\nport = 7720\n\
         [database]\ndata_directory = \".\"\n",
    )?;
    let mut relay = Command::new(installed("nostr-rs-relay")?.join("bin/nostr-rs-relay"));
    relay.arg("-c").arg(config).env("RUST_LOG", "info");
    front::encrypt(
        stage,
        SocketAddr::from(([127, 0, 77, 20], 443)),
        SocketAddr::from(([127, 0, 0, 1], 7720)),
    )
    .await?;
    Process::start("relay", stage, &mut relay)
}

/// People on Nostr, by nostr-tools: <https://www.npmjs.com/package/nostr-tools>.
pub fn nostr_tools(stage: &Path) -> Result<Started> {
    let app = lay_out(stage, "nostr-tools", "nostr-tools", &["app.mjs"])?;
    link(&installed("nostr-tools")?.join("node_modules"), &app.join("node_modules"))?;
    let mut node = Command::new("node");
    node.arg("app.mjs").env("RELAY", "wss://relay.example/");
    surround(&mut node, stage, "relay.example", "", 7721);
    Ok((vec![Process::start("nostr-tools", stage, &mut node)?], Peer::new("nostr-tools", 7721)))
}

/// People on Nostr, by nostr-sdk: the package nostr-sdk. It trusts only the authorities compiled into
/// it, so its connections get their TLS from a front.
pub async fn nostr_sdk(stage: &Path) -> Result<Started> {
    front::decrypt(stage, "relay.example", [127, 0, 77, 20]).await?;
    front::decrypt(stage, "lb.example", [127, 0, 77, 1]).await?;
    lay_out(stage, "nostr-sdk", "nostr-sdk", &["app.py"])?;
    let mut python = Command::new(installed("nostr-sdk")?.join("bin/python"));
    python.arg("app.py").env("RELAY", "wss://relay.example/");
    surround(&mut python, stage, "relay.example", "", 7723);
    Ok((vec![Process::start("nostr-sdk", stage, &mut python)?], Peer::new("nostr-sdk", 7723)))
}

/// The official servers of AT Protocol, with people on the official PDS: <https://www.npmjs.com/package/@atproto/pds>,
/// `@atproto/bsky`, `@did-plc/server`; the AppView is on PostgreSQL.
pub async fn atproto(stage: &Path) -> Result<Started> {
    let installed = installed("atproto")?;
    let programs = [
        "appview",
        "chat",
        "directory",
        "firehose",
        "inbox",
        "labeler",
        "moving",
        "names",
        "network",
        "pages",
        "pds",
        "people",
        "repository",
        "views",
    ];
    let files: Vec<String> = programs.map(|name| format!("{name}.mjs")).into();
    let app = lay_out(stage, "atproto", "atproto", &files.iter().map(String::as_str).collect::<Vec<_>>())?;
    link(&installed.join("node_modules"), &app.join("node_modules"))?;
    // The directory, the AppView, the PDS, a web site, a labeler, private messages.
    for (last, port) in [(40, 2582), (41, 2584), (42, 2583), (43, 2588), (44, 2589), (45, 2585)] {
        let address = [127, 0, 77, last];
        front::encrypt(stage, SocketAddr::from((address, 443)), SocketAddr::from((address, port))).await?;
    }
    let pdses = [atproto::PDS.to_owned(), atproto::pds_of("lb.example"), atproto::pds_of("lb2.example")];

    let mut node = Command::new(installed.join("node_modules/node/bin/node"));
    node.arg("network.mjs")
        .env("PORT", "2583")
        .env("DIRECTORY", "http://plc.example:2582")
        .env("APPVIEW", "http://appview.example.org:2584")
        .env("APPVIEW_ORIGIN", atproto::APPVIEW)
        .env("APPVIEW_DID", atproto::APPVIEW_DID)
        .env("CHAT", "http://chat.example:2585")
        .env("CHAT_ORIGIN", atproto::CHAT)
        .env("CHAT_DID", atproto::CHAT_DID)
        .env("DATABASE", new_database("appview").await?)
        .env("PDSES", pdses.join(","))
        .env(
            "DOMAINS",
            "opds.example.org=127.0.77.42,lb.example.org=127.0.77.1,lb2.example.org=127.0.77.2,lb3.example.org=127.0.77.3",
        )
        .env("HOSTS", "/etc/hosts")
        .env("PAGES", "http://pages.example.org:2588")
        .env("LABELER", "http://labels.example.org:2589");
    surround(&mut node, stage, "opds.example.org", "127.0.77.42", 7730);
    Ok((vec![Process::start("atproto", stage, &mut node)?], Peer::new("atproto", 7730)))
}

/// An empty database on the run's PostgreSQL server; answers its URL.
pub async fn new_database(name: &str) -> Result<String> {
    let server =
        std::env::var("LANDBRIDGE_TEST_POSTGRES_URL").context("LANDBRIDGE_TEST_POSTGRES_URL is not set")?;
    finish(Command::new("psql").args(["-q", &server, "-c", &format!("CREATE DATABASE {name}")])).await?;
    let mut url = url::Url::parse(&server)?;
    url.set_path(name);
    Ok(url.into())
}

/// Runs a program to its end; an error with what it said if it fails.
async fn finish(command: &mut Command) -> Result<()> {
    let output = command.output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}{said}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// JSON-LD contexts, which bovine would fetch from the web; Fedify has them in its package.
async fn contexts(stage: &Path) -> Result<()> {
    let script =
        "import { preloadedContexts as all } from '@fedify/vocab-runtime'; console.log(JSON.stringify(all))";
    let installed = installed("fedify")?;
    let node = Command::new(installed.join("node_modules/node/bin/node"))
        .args(["--input-type=module", "-e", script])
        .current_dir(&installed)
        .output()
        .await?;
    ensure!(node.status.success(), "contexts: {}", String::from_utf8_lossy(&node.stderr));
    Ok(fs::write(stage.join("contexts.json"), node.stdout)?)
}

/// The environment of every peer: who it is, and whom it trusts.
fn surround(command: &mut Command, stage: &Path, name: &str, address: &str, control: u16) {
    let authority = stage.join(certificates::AUTHORITY);
    command
        .env("ORIGIN", format!("https://{name}"))
        .env("LISTEN", address)
        .env("CERTIFICATE", stage.join(certificates::CERTIFICATE))
        .env("KEY", stage.join(certificates::KEY))
        .env("CONTROL", control.to_string())
        .env("SSL_CERT_FILE", &authority)
        .env("NODE_EXTRA_CA_CERTS", &authority)
        .env("REQUESTS_CA_BUNDLE", &authority);
}

/// Where `cargo xtask peers` put a peer.
pub fn installed(name: &str) -> Result<PathBuf> {
    let variable = format!("LANDBRIDGE_PEER_{}", name.to_uppercase().replace('-', "_"));
    let folder = std::env::var_os(&variable).with_context(|| format!("{variable} is not set"))?;
    Ok(PathBuf::from(folder))
}

/// A peer's folder in this repository.
pub fn source(peer: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(peer)
}

/// Copies a peer's own files into the folder in which it will run.
pub fn lay_out(stage: &Path, name: &str, peer: &str, files: &[&str]) -> Result<PathBuf> {
    let source = source(peer);
    let target = folder(stage, name)?;
    for file in files {
        fs::copy(source.join(file), target.join(file)).with_context(|| format!("{peer}/{file}"))?;
    }
    Ok(target)
}

/// A symbolic link, if it is not there yet.
pub fn link(original: &Path, at: &Path) -> Result<()> {
    if !at.exists() {
        symlink(original, at)?;
    }
    Ok(())
}
