//! `landbridge demo`: the main job, seen in under a minute.

mod app;
mod story;
mod stranger;

use anyhow::{Context, bail};
use clap::Args;
use landbridge_hub::accounts::{NewGrant, NewMember, Role};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config::{AtProto, Config, Log, NetworkMode, Networks};
use crate::instance::identity::free_trial_ports;
use crate::listen::Stop;
use crate::node::Node;
use crate::observe;

/// The password of everybody in the demo.
const PASSWORD: &str = "demo demo demo";

/// Show the main job: people on three networks follow, post, answer and like.
///
/// Starts three servers on this machine, each a trial that nothing leaves, and lets four people meet: Anna, who is on every
/// network; Ben, whose server speaks ActivityPub; Mia, whose server speaks nothing but AT Protocol; and Nora, who has an
/// account on none, only a Nostr key and a relay. What crosses does so over the real wire protocols, and is printed with
/// the time it took. Then the servers stay open for a browser or an app, until Ctrl-C; nothing is kept.
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
        println!(
            "Three servers on this machine, four people, three networks. Nothing leaves this machine.\n"
        );
        let ports: Vec<u16> = free_trial_ports().take(3).collect();
        let [west, north, south] = ports[..] else {
            bail!("no three free pairs of ports between 8840 and 8939")
        };
        let on = NetworkMode::ReadWrite;
        let off = NetworkMode::Off;
        let only_at = Networks { activitypub: off, nostr: off, atproto: on };
        let only_activitypub = Networks { activitypub: on, nostr: off, atproto: off };
        // Mia's server keeps the directory of DIDs; each of the two reads what is in the other's repositories.
        let here = AtProto { handle_domain: Some("west.test".into()), ..at(north)? };
        let there = AtProto {
            handle_domain: Some("north.test".into()),
            directory: Some(format!("{}/plc", pds(west)).parse()?),
            ..at(west)?
        };
        let west = start(folder, "west", "mia", west, only_at, here, stop).await?;
        let north = start(folder, "north", "anna", north, Networks::default(), there, stop).await?;
        let south = start(folder, "south", "ben", south, only_activitypub, AtProto::default(), stop).await?;
        println!();
        story::tell(&north, &south, &west).await?;
        if self.once {
            return Ok(());
        }
        println!("\nThe servers stay open. In a browser, or in any Mastodon app that allows http:\n");
        println!("  {}   sign in as anna, password \"{PASSWORD}\"", north.origin);
        println!("  {}   sign in as ben, password \"{PASSWORD}\"", south.origin);
        println!("  {}   sign in as mia, password \"{PASSWORD}\"", west.origin);
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

/// Origin of the PDS of the trial on that port.
fn pds(port: u16) -> String {
    format!("http://127.0.0.1:{}", port + 1)
}

/// Reads the stream of the trial on that port.
fn at(other: u16) -> anyhow::Result<AtProto> {
    Ok(AtProto { streams: vec![pds(other).parse()?], ..AtProto::default() })
}

async fn start(
    folder: &Path,
    name: &str,
    member: &'static str,
    port: u16,
    networks: Networks,
    atproto: AtProto,
    stop: &Stop,
) -> anyhow::Result<Place> {
    let listen = vec![(Ipv4Addr::LOCALHOST, port).into()];
    let config = Config { data_dir: folder.join(name), listen, networks, atproto, ..Config::default() };
    let node = Node::open(config).await?;
    let hub = node.house.hub.clone();
    tokio::spawn(node.run(stop.clone()));
    let new = NewMember {
        name: member.to_owned(),
        password: PASSWORD.to_owned(),
        role: Role::Owner,
        networks: hub.translators().iter().map(|translator| (translator.network(), None)).collect(),
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
