//! Passwords, as Argon2id hashes.

use crate::HubError;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::sync::LazyLock;
use tokio::{sync::Semaphore, task::spawn_blocking};

const MIN_CHARACTERS: usize = 8;
const MAX_BYTES: usize = 1024;

/// Each hash takes 19 MiB for some milliseconds: so many at once, that a flood of sign-ins cannot fill the memory.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Compared with when there is no such member, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Hashes a new password; words for the person when it is too short or too long.
pub(super) async fn hash(password: String) -> Result<String, HubError> {
    if password.chars().count() < MIN_CHARACTERS {
        return Err(HubError::invalid("a password has at least 8 characters"));
    }
    if password.len() > MAX_BYTES {
        return Err(HubError::invalid("a password has at most 1024 bytes"));
    }
    let _one = AT_ONCE.acquire().await;
    let hash = spawn_blocking(move || hash_now(&password)).await.ok().flatten();
    hash.ok_or(HubError::Damaged("the password could not be hashed"))
}

/// Whether it is the password of that stored hash; always `false`, but as slowly, without one.
pub(super) async fn matches(password: String, stored: Option<String>) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    let _one = AT_ONCE.acquire().await;
    let check = move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let right = PasswordHash::new(&stored)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        right && known
    };
    spawn_blocking(check).await.unwrap_or(false)
}

fn hash_now(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}
