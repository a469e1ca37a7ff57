//! Labels: what people and services whom members or the operator trust with it say of people and posts. They act where
//! posts are read, for the readers for whom they count; the posts themselves stay as they are.

use crate::{Hub, HubError};
use landbridge_model::{Id, Network, Post, Time};
use landbridge_store::{
    Change, Write,
    entities::{
        ints,
        labels::{self, EVERYBODY, LabelRow},
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::RwLock,
    time::{Duration, Instant},
};

/// Labels kept of one labeler.
const MOST: i64 = 200_000;
/// Labelers that one member may listen to.
const MOST_SOURCES: usize = 30;
/// Choices of one member.
const MOST_CHOICES: usize = 500;
/// How long another node may not know yet that somebody listens to a labeler.
const FRESH: Duration = Duration::from_secs(20);

/// What a label does. The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum LabelEffect {
    /// Not shown at all.
    Hide = 0,
    /// Behind a warning.
    Warn = 1,
    /// Pictures are covered; a text without any is behind a warning.
    Cover = 2,
    /// Shown to people who are signed in.
    SignedIn = 3,
}

impl LabelEffect {
    fn from_i64(n: i64) -> Option<LabelEffect> {
        use LabelEffect::*;
        [Hide, Warn, Cover, SignedIn].into_iter().find(|effect| *effect as i64 == n)
    }
}

/// What a member wants of a label, instead of what it does by itself. The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum LabelChoice {
    Ignore = 0,
    Warn = 1,
    Hide = 2,
}

impl LabelChoice {
    fn from_i64(n: i64) -> Option<LabelChoice> {
        use LabelChoice::*;
        [Ignore, Warn, Hide].into_iter().find(|choice| *choice as i64 == n)
    }

    fn applied_to(self, effect: LabelEffect) -> Option<LabelEffect> {
        match (self, effect) {
            (LabelChoice::Ignore, _) => None,
            (LabelChoice::Hide, _) => Some(LabelEffect::Hide),
            (LabelChoice::Warn, LabelEffect::Hide) => Some(LabelEffect::Warn),
            (LabelChoice::Warn, effect) => Some(effect),
        }
    }
}

/// A member's choice about one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenLabel {
    /// Native id of the labeler; `None`: of all of them.
    pub source: Option<String>,
    /// The network's own word.
    pub value: String,
    pub choice: LabelChoice,
}

/// What a labeler says of a person or a post, verified by its network.
#[derive(Clone, Debug)]
pub struct Label {
    pub network: Network,
    /// Native id of the person or the post.
    pub target: String,
    /// Native id of the labeler.
    pub source: String,
    /// The network's own word.
    pub value: String,
    /// `None`: it is taken back.
    pub effect: Option<LabelEffect>,
    /// What it means, for people.
    pub words: &'static str,
    pub made_at: Time,
    pub expires_at: Option<Time>,
}

/// Whether anybody listens to a labeler: as long as nobody does, reading asks nothing.
#[derive(Default)]
pub(crate) struct Listening(RwLock<Option<(Instant, bool)>>);

impl Listening {
    fn get(&self) -> Option<bool> {
        let held = *self.0.read().ok()?;
        held.filter(|(read, _)| read.elapsed() < FRESH).map(|(_, any)| any)
    }

    fn put(&self, any: Option<bool>) {
        if let Ok(mut held) = self.0.write() {
            *held = any.map(|any| (Instant::now(), any));
        }
    }
}

/// What labels make of a post for one reader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labelled {
    pub hidden: bool,
    pub signed_in: bool,
    warning: Option<String>,
    cover: Option<String>,
}

impl Labelled {
    /// The post as it is shown: an author's own warning stays.
    pub(crate) fn cover(&self, post: &mut Post) {
        let covered = self.cover.as_ref().filter(|_| post.media.is_empty());
        if post.warning.is_none() {
            post.warning = self.warning.as_ref().or(covered).cloned();
        }
        if self.warning.is_some() || self.cover.is_some() {
            post.sensitive = true;
            post.media.iter_mut().for_each(|file| file.sensitive = true);
        }
    }
}

impl Hub {
    /// Writes down what labelers say or take back.
    pub async fn put_labels(&self, labels: &[Label]) -> Result<(), HubError> {
        let changes = labels.iter().map(|label| match label.effect {
            Some(effect) => labels::put(&LabelRow {
                network: label.network,
                native_id: &label.target,
                source: &label.source,
                value: &label.value,
                effect: effect as i64,
                words: label.words,
                made_at: label.made_at,
                expires_at: label.expires_at,
            }),
            None => labels::negate(label.network, &label.target, &label.source, &label.value, label.made_at),
        });
        let changes: Vec<Change> = changes.collect();
        if !changes.is_empty() {
            self.store().write(changes).await?;
        }
        Ok(())
    }

    /// Says whose labels count for a member (`None`: for everybody) on a network, and nobody else's.
    pub async fn listen_to_labelers(
        &self,
        member: Option<Id>,
        network: Network,
        sources: &[String],
    ) -> Result<(), HubError> {
        let sources = sources.get(..MOST_SOURCES).unwrap_or(sources);
        self.store().write(labels::subscribe(member.unwrap_or(EVERYBODY), network, sources)).await?;
        self.reading().labelled.put(None);
        Ok(())
    }

    /// What a member wants of the labels of a network, and of no others.
    pub async fn choose_labels(
        &self,
        member: Id,
        network: Network,
        choices: &[ChosenLabel],
    ) -> Result<(), HubError> {
        let row = |chosen: &ChosenLabel| {
            (chosen.source.clone().unwrap_or_default(), chosen.value.clone(), chosen.choice as i64)
        };
        let rows: Vec<_> = choices.iter().take(MOST_CHOICES).map(row).collect();
        self.store().write(labels::choose(member, network, &rows)).await?;
        Ok(())
    }

    /// The labelers of a network that anybody listens to.
    pub async fn labelers(&self, network: Network) -> Result<BTreeSet<String>, HubError> {
        let all = self.all_labelers().await?;
        Ok(all.into_iter().filter(|(on, _)| *on == network).map(|(_, source)| source).collect())
    }

    /// Drops what a labeler said to whom nobody listens any more.
    pub async fn forget_labeler(&self, network: Network, source: &str) -> Result<(), HubError> {
        self.store().write(labels::forget(network, source)).await?;
        Ok(())
    }

    async fn all_labelers(&self) -> Result<Vec<(Network, String)>, HubError> {
        let mut all = Vec::new();
        for mut row in self.store().rows(labels::sources()).await? {
            if let Some(network) = Network::from_i64(row.get(0)?) {
                all.push((network, row.get(1)?));
            }
        }
        Ok(all)
    }

    /// Labels that have expired, and of each labeler the oldest beyond what is kept.
    pub(crate) async fn sweep_labels(&self, now: Time) -> Result<(), HubError> {
        let mut write = Write::from(labels::expire(now));
        for (network, source) in self.all_labelers().await? {
            write.push(labels::trim(network, &source, MOST));
        }
        self.store().write(write).await?;
        Ok(())
    }

    /// What labels make of some posts for a reader.
    pub(crate) async fn labels_on(
        &self,
        posts: &[Id],
        reader: Option<Id>,
    ) -> Result<HashMap<Id, Labelled>, HubError> {
        let mut found: HashMap<Id, Labelled> = HashMap::new();
        let listening = match self.reading().labelled.get() {
            Some(any) => any,
            None => {
                let any = !self.all_labelers().await?.is_empty();
                self.reading().labelled.put(Some(any));
                any
            }
        };
        if !listening || posts.is_empty() {
            return Ok(found);
        }
        let (ids, now) = (ints(posts), Time::now());
        let questions = vec![labels::on_posts(&ids, reader, now), labels::on_authors(&ids, reader, now)];
        for mut row in self.store().all(questions).await?.into_iter().flatten() {
            let labelled = found.entry(row.get(0)?).or_default();
            let (effect, words): (i64, String) = (row.get(1)?, row.get(2)?);
            let choice = row.get::<Option<i64>>(3)?.and_then(LabelChoice::from_i64);
            let effect = LabelEffect::from_i64(effect);
            let effect = effect.and_then(|effect| match choice {
                Some(choice) => choice.applied_to(effect),
                None => Some(effect),
            });
            match effect {
                Some(LabelEffect::Hide) => labelled.hidden = true,
                Some(LabelEffect::SignedIn) => labelled.signed_in = true,
                Some(LabelEffect::Warn) => {
                    labelled.warning.get_or_insert(words);
                }
                Some(LabelEffect::Cover) => {
                    labelled.cover.get_or_insert(words);
                }
                None => {}
            }
        }
        Ok(found)
    }
}
