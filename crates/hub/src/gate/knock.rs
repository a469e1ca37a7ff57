//! A first contact asks for its turn, before anybody is asked about it.

use super::{
    Decision, Reason, Scope, Weighed,
    budget::{Carrier, Knock, Origin, Standing, Turn},
    waves::Seen,
};
use crate::{Hub, HubError};
use landbridge_model::{Actor, Id, Network};
use landbridge_store::entities::{follows, origins, parked};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Contacts of one origin that may be parked, and of one wave: what comes beyond is dropped.
const LOT: i64 = 3_000;
/// Why.
const FULL: &str = "too many of its origin wait already";

/// What a stranger brings to some members.
pub(crate) struct Brought<'a> {
    /// `None`: the stranger is a member of this server, too.
    pub network: Option<Network>,
    pub stranger: &'a Actor,
    /// Native id of the stranger there.
    pub native: &'a str,
    pub carrier: &'a Carrier,
    pub scope: Scope,
    /// The text, of what has one: it needs a turn even where no member wants to be asked.
    pub words: Option<&'a str>,
    /// The name of the thing.
    pub name: &'a str,
}

impl Hub {
    /// The decisions, once budgets were asked: who has to wait for a turn is held for [`Reason::Budget`]. Whom a member has let in
    /// or follows draws from no budget, and costs no question.
    pub(crate) async fn within_budget(
        &self,
        brought: Brought<'_>,
        weighed: HashMap<Id, Weighed>,
    ) -> Result<HashMap<Id, Decision>, HubError> {
        let words = brought.words.is_some();
        let asks = |one: &Weighed| match one.decision {
            Decision::Hold(_) => one.first,
            Decision::Accept => one.first && words,
            Decision::Drop(_) | Decision::Refuse(_) => false,
        };
        let firsts: Vec<Id> = weighed.iter().filter(|(_, one)| asks(one)).map(|(id, _)| *id).collect();
        let mut decisions: HashMap<Id, Decision> =
            weighed.into_iter().map(|(id, weighed)| (id, weighed.decision)).collect();
        let mut unknown = Vec::new();
        let item = item(brought.name);
        for member in firsts {
            match self.budgets().told_before((member, brought.stranger.id, brought.scope), item) {
                Some(Turn::Now) => {}
                Some(Turn::Later(_)) => {
                    decisions.insert(member, Decision::Hold(Reason::Budget));
                }
                None => unknown.push(member),
            }
        }
        if unknown.is_empty() {
            return Ok(decisions);
        }
        unknown.sort_unstable();
        let origin = self.origin(&brought).await?;
        let standing = self.standing_of(&origin).await?;
        for member in unknown {
            let stranger = brought.stranger.id;
            let seen = match brought.words {
                Some(text) => self.see_text(text, (member, stranger, brought.scope)).await?,
                None => Seen::default(),
            };
            let knock = Knock {
                member,
                stranger,
                scope: brought.scope,
                origin: &origin,
                standing,
                item,
                alike: seen.alike,
                wave: seen.wave,
            };
            if let Turn::Later(_) = self.budgets().ask(knock) {
                let full = self.is_full(&origin).await?;
                decisions
                    .insert(member, if full { Decision::Drop(FULL) } else { Decision::Hold(Reason::Budget) });
                metrics::counter!("hub_parked_total", "full" => if full { "yes" } else { "no" }).increment(1);
            }
        }
        Ok(decisions)
    }

    async fn origin(&self, brought: &Brought<'_>) -> Result<Origin, HubError> {
        let Brought { network, stranger, native, carrier, .. } = *brought;
        let followed = self.store().row(follows::any_member_following(stranger.id)).await?.is_some();
        let mut carrier = carrier.clone();
        if carrier.host.is_none()
            && let Some(network) = network
            && let Ok(translator) = self.translator(network)
            && let Some(presence) = self.presence_by_native(network, native).await?
        {
            carrier.host = translator.answers_for(&presence);
        }
        Ok(Origin::of(network, stranger, &carrier, followed, self.budgets().now()))
    }

    pub(super) async fn standing_of(&self, origin: &Origin) -> Result<Standing, HubError> {
        if let Some(standing) = self.budgets().standings.get(origin) {
            return Ok(standing);
        }
        let mut standing = Standing::default();
        if let Some(mut row) = self.store().row(origins::standing(origin.key())).await? {
            let mut number = |column| row.get::<i64>(column).map(|n| n as f64 / origins::ONE as f64);
            standing = Standing { grants: number(0)?, refusals: number(1)? };
        }
        self.budgets().standings.insert(origin.clone(), standing);
        Ok(standing)
    }

    /// Whether no more of an origin may be parked; counts one more. About right: counted anew once a minute.
    async fn is_full(&self, origin: &Origin) -> Result<bool, HubError> {
        let parked = match self.budgets().parked.get(origin) {
            Some(parked) => parked,
            None => match self.store().row(parked::count(origin.key())).await? {
                Some(mut row) => row.get(0)?,
                None => 0,
            },
        };
        self.budgets().parked.insert(origin.clone(), parked + 1);
        Ok(parked >= LOT)
    }
}

fn item(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
