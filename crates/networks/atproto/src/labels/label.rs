//! One label: read, and its signature checked (<https://atproto.com/specs/label>).

use crate::{
    crypto::{CryptoError, PublicKey},
    data::{Map, Value, cbor},
    syntax::{Datetime, Did},
    translate::place::{POST, Place},
};
use landbridge_hub::{Label, LabelEffect};
use landbridge_model::{Network, Time};

/// What labels with a meaning of their own do (`com.atproto.label.defs#labelValue`), and the words for people. Others are
/// the labelers' own, and left to apps that know these.
const VALUES: &[(&str, LabelEffect, &str)] = &[
    ("!hide", LabelEffect::Hide, ""),
    ("!warn", LabelEffect::Warn, "Content warning by a labeler"),
    ("!no-unauthenticated", LabelEffect::SignedIn, ""),
    ("porn", LabelEffect::Cover, "Adult content"),
    ("sexual", LabelEffect::Cover, "Sexually suggestive"),
    ("nudity", LabelEffect::Cover, "Nudity"),
    ("graphic-media", LabelEffect::Cover, "Graphic media"),
];

/// Why something is no label that can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    #[error("a field is missing or bad: {0}")]
    Field(&'static str),
    #[error("of another labeler")]
    Source,
    #[error(transparent)]
    Signature(#[from] CryptoError),
}

/// Whom or what a label is about: the DID.
pub fn subject(fields: &Map) -> Option<Did> {
    let uri = fields.text("uri")?;
    Did::parse(uri).ok().or_else(|| Some(Place::parse(uri)?.did))
}

/// A label as its labeler signed it. `None`: one that does nothing here, or is about something that is not shown here.
pub fn read(fields: &Map, labeler: &Did, key: &PublicKey) -> Result<Option<Label>, LabelError> {
    if fields.text("src") != Some(labeler.as_str()) {
        return Err(LabelError::Source);
    }
    check(fields, key)?;
    let value = fields.text("val").ok_or(LabelError::Field("val"))?;
    let Some(&(_, effect, words)) = VALUES.iter().find(|(known, ..)| *known == value) else {
        return Ok(None);
    };
    let time = |field: &'static str| match fields.text(field) {
        Some(text) => Datetime::parse(text).map(|at| Some(at.time())).map_err(|_| LabelError::Field(field)),
        None => Ok(None),
    };
    let (made_at, expires_at) = (time("cts")?.ok_or(LabelError::Field("cts"))?, time("exp")?);
    let uri = fields.text("uri").ok_or(LabelError::Field("uri"))?;
    let target = match Place::parse(uri) {
        Some(place) if place.collection == POST => place.to_string(),
        // A label of the profile is about the profile alone.
        Some(_) => return Ok(None),
        None => Did::parse(uri).map_err(|_| LabelError::Field("uri"))?.to_string(),
    };
    let taken_back = fields.get("neg").and_then(Value::as_bool) == Some(true);
    Ok(Some(Label {
        network: Network::AtProto,
        target,
        source: labeler.to_string(),
        value: value.to_owned(),
        effect: (!taken_back).then_some(effect),
        words,
        made_at: Time(made_at.0.min(Time::now().0)),
        expires_at,
    }))
}

/// The signature is of everything else in it.
fn check(fields: &Map, key: &PublicKey) -> Result<(), LabelError> {
    let mut signed = fields.clone();
    let signature = signed.remove("sig").ok_or(LabelError::Field("sig"))?;
    let signature = signature.as_bytes().ok_or(LabelError::Field("sig"))?;
    signed.remove("$type");
    Ok(key.verify(&cbor::encode(&Value::Map(signed)), signature)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Curve, SigningKey};
    use serde_json::{Value as Json, json};

    const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

    fn label(key: &SigningKey, change: impl Fn(&mut Json)) -> Map {
        let mut json = json!({
            "ver": 1, "src": "did:web:labels.example", "uri": format!("at://{DID}/{POST}/3k"), "val": "porn",
            "cts": "2024-01-01T00:00:00Z",
        });
        change(&mut json);
        let fields = Map::from_json(&json).unwrap();
        let signature = key.sign(&cbor::encode(&Value::Map(fields.clone()))).unwrap();
        fields.with("sig", Value::Bytes(signature.to_vec()))
    }

    #[test]
    fn only_what_the_labeler_signed() {
        let (key, other) =
            (SigningKey::generate(Curve::K256).unwrap(), SigningKey::generate(Curve::K256).unwrap());
        let labeler = Did::parse("did:web:labels.example").unwrap();
        let read = |fields: &Map| read(fields, &labeler, key.public());
        let good = label(&key, |_| {});
        let shown = read(&good).unwrap().unwrap();
        assert_eq!((shown.effect, shown.target), (Some(LabelEffect::Cover), format!("at://{DID}/{POST}/3k")));
        assert_eq!(subject(&good).unwrap().as_str(), DID);
        assert!(matches!(read(&good.clone().with("val", "!hide")), Err(LabelError::Signature(_))));
        assert!(matches!(read(&label(&other, |_| {})), Err(LabelError::Signature(_))));
        let mut unsigned = good;
        unsigned.remove("sig");
        assert_eq!(read(&unsigned).unwrap_err(), LabelError::Field("sig"));
        let of_another = label(&key, |json| json["src"] = json!("did:web:other.example"));
        assert_eq!(read(&of_another).unwrap_err(), LabelError::Source);
    }

    #[test]
    fn what_labels_mean() {
        let key = SigningKey::generate(Curve::P256).unwrap();
        let labeler = Did::parse("did:web:labels.example").unwrap();
        let read = |change: &dyn Fn(&mut Json)| read(&label(&key, change), &labeler, key.public()).unwrap();
        let whole = read(&|json| json["uri"] = json!(DID)).unwrap();
        assert_eq!((whole.target.as_str(), whole.expires_at), (DID, None));
        let back = read(&|json| json["neg"] = json!(true)).unwrap();
        assert_eq!(back.effect, None);
        let expires = read(&|json| json["exp"] = json!("2024-01-02T00:00:00Z")).unwrap();
        assert_eq!(expires.expires_at.unwrap().0 - expires.made_at.0, 86_400_000);
        assert!(read(&|json| json["val"] = json!("rude")).is_none());
        assert!(
            read(&|json| json["uri"] = json!(format!("at://{DID}/app.bsky.actor.profile/self"))).is_none()
        );
    }
}
