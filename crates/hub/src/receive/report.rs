//! A report from elsewhere, for the moderators here.

use super::{Sent, halt::Halt, repost::act_copy};
use crate::{CopyKind, Hub, Received};
use landbridge_model::{Actor, Id};
use landbridge_store::{
    Write,
    entities::{
        actors, copies,
        reports::{self, ReportRow},
    },
};

const TARGETS: usize = 50;
const COMMENT: usize = 3000;

impl Hub {
    pub(super) async fn receive_report(
        &self,
        sent: &Sent,
        targets: &[String],
        comment: &str,
    ) -> Result<Received, Halt> {
        let mut about: Option<Actor> = None;
        let mut posts: Vec<Id> = Vec::new();
        for target in targets.iter().take(TARGETS) {
            if let Some(mut row) = self.store().row(actors::by_native(sent.network, target)).await? {
                let actor = actors::read(&mut row)?;
                about = about.or(Some(actor).filter(Actor::is_member));
            } else if let Some(post) = self.living_post(sent, target).await? {
                posts.push(post.id);
                if about.is_none() && post.origin.is_none() {
                    about = self.actor(post.author).await.ok();
                }
            }
        }
        let Some(about) = about else { return Err(Halt::Ignored("a report about nobody here")) };
        let comment = comment.chars().filter(|c| !c.is_control() || *c == '\n').take(COMMENT).collect();
        let report = ReportRow {
            id: self.ids().next(),
            reporter: sent.actor.id,
            target: about.id,
            posts,
            comment,
            category: "other".into(),
            forwarded: false,
            origin: Some(sent.network),
            resolved: false,
            at: sent.at,
        };
        let mut write = Write::from(reports::insert(&report));
        if let Some(id) = &sent.id {
            // The same report twice is one. (It is no vote; it only needs a name.)
            write.push(copies::insert(
                &act_copy(sent, id, CopyKind::Report, report.id),
                None,
                self.kept_until(),
            ));
        }
        self.store().write(write).await?;
        metrics::counter!("hub_reports_total", "from" => "elsewhere").increment(1);
        Ok(Received::Stored(None))
    }
}
