//! CAR files of version 1 (<https://atproto.com/specs/repository#car-file-serialization>): a header with roots, then
//! blocks, each with its length and CID.
//!
//! Reading takes pieces as they come ([`CarReader::push`]), is bounded, and hashes every block.

use super::Block;
use crate::data::{
    CborError, Cid,
    cbor::{Reader, Writer},
};
use bytes::{Buf, Bytes, BytesMut};

/// What a CAR may measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarLimits {
    /// Bytes of the header.
    pub header: usize,
    /// Bytes of one block with its CID.
    pub block: usize,
    /// Blocks, each counted as often as it is there.
    pub blocks: usize,
    /// Bytes of all of it.
    pub total: u64,
}

impl CarLimits {
    /// For the blocks of one commit on the firehose.
    pub const COMMIT: CarLimits =
        CarLimits { header: 4096, block: 1 << 20, blocks: 20_000, total: 2_000_000 };

    /// For a repository: a million blocks, a gigabyte.
    pub const REPO: CarLimits = CarLimits { header: 4096, block: 2 << 20, blocks: 1_000_000, total: 1 << 30 };
}

/// Bytes that are not a CAR within its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarError {
    #[error("the file ends too early")]
    End,
    #[error("a length that is not a canonical varint")]
    Varint,
    #[error("the header is bad: {0}")]
    Header(#[from] CborError),
    #[error("not a CAR of version 1")]
    Version,
    #[error("the header, a block or the whole is longer than allowed")]
    TooLong,
    #[error("more blocks than allowed")]
    TooManyBlocks,
    #[error("a block without a CID of version 1 with SHA-256")]
    Cid,
    #[error("a block that is not what {0} names")]
    Hash(Cid),
    #[error("not exactly one root")]
    Roots,
}

/// Reads a CAR piece by piece.
#[derive(Debug)]
pub struct CarReader {
    limits: CarLimits,
    buffer: BytesMut,
    roots: Option<Vec<Cid>>,
    blocks: usize,
    total: u64,
}

impl CarReader {
    pub fn new(limits: CarLimits) -> CarReader {
        CarReader { limits, buffer: BytesMut::new(), roots: None, blocks: 0, total: 0 }
    }

    /// The next piece of the file. Take the blocks ([`CarReader::block`]) before the next one: what is not taken is kept.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), CarError> {
        self.count(piece.len())?;
        self.buffer.extend_from_slice(piece);
        Ok(())
    }

    fn count(&mut self, len: usize) -> Result<(), CarError> {
        self.total = self.total.saturating_add(len as u64);
        if self.total > self.limits.total { Err(CarError::TooLong) } else { Ok(()) }
    }

    /// The roots, once the header was read by [`CarReader::block`].
    pub fn roots(&self) -> Option<&[Cid]> {
        self.roots.as_deref()
    }

    /// The next block, or `None` if more of the file is needed. A block that comes twice is given twice.
    pub fn block(&mut self) -> Result<Option<Block>, CarError> {
        if self.roots.is_none() {
            let Some(header) = self.section(self.limits.header)? else { return Ok(None) };
            self.roots = Some(read_header(&header)?);
        }
        let Some(section) = self.section(self.limits.block)? else { return Ok(None) };
        self.blocks += 1;
        if self.blocks > self.limits.blocks {
            return Err(CarError::TooManyBlocks);
        }
        read_block(section).map(Some)
    }

    /// The file is over: nothing may be left, and the header must have come.
    pub fn finish(&self) -> Result<&[Cid], CarError> {
        if !self.buffer.is_empty() {
            return Err(CarError::End);
        }
        self.roots.as_deref().ok_or(CarError::End)
    }

    fn section(&mut self, longest: usize) -> Result<Option<Bytes>, CarError> {
        let Some((prefix, len)) = varint(&self.buffer, longest)? else { return Ok(None) };
        if self.buffer.len() < prefix + len {
            return Ok(None);
        }
        self.buffer.advance(prefix);
        Ok(Some(self.buffer.split_to(len).freeze()))
    }
}

/// Reads a CAR that is in memory as a whole; the blocks are parts of it, nothing is copied.
pub fn read(file: &Bytes, limits: CarLimits) -> Result<(Vec<Cid>, Vec<Block>), CarError> {
    if file.len() as u64 > limits.total {
        return Err(CarError::TooLong);
    }
    let mut rest = file.clone();
    let header = whole_section(&mut rest, limits.header)?;
    let roots = read_header(&header)?;
    let mut blocks = Vec::new();
    while !rest.is_empty() {
        if blocks.len() == limits.blocks {
            return Err(CarError::TooManyBlocks);
        }
        blocks.push(read_block(whole_section(&mut rest, limits.block)?)?);
    }
    Ok((roots, blocks))
}

/// The same for a CAR that must have exactly one root.
pub fn read_rooted(file: &Bytes, limits: CarLimits) -> Result<(Cid, Vec<Block>), CarError> {
    let (roots, blocks) = read(file, limits)?;
    match roots[..] {
        [root] => Ok((root, blocks)),
        _ => Err(CarError::Roots),
    }
}

fn whole_section(rest: &mut Bytes, longest: usize) -> Result<Bytes, CarError> {
    let (prefix, len) = varint(rest, longest)?.ok_or(CarError::End)?;
    if rest.len() < prefix + len {
        return Err(CarError::End);
    }
    rest.advance(prefix);
    Ok(rest.split_to(len))
}

/// A length, and how many bytes it took; `None` if it is not all there.
fn varint(bytes: &[u8], longest: usize) -> Result<Option<(usize, usize)>, CarError> {
    let mut n = 0usize;
    // Four bytes hold 2^28: more than any limit here.
    for (at, byte) in bytes.iter().take(4).enumerate() {
        n |= usize::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            return match n {
                0 => Err(CarError::Varint),
                _ if *byte == 0 => Err(CarError::Varint),
                n if n > longest => Err(CarError::TooLong),
                n => Ok(Some((at + 1, n))),
            };
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(CarError::TooLong) }
}

fn read_header(header: &[u8]) -> Result<Vec<Cid>, CarError> {
    let mut reader = Reader::new(header);
    let mut keys = reader.map()?;
    let (mut roots, mut version) = (None, None);
    while let Some(key) = keys.next(&mut reader)? {
        match key {
            "roots" => {
                roots = Some((0..reader.list()?).map(|_| reader.link()).collect::<Result<Vec<_>, _>>()?);
            }
            "version" => version = Some(reader.int()?),
            _ => reader.skip()?,
        }
    }
    reader.end()?;
    if version != Some(1) {
        return Err(CarError::Version);
    }
    Ok(roots.ok_or(CborError::Missing("roots"))?)
}

fn read_block(mut section: Bytes) -> Result<Block, CarError> {
    let (cid, len) = Cid::read(&section).map_err(|_| CarError::Cid)?;
    section.advance(len);
    if !cid.names(&section) {
        return Err(CarError::Hash(cid));
    }
    Ok(Block { cid, bytes: section })
}

/// Appends the header of a CAR.
pub fn write_header(roots: &[Cid], out: &mut Vec<u8>) {
    let mut header = Writer::new();
    header.map(2).text("roots").list(roots.len());
    for root in roots {
        header.link(root);
    }
    header.text("version").int(1);
    let header = header.into_bytes();
    write_varint(header.len(), out);
    out.extend_from_slice(&header);
}

/// Appends a block.
pub fn write_block(cid: &Cid, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(cid.byte_len() + bytes.len(), out);
    cid.write(out);
    out.extend_from_slice(bytes);
}

/// A CAR of one root and these blocks, in order.
pub fn write<'a>(root: &Cid, blocks: impl IntoIterator<Item = &'a Block>) -> Vec<u8> {
    let mut out = Vec::new();
    write_header(&[*root], &mut out);
    for block in blocks {
        write_block(&block.cid, &block.bytes, &mut out);
    }
    out
}

fn write_varint(mut n: usize, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}
