//! What was decided about first contacts: by the member's hand, by their acts, by their rules.

use super::{Reason, Scope};
use crate::{Hub, HubError, Page};
use landbridge_model::{Actor, Id, Time};
use landbridge_store::{
    Change,
    entities::contact_log::{self, LogRow},
};
use std::{collections::HashMap, time::Duration};

/// Most lines of one page.
const MOST: u32 = 80;
/// Of one stranger in one scope, what a rule has dropped is said once in so long.
const AGAIN: Duration = Duration::from_secs(86_400);
/// The word for a decision about somebody as a whole.
const ALL: &str = "all";

/// The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Somebody asks.
    Held,
    /// A rule has dropped it.
    Dropped,
    Granted,
    Declined,
    /// What was granted is taken back.
    Revoked,
    Blocked,
}

impl Verdict {
    pub fn key(self) -> &'static str {
        match self {
            Verdict::Held => "held",
            Verdict::Dropped => "dropped",
            Verdict::Granted => "granted",
            Verdict::Declined => "declined",
            Verdict::Revoked => "revoked",
            Verdict::Blocked => "blocked",
        }
    }

    pub fn from_key(key: &str) -> Option<Verdict> {
        use Verdict::*;
        [Held, Dropped, Granted, Declined, Revoked, Blocked].into_iter().find(|verdict| verdict.key() == key)
    }

    /// Whether it is a decision that can be taken back.
    pub fn can_be_undone(self) -> bool {
        !matches!(self, Verdict::Held | Verdict::Dropped)
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: Id,
    pub stranger: Actor,
    /// `None`: about somebody as a whole.
    pub scope: Option<Scope>,
    pub verdict: Verdict,
    pub reason: Reason,
    pub at: Time,
    pub undone_at: Option<Time>,
}

impl Hub {
    /// A member's log, newest first.
    pub async fn contact_log(&self, member: Id, page: Page) -> Result<Vec<Line>, HubError> {
        let rows = self.store().rows(contact_log::page(member, page.window(page.limit(MOST)))).await?;
        let mut rows =
            rows.into_iter().map(|mut row| LogRow::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
        if page.upward() {
            rows.reverse();
        }
        let people: Vec<Id> = rows.iter().map(|row| row.stranger).collect();
        let people: HashMap<Id, Actor> =
            self.actors(&people).await?.into_iter().map(|actor| (actor.id, actor)).collect();
        let show = |row: LogRow| {
            Some(Line {
                id: row.id,
                stranger: people.get(&row.stranger)?.clone(),
                scope: Scope::from_key(&row.scope),
                verdict: Verdict::from_key(&row.decision)?,
                reason: Reason::from_key(&row.reason).unwrap_or(Reason::Member),
                at: row.at,
                undone_at: row.undone_at,
            })
        };
        Ok(rows.into_iter().filter_map(show).collect())
    }

    /// A line; `scope`: `None` for somebody as a whole.
    pub(super) fn line(
        &self,
        member: Id,
        stranger: Id,
        scope: Option<Scope>,
        verdict: Verdict,
        reason: Reason,
    ) -> LogRow {
        LogRow {
            id: self.ids().next(),
            member,
            stranger,
            scope: scope.map_or(ALL, Scope::key).into(),
            decision: verdict.key().into(),
            reason: reason.key().into(),
            at: Time::now(),
            undone_at: None,
        }
    }

    /// A rule of the member has dropped something: said once a day and stranger.
    pub(crate) fn note_refused(&self, member: Id, stranger: Id, scope: Scope, reason: Reason) -> Change {
        let since = Id::floor(Time::now().minus(AGAIN));
        contact_log::insert_once(&self.line(member, stranger, Some(scope), Verdict::Dropped, reason), since)
    }
}
