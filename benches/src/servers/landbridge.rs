//! Landbridge, as a local trial.

use super::{Site, run};
use anyhow::Result;
use tokio::process::Command;

const PASSWORD: &str = "correct horse battery staple";

fn command(site: &Site) -> Command {
    let mut command = site.command();
    command
        .env("LANDBRIDGE_DATABASE_URL", &site.database_url)
        .env("LANDBRIDGE_DATA_DIR", site.path())
        .env("LANDBRIDGE_LISTEN", format!("127.0.0.1:{}", site.port()))
        .env("LANDBRIDGE_LOG__LEVEL", "error");
    for limit in [
        "API_PER_ACCOUNT",
        "API_PER_ADDRESS",
        "FEDERATION_PER_ADDRESS",
        "SIGN_INS_PER_ADDRESS",
        "MEDIA_PER_ACCOUNT",
    ] {
        command.env(format!("LANDBRIDGE_LIMITS__{limit}"), "100000000");
    }
    for limit in
        ["STRANGERS_PER_CONNECTION", "STRANGERS_PER_AUTHOR", "WRAPS_PER_MEMBER", "REQUESTS_PER_CONNECTION"]
    {
        command.env(format!("LANDBRIDGE_NOSTR__{limit}"), "0");
    }
    command.env("LANDBRIDGE_ATPROTO__RATE_LIMITS", "false");
    command
}

pub fn serve(site: &Site) -> Command {
    let mut command = command(site);
    command.arg("up");
    command
}

/// `networks`: all of them when empty.
pub async fn create_member(site: &Site, name: &str, networks: &[&str]) -> Result<String> {
    let mut command = command(site);
    command.args(["account", "create", name, "--password-stdin"]);
    if !networks.is_empty() {
        command.args(["--networks", &networks.join(",")]);
    }
    run(command, &format!("{PASSWORD}\n")).await?;
    Ok(PASSWORD.to_owned())
}
