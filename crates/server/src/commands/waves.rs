//! `landbridge waves`: near-identical first contacts to many members, each wave one row, answered in one act.

use clap::{Args, Subcommand};
use landbridge_hub::gate::{Wave, WaveAnswer};
use landbridge_model::Id;
use serde_json::{Value, json};

use crate::cli::Global;

/// Show and answer waves: strangers who write nearly the same to many members.
///
/// What belongs to a wave is held back from members, for three days at most if you say nothing. Of the texts only keyed
/// sketches are kept, so nobody can read them here.
#[derive(Args)]
pub struct Waves {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// The waves of the last 30 days, newest first.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Decline all of it: members are not asked, and nobody is told.
    Decline { number: Id },
    /// Decline it, and suspend its senders here.
    Block { number: Id },
    /// Decline it, and limit the hosts that it came from: only those who follow somebody there hear from them.
    Limit { number: Id },
    /// It is no wave: everybody has their turn.
    Pass { number: Id },
    /// Take an answer back, within seven days without loss.
    Undo { number: Id },
}

impl Waves {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        super::with_hub(global, async |hub| {
            match self.action {
                Action::List { json: false } => {
                    for wave in hub.waves().await? {
                        print!("{}", as_text(&wave));
                    }
                }
                Action::List { json: true } => {
                    let all: Value = hub.waves().await?.iter().map(as_json).collect();
                    println!("{all:#}");
                }
                Action::Decline { number } => hub.answer_wave(number, WaveAnswer::Decline).await?,
                Action::Block { number } => hub.answer_wave(number, WaveAnswer::Block).await?,
                Action::Limit { number } => hub.answer_wave(number, WaveAnswer::Limit).await?,
                Action::Pass { number } => hub.answer_wave(number, WaveAnswer::Pass).await?,
                Action::Undo { number } => hub.undo_wave(number).await?,
            }
            Ok(())
        })
    }
}

fn as_text(wave: &Wave) -> String {
    let Wave { contacts, strangers, members, asked, parked, .. } = wave;
    let origins: Vec<String> = wave.origins.iter().map(|(origin, n)| format!("{origin} {n}")).collect();
    format!(
        "{} {:8} {:7} {} to {}: {contacts} first contacts by {strangers} strangers to {members} members, \
         {asked} of them asked, {parked} held back\n    {}\n",
        wave.id,
        wave.state.key(),
        wave.scope.key(),
        wave.first_at.rfc3339(),
        wave.last_at.rfc3339(),
        origins.join(", ")
    )
}

fn as_json(wave: &Wave) -> Value {
    let origins = wave.origins.iter().map(|(origin, n)| json!({ "origin": origin, "contacts": n }));
    json!({
        "id": wave.id, "state": wave.state.key(), "scope": wave.scope.key(), "contacts": wave.contacts,
        "strangers": wave.strangers, "members": wave.members, "asked": wave.asked, "parked": wave.parked,
        "origins": origins.collect::<Value>(), "first_at": wave.first_at.rfc3339(), "last_at": wave.last_at.rfc3339(),
        "answered_at": wave.answered_at.map(|at| at.rfc3339()),
    })
}
