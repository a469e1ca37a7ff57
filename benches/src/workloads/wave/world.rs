//! A hub in this process, with members and a friend of each; its networks send nothing anywhere.

use anyhow::{Result, bail};
use async_trait::async_trait;
use bytes::Bytes;
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{
    Act, Config, Delivery, Hub, HubError, InActor, InPost, Incoming, Joined, KeyImport, Mode, NewKey,
    NewPresence, Outcome, Page, Received, Registrations, Staged, Stop, Translator, Via, What,
    accounts::{Member, NewMember, Role},
    gate::{Carrier, Scope},
};
use landbridge_media::MediaStore;
use landbridge_model::{Actor, Id, Mark, MarkKind, Network, RichText, Time, Visibility};
use landbridge_store::Store;
use std::sync::Arc;
use tempfile::TempDir;

pub struct World {
    pub hub: Hub,
    members: Vec<Member>,
    friends: Vec<String>,
    _folder: TempDir,
}

impl World {
    pub async fn open(database: &str, members: usize) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let url = match database {
            "sqlite" => format!("sqlite:{}", folder.path().join("wave.db").display()),
            url => url.to_owned(),
        };
        let config = Config {
            origin: "http://localhost:8840".parse()?,
            account_domain: "localhost:8840".into(),
            trial: true,
            title: "Bench".into(),
            description: String::new(),
            contact: String::new(),
            registrations: Registrations::Closed,
            networks: [(Network::ActivityPub, Mode::ReadWrite), (Network::Nostr, Mode::ReadWrite)].into(),
            limits: Default::default(),
            gate: Default::default(),
            remote_days: 30,
        };
        let media = landbridge_media::Config {
            dir: folder.path().join("media"),
            worker: landbridge_media::Worker::Thread,
            limits: Default::default(),
            ffmpeg: None,
        };
        let fetcher = Fetcher::new(Policy::trial("landbridge-bench"))?;
        let hub = Hub::new(config, Store::open(&url).await?, fetcher, MediaStore::open(media)?, &[7; 32]);
        hub.attach(vec![Arc::new(Silent(Network::ActivityPub)), Arc::new(Silent(Network::Nostr))]);
        let mut world = World { hub, members: Vec::new(), friends: Vec::new(), _folder: folder };
        eprintln!("-> {members} members with a friend each");
        for n in 0..members {
            world.join(n).await?;
        }
        Ok(world)
    }

    pub async fn close(&self) {
        self.hub.store().clone().close().await;
    }

    async fn join(&mut self, n: usize) -> Result<()> {
        let new = NewMember {
            name: format!("member{n}"),
            password: "correct horse battery".into(),
            role: Role::Member,
            networks: vec![(Network::ActivityPub, None), (Network::Nostr, None)],
            link_identities: false,
        };
        let member = self.hub.create_member(new).await?;
        let host = format!("host{}.example", n % 15);
        let friend = format!("https://{host}/users/friend{n}");
        let id = self.meet(Network::ActivityPub, &friend, &format!("friend{n}"), &host).await?;
        self.hub.follow(member.actor.id, id, Default::default(), None).await?;
        self.members.push(member);
        self.friends.push(friend);
        Ok(())
    }

    /// Somebody is known here from now on.
    pub async fn meet(&self, network: Network, native: &str, name: &str, domain: &str) -> Result<Id> {
        let profile = InActor {
            native_id: native.to_owned(),
            username: name.to_owned(),
            domain: domain.to_owned(),
            ..InActor::default()
        };
        let sent = incoming(network, native, None, What::Profile(Box::new(profile)));
        match self.hub.receive(sent).await? {
            Received::Stored(Some(id)) => Ok(id),
            other => bail!("a profile was not taken in: {other:?}"),
        }
    }

    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// A member's friend names them in public; an error when that is not stored at once.
    pub async fn friend_writes(&self, n: usize, id: &str) -> Result<()> {
        let Some(friend) = self.friends.get(n) else { bail!("no such member") };
        let id = format!("{friend}/{id}");
        let text =
            "good morning, how is the garden? here everything is in bloom, come and see it when you can";
        let post = letter(Network::ActivityPub, friend, &id, n, text, Visibility::Public);
        match self.hub.receive(post).await? {
            Received::Stored(Some(_)) => Ok(()),
            other => bail!("a friend has to wait: {other:?}"),
        }
    }

    /// A private message of a stranger.
    pub async fn stranger_writes(
        &self,
        network: Network,
        native: &str,
        carrier: Carrier,
        (to, id, text): (usize, &str, &str),
    ) -> Result<()> {
        let post = letter(network, native, id, to, text, Visibility::Direct);
        self.hub.receive_by(post, carrier).await?;
        Ok(())
    }

    /// (member, stranger) of every request that a member sees.
    pub async fn requests(&self) -> Result<Vec<(Id, Id)>> {
        let mut all = Vec::new();
        for member in &self.members {
            let mut max = None;
            loop {
                let page = Page { max, limit: 80, ..Page::default() };
                let requests = self.hub.contact_requests(member.actor.id, &Scope::ALL, page).await?;
                let Some(last) = requests.last() else { break };
                max = Some(last.id);
                all.extend(requests.iter().map(|request| (member.actor.id, request.stranger.id)));
            }
        }
        Ok(all)
    }
}

fn incoming(network: Network, native: &str, id: Option<String>, what: What) -> Incoming {
    let original = Bytes::from_static(b"as it arrived");
    Incoming { network, actor: native.to_owned(), id, at: Time::now(), via: Via::Delivered, original, what }
}

fn letter(
    network: Network,
    native: &str,
    id: &str,
    to: usize,
    text: &str,
    visibility: Visibility,
) -> Incoming {
    let acct = format!("@member{to}");
    let member = format!("{}:member{to}", network.key());
    let mark = Mark {
        start: 0,
        end: u32::try_from(acct.len()).unwrap_or(0),
        kind: MarkKind::Mention { id: member.clone(), acct: acct.clone(), url: String::new() },
    };
    let post = InPost {
        native_id: id.to_owned(),
        author: native.to_owned(),
        published: Time::now(),
        visibility: Some(visibility),
        addressed: vec![member],
        text: RichText::new(format!("{acct} {text}"), vec![mark]),
        ..InPost::default()
    };
    incoming(network, native, Some(format!("{id}#create")), What::Post(Box::new(post)))
}

/// A network on which nothing leaves.
struct Silent(Network);

#[async_trait]
impl Translator for Silent {
    fn network(&self) -> Network {
        self.0
    }

    async fn join(&self, _: &Hub, member: &Actor, _: Option<KeyImport>) -> Result<Joined, HubError> {
        let native_id = format!("{}:{}", self.0.key(), member.username);
        let key = NewKey { kind: "bench", public: native_id.clone(), secret: b"secret".to_vec() };
        Ok(Joined { presence: NewPresence { native_id, facts: serde_json::json!({}) }, keys: vec![key] })
    }

    async fn stage(&self, _: &Hub, _: &Act) -> Result<Staged, HubError> {
        Ok(Staged::default())
    }

    async fn deliver(&self, _: &Hub, _: &Delivery) -> Outcome {
        Outcome::Delivered { answer: String::new() }
    }

    async fn resolve(&self, _: &Hub, _: &str) -> Result<Vec<Incoming>, HubError> {
        Ok(Vec::new())
    }

    async fn fetch(&self, _: &Hub, _: &str) -> Result<Vec<Incoming>, HubError> {
        Ok(Vec::new())
    }

    async fn thread(&self, _: &Hub, _: &str) -> Result<Vec<Incoming>, HubError> {
        Ok(Vec::new())
    }

    async fn run(self: Arc<Self>, _: Hub, _: Stop) {}
}
