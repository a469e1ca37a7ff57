//! The text of a draft: its length, and whom it names.

use crate::{Hub, HubError};
use landbridge_model::{Actor, Mark, MarkKind, Mention, Post, RichText};

/// People named in one post, at most: more is a flood.
const MAX_MENTIONS: usize = 50;
/// A link counts so many characters, however long it is.
const LINK_LENGTH: usize = 23;

/// Counts as clients do: characters, a link as 23, of a mention only the name.
pub(super) fn check_length(text: &RichText, warning: Option<&str>, most: usize) -> Result<(), HubError> {
    let mut length = text.text.chars().count() + warning.map_or(0, |w| w.chars().count());
    for mark in &text.marks {
        let written = text.of(mark).chars().count();
        let counted = match &mark.kind {
            MarkKind::Link { .. } => LINK_LENGTH,
            MarkKind::Mention { .. } => {
                text.of(mark).split('@').nth(1).map_or(written, |name| name.chars().count() + 1)
            }
            _ => continue,
        };
        length = length.saturating_sub(written) + counted;
    }
    match length > most {
        true => {
            Err(HubError::Invalid(format!("a post has at most {most} characters; this one has {length}")))
        }
        false => Ok(()),
    }
}

impl Hub {
    /// Looks up everybody named in the text. Names that nobody answers to stay as plain words. The author of the post
    /// that is answered is always addressed, named or not.
    pub(super) async fn resolve_mentions(
        &self,
        author: &Actor,
        text: &mut RichText,
        parent: Option<&Post>,
    ) -> Result<Vec<Mention>, HubError> {
        let mut mentions: Vec<Mention> = Vec::new();
        let mut kept: Vec<Mark> = Vec::new();
        let mut looked_up = 0;
        for mut mark in std::mem::take(&mut text.marks) {
            if let MarkKind::Mention { acct, id, url } = &mut mark.kind {
                looked_up += 1;
                let found = if looked_up <= MAX_MENTIONS { self.find_actor(acct).await? } else { None };
                let Some(actor) = found else { continue };
                *acct = actor.acct();
                *url = self.profile_url(&actor);
                id.clear();
                if !mentions.iter().any(|m| m.actor == actor.id) {
                    mentions.push(Mention {
                        actor: actor.id,
                        acct: acct.clone(),
                        url: url.clone(),
                        silent: false,
                    });
                }
            }
            kept.push(mark);
        }
        text.marks = kept;
        if let Some(parent) =
            parent.filter(|p| p.author != author.id && !mentions.iter().any(|m| m.actor == p.author))
        {
            let actor = self.actor(parent.author).await?;
            let url = self.profile_url(&actor);
            mentions.push(Mention { actor: actor.id, acct: actor.acct(), url, silent: true });
        }
        Ok(mentions)
    }

    /// An actor's page for browsers: at their home, or here for members and for those whose network has no pages.
    pub fn profile_url(&self, actor: &Actor) -> String {
        match &actor.url {
            Some(url) if !actor.is_member() && url.starts_with("http") => url.clone(),
            _ => self.config().url(&format!("/@{}", actor.acct())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::richtext::compose;

    #[test]
    fn links_and_hosts_do_not_count_in_full() {
        let text = compose(&format!("@bob@example.org https://example.org/{} é", "x".repeat(500)));
        // "@bob" 4, space, link 23, space, "é" 1
        assert!(check_length(&text, None, 30).is_ok());
        assert!(check_length(&text, None, 29).is_err());
        assert!(check_length(&text, Some("w"), 30).is_err());
    }
}
