//! `GET /.well-known/webfinger` (RFC 7033) and `GET /.well-known/host-meta` (RFC 6415).

use super::Site;
use super::answer::No;
use crate::vocab::ACTIVITY_JSON;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use landbridge_model::{Acct, Actor, Network, PresenceState};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    resource: String,
}

const JRD: &str = "application/jrd+json; charset=utf-8";

pub(super) async fn webfinger(State(site): State<Site>, Query(asked): Query<Asked>) -> Result<Response, No> {
    if asked.resource.is_empty() {
        return Ok((StatusCode::BAD_REQUEST, "resource is missing").into_response());
    }
    let descriptor = site.descriptor(&asked.resource).await?;
    let headers = [(header::CONTENT_TYPE, JRD), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    Ok((headers, serde_json::to_vec(&descriptor).unwrap_or_default()).into_response())
}

pub(super) async fn host_meta(State(site): State<Site>) -> Response {
    let template = site.urls.at("/.well-known/webfinger?resource={uri}");
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"{template}\"/>\n</XRD>\n"
    );
    ([(header::CONTENT_TYPE, "application/xrd+xml; charset=utf-8")], xml).into_response()
}

impl Site {
    async fn descriptor(&self, resource: &str) -> Result<Value, No> {
        if resource.trim_end_matches('/') == self.urls.origin() || resource == self.urls.instance_actor() {
            return Ok(self.instance_descriptor());
        }
        if self.urls.is_ours(resource) {
            let name = self.urls.member_of(resource).ok_or(No::NotFound)?;
            return self.member_descriptor(name).await;
        }
        let acct: Acct = resource.parse().map_err(|_| No::NotFound)?;
        let domain = acct.domain.as_deref().ok_or(No::NotFound)?;
        let config = self.hub.config();
        let (_, authority) = self.urls.scheme_and_authority();
        if domain == config.account_domain || domain == authority {
            if acct.username == domain || acct.username == config.account_domain {
                return Ok(self.instance_descriptor());
            }
            return self.member_descriptor(&acct.username).await;
        }
        // People of other networks, shown here: a page, and nothing to follow on this network.
        let ours = [Network::Nostr, Network::AtProto].iter().any(|n| config.reserved_domain(*n) == domain);
        let actor = if ours { self.hub.actor_by_acct(&acct).await? } else { None };
        let actor = actor.ok_or(No::NotFound)?;
        let page = self.urls.at(&format!("/@{}", actor.acct()));
        Ok(json!({"subject": format!("acct:{acct}"), "links": [profile_page(&page)]}))
    }

    async fn member_descriptor(&self, name: &str) -> Result<Value, No> {
        let acct = Acct { username: name.to_lowercase(), domain: None };
        let actor: Actor = self.hub.actor_by_acct(&acct).await?.ok_or(No::NotFound)?;
        let presence = self.hub.presence(actor.id, Network::ActivityPub).await?.ok_or(No::NotFound)?;
        if presence.state == PresenceState::Gone {
            return Err(No::NotFound);
        }
        let page = self.urls.page(&actor.username);
        // FEP-3b86: what a member can do from here to something on another server's page.
        let intent = |name: &str| {
            json!({
                "rel": format!("https://w3id.org/fep/3b86/{name}"),
                "template": self.urls.at("/authorize_interaction?uri={object}")
            })
        };
        let mut links = vec![
            json!({"rel": "self", "type": ACTIVITY_JSON, "href": presence.native_id}),
            profile_page(&page),
            json!({
                "rel": "http://ostatus.org/schema/1.0/subscribe",
                "template": self.urls.at("/authorize_interaction?uri={uri}")
            }),
        ];
        links.extend(["Object", "Follow", "Like", "Announce"].map(intent));
        if let Some(file) = actor.profile.avatar.as_ref().and_then(|p| p.file.as_ref()) {
            let href = self.urls.at(&landbridge_media::url_path(file));
            links.push(json!({"rel": "http://webfinger.net/rel/avatar", "href": href}));
        }
        Ok(json!({
            "subject": format!("acct:{}", self.hub.config().address(&actor.username)),
            "aliases": [page, presence.native_id],
            "links": links,
        }))
    }

    /// FEP-d556: the server itself.
    fn instance_descriptor(&self) -> Value {
        let domain = self.hub.config().account_domain.as_str();
        let actor = self.urls.instance_actor();
        json!({
            "subject": format!("acct:{domain}@{domain}"),
            "aliases": [actor],
            "links": [
                {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
                {"rel": "https://www.w3.org/ns/activitystreams#Application", "type": ACTIVITY_JSON, "href": actor},
            ],
        })
    }
}

fn profile_page(page: &str) -> Value {
    json!({"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page})
}
