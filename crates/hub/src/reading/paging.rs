//! Pages that are full even when some of their items are not for the reader.

use crate::{Hub, HubError, Page, PostView, reading::hydrate::Filter};
use landbridge_model::Id;
use landbridge_store::{Query, Row, entities::Window};

/// Rounds of reading before a page may come out short. The last ones read many ids at once.
const ROUNDS: u32 = 6;
/// Ids read in one round, at most.
const MOST_IDS: i64 = 400;

impl Hub {
    /// A page of posts. `read` makes the query for a window; its rows start with (id to page by, post id). Reads on
    /// when the filter takes items away.
    pub(crate) async fn fill(
        &self,
        page: Page,
        most: u32,
        reader: Option<Id>,
        filter: Filter,
        read: impl Fn(Window) -> Query + Send,
    ) -> Result<Vec<(Id, PostView)>, HubError> {
        let limit = page.limit(most);
        let wanted = usize::try_from(limit).unwrap_or(20);
        let mut found: Vec<(Id, PostView)> = Vec::with_capacity(wanted);
        let (mut window, mut batch) = (page, limit);
        for _ in 0..ROUNDS {
            let keys = pairs(self.store().rows(read(window.window(batch))).await?)?;
            let exhausted = (keys.len() as i64) < batch;
            let ids: Vec<Id> = keys.iter().map(|k| k.1).collect();
            let mut views = self.hydrate(&ids, reader, filter).await?.into_iter().peekable();
            for (key, id) in &keys {
                if let Some(view) = views.next_if(|v| v.post.id == *id) {
                    found.push((*key, view));
                }
            }
            match keys.last() {
                Some((last, _)) if page.upward() => window.min = Some(*last),
                Some((last, _)) => window.max = Some(*last),
                None => {}
            }
            if exhausted || found.len() >= wanted {
                break;
            }
            batch = (batch * 4).min(MOST_IDS);
        }
        found.truncate(wanted);
        if page.upward() {
            found.reverse();
        }
        Ok(found)
    }
}

/// Where the ids to page by are those of the posts.
pub(crate) fn without_keys(found: Vec<(Id, PostView)>) -> Vec<PostView> {
    found.into_iter().map(|(_, view)| view).collect()
}

/// Rows of (id to page by, id).
pub(crate) fn pairs(rows: Vec<Row>) -> Result<Vec<(Id, Id)>, HubError> {
    let mut pairs = Vec::with_capacity(rows.len());
    for mut row in rows {
        pairs.push((row.get(0)?, row.get(1)?));
    }
    Ok(pairs)
}
