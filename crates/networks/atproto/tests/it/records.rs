//! Records of others, whatever is in them: reading them never fails, and gives what the model can hold.

use landbridge_atproto::{data::Map, fuzzing};
use landbridge_hub::{InPost, What};
use landbridge_model::{MarkKind, Time};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const NOW: Time = Time(1_790_000_000_000);
const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const CID: &str = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

/// Values that fields may have, most of them where they should not be.
fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-2i64..2000).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        prop::sample::select(vec![
            "app.bsky.embed.images",
            "app.bsky.embed.record",
            "app.bsky.embed.recordWithMedia",
            "app.bsky.embed.external",
            "app.bsky.embed.video",
            "app.bsky.richtext.facet#link",
            "app.bsky.richtext.facet#mention",
            "https://x.example/a",
            "app.bsky.richtext.facet#tag",
            "blob",
            "image/png",
            DID,
            "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3k",
            "2026-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "de",
            "nudity",
            "!no-unauthenticated",
        ])
        .prop_map(Json::from),
        Just(json!({"$link": CID})),
        Just(json!({"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 5})),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((prop::sample::select(FIELDS), inner), 0..6).prop_map(|fields| {
                Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

const FIELDS: &[&str] = &[
    "$type",
    "text",
    "facets",
    "index",
    "features",
    "byteStart",
    "byteEnd",
    "did",
    "uri",
    "tag",
    "embed",
    "images",
    "items",
    "image",
    "alt",
    "aspectRatio",
    "width",
    "height",
    "record",
    "media",
    "external",
    "title",
    "description",
    "video",
    "reply",
    "root",
    "parent",
    "labels",
    "values",
    "val",
    "langs",
    "tags",
    "createdAt",
    "subject",
    "allow",
    "post",
    "embeddingRules",
    "hiddenReplies",
    "avatar",
    "banner",
    "displayName",
    "website",
    "pronouns",
    "fediverseId",
];

fn facet() -> impl Strategy<Value = Json> {
    let feature = prop::sample::select(vec![
        json!({"$type": "app.bsky.richtext.facet#link", "uri": "https://x.example"}),
        json!({"$type": "app.bsky.richtext.facet#mention", "did": DID}),
        json!({"$type": "app.bsky.richtext.facet#tag", "tag": "Tag"}),
    ]);
    (-1i64..60, -1i64..60, feature).prop_map(
        |(start, end, feature)| json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}),
    )
}

fn check(post: &InPost) {
    let text = &post.text;
    assert!(text.text.len() <= 40_000 && !text.text.contains('\0'));
    let mut open: Vec<u32> = Vec::new();
    for mark in &text.marks {
        assert!(!text.of(mark).is_empty(), "{mark:?}");
        open.retain(|end| *end > mark.start);
        assert!(open.last().is_none_or(|end| mark.end <= *end), "{:?}", text.marks);
        open.push(mark.end);
        if let MarkKind::Link { url } = &mark.kind {
            assert!(url.starts_with("http"), "{url}");
        }
    }
    assert!(post.published <= NOW && post.published.0 > 0);
    assert!(post.media.len() <= 20 && post.tags.len() <= 16 && post.languages.len() <= 8);
    assert!(post.media.iter().all(|file| file.url.starts_with("http")));
    assert!(
        post.warning.as_ref().is_none_or(|warning| !warning.is_empty() && warning.chars().count() <= 300)
    );
    assert!(post.same_as.iter().all(|(_, id)| id.starts_with("http")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn anything_is_read_or_left_out(fields in prop::collection::vec((prop::sample::select(FIELDS), value()), 0..14)) {
        let mut record: serde_json::Map<String, Json> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for kind in ["app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.graph.follow"] {
            record.insert("$type".into(), json!(kind));
            if let Some(record) = fuzzing::record(Json::Object(record.clone()).to_string().as_bytes()) {
                match fuzzing::act(&record, NOW) {
                    Some(What::Post(post)) => check(&post),
                    Some(What::React { target, .. }) => prop_assert!(target.starts_with("at://did:")),
                    Some(What::Follow { target }) => prop_assert!(target.starts_with("did:")),
                    _ => {}
                }
                fuzzing::gate(record.fields());
            }
        }
    }

    #[test]
    fn facets_that_do_not_fit_leave_the_text(text in ".{0,40}", warned in any::<bool>(), facets in prop::collection::vec(facet(), 0..8)) {
        let written = if warned { format!("[CW: x]\n\n{text}") } else { text.clone() };
        let json = json!({"$type": "app.bsky.feed.post", "text": written, "facets": facets});
        let record = fuzzing::record(json.to_string().as_bytes()).unwrap();
        let Some(What::Post(post)) = fuzzing::act(&record, NOW) else { panic!("a post") };
        check(&post);
        if !warned && !text.contains('\0') && !text.starts_with("[CW: ") {
            prop_assert_eq!(&post.text.text, &text);
        }
    }

    #[test]
    fn pasted_texts_name_the_same_thing_again(text in ".{0,60}") {
        fuzzing::name(&text);
    }

    #[test]
    fn documents_are_read_or_refused(also in prop::collection::vec(".{0,30}", 0..4), endpoint in ".{0,40}", kind in ".{0,10}") {
        let json = json!({"id": DID, "alsoKnownAs": also, "service": [
            {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint},
            {"id": kind, "type": kind, "serviceEndpoint": {"x": 1}},
        ]});
        let document = fuzzing::document(json.to_string().as_bytes()).unwrap();
        let handle = document.handle();
        let actor = fuzzing::profile(document, handle, Some(&Map::new()), NOW);
        prop_assert!(!actor.username.is_empty() && !actor.username.contains(['@', '/', ':']));
    }
}

/// A document that names a machine in a private network is read; going there is what the fetcher refuses.
#[tokio::test]
async fn private_servers_are_not_asked() {
    let fetcher = landbridge_fetch::Fetcher::new(landbridge_fetch::Policy::public("test")).unwrap();
    for endpoint in [
        "http://127.0.0.1:2583",
        "https://10.0.0.8",
        "https://169.254.169.254",
        "https://[::1]",
        "https://localhost",
    ] {
        let json = json!({"id": DID, "service": [
            {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint},
        ]});
        let document = fuzzing::document(json.to_string().as_bytes()).unwrap();
        let url = document.pds().unwrap();
        let refused = fetcher.get(&url, Default::default(), 100).await;
        assert!(matches!(refused, Err(landbridge_fetch::Error::Refused(_))), "{endpoint}");
    }
}
