//! Cards of the pages that posts link to. A page is looked at once for all posts that link to it, and again when what is
//! known of it has expired. It is asked for without any word of who links to it or reads: what its server learns is that
//! this server exists and has a post with that address.
//!
//! Only links of open posts are looked at. The address in a private post may itself be the secret, and whoever runs the page
//! could tell from its being opened that somebody was told of it.

pub(crate) mod page;

use crate::{Hub, HubError, moderation::Rule};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use landbridge_cache::Cache;
use landbridge_media::Sniffed;
use landbridge_model::{Id, LinkCard, MarkKind, Post, Time};
use landbridge_store::entities::{files, link_cards};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, time::timeout};
use url::Url;

/// Longest that a new post waits for its card, picture and all.
const PATIENCE: Duration = Duration::from_secs(4);
/// Longest that a page may take.
const PAGE_TIME: Duration = Duration::from_secs(8);
/// Bytes of a page that are read: what describes it stands at its beginning.
const PAGE_BYTES: usize = 512 << 10;
/// Pages that are asked for at once, and that may wait for it because somebody reads a post.
const AT_ONCE: usize = 4;
const WAITING: usize = 64;
/// How long a card is good, and how long a page that says nothing is left alone.
const GOOD: Duration = Duration::from_secs(14 * 86_400);
const LEFT_ALONE: Duration = Duration::from_secs(6 * 3600);
/// Longest address that is looked at.
const LONGEST: usize = 2000;

/// What is known of pages by address; `None`: nothing is to be had.
type Known = Cache<String, Option<Arc<LinkCard>>>;

pub(crate) struct State {
    known: Known,
    at_once: Semaphore,
    waiting: Arc<Semaphore>,
}

impl Default for State {
    fn default() -> State {
        State {
            known: Cache::living(5_000, Duration::from_secs(900)),
            at_once: Semaphore::new(AT_ONCE),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

impl Hub {
    /// The card of a post, as far as it is known by now: its author's, or else of the first page that it links to. Asks
    /// nobody outside.
    pub async fn card_at_hand(&self, post: &Post) -> Result<Option<LinkCard>, HubError> {
        if post.card.is_some() {
            return Ok(post.card.clone());
        }
        let Some(url) = self.linked(post) else { return Ok(None) };
        Ok(self.known_cards(HashSet::from([url.clone()])).await?.remove(&url).flatten().as_deref().cloned())
    }

    /// The picture of a card in a form for networks that take small files alone, if it was fetched.
    pub async fn card_picture(&self, card: &LinkCard) -> Result<Option<(Bytes, Sniffed)>, HubError> {
        let Some(picture) = &card.picture else { return Ok(None) };
        let Ok(url) = Url::parse(&picture.url) else { return Ok(None) };
        let fetched = self.store().row(files::fetched(self.fetched_hash(url.as_str()))).await?;
        let Some(mut row) = fetched else { return Ok(None) };
        let (bytes, what, _) = match self.media().cache().small(&row.get::<String>(0)?).await {
            Ok(small) => small,
            Err(error) => {
                tracing::debug!(%error, "a card goes without its picture");
                return Ok(None);
            }
        };
        Ok(Some((bytes, what)))
    }

    /// Waits a moment for the card of a post that is about to be written. Whatever takes longer goes on by itself.
    pub(crate) async fn ready_card(&self, post: &Post) {
        let Some(url) = self.linked(post).filter(|_| post.card.is_none()) else { return };
        let hub = self.clone();
        let looking = tokio::spawn(async move {
            let card = hub.look_at(&url).await;
            let picture = card.as_ref().and_then(|card| card.picture.as_ref());
            if let Some(picture) = picture.and_then(|picture| Url::parse(&picture.url).ok()) {
                hub.fetch_picture(picture).await;
            }
        });
        if timeout(PATIENCE, looking).await.is_err() {
            tracing::debug!("a post does not wait longer for its card");
        }
    }

    /// Puts cards to posts that somebody reads. Pages that nothing is known of are asked for beside it, as far as there is
    /// room: who reads later sees their cards.
    pub(crate) async fn put_cards(&self, posts: &mut HashMap<Id, Post>) -> Result<(), HubError> {
        let without = posts.values_mut().filter(|post| post.card.is_none());
        let linking: Vec<(String, &mut Post)> =
            without.filter_map(|post| Some((self.linked(post)?, post))).collect();
        if linking.is_empty() {
            return Ok(());
        }
        let mut unknown: HashSet<String> = linking.iter().map(|(url, _)| url.clone()).collect();
        let known = self.known_cards(unknown.clone()).await?;
        for (url, post) in linking {
            if let Some(card) = known.get(&url) {
                post.card = card.as_deref().cloned();
                unknown.remove(&url);
            }
        }
        for url in unknown {
            let Ok(place) = self.cards().waiting.clone().try_acquire_owned() else { break };
            let hub = self.clone();
            tokio::spawn(async move {
                hub.look_at(&url).await;
                drop(place);
            });
        }
        Ok(())
    }

    /// The page whose card a post has here: the first that it links to, if it has nothing else to show.
    fn linked(&self, post: &Post) -> Option<String> {
        let plain = post.visibility.is_open() && post.media.is_empty() && post.poll.is_none();
        if !plain || post.repost_of.is_some() {
            return None;
        }
        let quoted = post.quote.as_ref().map(|quote| quote.native_id.as_str());
        let links = post.text.marks.iter().filter_map(|mark| match &mark.kind {
            MarkKind::Link { url } => Some(url),
            _ => None,
        });
        links.take(10).find(|url| Some(url.as_str()) != quoted && self.is_looked_at(url)).cloned()
    }

    /// Pages of our own are no news.
    fn is_looked_at(&self, url: &str) -> bool {
        let web = url.starts_with("https://") || url.starts_with("http://");
        let parsed = || Url::parse(url).ok().filter(|url| url.host_str().is_some());
        web && url.len() <= LONGEST
            && parsed().is_some_and(|url| url.origin() != self.config().origin.origin())
    }

    /// What is known of these pages, without asking them.
    async fn known_cards(
        &self,
        urls: HashSet<String>,
    ) -> Result<HashMap<String, Option<Arc<LinkCard>>>, HubError> {
        let mut known = HashMap::with_capacity(urls.len());
        let mut by_hash = HashMap::new();
        for url in urls {
            match self.cards().known.get(&url) {
                Some(card) => drop(known.insert(url, card)),
                None => drop(by_hash.insert(self.link_hash(&url), url)),
            }
        }
        if by_hash.is_empty() {
            return Ok(known);
        }
        let hashes: Vec<String> = by_hash.keys().cloned().collect();
        for mut row in self.store().rows(link_cards::known(&hashes, Time::now())).await? {
            let (hash, card): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let Some(url) = by_hash.remove(&hash) else { continue };
            let card = card.and_then(|card| serde_json::from_str::<LinkCard>(&card).ok()).map(Arc::new);
            self.cards().known.insert(url.clone(), card.clone());
            known.insert(url, card);
        }
        Ok(known)
    }

    /// As it is known, or asked for now: once, however many want it.
    async fn look_at(&self, url: &str) -> Option<Arc<LinkCard>> {
        match self.known_cards(HashSet::from([url.to_owned()])).await {
            Ok(mut known) => match known.remove(url) {
                Some(card) => card,
                None => self.cards().known.get_with_async(url, self.ask_page(url)).await,
            },
            Err(why) => {
                tracing::warn!(%why, "what is known of pages cannot be read");
                None
            }
        }
    }

    /// Asks the page, and notes what it says.
    async fn ask_page(&self, url: &str) -> Option<Arc<LinkCard>> {
        let _place = self.cards().at_once.acquire().await.ok()?;
        let card = timeout(PAGE_TIME, self.read_page(url)).await.ok().flatten();
        let word = if card.is_some() { "card" } else { "none" };
        metrics::counter!("hub_cards_total", "outcome" => word).increment(1);
        let json = card.as_ref().and_then(|card| serde_json::to_string(card).ok());
        let until = Time::now().plus(if card.is_some() { GOOD } else { LEFT_ALONE });
        let noted = self.store().write(link_cards::put(&self.link_hash(url), json.as_deref(), until)).await;
        if let Err(why) = noted {
            tracing::warn!(%why, "a card could not be noted");
        }
        card.map(Arc::new)
    }

    async fn read_page(&self, url: &str) -> Option<LinkCard> {
        let address = Url::parse(url).ok()?;
        if matches!(self.domain_rule(address.host_str()?).await, Ok(Some(Rule::Block)) | Err(_)) {
            return None;
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html, application/xhtml+xml"));
        let answer = self.fetcher().get_beginning(&address, headers, PAGE_BYTES).await.ok()?;
        let html = matches!(answer.media_type().as_deref(), Some("text/html" | "application/xhtml+xml"));
        if answer.status != StatusCode::OK || !html {
            return None;
        }
        let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let read = move || page::read(&answer.body, &kind, &answer.url);
        let card = tokio::task::spawn_blocking(read).await.ok()??;
        Some(LinkCard { url: url.to_owned(), ..card })
    }

    fn link_hash(&self, url: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.keyed_hash(&format!("linked {url}")))
    }
}
