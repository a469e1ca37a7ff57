//! What is attached to a post (`app.bsky.embed.*`): media, a link, another post.

use super::place::{Place, blob_url, page_at, post_of};
use crate::{
    data::{BlobRef, Map, Value},
    syntax::Did,
};
use landbridge_hub::InMedia;
use landbridge_model::{CardPicture, LinkCard, MediaKind, MediaMeta};
use url::Url;

/// Pictures of one post.
const MOST_MEDIA: usize = 20;
/// Longest description of a picture, in characters.
const LONGEST_ALT: usize = 10_000;
/// Longest title and description of a page, in characters.
const LONGEST_CARD: usize = 1000;
/// The service that prepares videos for those who use Bluesky's servers.
const VIDEO_SERVICE: &str = "https://video.bsky.app/watch";
/// Where the official app takes animations from: they are attached as links, and shown as pictures.
const ANIMATIONS: &[&str] = &["media.tenor.com", "media.giphy.com", "static.klipy.com"];

/// What was attached.
#[derive(Debug, Default)]
pub struct Embeds {
    pub media: Vec<InMedia>,
    /// The page that is linked to.
    pub card: Option<LinkCard>,
    /// To be seen in the text.
    pub links: Vec<String>,
    /// AT-URI of the quoted post.
    pub quote: Option<String>,
}

pub fn read(did: &Did, embed: Option<&Value>, server: Option<&str>) -> Embeds {
    let mut embeds = Embeds::default();
    if let Some(embed) = embed.and_then(Value::as_map) {
        embeds.add(did, embed, server);
    }
    embeds.media.truncate(MOST_MEDIA);
    embeds
}

impl Embeds {
    fn add(&mut self, did: &Did, embed: &Map, server: Option<&str>) {
        let list = |name| embed.get(name).and_then(Value::as_list).unwrap_or_default();
        match embed.text("$type").unwrap_or_default() {
            "app.bsky.embed.images" => self.pictures(did, list("images"), server),
            "app.bsky.embed.gallery" => self.pictures(did, list("items"), server),
            "app.bsky.embed.video" => self.media.extend(server.and_then(|server| video(did, embed, server))),
            "app.bsky.embed.external" => {
                self.external(did, embed.get("external").and_then(Value::as_map), server);
            }
            "app.bsky.embed.record" => self.record(embed.get("record").and_then(Value::as_map)),
            "app.bsky.embed.recordWithMedia" => {
                let record =
                    embed.get("record").and_then(|record| record.get("record")).and_then(Value::as_map);
                self.record(record);
                let media = embed.get("media").and_then(Value::as_map);
                // A record within is no media: so this ends.
                if let Some(media) =
                    media.filter(|media| media.text("$type") != Some("app.bsky.embed.recordWithMedia"))
                {
                    self.add(did, media, server);
                }
            }
            _ => {}
        }
    }

    fn pictures(&mut self, did: &Did, list: &[Value], server: Option<&str>) {
        let Some(server) = server else { return };
        for item in list.iter().filter_map(Value::as_map).take(MOST_MEDIA) {
            let Some(blob) = item.get("image").and_then(Value::as_map).and_then(BlobRef::from_map) else {
                continue;
            };
            let kind =
                if blob.mime_type.starts_with("image/") { MediaKind::Image } else { MediaKind::Unknown };
            self.media.push(file(did, &blob, item, server, kind));
        }
    }

    fn external(&mut self, did: &Did, external: Option<&Map>, server: Option<&str>) {
        let Some(external) = external else { return };
        let Some(url) = external.text("uri").filter(|uri| uri.len() <= 2000).and_then(web) else { return };
        if url.host_str().is_some_and(|host| ANIMATIONS.contains(&host)) && url.path().ends_with(".gif") {
            let alt = external.text("description").or(external.text("title"));
            let alt = alt.map(|alt| alt.strip_prefix("Alt: ").unwrap_or(alt));
            self.media.push(InMedia {
                url: url.to_string(),
                preview_url: None,
                kind: MediaKind::Image,
                mime: "image/gif".into(),
                description: description(alt),
                sensitive: false,
                meta: MediaMeta::default(),
            });
            return;
        }
        let word = |name, most| external.text(name).unwrap_or_default().trim().chars().take(most).collect();
        let title: String = word("title", LONGEST_CARD);
        // A page without a name is a link like others.
        if title.is_empty() {
            return self.links.push(url.to_string());
        }
        let thumb = external.get("thumb").and_then(Value::as_map).and_then(BlobRef::from_map);
        let picture = thumb.zip(server).map(|(blob, server)| CardPicture {
            url: blob_url(server, did, &blob.cid),
            ..CardPicture::default()
        });
        let site = url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
        let description = word("description", LONGEST_CARD);
        self.card = Some(LinkCard { url: url.into(), title, description, site, picture });
    }

    fn record(&mut self, reference: Option<&Map>) {
        let Some(reference) = reference else { return };
        match post_of(reference) {
            Some(post) => self.quote = Some(post),
            None => self
                .links
                .extend(reference.text("uri").and_then(Place::parse).and_then(|place| page_at(&place))),
        }
    }
}

fn video(did: &Did, embed: &Map, server: &str) -> Option<InMedia> {
    let blob = embed.get("video").and_then(Value::as_map).and_then(BlobRef::from_map)?;
    let gif = embed.text("presentation") == Some("gif");
    let mut media = file(did, &blob, embed, server, if gif { MediaKind::Gifv } else { MediaKind::Video });
    let host = Url::parse(server).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if host == "bsky.social" || host.ends_with(".bsky.network") {
        media.preview_url = Some(format!("{VIDEO_SERVICE}/{did}/{}/thumbnail.jpg", blob.cid));
    }
    Some(media)
}

fn file(did: &Did, blob: &BlobRef, item: &Map, server: &str, kind: MediaKind) -> InMedia {
    let pixels = |name: &str| {
        let ratio = item.get("aspectRatio")?.get(name)?.as_int()?;
        u32::try_from(ratio).ok().filter(|pixels| (1..=100_000).contains(pixels))
    };
    InMedia {
        url: blob_url(server, did, &blob.cid),
        preview_url: None,
        kind,
        mime: blob.mime_type.chars().take(100).collect(),
        description: description(item.text("alt")),
        sensitive: false,
        meta: MediaMeta {
            width: pixels("width"),
            height: pixels("height"),
            size: Some(blob.size),
            ..MediaMeta::default()
        },
    }
}

fn description(alt: Option<&str>) -> Option<String> {
    let alt = alt.map(str::trim).filter(|alt| !alt.is_empty())?;
    Some(alt.chars().filter(|c| *c != '\0').take(LONGEST_ALT).collect())
}

fn web(uri: &str) -> Option<Url> {
    Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Cid;
    use serde_json::{Value as Json, json};

    fn embeds(json: Json) -> Embeds {
        let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap();
        read(&did, Some(&Value::from_json(&json).unwrap()), Some("https://morel.us-east.host.bsky.network"))
    }

    fn blob(mime: &str) -> Json {
        json!({"$type": "blob", "ref": {"$link": Cid::of_blob(b"x").to_string()}, "mimeType": mime, "size": 7})
    }

    #[test]
    fn pictures_videos_and_quotes() {
        let ratio = json!({"width": 4, "height": 3});
        let images = json!({"$type": "app.bsky.embed.images", "images": [
            {"image": blob("image/png"), "alt": " A cat ", "aspectRatio": ratio}, {"alt": "no blob"}, 5,
        ]});
        let found = embeds(images.clone());
        assert_eq!(found.media.len(), 1);
        assert_eq!(
            (found.media[0].meta.width, found.media[0].description.as_deref()),
            (Some(4), Some("A cat"))
        );
        let found = embeds(json!({"$type": "app.bsky.embed.video", "video": blob("video/mp4"), "alt": ""}));
        assert_eq!((found.media[0].kind, found.media[0].description.as_deref()), (MediaKind::Video, None));
        assert!(found.media[0].preview_url.as_ref().unwrap().ends_with("/thumbnail.jpg"));
        let quoted = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3k";
        let both = json!({"$type": "app.bsky.embed.recordWithMedia", "media": images, "record": {
            "$type": "app.bsky.embed.record", "record": {"uri": quoted, "cid": "x"},
        }});
        let found = embeds(both.clone());
        assert_eq!((found.media.len(), found.quote.as_deref()), (1, Some(quoted)));
        let nested = json!({"$type": "app.bsky.embed.recordWithMedia", "media": both});
        assert!(embeds(nested).media.is_empty());
    }

    #[test]
    fn other_records_become_links() {
        let feed = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.generator/cats";
        let found = embeds(json!({"$type": "app.bsky.embed.record", "record": {"uri": feed}}));
        assert_eq!(found.links, ["https://bsky.app/profile/did:plc:ewvi7nxzyoun6zhxrhs64oiz/feed/cats"]);
        let external = |uri: &str| {
            let thumb = blob("image/jpeg");
            let page = json!({"uri": uri, "title": " T ", "description": "Alt: hi", "thumb": thumb});
            embeds(json!({"$type": "app.bsky.embed.external", "external": page}))
        };
        let found = external("https://www.x.example/a");
        let card = found.card.unwrap();
        assert_eq!((&*card.title, &*card.description, &*card.site), ("T", "Alt: hi", "x.example"));
        assert!(card.picture.unwrap().url.starts_with("https://morel.us-east.host.bsky.network/xrpc/"));
        assert!(found.links.is_empty());
        let bad = external("javascript:alert(1)");
        assert!(bad.links.is_empty() && bad.card.is_none());
        let gif = external("https://media.tenor.com/x/y.gif?hh=1");
        assert_eq!(
            (gif.card.is_none(), gif.links.len(), gif.media[0].description.as_deref()),
            (true, 0, Some("hi"))
        );
    }
}
