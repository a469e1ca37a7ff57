//! What an author lets others do with a post (GoToSocial's interaction policies): `canLike`, `canReply`, `canAnnounce`,
//! each with those who need not ask (`automaticApproval`, formerly `always`) and those who may (`manualApproval`,
//! formerly `approvalRequired`). No word on something means that everybody may.

use crate::vocab::{Node, is_public};

/// What is done with somebody's post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    Like,
    Reply,
    Announce,
}

/// Who may do one thing; actors and collections by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    pub free: Vec<String>,
    pub on_request: Vec<String>,
}

impl Interaction {
    fn name(self) -> &'static str {
        match self {
            Interaction::Like => "canLike",
            Interaction::Reply => "canReply",
            Interaction::Announce => "canAnnounce",
        }
    }

    /// Types of the paper that says so, newer name first.
    pub fn papers(self) -> [&'static str; 2] {
        match self {
            Interaction::Like => ["LikeAuthorization", "LikeApproval"],
            Interaction::Reply => ["ReplyAuthorization", "ReplyApproval"],
            Interaction::Announce => ["AnnounceAuthorization", "AnnounceApproval"],
        }
    }

    /// Where the thing that was let through names its paper, beside `approvedBy`.
    pub fn paper_field(self) -> &'static str {
        match self {
            Interaction::Like => "likeAuthorization",
            Interaction::Reply => "replyAuthorization",
            Interaction::Announce => "announceAuthorization",
        }
    }
}

/// The rule of a post (or of the activity that it came in) for one interaction; `None`: everybody may.
pub fn rule(document: Node<'_>, interaction: Interaction) -> Option<Rule> {
    let policy = post_in(document).object("interactionPolicy")?.object(interaction.name())?;
    let ids = |new: &str, old: &str| policy.ids(new).chain(policy.ids(old)).map(str::to_owned).collect();
    let rule = Rule {
        free: ids("automaticApproval", "always"),
        on_request: ids("manualApproval", "approvalRequired"),
    };
    (!rule.free.iter().any(|id| is_public(id))).then_some(rule)
}

/// The paper that something shows for having been let through.
pub fn paper<'a>(node: Node<'a>, interaction: Interaction) -> Option<&'a str> {
    node.id("approvedBy").or_else(|| node.id(interaction.paper_field()))
}

/// The object of a kept document, which may be the activity that it arrived in.
pub fn post_in(document: Node<'_>) -> Node<'_> {
    match document.is_any(&["Create", "Update"]) {
        true => document.object("object").unwrap_or(document),
        false => document,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules() {
        let post = json!({"type": "Create", "object": {"type": "Note", "interactionPolicy": {
            "canLike": {"automaticApproval": "as:Public"},
            "canReply": {"always": ["https://a.example/u/followers"], "approvalRequired": "as:Public"},
            "canAnnounce": {"automaticApproval": [], "manualApproval": []},
        }}});
        let of = |interaction| rule(Node(&post), interaction);
        assert_eq!(of(Interaction::Like), None);
        let followers = vec!["https://a.example/u/followers".to_owned()];
        assert_eq!(
            of(Interaction::Reply),
            Some(Rule { free: followers, on_request: vec!["as:Public".into()] })
        );
        assert_eq!(of(Interaction::Announce), Some(Rule::default()), "nobody may");
        assert_eq!(rule(Node(&json!({"type": "Note"})), Interaction::Reply), None);
    }
}
