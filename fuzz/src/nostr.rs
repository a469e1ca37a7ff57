//! Events, frames, texts and codes of Nostr.

use crate::{checks, choice, text};
use landbridge_model::richtext::compose;
use landbridge_nostr::event::{Event, Hex32, Keys, Limits, Template, address};
use landbridge_nostr::nips::n19::Pointer;
use landbridge_nostr::nips::n65::{self, Relays};
use landbridge_nostr::nips::{n10, n19, n22, n25, n32, n44, n88, n92};
use landbridge_nostr::translate::{post_in, profile, text_in, text_out};
use landbridge_nostr::wire::{ClientFrame, Filter, FrameLimits, ServerFrame, frames as write};
use landbridge_nostr::{fuzzing, signer};
use std::{collections::BTreeSet, sync::LazyLock};

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::from_secret(&[7; 32]).unwrap_or_else(|e| panic!("{e}")));

/// Events: what is not signed is signed first, since chance never would; then everything that is read from one.
pub fn events(data: &[u8]) {
    let Some(json) = text(data) else { return };
    if let Ok(unverified) = Event::parse(json, &Limits::default()) {
        assert!(unverified.created_at >= 0 && unverified.tags.iter().all(|t| !t.is_empty()));
        if let Ok(event) = unverified.verify() {
            read(&event);
        }
    } else if let Ok(template) = serde_json::from_str::<Template>(json) {
        let event = KEYS.sign(template);
        // Beyond the limits, a negative time, or an empty tag.
        let Ok(again) = Event::from_json(&event.json) else { return };
        assert_eq!(again, event);
        let theirs: nostr::event::Event =
            serde_json::from_str(&event.json).unwrap_or_else(|e| panic!("{e}: {}", event.json));
        assert!(theirs.verify().is_ok(), "{}", event.json);
        read(&event);
    }
}

fn read(event: &Event) {
    if let Some(post) = post_in::read(event, &|_| "bob".into()) {
        // The caller puts times that are ahead right.
        let published = post.published.min(checks::NOW);
        let updated = post.updated.map(|at| at.min(checks::NOW));
        checks::post(&landbridge_hub::InPost { published, updated, ..post });
    }
    let verified = profile::verified("bob@a.example", checks::NOW);
    checks::actor(&profile::read(&event.pubkey, Some(event), "nostr.b.example", Some(verified)));
    let _ = (profile::claimed_name(event), event.expiration(), event.wrap_recipient(), event.is_protected());
    assert!(profile::after(Some(event.created_at)) > event.created_at || event.created_at == i64::MAX);
    let thread = n10::read(&event.tags);
    assert_eq!(thread.root.is_some(), thread.parent.is_some());
    let _ = n22::read(&event.tags);
    if let Some(sign) = n25::read(event) {
        assert!(sign.content.len() <= 80);
    }
    assert!(n32::read(&event.tags).iter().all(|l| l.is_ascii()));
    let relays = Relays::from_event(event);
    let again = Relays::from_tags(&relays.tags());
    assert_eq!(again.write, relays.write);
    assert_eq!(BTreeSet::from_iter(&again.read), BTreeSet::from_iter(&relays.read));
    assert!(again.with("wss://x.example").read.contains(&"wss://x.example".to_owned()));
    let _ = (n88::read(event), n88::voted_in(event), n88::choices(event, event));
    event.tags.iter().filter_map(n92::one).for_each(|media| checks::meta(&media.meta));
    for tags in [n10::answer(event, "wss://r.example", None), n22::answer(event, "wss://r.example")] {
        assert!(tags.iter().all(|tag| !tag.is_empty()));
    }
    if let Some(address) = event.address() {
        let read = n19::parse_address(&address).map(|(kind, key, _)| (kind, key));
        assert_eq!(read, Some((event.kind, event.pubkey)));
    }
}

/// What clients say to our relay, and other relays to us.
pub fn frames(data: &[u8]) {
    static EVENT: LazyLock<Event> = LazyLock::new(|| {
        let tags = vec![vec!["t".into(), "x".into()], vec!["p".into(), KEYS.public().to_string()]];
        KEYS.sign(Template { created_at: 100, kind: 1, tags, content: "x".into() })
    });
    let Some(text) = text(data) else { return };
    match ClientFrame::parse(text, &FrameLimits::default()) {
        Ok(ClientFrame::Req { sub, filters } | ClientFrame::Count { sub, filters }) => {
            assert_eq!(ServerFrame::parse(&write::eose(&sub)), Ok(ServerFrame::Eose { sub: sub.clone() }));
            for filter in filters.unwrap_or_default() {
                let again = Filter::parse(&filter.to_json(), usize::MAX);
                assert_eq!(again.as_ref(), Ok(&filter));
                assert!(!(filter.is_empty() && filter.matches(&EVENT)), "{filter:?}");
            }
        }
        Ok(ClientFrame::Event(json) | ClientFrame::Auth(json)) => {
            let _ = Event::parse(json, &Limits::default()).map(|event| event.verify());
        }
        Ok(ClientFrame::Close { sub }) => assert!((1..=64).contains(&sub.chars().count())),
        Err(error) => assert!(error.to_string().len() <= 1000),
    }
    if let Ok(ServerFrame::Event { sub, event }) = ServerFrame::parse(text) {
        let again = write::event(&sub, event);
        assert_eq!(ServerFrame::parse(&again), Ok(ServerFrame::Event { sub: sub.clone(), event }));
    }
}

/// Plain texts, as members type them and events carry them.
pub fn texts(data: &[u8]) {
    let Some((first, typed)) = choice(data).and_then(|(first, rest)| Some((first, text(rest)?))) else {
        return;
    };
    let rich = compose(typed);
    checks::rich(&rich);
    assert_eq!(compose(&rich.text), rich, "from {typed:?}");
    // People of other networks stay as they are written; the rest is the same text.
    assert_eq!(text_out::write(&rich, &|_| None), rich.text);
    let media = ["https://m.example/1.png".to_owned()];
    let quoted = Hex32([9; 32]).to_string();
    let name = |key: &Hex32| if first & 1 == 0 { "Łu kasz".to_owned() } else { key.to_string() };
    let reading = text_in::Reading { name: &name, media: &media, quoted: Some(&quoted) };
    let (read, people) = text_in::read(typed, &reading);
    checks::rich(&read);
    assert_eq!(read.text.trim(), read.text);
    assert!(people.len() <= 1 + typed.len() / 60);
}

/// Codes of people and posts, addresses, links of signers, what signers and apps say, sealed texts.
pub fn codes(data: &[u8]) {
    let Some((first, text)) = choice(data).and_then(|(first, rest)| Some((first, text(rest)?))) else {
        return;
    };
    match first % 7 {
        0 => {
            let Some(pointer) = Pointer::parse(text) else { return };
            assert!(pointer.relays().len() <= 10);
            let again = pointer.code().and_then(|code| Pointer::parse(&code));
            assert_eq!(again.map(|p| p.native_id()), Some(pointer.native_id()));
        }
        1 => {
            if let Some((kind, author, d)) = n19::parse_address(text) {
                assert_eq!(n19::parse_address(&address(kind, &author, &d)), Some((kind, author, d)));
            }
        }
        2 => fuzzing::signer_links(text),
        3 => {
            if let Ok(request) = serde_json::from_str::<signer::Request>(text) {
                let again = serde_json::to_string(&request).unwrap_or_default();
                assert!(serde_json::from_str::<signer::Request>(&again).is_ok());
            }
            let _ = serde_json::from_str::<signer::Response>(text);
        }
        6 => fuzzing::rumor(text),
        4 => {
            let _ = n44::decrypt(&KEYS, &KEYS.public(), text);
            let _ = n44::decrypt_nip04(&KEYS, &KEYS.public(), text);
        }
        _ => {
            if let Some(url) = n65::normal(text) {
                let relays = Relays { write: vec![url.clone()], read: vec![url] };
                assert_eq!(Relays::from_tags(&relays.tags()), relays);
            }
        }
    }
}
