//! Texts in the DNS (TXT): asked of the system's name servers, or, where the operator has chosen a resolver, over HTTPS (RFC
//! 8484), by the same guarded way as everything else.

use crate::network::AtProto;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use landbridge_hub::Hub;
use url::Url;

/// Longest answer, in bytes; and most records that are read of it.
const LONGEST: usize = 16 << 10;
const MOST: usize = 64;
const TXT: u16 = 16;
const INTERNET: u16 = 1;

impl AtProto {
    /// The texts of a name; none when there is no such name. Errors are words.
    pub(crate) async fn texts_of(&self, name: &str) -> Result<Vec<String>, String> {
        match &self.options.dns {
            Some(resolver) => texts(&self.hub, resolver, name).await,
            None => self.hub.fetcher().txt(name).await.map_err(|why| why.to_string()),
        }
    }
}

async fn texts(hub: &Hub, resolver: &Url, name: &str) -> Result<Vec<String>, String> {
    let question = question(name).ok_or("no name of the DNS")?;
    let mut url = resolver.clone();
    url.query_pairs_mut().append_pair("dns", &URL_SAFE_NO_PAD.encode(question));
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/dns-message"));
    let answer = hub.fetcher().get(&url, headers, LONGEST).await;
    let answer = answer.map_err(|why| format!("the DNS cannot be asked: {why}"))?;
    if answer.status != StatusCode::OK {
        return Err(format!("the DNS resolver answers {}", answer.status.as_u16()));
    }
    read(&answer.body).ok_or_else(|| "the DNS answers nothing that can be read".into())
}

/// One question, as bytes (RFC 1035, section 4).
fn question(name: &str) -> Option<Vec<u8>> {
    // Number 0 lets caches work; recursion is desired.
    let mut bytes = vec![0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    if name.len() > 250 {
        return None;
    }
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        bytes.push(length);
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes.extend(TXT.to_be_bytes());
    bytes.extend(INTERNET.to_be_bytes());
    Some(bytes)
}

/// The texts of an answer; `None` when it is none. A name that does not exist has no texts.
fn read(bytes: &[u8]) -> Option<Vec<String>> {
    let mut at = Reader { bytes, at: 0 };
    let _number = at.number()?;
    let flags = at.number()?;
    let (questions, answers) = (at.number()?, at.number()?);
    at.skip(4)?;
    match (flags >> 15, flags & 15) {
        (1, 0) => {}
        // No such name.
        (1, 3) => return Some(Vec::new()),
        _ => return None,
    }
    for _ in 0..questions.min(4) {
        at.name()?;
        at.skip(4)?;
    }
    let mut texts = Vec::new();
    for _ in 0..usize::from(answers).min(MOST) {
        at.name()?;
        let (kind, class) = (at.number()?, at.number()?);
        at.skip(4)?;
        let length = at.number()?;
        let data = at.take(length.into())?;
        if kind == TXT && class == INTERNET {
            texts.push(text(data)?);
        }
    }
    Some(texts)
}

/// A text of several parts, each with its length before it.
fn text(data: &[u8]) -> Option<String> {
    let mut at = Reader { bytes: data, at: 0 };
    let mut text = Vec::new();
    while at.at < data.len() {
        let length = at.byte()?;
        text.extend(at.take(length.into())?);
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn skip(&mut self, length: usize) -> Option<()> {
        self.take(length).map(drop)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Past a name: its labels, or a pointer to where they stand.
    fn name(&mut self) -> Option<()> {
        loop {
            match self.byte()? {
                0 => return Some(()),
                length @ 1..=63 => self.skip(length.into())?,
                192..=255 => return self.skip(1),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_an_answer() {
        let mut answer = question("_lexicon.example.com").unwrap();
        answer[2] = 0x81;
        answer[3] = 0x80;
        answer[7] = 2;
        let record = |data: &[u8]| {
            let mut bytes = vec![0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()];
            bytes.extend(data);
            bytes
        };
        answer.extend(record(b"\x04did=\x07did:x:y"));
        answer.extend(record(b"\x03abc"));
        assert_eq!(read(&answer).unwrap(), ["did=did:x:y", "abc"]);
        for length in 0..answer.len() {
            assert!(read(&answer[..length]).is_none());
        }
        let mut nobody = answer.clone();
        nobody[3] = 0x83;
        assert!(read(&nobody).unwrap().is_empty());
        nobody[3] = 0x82;
        assert!(read(&nobody).is_none());
        assert!(question("a..b").is_none() && question(&"a".repeat(64)).is_none());
    }
}
