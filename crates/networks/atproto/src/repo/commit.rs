//! Commits (<https://atproto.com/specs/repository#commit-objects>): the signed root of a repository.

use super::Block;
use crate::{
    crypto::{CryptoError, PublicKey, SIGNATURE_LEN, SigningKey},
    data::{
        CborError, Cid,
        cbor::{Reader, Writer},
    },
    syntax::{Did, Tid},
};

/// A commit of version 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub did: Did,
    /// Greater than that of the commit before.
    pub rev: Tid,
    /// Root of the tree.
    pub data: Cid,
    /// Of an older protocol; we write null.
    pub prev: Option<Cid>,
    pub sig: [u8; SIGNATURE_LEN],
}

/// Bytes that are no commit, or not one of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    #[error(transparent)]
    Cbor(#[from] CborError),
    #[error("not a commit of version 3")]
    Version,
    #[error("a field of the commit is not what it should be: {0}")]
    Field(&'static str),
    #[error(transparent)]
    Signature(#[from] CryptoError),
}

impl Commit {
    /// Signs a commit.
    pub fn sign(did: Did, rev: Tid, data: Cid, key: &SigningKey) -> Result<Commit, CryptoError> {
        let mut commit = Commit { did, rev, data, prev: None, sig: [0; SIGNATURE_LEN] };
        commit.sig = key.sign(&commit.write(false))?;
        Ok(commit)
    }

    /// Checks that the key signed it.
    pub fn verify(&self, key: &PublicKey) -> Result<(), CommitError> {
        Ok(key.verify(&self.write(false), &self.sig)?)
    }

    /// The block.
    pub fn block(&self) -> Block {
        Block::of_dag_cbor(self.write(true))
    }

    fn write(&self, signed: bool) -> Vec<u8> {
        let mut out = Writer::with_capacity(256);
        out.map(if signed { 6 } else { 5 }).text("did").text(self.did.as_str());
        out.text("rev").text(&self.rev.to_string());
        if signed {
            out.text("sig").bytes(&self.sig);
        }
        out.text("data")
            .link(&self.data)
            .text("prev")
            .nullable_link(self.prev.as_ref())
            .text("version")
            .int(3);
        out.into_bytes()
    }

    /// Reads a block. There may be no other fields: they would be signed, and nobody would know by whom they are read.
    pub fn decode(bytes: &[u8]) -> Result<Commit, CommitError> {
        let mut reader = Reader::new(bytes);
        let mut keys = reader.map()?;
        let (mut did, mut rev, mut sig, mut data, mut prev, mut version) =
            (None, None, None, None, None, None);
        while let Some(key) = keys.next(&mut reader)? {
            match key {
                "did" => did = Some(Did::parse(reader.text()?).map_err(|_| CommitError::Field("did"))?),
                "rev" => rev = Some(Tid::parse(reader.text()?).map_err(|_| CommitError::Field("rev"))?),
                "sig" => sig = Some(reader.bytes()?.try_into().map_err(|_| CommitError::Field("sig"))?),
                "data" => data = Some(reader.link()?),
                "prev" => prev = Some(reader.nullable(Reader::link)?),
                "version" => version = Some(reader.int()?),
                _ => return Err(CommitError::Field("one that is not known")),
            }
        }
        reader.end()?;
        if version != Some(3) {
            return Err(CommitError::Version);
        }
        Ok(Commit {
            did: did.ok_or(CborError::Missing("did"))?,
            rev: rev.ok_or(CborError::Missing("rev"))?,
            data: data.ok_or(CborError::Missing("data"))?,
            prev: prev.ok_or(CborError::Missing("prev"))?,
            sig: sig.ok_or(CborError::Missing("sig"))?,
        })
    }
}
