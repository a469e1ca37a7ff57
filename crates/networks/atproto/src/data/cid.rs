//! CIDs (<https://atproto.com/specs/data-model#link-and-cid-formats>): a kind of data and the SHA-256 of its bytes.

use crate::crypto::sha256;
use std::{fmt, str::FromStr};

/// Multicodec of DAG-CBOR: records, tree nodes, commits.
pub const DAG_CBOR: u32 = 0x71;
/// Multicodec of raw bytes: blobs.
pub const RAW: u32 = 0x55;

/// A CID of version 1 with a SHA-256 hash. The network makes only those of [`DAG_CBOR`] and [`RAW`]; others may be named
/// in records, so any codec below 2^28 is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid {
    codec: u32,
    digest: [u8; 32],
}

/// Not a CID that this network uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CID of version 1 with a SHA-256 hash")]
pub struct CidError;

impl Cid {
    /// Version, codec and hash of the longest one kept, in bytes; those of the network have 36.
    pub const LONGEST: usize = 39;

    /// Of a record, tree node or commit.
    pub fn of_dag_cbor(bytes: &[u8]) -> Cid {
        Cid { codec: DAG_CBOR, digest: sha256(bytes) }
    }

    /// Of a blob.
    pub fn of_blob(bytes: &[u8]) -> Cid {
        Cid { codec: RAW, digest: sha256(bytes) }
    }

    /// Of a blob whose SHA-256 is known, in hex.
    pub fn of_blob_hash(hex: &str) -> Option<Cid> {
        let mut digest = [0; 32];
        if hex.len() != 64 {
            return None;
        }
        for (at, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Cid::of_blob_digest(digest))
    }

    /// Of a blob whose SHA-256 was taken while it was read.
    pub fn of_blob_digest(digest: [u8; 32]) -> Cid {
        Cid { codec: RAW, digest }
    }

    pub fn codec(&self) -> u32 {
        self.codec
    }

    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whether these are the bytes that it names.
    pub fn names(&self, bytes: &[u8]) -> bool {
        sha256(bytes) == self.digest
    }

    /// Reads a CID from the start of the bytes, and how many it took.
    pub fn read(bytes: &[u8]) -> Result<(Cid, usize), CidError> {
        let (version, rest) = bytes.split_first().ok_or(CidError)?;
        if *version != 1 {
            return Err(CidError);
        }
        let mut codec = 0u32;
        let mut len = 0;
        loop {
            let byte = rest.get(len).copied().ok_or(CidError)?;
            codec |= u32::from(byte & 0x7f) << (7 * len);
            len += 1;
            if byte < 0x80 {
                // The shortest form only: 0x80 0x00 would be a second name of the same thing.
                if byte == 0 && len > 1 {
                    return Err(CidError);
                }
                break;
            }
            if len == 4 {
                return Err(CidError);
            }
        }
        let hash = rest.get(len..len + 34).ok_or(CidError)?;
        let Some((&[0x12, 0x20], digest)) = hash.split_first_chunk::<2>() else { return Err(CidError) };
        Ok((Cid { codec, digest: digest.try_into().map_err(|_| CidError)? }, 1 + len + 34))
    }

    /// From bytes that are the CID and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Cid, CidError> {
        match Cid::read(bytes)? {
            (cid, len) if len == bytes.len() => Ok(cid),
            _ => Err(CidError),
        }
    }

    /// How many bytes it has.
    pub fn byte_len(&self) -> usize {
        let codec = (32 - self.codec.leading_zeros()).div_ceil(7).max(1) as usize;
        1 + codec + 2 + self.digest.len()
    }

    /// Appends the bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(1);
        let mut codec = self.codec;
        while codec >= 0x80 {
            out.push((codec & 0x7f) as u8 | 0x80);
            codec >>= 7;
        }
        out.extend_from_slice(&[codec as u8, 0x12, 0x20]);
        out.extend_from_slice(&self.digest);
    }

    /// The bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::LONGEST);
        self.write(&mut out);
        out
    }

    /// From base32 text, `b...`.
    pub fn parse(text: &str) -> Result<Cid, CidError> {
        let base32 = text.strip_prefix('b').filter(|rest| rest.len() <= 64).ok_or(CidError)?;
        let mut bytes = Vec::with_capacity(Self::LONGEST);
        let (mut bits, mut held) = (0u32, 0u32);
        for c in base32.bytes() {
            let digit = match c {
                b'a'..=b'z' => c - b'a',
                b'2'..=b'7' => c - b'2' + 26,
                _ => return Err(CidError),
            };
            bits = bits << 5 | u32::from(digit);
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held) as u8);
                bits &= (1 << held) - 1;
            }
        }
        if held >= 5 || bits != 0 {
            return Err(CidError);
        }
        Cid::from_bytes(&bytes)
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(64);
        text.push('b');
        let (mut bits, mut held) = (0u32, 0u32);
        let mut push = |digit: u32| {
            let digit = (digit & 31) as u8;
            text.push(char::from(if digit < 26 { b'a' + digit } else { b'2' + digit - 26 }));
        };
        for byte in self.to_bytes() {
            bits = (bits & 0xff) << 8 | u32::from(byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                push(bits >> held);
            }
        }
        if held > 0 {
            push(bits << (5 - held));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Cid {
    type Err = CidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Cid::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for text in [
            "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
            "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity",
            "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
        ] {
            let cid = Cid::parse(text).unwrap();
            assert_eq!(cid.to_string(), text);
            assert_eq!(Cid::from_bytes(&cid.to_bytes()).unwrap(), cid);
            assert_eq!(cid.to_bytes().len(), cid.byte_len());
        }
        for codec in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, (1 << 28) - 1] {
            let cid = Cid { codec, digest: [7; 32] };
            assert_eq!(cid.to_bytes().len(), cid.byte_len(), "{codec:#x}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let good = Cid::of_blob(b"x").to_bytes();
        for (at, byte) in [(0, 0), (2, 0x13), (3, 0x1f)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert!(Cid::from_bytes(&bad).is_err());
        }
        let long_codec = [&[1, 0xd5, 0x00][..], &good[2..]].concat();
        assert!(Cid::from_bytes(&long_codec).is_err());
        assert!(Cid::from_bytes(&good[..35]).is_err());
        // Not zero behind the last whole byte.
        assert!(Cid::parse("bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4itz").is_err());
        assert!(Cid::parse("BAFKREICCLDH766HWCNUXNF2WH6JGZEPF2NLU2LVCLLT63EWW5P6CHI4ITY").is_err());
    }
}
