//! Polls, kind 1068, and votes, kind 1018 (NIP-88).

use crate::event::{Event, Tag, TagsExt};
use landbridge_model::{Poll, PollOption, Time};

const MOST_OPTIONS: usize = 50;

/// The poll of a 1068 event. Counts are not known from it.
pub fn read(event: &Event) -> Option<Poll> {
    let options: Vec<PollOption> =
        options(event).into_iter().map(|(_, title)| PollOption { title, votes: 0 }).collect();
    let ends_at = event.tags.value("endsAt").and_then(|t| t.parse().ok()).map(Time::from_secs);
    let multiple = event.tags.value("polltype") == Some("multiplechoice");
    (!options.is_empty()).then_some(Poll {
        options,
        multiple,
        hide_totals: false,
        ends_at,
        closed: false,
        voters: None,
    })
}

/// Ids and titles of the options.
pub fn options(event: &Event) -> Vec<(String, String)> {
    let option = |tag: &Tag| match tag.as_slice() {
        [_, id, title, ..] => Some((id.clone(), title.clone())),
        _ => None,
    };
    event.tags.named("option").filter_map(option).take(MOST_OPTIONS).collect()
}

/// The tags of a poll of ours: options are called by their index.
pub fn write(poll: &Poll, relays: &[String]) -> Vec<Tag> {
    let option =
        |(n, option): (usize, &PollOption)| vec!["option".into(), n.to_string(), option.title.clone()];
    let mut tags: Vec<Tag> = poll.options.iter().enumerate().map(option).collect();
    tags.push(vec!["polltype".into(), if poll.multiple { "multiplechoice" } else { "singlechoice" }.into()]);
    tags.extend(poll.ends_at.map(|t| vec!["endsAt".into(), t.secs().to_string()]));
    tags.extend(relays.iter().map(|r| vec!["relay".into(), r.clone()]));
    tags
}

/// The poll and the option ids of a vote.
pub fn read_vote(event: &Event) -> Option<(String, Vec<String>)> {
    let poll = event.tags.value("e").filter(|id| crate::event::is_hex32(id))?;
    let mut choices: Vec<String> =
        event.tags.values("response").take(MOST_OPTIONS).map(str::to_owned).collect();
    choices.dedup();
    (!choices.is_empty()).then(|| (poll.to_owned(), choices))
}

/// The tags of a vote for the options with these indexes.
pub fn write_vote(poll: &Event, relay: &str, choices: &[usize]) -> Vec<Tag> {
    let mut tags: Vec<Tag> =
        vec![vec!["e".into(), poll.id.to_string(), relay.into()], vec!["p".into(), poll.pubkey.to_string()]];
    let all = options(poll);
    tags.extend(
        choices.iter().filter_map(|n| all.get(*n)).map(|(id, _)| vec!["response".into(), id.clone()]),
    );
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn poll_and_vote() {
        let poll = Poll {
            options: ["yes", "no"].map(|t| PollOption { title: t.into(), votes: 0 }).to_vec(),
            multiple: true,
            hide_totals: false,
            ends_at: Some(Time::from_secs(99)),
            closed: false,
            voters: None,
        };
        let keys = Keys::generate();
        let sign = |kind, tags| keys.sign(Template { created_at: 1, kind, tags, content: "?".into() });
        let event = sign(1068, write(&poll, &["wss://r".into()]));
        assert_eq!(read(&event), Some(poll));
        let vote = sign(1018, write_vote(&event, "wss://r", &[1, 7]));
        assert_eq!(read_vote(&vote), Some((event.id.to_string(), vec!["1".into()])));
    }
}
