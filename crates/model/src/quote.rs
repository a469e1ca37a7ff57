//! Quotes: one post shown inside another, with the quoted author's say.

use crate::Id;
use serde::{Deserialize, Serialize};

/// A post quoted by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The quoted post, when it is known here.
    pub post: Option<Id>,
    /// The id on the network where the quote was made, to be shown as a link as long as the post is unknown.
    pub native_id: String,
    pub state: QuoteState,
}

/// What the quoted author's side has said (FEP-044f). Networks without a say are `Accepted` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i64)]
pub enum QuoteState {
    Pending = 0,
    Accepted = 1,
    Rejected = 2,
    Revoked = 3,
    Deleted = 4,
}

impl QuoteState {
    pub fn from_i64(n: i64) -> QuoteState {
        use QuoteState::*;
        [Pending, Accepted, Rejected, Revoked, Deleted]
            .into_iter()
            .find(|s| *s as i64 == n)
            .unwrap_or(Pending)
    }
}

/// Who may do something with a post without asking: quote it or reply to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    #[default]
    Everyone,
    Followers,
    Following,
    Mentioned,
    Nobody,
    /// More than one of these groups, or those that have no word of their own.
    Several(Groups),
}

/// Groups of people around a post's author: members of any of them may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Groups {
    pub followers: bool,
    pub following: bool,
    pub mentioned: bool,
    /// Whoever is on lists that a network keeps beside the post.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}

impl Audience {
    pub fn of(groups: Groups) -> Audience {
        let Groups { followers, following, mentioned, listed } = groups;
        match (followers, following, mentioned, listed) {
            (false, false, false, false) => Audience::Nobody,
            (true, false, false, false) => Audience::Followers,
            (false, true, false, false) => Audience::Following,
            (false, false, true, false) => Audience::Mentioned,
            _ => Audience::Several(groups),
        }
    }

    /// `None`: everyone.
    pub fn groups(self) -> Option<Groups> {
        let nobody = Groups::default();
        match self {
            Audience::Everyone => None,
            Audience::Followers => Some(Groups { followers: true, ..nobody }),
            Audience::Following => Some(Groups { following: true, ..nobody }),
            Audience::Mentioned => Some(Groups { mentioned: true, ..nobody }),
            Audience::Nobody => Some(nobody),
            Audience::Several(groups) => Some(groups),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_and_their_groups() {
        for n in 0..16 {
            let groups = Groups {
                followers: n & 1 > 0,
                following: n & 2 > 0,
                mentioned: n & 4 > 0,
                listed: n & 8 > 0,
            };
            let audience = Audience::of(groups);
            assert_eq!(audience.groups(), Some(groups));
            let stored = serde_json::to_string(&audience).unwrap();
            assert_eq!(serde_json::from_str::<Audience>(&stored).unwrap(), audience, "{stored}");
        }
        let before = r#"{"several":{"followers":true,"following":true,"mentioned":false}}"#;
        let groups = Groups { followers: true, following: true, ..Groups::default() };
        assert_eq!(serde_json::from_str::<Audience>(before).unwrap(), Audience::Several(groups));
        assert_eq!(Audience::Everyone.groups(), None);
        assert_eq!(serde_json::to_string(&Audience::Following).unwrap(), "\"following\"");
    }
}
