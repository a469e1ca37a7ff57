//! Against `pebble`, the test authority of Let's Encrypt's makers, in all three ways it can check a name.

use axum::Router;
use axum::routing::get;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use super::Acme;
use crate::config::{Limits, Tls as Settings, TlsMode};
use crate::listen::tls::Tls;
use crate::listen::{self, Behind, Door, Stop};

const HOST: &str = "social.example";
/// A name that comes into being while the server runs.
const HANDLE: &str = "alice.social.example";

/// The authority with its name server; gone when dropped.
struct Pebble {
    directory: String,
    dns_control: String,
    ca: std::path::PathBuf,
    dir: TempDir,
    _processes: [Child; 2],
}

impl Pebble {
    async fn start(http_port: u16, tls_port: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority =
            rcgen::CertifiedIssuer::self_signed(ca_params(), rcgen::KeyPair::generate().unwrap()).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec!["localhost".into()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let file = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let ca = file("ca.pem", authority.pem());
        let certificate = file("leaf.pem", leaf.pem());
        let private = file("leaf.key", key.serialize_pem());
        let (port, management, dns, control) = (free_port(), free_port(), free_port(), free_port());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": certificate,
            "privateKey": private,
            "httpPort": http_port,
            "tlsPort": tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        let config = file("pebble.json", config.to_string());
        let start = |program: &str, arguments: &[&str]| {
            Command::new(program)
                .args(arguments)
                .env("PEBBLE_VA_NOSLEEP", "1")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .unwrap_or_else(|error| panic!("{program}, from Debian's package pebble: {error}"))
        };
        let (dns, control) = (format!("127.0.0.1:{dns}"), format!("127.0.0.1:{control}"));
        let off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
        let names = [&["-dns01", &dns, "-management", &control][..], &off].concat();
        let processes = [
            start("pebble-challtestsrv", &names),
            start("pebble", &["-config", config.to_str().unwrap(), "-dnsserver", &dns]),
        ];
        for waited in [&format!("127.0.0.1:{port}"), &control] {
            wait_for(waited).await;
        }
        let directory = format!("https://localhost:{port}/dir");
        Self { directory, dns_control: control, ca, dir, _processes: processes }
    }

    fn settings(&self) -> Settings {
        Settings {
            mode: TlsMode::Acme,
            directory: Some(self.directory.parse().unwrap()),
            extra_ca: Some(self.ca.clone()),
            contact: Some("mailto:ops@social.example".into()),
            ..Settings::default()
        }
    }

    /// A hook as an operator would write it, for this authority's name server.
    fn dns_hook(&self) -> std::path::PathBuf {
        let path = self.dir.path().join("hook");
        let script = format!(
            "#!/bin/sh\nset -e\ncase $1 in add) what=set-txt ;; *) what=clear-txt ;; esac\n\
             exec curl -sf -d \"{{\\\"host\\\":\\\"$2.\\\",\\\"value\\\":\\\"$3\\\"}}\" http://{}/$what\n",
            self.dns_control
        );
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        path
    }
}

fn ca_params() -> rcgen::CertificateParams {
    let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn wait_for(address: &str) {
    for _ in 0..200 {
        if TcpStream::connect(address).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("nothing listens on {address}");
}

/// A server with certificates from the authority; `plain`: with plain HTTP beside it.
async fn serve(
    settings: Settings,
    plain: Option<TcpListener>,
    tls: TcpListener,
    data_dir: &Path,
) -> SocketAddr {
    serve_with(settings, plain, tls, data_dir).await.0
}

/// The same, with what orders the certificates.
async fn serve_with(
    settings: Settings,
    plain: Option<TcpListener>,
    tls: TcpListener,
    data_dir: &Path,
) -> (SocketAddr, Arc<Acme>) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let _ = crate::observe::logs::start(&crate::config::Log { level: "info".into(), ..Default::default() });
    let origin = format!("https://{HOST}").parse().unwrap();
    let names = [HOST.to_owned(), "example.test".to_owned()].into_iter();
    let exists: super::Exists = Box::new(|name| Box::pin(async move { name == HANDLE }));
    let acme = Acme::start(settings, origin, names, exists, plain.is_some(), data_dir).unwrap();
    let address = tls.local_addr().unwrap();
    let app = Router::new().fallback(get(|| async { "here" }));
    let mut doors: Vec<Door> = plain
        .into_iter()
        .map(|listener| Door { listener, behind: Behind { tls: None, app: acme.plain_routes() } })
        .collect();
    doors.push(Door { listener: tls, behind: Behind { tls: Some(Tls::Acme(acme.clone())), app } });
    tokio::spawn(async move { listen::serve(doors, &Limits::default(), Stop::never()).await });
    (address, acme)
}

/// The names in the certificate that is shown to whoever asks for `name`.
async fn names_shown(address: SocketAddr, name: &'static str) -> Option<Vec<String>> {
    let leaf = certificate_shown(address, name).await?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&leaf).unwrap();
    let names = parsed.subject_alternative_name().unwrap()?.value.general_names.iter();
    let mut names = names.filter_map(|name| match name {
        x509_parser::extensions::GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Some(names.by_ref().collect())
}

async fn certificate_shown(
    address: SocketAddr,
    name: &'static str,
) -> Option<rustls::pki_types::CertificateDer<'static>> {
    let verifier = Arc::new(AnyCertificate);
    let config = rustls::ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let socket = TcpStream::connect(address).await.unwrap();
    let stream = connector.connect(ServerName::try_from(name).unwrap(), socket).await.ok()?;
    Some(stream.get_ref().1.peer_certificates()?.first()?.clone().into_owned())
}

/// Whose authority signed is pebble's matter: it makes its root anew at each start.
#[derive(Debug)]
struct AnyCertificate;

impl rustls::client::danger::ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_alpn_on_demand_and_only_for_names_that_exist() {
    let (tls, port) = listener().await;
    let pebble = Pebble::start(1, port).await;
    let data = tempfile::tempdir().unwrap();
    let address = serve(pebble.settings(), None, tls, data.path()).await;

    assert_eq!(names_shown(address, HOST).await, Some(vec![HOST.to_owned()]));
    assert_eq!(names_shown(address, "example.test").await, Some(vec!["example.test".to_owned()]));
    assert_eq!(names_shown(address, HANDLE).await, Some(vec![HANDLE.to_owned()]));
    assert_eq!(names_shown(address, "nobody.social.example").await, None);

    // What was issued is kept, with its key, for this user only.
    let kept = data.path().join("tls").join(format!("{HOST}.pem"));
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(rustls::pki_types::PrivateKeyDer::from_pem_file(&kept).is_ok());

    // A restart uses it: with the authority gone, the name is still served.
    drop(pebble);
    let settings =
        Settings { directory: Some("https://localhost:1/dir".parse().unwrap()), ..Settings::default() };
    let again = serve(settings, None, listener().await.0, data.path()).await;
    assert_eq!(names_shown(again, HOST).await, Some(vec![HOST.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn http_when_plain_http_is_listened_on() {
    let (plain, port) = listener().await;
    let pebble = Pebble::start(port, 1).await;
    let data = tempfile::tempdir().unwrap();
    let address = serve(pebble.settings(), Some(plain), listener().await.0, data.path()).await;
    assert_eq!(names_shown(address, HOST).await, Some(vec![HOST.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dns_hook_gives_one_wildcard_for_every_handle() {
    let pebble = Pebble::start(1, 1).await;
    let data = tempfile::tempdir().unwrap();
    let settings = Settings { dns_hook: Some(pebble.dns_hook()), ..pebble.settings() };
    let address = serve(settings, None, listener().await.0, data.path()).await;
    let mut both = names_shown(address, "alice.social.example").await.unwrap();
    both.sort();
    assert_eq!(both, ["*.social.example", HOST]);
    assert_eq!(names_shown(address, "a.b.social.example").await, None);
}

/// A certificate that has used up more than two thirds of its life.
fn nearly_over() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    params.not_before = time::OffsetDateTime::now_utc() - time::Duration::days(80);
    params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(10);
    key.serialize_pem() + &params.self_signed(&key).unwrap().pem()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nearly_over_is_renewed_at_a_start_and_while_serving() {
    let (tls, port) = listener().await;
    let pebble = Pebble::start(1, port).await;
    let data = tempfile::tempdir().unwrap();
    let vault = super::Vault::open(data.path()).unwrap();
    let old = vault.keep(HOST, &nearly_over()).unwrap();
    assert!(old.is_due());
    let (address, acme) = serve_with(pebble.settings(), None, tls, data.path()).await;
    // It serves until the new one is there.
    certificate_shown(address, HOST).await.unwrap();
    let renewed = async {
        while vault.load(HOST).unwrap().unwrap().is_due()
            || acme.live.get(HOST).is_none_or(|l| l.unwrap().is_due())
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), renewed).await.expect("it is not renewed");
    let first = certificate_shown(address, HOST).await.unwrap();

    // Months later.
    let old = Arc::new(old);
    acme.live.insert(HOST.to_owned(), Ok(old.clone()));
    acme.renew_what_is_due().await;
    let second = certificate_shown(address, HOST).await.unwrap();
    assert_ne!(first, second);
    assert!(!vault.load(HOST).unwrap().unwrap().is_due());

    // With the authority gone, the one that is there serves on.
    let gone = pebble.settings();
    drop(pebble);
    acme.live.insert(HOST.to_owned(), Ok(old));
    acme.renew_what_is_due().await;
    let third = certificate_shown(address, HOST).await.unwrap();
    assert!(third != first && third != second, "the old one is not served any more");

    // Also after a start.
    let (settings, data) = (gone, tempfile::tempdir().unwrap());
    super::Vault::open(data.path()).unwrap().keep(HOST, &nearly_over()).unwrap();
    let (tls, _) = listener().await;
    let (address, _acme) = serve_with(settings, None, tls, data.path()).await;
    assert!(certificate_shown(address, HOST).await.is_some(), "what still holds is not served");
}
