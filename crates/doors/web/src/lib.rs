//! Pages: everything that a member does, in a plain browser without JavaScript.
//!
//! One file per page in [`pages`], each opening with its route; handlers read a form, call the hub, and fill a
//! template of `templates/`. Every form carries a token ([`fields`]), every page a strict policy ([`frame`]), and
//! nothing is loaded from anywhere else.

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod assets;
mod card;
mod error;
mod fields;
mod frame;
mod html;
mod pages;
mod person;
mod visitor;
mod web;
mod words;

use axum::Router;
use landbridge_hub::Hub;

/// All pages, the stylesheet, and files from elsewhere under `/media/proxy`. Files of our own are served by
/// [`landbridge_media::router`], which belongs beside this.
pub fn router(hub: Hub) -> Router {
    pages::router().merge(assets::router()).with_state(web::Web::new(hub))
}
