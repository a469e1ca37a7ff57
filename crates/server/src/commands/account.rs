//! `landbridge account`: members, from the operator's side. Works beside a running server and without one.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use landbridge_hub::Hub;
use landbridge_hub::accounts::{Member, NewMember, Once, Role};
use landbridge_hub::{HubError, KeyImport, Mode};
use landbridge_model::{Actor, Network, check_name};
use serde_json::json;
use std::time::Duration;

use crate::assemble::House;
use crate::cli::Global;
use crate::instance::{Use, root_key};
use crate::{observe, prompt};

/// Make and manage accounts.
#[derive(Args)]
pub struct Account {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make an account. Asks for the password, or reads it from standard input.
    Create {
        /// Lower-case letters, digits and inner hyphens, 3 to 18 characters. Permanent.
        name: String,
        #[arg(long, value_enum, default_value_t = RoleName::Member)]
        role: RoleName,
        /// Read the password as one line of standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Networks to be on; all that this server offers when not given.
        #[arg(long, value_delimiter = ',', value_name = "NETWORK")]
        networks: Option<Vec<NetworkName>>,
    },
    /// List the accounts.
    List {
        /// As JSON: name, address, role, state, when it was made, and the networks with their ids.
        #[arg(long)]
        json: bool,
    },
    /// Print a link with which someone makes their own account. It works once, within a week.
    Invite {
        /// The link makes the owner's account; it works within a day.
        #[arg(long)]
        owner: bool,
    },
    /// Set a new password. Every app and browser of the member is signed out.
    Password {
        name: String,
        /// Read the password as one line of standard input.
        #[arg(long, conflicts_with = "generate")]
        password_stdin: bool,
        /// Make a password and print it, for a member who has lost theirs.
        #[arg(long)]
        generate: bool,
    },
    /// Give an account another role.
    Role {
        name: String,
        #[arg(value_enum)]
        role: RoleName,
    },
    /// Give an account the rules for the young: it asks before anybody may follow, strangers cannot write to it in private,
    /// and it joins no network where everything is public for ever. (It leaves none that it is on: see `networks`.)
    Young {
        name: String,
        /// Take them away again.
        #[arg(long)]
        undo: bool,
    },
    /// Hide an account, sign it out everywhere and let nobody sign in to it; nothing is deleted.
    Suspend {
        name: String,
        /// Bring it back.
        #[arg(long)]
        undo: bool,
    },
    /// Delete an account for good: every network is told, then everything of it is erased here. The name is never
    /// given out again.
    Delete {
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Show the networks of an account, or join and leave one.
    Networks {
        name: String,
        /// Join this network.
        #[arg(long, value_name = "NETWORK", conflicts_with = "leave")]
        join: Option<NetworkName>,
        /// Bring a key along (nsec1..., ncryptsec1..., bunker://...), read as one line of standard input.
        #[arg(long, requires = "join")]
        key_stdin: bool,
        /// Leave this network: it is told, and nothing goes there any more.
        #[arg(long, value_name = "NETWORK")]
        leave: Option<NetworkName>,
    },
    /// Name another account of the same person, here or elsewhere: with that, it may move here.
    Alias {
        name: String,
        /// `name@host`, or the address of its profile.
        #[arg(required_unless_present = "undo")]
        other: Option<String>,
        /// Take one back: its id, as shown.
        #[arg(long, value_name = "ID", conflicts_with = "other")]
        undo: Option<String>,
    },
    /// Move an account's followers to another account, which must name this one as its own first. Posts stay here.
    Move {
        name: String,
        /// `name@host`, or the address of its profile.
        #[arg(required_unless_present = "undo")]
        to: Option<String>,
        /// Is at home here again. Followers who have gone along are not called back.
        #[arg(long)]
        undo: bool,
    },
    /// Print the recovery sheet: the root key, to keep on paper. Whoever has it and a backup can read everything.
    RecoverySheet,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Member,
    Moderator,
    Admin,
    Owner,
}

#[derive(Clone, Copy, ValueEnum)]
enum NetworkName {
    Activitypub,
    Nostr,
    Atproto,
}

impl Account {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        super::block_on(async move {
            let purpose = match self.action {
                Action::Create { .. } => Use::Prepare,
                _ => Use::Command,
            };
            let house = House::open(&config, purpose).await?;
            let done = self.action.run(&house).await;
            house.hub.store().clone().close().await;
            done
        })
    }
}

impl Action {
    async fn run(self, house: &House) -> anyhow::Result<()> {
        let hub = &house.hub;
        match self {
            Action::Create { name, role, password_stdin, networks } => {
                check_name(&name)?;
                let password = prompt::new_password(password_stdin)?;
                let networks =
                    networks.map_or_else(|| offered(hub), |chosen| chosen.into_iter().map(network).collect());
                let networks = networks.into_iter().map(|network| (network, None)).collect();
                let new = NewMember { name, password, role: role.into(), networks, link_identities: false };
                let member = hub.create_member(new).await?;
                println!("@{}", hub.config().address(&member.actor.username));
            }
            Action::List { json: false } => list(hub).await?,
            Action::List { json: true } => println!("{:#}", list_as_json(hub).await?),
            Action::Invite { owner } => println!("{}", invite(hub, owner).await?),
            Action::Password { name, password_stdin, generate } => {
                let member = find(hub, &name).await?;
                let password =
                    if generate { prompt::made_password()? } else { prompt::new_password(password_stdin)? };
                hub.set_password(member.actor.id, &password).await?;
                if generate {
                    println!("{password}");
                }
            }
            Action::Role { name, role } => {
                let member = find(hub, &name).await?;
                hub.set_role(member.actor.id, role.into()).await?;
            }
            Action::Young { name, undo } => {
                let member = find(hub, &name).await?.actor.id;
                hub.set_young(member, !undo).await?;
            }
            Action::Suspend { name, undo } => {
                let member = find(hub, &name).await?.actor.id;
                hub.suspend(member, !undo).await?;
                println!("@{name} is {}", if undo { "back" } else { "suspended; --undo brings it back" });
            }
            Action::Delete { name, yes } => {
                let member = find(hub, &name).await?;
                let question = format!("Delete @{name} and everything of it, on every network, for good?");
                if !yes && !prompt::confirm(&question)? {
                    bail!("not deleted");
                }
                hub.delete_member(member.actor.id).await?;
                println!(
                    "Deleted here. The networks are told as soon as the server runs: see `landbridge deliveries`."
                );
            }
            Action::Networks { name, join, key_stdin, leave } => {
                let member = find(hub, &name).await?.actor.id;
                if let Some(joined) = join {
                    let key = if key_stdin { Some(read_key()?) } else { None };
                    hub.join_network(member, network(joined), key, None).await?;
                }
                if let Some(left) = leave {
                    hub.leave_network(member, network(left)).await?;
                }
                for presence in hub.presences(member).await? {
                    println!("{:12} {:?} {}", presence.network.key(), presence.state, presence.native_id);
                }
            }
            Action::Alias { name, other, undo } => {
                let member = find(hub, &name).await?.actor.id;
                let named = match (undo, other) {
                    (Some(id), _) => hub.forget_alias(member, &id).await?,
                    (None, other) => {
                        let other = somebody(hub, &other.unwrap_or_default()).await?;
                        hub.name_alias(member, other.id).await?
                    }
                };
                named.profile.also_known_as.iter().for_each(|known| println!("{known}"));
            }
            Action::Move { name, to, undo } => {
                let member = find(hub, &name).await?.actor.id;
                match to {
                    Some(to) if !undo => {
                        let to = somebody(hub, &to).await?;
                        hub.move_to(member, to.id).await?;
                        println!("@{name} has moved to @{}", to.acct());
                    }
                    _ => hub.move_back(member).await?,
                }
            }
            Action::RecoverySheet => {
                print!("{}", root_key::sheet(&house.instance.root_key, &house.instance.identity))
            }
        }
        Ok(())
    }
}

/// The networks that members may write to here.
fn offered(hub: &Hub) -> Vec<Network> {
    let networks = hub.config().networks.iter();
    networks.filter(|(_, mode)| **mode == Mode::ReadWrite).map(|(network, _)| *network).collect()
}

async fn find(hub: &Hub, name: &str) -> anyhow::Result<Member> {
    let name = name.trim_start_matches('@').split('@').next().unwrap_or_default();
    match hub.member_named(name).await {
        Err(HubError::NotFound) => {
            bail!("there is no @{name} here: `landbridge account list` shows who there is")
        }
        found => found.with_context(|| format!("@{name}")),
    }
}

/// Anybody, looked up on their own network if need be.
async fn somebody(hub: &Hub, text: &str) -> anyhow::Result<Actor> {
    hub.find_actor(text).await?.with_context(|| format!("nobody is found at {text}"))
}

async fn list(hub: &Hub) -> anyhow::Result<()> {
    for member in hub.members().await? {
        let networks = hub.presences(member.actor.id).await?;
        let networks = networks.iter().map(|presence| presence.network.key()).collect::<Vec<_>>().join(", ");
        let (name, role, state) =
            (&member.actor.username, format!("{:?}", member.role), format!("{:?}", member.actor.state));
        println!("{name:18} {role:10} {state:12} {networks}");
    }
    Ok(())
}

async fn list_as_json(hub: &Hub) -> anyhow::Result<serde_json::Value> {
    let mut all = Vec::new();
    for member in hub.members().await? {
        let networks = hub.presences(member.actor.id).await?.into_iter().map(|presence| {
            json!({
                "network": presence.network.key(),
                "id": presence.native_id,
                "state": format!("{:?}", presence.state).to_lowercase(),
            })
        });
        all.push(json!({
            "name": member.actor.username,
            "address": hub.config().address(&member.actor.username),
            "role": member.role.key(),
            "state": format!("{:?}", member.actor.state).to_lowercase(),
            "created_at": member.created_at.rfc3339(),
            "networks": networks.collect::<Vec<_>>(),
        }));
    }
    Ok(all.into())
}

async fn invite(hub: &Hub, owner: bool) -> anyhow::Result<String> {
    if owner {
        if hub.contact().await?.is_some_and(|member| member.role == Role::Owner) {
            bail!("there is an owner already");
        }
        return super::up::owner_link(hub).await;
    }
    let once = Once { purpose: "invite".into(), member: None, facts: serde_json::Value::Null };
    let secret = hub.once(once, Duration::from_secs(7 * 24 * 3600)).await?;
    Ok(hub.config().url(&format!("/invite/{secret}")))
}

fn read_key() -> anyhow::Result<KeyImport> {
    let mut key = String::new();
    std::io::stdin().read_line(&mut key)?;
    Ok(KeyImport { key: key.trim().to_owned(), password: None })
}

fn network(name: NetworkName) -> Network {
    match name {
        NetworkName::Activitypub => Network::ActivityPub,
        NetworkName::Nostr => Network::Nostr,
        NetworkName::Atproto => Network::AtProto,
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Member => Self::Member,
            RoleName::Moderator => Self::Moderator,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
        }
    }
}
