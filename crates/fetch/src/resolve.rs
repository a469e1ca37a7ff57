//! Names to addresses, with every answer judged: the address that was checked is the one that is connected to, so a
//! second DNS answer cannot lead elsewhere (no rebinding).

use crate::{Error, Policy};
use std::net::SocketAddr;
use std::sync::Arc;

/// The addresses of `name` that the policy allows. One forbidden answer among allowed ones refuses the whole name:
/// mixed answers are how rebinding begins.
pub(crate) async fn resolve(policy: &Policy, name: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
    if let Some(local) = policy.in_process(name, port) {
        policy.check_address(local.ip())?;
        return Ok(vec![local]);
    }
    let found: Vec<SocketAddr> = match tokio::net::lookup_host((name, port)).await {
        Ok(found) => found.collect(),
        Err(_) => return Err(Error::Unresolved(name.to_owned())),
    };
    if found.is_empty() {
        return Err(Error::Unresolved(name.to_owned()));
    }
    for address in &found {
        policy.check_address(address.ip())?;
    }
    Ok(found)
}

/// [`resolve`] in the form reqwest takes.
pub(crate) struct Resolver(pub(crate) Arc<Policy>);

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            // Port 0 is replaced by the port of the URL.
            let found = resolve(&policy, name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}
