//! Reports to moderators.

use super::Reach;
use crate::{ActKind, Hub, HubError};
use landbridge_model::{Id, Network, PresenceState, Time};
use landbridge_store::entities::{origins, reports};

/// How many declines a report counts like, for where the reported come from.
const WEIGHT: i64 = 5;

/// Characters of a report.
const WORDS: usize = 1000;
/// Posts that one report names.
const POSTS: usize = 50;

/// What a member reports.
#[derive(Clone, Debug, Default)]
pub struct NewReport<'a> {
    pub target: Id,
    pub posts: &'a [Id],
    pub comment: &'a str,
    /// `spam`, `legal`, `violation`, `other`.
    pub category: &'a str,
    /// Also to the moderators of the other side: its server on ActivityPub, the moderation service on AT Protocol.
    pub forward: bool,
    /// Also as a public event on Nostr (kind 1984), under the member's own name, for ever: only when the member says so.
    pub in_public: bool,
}

impl Hub {
    /// Reports somebody to the moderators here, and further as the member chooses.
    pub async fn report(&self, member: Id, new: NewReport<'_>) -> Result<Id, HubError> {
        let actor = self.acting(member).await?;
        let target = self.actor(new.target).await?;
        if new.comment.chars().count() > WORDS {
            return Err(HubError::invalid("a report has at most 1000 characters"));
        }
        let posts = self
            .posts(new.posts)
            .await?
            .into_iter()
            .filter(|p| p.author == target.id)
            .take(POSTS)
            .collect::<Vec<_>>();
        let id = self.ids().next();
        let report = reports::ReportRow {
            id,
            reporter: member,
            target: target.id,
            posts: posts.iter().map(|p| p.id).collect(),
            comment: new.comment.to_owned(),
            category: new.category.to_owned(),
            forwarded: new.forward || new.in_public,
            origin: None,
            resolved: false,
            at: Time::now(),
            note: String::new(),
        };
        let mut networks = Vec::new();
        // A member here has no other side.
        if !target.is_member() {
            for presence in self.presences(target.id).await? {
                let wanted = if presence.network == Network::Nostr { new.in_public } else { new.forward };
                if wanted && presence.state == PresenceState::Active {
                    networks.push(presence.network);
                }
            }
        }
        let kind = ActKind::Report {
            target,
            posts,
            comment: new.comment.to_owned(),
            category: new.category.to_owned(),
        };
        let changes = vec![
            reports::insert(&report),
            origins::refused(report.target, member, WEIGHT * origins::ONE, Time::now()),
        ];
        self.commit(&actor, kind, None, Reach::Only(networks), changes).await?;
        self.budgets().answered();
        metrics::counter!("hub_reports_total", "from" => "here").increment(1);
        Ok(id)
    }
}
