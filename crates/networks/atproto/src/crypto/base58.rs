//! base58 of Bitcoin, in which keys are written. The cost grows with the square of the length, so that is bounded.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Longest text and bytes that are converted.
const LONGEST: usize = 256;

pub fn encode(bytes: &[u8]) -> Option<String> {
    if bytes.len() > LONGEST {
        return None;
    }
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    // Least significant digit first.
    let mut digits: Vec<u8> = Vec::new();
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
    digits.extend(std::iter::repeat_n(0, zeros));
    digits.iter().rev().map(|d| ALPHABET.get(usize::from(*d)).map(|c| char::from(*c))).collect()
}

pub fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    let zeros = text.bytes().take_while(|c| *c == b'1').count();
    // Least significant byte first.
    let mut bytes: Vec<u8> = Vec::new();
    for c in text.bytes() {
        let mut carry = ALPHABET.iter().position(|a| *a == c)? as u32;
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
    bytes.extend(std::iter::repeat_n(0, zeros));
    bytes.reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for bytes in [&b""[..], &[0], &[0, 0, 1], &[255; 33], b"hello world"] {
            assert_eq!(decode(&encode(bytes).unwrap()).unwrap(), bytes);
        }
        assert_eq!(encode(b"hello world").unwrap(), "StV1DL6CwTryKyV");
        assert_eq!(decode("0OIl"), None);
        assert_eq!(decode(&"2".repeat(257)), None);
    }
}
