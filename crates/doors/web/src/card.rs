//! A post as a page shows it.

use crate::{
    frame::Frame,
    html,
    person::{self, Person},
    visitor::Visitor,
    web::Web,
    words::{self, When},
};
use askama::Template;
use landbridge_hub::{Hub, Marks, PostView};
use landbridge_model::{Id, LinkCard, Media, MediaKind, Network, Poll, Post, Time, Visibility};

/// One post, ready to be written into a page.
#[derive(Template)]
#[template(path = "card.html")]
pub struct Card {
    pub id: Id,
    /// Path of its thread here.
    pub path: String,
    /// Its page at home, for posts from elsewhere.
    pub elsewhere: Option<String>,
    pub author: Person,
    /// Who reposted it, when that is why it is here.
    pub by: Option<Person>,
    pub when: When,
    pub edited: Option<When>,
    pub visibility: &'static str,
    /// Anybody may see it.
    pub is_open: bool,
    pub networks: Vec<Badge>,
    pub title: Option<String>,
    pub warning: Option<String>,
    /// Shown open although there is a warning.
    pub unfold: bool,
    pub body: String,
    pub language: Option<String>,
    pub media: Vec<Attachment>,
    /// Pictures are covered until asked for.
    pub cover: bool,
    pub poll: Option<PollCard>,
    pub page: Option<PageCard>,
    pub quote: Option<Box<Card>>,
    /// Inside another card: no buttons.
    pub is_quoted: bool,
    /// The post that the page is about.
    pub is_focus: bool,
    /// A reply to something: whom to name.
    pub is_reply: bool,
    pub marks: Marks,
    pub replies: String,
    pub reposts: String,
    pub likes: String,
    /// The reader wrote it.
    pub own: bool,
    /// The reader is signed in.
    pub signed: bool,
    /// It may be passed on.
    pub can_repost: bool,
}

/// A network that a post is on.
pub struct Badge {
    pub label: &'static str,
    pub key: &'static str,
}

pub struct Attachment {
    pub kind: &'static str,
    /// What is shown in the page.
    pub small: Option<String>,
    /// What a click opens.
    pub full: String,
    pub mime: String,
    pub alt: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// A page that the post links to.
pub struct PageCard {
    pub url: String,
    pub title: String,
    pub text: String,
    pub site: String,
    pub picture: Option<String>,
    pub alt: String,
}

pub struct PollCard {
    pub options: Vec<PollChoice>,
    pub multiple: bool,
    /// The reader may vote now.
    pub open: bool,
    /// Counts are shown.
    pub shown: bool,
    pub total: String,
    /// `ended`, `2 hours left`; empty without an end.
    pub end: String,
    /// The token of the form to vote with.
    pub form: String,
}

pub struct PollChoice {
    pub index: usize,
    pub title: String,
    pub votes: u64,
    pub percent: u64,
    pub mine: bool,
}

/// Who looks, for what a card shows and offers.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub hub: &'a Hub,
    /// Token for forms.
    pub form: &'a str,
    pub id: Option<Id>,
    /// The reader wants warnings open.
    pub unfold: bool,
    pub now: Time,
}

impl<'a> Reader<'a> {
    pub fn new(web: &'a Web, visitor: &Visitor, frame: &'a Frame) -> Reader<'a> {
        let unfold = visitor.member().is_some_and(|m| m.settings.expand_warnings);
        Reader { hub: &web.hub, form: &frame.form, id: visitor.id(), unfold, now: Time::now() }
    }

    pub fn cards(self, views: &[PostView]) -> Vec<Card> {
        views.iter().map(|view| self.card(view)).collect()
    }

    /// The card of a post, or of the post that it reposts.
    pub fn card(self, view: &PostView) -> Card {
        match &view.repost {
            Some(target) => Card { by: Some(Person::new(self.hub, &view.author)), ..self.plain(target) },
            None => self.plain(view),
        }
    }

    fn plain(self, view: &PostView) -> Card {
        let post = &view.post;
        let path = format!("{}/{}", person::path(&view.author), post.id);
        let elsewhere =
            (!view.author.is_member()).then(|| view.url.clone()).filter(|url| url.starts_with("http"));
        let own = self.id == Some(post.author);
        let quote =
            view.quote.as_ref().map(|q| Box::new(Card { is_quoted: true, quote: None, ..self.plain(q) }));
        Card {
            id: post.id,
            path,
            elsewhere,
            author: Person::new(self.hub, &view.author),
            by: None,
            when: When::new(post.created_at, self.now),
            edited: post.edited_at.map(|at| When::new(at, self.now)),
            visibility: words::visibility(post.visibility),
            is_open: post.visibility.is_open(),
            networks: badges(view),
            title: post.title.clone().filter(|t| !t.is_empty()),
            warning: post.warning.clone().filter(|w| !w.is_empty()),
            unfold: self.unfold,
            body: html::rich(self.hub, &post.text, &post.mentions, &post.emojis),
            language: post.languages.first().cloned(),
            media: post.media.iter().map(|m| attachment(self.hub, m)).collect(),
            cover: (post.sensitive || post.media.iter().any(|m| m.sensitive))
                && post.warning.as_ref().is_none_or(|w| w.is_empty()),
            poll: post.poll.as_ref().map(|p| self.poll(p, view, own)),
            page: post.card.as_ref().map(|card| page(self.hub, card)),
            quote,
            is_quoted: false,
            is_focus: false,
            is_reply: post.reply_to.is_some(),
            marks: view.marks,
            replies: words::some(post.replies),
            reposts: words::some(post.reposts),
            likes: words::some(post.likes),
            own,
            signed: self.id.is_some(),
            can_repost: post.visibility.is_open() || (own && post.visibility == Visibility::Followers),
        }
    }

    fn poll(self, poll: &Poll, view: &PostView, own: bool) -> PollCard {
        let over = poll.is_over(self.now);
        let open = self.id.is_some() && !over && !view.marks.voted && !own;
        // Of several choices each may have everybody's vote.
        let cast: u64 = poll.options.iter().map(|o| o.votes).sum();
        let total = poll.voters.filter(|voters| poll.multiple && *voters > 0).unwrap_or(cast);
        let options = poll.options.iter().enumerate().map(|(index, option)| PollChoice {
            index,
            title: option.title.clone(),
            votes: option.votes,
            percent: (option.votes * 100 + total / 2).checked_div(total).unwrap_or(0).min(100),
            mine: index < 64 && view.marks.votes >> index & 1 == 1,
        });
        PollCard {
            options: options.collect(),
            multiple: poll.multiple,
            open,
            shown: over || (!open && !poll.hide_totals),
            total: poll.voters.map_or_else(|| words::plural(cast, "vote"), |n| words::plural(n, "person")),
            form: self.form.to_owned(),
            end: match poll.ends_at {
                _ if over => "ended".to_owned(),
                Some(end) => format!("{} left", words::left(end, self.now)),
                None => String::new(),
            },
        }
    }
}

/// A draft as it would look, for the preview.
pub fn draft(reader: Reader, author: &landbridge_model::Actor, post: Post) -> Card {
    let networks = Vec::new();
    let view = PostView {
        post,
        author: author.clone(),
        uri: String::new(),
        url: String::new(),
        networks,
        repost: None,
        quote: None,
        marks: Marks::default(),
    };
    Card { is_quoted: true, ..reader.card(&view) }
}

fn badges(view: &PostView) -> Vec<Badge> {
    let mut networks: Vec<Network> = view.networks.clone();
    networks.extend(view.post.origin.filter(|n| !networks.contains(n)));
    networks.sort();
    networks.into_iter().map(|n| Badge { label: n.label(), key: n.key() }).collect()
}

fn page(hub: &Hub, card: &LinkCard) -> PageCard {
    let picture = card.picture.as_ref();
    PageCard {
        url: card.url.clone(),
        title: card.title.clone(),
        text: card.description.clone(),
        site: card.site.clone(),
        picture: picture.map(|picture| html::small(hub, &picture.url)),
        alt: picture.map(|picture| picture.description.clone()).unwrap_or_default(),
    }
}

fn attachment(hub: &Hub, media: &Media) -> Attachment {
    let url = |file: &Option<String>| file.as_deref().map(landbridge_media::url_path);
    let remote = media.remote_url.as_deref().map(|u| hub.proxied(u));
    let full = url(&media.file).or(remote).unwrap_or_default();
    let is_image = media.kind == MediaKind::Image;
    let remote_small = media.remote_url.as_deref().filter(|_| is_image).map(|u| html::small(hub, u));
    let small = html::preview(hub, media).or_else(|| url(&media.file).filter(|_| is_image)).or(remote_small);
    let has_preview = media.preview.is_some();
    Attachment {
        kind: match media.kind {
            MediaKind::Image => "image",
            MediaKind::Gifv | MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Unknown => "file",
        },
        small,
        full,
        mime: media.mime.clone(),
        alt: media.description.clone().unwrap_or_default(),
        width: if has_preview { media.meta.preview_width } else { media.meta.width },
        height: if has_preview { media.meta.preview_height } else { media.meta.height },
    }
}
