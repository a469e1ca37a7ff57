//! Scopes: docs/api/oauth-scopes

/// The whole ones and what they can be narrowed to.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "read",
        &[
            "accounts",
            "blocks",
            "bookmarks",
            "favourites",
            "filters",
            "follows",
            "lists",
            "mutes",
            "notifications",
            "search",
            "statuses",
        ],
    ),
    (
        "write",
        &[
            "accounts",
            "blocks",
            "bookmarks",
            "conversations",
            "favourites",
            "filters",
            "follows",
            "lists",
            "media",
            "mutes",
            "notifications",
            "reports",
            "statuses",
        ],
    ),
    ("follow", &[]),
    ("push", &[]),
    ("profile", &[]),
    (
        "admin:read",
        &[
            "accounts",
            "reports",
            "domain_allows",
            "domain_blocks",
            "ip_blocks",
            "email_domain_blocks",
            "canonical_email_blocks",
        ],
    ),
    (
        "admin:write",
        &[
            "accounts",
            "reports",
            "domain_allows",
            "domain_blocks",
            "ip_blocks",
            "email_domain_blocks",
            "canonical_email_blocks",
        ],
    ),
];

/// What an app gets that asks for nothing.
pub(super) const DEFAULT: &str = "read";

/// All of them, for the metadata.
pub(super) fn all() -> Vec<String> {
    let narrow = |(whole, parts): &(&str, &[&str])| {
        let parts = parts.iter().map(|p| format!("{whole}:{p}")).collect::<Vec<_>>();
        std::iter::once((*whole).to_owned()).chain(parts)
    };
    KNOWN.iter().flat_map(narrow).collect()
}

/// Each once, in the order asked; `None` when one of them is unknown. Nothing asked means [`DEFAULT`].
pub(crate) fn read(asked: &str) -> Option<String> {
    let all = all();
    let mut scopes: Vec<&str> = Vec::new();
    for scope in asked.split([' ', '+', ',']).filter(|s| !s.is_empty()) {
        if !all.iter().any(|known| known == scope) {
            return None;
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Some(if scopes.is_empty() { DEFAULT.to_owned() } else { scopes.join(" ") })
}

/// Whether all of these were registered by the app, as such or as part of a whole.
pub(super) fn within(asked: &str, registered: &str) -> bool {
    let has = |scope: &str| {
        registered
            .split(' ')
            .any(|r| r == scope || scope.strip_prefix(r).is_some_and(|rest| rest.starts_with(':')))
    };
    asked.split(' ').all(has)
}

/// In words, for the person who is asked.
pub(super) fn words(scopes: &str) -> Vec<String> {
    let say = |scope: &str| {
        let (whole, part) = match scope.rsplit_once(':') {
            Some((whole, part)) if whole != "admin" => (whole, Some(part.replace('_', " "))),
            _ => (scope, None),
        };
        match (whole, part) {
            ("read", None) => "Read everything in your account".to_owned(),
            ("read", Some(part)) => format!("Read your {part}"),
            ("write", None) => "Post, change and delete as you".to_owned(),
            ("write", Some(part)) => format!("Change your {part}"),
            ("follow", _) => "Change whom you follow, mute and block".to_owned(),
            ("push", _) => "Send you notifications".to_owned(),
            ("profile", _) => "See your name and picture".to_owned(),
            _ => "Nothing more here: this server gives apps no administration".to_owned(),
        }
    };
    let mut words: Vec<String> = scopes.split(' ').map(say).collect();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_within_their_whole() {
        assert_eq!(read("read write read follow push").as_deref(), Some("read write follow push"));
        assert_eq!(read("").as_deref(), Some("read"));
        assert_eq!(read("read everything"), None);
        assert!(within("read:statuses write", "read write"));
        assert!(!within("write", "read"));
        assert!(!within("read", "read:statuses"));
        assert!(within("admin:read:accounts", "admin:read"));
        assert!(!within("reader", "read"));
    }
}
