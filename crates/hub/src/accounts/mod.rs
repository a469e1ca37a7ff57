//! Members and their identities, keys, grants.

mod codes;
mod grants;
mod keys;
mod leaving;
mod members;
mod moving;
mod password;
mod presences;
mod push;
mod sessions;
mod signup;
mod throttle;
mod uses;

pub use grants::{App, Grant, NewApp, NewGrant, Once};
pub use keys::Key;
pub use members::{Member, MemberCounts, Role, Settings};
pub use push::{PushFrom, PushPlace, PushWants, Subscription};
pub use sessions::{Session, all_cookies, form_token, form_token_fits};
pub use signup::NewMember;
pub(crate) use throttle::Throttle;
pub use throttle::household;
pub(crate) use uses::Uses;
pub use uses::{GrantUse, READ_CONVERSATION};
