//! Orders to the service, out of the outbox. Sending is no act that may be repeated, so each message is noted before it is
//! handed over; whatever came of a try whose answer was lost, the conversation itself says before the next one.

use super::{
    ids::MessageId,
    meet::{Convo, people_text},
    order::{FOR_SELF, Order},
    read,
    service::{Failed, Service},
};
use crate::{network::AtProto, remote::Param};
use landbridge_hub::{CopyKind, Delivery, Hub, HubError, Outcome};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{
    Write,
    entities::atproto_chats::{self, ConvoRow},
};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// How much the service's clock may be behind ours.
const SKEW: Duration = Duration::from_secs(300);
/// How long a reaction waits for the message that it is about.
const SOON: Duration = Duration::from_secs(15);

pub async fn deliver(at: &AtProto, hub: &Hub, delivery: &Delivery) -> Outcome {
    let Some(order) = Order::read(&delivery.bytes) else {
        return Outcome::Refused { why: "the stored order is damaged".into() };
    };
    let _turn = at.chats.turn(delivery.actor).await;
    let service = match Service::of(at, delivery.actor).await {
        Ok(Some(service)) => service,
        Ok(None) => return Outcome::Refused { why: super::NO_SERVICE.into() },
        Err(error) => return outcome(error.into()),
    };
    let done = Sending { service, hub, delivery }.carry_out(&order).await;
    at.chats.stir(delivery.actor);
    done.unwrap_or_else(outcome)
}

struct Sending<'a> {
    service: Service<'a>,
    hub: &'a Hub,
    delivery: &'a Delivery,
}

/// What a post is called on this network.
enum Called {
    Message(MessageId),
    /// The service does not have it (yet).
    Provisional(String),
    Nothing,
}

impl Sending<'_> {
    async fn carry_out(&self, order: &Order) -> Result<Outcome, Failed> {
        match order {
            Order::Send { people, answers, message } => self.send(people, *answers, message).await,
            Order::DeleteForSelf => self.delete_for_self().await,
            Order::React { message, value } => self.react("addReaction", *message, value).await,
            Order::Unreact { message, value } => self.react("removeReaction", *message, value).await,
        }
    }

    async fn send(&self, people: &[String], answers: Option<Id>, message: &Json) -> Result<Outcome, Failed> {
        let post = self.delivery.object;
        let provisional = match self.called(post).await? {
            Called::Provisional(id) => id,
            // Its own log has told of it meanwhile.
            Called::Message(_) => return Ok(taken()),
            Called::Nothing => return Ok(Outcome::Gone { why: "the message is gone".into() }),
        };
        let store = self.hub.store();
        let tried = store.row(atproto_chats::sending(post)).await.map_err(HubError::from)?;
        if let Some(mut row) = tried {
            let (convo, at): (String, Time) =
                (row.get(0).map_err(HubError::from)?, row.get(1).map_err(HubError::from)?);
            if let Some(id) = self.sent_before(&convo, message, at).await? {
                return self.name(&provisional, &id).await;
            }
        }
        let parent = match answers {
            Some(parent) => match self.called(parent).await? {
                Called::Message(id) => Some(id),
                Called::Provisional(_) | Called::Nothing => None,
            },
            None => None,
        };
        match self.hand_over(&provisional, parent.as_ref(), people, message).await {
            // The member has left that conversation in their own app: the next one is another.
            Err(failed) if failed.is_refused_as("InvalidConvo") => {
                self.hand_over(&provisional, None, people, message).await
            }
            other => other,
        }
    }

    async fn hand_over(
        &self,
        provisional: &str,
        parent: Option<&MessageId>,
        people: &[String],
        message: &Json,
    ) -> Result<Outcome, Failed> {
        let convo = match self.known_convo(parent, people).await? {
            Some(known) => known,
            None if people.len() > 1 => self.service.group_of(people).await?,
            None => self.convo_with(people).await?,
        };
        let mut message = message.clone();
        if let Some(parent) = parent.filter(|parent| parent.convo == convo.id) {
            message["replyTo"] = json!({ "messageId": parent.message });
        }
        let (post, store) = (self.delivery.object, self.hub.store());
        let digest = digest(self.hub, text_of(&message));
        let begin = atproto_chats::begin_sending(post, self.delivery.actor, &convo.id, digest, Time::now());
        store.write(begin).await.map_err(HubError::from)?;
        let input = json!({ "convoId": convo.id, "message": message });
        match self.service.procedure("sendMessage", &input).await {
            Ok(view) => match read::message_id(&convo.id, &view) {
                Some(id) => {
                    if convo.is_request {
                        // Whoever writes lets in.
                        self.service.note(&Convo { is_request: false, ..convo }).await?;
                    }
                    self.name(provisional, &id).await
                }
                None => Ok(Outcome::Unknown { why: "the chat service did not say what it calls it".into() }),
            },
            Err(failed) => {
                if let Failed::Refused { .. } = failed {
                    store.write(atproto_chats::end_sending(post)).await.map_err(HubError::from)?;
                }
                if failed.is_refused_as("InvalidConvo") {
                    self.service.forget_convo(&convo.id).await?;
                }
                Err(failed)
            }
        }
    }

    /// The conversation with these people that a message goes into, if one is known: its parent's, else the newest.
    async fn known_convo(
        &self,
        parent: Option<&MessageId>,
        people: &[String],
    ) -> Result<Option<Convo>, Failed> {
        let query = atproto_chats::convos_with(self.service.member, &people_text(people));
        let mut known = Vec::new();
        for mut row in self.hub.store().rows(query).await.map_err(HubError::from)? {
            known.push(Convo::of(&ConvoRow::read(&mut row).map_err(HubError::from)?));
        }
        let of_parent = known.iter().position(|convo| parent.is_some_and(|parent| parent.convo == convo.id));
        Ok(of_parent.or(known.len().checked_sub(1)).map(|found| known.swap_remove(found)))
    }

    /// The conversation of two, which the service has, or makes.
    async fn convo_with(&self, people: &[String]) -> Result<Convo, Failed> {
        let members: Vec<Param<'_>> = people.iter().map(|did| Param("members", did)).collect();
        let answer = self.service.query("getConvoForMembers", &members).await?;
        let view = answer.get("convo").unwrap_or(&Json::Null);
        let convo = self.service.learn(view).await?.filter(|convo| convo.people == people);
        convo.ok_or_else(|| Failed::Refused {
            error: String::new(),
            message: "the chat service gave a conversation with other people".into(),
        })
    }

    /// The message of an earlier try, if the service has it and it is no other one that is known here.
    async fn sent_before(
        &self,
        convo: &str,
        message: &Json,
        since: Time,
    ) -> Result<Option<MessageId>, Failed> {
        let params = [Param("convoId", convo), Param("limit", "100")];
        let answer = match self.service.query("getMessages", &params).await {
            Ok(answer) => answer,
            Err(Failed::Refused { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let views = answer.get("messages").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        // The oldest first.
        for view in views.iter().rev() {
            let same = view.get("text").and_then(Json::as_str) == Some(text_of(message));
            let Some(found) = read::message(convo, view).filter(|_| same) else { continue };
            if found.sender == self.service.did
                && found.post.published >= since.minus(SKEW)
                && self.hub.copy(Network::AtProto, &found.id.to_string()).await?.is_none()
            {
                return Ok(Some(found.id));
            }
        }
        Ok(None)
    }

    /// The message has the name that the service has given it.
    async fn name(&self, provisional: &str, id: &MessageId) -> Result<Outcome, Failed> {
        let mut write =
            Write::from(vec![atproto_chats::name_message(Network::AtProto, provisional, &id.to_string())]);
        write.push(atproto_chats::end_sending(self.delivery.object));
        self.hub.store().write(write).await.map_err(HubError::from)?;
        Ok(taken())
    }

    async fn delete_for_self(&self) -> Result<Outcome, Failed> {
        let Called::Message(MessageId { convo, message }) = self.called(self.delivery.object).await? else {
            return Ok(Outcome::Delivered { answer: "the chat service never had it".into() });
        };
        let input = json!({ "convoId": convo, "messageId": message });
        self.service.procedure("deleteMessageForSelf", &input).await?;
        Ok(Outcome::Refused { why: FOR_SELF.into() })
    }

    async fn react(&self, method: &str, message: Id, value: &str) -> Result<Outcome, Failed> {
        let MessageId { convo, message } = match self.called(message).await? {
            Called::Message(id) => id,
            Called::Provisional(_) => {
                let why = "the message itself is still on its way".into();
                return Ok(Outcome::Retry { after: Some(SOON), why, host_down: false });
            }
            Called::Nothing => return Ok(Outcome::Gone { why: "the message is gone".into() }),
        };
        let input = json!({ "convoId": convo, "messageId": message, "value": value });
        self.service.procedure(method, &input).await?;
        Ok(taken())
    }

    /// Deleted ones too: their names stay.
    async fn called(&self, post: Id) -> Result<Called, HubError> {
        let copies = self.hub.copies(CopyKind::Post, post).await?;
        let own = copies.into_iter().find(|copy| copy.network == Network::AtProto);
        Ok(match own.map(|copy| copy.native_id) {
            Some(id) => MessageId::parse(&id).map_or(Called::Provisional(id), Called::Message),
            None => Called::Nothing,
        })
    }
}

fn taken() -> Outcome {
    Outcome::Delivered { answer: "the chat service has it".into() }
}

fn text_of(message: &Json) -> &str {
    message.get("text").and_then(Json::as_str).unwrap_or_default()
}

/// By which a text is known again.
pub fn digest(hub: &Hub, text: &str) -> Vec<u8> {
    hub.keyed_hash(&format!("chat text {text}"))
}

/// What a failure is to the outbox. After an answer that was lost, the next try looks first.
fn outcome(failed: Failed) -> Outcome {
    match failed {
        Failed::Refused { message, .. } => Outcome::Refused { why: message },
        Failed::Later { why, after, down } => Outcome::Retry { after, why, host_down: down },
        Failed::Lost(why) | Failed::Stuck(why) => Outcome::Retry { after: None, why, host_down: false },
    }
}
