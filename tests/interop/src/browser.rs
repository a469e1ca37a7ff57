//! A browser without scripts: keeps cookies, fills in a page's form, follows where it leads. Just enough to sign in.

use anyhow::{Context, Result};
use reqwest::{Client, Response, StatusCode, header};
use url::Url;

/// A form of a page: where it goes, its fields with the values they came with, and its named buttons.
#[derive(Debug)]
pub struct Form {
    pub action: Url,
    pub fields: Vec<(String, String)>,
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// Finds the form in `html` that has a field (or button) named `with`.
    pub fn find(page: &Url, html: &str, with: &str) -> Result<Self> {
        Self::on(page, html, |form| form.fields.iter().chain(&form.buttons).any(|(name, _)| name == with))
            .with_context(|| format!("no form with a field `{with}` on {page}:\n{html}"))
    }

    /// The first form in `html` that is the one.
    pub fn on(page: &Url, html: &str, is: impl Fn(&Self) -> bool) -> Option<Self> {
        html.split("<form")
            .skip(1)
            .filter_map(|rest| rest.split_once("</form>").map(|(form, _)| form))
            .filter_map(|form| Self::read(page, form))
            .find(is)
    }

    fn read(page: &Url, form: &str) -> Option<Self> {
        let (head, body) = form.split_once('>')?;
        let action = page.join(&attribute(head, "action").unwrap_or_default()).ok()?;
        let named = |kind: &str| {
            let tags =
                body.split('<').filter(|tag| tag.starts_with(kind)).filter_map(|tag| tag.split('>').next());
            tags.filter_map(|tag| {
                Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
            })
            .collect()
        };
        Some(Self { action, fields: named("input"), buttons: named("button") })
    }

    /// Whether it has a field of this name.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    /// Sets a field.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presses the button of this name and value, if there is one.
    #[must_use]
    pub fn press(self, name: &str, value: &str) -> Self {
        let there = self.buttons.iter().any(|(button, of)| button == name && of == value);
        if there { self.set(name, value) } else { self }
    }

    /// Sends the form.
    pub async fn submit(self, browser: &Client) -> Result<Response> {
        let origin = self.action.origin().ascii_serialization();
        Ok(browser.post(self.action).header(header::ORIGIN, origin).form(&self.fields).send().await?)
    }
}

/// Where a redirect leads, if the answer is one.
pub fn redirect(answer: &Response) -> Option<Url> {
    let to = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    (answer.status().is_redirection() && answer.status() != StatusCode::NOT_MODIFIED)
        .then(|| answer.url().join(to).ok())
        .flatten()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&#x27;", "'")
            .replace("&#38;", "&")
            .replace("&amp;", "&"),
    )
}
