//! `/settings/posting`: what new posts are like unless said otherwise, and how warnings are shown.

use super::signed;
use crate::{
    fields::Fields,
    frame::{Frame, page},
    pages::Answer,
    visitor::Signed,
    web::Web,
    words,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use landbridge_hub::accounts::Settings;
use landbridge_model::{Audience, Visibility};

/// Key, words, whether chosen.
type Choices = Vec<(&'static str, &'static str, bool)>;

#[derive(Template)]
#[template(path = "settings/posting.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    visibilities: Choices,
    quotes: Choices,
    language: String,
    sensitive: bool,
    expand: bool,
}

const QUOTES: [(Audience, &str, &str); 4] = [
    (Audience::Everyone, "everyone", "Everyone"),
    (Audience::Followers, "followers", "My followers"),
    (Audience::Following, "following", "Those whom I follow"),
    (Audience::Nobody, "nobody", "Nobody"),
];

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    let settings = signed.member.settings.clone();
    let visibilities = [Visibility::Public, Visibility::Unlisted, Visibility::Followers, Visibility::Direct];
    let shown = Page {
        frame: Frame::new(&web, &signed.visitor, "settings", "Posting").await?,
        tab: "posting",
        visibilities: visibilities
            .map(|v| (words::visibility_key(v), words::visibility(v), v == settings.visibility))
            .to_vec(),
        quotes: QUOTES.map(|(audience, key, words)| (key, words, audience == settings.quote_policy)).to_vec(),
        language: settings.language,
        sensitive: settings.sensitive,
        expand: settings.expand_warnings,
    };
    page(&web, &signed.visitor, &shown)
}

pub async fn save(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    let old = signed.member.settings.clone();
    let language = fields.get("language");
    let is_tag = language.len() <= 35 && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let settings = Settings {
        visibility: words::visibility_from(fields.get("visibility")).unwrap_or(old.visibility),
        quote_policy: QUOTES.iter().find(|q| q.1 == fields.get("quotes")).map_or(old.quote_policy, |q| q.0),
        language: if is_tag { language.to_owned() } else { old.language.clone() },
        sensitive: fields.has("sensitive"),
        expand_warnings: fields.has("expand"),
        ..old
    };
    web.hub.set_settings(signed.id(), settings).await?;
    Ok(Redirect::to("/settings/posting?done=saved").into_response())
}
