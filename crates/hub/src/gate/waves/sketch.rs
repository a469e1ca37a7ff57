//! How alike two texts are, from sketches that say nothing else: MinHash (Broder 1997) over a keyed hash of short pieces.
//!
//! What differs between copies of one text (digits, names that are mentioned, punctuation, case) is left out first. Without the key
//! nobody can try texts against a sketch.

use aws_lc_rs::hmac;

/// Numbers of a sketch.
pub const SIZE: usize = 32;
/// Numbers of a band: two sketches that agree in a whole band are compared.
const BAND: usize = 4;
/// Numbers in which near-identical texts agree: about 0.56 of their pieces are the same.
const ALIKE: usize = 18;
/// Letters of a piece.
const PIECE: usize = 6;
/// Letters that are looked at, and that there must be: "hello" is said by everybody.
const LONGEST: usize = 1500;
const SHORTEST: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch([u32; SIZE]);

impl Sketch {
    /// `None`: too short to be anybody's own words.
    pub fn of(key: &hmac::Key, text: &str) -> Option<Sketch> {
        let letters = plain(text);
        if letters.len() < SHORTEST {
            return None;
        }
        let mut least = [u32::MAX; SIZE];
        for piece in letters.windows(PIECE) {
            let piece: String = piece.iter().collect();
            let hash = hmac::sign(key, piece.as_bytes());
            let (Some(a), Some(b)) = (number(hash.as_ref(), 0), number(hash.as_ref(), 8)) else { continue };
            // Two hashes stand for as many as are needed (Kirsch and Mitzenmacher 2006).
            let mut one = a;
            for slot in &mut least {
                *slot = (*slot).min((one >> 32) as u32);
                one = one.wrapping_add(b | 1);
            }
        }
        Some(Sketch(least))
    }

    pub fn is_like(&self, other: &Sketch) -> bool {
        self.0.iter().zip(&other.0).filter(|(one, other)| one == other).count() >= ALIKE
    }

    /// Keys under which it is found: near-identical texts share one of them, nearly always.
    pub fn bands(&self) -> impl Iterator<Item = (u8, u128)> {
        self.0
            .chunks(BAND)
            .zip(0_u8..)
            .map(|(band, n)| (n, band.iter().fold(0, |key, number| key << 32 | u128::from(*number))))
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    pub fn read(bytes: &[u8]) -> Option<Sketch> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let numbers: Vec<u32> = numbers.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
        rest.is_empty().then_some(Sketch(numbers.try_into().ok()?))
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// What of a text is compared.
fn plain(text: &str) -> Vec<char> {
    let words = text.split_whitespace().filter(|word| !word.starts_with('@') && !word.starts_with("nostr:"));
    let mut letters = Vec::new();
    for word in words {
        let before = letters.len();
        letters.extend(word.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase));
        if letters.len() > before {
            letters.push(' ');
        }
        if letters.len() >= LONGEST {
            break;
        }
    }
    letters.truncate(LONGEST);
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(text: &str) -> Option<Sketch> {
        Sketch::of(&hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]), text)
    }

    const OFFER: &str = "Dear friend, I have a wonderful offer of cheap coins for you today. Visit my page and send a \
                         little to begin with, you will have it back tenfold before the week is over.";

    #[test]
    fn copies_are_alike_and_others_are_not() {
        let one = sketch(OFFER).unwrap();
        let other = format!(
            "@alice@example.org DEAR friend!! {} ref 83427",
            OFFER.trim_start_matches("Dear friend,")
        );
        assert!(one.is_like(&sketch(&other).unwrap()));
        let named = OFFER.replace("friend", "Barbara");
        assert!(one.is_like(&sketch(&named).unwrap()));
        let honest = "I read what you wrote about the old bridge, and wonder whether the drawings of it are in the town's \
                      archive still; my grandfather helped to build it and has told us a lot.";
        assert!(!one.is_like(&sketch(honest).unwrap()));
        let bands: Vec<_> = sketch(honest).unwrap().bands().collect();
        assert!(one.bands().all(|band| !bands.contains(&band)));
        assert!(one.bands().any(|band| sketch(&named).unwrap().bands().any(|other| other == band)));
    }

    #[test]
    fn the_key_decides() {
        let other = Sketch::of(&hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]), OFFER).unwrap();
        assert!(!sketch(OFFER).unwrap().is_like(&other));
    }

    #[test]
    fn short_ones_are_nobodys() {
        assert!(sketch("Hello, how are you?").is_none() && sketch("").is_none());
        assert!(sketch("12345 67890 12345 67890 12345 67890").is_none());
    }

    #[test]
    fn stored_and_read() {
        let one = sketch(OFFER).unwrap();
        assert_eq!(Sketch::read(&one.bytes()), Some(one));
        assert!(Sketch::read(&[1, 2, 3]).is_none() && Sketch::read(&[]).is_none());
        // The longest text takes no longer than what is looked at.
        assert!(sketch(&"words of all kinds ".repeat(10_000)).is_some());
    }
}
