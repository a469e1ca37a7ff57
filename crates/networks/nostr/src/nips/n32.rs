//! Languages as labels (NIP-32): ISO-639-1 where there is a code, else ISO-639-3, so that small languages survive.

use crate::event::{Tag, TagsExt};

/// The `L` and `l` tags of BCP 47 languages. Region and script are dropped: labels have none.
pub fn write(languages: &[String]) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    for language in languages {
        let code = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let namespace = match code.len() {
            2 => "ISO-639-1",
            3 => "ISO-639-3",
            _ => continue,
        };
        let space: Tag = vec!["L".into(), namespace.into()];
        if !tags.contains(&space) {
            tags.push(space);
        }
        tags.push(vec!["l".into(), code, namespace.into()]);
    }
    tags
}

/// BCP 47 languages of an event.
pub fn read(tags: &[Tag]) -> Vec<String> {
    let code = |tag: &Tag| match tag.as_slice() {
        [_, code, namespace, ..] if namespace == "ISO-639-1" && code.len() == 2 => {
            Some(code.to_ascii_lowercase())
        }
        [_, code, namespace, ..] if namespace == "ISO-639-3" && code.len() == 3 => {
            Some(code.to_ascii_lowercase())
        }
        _ => None,
    };
    let mut languages: Vec<String> = tags
        .named("l")
        .filter_map(code)
        .filter(|c| c.bytes().all(|b| b.is_ascii_lowercase()))
        .take(5)
        .collect();
    languages.dedup();
    languages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_languages_survive() {
        let written = write(&["en-GB".into(), "hsb".into(), "".into()]);
        assert_eq!(read(&written), ["en", "hsb"]);
        assert_eq!(written.len(), 4);
        assert!(read(&[vec!["l".into(), "spam".into(), "ugc".into()]]).is_empty());
    }
}
