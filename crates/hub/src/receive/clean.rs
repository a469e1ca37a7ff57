//! Bounds on what one thing may bring along. Networks check form; here nothing may be endless, unprintable or misleading.

use super::halt::Halt;
use crate::{InActor, InMedia, InPost, Incoming};
use landbridge_model::{Emoji, Poll, RichText, Time, safe_display_name};

const ID: usize = 2048;
/// Bytes.
const TEXT: usize = 200_000;
const LINE: usize = 1000;
pub(super) const ADDRESSED: usize = 200;
const MEDIA: usize = 32;
const TAGS: usize = 64;
const OPTIONS: usize = 64;
const EMOJIS: usize = 128;
const LANGUAGES: usize = 8;
const GATED: usize = 300;
const FIELDS: usize = 32;
const ALSO_KNOWN: usize = 32;
/// Counts are claims. More people than that are not on any network, and apps keep 32 bits.
const COUNT: u64 = i32::MAX as u64;

/// Ids are refused, not mended.
pub(super) fn check_ids(incoming: &Incoming) -> Result<(), Halt> {
    let good = |id: &str| {
        !id.is_empty() && id.len() <= ID && !id.contains(|c: char| c.is_control() || c.is_whitespace())
    };
    if !good(&incoming.actor) || incoming.id.as_deref().is_some_and(|id| !good(id)) {
        return Err(Halt::Rule("an id is empty, too long or has characters that no id has"));
    }
    Ok(())
}

pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID && !id.contains(|c: char| c.is_control() || c.is_whitespace())
}

pub(super) fn post(post: &mut InPost) -> Result<(), Halt> {
    if !is_id(&post.native_id) || !is_id(&post.author) {
        return Err(Halt::Rule("an id is empty, too long or has characters that no id has"));
    }
    rich(&mut post.text);
    let lines = [&mut post.title, &mut post.warning, &mut post.version];
    lines.into_iter().for_each(some_line);
    url(&mut post.url);
    post.addressed.retain(|id| is_id(id));
    post.addressed.truncate(ADDRESSED);
    for id in [&mut post.reply_to, &mut post.root, &mut post.quote, &mut post.quote_stamp] {
        *id = id.take().filter(|id| is_id(id));
    }
    for ids in [&mut post.hidden_answers, &mut post.detached_quotes] {
        ids.retain(|id| is_id(id));
        ids.truncate(GATED);
    }
    post.same_as.retain(|(_, id)| is_id(id));
    post.same_as.truncate(8);
    languages(&mut post.languages);
    post.tags.iter_mut().for_each(line);
    post.tags.retain(|tag| !tag.is_empty() && tag.chars().count() <= 100);
    post.tags.truncate(TAGS);
    emojis(&mut post.emojis);
    post.media.truncate(MEDIA);
    post.media.retain_mut(media);
    post.card = post.card.take().filter(|card| is_web(&card.url));
    if let Some(card) = &mut post.card {
        [&mut card.title, &mut card.description, &mut card.site].into_iter().for_each(line);
        card.picture = card.picture.take().filter(|picture| is_web(&picture.url));
        card.picture.iter_mut().for_each(|picture| line(&mut picture.description));
    }
    if let Some(poll) = &mut post.poll {
        options(poll);
    }
    post.poll = post.poll.take().filter(|poll| poll.options.len() > 1);
    let now = Time::now();
    post.published = Time(post.published.0.min(now.0));
    post.updated = post.updated.map(|at| Time(at.0.min(now.0))).filter(|at| *at > post.published);
    Ok(())
}

pub(super) fn actor(actor: &mut InActor) -> Result<(), Halt> {
    if !is_id(&actor.native_id) {
        return Err(Halt::Rule("an id is empty, too long or has characters that no id has"));
    }
    let name = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_control() && !c.is_whitespace() && !"@/".contains(*c))
            .take(128)
            .collect()
    };
    actor.username = name(&actor.username);
    actor.domain = name(&actor.domain).to_lowercase();
    if actor.username.is_empty() {
        return Err(Halt::Rule("an actor without a name"));
    }
    url(&mut actor.url);
    let profile = &mut actor.profile;
    profile.display_name = safe_display_name(&profile.display_name, 200);
    rich(&mut profile.bio);
    profile.fields.truncate(FIELDS);
    for field in &mut profile.fields {
        line(&mut field.name);
        rich(&mut field.value);
    }
    for picture in [&mut profile.avatar, &mut profile.header] {
        *picture = picture.take().filter(|p| p.remote_url.as_deref().is_some_and(is_web));
        if let Some(picture) = picture {
            // Only files of ours have a name here.
            picture.file = None;
            line(&mut picture.description);
        }
    }
    emojis(&mut profile.emojis);
    profile.also_known_as.retain(|id| is_id(id));
    profile.also_known_as.truncate(ALSO_KNOWN);
    actor.proved.retain(|(_, id)| is_id(id));
    actor.proved.truncate(8);
    actor.created_at = actor.created_at.map(|at| Time(at.0.min(Time::now().0)));
    for count in [&mut actor.followers, &mut actor.following, &mut actor.posts] {
        *count = count.map(|n| n.min(COUNT));
    }
    Ok(())
}

/// Takes out NUL (which the store cannot hold) and cuts what is longer than any text.
fn rich(text: &mut RichText) {
    if text.text.contains('\0') || text.text.len() > TEXT {
        let end = (0..=TEXT.min(text.text.len())).rev().find(|n| text.text.is_char_boundary(*n)).unwrap_or(0);
        // A blank of the same length keeps the marks where they are.
        let cut = text.text.get(..end).unwrap_or_default().replace('\0', " ");
        *text = RichText::new(cut, std::mem::take(&mut text.marks));
    }
    text.marks.truncate(2000);
}

fn line(text: &mut String) {
    if text.contains(char::is_control) || text.len() > LINE {
        *text = text.chars().filter(|c| !c.is_control() || *c == '\n').take(LINE).collect();
    }
}

fn some_line(text: &mut Option<String>) {
    if let Some(text) = text {
        line(text);
    }
    *text = text.take().filter(|text| !text.is_empty());
}

/// Pages and files are shown as links: only those of the web.
fn is_web(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    web && url.len() <= ID && !url.contains(|c: char| c.is_control() || c.is_whitespace())
}

fn url(url: &mut Option<String>) {
    *url = url.take().filter(|url| is_web(url));
}

fn media(media: &mut InMedia) -> bool {
    url(&mut media.preview_url);
    if let Some(text) = &mut media.description {
        text.retain(|c| !c.is_control() || c == '\n');
        if text.chars().count() > 10_000 {
            *text = text.chars().take(10_000).collect();
        }
    }
    line(&mut media.mime);
    is_web(&media.url)
}

fn emojis(emojis: &mut Vec<Emoji>) {
    let shortcode = |code: &str| {
        !code.is_empty()
            && code.len() <= 100
            && code.chars().all(|c| c.is_alphanumeric() || "_-+.".contains(c))
    };
    emojis.retain(|emoji| shortcode(&emoji.shortcode) && is_web(&emoji.url));
    emojis.truncate(EMOJIS);
}

/// BCP 47 by its letters; the author's order stays.
fn languages(languages: &mut Vec<String>) {
    let tag = |tag: &str| {
        (2..=35).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    languages.retain(|language| tag(language));
    languages.truncate(LANGUAGES);
}

fn options(poll: &mut Poll) {
    poll.options.truncate(OPTIONS);
    poll.options.iter_mut().for_each(|option| line(&mut option.title));
}

/// A reaction's content: one sign. `None` when it is none.
pub(super) fn reaction(content: &str) -> Option<String> {
    let sign = content.trim();
    let odd = |c: char| c.is_control() || c.is_whitespace();
    (sign.chars().count() <= 64 && !sign.contains(odd)).then(|| sign.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::{Mark, MarkKind};

    #[test]
    fn endless_and_unprintable_things_are_cut() {
        let mut long = InPost {
            native_id: "https://a.example/1".into(),
            author: "https://a.example/u".into(),
            text: RichText::new("a\0b".into(), vec![Mark { start: 2, end: 3, kind: MarkKind::Strong }]),
            tags: (0..1000).map(|n| format!("t{n}")).collect(),
            languages: vec!["de".into(), "%\"".into()],
            url: Some("javascript:alert(1)".into()),
            published: Time(i64::MAX),
            ..InPost::default()
        };
        post(&mut long).unwrap();
        assert_eq!(long.text.text, "a b");
        assert_eq!(long.text.marks.len(), 1);
        assert_eq!(long.tags.len(), TAGS);
        assert_eq!(long.languages, ["de"]);
        assert_eq!(long.url, None);
        assert!(long.published <= Time::now());
        long.native_id = "with blank".into();
        assert!(post(&mut long).is_err());
    }

    #[test]
    fn reactions_are_one_sign() {
        assert_eq!(reaction(" 🎉 ").as_deref(), Some("🎉"));
        assert_eq!(reaction("").as_deref(), Some(""));
        assert_eq!(reaction("two words"), None);
    }
}
