//! GoToSocial on SQLite. Its settings can be changed through its own environment variables, such as
//! `GTS_DB_SQLITE_SYNCHRONOUS=FULL`.

use super::{NAME, OUT_OF_BAND, Site, run};
use anyhow::{Context, Result, ensure};
use reqwest::{Client, header::LOCATION};
use tokio::process::Command;
use url::Url;

const PASSWORD: &str = "correct horse battery staple";
const EMAIL: &str = "alice@example.org";

pub fn configure(site: &Site) -> Result<()> {
    let folder = site.path().display();
    let config = format!(
        r#"host: "{host}"
protocol: "http"
bind-address: "127.0.0.1"
port: {port}
log-level: "error"
db-type: "sqlite"
db-address: "{folder}/gotosocial.db"
storage-local-base-path: "{folder}/storage"
web-template-base-dir: "{web}/template/"
web-asset-base-dir: "{web}/assets/"
advanced-rate-limit-requests: 0
http-client:
  allow-ips: ["127.0.0.0/8", "::1/128"]
  insecure-outgoing: true
"#,
        host = site.host(),
        port = site.port(),
        web = site.web.display(),
    );
    ensure!(site.web.join("template").is_dir(), "--web needs GoToSocial's folder `web`, with its templates");
    Ok(std::fs::write(site.path().join("config.yaml"), config)?)
}

fn command(site: &Site) -> Command {
    let mut command = site.command();
    command.args(["--config-path", "config.yaml"]);
    command
}

pub fn serve(site: &Site) -> Command {
    let mut command = command(site);
    command.args(["server", "start"]);
    command
}

pub async fn create_member(site: &Site) -> Result<String> {
    let mut command = command(site);
    command.args(["admin", "account", "create"]);
    command.args(["--username", NAME, "--email", EMAIL, "--password", PASSWORD]);
    run(command, "").await?;
    Ok(PASSWORD.to_owned())
}

/// Signs in with the e-mail address, and consents; the code.
pub async fn consent(base: &Url, browser: &Client, authorize: Url, password: &str) -> Result<String> {
    browser.get(authorize).send().await?.error_for_status()?;
    let form = [("username", EMAIL), ("password", password)];
    browser.post(base.join("auth/sign_in")?).form(&form).send().await?.error_for_status()?;
    let answer = browser.post(base.join("oauth/authorize")?).send().await?.error_for_status()?;
    let location = answer.headers().get(LOCATION).context("no redirect after consent")?.to_str()?;
    let next = Url::parse(OUT_OF_BAND).ok().filter(|_| location.starts_with(OUT_OF_BAND));
    let next = match next {
        Some(_) => Url::parse(location)?,
        None => base.join(location)?,
    };
    let code = next.query_pairs().find(|(name, _)| name == "code").context("no code")?.1.into_owned();
    Ok(code)
}
