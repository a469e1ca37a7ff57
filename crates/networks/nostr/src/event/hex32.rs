//! 32 bytes that are written as 64 lower-case hexadecimal digits: event ids and public keys (NIP-01).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, str::FromStr};

/// An event id or an x-only public key.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex32(pub [u8; 32]);

/// Not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hexadecimal digits")]
pub struct NotHex;

impl Hex32 {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From stored bytes; `None` when there are not 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Hex32> {
        bytes.try_into().ok().map(Hex32)
    }
}

/// Reads exactly `N` bytes of lower-case hex. Upper case is refused: NIP-01 has one spelling.
pub fn decode<const N: usize>(text: &str) -> Result<[u8; N], NotHex> {
    let mut out = [0u8; N];
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(NotHex);
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return Err(NotHex) };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Ok(out)
}

fn digit(c: u8) -> Result<u8, NotHex> {
    match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(NotHex),
    }
}

impl FromStr for Hex32 {
    type Err = NotHex;
    fn from_str(text: &str) -> Result<Hex32, NotHex> {
        decode(text).map(Hex32)
    }
}

impl fmt::Display for Hex32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // On the stack: events are written all the time, each with several of these.
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Hex32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hex32 {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex32 {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Hex32, D::Error> {
        Cow::<str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}
