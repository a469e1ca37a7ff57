//! Names and addresses.

use std::{fmt, str::FromStr};
use unicode_normalization::UnicodeNormalization;

/// `name` or `name@host[:port]`, the host in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acct {
    pub username: String,
    pub domain: Option<String>,
}

impl FromStr for Acct {
    type Err = NameError;

    /// Reads `@name@host`, `name@host`, `acct:name@host`, `@name`, `name`.
    fn from_str(text: &str) -> Result<Acct, NameError> {
        let text = text.trim();
        let text = text.strip_prefix("acct:").unwrap_or(text);
        let text = text.strip_prefix('@').unwrap_or(text);
        let (username, domain) = match text.split_once('@') {
            None => (text, None),
            Some((name, domain)) => (name, Some(domain.to_lowercase())),
        };
        let bad_name = username.is_empty()
            || username.len() > 128
            || !username.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let bad_domain = domain.as_deref().is_some_and(|d| {
            let bad = |c: char| c.is_whitespace() || c.is_control() || "/@?#\\".contains(c);
            d.is_empty() || d.len() > 260 || d.contains(bad)
        });
        if bad_name || bad_domain {
            Err(NameError::NotAnAddress)
        } else {
            Ok(Acct { username: username.to_owned(), domain })
        }
    }
}

impl fmt::Display for Acct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            None => f.write_str(&self.username),
            Some(domain) => write!(f, "{}@{domain}", self.username),
        }
    }
}

/// Why a name is refused, in words for the person who chose it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a name has 3 to 18 characters")]
    Length,
    #[error("a name has lower-case letters a to z, digits and hyphens inside")]
    Characters,
    #[error("this name is reserved")]
    Reserved,
    #[error("not an address of the form name@host")]
    NotAnAddress,
}

const RESERVED: &[&str] = &[
    "about",
    "abuse",
    "account",
    "actor",
    "admin",
    "administrator",
    "api",
    "auth",
    "autoconfig",
    "blog",
    "dns",
    "ftp",
    "help",
    "host",
    "hostmaster",
    "imap",
    "inbox",
    "info",
    "instance",
    "localhost",
    "mail",
    "media",
    "moderator",
    "mta-sts",
    "nodeinfo",
    "nostr",
    "noreply",
    "oauth",
    "outbox",
    "owner",
    "pds",
    "pop",
    "postmaster",
    "relay",
    "root",
    "security",
    "settings",
    "shared",
    "smtp",
    "static",
    "status",
    "support",
    "sysadmin",
    "system",
    "team",
    "users",
    "web",
    "webfinger",
    "webmaster",
    "well-known",
    "www",
    "xmpp",
    "xrpc",
];

/// A new member's name is valid on all three networks: lower-case letters, digits, inner hyphens, 3 to 18
/// characters, not reserved, not of punycode's form.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if !(3..=18).contains(&name.len()) {
        return Err(NameError::Length);
    }
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let edge_hyphen = name.starts_with('-') || name.ends_with('-');
    if !name.bytes().all(inner) || edge_hyphen || name.get(2..4) == Some("--") {
        return Err(NameError::Characters);
    }
    if RESERVED.contains(&name) { Err(NameError::Reserved) } else { Ok(()) }
}

/// A display name as it may be shown: NFC, control and text-direction override characters removed (they can make
/// one name look like another, or reorder the line around it), at most `max` characters.
pub fn safe_display_name(name: &str, max: usize) -> String {
    let reorders = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}');
    // Removed first: what stood apart may combine then.
    let clean =
        name.chars().filter(|c| !c.is_control() && !reorders(*c)).nfc().skip_while(|c| c.is_whitespace());
    clean.take(max).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let a: Acct = "@Alice@Example.ORG:8443".parse().unwrap();
        assert_eq!(a.to_string(), "Alice@example.org:8443");
        assert!("a@b@c".parse::<Acct>().is_err());
        assert!("a/../b@c".parse::<Acct>().is_err());
        assert!("a@b\0c".parse::<Acct>().is_err());
    }

    #[test]
    fn member_names() {
        assert_eq!(check_name("alice"), Ok(()));
        assert_eq!(check_name("al"), Err(NameError::Length));
        assert_eq!(check_name("-alice"), Err(NameError::Characters));
        assert_eq!(check_name("xn--abc"), Err(NameError::Characters));
        assert_eq!(check_name("Alice"), Err(NameError::Characters));
        assert_eq!(check_name("admin"), Err(NameError::Reserved));
    }

    #[test]
    fn names_cannot_reorder_a_line() {
        assert_eq!(safe_display_name("\u{202E}evil\u{0}\n", 30), "evil");
        assert_eq!(safe_display_name("العربية", 30), "العربية");
        // A letter and its accent, parted by what is removed, are one letter afterwards.
        assert_eq!(safe_display_name("e\u{202A}\u{301}", 30), "\u{e9}");
        assert_eq!(safe_display_name("   abc", 2), "ab");
    }
}
