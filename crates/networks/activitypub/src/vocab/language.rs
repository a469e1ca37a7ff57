//! Text in languages: `content` and `contentMap`, `name` and `nameMap`, `summary` and `summaryMap`.

use super::Node;
use serde_json::Value;

/// One text and the language it is in, as far as said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Localized<'a> {
    pub text: Option<&'a str>,
    pub language: Option<&'a str>,
}

/// Reads `name` and its map: the map's language when it has exactly one entry or one that equals the plain text,
/// else the document's `@language`.
pub fn localized<'a>(node: Node<'a>, name: &str, map: &str) -> Localized<'a> {
    let plain = node.text(name);
    let entries = || {
        let members = node.get(map).and_then(|m| m.0.as_object()).into_iter().flatten().take(64);
        members.filter_map(|(language, text)| Some((language.as_str(), text.as_str()?)))
    };
    let same = entries().find(|(_, text)| Some(*text) == plain);
    let only = entries().next().filter(|_| entries().nth(1).is_none());
    let chosen = same.or(only).or_else(|| if plain.is_none() { entries().next() } else { None });
    let language = chosen.map(|(language, _)| language).or_else(|| context_language(node));
    Localized { text: plain.or(chosen.map(|(_, text)| text)), language: language.filter(|l| is_tag(l)) }
}

fn context_language<'a>(node: Node<'a>) -> Option<&'a str> {
    node.list("@context").find_map(|c| c.0.get("@language").and_then(Value::as_str))
}

/// Has the form of a BCP 47 tag and says something.
fn is_tag(language: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (2..=35).contains(&language.len()) && language.bytes().all(good) && language != "und"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(doc: Value) -> (Option<String>, Option<String>) {
        let got = localized(Node(&doc), "content", "contentMap");
        (got.text.map(str::to_owned), got.language.map(str::to_owned))
    }

    #[test]
    fn maps() {
        let own = |a: &str, b: &str| (Some(a.to_owned()), Some(b.to_owned()));
        assert_eq!(read(json!({"content": "x", "contentMap": {"de": "x"}})), own("x", "de"));
        assert_eq!(read(json!({"content": "x", "contentMap": {"de": "y", "hsb": "x"}})), own("x", "hsb"));
        assert_eq!(read(json!({"contentMap": {"ga": "y"}})), own("y", "ga"));
        assert_eq!(read(json!({"content": "x", "@context": ["a", {"@language": "en"}]})), own("x", "en"));
        assert_eq!(read(json!({"content": "x", "contentMap": {"und": "x"}})), (Some("x".into()), None));
        assert_eq!(read(json!({"content": "x", "contentMap": [3]})), (Some("x".into()), None));
    }
}
