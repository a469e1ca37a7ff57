//! `/setup/{secret}`: the owner's account, by the link that the server prints once. `/invite/{secret}`: an account by
//! invitation. `/signup`: an account for anybody, where that is allowed.

use super::{
    Answer,
    login::{safe_next, start_session},
};
use crate::{
    error::PageError,
    fields::Fields,
    frame::{Frame, page_with},
    visitor::Visitor,
    web::Web,
    words,
};
use askama::Template;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use landbridge_hub::{
    HubError, KeyImport, Mode, Registrations,
    accounts::{NewMember, Once, Role},
};
use landbridge_model::{Network, check_name};
use std::time::Duration;

/// Shortest password, in characters.
pub const MIN_PASSWORD: usize = 10;
/// How long a link that was given back is good for.
const AGAIN: Duration = Duration::from_secs(24 * 3600);

#[derive(Template)]
#[template(path = "join.html")]
struct Join {
    frame: Frame,
    heading: &'static str,
    intro: &'static str,
    action: String,
    domain: String,
    name: String,
    /// Where it goes on afterwards; empty: as usual.
    next: String,
    networks: Vec<Choice>,
    link: bool,
    problem: Option<String>,
    min_password: usize,
}

/// A network to choose.
pub struct Choice {
    pub key: &'static str,
    pub label: &'static str,
    pub about: &'static str,
    pub chosen: bool,
    /// One may bring a key along.
    pub takes_key: bool,
}

/// Why somebody is sent here from another page: where they go on afterwards, and the network that they need there.
#[derive(Default, serde::Deserialize)]
pub struct Errand {
    #[serde(default)]
    next: String,
    #[serde(default)]
    network: String,
}

/// Which of the three ways in.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Setup,
    Invite,
    Open,
}

pub async fn setup(State(web): State<Web>, visitor: Visitor, Path(secret): Path<String>) -> Answer {
    Way::Setup.show(&web, &visitor, &secret, Errand::default()).await
}

pub async fn set_up(State(web): State<Web>, Path(secret): Path<String>, fields: Fields) -> Answer {
    Way::Setup.create(&web, &secret, fields).await
}

pub async fn invited(State(web): State<Web>, visitor: Visitor, Path(secret): Path<String>) -> Answer {
    Way::Invite.show(&web, &visitor, &secret, Errand::default()).await
}

pub async fn accept_invitation(State(web): State<Web>, Path(secret): Path<String>, fields: Fields) -> Answer {
    Way::Invite.create(&web, &secret, fields).await
}

pub async fn open(State(web): State<Web>, visitor: Visitor, Query(errand): Query<Errand>) -> Answer {
    Way::Open.show(&web, &visitor, "", errand).await
}

pub async fn sign_up(State(web): State<Web>, fields: Fields) -> Answer {
    Way::Open.create(&web, "", fields).await
}

impl Way {
    /// The word under which the link's secret was made.
    fn purpose(self) -> &'static str {
        match self {
            Way::Setup => "setup",
            Way::Invite => "invite",
            Way::Open => "",
        }
    }

    /// The role that this way gives, while it is open.
    async fn role(self, web: &Web, secret: &str) -> Result<Role, PageError> {
        if self == Way::Open {
            let is_open = web.hub.config().registrations == Registrations::Open;
            return if is_open {
                Ok(Role::Member)
            } else {
                Err(HubError::Forbidden("this place is not open for everybody").into())
            };
        }
        let once = web.hub.once_peek(self.purpose(), secret).await?;
        let once = once.ok_or_else(used_up)?;
        let role = once.facts.get("role").and_then(|r| serde_json::from_value(r.clone()).ok());
        Ok(role.unwrap_or(Role::Member))
    }

    async fn show(self, web: &Web, visitor: &Visitor, secret: &str, errand: Errand) -> Answer {
        self.role(web, secret).await?;
        let form = self.form(web, visitor, secret, Err(errand), None).await?;
        page_with(web, visitor, StatusCode::OK, &form)
    }

    async fn create(self, web: &Web, secret: &str, fields: Fields) -> Answer {
        let role = self.role(web, secret).await?;
        let new = match read(web, &fields, role) {
            Ok(new) => new,
            Err(problem) => return self.again(web, secret, &fields, problem).await,
        };
        let used = self.take(web, secret).await?;
        match web.hub.create_member(new).await {
            Ok(member) => {
                let next = match fields.get("next") {
                    "" => "/?done=welcome",
                    next => safe_next(next),
                };
                start_session(web, &member, next).await
            }
            Err(HubError::Conflict(_)) => {
                let secret = self.give_back(web, used).await?;
                self.again(web, &secret, &fields, "Somebody else has this name already.".into()).await
            }
            Err(HubError::Invalid(problem)) => {
                let secret = self.give_back(web, used).await?;
                self.again(web, &secret, &fields, problem).await
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Uses the link up before the account is made, so that two at once cannot both have it.
    async fn take(self, web: &Web, secret: &str) -> Result<Option<Once>, PageError> {
        if self == Way::Open {
            return Ok(None);
        }
        let once = web.hub.once_take(self.purpose(), secret).await?;
        Ok(Some(once.ok_or_else(used_up)?))
    }

    /// A name that is taken does not cost the invitation: the form that is shown again has a new secret.
    async fn give_back(self, web: &Web, used: Option<Once>) -> Result<String, PageError> {
        match used {
            Some(once) => Ok(web.hub.once(once, AGAIN).await?),
            None => Ok(String::new()),
        }
    }

    async fn again(self, web: &Web, secret: &str, fields: &Fields, problem: String) -> Answer {
        let form = self.form(web, &fields.visitor, secret, Ok(fields), Some(problem)).await?;
        page_with(web, &fields.visitor, StatusCode::UNPROCESSABLE_ENTITY, &form)
    }

    async fn form(
        self,
        web: &Web,
        visitor: &Visitor,
        secret: &str,
        fields: Result<&Fields, Errand>,
        problem: Option<String>,
    ) -> Result<Join, PageError> {
        let (heading, intro) = match self {
            Way::Setup => (
                "Set up your server",
                "This makes the first account: yours, the owner's. The link that brought you here works once.",
            ),
            Way::Invite => ("You are invited", "Welcome! Choose a name and where you want to be."),
            Way::Open => ("Join", "Choose a name and where you want to be."),
        };
        let networks = offered(web).map(|network| Choice {
            chosen: match &fields {
                Ok(fields) => fields.all("network").any(|n| n == network.key()),
                Err(errand) => network == Network::ActivityPub || network.key() == errand.network,
            },
            ..choice(network)
        });
        Ok(Join {
            networks: networks.collect(),
            heading,
            intro,
            action: if self == Way::Open {
                "/signup".into()
            } else {
                format!("/{}/{secret}", self.purpose())
            },
            domain: web.hub.config().account_domain.clone(),
            name: fields.as_ref().map(|f| f.get("name").to_owned()).unwrap_or_default(),
            link: fields.as_ref().is_ok_and(|f| f.has("link")),
            next: fields.map_or_else(|errand| errand.next, |f| f.get("next").to_owned()),
            problem,
            min_password: MIN_PASSWORD,
            frame: Frame::new(web, visitor, "join", heading).await?,
        })
    }
}

fn used_up() -> HubError {
    HubError::invalid("This link was used already, or is too old. Please ask for a new one.")
}

/// The networks that a member may be on here.
pub fn offered(web: &Web) -> impl Iterator<Item = Network> {
    web.hub.translators().iter().map(|t| t.network()).filter(|n| web.hub.config().mode(*n) == Mode::ReadWrite)
}

pub fn choice(network: Network) -> Choice {
    Choice {
        key: network.key(),
        label: network.label(),
        about: words::about(network),
        chosen: false,
        takes_key: network == Network::Nostr,
    }
}

/// A key that was pasted, with the password that opens it.
pub fn import(fields: &Fields, network: Network) -> Option<KeyImport> {
    let key = fields.get(&format!("key-{}", network.key())).to_owned();
    let password =
        Some(fields.get(&format!("key-password-{}", network.key())).to_owned()).filter(|p| !p.is_empty());
    (!key.is_empty()).then_some(KeyImport { key, password })
}

fn read(web: &Web, fields: &Fields, role: Role) -> Result<NewMember, String> {
    let name = fields.get("name").trim_start_matches('@').to_lowercase();
    check_name(&name).map_err(|e| format!("Please choose another name: {e}."))?;
    let password = check_password(fields)?;
    let networks: Vec<_> = offered(web)
        .filter(|n| fields.all("network").any(|key| key == n.key()))
        .map(|n| (n, import(fields, n)))
        .collect();
    if networks.is_empty() && offered(web).next().is_some() {
        return Err("Please choose at least one network.".into());
    }
    Ok(NewMember { name, password, role, networks, link_identities: fields.has("link") })
}

/// The two fields of a new password.
pub fn check_password(fields: &Fields) -> Result<String, String> {
    let password = fields.get("password");
    if password.chars().count() < MIN_PASSWORD {
        return Err(format!(
            "Please use a password of at least {MIN_PASSWORD} characters; a few words together are fine."
        ));
    }
    if password != fields.get("again") {
        Err("The two passwords are not the same.".into())
    } else {
        Ok(password.to_owned())
    }
}
