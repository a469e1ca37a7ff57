//! Host names, as rules name them.

/// The host of a native id that is a URL (without port), or of a `did:web`; `None` for keys and other ids.
pub(crate) fn host_of(native_id: &str) -> Option<&str> {
    if let Some(rest) = native_id.strip_prefix("did:web:") {
        return rest.split([':', '%', '#']).next().filter(|host| !host.is_empty());
    }
    let rest = native_id.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => authority.split(':').next()?,
    };
    Some(host).filter(|host| !host.is_empty())
}

/// A host and the wider domains around it, nearest first: `a.b.c`, `b.c`, `c`. In lower case and without port.
pub(crate) fn widening(host: &str) -> Vec<String> {
    let host = host.to_lowercase();
    let host = host.split(':').next().unwrap_or_default().trim_matches('.');
    let mut domains = Vec::new();
    let mut rest = host;
    while !rest.is_empty() && domains.len() < 16 {
        domains.push(rest.to_owned());
        rest = rest.split_once('.').map_or("", |(_, wider)| wider);
    }
    domains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_ids() {
        assert_eq!(host_of("https://a.example:8443/users/b#c"), Some("a.example"));
        assert_eq!(host_of("https://evil@a.example/x"), Some("a.example"));
        assert_eq!(host_of("https://[::1]:80/x"), Some("::1"));
        assert_eq!(host_of("at://did:plc:x/y"), Some("did"));
        assert_eq!(host_of("did:web:b.example:u:c"), Some("b.example"));
        assert_eq!(host_of("00ff"), None);
    }

    #[test]
    fn nearest_first() {
        assert_eq!(widening("A.b.c:443"), ["a.b.c", "b.c", "c"]);
        assert!(widening("").is_empty());
    }
}
