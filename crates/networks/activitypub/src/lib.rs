//! ActivityPub: one translator between the network's wire forms and the model.

pub mod signature;
pub mod text;
pub mod vocab;
