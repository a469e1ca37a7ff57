//! The stage: what `landbridge-stage` started and the tests use, written to `stage.json`.

use crate::{certificates, peer::Peer, process::Process, servers, wait};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Set by `landbridge-stage` for the tests.
pub const VARIABLE: &str = "LANDBRIDGE_STAGE";
const FILE: &str = "stage.json";
const NAMES: &[&str] = &[
    "lb.test",
    "lb2.test",
    "fedify.test",
    "bovine.test",
    "upub.test",
    "pasture.test",
    "relay.test",
    "localhost",
];

/// What the tests need to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stage {
    #[serde(skip)]
    pub folder: PathBuf,
    pub peers: Vec<Peer>,
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
        let started =
            vec![servers::fedify(folder)?, servers::bovine(folder).await?, servers::upub(folder).await?];
        let (processes, peers): (Vec<_>, Vec<_>) = started.into_iter().unzip();
        let mut running = Self {
            stage: Stage { folder: folder.to_owned(), peers },
            processes: processes.into_iter().flatten().collect(),
        };
        running.await_all().await?;
        fs::write(folder.join(FILE), serde_json::to_vec_pretty(&running.stage)?)?;
        Ok(running)
    }

    async fn await_all(&mut self) -> Result<()> {
        let peers = self.stage.peers.clone();
        let begun = std::time::Instant::now();
        for peer in peers {
            let what = format!("{} answers", peer.name);
            if let Err(error) =
                wait::until(&what, async || peer.actor("https://none.test/").await, |_| true).await
            {
                for process in &mut self.processes {
                    process.check()?;
                }
                return Err(error);
            }
            eprintln!("   {} is ready after {:.1?}", peer.name, begun.elapsed());
        }
        Ok(())
    }
}
