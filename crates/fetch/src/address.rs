//! Which addresses are the public internet.
//! Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Scope {
    Global,
    Loopback,
    /// Private, shared, link-local, multicast, documentation, benchmarking, translated or reserved.
    Special,
}

pub(crate) fn scope(ip: IpAddr) -> Scope {
    match ip {
        IpAddr::V4(ip) => scope_v4(ip),
        IpAddr::V6(ip) => scope_v6(ip),
    }
}

fn scope_v4(ip: Ipv4Addr) -> Scope {
    match ip.octets() {
        [127, ..] => Scope::Loopback,
        [0, ..]
        | [10, ..]
        | [100, 64..=127, ..]
        | [169, 254, ..]
        | [172, 16..=31, ..]
        | [192, 0, 0, _]
        | [192, 0, 2, _]
        | [192, 88, 99, _]
        | [192, 168, ..]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..] => Scope::Special,
        _ => Scope::Global,
    }
}

/// Only `2000::/3` is handed out to the public internet. That leaves out by itself: unspecified, IPv4-mapped and
/// -compatible, NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`), unique local, link- and site-local, and multicast, all of
/// which can lead to a private IPv4 address.
fn scope_v6(ip: Ipv6Addr) -> Scope {
    if ip == Ipv6Addr::LOCALHOST {
        return Scope::Loopback;
    }
    match ip.segments() {
        // IETF protocol assignments, with Teredo and ORCHID; documentation; 6to4.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => {
            Scope::Special
        }
        [0x2000..=0x3fff, ..] => Scope::Global,
        _ => Scope::Special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let special = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 169.254.169.254 172.16.0.1 172.31.255.255 \
            192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1 \
            239.1.1.1 240.0.0.1 255.255.255.255 :: ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::7f00:1 64:ff9b::7f00:1 \
            64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 \
            fd12::1 fe80::1 fec0::1 ff02::1";
        for ip in special.split_whitespace() {
            assert_eq!(scope(ip.parse().unwrap()), Scope::Special, "{ip}");
        }
        for ip in "127.0.0.1 127.255.0.9 ::1".split_whitespace() {
            assert_eq!(scope(ip.parse().unwrap()), Scope::Loopback, "{ip}");
        }
        for ip in "1.1.1.1 100.63.0.1 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1 223.255.255.1 2001:200::1 \
            2606:4700::1111 2a00:1450::1"
            .split_whitespace()
        {
            assert_eq!(scope(ip.parse().unwrap()), Scope::Global, "{ip}");
        }
    }
}
