//! Search in what is known here; [`super::resolve`] asks elsewhere.

use crate::{
    Hub, HubError, PostView,
    reading::{hydrate::Filter, resolve::Resolved},
};
use landbridge_model::{Actor, ActorState, Id, richtext::normal_tag};
use landbridge_store::{
    EngineKind,
    entities::{actors, search, tags},
};

/// Most results of one kind.
const MOST: u32 = 40;

#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    pub accounts: bool,
    pub posts: bool,
    pub tags: bool,
    /// Ask other servers for what is not known here.
    pub resolve: bool,
    pub following: bool,
    pub author: Option<Id>,
    pub limit: u32,
    pub offset: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Found {
    pub actors: Vec<Actor>,
    pub posts: Vec<PostView>,
    pub tags: Vec<String>,
}

impl Hub {
    /// Finds people by name, public posts by words, tags; and, with `resolve`, whatever was pasted: an address, a
    /// URL, an npub, a nevent, a NIP-05 name.
    pub async fn search(
        &self,
        reader: Option<Id>,
        text: &str,
        options: &SearchOptions,
    ) -> Result<Found, HubError> {
        let text = text.trim();
        let mut found = Found::default();
        if text.is_empty() || text.len() > 2000 {
            return Ok(found);
        }
        if options.offset == 0 && (options.accounts || options.posts) {
            let pasted = if options.resolve { self.resolve(text).await? } else { self.known(text).await? };
            match pasted {
                Some(Resolved::Actor(actor)) if options.accounts => found.actors.push(actor),
                Some(Resolved::Post(id)) if options.posts => {
                    found.posts = self.hydrate(&[id], reader, Filter::Nothing).await?;
                }
                _ => {}
            }
        }
        // A link is what it names, never words.
        if text.contains("://") {
            return Ok(found);
        }
        if options.accounts {
            for actor in self.people_named(reader, text, options).await? {
                if !found.actors.iter().any(|a| a.id == actor.id) {
                    found.actors.push(actor);
                }
            }
        }
        if options.posts {
            for view in self.posts_with(reader, text, options).await? {
                if !found.posts.iter().any(|v| v.post.id == view.post.id) {
                    found.posts.push(view);
                }
            }
        }
        if options.tags {
            found.tags = self.tags_like(text, options).await?;
        }
        Ok(found)
    }

    async fn people_named(
        &self,
        reader: Option<Id>,
        text: &str,
        options: &SearchOptions,
    ) -> Result<Vec<Actor>, HubError> {
        let text = text.trim_start_matches('@').to_lowercase();
        let (name, domain) = text.split_once('@').unwrap_or((&text, ""));
        // A name within an address is no display name.
        let shown = if domain.is_empty() { format!("%{}%", like(name)) } else { String::new() };
        let wanted = actors::Named {
            username: &format!("{}%", like(name)),
            shown: &shown,
            domain: &format!("{}%", like(domain)),
            exact: name,
            reader,
            following: options.following,
            limit: limit(options),
            offset: i64::from(options.offset),
        };
        let rows = self.store().rows(actors::named(&wanted)).await?;
        let ids = rows.into_iter().map(|mut row| row.get(0)).collect::<Result<Vec<Id>, _>>()?;
        let mut actors = self.actors(&ids).await?;
        actors.retain(|a| matches!(a.state, ActorState::Active | ActorState::Limited));
        Ok(actors)
    }

    async fn posts_with(
        &self,
        reader: Option<Id>,
        text: &str,
        options: &SearchOptions,
    ) -> Result<Vec<PostView>, HubError> {
        let words = match self.store().engine() {
            EngineKind::Sqlite => fts_words(text),
            EngineKind::Postgres => text.replace('\0', ""),
        };
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let found = search::find(&words, options.author, limit(options), i64::from(options.offset));
        let rows = self.store().rows(found).await?;
        let ids = rows.into_iter().map(|mut row| row.get(0)).collect::<Result<Vec<Id>, _>>()?;
        self.hydrate(&ids, reader, Filter::Thread).await
    }

    async fn tags_like(&self, text: &str, options: &SearchOptions) -> Result<Vec<String>, HubError> {
        let start = normal_tag(text);
        if start.is_empty() || start.contains(char::is_whitespace) {
            return Ok(Vec::new());
        }
        let found = tags::beginning(&start, limit(options), i64::from(options.offset));
        let rows = self.store().rows(found).await?;
        rows.into_iter().map(|mut row| Ok(row.get(0)?)).collect()
    }
}

fn limit(options: &SearchOptions) -> i64 {
    i64::from(if options.limit == 0 { 20 } else { options.limit.min(MOST) })
}

/// With the wildcards of LIKE taken literally.
fn like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_").replace('\0', "")
}

/// Each word as a string of FTS5, so that none of its operators works.
fn fts_words(text: &str) -> String {
    let words =
        text.split(|c: char| c.is_whitespace() || c == '\0').filter(|w| w.chars().any(char::is_alphanumeric));
    words.take(16).map(|w| format!("\"{}\"", w.replace('"', "\"\""))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_words() {
        assert_eq!(fts_words("a NOT \"b* ! (c)"), "\"a\" \"NOT\" \"\"\"b*\" \"(c)\"");
        assert_eq!(like("50%_\\"), "50\\%\\_\\\\");
    }
}
