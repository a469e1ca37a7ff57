//! Whether the configured TLS can work: files that fit and last, or an authority that answers.

use http::HeaderMap;
use instant_acme::LetsEncrypt;
use landbridge_fetch::Fetcher;
use std::time::SystemTime;
use url::Url;

use super::Finding;
use crate::config::{Config, Tls, TlsMode};
use crate::listen;

const DAY: u64 = 24 * 3600;

pub async fn configured(config: &Config, fetcher: &Fetcher) -> Vec<Finding> {
    match config.tls.mode {
        TlsMode::Off => vec![Finding::good("TLS", "left to the proxy in front (`tls.mode = \"off\"`)")],
        TlsMode::Files => vec![files(config)],
        TlsMode::Acme => authority(&config.tls, fetcher).await,
    }
}

fn files(config: &Config) -> Finding {
    let advice = "put the full chain (your certificate first) in `tls.certificate` and its key in `tls.key`";
    let (Some(certificate), Some(key)) = (&config.tls.certificate, &config.tls.key) else {
        return Finding::problem("TLS", "certificate or key is not configured", advice);
    };
    match listen::tls::inspect(certificate, key) {
        Err(error) => Finding::problem("TLS", format!("{error:#}"), advice),
        Ok(until) => {
            let days = until.duration_since(SystemTime::now()).map_or(0, |left| left.as_secs() / DAY);
            let found = format!("the certificate is good for {days} more days");
            match days {
                0 => Finding::problem(
                    "TLS",
                    "the certificate has ended",
                    "renew it; the server reads it again by itself",
                ),
                1..=14 => Finding::note("TLS", found, "renew it soon; the server reads it again by itself"),
                _ => Finding::good("TLS", found),
            }
        }
    }
}

async fn authority(tls: &Tls, fetcher: &Fetcher) -> Vec<Finding> {
    let mut findings = Vec::new();
    let directory = tls.directory.clone().or_else(|| Url::parse(LetsEncrypt::Production.url()).ok());
    let Some(directory) = directory else { return findings };
    if tls.extra_ca.is_none() {
        findings.push(match fetcher.get(&directory, HeaderMap::new(), 64 << 10).await {
            Ok(answer) if answer.status.is_success() => Finding::good("TLS", format!("{directory} answers")),
            Ok(answer) => Finding::problem(
                "TLS",
                format!("{directory} answers {}", answer.status),
                "check `tls.directory`",
            ),
            Err(error) => Finding::problem(
                "TLS",
                format!("{directory} cannot be reached: {error}"),
                "let this machine make HTTPS connections to the outside",
            ),
        });
    }
    if let Some(hook) = &tls.dns_hook
        && !hook.is_file()
    {
        findings.push(Finding::problem(
            "TLS",
            format!("{} is not there", hook.display()),
            "correct `tls.dns_hook`",
        ));
    }
    if tls.contact.is_none() {
        findings.push(Finding::note(
            "TLS",
            "no contact for the certificate authority",
            "set `tls.contact`: it writes before trouble",
        ));
    }
    findings
}
