//! The two DNS records: the host, and everything below it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Finding;
use crate::instance::identity::Identity;

pub async fn records(host: &str, identity: &Identity) -> Vec<Finding> {
    let about = "DNS";
    let here = addresses(host).await;
    if here.is_empty() {
        return vec![Finding::problem(
            about,
            format!("{host} has no address"),
            format!(
                "where your domain's DNS is kept, add a record: {host}. A (or AAAA) with this machine's public address"
            ),
        )];
    }
    let list = here.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut findings = vec![match here.iter().find(|address| is_private(**address)) {
        Some(private) => Finding::note(
            about,
            format!("{host} is {private} as seen from here"),
            "others must find a public address; a private one is fine only in your own network or in tests",
        ),
        None => Finding::good(about, format!("{host} is {list}")),
    }];
    // A name nobody has made: only a wildcard record answers for it.
    let probe = format!("landbridge-{:x}.{host}", std::process::id());
    findings.push(if addresses(&probe).await == here {
        Finding::good(about, format!("*.{host} leads to the same place"))
    } else {
        Finding::note(
            about,
            format!("*.{host} does not lead to the same place"),
            format!(
                "add a second record: *.{host}. CNAME {host}. On the AT Protocol, members will be called NAME.{host}"
            ),
        )
    });
    if identity.account_domain != identity.authority() && addresses(&identity.account_domain).await.is_empty()
    {
        findings.push(Finding::problem(
            about,
            format!("{} has no address", identity.account_domain),
            "addresses of members end in it, so it must have a web server that points here (see below)",
        ));
    }
    findings
}

/// Addresses as this machine's resolver gives them.
pub async fn addresses(host: &str) -> BTreeSet<IpAddr> {
    let found = tokio::net::lookup_host((host, 443)).await;
    found.map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}
