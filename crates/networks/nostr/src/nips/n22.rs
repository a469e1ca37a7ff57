//! Comments, kind 1111 (NIP-22): answers to whatever is not a kind 1 note.

use crate::event::{Event, Tag, TagsExt, first_value, kind};

/// Root and parent of a comment: event ids or addresses. A comment on a web address has neither.
pub fn read(tags: &[Tag]) -> super::n10::Thread {
    let of =
        |address: &str, event: &str| tags.value(address).or_else(|| tags.value(event)).map(str::to_owned);
    super::n10::Thread { root: of("A", "E"), parent: of("a", "e") }
}

/// The tags of a comment on `parent`, which was seen at `relay`. A comment on a comment keeps its root.
pub fn answer(parent: &Event, relay: &str) -> Vec<Tag> {
    let (id, author) = (parent.id.to_string(), parent.pubkey.to_string());
    let kind_text = parent.kind.to_string();
    let tag = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Tag>();
    let mut tags: Vec<Tag> = Vec::new();
    if parent.kind == kind::COMMENT {
        let root = |t: &&Tag| t.first().is_some_and(|n| matches!(n.as_str(), "A" | "E" | "I" | "K" | "P"));
        tags.extend(parent.tags.iter().filter(root).cloned());
    } else {
        if let Some(address) = parent.address() {
            tags.push(tag(&["A", &address, relay, &author]));
        }
        tags.push(tag(&["E", &id, relay, &author]));
        tags.push(tag(&["K", &kind_text]));
        tags.push(tag(&["P", &author]));
    }
    if let Some(address) = parent.address() {
        tags.push(tag(&["a", &address, relay, &author]));
    }
    tags.push(tag(&["e", &id, relay, &author]));
    tags.push(tag(&["k", &kind_text]));
    tags.push(tag(&["p", &author]));
    // Further people are told too.
    let others = parent.tags.named("p").filter(|t| first_value(t) != author).take(100);
    tags.extend(others.map(|t| tag(&["p", first_value(t)])));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn comment_on_an_article_and_on_that_comment() {
        let keys = Keys::generate();
        let sign = |kind, tags| keys.sign(Template { created_at: 1, kind, tags, content: String::new() });
        let article = sign(30_023, vec![vec!["d".into(), "x".into()]]);
        let comment = sign(1111, answer(&article, "wss://r"));
        let address = article.address().unwrap();
        assert_eq!(read(&comment.tags).parent.as_deref(), Some(address.as_str()));
        assert_eq!(comment.tags.value("K"), Some("30023"));
        let second = sign(1111, answer(&comment, "wss://r"));
        let thread = read(&second.tags);
        assert_eq!(thread.root, Some(address));
        assert_eq!(thread.parent, Some(comment.id.to_string()));
        assert_eq!((second.tags.value("k"), second.tags.value("K")), (Some("1111"), Some("30023")));
    }
}
