//! What `doctor` and `golive` look at. Each check gives [`Finding`]s: what was found, and what to do about it.

mod account_domain;
mod clock;
mod dns;
mod local;
mod reach;
mod relays;
mod tls;

use landbridge_fetch::{Fetcher, Policy};
use serde::Serialize;

use crate::config::Config;
use crate::instance::identity::Identity;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Good,
    /// Works, but something is missing or soon will be.
    Note,
    /// Federation, or the server, cannot work like this.
    Problem,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub level: Level,
    pub about: &'static str,
    pub found: String,
    /// What to do, in plain words.
    pub advice: Option<String>,
}

impl Finding {
    pub fn good(about: &'static str, found: impl Into<String>) -> Self {
        Self { level: Level::Good, about, found: found.into(), advice: None }
    }

    pub fn note(about: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Note, about, found: found.into(), advice: Some(advice.into()) }
    }

    pub fn problem(about: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Problem, about, found: found.into(), advice: Some(advice.into()) }
    }
}

/// What every server needs, a trial too.
pub fn local(config: &Config) -> Vec<Finding> {
    [local::disk(&config.data_dir), local::sync_time(&config.data_dir), local::open_files()]
        .into_iter()
        .flatten()
        .collect()
}

/// What public federation needs. `running`: our server is expected to answer; otherwise a stand-in answers for a
/// moment.
pub async fn public(config: &Config, identity: &Identity, running: bool) -> Vec<Finding> {
    let host = identity.origin.host_str().unwrap_or_default();
    let mut findings = dns::records(host, identity).await;
    let fetcher = match crate::assemble::fetcher(config, identity) {
        Ok(fetcher) => fetcher,
        Err(error) => {
            findings.push(Finding::problem("outbound", format!("{error:#}"), "correct `outbound.extra_ca`"));
            return findings;
        }
    };
    findings.extend(tls::configured(config, &fetcher).await);
    if running {
        findings.extend(reach::running(config, &fetcher, identity).await);
    } else {
        findings.extend(reach::stand_in(&plain(&fetcher), config, identity).await);
    }
    findings.extend(account_domain::points_here(&fetcher, identity).await);
    findings.extend(clock::skew(config, &fetcher).await);
    findings.extend(relays::answer(config, &fetcher).await);
    findings
}

/// Prints the report; returns whether nothing is in the way.
pub fn print(findings: &[Finding]) -> bool {
    for finding in findings {
        let mark = match finding.level {
            Level::Good => "ok     ",
            Level::Note => "note   ",
            Level::Problem => "PROBLEM",
        };
        println!("{mark}  {:15} {}", finding.about, finding.found);
        if let Some(advice) = &finding.advice {
            println!("{:25}-> {advice}", "");
        }
    }
    is_fine(findings)
}

/// The same for scripts.
pub fn print_json(findings: &[Finding]) -> bool {
    println!("{:#}", serde_json::json!(findings));
    is_fine(findings)
}

fn is_fine(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.level != Level::Problem)
}

/// The same fetcher, allowed to speak plain HTTP: only to ask ourselves.
fn plain(fetcher: &Fetcher) -> Option<Fetcher> {
    Fetcher::new(Policy { https_only: false, ..fetcher.policy().clone() }).ok()
}
