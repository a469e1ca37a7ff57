//! What a member answers, and what their own acts say about somebody: whom they follow or write to is let in.

use super::{
    Reason, Scope, State, Verdict,
    budget::{Told, Turn},
};
use crate::{Hub, HubError};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{
    Change, Write,
    entities::{
        contact_log::{self, LogRow},
        contacts::{self, ContactRow},
        origins, parked,
    },
};
use std::sync::atomic::Ordering;

/// How many declines a block counts like.
const BLOCK: i64 = 3;

impl Hub {
    /// Lets somebody in, in that scope. What was held goes where it would have been.
    pub async fn accept_contact(&self, member: Id, id: Id) -> Result<(), HubError> {
        self.answer_contact(member, id, true).await
    }

    /// Declines. Somebody who asked to follow hears it; whoever wrote or did something hears nothing. What was held is gone.
    pub async fn decline_contact(&self, member: Id, id: Id) -> Result<(), HubError> {
        self.answer_contact(member, id, false).await
    }

    async fn answer_contact(&self, member: Id, id: Id, yes: bool) -> Result<(), HubError> {
        let row = self.contact_row(member, id).await?;
        let scope = Scope::from_key(&row.scope).ok_or(HubError::NotFound)?;
        if scope == Scope::Follow && self.asks_to_follow(row.stranger, member).await? {
            match yes {
                true => self.accept_follow(member, row.stranger).await?,
                false => self.reject_follow(member, row.stranger).await?,
            };
            return Ok(());
        }
        let answer = if yes { State::Granted } else { State::Declined };
        let mut changes = self.answer_changes(member, row.stranger, scope, answer, Reason::Member);
        if !yes {
            changes.push(contacts::drop_items(row.id));
        }
        self.store().write(changes).await?;
        self.budgets().answered();
        if yes {
            return self.release(member).await;
        }
        self.removed().store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Blocks whoever asks, in every scope.
    pub async fn block_contact(&self, member: Id, id: Id) -> Result<(), HubError> {
        let row = self.contact_row(member, id).await?;
        self.block(member, row.stranger).await?;
        Ok(())
    }

    /// Takes back the newest decision about that contact that still stands.
    pub async fn undo_contact(&self, member: Id, id: Id) -> Result<(), HubError> {
        let row = self.contact_row(member, id).await?;
        let undoable =
            [Verdict::Granted, Verdict::Declined, Verdict::Revoked, Verdict::Blocked].map(Verdict::key);
        let last = contact_log::last(member, row.stranger, &row.scope, &undoable);
        let mut line = self.store().row(last).await?.ok_or(HubError::NotFound)?;
        self.undo_line(LogRow::read(&mut line)?).await
    }

    /// Takes back the decision of one line of the log.
    pub async fn undo_decision(&self, member: Id, line: Id) -> Result<(), HubError> {
        let mut row = self.store().row(contact_log::by_id(member, line)).await?.ok_or(HubError::NotFound)?;
        self.undo_line(LogRow::read(&mut row)?).await
    }

    async fn undo_line(&self, line: LogRow) -> Result<(), HubError> {
        let (member, stranger, now) = (line.member, line.stranger, Time::now());
        if line.undone_at.is_some() {
            return Err(HubError::Conflict("undone before"));
        }
        let scope = Scope::from_key(&line.scope);
        let turn = |from: State, to: State| {
            let scopes: Vec<&str> = scope.iter().map(|scope| scope.key()).collect();
            contacts::turn_if(member, stranger, &scopes, &[from.key()], to.key(), now)
        };
        let turned = match Verdict::from_key(&line.decision) {
            Some(Verdict::Granted) => turn(State::Granted, State::Revoked),
            // As if they had never asked: what they sent is gone.
            Some(Verdict::Declined) => turn(State::Declined, State::Cancelled),
            Some(Verdict::Revoked) => turn(State::Revoked, State::Granted),
            Some(Verdict::Blocked) => {
                self.unblock(member, stranger).await?;
                return Ok(());
            }
            Some(Verdict::Held | Verdict::Dropped) | None => {
                return Err(HubError::invalid("this was no decision of yours; change your rules, or answer"));
            }
        };
        if line.decision == Verdict::Granted.key() && scope == Some(Scope::Follow) {
            self.end_follow(member, stranger, vec![turned, contact_log::undo(line.id, now)]).await?;
            return Ok(());
        }
        self.store().write(vec![turned, contact_log::undo(line.id, now)]).await?;
        Ok(())
    }

    /// Rows of a member's answer in one scope, with its line in the log.
    pub(crate) fn answer_changes(
        &self,
        member: Id,
        stranger: Id,
        scope: Scope,
        state: State,
        reason: Reason,
    ) -> Vec<Change> {
        let verdict = match state {
            State::Granted => Verdict::Granted,
            State::Revoked => Verdict::Revoked,
            State::Declined | State::Request | State::Cancelled | State::Parked | State::Admitted => {
                Verdict::Declined
            }
        };
        let (grants, refusals) = match verdict {
            Verdict::Granted => (origins::ONE, 0),
            Verdict::Declined => (0, origins::ONE),
            Verdict::Held | Verdict::Dropped | Verdict::Revoked | Verdict::Blocked => (0, 0),
        };
        vec![
            origins::answered(member, stranger, &[scope.key()], grants, refusals, Time::now()),
            contact_log::insert_unless(
                &self.line(member, stranger, Some(scope), verdict, reason),
                state.key(),
            ),
            contacts::answer(&self.contact_of(member, stranger, scope, state, reason, None)),
        ]
    }

    /// Rows that let somebody in because of what the member does.
    pub(crate) fn let_in(
        &self,
        member: Id,
        people: impl IntoIterator<Item = Id>,
        scopes: &[Scope],
        reason: Reason,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for stranger in people.into_iter().filter(|id| *id != member) {
            if let Some(scope) = scopes.first() {
                changes.push(origins::turned_to(member, stranger, scope.key(), origins::ONE, Time::now()));
            }
            for scope in scopes {
                changes.extend(self.answer_changes(member, stranger, *scope, State::Granted, reason));
            }
        }
        changes
    }

    /// Rows of a request.
    pub(crate) fn ask_changes(
        &self,
        member: Id,
        stranger: Id,
        scope: Scope,
        reason: Reason,
        network: Option<Network>,
    ) -> Vec<Change> {
        let line = self.line(member, stranger, Some(scope), Verdict::Held, reason);
        vec![
            contact_log::insert_unless(&line, State::Request.key()),
            contacts::ask(&self.contact_of(member, stranger, scope, State::Request, reason, network)),
        ]
    }

    /// Rows of a contact whose budget is empty: it keeps its place, and nobody is asked.
    pub(crate) fn park_changes(
        &self,
        member: Id,
        stranger: Id,
        scope: Scope,
        network: Option<Network>,
    ) -> Vec<Change> {
        let row = self.contact_of(member, stranger, scope, State::Parked, Reason::Budget, network);
        let told = self.budgets().told(member, stranger, scope);
        let (turn, origin, wave) = match &told {
            Some(Told { turn: Turn::Later(turn), origin, wave, .. }) => (*turn, origin.key(), *wave),
            Some(Told { origin, wave, .. }) => (self.budgets().now(), origin.key(), *wave),
            // Forgotten since it asked, for want of room.
            None => (self.budgets().now(), "unknown:", None),
        };
        vec![parked::park(&row, origin, turn, wave)]
    }

    /// Notes where a request comes from, for what its answer says of that origin.
    pub(crate) fn origin_changes(&self, member: Id, stranger: Id, scope: Scope) -> Option<Change> {
        let told = self.budgets().told(member, stranger, scope)?;
        Some(parked::came_from(member, stranger, scope.key(), told.origin.key(), told.wave))
    }

    /// Rows of a block: nothing of that person waits any more, and nothing that was granted stands.
    pub(crate) fn block_changes(&self, member: Id, stranger: Id) -> Vec<Change> {
        let line = self.line(member, stranger, None, Verdict::Blocked, Reason::Member);
        let mut changes = vec![
            contact_log::insert_once(&line, Id(0)),
            origins::refused(stranger, member, BLOCK * origins::ONE, Time::now()),
        ];
        changes.extend(parted(member, stranger));
        changes
    }

    /// Rows of the end of a block.
    pub(crate) fn unblock_changes(&self, member: Id, stranger: Id) -> Change {
        contact_log::undo_all(member, stranger, Verdict::Blocked.key(), Time::now())
    }

    async fn asks_to_follow(&self, stranger: Id, member: Id) -> Result<bool, HubError> {
        Ok(self.follow_row(stranger, member).await?.is_some_and(|row| !row.accepted))
    }

    fn contact_of(
        &self,
        member: Id,
        stranger: Id,
        scope: Scope,
        state: State,
        reason: Reason,
        origin: Option<Network>,
    ) -> ContactRow {
        let now = Time::now();
        ContactRow {
            id: self.ids().next(),
            member,
            stranger,
            scope: scope.key().into(),
            state: state.key().into(),
            reason: reason.key().into(),
            origin,
            asked_at: now,
            changed_at: now,
            more: 0,
            items: 0,
        }
    }

    /// Lets through what a crash has left between an answer and its effect.
    pub(crate) async fn release_left(&self) -> Result<(), HubError> {
        for mut row in self.store().rows(contacts::members_with_released()).await? {
            self.release(row.get(0)?).await?;
        }
        Ok(())
    }

    /// Removes what is held of a stranger who takes it back by its name; `true` when there was anything.
    pub(crate) async fn take_back(
        &self,
        stranger: Id,
        network: Network,
        name: &str,
    ) -> Result<bool, HubError> {
        if self.store().row(contacts::any_held(stranger, network, name)).await?.is_none() {
            return Ok(false);
        }
        self.store()
            .write(Write::from(contacts::take_back(stranger, Some(network), name, Time::now()).to_vec()))
            .await?;
        self.removed().store(true, Ordering::Relaxed);
        Ok(true)
    }
}

/// Rows of two who part, whoever wanted it.
pub(crate) fn parted(member: Id, stranger: Id) -> Vec<Change> {
    let (all, now) = (Scope::ALL.map(Scope::key), Time::now());
    let turn =
        |from: State, to: State| contacts::turn_if(member, stranger, &all, &[from.key()], to.key(), now);
    vec![
        contacts::drop_items_of(member, stranger),
        turn(State::Request, State::Cancelled),
        turn(State::Parked, State::Cancelled),
        turn(State::Granted, State::Revoked),
    ]
}
