//! Text with marks to the plain text of events: people as `nostr:` codes (NIP-27), no Markdown, bare links.

use landbridge_model::{MarkKind, RichText};

/// Writes the text. `person`: the `nostr:` code of a mention (by its mark), when the person is on Nostr.
pub fn write(rich: &RichText, person: &dyn Fn(&MarkKind) -> Option<String>) -> String {
    let mut out = String::with_capacity(rich.text.len() + 64);
    let mut at = 0;
    for mark in &rich.marks {
        let (start, end) = (mark.start as usize, mark.end as usize);
        if start < at {
            continue;
        }
        let text = rich.of(mark);
        let written = match &mark.kind {
            MarkKind::Mention { .. } => person(&mark.kind),
            MarkKind::Link { url } if !same_link(text, url) => Some(format!("{text} ({url})")),
            _ => None,
        };
        // Only what is written otherwise ends the run of plain text: marks inside others need no care then.
        if let Some(written) = written {
            out.push_str(rich.text.get(at..start).unwrap_or_default());
            out.push_str(&written);
            at = end;
        }
    }
    out.push_str(rich.text.get(at..).unwrap_or_default());
    out
}

/// The text of a link already says its address.
fn same_link(text: &str, url: &str) -> bool {
    let bare = |text: &str| text.trim_end_matches('/').to_owned();
    // What was typed may be spelled otherwise: letters that an address writes as `%C3%A9`, a host in capitals.
    bare(text) == bare(url) || url::Url::parse(text).is_ok_and(|typed| bare(typed.as_str()) == bare(url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::Mark;

    #[test]
    fn mentions_and_hidden_links() {
        let mention =
            |acct: &str| MarkKind::Mention { id: acct.into(), acct: acct.into(), url: String::new() };
        let marks = vec![
            Mark { start: 3, end: 7, kind: mention("bob") },
            Mark { start: 8, end: 12, kind: mention("eve") },
            Mark { start: 13, end: 17, kind: MarkKind::Link { url: "https://x.example/".into() } },
            Mark { start: 18, end: 22, kind: MarkKind::Strong },
        ];
        let rich = RichText::new("Hi @bob @eve here bold".into(), marks);
        let code = |kind: &MarkKind| match kind {
            MarkKind::Mention { id, .. } if id == "bob" => Some("nostr:npub1bob".to_owned()),
            _ => None,
        };
        assert_eq!(write(&rich, &code), "Hi nostr:npub1bob @eve here (https://x.example/) bold");
    }
}
