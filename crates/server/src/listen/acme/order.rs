//! One order, from the account to the issued chain (RFC 8555, section 7).

use anyhow::{Context, bail};
use instant_acme::{
    Account, AuthorizationHandle, AuthorizationStatus, ChallengeType, Identifier, KeyAuthorization,
    LetsEncrypt, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;

use super::{ALPN, Acme};

/// How long a name server may need to show a record that the hook has set.
const DNS_TIME: Duration = Duration::from_secs(20);
const HOOK_TIME: Duration = Duration::from_secs(60);

/// Orders a certificate for `subject` (and everything below it, with a DNS hook). Returns key and chain as PEM.
pub async fn run(acme: &Acme, subject: &str) -> anyhow::Result<String> {
    let account = account(acme).await?;
    let mut names = vec![Identifier::Dns(subject.to_owned())];
    let hook = acme.settings.dns_hook.as_deref().filter(|_| subject == acme.host);
    if hook.is_some() {
        names.push(Identifier::Dns(format!("*.{subject}")));
    }
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    let mut answers = Vec::new();
    let outcome = async {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                other => bail!("the authority will not check {subject}: {other:?}"),
            }
            answer(acme, subject, hook, authorization, &mut answers).await?;
        }
        if !matches!(order.poll_ready(&RetryPolicy::default()).await, Ok(OrderStatus::Ready)) {
            bail!("{}", refusal(&mut order, subject).await);
        }
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&RetryPolicy::default()).await?;
        Ok(key + &chain)
    }
    .await;
    for answer in answers {
        answer.take_back(acme).await;
    }
    outcome
}

async fn account(acme: &Acme) -> anyhow::Result<Account> {
    let builder = || match &acme.settings.extra_ca {
        Some(path) => Account::builder_with_root(path),
        None => Account::builder(),
    };
    let directory = match &acme.settings.directory {
        Some(url) => url.as_str().to_owned(),
        None => LetsEncrypt::Production.url().to_owned(),
    };
    if let Some(kept) = acme.vault.account(&directory)? {
        return Ok(builder()?.from_credentials(kept).await?);
    }
    let contact = acme.settings.contact.as_deref();
    let new = NewAccount {
        contact: contact.as_slice(),
        // The configuration says so: choosing `acme` accepts the terms.
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let (account, credentials) = builder()?.create(&new, directory.clone(), None).await?;
    acme.vault.keep_account(&directory, &credentials)?;
    Ok(account)
}

/// A challenge's answer that is in place, to be taken away after the order.
enum Answer<'a> {
    Http(String),
    Alpn(String),
    Dns { hook: &'a Path, name: String, value: String },
}

impl Answer<'_> {
    async fn take_back(self, acme: &Acme) {
        match self {
            Answer::Http(token) => drop(acme.answers().http.remove(&token)),
            Answer::Alpn(name) => drop(acme.answers().alpn.remove(&name)),
            Answer::Dns { hook, name, value } => {
                if let Err(error) = call_hook(hook, "remove", &name, &value).await {
                    tracing::warn!(%error, "the DNS hook could not remove its record");
                }
            }
        }
    }
}

async fn answer<'a>(
    acme: &Acme,
    subject: &str,
    hook: Option<&'a Path>,
    mut authorization: AuthorizationHandle<'_>,
    answers: &mut Vec<Answer<'a>>,
) -> anyhow::Result<()> {
    let kind = match hook {
        Some(_) => ChallengeType::Dns01,
        None if acme.plain_http => ChallengeType::Http01,
        None => ChallengeType::TlsAlpn01,
    };
    let mut challenge =
        authorization.challenge(kind.clone()).with_context(|| format!("the authority offers no {kind:?}"))?;
    let proof = challenge.key_authorization();
    let token = challenge.token.clone();
    match hook {
        Some(hook) => {
            let (name, value) = (format!("_acme-challenge.{subject}"), proof.dns_value());
            call_hook(hook, "add", &name, &value).await?;
            answers.push(Answer::Dns { hook, name, value });
            if acme.settings.directory.is_none() {
                tokio::time::sleep(DNS_TIME).await;
            }
        }
        None if acme.plain_http => {
            acme.answers().http.insert(token.clone(), proof.as_str().to_owned());
            answers.push(Answer::Http(token));
        }
        None => {
            let config = alpn_config(subject, &proof)?;
            acme.answers().alpn.insert(subject.to_owned(), config);
            answers.push(Answer::Alpn(subject.to_owned()));
        }
    }
    Ok(challenge.set_ready().await?)
}

/// The self-signed certificate that answers TLS-ALPN-01 (RFC 8737, section 3).
fn alpn_config(name: &str, proof: &KeyAuthorization) -> anyhow::Result<Arc<ServerConfig>> {
    let key = rcgen::KeyPair::generate()?;
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(proof.digest().as_ref())];
    let certificate = params.self_signed(&key)?;
    let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    // Not `with_single_cert`: it refuses the critical extension that makes this certificate what it is.
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private)?;
    let certified = CertifiedKey::new(vec![certificate.der().clone()], signing);
    let resolver = Arc::new(SingleCertAndKey::from(certified));
    let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(config))
}

async fn call_hook(hook: &Path, action: &str, name: &str, value: &str) -> anyhow::Result<()> {
    let mut command = Command::new(hook);
    command.args([action, name, value]).kill_on_drop(true);
    let status =
        tokio::time::timeout(HOOK_TIME, command.status()).await.context("the DNS hook took too long")?;
    let status = status.with_context(|| format!("cannot run the DNS hook {}", hook.display()))?;
    if !status.success() {
        bail!("the DNS hook failed to {action} {name}: {status}");
    }
    Ok(())
}

/// What the authority found wrong, in its words.
async fn refusal(order: &mut instant_acme::Order, subject: &str) -> String {
    let mut reasons = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let problems = authorization.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        reasons.extend(problems.map(ToString::to_string));
    }
    format!("the authority could not check {subject}: {}", reasons.join("; "))
}
