//! Activities: who does what to what, for whom.

use serde_json::{Map, Value};

/// An activity without context. `fields` come on top.
pub fn activity(kind: &str, id: &str, actor: &str, object: Value, fields: Value) -> Map<String, Value> {
    let mut map = match fields {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    map.insert("type".into(), kind.into());
    map.insert("id".into(), id.into());
    map.insert("actor".into(), actor.into());
    map.insert("object".into(), object);
    map
}

/// `Undo` with the undone activity embedded: a bare id makes some servers fail.
pub fn undo(inner: Map<String, Value>) -> Map<String, Value> {
    let text = |name: &str| inner.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, actor) = (format!("{}#undo", text("id")), text("actor"));
    let mut fields = Map::new();
    for name in ["to", "cc", "audience"] {
        if let Some(receivers) = inner.get(name) {
            fields.insert(name.into(), receivers.clone());
        }
    }
    activity("Undo", &id, &actor, Value::Object(inner), Value::Object(fields))
}
