//! What is asked: query and body as one tree, whether the app sent a form, multipart or JSON.
//!
//! Names with brackets become branches as Rails reads them: `poll[options][]=a`, `fields_attributes[0][name]=b`.

mod read;
mod tree;

pub(crate) use tree::{Params, Upload};
