//! `app.bsky.feed.post` (<https://atproto.com/lexicons/app-bsky-feed>) to a post.

use super::{
    embeds_in::{self, Embeds},
    place::{Place, page_at, post_of, written_at},
};
use crate::{
    data::{Cid, Map, Value},
    richtext::from_facets,
    syntax::Language,
};
use landbridge_hub::InPost;
use landbridge_model::{Audience, Mark, MarkKind, Network, RichText, Time, Visibility, richtext::normal_tag};

/// Longest text taken over, in bytes: more than the 3,000 that the lexicon allows, since apps differ.
const LONGEST: usize = 20_000;
const MOST_LANGUAGES: usize = 8;
const MOST_TAGS: usize = 16;
/// Longest warning, in characters.
const LONGEST_WARNING: usize = 300;

/// What we write before the text of a post with a warning, since records have no other place for it; and what we take
/// back out, whoever wrote it.
pub const WARNING: (&str, char) = ("[CW: ", ']');

/// Labels by which authors mark their own media (`com.atproto.label.defs`), and the words for a post without any.
const SENSITIVE: &[(&str, &str)] = &[
    ("porn", "Adult content"),
    ("sexual", "Sexually suggestive"),
    ("nudity", "Nudity"),
    ("graphic-media", "Graphic media"),
    ("gore", "Graphic media"),
];

/// A post. `server`: origin of the author's PDS, for files. `None` for what is no post.
pub fn read(place: &Place, cid: &Cid, fields: &Map, server: Option<&str>, now: Time) -> Option<InPost> {
    let text = fields.text("text")?;
    // No database keeps a NUL; another sign of the same length leaves the facets where they are.
    let without_nul = text.replace('\0', " ");
    let rich = from_facets(cut(&without_nul), fields.get("facets"));
    let (mut text, mut warning) = split_warning(rich);
    let Embeds { mut media, card, links, quote } = embeds_in::read(&place.did, fields.get("embed"), server);
    for link in links {
        show(&mut text, link);
    }
    let labels = labels(fields);
    let label = SENSITIVE.iter().find(|(label, _)| labels.contains(label));
    media.iter_mut().for_each(|file| file.sensitive = label.is_some());
    if media.is_empty() && warning.is_none() {
        warning = label.map(|(_, words)| (*words).to_owned());
    }
    let reply = fields.get("reply").and_then(Value::as_map);
    let named = |name: &str| reply?.get(name)?.as_map().and_then(post_of);
    let tags = other_tags(fields, &text);
    Some(InPost {
        native_id: place.to_string(),
        version: Some(cid.to_string()),
        author: place.did.to_string(),
        url: page_at(place),
        published: written_at(fields, &place.rkey, now),
        visibility: Some(Visibility::Public),
        text,
        warning,
        sensitive: label.is_some(),
        languages: languages(fields),
        media,
        card,
        tags,
        reply_to: named("parent"),
        root: named("root"),
        quote,
        quote_free: true,
        quote_policy: Audience::Everyone,
        same_as: same_as(fields),
        ..InPost::default()
    })
}

/// What authors say of themselves or their post (`com.atproto.label.defs#selfLabels`).
pub fn labels(fields: &Map) -> Vec<&str> {
    let values = fields.get("labels").and_then(|labels| labels.get("values")).and_then(Value::as_list);
    values.unwrap_or_default().iter().take(10).filter_map(|value| value.as_map()?.text("val")).collect()
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default()
}

/// Takes a warning out of the first line, with the marks behind it moved.
fn split_warning(rich: RichText) -> (RichText, Option<String>) {
    let (begin, end) = WARNING;
    let line = rich.text.lines().next().unwrap_or_default();
    let Some(inner) = line.strip_prefix(begin).and_then(|line| line.trim_end().strip_suffix(end)) else {
        return (rich, None);
    };
    let warning: String = inner.trim().chars().take(LONGEST_WARNING).collect();
    if warning.is_empty() {
        return (rich, None);
    }
    let rest = rich.text.get(line.len()..).unwrap_or_default();
    let body = rest.trim_start_matches(['\r', '\n']);
    let gone = u32::try_from(rich.text.len() - body.len()).unwrap_or(u32::MAX);
    let moved = rich.marks.iter().filter(|mark| mark.start >= gone);
    let moved =
        moved.map(|mark| Mark { start: mark.start - gone, end: mark.end - gone, kind: mark.kind.clone() });
    (RichText::new(body.to_owned(), moved.collect()), Some(warning))
}

/// A link below the text, unless it is there already.
pub fn show(text: &mut RichText, url: String) {
    let there = text
        .marks
        .iter()
        .any(|mark| matches!(&mark.kind, MarkKind::Link { url: linked } if same(linked, &url)));
    if there {
        return;
    }
    if let Some(start) = text.text.find(&url) {
        let bounds = (u32::try_from(start), u32::try_from(start + url.len()));
        if let (Ok(start), Ok(end)) = bounds {
            let mut marks = std::mem::take(&mut text.marks);
            marks.push(Mark { start, end, kind: MarkKind::Link { url } });
            *text = RichText::new(std::mem::take(&mut text.text), marks);
        }
        return;
    }
    let blank = if text.text.is_empty() { "" } else { "\n\n" };
    text.text.push_str(blank);
    let bounds = (u32::try_from(text.text.len()), u32::try_from(text.text.len() + url.len()));
    text.text.push_str(&url);
    if let (Ok(start), Ok(end)) = bounds {
        text.marks.push(Mark { start, end, kind: MarkKind::Link { url } });
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

fn languages(fields: &Map) -> Vec<String> {
    let list = fields.get("langs").and_then(Value::as_list).unwrap_or_default();
    let tags = list.iter().filter_map(|tag| Language::parse(tag.as_text()?).ok()).map(|tag| tag.to_string());
    tags.filter(|tag| tag.len() <= 35).take(MOST_LANGUAGES).collect()
}

/// Normal forms of tags that do not stand in the text.
fn other_tags(fields: &Map, text: &RichText) -> Vec<String> {
    let (inside, mut other) = (text.tags(), Vec::new());
    let list = fields.get("tags").and_then(Value::as_list).unwrap_or_default();
    for tag in
        list.iter().filter_map(Value::as_text).filter(|tag| tag.len() <= 640).take(MOST_TAGS).map(normal_tag)
    {
        if !tag.is_empty() && !inside.contains(&tag) && !other.contains(&tag) {
            other.push(tag);
        }
    }
    other
}

/// The same post where it came from, as bridges (`bridgyOriginalUrl`) and servers of several networks (`fediverseId`) say.
fn same_as(fields: &Map) -> Vec<(Network, String)> {
    let mut found: Vec<(Network, String)> = Vec::new();
    for name in ["fediverseId", "bridgyOriginalUrl"] {
        if let Some(id) = fields.text(name).map(str::trim)
            && id.len() <= 2000
            && (id.starts_with("https://") || id.starts_with("http://"))
            && !found.iter().any(|(_, known)| known == id)
        {
            found.push((Network::ActivityPub, id.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Value;
    use serde_json::{Value as Json, json};

    const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

    fn post(json: Json) -> InPost {
        let Value::Map(fields) = Value::from_json(&json).unwrap() else { panic!("a map") };
        let place = Place::parse(&format!("at://{DID}/app.bsky.feed.post/3kabc")).unwrap();
        let cid = Cid::of_dag_cbor(b"x");
        read(&place, &cid, &fields, Some("https://pds.example"), Time(2_000_000_000_000)).unwrap()
    }

    fn linked(post: &InPost) -> Vec<(&str, &str)> {
        let links = post.text.marks.iter().filter_map(|mark| match &mark.kind {
            MarkKind::Link { url } => Some((post.text.of(mark), url.as_str())),
            _ => None,
        });
        links.collect()
    }

    #[test]
    fn a_post_with_everything() {
        let facet = |start: usize, end: usize, feature: Json| json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]});
        let parent = format!("at://{DID}/app.bsky.feed.post/3kaaa");
        let read = post(json!({
            "$type": "app.bsky.feed.post",
            "text": "[CW: spiders]\n\nhé @bob.example.com #Rust",
            "facets": [
                facet(19, 35, json!({"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"})),
                facet(36, 41, json!({"$type": "app.bsky.richtext.facet#tag", "tag": "Rust"})),
                facet(17, 18, json!({"$type": "app.bsky.richtext.facet#tag", "tag": "inside"})),
                facet(30, 99, json!({"$type": "app.bsky.richtext.facet#tag", "tag": "beyond"})),
            ],
            "langs": ["hsb", "not a language", "de-AT"],
            "tags": ["rust", "Extra", 5],
            "reply": {"root": {"uri": parent, "cid": "x"}, "parent": {"uri": parent, "cid": "x"}},
            "createdAt": "2024-01-01T00:00:00Z",
            "fediverseId": "https://x.example/1",
            "bridgyOriginalUrl": "javascript:x",
        }));
        assert_eq!(
            (read.text.text.as_str(), read.warning.as_deref()),
            ("hé @bob.example.com #Rust", Some("spiders"))
        );
        let marks: Vec<&str> = read.text.marks.iter().map(|mark| read.text.of(mark)).collect();
        assert_eq!(marks, ["@bob.example.com", "#Rust"]);
        assert!(
            matches!(&read.text.marks[0].kind, MarkKind::Mention { id, .. } if id == "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
        );
        assert_eq!(
            (read.tags, read.languages),
            (vec!["extra".to_owned()], vec!["hsb".to_owned(), "de-AT".to_owned()])
        );
        assert_eq!((read.reply_to.as_ref(), read.root.as_ref()), (Some(&parent), Some(&parent)));
        assert_eq!(read.same_as, [(Network::ActivityPub, "https://x.example/1".to_owned())]);
        assert_eq!(read.url.unwrap(), format!("https://bsky.app/profile/{DID}/post/3kabc"));
    }

    #[test]
    fn pages_are_cards_or_at_least_links() {
        let page = |text: &str, title: &str| {
            post(json!({"text": text, "embed": {
                "$type": "app.bsky.embed.external",
                "external": {"uri": "https://x.example/a", "title": title, "description": "D"},
            }}))
        };
        let shown = page("see", "T");
        assert_eq!(
            (shown.text.text.as_str(), shown.card.unwrap().url.as_str()),
            ("see", "https://x.example/a")
        );
        let card = |text: &str| page(text, "");
        let link = ("https://x.example/a", "https://x.example/a");
        let shown = card("see");
        assert_eq!((shown.text.text.as_str(), linked(&shown)), ("see\n\nhttps://x.example/a", vec![link]));
        let there = card("https://x.example/a is it");
        assert_eq!((there.text.text.as_str(), linked(&there)), ("https://x.example/a is it", vec![link]));
        assert_eq!(card("").text.text, "https://x.example/a");
    }

    #[test]
    fn labels_hide_media_or_else_text() {
        let labels =
            json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "nudity"}, {"x": 1}, 3]});
        let text = post(json!({"text": "x", "labels": labels}));
        assert_eq!((text.sensitive, text.warning.as_deref()), (true, Some("Nudity")));
        let blob = json!({"$type": "blob", "ref": {"$link": Cid::of_blob(b"x").to_string()}, "mimeType": "image/png", "size": 1});
        let embed = json!({"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": "A"}]});
        let picture = post(json!({"text": "x", "labels": labels, "embed": embed}));
        assert_eq!((picture.warning, picture.media.len(), picture.media[0].sensitive), (None, 1, true));
    }

    #[test]
    fn hostile_texts() {
        assert_eq!(post(json!({"text": "a\0b"})).text.text, "a b");
        assert!(post(json!({"text": "é".repeat(400_000)})).text.text.len() <= LONGEST);
        assert_eq!(post(json!({"text": "[CW: ]\nx"})).warning, None);
        assert_eq!(post(json!({"text": "[CW: x]"})).text.text, "");
        let foreign = json!({"uri": "https://evil.example/app.bsky.feed.post/1"});
        let odd = post(
            json!({"text": "x", "reply": {"parent": foreign, "root": 5}, "embed": [], "langs": {}, "tags": "x"}),
        );
        assert_eq!((odd.reply_to, odd.root, odd.quote), (None, None, None));
    }
}
