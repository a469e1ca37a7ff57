//! The same thing on other networks, as its author says: FEP-fffd proxy links, and marks that bridges leave.

use crate::vocab::Node;
use landbridge_model::Network;

const MAX: usize = 8;

/// Native ids on other networks.
pub(super) fn same_as(node: Node<'_>) -> Vec<(Network, String)> {
    let links = node.list("url").filter(|l| l.0.is_object()).filter(|l| {
        let rel = |r: &str| l.list("rel").any(|n| n.0.as_str() == Some(r));
        rel("alternate") || rel("canonical")
    });
    let proxies = node.list("proxyOf").filter_map(|p| p.text("proxied"));
    let mut found = Vec::new();
    for id in links.filter_map(|l| l.text("href")).chain(proxies).take(MAX) {
        if let Some(named) = native(id)
            && !found.contains(&named)
        {
            found.push(named);
        }
    }
    found
}

fn native(id: &str) -> Option<(Network, String)> {
    let id = id.trim();
    if id.starts_with("at://") && id.len() <= 512 {
        return Some((Network::AtProto, id.to_owned()));
    }
    let code = id.strip_prefix("nostr:").unwrap_or(id);
    if code.len() == 64 && code.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some((Network::Nostr, code.to_ascii_lowercase()));
    }
    nip19_id(code).map(|hex| (Network::Nostr, hex))
}

/// The 32-byte id inside `note1...` or `nevent1...` (NIP-19), as hex.
fn nip19_id(code: &str) -> Option<String> {
    let (prefix, data) = code.split_once('1').filter(|_| code.len() <= 1000)?;
    let bytes = bech32(data)?;
    let id = match prefix {
        "note" => bytes.get(..32)?,
        "nevent" => {
            let mut rest = bytes.as_slice();
            loop {
                let (kind, len) = (*rest.first()?, usize::from(*rest.get(1)?));
                let value = rest.get(2..2 + len)?;
                if kind == 0 && len == 32 {
                    break value;
                }
                rest = rest.get(2 + len..)?;
            }
        }
        _ => return None,
    };
    Some(id.iter().map(|b| format!("{b:02x}")).collect())
}

/// The payload of a bech32 string (BIP-173). The checksum is not checked: a wrong id finds nothing.
fn bech32(data: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in data.get(..data.len().checked_sub(6)?)?.chars() {
        held = held << 5 | ALPHABET.find(letter)? as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn links_to_copies() {
        let note = "note1gmtnz6q2m55epmlpe3semjdcq987av3jvx4emmjsa8g3s9x7tg4sclreky";
        let doc = json!({"url": [
            "https://a.example/1",
            {"type": "Link", "rel": "alternate", "href": "at://did:plc:abc/app.bsky.feed.post/3k"},
            {"type": "Link", "rel": ["canonical"], "href": format!("nostr:{note}")},
            {"type": "Link", "href": "at://did:plc:no-rel/x"}
        ]});
        let hex = "46d731680add2990efe1cc619dc9b8014feeb23261ab9dee50e9d11814de5a2b".to_owned();
        assert_eq!(
            same_as(Node(&doc)),
            [(Network::AtProto, "at://did:plc:abc/app.bsky.feed.post/3k".into()), (Network::Nostr, hex)]
        );
        assert_eq!(nip19_id("note1"), None);
        assert_eq!(nip19_id("nevent1qqqqqqqq"), None);
    }
}
