//! Where everything is joined: the store, the hub, the networks and the doors. To add a network is one line in
//! [`translators`] and, when it has client surfaces, one in [`routes`].

use anyhow::{Context, anyhow, bail};
use axum::Router;
use landbridge_activitypub::ActivityPub;
use landbridge_atproto::AtProto;
use landbridge_atproto::syntax::Did;
use landbridge_fetch::{Fetcher, Loopback, Policy};
use landbridge_hub::{Hub, Mode, Registrations, Translator};
use landbridge_media::MediaStore;
use landbridge_model::Network;
use landbridge_nostr::Nostr;
use landbridge_store::{ErasureJournal, Fault, MIGRATIONS, Options, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

use crate::config::{Config, NetworkMode, RegistrationMode};
use crate::instance::identity::Identity;
use crate::instance::{Instance, Use};

/// In the data folder: who was erased, to be erased again after a restore. Not in backups.
pub const JOURNAL: &str = "erasures.journal";

/// An opened server: data folder and hub, networks attached but not running.
pub struct House {
    pub instance: Instance,
    pub hub: Hub,
    activitypub: Arc<ActivityPub>,
    nostr: Arc<Nostr>,
    atproto: Arc<AtProto>,
}

impl House {
    /// Opens the data folder and the database, bringing its schema forward.
    pub async fn open(config: &Config, purpose: Use) -> anyhow::Result<Self> {
        let instance = Instance::open(config, purpose)?;
        let url = database_url(config);
        let options = Options {
            disk_reserve: config.limits.disk_reserve_bytes,
            connections: config.database_connections,
            ..Options::default()
        };
        let store = Store::open_tuned(&url, MIGRATIONS, options).await.map_err(|error| {
            anyhow!("cannot open the database {}: {}", without_password(&url), explain(&error))
        })?;
        let fetcher = fetcher(config, &instance.identity)?;
        let media = media(config).context("cannot open the media folder")?;
        let hub = Hub::new(
            hub_config(config, &instance.identity),
            store,
            fetcher,
            media,
            &instance.root_key.bytes(),
        );
        let activitypub = ActivityPub::new(activitypub_options(config));
        hub.note_erasures_in(ErasureJournal::new(&config.data_dir.join(JOURNAL)));
        let nostr = Nostr::new(&hub, nostr_options(config));
        let atproto = AtProto::new(&hub, atproto_options(config, &instance.identity)?);
        hub.attach(translators(config, &activitypub, &nostr, &atproto));
        if !hub.root_key_fits().await.context("the database cannot be read")? {
            bail!(
                "the root key is not the one that this database was made with, so nothing private in it can be read. \
                 Put back the root.key that belongs to {}, or type the four lines of its recovery sheet into it",
                instance.identity.origin
            );
        }
        Ok(Self { instance, hub, activitypub, nostr, atproto })
    }
}

impl House {
    /// What networks do once their tables were brought back from a backup.
    pub async fn after_restore(&self) -> Result<(), landbridge_hub::HubError> {
        match self.hub.config().mode(Network::AtProto) {
            Mode::Off => Ok(()),
            _ => self.atproto.after_restore().await,
        }
    }

    /// Tells whether a name is some member's handle, or the host that a member is.
    pub fn handles(&self) -> crate::listen::acme::Exists {
        let (atproto, on) = (self.atproto.clone(), self.hub.config().mode(Network::AtProto) != Mode::Off);
        Box::new(move |name| {
            let atproto = atproto.clone();
            Box::pin(async move { on && atproto.is_handle(&name).await })
        })
    }
}

/// What is in the way, and what to do about it.
fn explain(error: &StoreError) -> String {
    let advice = match error.fault() {
        Some(Fault::Full) => "make room on the disk",
        Some(Fault::Busy) => "another program holds it: end that one, or try again in a while",
        Some(Fault::Unavailable) => {
            "see that the file can be read and written, or that PostgreSQL runs and lets this user in"
        }
        Some(Fault::Other) => "when the file is damaged, `landbridge restore` brings back the last backup",
        _ => return error.to_string(),
    };
    match error {
        StoreError::Engine { message, .. } => format!("{message}. {advice}"),
        other => format!("{other}. {advice}"),
    }
}

fn media(config: &Config) -> std::io::Result<MediaStore> {
    let mut media = landbridge_media::Config::new(config.data_dir.join("media"))?;
    media.limits.image_bytes = media.limits.image_bytes.min(config.limits.media_bytes);
    media.limits.video_bytes = config.limits.media_bytes;
    MediaStore::open(media)
}

fn activitypub_options(config: &Config) -> landbridge_activitypub::Options {
    landbridge_activitypub::Options { authorized_fetch: config.activitypub.authorized_fetch }
}

fn nostr_options(config: &Config) -> landbridge_nostr::Options {
    let texts = |urls: &[url::Url]| urls.iter().map(url::Url::to_string).collect();
    let nostr = &config.nostr;
    let rates = landbridge_nostr::relay::Rates {
        connection: nostr.strangers_per_connection,
        author: nostr.strangers_per_author,
        recipient: nostr.wraps_per_member,
        requests: nostr.requests_per_connection,
        ..Default::default()
    };
    landbridge_nostr::Options {
        relays: texts(&nostr.relays),
        index_relays: texts(&nostr.index_relays),
        limits: landbridge_nostr::relay::RelayLimits { rates, ..Default::default() },
    }
}

fn atproto_options(config: &Config, identity: &Identity) -> anyhow::Result<landbridge_atproto::Options> {
    let atproto = &config.atproto;
    let public = Some("https://plc.directory".parse()?).filter(|_| !identity.is_trial());
    let service = |what: &str, url: &Option<Url>, did: &Option<String>| match (url, did) {
        (Some(url), Some(did)) => {
            let did = Did::parse(did).map_err(|e| anyhow!("atproto.{what}_did: {e}"))?;
            Ok(Some(landbridge_atproto::Service { url: url.clone(), did }))
        }
        (None, None) => Ok(None),
        _ => Err(anyhow!("atproto.{what} and atproto.{what}_did belong together: set both")),
    };
    let labeler = |did: &String| Did::parse(did).map_err(|e| anyhow!("atproto.labelers: {e}"));
    Ok(landbridge_atproto::Options {
        labelers: atproto.labelers.iter().map(labeler).collect::<Result<_, _>>()?,
        pds: identity.pds_origin(config)?,
        handle_domain: identity.handle_domain(config),
        directory: atproto.directory.clone().or(public),
        relays: atproto.relays.clone(),
        streams: atproto.streams.clone(),
        jetstreams: atproto.jetstreams.clone(),
        appview: service("appview", &atproto.appview, &atproto.appview_did)?,
        chat: service("chat", &atproto.chat, &atproto.chat_did)?,
        moderation: service("moderation", &atproto.moderation, &atproto.moderation_did)?,
        admin_token: atproto.admin_token.clone(),
        dns: atproto.dns.clone(),
        stream_hours: atproto.stream_hours,
        rate_limits: atproto.rate_limits,
    })
}

/// The networks that are not off.
fn translators(
    config: &Config,
    activitypub: &Arc<ActivityPub>,
    nostr: &Arc<Nostr>,
    atproto: &Arc<AtProto>,
) -> Vec<Arc<dyn Translator>> {
    let mut all: Vec<Arc<dyn Translator>> = Vec::new();
    if config.networks.activitypub != NetworkMode::Off {
        all.push(activitypub.clone());
    }
    if config.networks.nostr != NetworkMode::Off {
        all.push(nostr.clone());
    }
    if config.networks.atproto != NetworkMode::Off {
        all.push(atproto.clone());
    }
    all
}

/// What the doors and the networks answer on the origin.
pub fn routes(house: &House) -> Router {
    let hub = &house.hub;
    let mut routes = Router::new()
        .merge(landbridge_media::router(hub.media().clone()))
        .merge(landbridge_web::router(hub.clone()))
        .merge(landbridge_mastodon::router(hub.clone()));
    if hub.config().mode(Network::ActivityPub) != Mode::Off {
        routes = routes.merge(landbridge_activitypub::http::router(house.activitypub.clone(), hub.clone()));
    }
    if hub.config().mode(Network::Nostr) != Mode::Off {
        routes = routes.merge(house.nostr.router());
    }
    if hub.config().mode(Network::AtProto) != Mode::Off {
        routes = routes.merge(house.atproto.pages());
    }
    routes.layer(axum::middleware::from_fn(landbridge_activitypub::http::redirect_documents))
}

/// What is answered on the origin of the PDS, and on the names that are members' handles.
pub fn pds_routes(house: &House) -> Option<Router> {
    let on = house.hub.config().mode(Network::AtProto) != Mode::Off;
    on.then(|| house.atproto.router())
}

/// Where the data is, as the store wants it.
pub fn database_url(config: &Config) -> String {
    match &config.database_url {
        Some(url) => url.clone(),
        None => format!("sqlite:{}", config.data_dir.join("landbridge.sqlite").display()),
    }
}

/// The guarded way out, as strict as this server's identity demands.
pub fn fetcher(config: &Config, identity: &Identity) -> anyhow::Result<Fetcher> {
    let agent = format!(
        "Landbridge/{} (+{})",
        env!("CARGO_PKG_VERSION"),
        identity.origin.as_str().trim_end_matches('/')
    );
    let mut policy = if identity.is_trial() { Policy::trial(agent) } else { Policy::public(agent) };
    if !identity.is_trial() && config.outbound.allow_loopback {
        policy.loopback = Loopback::Allowed;
    }
    if let Some(path) = &config.outbound.extra_ca {
        let pem = std::fs::read(path).with_context(|| format!("outbound.extra_ca = {}", path.display()))?;
        policy.extra_ca_pem = Some(pem);
    }
    Ok(Fetcher::new(policy)?)
}

fn hub_config(config: &Config, identity: &Identity) -> landbridge_hub::Config {
    landbridge_hub::Config {
        origin: identity.origin.clone(),
        account_domain: identity.account_domain.clone(),
        trial: identity.is_trial(),
        title: config.title.clone().unwrap_or_else(|| identity.account_domain.clone()),
        description: config.description.clone(),
        contact: config.contact.clone(),
        registrations: match config.registrations.mode {
            RegistrationMode::Closed => Registrations::Closed,
            RegistrationMode::Invite => Registrations::Invite,
            RegistrationMode::Approval => Registrations::Approval,
            RegistrationMode::Open => Registrations::Open,
        },
        networks: BTreeMap::from([
            (Network::ActivityPub, mode(config.networks.activitypub)),
            (Network::Nostr, mode(config.networks.nostr)),
            (Network::AtProto, mode(config.networks.atproto)),
        ]),
        limits: limits(config.limits.media_bytes as u64),
        gate: landbridge_hub::FirstContacts { new_days: config.gate.new_days, budgets: config.gate.budgets },
        remote_days: config.retention.remote_days,
    }
}

/// No file is larger than an upload may be.
fn limits(upload: u64) -> landbridge_hub::Limits {
    let usual = landbridge_hub::Limits::default();
    landbridge_hub::Limits { image_size: usual.image_size.min(upload), video_size: upload, ..usual }
}

fn mode(mode: NetworkMode) -> Mode {
    match mode {
        NetworkMode::Off => Mode::Off,
        NetworkMode::Read => Mode::Read,
        NetworkMode::ReadWrite => Mode::ReadWrite,
    }
}

/// A database URL as it may be shown.
pub fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(Some("***"));
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::limits;

    #[test]
    fn no_picture_is_larger_than_an_upload() {
        assert_eq!((limits(1 << 20).image_size, limits(1 << 20).video_size), (1 << 20, 1 << 20));
        assert_eq!((limits(40 << 20).image_size, limits(40 << 20).video_size), (16 << 20, 40 << 20));
    }
}
