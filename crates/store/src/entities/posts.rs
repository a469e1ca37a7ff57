//! `posts`: one row a post or repost. What is no column stands in [`Body`], which is sealed when the post is not open.

use super::{Window, from_word, source, word};
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{
    Audience, Emoji, Id, LinkCard, Media, Mention, Network, Poll, Post, PostKind, Quote, QuoteState,
    RichText, Time, Visibility,
};
use serde::{Deserialize, Serialize};

/// The part of a [`Post`] that no query asks for, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub text: RichText,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Titles and rules. The counts here are not kept up to date: see [`super::polls`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emojis: Vec<Emoji>,
    /// Native id of the quoted post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    pub quote_policy: Audience,
    pub reply_policy: Audience,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<LinkCard>,
}

impl Body {
    pub fn of(post: &Post) -> Body {
        Body {
            title: post.title.clone(),
            text: post.text.clone(),
            warning: post.warning.clone(),
            languages: post.languages.clone(),
            media: post.media.clone(),
            poll: post.poll.clone(),
            mentions: post.mentions.clone(),
            tags: post.tags.clone(),
            emojis: post.emojis.clone(),
            quote: post.quote.as_ref().map(|quote| quote.native_id.clone()),
            quote_policy: post.quote_policy,
            reply_policy: post.reply_policy,
            application: post.application.clone(),
            card: post.card.clone(),
        }
    }

    /// As it is stored (or sealed, then stored).
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// `None` when these are not the bytes of a body.
    pub fn read(bytes: &[u8]) -> Option<Body> {
        serde_json::from_slice(bytes).ok()
    }
}

/// One row, its body still as stored.
#[derive(Clone, Debug)]
pub struct PostRow {
    pub id: Id,
    pub author: Id,
    pub origin: Option<Network>,
    pub kind: PostKind,
    pub visibility: Visibility,
    pub created_at: Time,
    pub edited_at: Option<Time>,
    pub reply_to: Option<Id>,
    pub reply_to_author: Option<Id>,
    pub root: Id,
    pub repost_of: Option<Id>,
    pub quote_of: Option<Id>,
    pub quote_state: Option<QuoteState>,
    pub sensitive: bool,
    pub url: Option<String>,
    pub sealed: bool,
    pub body: Vec<u8>,
    pub replies: i64,
    pub reposts: i64,
    pub likes: i64,
    pub quotes: i64,
    /// Remote posts: swept after this.
    pub kept_until: Option<Time>,
}

/// The columns that [`PostRow::read`] reads, of the table by its name or an alias `p`.
#[macro_export]
macro_rules! post_columns {
    () => {
        "p.id, p.author_id, p.source, p.kind, p.visibility, p.created_at, p.edited_at, p.reply_to, p.reply_to_author, \
         p.root_id, p.repost_of, p.quote_of, p.quote_state, p.sensitive, p.url, p.sealed, p.body, p.replies, p.reposts, \
         p.likes, p.quotes, p.kept_until"
    };
}

impl PostRow {
    /// Reads [`post_columns`], from column 0 on.
    pub fn read(row: &mut Row) -> Result<PostRow, StoreError> {
        Ok(PostRow {
            id: row.get(0)?,
            author: row.get(1)?,
            origin: row.get(2)?,
            kind: from_word(row.get(3)?),
            visibility: row.get(4)?,
            created_at: row.get(5)?,
            edited_at: row.get(6)?,
            reply_to: row.get(7)?,
            reply_to_author: row.get(8)?,
            root: row.get(9)?,
            repost_of: row.get(10)?,
            quote_of: row.get(11)?,
            quote_state: row.get::<Option<i64>>(12)?.map(QuoteState::from_i64),
            sensitive: row.get(13)?,
            url: row.get(14)?,
            sealed: row.get(15)?,
            body: row.get(16)?,
            replies: row.get(17)?,
            reposts: row.get(18)?,
            likes: row.get(19)?,
            quotes: row.get(20)?,
            kept_until: row.get(21)?,
        })
    }

    /// The row of a post. `body`: [`Body::bytes`], sealed when `sealed`.
    pub fn of(post: &Post, sealed: bool, body: Vec<u8>, kept_until: Option<Time>) -> PostRow {
        PostRow {
            id: post.id,
            author: post.author,
            origin: post.origin,
            kind: post.kind,
            visibility: post.visibility,
            created_at: post.created_at,
            edited_at: post.edited_at,
            reply_to: post.reply_to,
            reply_to_author: post.reply_to_author,
            root: post.root,
            repost_of: post.repost_of,
            quote_of: post.quote.as_ref().and_then(|quote| quote.post),
            quote_state: post.quote.as_ref().map(|quote| quote.state),
            sensitive: post.sensitive,
            url: post.url.clone(),
            sealed,
            body,
            replies: 0,
            reposts: 0,
            likes: 0,
            quotes: 0,
            kept_until,
        }
    }

    /// The post, given its opened body. Poll counts are those of the body: see [`super::polls`] for the present ones.
    pub fn into_post(self, body: Body) -> Post {
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let quote = self.quote_state.map(|state| Quote {
            post: self.quote_of,
            native_id: body.quote.clone().unwrap_or_default(),
            state,
        });
        Post {
            id: self.id,
            author: self.author,
            origin: self.origin,
            kind: self.kind,
            created_at: self.created_at,
            edited_at: self.edited_at,
            visibility: self.visibility,
            title: body.title,
            text: body.text,
            warning: body.warning,
            sensitive: self.sensitive,
            languages: body.languages,
            media: body.media,
            poll: body.poll,
            mentions: body.mentions,
            tags: body.tags,
            emojis: body.emojis,
            reply_to: self.reply_to,
            reply_to_author: self.reply_to_author,
            root: self.root,
            quote,
            repost_of: self.repost_of,
            url: self.url,
            quote_policy: body.quote_policy,
            reply_policy: body.reply_policy,
            application: body.application,
            card: body.card,
            replies: count(self.replies),
            reposts: count(self.reposts),
            likes: count(self.likes),
            quotes: count(self.quotes),
        }
    }
}

pub fn by_id(id: Id) -> Query {
    query(concat!("SELECT ", post_columns!(), " FROM posts p WHERE p.id = ?1"), args![id])
}

pub fn by_ids<'a>(ids: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        concat!("SELECT ", post_columns!(), " FROM posts p WHERE p.id IN {ints ?1}"),
        args![super::ints(ids)],
    )
}

/// Some posts, what they repost, and what either quotes.
pub fn with_targets<'a>(ids: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        concat!(
            "WITH listed (id, repost_of, quote_of) AS (SELECT id, repost_of, quote_of FROM posts WHERE id IN {ints ?1}),
                  targets (id, quote_of) AS (SELECT t.id, t.quote_of FROM listed JOIN posts t ON t.id = listed.repost_of),
                  every (id) AS (SELECT id FROM listed UNION SELECT id FROM targets
                                 UNION SELECT quote_of FROM listed WHERE quote_of IS NOT NULL
                                 UNION SELECT quote_of FROM targets WHERE quote_of IS NOT NULL)
             SELECT ",
            post_columns!(),
            " FROM every e JOIN posts p ON p.id = e.id"
        ),
        args![super::ints(ids)],
    )
}

/// Some posts of an author that came by one network.
pub fn by_author_from(author: Id, network: Network, limit: i64) -> Query {
    query(
        concat!(
            "SELECT ",
            post_columns!(),
            " FROM posts p WHERE p.author_id = ?1 AND p.source = ?2 LIMIT ?3"
        ),
        args![author, network, limit],
    )
}

/// Which of somebody's posts are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfAccount<'a> {
    pub only_media: bool,
    /// Without answers to others.
    pub without_replies: bool,
    pub without_reposts: bool,
    /// In normal form; empty: any.
    pub tag: &'a str,
}

/// (id, id) of somebody's posts that the reader may see.
pub fn of_account(author: Id, wanted: OfAccount<'_>, reader: Option<Id>, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT p.id, p.id FROM posts p WHERE p.author_id = ?1 AND p.id < ?2 AND p.id > ?3
         AND (?5 = 0 OR p.has_media = 1)
         AND (?6 = 0 OR p.reply_to IS NULL OR p.reply_to_author = p.author_id)
         AND (?7 = 0 OR p.repost_of IS NULL)
         AND (?8 = '' OR EXISTS (SELECT 1 FROM tags t WHERE t.name = ?8 AND t.post_id = p.id))
         AND (p.visibility <= 1 OR p.author_id = ?9
              OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = p.id AND m.actor_id = ?9)
              OR (p.visibility = 2
                  AND EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?9 AND f.target_id = ?1 AND f.state = 1)))
         ORDER BY p.id"
    );
    let OfAccount { only_media, without_replies, without_reposts, tag } = wanted;
    let more = args![only_media, without_replies, without_reposts, tag, reader.map_or(-1, i64::from)];
    query(sql, [window.args(author), more].concat())
}

/// (id, author_id) of open reposts of a post.
pub fn reposters(post: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, author_id FROM posts WHERE repost_of = ?1 AND visibility <= 1 AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, post)
}

/// (id, id) of public posts written here that are no replies.
pub fn local(only_media: bool, window: Window) -> Query {
    // Spelled out, so that the index of local posts is used.
    let sql = paged!(
        window,
        "SELECT id, id FROM posts WHERE visibility = 0 AND source = 0 AND repost_of IS NULL AND reply_to IS NULL
         AND id < ?2 AND id > ?3 AND (?1 = 0 OR has_media = 1) ORDER BY id"
    );
    query(sql, window.args(only_media))
}

/// (id, id) of public posts that are no replies; with `remote` only those that came from elsewhere.
pub fn public(remote: bool, only_media: bool, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, id FROM posts WHERE visibility = 0 AND repost_of IS NULL AND reply_to IS NULL
         AND id < ?2 AND id > ?3 AND (?5 = 0 OR has_media = 1) AND (?1 = 0 OR source <> 0) ORDER BY id"
    );
    query(sql, [window.args(remote), args![only_media]].concat())
}

/// (id) of what a post answers, and what that answers: the first of the thread first.
pub fn above(post: Id, most: i64) -> Query {
    query(
        "WITH RECURSIVE up (id, reply_to, n) AS (
           SELECT id, reply_to, 0 FROM posts WHERE id = ?1
           UNION ALL SELECT p.id, p.reply_to, up.n + 1 FROM posts p JOIN up ON p.id = up.reply_to WHERE up.n < ?2)
         SELECT id FROM up WHERE n > 0 ORDER BY n DESC",
        args![post, most],
    )
}

/// (id) of open posts that answer a post itself, its author's own first; of the oldest `among` answers.
pub fn answers(post: Id, author: Id, most: i64, among: i64) -> Query {
    query(
        "SELECT id FROM (SELECT id, author_id, visibility FROM posts WHERE reply_to = ?1 ORDER BY id LIMIT ?4) first
         WHERE visibility <= 1 ORDER BY CASE WHEN author_id = ?2 THEN 0 ELSE 1 END, id LIMIT ?3",
        args![post, author, most, among],
    )
}

/// (id, reply_to) of what answers a post, directly or not.
pub fn below(post: Id) -> Query {
    query(
        "WITH RECURSIVE down (id, reply_to, n) AS (
           SELECT id, reply_to, 0 FROM posts WHERE id = ?1
           UNION ALL SELECT p.id, p.reply_to, down.n + 1 FROM posts p JOIN down ON p.reply_to = down.id WHERE down.n < 200)
         SELECT id, reply_to FROM down WHERE n > 0 LIMIT 4000",
        args![post],
    )
}

/// (id, reply_to) of the other posts of a thread.
pub fn of_thread(root: Id) -> Query {
    query(
        "SELECT id, reply_to FROM posts WHERE root_id = ?1 AND id <> ?1 AND repost_of IS NULL ORDER BY id LIMIT 4000",
        args![root],
    )
}

/// The post with that native id on a network (deleted copies too).
pub fn by_native(network: Network, native_id: &str) -> Query {
    query(
        concat!(
            "SELECT ",
            post_columns!(),
            " FROM copies c JOIN posts p ON p.id = c.object_id
              WHERE c.network = ?1 AND c.native_id = ?2 AND c.kind IN ('post', 'repost')"
        ),
        args![network, native_id],
    )
}

/// Somebody's repost of a post.
pub fn repost_by(author: Id, of: Id) -> Query {
    query(
        concat!("SELECT ", post_columns!(), " FROM posts p WHERE p.repost_of = ?2 AND p.author_id = ?1"),
        args![author, of],
    )
}

/// A new post. `language`: the main one. The id must be new, or the write fails.
pub fn insert(row: &PostRow, language: Option<&str>, has_media: bool) -> Change {
    Change::new(
        "INSERT INTO posts (id, author_id, source, kind, visibility, created_at, edited_at, reply_to, reply_to_author,
                            root_id, repost_of, quote_of, quote_state, sensitive, has_media, language, url, sealed, body,
                            kept_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        args![
            row.id,
            row.author,
            source(row.origin),
            word(&row.kind),
            row.visibility,
            row.created_at,
            row.edited_at,
            row.reply_to,
            row.reply_to_author,
            row.root,
            row.repost_of,
            row.quote_of,
            row.quote_state.map(|state| state as i64),
            row.sensitive,
            has_media,
            language,
            row.url.clone(),
            row.sealed,
            &row.body,
            row.kept_until
        ],
    )
}

/// The changed text of a post, if it is still at the version last read and the change is newer.
pub fn edit(row: &PostRow, language: Option<&str>, has_media: bool, read_at: Option<Time>) -> Change {
    Change::new(
        "UPDATE posts SET kind = ?2, edited_at = ?3, sensitive = ?4, has_media = ?5, language = ?6, url = ?7, body = ?8
         WHERE id = ?1 AND COALESCE(edited_at, 0) = ?9",
        args![
            row.id,
            word(&row.kind),
            row.edited_at,
            row.sensitive,
            has_media,
            language,
            row.url.clone(),
            &row.body,
            read_at.map_or(0, i64::from)
        ],
    )
    .or_fail("edited meanwhile")
}

/// What stands in the body alone has changed, and no words: no new version. Fails when the post was edited meanwhile.
pub fn set_body(post: Id, body: Vec<u8>, read_at: Option<Time>) -> Change {
    Change::new(
        "UPDATE posts SET body = ?2 WHERE id = ?1 AND COALESCE(edited_at, 0) = ?3",
        args![post, body, read_at.map_or(0, i64::from)],
    )
    .or_fail("edited meanwhile")
}

pub fn set_quote(post: Id, quote_of: Option<Id>, state: QuoteState) -> Change {
    Change::new(
        "UPDATE posts SET quote_of = COALESCE(?2, quote_of), quote_state = ?3 WHERE id = ?1",
        args![post, quote_of, state as i64],
    )
}

/// Leave to quote is there; fails when the quote does not wait for it (any more).
pub fn accept_quote(post: Id, quote_of: Option<Id>) -> Change {
    Change::new(
        "UPDATE posts SET quote_state = 1, quote_of = COALESCE(?2, quote_of) WHERE id = ?1 AND quote_state = 0",
        args![post, quote_of],
    )
    .or_fail("duplicate")
}

pub fn count_replies(post: Id, by: i64) -> Change {
    Change::new(
        "UPDATE posts SET replies = replies + ?2 WHERE id = ?1 AND replies + ?2 >= 0",
        args![post, by],
    )
}

pub fn count_reposts(post: Id, by: i64) -> Change {
    Change::new(
        "UPDATE posts SET reposts = reposts + ?2 WHERE id = ?1 AND reposts + ?2 >= 0",
        args![post, by],
    )
}

pub fn count_likes(post: Id, by: i64) -> Change {
    Change::new("UPDATE posts SET likes = likes + ?2 WHERE id = ?1 AND likes + ?2 >= 0", args![post, by])
}

pub fn count_quotes(post: Id, by: i64) -> Change {
    Change::new("UPDATE posts SET quotes = quotes + ?2 WHERE id = ?1 AND quotes + ?2 >= 0", args![post, by])
}

/// A remote post was used here: it stays longer.
pub fn keep(post: Id, until: Option<Time>) -> Change {
    Change::new(
        "UPDATE posts SET kept_until = ?2 WHERE id = ?1 AND kept_until IS NOT NULL",
        args![post, until],
    )
}

/// The post must still be there.
pub fn require(post: Id, precondition: &'static str) -> Change {
    Change::require("SELECT 1 FROM posts WHERE id = ?1", args![post], precondition)
}

/// Removes a post and all rows that are nothing without it; copies are removed apart. Reposts of it go with it, and leave
/// that others gave it to quote: what members gave has its bytes here, which others may ask for. Replies and quotes stay,
/// pointing at nothing.
pub fn delete(post: Id) -> Vec<Change> {
    const WITH_REPOSTS: &[&str] = &[
        "DELETE FROM home WHERE post_id = ?1 OR post_id IN (SELECT id FROM posts WHERE repost_of = ?1)",
        "DELETE FROM notifications WHERE post_id = ?1 OR post_id IN (SELECT id FROM posts WHERE repost_of = ?1)",
        "DELETE FROM copies WHERE object_id IN (SELECT id FROM posts WHERE repost_of = ?1) AND kind = 'repost'",
        "DELETE FROM copies WHERE object_id IN (SELECT id FROM reactions WHERE post_id = ?1) AND kind = 'reaction'",
        "DELETE FROM copies WHERE object_id = ?1 AND kind = 'quote-stamp' AND original IS NULL",
        "DELETE FROM posts WHERE repost_of = ?1",
        "DELETE FROM reactions WHERE post_id = ?1",
        "DELETE FROM bookmarks WHERE post_id = ?1",
        "DELETE FROM pins WHERE post_id = ?1",
        "DELETE FROM hidden_posts WHERE post_id = ?1",
        "DELETE FROM mentions WHERE post_id = ?1",
        "DELETE FROM tags WHERE post_id = ?1",
        "DELETE FROM polls WHERE post_id = ?1",
        "DELETE FROM votes WHERE post_id = ?1",
        "DELETE FROM edits WHERE post_id = ?1",
        "DELETE FROM post_keys WHERE post_id = ?1",
        "DELETE FROM fetchers WHERE post_id = ?1",
        "DELETE FROM idempotency WHERE post_id = ?1",
        "DELETE FROM search_posts WHERE rowid = ?1",
        "DELETE FROM awaited WHERE post_id = ?1",
        "DELETE FROM conversation_posts WHERE post_id = ?1",
        "DELETE FROM conversations WHERE last_post = ?1 AND NOT EXISTS
           (SELECT 1 FROM conversation_posts p WHERE p.conversation_id = conversations.id)",
        "UPDATE conversations SET last_post = (SELECT MAX(p.post_id) FROM conversation_posts p
           WHERE p.conversation_id = conversations.id) WHERE last_post = ?1",
        "DELETE FROM gated WHERE post_id = ?1",
        "UPDATE posts SET quote_state = 4, quote_of = NULL WHERE quote_of = ?1",
    ];
    let mut changes: Vec<Change> = WITH_REPOSTS.iter().map(|sql| Change::new(*sql, args![post])).collect();
    changes.extend(super::files::release_of_post(post));
    changes.push(super::media::delete_of_post(post));
    changes.push(Change::new("DELETE FROM posts WHERE id = ?1", args![post]).or_fail("post"));
    changes
}

/// (author_id) of members who reposted a post.
pub fn member_reposters(post: Id) -> Query {
    query(
        "SELECT p.author_id FROM posts p JOIN members m ON m.actor_id = p.author_id WHERE p.repost_of = ?1",
        args![post],
    )
}
