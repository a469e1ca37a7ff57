//! Text with marks as HTML, of the small set that Mastodon's clients and servers expect.

use super::{Mark, MarkKind, RichText};
use std::{iter::Peekable, vec::IntoIter};

/// HTML of the text. `tag_base`: URL before a tag's name, such as `https://example.org/tags/`.
///
/// Everything that is not made here is escaped; links lead only to http, https, nostr, at, mailto and xmpp URLs.
pub fn to_html(rich: &RichText, tag_base: &str) -> String {
    let (blocks, ahead): (Vec<&Mark>, Vec<&Mark>) = rich.marks.iter().partition(|m| m.kind.is_block());
    let html = String::with_capacity(rich.text.len() * 2);
    let mut out = Writer { rich, tag_base, html, ahead: ahead.into_iter().peekable(), running: Vec::new() };
    out.blocks(0, rich.text.len(), &blocks);
    out.html
}

/// `& < > " '` as entities.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push_escaped(&mut out, text);
    out
}

struct Writer<'a> {
    rich: &'a RichText,
    tag_base: &'a str,
    html: String,
    /// Marks inside lines, in order, which begin behind what was written.
    ahead: Peekable<IntoIter<&'a Mark>>,
    /// Those that began before and may go on: every paragraph looks at these alone, not at all marks there are.
    running: Vec<&'a Mark>,
}

impl<'a> Writer<'a> {
    fn blocks(&mut self, mut at: usize, end: usize, blocks: &[&Mark]) {
        let mut i = 0;
        let mut list: Option<bool> = None;
        while let Some(block) = blocks.get(i) {
            let (start, stop) = (block.start as usize, (block.end as usize).min(end));
            // Blocks nested inside this one are written by it.
            let inner = blocks.iter().skip(i + 1).take_while(|b| (b.start as usize) < stop).count();
            let nested: Vec<&Mark> = blocks.iter().skip(i + 1).take(inner).copied().collect();
            i += 1 + inner;
            let is_item = if let MarkKind::Item { ordered } = block.kind { Some(ordered) } else { None };
            let gap = self.rich.text.get(at..start).unwrap_or_default();
            if list.is_some() && (is_item != list || !gap.trim().is_empty()) {
                self.close_list(&mut list);
            }
            self.paragraphs(at, start);
            if let (Some(ordered), None) = (is_item, list) {
                self.html.push_str(if ordered { "<ol>" } else { "<ul>" });
                list = Some(ordered);
            }
            self.block(block, start, stop, &nested);
            at = stop;
        }
        self.close_list(&mut list);
        self.paragraphs(at, end);
    }

    fn close_list(&mut self, list: &mut Option<bool>) {
        if let Some(ordered) = list.take() {
            self.html.push_str(if ordered { "</ol>" } else { "</ul>" });
        }
    }

    fn block(&mut self, block: &Mark, start: usize, stop: usize, nested: &[&Mark]) {
        match block.kind {
            MarkKind::CodeBlock => {
                self.html.push_str("<pre><code>");
                push_escaped(&mut self.html, self.rich.text.get(start..stop).unwrap_or_default());
                self.html.push_str("</code></pre>");
            }
            MarkKind::Heading => {
                self.html.push_str("<p><strong>");
                self.inline(start, stop);
                self.html.push_str("</strong></p>");
            }
            MarkKind::Item { .. } => {
                self.html.push_str("<li>");
                if nested.is_empty() {
                    self.inline(start, stop);
                } else {
                    self.blocks(start, stop, nested);
                }
                self.html.push_str("</li>");
            }
            _ => {
                self.html.push_str("<blockquote>");
                self.blocks(start, stop, nested);
                self.html.push_str("</blockquote>");
            }
        }
    }

    fn paragraphs(&mut self, start: usize, end: usize) {
        let text = self.rich.text.get(start..end).unwrap_or_default();
        let mut at = start;
        for part in text.split("\n\n") {
            let lead = part.len() - part.trim_start_matches('\n').len();
            let body = part.trim_matches('\n');
            if !body.trim().is_empty() {
                self.html.push_str("<p>");
                self.inline(at + lead, at + lead + body.len());
                self.html.push_str("</p>");
            }
            at += part.len() + 2;
        }
    }

    /// The marks inside lines that concern a part of the text. The parts come in the order of the text.
    fn marks_of(&mut self, start: usize, end: usize) -> Vec<&'a Mark> {
        self.running.retain(|mark| mark.end as usize > start);
        while let Some(mark) = self.ahead.next_if(|mark| (mark.start as usize) < end) {
            if mark.end as usize > start {
                self.running.push(mark);
            }
        }
        self.running.clone()
    }

    /// Marks nest (an invariant of the text), so a stack of open ones is enough. No link is written inside a link.
    fn inline(&mut self, start: usize, end: usize) {
        let mut at = start;
        let mut open: Vec<(usize, &'static str)> = Vec::new();
        for mark in self.marks_of(start, end) {
            let (from, to) = ((mark.start as usize).max(start), (mark.end as usize).min(end));
            if from >= to || from < at && matches!(mark.kind, MarkKind::Emoji { .. }) {
                continue;
            }
            while let Some((stop, tag)) = open.last().copied().filter(|(stop, _)| *stop <= from) {
                self.text(at, stop);
                at = at.max(stop);
                self.html.push_str(tag);
                open.pop();
            }
            let is_link =
                matches!(mark.kind, MarkKind::Link { .. } | MarkKind::Mention { .. } | MarkKind::Tag { .. });
            if is_link && open.iter().any(|(_, close)| close.starts_with("</a>")) {
                continue;
            }
            self.text(at, from);
            at = at.max(from);
            if let Some(close) = self.open(mark, from, to, &mut at) {
                open.push((to, close));
            }
            if is_link {
                // A link is written once, where it begins: its address would be repeated in every paragraph it spans.
                self.running.retain(|other| !std::ptr::eq(*other, mark));
            }
        }
        while let Some((stop, tag)) = open.pop() {
            self.text(at, stop);
            at = at.max(stop);
            self.html.push_str(tag);
        }
        self.text(at, end);
    }

    /// Opens a mark; gives its closing tag, or writes the whole of it and moves `at` behind it.
    fn open(&mut self, mark: &Mark, from: usize, to: usize, at: &mut usize) -> Option<&'static str> {
        let simple = |html: &mut String, open: &str, close| {
            html.push_str(open);
            Some(close)
        };
        match &mark.kind {
            MarkKind::Emphasis => simple(&mut self.html, "<em>", "</em>"),
            MarkKind::Strong => simple(&mut self.html, "<strong>", "</strong>"),
            MarkKind::Strike => simple(&mut self.html, "<del>", "</del>"),
            MarkKind::Underline => simple(&mut self.html, "<u>", "</u>"),
            MarkKind::Code => simple(&mut self.html, "<code>", "</code>"),
            MarkKind::Link { url } if is_safe_link(url) => {
                let shown = self.rich.text.get(from..to).unwrap_or_default().to_owned();
                self.html.push_str("<a href=\"");
                push_escaped(&mut self.html, url);
                self.html.push_str("\" target=\"_blank\" rel=\"nofollow noopener noreferrer\">");
                if shown.trim_end_matches('/') == url.trim_end_matches('/') {
                    self.shortened(&shown);
                    *at = to;
                }
                Some("</a>")
            }
            MarkKind::Mention { url, .. } if is_safe_link(url) => {
                let shown = self.rich.text.get(from..to).unwrap_or_default();
                let name = shown.trim_start_matches('@').split('@').next().unwrap_or_default().to_owned();
                self.html.push_str("<span class=\"h-card\" translate=\"no\"><a href=\"");
                push_escaped(&mut self.html, url);
                self.html.push_str("\" class=\"u-url mention\">@<span>");
                push_escaped(&mut self.html, &name);
                self.html.push_str("</span>");
                *at = to;
                Some("</a></span>")
            }
            MarkKind::Tag { name } => {
                let shown = self.rich.text.get(from..to).unwrap_or_default();
                let shown = shown.strip_prefix(['#', '＃']).unwrap_or(shown).to_owned();
                self.html.push_str("<a href=\"");
                push_escaped(&mut self.html, self.tag_base);
                self.html.extend(url::form_urlencoded::byte_serialize(name.as_bytes()));
                self.html.push_str("\" class=\"mention hashtag\" rel=\"tag\">#<span>");
                push_escaped(&mut self.html, &shown);
                self.html.push_str("</span>");
                *at = to;
                Some("</a>")
            }
            _ => None,
        }
    }

    /// A bare link as Mastodon shows it: scheme hidden, a long tail hidden behind an ellipsis.
    fn shortened(&mut self, url: &str) {
        let scheme = url.find("://").map_or(0, |i| i + 3);
        let scheme = scheme + if url.get(scheme..).is_some_and(|r| r.starts_with("www.")) { 4 } else { 0 };
        let rest = url.get(scheme..).unwrap_or_default();
        let cut = rest.char_indices().nth(30).map_or(rest.len(), |(i, _)| i);
        let parts = [
            ("invisible", url.get(..scheme)),
            (if cut < rest.len() { "ellipsis" } else { "" }, rest.get(..cut)),
            ("invisible", rest.get(cut..)),
        ];
        for (class, part) in parts {
            self.html.push_str("<span class=\"");
            self.html.push_str(class);
            self.html.push_str("\">");
            push_escaped(&mut self.html, part.unwrap_or_default());
            self.html.push_str("</span>");
        }
    }

    fn text(&mut self, from: usize, to: usize) {
        let Some(text) = self.rich.text.get(from..to) else { return };
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                self.html.push_str("<br />");
            }
            push_escaped(&mut self.html, line);
        }
    }
}

fn is_safe_link(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    url.contains(':') && matches!(scheme.as_str(), "http" | "https" | "nostr" | "at" | "mailto" | "xmpp")
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::compose;
    use super::*;

    fn mark(start: u32, end: u32, kind: MarkKind) -> Mark {
        Mark { start, end, kind }
    }

    #[test]
    fn paragraphs_and_breaks() {
        let html = to_html(&RichText::plain("a\nb <i>\n\nc & d"), "https://x.example/tags/");
        assert_eq!(html, "<p>a<br />b &lt;i&gt;</p><p>c &amp; d</p>");
    }

    #[test]
    fn links_are_shortened_and_tags_linked() {
        let html = to_html(
            &compose("https://example.org/a/very/long/path/that/goes/on #Wörld"),
            "https://x.example/tags/",
        );
        assert!(html.contains("<span class=\"invisible\">https://</span><span class=\"ellipsis\">example.org/a/very/long/path/t</span>"), "{html}");
        assert!(html.contains("href=\"https://x.example/tags/w%C3%B6rld\" class=\"mention hashtag\" rel=\"tag\">#<span>Wörld</span></a>"), "{html}");
    }

    #[test]
    fn nothing_can_be_injected() {
        let url = "javascript:alert(1)".to_owned();
        let rich = RichText::new("click \"me\"".into(), vec![mark(0, 10, MarkKind::Link { url })]);
        assert_eq!(to_html(&rich, ""), "<p>click &quot;me&quot;</p>");
        let url = "https://x.example/\"><script>".to_owned();
        let rich = RichText::new("me".into(), vec![mark(0, 2, MarkKind::Link { url })]);
        assert!(!to_html(&rich, "").contains("<script>"));
    }

    #[test]
    fn no_link_is_inside_a_link() {
        let url = "https://x.example/1".to_owned();
        let link = |start, end| mark(start, end, MarkKind::Link { url: url.clone() });
        let rich =
            RichText::new("one two".into(), vec![link(0, 7), link(4, 7), mark(4, 7, MarkKind::Strong)]);
        assert!(to_html(&rich, "").ends_with(">one <strong>two</strong></a></p>"), "{}", to_html(&rich, ""));
        // Else a text of some thousand bytes would be written a hundred times.
        let name =
            |end| mark(0, end, MarkKind::Mention { id: String::new(), acct: "x".into(), url: url.clone() });
        let rich = RichText::new("@".repeat(5_000), (1..=100).map(|n| name(5_000 - n)).collect());
        assert!(to_html(&rich, "").len() < 10_000);
    }

    #[test]
    fn a_mark_runs_on_over_paragraphs() {
        let rich = RichText::new(
            "a b\n\nc d\n\ne".into(),
            vec![mark(2, 8, MarkKind::Emphasis), mark(5, 6, MarkKind::Strong), mark(10, 11, MarkKind::Code)],
        );
        let html = to_html(&rich, "");
        let want = "<p>a <em>b</em></p><p><em><strong>c</strong> d</em></p><p><code>e</code></p>";
        assert_eq!(html, want);
    }

    #[test]
    fn a_link_over_paragraphs_is_written_once() {
        let url = format!("https://x.example/{}", "y".repeat(2_000));
        let text = "a\n\n".repeat(5_000);
        let rich = RichText::new(text, vec![mark(0, 14_998, MarkKind::Link { url })]);
        let html = to_html(&rich, "");
        assert_eq!(html.matches("<a ").count(), 1);
        assert!(html.len() < 50_000, "{}", html.len());
    }

    #[test]
    fn blocks_nest() {
        let rich = RichText::new(
            "said\n\nquoted\n\none\ntwo\n\nend".into(),
            vec![
                mark(6, 12, MarkKind::Quote),
                mark(14, 17, MarkKind::Item { ordered: false }),
                mark(18, 21, MarkKind::Item { ordered: false }),
                mark(18, 21, MarkKind::Strong),
            ],
        );
        let html = to_html(&rich, "");
        assert_eq!(
            html,
            "<p>said</p><blockquote><p>quoted</p></blockquote><ul><li>one</li><li><strong>two</strong></li></ul><p>end</p>"
        );
    }
}
