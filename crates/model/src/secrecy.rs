//! Who can read a private message beside those whom it is for.

use serde::{Deserialize, Serialize};

/// Who can read a private message beside those whom it is for; the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secrecy {
    /// A company that carries all messages of the network.
    PlatformReadable,
    /// The servers of both sides.
    ServerReadable,
    /// Nobody on the way; but a key to it lies on a server.
    ServerHeldKeys,
    /// Nobody: keys are on people's own devices.
    DeviceE2ee,
}

impl Secrecy {
    pub const ALL: [Secrecy; 4] =
        [Secrecy::PlatformReadable, Secrecy::ServerReadable, Secrecy::ServerHeldKeys, Secrecy::DeviceE2ee];

    /// The word of the API and of the store.
    pub fn key(self) -> &'static str {
        match self {
            Secrecy::PlatformReadable => "platform-readable",
            Secrecy::ServerReadable => "server-readable",
            Secrecy::ServerHeldKeys => "server-held-keys",
            Secrecy::DeviceE2ee => "device-e2ee",
        }
    }

    pub fn from_key(key: &str) -> Option<Secrecy> {
        Secrecy::ALL.into_iter().find(|s| s.key() == key)
    }

    /// For people, in one sentence.
    pub fn words(self) -> &'static str {
        match self {
            Secrecy::PlatformReadable => "The company that carries it can read it.",
            Secrecy::ServerReadable => "The servers of everybody in it can read it.",
            Secrecy::ServerHeldKeys => {
                "It is encrypted on the way, but this server holds your key and could read it."
            }
            Secrecy::DeviceE2ee => "Only the devices of those in it can read it.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_both_ways_and_the_weakest_is_least() {
        for secrecy in Secrecy::ALL {
            assert_eq!(Secrecy::from_key(secrecy.key()), Some(secrecy));
        }
        assert!(Secrecy::ALL.is_sorted());
        assert_eq!(Secrecy::ALL.into_iter().min(), Some(Secrecy::PlatformReadable));
    }
}
