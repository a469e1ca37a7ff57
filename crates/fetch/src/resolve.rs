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
    judged(policy, found)
}

fn judged(policy: &Policy, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Error> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;

    #[test]
    fn one_private_answer_refuses_the_name() {
        let policy = Policy::public("t");
        let found =
            |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        assert!(judged(&policy, found(&["1.1.1.1:0", "[2606:4700::1111]:0"])).is_ok());
        for private in [
            "10.0.0.1:0",
            "127.0.0.1:0",
            "169.254.169.254:0",
            "[::1]:0",
            "[::ffff:10.0.0.1]:0",
            "[fd00::1]:0",
        ] {
            for mixed in [[private, "1.1.1.1:0"], ["1.1.1.1:0", private]] {
                let refused = judged(&policy, found(&mixed));
                assert!(matches!(refused, Err(Error::Refused(Refusal::Address(_)))), "{mixed:?}");
            }
        }
    }
}
