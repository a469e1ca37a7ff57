//! Reading, item by item, without a copy.

use super::{CborError, MAX_DEPTH, key_order};
use crate::data::Cid;

/// What the next item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Int,
    Bytes,
    Text,
    List,
    Map,
    Link,
}

/// A place in some DAG-CBOR. Every method reads one item, and fails on anything but its canonical form.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

const FALSE: u64 = 20;
const TRUE: u64 = 21;
const NULL: u64 = 22;

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Nothing may follow.
    pub fn end(&self) -> Result<(), CborError> {
        if self.rest.is_empty() { Ok(()) } else { Err(CborError::Trailing) }
    }

    /// What the next item is, by its first byte.
    pub fn kind(&self) -> Result<Kind, CborError> {
        let first = self.rest.first().copied().ok_or(CborError::End)?;
        match first >> 5 {
            UNSIGNED | NEGATIVE => Ok(Kind::Int),
            BYTES => Ok(Kind::Bytes),
            TEXT => Ok(Kind::Text),
            LIST => Ok(Kind::List),
            MAP => Ok(Kind::Map),
            TAG => Ok(Kind::Link),
            _ => match u64::from(first & 31) {
                FALSE | TRUE => Ok(Kind::Bool),
                NULL => Ok(Kind::Null),
                25..=27 => Err(CborError::Unsupported("a float")),
                _ => Err(CborError::Unsupported("a simple value")),
            },
        }
    }

    /// Major type and argument of the next item.
    #[inline]
    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let (first, rest) = self.rest.split_first().ok_or(CborError::End)?;
        let (major, info) = (first >> 5, first & 31);
        if info < 24 {
            self.rest = rest;
            return Ok((major, u64::from(info)));
        }
        if major == SIMPLE {
            return Err(match info {
                25..=27 => CborError::Unsupported("a float"),
                _ => CborError::Unsupported("a simple value"),
            });
        }
        let (argument, rest, least) = match info {
            24 => rest.split_first().map(|(n, rest)| (u64::from(*n), rest, 24)),
            25 => rest.split_first_chunk().map(|(n, rest)| (u64::from(u16::from_be_bytes(*n)), rest, 1 << 8)),
            26 => {
                rest.split_first_chunk().map(|(n, rest)| (u64::from(u32::from_be_bytes(*n)), rest, 1 << 16))
            }
            27 => rest.split_first_chunk().map(|(n, rest)| (u64::from_be_bytes(*n), rest, 1 << 32)),
            31 => return Err(CborError::NotCanonical("an indefinite length")),
            _ => return Err(CborError::NotCanonical("a reserved head")),
        }
        .ok_or(CborError::End)?;
        if argument < least {
            return Err(CborError::NotCanonical("a number longer than it needs"));
        }
        self.rest = rest;
        Ok((major, argument))
    }

    fn expect(&mut self, major: u8, what: &'static str) -> Result<u64, CborError> {
        match self.head()? {
            (found, argument) if found == major => Ok(argument),
            _ => Err(CborError::Not(what)),
        }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], CborError> {
        let len = usize::try_from(len).map_err(|_| CborError::End)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(CborError::End)?;
        self.rest = rest;
        Ok(taken)
    }

    /// An integer.
    pub fn int(&mut self) -> Result<i64, CborError> {
        let (major, argument) = self.head()?;
        let n = i64::try_from(argument).map_err(|_| CborError::IntegerRange);
        match major {
            UNSIGNED => n,
            NEGATIVE => n.map(|n| -1 - n),
            _ => Err(CborError::Not("an integer")),
        }
    }

    /// A byte string.
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let len = self.expect(BYTES, "bytes")?;
        self.take(len)
    }

    /// A text.
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let len = self.expect(TEXT, "text")?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CborError::Utf8)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self) -> Result<bool, CborError> {
        match self.head()? {
            (SIMPLE, FALSE) => Ok(false),
            (SIMPLE, TRUE) => Ok(true),
            _ => Err(CborError::Not("a boolean")),
        }
    }

    /// `null`.
    pub fn null(&mut self) -> Result<(), CborError> {
        match self.head()? {
            (SIMPLE, NULL) => Ok(()),
            _ => Err(CborError::Not("null")),
        }
    }

    /// `null`, or what `read` reads.
    pub fn nullable<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, CborError>,
    ) -> Result<Option<T>, CborError> {
        if self.rest.first() == Some(&0xf6) { self.null().map(|()| None) } else { read(self).map(Some) }
    }

    /// A link: tag 42 on a byte string of zero and a CID.
    pub fn link(&mut self) -> Result<Cid, CborError> {
        if self.expect(TAG, "a link")? != 42 {
            return Err(CborError::Unsupported("a tag"));
        }
        let bytes = self.bytes()?;
        let cid = bytes.strip_prefix(&[0]).ok_or(CborError::Cid)?;
        Cid::from_bytes(cid).map_err(|_| CborError::Cid)
    }

    /// The head of a list: the number of items that follow, never more than there are bytes left.
    pub fn list(&mut self) -> Result<usize, CborError> {
        let len = self.expect(LIST, "a list")?;
        self.count(len, 1)
    }

    /// The head of a map: its entries are read by [`Keys::next`].
    pub fn map(&mut self) -> Result<Keys<'a>, CborError> {
        let len = self.expect(MAP, "a map")?;
        Ok(Keys { left: self.count(len, 2)?, last: None })
    }

    fn count(&self, len: u64, least: usize) -> Result<usize, CborError> {
        usize::try_from(len).ok().filter(|len| *len <= self.rest.len() / least).ok_or(CborError::End)
    }

    /// Whether exactly these bytes come next; they are read only if they do.
    pub fn literal(&mut self, bytes: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(bytes);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Reads over one item of any kind, with everything in it, as strictly as if it were wanted.
    pub fn skip(&mut self) -> Result<(), CborError> {
        self.skip_within(MAX_DEPTH)
    }

    /// The same, with so many lists and maps inside each other at most.
    pub(crate) fn skip_within(&mut self, depth: usize) -> Result<(), CborError> {
        match self.kind()? {
            Kind::Null => self.null(),
            Kind::Bool => self.boolean().map(drop),
            Kind::Int => self.int().map(drop),
            Kind::Bytes => self.bytes().map(drop),
            Kind::Text => self.text().map(drop),
            Kind::Link => self.link().map(drop),
            Kind::List => {
                let inner = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
                for _ in 0..self.list()? {
                    self.skip_within(inner)?;
                }
                Ok(())
            }
            Kind::Map => {
                let inner = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
                let mut keys = self.map()?;
                while keys.next(self)?.is_some() {
                    self.skip_within(inner)?;
                }
                Ok(())
            }
        }
    }
}

/// The entries of a map that are not read yet. After each key, exactly its value must be read.
#[derive(Debug)]
pub struct Keys<'a> {
    left: usize,
    last: Option<&'a str>,
}

impl<'a> Keys<'a> {
    /// How many entries are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The next key; after the last one, `None`.
    pub fn next(&mut self, reader: &mut Reader<'a>) -> Result<Option<&'a str>, CborError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let key = reader.text()?;
        if self.last.is_some_and(|last| key_order(last, key).is_ge()) {
            return Err(CborError::NotCanonical("keys out of order, or one twice"));
        }
        self.last = Some(key);
        Ok(Some(key))
    }
}
