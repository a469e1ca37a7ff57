//! What of a member's rules the networks can say to whoever may come: each says it in its own way, and says it anew when the
//! rules change.

use super::{Outcome, Rules};
use crate::{Hub, HubError};
use landbridge_model::{Audience, Id};

/// From whom a member takes private messages, as far as that can be said in public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateFrom {
    /// Whoever writes; a stranger's may wait for an answer.
    Everybody,
    /// Only whom the member follows: strangers are turned away.
    Followed,
    Nobody,
}

impl Rules {
    /// `wanted`: the member takes private messages at all.
    fn private_from(&self, young: bool, wanted: bool) -> PrivateFrom {
        match () {
            () if !wanted => PrivateFrom::Nobody,
            () if young || self.private == Outcome::Drop => PrivateFrom::Followed,
            () => PrivateFrom::Everybody,
        }
    }

    /// Whose answers are not turned away. (What is only held may come.)
    fn answers_from(&self) -> Audience {
        match (self.not_followed, self.not_follower) {
            (Outcome::Drop, _) => Audience::Following,
            (_, Outcome::Drop) => Audience::Followers,
            _ => Audience::Everyone,
        }
    }
}

impl Hub {
    /// From whom a member takes private messages.
    pub async fn private_from(&self, member: Id) -> Result<PrivateFrom, HubError> {
        let (rules, young) = self.contact_rules(member).await?;
        let wanted = self.member(member).await?.settings.private_messages;
        Ok(rules.private_from(young, wanted))
    }

    /// Whether a member's rule for private messages holds strangers back before they come in: nobody can be asked there.
    pub async fn asks_before_messages(&self, member: Id) -> Result<bool, HubError> {
        Ok(self.contact_rules(member).await?.0.private != Outcome::Accept)
    }

    /// Whose answers a member's rules do not turn away, whatever the post says.
    pub async fn answers_from(&self, member: Id) -> Result<Audience, HubError> {
        Ok(self.contact_rules(member).await?.0.answers_from())
    }
}

/// Whether these rules say something else in public than those.
pub(super) fn differ(before: (&Rules, bool), after: (&Rules, bool)) -> bool {
    let said = |(rules, young): (&Rules, bool)| {
        (rules.private_from(young, true), rules.private == Outcome::Accept, rules.answers_from())
    };
    said(before) != said(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rules_say() {
        let usual = Rules::default();
        assert_eq!(usual.private_from(false, true), PrivateFrom::Everybody);
        assert_eq!(usual.private_from(true, true), PrivateFrom::Followed);
        assert_eq!(usual.private_from(true, false), PrivateFrom::Nobody);
        let closed = Rules { private: Outcome::Drop, not_follower: Outcome::Drop, ..usual };
        assert_eq!(closed.private_from(false, true), PrivateFrom::Followed);
        assert_eq!((usual.answers_from(), closed.answers_from()), (Audience::Everyone, Audience::Followers));
        assert!(differ((&usual, false), (&closed, false)) && !differ((&usual, false), (&usual, false)));
        assert!(differ((&usual, false), (&Rules { private: Outcome::Accept, ..usual }, false)));
    }
}
