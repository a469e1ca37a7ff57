//! `GET /posts/{id}/where`: the delivery record of one's own post, in plain words: where it went, where it waits, why
//! it failed; and for a delete, who has confirmed and who was only asked.

use super::{Answer, id};
use crate::{
    card::{Card, Reader},
    frame::{Frame, page},
    visitor::Signed,
    web::Web,
    words::When,
};
use askama::Template;
use axum::extract::{Path, State};
use landbridge_hub::{CopyKind, CopyState, reading::DeliveryRecord};
use landbridge_model::{Network, Time};

#[derive(Template)]
#[template(path = "where.html")]
struct Where {
    frame: Frame,
    card: Option<Card>,
    copies: Vec<CopyLine>,
    groups: Vec<Group>,
}

struct CopyLine {
    label: &'static str,
    key: &'static str,
    id: String,
    /// A page to open.
    url: Option<String>,
    state: &'static str,
}

/// One act (posting, an edit, the delete) and everybody it was sent to.
struct Group {
    act: String,
    heading: String,
    done: usize,
    total: usize,
    lines: Vec<Line>,
}

struct Line {
    label: &'static str,
    key: &'static str,
    host: String,
    /// For the colour: `ok`, `wait`, `bad`.
    class: &'static str,
    words: String,
    answer: Option<String>,
    when: When,
}

pub async fn show(State(web): State<Web>, signed: Signed, Path(post): Path<String>) -> Answer {
    let (me, post) = (signed.id(), id(&post)?);
    let records = web.hub.deliveries(me, post).await?;
    let copies = web.hub.copies(CopyKind::Post, post).await?;
    let frame = Frame::new(&web, &signed.visitor, "", "Where it went").await?;
    // A deleted post has no card any more, but its record stays.
    let card = web
        .hub
        .view(post, Some(me))
        .await
        .ok()
        .map(|v| Card { is_quoted: true, ..Reader::new(&web, &signed.visitor, &frame).card(&v) });
    let copies = copies.into_iter().map(|c| CopyLine {
        label: c.network.label(),
        key: c.network.key(),
        id: web.hub.shown_post(c.network, &c.native_id),
        url: c.url.filter(|u| u.starts_with("https://") || u.starts_with("http://")),
        state: match c.state {
            CopyState::Live => "there",
            CopyState::Unsigned => "waits for your signature",
            CopyState::Deleted => "deleted",
        },
    });
    let shown = Where { copies: copies.collect(), groups: groups(&records), card, frame };
    page(&web, &signed.visitor, &shown)
}

fn groups(records: &[DeliveryRecord]) -> Vec<Group> {
    let now = Time::now();
    let mut groups: Vec<Group> = Vec::new();
    for record in records {
        let line = line(record, now);
        let done = usize::from(line.class == "ok");
        match groups.iter_mut().find(|g| g.act == record.act) {
            Some(group) => {
                group.done += done;
                group.total += 1;
                group.lines.push(line);
            }
            None => groups.push(Group {
                act: record.act.clone(),
                heading: heading(&record.act),
                done,
                total: 1,
                lines: vec![line],
            }),
        }
    }
    groups
}

fn heading(act: &str) -> String {
    match act {
        "post" => "The post".to_owned(),
        "edit" => "The edit".to_owned(),
        "delete" => "The delete".to_owned(),
        "poll result" => "The poll's result".to_owned(),
        other => format!("What was sent: {other}"),
    }
}

fn line(record: &DeliveryRecord, now: Time) -> Line {
    let is_delete = record.act == "delete";
    let (class, words) = match record.state {
        "delivered" if is_delete && record.network != Network::ActivityPub => {
            ("ok", "asked to delete; nobody can make sure of it".to_owned())
        }
        "delivered" if is_delete => ("ok", "confirmed that it was told to delete".to_owned()),
        "delivered" => ("ok", "has it".to_owned()),
        "waiting" if record.attempts == 0 => ("wait", "on its way".to_owned()),
        "waiting" => (
            "wait",
            format!(
                "did not answer yet; {} so far, next {}",
                crate::words::plural(u64::from(record.attempts), "try"),
                soon(record.next_at, now)
            ),
        ),
        "refused" => ("bad", "refused it".to_owned()),
        "gone" => ("bad", "does not exist any more".to_owned()),
        "unknown" => {
            ("wait", "may have it: the answer was lost, and sending again could show it twice".to_owned())
        }
        "given up" => ("bad", "could not be reached for days; no more tries".to_owned()),
        "dropped" => ("bad", "not sent: it was called off before".to_owned()),
        other => ("wait", other.to_owned()),
    };
    Line {
        label: record.network.label(),
        key: record.network.key(),
        host: record.host.clone(),
        class,
        words,
        answer: record.answer.clone().filter(|a| !a.is_empty()),
        when: When::new(record.finished_at.unwrap_or(record.created_at), now),
    }
}

fn soon(at: Time, now: Time) -> String {
    if at <= now { "at any moment".to_owned() } else { format!("in {}", crate::words::left(at, now)) }
}
