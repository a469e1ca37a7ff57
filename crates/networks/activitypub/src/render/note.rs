//! A member's post as `Note`, `Question`, `Article` or `ChatMessage`.
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use crate::urls::Urls;
use crate::vocab::PUBLIC;
use landbridge_model::richtext::to_html;
use landbridge_model::{
    Audience, Emoji, Groups, MarkKind, Media, Poll, Post, PostKind, RichText, Time, Visibility,
};
use serde_json::{Map, Value, json};

/// Characters of an article's preview.
const PREVIEW: usize = 400;
/// A private message between two (<https://docs.pleroma.social/backend/development/ap_extensions/#chatmessages>).
const CHAT: &str = "ChatMessage";

/// A post and everything around it that has to be looked up first.
pub struct NoteParts<'a> {
    pub urls: &'a Urls,
    /// The author's user name.
    pub name: &'a str,
    pub post: &'a Post,
    pub mentioned: Vec<Mentioned>,
    /// Native id of the parent.
    pub in_reply_to: Option<String>,
    /// Native id of the quoted post.
    pub quote: Option<String>,
    /// Native id of the leave to quote it.
    pub stamp: Option<String>,
    /// Native id of the parent's author's proof that this may be an answer.
    pub approval: Option<String>,
    /// The community that the parent was posted to.
    pub community: Option<String>,
    /// The thread began with a `ChatMessage`. Lemmy 0.19 and Pleroma's chats take answers of that type only.
    pub in_chat: bool,
    /// Native id of the thread, when it is kept here.
    pub context: Option<String>,
    /// The same post elsewhere: `nostr:` and `at:` URIs (FEP-fffd).
    pub elsewhere: Vec<String>,
    /// Whose answers are not turned away, by the post's own policy or the author's rules.
    pub answers: Audience,
    pub now: Time,
}

/// Somebody mentioned who is on this network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentioned {
    /// As the post's text names them.
    pub acct: String,
    /// Native id.
    pub id: String,
    /// `name@host`.
    pub address: String,
    pub url: String,
    /// A community, which passes on what is posted to it.
    pub is_group: bool,
}

/// The object, without context.
pub fn note(parts: &NoteParts<'_>) -> Value {
    let (urls, post, name) = (parts.urls, parts.post, parts.name);
    let id = urls.post(name, post.id);
    let actor = urls.actor(name);
    let content = content(parts);
    let (to, cc) = receivers(parts);
    let mut doc = json!({
        "id": id,
        "type": kind(parts),
        "attributedTo": actor,
        "content": content,
        "published": post.created_at.rfc3339(),
        "url": urls_with(&urls.post_page(name, post.id), &parts.elsewhere),
        "to": to,
        "cc": cc,
        "sensitive": post.sensitive || post.warning.is_some(),
        "tag": tags(parts),
        "attachment": post.media.iter().filter_map(|m| attachment(m, urls)).collect::<Vec<_>>(),
        "interactionPolicy": policy(parts, &actor),
        "replies": replies(&id),
        "likes": {"id": format!("{id}/likes"), "type": "Collection", "totalItems": post.likes},
        "shares": {"id": format!("{id}/shares"), "type": "Collection", "totalItems": post.reposts},
    });
    if let Some(language) = post.languages.first() {
        doc["contentMap"] = json!({ language: content });
    }
    let optional = [
        ("summary", post.warning.as_deref()),
        ("name", post.title.as_deref()),
        ("mediaType", (kind(parts) == CHAT).then_some("text/html")),
        ("inReplyTo", parts.in_reply_to.as_deref()),
        ("context", parts.context.as_deref()),
        ("conversation", parts.context.as_deref()),
        ("quote", parts.quote.as_deref()),
        ("quoteUrl", parts.quote.as_deref()),
        ("quoteUri", parts.quote.as_deref()),
        ("_misskey_quote", parts.quote.as_deref()),
        ("approvedBy", parts.approval.as_deref()),
        ("replyAuthorization", parts.approval.as_deref()),
        ("quoteAuthorization", parts.stamp.as_deref().filter(|_| parts.quote.is_some())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            doc[name] = value.into();
        }
    }
    if let Some(group) = community(parts) {
        doc["audience"] = group.into();
    }
    if let Some(edited) = post.edited_at {
        doc["updated"] = edited.rfc3339().into();
    }
    if let (Some(poll), Value::Object(map)) = (&post.poll, &mut doc) {
        add_poll(map, poll, parts.now);
    }
    if kind(parts) == "Article" {
        doc["preview"] = json!({"type": "Note", "attributedTo": actor, "content": preview(post, urls)});
    }
    doc
}

/// Where its replies are listed. GoToSocial looks for them only when the collection and its first page are embedded; what
/// there is on that page is filled in where the post is asked for, since it is not known yet when the post is sent.
fn replies(id: &str) -> Value {
    let own = format!("{id}/replies");
    let next = format!("{own}?page=1");
    let first = json!({"type": "CollectionPage", "partOf": own, "next": next, "items": []});
    json!({"id": own, "type": "Collection", "first": first})
}

/// `to` and `cc` of a post and of the activities around it.
pub fn receivers(parts: &NoteParts<'_>) -> (Vec<String>, Vec<String>) {
    let followers = parts.urls.of_actor(parts.name, "followers");
    let mut mentioned: Vec<String> = Vec::new();
    for m in &parts.mentioned {
        if !mentioned.contains(&m.id) {
            mentioned.push(m.id.clone());
        }
    }
    mentioned.extend(community(parts).filter(|g| !mentioned.iter().any(|m| m == g)).map(str::to_owned));
    let with =
        |first: &[&str]| first.iter().map(|f| (*f).to_owned()).chain(mentioned.iter().cloned()).collect();
    match parts.post.visibility {
        Visibility::Public => (vec![PUBLIC.to_owned()], with(&[&followers])),
        Visibility::Unlisted => (vec![followers], with(&[PUBLIC])),
        Visibility::Followers => (vec![followers], mentioned),
        Visibility::Direct => (mentioned, Vec::new()),
    }
}

/// The community that a post is for (FEP-1b12): one that is mentioned, else that of the parent.
fn community<'a>(parts: &'a NoteParts<'_>) -> Option<&'a str> {
    let mentioned = parts.mentioned.iter().find(|m| m.is_group).map(|m| m.id.as_str());
    mentioned.or(parts.community.as_deref()).filter(|_| parts.post.visibility.is_open())
}

/// A message goes to one, as it has to there; one to several is a note.
fn kind(parts: &NoteParts<'_>) -> &'static str {
    let post = parts.post;
    let to_one = post.visibility == Visibility::Direct && parts.mentioned.len() == 1;
    match (&post.poll, post.kind) {
        (Some(_), _) => "Question",
        (None, PostKind::Article) if post.title.is_some() => "Article",
        (None, _) if parts.in_chat && to_one => CHAT,
        _ => "Note",
    }
}

fn content(parts: &NoteParts<'_>) -> String {
    let mut html = to_html(&with_native_links(parts), &parts.urls.tag_base());
    if let Some(quote) = &parts.quote {
        // For readers that know no quotes; the others leave it out by its class.
        let link = landbridge_model::richtext::escape(quote);
        html.push_str(&format!("<p class=\"quote-inline\">RE: <a href=\"{link}\">{link}</a></p>"));
    }
    html
}

/// Mentions of people on this network lead to them here; others become plain links to where they are.
fn with_native_links(parts: &NoteParts<'_>) -> RichText {
    let mut rich = parts.post.text.clone();
    for mark in &mut rich.marks {
        let MarkKind::Mention { id, acct, url } = &mut mark.kind else { continue };
        match parts.mentioned.iter().find(|m| m.acct == *acct || m.id == *id || m.address == *acct) {
            Some(m) => {
                *id = m.id.clone();
                *url = m.url.clone();
            }
            None => mark.kind = MarkKind::Link { url: std::mem::take(url) },
        }
    }
    rich
}

fn tags(parts: &NoteParts<'_>) -> Vec<Value> {
    let mut tags = Vec::new();
    for m in &parts.mentioned {
        tags.push(json!({"type": "Mention", "href": m.id, "name": format!("@{}", m.address)}));
    }
    for tag in &parts.post.tags {
        let href: String = url::form_urlencoded::byte_serialize(tag.as_bytes()).collect();
        let href = format!("{}{href}", parts.urls.tag_base());
        tags.push(json!({"type": "Hashtag", "href": href, "name": format!("#{tag}")}));
    }
    tags.extend(parts.post.emojis.iter().map(emoji_tag));
    if let Some(quote) = &parts.quote {
        tags.push(json!({
            "type": "Link",
            "mediaType": "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
            "rel": "https://misskey-hub.net/ns#_misskey_quote",
            "href": quote,
            "name": format!("RE: {quote}"),
        }));
    }
    tags
}

pub(super) fn emoji_tag(emoji: &Emoji) -> Value {
    json!({
        "type": "Emoji",
        "id": emoji.url,
        "name": format!(":{}:", emoji.shortcode),
        "icon": {"type": "Image", "url": emoji.url},
    })
}

/// The page for browsers first; then, if there are any, copies on other networks (FEP-fffd).
pub(super) fn urls_with(page: &str, elsewhere: &[String]) -> Value {
    if elsewhere.is_empty() {
        return page.into();
    }
    let link = |href: &String| json!({"type": "Link", "rel": "alternate", "href": href});
    std::iter::once(Value::from(page)).chain(elsewhere.iter().map(link)).collect()
}

fn attachment(media: &Media, urls: &Urls) -> Option<Value> {
    let url = match (&media.file, &media.remote_url) {
        (Some(file), _) => urls.at(&landbridge_media::url_path(file)),
        (None, Some(url)) => url.clone(),
        (None, None) => return None,
    };
    let mut doc = json!({"type": "Document", "mediaType": media.mime, "url": url});
    let meta = &media.meta;
    let optional = [
        ("name", media.description.as_deref().map(Value::from)),
        ("blurhash", meta.blurhash.as_deref().map(Value::from)),
        ("width", meta.width.map(Value::from)),
        ("height", meta.height.map(Value::from)),
        ("focalPoint", meta.focus.map(|(x, y)| json!([x, y]))),
        ("duration", meta.duration.map(|d| Value::from(format!("PT{d}S")))),
        ("sensitive", media.sensitive.then(|| true.into())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            doc[name] = value;
        }
    }
    Some(doc)
}

/// Who may quote without asking; and who may answer, when that is not everybody who sees it.
fn policy(parts: &NoteParts<'_>, actor: &str) -> Value {
    let mut policy = json!({"canQuote": {"automaticApproval": can_quote(parts, actor)}});
    let Some(groups) = parts.answers.groups() else { return policy };
    let mut answers = collections(parts, groups);
    answers.push(actor.to_owned());
    if parts.answers != Audience::Nobody {
        answers.extend(parts.mentioned.iter().map(|mentioned| mentioned.id.clone()));
    }
    policy["canReply"] = json!({"automaticApproval": answers});
    policy
}

fn can_quote(parts: &NoteParts<'_>, actor: &str) -> Vec<String> {
    let own = vec![actor.to_owned()];
    if !parts.post.visibility.is_open() {
        return own;
    }
    match parts.post.quote_policy.groups() {
        None => vec![PUBLIC.to_owned()],
        Some(groups) if groups.followers || groups.following => collections(parts, groups),
        // "Nobody" is said by naming the author alone: an empty list would be read as no policy.
        Some(_) => own,
    }
}

fn collections(parts: &NoteParts<'_>, groups: Groups) -> Vec<String> {
    let named = [(groups.followers, "followers"), (groups.following, "following")];
    let named = named.into_iter().filter(|(is_meant, _)| *is_meant);
    named.map(|(_, name)| parts.urls.of_actor(parts.name, name)).collect()
}

fn add_poll(map: &mut Map<String, Value>, poll: &Poll, now: Time) {
    let option = |o: &landbridge_model::PollOption| json!({"type": "Note", "name": o.title, "replies": {"type": "Collection", "totalItems": o.votes}});
    let options: Vec<Value> = poll.options.iter().map(option).collect();
    map.insert(if poll.multiple { "anyOf" } else { "oneOf" }.into(), options.into());
    if let Some(voters) = poll.voters {
        map.insert("votersCount".into(), voters.into());
    }
    if let Some(end) = poll.ends_at {
        map.insert("endTime".into(), end.rfc3339().into());
    }
    if poll.is_over(now) {
        map.insert("closed".into(), poll.ends_at.unwrap_or(now).min(now).rfc3339().into());
    }
}

fn preview(post: &Post, urls: &Urls) -> String {
    let cut = post.text.text.char_indices().nth(PREVIEW).map_or(post.text.text.len(), |(i, _)| i);
    let mut short = post.text.text.get(..cut).unwrap_or_default().to_owned();
    if cut < post.text.text.len() {
        short.push('…');
    }
    to_html(&RichText::plain(short), &urls.tag_base())
}
