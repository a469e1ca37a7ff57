//! What a page of posts needs beside the posts themselves.

use super::{Counts, mine, mine::Mine};
use crate::{Hub, HubError, moderation::Rule};
use landbridge_model::{Actor, Id, Network, Post};
use landbridge_store::{
    Row,
    entities::{
        actors, copies, hidden_posts, ints, post_keys,
        posts::{Body, PostRow},
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

pub(super) struct Context {
    pub actors: HashMap<Id, Actor>,
    pub mine: Mine,
    counts: Counts,
    copies: HashMap<Id, Vec<Place>>,
    /// Wrapped keys of sealed posts that the reader holds.
    keys: HashMap<Id, Vec<u8>>,
    rules: HashMap<String, Rule>,
    /// Posts that a moderator has hidden.
    hidden: HashSet<Id>,
}

/// A living copy.
struct Place {
    network: Network,
    native_id: String,
    url: Option<String>,
}

impl Context {
    pub(super) async fn read(
        hub: &Hub,
        posts: &HashMap<Id, PostRow>,
        reader: Option<Id>,
    ) -> Result<Context, HubError> {
        let ids: Vec<Id> = posts.keys().copied().collect();
        let authors: Vec<Id> =
            posts.values().map(|p| p.author).collect::<BTreeSet<_>>().into_iter().collect();
        let sealed: Vec<Id> = posts.values().filter(|p| p.sealed).map(|p| p.id).collect();
        let json = ints(&ids);
        let mut questions = vec![actors::by_ids(&authors), copies::places(&json), hidden_posts::among(&json)];
        questions.extend(Counts::questions(&ids));
        if let Some(reader) = reader {
            questions.push(post_keys::held(reader, &sealed));
            questions.extend(mine::questions(reader, &json, &authors));
        }
        let mut answers = hub.store().all(questions).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let mut actors = HashMap::with_capacity(authors.len());
        for mut row in next() {
            let actor = actors::read(&mut row)?;
            actors.insert(actor.id, actor);
        }
        let copies = read_places(next())?;
        let mut hidden = HashSet::new();
        for mut row in next() {
            hidden.insert(row.get(0)?);
        }
        let counts = Counts::read([next(), next(), next()])?;
        let mut keys = HashMap::new();
        for mut row in next() {
            keys.insert(row.get(0)?, row.get(1)?);
        }
        let mine = Mine::read(answers.collect())?;
        let rules = domain_rules(hub, &actors).await?;
        Ok(Context { actors, mine, counts, copies, keys, rules, hidden })
    }

    /// The post of a row; `None` when it is sealed and the reader holds no key.
    pub(super) async fn open(
        &self,
        hub: &Hub,
        row: PostRow,
        reader: Option<Id>,
    ) -> Result<Option<Post>, HubError> {
        let body = if row.sealed {
            let (Some(reader), Some(wrapped)) = (reader, self.keys.get(&row.id)) else { return Ok(None) };
            let Ok(key) = hub.unwrap_post_key(row.id, reader, wrapped).await else { return Ok(None) };
            Body::read(&key.open("body", &row.body)?)
        } else {
            Body::read(&row.body)
        };
        let body = body.ok_or(HubError::Damaged("a post's body cannot be read"))?;
        Ok(Some(self.counts.fill(row.into_post(body))))
    }

    /// Native id at home, page for browsers, and networks with a living copy.
    pub(super) fn places(&self, hub: &Hub, post: &Post, author: &Actor) -> (String, String, Vec<Network>) {
        let copies = self.copies.get(&post.id).map_or(&[][..], Vec::as_slice);
        let networks = copies.iter().map(|c| c.network).collect();
        let ours = || hub.config().url(&format!("/@{}/{}", author.acct(), post.id));
        let home = copies.iter().find(|c| c.network == post.origin.unwrap_or(Network::ActivityPub));
        let uri = match home {
            None => ours(),
            Some(copy) if copy.native_id.contains(':') => copy.native_id.clone(),
            Some(copy) => {
                copy.url.clone().unwrap_or_else(|| format!("{}:{}", copy.network.key(), copy.native_id))
            }
        };
        let web = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
        let url =
            post.url.as_ref().filter(|_| post.origin.is_some()).filter(web).cloned().unwrap_or_else(ours);
        (uri, url, networks)
    }

    pub(super) fn is_hidden(&self, post: Id) -> bool {
        self.hidden.contains(&post)
    }

    pub(super) fn blocked_here(&self, author: &Actor) -> bool {
        self.rule(author) == Some(Rule::Block)
    }

    pub(super) fn limited_here(&self, author: &Actor) -> bool {
        self.rule(author) == Some(Rule::Limit)
    }

    fn rule(&self, author: &Actor) -> Option<Rule> {
        self.rules.get(author.domain.as_ref()?).copied()
    }
}

fn read_places(rows: Vec<Row>) -> Result<HashMap<Id, Vec<Place>>, HubError> {
    let mut places: HashMap<Id, Vec<Place>> = HashMap::new();
    for mut row in rows {
        let Some(network) = Network::from_i64(row.get(1)?) else { continue };
        let place = Place { network, native_id: row.get(2)?, url: row.get(3)? };
        places.entry(row.get(0)?).or_default().push(place);
    }
    Ok(places)
}

/// The operator's rules for the authors' hosts.
async fn domain_rules(hub: &Hub, actors: &HashMap<Id, Actor>) -> Result<HashMap<String, Rule>, HubError> {
    let mut rules = HashMap::new();
    for domain in actors.values().filter_map(|a| a.domain.as_ref()).collect::<BTreeSet<_>>() {
        if let Some(rule) = hub.domain_rule(domain).await? {
            rules.insert(domain.clone(), rule);
        }
    }
    Ok(rules)
}
