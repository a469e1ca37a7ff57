//! `did:web` (<https://w3c-ccg.github.io/did-method-web/>, as far as AT Protocol uses it: host names only).

use crate::syntax::{Did, DidMethod, Handle};

/// The URL of the document: `https://HOST/.well-known/did.json`; for localhost, with its port, by plain HTTP. `None` if it is
/// not a `did:web` that an account may have.
pub fn did_web_url(did: &Did) -> Option<String> {
    if did.method() != Some(DidMethod::Web) {
        return None;
    }
    let host = did.as_str().strip_prefix("did:web:")?;
    // Checked by `method`: a percent sign is there only before the port of localhost.
    let scheme = if host == "localhost" || host.starts_with("localhost%3A") { "http" } else { "https" };
    Some(format!("{scheme}://{}/.well-known/did.json", host.replace("%3A", ":")))
}

/// The `did:web` of a host.
pub fn did_web_of(host: &Handle) -> Option<Did> {
    Did::parse(&format!("did:web:{host}")).ok()
}

/// The host of a `did:web`, if it is a public name in its normal form.
pub fn did_web_host(did: &Did) -> Option<Handle> {
    let host = did.as_str().strip_prefix("did:web:")?;
    Handle::parse(host).ok().filter(|handle| *handle == *host)
}
