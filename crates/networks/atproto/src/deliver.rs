//! What is in a member's repository is delivered by being there: relays and servers read it. The delivery record says so.

use crate::network::AtProto;
use landbridge_hub::{Delivery, Outcome};

/// The word of an edit in the delivery record.
const EDIT: &str = "edit";

pub async fn deliver(at: &AtProto, delivery: &Delivery) -> Outcome {
    if delivery.bytes.is_empty() && delivery.act == EDIT {
        let why =
            "readers on AT Protocol keep the first version: an edit there would cut off its likes and quotes";
        return Outcome::Refused { why: why.into() };
    }
    at.news.send_replace(());
    Outcome::Delivered { answer: "in the repository, for everybody to read".into() }
}
