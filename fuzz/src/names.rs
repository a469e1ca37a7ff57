//! Names, addresses, ids and times as people and servers write them.

use crate::{checks, text};
use landbridge_activitypub::vocab::{authority, same_authority};
use landbridge_model::richtext::normal_tag;
use landbridge_model::{Acct, Id, Time, check_name, safe_display_name};
use landbridge_nostr::nips::{n05, n65};
use url::Url;

/// Whatever is understood has one spelling, which is understood alike.
pub fn addresses(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(acct) = text.parse::<Acct>() {
        assert_eq!(acct.to_string().parse::<Acct>().as_ref(), Ok(&acct));
        assert!(!acct.to_string().contains(char::is_control), "{acct:?}");
    }
    if check_name(text).is_ok() {
        assert_eq!(text.parse::<Acct>(), Ok(Acct { username: text.to_owned(), domain: None }));
        assert!(n05::split(&format!("{text}@a.example")).is_some());
    }
    let shown = safe_display_name(text, 30);
    assert_eq!(safe_display_name(&shown, 30), shown, "{text:?}");
    assert!(!shown.contains(|c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
    let tag = normal_tag(text);
    assert_eq!(normal_tag(&tag), tag, "{text:?}");
    if let Some((name, host)) = n05::split(text) {
        assert_eq!(n05::split(&format!("{name}@{host}")), Some((name, host)));
    }
    if let Some(relay) = n65::normal(text) {
        assert_eq!(n65::normal(&relay).as_ref(), Some(&relay), "{text:?}");
    }
    if let Ok(id) = text.parse::<Id>() {
        assert_eq!(id.to_string().parse::<Id>().ok(), Some(id));
        let _ = id.time().rfc3339();
    }
    if let Ok(time) = Time::parse(text) {
        assert_eq!(Time::parse(&time.rfc3339()).ok(), Some(time));
        let _ = (Id::floor(time), time.date(), checks::NOW.max(time));
    }
    speaks_for(text);
}

/// The text before the path, by which it is judged who may speak for whom, names the host that a request would go to.
fn speaks_for(text: &str) {
    let (Some(said), Ok(url)) = (authority(text), Url::parse(text)) else { return };
    let alone = Url::parse(said).unwrap_or_else(|e| panic!("{text:?}: {said:?}: {e}"));
    assert_eq!(
        (alone.scheme(), alone.host(), alone.port()),
        (url.scheme(), url.host(), url.port()),
        "{text:?}"
    );
    assert!(same_authority(text, said));
}
