//! Leaves to quote (FEP-044f): a `QuoteAuthorization` that the quoted author's server confirms.

use crate::ActivityPub;
use crate::translate::ReadPost;
use crate::vocab::same_authority;
use landbridge_hub::{Hub, InPost};
use landbridge_model::Network;

impl ActivityPub {
    /// The post, with its quote's leave checked as far as that can be done now.
    pub(crate) async fn with_stamp(&self, hub: &Hub, read: ReadPost) -> InPost {
        let ReadPost { mut post, stamp, .. } = read;
        let Some(quoted) = post.quote.clone() else { return post };
        // Quoting oneself, or on one's own server's word, needs no paper; nor does what was quoted in one of the older ways.
        if !post.quote_free && stamp.is_none() && same_authority(&quoted, &post.native_id) {
            post.quote_free = self.author_of(hub, &quoted).await.is_some_and(|author| author == post.author);
        }
        if let Some(stamp) = stamp
            && self.is_valid_stamp(hub, &stamp, &post.native_id, &quoted).await
        {
            post.quote_stamp = Some(stamp);
        }
        post
    }

    async fn author_of(&self, hub: &Hub, post: &str) -> Option<String> {
        let copy = hub.copy(Network::ActivityPub, post).await.ok()??;
        let presence = hub.presence(copy.actor, Network::ActivityPub).await.ok()??;
        Some(presence.native_id)
    }

    /// A stamp says who gives the leave, for which post, to quote which.
    pub(crate) async fn is_valid_stamp(&self, hub: &Hub, stamp: &str, quoting: &str, quoted: &str) -> bool {
        if !same_authority(stamp, quoted) {
            return false;
        }
        // One of our own is known by being there.
        if crate::urls::Urls::new(hub).is_ours(stamp) {
            return matches!(hub.copy(Network::ActivityPub, stamp).await, Ok(Some(copy)) if copy.state == landbridge_hub::CopyState::Live);
        }
        let Ok(document) = self.document(hub, stamp).await else { return false };
        let node = document.node();
        node.is("QuoteAuthorization")
            && node.id("interactingObject") == Some(quoting)
            && node.id("interactionTarget") == Some(quoted)
            && node.id("attributedTo").is_some_and(|author| same_authority(author, quoted))
    }
}
