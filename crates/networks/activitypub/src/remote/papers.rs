//! Proofs that an answer, like or boost was let through by the author of what it is about (GoToSocial's interaction
//! controls): believed as that author's server shows them now.

use super::Missing;
use crate::ActivityPub;
use crate::translate::policy::{self, Interaction};
use crate::urls::Urls;
use crate::vocab::{self, Node, same_authority};
use landbridge_hub::Hub;
use landbridge_model::Network;

impl ActivityPub {
    /// Whether the proof says that `act` may be an interaction with `target`, which is `author`'s.
    ///
    /// # Errors
    /// [`Missing::Later`] when its server does not answer now.
    pub(crate) async fn lets_through(
        &self,
        hub: &Hub,
        paper: &str,
        interaction: Interaction,
        act: &str,
        target: &str,
        author: &str,
    ) -> Result<bool, Missing> {
        if !same_authority(paper, author) || !same_authority(target, author) {
            return Ok(false);
        }
        let document = match self.document(hub, paper).await {
            Ok(document) => document,
            Err(later @ (Missing::Later(_) | Missing::Ours(_))) => return Err(later),
            Err(_) => return Ok(false),
        };
        let node = document.node();
        // The older form says `object` and `target`.
        let names = |new: &str, old: &str| node.id(new).or_else(|| node.id(old));
        Ok(node.is_any(&interaction.papers())
            && node.id("attributedTo") == Some(author)
            && names("interactingObject", "object") == Some(act)
            && names("interactionTarget", "target") == Some(target))
    }

    /// Whether somebody's answer to or boost of a post elsewhere may be taken in: its author must have let it through,
    /// where they want to be asked. Their own acts and, for answers, those of people whom they named need no leave.
    /// `shown`: the answer or boost itself.
    pub(crate) async fn is_let_through(
        &self,
        hub: &Hub,
        interaction: Interaction,
        shown: Node<'_>,
        actor: &str,
        target: &str,
    ) -> Result<bool, Missing> {
        if Urls::new(hub).is_ours(target) {
            return Ok(true);
        }
        let ours = |error: landbridge_hub::HubError| Missing::Ours(error.to_string());
        let original = hub.original(Network::ActivityPub, target).await.map_err(ours)?;
        let Some(document) = original.and_then(|bytes| vocab::parse(&bytes).ok()) else { return Ok(true) };
        let node = Node(&document);
        if policy::rule(node, interaction).is_none() {
            return Ok(true);
        }
        let post = policy::post_in(node);
        let Some(author) = post.id("attributedTo") else { return Ok(true) };
        let named = post.list("tag").any(|tag| tag.is("Mention") && tag.text("href") == Some(actor));
        if author == actor || interaction == Interaction::Reply && named {
            return Ok(true);
        }
        match (policy::paper(shown, interaction), shown.own_id()) {
            (Some(paper), Some(act)) => self.lets_through(hub, paper, interaction, act, target, author).await,
            _ => Ok(false),
        }
    }
}
