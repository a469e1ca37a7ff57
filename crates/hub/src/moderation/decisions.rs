//! Decisions of moderators: each has a statement of reasons for whoever is affected (what, why, by which rule, how to
//! appeal), and an appeal that is answered once. What the measures do stands in [`super::takedown`].

use crate::{Event, EventKind, Hub, HubError, Page, reading::NotificationKind, spread::Reached};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_model::{Actor, Id, Time};
use landbridge_store::{
    Change,
    entities::{
        decisions::{self, DecisionRow},
        notifications, reports,
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long there is to appeal.
pub const TO_APPEAL: Duration = Duration::from_secs(183 * 86_400);
/// Characters of a statement, of its rule, of an appeal and of an answer.
const REASON: usize = 5000;
const RULE: usize = 500;
const WORDS: usize = 5000;
/// Decisions of one page.
const MOST: u32 = 200;

/// What was done. The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Nothing but this word.
    Warning,
    PostRemoved,
    /// A file is gone, with every post here that showed it, and is not taken in again.
    FileRemoved,
    /// Only followers hear of them.
    Limited,
    Suspended,
}

impl Measure {
    pub fn key(self) -> &'static str {
        match self {
            Measure::Warning => "warning",
            Measure::PostRemoved => "post_removed",
            Measure::FileRemoved => "file_removed",
            Measure::Limited => "limited",
            Measure::Suspended => "suspended",
        }
    }

    pub fn from_key(key: &str) -> Option<Measure> {
        use Measure::*;
        [Warning, PostRemoved, FileRemoved, Limited, Suspended].into_iter().find(|m| m.key() == key)
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Measure::Warning => "a warning; nothing was removed or restricted",
            Measure::PostRemoved => "a post was removed",
            Measure::FileRemoved => {
                "a file was removed, with the posts that showed it, and is not taken in again"
            }
            Measure::Limited => "the account was limited: only its followers see what it writes",
            Measure::Suspended => "the account was suspended: it is hidden, and nobody can sign in to it",
        }
    }
}

/// On what a decision rests. The word is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Rules of this server.
    #[default]
    Rules,
    Law,
}

impl Ground {
    pub fn key(self) -> &'static str {
        if self == Ground::Law { "law" } else { "rules" }
    }

    fn from_key(key: &str) -> Ground {
        if key == "law" { Ground::Law } else { Ground::Rules }
    }
}

/// Why something is decided: what whoever is affected will read.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// The facts that are relied on.
    pub reason: String,
    /// The rule, or the law.
    pub rule: String,
    pub ground: Ground,
    /// The report that led to it; it is closed with the decision.
    pub report: Option<Id>,
}

/// A decision, with its statement of reasons.
#[derive(Clone, Debug)]
pub struct Decided {
    pub id: Id,
    /// Whom it is about.
    pub target: Id,
    pub report: Option<Id>,
    pub measure: Measure,
    /// What it is about: an address, a name.
    pub about: String,
    pub reason: String,
    pub rule: String,
    pub ground: Ground,
    pub at: Time,
    pub undone_at: Option<Time>,
    pub appeal: Option<Appeal>,
    pub(super) facts: Facts,
}

/// What whoever is affected says to it, and what was answered.
#[derive(Clone, Debug)]
pub struct Appeal {
    pub text: String,
    pub at: Time,
    pub answer: Option<Answer>,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub text: String,
    pub at: Time,
    /// The appeal was right.
    pub granted: bool,
}

/// What is needed to undo a decision.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// Hash of a file that is not taken in again.
    pub file: String,
    /// Keyed hashes of ids that were closed, in hexadecimal digits.
    pub closed: Vec<String>,
    /// The post that was removed.
    pub post: Option<Id>,
    /// It cannot be brought back.
    pub gone: bool,
}

impl Decided {
    fn read(row: DecisionRow) -> Option<Decided> {
        let answer = |text: Option<String>| {
            Some(Answer { text: text?, at: row.answered_at?, granted: row.granted.unwrap_or(false) })
        };
        let (text, at) = (row.appeal, row.appealed_at);
        let answered = answer(row.answer);
        Some(Decided {
            id: row.id,
            target: row.target,
            report: row.report,
            measure: Measure::from_key(&row.measure)?,
            about: row.about,
            reason: row.reason,
            rule: row.rule,
            ground: Ground::from_key(&row.ground),
            at: row.at,
            undone_at: row.undone_at,
            appeal: text.zip(at).map(|(text, at)| Appeal { text, at, answer: answered }),
            facts: serde_json::from_str(&row.facts).unwrap_or_default(),
        })
    }

    /// Whether there can be an appeal now.
    pub fn can_appeal(&self) -> bool {
        self.appeal.is_none() && self.undone_at.is_none() && self.at.plus(TO_APPEAL) > Time::now()
    }

    /// The post that was removed, if it was one.
    pub fn post(&self) -> Option<Id> {
        self.facts.post
    }

    /// Whether what was done can be undone.
    pub fn can_be_undone(&self) -> bool {
        self.undone_at.is_none() && !self.facts.gone
    }
}

impl Hub {
    /// Decisions, newest first.
    pub async fn decisions(&self, page: Page) -> Result<Vec<Decided>, HubError> {
        self.decided(decisions::page(page.window(page.limit(MOST)))).await
    }

    /// Decisions about somebody, newest first.
    pub async fn decisions_about(&self, who: Id, page: Page) -> Result<Vec<Decided>, HubError> {
        self.decided(decisions::about(who, page.window(page.limit(MOST)))).await
    }

    pub async fn decision(&self, id: Id) -> Result<Decided, HubError> {
        self.decided(decisions::by_id(id)).await?.pop().ok_or(HubError::NotFound)
    }

    pub(crate) async fn decisions_by_id(&self, ids: &[Id]) -> Result<Vec<Decided>, HubError> {
        if ids.is_empty() { Ok(Vec::new()) } else { self.decided(decisions::by_ids(ids)).await }
    }

    /// Decisions whose appeal waits for an answer, the oldest first.
    pub async fn appeals(&self, most: u32) -> Result<Vec<Decided>, HubError> {
        self.decided(decisions::appeals(i64::from(most))).await
    }

    /// The decision by which somebody is suspended, if there is one with a statement.
    pub async fn suspension_of(&self, who: Id) -> Result<Option<Decided>, HubError> {
        let standing = self.decided(decisions::standing(who, Measure::Suspended.key())).await?;
        Ok(standing.into_iter().next())
    }

    /// The path of the page with a statement of reasons. It opens for whoever has it: somebody who is suspended cannot sign
    /// in, and somebody elsewhere has no account here.
    pub fn statement_path(&self, decision: Id) -> String {
        format!("/statement/{decision}/{}", self.statement_code(decision))
    }

    /// The decision that such a path names.
    pub async fn statement(&self, decision: Id, code: &str) -> Result<Decided, HubError> {
        let expected = self.statement_code(decision);
        let fits = aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), code.as_bytes());
        match fits {
            Ok(()) => self.decision(decision).await,
            Err(_) => Err(HubError::NotFound),
        }
    }

    /// Appeals against a decision, in the name of whom it is about. Once, and for half a year.
    pub async fn appeal(&self, decision: Id, text: &str) -> Result<(), HubError> {
        let decided = self.decision(decision).await?;
        let text = words(text, WORDS, "an appeal")?;
        if !decided.can_appeal() {
            return Err(HubError::invalid("there can be no appeal against this decision (any more)"));
        }
        match self
            .store()
            .write(decisions::appeal(decision, &text, Time::now()))
            .await
            .map_err(HubError::from)
        {
            Err(HubError::Conflict("appealed")) => Err(HubError::invalid("there was an appeal before")),
            other => other.map(|_| ()),
        }?;
        metrics::counter!("hub_appeals_total").increment(1);
        Ok(())
    }

    /// Answers an appeal. When it was right, what was done is undone, as far as it can be.
    pub async fn answer_appeal(&self, decision: Id, granted: bool, text: &str) -> Result<(), HubError> {
        let decided = self.decision(decision).await?;
        let text = words(text, WORDS, "an answer")?;
        let mut changes = vec![decisions::answer(decision, &text, granted, Time::now())];
        changes.extend(self.tell_again(&decided));
        let written = match self.store().write(changes).await.map_err(HubError::from) {
            Err(HubError::Conflict("answered")) => {
                return Err(HubError::invalid("there is no appeal that waits for an answer"));
            }
            other => other?,
        };
        self.wake(Reached::read(written)?, None);
        match granted && decided.can_be_undone() {
            true => self.undo_decision_about(decision).await,
            false => Ok(()),
        }
    }

    /// A new decision and its rows, to be written with what it does.
    pub(super) fn decide(
        &self,
        target: &Actor,
        measure: Measure,
        about: String,
        why: &Why,
        facts: Facts,
    ) -> Result<(Id, Vec<Change>), HubError> {
        let row = DecisionRow {
            id: self.ids().next(),
            target: target.id,
            report: why.report,
            measure: measure.key().into(),
            about,
            facts: serde_json::to_string(&facts).map_err(|_| HubError::Damaged("a decision"))?,
            reason: words(&why.reason, REASON, "a statement of reasons")?,
            rule: words(&why.rule, RULE, "the name of a rule")?,
            ground: why.ground.key().into(),
            at: Time::now(),
            undone_at: None,
            appeal: None,
            appealed_at: None,
            answer: None,
            answered_at: None,
            granted: None,
        };
        let mut changes = vec![decisions::insert(&row)];
        if let Some(report) = why.report {
            changes.push(reports::close(report, measure.key(), row.at));
        }
        if target.is_member() {
            changes.push(self.warning(target.id, row.id));
        }
        Ok((row.id, changes))
    }

    /// After such a write.
    pub(super) fn decided_about(&self, target: Id) {
        metrics::counter!("hub_decisions_total").increment(1);
        self.bus().send(Event { members: vec![target], public: false, kind: EventKind::Member(target) });
    }

    /// The notification of a decision: it is by nobody, so it stands under the member's own name.
    fn warning(&self, member: Id, decision: Id) -> Change {
        let kind = NotificationKind::ModerationWarning.key();
        notifications::insert(self.ids().next(), member, kind, member, Some(decision), None, Time::now())
    }

    fn tell_again(&self, decided: &Decided) -> [Change; 2] {
        let kind = NotificationKind::ModerationWarning.key();
        [
            notifications::retract(decided.target, kind, decided.target, Some(decided.id)),
            self.warning(decided.target, decided.id),
        ]
    }

    fn statement_code(&self, decision: Id) -> String {
        let hash = self.keyed_hash(&format!("statement {decision}"));
        URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or(&hash))
    }

    async fn decided(&self, query: landbridge_store::Query) -> Result<Vec<Decided>, HubError> {
        let mut found = Vec::new();
        for mut row in self.store().rows(query).await? {
            found.extend(Decided::read(DecisionRow::read(&mut row)?));
        }
        Ok(found)
    }
}

/// A text that must be there, and not be longer than that.
fn words(text: &str, most: usize, what: &str) -> Result<String, HubError> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(HubError::invalid(format!("{what} needs words"))),
        n if n > most => Err(HubError::invalid(format!("{what} has at most {most} characters"))),
        _ => Ok(text.to_owned()),
    }
}
