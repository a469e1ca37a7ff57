//! A member of Landbridge, acting through the Mastodon client API as an app does.

use crate::browser::{Form, redirect};
use crate::landbridge::PASSWORD;
use anyhow::{Context, Result, bail};
use reqwest::{Certificate, Client, Method, RequestBuilder, multipart};
use serde_json::{Value, json};
use std::path::Path;
use url::Url;

const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// A signed-in member.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    /// `name@host`.
    pub acct: String,
    /// The account's id in the client API.
    pub id: String,
    /// The actor's URL on ActivityPub; empty when the member is not there.
    pub actor: String,
    pub token: String,
    base: Url,
    http: Client,
}

/// An HTTP client that trusts the stage's authority and keeps cookies.
pub fn client(authority: &Path) -> Result<Client> {
    let authority = Certificate::from_pem(&std::fs::read(authority)?)?;
    Ok(Client::builder()
        .tls_certs_only([authority])
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()?)
}

impl Member {
    /// Registers an app, signs in on its pages and consents, as a person with a browser does.
    pub async fn sign_in(host: &str, authority: &Path, name: &str, password: &str) -> Result<Self> {
        let http = client(authority)?;
        let base = Url::parse(&format!("https://{host}/"))?;
        let scopes = "read write follow";
        let app: Value = json_of(http.post(base.join("api/v1/apps")?).json(&json!({
            "client_name": "interop", "redirect_uris": OUT_OF_BAND, "scopes": scopes,
        })))
        .await?;
        let mut authorize = base.join("oauth/authorize")?;
        authorize.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", text(&app, "client_id")?),
            ("redirect_uri", OUT_OF_BAND),
            ("scope", scopes),
        ]);
        let code = consent(&http, authorize, name, password).await?;
        let grant: Value = json_of(http.post(base.join("oauth/token")?).json(&json!({
            "grant_type": "authorization_code", "code": code, "redirect_uri": OUT_OF_BAND, "scope": scopes,
            "client_id": text(&app, "client_id")?, "client_secret": text(&app, "client_secret")?,
        })))
        .await?;
        let token = text(&grant, "access_token")?.to_owned();
        let me: Value =
            json_of(http.get(base.join("api/v1/accounts/verify_credentials")?).bearer_auth(&token)).await?;
        let mut finger = base.join(".well-known/webfinger")?;
        finger.query_pairs_mut().append_pair("resource", &format!("acct:{name}@{host}"));
        let links: Value = json_of(http.get(finger)).await.unwrap_or_default();
        let own = links["links"].as_array().into_iter().flatten().find(|link| link["rel"] == "self");
        let actor = own.map(|link| text(link, "href")).transpose()?.unwrap_or_default();
        Ok(Self {
            name: name.to_owned(),
            acct: format!("{name}@{host}"),
            id: text(&me, "id")?.to_owned(),
            actor: actor.to_owned(),
            token,
            base,
            http,
        })
    }

    /// `GET /api/...`
    pub async fn get(&self, path: &str) -> Result<Value> {
        json_of(self.request(Method::GET, path)?).await
    }

    /// `POST /api/...` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        json_of(self.request(Method::POST, path)?.json(&body)).await
    }

    /// `PUT /api/...` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Result<Value> {
        json_of(self.request(Method::PUT, path)?.json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Result<Value> {
        json_of(self.request(Method::DELETE, path)?).await
    }

    /// Writes a post of this text, with `further` fields of the API's form; answers the status.
    pub async fn publish(&self, text: &str, further: Value) -> Result<Value> {
        let mut body = further;
        if let Some(body) = body.as_object_mut() {
            body.insert("status".to_owned(), json!(text));
            body.entry("visibility").or_insert(json!("public"));
        }
        self.post("v1/statuses", body).await
    }

    /// Uploads a picture with a description; answers the attachment's id.
    pub async fn upload(&self, png: Vec<u8>, alt: &str) -> Result<String> {
        let file = multipart::Part::bytes(png).file_name("picture.png").mime_str("image/png")?;
        let form = multipart::Form::new().part("file", file).text("description", alt.to_owned());
        let media = json_of(self.request(Method::POST, "v2/media")?.multipart(form)).await?;
        Ok(text(&media, "id")?.to_owned())
    }

    /// Changes the profile: name, words and picture.
    pub async fn introduce(&self, name: &str, note: &str, png: Vec<u8>) -> Result<Value> {
        let avatar = multipart::Part::bytes(png).file_name("picture.png").mime_str("image/png")?;
        let form = multipart::Form::new().text("display_name", name.to_owned()).text("note", note.to_owned());
        let form = form.part("avatar", avatar);
        json_of(self.request(Method::PATCH, "v1/accounts/update_credentials")?.multipart(form)).await
    }

    /// Finds a remote account by `name@host`, as the search field does; answers the account.
    pub async fn find_account(&self, acct: &str) -> Result<Value> {
        let found = self.search(acct, "accounts").await?;
        found["accounts"].get(0).cloned().with_context(|| format!("{acct} not found: {found}"))
    }

    /// Finds a post by its address on its own network; answers the status.
    pub async fn find_status(&self, uri: &str) -> Result<Value> {
        let found = self.search(uri, "statuses").await?;
        found["statuses"].get(0).cloned().with_context(|| format!("{uri} not found: {found}"))
    }

    async fn search(&self, q: &str, kind: &str) -> Result<Value> {
        let request = self.request(Method::GET, "v2/search")?;
        json_of(request.query(&[("q", q), ("type", kind), ("resolve", "true")])).await
    }

    /// The status with this URI on the home timeline.
    pub async fn at_home(&self, uri: &str) -> Result<Value> {
        let home = self.get("v1/timelines/home?limit=40").await?;
        let found =
            home.as_array().into_iter().flatten().find(|s| s["uri"] == uri || s["reblog"]["uri"] == uri);
        found.cloned().with_context(|| format!("{uri} is not on {}'s home timeline", self.name))
    }

    pub async fn relationship(&self, account: &str) -> Result<Value> {
        let all = self.get(&format!("v1/accounts/relationships?id[]={account}")).await?;
        all.get(0).cloned().context("no relationship")
    }

    /// The notification of this type from this `name@host`.
    pub async fn notification(&self, kind: &str, from: &str) -> Result<Value> {
        let all = self.get("v1/notifications?limit=40").await?;
        let found =
            all.as_array().into_iter().flatten().find(|n| n["type"] == kind && n["account"]["acct"] == from);
        found.cloned().with_context(|| format!("no `{kind}` from {from} in {all}"))
    }

    /// The public key that NIP-05 names for the member.
    pub async fn nostr_key(&self) -> Result<String> {
        let url = self.base.join(&format!(".well-known/nostr.json?name={}", self.name))?;
        let answer = json_of(self.http.get(url)).await?;
        Ok(text(&answer["names"], &self.name)?.to_owned())
    }

    /// Fills in the form with the field `with` on a page of ours, as the member's browser; answers what comes of it.
    pub async fn fill_in(&self, page: &str, with: &str, value: &str) -> Result<reqwest::Response> {
        self.submit(page, |form| form.has(with), &[(with, value)]).await
    }

    /// Joins a network (`activitypub`, `nostr`), or switches it on again.
    pub async fn join(&self, network: &str) -> Result<()> {
        let path = format!("/settings/networks/{network}/join");
        let answer = self.submit("settings/networks", |form| form.action.path() == path, &[]).await?;
        match redirect(&answer) {
            Some(_) => Ok(()),
            None => bail!("{network} was not joined: {}", answer.text().await?),
        }
    }

    /// What the member's page for AT Protocol shows after the password: `identity-code`, or `export` for the recovery key.
    pub async fn secret(&self, what: &str) -> Result<String> {
        shown_code(&self.ask_for("settings/atproto", what, &[]).await?).context("no code is shown")
    }

    /// Fills in one of several forms on a page, of which the hidden field `what` says what it does; with the password. Answers
    /// what the page says then.
    pub async fn ask_for(&self, page: &str, what: &str, fields: &[(&str, &str)]) -> Result<String> {
        let wanted = |form: &Form| form.fields.contains(&("what".to_owned(), what.to_owned()));
        let fields: Vec<_> = fields.iter().copied().chain([("password", PASSWORD)]).collect();
        Ok(self.submit(page, wanted, &fields).await?.error_for_status()?.text().await?)
    }

    /// Fills in a form on a page of ours, as the member's browser; answers what comes of it.
    async fn submit(
        &self,
        page: &str,
        wanted: impl Fn(&Form) -> bool,
        fields: &[(&str, &str)],
    ) -> Result<reqwest::Response> {
        let mut answer = self.http.get(self.base.join(page)?).send().await?.error_for_status()?;
        if let Some(login) = redirect(&answer) {
            // An app's sign-in is none of the browser's.
            let html = self.http.get(login.clone()).send().await?.error_for_status()?.text().await?;
            let form = Form::find(&login, &html, "password")?;
            form.set("name", &self.name).set("password", PASSWORD).submit(&self.http).await?;
            answer = self.http.get(self.base.join(page)?).send().await?.error_for_status()?;
        }
        let (url, html) = (answer.url().clone(), answer.text().await?);
        let form = Form::on(&url, &html, wanted).with_context(|| format!("no such form on {url}: {html}"))?;
        fields.iter().fold(form, |form, (name, value)| form.set(name, value)).submit(&self.http).await
    }

    /// The bytes at an absolute URL that an answer named.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        Ok(self.http.get(url).send().await?.error_for_status()?.bytes().await?.to_vec())
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        Ok(self.http.request(method, self.base.join("api/")?.join(path)?).bearer_auth(&self.token))
    }
}

/// A field that must be a string.
pub fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("no `{field}` in {value}"))
}

/// Goes through the sign-in and the consent page; answers the code.
pub async fn consent(http: &Client, authorize: Url, name: &str, password: &str) -> Result<String> {
    match go_through(http, authorize, name, password).await? {
        End::Redirected(to) => code_in(&to).context("no code"),
        End::Shown { page, html } => shown_code(&html).with_context(|| format!("no code on {page}: {html}")),
    }
}

/// The same for an app that is returned to; answers the address, with all that was added to it.
pub async fn consent_and_return(http: &Client, authorize: Url, name: &str, password: &str) -> Result<Url> {
    match go_through(http, authorize, name, password).await? {
        End::Redirected(to) => Ok(to),
        End::Shown { page, html } => bail!("{page} leads nowhere: {html}"),
    }
}

/// Where the pages of a sign-in end.
enum End {
    /// At the app's own address, with a code.
    Redirected(Url),
    Shown {
        page: Url,
        html: String,
    },
}

async fn go_through(http: &Client, authorize: Url, name: &str, password: &str) -> Result<End> {
    let mut answer = http.get(authorize).send().await?;
    for _ in 0..10 {
        if let Some(to) = redirect(&answer) {
            if code_in(&to).is_some() {
                return Ok(End::Redirected(to));
            }
            answer = http.get(to).send().await?;
            continue;
        }
        let (page, status) = (answer.url().clone(), answer.status());
        let html = answer.text().await?;
        if !status.is_success() {
            bail!("{page} answered {status}: {html}");
        }
        answer = if let Ok(form) = Form::find(&page, &html, "password") {
            let field =
                ["identifier", "name"].into_iter().find(|field| form.has(field)).unwrap_or("username");
            let form = form.set(field, name).set("password", password);
            form.press("decision", "allow").submit(http).await?
        } else if let Ok(form) = Form::find(&page, &html, "decision") {
            form.press("decision", "allow").submit(http).await?
        } else {
            return Ok(End::Shown { page, html });
        };
    }
    bail!("signing in leads nowhere");
}

fn code_in(url: &Url) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == "code").map(|(_, code)| code.into_owned())
}

/// The code on the page of an app without an address of its own.
fn shown_code(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("<code")?;
    let (_, rest) = rest.split_once('>')?;
    Some(rest.split_once('<')?.0.trim().to_owned())
}

async fn json_of(request: RequestBuilder) -> Result<Value> {
    let answer = request.send().await?;
    let (status, url) = (answer.status(), answer.url().clone());
    let body = answer.text().await?;
    if !status.is_success() {
        bail!("{url} answered {status}: {body}");
    }
    serde_json::from_str(&body).with_context(|| format!("{url} answered no JSON: {body}"))
}
