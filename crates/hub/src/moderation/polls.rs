//! Polls whose end has come.

use crate::{Event, EventKind, Hub, HubError, reading::NotificationKind, spread::Reached};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Write,
    entities::{polls, votes},
};

const BATCH: i64 = 100;

impl Hub {
    /// Closes polls whose end has come: whoever voted is told, and the networks hear the final counts of ours.
    pub async fn close_polls(&self) -> Result<(), HubError> {
        for mut row in self.store().rows(polls::due(Time::now(), BATCH)).await? {
            let post: Id = row.get(0)?;
            match self.close_poll(post).await {
                // Another node has closed it.
                Err(HubError::Conflict(_)) | Ok(()) => {}
                Err(HubError::NotFound | HubError::Damaged(_)) => {
                    self.store().write(polls::close(post)).await?;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    async fn close_poll(&self, id: Id) -> Result<(), HubError> {
        let post = self.post(id).await?;
        let mut voters = Vec::new();
        for mut row in self.store().rows(votes::voters_of(id)).await? {
            voters.push(row.get(0)?);
        }
        if post.origin.is_none() && !voters.contains(&post.author) {
            voters.push(post.author);
        }
        let mut write = Write::from(polls::close(id));
        write.extend(self.tell(NotificationKind::Poll, post.author, voters, Some(&post)));
        let written = self.store().write(write).await?;
        self.wake(Reached::read(written)?, None);
        let members = self.home_members(id).await?;
        self.bus().send(Event { members, public: false, kind: EventKind::Edited(id) });
        if post.origin.is_none() {
            self.tell_tally(id, true).await?;
        }
        Ok(())
    }
}
