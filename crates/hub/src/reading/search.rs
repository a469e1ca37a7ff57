//! Search in what is known here; [`super::resolve`] asks elsewhere.

use crate::{
    Hub, HubError, PostView,
    reading::{hydrate::Filter, resolve::Resolved},
};
use landbridge_model::{Actor, ActorState, Id, richtext::normal_tag};
use landbridge_store::{Sql, args, query};

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
        if options.offset == 0 {
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
        let sql = "SELECT a.id FROM actors a
                   WHERE (lower(a.username) LIKE ?1 ESCAPE '\\' OR lower(a.display_name) LIKE ?2 ESCAPE '\\')
                   AND a.domain LIKE ?3 ESCAPE '\\' AND a.state IN (0, 4)
                   AND (?4 = 0 OR EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?5 AND f.target_id = a.id AND f.state = 1))
                   ORDER BY (CASE WHEN lower(a.username) = ?6 THEN 0 ELSE 1 END),
                            (CASE WHEN EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?5 AND f.target_id = a.id) THEN 0
                                  WHEN a.domain = '' THEN 1 ELSE 2 END),
                            COALESCE(a.last_post_at, 0) DESC, a.id
                   LIMIT ?7 OFFSET ?8";
        // A name within an address is no display name.
        let shown = if domain.is_empty() { format!("%{}%", like(name)) } else { String::new() };
        let arguments = args![
            format!("{}%", like(name)),
            shown,
            format!("{}%", like(domain)),
            options.following,
            reader.map_or(-1, i64::from),
            name,
            limit(options),
            options.offset
        ];
        let rows = self.store().rows(query(sql, arguments)).await?;
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
        let sql = Sql {
            sqlite: "SELECT s.rowid FROM search_posts s JOIN posts p ON p.id = s.rowid
                     WHERE search_posts MATCH ?1 AND (?2 < 0 OR p.author_id = ?2) ORDER BY s.rowid DESC LIMIT ?3 OFFSET ?4",
            postgres: "SELECT s.rowid FROM search_posts s JOIN posts p ON p.id = s.rowid
                       WHERE s.text @@ plainto_tsquery('simple', ?1) AND (?2 < 0 OR p.author_id = ?2)
                       ORDER BY s.rowid DESC LIMIT ?3 OFFSET ?4",
        };
        let words = match self.store().engine() {
            landbridge_store::EngineKind::Sqlite => fts_words(text),
            landbridge_store::EngineKind::Postgres => text.replace('\0', ""),
        };
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let author = options.author.map_or(-1, i64::from);
        let rows =
            self.store().rows(query(sql, args![words, author, limit(options), options.offset])).await?;
        let ids = rows.into_iter().map(|mut row| row.get(0)).collect::<Result<Vec<Id>, _>>()?;
        self.hydrate(&ids, reader, Filter::Home).await
    }

    async fn tags_like(&self, text: &str, options: &SearchOptions) -> Result<Vec<String>, HubError> {
        let start = normal_tag(text);
        if start.is_empty() || start.contains(char::is_whitespace) {
            return Ok(Vec::new());
        }
        let sql = Sql {
            sqlite: "SELECT DISTINCT name FROM tags WHERE name >= ?1 AND name < ?2 ORDER BY name LIMIT ?3 OFFSET ?4",
            postgres: "SELECT DISTINCT name COLLATE \"C\" AS name FROM tags WHERE name COLLATE \"C\" >= ?1 AND name COLLATE \"C\" < ?2
                       ORDER BY name LIMIT ?3 OFFSET ?4",
        };
        let end = format!("{start}\u{10ffff}");
        let rows = self.store().rows(query(sql, args![start, end, limit(options), options.offset])).await?;
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
