//! Bridges that others run: they copy posts from one network to another. When the original is here, the copy is noise.

/// Hosts of well-known bridges. A new one is only one more line; one that is missing shows a post twice, no worse.
const BRIDGES: &[&str] =
    &["brid.gy", "mostr.pub", "momostr.pink", "ditto.pub", "bird.makeup", "sportsbots.xyz"];

/// Whether that host (or a wider domain of it) is a bridge.
pub(crate) fn is_bridge(host: &str) -> bool {
    super::widening(host).iter().any(|domain| BRIDGES.contains(&domain.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bridges_by_domain() {
        assert!(is_bridge("bsky.brid.gy"));
        assert!(is_bridge("mostr.pub"));
        assert!(!is_bridge("notbrid.gy"));
        assert!(!is_bridge("example.org"));
    }
}
