//! `Question` (FEP-9967): `oneOf` or `anyOf`, counts in each option's `replies`.

use crate::text;
use crate::vocab::Node;
use landbridge_model::{Poll, PollOption, Time};

const MAX_OPTIONS: usize = 64;

pub(super) fn read(node: Node<'_>, now: Time) -> Option<Poll> {
    let multiple = node.has("anyOf");
    let list = if multiple { "anyOf" } else { "oneOf" };
    let mut options: Vec<PollOption> = Vec::new();
    for option in node.list(list).take(MAX_OPTIONS) {
        let title = text::plain(option.text("name")?).chars().take(500).collect::<String>();
        // A vote names its option, so two of one name could not be told apart.
        if options.iter().any(|o| o.title == title) {
            continue;
        }
        let votes = option
            .object("replies")
            .and_then(|r| r.count("totalItems"))
            .or_else(|| option.count("_misskey_votes"));
        options.push(PollOption { title, votes: votes.unwrap_or(0) });
    }
    let ends_at = node.time("endTime").or_else(|| node.time("closed"));
    let closed = node.bool("closed").unwrap_or_else(|| node.time("closed").is_some_and(|t| t <= now));
    let voters = node.count("votersCount").or_else(|| node.count("toot:votersCount"));
    (!options.is_empty()).then_some(Poll { options, multiple, hide_totals: false, ends_at, closed, voters })
}
