//! When addresses end in another domain than the host's, that domain's web server must send WebFinger on to us.

use http::HeaderMap;
use landbridge_fetch::Fetcher;
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
        "let the web server of {domain} redirect /.well-known/webfinger, /.well-known/host-meta and \
         /.well-known/nostr.json, each with its query, to the same path at {origin}"
    );
    // Whoever is asked for: our own answer to it, good or bad, comes from our origin.
    let resource = format!("https://{domain}/.well-known/webfinger?resource=acct:landbridge-check@{domain}");
    let Ok(url) = Url::parse(&resource) else { return Vec::new() };
    vec![match fetcher.get(&url, HeaderMap::new(), 64 << 10).await {
        Ok(answer) if answer.url.origin() == identity.origin.origin() => {
            Finding::good(about, format!("{domain} sends WebFinger to {origin}"))
        }
        Ok(answer) => {
            Finding::problem(about, format!("{domain} answers WebFinger itself ({})", answer.status), advice)
        }
        Err(error) => Finding::note(about, format!("{domain} could not be asked: {error}"), advice),
    }]
}
