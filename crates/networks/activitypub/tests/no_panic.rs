//! Whatever arrives: it is read or refused, and nothing panics. Values are made of the network's own names, since
//! random bytes get no further than the parser.

#![allow(clippy::unwrap_used)]

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use landbridge_activitypub::signature::{Claim, PublicKey, Request, jcs, multibase, proof};
use landbridge_activitypub::text::{self, Hints};
use landbridge_activitypub::translate;
use landbridge_activitypub::vocab::{self, Node};
use landbridge_model::Time;
use landbridge_model::richtext::to_html;
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::Value;
use std::time::SystemTime;

const NAMES: &[&str] = &[
    "@context",
    "id",
    "type",
    "actor",
    "object",
    "attributedTo",
    "to",
    "cc",
    "content",
    "contentMap",
    "summary",
    "name",
    "published",
    "updated",
    "url",
    "href",
    "rel",
    "mediaType",
    "tag",
    "attachment",
    "icon",
    "image",
    "oneOf",
    "anyOf",
    "replies",
    "totalItems",
    "endTime",
    "closed",
    "votersCount",
    "inReplyTo",
    "quote",
    "quoteUrl",
    "interactionPolicy",
    "canQuote",
    "automaticApproval",
    "publicKey",
    "publicKeyPem",
    "owner",
    "assertionMethod",
    "publicKeyMultibase",
    "preferredUsername",
    "inbox",
    "endpoints",
    "sharedInbox",
    "focalPoint",
    "width",
    "duration",
    "startTime",
    "location",
    "proof",
    "proofValue",
    "cryptosuite",
    "verificationMethod",
    "proofPurpose",
    "_misskey_reaction",
    "proxyOf",
    "webfinger",
];

fn text() -> impl Strategy<Value = String> {
    let known = prop_oneof![
        Just("Note"),
        Just("Question"),
        Just("Person"),
        Just("Group"),
        Just("Video"),
        Just("Event"),
        Just("Mention"),
        Just("Emoji"),
        Just("Hashtag"),
        Just("Link"),
        Just("Document"),
        Just("PropertyValue"),
        Just("QuoteAuthorization"),
        Just("https://a.example/users/x"),
        Just("https://a.example/1"),
        Just("as:Public"),
        Just(":x:"),
        Just("@x@a.example"),
        Just("2026-01-01T00:00:00Z"),
        Just("PT1H2M3.5S"),
        Just("PT"),
        Just("DataIntegrityProof"),
        Just("eddsa-jcs-2022"),
        Just("assertionMethod"),
        Just("nostr:nevent1qq"),
        Just("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
        Just("<p>a<br>b</p><a href='https://a.example/1' class='mention'>@x</a>"),
        Just("text/html"),
        Just("RE: https://a.example/1"),
    ];
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 60, 8, |inner| {
        let object = hash_map(prop::sample::select(NAMES).prop_map(str::to_owned), inner.clone(), 0..12);
        prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 3 => object.prop_map(|m| m.into_iter().collect())]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn documents(mut document in value()) {
        if let Value::Object(map) = &mut document {
            map.insert("id".into(), "https://a.example/1".into());
            map.entry("attributedTo").or_insert("https://a.example/users/x".into());
        }
        let node = Node(&document);
        if let Some(read) = translate::post(node, Time(1_790_000_000_000)) {
            let html = to_html(&read.post.text, "https://b.example/tags/");
            prop_assert!(!html.contains("<script"));
        }
        let _ = translate::actor(node);
        let _ = translate::reaction(node);
        let _ = translate::is_vote(node);
        let _ = jcs::canonical(&document);
        let key = PublicKey::from_multibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2").unwrap();
        prop_assert!(proof::verify(&document, &key).is_err());
        let again = vocab::parse(document.to_string().as_bytes());
        prop_assert!(again.is_err() || again.unwrap().is_object());
    }

    #[test]
    fn markup(html in "(<|>|/|p|a|b|br|ul|li|pre|code|script|svg|style|blockquote| href=|\"|'|=|class=|quote-inline|&|amp;|#x41;|é|\u{202e}|\n| |https://a.example|javascript:|@x|#y){0,60}") {
        let rich = text::read(&html, &Hints { has_quote: true, ..Hints::default() });
        let out = to_html(&rich, "https://b.example/tags/");
        for bad in ["<script", "<svg", "<style", "javascript:\"", " onclick"] {
            prop_assert!(!out.contains(bad), "{} in {}", bad, out);
        }
        let _ = text::plain(&html);
    }

    #[test]
    fn bytes(bytes in vec(any::<u8>(), 0..300), code in any::<String>()) {
        let _ = vocab::parse(&bytes);
        let _ = multibase::decode(&code);
        let _ = PublicKey::from_pem(&code);
        let _ = text::read(&code, &Hints::default());
        let _ = vocab::same_authority(&code, "https://a.example");
    }

    #[test]
    fn signature_headers(
        value in "(keyId|algorithm|headers|signature|created|expires|sig1|=|\"|,|;|\\(|\\)|:|@method|@target-uri|host|date|digest|keyid|alg| |1|AAAA|https://a[.]example/k){0,40}",
        input in "(sig1|=|\"|,|;|\\(|\\)|:|@method|@target-uri|content-digest|keyid|alg|created| |1|AAAA){0,40}",
        modern in any::<bool>(),
    ) {
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: &str| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        };
        put("host", "a.example");
        put("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        put("signature", &value);
        if modern {
            put("signature-input", &input);
        }
        let uri = "/inbox?x".parse().unwrap();
        let (method, body) = (Method::POST, Some(&b"{}"[..]));
        let now = SystemTime::now();
        let request = Request { method: &method, uri: &uri, headers: &headers, body, scheme: "https", authority: "a.example", now };
        // No digest covers the body, whatever the header says.
        prop_assert!(Claim::read(&request).is_err());
    }
}
