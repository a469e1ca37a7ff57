//! Between records and the model.

pub mod acts_in;
mod embeds_in;
pub mod gates_in;
pub mod place;
pub mod posts_in;
pub mod profiles_in;
