//! The data model, against the vectors and against another implementation of DAG-CBOR.

use crate::vectors::{base64, json};
use ipld_core::ipld::Ipld;
use landbridge_atproto::data::{BlobRef, CborError, Cid, Map, Record, Value, cbor};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn vectors() {
    for vector in json("data-model/data-model-fixtures.json") {
        let bytes = base64(&vector["cbor_base64"]);
        let value = cbor::decode(&bytes).unwrap();
        assert_eq!(value.to_json(), vector["json"]);
        assert_eq!(Value::from_json(&vector["json"]).unwrap(), value);
        assert_eq!(cbor::encode(&value), bytes);
        assert_eq!(Cid::of_dag_cbor(&bytes).to_string(), vector["cid"].as_str().unwrap());
        assert_eq!(value.check(), Ok(()));
    }
    for vector in json("data-model/data-model-valid.json") {
        Map::from_json(&vector["json"]).unwrap_or_else(|e| panic!("{}: {e}", vector["note"]));
    }
    for vector in json("data-model/data-model-invalid.json") {
        assert!(Map::from_json(&vector["json"]).is_err(), "{} is taken", vector["note"]);
    }
}

#[test]
fn only_the_one_form_is_read() {
    let refused = [
        ("1800", "a byte where none is needed"),
        ("190018", "two bytes where one is enough"),
        ("1a00000100", "four bytes where two are enough"),
        ("1b0000000000010000", "eight bytes where four are enough"),
        ("3800", "the same for a negative number"),
        ("5803010203", "the same for a length"),
        ("9f01ff", "an indefinite list"),
        ("bf6161f6ff", "an indefinite map"),
        ("5f4101ff", "indefinite bytes"),
        ("7f6161ff", "an indefinite text"),
        ("a2616201616102", "keys out of order"),
        ("a2616101616102", "a key twice"),
        ("a262616101616202", "a shorter key after a longer one"),
        ("a10102", "a key that is no text"),
        ("f90000", "a half float"),
        ("fa00000000", "a float"),
        ("fb3ff0000000000000", "a double"),
        ("fb7ff8000000000000", "NaN"),
        ("f7", "undefined"),
        ("f818", "a simple value"),
        ("e0", "a simple value"),
        ("c001", "a tag that is not 42"),
        ("d82a01", "a link that is no bytes"),
        ("d82a4100", "a link without CID"),
        ("d92a0001", "a tag that is not 42"),
        ("61ff", "text that is not UTF-8"),
        ("1bffffffffffffffff", "more than 63 bits"),
        ("3bffffffffffffffff", "less than 63 bits"),
        ("1c", "a reserved head"),
        ("ff", "a break"),
        ("", "nothing"),
        ("f6f6", "two values"),
        ("8201", "a list cut short"),
        ("9bffffffffffffffff", "a list longer than memory"),
        ("bb7fffffffffffffff", "a map longer than memory"),
        ("5bffffffffffffffff", "bytes longer than memory"),
    ];
    for (hex, why) in refused {
        let bytes = hex::decode(hex).unwrap();
        assert!(cbor::decode(&bytes).is_err(), "{why}");
        let mut reader = cbor::Reader::new(&bytes);
        assert!(reader.skip().and_then(|()| reader.end()).is_err(), "skipped: {why}");
    }
    for n in [0, 23, 24, 255, 256, 65_535, 65_536, u32::MAX.into(), 1 << 32, i64::MAX, -1, -24, -25, i64::MIN]
    {
        let bytes = cbor::encode(&Value::Int(n));
        assert_eq!(cbor::decode(&bytes), Ok(Value::Int(n)));
        assert_eq!(bytes, serde_ipld_dagcbor::to_vec(&Ipld::Integer(n.into())).unwrap());
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| [vec![0x81; depth], vec![0xf6]].concat();
    assert!(cbor::decode(&nested(cbor::MAX_DEPTH)).is_ok());
    assert_eq!(cbor::decode(&nested(cbor::MAX_DEPTH + 1)), Err(CborError::TooDeep));
    assert_eq!(cbor::Reader::new(&nested(100_000)).skip(), Err(CborError::TooDeep));
    let json = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Map::from_json_slice(format!("{{\"a\":{}}}", json(100)).as_bytes()).is_err());
    assert!(Map::from_json_slice(json(100_000).as_bytes()).is_err());
}

#[test]
fn a_record_keeps_its_bytes() {
    let cid = Cid::of_blob(b"picture");
    let blob = BlobRef { cid, mime_type: "image/png".into(), size: 7 };
    let fields = Map::new()
        .with("$type", "com.example.unknown")
        .with("pictures", vec![blob.to_map()])
        .with("odd", Value::List(vec![Value::Null, Value::Bytes(vec![1]), Value::Int(-1)]));
    let record = Record::encode(fields.clone()).unwrap();
    let again = Record::decode(record.bytes().clone()).unwrap();
    assert_eq!((again.cid(), again.bytes(), again.fields()), (record.cid(), record.bytes(), &fields));
    assert_eq!(again.kind(), "com.example.unknown");
    assert_eq!(BlobRef::all_in(&Value::Map(fields)), std::slice::from_ref(&blob));
    // As it was before 2023.
    let legacy = Map::new().with("cid", cid.to_string()).with("mimeType", "image/png");
    let fields = Map::new().with("avatar", legacy.clone()).with("pictures", vec![blob.to_map()]);
    assert_eq!(BlobRef::all_named(&fields), [cid, cid]);
    let more = legacy.clone().with("size", 7);
    let none = Map::new().with("cid", "x").with("mimeType", "image/png");
    assert!(BlobRef::legacy(&legacy).is_some());
    assert!(BlobRef::legacy(&more).is_none() && BlobRef::legacy(&none).is_none());
    assert!(Record::encode(Map::new()).is_err());
    let long = Map::new().with("$type", "a.b.c").with("x", "x".repeat(1_000_000));
    assert!(Record::encode(long).is_err());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<String>().prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        any::<u8>().prop_map(|n| Value::Link(Cid::of_dag_cbor(&[n]))),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
            prop::collection::vec((".{0,6}", inner), 0..8)
                .prop_map(|list| Value::Map(list.into_iter().collect())),
        ]
    })
}

fn to_ipld(value: &Value) -> Ipld {
    match value {
        Value::Null => Ipld::Null,
        Value::Bool(b) => Ipld::Bool(*b),
        Value::Int(n) => Ipld::Integer((*n).into()),
        Value::Text(text) => Ipld::String(text.clone()),
        Value::Bytes(bytes) => Ipld::Bytes(bytes.clone()),
        Value::Link(cid) => Ipld::Link(cid.to_string().parse().unwrap()),
        Value::List(list) => Ipld::List(list.iter().map(to_ipld).collect()),
        Value::Map(map) => {
            Ipld::Map(map.iter().map(|(k, v)| (k.to_owned(), to_ipld(v))).collect::<BTreeMap<_, _>>())
        }
    }
}

proptest! {
    #[test]
    fn both_ways_and_as_the_other_writes_it(value in value()) {
        let bytes = cbor::encode(&value);
        prop_assert_eq!(&cbor::decode(&bytes).unwrap(), &value);
        prop_assert_eq!(&bytes, &serde_ipld_dagcbor::to_vec(&to_ipld(&value)).unwrap());
        let mut reader = cbor::Reader::new(&bytes);
        prop_assert_eq!(reader.skip().and_then(|()| reader.end()), Ok(()));
    }

    #[test]
    fn by_json_and_back(value in value()) {
        // Keys that JSON keeps for links and bytes cannot be data.
        let mut special = false;
        value.walk(&mut |v| special |= v.get("$link").is_some() || v.get("$bytes").is_some());
        prop_assume!(!special);
        prop_assert_eq!(Value::from_json(&value.to_json()).unwrap(), value);
    }

    /// Whatever is read is written as it was, and skipping agrees with reading.
    #[test]
    fn any_bytes(mut bytes in prop::collection::vec(any::<u8>(), 0..80), value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut changed = cbor::encode(&value);
        let at = at.index(changed.len());
        changed[at] = byte;
        for bytes in [std::mem::take(&mut bytes), changed] {
            let read = cbor::decode(&bytes);
            let mut reader = cbor::Reader::new(&bytes);
            prop_assert_eq!(reader.skip().and_then(|()| reader.end()).is_ok(), read.is_ok());
            if let Ok(value) = read {
                prop_assert_eq!(cbor::encode(&value), bytes);
            }
            let _ = Record::decode(bytes::Bytes::from(vec![0xa1]));
        }
    }
}
