//! A certificate authority that lives as long as one run.

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::{fs, path::Path};

/// File names in the stage's folder.
pub const AUTHORITY: &str = "ca.pem";
pub const CERTIFICATE: &str = "server.pem";
pub const KEY: &str = "server.key";

/// Writes an authority's certificate, and one certificate and key valid for all `names`.
pub fn write(folder: &Path, names: &[&str]) -> Result<()> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Landbridge test authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = CertificateParams::new(names)?.signed_by(&key, &authority)?;
    fs::write(folder.join(AUTHORITY), authority.pem())?;
    fs::write(folder.join(CERTIFICATE), certificate.pem())?;
    fs::write(folder.join(KEY), key.serialize_pem())?;
    Ok(())
}
