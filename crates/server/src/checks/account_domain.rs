//! When addresses end in another domain than the host's, that domain's web server must send WebFinger on to us.

use http::HeaderMap;
use landbridge_fetch::{Fetcher, Response};
use url::Url;

use super::Finding;
use crate::instance::identity::Identity;

pub async fn points_here(fetcher: &Fetcher, identity: &Identity) -> Vec<Finding> {
    let (domain, origin) = (&identity.account_domain, identity.origin.as_str().trim_end_matches('/'));
    if *domain == identity.authority() {
        return Vec::new();
    }
    let about = "account domain";
    let advice = format!(
        "let the web server of {domain} redirect /.well-known/webfinger and /.well-known/host-meta, each with its \
         query, to the same path at {origin}"
    );
    // The server's own account, which is always there.
    let finger = format!("https://{domain}/.well-known/webfinger?resource=acct:{domain}@{domain}");
    let names = format!("https://{domain}/.well-known/nostr.json?name=landbridge-check");
    let (Ok(finger), Ok(names)) = (Url::parse(&finger), Url::parse(&names)) else { return Vec::new() };
    let mut findings = Vec::new();
    findings.push(match fetcher.get(&finger, HeaderMap::new(), 64 << 10).await {
        Ok(answer) if speaks_for_us(&answer, identity) => {
            Finding::good(about, format!("{domain} sends WebFinger to {origin}"))
        }
        Ok(answer) => {
            Finding::problem(about, format!("{domain} answers WebFinger itself ({})", answer.status), advice)
        }
        Err(error) => {
            return vec![Finding::note(about, format!("{domain} could not be asked: {error}"), advice)];
        }
    });
    // NIP-05: a client must not follow a redirect.
    if let Ok(answer) = fetcher.get(&names, HeaderMap::new(), 64 << 10).await {
        findings.push(if answer.url.origin() == names.origin() && is_names(&answer.body) {
            Finding::good(about, format!("{domain} answers for names on Nostr"))
        } else {
            Finding::note(
                about,
                format!("{domain} does not answer for names on Nostr itself, and Nostr apps follow no redirect"),
                format!(
                    "let its web server pass /.well-known/nostr.json on (as a proxy, with Host: {}) instead of \
                     redirecting it",
                    identity.authority()
                ),
            )
        });
    }
    findings
}

/// Whether it came from our origin, or was made by us and passed on, or is ours under our other name.
fn speaks_for_us(answer: &Response, identity: &Identity) -> bool {
    let (here, origin) = (answer.url.origin() == identity.origin.origin(), identity.origin.as_str());
    here || answer.status.is_success() && String::from_utf8_lossy(&answer.body).contains(origin)
}

fn is_names(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|answer| answer["names"].is_object())
}
