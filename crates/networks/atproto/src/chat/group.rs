//! Groups of a member's own making (`chat.bsky.group.createGroup`). The service makes another one each time it is asked: so
//! what there is already, of others' making or of a try whose answer was lost, is looked for first.

use super::{
    meet::Convo,
    service::{Failed, Service},
};
use crate::remote::Param;
use landbridge_hub::HubError;
use landbridge_model::Actor;
use serde_json::{Value as Json, json};
use unicode_segmentation::UnicodeSegmentation;

/// Longest name of a group: graphemes, and bytes.
const LONGEST: (usize, usize) = (50, 500);

impl Service<'_> {
    /// The group of a member and several others of which nothing is known here.
    pub async fn group_of(&self, people: &[String]) -> Result<Convo, Failed> {
        if let Some(there) = self.listed(people).await? {
            return Ok(there);
        }
        let input = json!({ "members": people, "name": self.name_of_group(people).await? });
        let answer = self.procedure_of_groups("createGroup", &input).await?;
        let made = self.learn(answer.get("convo").unwrap_or(&Json::Null)).await?;
        made.filter(|convo| convo.people == people).ok_or_else(|| Failed::Refused {
            error: String::new(),
            message: "the chat service made a group of other people".into(),
        })
    }

    /// Among the conversations in which something has happened last.
    async fn listed(&self, people: &[String]) -> Result<Option<Convo>, Failed> {
        let answer = self.query("listConvos", &[Param("limit", "50")]).await?;
        let views = answer.get("convos").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        for view in views {
            if let Some(convo) = self.learn(view).await?.filter(|convo| convo.people == people) {
                return Ok(Some(convo));
            }
        }
        Ok(None)
    }

    /// Who is in it, by name.
    async fn name_of_group(&self, people: &[String]) -> Result<String, HubError> {
        let mut names = vec![name_of(&self.at.hub.actor(self.member).await?)];
        for did in people {
            names.extend(self.person(did).await?.as_ref().map(name_of));
        }
        Ok(joined(&names))
    }
}

fn name_of(actor: &Actor) -> String {
    let name = if actor.profile.display_name.trim().is_empty() {
        &actor.username
    } else {
        &actor.profile.display_name
    };
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names with commas between, cut where a name of a group ends.
fn joined(names: &[String]) -> String {
    let whole = names.join(", ");
    let (graphemes, bytes) = LONGEST;
    if whole.graphemes(true).count() <= graphemes && whole.len() <= bytes {
        return whole;
    }
    let mut cut = String::new();
    for grapheme in whole.graphemes(true).take(graphemes - 1) {
        if cut.len() + grapheme.len() + "…".len() > bytes {
            break;
        }
        cut.push_str(grapheme);
    }
    cut + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_are_cut_between_characters() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(joined(&names(&["Alice", "Bob"])), "Alice, Bob");
        let long = joined(&names(&["👩‍👩‍👧‍👦"; 40]));
        assert!(long.graphemes(true).count() <= 50 && long.len() <= 500 && long.ends_with('…'), "{long}");
        assert_eq!(joined(&names(&["é"; 17])).graphemes(true).count(), 49);
        assert_eq!(joined(&names(&["é"; 18])).graphemes(true).count(), 50);
    }
}
