//! The same thing on other networks, as links (FEP-fffd).

use landbridge_hub::{CopyKind, CopyState, Hub, HubError};
use landbridge_model::{Id, Network};

/// URIs of a post's copies elsewhere, if its author links their identities publicly.
pub(super) async fn of_post(hub: &Hub, author: Id, post: Id) -> Result<Vec<String>, HubError> {
    if !links_identities(hub, author).await {
        return Ok(Vec::new());
    }
    let copies = hub.copies(CopyKind::Post, post).await?;
    let live = copies.into_iter().filter(|c| c.state == CopyState::Live);
    Ok(live.filter_map(|c| uri(c.network, &c.native_id, "note")).collect())
}

/// URIs of a member's identities elsewhere, likewise.
pub(crate) async fn of_actor(hub: &Hub, actor: Id) -> Result<Vec<String>, HubError> {
    if !links_identities(hub, actor).await {
        return Ok(Vec::new());
    }
    let presences = hub.presences(actor).await?;
    Ok(presences.into_iter().filter_map(|p| uri(p.network, &p.native_id, "npub")).collect())
}

async fn links_identities(hub: &Hub, actor: Id) -> bool {
    hub.member(actor).await.is_ok_and(|m| m.settings.link_identities)
}

fn uri(network: Network, native_id: &str, prefix: &str) -> Option<String> {
    match network {
        Network::AtProto if native_id.starts_with("at://") => Some(native_id.to_owned()),
        Network::AtProto => Some(format!("at://{native_id}")),
        Network::Nostr => Some(format!("nostr:{}", bech32(prefix, &from_hex(native_id)?))),
        _ => None,
    }
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 {
        return None;
    }
    (0..64).step_by(2).map(|i| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok()).collect()
}

/// BIP-173.
fn bech32(prefix: &str, bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let mut data = Vec::with_capacity(bytes.len() * 8 / 5 + 8);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            data.push(held >> bits & 31);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        data.push(held << (5 - bits) & 31);
    }
    let expanded =
        prefix.bytes().map(|b| u32::from(b >> 5)).chain([0]).chain(prefix.bytes().map(|b| u32::from(b & 31)));
    let sum = polymod(expanded.chain(data.iter().copied()).chain([0; 6])) ^ 1;
    data.extend((0..6).map(|i| sum >> (5 * (5 - i)) & 31));
    let letters = data.iter().map(|d| char::from(ALPHABET.get(*d as usize).copied().unwrap_or(b'q')));
    format!("{prefix}1{}", letters.collect::<String>())
}

fn polymod(values: impl Iterator<Item = u32>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x1ff_ffff) << 5 ^ value;
        GENERATOR.iter().enumerate().fold(next, |n, (i, g)| if top >> i & 1 == 1 { n ^ g } else { n })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nostr_uris() {
        let hex = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d";
        let npub = "nostr:npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
        assert_eq!(uri(Network::Nostr, hex, "npub").as_deref(), Some(npub));
        assert_eq!(uri(Network::Nostr, "xyz", "npub"), None);
        assert_eq!(uri(Network::AtProto, "did:plc:x", "npub").as_deref(), Some("at://did:plc:x"));
    }
}
