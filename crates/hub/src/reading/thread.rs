//! One merged thread, whichever networks its posts came by.

use crate::{Hub, HubError, PostView, Via, reading::hydrate::Filter};
use landbridge_model::{Id, Network, Post};
use landbridge_store::{Row, entities::posts};
use std::collections::{HashMap, HashSet};

/// Most posts above and below.
const ANCESTORS: i64 = 100;
const DESCENDANTS: usize = 1000;
/// Answers that are looked at to find an author's own.
const LOOKED_AT: i64 = 1000;

#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// From the first post down to the parent.
    pub ancestors: Vec<PostView>,
    /// Replies, depth first, oldest first.
    pub descendants: Vec<PostView>,
}

impl Hub {
    /// The thread around a post, as far as the reader may see it. Replies whose parent is missing stand under the
    /// thread's first post.
    pub async fn thread(&self, post: Id, reader: Option<Id>) -> Result<Thread, HubError> {
        let here = self.view(post, reader).await?.post;
        let mut questions = vec![posts::above(post, ANCESTORS), posts::below(post)];
        if here.root == post {
            questions.push(posts::of_thread(post));
        }
        let mut answers = self.store().all(questions).await?.into_iter();
        let mut ancestors = Vec::new();
        for mut row in answers.next().unwrap_or_default() {
            ancestors.push(row.get(0)?);
        }
        let hidden = self.out_of_sight(here.root, reader).await?;
        let mut below = depth_first(post, answers.flatten().collect(), &hidden)?;
        below.truncate(DESCENDANTS);
        Ok(Thread {
            ancestors: self.hydrate(&ancestors, reader, Filter::Thread).await?,
            descendants: self.hydrate(&below, reader, Filter::Thread).await?,
        })
    }

    /// Open posts that answer a post itself, as everybody may read them: its author's own first, as far as they are among
    /// the first answers.
    pub async fn answers(&self, post: &Post, most: u16) -> Result<Vec<PostView>, HubError> {
        let (most, mut found) = (i64::from(most), Vec::new());
        let among = (most * 20).min(LOOKED_AT);
        for mut row in self.store().rows(posts::answers(post.id, post.author, most, among)).await? {
            found.push(row.get(0)?);
        }
        let hidden = self.out_of_sight(post.root, None).await?;
        found.retain(|id| !hidden.contains(id));
        self.hydrate(&found, None, Filter::Thread).await
    }

    /// Asks the post's networks for more of the thread. Bounded, and not more than once in some minutes.
    pub async fn backfill(&self, post: Id) -> Result<(), HubError> {
        let post = self.post(post).await?;
        if !post.visibility.is_open() || !self.reading().may_backfill(post.root) {
            return Ok(());
        }
        for copy in self.copies(crate::CopyKind::Post, post.id).await? {
            if let Ok(translator) = self.translator(copy.network) {
                let more = translator.thread(self, &copy.native_id).await?;
                self.take_in(more).await;
            }
        }
        Ok(())
    }

    /// Receives what was fetched; gives network and native id of each that was taken, in order.
    pub(crate) async fn take_in(&self, fetched: Vec<crate::Incoming>) -> Vec<(Network, String)> {
        let mut taken = Vec::new();
        for mut incoming in fetched {
            incoming.via = Via::Fetched;
            let name = match &incoming.what {
                crate::What::Post(post) | crate::What::Edit(post) => post.native_id.clone(),
                crate::What::Profile(actor) => actor.native_id.clone(),
                _ => incoming.id.clone().unwrap_or_default(),
            };
            let network = incoming.network;
            match self.receive(incoming).await {
                Ok(_) => taken.push((network, name)),
                Err(why) => tracing::debug!(%network, %why, "what was fetched is not taken in"),
            }
        }
        taken
    }
}

/// (id, reply_to) of posts, as the order in which they are read below `top`, without what is hidden and what answers it.
fn depth_first(top: Id, rows: Vec<Row>, hidden: &HashSet<Id>) -> Result<Vec<Id>, HubError> {
    let mut parents: HashMap<Id, Option<Id>> = HashMap::with_capacity(rows.len());
    for mut row in rows {
        parents.insert(row.get(0)?, row.get(1)?);
    }
    let mut children: HashMap<Id, Vec<Id>> = HashMap::new();
    for (id, parent) in &parents {
        let parent = parent.filter(|p| *p == top || parents.contains_key(p)).unwrap_or(top);
        children.entry(parent).or_default().push(*id);
    }
    for list in children.values_mut() {
        // The last one is taken first from the stack.
        list.sort_unstable_by(|a, b| b.cmp(a));
    }
    let (mut order, mut seen) = (Vec::with_capacity(parents.len()), HashSet::new());
    let mut stack = children.remove(&top).unwrap_or_default();
    while let Some(id) = stack.pop() {
        if !hidden.contains(&id) && seen.insert(id) {
            order.push(id);
            stack.extend(children.remove(&id).unwrap_or_default());
        }
    }
    Ok(order)
}
