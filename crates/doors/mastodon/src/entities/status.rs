//! docs/entities/Status, docs/entities/StatusEdit

use super::{
    Account, CustomEmoji, MediaAttachment, Poll, Show,
    card::PreviewCard,
    emojis,
    quote::{self, Quote},
};
use landbridge_hub::PostView;
use landbridge_model::{Post, Time, Visibility, richtext::escape};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
pub(crate) struct Status<'a> {
    id: String,
    created_at: String,
    in_reply_to_id: Option<String>,
    in_reply_to_account_id: Option<String>,
    sensitive: bool,
    spoiler_text: &'a str,
    visibility: &'static str,
    language: Option<&'a str>,
    uri: &'a str,
    url: &'a str,
    replies_count: u64,
    reblogs_count: u64,
    favourites_count: u64,
    quotes_count: u64,
    edited_at: Option<String>,
    content: String,
    /// The text as typed: only in the answer to a deletion.
    text: Option<&'a str>,
    reblog: Option<Box<Status<'a>>>,
    application: Option<Application<'a>>,
    account: Account<'a>,
    media_attachments: Vec<MediaAttachment<'a>>,
    mentions: Vec<Mention<'a>>,
    tags: Vec<StatusTag<'a>>,
    emojis: Vec<CustomEmoji<'a>>,
    quote: Option<Quote<'a>>,
    card: Option<PreviewCard<'a>>,
    poll: Option<Poll<'a>>,
    favourited: Option<bool>,
    reblogged: Option<bool>,
    muted: Option<bool>,
    bookmarked: Option<bool>,
    pinned: Option<bool>,
    filtered: Option<[(); 0]>,
}

#[derive(Serialize)]
struct Application<'a> {
    name: &'a str,
    website: Option<&'a str>,
}

#[derive(Serialize)]
struct Mention<'a> {
    id: String,
    username: &'a str,
    acct: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct StatusTag<'a> {
    name: &'a str,
    url: String,
}

impl<'a> Status<'a> {
    pub fn new(show: &Show<'_>, view: &'a PostView) -> Status<'a> {
        Status::build(show, view, false)
    }

    pub(super) fn quoted(show: &Show<'_>, view: &'a PostView) -> Status<'a> {
        Status::build(show, view, true)
    }

    /// With the text as it was typed, for writing it anew.
    pub fn with_text(mut self, text: &'a str) -> Status<'a> {
        self.text = Some(text);
        self
    }

    fn build(show: &Show<'_>, view: &'a PostView, nested: bool) -> Status<'a> {
        // A repost has a text, counts and marks only by what it reposts.
        let proper = view.repost.as_deref().unwrap_or(view);
        let (post, own) = (&view.post, &proper.post);
        let for_reader = |mark: bool| show.reader.map(|_| mark);
        let marks = &proper.marks;
        let mention = |m: &'a landbridge_model::Mention| Mention {
            id: m.actor.to_string(),
            username: m.acct.split('@').next().unwrap_or_default(),
            acct: &m.acct,
            url: &m.url,
        };
        Status {
            id: post.id.to_string(),
            created_at: post.created_at.rfc3339(),
            in_reply_to_id: post.reply_to.map(|id| id.to_string()),
            in_reply_to_account_id: post.reply_to.and(post.reply_to_author).map(|id| id.to_string()),
            sensitive: own.sensitive,
            spoiler_text: own.warning.as_deref().unwrap_or(""),
            visibility: visibility(post.visibility),
            language: own.languages.first().map(String::as_str),
            uri: &view.uri,
            url: &proper.url,
            replies_count: own.replies,
            reblogs_count: own.reposts,
            favourites_count: own.likes,
            quotes_count: own.quotes,
            edited_at: post.edited_at.map(|t| t.rfc3339()),
            content: content(show, proper),
            text: None,
            reblog: view.repost.as_deref().map(|target| Box::new(Status::build(show, target, nested))),
            application: post.application.as_deref().map(|name| Application { name, website: None }),
            account: Account::new(show, &view.author),
            media_attachments: post.media.iter().map(|m| MediaAttachment::new(show, m)).collect(),
            mentions: post
                .mentions
                .iter()
                .filter(|m| !m.silent || post.origin.is_some())
                .map(mention)
                .collect(),
            tags: post.tags.iter().map(|name| StatusTag { name, url: show.tag_url(name) }).collect(),
            emojis: emojis(show, &post.emojis),
            quote: quote::quote(show, view, nested),
            card: post.card.as_ref().map(|card| PreviewCard::new(show, card)),
            poll: Poll::new(show, view),
            favourited: for_reader(marks.liked),
            reblogged: for_reader(marks.reposted),
            muted: for_reader(marks.muted),
            bookmarked: for_reader(marks.bookmarked),
            pinned: for_reader(marks.pinned),
            filtered: show.reader.map(|_| []),
        }
    }
}

/// Title, link to what is quoted, and text.
fn content(show: &Show<'_>, view: &PostView) -> String {
    let text = show.html(&view.post.text);
    let title = view.post.title.as_deref().filter(|t| !t.is_empty());
    match (title, quote::inline(view)) {
        (None, None) => text,
        (title, quoted) => {
            let title = title.map(|t| format!("<p><strong>{}</strong></p>", escape(t))).unwrap_or_default();
            format!("{}{title}{text}", quoted.unwrap_or_default())
        }
    }
}

#[derive(Serialize)]
pub(crate) struct StatusEdit<'a> {
    content: String,
    spoiler_text: &'a str,
    sensitive: bool,
    created_at: String,
    account: Account<'a>,
    poll: Option<Value>,
    media_attachments: Vec<MediaAttachment<'a>>,
    emojis: Vec<CustomEmoji<'a>>,
}

impl<'a> StatusEdit<'a> {
    /// `present`: the post as it is now; `version`: as it was at that time.
    pub fn new(show: &Show<'_>, present: &'a PostView, at: Time, version: &'a Post) -> StatusEdit<'a> {
        let options = |poll: &landbridge_model::Poll| {
            let options: Vec<_> = poll.options.iter().map(|o| json!({ "title": o.title })).collect();
            json!({ "options": options })
        };
        StatusEdit {
            content: show.html(&version.text),
            spoiler_text: version.warning.as_deref().unwrap_or(""),
            sensitive: version.sensitive,
            created_at: at.rfc3339(),
            account: Account::new(show, &present.author),
            poll: version.poll.as_ref().map(options),
            media_attachments: version.media.iter().map(|m| MediaAttachment::new(show, m)).collect(),
            emojis: emojis(show, &version.emojis),
        }
    }
}

/// The API's word.
pub(crate) fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Followers => "private",
        Visibility::Direct => "direct",
    }
}

pub(crate) fn visibility_of(word: &str) -> Option<Visibility> {
    use Visibility::*;
    [Public, Unlisted, Followers, Direct].into_iter().find(|v| visibility(*v) == word)
}
