//! Lexicons and what they say of data.

use crate::vectors::{json, path};
use landbridge_atproto::{
    data::{Map, Value},
    lexicon::{Catalog, Def, Invalid, Lexicon, Validity},
    syntax::{Nsid, RecordKey},
};
use serde_json::json;
use std::fs;

fn catalog() -> Catalog {
    let mut catalog = Catalog::new();
    for file in fs::read_dir(path("lexicon/catalog")).unwrap().map(Result::unwrap) {
        let lexicon = Lexicon::parse(&fs::read(file.path()).unwrap());
        catalog.add(lexicon.unwrap_or_else(|e| panic!("{}: {e}", file.path().display())));
    }
    catalog
}

#[test]
fn documents() {
    for vector in json("lexicon/lexicon-valid.json") {
        let read = Lexicon::from_json(vector["lexicon"].clone());
        assert!(read.is_ok(), "{}: {read:?}", vector["name"]);
    }
    for vector in json("lexicon/lexicon-invalid.json") {
        assert!(Lexicon::from_json(vector["lexicon"].clone()).is_err(), "{} is taken", vector["name"]);
    }
    let catalog = catalog();
    let def = |name: &str| catalog.def(name).unwrap();
    assert!(matches!(def("example.lexicon.query"), Def::Query { errors, .. } if errors.len() == 2));
    assert!(matches!(def("example.lexicon.procedure"), Def::Procedure { input: Some(_), .. }));
    assert!(matches!(def("example.lexicon.subscription"), Def::Subscription { message: Some(_), .. }));
    let Def::PermissionSet { permissions, .. } = def("example.lexicon.permissionset") else { panic!() };
    assert_eq!(permissions.len(), 6);
    assert!(catalog.def("example.lexicon.record#demoToken").is_some());
    assert!(catalog.def("example.lexicon.record#nothing").is_none());
}

fn check(catalog: &Catalog, vector: &serde_json::Value) -> Result<Validity, Invalid> {
    let data =
        Value::from_json(&vector["data"]).map_err(|_| Invalid { path: String::new(), why: "no data" })?;
    let fields = data.as_map().unwrap();
    let collection = Nsid::parse(fields.text("$type").unwrap()).unwrap();
    catalog.check_record(&collection, &RecordKey::parse(vector["rkey"].as_str().unwrap()).unwrap(), fields)
}

#[test]
fn records() {
    let catalog = catalog();
    for vector in json("lexicon/record-data-valid.json") {
        assert_eq!(check(&catalog, &vector), Ok(Validity::Valid), "{}", vector["name"]);
    }
    for vector in json("lexicon/record-data-invalid.json") {
        assert!(check(&catalog, &vector).is_err(), "{} is taken", vector["name"]);
    }
}

#[test]
fn what_is_wrong_is_named() {
    let catalog = catalog();
    let error = |fields: serde_json::Value| {
        check(&catalog, &json!({ "rkey": "demo", "data": fields })).unwrap_err().to_string()
    };
    let with = |name: &str, value| json!({ "$type": "example.lexicon.record", "integer": 1, name: value });
    assert_eq!(error(with("array", json!([1, "x"]))), "array/1: not an integer");
    assert_eq!(error(with("formats", json!({ "did": "x" }))), "formats/did: not of the format");
    assert_eq!(error(json!({ "$type": "example.lexicon.record" })), "integer: missing");
    let unknown = json!({ "rkey": "demo", "data": { "$type": "com.example.other" } });
    assert_eq!(check(&catalog, &unknown), Ok(Validity::Unknown));
    let rkey = json!({ "rkey": "other", "data": { "$type": "example.lexicon.record", "integer": 1 } });
    assert_eq!(check(&catalog, &rkey).unwrap_err().path, "rkey");
    let fields = Map::new().with("$type", "example.lexicon.record").with("integer", 1);
    let other = Nsid::parse("example.lexicon.query").unwrap();
    assert!(catalog.check_record(&other, &RecordKey::parse("demo").unwrap(), &fields).is_err());
}

#[test]
fn refs_that_go_round() {
    let mut catalog = Catalog::new();
    let lexicon = json!({ "lexicon": 1, "id": "com.example.round", "defs": {
        "main": { "type": "record", "key": "any", "record": { "type": "object", "properties": {
            "a": { "type": "ref", "ref": "#tree" }, "b": { "type": "ref", "ref": "com.example.gone" },
            "c": { "type": "union", "refs": ["com.example.round#tree"], "closed": true },
        } } },
        "tree": { "type": "object", "required": ["value"], "properties": {
            "value": { "type": "integer" }, "left": { "type": "ref", "ref": "#tree" },
        } },
    } });
    catalog.add(Lexicon::from_json(lexicon).unwrap());
    let check = |name: &str, value: serde_json::Value| {
        let data = json!({ "rkey": "x", "data": { "$type": "com.example.round", name: value } });
        check(&catalog, &data)
    };
    assert!(check("a", json!({ "value": 1, "left": { "value": 2, "left": { "value": 3 } } })).is_ok());
    assert_eq!(check("a", json!({ "value": 1, "left": { "value": "x" } })).unwrap_err().path, "a/left/value");
    assert!(check("b", json!({})).is_err());
    assert!(check("c", json!({ "$type": "com.example.round#tree", "value": 1 })).is_ok());
}

#[test]
fn documents_that_are_refused() {
    let main = |def: serde_json::Value| {
        Lexicon::from_json(json!({ "lexicon": 1, "id": "a.b.c", "defs": { "main": def } }))
    };
    assert!(main(json!({ "type": "string", "minLength": 3, "maxLength": 2 })).is_err());
    assert!(main(json!({ "type": "object", "required": ["x"] })).is_err());
    assert!(main(json!({ "type": "array" })).is_err());
    assert!(main(json!({ "type": "frob" })).is_err());
    assert!(main(json!({ "type": "record", "key": "literal:", "record": { "type": "object" } })).is_err());
    assert!(main(json!({ "type": "record", "key": "some", "record": { "type": "object" } })).is_err());
    assert!(
        main(json!({ "type": "object", "properties": { "x": { "type": "ref", "ref": "not a ref" } } }))
            .is_err()
    );
    let params = json!({ "type": "params", "properties": { "x": { "type": "object" } } });
    assert!(main(json!({ "type": "query", "parameters": params })).is_err());
    let mut deep = json!({ "type": "integer" });
    for _ in 0..60 {
        deep = json!({ "type": "array", "items": deep });
    }
    assert!(main(deep).is_err());
    assert!(Lexicon::parse(&vec![b' '; 2 << 20]).is_err());
    assert!(Lexicon::parse(b"[]").is_err());
}
