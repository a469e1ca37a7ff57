//! Structured logs on standard error, plain or JSON. What may never be in them: secrets, text of posts, whole
//! addresses of people. Those who log hold to that; this file only formats.

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::time::SystemTime;

use crate::config::{Log, LogFormat};

/// Libraries that, asked for more than this, write down the values of statements, headers, or whole messages.
const TALKATIVE: [&str; 11] = [
    "h2",
    "hyper",
    "hyper_util",
    "instant_acme",
    "postgres_protocol",
    "reqwest",
    "rustls",
    "tokio_postgres",
    "tokio_tungstenite",
    "tower_http",
    "tungstenite",
];

/// Starts logging for the whole process. Later calls change nothing.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let mut filter =
        EnvFilter::try_new(&log.level).with_context(|| format!("log.level = {:?}", log.level))?;
    if filter.max_level_hint().is_none_or(|most| most >= LevelFilter::INFO) {
        for library in TALKATIVE {
            filter = filter.add_directive(format!("{library}=warn").parse()?);
        }
    }
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_timer(SystemTime);
    // Already started is fine: the first one wins.
    let _ = match log.format {
        LogFormat::Plain => {
            builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}
