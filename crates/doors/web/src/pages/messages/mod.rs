//! `/messages`: private conversations: the list, one conversation, a new message. Who can read it stands before each text
//! field.

mod delete;
mod list;
mod one;
mod write;

use crate::web::Web;
use axum::{
    Router,
    routing::{get, post},
};
use landbridge_hub::messages::Conversation;
use landbridge_model::Network;

pub fn router() -> Router<Web> {
    Router::new()
        .route("/messages", get(list::show))
        .route("/messages/{id}", get(one::show).post(one::answer))
        .route("/messages/{id}/delete", get(delete::show).post(delete::delete))
        .route("/messages/to/{person}", get(write::show))
        .route("/messages/to/{person}/send", post(write::send))
}

/// By which network, and who can read it.
pub struct Label {
    pub key: &'static str,
    pub network: &'static str,
    pub secrecy: &'static str,
    pub words: String,
}

impl Label {
    pub fn new(network: Option<Network>, label: &landbridge_hub::messages::Label) -> Label {
        Label {
            key: network.map_or("", Network::key),
            network: network.map_or("This server", Network::label),
            secrecy: label.secrecy.key(),
            words: label.words(),
        }
    }

    fn of(conversation: &Conversation) -> Label {
        Label::new(conversation.network, &conversation.label)
    }
}

/// Names of the people in a conversation.
fn names(conversation: &Conversation) -> String {
    let names: Vec<&str> = conversation.people.iter().map(|actor| actor.shown_name()).collect();
    if names.is_empty() { "Notes to yourself".to_owned() } else { names.join(", ") }
}
