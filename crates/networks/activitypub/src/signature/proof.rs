//! Object integrity proofs (FEP-8b32, cryptosuite `eddsa-jcs-2022`): a signature that travels with the object, so
//! that a relayed or forwarded one can be trusted without asking its origin.

use super::key::ProofKey;
use super::{Error, PublicKey, jcs, multibase};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

/// URL of the key that made the proof, if the object carries one of the known kind.
pub fn method(object: &Value) -> Option<&str> {
    proof_of(object)?.get("verificationMethod")?.as_str()
}

/// Checks the proof of an object. The caller must have found `key` under [`method`] *and* made sure that it is the
/// key of whoever the object claims as its actor or author.
pub fn verify(object: &Value, key: &PublicKey) -> Result<(), Error> {
    let proof = proof_of(object).ok_or(Error::Missing)?;
    let signature = proof.get("proofValue").and_then(Value::as_str).and_then(multibase::decode);
    let signature = signature.ok_or(Error::Malformed("proofValue"))?;
    let mut options = proof.clone();
    options.remove("proofValue");
    let Value::Object(document) = object else { return Err(Error::Missing) };
    let mut document = document.clone();
    document.remove("proof");
    // Some write the context into the proof, some only sign as if they had (vc-di-eddsa, 3.3.1 and 3.3.5).
    if let (None, Some(context)) = (options.get("@context"), document.get("@context")) {
        let mut with_context = options.clone();
        with_context.insert("@context".into(), context.clone());
        let message = message(with_context, &document);
        if key.verify_ed25519(&message, &signature).is_ok() {
            return Ok(());
        }
    }
    key.verify_ed25519(&message(options, &document), &signature)
}

/// Adds a proof. `created` is an RFC 3339 time in UTC.
pub fn sign(object: &mut Map<String, Value>, key_id: &str, key: &ProofKey, created: &str) {
    object.remove("proof");
    let mut options = Map::new();
    if let Some(context) = object.get("@context") {
        options.insert("@context".into(), context.clone());
    }
    options.insert("type".into(), json!("DataIntegrityProof"));
    options.insert("cryptosuite".into(), json!("eddsa-jcs-2022"));
    options.insert("verificationMethod".into(), json!(key_id));
    options.insert("proofPurpose".into(), json!("assertionMethod"));
    options.insert("created".into(), json!(created));
    let signature = key.sign(&message(options.clone(), object));
    options.insert("proofValue".into(), json!(multibase::encode(&signature)));
    object.insert("proof".into(), Value::Object(options));
}

fn proof_of(object: &Value) -> Option<&Map<String, Value>> {
    let known = |proof: &&Map<String, Value>| {
        let is = |name: &str, value: &str| proof.get(name).and_then(Value::as_str) == Some(value);
        is("type", "DataIntegrityProof")
            && is("cryptosuite", "eddsa-jcs-2022")
            && is("proofPurpose", "assertionMethod")
    };
    match object.get("proof")? {
        Value::Object(proof) => Some(proof).filter(known),
        Value::Array(proofs) => proofs.iter().take(4).filter_map(Value::as_object).find(known),
        _ => None,
    }
}

fn message(options: Map<String, Value>, document: &Map<String, Value>) -> Vec<u8> {
    let hash = |value: &Value| digest(&SHA256, jcs::canonical(value).as_bytes());
    let (options, document) = (hash(&Value::Object(options)), hash(&Value::Object(document.clone())));
    [options.as_ref(), document.as_ref()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signed document of FEP-8b32.
    fn example() -> Value {
        let context =
            json!(["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"]);
        json!({
            "@context": context,
            "id": "https://server.example/activities/1", "type": "Create", "actor": "https://server.example/users/alice",
            "object": {
                "id": "https://server.example/objects/1", "type": "Note",
                "attributedTo": "https://server.example/users/alice", "content": "Hello world",
                "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962}
            },
            "proof": {
                "@context": context, "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022",
                "verificationMethod": "https://server.example/users/alice#ed25519-key", "proofPurpose": "assertionMethod",
                "proofValue": "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL",
                "created": "2023-02-24T23:36:38Z"
            }
        })
    }

    #[test]
    fn the_vector_of_the_fep() {
        let key = PublicKey::from_multibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2").unwrap();
        let mut object = example();
        assert_eq!(method(&object), Some("https://server.example/users/alice#ed25519-key"));
        assert_eq!(verify(&object, &key), Ok(()));
        object["object"]["content"] = json!("Hello, world");
        assert_eq!(verify(&object, &key), Err(Error::Mismatch));
    }

    #[test]
    fn what_we_sign_verifies_and_the_context_may_stay_outside() {
        let key = ProofKey::from_seed(&[7; 32]).unwrap();
        let public = PublicKey::from_multibase(&key.multibase()).unwrap();
        let mut object = example();
        sign(object.as_object_mut().unwrap(), "https://server.example/k", &key, "2026-01-01T00:00:00Z");
        assert_eq!(verify(&object, &public), Ok(()));
        object["proof"].as_object_mut().unwrap().remove("@context");
        assert_eq!(verify(&object, &public), Ok(()));
        object["proof"]["created"] = json!("2026-01-01T00:00:01Z");
        assert_eq!(verify(&object, &public), Err(Error::Mismatch));
    }
}
