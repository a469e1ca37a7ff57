//! Members and their identities, keys, grants.

mod grants;
mod keys;
mod leaving;
mod members;
mod moving;
mod password;
mod presences;
mod sessions;
mod signup;

pub use grants::{App, Grant, NewApp, NewGrant, Once};
pub use keys::Key;
pub use members::{Member, Role, Settings};
pub use sessions::{Session, form_token, form_token_fits};
pub use signup::NewMember;
