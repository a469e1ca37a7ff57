//! The stage: what `landbridge-stage` started and the tests use, written to `stage.json`.

use crate::{
    atproto, certificates,
    landbridge::{Landbridge, PASSWORD},
    member::{self, Member},
    peer::Peer,
    process::Process,
    servers, wait,
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Set by `landbridge-stage` for the tests.
pub const VARIABLE: &str = "LANDBRIDGE_STAGE";
const FILE: &str = "stage.json";
const NAMES: &[&str] = &[
    "lb.example",
    "lb2.example",
    "fedify.example",
    "bovine.example",
    "upub.example",
    "pasture.example",
    "relay.example",
    "pds.lb.example",
    "*.lb.example.org",
    "pds.lb2.example",
    "*.lb2.example.org",
    "lb3.example",
    "pds.lb3.example",
    "*.lb3.example.org",
    "opds.example.org",
    "*.opds.example.org",
    "appview.example.org",
    "chat.example",
    "plc.example",
    "pages.example.org",
    "labels.example.org",
    "localhost",
];

/// What the tests need to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stage {
    #[serde(skip)]
    pub folder: PathBuf,
    pub peers: Vec<Peer>,
    /// The server under test, on SQLite.
    pub landbridge: Landbridge,
    /// Another one, on PostgreSQL, which shows documents to signed requests only.
    pub strict: Landbridge,
}

impl Stage {
    /// The stage that the current test runs on.
    pub fn current() -> Result<Self> {
        let folder = PathBuf::from(
            std::env::var_os(VARIABLE).context("this test needs real peers: run `cargo xtask test`")?,
        );
        let mut stage: Self = serde_json::from_slice(&fs::read(folder.join(FILE))?)?;
        stage.folder = folder;
        Ok(stage)
    }

    pub fn peer(&self, name: &str) -> Result<Peer> {
        self.peers.iter().find(|peer| peer.name == name).cloned().with_context(|| format!("no peer {name}"))
    }

    /// A new member of the server under test.
    pub async fn member(&self, name: &str) -> Result<Member> {
        self.landbridge.member(&self.authority(), name).await
    }

    /// A member of the server under test who has an account already.
    pub async fn landbridge_member(&self, name: &str) -> Result<Member> {
        Member::sign_in(&self.landbridge.host, &self.authority(), name, PASSWORD).await
    }

    /// The authority that every server here is certified by.
    pub fn authority(&self) -> PathBuf {
        self.folder.join(certificates::AUTHORITY)
    }
}

/// Everything that runs; stops when dropped.
pub struct Running {
    pub stage: Stage,
    processes: Vec<Process>,
}

impl Running {
    /// Sets the stage in `folder`: returns when every server answers.
    pub async fn start(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        certificates::write(folder, NAMES)?;
        let started = vec![
            servers::fedify(folder)?,
            servers::bovine(folder).await?,
            servers::upub(folder).await?,
            servers::pasture(folder)?,
            servers::nostr_tools(folder)?,
            servers::nostr_sdk(folder).await?,
            servers::atproto(folder).await?,
        ];
        let relay = servers::relay(folder).await?;
        // Landbridge reads the network's stream from where it stands when it first looks: it is to be there by then.
        if let Some((_, network)) = started.iter().find(|(_, peer)| peer.name == "atproto") {
            let look = async || network.actor("did:plc:nobody").await;
            wait::until("the AT network answers", look, |_| true).await?;
        }
        let open = atproto::section("lb.example") + &atproto::chat_section();
        let (process, landbridge) = Landbridge::start(folder, "lb.example", "127.0.77.1", None, &open)?;
        let database = servers::new_database("landbridge").await?;
        let signed_only =
            format!("[activitypub]\nauthorized_fetch = true\n{}", atproto::section("lb2.example"));
        let (second, strict) =
            Landbridge::start(folder, "lb2.example", "127.0.77.2", Some(&database), &signed_only)?;
        let (processes, peers): (Vec<_>, Vec<_>) = started.into_iter().unzip();
        let mut running = Self {
            stage: Stage { folder: folder.to_owned(), peers, landbridge, strict },
            processes: processes.into_iter().flatten().chain([relay, process, second]).collect(),
        };
        running.await_all().await?;
        fs::write(folder.join(FILE), serde_json::to_vec_pretty(&running.stage)?)?;
        Ok(running)
    }

    async fn await_all(&mut self) -> Result<()> {
        let begun = Instant::now();
        let stage = &self.stage;
        let http = member::client(&stage.authority())?;
        let mut ready = Vec::new();
        for server in [&stage.landbridge, &stage.strict] {
            let nodeinfo = format!("https://{}/.well-known/nodeinfo", server.host);
            let look = async || Ok(http.get(&nodeinfo).send().await?.status());
            ready.push(wait::until(&format!("{} answers", server.host), look, |_| true).await.map(|_| ()));
        }
        for peer in &stage.peers {
            let look = async || peer.actor("https://none.example/").await;
            ready.push(wait::until(&format!("{} answers", peer.name), look, |_| true).await.map(|_| ()));
        }
        for process in &mut self.processes {
            process.check()?;
        }
        ready.into_iter().collect::<Result<Vec<()>>>()?;
        eprintln!("   landbridge and {} peers are ready after {:.1?}", stage.peers.len(), begun.elapsed());
        Ok(())
    }
}
