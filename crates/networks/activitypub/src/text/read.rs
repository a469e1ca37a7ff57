//! HTML of other servers, read into text with marks: Mastodon's hidden spans, Misskey's spans, Friendica's long pages.

use super::sink::{Builder, Sink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use landbridge_model::richtext::{MAX_MARKS, normal_tag};
use landbridge_model::{Mark, MarkKind, RichText};
use std::cell::{Cell, RefCell};
use url::Url;

/// Bytes that the tokenizer gets at a time.
const PIECE: usize = 1024;
/// Most bytes in a tag or comment that could part attributes.
const MAX_SEPARATORS: usize = 2_000;

/// What the object says beside its text.
#[derive(Default)]
pub struct Hints<'a> {
    /// Its Mention tags.
    pub mentions: &'a [Named],
    /// Shortcodes of its custom emojis, without colons.
    pub emojis: &'a [String],
    /// It quotes a post properly, so the written-out "RE: link" goes.
    pub has_quote: bool,
}

/// Somebody whom a Mention tag names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Actor id.
    pub id: String,
    /// `name@host`.
    pub acct: String,
}

/// Text with marks from HTML.
pub fn read(html: &str, hints: &Hints<'_>) -> RichText {
    let link_kind = |shown: &str, href: &str, class: &str| link_kind(shown, href, class, hints);
    let (text, mut marks) = tokenize(html, hints.has_quote, &link_kind);
    mark_emojis(&text, hints.emojis, &mut marks);
    RichText::new(text, marks)
}

/// Text alone, in one line: for names, titles and warnings. These are plain text by the vocabulary; some servers write
/// HTML all the same, which is known by an end tag, a line break or a character reference.
pub fn plain(text: &str) -> String {
    let reference = |at: usize| {
        let name =
            text.get(at + 1..).and_then(|t| t.split(';').next()).filter(|n| n.len() < text.len() - at - 1);
        name.is_some_and(|n| {
            (2..=8).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
        })
    };
    let marked = ["</", "<br>", "<br />", "<br/>"].iter().any(|mark| text.contains(mark));
    let is_html = marked || text.match_indices('&').take(50).any(|(at, _)| reference(at));
    if !is_html {
        return text.trim().to_owned();
    }
    let (text, _) = tokenize(text, false, &|_, _, _| None);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn tokenize(html: &str, has_quote: bool, link_kind: &super::sink::LinkKind<'_>) -> (String, Vec<Mark>) {
    let builder = RefCell::new(Builder::new(has_quote, link_kind));
    let sink = Sink { builder, told: Cell::new(false) };
    let mut rest = html;
    while !feed(&sink, &mut rest) {
        // What goes on for so long is no tag for us: it is left out up to its end.
        rest = rest.split_once('>').map_or("", |(_, after)| after);
    }
    let mut builder = sink.builder.into_inner();
    builder.finish();
    (builder.text, builder.marks)
}

/// Reads to the end, or until a single tag goes on for too long (`false`): the tokenizer compares each attribute of a
/// tag with all before it, so a megabyte of them would take minutes.
fn feed(sink: &Sink<'_>, rest: &mut &str) -> bool {
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    let mut separators = 0;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        *rest = after;
        input.push_back(StrTendril::from_slice(piece));
        // A token sink here never asks for a script to be run, so one call nearly always takes it all.
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
        let parts_attributes = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'');
        separators += piece.bytes().filter(parts_attributes).count();
        if sink.told.take() {
            separators = 0;
        } else if separators > MAX_SEPARATORS {
            return false;
        }
    }
    tokenizer.end();
    true
}

fn link_kind(shown: &str, href: &str, class: &str, hints: &Hints<'_>) -> Option<MarkKind> {
    let href = href.trim();
    if shown.starts_with(['#', '＃']) {
        let name = normal_tag(shown);
        let known = class.contains("hashtag") || class.contains("tag") || href.contains("/tag");
        if known && !name.is_empty() && !name.contains(char::is_whitespace) {
            return Some(MarkKind::Tag { name });
        }
    }
    if let Some(named) = mention(shown, href, class, hints.mentions) {
        return Some(MarkKind::Mention {
            id: named.id.clone(),
            acct: named.acct.clone(),
            url: href.to_owned(),
        });
    }
    let url =
        Url::parse(href).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.host_str().is_some());
    url.map(|_| MarkKind::Link { url: href.to_owned() })
}

/// By the link's target, else by the name that is shown: servers link to the actor, to its page, or to their own copy
/// of it.
fn mention<'a>(shown: &str, href: &str, class: &str, mentions: &'a [Named]) -> Option<&'a Named> {
    if let Some(named) = mentions.iter().find(|m| m.id == href) {
        return Some(named);
    }
    if !(shown.starts_with(['@', '!']) || class.contains("mention")) {
        return None;
    }
    let name = shown.trim_start_matches(['@', '!', ' ']);
    let by_name = |m: &&Named| m.acct.eq_ignore_ascii_case(name);
    let by_short_name = |m: &&Named| m.acct.split('@').next().is_some_and(|n| n.eq_ignore_ascii_case(name));
    let same_host = |m: &&Named| crate::vocab::same_authority(&m.id, href);
    mentions
        .iter()
        .find(by_name)
        .or_else(|| mentions.iter().filter(by_short_name).find(same_host))
        .or_else(|| mentions.iter().find(by_short_name))
}

/// `:shortcode:` of known emojis, outside code.
fn mark_emojis(text: &str, emojis: &[String], marks: &mut Vec<Mark>) {
    if emojis.is_empty() {
        return;
    }
    let code: Vec<(usize, usize)> = marks
        .iter()
        .filter(|m| matches!(m.kind, MarkKind::Code | MarkKind::CodeBlock))
        .map(|m| (m.start as usize, m.end as usize))
        .collect();
    let (mut at, mut found) = (0, 0);
    while let Some(start) =
        text.get(at..).filter(|_| found < MAX_MARKS).and_then(|t| t.find(':')).map(|n| n + at)
    {
        at = start + 1;
        let Some(rest) = text.get(at..) else { return };
        let Some(len) = rest.bytes().take(100).position(|b| b == b':') else { continue };
        let Some(shortcode) = rest.get(..len) else { continue };
        if emojis.iter().any(|e| e == shortcode) && !code.iter().any(|(a, b)| (*a..*b).contains(&start)) {
            let end = start + len + 2;
            let kind = MarkKind::Emoji { shortcode: shortcode.to_owned() };
            marks.push(Mark { start: start as u32, end: end as u32, kind });
            (at, found) = (end, found + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        read(html, &Hints::default()).text
    }

    fn kinds(rich: &RichText) -> Vec<(&str, &MarkKind)> {
        rich.marks.iter().map(|m| (rich.of(m), &m.kind)).collect()
    }

    #[test]
    fn paragraphs_and_breaks() {
        assert_eq!(text("<p>a<br>b<br/>c</p><p>d</p>"), "a\nb\nc\n\nd");
        assert_eq!(text("<p>a<br><br>b</p>\n<p></p><p> c  d </p>"), "a\n\nb\n\nc d");
        assert_eq!(text("plain &amp; &lt;b&gt; &#x1F600; &nbsp;x"), "plain & <b> 😀 \u{a0}x");
        assert_eq!(text("<p>unclosed <b>bold<p>next"), "unclosed bold\n\nnext");
        assert_eq!(text("<div>a</div><div>b</div>"), "a\nb");
        assert_eq!(text("<ul><li>a</li><li>b</li></ul>c"), "a\nb\n\nc");
        assert_eq!(
            text("x<ul><li><p>a</p><p>a2</p></li><li><p>b</p></li></ul><ol><li>1</li></ol>"),
            "x\n\na\n\na2\nb\n\n1"
        );
        assert_eq!(text("a\0b\u{7}c\r\nd"), "abc d");
    }

    #[test]
    fn links_of_mastodon() {
        let html = r#"<p><a href="https://example.org/a/very/long" rel="nofollow"><span class="invisible">https://</span><span class="ellipsis">example.org/a/very</span><span class="invisible">/long</span></a> <a href="https://m.example/tags/Caf%C3%A9" class="mention hashtag" rel="tag">#<span>Café</span></a> <span class="h-card"><a href="https://b.example/@bob" class="u-url mention">@<span>bob</span></a></span> :blob:</p>"#;
        let mentions = [Named { id: "https://b.example/users/bob".into(), acct: "bob@b.example".into() }];
        let rich = read(html, &Hints { mentions: &mentions, emojis: &["blob".into()], has_quote: false });
        assert_eq!(rich.text, "https://example.org/a/very/long #Café @bob :blob:");
        let url = "https://example.org/a/very/long".to_owned();
        let mention = MarkKind::Mention {
            id: mentions[0].id.clone(),
            acct: mentions[0].acct.clone(),
            url: "https://b.example/@bob".into(),
        };
        assert_eq!(
            kinds(&rich),
            [
                ("https://example.org/a/very/long", &MarkKind::Link { url }),
                ("#Café", &MarkKind::Tag { name: "café".into() }),
                ("@bob", &mention),
                (":blob:", &MarkKind::Emoji { shortcode: "blob".into() }),
            ]
        );
    }

    #[test]
    fn blocks_keep_their_kind() {
        let rich = read(
            "<h2>T</h2><blockquote><p>q1</p><p>q2</p></blockquote><pre><code>fn a() {\n  b\n}</code></pre><ol><li>x</li></ol>",
            &Hints::default(),
        );
        assert_eq!(rich.text, "T\n\nq1\n\nq2\n\nfn a() {\n  b\n}\n\nx");
        assert_eq!(
            kinds(&rich),
            [
                ("T", &MarkKind::Heading),
                ("q1\n\nq2", &MarkKind::Quote),
                ("fn a() {\n  b\n}", &MarkKind::CodeBlock),
                ("x", &MarkKind::Item { ordered: true }),
            ]
        );
    }

    #[test]
    fn scripts_and_foreign_markup_vanish() {
        assert_eq!(text("a<script>if (1<b) alert('</p>')</script>b"), "ab");
        assert_eq!(
            text("a<style>p{}</style><svg><script>x</script><text>t</text></svg>b<iframe src=x>y</iframe>c"),
            "abc"
        );
        assert_eq!(text("<!-- <b>x</b> -->y<![CDATA[z]]>"), "y");
        assert_eq!(text("<p onclick=alert(1)>z</p><img src=x onerror=alert(1)>"), "z\n\n🖼");
        let rich = read(
            "<a href=\"javascript:alert(1)\">x</a><a href=\" data:text/html,y\">y</a>",
            &Hints::default(),
        );
        assert_eq!((rich.text.as_str(), rich.marks.len()), ("xy", 0));
        // What comes out is text; the renderer escapes it.
        assert_eq!(text("&lt;script&gt;alert(1)&lt;/script&gt;"), "<script>alert(1)</script>");
    }

    #[test]
    fn the_written_out_quote_goes_when_there_is_a_real_one() {
        let html = "<p>see</p><p class=\"quote-inline\">RE: <a href=\"https://x.example/1\">x</a></p>";
        assert_eq!(text(html), "see\n\nRE: x");
        assert_eq!(read(html, &Hints { has_quote: true, ..Hints::default() }).text, "see");
    }

    #[test]
    fn hostile_sizes_are_bounded() {
        let deep = "<b>".repeat(200_000) + "x";
        assert!(read(&deep, &Hints::default()).marks.len() <= 100);
        let many = "<i>a</i>".repeat(100_000);
        let rich = read(&many, &Hints::default());
        assert!(rich.marks.len() <= 4_000 && rich.text.len() == 100_000);
        assert!(text(&"x".repeat(1 << 20)).len() <= 200_000);
        assert_eq!(text(&"<".repeat(10_000)).len(), 10_000);
        assert!(text(&format!("<pre>a{}b</pre>", "\n".repeat(1 << 20))).len() <= 200_001);
        let shortcodes = ["x".to_owned()];
        let hints = Hints { emojis: &shortcodes, ..Hints::default() };
        assert_eq!(read(&":x:".repeat(50_000), &hints).marks.len(), MAX_MARKS);
        // Each of a tag's attributes is compared with all before it.
        let attributes = (0..150_000).map(|n| format!(" a{n}")).collect::<String>();
        assert_eq!(text(&format!("a<b{attributes}>b</b>c")), "abc");
        assert_eq!(text(&format!("a<!-- {} -->b", "words ".repeat(10_000))), "ab");
    }

    #[test]
    fn links_do_not_nest_and_pictures_are_links() {
        let rich =
            read("<a href=https://x.example/1>a<a href=https://x.example/2>b</a></a>", &Hints::default());
        let shown: Vec<&str> = kinds(&rich).into_iter().map(|(text, _)| text).collect();
        assert_eq!(shown, ["a", "b"]);
        let rich = read("é<img src=https://x.example/1 alt=' two  words '>", &Hints::default());
        assert_eq!(kinds(&rich).first().map(|(text, _)| *text), Some("two words"));
    }

    #[test]
    fn titles_are_plain() {
        assert_eq!(plain("  CW: <b>a</b> &amp; b\n "), "CW: a & b");
        for kept in ["a < b", "<3", "R&D; &", "x &y"] {
            assert_eq!(plain(kept), kept);
        }
    }
}
