//! `home`: which posts stand on which member's home timeline.

use super::Window;
use crate::{Change, Query, args, query};
use landbridge_model::{Id, Mention, Post, Time};

/// A repost is left out where the post, or another repost of it, is among so many newest entries of a home timeline.
const APART: i64 = 40;

/// What decides on whose home timelines a post or repost stands.
#[derive(Clone, Copy, Debug)]
pub struct Fanout<'a> {
    /// The post or repost itself.
    pub id: Id,
    pub author: Id,
    /// A reply: who is answered. Shown only to those who follow that one too, and to that one.
    pub reply_to_author: Option<Id>,
    /// A repost: of which post.
    pub reposted: Option<&'a Post>,
    /// Who is named in the post itself.
    pub named: &'a [Mention],
    /// Main language, BCP 47.
    pub language: Option<&'a str>,
    pub now: Time,
}

impl<'a> Fanout<'a> {
    pub fn of(post: &'a Post, reposted: Option<&'a Post>, now: Time) -> Fanout<'a> {
        Fanout {
            id: post.id,
            author: post.author,
            reply_to_author: post.reply_to_author,
            reposted,
            named: &post.mentions,
            language: post.languages.first().map(String::as_str),
            now,
        }
    }
}

/// Puts a post on the home timelines of all members with an accepted follow of its author, as their follow, mutes and
/// blocks say: not where it is of, answers or names somebody whom the member does not want to meet. RETURNING (member_id). For posts that followers may read: never for direct ones.
pub fn fan_out(post: Fanout<'_>) -> Change {
    let main = post.language.unwrap_or_default();
    let primary = main.split('-').next().unwrap_or_default();
    let answered = post.reply_to_author.unwrap_or_default();
    let reposted = post.reposted.map(|reposted| reposted.author).unwrap_or_default();
    let named = post.named.iter().chain(post.reposted.iter().flat_map(|reposted| &reposted.mentions));
    let named = named.filter(|mention| !mention.silent).map(|mention| mention.actor);
    let people: Vec<Id> = [post.author, answered, reposted].into_iter().chain(named).collect();
    Change::new(
        "INSERT INTO home (member_id, post_id)
         SELECT f.follower_id, ?1 FROM follows f JOIN members m ON m.actor_id = f.follower_id
         WHERE f.target_id = ?2 AND f.state = 1
           AND (?3 = 0 OR ?3 = f.target_id OR ?3 = f.follower_id
                OR EXISTS (SELECT 1 FROM follows g WHERE g.follower_id = f.follower_id AND g.target_id = ?3 AND g.state = 1))
           AND (?4 = 0 OR f.reposts = 1)
           AND (?5 = '' OR f.languages = '[]' OR f.languages LIKE '%\"' || ?5 || '\"%' OR f.languages LIKE '%\"' || ?6 || '\"%')
           AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.member_id = f.follower_id AND u.target_id IN {ints ?10}
                             AND (u.expires_at IS NULL OR u.expires_at > ?7))
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = f.follower_id AND b.target_id IN {ints ?10})
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.target_id = f.follower_id AND b.actor_id IN (?2, ?3, ?4))
           AND (?4 = 0 OR NOT EXISTS (SELECT 1 FROM member_domain_blocks d JOIN actors o ON o.id = ?4
                                       WHERE d.member_id = f.follower_id AND d.domain = o.domain))
           AND (?8 = 0 OR NOT EXISTS (SELECT 1 FROM (SELECT h.post_id FROM home h WHERE h.member_id = f.follower_id
                                                     ORDER BY h.post_id DESC LIMIT ?9) latest
                                      JOIN posts p ON p.id = latest.post_id WHERE p.id = ?8 OR p.repost_of = ?8))
         ON CONFLICT (member_id, post_id) DO NOTHING RETURNING member_id",
        args![
            post.id,
            post.author,
            answered,
            reposted,
            main,
            primary,
            post.now,
            post.reposted.map(|reposted| reposted.id).unwrap_or_default(),
            APART,
            super::ints(&people)
        ],
    )
}

/// Puts a post on one member's home timeline: the author's own. RETURNING (member_id) when it is new there.
pub fn put(member: Id, post: Id) -> Change {
    Change::new(
        "INSERT INTO home (member_id, post_id) VALUES (?1, ?2) ON CONFLICT (member_id, post_id) DO NOTHING RETURNING member_id",
        args![member, post],
    )
}

/// Takes one post off all home timelines. RETURNING (member_id) of those who had it.
pub fn remove(post: Id) -> Change {
    Change::new("DELETE FROM home WHERE post_id = ?1 RETURNING member_id", args![post])
}

/// Takes one person's posts and reposts (and reposts of theirs) off one member's home timeline.
pub fn forget_author(member: Id, author: Id) -> Change {
    Change::new(
        "DELETE FROM home WHERE member_id = ?1 AND post_id IN
           (SELECT h.post_id FROM home h JOIN posts p ON p.id = h.post_id LEFT JOIN posts o ON o.id = p.repost_of
            WHERE h.member_id = ?1 AND (p.author_id = ?2 OR o.author_id = ?2))",
        args![member, author],
    )
}

/// After a new follow: the newest open posts of that author that are known here, without replies.
pub fn fill_in(member: Id, author: Id, limit: i64) -> Change {
    Change::new(
        "INSERT INTO home (member_id, post_id)
         SELECT ?1, id FROM (SELECT id FROM posts WHERE author_id = ?2 AND visibility < 2 AND reply_to IS NULL
                             ORDER BY id DESC LIMIT ?3) latest WHERE true
         ON CONFLICT (member_id, post_id) DO NOTHING",
        args![member, author, limit],
    )
}

/// After a mute: the newest posts of somebody whom the member still follows, as the follow says, with their answers to
/// themselves.
pub fn put_back(member: Id, author: Id, limit: i64) -> Change {
    Change::new(
        "INSERT INTO home (member_id, post_id)
         SELECT ?1, id FROM (SELECT p.id FROM follows f JOIN posts p ON p.author_id = f.target_id
                             WHERE f.follower_id = ?1 AND f.target_id = ?2 AND f.state = 1 AND p.visibility < 3
                               AND (p.reply_to IS NULL OR p.reply_to_author = ?2)
                               AND (p.repost_of IS NULL OR f.reposts = 1 AND NOT EXISTS (
                                    SELECT 1 FROM home h WHERE h.member_id = ?1 AND h.post_id = p.repost_of))
                               AND (p.language IS NULL OR f.languages = '[]'
                                    OR f.languages LIKE '%\"' || p.language || '\"%'
                                    OR f.languages LIKE '%\"' || substr(p.language, 1, 2) || '\"%')
                             ORDER BY p.id DESC LIMIT ?3) latest WHERE true
         ON CONFLICT (member_id, post_id) DO NOTHING",
        args![member, author, limit],
    )
}

/// (post_id, post_id) of a member's home timeline.
pub fn page(member: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT post_id, post_id FROM home WHERE member_id = ?1 AND post_id < ?2 AND post_id > ?3 ORDER BY post_id"
    );
    window.query(sql, member)
}

/// (member_id) of everyone on whose home timeline a post (or a repost of it) stands.
pub fn members_with(post: Id) -> Query {
    query(
        "SELECT member_id FROM home WHERE post_id = ?1
         UNION SELECT h.member_id FROM posts r JOIN home h ON h.post_id = r.id WHERE r.repost_of = ?1",
        args![post],
    )
}

/// (id, member_id) of reposts of a post, the newest first, with the members on whose home timelines they stand.
pub fn reposts_of(post: Id, limit: i64) -> Query {
    query(
        "SELECT r.id, h.member_id FROM posts r JOIN home h ON h.post_id = r.id WHERE r.repost_of = ?1
         ORDER BY r.id DESC LIMIT ?2",
        args![post, limit],
    )
}
