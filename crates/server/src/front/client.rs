//! Whose request it is: the connection's other end, or what a trusted proxy says in `X-Forwarded-For`. The answer
//! replaces axum's `ConnectInfo`, so that nobody behind this point can take a proxy for a client or believe a header.

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

pub async fn find(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    if !trusted.is_empty()
        && let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>()
    {
        let address = forwarded(peer.ip(), request.headers(), &trusted);
        let client = SocketAddr::new(address, peer.port());
        request.extensions_mut().insert(ConnectInfo(client));
    }
    next.run(request).await
}

/// The nearest address that is not a trusted proxy, walking from the connection outwards.
fn forwarded(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_proxy = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut nearest = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut hops = lines.flat_map(|line| line.split(',')).map(|hop| hop.trim().parse::<IpAddr>());
    let mut hops = hops.by_ref().collect::<Vec<_>>();
    while is_proxy(nearest) {
        match hops.pop() {
            Some(Ok(address)) => nearest = address.to_canonical(),
            _ => break,
        }
    }
    nearest
}

/// An address as far as logs may know it: the first 24 bits of IPv4, 48 of IPv6.
pub fn truncated(address: IpAddr) -> IpAddr {
    let prefix = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, prefix).map_or(address, |network| network.network())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let trusted: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.1.1.1".parse().unwrap());
        // The client wrote 6.6.6.6 itself; the proxies wrote the rest.
        assert_eq!(forwarded(ip("127.0.0.1"), &headers, &trusted), ip("203.0.113.9"));
        assert_eq!(forwarded(ip("::ffff:127.0.0.1"), &headers, &trusted), ip("203.0.113.9"));
        assert_eq!(forwarded(ip("198.51.100.1"), &headers, &trusted), ip("198.51.100.1"));
        assert_eq!(forwarded(ip("127.0.0.1"), &HeaderMap::new(), &trusted), ip("127.0.0.1"));
    }

    proptest! {
        /// Whatever the header says: nobody becomes a trusted proxy, and without one nothing is believed.
        #[test]
        fn any_header(lines in vec("(10[.]1[.]1[.]1|203[.]0[.]113[.]9|::1|\\[::1\\]:80|,| |x|[ -~]){0,12}", 0..4), by_proxy in any::<bool>()) {
            let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let peer = ip(if by_proxy { "10.2.2.2" } else { "198.51.100.1" });
            let client = forwarded(peer, &headers, &trusted);
            prop_assert!(by_proxy || client == peer);
            prop_assert_eq!(forwarded(client, &HeaderMap::new(), &trusted), client);
            let _ = truncated(client);
        }
    }

    #[test]
    fn logs_know_networks_not_people() {
        assert_eq!(truncated(ip("203.0.113.77")), ip("203.0.113.0"));
        assert_eq!(truncated(ip("2001:db8:1:2::3")), ip("2001:db8:1::"));
    }
}
