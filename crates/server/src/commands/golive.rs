//! `landbridge golive DOMAIN`: from a trial to a public server.

use anyhow::{Context, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use time::OffsetDateTime;

use crate::assemble::House;
use crate::checks;
use crate::cli::{Global, INSTALLED, environment};
use crate::config::{self, Config, Public};
use crate::instance::identity::Identity;
use crate::instance::{Use, is_running, make_private_dir, root_key, write_private_file};

/// Prepare this server for the public networks, under your domain.
///
/// Checks what public federation needs (two DNS records, TLS, reachability) and says in plain words what is missing.
/// When you agree, writes the configuration, makes a fresh server with permanent identities, prints the recovery
/// sheet, and a link that makes the owner's account.
///
/// A trial's ids point to this machine and are worth nothing outside, so nothing of a trial is carried over: its
/// folder is put aside, whole. The domain is permanent: every id on every network is made from it, and a later change
/// is refused.
#[derive(Args)]
pub struct GoLive {
    /// The part after the @ of every address: example.org
    domain: String,
    /// The host that this server is reached at, when it is not the domain itself: social.example.org
    #[arg(long)]
    host: Option<String>,
    /// A proxy in front speaks TLS. Otherwise certificates come from Let's Encrypt, whose terms you then accept.
    #[arg(long)]
    behind_proxy: bool,
    /// E-mail address that the certificate authority may write to.
    #[arg(long, value_name = "ADDRESS")]
    contact: Option<String>,
    /// Who may make an account: closed, invite or open [default: invite].
    #[arg(long, value_parser = ["closed", "invite", "open"])]
    registrations: Option<String>,
    /// Only check; write nothing.
    #[arg(long)]
    check: bool,
    /// Do not ask, and go on although a check found a problem.
    #[arg(long)]
    yes: bool,
}

impl GoLive {
    pub fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let dir = global.load_before_it_is_written()?.data_dir;
        let file = global.file().unwrap_or_else(|| dir.join("landbridge.toml"));
        refuse_unless_fresh(&dir)?;

        let domain = normal(&self.domain)?;
        let host = self.host.as_deref().map_or(Ok(domain.clone()), normal)?;
        let kept = if file.is_file() { config::read(&file)? } else { toml::Table::new() };
        let settings = config::settings(
            kept,
            &Public {
                origin: &format!("https://{host}"),
                account_domain: (host != domain).then_some(domain.as_str()),
                data_dir: &std::path::absolute(&dir)?,
                behind_proxy: self.behind_proxy,
                contact: self.contact.as_deref(),
                registrations: self.registrations.as_deref(),
            },
        );
        let text = config::public_file(&settings);
        let config = config::complete(settings, environment())?;
        let identity = Identity::mint(&config)?;

        println!("Members will be @name@{domain}; the server is at https://{host}\n");
        let fine = super::block_on(async {
            let mut findings = checks::local(&config);
            findings.extend(checks::public(&config, &identity, false).await);
            Ok(checks::print(&findings))
        })?;
        println!();
        if self.check {
            return Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        if !fine && !self.yes {
            println!(
                "Nothing was changed. Mend what is marked PROBLEM, or repeat with --yes to go on all the same."
            );
            return Ok(ExitCode::FAILURE);
        }
        println!(
            "This is permanent: every id on every network is made from https://{host} and @{domain}, and a later change \
             is refused."
        );
        if !self.yes && !crate::prompt::confirm("Go live under this name?")? {
            println!("Nothing was changed.");
            return Ok(ExitCode::FAILURE);
        }
        put_trial_aside(&dir)?;
        make_private_dir(&dir)?;
        write_configuration(&file, &text)?;
        super::block_on(mint(&config))?;
        println!("The configuration is in {}. Start the server:\n", file.display());
        println!("    {}\n", start_command(&file));
        println!("then look at it from outside and in:\n\n    landbridge doctor --config {}", file.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Makes the fresh server: root key, database, and the first link.
async fn mint(config: &Config) -> anyhow::Result<()> {
    let house = House::open(config, Use::Serve).await?;
    println!("\n{}", root_key::sheet(&house.instance.root_key, &house.instance.identity));
    println!("The owner's account is made here, once the server runs (the link works once, within a day):\n");
    println!("    {}\n", super::up::owner_link(&house.hub).await?);
    house.hub.store().clone().close().await;
    Ok(())
}

/// How this operator starts the server: the Debian package's service, or by hand.
fn start_command(file: &Path) -> String {
    if file == Path::new(INSTALLED) && Path::new("/run/systemd/system").is_dir() {
        "sudo systemctl enable --now landbridge".to_owned()
    } else {
        format!("landbridge up --config {}", file.display())
    }
}

/// A public server stays what it is; a running one is not pulled away.
fn refuse_unless_fresh(dir: &Path) -> anyhow::Result<()> {
    if is_running(dir) {
        bail!("a server runs on {}: stop it first", dir.display());
    }
    match Identity::read(dir)? {
        Some(identity) if !identity.is_trial() => bail!(
            "{} belongs to @{} at {} already, for good. For another domain, begin with another --data-dir",
            dir.display(),
            identity.account_domain,
            identity.origin
        ),
        _ => Ok(()),
    }
}

/// Nothing of a trial is deleted.
fn put_trial_aside(dir: &Path) -> anyhow::Result<()> {
    if Identity::read(dir)?.is_none() {
        return Ok(());
    }
    let now = OffsetDateTime::now_utc();
    let mut name = dir.file_name().context("data_dir has no name")?.to_owned();
    name.push(format!("-trial-{}-{}", now.date(), now.unix_timestamp() % 86_400));
    let aside: PathBuf = dir.with_file_name(name);
    std::fs::rename(dir, &aside).with_context(|| format!("cannot move {} aside", dir.display()))?;
    println!("The trial was put aside, whole, in {}", aside.display());
    Ok(())
}

/// The operator's own configuration is kept beside the new one.
fn write_configuration(file: &Path, text: &str) -> anyhow::Result<()> {
    if file.exists() {
        let old = file.with_extension("toml.before-golive");
        std::fs::rename(file, &old).with_context(|| format!("cannot move {} aside", file.display()))?;
        println!("The earlier configuration is in {}", old.display());
    }
    write_private_file(file, text.as_bytes()).with_context(|| format!("cannot write {}", file.display()))
}

/// A public host name, in lower case.
fn normal(name: &str) -> anyhow::Result<String> {
    let url =
        url::Url::parse(&format!("https://{name}")).with_context(|| format!("{name} is no host name"))?;
    let host = match url.host() {
        Some(url::Host::Domain(host)) if host.contains('.') && url.path() == "/" && url.port().is_none() => {
            host.to_owned()
        }
        _ => bail!("{name} is no public host name: it looks like example.org"),
    };
    Ok(host.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_host_names_become_domains() {
        assert_eq!(normal("Example.ORG").unwrap(), "example.org");
        assert_eq!(normal("bücher.example").unwrap(), "xn--bcher-kva.example");
        for wrong in
            ["localhost", "192.0.2.1", "example.org/x", "example.org:8443", "https://example.org", "", "a b"]
        {
            assert!(normal(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_trial_is_put_aside_whole_and_a_public_server_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("landbridge-data");
        make_private_dir(&dir).unwrap();
        Identity::mint(&Config::default()).unwrap().write(&dir).unwrap();
        std::fs::write(dir.join("post"), "kept").unwrap();
        refuse_unless_fresh(&dir).unwrap();
        put_trial_aside(&dir).unwrap();
        assert!(!dir.exists());
        let aside = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        assert_eq!(std::fs::read_to_string(aside.join("post")).unwrap(), "kept");

        make_private_dir(&dir).unwrap();
        let public = Config { origin: Some("https://example.org".parse().unwrap()), ..Config::default() };
        Identity::mint(&public).unwrap().write(&dir).unwrap();
        assert!(refuse_unless_fresh(&dir).is_err());
    }
}
