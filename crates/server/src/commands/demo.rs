//! `landbridge demo`: the main job, seen in under a minute.

mod app;
mod story;
mod stranger;

use anyhow::Context;
use clap::Args;
use landbridge_hub::accounts::{NewGrant, NewMember, Role};
use landbridge_model::Network;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config::{Config, Log};
use crate::listen::Stop;
use crate::node::Node;
use crate::observe;

/// The password of everybody in the demo.
const PASSWORD: &str = "demo demo demo";

/// Show the main job: people on two servers and on a bare Nostr relay follow, post, answer and like.
///
/// Starts two servers on this machine, each a trial that nothing leaves, and lets three people meet: Anna on the first
/// server, Ben on the second, and Nora, who has an account on neither, only a Nostr key and a relay. What crosses does
/// so over the real wire protocols, and is printed with the time it took. Then the servers stay open for a browser or
/// an app, until Ctrl-C; nothing is kept.
#[derive(Args)]
pub struct Demo {
    /// End after the last step instead of staying open.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        observe::logs::start(&Log { level: "warn".into(), ..Log::default() })?;
        let folder = Folder::new()?;
        super::block_on(async {
            let stop = Stop::on_signals()?;
            tokio::select! {
                done = self.show(&folder.0, &stop) => done?,
                () = stop.wait() => {}
            }
            Ok(ExitCode::SUCCESS)
        })
    }

    async fn show(&self, folder: &Path, stop: &Stop) -> anyhow::Result<()> {
        println!("Two servers on this machine, three people, two networks. Nothing leaves this machine.\n");
        let north = start(folder, "north", "anna", stop).await?;
        let south = start(folder, "south", "ben", stop).await?;
        println!();
        story::tell(&north, &south).await?;
        if self.once {
            return Ok(());
        }
        println!("\nThe servers stay open. In a browser, or in any Mastodon app that allows http:\n");
        println!("  {}   sign in as anna, password \"{PASSWORD}\"", north.origin);
        println!("  {}   sign in as ben, password \"{PASSWORD}\"", south.origin);
        println!("\nCtrl-C ends the demo; nothing is kept.");
        stop.wait().await;
        Ok(())
    }
}

/// A running server with one member.
struct Place {
    origin: String,
    member: &'static str,
    /// The member's access token, as an app would get it.
    token: String,
    hub: landbridge_hub::Hub,
}

async fn start(folder: &Path, name: &str, member: &'static str, stop: &Stop) -> anyhow::Result<Place> {
    let config = Config { data_dir: folder.join(name), ..Config::default() };
    let node = Node::open(config).await?;
    let hub = node.house.hub.clone();
    tokio::spawn(node.run(stop.clone()));
    let new = NewMember {
        name: member.to_owned(),
        password: PASSWORD.to_owned(),
        role: Role::Owner,
        networks: vec![(Network::ActivityPub, None), (Network::Nostr, None)],
        link_identities: false,
    };
    let id = hub.create_member(new).await?.actor.id;
    let app = NewGrant {
        member: Some(id),
        app: None,
        purpose: "mastodon",
        name: "Demo",
        scopes: "read write follow",
        facts: serde_json::Value::Null,
        lifetime: None,
    };
    let (_, token) = hub.grant(app).await?;
    let origin = hub.config().origin.as_str().trim_end_matches('/').to_owned();
    println!("{name} is {origin}, where {member} is @{}", hub.config().address(member));
    Ok(Place { origin, member, token, hub })
}

/// The demo's data, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("landbridge-demo-{}", std::process::id()));
        crate::instance::make_private_dir(&path).context("cannot make a folder for the demo")?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
