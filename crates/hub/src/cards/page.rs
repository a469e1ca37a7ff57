//! What a page says of itself in its head: Open Graph (<https://ogp.me>), Twitter's cards, and HTML's own title and
//! description.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use html5ever::{
    Attribute,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::{RawKind, Rawtext, Rcdata, ScriptData},
    },
};
use landbridge_model::{CardPicture, LinkCard};
use std::cell::{Cell, RefCell};
use url::Url;

/// Characters.
const LONGEST_TITLE: usize = 300;
const LONGEST_TEXT: usize = 1000;
/// Bytes among which a page names its encoding (<https://html.spec.whatwg.org/#determining-the-character-encoding>).
const PRESCAN: usize = 1024;
/// Bytes that the tokenizer gets at a time.
const PIECE: usize = 1024;
/// What may part attributes, within one tag: the tokenizer compares each attribute with all before it.
const MOST_SEPARATORS: usize = 2_000;

/// A card, but for its address; `None` when the page has no title. `kind`: its `Content-Type`; `url`: where it was found.
pub fn read(bytes: &[u8], kind: &str, url: &Url) -> Option<LinkCard> {
    let (text, ..) = encoding(bytes, kind).decode(bytes);
    let head = Head::default();
    feed(&head, &text);
    let said = head.said.into_inner();
    let title = said.first(&["og:title", "twitter:title", TITLE]).map(|text| short(text, LONGEST_TITLE));
    let title = title.filter(|title| !title.is_empty())?;
    let text = said.first(&["og:description", "twitter:description", "description"]);
    let site = said.first(&["og:site_name", "application-name"]).map(|name| short(name, LONGEST_TITLE));
    let host = || url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
    Some(LinkCard {
        url: String::new(),
        title,
        description: text.map(|text| short(text, LONGEST_TEXT)).unwrap_or_default(),
        site: site.filter(|site| !site.is_empty()).unwrap_or_else(host),
        picture: said.picture(url),
    })
}

/// By its first bytes, else as the server says, else as the page says; else UTF-8 if it is that.
fn encoding(bytes: &[u8], kind: &str) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = named(kind.as_bytes()) {
        return encoding;
    }
    match named(bytes.get(..PRESCAN).unwrap_or(bytes)) {
        // Whoever can read that it says so does not read UTF-16.
        Some(encoding) if [UTF_16LE, UTF_16BE].contains(&encoding) => UTF_8,
        Some(encoding) => encoding,
        None if is_utf8(bytes) => UTF_8,
        None => WINDOWS_1252,
    }
}

/// The first `charset=LABEL` that is one.
fn named(bytes: &[u8]) -> Option<&'static Encoding> {
    const NAME: &[u8] = b"charset";
    let mut rest = bytes;
    while let Some(at) = rest.windows(NAME.len()).position(|w| w.eq_ignore_ascii_case(NAME)) {
        rest = rest.get(at + NAME.len()..).unwrap_or_default();
        let Some(label) = rest.trim_ascii_start().strip_prefix(b"=") else { continue };
        let label = label.trim_ascii_start();
        let label = label.strip_prefix(b"\"").or_else(|| label.strip_prefix(b"'")).unwrap_or(label);
        let end = label.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b)));
        let label = label.get(..end.unwrap_or(label.len())).unwrap_or_default();
        if let Some(encoding) = Encoding::for_label(label) {
            return Some(encoding);
        }
    }
    None
}

/// A sign that was cut at the end is no fault.
fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Until the head ends, or a tag goes on for too long.
fn feed(head: &Head, text: &str) {
    let tokenizer = Tokenizer::new(head, TokenizerOpts::default());
    let input = BufferQueue::default();
    let (mut rest, mut separators) = (text, 0);
    while !rest.is_empty() && !head.ended.get() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = after;
        input.push_back(StrTendril::from_slice(piece));
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
        separators +=
            piece.bytes().filter(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'')).count();
        if head.told.take() {
            separators = 0;
        } else if separators > MOST_SEPARATORS {
            return;
        }
    }
    tokenizer.end();
}

/// What stands for the page's title among the properties.
const TITLE: &str = "<title>";
const NAMES: &[&str] = &[
    "og:title",
    "og:description",
    "og:site_name",
    "og:image",
    "og:image:url",
    "og:image:secure_url",
    "og:image:alt",
    "og:image:width",
    "og:image:height",
    "twitter:title",
    "twitter:description",
    "twitter:image",
    "twitter:image:src",
    "twitter:image:alt",
    "description",
    "application-name",
];

#[derive(Default)]
struct Head {
    said: RefCell<Said>,
    /// Inside the title.
    in_title: Cell<bool>,
    ended: Cell<bool>,
    /// Something was read since this was last taken.
    told: Cell<bool>,
}

/// Properties and what was said of them, as they came.
#[derive(Default)]
struct Said(Vec<(&'static str, String)>);

impl Said {
    /// The first word counts.
    fn put(&mut self, name: &'static str, value: String) {
        if !value.trim().is_empty() && !self.0.iter().any(|(known, _)| *known == name) {
            self.0.push((name, value));
        }
    }

    fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()))
    }

    fn picture(&self, page: &Url) -> Option<CardPicture> {
        let open_graph = self.first(&["og:image:secure_url", "og:image", "og:image:url"]);
        let url = open_graph.or_else(|| self.first(&["twitter:image", "twitter:image:src"]))?;
        let url = page.join(url.trim()).ok()?;
        if !matches!(url.scheme(), "https" | "http") || url.as_str().len() > 2000 {
            return None;
        }
        let pixels = |name| {
            let number: u32 = self.first(&[name]).filter(|_| open_graph.is_some())?.trim().parse().ok()?;
            Some(number).filter(|pixels| (1..=100_000).contains(pixels))
        };
        let alt = self.first(&["og:image:alt", "twitter:image:alt"]);
        Some(CardPicture {
            url: url.into(),
            description: alt.map(|alt| short(alt, LONGEST_TEXT)).unwrap_or_default(),
            width: pixels("og:image:width"),
            height: pixels("og:image:height"),
        })
    }
}

impl TokenSink for &Head {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if !matches!(token, Token::ParseError(_)) {
            self.told.set(true);
        }
        match token {
            // What stands behind the head says nothing of the page.
            _ if self.ended.get() => {}
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return self.start(&tag),
            Token::TagToken(tag) => match &*tag.name {
                "title" => self.in_title.set(false),
                "head" => self.ended.set(true),
                _ => {}
            },
            Token::CharacterTokens(text) if self.in_title.get() => {
                let mut said = self.said.borrow_mut();
                match said.0.iter_mut().find(|(name, _)| *name == TITLE) {
                    Some((_, title)) if title.len() < 4 * LONGEST_TITLE => title.push_str(&text),
                    Some(_) => {}
                    None => said.put(TITLE, text.to_string()),
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Head {
    fn start(&self, tag: &Tag) -> TokenSinkResult<()> {
        let raw = |kind: RawKind| {
            if tag.self_closing { TokenSinkResult::Continue } else { TokenSinkResult::RawData(kind) }
        };
        match &*tag.name {
            "meta" => self.meta(&tag.attrs),
            "title" => {
                // A page has one; pictures in it may have their own.
                self.in_title.set(self.said.borrow().first(&[TITLE]).is_none());
                return raw(Rcdata);
            }
            "script" => return raw(ScriptData),
            "style" | "noscript" => return raw(Rawtext),
            "body" => self.ended.set(true),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn meta(&self, attributes: &[Attribute]) {
        let value = |name: &str| {
            attributes.iter().find(|attribute| &*attribute.name.local == name).map(|found| found.value.trim())
        };
        let Some(content) = value("content") else { return };
        for name in [value("property"), value("name")].into_iter().flatten() {
            if let Some(known) = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                self.said.borrow_mut().put(known, content.chars().take(4 * LONGEST_TEXT).collect());
            }
        }
    }
}

/// In one line.
fn short(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(html: &[u8], kind: &str) -> Option<LinkCard> {
        read(html, kind, &Url::parse("https://www.news.example/a/b").unwrap())
    }

    fn title(html: &[u8], kind: &str) -> String {
        card(html, kind).map(|card| card.title).unwrap_or_default()
    }

    #[test]
    fn open_graph_comes_first() {
        let html = br#"<!doctype html><html><head><meta charset=utf-8><title>Plain
             title</title><meta name="description" content="plain">
            <meta name=twitter:title content=Twitter><meta property="og:title" content="A &amp; B">
            <meta content="second" property="og:title"><meta property="og:image" content="/c.png">
            <meta property="og:image:width" content="1200"><meta property="og:image:alt" content="a  cat">
            <meta name="og:site_name" content="News"></head><body><meta property="og:description" content="no">"#;
        let card = card(html, "text/html").unwrap();
        assert_eq!((&*card.title, &*card.description, &*card.site), ("A & B", "plain", "News"));
        let picture = card.picture.unwrap();
        assert_eq!((&*picture.url, &*picture.description), ("https://www.news.example/c.png", "a cat"));
        assert_eq!((picture.width, picture.height), (Some(1200), None));
    }

    #[test]
    fn a_title_is_enough_and_needed() {
        let found = card(b"<title>Only\n this</title>", "text/html").unwrap();
        assert_eq!((&*found.title, &*found.site, found.picture), ("Only this", "news.example", None));
        assert_eq!(title(b"<svg><title></title></svg><title>x</title><title>y</title>", "text/html"), "x");
        assert!(card(b"<meta property=og:description content=x>", "text/html").is_none());
        assert!(
            card(b"<script>'<title>no</title>'</script><noscript><title>n</title></noscript>", "").is_none()
        );
        assert!(card(b"", "text/html").is_none());
    }

    #[test]
    fn encodings() {
        assert_eq!(title(b"<title>caf\xe9</title>", "text/html; charset=ISO-8859-1"), "café");
        assert_eq!(title(b"<meta charset='koi8-r'><title>\xcd\xc9\xd2</title>", "text/html"), "мир");
        let http =
            b"<meta http-equiv=Content-Type content=\"text/html; charset=Shift_JIS\"><title>\x93\xfa</title>";
        assert_eq!(title(http, "text/html"), "日");
        assert_eq!(title("<title>дом</title>".as_bytes(), "text/html"), "дом");
        assert_eq!(title(b"<title>caf\xe9</title>", "text/html"), "café");
        assert_eq!(title(b"\xff\xfe<\0t\0i\0t\0l\0e\0>\0x\0<\0/\0t\0i\0t\0l\0e\0>\0", "text/html"), "x");
        assert_eq!(title("<meta charset=utf-16><title>é</title>".as_bytes(), "text/html"), "é");
    }

    #[test]
    fn hostile_pages() {
        let many: String = (0..100_000).map(|n| format!(" a{n}=x")).collect();
        assert!(card(format!("<meta{many}><title>x</title>").as_bytes(), "text/html").is_none());
        let long = format!("<title>{}</title>", "é".repeat(100_000));
        assert_eq!(title(long.as_bytes(), "text/html").chars().count(), LONGEST_TITLE);
        for url in ["javascript:alert(1)", "data:image/png;base64,x", "file:///etc/passwd"] {
            let html = format!("<title>x</title><meta property=og:image content='{url}'>");
            assert_eq!(card(html.as_bytes(), "text/html").unwrap().picture, None, "{url}");
        }
    }
}
