//! Reports to moderators.

use super::Reach;
use crate::{ActKind, Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::entities::{origins, reports};

/// How many declines a report counts like, for where the reported come from.
const WEIGHT: i64 = 5;

impl Hub {
    /// Reports somebody to the moderators here, and to those of the other side when `forward`.
    pub async fn report(
        &self,
        member: Id,
        target: Id,
        posts: &[Id],
        comment: &str,
        category: &str,
        forward: bool,
    ) -> Result<Id, HubError> {
        let actor = self.acting(member).await?;
        let target = self.actor(target).await?;
        if comment.chars().count() > 1000 {
            return Err(HubError::invalid("a report has at most 1000 characters"));
        }
        let posts = self
            .posts(posts)
            .await?
            .into_iter()
            .filter(|p| p.author == target.id)
            .take(50)
            .collect::<Vec<_>>();
        let id = self.ids().next();
        let ids: Vec<Id> = posts.iter().map(|p| p.id).collect();
        let report = reports::ReportRow {
            id,
            reporter: member,
            target: target.id,
            posts: ids,
            comment: comment.to_owned(),
            category: category.to_owned(),
            forwarded: forward,
            origin: None,
            resolved: false,
            at: Time::now(),
        };
        let reach =
            if forward && !target.is_member() { Reach::Actor(target.id) } else { Reach::Only(Vec::new()) };
        let kind = ActKind::Report { target, posts, comment: comment.to_owned() };
        let changes = vec![
            reports::insert(&report),
            origins::refused(report.target, member, WEIGHT * origins::ONE, Time::now()),
        ];
        self.commit(&actor, kind, None, reach, changes).await?;
        Ok(id)
    }
}
