//! docs/entities/Quote, and what of a quote is said in the text for apps that do not know quotes.

use super::{Show, Status};
use landbridge_hub::PostView;
use landbridge_model::{MarkKind, Post, QuoteState, richtext::escape};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Quote<'a> {
    state: &'static str,
    quoted_status: Option<Box<Status<'a>>>,
}

/// `nested`: the post stands inside another one; its own quote is then named, not shown.
pub(super) fn quote<'a>(show: &Show<'_>, view: &'a PostView, nested: bool) -> Option<Quote<'a>> {
    let said = view.post.quote.as_ref()?.state;
    let shown = view.quote.as_deref().filter(|_| said == QuoteState::Accepted && !nested);
    let state = match said {
        QuoteState::Accepted if shown.is_some() || nested => "accepted",
        QuoteState::Accepted => "unauthorized",
        QuoteState::Pending => "pending",
        QuoteState::Rejected => "rejected",
        QuoteState::Revoked => "revoked",
        QuoteState::Deleted => "deleted",
    };
    Some(Quote { state, quoted_status: shown.map(|view| Box::new(Status::quoted(show, view))) })
}

/// A line that links to the quoted post, unless the text does so itself. Apps that show quotes hide that class.
pub(super) fn inline(view: &PostView) -> Option<String> {
    let quote = view.post.quote.as_ref()?;
    let url = match &view.quote {
        Some(quoted) => &quoted.url,
        None => &quote.native_id,
    };
    let web = url.starts_with("https://") || url.starts_with("http://");
    if !web || links_to(&view.post, url) || links_to(&view.post, &quote.native_id) {
        return None;
    }
    let url = escape(url);
    Some(format!(
        "<p class=\"quote-inline\">RE: <a href=\"{url}\" target=\"_blank\" rel=\"nofollow noopener noreferrer\">{url}</a></p>"
    ))
}

fn links_to(post: &Post, to: &str) -> bool {
    post.text.marks.iter().any(|m| matches!(&m.kind, MarkKind::Link { url } if url == to))
}
