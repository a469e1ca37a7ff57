//! What all handlers share.

use crate::{
    entities::{Account, Show, Status},
    error::ApiError,
    fresh::Fresh,
    page::{Answer, ends},
};
use http::Uri;
use landbridge_cache::Cache;
use landbridge_hub::{Hub, PostView, accounts::Grant};
use landbridge_model::{Actor, Id};
use std::{ops::Deref, sync::Arc};

/// The hub, and what is remembered between requests.
#[derive(Clone)]
pub(crate) struct Door(Arc<Shared>);

pub(crate) struct Shared {
    pub hub: Hub,
    /// Grants by token.
    pub grants: Fresh<String, Arc<Grant>>,
    /// Whole answers by reader, path and query.
    pub answers: Fresh<(Id, String), Answer>,
    /// Native ids of actors: they never change.
    pub uris: Cache<Id, Arc<str>>,
}

impl Door {
    pub fn new(hub: Hub) -> Door {
        let grants = Fresh::new(hub.store().clone(), 10_000);
        let answers = Fresh::new(hub.store().clone(), 500);
        Door(Arc::new(Shared { hub, grants, answers, uris: Cache::new(50_000) }))
    }

    /// The answer to this reader's request as it was given before, as long as it is true.
    pub async fn remembered(
        &self,
        reader: Option<Id>,
        uri: &Uri,
        make: impl Future<Output = Result<Answer, ApiError>>,
    ) -> Result<Answer, ApiError> {
        let key = (reader.unwrap_or_default(), uri.to_string());
        match self.answers.get(&key).await? {
            Ok(answer) => Ok(answer.asked_again()),
            Err(stamp) => {
                let answer = make.await?;
                self.answers.put(stamp, key, answer.clone());
                Ok(answer)
            }
        }
    }

    /// A page of posts that is paged by their ids.
    pub async fn statuses(
        &self,
        uri: &Uri,
        reader: Option<Id>,
        views: &[PostView],
    ) -> Result<Answer, ApiError> {
        self.statuses_by(uri, reader, views, ends(views, |v| v.post.id)).await
    }

    /// A page of posts that is paged by other ids (of likes, bookmarks).
    pub async fn keyed_statuses(
        &self,
        uri: &Uri,
        reader: Option<Id>,
        found: Vec<(Id, PostView)>,
    ) -> Result<Answer, ApiError> {
        let ends = ends(&found, |(id, _)| *id);
        let views: Vec<PostView> = found.into_iter().map(|(_, view)| view).collect();
        self.statuses_by(uri, reader, &views, ends).await
    }

    async fn statuses_by(
        &self,
        uri: &Uri,
        reader: Option<Id>,
        views: &[PostView],
        ends: Option<(Id, Id)>,
    ) -> Result<Answer, ApiError> {
        let show = Show::posts(self, reader, views).await?;
        let items: Vec<Status> = views.iter().map(|view| Status::new(&show, view)).collect();
        Ok(Answer::list(self.hub.config(), uri, &items, ends))
    }

    pub async fn status(&self, reader: Option<Id>, view: &PostView) -> Result<Answer, ApiError> {
        let show = Show::posts(self, reader, [view]).await?;
        Ok(Answer::one(&Status::new(&show, view)))
    }

    /// A page of people, each with the id to page by.
    pub async fn accounts(&self, uri: &Uri, found: &[(Id, Actor)]) -> Result<Answer, ApiError> {
        let show = Show::people(self, None, found.iter().map(|(_, actor)| actor)).await?;
        let items: Vec<Account> = found.iter().map(|(_, actor)| Account::new(&show, actor)).collect();
        Ok(Answer::list(self.hub.config(), uri, &items, ends(found, |(id, _)| *id)))
    }

    pub async fn account(&self, actor: &Actor) -> Result<Answer, ApiError> {
        let moved = match actor.moved_to {
            Some(to) => self.hub.actor(to).await.ok(),
            None => None,
        };
        let show = Show::people(self, None, [Some(actor), moved.as_ref()].into_iter().flatten()).await?;
        Ok(Answer::one(&Account::new(&show, actor).moved_to(&show, moved.as_ref())))
    }
}

impl Deref for Door {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
