//! The root key wraps the members' keys. It lives outside the database and its backups, so that neither alone opens
//! anything private. The file and the recovery sheet have one and the same form, made to be typed from paper:
//!
//! ```text
//! 0123 4567 89ab cdef  c4ec      four lines of eight bytes, each with two check bytes
//! ```

use anyhow::{Context, bail};
use aws_lc_rs::{digest, rand};
use std::path::Path;

/// 32 random bytes. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct RootKey([u8; 32]);

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey(..)")
    }
}

impl RootKey {
    /// Takes the key from `LANDBRIDGE_ROOT_KEY` or from `path`; makes it when `first` and there is none.
    /// The second value tells whether it was made now.
    pub fn open(path: &Path, first: bool) -> anyhow::Result<(Self, bool)> {
        if let Ok(text) = std::env::var("LANDBRIDGE_ROOT_KEY") {
            return Ok((Self::parse(&text).context("LANDBRIDGE_ROOT_KEY")?, false));
        }
        match std::fs::read_to_string(path) {
            Ok(text) => Ok((Self::parse(&text).with_context(|| path.display().to_string())?, false)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && first => {
                let key = Self::generate()?;
                super::write_private_file(path, key.to_text().as_bytes())
                    .with_context(|| format!("cannot write the root key to {}", path.display()))?;
                Ok((key, true))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
                "the root key {} is missing. Without it nothing private in the database can be read, so the server \
                 does not start. Put the file back from a copy, or type the four lines of the recovery sheet into it",
                path.display()
            ),
            Err(error) => Err(error).with_context(|| format!("cannot read the root key {}", path.display())),
        }
    }

    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The four lines.
    pub fn to_text(&self) -> String {
        self.0.chunks(8).enumerate().fold(String::new(), |text, (row, bytes)| {
            let groups = bytes.chunks(2).map(hex::encode).collect::<Vec<_>>().join(" ");
            text + &groups + "  " + &hex::encode(check(row, bytes)) + "\n"
        })
    }

    /// Reads the four lines; names the line with a slip in it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let rows = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut key = Vec::with_capacity(32);
        for (row, line) in rows.enumerate() {
            let digits = line.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let bytes =
                hex::decode(digits).with_context(|| format!("line {} is not made of 0-9 a-f", row + 1))?;
            match bytes.split_at_checked(8) {
                Some((bytes, sum)) if sum == check(row, bytes) => key.extend_from_slice(bytes),
                _ => bail!("line {} of the root key has a slip in it: its check digits do not fit", row + 1),
            }
        }
        key.try_into().map(Self).map_err(|_| anyhow::anyhow!("a root key has four lines"))
    }

    fn generate() -> anyhow::Result<Self> {
        let mut key = [0; 32];
        rand::fill(&mut key).map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
        Ok(Self(key))
    }
}

/// What to print once, and again on request.
pub fn sheet(key: &RootKey, identity: &super::identity::Identity) -> String {
    format!(
        "LANDBRIDGE RECOVERY SHEET for @{domain} ({origin})\n\
         \n\
         This is the root key. Everything private on this server (messages, posts for followers only, members' keys)\n\
         is sealed with it. It is not in the database and not in its backups. If it is lost, all that is lost for\n\
         ever, and nobody can bring it back. Whoever has it and a backup can read it all.\n\
         Write it down or print it, keep it away from the server, and show it to no one.\n\
         \n\
         {rows}\n\
         To use it: type these four lines into the file root.key beside the restored database.\n",
        domain = identity.account_domain,
        origin = identity.origin.as_str().trim_end_matches('/'),
        rows = key.to_text().lines().fold(String::new(), |all, line| all + "    " + line + "\n"),
    )
}

fn check(row: usize, bytes: &[u8]) -> [u8; 2] {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(b"landbridge root key 1");
    hash.update(&[u8::try_from(row).unwrap_or(u8::MAX)]);
    hash.update(bytes);
    match hash.finish().as_ref() {
        [a, b, ..] => [*a, *b],
        _ => [0, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_survives_paper() {
        let key = RootKey::generate().unwrap();
        assert_eq!(RootKey::parse(&key.to_text()).unwrap(), key);
        let typed = key.to_text().to_uppercase().replace("  ", " ").replace('\n', "\r\n\r\n");
        assert_eq!(RootKey::parse(&typed).unwrap(), key);
    }

    #[test]
    fn a_slip_is_found_and_its_line_named() {
        let text = RootKey([7; 32]).to_text();
        let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        lines[2] = lines[2].replacen("0707", "0708", 1);
        assert!(RootKey::parse(&lines.join("\n")).unwrap_err().to_string().starts_with("line 3"));
        let swapped = [1, 0, 2, 3].map(|row: usize| text.lines().nth(row).unwrap()).join("\n");
        assert!(RootKey::parse(&swapped).is_err());
        assert!(RootKey::parse("").is_err());
    }

    #[test]
    fn it_is_made_once_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let (made, fresh) = RootKey::open(&path, true).unwrap();
        assert!(fresh);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(RootKey::open(&path, false).unwrap(), (made, false));
        std::fs::remove_file(&path).unwrap();
        assert!(RootKey::open(&path, false).unwrap_err().to_string().contains("recovery sheet"));
    }
}
