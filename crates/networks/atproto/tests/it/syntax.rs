//! Identifiers: each valid one is read and shown as it was, each invalid one is refused.

use crate::vectors::lines;
use landbridge_atproto::syntax::*;
use proptest::prelude::*;
use std::fmt::Display;

fn hold<T: Display, E>(name: &str, parse: impl Fn(&str) -> Result<T, E>) {
    for line in lines(&format!("syntax/{name}_syntax_valid.txt")) {
        let Ok(read) = parse(&line) else { panic!("{name}: {line:?} is refused") };
        assert!(read.to_string().eq_ignore_ascii_case(&line), "{name}: {line:?} became {read}");
    }
    for line in lines(&format!("syntax/{name}_syntax_invalid.txt")) {
        assert!(parse(&line).is_err(), "{name}: {line:?} is taken");
    }
}

#[test]
fn vectors() {
    hold("handle", Handle::parse);
    hold("did", Did::parse);
    hold("atidentifier", AtIdentifier::parse);
    hold("nsid", Nsid::parse);
    hold("recordkey", RecordKey::parse);
    hold("aturi", AtUri::parse);
    hold("tid", Tid::parse);
    hold("datetime", Datetime::parse);
    hold("language", Language::parse);
    hold("cid", |text| if is_cid_string(text) { Ok(text.to_owned()) } else { Err(()) });
    hold("uri", |text| if is_uri(text) { Ok(text.to_owned()) } else { Err(()) });
}

#[test]
fn well_formed_but_meaningless() {
    for line in lines("syntax/datetime_parse_invalid.txt") {
        assert!(Datetime::parse(&line).is_err(), "{line:?} is taken");
    }
    for line in lines("syntax/language_parse_invalid.txt") {
        assert!(Language::parse(&line).is_err(), "{line:?} is taken");
    }
}

#[test]
fn methods_of_accounts() {
    let method = |did| Did::parse(did).unwrap().method();
    assert_eq!(method("did:plc:7iza6de2dwap2sbkpav7c6c6"), Some(DidMethod::Plc));
    assert_eq!(method("did:plc:7iza6de2dwap2sbkpav7c6c"), None);
    assert_eq!(method("did:plc:7iza6de2dwap2sbkpav7c6C6"), None);
    assert_eq!(method("did:web:example.com"), Some(DidMethod::Web));
    assert_eq!(method("did:web:localhost%3A1234"), Some(DidMethod::Web));
    assert_eq!(method("did:web:example.com%3A8080"), None);
    assert_eq!(method("did:web:example.com:path"), None);
    assert_eq!(method("did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N"), None);
}

#[test]
fn parts() {
    let uri = AtUri::parse("at://did:plc:asdf123/com.atproto.feed.post/record").unwrap();
    assert_eq!(uri.did().unwrap().as_str(), "did:plc:asdf123");
    assert_eq!(uri.collection().unwrap().authority(), "feed.atproto.com");
    assert_eq!(uri.collection().unwrap().name(), "post");
    assert_eq!(uri.rkey().unwrap().as_str(), "record");
    assert_eq!(Handle::parse("XX.LCS.MIT.EDU").unwrap().as_str(), "xx.lcs.mit.edu");
    assert!(Handle::parse("alice.test").unwrap().is_disallowed_domain(false));
    assert!(!Handle::parse("alice.test").unwrap().is_disallowed_domain(true));
}

proptest! {
    /// Nothing panics, and what is taken is shown so that it is taken again, as the same.
    #[test]
    fn any_text(text in any::<String>(), tail in "[a-zA-Z0-9.:/%~_-]{0,40}") {
        for text in [text.clone(), tail.clone(), format!("at://{tail}"), format!("did:{tail}"), format!("did:web:{tail}")] {
            prop_assert!(Handle::parse(&text).is_err() || again(&text, Handle::parse));
            prop_assert!(Nsid::parse(&text).is_err() || again(&text, Nsid::parse));
            prop_assert!(AtUri::parse(&text).is_err() || again(&text, AtUri::parse));
            prop_assert!(Tid::parse(&text).is_err() || again(&text, Tid::parse));
            let _ = Did::parse(&text).map(|did| did.method());
            let _ = (RecordKey::parse(&text), Language::parse(&text), is_uri(&text), is_cid_string(&text));
            let _ = Datetime::parse(&text).map(|d| d.time());
        }
    }

    #[test]
    fn any_datetime(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,15})?(Z|[+-][0-2][0-9]:[0-6][0-9])") {
        let _ = Datetime::parse(&text).map(|d| d.time());
    }
}

fn again<T: Display + PartialEq, E>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> bool {
    let once = parse(text).ok();
    once.as_ref().and_then(|t| parse(&t.to_string()).ok()) == once
}
