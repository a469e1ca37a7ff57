//! One TLS client set-up for HTTP and WebSocket alike: the system's authorities and those the operator adds.

use crate::{Error, Loopback, Policy};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::path::Path;
use std::sync::Arc;

/// Where systems keep all their authorities in one file: Debian and its kin, Fedora and its kin, SUSE, Alpine.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

pub(crate) fn client_config(policy: &Policy) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted(policy));
    if let Some(pem) = &policy.extra_ca_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|e| Error::Setup(format!("extra certificate authority: {e}")))?;
            roots.add(certificate).map_err(|e| Error::Setup(format!("extra certificate authority: {e}")))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Setup(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// The authorities that this machine trusts, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name instead.
fn trusted(policy: &Policy) -> Vec<CertificateDer<'static>> {
    let chosen = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    if chosen {
        return rustls_native_certs::load_native_certs().certs;
    }
    // Nobody on this machine has a certificate from a public authority.
    if policy.loopback == Loopback::Only {
        return Vec::new();
    }
    // The folder beside the file holds the same again, in hundreds of files to be opened.
    let one_file =
        |path: &&str| rustls_native_certs::load_certs_from_paths(Some(Path::new(path)), None).certs;
    let bundle =
        BUNDLES.iter().filter(|path| Path::new(path).is_file()).map(one_file).find(|all| !all.is_empty());
    bundle.unwrap_or_else(|| rustls_native_certs::load_native_certs().certs)
}
