//! Peers: servers and clients written by others, installed from the public package registries.
//!
//! A peer is a folder in `tests/interop/peers`. What it holds says how it is installed: `package.json` and its
//! lock (npm), `requirements.txt` (PyPI, in an environment of its own), `crates.txt` (`name@version` per line,
//! built by cargo). The result is kept in the user's cache folder, keyed by the manifest's content.

use crate::run;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Written last, so that an interrupted installation is begun anew.
const COMPLETE: &str = ".complete";
const MANIFESTS: [&str; 4] = ["package.json", "package-lock.json", "requirements.txt", "crates.txt"];

/// An installed peer.
pub struct Peer {
    /// Its folder's name in `tests/interop/peers`.
    pub name: String,
    /// Where it was installed.
    pub folder: PathBuf,
}

impl Peer {
    /// The environment variable by which the tests find it: `LANDBRIDGE_PEER_NOSTR_TOOLS`.
    pub fn variable(&self) -> String {
        format!("LANDBRIDGE_PEER_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

/// Installs the named peers, or all of them if `names` is empty. Quick when they are there.
pub fn install(names: &[String]) -> Result<Vec<Peer>> {
    let sources = run::root().join("tests/interop/peers");
    let mut names = names.to_vec();
    if names.is_empty() {
        for entry in fs::read_dir(&sources)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
    }
    names.into_iter().map(|name| install_one(&sources.join(&name), name)).collect()
}

fn install_one(source: &Path, name: String) -> Result<Peer> {
    let key = fingerprint(source).with_context(|| format!("no peer named {name}"))?;
    let folder = cache()?.join(format!("{name}-{key:016x}"));
    if folder.join(COMPLETE).exists() {
        return Ok(Peer { name, folder });
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    if source.join("package.json").exists() {
        npm(&name, source, &folder)?;
    }
    if source.join("requirements.txt").exists() {
        pip(&name, source, &folder)?;
    }
    if source.join("crates.txt").exists() {
        cargo(source, &folder)?;
    }
    fs::write(folder.join(COMPLETE), "")?;
    Ok(Peer { name, folder })
}

fn npm(name: &str, source: &Path, folder: &Path) -> Result<()> {
    for manifest in ["package.json", "package-lock.json"] {
        fs::copy(source.join(manifest), folder.join(manifest))
            .with_context(|| format!("{name}: {manifest}"))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    // A peer that brings its own Node builds its native parts against that one's headers.
    if fs::read_to_string(folder.join("package.json"))?.contains("\"node\":") {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
        let headers = format!("node_modules/node/node_modules/node-linux-{architecture}");
        npm.env("npm_config_nodedir", folder.join(headers));
    }
    run::quietly(&format!("npm: {name}"), &mut npm)
}

fn pip(name: &str, source: &Path, folder: &Path) -> Result<()> {
    run::quietly(&format!("venv: {name}"), Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    run::quietly(
        &format!("pip: {name}"),
        Command::new(folder.join("bin/pip"))
            .args(["install", "-q", "--disable-pip-version-check", "-r"])
            .arg(source.join("requirements.txt")),
    )
}

fn cargo(source: &Path, folder: &Path) -> Result<()> {
    let build = folder.join("target");
    for krate in fs::read_to_string(source.join("crates.txt"))?.split_whitespace() {
        run::quietly(
            &format!("cargo install {krate} (minutes, once)"),
            Command::new("cargo")
                .args(["install", krate, "--root"])
                .arg(folder)
                .env("CARGO_TARGET_DIR", &build)
                .current_dir(folder),
        )?;
    }
    fs::remove_dir_all(&build).context("the peer's build folder")
}

/// `$XDG_CACHE_HOME/landbridge/peers`, by default `~/.cache/landbridge/peers`.
fn cache() -> Result<PathBuf> {
    let base = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => PathBuf::from(home).join(".cache"),
        _ => bail!("neither XDG_CACHE_HOME nor HOME is set"),
    };
    Ok(base.join("landbridge/peers"))
}

/// FNV-1a over the peer's manifests: stable, and enough to tell versions apart.
fn fingerprint(source: &Path) -> Result<u64> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut found = false;
    for manifest in MANIFESTS {
        let Ok(bytes) = fs::read(source.join(manifest)) else { continue };
        found = true;
        for byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    if !found {
        bail!("{} holds none of {}", source.display(), MANIFESTS.join(", "));
    }
    Ok(hash)
}
