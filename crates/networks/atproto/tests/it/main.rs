//! The official interoperability vectors (`tests/vectors`, CC0) and properties over random input.

mod crypto;
mod data;
mod syntax;
mod vectors;
