//! Objects that are posts: Note and Question as they are; Article, Page, Video, Audio, Image, Event converted with
//! title, text and a link to where they are at home.

use super::{actor::page, elsewhere, media, poll, quote, tags, web_url};
use crate::text::{self, Hints, MAX_TEXT};
use crate::vocab::{Localized, Node, POST_TYPES, addressed, localized, same_authority, visibility};
use landbridge_hub::InPost;
use landbridge_model::richtext::compose;
use landbridge_model::{Mark, MarkKind, PostKind, RichText, Time, Visibility, safe_display_name};

const MAX_TITLE: usize = 500;
const MAX_ADDRESSED: usize = 256;

/// A post, with what has still to be asked for.
#[derive(Clone, Debug)]
pub struct ReadPost {
    pub post: InPost,
    /// Native id of the leave to quote that the post shows; the quoted author's server has to confirm it.
    pub stamp: Option<String>,
    /// Everybody it is attributed to; `post.author` is the one whose server it is on.
    pub authors: Vec<String>,
}

/// Reads a post; `None` when it is none, or has no id or author of one authority (FEP-fe34).
pub fn post(node: Node<'_>, now: Time) -> Option<ReadPost> {
    let id = web_url(node.own_id()?)?;
    let kind = kind(node)?;
    let mut authors: Vec<String> = authors(node, id).map(str::to_owned).collect();
    authors.dedup();
    let author = authors.first()?.clone();
    let tagged = tags::read(node);
    let quote = quote::read(node);
    let content = localized(node, "content", "contentMap");
    let sensitive = node.bool("sensitive").unwrap_or(false);
    let shortcodes = tagged.shortcodes();
    let hints = Hints { mentions: &tagged.mentions, emojis: &shortcodes, has_quote: quote.quoted.is_some() };
    let url = page(node);
    let mut text = body(node, kind, content, &hints, url.as_deref().unwrap_or(id));
    if quote.quoted.is_some() {
        drop_written_quote(&mut text);
    }
    let in_text = text.tags();
    let published = node.time("published").map_or(now, |t| t.min(now));
    let updated = node.time("updated").map(|t| t.min(now)).filter(|t| *t > published);
    let visibility = visibility(node, None);
    let post = InPost {
        native_id: id.to_owned(),
        version: None,
        author: author.clone(),
        url: url.or_else(|| Some(id.to_owned())),
        kind,
        published,
        updated,
        visibility: Some(visibility),
        addressed: everyone(node, visibility, &tagged),
        title: title(node, kind),
        warning: warning(node, kind, sensitive),
        sensitive,
        languages: language(node, content).map(str::to_owned).into_iter().collect(),
        media: media::read(node, sensitive),
        poll: if node.is("Question") { poll::read(node, now) } else { None },
        tags: tagged.hashtags.into_iter().filter(|t| !in_text.contains(t)).collect(),
        emojis: tagged.emojis,
        text,
        reply_to: node.id("inReplyTo").and_then(web_url).map(str::to_owned),
        root: None,
        quote: quote.quoted,
        quote_stamp: None,
        quote_free: quote.legacy,
        quote_policy: quote::policy(node, &author),
        same_as: elsewhere::same_as(node),
        ..InPost::default()
    };
    Some(ReadPost { post, stamp: quote.stamp, authors })
}

/// The text's own language; else what PeerTube and Lemmy say of the whole.
fn language<'a>(node: Node<'a>, content: Localized<'a>) -> Option<&'a str> {
    let named = || {
        node.object("language").and_then(|l| l.text("identifier")).filter(|l| *l != "und" && l.len() <= 35)
    };
    content.language.or_else(named)
}

/// Takes `RE: link` off the end, which older servers write out for readers that know no quotes.
fn drop_written_quote(rich: &mut RichText) {
    let Some(start) = rich.text.rfind("RE: ") else { return };
    let (before, rest) = rich.text.split_at(start);
    let alone = before.is_empty() || before.ends_with('\n');
    let link =
        rest.strip_prefix("RE: ").is_some_and(|l| web_url(l).is_some() && !l.contains(char::is_whitespace));
    if alone && link {
        rich.text.truncate(before.trim_end().len());
        let text = std::mem::take(&mut rich.text);
        *rich = RichText::new(text, std::mem::take(&mut rich.marks));
    }
}

/// A vote in a poll: a Note with a name, in reply to the question, that says nothing else (FEP-9967). snac writes a
/// line break for the nothing.
pub fn is_vote(node: Node<'_>) -> bool {
    node.is("Note")
        && node.has("name")
        && node.id("inReplyTo").is_some()
        && !node.has("attachment")
        && localized(node, "content", "contentMap")
            .text
            .is_none_or(|html| text::read(html, &Hints::default()).text.trim().is_empty())
}

fn kind(node: Node<'_>) -> Option<PostKind> {
    Some(match node.kinds().find(|k| POST_TYPES.contains(k))? {
        "Article" => PostKind::Article,
        "Page" => PostKind::Page,
        "Video" => PostKind::Video,
        "Audio" => PostKind::Audio,
        "Image" => PostKind::Image,
        "Event" => PostKind::Event,
        _ => PostKind::Note,
    })
}

/// Who wrote it, the ones of the object's own authority alone; a person before a group (PeerTube names both).
fn authors<'a>(node: Node<'a>, id: &'a str) -> impl Iterator<Item = &'a str> {
    let of = move |name: &'static str| {
        let entries = move |group: bool| node.list(name).filter(move |n| n.is("Group") == group);
        entries(false).chain(entries(true)).filter_map(Node::as_id)
    };
    // Events of Mobilizon name their author as `actor`.
    of("attributedTo")
        .chain(of("actor"))
        .filter(move |a| web_url(a).is_some() && same_authority(a, id))
        .take(8)
}

/// Whom it is for. A public post is for those whom a tag names: to whom else it was sent tells nothing. What is not
/// public is for whom it is sent to, and for nobody by a tag.
fn everyone(node: Node<'_>, visibility: Visibility, tagged: &tags::Tagged) -> Vec<String> {
    let ids: Vec<&str> = match visibility.is_open() {
        true => tagged.mentions.iter().map(|m| m.id.as_str()).collect(),
        false => addressed(node).filter(|id| web_url(id).is_some()).collect(),
    };
    let mut all: Vec<String> = Vec::new();
    for id in ids {
        if all.len() < MAX_ADDRESSED && !all.iter().any(|a| a == id) {
            all.push(id.to_owned());
        }
    }
    all
}

fn title(node: Node<'_>, kind: PostKind) -> Option<String> {
    let name = localized(node, "name", "nameMap").text.map(text::plain)?;
    let name = safe_display_name(&name, MAX_TITLE);
    // The name of an attached-like object is its description.
    let shown = !name.is_empty() && !matches!(kind, PostKind::Image);
    shown.then_some(name)
}

/// For notes `summary` is a content warning; for the long forms an abstract, unless they are marked as sensitive.
fn warning(node: Node<'_>, kind: PostKind, sensitive: bool) -> Option<String> {
    let note = matches!(kind, PostKind::Note);
    let summary = localized(node, "summary", "summaryMap").text.filter(|_| note || sensitive);
    let summary = summary.or_else(|| node.text("dcterms:subject")).map(text::plain)?;
    Some(safe_display_name(&summary, MAX_TITLE)).filter(|s| !s.is_empty())
}

fn body(node: Node<'_>, kind: PostKind, content: Localized<'_>, hints: &Hints<'_>, home: &str) -> RichText {
    let media_type = node.text("mediaType").filter(|m| m.starts_with("text/")).unwrap_or("text/html");
    let summary = || localized(node, "summary", "summaryMap").text;
    let source =
        content.text.or_else(|| if kind == PostKind::Note { None } else { summary() }).unwrap_or_default();
    let mut rich =
        if media_type.starts_with("text/html") { text::read(source, hints) } else { unmarked(source) };
    match kind {
        PostKind::Note | PostKind::Article => {}
        PostKind::Page => {
            if let Some(link) = media::link(node).filter(|link| !rich.text.contains(link)) {
                append(&mut rich, link, true);
            }
        }
        PostKind::Event => {
            if let Some(line) = when_and_where(node) {
                append(&mut rich, &line, false);
            }
            append(&mut rich, home, true);
        }
        PostKind::Video | PostKind::Audio | PostKind::Image => append(&mut rich, home, true),
    }
    rich
}

/// Plain text or Markdown: links and tags are found in it; names without an actor are only text.
fn unmarked(source: &str) -> RichText {
    let mut rich = compose(source.get(..source.floor_char_boundary(MAX_TEXT)).unwrap_or_default());
    rich.marks.retain(|m| !matches!(m.kind, MarkKind::Mention { .. }));
    rich
}

fn append(rich: &mut RichText, line: &str, link: bool) {
    if !rich.text.is_empty() {
        rich.text.push_str("\n\n");
    }
    let start = rich.text.len() as u32;
    rich.text.push_str(line);
    if link {
        rich.marks.push(Mark {
            start,
            end: rich.text.len() as u32,
            kind: MarkKind::Link { url: line.to_owned() },
        });
    }
}

fn when_and_where(node: Node<'_>) -> Option<String> {
    let start = node.time("startTime")?;
    let mut line = format!("📅 {} {} UTC", start.date(), start.rfc3339().get(11..16).unwrap_or_default());
    if let Some(place) = node.object("location").and_then(|l| l.text("name")) {
        line.push_str(" · ");
        line.push_str(&safe_display_name(&text::plain(place), 200));
    }
    Some(line)
}
