//! Facts in plain words.

use landbridge_model::{Network, Time, Visibility};

/// A moment, for `<time>`.
pub struct When {
    /// RFC 3339.
    pub iso: String,
    /// `5 min`, `3 h`, `12 Nov`.
    pub short: String,
    /// `2026-11-23, 11:04 UTC`.
    pub full: String,
}

impl When {
    pub fn new(at: Time, now: Time) -> When {
        let iso = at.rfc3339();
        let (date, clock) = (iso.get(..10).unwrap_or_default(), iso.get(11..16).unwrap_or_default());
        let full = format!("{date}, {clock} UTC");
        When { short: ago(at, now, date), full, iso }
    }
}

fn ago(at: Time, now: Time, date: &str) -> String {
    let minutes = (now.0 - at.0) / 60_000;
    match minutes {
        ..1 => "now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1440 => format!("{} h", minutes / 60),
        1440..10_080 => format!("{} d", minutes / 1440),
        _ => day(date, &now.date()),
    }
}

/// `2026-11-23` as `23 Nov`, with the year when it is not this one.
fn day(date: &str, today: &str) -> String {
    let mut parts = date.split('-');
    let (year, month, day) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = month.parse::<usize>().ok().and_then(|m| names.get(m.wrapping_sub(1))).unwrap_or(&"");
    let day = day.trim_start_matches('0');
    if today.starts_with(year) { format!("{day} {name}") } else { format!("{day} {name} {year}") }
}

/// How long until then: `2 days`, `3 hours`.
pub fn left(until: Time, now: Time) -> String {
    let minutes = (until.0 - now.0).max(0) / 60_000;
    let (n, unit) = match minutes {
        2880.. => (minutes / 1440, "day"),
        120..2880 => (minutes / 60, "hour"),
        _ => (minutes.max(1), "minute"),
    };
    plural(n.unsigned_abs(), unit)
}

/// `1 vote`, `2 votes`.
pub fn plural(n: u64, word: &str) -> String {
    let plural = match word {
        "person" => "people".to_owned(),
        "reply" | "try" => format!("{}ies", word.trim_end_matches('y')),
        w => format!("{w}s"),
    };
    if n == 1 { format!("1 {word}") } else { format!("{n} {plural}") }
}

/// `1234` as `1.2k`.
pub fn count(n: u64) -> String {
    match n {
        0..1000 => n.to_string(),
        1000..10_000 => format!("{}.{}k", n / 1000, n % 1000 / 100),
        10_000..1_000_000 => format!("{}k", n / 1000),
        _ => format!("{}.{}M", n / 1_000_000, n % 1_000_000 / 100_000),
    }
}

/// Like [`count`], but nothing for none: a row of zeros says nothing.
pub fn some(n: u64) -> String {
    if n == 0 { String::new() } else { count(n) }
}

pub fn visibility(v: Visibility) -> &'static str {
    match v {
        Visibility::Public => "Public",
        Visibility::Unlisted => "Quiet public",
        Visibility::Followers => "Followers only",
        Visibility::Direct => "Only people mentioned",
    }
}

/// The short form in forms, which is that of the Mastodon API.
pub fn visibility_key(v: Visibility) -> &'static str {
    match v {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Followers => "private",
        Visibility::Direct => "direct",
    }
}

pub fn visibility_from(key: &str) -> Option<Visibility> {
    [Visibility::Public, Visibility::Unlisted, Visibility::Followers, Visibility::Direct]
        .into_iter()
        .find(|v| visibility_key(*v) == key)
}

/// What somebody should know before they choose a network.
pub fn about(network: Network) -> &'static str {
    match network {
        Network::ActivityPub => {
            "Mastodon, Pixelfed, WordPress and many more. Posts can be public, for followers, or for a few people; deleting asks every server that has a copy to delete it."
        }
        Network::Nostr => {
            "Public for ever, and cannot be recalled: posts, likes, follows and blocks are copied to relays that nobody controls. Deleting only asks."
        }
        Network::AtProto => {
            "Public for ever: posts, likes and follows are in an open repository that anybody may copy, and your identity (DID) stands with its history in a public directory. Blocks are public only if you say so later. If you use a Bluesky app, the service that puts its feeds together (AppView) sees what you read."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let now = Time::parse("2026-11-23T12:00:00Z").unwrap();
        let short = |at: &str| When::new(Time::parse(at).unwrap(), now).short;
        assert_eq!(short("2026-11-23T11:59:30Z"), "now");
        assert_eq!(short("2026-11-23T12:05:00Z"), "now");
        assert_eq!(short("2026-11-23T11:18:00Z"), "42 min");
        assert_eq!(short("2026-11-23T02:00:00Z"), "10 h");
        assert_eq!(short("2026-11-20T02:00:00Z"), "3 d");
        assert_eq!(short("2026-03-05T02:00:00Z"), "5 Mar");
        assert_eq!(short("2023-03-05T02:00:00Z"), "5 Mar 2023");
        assert_eq!(left(Time::parse("2026-11-24T11:00:00Z").unwrap(), now), "23 hours");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            ["0", "999", "1.2k", "12k", "3.4M"],
            [0, 999, 1234, 12_345, 3_456_789].map(count).each_ref().map(String::as_str)
        );
        assert_eq!(plural(1, "vote"), "1 vote");
        assert_eq!(
            [plural(3, "reply"), plural(2, "day"), plural(0, "person")],
            ["3 replies", "2 days", "0 people"]
        );
    }
}
