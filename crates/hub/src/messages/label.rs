//! The label before a message: who can read it.

use crate::{Hub, HubError};
use landbridge_model::{Id, Network, Secrecy};

/// Who can read messages of a network: on the member's side, and on the other as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub here: Secrecy,
    pub there: Option<Secrecy>,
}

impl Leg {
    /// Both servers read what they pass on.
    pub const SERVERS: Leg = Leg { here: Secrecy::ServerReadable, there: Some(Secrecy::ServerReadable) };
}

/// What a member is told before writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The weakest of what is known.
    pub secrecy: Secrecy,
    pub leg: Leg,
}

impl Label {
    pub fn of(leg: Leg) -> Label {
        Label { secrecy: leg.there.map_or(leg.here, |there| there.min(leg.here)), leg }
    }

    /// For people.
    pub fn words(&self) -> String {
        let unknown = "How the other side keeps its keys is not known.";
        match self.leg.there {
            Some(_) => self.secrecy.words().to_owned(),
            None => format!("{} {unknown}", self.secrecy.words()),
        }
    }
}

impl Hub {
    /// The label of a member's messages on a network; `None`: between members of this server.
    pub async fn label(&self, member: Id, network: Option<Network>) -> Result<Label, HubError> {
        let leg = match network.map(|network| self.translator(network)) {
            Some(Ok(translator)) => translator.leg(self, member).await?,
            Some(Err(_)) | None => Leg::SERVERS,
        };
        Ok(Label::of(leg))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_leg_counts_and_the_unknown_is_said() {
        use Secrecy::*;
        let label = |here, there| Label::of(Leg { here, there });
        assert_eq!(label(DeviceE2ee, Some(ServerHeldKeys)).secrecy, ServerHeldKeys);
        assert_eq!(label(ServerHeldKeys, Some(DeviceE2ee)).secrecy, ServerHeldKeys);
        assert_eq!(Label::of(Leg::SERVERS).words(), ServerReadable.words());
        assert!(label(ServerHeldKeys, None).words().contains("not known"));
    }
}
