//! Text: foreign HTML in, our own HTML out (which the model renders). Nothing of foreign markup ever travels on.

mod read;
mod sink;

pub use read::{Hints, Named, plain, read};
pub(crate) use sink::MAX_TEXT;
