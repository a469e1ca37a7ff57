//! RSA keys for a crowd. Making a thousand takes most of a minute, so they are kept in the user's cache folder.

use anyhow::{Context, Result};
use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{fs, path::PathBuf};

pub struct Key {
    pub pair: KeyPair,
    pub public_pem: String,
}

/// So many keys, always the same ones.
pub fn keys(count: usize) -> Result<Vec<Key>> {
    let folder = cache()?;
    fs::create_dir_all(&folder)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = count.div_ceil(threads);
    let made: Vec<Result<Vec<Key>>> = std::thread::scope(|scope| {
        let starts = (0..count).step_by(share.max(1));
        let tasks: Vec<_> = starts
            .map(|from| {
                let folder = &folder;
                scope.spawn(move || (from..(from + share).min(count)).map(|n| key(folder, n)).collect())
            })
            .collect();
        tasks
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|_| Err(anyhow::anyhow!("key making failed"))))
            .collect()
    });
    let mut all = Vec::with_capacity(count);
    for part in made {
        all.extend(part?);
    }
    Ok(all)
}

fn key(folder: &std::path::Path, n: usize) -> Result<Key> {
    let file = folder.join(format!("{n}.pk8"));
    let pair = match fs::read(&file) {
        Ok(bytes) => KeyPair::from_pkcs8(&bytes).ok().context("a damaged key in the cache")?,
        Err(_) => {
            let pair = KeyPair::generate(KeySize::Rsa2048).ok().context("no key could be made")?;
            let der =
                AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).ok().context("no PKCS#8")?;
            fs::write(&file, der.as_ref())?;
            pair
        }
    };
    let spki: aws_lc_rs::encoding::PublicKeyX509Der<'_> =
        pair.public_key().as_der().ok().context("no SPKI")?;
    let body = STANDARD.encode(spki.as_ref());
    let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|c| std::str::from_utf8(c).ok()).collect();
    let public_pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    Ok(Key { pair, public_pem })
}

fn cache() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache"));
    Ok(base.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?.join("landbridge/bench-keys"))
}
