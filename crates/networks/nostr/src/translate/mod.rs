//! Between events and the model. Pure: names and originals that are needed are looked up before.

pub mod post_in;
pub mod post_out;
pub mod profile;
pub mod text_in;
pub mod text_out;

/// What does not survive a way out to Nostr and back in, and why. A property test holds that nothing else is lost.
pub const LOST: &[(&str, &str)] = &[
    ("visibility", "events are public; only public posts go out"),
    ("marks of emphasis, code, quote, heading and list", "notes are plain text"),
    ("text of a link that differs from its address", "written behind the text, in brackets"),
    ("region and script of a language", "labels have ISO 639 codes"),
    ("reply and quote policies", "Nostr has none"),
    ("focal point, preview and seconds of media", "imeta has no common field for them"),
    ("line breaks in alternative texts", "a tag's field is one line"),
    ("sensitive marks of single files", "content-warning is about the whole event"),
    ("name of the app", "not told, for privacy"),
    ("milliseconds", "events count seconds"),
    ("hidden poll totals, voters", "NIP-88 has none"),
];
