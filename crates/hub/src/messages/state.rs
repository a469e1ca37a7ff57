//! What became of a message, from the delivery record. Nothing here ever says that somebody has seen it.

use crate::{CopyKind, CopyState, Hub, HubError, reading::DeliveryRecord};
use landbridge_model::Id;

/// The word of a message in the delivery record; the copy for the author's own apps has another.
const POST: &str = "post";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// Not sent yet.
    Queued,
    /// Some of the places that it goes to have it.
    Sent,
    /// Every server or relay that it goes to has taken it. Whether anybody has looked is not known.
    Accepted,
    /// No place will have it, or not all.
    Failed,
    /// An answer was lost: it may have arrived.
    Unknown,
}

impl MessageState {
    pub fn key(self) -> &'static str {
        match self {
            MessageState::Queued => "queued",
            MessageState::Sent => "sent",
            MessageState::Accepted => "accepted",
            MessageState::Failed => "failed",
            MessageState::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: MessageState,
    /// Why it failed or still waits, in the other side's words.
    pub why: Option<String>,
}

impl Hub {
    /// What became of a member's own message.
    pub async fn standing(&self, member: Id, post: Id) -> Result<Standing, HubError> {
        let deliveries = self.deliveries(member, post).await?;
        let unsigned = deliveries.is_empty()
            && self.copies(CopyKind::Post, post).await?.iter().any(|c| c.state == CopyState::Unsigned);
        match unsigned {
            true => {
                Ok(Standing { state: MessageState::Queued, why: Some("it waits for your own signer".into()) })
            }
            false => Ok(standing(&deliveries)),
        }
    }
}

fn standing(deliveries: &[DeliveryRecord]) -> Standing {
    let sent: Vec<&DeliveryRecord> = deliveries.iter().filter(|d| d.act == POST).collect();
    let any = |states: &[&str]| sent.iter().find(|d| states.contains(&d.state));
    let why = |d: &&DeliveryRecord| d.answer.clone();
    let failed = any(&["refused", "gone", "given up", "dropped"]);
    let (state, why) = match (failed, any(&["unknown"]), any(&["waiting"]), any(&["delivered"])) {
        (Some(failed), ..) => (MessageState::Failed, why(failed)),
        (_, Some(unknown), ..) => (MessageState::Unknown, why(unknown)),
        (_, _, Some(waiting), None) => (MessageState::Queued, why(waiting)),
        (_, _, Some(waiting), Some(_)) => (MessageState::Sent, why(waiting)),
        // Between members nothing is delivered: it is there.
        _ => (MessageState::Accepted, None),
    };
    Standing { state, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::{Network, Time};

    fn delivery(act: &str, state: &'static str) -> DeliveryRecord {
        DeliveryRecord {
            id: Id(1),
            network: Network::Nostr,
            destination: String::new(),
            host: String::new(),
            act: act.into(),
            state,
            attempts: 1,
            next_at: Time(0),
            answer: Some("why".into()),
            created_at: Time(0),
            finished_at: None,
        }
    }

    #[test]
    fn the_worst_is_told_and_ones_own_copy_is_no_arrival() {
        use MessageState::*;
        let of = |states: &[&'static str]| {
            let all: Vec<_> = states.iter().map(|state| delivery(POST, state)).collect();
            standing(&all).state
        };
        assert_eq!(of(&[]), Accepted);
        assert_eq!(of(&["delivered"]), Accepted);
        assert_eq!(of(&["waiting"]), Queued);
        assert_eq!(of(&["waiting", "delivered"]), Sent);
        assert_eq!(of(&["delivered", "unknown"]), Unknown);
        assert_eq!(of(&["delivered", "unknown", "refused"]), Failed);
        let own = [delivery("own copy", "delivered"), delivery(POST, "waiting")];
        assert_eq!(standing(&own).state, Queued);
        assert_eq!(standing(&own).why.as_deref(), Some("why"));
    }
}
