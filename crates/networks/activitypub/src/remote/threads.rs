//! More of a conversation, and somebody's latest posts: `context` (FEP-7888), `replies`, `inReplyTo`, `featured` and
//! `outbox`, each bounded.

use super::{Document, Missing};
use crate::ActivityPub;
use crate::translate::{self, Facts, web_url};
use crate::translator::fetched;
use crate::urls::Urls;
use crate::vocab::{Node, same_authority};
use bytes::Bytes;
use landbridge_hub::reading::AccountPosts;
use landbridge_hub::{CopyKind, Hub, Incoming, Page, Via, What};
use landbridge_model::{Id, Network, Time};
use std::collections::{HashMap, HashSet};

/// Requests for one conversation.
const BUDGET: usize = 50;
const PARENTS: usize = 20;
const PAGES: usize = 4;
const LATEST: usize = 20;

/// A search in progress: what was found, what was asked for, how much may still be asked.
struct Search<'a> {
    ap: &'a ActivityPub,
    hub: &'a Hub,
    urls: Urls,
    found: HashMap<String, Incoming>,
    asked: HashSet<String>,
    budget: usize,
}

impl ActivityPub {
    /// Posts around a post, oldest first. Who answers nothing is left out.
    pub(crate) async fn conversation(&self, hub: &Hub, id: &str) -> Vec<Incoming> {
        let mut search = Search::new(self, hub);
        let Some(start) = search.document(id).await else { return Vec::new() };
        search.take(&start);
        search.upward(start.node().id("inReplyTo").map(str::to_owned)).await;
        // The whole thread from its owner, else answers one by one.
        let context = start.node().id("context").and_then(web_url).map(str::to_owned);
        let whole = match context {
            Some(context) => search.collection(&context).await.items,
            None => Vec::new(),
        };
        if whole.is_empty() {
            search.downward(start).await;
        } else {
            search.take_all(whole).await;
        }
        search.finish()
    }

    /// Somebody's profile with its totals; pinned and latest posts, oldest first; then what is pinned and what no longer
    /// is: some servers (GoToSocial, snac) tell nobody of their pins.
    pub(crate) async fn latest(&self, hub: &Hub, id: &str) -> Vec<Incoming> {
        let Ok(Some(presence)) = hub.presence_by_native(Network::ActivityPub, id).await else {
            return Vec::new();
        };
        let facts: Facts = serde_json::from_value(presence.facts).unwrap_or_default();
        let mut search = Search::new(self, hub);
        search.budget = LATEST;
        let followers = search.total(facts.followers.filter(|f| same_authority(f, id))).await;
        let following = search.total(facts.following.filter(|f| same_authority(f, id))).await;
        let mut pins = Vec::new();
        if let Some(featured) = facts.featured.filter(|f| same_authority(f, id)) {
            let Listed { items, whole, .. } = search.collection(&featured).await;
            let listed: Vec<_> = items.iter().filter_map(|(item, _)| Node(item).as_id()).collect();
            let listed: Vec<String> = listed.into_iter().map(str::to_owned).collect();
            search.take_all(items).await;
            if whole {
                let gone = self.unlisted_pins(hub, presence.actor, &listed).await;
                pins.extend(gone.into_iter().map(|target| What::Unpin { target }));
            }
            // The first one listed is the newest.
            for target in listed.into_iter().rev() {
                if search.has(&target).await {
                    pins.push(What::Pin { target });
                }
            }
        }
        let mut posts_in_all = None;
        if let Some(outbox) = facts.outbox.filter(|o| same_authority(o, id)) {
            let Listed { items, total, .. } = search.collection(&outbox).await;
            posts_in_all = total;
            let posts = items.into_iter().take(LATEST).filter_map(|(item, host)| {
                let node = Node(&item);
                if node.is("Create") { Some((node.get("object")?.0.clone(), host)) } else { None }
            });
            let posts = posts.collect();
            search.take_all(posts).await;
        }
        let totals = [followers, following, posts_in_all];
        let mut all = Vec::from_iter(self.with_totals(hub, id, totals).await);
        all.extend(search.finish());
        all.extend(pins.into_iter().map(|what| said(id, what)));
        all
    }

    /// A profile with followers, following and posts as its collections count them. Nothing, where they tell nothing.
    async fn with_totals(&self, hub: &Hub, id: &str, totals: [Option<u64>; 3]) -> Option<Incoming> {
        if totals == [None; 3] {
            return None;
        }
        let mut profile = self.remote_actor(hub, id).await.ok()?.incoming();
        if let What::Profile(actor) = &mut profile.what {
            let [followers, following, posts] = totals;
            actor.followers = followers.or(actor.followers);
            actor.following = following.or(actor.following);
            actor.posts = posts.or(actor.posts);
        }
        Some(profile)
    }

    /// Native ids of posts that are pinned here but not in this list.
    async fn unlisted_pins(&self, hub: &Hub, actor: Id, listed: &[String]) -> Vec<String> {
        let what = AccountPosts { pinned: true, ..AccountPosts::default() };
        let pinned = hub.account_posts(actor, &what, None, Page::default()).await.unwrap_or_default();
        let mut gone = Vec::new();
        for view in pinned {
            if let Ok(Some(copy)) = hub.copy_on(CopyKind::Post, view.post.id, Network::ActivityPub).await
                && !listed.contains(&copy.native_id)
            {
                gone.push(copy.native_id);
            }
        }
        gone
    }
}

fn said(actor: &str, what: What) -> Incoming {
    Incoming {
        network: Network::ActivityPub,
        actor: actor.to_owned(),
        id: None,
        at: Time::now(),
        via: Via::Fetched,
        original: Bytes::new(),
        what,
    }
}

/// What was found in a collection.
#[derive(Default)]
struct Listed {
    /// Each with the id of what it was found in.
    items: Vec<(serde_json::Value, String)>,
    /// Whether that is all there is in it.
    whole: bool,
    /// How many it says that there are.
    total: Option<u64>,
}

impl<'a> Search<'a> {
    fn new(ap: &'a ActivityPub, hub: &'a Hub) -> Search<'a> {
        Search { ap, hub, urls: Urls::new(hub), found: HashMap::new(), asked: HashSet::new(), budget: BUDGET }
    }

    fn finish(self) -> Vec<Incoming> {
        let mut all: Vec<Incoming> = self.found.into_values().collect();
        all.sort_by_key(|i| i.at);
        all
    }

    async fn document(&mut self, id: &str) -> Option<Document> {
        if self.budget == 0 || self.urls.is_ours(id) || !self.asked.insert(id.to_owned()) {
            return None;
        }
        self.budget -= 1;
        match self.ap.document(self.hub, id).await {
            Ok(document) => Some(document),
            Err(Missing::Later(_)) => {
                // A host that does not answer would use up the whole time.
                self.budget = self.budget.saturating_sub(5);
                None
            }
            Err(_) => None,
        }
    }

    fn take(&mut self, document: &Document) {
        self.take_object(document.node(), document.bytes.clone());
    }

    fn take_object(&mut self, node: Node<'_>, bytes: Bytes) {
        if let Some(read) = translate::post(node, Time::now()).filter(|_| !translate::is_vote(node)) {
            // Leaves to quote are checked when somebody looks at the post itself.
            self.found.insert(read.post.native_id.clone(), fetched(read.post, bytes));
        }
    }

    async fn upward(&mut self, mut parent: Option<String>) {
        for _ in 0..PARENTS {
            let Some(id) = parent else { return };
            let known = matches!(self.hub.copy(Network::ActivityPub, &id).await, Ok(Some(_)));
            if known || self.found.contains_key(&id) {
                return;
            }
            let Some(document) = self.document(&id).await else { return };
            self.take(&document);
            parent = document.node().id("inReplyTo").map(str::to_owned);
        }
    }

    /// `replies`, level by level, until nothing is left to ask for.
    async fn downward(&mut self, start: Document) {
        let mut open = vec![start];
        while let Some(document) = open.pop() {
            let node = document.node();
            let Some(replies) = node.get("replies") else { continue };
            let items = match replies.0.is_object() {
                true => self.pages(replies.0.clone(), &document.id).await.items,
                false => match replies.as_id().filter(|r| same_authority(r, &document.id)) {
                    Some(id) => self.collection(id).await.items,
                    None => continue,
                },
            };
            for (item, host) in items {
                let Some(id) = Node(&item).as_id().map(str::to_owned) else { continue };
                if self.found.contains_key(&id) {
                    continue;
                }
                if item.is_object() && same_authority(&id, &host) && Node(&item).has("content") {
                    self.take_object(Node(&item), Bytes::from(item.to_string()));
                } else if let Some(reply) = self.document(&id).await {
                    self.take(&reply);
                    open.insert(0, reply);
                }
            }
        }
    }

    async fn collection(&mut self, id: &str) -> Listed {
        let Some(document) = self.document(id).await else { return Listed::default() };
        if !document.node().is_any(&[
            "Collection",
            "OrderedCollection",
            "CollectionPage",
            "OrderedCollectionPage",
        ]) {
            return Listed::default();
        }
        let id = document.id.clone();
        self.pages(document.value, &id).await
    }

    /// How many a collection says that it has; its items are not asked for.
    async fn total(&mut self, id: Option<String>) -> Option<u64> {
        self.document(&id?).await?.node().count("totalItems")
    }

    /// The items of a collection and of its first pages.
    async fn pages(&mut self, collection: serde_json::Value, id: &str) -> Listed {
        let mut items = Vec::new();
        let total = Node(&collection).count("totalItems");
        let mut page = collection;
        for _ in 0..PAGES {
            let node = Node(&page);
            let listed = node.list("orderedItems").chain(node.list("items"));
            items.extend(listed.map(|n| (n.0.clone(), id.to_owned())));
            let is_page = node.is_any(&["CollectionPage", "OrderedCollectionPage"]);
            let Some(next) = node.get(if is_page { "next" } else { "first" }) else {
                return Listed { items, whole: true, total };
            };
            page = match (next.0.is_object() && next.0.get("type").is_some(), next.as_id()) {
                (true, _) => next.0.clone(),
                (false, Some(next)) if same_authority(next, id) => {
                    let next = next.to_owned();
                    match self.document(&next).await {
                        Some(document) => document.value,
                        None => break,
                    }
                }
                _ => break,
            };
        }
        Listed { items, whole: false, total }
    }

    /// Whether a post was found, or was known before.
    async fn has(&self, id: &str) -> bool {
        self.found.contains_key(id) || matches!(self.hub.copy(Network::ActivityPub, id).await, Ok(Some(_)))
    }

    /// Takes embedded posts that their own host has given, and asks for the others.
    async fn take_all(&mut self, items: Vec<(serde_json::Value, String)>) {
        for (item, host) in items {
            let Some(id) = Node(&item).as_id().map(str::to_owned) else { continue };
            if self.found.contains_key(&id) || self.urls.is_ours(&id) {
                continue;
            }
            if item.is_object() && same_authority(&id, &host) && Node(&item).has("attributedTo") {
                self.take_object(Node(&item), Bytes::from(item.to_string()));
            } else if !self.has(&id).await
                && let Some(document) = self.document(&id).await
            {
                self.take(&document);
            }
        }
    }
}
