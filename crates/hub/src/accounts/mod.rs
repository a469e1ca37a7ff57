//! Members and their identities, keys, grants.

mod grants;
mod keys;
mod leaving;
mod members;
mod presences;
mod signup;

pub use grants::{App, Grant, NewApp, Once};
pub use keys::Key;
pub use members::{Member, Role, Settings};
pub use signup::NewMember;
