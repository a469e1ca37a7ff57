//! DID documents and `did:plc`.

use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    identity::{
        DidDocument, DocumentError, did_web_url,
        plc::{LogEntry, LogError, Operation, OperationError, PlcData, Signed, check_log, check_next},
    },
    syntax::{Did, Handle},
};
use landbridge_model::Time;
use proptest::prelude::*;
use serde_json::json;

fn did(text: &str) -> Did {
    Did::parse(text).unwrap()
}

#[test]
fn where_documents_are() {
    let url = |text| did_web_url(&did(text));
    assert_eq!(url("did:web:example.com").unwrap(), "https://example.com/.well-known/did.json");
    assert_eq!(url("did:web:localhost%3A2583").unwrap(), "http://localhost:2583/.well-known/did.json");
    assert_eq!(
        url("did:web:localhost.example.com").unwrap(),
        "https://localhost.example.com/.well-known/did.json"
    );
    for bad in [
        "did:web:example.com:user",
        "did:web:example.com%3A80",
        "did:web:127.0.0.1",
        "did:web:example.com%2Fx",
    ] {
        assert_eq!(url(bad), None, "{bad}");
    }
}

#[test]
fn documents() {
    let key = SigningKey::generate(Curve::K256).unwrap();
    let account = did("did:plc:7iza6de2dwap2sbkpav7c6c6");
    let method = |id: &str, controller: &str| json!({ "id": id, "type": "Multikey", "controller": controller, "publicKeyMultibase": key.public().to_multikey() });
    let service = |id: &str, endpoint: serde_json::Value| json!({ "id": id, "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint });
    let parse = |json: &serde_json::Value| DidDocument::parse(&account, json.to_string().as_bytes());
    let good = json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account,
        "alsoKnownAs": ["https://example.com/@alice", "at://not_a_handle", "at://Alice.Example.com", "at://second.example.com"],
        "verificationMethod": [
            { "id": "#other", "type": "JsonWebKey2020", "controller": account, "publicKeyJwk": {} },
            method("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#atproto", account.as_str()),
            method("#atproto", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"),
            method(&format!("{account}#atproto"), account.as_str()),
        ],
        "service": [
            { "id": "#several", "type": "X", "serviceEndpoint": ["https://a.example", "https://b.example"] },
            service("#atproto_pds", json!("https://pds.example.com")),
        ],
    });
    let document = parse(&good).unwrap();
    assert_eq!(document.handle().unwrap().as_str(), "alice.example.com");
    assert_eq!(document.signing_key(), Some(key.public()));
    assert_eq!(document.keys.len(), 1);
    assert_eq!(document.pds().unwrap().as_str(), "https://pds.example.com/");
    assert_eq!(parse(&document.to_json()).unwrap(), document);

    for bad in [
        "https://pds.example.com/path",
        "https://user@pds.example.com",
        "ftp://pds.example.com",
        "pds",
        "https://x.example/?q",
    ] {
        let json = json!({ "id": account, "service": [service("#atproto_pds", json!(bad))] });
        assert_eq!(parse(&json).unwrap().pds(), None, "{bad}");
    }
    let other = DidDocument::parse(&did("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"), good.to_string().as_bytes());
    assert!(matches!(other, Err(DocumentError::OfAnother(_))));
    assert_eq!(DidDocument::parse(&account, &vec![b' '; 65 << 10]), Err(DocumentError::TooLong));
    assert!(DidDocument::parse(&account, b"{}").is_err());
    let many = vec![service("#atproto_pds", json!("https://pds.example.com")); 100];
    assert_eq!(parse(&json!({ "id": account, "service": many })).unwrap().services.len(), 64);
}

struct Account {
    member: SigningKey,
    server: SigningKey,
    signing: SigningKey,
}

impl Account {
    fn new() -> Account {
        let key = |curve| SigningKey::generate(curve).unwrap();
        Account { member: key(Curve::P256), server: key(Curve::K256), signing: key(Curve::K256) }
    }

    fn data(&self, handle: &str) -> PlcData {
        let keys = [self.member.public(), self.server.public()];
        PlcData::for_account(
            &keys,
            self.signing.public(),
            &Handle::parse(handle).unwrap(),
            "https://pds.example.com",
        )
    }

    fn set(&self, handle: &str, prev: Option<&Signed>, by: &SigningKey) -> Signed {
        let prev = prev.map(Signed::cid);
        Operation::Set { data: self.data(handle), prev }.sign(by).unwrap()
    }
}

const HOUR: i64 = 3_600_000;

fn entry(operation: &Signed, hour: i64, nullified: bool) -> LogEntry {
    LogEntry { operation: operation.clone(), created_at: Time(hour * HOUR), nullified }
}

#[test]
fn a_life() {
    let account = Account::new();
    let first = account.set("a.test", None, &account.server);
    let did = first.did().unwrap();
    assert_eq!(did.as_str().len(), 32);
    let second = account.set("b.test", Some(&first), &account.server);
    assert_eq!(second.did(), None);
    let end = Operation::Tombstone { prev: second.cid() }.sign(&account.member).unwrap();
    let log = [entry(&first, 0, false), entry(&second, 1, false), entry(&end, 2, false)];
    assert_eq!(check_log(&did, &log[..1]), Ok(Some(account.data("a.test"))));
    assert_eq!(check_log(&did, &log[..2]), Ok(Some(account.data("b.test"))));
    assert_eq!(check_log(&did, &log), Ok(None));
    let after = account.set("c.test", Some(&end), &account.member);
    assert_eq!(check_log(&did, &[&log[..], &[entry(&after, 3, false)]].concat()), Err(LogError::Ended));
    let document = account.data("b.test").document(did.clone());
    assert_eq!(document.handle().unwrap().as_str(), "b.test");
    assert_eq!(document.signing_key(), Some(account.signing.public()));

    // By JSON and back, and through the form of a directory.
    for entry in &log {
        assert_eq!(Signed::from_json(&entry.operation.to_json()).as_ref(), Ok(&entry.operation));
        let json = json!({
            "did": did, "operation": entry.operation.to_json(), "cid": entry.operation.cid().to_string(),
            "nullified": false, "createdAt": entry.created_at.rfc3339(),
        });
        assert_eq!(LogEntry::from_json(&did, &json).as_ref(), Ok(entry));
        let mut lie = json.clone();
        lie["cid"] = json!(first.cid().to_string());
        assert!(*entry == log[0] || LogEntry::from_json(&did, &lie) == Err(LogError::Entry));
        lie["did"] = json!("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(LogEntry::from_json(&did, &lie), Err(LogError::OfAnother));
    }
}

#[test]
fn logs_that_are_refused() {
    let (account, stranger) = (Account::new(), SigningKey::generate(Curve::K256).unwrap());
    let first = account.set("a.test", None, &account.server);
    let did = first.did().unwrap();
    let check = |log: &[(&Signed, i64)]| {
        let log: Vec<_> = log.iter().map(|(operation, hour)| entry(operation, *hour, false)).collect();
        check_log(&did, &log)
    };
    assert_eq!(check(&[]), Err(LogError::Length));
    let of_another = account.set("other.test", None, &account.server);
    assert_eq!(check(&[(&of_another, 0)]), Err(LogError::OfAnother));
    // The signature makes the name, so a first operation under a wrong key has another name; and no key that may sign.
    let forged = account.set("a.test", None, &stranger);
    let forged_did = forged.did().unwrap();
    assert_eq!(check_log(&forged_did, &[entry(&forged, 0, false)]), Err(LogError::Signature));
    let by_signing_key = account.set("b.test", Some(&first), &account.signing);
    assert_eq!(check(&[(&first, 0), (&by_signing_key, 1)]), Err(LogError::Signature));
    let second = account.set("b.test", Some(&first), &account.server);
    assert_eq!(check(&[(&second, 0)]), Err(LogError::Prev));
    assert_eq!(check(&[(&first, 0), (&first, 1)]), Err(LogError::Prev));
    assert_eq!(check(&[(&first, 2), (&second, 1)]), Err(LogError::Late));
    let mut tampered = second.clone();
    tampered.operation = account.set("evil.test", Some(&first), &account.server).operation;
    assert_eq!(check(&[(&first, 0), (&tampered, 1)]), Err(LogError::Signature));
    // Marked as undone, and nothing undid it.
    assert_eq!(
        check_log(&did, &[entry(&first, 0, false), entry(&second, 1, true)]),
        Err(LogError::Nullified)
    );
}

#[test]
fn a_mightier_key_takes_back_for_72_hours() {
    let account = Account::new();
    let first = account.set("a.test", None, &account.server);
    let did = first.did().unwrap();
    let stolen = account.set("stolen.test", Some(&first), &account.server);
    let more = account.set("more.test", Some(&stolen), &account.server);
    let rescue = account.set("mine.test", Some(&first), &account.member);
    let log = |hour| {
        [
            entry(&first, 0, false),
            entry(&stolen, 10, true),
            entry(&more, 20, true),
            entry(&rescue, hour, false),
        ]
    };
    // Counted from the first that is undone.
    assert_eq!(check_log(&did, &log(82)), Ok(Some(account.data("mine.test"))));
    assert_eq!(check_log(&did, &log(83)), Err(LogError::Late));
    // The same key cannot, and no lesser one.
    let again = account.set("again.test", Some(&first), &account.server);
    let taken = [entry(&first, 0, false), entry(&stolen, 10, false)];
    let chain: Vec<&LogEntry> = taken.iter().collect();
    assert_eq!(check_next(&did, &chain, &again, Time(11 * HOUR)), Err(LogError::Signature));
    assert_eq!(check_next(&did, &chain, &rescue, Time(11 * HOUR)), Ok(1));
    // What the mightiest key did stands.
    let by_member = account.set("b.test", Some(&first), &account.member);
    let taken = [entry(&first, 0, false), entry(&by_member, 10, false)];
    let chain: Vec<&LogEntry> = taken.iter().collect();
    for (operation, error) in [(&again, LogError::Signature), (&rescue, LogError::Signature)] {
        assert_eq!(check_next(&did, &chain, operation, Time(11 * HOUR)), Err(error));
    }
    // An end can be taken back, too.
    let end = Operation::Tombstone { prev: first.cid() }.sign(&account.server).unwrap();
    let log = [entry(&first, 0, false), entry(&end, 10, true), entry(&rescue, 20, false)];
    assert_eq!(check_log(&did, &log), Ok(Some(account.data("mine.test"))));
}

#[test]
fn operations_that_are_refused() {
    let account = Account::new();
    let sign = |data: PlcData| Operation::Set { data, prev: None }.sign(&account.server);
    let data = account.data("a.test");
    assert!(sign(data.clone()).is_ok());
    assert!(sign(PlcData { rotation_keys: vec![], ..data.clone() }).is_err());
    let key = data.rotation_keys[0].clone();
    assert!(sign(PlcData { rotation_keys: vec![key.clone(), key.clone()], ..data.clone() }).is_err());
    let six = (0..6).map(|_| SigningKey::generate(Curve::K256).unwrap().public().to_did_key()).collect();
    assert!(sign(PlcData { rotation_keys: six, ..data.clone() }).is_err());
    let ed25519 = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK".to_owned();
    assert!(sign(PlcData { rotation_keys: vec![ed25519.clone()], ..data.clone() }).is_err());
    // Keys of other kinds may be named, but not for the repository.
    let methods = |name: &str| vec![(name.to_owned(), ed25519.clone())];
    assert!(sign(PlcData { verification_methods: methods("other"), ..data.clone() }).is_ok());
    assert!(sign(PlcData { verification_methods: methods("atproto"), ..data.clone() }).is_err());
    let many = (0..11).map(|n| format!("at://a{n}.test")).collect();
    assert!(sign(PlcData { also_known_as: many, ..data.clone() }).is_err());

    let json = sign(data).unwrap().to_json();
    let changed = |field: &str, value: serde_json::Value| {
        let mut json = json.clone();
        json[field] = value;
        Signed::from_json(&json)
    };
    assert!(Signed::from_json(&json).is_ok());
    assert_eq!(changed("extra", json!(1)), Err(OperationError::Field("an unknown one")));
    assert_eq!(changed("sig", json!(1)), Err(OperationError::Field("sig")));
    assert_eq!(changed("prev", json!("x")), Err(OperationError::Field("prev")));
    assert_eq!(changed("type", json!("plc_tombstone")), Err(OperationError::Field("prev")));
    assert_eq!(changed("rotationKeys", json!([1])), Err(OperationError::Field("rotationKeys")));
    assert_eq!(changed("services", json!({ "a": { "type": "x" } })), Err(OperationError::Field("services")));
    assert_eq!(changed("alsoKnownAs", json!(["x".repeat(8000)])), Err(OperationError::TooLong));
    // Padding would be another text of the same signature.
    let padded =
        Signed { sig: format!("{}==", json["sig"].as_str().unwrap()), ..Signed::from_json(&json).unwrap() };
    assert_eq!(padded.signer(&account.data("a.test").rotation_keys), None);
}

/// A first operation of 2022, as the directory shows it: name and signature are of that time.
#[test]
fn the_oldest_form() {
    let key = SigningKey::generate(Curve::K256).unwrap();
    let text = key.public().to_did_key();
    let operation = Operation::LegacyCreate {
        signing_key: text.clone(),
        recovery_key: text.clone(),
        handle: "alice.test".into(),
        service: "pds.example.com".into(),
    };
    let signed = operation.sign(&key).unwrap();
    let read = Signed::from_json(&signed.to_json()).unwrap();
    assert_eq!(read, signed);
    let data = check_log(&read.did().unwrap(), &[entry(&read, 0, false)]).unwrap().unwrap();
    assert_eq!(data.also_known_as, ["at://alice.test"]);
    assert_eq!(data.services[0].1.endpoint, "https://pds.example.com");
}

proptest! {
    #[test]
    fn any_json(text in "[\\[\\]{}\",:a-z0-9]{0,80}", field in "(id|type|sig|prev|services|alsoKnownAs|rotationKeys)", value in any::<i64>()) {
        let account = did("did:plc:7iza6de2dwap2sbkpav7c6c6");
        let _ = DidDocument::parse(&account, text.as_bytes());
        let mut json = json!({ "id": account, "type": "plc_operation", "sig": text, "prev": null });
        json[field] = json!(value);
        let _ = Signed::from_json(&json);
        let _ = LogEntry::from_json(&account, &json);
        let _ = DidDocument::parse(&account, json.to_string().as_bytes());
    }
}
