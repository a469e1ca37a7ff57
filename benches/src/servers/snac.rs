//! snac2, which keeps everything in files and asks for its settings on standard input.

use super::{NAME, OUT_OF_BAND, Site, run};
use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::process::Command;
use url::Url;

/// `snac init` wants a folder that is not there yet.
const FOLDER: &str = "data";

pub async fn configure(site: &Site) -> Result<()> {
    let mut command = site.command();
    command.args(["init", FOLDER]);
    // Address, port, host, prefix, e-mail address.
    run(command, &format!("127.0.0.1\n{}\n{}\n\n\n", site.port(), site.host())).await?;
    let file = site.path().join(FOLDER).join("server.json");
    let mut settings: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let map = settings.as_object_mut().context("server.json is no object")?;
    map.insert("protocol".to_owned(), json!("http"));
    map.insert("disable_email_notifications".to_owned(), json!(true));
    Ok(std::fs::write(&file, serde_json::to_vec_pretty(&settings)?)?)
}

pub fn serve(site: &Site) -> Command {
    let mut command = site.command();
    command.args(["httpd", FOLDER]);
    command
}

pub async fn create_member(site: &Site) -> Result<String> {
    let mut command = site.command();
    command.args(["adduser", FOLDER, NAME]);
    let printed = run(command, "").await?;
    let password = printed.lines().find_map(|line| line.strip_prefix("User password is "));
    Ok(password.context("snac printed no password")?.trim().to_owned())
}

/// Signs in, which is the consent too; the code.
pub async fn consent(base: &Url, browser: &Client, app: &str, password: &str) -> Result<String> {
    let form = [("login", NAME), ("passwd", password), ("redir", OUT_OF_BAND), ("cid", app), ("state", "")];
    let answer =
        browser.post(base.join("oauth/x-snac-login")?).form(&form).send().await?.error_for_status()?;
    let code = answer.text().await?;
    ensure!(!code.contains('<'), "snac refused the sign-in");
    Ok(code)
}
