//! Quotes that come from elsewhere: whether they count, and whose leave they show.

use super::scene::Scene;
use super::support::{draft, on_both};
use landbridge_model::{Network, QuoteState};

on_both!(an_older_quote_of_a_neighbour_needs_no_leave,);

impl Scene {
    /// What has become of the quote in a post of Mallory's.
    async fn quote_in(&self, id: &str) -> QuoteState {
        let id = format!("{}/{id}", self.m.origin);
        let copy = self.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
        self.a.hub.post(copy.object).await.unwrap().quote.unwrap().state
    }
}

async fn an_older_quote_of_a_neighbour_needs_no_leave() {
    let s = Scene::new().await;
    let bob = s.m.member("bob").await;
    let post = s.m.publish(draft(&bob, "quote me")).await;
    let quoted = format!("{}/users/bob/statuses/{}", s.m.origin, post.id);
    let mut older = s.create("1");
    older["object"]["_misskey_quote"] = quoted.as_str().into();
    assert_eq!(s.send(&older).await, 202);
    assert_eq!(s.quote_in("1").await, QuoteState::Accepted);
    let mut newer = s.create("2");
    newer["object"]["quote"] = quoted.into();
    assert_eq!(s.send(&newer).await, 202);
    assert_eq!(s.quote_in("2").await, QuoteState::Pending, "this way knows of leave, and shows none");
}
