//! Private messages (NIP-17): kinds 14 and 15, as rumors.

use super::{n19::Pointer, n59::Rumor};
use crate::{
    event::{Hex32, Tag, TagsExt, Template, is_hex32, kind},
    translate::{
        post_out::{Outgoing, Person},
        text_in::{self, Reading},
        text_out,
    },
};
use landbridge_hub::InPost;
use landbridge_model::{MarkKind, Post, RichText, Time, Visibility, richtext::compose};

/// People in one conversation, beside its author: the NIP thinks of ten.
pub const MOST_PEOPLE: usize = 20;

/// The rumor's content and tags of a message to these people. `parent`: id of the message that it answers.
pub fn write(post: &Post, parent: Option<&str>, outgoing: &Outgoing) -> Template {
    let mut tags: Vec<Tag> = outgoing
        .people
        .iter()
        .map(|person| {
            let mut tag = vec!["p".to_owned(), person.key.to_string()];
            tag.extend(person.relays.first().cloned());
            tag
        })
        .collect();
    tags.extend(parent.map(|id| vec!["e".into(), id.into()]));
    tags.extend(
        post.title.as_ref().filter(|t| !t.is_empty()).map(|title| vec!["subject".into(), title.clone()]),
    );
    match &post.warning {
        Some(warning) if !warning.is_empty() => tags.push(vec!["content-warning".into(), warning.clone()]),
        _ if post.sensitive => tags.push(vec!["content-warning".into()]),
        _ => {}
    }
    let code = |mark: &MarkKind| {
        let MarkKind::Mention { id, acct, .. } = mark else { return None };
        let person = outgoing.people.iter().find(|p| is_named(p, id, acct))?;
        Some(format!("nostr:{}", Pointer::Profile { key: person.key, relays: Vec::new() }.code()?))
    };
    let mut content = text_out::write(&without_address(&post.text, &outgoing.people), &code);
    for (_, url) in &outgoing.media {
        if !content.is_empty() {
            content.push('\n');
        }
        content.push_str(url);
    }
    Template { created_at: post.created_at.secs(), kind: kind::CHAT_MESSAGE, tags, content }
}

fn is_named(person: &Person, id: &str, acct: &str) -> bool {
    person.named.iter().any(|name| name == id || name == acct)
}

/// The text without the names that it begins with: whom it is for, the tags say.
fn without_address(text: &RichText, people: &[Person]) -> RichText {
    text.without_lead(&|kind| {
        let MarkKind::Mention { id, acct, .. } = kind else { return false };
        people.iter().any(|person| is_named(person, id, acct))
    })
}

/// Everybody whom a message names, without its author.
pub fn people(rumor: &Rumor) -> Vec<Hex32> {
    rumor.tags.people().into_iter().filter(|key| *key != rumor.pubkey).collect()
}

/// The message that it answers.
pub fn parent(rumor: &Rumor) -> Option<&str> {
    rumor.tags.values("e").filter(|id| is_hex32(id)).last()
}

/// The post of a message; `None` for other kinds. Its parent is left to whoever knows which messages are here: to ask
/// relays for one would tell them of it.
pub fn read(rumor: &Rumor, name: &dyn Fn(&Hex32) -> String) -> Option<InPost> {
    let text = match rumor.kind {
        kind::CHAT_MESSAGE => {
            let content = rumor.content.replace('\0', "");
            text_in::read(&content, &Reading { name, media: &[], quoted: None }).0
        }
        kind::FILE_MESSAGE => compose(&file(rumor)),
        _ => return None,
    };
    let warned = rumor.tags.named("content-warning").next();
    Some(InPost {
        native_id: rumor.id.to_string(),
        author: rumor.pubkey.to_string(),
        published: Time::from_secs(rumor.created_at),
        visibility: Some(Visibility::Direct),
        addressed: people(rumor).iter().map(Hex32::to_string).collect(),
        title: rumor
            .tags
            .value("subject")
            .filter(|t| !t.trim().is_empty())
            .map(|t| t.chars().take(300).collect()),
        text,
        warning: warned.and_then(|tag| tag.get(1)).filter(|w| !w.trim().is_empty()).cloned(),
        sensitive: warned.is_some(),
        quote_free: true,
        ..InPost::default()
    })
}

/// What is said of an encrypted file: it is not opened here.
fn file(rumor: &Rumor) -> String {
    let mime: String = rumor
        .tags
        .value("file-type")
        .unwrap_or("unknown")
        .chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect();
    let alt = rumor.tags.value("alt").map(|alt| format!("{}\n", alt.chars().take(1_000).collect::<String>()));
    let url = rumor.content.replace('\0', "");
    format!("{}Encrypted file ({mime}), to be opened with a Nostr app: {url}", alt.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;

    fn rumor(kind: u16, tags: &[&[&str]], content: &str) -> Rumor {
        let tags = tags.iter().map(|tag| tag.iter().map(|v| v.to_string()).collect()).collect();
        Rumor::of(Template { created_at: 1, kind, tags, content: content.into() }, &Keys::generate().public())
    }

    #[test]
    fn a_message_is_private_and_names_its_room() {
        let (bob, eve) = (Keys::generate().public().to_string(), Keys::generate().public().to_string());
        let rumor = rumor(14, &[&["p", &bob], &["p", &eve], &["subject", "Tea"]], "at five\0?");
        let post = read(&rumor, &|key| key.to_string()).unwrap();
        assert_eq!(post.visibility, Some(Visibility::Direct));
        assert_eq!(post.addressed, [bob, eve]);
        assert_eq!((post.title.as_deref(), post.text.text.as_str()), (Some("Tea"), "at five?"));
        assert_eq!(post.reply_to, None);
    }

    #[test]
    fn a_file_says_that_it_is_one() {
        let rumor = rumor(15, &[&["file-type", "image/png"], &["alt", "a cat"]], "https://f.example/x");
        let post = read(&rumor, &|key| key.to_string()).unwrap();
        assert!(post.text.text.starts_with("a cat\nEncrypted file (image/png)"), "{}", post.text.text);
        assert!(post.media.is_empty());
        assert!(read(&Rumor { kind: 1, ..rumor }, &|key| key.to_string()).is_none());
    }

    #[test]
    fn names_at_the_start_are_the_address() {
        let person = |acct: &str| Person {
            key: Keys::generate().public(),
            relays: Vec::new(),
            named: vec![acct.to_owned()],
        };
        let mut text = compose("@bob@x.example @eve@x.example hello @bob@x.example #tea");
        let people = [person("bob@x.example"), person("eve@x.example")];
        let rest = without_address(&text, &people);
        assert_eq!(rest.text, "hello @bob@x.example #tea");
        assert_eq!(rest.marks.len(), 2);
        assert_eq!(rest.of(&rest.marks[1]), "#tea");
        text = compose("hello @bob@x.example");
        assert_eq!(without_address(&text, &people).text, text.text);
    }
}
