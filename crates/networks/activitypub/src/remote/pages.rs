//! Pages for browsers that name the document of what they show: in a `Link` header (RFC 8288) or in a `link` element with
//! the type of such documents.

use crate::ActivityPub;
use crate::translate::web_url;
use crate::vocab::ACTIVITY_JSON;
use http::{HeaderMap, HeaderValue, header};
use landbridge_hub::Hub;
use url::Url;

/// Bytes of a page that are read: its head stands at the beginning.
const BEGINNING: usize = 64 * 1024;

impl ActivityPub {
    /// Id of the document that a page names. It may be on any host: a document is believed for its own host's sake.
    pub(crate) async fn named_on_page(&self, hub: &Hub, page: &str) -> Option<String> {
        let url = Url::parse(page).ok()?;
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html"))]);
        let _permit = self.fetches.acquire().await.ok()?;
        let answer = hub.fetcher().get_beginning(&url, headers, BEGINNING).await.ok()?;
        if !answer.status.is_success() || answer.media_type().as_deref() != Some("text/html") {
            return None;
        }
        let link = in_headers(&answer.headers).or_else(|| in_head(&String::from_utf8_lossy(&answer.body)))?;
        let id = answer.url.join(&link).ok()?;
        web_url(id.as_str()).filter(|id| *id != page).map(str::to_owned)
    }
}

fn in_headers(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::LINK).into_iter().filter_map(|value| value.to_str().ok());
    let mut links = values.flat_map(|value| value.split('<').skip(1)).filter_map(|link| link.split_once('>'));
    links.find(|(_, said)| is_alternate(said)).map(|(target, _)| target.to_owned())
}

/// Looked for as text: whoever is misled by that asks for one document more, and believes it no sooner.
fn in_head(html: &str) -> Option<String> {
    let mut tags = html.split('<').filter_map(|tag| tag.split('>').next());
    let link = |tag: &&str| tag.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("link"));
    let tag = tags.find(|tag| link(tag) && is_alternate(tag))?;
    let mut attributes = tag.split_ascii_whitespace().filter_map(|part| part.split_once('='));
    let (_, href) = attributes.find(|(name, _)| name.eq_ignore_ascii_case("href"))?;
    let quote = href.chars().next().filter(|c| matches!(c, '"' | '\''));
    let href = match quote {
        Some(quote) => href.split(quote).nth(1)?,
        None => href,
    };
    Some(href.replace("&amp;", "&"))
}

fn is_alternate(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    said.contains("alternate") && said.contains(ACTIVITY_JSON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_headers() {
        let of = |value: &'static str| {
            in_headers(&HeaderMap::from_iter([(header::LINK, HeaderValue::from_static(value))]))
        };
        let several = "<https://a.example/feed,x>; rel=\"alternate\"; type=\"application/rss+xml\", \
                       <https://a.example/1>; rel=alternate; type=\"application/activity+json\"";
        assert_eq!(of(several).as_deref(), Some("https://a.example/1"));
        for none in ["", "<", "<https://a.example/1>; rel=next", "alternate application/activity+json"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn links_in_pages() {
        let page = "<!DOCTYPE html><head><link rel=stylesheet href=/x.css>\n\
                    <LINK\n rel='alternate' type='application/activity+json'\n href='/posts/1?a=b&amp;c=d' /></head>";
        assert_eq!(in_head(page).as_deref(), Some("/posts/1?a=b&c=d"));
        let bare = "<link href=https://a.example/1 rel=alternate type=application/activity+json>";
        assert_eq!(in_head(bare).as_deref(), Some("https://a.example/1"));
        let feed = "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/feed\">";
        for none in ["", "<", "<é<link", feed, "<link rel=alternate type=application/activity+json>"] {
            assert_eq!(in_head(none), None, "{none}");
        }
    }
}
