//! `landbridge moderate`: measures, each with its statement of reasons; appeals; and taking a measure back.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use landbridge_hub::moderation::{Decided, Ground, Measure, Why};
use landbridge_hub::{Hub, HubError, Page};
use landbridge_model::{Acct, Actor, Id};
use serde_json::{Value, json};
use std::path::PathBuf;

use crate::cli::Global;

/// Warn, limit or suspend somebody; take down a post or a file; answer appeals.
///
/// Every measure needs a reason and the rule it rests on. Whoever is affected reads both on a page of their own (members are
/// told; for others the address of the page is printed), and can appeal there once, within half a year.
#[derive(Args)]
pub struct Moderate {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Tell somebody that something is not all right. Nothing else is done.
    Warn {
        /// `name` or `name@host`.
        account: String,
        #[command(flatten)]
        why: Reasons,
    },
    /// Only followers hear of the account any more.
    Limit {
        account: String,
        #[command(flatten)]
        why: Reasons,
    },
    /// Hide an account; of a member, also sign it out everywhere and let nobody sign in to it. Nothing is deleted.
    Suspend {
        account: String,
        #[command(flatten)]
        why: Reasons,
    },
    /// Take down a post. A member's is deleted on every network, which cannot be taken back; somebody else's is gone from
    /// here and does not come back.
    Post {
        /// Its number, the last part of its address here.
        post: Id,
        #[command(flatten)]
        why: Reasons,
    },
    /// Take down a file by its content: it goes off the disk, with every post of a member that shows it, and is neither
    /// taken in nor fetched again.
    File {
        /// SHA-256 of its content in hexadecimal digits, or its address here (`.../media/HASH.png`).
        #[arg(required_unless_present = "content")]
        file: Option<String>,
        /// A file on this machine with that content.
        #[arg(long, value_name = "FILE", conflicts_with = "file")]
        content: Option<PathBuf>,
        #[command(flatten)]
        why: Reasons,
    },
    /// Let a file that was taken down be taken in again.
    FileAgain { hash: String },
    /// Take a measure back, as far as that is possible: its number.
    Undo { decision: Id },
    /// The decisions, newest first.
    List {
        /// Only those about this account.
        #[arg(long)]
        account: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Appeals that wait for an answer, the oldest first.
    Appeals {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Answer an appeal. When it was right, the measure is taken back as far as that is possible.
    Answer {
        /// The number of the decision.
        decision: Id,
        /// The appeal was right.
        #[arg(long)]
        grant: bool,
        /// The answer, for whoever appealed.
        #[arg(long)]
        text: String,
    },
}

#[derive(Args)]
struct Reasons {
    /// The facts that you rely on, for whoever is affected.
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// The rule of this server, or with `--law` the law, that it rests on.
    #[arg(long, value_name = "TEXT")]
    rule: String,
    /// It rests on a law, not on a rule of this server.
    #[arg(long)]
    law: bool,
    /// The report that led to it; it is closed.
    #[arg(long, value_name = "NUMBER")]
    report: Option<Id>,
}

impl From<Reasons> for Why {
    fn from(reasons: Reasons) -> Why {
        let ground = if reasons.law { Ground::Law } else { Ground::Rules };
        Why { reason: reasons.why, rule: reasons.rule, ground, report: reasons.report }
    }
}

/// Appeals that are shown at once.
const MOST: u32 = 1000;

impl Moderate {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        super::with_hub(global, async |hub| self.action.run(hub).await)
    }
}

impl Action {
    async fn run(self, hub: &Hub) -> anyhow::Result<()> {
        match self {
            Action::Warn { account, why } => {
                told(hub, hub.warn(find(hub, &account).await?.id, &why.into()).await?);
            }
            Action::Limit { account, why } => take_down(hub, &account, Measure::Limited, why).await?,
            Action::Suspend { account, why } => take_down(hub, &account, Measure::Suspended, why).await?,
            Action::Post { post, why } => match hub.take_down_post(post, &why.into()).await {
                Err(HubError::NotFound) => bail!("there is no post {post}"),
                decided => told(hub, decided?),
            },
            Action::File { file, content, why } => {
                let hash = match (file, content) {
                    (_, Some(path)) => hash_of(&path)?,
                    (Some(file), None) => hash_in(&file).to_owned(),
                    (None, None) => bail!("name a file"),
                };
                let taken = hub.take_down_file(&hash, &why.into()).await?;
                println!(
                    "{hash} is refused from now on; gone with it: {} posts, {} uploads, {} pictures of profiles",
                    taken.posts, taken.uploads, taken.pictures
                );
                taken.decisions.into_iter().for_each(|decision| told(hub, decision));
            }
            Action::FileAgain { hash } => hub.take_file_again(hash_in(&hash)).await?,
            Action::Undo { decision } => match hub.undo_decision_about(decision).await {
                Err(HubError::NotFound) => bail!("there is no decision {decision}"),
                other => other?,
            },
            Action::List { account, limit, json } => {
                let page = Page { limit, ..Page::default() };
                let found = match account {
                    Some(account) => hub.decisions_about(find(hub, &account).await?.id, page).await?,
                    None => hub.decisions(page).await?,
                };
                print(hub, &found, json).await?;
            }
            Action::Appeals { json } => print(hub, &hub.appeals(MOST).await?, json).await?,
            Action::Answer { decision, grant, text } => match hub.answer_appeal(decision, grant, &text).await
            {
                Err(HubError::NotFound) => bail!("there is no decision {decision}"),
                other => other?,
            },
        }
        Ok(())
    }
}

async fn take_down(hub: &Hub, account: &str, measure: Measure, why: Reasons) -> anyhow::Result<()> {
    let target = find(hub, account).await?;
    told(hub, hub.take_down_account(target.id, measure, &why.into()).await?);
    Ok(())
}

fn told(hub: &Hub, decision: Id) {
    println!(
        "{decision} decided; the statement of reasons: {}",
        hub.config().url(&hub.statement_path(decision))
    );
}

/// A member, or somebody elsewhere who is known here.
async fn find(hub: &Hub, account: &str) -> anyhow::Result<Actor> {
    let name = account.trim_start_matches('@');
    let acct: Acct = name.parse().ok().with_context(|| format!("{account} is no address of an account"))?;
    hub.actor_by_acct(&acct).await?.with_context(|| format!("@{name} is not known here"))
}

/// The hash in a name or address of a file.
fn hash_in(file: &str) -> &str {
    let name = file.trim().rsplit('/').next().unwrap_or_default();
    name.split('.').next().unwrap_or_default()
}

fn hash_of(path: &std::path::Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn print(hub: &Hub, found: &[Decided], json: bool) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for decided in found {
        let target = hub.actor(decided.target).await?.acct();
        if json {
            all.push(as_json(hub, decided, &target));
        } else {
            line(hub, decided, &target);
        }
    }
    if json {
        println!("{:#}", Value::Array(all));
    }
    Ok(())
}

fn line(hub: &Hub, decided: &Decided, target: &str) {
    let undone = if decided.undone_at.is_some() { " (undone)" } else { "" };
    println!(
        "{} {} {}{undone} @{target}: {}",
        decided.id,
        decided.at.rfc3339(),
        decided.measure.key(),
        decided.about
    );
    println!("    {} [{}]", decided.reason.replace('\n', "\n    "), decided.rule);
    if let Some(appeal) = &decided.appeal {
        println!("    appeal of {}: {}", appeal.at.rfc3339(), appeal.text.replace('\n', "\n    "));
        if let Some(answer) = &appeal.answer {
            let word = if answer.granted { "granted" } else { "not granted" };
            println!("    {word}: {}", answer.text.replace('\n', "\n    "));
        }
    }
    println!("    {}", hub.config().url(&hub.statement_path(decided.id)));
}

fn as_json(hub: &Hub, decided: &Decided, target: &str) -> Value {
    let answer = |answer: &landbridge_hub::moderation::Answer| json!({ "text": answer.text, "at": answer.at.rfc3339(), "granted": answer.granted });
    json!({
        "id": decided.id.to_string(),
        "account": target,
        "measure": decided.measure.key(),
        "about": decided.about,
        "reason": decided.reason,
        "rule": decided.rule,
        "ground": decided.ground.key(),
        "report": decided.report.map(|report| report.to_string()),
        "at": decided.at.rfc3339(),
        "undone_at": decided.undone_at.map(|at| at.rfc3339()),
        "appeal": decided.appeal.as_ref().map(|appeal| json!({
            "text": appeal.text,
            "at": appeal.at.rfc3339(),
            "answer": appeal.answer.as_ref().map(answer),
        })),
        "statement": hub.config().url(&hub.statement_path(decided.id)),
    })
}
