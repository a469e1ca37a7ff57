//! What arrives from two networks: every effect once, in whichever order and however often it comes.

mod acts;
mod contacts;
mod erasing;
mod follows;
mod gates;
mod identity;
mod order;
mod polls;
mod posts;
mod private;
mod quotes;
mod races;

use crate::support::{Recorder, TestHub};
use bytes::Bytes;
use landbridge_hub::{
    InActor, InPost, Incoming, Received, Refused, Via, What, accounts::Member, reading::NotificationKind,
};
use landbridge_model::{Id, Mark, MarkKind, Network, Profile, RichText, Time, Visibility};

pub const AP: Network = Network::ActivityPub;
pub const NOSTR: Network = Network::Nostr;

/// `https://remote.example/users/bob` on the one network, `bob-key` on the other.
pub fn native(network: Network, name: &str) -> String {
    match network {
        Network::ActivityPub => format!("https://remote.example/users/{name}"),
        _ => format!("{name}-key"),
    }
}

/// A member's native id, as the recording network makes it.
pub fn member_native(network: Network, name: &str) -> String {
    format!("{}:{name}", network.key())
}

pub fn incoming(network: Network, name: &str, id: Option<&str>, what: What) -> Incoming {
    Incoming {
        network,
        actor: native(network, name),
        id: id.map(str::to_owned),
        at: Time::now(),
        via: Via::Delivered,
        original: Bytes::from_static(b"as it arrived"),
        what,
    }
}

pub fn profile_of(network: Network, name: &str) -> InActor {
    InActor {
        native_id: native(network, name),
        username: name.into(),
        domain: if network == AP { "remote.example".into() } else { "nostr.localhost:8840".into() },
        profile: Profile { display_name: name.to_uppercase(), indexable: true, ..Profile::default() },
        ..InActor::default()
    }
}

pub fn post_of(network: Network, name: &str, id: &str, text: &str) -> InPost {
    InPost {
        native_id: id.into(),
        author: native(network, name),
        published: Time::now(),
        visibility: Some(Visibility::Public),
        text: RichText::plain(text),
        ..InPost::default()
    }
}

/// A post that names a member.
pub fn mention_of(network: Network, name: &str, id: &str, member: &str) -> InPost {
    let acct = format!("@{member}");
    let end = acct.len() as u32;
    let id_of = member_native(network, member);
    let mark = Mark {
        start: 0,
        end,
        kind: MarkKind::Mention { id: id_of.clone(), acct: acct.clone(), url: String::new() },
    };
    InPost {
        text: RichText::new(format!("{acct} hello"), vec![mark]),
        addressed: vec![id_of],
        ..post_of(network, name, id, "")
    }
}

impl TestHub {
    fn net(&self, network: Network) -> &Recorder {
        if network == AP { &self.wide } else { &self.open }
    }

    /// From now on somebody can be fetched.
    pub fn there(&self, network: Network, name: &str) {
        let profile = incoming(network, name, None, What::Profile(Box::new(profile_of(network, name))));
        self.can_fetch(network, &native(network, name), profile);
    }

    pub fn can_fetch(&self, network: Network, native_id: &str, thing: Incoming) {
        self.net(network).there.lock().unwrap().insert(native_id.to_owned(), vec![thing]);
    }

    /// Somebody known here.
    pub async fn stranger(&self, network: Network, name: &str) -> Id {
        self.there(network, name);
        let profile = incoming(network, name, None, What::Profile(Box::new(profile_of(network, name))));
        match self.hub.receive(profile).await.unwrap() {
            Received::Stored(Some(id)) => id,
            other => panic!("{other:?}"),
        }
    }

    pub async fn take(
        &self,
        network: Network,
        name: &str,
        id: Option<&str>,
        what: What,
    ) -> Result<Received, Refused> {
        self.hub.receive(incoming(network, name, id, what)).await
    }

    pub async fn post(&self, network: Network, post: InPost) -> Result<Received, Refused> {
        let name = post
            .author
            .trim_start_matches("https://remote.example/users/")
            .trim_end_matches("-key")
            .to_owned();
        self.take(network, &name, Some(&format!("{}#create", post.native_id)), What::Post(Box::new(post)))
            .await
    }

    pub async fn stored(&self, network: Network, post: InPost) -> Id {
        match self.post(network, post).await.unwrap() {
            Received::Stored(Some(id)) => id,
            other => panic!("{other:?}"),
        }
    }

    pub async fn follow_now(&self, member: &Member, target: Id) {
        self.hub.follow(member.actor.id, target, Default::default(), None).await.unwrap();
        // On the network that asks, the answer is yes.
        for presence in self.hub.presences(target).await.unwrap() {
            let mut yes = incoming(
                presence.network,
                "",
                None,
                What::FollowAccepted {
                    follow: None,
                    follower: Some(member_native(presence.network, &member.actor.username)),
                },
            );
            yes.actor = presence.native_id;
            self.hub.receive(yes).await.unwrap();
        }
    }

    pub async fn home_of(&self, member: &Member) -> Vec<Id> {
        let page = self.hub.home(member.actor.id, Default::default()).await.unwrap();
        page.into_iter().map(|view| view.post.id).collect()
    }

    pub async fn told(&self, member: &Member) -> Vec<NotificationKind> {
        let told = self.hub.notifications(member.actor.id, &[], None, Default::default()).await.unwrap();
        told.into_iter().map(|notification| notification.kind).collect()
    }
}

pub fn ignored(received: Result<Received, Refused>) -> bool {
    matches!(received, Ok(Received::Ignored(_)))
}

pub fn refused(received: Result<Received, Refused>) -> bool {
    matches!(received, Err(Refused::Rule(_)))
}
