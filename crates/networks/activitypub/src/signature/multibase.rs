//! `z` + base58btc, the one multibase form that keys and proofs use here.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Longer than any key or signature here.
const MAX: usize = 256;

pub fn encode(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::with_capacity(bytes.len() * 138 / 100 + 1);
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    let letters = std::iter::repeat_n(0, zeros).chain(digits.into_iter().rev());
    let letter = |d: u8| char::from(ALPHABET.get(usize::from(d)).copied().unwrap_or(b'1'));
    std::iter::once('z').chain(letters.map(letter)).collect()
}

pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix('z').filter(|t| t.len() <= MAX)?;
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    for letter in text.bytes() {
        let mut carry = ALPHABET.iter().position(|a| *a == letter)? as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    bytes.extend(std::iter::repeat_n(0, text.bytes().take_while(|b| *b == b'1').count()));
    bytes.reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_a_known_value() {
        assert_eq!(encode(b"Hello World!"), "z2NEpo7TZRRrLZSi2U");
        for bytes in [&b""[..], b"\0\0a", b"\xed\x01\xff", &[7; 64]] {
            assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
        }
        assert_eq!(decode("z0"), None);
        assert_eq!(decode("mAA"), None);
        assert_eq!(decode(&format!("z{}", "2".repeat(300))), None);
    }
}
