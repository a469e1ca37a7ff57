//! The official interoperability vectors (`tests/vectors`, CC0) and properties over random input.

#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto;
mod data;
mod firehose;
mod hostile;
mod identity;
mod lexicon;
mod mst;
mod records;
mod repo;
mod richtext;
mod syntax;
mod tree;
mod vectors;
