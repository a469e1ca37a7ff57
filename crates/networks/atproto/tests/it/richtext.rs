//! Facets and long texts.

use landbridge_atproto::{
    data::{Map, Value},
    richtext::*,
    syntax::Did,
};
use landbridge_model::{Mark, MarkKind, RichText, richtext::compose};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

const DID: &str = "did:plc:7iza6de2dwap2sbkpav7c6c6";

fn facet(start: i64, end: i64, features: Vec<Map>) -> Map {
    Map::new()
        .with("index", Map::new().with("byteStart", start).with("byteEnd", end))
        .with("features", features)
}

fn link(uri: &str) -> Map {
    Map::new().with("$type", "app.bsky.richtext.facet#link").with("uri", uri)
}

fn kinds(rich: &RichText) -> Vec<(&str, String)> {
    rich.marks.iter().map(|mark| (rich.of(mark), format!("{:?}", mark.kind))).collect()
}

#[test]
fn facets_of_marks_and_back() {
    let text = "Grüße @bob #WritersLife https://example.com/ü 👩‍👩‍👦‍👦 @carol@example.org";
    let mut rich = compose(text);
    for mark in &mut rich.marks {
        if let MarkKind::Mention { id, acct, url } = &mut mark.kind {
            (*id, *url) = match acct.as_str() {
                "bob" => (DID.into(), String::new()),
                other => (format!("https://example.org/{other}"), format!("https://example.org/@{other}")),
            };
        }
    }
    let facets = to_facets(&rich);
    let found: Vec<_> = facets.iter().map(|f| (&rich.text[f.start..f.end], f.feature.clone())).collect();
    assert_eq!(
        found,
        [
            ("@bob", Feature::Mention(Did::parse(DID).unwrap())),
            ("#WritersLife", Feature::Tag("WritersLife".into())),
            ("https://example.com/ü", Feature::Link("https://example.com/%C3%BC".into())),
            ("@carol@example.org", Feature::Link("https://example.org/@carol@example.org".into())),
        ]
    );
    let data = Value::from(facets.iter().map(Facet::to_map).collect::<Vec<_>>());
    assert_eq!(Facet::read_all(&rich.text, &data), Ok(facets.clone()));
    assert_eq!(to_facets(&from_facets(&rich.text, Some(&data))), facets);
}

#[test]
fn malformed_facets() {
    let text = "aé 👩‍👩‍👦‍👦 z";
    let all = |facets: Vec<Map>| Facet::read_all(text, &Value::from(facets));
    let one = |start, end| all(vec![facet(start, end, vec![link("https://x.example")])]);
    assert!(one(0, text.len() as i64).is_ok());
    for (start, end, error) in [
        (0, text.len() as i64 + 1, FacetError::Range),
        (0, i64::MAX, FacetError::Range),
        (-1, 1, FacetError::Range),
        (1, 1, FacetError::Range),
        (3, 1, FacetError::Range),
        (2, 4, FacetError::InsideCharacter),
        (0, 2, FacetError::InsideCharacter),
        (5, 9, FacetError::InsideCharacter),
    ] {
        assert_eq!(one(start, end), Err(error), "{start}..{end}");
        let data = Value::from(vec![facet(start, end, vec![link("https://x.example")])]);
        assert!(from_facets(text, Some(&data)).marks.is_empty());
    }
    let overlapping =
        vec![facet(0, 3, vec![link("https://x.example")]), facet(1, 4, vec![link("https://y.example")])];
    assert_eq!(all(overlapping.clone()), Err(FacetError::Overlap));
    let rich = from_facets(text, Some(&overlapping.into()));
    assert_eq!(kinds(&rich).len(), 1);
    assert_eq!(all(vec![Map::new()]), Err(FacetError::Shape));
    assert_eq!(Facet::read_all(text, &Value::Null), Err(FacetError::Shape));
    assert_eq!(all(vec![facet(0, 1, vec![]); 1001]), Err(FacetError::TooMany));
    // Features that lead nowhere good, or that are not known, are left out.
    let odd = vec![
        link("javascript:alert(1)"),
        link("not a url"),
        Map::new().with("$type", "app.bsky.richtext.facet#mention").with("did", "bob"),
        Map::new().with("$type", "app.bsky.richtext.facet#tag").with("tag", "x".repeat(65)),
        Map::new().with("$type", "app.bsky.richtext.facet#tag").with("tag", "#"),
        Map::new().with("$type", "blue.moji.richtext.facet"),
    ];
    assert_eq!(all(vec![facet(0, 1, odd.clone())]), Ok(vec![]));
    let good = [odd, vec![link("https://x.example")]].concat();
    assert_eq!(all(vec![facet(0, 1, good)]).unwrap().len(), 1);
}

#[test]
fn long_texts_are_cut_between_words() {
    let limits = TextLimits { graphemes: 20, bytes: 200 };
    let texts = |text: &str| -> Vec<String> {
        let pieces = split(&RichText::plain(text), limits);
        assert!(pieces.iter().all(|p| fits(&p.text, limits)));
        pieces.into_iter().map(|p| p.text).collect()
    };
    assert_eq!(texts("short"), ["short"]);
    assert_eq!(texts("one two three four five six"), ["one two three four", "five six"]);
    assert_eq!(texts("exactly twenty chars and more"), ["exactly twenty chars", "and more"]);
    assert_eq!(texts(&"x".repeat(45)), ["x".repeat(20), "x".repeat(20), "x".repeat(5)]);
    assert_eq!(
        texts("日本語の文章は空白なしで書かれるので語の境で切る").concat(),
        "日本語の文章は空白なしで書かれるので語の境で切る"
    );
    // A family is one character to its reader.
    let family = "👩‍👩‍👦‍👦";
    assert_eq!(texts(&family.repeat(9)), [family.repeat(8), family.to_owned()], "25 bytes each");
    // One grapheme longer than a post.
    let zalgo = format!("a{}", "\u{301}".repeat(300));
    assert_eq!(texts(&zalgo).concat(), zalgo);
    assert!(texts(" \n ").is_empty());

    let rich = compose("see #averylongtaghere and https://example.com/averylongpath");
    let pieces = split(&rich, limits);
    assert_eq!(pieces[0].text, "see");
    assert_eq!(kinds(&pieces[1]).len(), 1, "{pieces:?}");
    let links: Vec<_> =
        pieces.iter().flat_map(|p| &p.marks).filter(|m| matches!(m.kind, MarkKind::Link { .. })).collect();
    assert!(!links.is_empty());
    for piece in &pieces {
        assert!(piece.marks.iter().all(|m| m.end as usize <= piece.text.len()));
    }
    let short = cut(&rich, limits, "…");
    assert!(fits(&short.text, limits) && short.text.ends_with('…'), "{}", short.text);
    assert_eq!(cut(&RichText::plain("short"), limits, "…").text, "short");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Every piece is short enough, nothing but white space is lost, and facets of pieces are good.
    #[test]
    fn any_text(parts in prop::collection::vec("(\\PC{0,12}|[a-z ]{0,30}|#[a-z]{1,9}|https://[a-z]{1,30}\\.example|👩‍👩‍👦‍👦|e\u{301}+|\n\n)", 0..40), graphemes in 1..60usize, bytes in 8..200usize) {
        let rich = compose(&parts.join(" "));
        let limits = TextLimits { graphemes, bytes };
        let pieces = split(&rich, limits);
        let mut kept = String::new();
        for piece in &pieces {
            prop_assert!(piece.text.len() <= bytes && piece.text.graphemes(true).count() <= graphemes, "{:?}", piece.text);
            prop_assert!(!piece.is_empty());
            kept.extend(piece.text.chars().filter(|c| !c.is_whitespace()));
            let data = Value::from(to_facets(piece).iter().map(Facet::to_map).collect::<Vec<_>>());
            prop_assert!(Facet::read_all(&piece.text, &data).is_ok());
        }
        prop_assert_eq!(kept, rich.text.chars().filter(|c| !c.is_whitespace()).collect::<String>());
        let short = cut(&rich, TextLimits { graphemes: graphemes + 1, bytes: bytes + 3 }, "…");
        let room = TextLimits { graphemes: graphemes + 1, bytes: bytes + 3 };
        prop_assert!(fits(&short.text, room));
    }

    #[test]
    fn any_facets(text in any::<String>(), places in prop::collection::vec((any::<i8>(), any::<i8>()), 0..10)) {
        let facets: Vec<_> = places.iter().map(|(a, b)| facet((*a).into(), (*b).into(), vec![link("https://x.example")])).collect();
        let data = Value::from(facets);
        let rich = from_facets(&text, Some(&data));
        prop_assert_eq!(&RichText::new(rich.text.clone(), rich.marks.clone()), &rich);
        if let Ok(read) = Facet::read_all(&text, &data) {
            prop_assert_eq!(to_facets(&rich).len(), read.len());
        }
        let _: Vec<Mark> = rich.marks;
    }
}
