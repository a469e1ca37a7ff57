//! docs/entities/AccountWarning, docs/entities/Appeal; and what is more to say of a decision.

use super::{Account, Show};
use landbridge_hub::moderation::{self, Decided, Measure};
use landbridge_model::Actor;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct AccountWarning<'a> {
    id: String,
    action: &'static str,
    text: &'a str,
    status_ids: Vec<String>,
    target_account: Account<'a>,
    appeal: Option<Appeal<'a>>,
    created_at: String,
    /// The statement of reasons, beyond the words of `text`.
    landbridge: Statement<'a>,
}

#[derive(Serialize)]
struct Appeal<'a> {
    text: &'a str,
    state: &'static str,
    /// The moderators' words.
    answer: Option<&'a str>,
}

#[derive(Serialize)]
struct Statement<'a> {
    measure: &'static str,
    about: &'a str,
    rule: &'a str,
    ground: &'static str,
    undone_at: Option<String>,
    can_appeal: bool,
    /// Page with all of it, where an appeal can be written.
    url: String,
}

impl<'a> AccountWarning<'a> {
    /// `target`: whom it is about.
    pub fn new(show: &Show<'_>, decided: &'a Decided, target: &'a Actor) -> AccountWarning<'a> {
        let hub = show.hub;
        AccountWarning {
            id: decided.id.to_string(),
            action: match decided.measure {
                Measure::Warning => "none",
                Measure::PostRemoved | Measure::FileRemoved => "delete_statuses",
                Measure::Limited => "silence",
                Measure::Suspended => "suspend",
            },
            text: &decided.reason,
            status_ids: decided.post().iter().map(ToString::to_string).collect(),
            target_account: Account::new(show, target),
            appeal: decided.appeal.as_ref().map(appeal),
            created_at: decided.at.rfc3339(),
            landbridge: Statement {
                measure: decided.measure.key(),
                about: &decided.about,
                rule: &decided.rule,
                ground: decided.ground.key(),
                undone_at: decided.undone_at.map(|at| at.rfc3339()),
                can_appeal: decided.can_appeal(),
                url: hub.config().url(&hub.statement_path(decided.id)),
            },
        }
    }
}

fn appeal(appeal: &moderation::Appeal) -> Appeal<'_> {
    Appeal {
        text: &appeal.text,
        state: match appeal.answer.as_ref().map(|answer| answer.granted) {
            None => "pending",
            Some(true) => "approved",
            Some(false) => "rejected",
        },
        answer: appeal.answer.as_ref().map(|answer| answer.text.as_str()),
    }
}
