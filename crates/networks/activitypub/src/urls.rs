//! Every URL of ours on this network. They are permanent ids: never change one.

use landbridge_hub::Hub;
use landbridge_model::Id;
use url::Url;

/// Makes URLs under the configured origin.
#[derive(Clone)]
pub struct Urls {
    /// Without final slash.
    origin: String,
}

impl Urls {
    pub fn new(hub: &Hub) -> Urls {
        Urls::of(&hub.config().url(""))
    }

    /// Under that origin (no final slash).
    pub fn of(origin: &str) -> Urls {
        Urls { origin: origin.to_owned() }
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Scheme and authority that signatures to us are made for.
    pub fn scheme_and_authority(&self) -> (&str, &str) {
        self.origin.split_once("://").unwrap_or(("https", &self.origin))
    }

    /// An id that we made.
    pub fn is_ours(&self, id: &str) -> bool {
        id.strip_prefix(self.origin.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub fn shared_inbox(&self) -> String {
        self.at("/inbox")
    }
    pub fn instance_actor(&self) -> String {
        self.at("/actor")
    }
    pub fn tag_base(&self) -> String {
        self.at("/tags/")
    }
    pub fn actor(&self, name: &str) -> String {
        self.at(&format!("/users/{name}"))
    }
    /// `what`: `inbox`, `outbox`, `followers`, `following`, `featured`.
    pub fn of_actor(&self, name: &str, what: &str) -> String {
        self.at(&format!("/users/{name}/{what}"))
    }
    /// Page for browsers.
    pub fn page(&self, name: &str) -> String {
        self.at(&format!("/@{name}"))
    }
    pub fn post(&self, name: &str, id: Id) -> String {
        self.at(&format!("/users/{name}/statuses/{id}"))
    }
    pub fn post_page(&self, name: &str, id: Id) -> String {
        self.at(&format!("/@{name}/{id}"))
    }
    pub fn context(&self, root: Id) -> String {
        self.at(&format!("/contexts/{root}"))
    }
    /// An act that is an object of its own: `likes`, `follows`, `blocks`, `votes`, `quote-requests`.
    pub fn act(&self, name: &str, what: &str, id: Id) -> String {
        self.at(&format!("/users/{name}/{what}/{id}"))
    }
    /// The leave to quote `quoted` in the post with the native id `quoting`: the same pair, the same id.
    pub fn stamp(&self, name: &str, quoted: Id, quoting: &str) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, quoting.as_bytes());
        let short: String = hash.as_ref().iter().take(12).map(|b| format!("{b:02x}")).collect();
        self.at(&format!("/users/{name}/quote-stamps/{quoted}-{short}"))
    }

    /// The name in an actor URL of ours.
    pub fn member_of<'a>(&self, id: &'a str) -> Option<&'a str> {
        let rest = id.strip_prefix(self.origin.as_str())?;
        let rest = rest.strip_prefix("/users/").or_else(|| rest.strip_prefix("/@"))?;
        let name = rest.split(['/', '#', '?']).next()?;
        (!name.is_empty()).then_some(name)
    }
}

/// What shares limits and back-off: host and port.
pub fn host_of(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    parsed.as_ref().map(crate::signature::cavage::authority).unwrap_or_default()
}
