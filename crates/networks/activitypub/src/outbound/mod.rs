//! What members do, as bytes to send: `stage` decides ids, words and receivers; `deliver` sends what was stored.

mod audience;
mod deliver;
mod elsewhere;
mod leave;
mod parts;
mod post;
mod profile;
mod quote;
mod react;
mod relate;
mod stage;

pub(crate) use parts::{native, note_parts};
pub(crate) use post::wrap;
pub(crate) use profile::document;
pub(crate) use stage::Ox;
