//! A changed profile, in views of it.

use super::{Newer, view::View};
use serde_json::{Value, json};

/// Changes a view of the member: short ones have a name and a picture alone.
pub fn update(shown: &mut Value, view: &View, newer: &Newer) {
    let (Some(record), true) = (&newer.profile, shown["did"] == view.did) else { return };
    let Some(fields) = shown.as_object_mut() else { return };
    let texts = ["displayName", "description", "pronouns", "website"];
    // A field that is gone from the record is gone from the view.
    let detailed = fields.contains_key("followersCount") || fields.contains_key("description");
    for name in texts.into_iter().filter(|name| *name == "displayName" || detailed) {
        match record.fields().text(name) {
            Some(text) => drop(fields.insert(name.into(), json!(text))),
            None => drop(fields.remove(name)),
        }
    }
    for name in ["avatar", "banner"].into_iter().filter(|name| *name == "avatar" || detailed) {
        match view.blob(record, name) {
            Some(address) => drop(fields.insert(name.into(), json!(address))),
            None => drop(fields.remove(name)),
        }
    }
    if fields.contains_key("handle") && !view.handle.is_empty() {
        fields.insert("handle".into(), json!(view.handle));
    }
}
