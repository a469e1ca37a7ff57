//! Proof of work (NIP-13): zero bits at the head of an id, as many as were promised.

use crate::event::{Event, TagsExt};

/// Bits of work in an event. Without a promise there is none: a lucky id is no work. More than promised is luck as well.
pub fn work(event: &Event) -> u8 {
    let promised = event.tags.named("nonce").find_map(|tag| tag.get(2)?.parse::<u8>().ok()).unwrap_or(0);
    promised.min(zero_bits(&event.id.0))
}

fn zero_bits(id: &[u8; 32]) -> u8 {
    let mut bits = 0;
    for byte in id {
        match byte.leading_zeros() {
            8 => bits += 8,
            some => return bits + u8::try_from(some).unwrap_or(0),
        }
        if bits >= 248 {
            break;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn bits_are_counted() {
        let mut id = [0xff; 32];
        assert_eq!(zero_bits(&id), 0);
        (id[0], id[1]) = (0, 0x0f);
        assert_eq!(zero_bits(&id), 12);
        assert_eq!(zero_bits(&[0; 32]), 248);
    }

    #[test]
    fn no_more_than_was_promised() {
        let keys = Keys::generate();
        // A few bits are found in a moment.
        let found = (0..100_000).find_map(|nonce: u32| {
            let tags = vec![vec!["nonce".into(), nonce.to_string(), "6".into()]];
            let event = keys.sign(Template { created_at: 1, kind: 1, tags, content: String::new() });
            (zero_bits(&event.id.0) >= 6).then_some(event)
        });
        assert_eq!(work(&found.unwrap()), 6);
        let lucky = (0..100_000).find_map(|n: i64| {
            let event =
                keys.sign(Template { created_at: n, kind: 1, tags: Vec::new(), content: String::new() });
            (zero_bits(&event.id.0) >= 6).then_some(event)
        });
        assert_eq!(work(&lucky.unwrap()), 0);
    }
}
