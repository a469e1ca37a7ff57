//! Leaves to quote (FEP-044f): a `QuoteAuthorization` that the quoted author's server confirms.

use crate::ActivityPub;
use crate::translate::ReadPost;
use crate::urls::Urls;
use crate::vocab::same_authority;
use landbridge_hub::{CopyKind, CopyState, Hub, InPost};
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
        let urls = Urls::new(hub);
        if urls.is_ours(stamp) {
            return self.is_own_stamp(hub, &urls, stamp, quoting, quoted).await;
        }
        let Ok(document) = self.document(hub, stamp).await else { return false };
        let node = document.node();
        node.is("QuoteAuthorization")
            && node.id("interactingObject") == Some(quoting)
            && node.id("interactionTarget") == Some(quoted)
            && node.id("attributedTo").is_some_and(|author| same_authority(author, quoted))
    }

    /// One that a member gave is known by being there, under the id that is made of this very pair.
    async fn is_own_stamp(
        &self,
        hub: &Hub,
        urls: &Urls,
        stamp: &str,
        quoting: &str,
        quoted_id: &str,
    ) -> bool {
        let live = async |id| {
            let copy = hub.copy(Network::ActivityPub, id).await.ok().flatten();
            copy.filter(|copy| copy.state == CopyState::Live)
        };
        let given = live(stamp).await.is_some_and(|copy| copy.kind == CopyKind::QuoteStamp);
        let (Some(quoted), Some(name)) = (live(quoted_id).await, urls.member_of(quoted_id)) else {
            return false;
        };
        given && quoted.kind == CopyKind::Post && urls.stamp(name, quoted.object, quoting) == stamp
    }
}
