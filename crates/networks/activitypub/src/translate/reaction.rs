//! `Like`, `EmojiReact` and `Dislike`: one reaction, said in three ways (FEP-c0e0).

use super::tags;
use crate::vocab::Node;
use landbridge_model::Emoji;

/// Content and picture of a reaction: empty for a like, `-` for a dislike, an emoji or `:shortcode:` otherwise.
pub fn reaction(activity: Node<'_>) -> (String, Option<Emoji>) {
    if activity.is("Dislike") {
        return ("-".into(), None);
    }
    let content =
        activity.text("content").or_else(|| activity.text("_misskey_reaction")).unwrap_or_default().trim();
    if let Some(code) = content.strip_prefix(':').and_then(|c| c.strip_suffix(':')) {
        let code = code.split('@').next().unwrap_or_default();
        let emoji = activity
            .list("tag")
            .filter(|t| t.is("Emoji"))
            .filter_map(tags::emoji)
            .find(|e| e.shortcode == code);
        // Without its picture a custom emoji says nothing; a like it is still.
        return emoji.map_or_else(Default::default, |emoji| (format!(":{}:", emoji.shortcode), Some(emoji)));
    }
    (Some(content).filter(|c| is_emoji(c)).unwrap_or_default().to_owned(), None)
}

/// Short, and no word: letters, spaces and control characters are none.
fn is_emoji(content: &str) -> bool {
    let plain =
        |c: char| c.is_alphabetic() || c.is_whitespace() || c.is_control() || c.is_ascii_punctuation();
    !content.is_empty()
        && content.len() <= 64
        && !content.chars().any(|c| plain(c) && !matches!(c, '#' | '*' | '\u{200d}'))
        && !content.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn three_ways() {
        let of = |doc: Value| reaction(Node(&doc));
        assert_eq!(of(json!({"type": "Like"})), (String::new(), None));
        assert_eq!(of(json!({"type": "Dislike"})).0, "-");
        assert_eq!(of(json!({"type": "EmojiReact", "content": "🐈"})).0, "🐈");
        assert_eq!(of(json!({"type": "Like", "_misskey_reaction": "👨‍👩‍👧"})).0, "👨‍👩‍👧");
        assert_eq!(of(json!({"type": "Like", "content": "<script>"})).0, "");
        let custom = json!({"type": "Like", "content": ":blob@.:", "tag": [
            {"type": "Emoji", "id": null, "name": ":blob:", "icon": {"type": "Image", "url": "https://a.example/b.png"}}
        ]});
        let (content, emoji) = of(custom);
        assert_eq!((content.as_str(), emoji.unwrap().url.as_str()), (":blob:", "https://a.example/b.png"));
        assert_eq!(of(json!({"type": "Like", "content": ":lost:"})), (String::new(), None));
    }
}
