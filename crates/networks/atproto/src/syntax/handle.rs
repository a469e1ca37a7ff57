//! Handles: domain names as names of people (<https://atproto.com/specs/handle>).

use super::{SyntaxError, checked_string, is_label};

/// A handle in its normal form, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(Box<str>);

checked_string!(Handle);

impl Handle {
    /// Shown in place of a handle that could not be proved.
    pub const INVALID: &'static str = "handle.invalid";

    /// Longest handle, in bytes.
    const LONGEST: usize = 253;

    /// Two or more labels; the last does not begin with a digit. Capitals become small letters.
    pub fn parse(text: &str) -> Result<Handle, SyntaxError> {
        let no = |why| Err(SyntaxError { kind: "handle", why });
        if text.len() > Self::LONGEST {
            return no("longer than 253 characters");
        }
        let Some((_, last)) = text.rsplit_once('.') else { return no("a single label") };
        if !text.split('.').all(is_label) {
            return no("a label is not 1 to 63 letters, digits and inner hyphens");
        }
        if !last.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return no("the last label does not begin with a letter");
        }
        Ok(Handle(text.to_ascii_lowercase().into()))
    }

    /// Whether the last label is one that can never be resolved in public, so that no such handle may be given to
    /// anyone ("Handle: additional non-syntax restrictions"). `.test` is allowed only in trials.
    pub fn is_disallowed_domain(&self, trial: bool) -> bool {
        let last = self.0.rsplit('.').next().unwrap_or_default();
        match last {
            "alt" | "arpa" | "example" | "internal" | "invalid" | "local" | "localhost" | "onion" => true,
            "test" => !trial,
            _ => false,
        }
    }
}
