//! `landbridge doctor`: what is wrong, and what to do about it.

use clap::Args;
use std::process::ExitCode;

use crate::assemble::House;
use crate::checks::{self, Finding};
use crate::cli::Global;
use crate::config::Config;
use crate::instance::identity::Identity;
use crate::instance::{Use, is_running};
use crate::observe;

/// Check this server and say in plain words what is wrong and what to do about it.
///
/// Looks at the disk, the database and the root key; for a public server also at DNS, TLS, reachability, WebFinger,
/// the clock and the relays. Changes nothing. Ends with code 1 when there is a problem.
#[derive(Args)]
pub struct Doctor {
    /// As JSON: for each finding its level (good, note, problem), what it is about, what was found, and advice.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run(&self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        let findings = super::block_on(async { examine(&config).await })?;
        let fine = if self.json { checks::print_json(&findings) } else { checks::print(&findings) };
        Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn examine(config: &Config) -> anyhow::Result<Vec<Finding>> {
    let mut findings = checks::local(config);
    let Some(identity) = Identity::read(&config.data_dir)? else {
        let found = format!("{} holds no server yet", config.data_dir.display());
        findings.push(Finding::note(
            "data",
            found,
            "start one: `landbridge up`, or first `landbridge golive DOMAIN`",
        ));
        return Ok(findings);
    };
    findings.push(database(config).await);
    let running = is_running(&config.data_dir);
    if identity.is_trial() {
        findings.push(Finding::note(
            "identity",
            format!("a local trial at {}", identity.origin),
            "nobody outside can reach it; `landbridge golive DOMAIN` prepares the real thing",
        ));
        return Ok(findings);
    }
    let found = format!("@{} at {}", identity.account_domain, identity.origin.as_str().trim_end_matches('/'));
    findings.push(match identity.check_unchanged(config) {
        Ok(()) => Finding::good("identity", found),
        Err(error) => Finding::problem("identity", found, format!("{error:#}")),
    });
    if !running {
        findings.push(Finding::note(
            "server",
            "is not running",
            "start it, then look again: much can only be seen from a running one",
        ));
    }
    findings.extend(checks::public(config, &identity, running).await);
    Ok(findings)
}

/// Opens everything that a start opens: database, schema, root key.
async fn database(config: &Config) -> Finding {
    match House::open(config, Use::Command).await {
        Err(error) => {
            Finding::problem("database", format!("{error:#}"), "without it the server does not start")
        }
        Ok(house) => {
            let members = house.hub.member_counts().await;
            house.hub.store().clone().close().await;
            match members {
                Ok(counts) => {
                    let count = counts.all;
                    let found = format!(
                        "opens with the root key; {count} member{}",
                        if count == 1 { "" } else { "s" }
                    );
                    Finding::good("database", found)
                }
                Err(error) => Finding::problem(
                    "database",
                    error.to_string(),
                    "restore the last backup: `landbridge restore`",
                ),
            }
        }
    }
}
