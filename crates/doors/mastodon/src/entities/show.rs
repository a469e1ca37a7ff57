//! What showing needs beside the thing itself: our URLs, and native ids of the people in it.

use crate::{door::Door, error::ApiError};
use landbridge_hub::{Hub, PostView};
use landbridge_model::{
    Actor, Id, Picture,
    richtext::{self, RichText},
};
use std::{collections::HashMap, sync::Arc};

/// For one answer.
pub(crate) struct Show<'a> {
    pub hub: &'a Hub,
    pub reader: Option<Id>,
    uris: HashMap<Id, Arc<str>>,
    tags: String,
}

impl<'a> Show<'a> {
    pub async fn posts<'v>(
        door: &'a Door,
        reader: Option<Id>,
        views: impl IntoIterator<Item = &'v PostView>,
    ) -> Result<Show<'a>, ApiError> {
        let mut people = Vec::new();
        for view in views {
            authors(view, &mut people);
        }
        Show::people(door, reader, people).await
    }

    pub async fn people<'v>(
        door: &'a Door,
        reader: Option<Id>,
        people: impl IntoIterator<Item = &'v Actor>,
    ) -> Result<Show<'a>, ApiError> {
        let mut uris = HashMap::new();
        let mut unknown = Vec::new();
        for actor in people {
            match door.uris.get(&actor.id) {
                Some(uri) => drop(uris.insert(actor.id, uri)),
                None => unknown.push(actor.id),
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        for translator in door.hub.translators() {
            if unknown.is_empty() {
                break;
            }
            let network = translator.network();
            for presence in door.hub.presences_of(&unknown, network).await? {
                let uri = match presence.native_id.contains(':') {
                    true => presence.native_id,
                    false => format!("{}:{}", network.key(), presence.native_id),
                };
                let uri: Arc<str> = uri.into();
                door.uris.insert(presence.actor, uri.clone());
                uris.insert(presence.actor, uri);
                unknown.retain(|id| *id != presence.actor);
            }
        }
        Ok(Show { hub: &door.hub, reader, uris, tags: door.hub.config().url("/tags/") })
    }

    /// The actor's permanent id on its network; its page here when it has none.
    pub fn uri(&self, actor: &Actor) -> String {
        self.uris
            .get(&actor.id)
            .map_or_else(|| self.url(&format!("/@{}", actor.acct())), |uri| uri.to_string())
    }

    pub fn url(&self, path: &str) -> String {
        self.hub.config().url(path)
    }

    pub fn tag_url(&self, name: &str) -> String {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        format!("{}{name}", self.tags)
    }

    /// A file of ours.
    pub fn file(&self, name: &str) -> String {
        self.url(&format!("/media/{name}"))
    }

    /// A file elsewhere, through us.
    pub fn proxied(&self, url: &str) -> String {
        self.url(&self.hub.proxied(url))
    }

    /// Avatar or header; never empty, since clients fail on that.
    pub fn picture(&self, picture: Option<&Picture>, missing: &str) -> String {
        match picture.map(|p| (&p.file, &p.remote_url)) {
            Some((Some(file), _)) => self.file(file),
            Some((None, Some(url))) => self.proxied(url),
            _ => self.url(missing),
        }
    }

    pub fn html(&self, text: &RichText) -> String {
        richtext::to_html(text, &self.tags)
    }
}

pub(crate) fn authors<'v>(view: &'v PostView, people: &mut Vec<&'v Actor>) {
    people.push(&view.author);
    for inner in [&view.repost, &view.quote].into_iter().flatten() {
        authors(inner, people);
    }
}
