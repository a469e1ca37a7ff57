//! Certificates on disk: `tls/NAME.pem` with the key first, and the account at each authority.

use anyhow::Context;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::instance::{make_private_dir, write_private_file};
use crate::listen::tls;

/// Renewal begins when this share of the certificate's life is left.
const LEFT: u32 = 3;

/// A usable certificate with its dates.
pub struct Certificate {
    pub config: Arc<ServerConfig>,
    not_before: SystemTime,
    not_after: SystemTime,
}

impl Certificate {
    fn from_pem(pem: &[u8]) -> anyhow::Result<Self> {
        let key = PrivateKeyDer::from_pem_slice(pem)?;
        let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
        let (not_before, not_after) = validity(chain.first().context("no certificate")?)?;
        Ok(Self { config: tls::server_config(chain, key)?, not_before, not_after })
    }

    /// Whether a third of its life or less is left.
    pub fn is_due(&self) -> bool {
        let life = self.not_after.duration_since(self.not_before).unwrap_or_default();
        self.left() <= life / LEFT
    }

    /// Whether nobody takes it any more.
    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    fn left(&self) -> Duration {
        self.not_after.duration_since(SystemTime::now()).unwrap_or_default()
    }
}

/// First and last moment of a certificate.
pub fn validity(certificate: &CertificateDer<'_>) -> anyhow::Result<(SystemTime, SystemTime)> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).context("unreadable certificate")?;
    let moment = |seconds: i64| UNIX_EPOCH + Duration::from_secs(seconds.max(0).unsigned_abs());
    let validity = parsed.validity();
    Ok((moment(validity.not_before.timestamp()), moment(validity.not_after.timestamp())))
}

pub struct Vault {
    dir: PathBuf,
}

impl Vault {
    pub fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let dir = data_dir.join("tls");
        make_private_dir(&dir)?;
        Ok(Self { dir })
    }

    /// The kept certificate for `name`; one that cannot be read counts as none.
    pub fn load(&self, name: &str) -> anyhow::Result<Option<Certificate>> {
        match std::fs::read(self.path(name)) {
            Ok(pem) => Ok(Certificate::from_pem(&pem)
                .inspect_err(|error| tracing::warn!(name, %error, "a kept certificate cannot be used"))
                .ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps key and chain.
    pub fn keep(&self, name: &str, pem: &str) -> anyhow::Result<Certificate> {
        let certificate = Certificate::from_pem(pem.as_bytes())?;
        write_private_file(&self.path(name), pem.as_bytes())?;
        Ok(certificate)
    }

    /// The account at the authority with this directory.
    pub fn account(&self, directory: &str) -> anyhow::Result<Option<instant_acme::AccountCredentials>> {
        match std::fs::read(self.account_path(directory)) {
            Ok(bytes) => {
                Ok(Some(serde_json::from_slice(&bytes).context("the kept ACME account is damaged")?))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub fn keep_account(
        &self,
        directory: &str,
        account: &instant_acme::AccountCredentials,
    ) -> anyhow::Result<()> {
        Ok(write_private_file(&self.account_path(directory), &serde_json::to_vec(account)?)?)
    }

    /// `name` is one of ours and has passed as a host name, so it is a file name too.
    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.pem"))
    }

    fn account_path(&self, directory: &str) -> PathBuf {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, directory.as_bytes());
        let short = hash.as_ref().iter().take(8).copied().collect::<Vec<_>>();
        self.dir.join(format!("account-{}.json", hex::encode(short)))
    }
}
