//! A report from elsewhere, for the moderators here.

use super::{Sent, halt::Halt, repost::act_copy};
use crate::{CopyKind, Hub, Received};
use landbridge_model::{Actor, Id};
use landbridge_store::{
    StoreError, Write,
    entities::{
        actors, copies,
        reports::{self, ReportRow},
    },
};

const TARGETS: usize = 50;
const COMMENT: usize = 3000;
/// Open reports from elsewhere that are kept: by one reporter, and about one member. Of more, one closes first.
const BY_ONE: i64 = 20;
const ABOUT_ONE: i64 = 100;

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
        let open = self.store().row(reports::open_from_elsewhere(sent.actor.id, about.id)).await?;
        let (by, of): (i64, i64) =
            open.map_or(Ok((0, 0)), |mut row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?)))?;
        if by >= BY_ONE || of >= ABOUT_ONE {
            return Err(Halt::Ignored("too many reports are open"));
        }
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
            note: String::new(),
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
