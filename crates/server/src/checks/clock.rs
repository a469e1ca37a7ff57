//! Signatures carry the time: a clock that is wrong by hours makes every delivery fail.

use http::{HeaderMap, header};
use instant_acme::LetsEncrypt;
use landbridge_fetch::Fetcher;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use super::Finding;
use crate::config::Config;

/// Seconds.
const NOTABLE: i64 = 30;
const WRONG: i64 = 300;

pub async fn skew(config: &Config, fetcher: &Fetcher) -> Vec<Finding> {
    let directory = config.tls.directory.clone().or_else(|| Url::parse(LetsEncrypt::Production.url()).ok());
    let Some(url) = directory else { return Vec::new() };
    let Ok(answer) = fetcher.get(&url, HeaderMap::new(), 64 << 10).await else {
        return vec![Finding::note(
            "clock",
            "nobody could be asked for the time",
            "see that time is synchronised: timedatectl",
        )];
    };
    let date = answer.headers.get(header::DATE).and_then(|date| date.to_str().ok());
    let Some(theirs) =
        date.and_then(|date| OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822).ok())
    else {
        return Vec::new();
    };
    let off = (OffsetDateTime::now_utc() - theirs).whole_seconds();
    let found = format!("differs by {} s from {}", off.abs(), url.host_str().unwrap_or_default());
    let advice = "switch time synchronisation on: timedatectl set-ntp true";
    vec![match off.abs() {
        0..=NOTABLE => Finding::good("clock", found),
        ..=WRONG => Finding::note("clock", found, advice),
        _ => Finding::problem("clock", found, advice),
    }]
}
