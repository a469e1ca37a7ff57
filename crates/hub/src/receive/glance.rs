//! A post at first glance: who sent it and what is here of all that it names, in one trip to the store.

use super::{Halt, clean, surroundings::Nearby};
use crate::{Hub, InPost};
use landbridge_model::{Actor, Network};
use landbridge_store::{
    Query, Row,
    entities::{
        actors, awaited,
        copies::{self, CopyRow},
    },
};

/// What was asked about a post before anything else was done.
pub(super) struct Glance {
    /// The post itself is here already.
    pub known: Option<CopyRow>,
    /// Posts that call themselves copies of it: see [`awaited::copies_of`].
    pub claimed: Vec<Row>,
    /// Answers or quotes wait for it.
    pub waited_for: bool,
    pub nearby: Nearby,
}

impl Glance {
    fn questions(network: Network, post: &InPost) -> Vec<Query> {
        let mut questions = vec![
            copies::by_native(network, &post.native_id),
            awaited::copies_of(network, &post.native_id),
            awaited::waiting(network, &post.native_id),
        ];
        questions.extend(Nearby::questions(network, post));
        questions
    }

    fn read(post: &InPost, mut answers: impl Iterator<Item = Vec<Row>>) -> Result<Glance, Halt> {
        let mut next = || answers.next().unwrap_or_default();
        let known = next().into_iter().next().map(|mut row| CopyRow::read(&mut row)).transpose()?;
        let (claimed, waited_for) = (next(), !next().is_empty());
        Ok(Glance { known, claimed, waited_for, nearby: Nearby::read(post, answers)? })
    }
}

impl Hub {
    /// The sender and the glance; no glance when the sender is unknown, since much may change until they are fetched.
    pub(super) async fn glance(
        &self,
        network: Network,
        native: &str,
        post: &mut InPost,
    ) -> Result<(Option<Actor>, Option<Glance>), Halt> {
        clean::post(post)?;
        let mut questions = vec![actors::by_native(network, native)];
        questions.extend(Glance::questions(network, post));
        let mut answers = self.store().all(questions).await?.into_iter();
        let Some(row) = answers.next().and_then(|rows| rows.into_iter().next()) else {
            return Ok((None, None));
        };
        Ok((Some(self.read_actor(network, native, row)?), Some(Glance::read(post, answers)?)))
    }

    /// The glance alone.
    pub(super) async fn glance_at(&self, network: Network, post: &InPost) -> Result<Glance, Halt> {
        let answers = self.store().all(Glance::questions(network, post)).await?;
        Glance::read(post, answers.into_iter())
    }
}
