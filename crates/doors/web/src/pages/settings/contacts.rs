//! `/settings/contacts`: a member's rules for whoever comes for the first time, and the vacation switch.

use super::signed;
use crate::{
    fields::Fields,
    frame::{Frame, page},
    pages::Answer,
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use landbridge_hub::gate::{Outcome, Rules};

#[derive(Template)]
#[template(path = "settings/contacts.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    rules: Vec<Row>,
    new_days: u32,
    asks: bool,
    vacation: bool,
    young: bool,
}

/// One rule, with its choices: key, words, whether chosen.
struct Row {
    name: &'static str,
    words: &'static str,
    choices: Vec<(&'static str, &'static str, bool)>,
}

const OUTCOMES: [(Outcome, &str); 3] =
    [(Outcome::Accept, "Accept"), (Outcome::Hold, "Ask me first"), (Outcome::Drop, "Turn away")];

fn named(rules: &mut Rules) -> [(&'static str, &'static str, &mut Outcome); 6] {
    [
        ("private", "Private messages", &mut rules.private),
        ("new", "People whom this server has not known for long", &mut rules.new),
        ("limited", "People from places that the operator has limited", &mut rules.limited),
        ("link_or_media", "A link or a file in the first text", &mut rules.link_or_media),
        ("not_followed", "Anybody whom I do not follow", &mut rules.not_followed),
        ("not_follower", "Anybody who does not follow me", &mut rules.not_follower),
    ]
}

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    let (mut rules, young) = web.hub.contact_rules(signed.id()).await?;
    let rows = named(&mut rules).map(|(name, words, outcome)| Row {
        name,
        words,
        choices: OUTCOMES.map(|(choice, words)| (choice.key(), words, choice == *outcome)).to_vec(),
    });
    let shown = Page {
        frame: Frame::new(&web, &signed.visitor, "settings", "First contacts").await?,
        tab: "contacts",
        rules: rows.into_iter().collect(),
        new_days: rules.new_days,
        asks: rules.follows != Outcome::Accept,
        vacation: rules.vacation,
        young,
    };
    page(&web, &signed.visitor, &shown)
}

pub async fn save(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    let (mut rules, _) = web.hub.contact_rules(signed.id()).await?;
    for (name, _, outcome) in named(&mut rules) {
        *outcome = Outcome::from_key(fields.get(name)).unwrap_or(*outcome);
    }
    rules.new_days = fields.get("new_days").parse().unwrap_or(rules.new_days);
    rules.follows = if fields.has("asks") { Outcome::Hold } else { Outcome::Accept };
    rules.vacation = fields.has("vacation");
    web.hub.set_contact_rules(signed.id(), rules).await?;
    Ok(Redirect::to("/settings/contacts?done=saved").into_response())
}
