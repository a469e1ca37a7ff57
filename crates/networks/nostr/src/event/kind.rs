//! Kinds of events and their classes (NIP-01).

/// An event kind.
pub type Kind = u16;

pub const METADATA: Kind = 0;
pub const NOTE: Kind = 1;
pub const FOLLOWS: Kind = 3;
/// NIP-04: read, never written.
pub const OLD_MESSAGE: Kind = 4;
pub const DELETION: Kind = 5;
pub const REPOST: Kind = 6;
pub const REACTION: Kind = 7;
pub const SEAL: Kind = 13;
pub const CHAT_MESSAGE: Kind = 14;
pub const FILE_MESSAGE: Kind = 15;
pub const GENERIC_REPOST: Kind = 16;
pub const PICTURE: Kind = 20;
pub const VIDEO: Kind = 21;
pub const SHORT_VIDEO: Kind = 22;
pub const VANISH: Kind = 62;
pub const VOTE: Kind = 1018;
pub const GIFT_WRAP: Kind = 1059;
pub const POLL: Kind = 1068;
pub const COMMENT: Kind = 1111;
pub const REPORT: Kind = 1984;
pub const RELAY_LIST: Kind = 10002;
pub const BLOCKED_RELAYS: Kind = 10006;
pub const DM_RELAYS: Kind = 10050;
pub const EPHEMERAL_GIFT_WRAP: Kind = 21059;
pub const AUTH: Kind = 22242;
pub const NOSTR_CONNECT: Kind = 24133;
pub const ARTICLE: Kind = 30023;
pub const ADDRESSABLE_VIDEO: Kind = 34235;
pub const ADDRESSABLE_SHORT_VIDEO: Kind = 34236;

/// What a relay keeps of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// All events.
    Regular,
    /// The latest per author and kind.
    Replaceable,
    /// None: passed on to whoever listens.
    Ephemeral,
    /// The latest per author, kind and `d` tag.
    Addressable,
}

/// The class of a kind. Kinds that NIP-01 leaves open count as regular.
pub fn class(kind: Kind) -> Class {
    match kind {
        0 | 3 | 10_000..20_000 => Class::Replaceable,
        20_000..30_000 => Class::Ephemeral,
        30_000..40_000 => Class::Addressable,
        _ => Class::Regular,
    }
}

/// Gift wraps: served to nobody but their authenticated recipient (NIP-59, NIP-17).
pub fn is_wrap(kind: Kind) -> bool {
    matches!(kind, GIFT_WRAP | EPHEMERAL_GIFT_WRAP)
}

/// What servers act on and pass on to nobody: deletions, and lists of relays. It holds however its author keeps it (NIP-70).
pub fn is_for_servers(kind: Kind) -> bool {
    matches!(kind, DELETION | RELAY_LIST | BLOCKED_RELAYS | DM_RELAYS)
}

/// Kinds that never stand in the open: seals and rumours live inside gift wraps; AUTH events are for one relay.
pub fn is_never_public(kind: Kind) -> bool {
    matches!(kind, SEAL | CHAT_MESSAGE | FILE_MESSAGE | AUTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let of = |class_wanted: Class, kinds: &[Kind]| kinds.iter().all(|k| class(*k) == class_wanted);
        assert!(of(Class::Regular, &[1, 2, 4, 44, 1000, 9999, 45, 40_000, u16::MAX]));
        assert!(of(Class::Replaceable, &[0, 3, 10_000, 19_999]));
        assert!(of(Class::Ephemeral, &[20_000, 29_999]));
        assert!(of(Class::Addressable, &[30_000, 39_999]));
    }
}
