//! `app.bsky.feed.post`.

use super::{POST, Records, Staging, StrongRef, block, profile::self_labels};
use crate::{
    data::{BlobRef, Cid, Map, Record, Value},
    facts::Facts,
    repo::Write,
    richtext::{POST as LIMITS, TextLimits, cut, fits, split, to_facets},
    syntax::{AtUri, Datetime, RecordKey, is_uri},
};
use landbridge_hub::{CopyKind, Draft, HubError, Preview};
use landbridge_model::{Id, Mark, MarkKind, Media, MediaKind, Network, Post, RichText, Time, Visibility};
use std::{collections::HashMap, time::Duration};
use unicode_segmentation::UnicodeSegmentation;

/// Pictures of one post.
const MOST_IMAGES: usize = 4;
/// Bytes of a video (`app.bsky.embed.video`).
const LARGEST_VIDEO: u64 = 100_000_000;
/// Tags beside the text.
const MOST_TAGS: usize = 8;
/// Languages of a post.
const MOST_LANGUAGES: usize = 3;
/// Posts that one long text may become.
const MOST_PARTS: usize = 25;
/// As long as nobody has answered a post, it may be put anew for so long after it was written.
const EDITABLE: Duration = Duration::from_secs(300);
/// Graphemes of the title and text of a link card.
const CARD_TITLE: usize = 120;
const CARD_TEXT: usize = 280;

/// What a post says there.
struct Written {
    /// The parts of a thread, each with what is attached to it; mostly one.
    parts: Vec<(RichText, Option<Map>)>,
}

/// What of the attachments can be shown there: one embed a post of the thread.
struct Attached {
    embeds: Vec<Map>,
    /// There are more.
    missing: bool,
}

/// A page to show as a card below the text.
struct Card {
    url: String,
    title: String,
    text: String,
    thumb: Option<BlobRef>,
}

impl Staging<'_> {
    pub(super) async fn post(&self, post: &Post, made: &mut Records) -> Result<(), HubError> {
        let reply = match post.reply_to {
            Some(parent) => match self.thread_place(post, parent).await? {
                Some(place) => Some(place),
                // An answer without its parent would be a riddle.
                None => return Ok(()),
            },
            None => None,
        };
        let written = self.written(post, made).await?;
        let mut before: Option<(StrongRef, StrongRef)> = reply;
        let mut first: Option<RecordKey> = None;
        let last = written.parts.len().saturating_sub(1);
        for (place, (text, embed)) in written.parts.into_iter().enumerate() {
            let fields = self.fields(post, &text, embed, before.as_ref(), place == last);
            let tid = self.at.next_tid(None);
            let path = self.create_at(POST, tid, fields, made)?;
            let rkey = RecordKey::parse(&tid.to_string()).map_err(|_| HubError::Damaged("a record key"))?;
            let cid = made.writes.last().and_then(written_cid).ok_or(HubError::Damaged("a record"))?;
            let own = StrongRef { uri: format!("at://{}/{path}", self.did), cid };
            let root = before.as_ref().map_or_else(|| own.clone(), |(root, _)| root.clone());
            before = Some((root, own));
            made.copies.push((CopyKind::Post, post.id, path));
            first.get_or_insert(rkey);
        }
        match first {
            Some(rkey) => self.gates(post, rkey, made).await,
            None => Ok(()),
        }
    }

    /// Within a few minutes, and as long as nobody has answered, liked or quoted it: later ones would lose what they are
    /// about, since the record's version changes.
    pub(super) async fn edit(&self, post: &Post, made: &mut Records) -> Result<(), HubError> {
        let copies: Vec<_> = self.hub.copies(CopyKind::Post, post.id).await?;
        self.regate(post, &copies, made).await?;
        let mut own = copies.iter().filter(|copy| copy.network == Network::AtProto);
        let (Some(copy), None) = (own.next(), own.next()) else {
            made.unchanged = copies.iter().any(|copy| copy.network == Network::AtProto);
            return Ok(());
        };
        let touched = post.replies + post.reposts + post.likes + post.quotes > 0;
        let place = AtUri::parse(&copy.native_id).ok().and_then(super::own_place);
        let before = match &place {
            Some((collection, rkey)) => {
                self.at.record(post.author, collection.as_str(), rkey.as_str()).await?
            }
            None => None,
        };
        let (Some((collection, rkey)), Some(before)) = (place, before) else { return Ok(()) };
        let written = self.written(post, made).await?;
        let [(text, embed)] = written.parts.as_slice() else {
            made.unchanged = true;
            return Ok(());
        };
        if touched || post.created_at.plus(EDITABLE) < Time::now() {
            made.unchanged = true;
            return Ok(());
        }
        let record = before.record()?;
        let shown = embed.as_ref();
        // A card that an app has made stays as it is, as long as the post is about that page.
        let card = |embed: &Map| Some(embed.get("external")?.get("uri")?.as_text()?.to_owned());
        let made_by_app = record.fields().get("embed").and_then(Value::as_map).filter(|embed| {
            let own = post.card.as_ref().map(|own| own.url.as_str());
            own.is_some() && card(embed).as_deref() == own && shown.and_then(card) == card(embed)
        });
        let embed = made_by_app.cloned().or_else(|| shown.cloned());
        let mut fields = self.fields(post, text, embed, None, true);
        for kept in ["reply", "createdAt"] {
            if let Some(value) = record.fields().get(kept) {
                fields.insert(kept, value.clone());
            }
        }
        let block = block(POST, fields)?;
        if block.cid != before.cid {
            made.changes.push(landbridge_store::entities::copies::update(
                Network::AtProto,
                &copy.native_id,
                Some(&block.cid.to_string()),
                None,
            ));
            made.writes.push(Write::Update(collection, rkey, block));
        }
        Ok(())
    }

    /// Root and parent; `None` when the parent is not on this network.
    async fn thread_place(
        &self,
        post: &Post,
        parent: Id,
    ) -> Result<Option<(StrongRef, StrongRef)>, HubError> {
        let Some(above) = self.reference(CopyKind::Post, parent).await? else { return Ok(None) };
        let root = match self.root_of(&above.uri).await? {
            Some(root) => Some(root),
            None if post.root != parent => self.reference(CopyKind::Post, post.root).await?,
            None => None,
        };
        Ok(Some((root.unwrap_or_else(|| above.clone()), above)))
    }

    /// The root that a post names.
    async fn root_of(&self, uri: &str) -> Result<Option<StrongRef>, HubError> {
        let record = match self.hub.original(Network::AtProto, uri).await? {
            Some(original) => Record::decode(original).ok(),
            None => self.own_record(uri).await?,
        };
        let reply = record.as_ref().and_then(|record| record.fields().get("reply")?.get("root"));
        let text = |field| reply.and_then(|root| root.get(field)).and_then(Value::as_text);
        Ok(text("uri").zip(text("cid")).map(|(uri, cid)| StrongRef { uri: uri.into(), cid: cid.into() }))
    }

    /// A record of any member.
    async fn own_record(&self, uri: &str) -> Result<Option<Record>, HubError> {
        let Ok(uri) = AtUri::parse(uri) else { return Ok(None) };
        let Some(did) = uri.did().cloned() else { return Ok(None) };
        let Some(repo) = self.at.repo_of(did.as_str()).await? else { return Ok(None) };
        let Some((collection, rkey)) = super::own_place(uri) else { return Ok(None) };
        let stored = self.at.record(repo.actor, collection.as_str(), rkey.as_str()).await?;
        stored.map(|stored| stored.record()).transpose()
    }

    /// What the post says there: texts that are short enough, and one embed. Pictures win over a card, and both stand
    /// beside a quote.
    async fn written(&self, post: &Post, made: &mut Records) -> Result<Written, HubError> {
        let page = self.hub.config().url(&format!("/@{}/{}", self.act.member.username, post.id));
        let mut rich = self.native_marks(post).await?;
        let mut lead = String::new();
        if let Some(warning) = post.warning.as_deref().filter(|warning| !warning.is_empty()) {
            lead.push_str(&format!("[CW: {warning}]\n\n"));
        }
        if let Some(title) = post.title.as_deref().filter(|title| !title.is_empty()) {
            lead.push_str(&format!("{title}\n\n"));
        }
        rich = prefixed(&lead, rich);
        if let Some(poll) = &post.poll {
            let options: String = poll.options.iter().map(|option| format!("\n○ {}", option.title)).collect();
            rich.text.push_str(&options);
        }
        let quoted = match post.quote.as_ref() {
            Some(quote) => match quote.post {
                Some(id) => self.reference(CopyKind::Post, id).await?,
                None => None,
            },
            None => None,
        };
        if let (Some(quote), None) = (&post.quote, &quoted) {
            let url = match quote.post {
                Some(id) => self.hub.post(id).await?.url.or_else(|| Some(quote.native_id.clone())),
                None => Some(quote.native_id.clone()),
            };
            if let Some(url) = url.filter(|url| url.starts_with("http")) {
                rich = with_link(rich, &url);
            }
        }
        let threads = Facts::of(&self.act.presence).threads;
        let media = self.media(post, threads, made).await?;
        let is_cut = !fits(&rich.text, LIMITS) && !threads;
        let card = match post.poll.is_some() || is_cut || media.missing {
            // The whole of it is on our page.
            true => Some(Card {
                url: page,
                title: post.title.clone().unwrap_or_else(|| self.name()),
                text: post.text.text.clone(),
                thumb: self.poster(post, &media, made).await?,
            }),
            false if media.embeds.is_empty() => self.linked_page(post, &rich, made).await?,
            false => None,
        };
        let mut embeds = media.embeds.into_iter();
        let (first, hidden) = match (embeds.next(), card) {
            (Some(first), card) => (Some(first), card.map(|card| card.url)),
            (None, Some(card)) => (Some(external(&card)), None),
            (None, None) => (None, None),
        };
        // The one embed is taken: the way to the rest stands in the text.
        let tail = hidden.map_or_else(String::new, |url| format!("\n\n{url}"));
        let texts = match is_cut {
            true => vec![cut_with(&rich, &tail)],
            false if fits(&rich.text, LIMITS) => {
                let longer = format!("{}{tail}", rich.text);
                vec![if fits(&longer, LIMITS) { with_tail(rich, &tail) } else { cut_with(&rich, &tail) }]
            }
            false => split(&rich, LIMITS).into_iter().take(MOST_PARTS).collect(),
        };
        let first = match (quoted, first) {
            (Some(quoted), Some(media)) => Some(
                typed("app.bsky.embed.recordWithMedia")
                    .with("record", typed("app.bsky.embed.record").with("record", quoted.to_map()))
                    .with("media", media),
            ),
            (Some(quoted), None) => Some(typed("app.bsky.embed.record").with("record", quoted.to_map())),
            (None, media) => media,
        };
        // What is attached stands below the first part, where everybody sees it; further pictures below the next ones.
        let mut embeds = std::iter::once(first).chain(embeds.map(Some)).fuse();
        let mut parts: Vec<(RichText, Option<Map>)> =
            texts.into_iter().map(|text| (text, embeds.next().flatten())).collect();
        if parts.is_empty() {
            parts.push((RichText::default(), embeds.next().flatten()));
        }
        parts.extend(embeds.map(|embed| (RichText::default(), embed)));
        Ok(Written { parts })
    }

    /// The page that the text links to: as it says itself, if it was asked in time.
    async fn linked_page(
        &self,
        post: &Post,
        rich: &RichText,
        made: &mut Records,
    ) -> Result<Option<Card>, HubError> {
        let Some(card) = self.hub.card_at_hand(post).await? else {
            let card = |url: String| Card { title: bare(&url), url, text: String::new(), thumb: None };
            return Ok(first_link(rich).map(card));
        };
        let thumb = match self.hub.card_picture(&card).await? {
            Some((bytes, what)) => Some(self.blob(bytes, what, made).await?),
            None => None,
        };
        Ok(Some(Card { url: card.url, title: card.title, text: card.description, thumb }))
    }

    fn name(&self) -> String {
        let profile = &self.act.member.profile;
        match profile.display_name.is_empty() {
            true => self.act.member.username.clone(),
            false => profile.display_name.clone(),
        }
    }

    /// The text, with mentions of people of this network by their DIDs and of others as links to their pages.
    pub(super) async fn native_marks(&self, post: &Post) -> Result<RichText, HubError> {
        let named: Vec<Id> = post.mentions.iter().map(|mention| mention.actor).collect();
        let mut dids: HashMap<Id, String> = HashMap::new();
        for presence in self.hub.presences_of(&named, Network::AtProto).await? {
            dids.insert(presence.actor, presence.native_id);
        }
        let mark = |mark: &Mark| {
            let kind = match &mark.kind {
                MarkKind::Mention { acct, url, .. } => {
                    let mention =
                        post.mentions.iter().find(|m| m.acct == *acct || (!url.is_empty() && m.url == *url));
                    match mention.and_then(|mention| dids.get(&mention.actor)) {
                        Some(did) => {
                            MarkKind::Mention { id: did.clone(), acct: acct.clone(), url: url.clone() }
                        }
                        None if url.starts_with("http") => MarkKind::Link { url: url.clone() },
                        None => return None,
                    }
                }
                other => other.clone(),
            };
            Some(Mark { start: mark.start, end: mark.end, kind })
        };
        let marks = post.text.marks.iter().filter_map(mark).collect();
        Ok(RichText::new(post.text.text.clone(), marks))
    }

    fn fields(
        &self,
        post: &Post,
        text: &RichText,
        embed: Option<Map>,
        reply: Option<&(StrongRef, StrongRef)>,
        last: bool,
    ) -> Map {
        let mut fields = typed(POST)
            .with("text", text.text.as_str())
            .with("createdAt", Datetime::of(post.created_at).as_str());
        let facets: Vec<Value> = to_facets(text).iter().map(|facet| Value::Map(facet.to_map())).collect();
        if !facets.is_empty() {
            fields.insert("facets", facets);
        }
        if let Some(embed) = embed {
            fields.insert("embed", embed);
        }
        if let Some((root, parent)) = reply {
            fields.insert("reply", Map::new().with("root", root.to_map()).with("parent", parent.to_map()));
        }
        let languages: Vec<Value> =
            post.languages.iter().take(MOST_LANGUAGES).map(|tag| Value::from(tag.as_str())).collect();
        if !languages.is_empty() {
            fields.insert("langs", languages);
        }
        if post.sensitive || post.media.iter().any(|media| media.sensitive) {
            fields.insert("labels", self_labels(["graphic-media"].into_iter()));
        }
        let inside = text.tags();
        let tags: Vec<Value> = post
            .tags
            .iter()
            .filter(|tag| last && !inside.contains(tag) && tag.graphemes(true).count() <= 64)
            .take(MOST_TAGS)
            .map(|tag| Value::from(tag.as_str()))
            .collect();
        if !tags.is_empty() && !post.tags.iter().all(|tag| post.text.tags().contains(tag)) {
            fields.insert("tags", tags);
        }
        fields
    }

    /// What is attached, as far as it can be shown there: pictures, four a post, or else one video.
    async fn media(&self, post: &Post, threads: bool, made: &mut Records) -> Result<Attached, HubError> {
        if let Some(video) = post.media.first().filter(|media| is_video(media))
            && let Some(embed) = self.video(video, made).await?
        {
            return Ok(Attached { embeds: vec![embed], missing: post.media.len() > 1 });
        }
        let most = if threads { MOST_IMAGES * MOST_PARTS } else { MOST_IMAGES };
        let images = self.images(post, most, made).await?;
        let missing = post.media.len() > images.len();
        let mut images = images.into_iter().peekable();
        let mut embeds = Vec::new();
        while images.peek().is_some() {
            embeds.push(images_embed(images.by_ref().take(MOST_IMAGES).collect()));
        }
        Ok(Attached { embeds, missing })
    }

    async fn images(&self, post: &Post, most: usize, made: &mut Records) -> Result<Vec<Value>, HubError> {
        let mut images = Vec::new();
        for media in post.media.iter().filter(|media| is_image(media)).take(most) {
            let Some(file) = &media.file else { continue };
            let Some((blob, size)) = self.small_blob(file, made).await? else { continue };
            let mut image = Map::new()
                .with("alt", media.description.as_deref().unwrap_or_default())
                .with("image", blob.to_map());
            if let Some(ratio) = ratio(size.or(media.meta.width.zip(media.meta.height))) {
                image.insert("aspectRatio", ratio);
            }
            images.push(Value::Map(image));
        }
        Ok(images)
    }

    /// The file as it is: nobody here makes another one of it.
    async fn video(&self, media: &Media, made: &mut Records) -> Result<Option<Map>, HubError> {
        let (Some(file), Some(size)) = (&media.file, media.meta.size) else { return Ok(None) };
        let Some(cid) = media.meta.sha256.as_deref().and_then(Cid::of_blob_hash) else { return Ok(None) };
        if size > LARGEST_VIDEO || !self.hub.media().has(file) {
            return Ok(None);
        }
        let blob = BlobRef { cid, mime_type: media.mime.clone(), size };
        made.changes.extend(self.at.name_blob(self.act.member.id, &blob, file).await?);
        let mut embed = typed("app.bsky.embed.video").with("video", blob.to_map());
        if let Some(alt) = media.description.as_deref() {
            embed.insert("alt", alt);
        }
        if let Some(ratio) = ratio(media.meta.width.zip(media.meta.height)) {
            embed.insert("aspectRatio", ratio);
        }
        if media.kind == MediaKind::Gifv {
            embed.insert("presentation", "gif");
        }
        Ok(Some(embed))
    }

    /// A still of what can only be seen on our page, for the card of that page.
    async fn poster(
        &self,
        post: &Post,
        attached: &Attached,
        made: &mut Records,
    ) -> Result<Option<BlobRef>, HubError> {
        let still =
            post.media.iter().filter(|media| !is_image(media)).find_map(|media| media.preview.as_ref());
        match still.filter(|_| attached.embeds.is_empty()) {
            Some(file) => Ok(self.small_blob(file, made).await?.map(|(blob, _)| blob)),
            None => Ok(None),
        }
    }
}

fn written_cid(write: &Write) -> Option<String> {
    match write {
        Write::Create(_, _, block) | Write::Update(_, _, block) => Some(block.cid.to_string()),
        Write::Delete(..) => None,
    }
}

pub(super) fn typed(kind: &str) -> Map {
    Map::new().with("$type", kind)
}

fn is_image(media: &Media) -> bool {
    media.kind == MediaKind::Image && media.file.is_some()
}

fn is_video(media: &Media) -> bool {
    matches!(media.kind, MediaKind::Video | MediaKind::Gifv) && media.mime == "video/mp4"
}

/// `app.bsky.embed.defs#aspectRatio`
fn ratio(size: Option<(u32, u32)>) -> Option<Map> {
    let (width, height) = size?;
    Some(Map::new().with("width", i64::from(width)).with("height", i64::from(height)))
}

fn images_embed(images: Vec<Value>) -> Map {
    typed("app.bsky.embed.images").with("images", images)
}

fn external(card: &Card) -> Map {
    let short = |text: &str, most: usize| -> String { text.graphemes(true).take(most).collect() };
    let mut external = Map::new()
        .with("uri", card.url.as_str())
        .with("title", short(&card.title, CARD_TITLE).as_str())
        .with("description", short(&card.text, CARD_TEXT).as_str());
    if let Some(thumb) = &card.thumb {
        external.insert("thumb", thumb.to_map());
    }
    typed("app.bsky.embed.external").with("external", external)
}

fn first_link(rich: &RichText) -> Option<String> {
    rich.marks.iter().find_map(|mark| match &mark.kind {
        MarkKind::Link { url } if url.starts_with("http") && is_uri(url) => Some(url.clone()),
        _ => None,
    })
}

/// Host and path, as a title of a page that nobody has opened.
fn bare(url: &str) -> String {
    let bare = url.trim_start_matches("https://").trim_start_matches("http://");
    bare.trim_start_matches("www.").trim_end_matches('/').to_owned()
}

pub(super) fn prefixed(lead: &str, rich: RichText) -> RichText {
    if lead.is_empty() {
        return rich;
    }
    let by = u32::try_from(lead.len()).unwrap_or(u32::MAX);
    let moved = rich.marks.into_iter().map(|mark| Mark {
        start: mark.start.saturating_add(by),
        end: mark.end.saturating_add(by),
        kind: mark.kind,
    });
    let text = format!("{lead}{}", rich.text).trim_end().to_owned();
    RichText::new(text, moved.collect())
}

pub(super) fn with_link(rich: RichText, url: &str) -> RichText {
    let gap = if rich.text.is_empty() { "" } else { "\n\n" };
    with_tail(rich, &format!("{gap}{url}"))
}

/// With more text behind it; an address in that is a link.
fn with_tail(rich: RichText, tail: &str) -> RichText {
    let start = rich.text.len() + tail.len() - tail.trim_start().len();
    let text = format!("{}{tail}", rich.text);
    let mut marks = rich.marks;
    let url = tail.trim();
    if url.starts_with("http") {
        let (start, end) = (start as u32, text.trim_end().len() as u32);
        marks.push(Mark { start, end, kind: MarkKind::Link { url: url.to_owned() } });
    }
    RichText::new(text, marks)
}

/// Cut, so that there is room for what must stand behind it.
fn cut_with(rich: &RichText, tail: &str) -> RichText {
    let room = TextLimits {
        graphemes: LIMITS.graphemes.saturating_sub(tail.graphemes(true).count()),
        bytes: LIMITS.bytes.saturating_sub(tail.len()),
    };
    with_tail(cut(rich, room, "…"), tail)
}

/// What a draft loses there, in words for its author.
pub fn preview(draft: &Draft) -> Preview {
    let rich = draft.rich.clone().unwrap_or_else(|| landbridge_model::richtext::compose(&draft.text));
    if draft.visibility == Some(Visibility::Direct) {
        return super::message::preview(draft, &rich);
    }
    let mut notes = vec!["Public for ever: anybody may copy the repository it is in.".to_owned()];
    let warning = draft.warning.as_deref().map_or(0, |warning| warning.graphemes(true).count() + 8);
    if rich.text.graphemes(true).count() + warning > LIMITS.graphemes || rich.text.len() > LIMITS.bytes {
        notes.push(format!(
            "Longer than {} characters: cut there, with a link to the whole (or made a thread, if you have chosen so).",
            LIMITS.graphemes
        ));
    }
    if draft.media.len() > MOST_IMAGES {
        notes.push(format!(
            "Only the first {MOST_IMAGES} pictures are shown, with a link to the others (or all in a thread, if you have chosen so)."
        ));
    }
    if draft.media.len() > 1 {
        notes.push(
            "Pictures and video do not go together there, nor sound: what is left out is linked.".into(),
        );
    }
    if draft.poll.is_some() {
        notes.push("The poll is shown as text; people vote on our page.".into());
    }
    if rich.marks.iter().any(|mark| mark.kind.is_block()) {
        notes.push("Quotes, lists and code are shown as plain text.".into());
    }
    Preview { notes }
}
