//! Polls, kind 1068, and votes, kind 1018 (NIP-88).

use crate::event::{Event, Tag, TagsExt};
use landbridge_model::{Poll, PollOption, Time};

const MOST_OPTIONS: usize = 50;

/// The poll of a 1068 event. Counts are not known from it.
pub fn read(event: &Event) -> Option<Poll> {
    let options: Vec<PollOption> =
        options(event).into_iter().map(|(_, title)| PollOption { title, votes: 0 }).collect();
    let ends_at = event.tags.value("endsAt").and_then(|t| t.parse().ok()).map(Time::from_secs);
    (!options.is_empty()).then_some(Poll {
        options,
        multiple: is_multiple(event),
        hide_totals: false,
        ends_at,
        closed: false,
        voters: None,
    })
}

fn is_multiple(poll: &Event) -> bool {
    poll.tags.value("polltype") == Some("multiplechoice")
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

/// The poll that a vote is in.
pub fn voted_in(vote: &Event) -> Option<&str> {
    vote.tags.value("e").filter(|id| crate::event::is_hex32(id))
}

/// The options that a vote is for, by their indexes. Where one only can be chosen, the first response counts.
pub fn choices(poll: &Event, vote: &Event) -> Vec<usize> {
    let options = options(poll);
    let most = if is_multiple(poll) { MOST_OPTIONS } else { 1 };
    let responses = vote.tags.values("response").take(most);
    let mut choices: Vec<usize> =
        responses.filter_map(|id| options.iter().position(|(option, _)| option == id)).collect();
    choices.sort_unstable();
    choices.dedup();
    choices
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
        assert_eq!(voted_in(&vote), Some(&*event.id.to_string()));
        assert_eq!(choices(&event, &vote), [1]);
    }

    #[test]
    fn where_one_can_be_chosen_the_first_response_counts() {
        let keys = Keys::generate();
        let sign = |kind, tags: &[&[&str]]| {
            let tags = tags.iter().map(|t| t.iter().map(|v| v.to_string()).collect()).collect();
            keys.sign(Template { created_at: 1, kind, tags, content: "?".into() })
        };
        let options: [&[&str]; 2] = [&["option", "a", "yes"], &["option", "b", "no"]];
        let single = sign(1068, &[options[0], options[1], &["polltype", "singlechoice"]]);
        let multiple = sign(1068, &[options[0], options[1], &["polltype", "multiplechoice"]]);
        let vote = sign(1018, &[&["response", "b"], &["response", "a"], &["response", "b"]]);
        assert_eq!((choices(&single, &vote), choices(&multiple, &vote)), (vec![1], vec![0, 1]));
        assert!(choices(&single, &sign(1018, &[&["response", "c"], &["response", "a"]])).is_empty());
    }
}
