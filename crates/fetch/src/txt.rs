//! TXT records, by the system's name servers: names prove with them whose they are.

use crate::{Error, Fetcher, Loopback, client::count};
use hickory_resolver::{TokioResolver, proto::rr::RData};
use std::time::Duration;

/// For one question to one name server.
const PATIENCE: Duration = Duration::from_secs(3);
/// Records of one name that are looked at.
const MOST_RECORDS: usize = 64;

/// Asks nobody until it is needed; a machine without name servers has none.
#[derive(Default)]
pub(crate) struct Names(tokio::sync::OnceCell<Option<TokioResolver>>);

impl Names {
    async fn resolver(&self) -> Option<&TokioResolver> {
        let make = || async {
            let mut builder = TokioResolver::builder_tokio().ok()?;
            let options = builder.options_mut();
            (options.timeout, options.attempts) = (PATIENCE, 2);
            builder.build().ok()
        };
        self.0.get_or_init(make).await.as_ref()
    }
}

impl Fetcher {
    /// The texts of a name's TXT records, the pieces of each put together; none when there are no such records. A name that
    /// may not be asked for (in a trial: any) has none.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, Error> {
        let asks = self.policy().loopback != Loopback::Only && self.policy().check_name(name).is_ok();
        let Some(resolver) = self.names().resolver().await.filter(|_| asks) else { return Ok(Vec::new()) };
        let asked = tokio::time::timeout(self.policy().timeout, resolver.txt_lookup(format!("{name}.")));
        let answer = match asked.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_no_records_found() => return Ok(Vec::new()),
            Ok(Err(_)) => Err(Error::Unresolved(name.to_owned())),
            Err(_) => Err(Error::Timeout),
        };
        count(&answer);
        let texts = answer?
            .answers()
            .iter()
            .take(MOST_RECORDS)
            .filter_map(|record| match &record.data {
                RData::TXT(txt) => String::from_utf8(txt.txt_data.concat()).ok(),
                _ => None,
            })
            .collect();
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Fetcher, Policy};

    #[tokio::test]
    async fn a_trial_asks_nobody() {
        let trial = Fetcher::new(Policy::trial("t")).unwrap();
        assert!(trial.txt("_atproto.example.com").await.unwrap().is_empty());
        let public = Fetcher::new(Policy::public("t")).unwrap();
        for name in ["_atproto.a.test", "_atproto.localhost", "_atproto.10.0.0.1", "a..example"] {
            assert!(public.txt(name).await.unwrap().is_empty(), "{name}");
        }
    }
}
