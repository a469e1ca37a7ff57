//! Threads of kind 1 (NIP-10): read marked and positional, write marked.

use crate::event::{Event, Hex32, Tag, TagsExt, is_hex32};

/// Where a note stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    pub root: Option<String>,
    /// The note it answers.
    pub parent: Option<String>,
}

/// Reads the `e` tags of a note. Mentions (of old clients) are no parents.
pub fn read(tags: &[Tag]) -> Thread {
    if let Some(thread) = read_marked(tags) {
        return thread;
    }
    // Positional, deprecated: the first is the root, the last the parent.
    let plain: Vec<&String> =
        ids(tags).filter(|t| t.get(3).is_none_or(|m| m != "mention")).filter_map(|t| t.get(1)).collect();
    Thread { root: plain.first().map(|id| (*id).clone()), parent: plain.last().map(|id| (*id).clone()) }
}

/// Reads the marked `e` tags alone; `None` without any. Where threads are not of NIP-10, the others are citations.
pub fn read_marked(tags: &[Tag]) -> Option<Thread> {
    let marked = |mark: &str| {
        let tag = ids(tags).find(|t| t.get(3).is_some_and(|m| m == mark));
        tag.and_then(|t| t.get(1)).cloned()
    };
    let (root, reply) = (marked("root"), marked("reply"));
    let parent = reply.clone().or_else(|| root.clone())?;
    Some(Thread { root: root.or(reply), parent: Some(parent) })
}

fn ids(tags: &[Tag]) -> impl Iterator<Item = &Tag> {
    tags.named("e").filter(|t| t.get(1).is_some_and(|id| is_hex32(id)))
}

/// The tags of an answer to `parent`, which was seen at `relay`: one `root` tag when the parent starts the thread;
/// and everybody whom the parent named, with its author.
pub fn answer(parent: &Event, relay: &str, root_author: Option<Hex32>) -> Vec<Tag> {
    let e = |id: &str, mark: &str, author: Option<Hex32>| {
        let mut tag: Tag = vec!["e".into(), id.into(), relay.into(), mark.into()];
        tag.extend(author.map(|a| a.to_string()));
        tag
    };
    let id = parent.id.to_string();
    let mut tags = match read(&parent.tags).root {
        Some(root) if root != id => vec![e(&root, "root", root_author), e(&id, "reply", Some(parent.pubkey))],
        _ => vec![e(&id, "root", Some(parent.pubkey))],
    };
    let mut people = vec![parent.pubkey];
    people.extend(parent.tags.people().into_iter().filter(|p| *p != parent.pubkey).take(100));
    tags.extend(people.iter().map(|p| vec!["p".into(), p.to_string()]));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    fn id(n: u8) -> String {
        Hex32([n; 32]).to_string()
    }

    fn tags(list: &[&[&str]]) -> Vec<Tag> {
        list.iter().map(|t| t.iter().map(|v| v.to_string()).collect()).collect()
    }

    #[test]
    fn marked() {
        let (a, b) = (id(1), id(2));
        let both = tags(&[&["e", &b, "", "reply"], &["e", &a, "", "root"]]);
        assert_eq!(read(&both), Thread { root: Some(a.clone()), parent: Some(b.clone()) });
        assert_eq!(
            read(&tags(&[&["e", &a, "", "root"]])),
            Thread { root: Some(a.clone()), parent: Some(a.clone()) }
        );
        assert_eq!(read(&tags(&[&["e", &a, "", "mention"]])), Thread::default());
    }

    #[test]
    fn positional() {
        let (a, b, c) = (id(1), id(2), id(3));
        let three = tags(&[&["e", &a], &["e", &b], &["e", &c]]);
        assert_eq!(read(&three), Thread { root: Some(a.clone()), parent: Some(c) });
        assert_eq!(read(&tags(&[&["e", &a]])), Thread { root: Some(a.clone()), parent: Some(a) });
        assert_eq!(read(&tags(&[&["e", "short"]])), Thread::default());
    }

    #[test]
    fn written_and_read_alike() {
        let keys = Keys::generate();
        let sign = |tags| keys.sign(Template { created_at: 1, kind: 1, tags, content: String::new() });
        let first = sign(vec![]);
        let second = sign(answer(&first, "wss://r", None));
        let third = sign(answer(&second, "wss://r", Some(keys.public())));
        assert_eq!(second.tags.named("e").count(), 1);
        let (first, second) = (first.id.to_string(), second.id.to_string());
        assert_eq!(read(&third.tags), Thread { root: Some(first), parent: Some(second) });
        assert_eq!(third.tags.people(), [keys.public()]);
    }
}
