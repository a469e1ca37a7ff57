//! Out to Nostr and in again: nothing is lost but what `translate::LOST` declares.

use landbridge_model::{
    Emoji, Id, Mark, MarkKind, Media, MediaKind, MediaMeta, Mention, Poll, PollOption, Post, PostKind,
    RichText, Time, Visibility, richtext::compose,
};
use landbridge_nostr::{
    event::{Event, Hex32, Keys},
    nips::n10,
    translate::{
        post_in,
        post_out::{Outgoing, Person, write},
    },
};
use proptest::prelude::*;

/// Words of a text: plain ones, tags, links, people.
#[derive(Clone, Debug)]
enum Word {
    Plain(String),
    Tag(String),
    Link(String),
    Person(usize),
    Break,
}

fn words() -> impl Strategy<Value = Vec<Word>> {
    let word = prop_oneof![
        "[a-zA-Zäßéøλ漢字😀\"\\\\<>&]{1,8}".prop_map(Word::Plain),
        "[a-z]{2,8}".prop_map(Word::Tag),
        "[a-z]{1,8}".prop_map(Word::Link),
        (0..3_usize).prop_map(Word::Person),
        Just(Word::Break),
    ];
    prop::collection::vec(word, 1..20)
}

/// The text as a member writes it, its people as the hub knows them.
fn text(words: &[Word]) -> RichText {
    let mut text = String::new();
    let mut marks = Vec::new();
    for word in words {
        if matches!(word, Word::Break) {
            let trimmed = text.trim_end().len();
            text.truncate(trimmed);
            text.push('\n');
            continue;
        }
        let (written, kind) = match word {
            Word::Plain(w) => (w.clone(), None),
            Word::Tag(t) => (format!("#{t}"), Some(MarkKind::Tag { name: t.clone() })),
            Word::Link(l) => (
                format!("https://{l}.example/{l}"),
                Some(MarkKind::Link { url: format!("https://{l}.example/{l}") }),
            ),
            Word::Person(n) => (
                format!("@p{n}"),
                Some(MarkKind::Mention { id: String::new(), acct: format!("p{n}"), url: String::new() }),
            ),
            Word::Break => continue,
        };
        let start = text.len() as u32;
        text.push_str(&written);
        marks.extend(kind.map(|kind| Mark { start, end: text.len() as u32, kind }));
        text.push(' ');
    }
    // As `compose` leaves texts: no space around, no more than one blank line.
    let tidy = compose(&text).text;
    let lead = text.len() - text.trim_start().len();
    if lead > 0 || tidy != text.trim() {
        return compose(&tidy.replace('@', "at"));
    }
    RichText::new(tidy, marks)
}

fn post() -> impl Strategy<Value = Post> {
    let media =
        prop::collection::vec(("[a-z]{3,8}", prop::option::of("[A-Za-z ]{1,20}[a-z]"), 1..5000_u32), 0..3);
    let extras = (
        prop::option::of("[a-z ]{0,10}[a-z]"),
        any::<bool>(),
        prop::collection::vec("[a-z]{2,3}", 0..3),
        any::<bool>(),
    );
    (words(), media, extras, prop::collection::vec("[a-z]{2,8}", 0..3)).prop_map(
        |(words, media, (warning, sensitive, languages, poll), tags)| {
            let text = text(&words);
            let mut tags: Vec<String> = tags.into_iter().filter(|t| !text.tags().contains(t)).collect();
            tags.dedup();
            tags.sort();
            tags.dedup();
            let mut languages: Vec<String> = languages;
            languages.dedup();
            let media: Vec<Media> = media
                .into_iter()
                .enumerate()
                .map(|(n, (name, description, width))| Media {
                    id: Id(n as i64),
                    kind: MediaKind::Image,
                    mime: "image/webp".into(),
                    file: Some(format!("{name}{n}.webp")),
                    preview: None,
                    remote_url: None,
                    description: description.map(|d| d.trim().to_owned()),
                    meta: MediaMeta {
                        width: Some(width),
                        height: Some(7),
                        blurhash: Some("LEHV6nWB".into()),
                        sha256: Some("ab".repeat(32)),
                        size: Some(9),
                        ..MediaMeta::default()
                    },
                    sensitive: false,
                })
                .collect();
            let poll = (poll && media.is_empty()).then(|| Poll {
                options: ["one", "two"].map(|t| PollOption { title: t.into(), votes: 0 }).to_vec(),
                multiple: sensitive,
                hide_totals: false,
                ends_at: Some(Time::from_secs(2_000_000_000)),
                closed: false,
                voters: None,
            });
            Post {
                id: Id(1),
                author: Id(2),
                origin: None,
                kind: PostKind::Note,
                created_at: Time::from_secs(1_700_000_000),
                edited_at: None,
                visibility: Visibility::Public,
                title: None,
                sensitive: sensitive || warning.is_some(),
                warning,
                languages,
                media,
                poll,
                mentions: (0..3)
                    .map(|n| Mention {
                        actor: Id(10 + n),
                        acct: format!("p{n}"),
                        url: String::new(),
                        silent: false,
                    })
                    .collect(),
                tags,
                emojis: vec![Emoji {
                    shortcode: "cat".into(),
                    url: "https://e.example/cat.png".into(),
                    static_url: None,
                }],
                text,
                reply_to: None,
                reply_to_author: None,
                root: Id(1),
                quote: None,
                repost_of: None,
                url: None,
                quote_policy: Default::default(),
                reply_policy: Default::default(),
                application: None,
                card: None,
                replies: 0,
                reposts: 0,
                likes: 0,
                quotes: 0,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn out_and_in_again(post in post(), answers in any::<bool>()) {
        let author = Keys::generate();
        let people: Vec<Hex32> = (0..3).map(|_| Keys::generate().public()).collect();
        let parent = Keys::generate().sign(landbridge_nostr::event::Template { created_at: 1, kind: 1, tags: vec![], content: "?".into() });
        let parent_id = parent.id.to_string();
        let outgoing = Outgoing {
            people: people.iter().enumerate().map(|(n, key)| Person { key: *key, relays: vec![], named: vec![format!("p{n}")] }).collect(),
            parent: answers.then_some((parent, "wss://r.example".into())),
            media: post.media.iter().map(|m| (m.clone(), format!("https://h.example/media/{}", m.file.clone().unwrap()))).collect(),
            ..Outgoing::default()
        };
        let event = author.sign(write(&post, &outgoing));
        let event = Event::from_json(&event.json).unwrap();
        let name = |key: &Hex32| format!("p{}", people.iter().position(|p| p == key).unwrap());
        let back = post_in::read(&event, &name).unwrap();

        let marks = |rich: &RichText| -> Vec<(u32, u32, String)> {
            rich.marks.iter().map(|m| (m.start, m.end, match &m.kind {
                MarkKind::Mention { acct, .. } => format!("@{acct}"),
                MarkKind::Tag { name } => format!("#{name}"),
                MarkKind::Link { url } => url.clone(),
                other => format!("{other:?}"),
            })).collect()
        };
        prop_assert_eq!(&back.text.text, &post.text.text);
        prop_assert_eq!(marks(&back.text), marks(&post.text));
        prop_assert_eq!(&back.warning, &post.warning);
        prop_assert_eq!(back.sensitive, post.sensitive);
        prop_assert_eq!(&back.languages, &post.languages);
        prop_assert_eq!(&back.tags, &post.tags);
        prop_assert_eq!(&back.emojis, &post.emojis);
        prop_assert_eq!(back.published, post.created_at);
        prop_assert_eq!(back.visibility, Some(post.visibility));
        prop_assert_eq!(back.media.len(), post.media.len());
        for (a, b) in back.media.iter().zip(&post.media) {
            prop_assert_eq!(&a.description, &b.description);
            prop_assert_eq!(&a.meta, &b.meta);
            prop_assert_eq!(&a.mime, &b.mime);
        }
        let poll = if answers { None } else { post.poll.clone() };
        prop_assert_eq!(&back.poll, &poll);
        let thread = n10::read(&event.tags);
        prop_assert_eq!(thread.parent, answers.then_some(parent_id));
        for key in &people {
            prop_assert!(back.addressed.contains(&key.to_string()));
        }
    }
}
