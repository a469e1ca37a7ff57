//! A post written for the network and read again loses exactly what is on [`LOST`].

#![allow(clippy::unwrap_used)]

use landbridge_activitypub::render::{Mentioned, NoteParts, note};
use landbridge_activitypub::translate;
use landbridge_activitypub::urls::Urls;
use landbridge_activitypub::vocab::Node;
use landbridge_hub::InPost;
use landbridge_model::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What the network does not carry, and why. Local matters (ids, counts, previews of media, the app's name) are not
/// listed: they are nobody else's.
const LOST: &[(&str, &str)] = &[
    ("languages", "only the first goes: `contentMap` with several entries means translations"),
    ("sensitive", "a warning makes a post sensitive"),
    ("hide_totals", "no word for it"),
    ("reply_policy", "not promised, since it is not enforced"),
    (
        "quote_policy",
        "those mentioned alone are said as nobody; so is every policy of a post that is not public",
    ),
    ("headings", "shown as strong paragraphs, as most servers would"),
    ("tags", "a tag is linked in its normal form, but shown as written"),
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Zäß<>&\"'éजा漢🐈]{1,8}",
        1 => Just("https://example.org/a?b=1&c=%20".to_owned()),
        1 => Just("#Größe".to_owned()),
        1 => Just("@bob".to_owned()),
        1 => Just(":blob:".to_owned()),
    ]
}

fn kind_of(word: &str) -> Option<MarkKind> {
    match word {
        "@bob" => Some(MarkKind::Mention {
            id: "https://b.example/users/bob".into(),
            acct: "bob@b.example".into(),
            url: "https://b.example/@bob".into(),
        }),
        ":blob:" => Some(MarkKind::Emoji { shortcode: "blob".into() }),
        w if w.starts_with("https://") => Some(MarkKind::Link { url: w.to_owned() }),
        w if w.starts_with('#') => Some(MarkKind::Tag { name: richtext::normal_tag(w) }),
        _ => None,
    }
}

/// One line: words, some of them marked, one mark over several of them.
fn line() -> impl Strategy<Value = Vec<(String, Option<MarkKind>)>> {
    let style = prop_oneof![
        4 => Just(None),
        1 => Just(Some(MarkKind::Emphasis)),
        1 => Just(Some(MarkKind::Strong)),
        1 => Just(Some(MarkKind::Strike)),
        1 => Just(Some(MarkKind::Underline)),
        1 => Just(Some(MarkKind::Code)),
    ];
    vec((word(), style), 1..5)
}

fn block() -> impl Strategy<Value = (Option<MarkKind>, Vec<Vec<(String, Option<MarkKind>)>>)> {
    let kind = prop_oneof![
        5 => Just(None),
        1 => Just(Some(MarkKind::Quote)),
        1 => Just(Some(MarkKind::CodeBlock)),
        1 => Just(Some(MarkKind::Item { ordered: true })),
        1 => Just(Some(MarkKind::Heading)),
    ];
    (kind, vec(line(), 1..3))
}

fn text() -> impl Strategy<Value = RichText> {
    vec(block(), 1..4).prop_map(|blocks| {
        let (mut text, mut marks) = (String::new(), Vec::new());
        let mut before = None;
        for (block, lines) in blocks {
            if !text.is_empty() {
                // Items of one list stand on lines next to each other.
                let one_list = matches!(block, Some(MarkKind::Item { .. })) && before == block;
                text.push_str(if one_list { "\n" } else { "\n\n" });
            }
            before = block.clone();
            let start = text.len() as u32;
            // A heading or list item is one line.
            let lines = if matches!(block, Some(MarkKind::Heading | MarkKind::Item { .. })) {
                &lines[..1]
            } else {
                &lines[..]
            };
            for (n, line) in lines.iter().enumerate() {
                if n > 0 {
                    text.push('\n');
                }
                for (n, (word, style)) in line.iter().enumerate() {
                    if n > 0 {
                        text.push(' ');
                    }
                    let start = text.len() as u32;
                    text.push_str(word);
                    let (end, plain) = (text.len() as u32, block == Some(MarkKind::CodeBlock));
                    let kind = kind_of(word).or(style.clone()).filter(|_| !plain);
                    marks.extend(kind.map(|kind| Mark { start, end, kind }));
                }
            }
            marks.extend(block.map(|kind| Mark { start, end: text.len() as u32, kind }));
        }
        RichText::new(text, marks)
    })
}

fn media() -> impl Strategy<Value = Media> {
    let description = proptest::option::of("[a-z<&é]{1,20}");
    (description, any::<bool>(), proptest::option::of((-100_i8..=100, -100_i8..=100)), 1_u32..5000).prop_map(
        |(description, sensitive, focus, width)| Media {
            id: Id(1),
            kind: MediaKind::Image,
            mime: "image/png".into(),
            file: Some("abc.png".into()),
            preview: None,
            remote_url: None,
            description,
            meta: MediaMeta {
                width: Some(width),
                height: Some(7),
                blurhash: Some("UBL_:rOpGG-;".into()),
                focus: focus.map(|(x, y)| (f32::from(x) / 100.0, f32::from(y) / 100.0)),
                ..MediaMeta::default()
            },
            sensitive,
        },
    )
}

fn poll() -> impl Strategy<Value = Poll> {
    let options = proptest::collection::btree_set("[a-zé&<]{1,12}", 2..5);
    (options, any::<bool>(), any::<bool>(), 0_u64..9, any::<bool>()).prop_map(
        |(options, multiple, hide_totals, votes, closed)| Poll {
            options: options.into_iter().map(|title| PollOption { title, votes }).collect(),
            multiple,
            hide_totals,
            ends_at: Some(Time(1_800_000_000_000)),
            closed,
            voters: Some(votes),
        },
    )
}

fn post() -> impl Strategy<Value = Post> {
    use Audience::*;
    let visibility = prop_oneof![
        Just(Visibility::Public),
        Just(Visibility::Unlisted),
        Just(Visibility::Followers),
        Just(Visibility::Direct)
    ];
    let audience =
        || prop_oneof![Just(Everyone), Just(Followers), Just(Following), Just(Mentioned), Just(Nobody)];
    let head = (text(), visibility, audience(), audience(), proptest::option::of("[a-z&<é]{1,20}"));
    let tail = (
        any::<bool>(),
        vec("(de|hsb|en-GB)", 0..3),
        vec(media(), 0..3),
        proptest::option::of(poll()),
        any::<bool>(),
    );
    (head, tail).prop_map(
        |(
            (text, visibility, quote_policy, reply_policy, warning),
            (sensitive, languages, media, poll, edited),
        )| {
            let tags = text.tags();
            let mut media = media;
            for (n, one) in media.iter_mut().enumerate() {
                one.file = Some(format!("{n}.png"));
            }
            Post {
                id: Id(42 << 20),
                author: Id(7),
                origin: None,
                kind: PostKind::Note,
                created_at: Time(1_790_000_000_123),
                edited_at: edited.then_some(Time(1_790_000_050_000)),
                visibility,
                title: None,
                text,
                warning,
                sensitive,
                languages,
                media,
                poll,
                mentions: Vec::new(),
                tags,
                emojis: vec![Emoji {
                    shortcode: "blob".into(),
                    url: "https://a.example/blob.png".into(),
                    static_url: None,
                }],
                reply_to: Some(Id(3)),
                reply_to_author: None,
                root: Id(3),
                quote: None,
                repost_of: None,
                url: None,
                quote_policy,
                reply_policy,
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

/// Field by field: name, what was written, what was read.
fn compare(sent: &Post, got: &InPost) -> Vec<(&'static str, String, String)> {
    fn s(value: impl std::fmt::Debug) -> String {
        format!("{value:?}")
    }
    let media = |m: &Media| {
        s((
            format!("https://a.example/media/{}", m.file.as_deref().unwrap()),
            m.kind,
            &m.mime,
            &m.description,
            &m.meta,
            m.sensitive || sent.sensitive || sent.warning.is_some(),
        ))
    };
    let in_media =
        |m: &landbridge_hub::InMedia| s((&m.url, m.kind, &m.mime, &m.description, &m.meta, m.sensitive));
    let poll = |p: &Poll| s((&p.options, p.multiple, p.ends_at, p.closed, p.voters));
    let plain = |t: &RichText| {
        let mut marks = t.marks.clone();
        marks.retain(|m| m.kind != MarkKind::Heading && m.kind != MarkKind::Strong);
        // Of marks over the same range, either may come first.
        marks.sort_by_key(|m| (m.start, m.end, s(&m.kind)));
        s(marks)
    };
    let has_heading = sent.text.marks.iter().any(|m| m.kind == MarkKind::Heading);
    vec![
        ("text", sent.text.text.clone(), got.text.text.clone()),
        ("marks", plain(&sent.text), plain(&got.text)),
        ("headings", s(has_heading), s(got.text.marks.iter().any(|m| m.kind == MarkKind::Heading))),
        (
            "strong",
            s(has_heading || sent.text.marks.iter().any(|m| m.kind == MarkKind::Strong)),
            s(got.text.marks.iter().any(|m| m.kind == MarkKind::Strong)),
        ),
        ("created_at", s(sent.created_at), s(got.published)),
        ("edited_at", s(sent.edited_at), s(got.updated)),
        ("visibility", s(sent.visibility), s(got.visibility.unwrap())),
        ("warning", s(&sent.warning), s(&got.warning)),
        ("sensitive", s(sent.sensitive), s(got.sensitive)),
        ("languages", s(&sent.languages), s(&got.languages)),
        (
            "media",
            s(sent.media.iter().map(media).collect::<Vec<_>>()),
            s(got.media.iter().map(in_media).collect::<Vec<_>>()),
        ),
        ("poll", s(sent.poll.as_ref().map(poll)), s(got.poll.as_ref().map(poll))),
        (
            "hide_totals",
            s(sent.poll.as_ref().map(|p| p.hide_totals)),
            s(got.poll.as_ref().map(|p| p.hide_totals)),
        ),
        ("tags", s(&sent.tags), s(&got.tags)),
        ("emojis", s(&sent.emojis), s(&got.emojis)),
        ("reply_to", s(Some("https://b.example/1")), s(got.reply_to.as_deref())),
        ("quote", s(Some("https://b.example/2")), s(got.quote.as_deref())),
        ("quote_policy", s(sent.quote_policy), s(got.quote_policy)),
        ("reply_policy", s(sent.reply_policy), s(Audience::Everyone)),
    ]
}

#[test]
fn out_and_in_again_loses_exactly_what_is_declared() {
    let urls = Urls::of("https://a.example");
    let differed = Mutex::new(BTreeSet::new());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..Default::default()
    });
    runner
        .run(&post(), |sent| {
            let bob = Mentioned {
                acct: "bob@b.example".into(),
                id: "https://b.example/users/bob".into(),
                address: "bob@b.example".into(),
                url: "https://b.example/@bob".into(),
                is_group: false,
            };
            let parts = NoteParts {
                urls: &urls,
                name: "alice",
                post: &sent,
                mentioned: vec![bob],
                in_reply_to: Some("https://b.example/1".into()),
                quote: Some("https://b.example/2".into()),
                stamp: None,
                approval: None,
                community: None,
                in_chat: false,
                context: None,
                elsewhere: Vec::new(),
                answers: landbridge_model::Audience::Everyone,
                now: Time(1_790_000_100_000),
            };
            let wire = serde_json::to_vec(&note(&parts)).unwrap();
            let document: serde_json::Value = serde_json::from_slice(&wire).unwrap();
            let read = translate::post(Node(&document), Time(1_790_000_200_000)).unwrap();
            for (field, a, b) in compare(&sent, &read.post) {
                if a != b {
                    prop_assert!(
                        LOST.iter().any(|(lost, _)| *lost == field),
                        "{} changed: {} became {}\n{}",
                        field,
                        a,
                        b,
                        document["content"]
                    );
                    differed.lock().unwrap().insert(field);
                }
            }
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
    let declared: BTreeSet<_> = LOST.iter().map(|(field, _)| *field).collect();
    assert_eq!(*differed.lock().unwrap(), declared, "what is declared as lost is lost, and nothing else");
}
