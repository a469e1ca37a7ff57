//! HTTP Message Signatures (RFC 9421), read with the coverage that the network asks for: method, target and, with a
//! body, `Content-Digest` (RFC 9530). Label and tag may be anything. Sent only to peers that refused the older form.

use super::cavage::authority;
use super::digest::{self, BASE64};
use super::{
    Algorithm, Claim, Dialect, Error, PrivateKey, Request, check_date_header, check_window, header_value,
    host, unix,
};
use base64::Engine;
use http::{HeaderMap, HeaderValue, Method, header};
use std::fmt::Write;
use std::time::SystemTime;
use url::Url;

const MAX_COVERED: usize = 32;

/// The headers that sign a request: `Host`, `Date`, `Content-Digest` (with a body), `Signature-Input`, `Signature`.
pub fn sign(
    method: &Method,
    url: &Url,
    body: Option<&[u8]>,
    key_id: &str,
    key: &PrivateKey,
    now: SystemTime,
) -> Result<HeaderMap, Error> {
    sign_with(method, url, body, None, key_id, key, now)
}

/// The same with one further header, which is signed as well. `further`: name in lower case, and value.
pub fn sign_with(
    method: &Method,
    url: &Url,
    body: Option<&[u8]>,
    further: Option<(&'static str, &str)>,
    key_id: &str,
    key: &PrivateKey,
    now: SystemTime,
) -> Result<HeaderMap, Error> {
    let created = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Error::Malformed("time"))?.as_secs();
    let digest = body.map(digest::content_header);
    let mut target = url.clone();
    target.set_fragment(None);
    let mut base = format!("\"@method\": {method}\n\"@target-uri\": {target}\n");
    if let Some(digest) = &digest {
        let _ = writeln!(base, "\"content-digest\": {digest}");
    }
    let mut covered = r#""@method" "@target-uri""#.to_owned();
    if digest.is_some() {
        covered.push_str(r#" "content-digest""#);
    }
    if let Some((name, value)) = further {
        let _ = writeln!(base, "\"{name}\": {value}");
        let _ = write!(covered, " \"{name}\"");
    }
    let params = format!(r#"({covered});created={created};keyid="{key_id}";alg="rsa-v1_5-sha256""#);
    let _ = write!(base, "\"@signature-params\": {params}");
    let signature = BASE64.encode(key.sign(base.as_bytes())?);
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Error::Malformed("header"));
    headers.insert(header::HOST, value(&authority(url))?);
    headers.insert(header::DATE, value(&httpdate::fmt_http_date(now))?);
    if let Some(digest) = &digest {
        headers.insert("content-digest", value(digest)?);
    }
    if let Some((name, text)) = further {
        headers.insert(name, value(text)?);
    }
    headers.insert("signature-input", value(&format!("sig1={params}"))?);
    headers.insert("signature", value(&format!("sig1=:{signature}:"))?);
    Ok(headers)
}

/// Reads and checks everything but the signature itself. The first signature that has a key id is taken.
pub(super) fn read(request: &Request<'_>) -> Result<Claim, Error> {
    let text = |name: &str| request.headers.get(name).and_then(|v| v.to_str().ok()).ok_or(Error::Missing);
    let (inputs, signatures) = (text("signature-input")?, text("signature")?);
    let (label, raw) =
        members(inputs).find(|(_, v)| v.contains("keyid=")).ok_or(Error::Malformed("keyid"))?;
    let input = Input::parse(raw)?;
    let (_, signature) = members(signatures).find(|(l, _)| *l == label).ok_or(Error::Malformed("label"))?;
    let signature =
        BASE64.decode(signature.trim().trim_matches(':')).map_err(|_| Error::Malformed("signature"))?;
    let made = input.check(request)?;
    let algorithm = match input.algorithm {
        None => Algorithm::OfKey,
        Some("rsa-v1_5-sha256") => Algorithm::RsaPkcs1Sha256,
        Some("rsa-pss-sha512") => Algorithm::RsaPssSha512,
        Some("ed25519") => Algorithm::Ed25519,
        Some(_) => return Err(Error::Algorithm),
    };
    let base = input.base(request)?;
    Ok(Claim {
        key_id: input.key_id.to_owned(),
        dialect: Dialect::Rfc9421,
        made,
        signature,
        algorithm,
        bases: vec![base],
    })
}

/// The members of a dictionary (RFC 8941, 3.2): split at commas outside quotes and parentheses.
fn members(header: &str) -> impl Iterator<Item = (&str, &str)> {
    let (mut quoted, mut depth) = (false, 0_u32);
    let split = move |c: char| {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && !quoted && depth == 0
    };
    header.split(split).take(8).filter_map(|m| m.trim().split_once('='))
}

struct Input<'a> {
    /// As received: it is signed like this.
    raw: &'a str,
    covered: Vec<&'a str>,
    key_id: &'a str,
    algorithm: Option<&'a str>,
    created: Option<u64>,
    expires: Option<u64>,
}

impl<'a> Input<'a> {
    fn parse(raw: &'a str) -> Result<Input<'a>, Error> {
        let inner = raw.strip_prefix('(').ok_or(Error::Malformed("inner list"))?;
        let (list, params) = inner.split_once(')').ok_or(Error::Malformed("inner list"))?;
        let mut covered = Vec::with_capacity(8);
        for item in list.split_ascii_whitespace() {
            // A component with parameters (`;sf`, `;key=`, `@query-param`) is used by nobody here.
            let name = item
                .strip_prefix('"')
                .and_then(|i| i.strip_suffix('"'))
                .ok_or(Error::Malformed("component"))?;
            if covered.len() >= MAX_COVERED || covered.contains(&name) {
                return Err(Error::Malformed("components"));
            }
            covered.push(name);
        }
        let mut input = Input { raw, covered, key_id: "", algorithm: None, created: None, expires: None };
        for (name, value) in parameters(params) {
            let number = || value.parse().map_err(|_| Error::Malformed("time"));
            let text = value.trim_matches('"');
            match name {
                "keyid" => input.key_id = text,
                "alg" => input.algorithm = Some(text),
                "created" => input.created = Some(number()?),
                "expires" => input.expires = Some(number()?),
                _ => {}
            }
        }
        if input.key_id.is_empty() { Err(Error::Malformed("keyid")) } else { Ok(input) }
    }

    fn covers(&self, name: &str) -> bool {
        self.covered.contains(&name)
    }

    /// Answers when it was made.
    fn check(&self, request: &Request<'_>) -> Result<SystemTime, Error> {
        if !self.covers("@method") {
            return Err(Error::NotCovered("@method"));
        }
        let host_covered = self.covers("@authority") || self.covers("host");
        let path_covered = self.covers("@path") || self.covers("@request-target");
        if !(self.covers("@target-uri") || host_covered && path_covered) {
            return Err(Error::NotCovered("@target-uri"));
        }
        host(request)?;
        let made = match self.created {
            Some(created) => check_window(unix(created)?, request.now)?,
            None if self.covers("date") => check_date_header(request)?,
            None => return Err(Error::NotCovered("created")),
        };
        if self.expires.is_some_and(|expires| unix(expires).is_ok_and(|at| at < request.now)) {
            return Err(Error::Expired);
        }
        let Some(body) = request.body else { return Ok(made) };
        let name = match () {
            () if self.covers("content-digest") => "content-digest",
            () if self.covers("digest") => "digest",
            () => return Err(Error::NotCovered("content-digest")),
        };
        let value = request.headers.get(name).and_then(|v| v.to_str().ok()).ok_or(Error::Digest)?;
        digest::check(value, body).map(|()| made)
    }

    /// RFC 9421, 2.5.
    fn base(&self, request: &Request<'_>) -> Result<String, Error> {
        let mut base = String::with_capacity(512);
        let path = request.uri.path();
        for name in &self.covered {
            let _ = write!(base, "\"{name}\": ");
            match *name {
                "@method" => base.push_str(request.method.as_str()),
                "@authority" => base.push_str(&host(request)?.to_ascii_lowercase()),
                "@scheme" => base.push_str(request.scheme),
                "@path" => base.push_str(path),
                "@query" => {
                    let _ = write!(base, "?{}", request.uri.query().unwrap_or_default());
                }
                "@request-target" => base.push_str(target(request)),
                "@target-uri" => {
                    let _ = write!(base, "{}://{}{}", request.scheme, host(request)?, target(request));
                }
                name if name.starts_with('@') => return Err(Error::Malformed("component")),
                name => header_value(request.headers, name, &mut base)?,
            }
            base.push('\n');
        }
        let _ = write!(base, "\"@signature-params\": {}", self.raw);
        Ok(base)
    }
}

fn target<'a>(request: &Request<'a>) -> &'a str {
    request.uri.path_and_query().map_or("/", |t| t.as_str())
}

/// `;name=value` pairs; a semicolon inside quotes does not part them.
fn parameters(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut quoted = false;
    let split = move |c: char| {
        quoted ^= c == '"';
        c == ';' && !quoted
    };
    text.split(split).filter_map(|p| p.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::super::PublicKey;
    use super::*;
    use std::time::Duration;

    fn check(
        headers: &HeaderMap,
        key: &PrivateKey,
        uri: &str,
        body: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<(), Error> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let uri = uri.parse().unwrap();
        let request = Request {
            method: &method,
            uri: &uri,
            headers,
            body,
            scheme: "https",
            authority: "example.org",
            now,
        };
        Claim::read(&request)?.verify(&PublicKey::from_pem(&key.public_pem().unwrap()).unwrap())
    }

    #[test]
    fn what_we_send_is_what_we_accept() {
        let (key, now) = (PrivateKey::generate().unwrap(), SystemTime::now());
        let url = Url::parse("https://example.org/inbox?x=1").unwrap();
        let headers =
            sign(&Method::POST, &url, Some(b"{}"), "https://a.example/u#main-key", &key, now).unwrap();
        assert_eq!(check(&headers, &key, "/inbox?x=1", Some(b"{}"), now), Ok(()));
        assert_eq!(check(&headers, &key, "/inbox?x=1", Some(b"[]"), now), Err(Error::Digest));
        assert_eq!(check(&headers, &key, "/inbox", Some(b"{}"), now), Err(Error::Mismatch));
        assert_eq!(
            check(&headers, &key, "/inbox?x=1", Some(b"{}"), now + Duration::from_secs(50_000)),
            Err(Error::Expired)
        );
        let headers = sign(&Method::GET, &url, None, "https://a.example/u#main-key", &key, now).unwrap();
        assert_eq!(check(&headers, &key, "/inbox?x=1", None, now), Ok(()));
    }

    fn headers(key: &PrivateKey, input: &str, base: &str) -> HeaderMap {
        let signature =
            BASE64.encode(key.sign(format!("{base}\"@signature-params\": {input}").as_bytes()).unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "example.org".to_owned()),
            ("content-digest", digest::content_header(b"{}")),
            ("signature-input", format!("other=(\"date\"), my-label={input}")),
            ("signature", format!("other=:AAAA:, my-label=:{signature}:")),
        ] {
            headers.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        headers
    }

    #[test]
    fn other_labels_tags_and_coverage() {
        let (key, now) = (PrivateKey::generate().unwrap(), SystemTime::now());
        let secs = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let input = format!(
            r#"("@method" "@authority" "@path" "content-digest");created={secs};nonce="a;b,c";tag="activitypub";keyid="k""#
        );
        let base = format!(
            "\"@method\": POST\n\"@authority\": example.org\n\"@path\": /inbox\n\"content-digest\": {}\n",
            digest::content_header(b"{}")
        );
        assert_eq!(check(&headers(&key, &input, &base), &key, "/inbox", Some(b"{}"), now), Ok(()));
        assert_eq!(
            check(&headers(&key, &input, &base), &key, "/outbox", Some(b"{}"), now),
            Err(Error::Mismatch)
        );
        let no_digest = format!(r#"("@method" "@target-uri");created={secs};keyid="k""#);
        let result = check(&headers(&key, &no_digest, ""), &key, "/inbox", Some(b"{}"), now);
        assert_eq!(result, Err(Error::NotCovered("content-digest")));
        let no_time = r#"("@method" "@target-uri" "content-digest");keyid="k""#;
        let result = check(&headers(&key, no_time, ""), &key, "/inbox", Some(b"{}"), now);
        assert_eq!(result, Err(Error::NotCovered("created")));
    }

    #[test]
    fn garbage_is_refused_without_panic() {
        let key = PrivateKey::generate().unwrap();
        for bad in [
            "keyid=",
            "(keyid=",
            "(\"a\"keyid=\"k\"",
            "();keyid=\"",
            "(\"@x\");keyid=\"k\";created=1",
            "(@method);keyid=\"k\"",
        ] {
            let headers = headers(&key, bad, "");
            assert!(check(&headers, &key, "/inbox", Some(b"{}"), SystemTime::now()).is_err(), "{bad}");
        }
    }
}
