//! By which network a message goes: one that all of its people are on, the most private first.

use super::Label;
use crate::{Draft, Hub, HubError, Mode, accounts::Member};
use landbridge_model::{Actor, Id, Network, PresenceState, Visibility};

/// A network by which a member could write to some people.
#[derive(Clone, Debug)]
pub struct Way {
    pub network: Network,
    pub label: Label,
    /// Whether it reaches all of them; else why not, for people.
    pub can: Result<(), String>,
}

/// Why the first of some ways is the best, for people.
pub fn why_best(ways: &[Way]) -> &'static str {
    let mut works = ways.iter().filter(|way| way.can.is_ok());
    match (works.next(), works.next()) {
        (Some(first), Some(second)) if first.label.secrecy > second.label.secrecy => {
            "Both of you can be reached in several ways; this is the most private."
        }
        (Some(_), Some(_)) => "Both of you can be reached in several ways, all as private as this.",
        _ => "It is the only way that reaches everybody.",
    }
}

impl Hub {
    /// The ways from a member to these people, those that work first, and of those the most private. Other servers may
    /// be asked where these people want their messages.
    pub async fn ways(&self, member: Id, people: &[Id]) -> Result<Vec<Way>, HubError> {
        let own = self.presences(member).await?;
        let remote: Vec<Actor> =
            self.actors(people).await?.into_iter().filter(|actor| !actor.is_member()).collect();
        let ids: Vec<Id> = remote.iter().map(|actor| actor.id).collect();
        let mut ways = Vec::new();
        for translator in self.translators() {
            let network = translator.network();
            let Some(presence) = own.iter().find(|p| p.network == network) else { continue };
            if !translator.carries(Visibility::Direct) {
                // What could be a way on another server says why it is none here.
                if let Err(why) = translator.can_message(self, member, &[]).await? {
                    ways.push(Way {
                        network,
                        label: self.label(member, Some(network)).await?,
                        can: Err(why),
                    });
                }
                continue;
            }
            let theirs = self.presences_of(&ids, network).await?;
            let is_there = |id: Id| theirs.iter().any(|p| p.actor == id && p.state == PresenceState::Active);
            let missing = remote.iter().find(|actor| !is_there(actor.id));
            let can = match (presence.state, self.config().mode(network), missing) {
                (PresenceState::Active, Mode::ReadWrite, None) => {
                    translator.can_message(self, member, &theirs).await?
                }
                (PresenceState::Active, Mode::ReadWrite, Some(actor)) => {
                    Err(format!("{} is not on {network}", actor.acct()))
                }
                (PresenceState::Active, _, _) => Err(format!("this server does not write to {network}")),
                _ => Err(format!("you have switched {network} off")),
            };
            ways.push(Way { network, label: self.label(member, Some(network)).await?, can });
        }
        ways.sort_by_key(|way| (way.can.is_err(), std::cmp::Reverse(way.label.secrecy), way.network));
        Ok(ways)
    }

    /// The network that a message goes by, out of those that are open to it; none for what stays on this server.
    pub(crate) async fn way_for(
        &self,
        member: &Member,
        draft: &Draft,
        people: &[Id],
        open: &[Network],
    ) -> Result<Option<Network>, HubError> {
        let remote = self.actors(people).await?.iter().any(|actor| !actor.is_member());
        if !remote {
            // Between members nothing has to leave this server; a thread stays where it is.
            let in_thread = |network: &Network| {
                draft.reply_to.is_some()
                    || self.translator(*network).is_ok_and(|translator| !translator.has_rooms())
            };
            let wanted = |network: &&Network| draft.via.map_or(in_thread(network), |via| via == **network);
            return Ok(open.iter().find(wanted).copied());
        }
        let ways = self.ways(member.actor.id, people).await?;
        let usable = ways.iter().filter(|way| way.can.is_ok() && open.contains(&way.network));
        let mut usable = usable.filter(|way| draft.via.is_none_or(|via| via == way.network));
        if let Some(way) = usable.next() {
            return Ok(Some(way.network));
        }
        let concerned = ways.iter().filter(|way| draft.via.is_none_or(|via| via == way.network));
        let reasons: Vec<String> = concerned
            .map(|way| match &way.can {
                Err(why) => why.clone(),
                Ok(()) => format!("this conversation is not on {}", way.network),
            })
            .collect();
        let reasons = if reasons.is_empty() {
            "you are on no network with messages".into()
        } else {
            reasons.join("; ")
        };
        Err(HubError::Invalid(format!("No network takes this message to everybody in it: {reasons}.")))
    }
}
