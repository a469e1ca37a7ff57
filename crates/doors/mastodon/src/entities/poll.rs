//! docs/entities/Poll

use super::{CustomEmoji, Show, emojis};
use landbridge_hub::PostView;
use landbridge_model::Time;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Poll<'a> {
    id: String,
    expires_at: Option<String>,
    expired: bool,
    multiple: bool,
    votes_count: u64,
    voters_count: Option<u64>,
    /// Absent for strangers.
    #[serde(skip_serializing_if = "Option::is_none")]
    voted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_votes: Option<Vec<u32>>,
    options: Vec<PollOption<'a>>,
    emojis: Vec<CustomEmoji<'a>>,
}

#[derive(Serialize)]
pub(super) struct PollOption<'a> {
    title: &'a str,
    votes_count: Option<u64>,
}

impl<'a> Poll<'a> {
    /// `None` when the post has none.
    pub fn new(show: &Show<'_>, view: &'a PostView) -> Option<Poll<'a>> {
        let poll = view.post.poll.as_ref()?;
        let expired = poll.is_over(Time::now());
        let hidden = poll.hide_totals && !expired;
        let mine = show.reader == Some(view.post.author);
        Some(Poll {
            id: view.post.id.to_string(),
            expires_at: poll.ends_at.map(|t| t.rfc3339()),
            expired,
            multiple: poll.multiple,
            votes_count: poll.options.iter().map(|o| o.votes).sum(),
            voters_count: if poll.multiple {
                poll.voters
            } else {
                poll.voters.or(Some(poll.options.iter().map(|o| o.votes).sum()))
            },
            voted: show.reader.map(|_| mine || view.marks.voted),
            own_votes: show.reader.map(|_| (0..64).filter(|i| view.marks.votes & (1 << i) != 0).collect()),
            options: poll
                .options
                .iter()
                .map(|o| PollOption { title: &o.title, votes_count: (!hidden).then_some(o.votes) })
                .collect(),
            emojis: emojis(show, &view.post.emojis),
        })
    }
}
