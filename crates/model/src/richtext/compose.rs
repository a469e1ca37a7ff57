//! From what a member typed to text with marks: links, `@mentions`, `#tags`, `nostr:` links.

use super::{Mark, MarkKind, RichText};
use unicode_normalization::UnicodeNormalization;

/// Longest tag, in characters.
const MAX_TAG: usize = 100;
/// Longest link, in bytes: a longer one is only text.
const MAX_LINK: usize = 2048;

/// The form in which tags are compared and stored: NFKC, lower case, without `#`.
pub fn normal_tag(tag: &str) -> String {
    // Compatible forms of `#` become one only by the first step, and lower case may be compatible with something else.
    let folded = tag.nfkc().flat_map(char::to_lowercase).nfkc();
    folded.skip_while(|c| *c == '#').take(MAX_TAG).collect()
}

/// Marks links, mentions and tags in plain text. Mentions come without `id` and `url`: the hub looks them up and
/// drops those that it cannot find. Line ends become `\n`; more than one blank line becomes one.
pub fn compose(typed: &str) -> RichText {
    let text = tidy(typed);
    let mut marks = Vec::new();
    let mut at = 0;
    let mut before = None;
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let found =
            if before.is_none_or(|b: char| !is_word(b) && b != '/' && b != '@') { token(rest) } else { None };
        match found {
            Some((len, kind)) => {
                marks.push(Mark { start: at as u32, end: (at + len) as u32, kind });
                at += len;
                before = Some('x');
            }
            None => {
                at += c.len_utf8();
                before = Some(c);
            }
        }
    }
    RichText::new(text, marks)
}

fn tidy(typed: &str) -> String {
    let unix = typed.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    let mut text = String::with_capacity(unix.len());
    let mut newlines = 0;
    for c in unix.trim().chars() {
        newlines = if c == '\n' { newlines + 1 } else { 0 };
        if newlines <= 2 {
            text.push(c);
        }
    }
    text
}

fn token(rest: &str) -> Option<(usize, MarkKind)> {
    match rest.chars().next()? {
        'h' | 'H' => link(rest),
        'n' => nostr_link(rest),
        '@' => mention(rest),
        '#' | '＃' => tag(rest),
        _ => None,
    }
}

fn link(rest: &str) -> Option<(usize, MarkKind)> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|s| rest.get(..s.len()).is_some_and(|r| r.eq_ignore_ascii_case(s)))?;
    let stop =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '“' | '”');
    let ends = |(at, c): &(usize, char)| stop(*c) || *at > MAX_LINK;
    let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
    let mut url = rest.get(..end).filter(|url| url.len() <= MAX_LINK)?;
    let surplus =
        |open: char, close: char| url.matches(close).count().saturating_sub(url.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    // Punctuation after a link belongs to the sentence; a closing bracket only if it was not opened inside.
    loop {
        let cut = match url.chars().last()? {
            '.' | ',' | ':' | ';' | '!' | '?' | '\'' | '*' => true,
            ')' if round > 0 => {
                round -= 1;
                true
            }
            ']' if square > 0 => {
                square -= 1;
                true
            }
            _ => false,
        };
        if !cut {
            break;
        }
        url = url.get(..url.len() - 1)?;
    }
    let parsed = url::Url::parse(url).ok()?;
    (url.len() > scheme.len() && parsed.host_str().is_some())
        .then(|| (url.len(), MarkKind::Link { url: parsed.to_string() }))
}

/// NIP-21: a person becomes a mention, anything else a link.
fn nostr_link(rest: &str) -> Option<(usize, MarkKind)> {
    let code = rest.strip_prefix("nostr:")?;
    let len = code.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(code.len());
    let code = code.get(..len)?;
    let person = code.starts_with("npub1") || code.starts_with("nprofile1");
    let thing = ["note1", "nevent1", "naddr1"].iter().any(|p| code.starts_with(p));
    let whole = format!("nostr:{code}");
    match (len > 20 && len < 2000, person, thing) {
        (true, true, _) => {
            Some((whole.len(), MarkKind::Mention { id: String::new(), acct: whole, url: String::new() }))
        }
        (true, _, true) => Some((whole.len(), MarkKind::Link { url: whole })),
        _ => None,
    }
}

fn mention(rest: &str) -> Option<(usize, MarkKind)> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let after = rest.get(1..)?;
    let name = trim_end(after.get(..after.find(|c| !word(c)).unwrap_or(after.len()))?);
    if name.is_empty() {
        return None;
    }
    let tail = after.get(name.len()..)?;
    let host = tail.strip_prefix('@').map_or("", |host| {
        let end = host.find(|c: char| !(word(c) || matches!(c, ':' | '[' | ']'))).unwrap_or(host.len());
        trim_end(host.get(..end).unwrap_or_default())
    });
    // Lower case may be longer or shorter: the length is that of what was typed.
    let (len, acct) = match host {
        "" => (1 + name.len(), name.to_owned()),
        host => (2 + name.len() + host.len(), format!("{name}@{}", host.to_lowercase())),
    };
    Some((len, MarkKind::Mention { id: String::new(), acct, url: String::new() }))
}

fn trim_end(word: &str) -> &str {
    word.trim_end_matches(['.', '-', ':'])
}

fn tag(rest: &str) -> Option<(usize, MarkKind)> {
    let hash = rest.chars().next()?.len_utf8();
    let after = rest.get(hash..)?;
    let name =
        after.get(..after.find(|c| !is_word(c) && c != '·' && c != '\u{200c}').unwrap_or(after.len()))?;
    // A number alone is no tag: "#1" is a place in a list.
    let tag = !name.is_empty()
        && name.chars().any(|c| !c.is_numeric() && c != '_')
        && name.chars().count() <= MAX_TAG;
    tag.then(|| (hash + name.len(), MarkKind::Tag { name: normal_tag(name) }))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_combining(c)
}

/// Vowel signs and other combining marks, without which tags in Indic scripts would break in the middle.
fn is_combining(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::super::MAX_MARKS;
    use super::*;

    fn marks(text: &str) -> Vec<(String, &'static str)> {
        let rich = compose(text);
        let kind = |m: &Mark| match m.kind {
            MarkKind::Mention { .. } => "mention",
            MarkKind::Link { .. } => "link",
            MarkKind::Tag { .. } => "tag",
            _ => "other",
        };
        rich.marks.iter().map(|m| (rich.of(m).to_owned(), kind(m))).collect()
    }

    #[test]
    fn what_is_found() {
        let got =
            marks("Hi @bob@example.org. See (https://example.org/a_(b)), #Rust #1 mail@example.org #हिन्दी!");
        let want = [
            ("@bob@example.org", "mention"),
            ("https://example.org/a_(b)", "link"),
            ("#Rust", "tag"),
            ("#हिन्दी", "tag"),
        ];
        assert_eq!(got, want.map(|(a, b)| (a.to_owned(), b)));
    }

    #[test]
    fn hosts_whose_lower_case_has_another_length() {
        // The Kelvin sign has three bytes, its lower case one; a dotted capital I grows.
        assert_eq!(marks("@a@\u{212a}.example, #x").len(), 2);
        assert_eq!(marks("@a@\u{130}.example #x")[0].0, "@a@\u{130}.example");
    }

    #[test]
    fn tags_have_one_form() {
        for (typed, normal) in
            [("#Rust", "rust"), ("\u{fe5f}x", "x"), ("##x", "x"), ("ﬁ", "fi"), ("\u{130}", "i\u{307}")]
        {
            assert_eq!(normal_tag(typed), normal, "{typed}");
            assert_eq!(normal_tag(normal), normal);
        }
    }

    #[test]
    fn hostile_sizes_are_bounded() {
        // Each of these took time that grew with the square of its length.
        assert!(marks(&format!("https://x.example/{}", ")".repeat(500_000))).is_empty());
        assert_eq!(marks(&format!("https://x.example/a{}", ")".repeat(1_000)))[0].0, "https://x.example/a");
        assert!(marks(&"https://^".repeat(50_000)).is_empty());
        assert_eq!(marks(&"#a ".repeat(100_000)).len(), MAX_MARKS);
    }

    #[test]
    fn local_and_port() {
        let got = marks("@alice, @bob@localhost:8840! https://x.example/@carol");
        assert_eq!(
            got.iter().map(|g| g.0.as_str()).collect::<Vec<_>>(),
            ["@alice", "@bob@localhost:8840", "https://x.example/@carol"]
        );
    }
}
