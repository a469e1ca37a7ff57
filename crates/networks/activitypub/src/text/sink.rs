//! From HTML tokens to plain text with marks: whitespace, line breaks and nesting.

use html5ever::tokenizer::states::{RawKind, Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use landbridge_model::richtext::MAX_MARKS;
use landbridge_model::{Mark, MarkKind};
use std::cell::{Cell, RefCell};

/// Bytes of text kept; a book does not belong on a timeline.
pub(crate) const MAX_TEXT: usize = 200_000;
const MAX_NESTING: usize = 100;

/// Turns a finished link into a mark: shown text, `href`, `class`.
pub(super) type LinkKind<'a> = dyn Fn(&str, &str, &str) -> Option<MarkKind> + 'a;

/// Collects text and marks; see [`Builder`].
pub(super) struct Sink<'a> {
    pub(super) builder: RefCell<Builder<'a>>,
    /// Something was read since this was last taken.
    pub(super) told: Cell<bool>,
}

impl TokenSink for &Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if !matches!(token, Token::ParseError(_)) {
            self.told.set(true);
        }
        let mut builder = self.builder.borrow_mut();
        match token {
            Token::CharacterTokens(text) => builder.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                if let (Some(kind), false) = (raw_kind(&tag.name), tag.self_closing) {
                    builder.skip(&tag.name);
                    return TokenSinkResult::RawData(kind);
                }
                builder.start(&tag);
            }
            Token::TagToken(tag) => builder.end(&tag.name),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose content is not markup; none of it is text for people.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" => Some(Rawtext),
        "title" | "textarea" => Some(Rcdata),
        _ => None,
    }
}

/// An element that is open.
struct Open {
    name: String,
    /// Where its first character stands; none as long as it has none.
    start: Option<usize>,
    kind: Opened,
}

enum Opened {
    Plain,
    Mark(MarkKind),
    Link { href: String, class: String },
    List { ordered: bool },
}

pub(super) struct Builder<'a> {
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
    open: Vec<Open>,
    /// Line ends to write before the next character: 1 a line, 2 a paragraph.
    breaks: usize,
    space: bool,
    /// What ended last, with nothing written since, was an item of such a list.
    ended_item: Option<bool>,
    /// Inside an element that is left out: its name and how often it is open.
    skipped: Option<(String, usize)>,
    preformatted: usize,
    leave_out_quote: bool,
    link_kind: &'a LinkKind<'a>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(leave_out_quote: bool, link_kind: &'a LinkKind<'a>) -> Builder<'a> {
        Builder {
            text: String::new(),
            marks: Vec::new(),
            open: Vec::new(),
            breaks: 0,
            space: false,
            ended_item: None,
            skipped: None,
            preformatted: 0,
            leave_out_quote,
            link_kind,
        }
    }

    /// Closes what the document left open.
    pub(super) fn finish(&mut self) {
        while let Some(open) = self.open.pop() {
            self.close(open);
        }
    }

    fn skip(&mut self, name: &str) {
        match &mut self.skipped {
            Some((skipped, depth)) if skipped == name => *depth += 1,
            Some(_) => {}
            None => self.skipped = Some((name.to_owned(), 1)),
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipped.is_some() {
            return;
        }
        for c in text.chars() {
            match c {
                '\n' if self.preformatted > 0 => self.breaks += 1,
                c if c.is_ascii_whitespace() && self.preformatted == 0 => self.space = true,
                '\t' => self.push(' '),
                c if c.is_control() => {}
                c => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        if self.text.len() >= MAX_TEXT {
            return;
        }
        let line_start = self.breaks > 0 || self.text.is_empty();
        if !self.text.is_empty() {
            let most = if self.preformatted > 0 { self.breaks } else { self.breaks.min(2) };
            self.text.extend(std::iter::repeat_n('\n', most.min(MAX_TEXT - self.text.len())));
        }
        if self.space && !line_start {
            self.text.push(' ');
        }
        self.breaks = 0;
        self.space = false;
        self.ended_item = None;
        let here = self.text.len();
        for open in self.open.iter_mut().rev().take_while(|o| o.start.is_none()) {
            open.start = Some(here);
        }
        self.text.push(c);
    }

    fn line_break(&mut self, breaks: usize) {
        self.space &= breaks == 0;
        self.breaks = self.breaks.max(breaks);
    }

    fn start(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        if self.skipped.is_some()
            || matches!(name, "svg" | "math" | "template" | "object" | "head" | "select")
        {
            if !tag.self_closing {
                self.skip(name);
            }
            return;
        }
        if !self.at_start_of_item() {
            self.line_break(breaks_around(name));
        }
        let attribute = |wanted: &str| {
            tag.attrs
                .iter()
                .find(|a| &*a.name.local == wanted)
                .map(|a| a.value.to_string())
                .unwrap_or_default()
        };
        let kind = match name {
            "br" => {
                self.space = false;
                self.breaks += 1;
                return;
            }
            "img" => return self.image(&attribute("alt"), &attribute("src"), &attribute("class")),
            "hr" | "input" | "wbr" | "source" | "track" | "link" | "meta" | "col" | "embed" | "area"
            | "base" => return,
            // Written for readers that cannot show the quoted post (FEP-044f).
            "span" | "p" | "div" if self.leave_out_quote && attribute("class").contains("quote-inline") => {
                return self.skip(name);
            }
            "a" => Opened::Link { href: attribute("href"), class: attribute("class") },
            "em" | "i" | "cite" => Opened::Mark(MarkKind::Emphasis),
            "strong" | "b" => Opened::Mark(MarkKind::Strong),
            "del" | "s" | "strike" => Opened::Mark(MarkKind::Strike),
            "u" | "ins" => Opened::Mark(MarkKind::Underline),
            "code" | "tt" | "kbd" | "samp" if self.preformatted == 0 => Opened::Mark(MarkKind::Code),
            "pre" => Opened::Mark(MarkKind::CodeBlock),
            "blockquote" => Opened::Mark(MarkKind::Quote),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Opened::Mark(MarkKind::Heading),
            "ul" => Opened::List { ordered: false },
            "ol" => Opened::List { ordered: true },
            "li" => Opened::Mark(MarkKind::Item { ordered: self.in_ordered_list() }),
            _ => Opened::Plain,
        };
        if tag.self_closing || self.open.len() >= MAX_NESTING {
            return;
        }
        // These are closed by their next of a kind.
        let closes = match name {
            "p" | "li" => self.open.last().is_some_and(|o| o.name == name),
            "a" => self.open.iter().any(|o| o.name == name),
            _ => false,
        };
        if closes {
            self.end(name);
        }
        // Items follow each other line by line, whatever stands in them.
        if let Opened::Mark(MarkKind::Item { ordered }) = kind
            && self.ended_item == Some(ordered)
        {
            self.breaks = 1;
        }
        self.preformatted += usize::from(name == "pre");
        self.open.push(Open { name: name.to_owned(), start: None, kind });
    }

    /// A paragraph that an item begins with adds no blank line before the item.
    fn at_start_of_item(&self) -> bool {
        let mut empty = self.open.iter().rev().take_while(|o| o.start.is_none());
        empty.any(|o| matches!(o.kind, Opened::Mark(MarkKind::Item { .. })))
    }

    fn in_ordered_list(&self) -> bool {
        let list = |o: &Open| if let Opened::List { ordered } = o.kind { Some(ordered) } else { None };
        self.open.iter().rev().find_map(list).unwrap_or(false)
    }

    fn end(&mut self, name: &str) {
        if let Some((skipped, depth)) = &mut self.skipped {
            if skipped == name {
                *depth -= 1;
                if *depth == 0 {
                    self.skipped = None;
                }
            }
            return;
        }
        if name == "br" {
            self.breaks += 1;
            return;
        }
        if self.open.iter().any(|o| o.name == name) {
            while let Some(open) = self.open.pop() {
                let found = open.name == name;
                self.close(open);
                if found {
                    break;
                }
            }
        }
        self.line_break(breaks_around(name));
    }

    fn close(&mut self, open: Open) {
        if open.name == "pre" {
            self.preformatted = self.preformatted.saturating_sub(1);
            self.breaks = self.breaks.min(2);
        }
        let Some(start) = open.start else { return };
        let end = self.text.len();
        let kind = match open.kind {
            Opened::Mark(kind) => Some(kind),
            Opened::Link { href, class } => {
                (self.link_kind)(self.text.get(start..end).unwrap_or_default(), &href, &class)
            }
            Opened::Plain | Opened::List { .. } => None,
        };
        match &kind {
            Some(MarkKind::Item { ordered }) => self.ended_item = Some(*ordered),
            Some(kind) if kind.is_block() => self.ended_item = None,
            _ => {}
        }
        if let Some(kind) = kind
            && start < end
            && self.marks.len() < MAX_MARKS
        {
            self.marks.push(Mark { start: start as u32, end: end as u32, kind });
        }
    }

    /// A picture in the text: an emoji is its name, anything else a link to it.
    fn image(&mut self, alt: &str, src: &str, class: &str) {
        if class.contains("emoji") || alt.starts_with(':') && alt.ends_with(':') {
            return self.text(alt);
        }
        let shown = if alt.trim().is_empty() { "🖼" } else { alt };
        let in_link = self.open.iter().any(|o| matches!(o.kind, Opened::Link { .. }));
        let kind = match (self.link_kind)("", src, "") {
            Some(kind @ MarkKind::Link { .. }) if !in_link => Opened::Mark(kind),
            _ => Opened::Plain,
        };
        self.open.push(Open { name: "img".to_owned(), start: None, kind });
        self.text(shown);
        if let Some(open) = self.open.pop() {
            self.close(open);
        }
        self.space = true;
    }
}

fn breaks_around(name: &str) -> usize {
    match name {
        "p" | "blockquote" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "hr"
        | "table" | "figure" | "section" | "article" | "dl" | "details" => 2,
        "div" | "li" | "tr" | "dt" | "dd" | "figcaption" | "summary" | "header" | "footer" | "aside"
        | "center" => 1,
        _ => 0,
    }
}
