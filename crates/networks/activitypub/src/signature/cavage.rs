//! draft-cavage-http-signatures-12, the dialect that every server understands: we send it, and read it with the
//! liberties that servers take (`hs2019`, no algorithm, `(created)`, the query left out of the request target).

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

/// More covered headers than this is nobody's honest signature.
const MAX_COVERED: usize = 32;

/// The headers that sign a request: `Host`, `Date`, `Digest` (with a body) and `Signature`.
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
    let date = httpdate::fmt_http_date(now);
    let host = authority(url);
    let digest = body.map(digest::header);
    let mut base = String::with_capacity(256);
    let _ = write!(base, "(request-target): {} {}", method.as_str().to_ascii_lowercase(), url.path());
    if let Some(query) = url.query() {
        let _ = write!(base, "?{query}");
    }
    let _ = write!(base, "\nhost: {host}\ndate: {date}");
    if let Some(digest) = &digest {
        let _ = write!(base, "\ndigest: {digest}");
    }
    let mut covered = "(request-target) host date".to_owned();
    if digest.is_some() {
        covered.push_str(" digest");
    }
    if let Some((name, value)) = further {
        let _ = write!(base, "\n{name}: {value}");
        let _ = write!(covered, " {name}");
    }
    let signature = BASE64.encode(key.sign(base.as_bytes())?);
    let signature =
        format!(r#"keyId="{key_id}",algorithm="rsa-sha256",headers="{covered}",signature="{signature}""#);
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Error::Malformed("header"));
    headers.insert(header::HOST, value(&host)?);
    headers.insert(header::DATE, value(&date)?);
    if let Some(digest) = &digest {
        headers.insert("digest", value(digest)?);
    }
    if let Some((name, text)) = further {
        headers.insert(name, value(text)?);
    }
    headers.insert("signature", value(&signature)?);
    Ok(headers)
}

/// Host and, unless it is the scheme's own, port.
pub(crate) fn authority(url: &Url) -> String {
    match (url.host_str().unwrap_or_default(), url.port()) {
        (host, None) => host.to_owned(),
        (host, Some(port)) => format!("{host}:{port}"),
    }
}

/// Reads and checks everything but the signature itself.
pub(super) fn read(request: &Request<'_>) -> Result<Claim, Error> {
    let header = signature_header(request.headers)?;
    let params = Params::parse(header)?;
    let algorithm = match params.algorithm {
        None | Some("hs2019") => Algorithm::OfKey,
        Some(a) if a.eq_ignore_ascii_case("rsa-sha256") => Algorithm::RsaPkcs1Sha256,
        Some("ed25519") => Algorithm::Ed25519,
        Some(_) => return Err(Error::Algorithm),
    };
    let covered = Covered::of(&params)?;
    let made = covered.check(&params, request)?;
    let signature = BASE64.decode(params.signature).map_err(|_| Error::Malformed("signature"))?;
    let path = request.uri.path();
    let mut bases = Vec::with_capacity(2);
    if let Some(query) = request.uri.query() {
        bases.push(base(request, &params, &format!("{path}?{query}"))?);
    }
    bases.push(base(request, &params, path)?);
    let key_id = params.key_id.to_owned();
    Ok(Claim { key_id, dialect: Dialect::Cavage, made, signature, algorithm, bases })
}

fn signature_header(headers: &HeaderMap) -> Result<&str, Error> {
    if let Some(value) = headers.get("signature") {
        return value.to_str().map_err(|_| Error::Malformed("signature"));
    }
    let value = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or(Error::Missing)?;
    value.strip_prefix("Signature ").ok_or(Error::Missing)
}

#[derive(Default)]
struct Params<'a> {
    key_id: &'a str,
    algorithm: Option<&'a str>,
    /// Absent means the one header `date` (section 2.1.6).
    headers: Option<&'a str>,
    signature: &'a str,
    created: Option<u64>,
    expires: Option<u64>,
}

impl<'a> Params<'a> {
    fn parse(mut rest: &'a str) -> Result<Params<'a>, Error> {
        let mut params = Params::default();
        while !rest.trim_start_matches([' ', ',']).is_empty() {
            let (name, after) =
                rest.trim_start_matches([' ', ',']).split_once('=').ok_or(Error::Malformed("no ="))?;
            let (value, after) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or(Error::Malformed("quotes"))?,
                None => after.split_once(',').unwrap_or((after, "")),
            };
            rest = after;
            let number = || value.trim().split('.').next().and_then(|n| n.parse().ok());
            match name.trim() {
                "keyId" => params.key_id = value,
                "algorithm" => params.algorithm = Some(value),
                "headers" => params.headers = Some(value),
                "signature" => params.signature = value,
                "created" => params.created = Some(number().ok_or(Error::Malformed("created"))?),
                "expires" => params.expires = Some(number().ok_or(Error::Malformed("expires"))?),
                _ => {}
            }
        }
        if params.key_id.is_empty() || params.signature.is_empty() {
            return Err(Error::Malformed("keyId or signature missing"));
        }
        Ok(params)
    }

    fn covered(&self) -> impl Iterator<Item = &'a str> {
        self.headers.unwrap_or("date").split_ascii_whitespace()
    }
}

#[derive(Default)]
struct Covered {
    target: bool,
    host: bool,
    date: bool,
    created: bool,
    digest: bool,
    content_digest: bool,
}

impl Covered {
    fn of(params: &Params<'_>) -> Result<Covered, Error> {
        let mut covered = Covered::default();
        for (n, name) in params.covered().enumerate() {
            if n >= MAX_COVERED {
                return Err(Error::Malformed("too many headers"));
            }
            let flag = match name {
                "(request-target)" => &mut covered.target,
                "host" => &mut covered.host,
                "date" => &mut covered.date,
                "(created)" => &mut covered.created,
                "digest" => &mut covered.digest,
                "content-digest" => &mut covered.content_digest,
                _ => continue,
            };
            *flag = true;
        }
        Ok(covered)
    }

    /// Answers when it was made.
    fn check(&self, params: &Params<'_>, request: &Request<'_>) -> Result<SystemTime, Error> {
        if !self.target {
            return Err(Error::NotCovered("(request-target)"));
        }
        if !self.host {
            return Err(Error::NotCovered("host"));
        }
        host(request)?;
        let made = match (self.date, params.created.filter(|_| self.created)) {
            (_, Some(created)) => check_window(unix(created)?, request.now)?,
            (true, None) => check_date_header(request)?,
            (false, None) => return Err(Error::NotCovered("date")),
        };
        if params.expires.is_some_and(|expires| unix(expires).is_ok_and(|at| at < request.now)) {
            return Err(Error::Expired);
        }
        let Some(body) = request.body else { return Ok(made) };
        let name = match (self.digest, self.content_digest) {
            (true, _) => "digest",
            (_, true) => "content-digest",
            _ => return Err(Error::NotCovered("digest")),
        };
        let value = request.headers.get(name).and_then(|v| v.to_str().ok()).ok_or(Error::Digest)?;
        digest::check(value, body).map(|()| made)
    }
}

fn base(request: &Request<'_>, params: &Params<'_>, target: &str) -> Result<String, Error> {
    let mut base = String::with_capacity(384);
    for name in params.covered() {
        if !base.is_empty() {
            base.push('\n');
        }
        base.push_str(name);
        base.push_str(": ");
        match name {
            "(request-target)" => {
                base.push_str(&request.method.as_str().to_ascii_lowercase());
                base.push(' ');
                base.push_str(target);
            }
            "(created)" => {
                let _ = write!(base, "{}", params.created.ok_or(Error::Malformed("created"))?);
            }
            "(expires)" => {
                let _ = write!(base, "{}", params.expires.ok_or(Error::Malformed("expires"))?);
            }
            "host" => base.push_str(host(request)?),
            name => header_value(request.headers, name, &mut base)?,
        }
    }
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_AGE, MAX_SKEW, PublicKey};
    use super::*;
    use std::time::Duration;

    struct Case {
        key: PrivateKey,
        url: Url,
        now: SystemTime,
    }

    impl Case {
        fn new() -> Case {
            let url = Url::parse("https://example.org/inbox?a=b").unwrap();
            Case { key: PrivateKey::generate().unwrap(), url, now: SystemTime::now() }
        }

        fn signed(&self, body: &[u8]) -> HeaderMap {
            sign(&Method::POST, &self.url, Some(body), "https://a.example/u#main-key", &self.key, self.now)
                .unwrap()
        }

        fn check(&self, headers: &HeaderMap, uri: &str, body: &[u8], now: SystemTime) -> Result<(), Error> {
            let request = Request {
                method: &Method::POST,
                uri: &uri.parse().unwrap(),
                headers,
                body: Some(body),
                scheme: "https",
                authority: "example.org",
                now,
            };
            let claim = Claim::read(&request)?;
            assert_eq!(claim.key_id, "https://a.example/u#main-key");
            claim.verify(&PublicKey::from_pem(&self.key.public_pem().unwrap()).unwrap())
        }
    }

    #[test]
    fn what_we_send_is_what_we_accept() {
        let case = Case::new();
        let headers = case.signed(b"{}");
        assert_eq!(case.check(&headers, "/inbox?a=b", b"{}", case.now), Ok(()));
        assert_eq!(case.check(&headers, "/inbox?a=b", b"{ }", case.now), Err(Error::Digest));
        assert_eq!(case.check(&headers, "/other?a=b", b"{}", case.now), Err(Error::Mismatch));
        assert_eq!(
            case.check(&headers, "/inbox?a=b", b"{}", case.now + MAX_AGE + Duration::from_secs(2)),
            Err(Error::Expired)
        );
        assert_eq!(
            case.check(&headers, "/inbox?a=b", b"{}", case.now - MAX_SKEW - Duration::from_secs(2)),
            Err(Error::Expired)
        );
    }

    #[test]
    fn the_query_may_have_been_left_out_by_the_signer() {
        let mut case = Case::new();
        case.url.set_query(None);
        assert_eq!(case.check(&case.signed(b"{}"), "/inbox?a=b", b"{}", case.now), Ok(()));
    }

    #[test]
    fn changed_headers_and_hosts_are_refused() {
        let case = Case::new();
        let mut headers = case.signed(b"{}");
        headers.insert(
            "date",
            HeaderValue::from_str(&httpdate::fmt_http_date(case.now - Duration::from_secs(60))).unwrap(),
        );
        assert_eq!(case.check(&headers, "/inbox?a=b", b"{}", case.now), Err(Error::Mismatch));
        let mut headers = case.signed(b"{}");
        headers.insert("host", HeaderValue::from_static("evil.example"));
        assert_eq!(case.check(&headers, "/inbox?a=b", b"{}", case.now), Err(Error::WrongHost));
    }

    fn with_signature(case: &Case, covered: &str, extra: &str, base: &str) -> HeaderMap {
        let mut headers = case.signed(b"{}");
        let signature = BASE64.encode(case.key.sign(base.as_bytes()).unwrap());
        let value = format!(
            r#"keyId="https://a.example/u#main-key",{extra}headers="{covered}",signature="{signature}""#
        );
        headers.insert("signature", HeaderValue::from_str(&value).unwrap());
        headers
    }

    #[test]
    fn created_replaces_date_and_expires_is_honoured() {
        let case = Case::new();
        let secs = case.now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let digest = digest::header(b"{}");
        let base =
            format!("(request-target): post /inbox\nhost: example.org\n(created): {secs}\ndigest: {digest}");
        let covered = "(request-target) host (created) digest";
        let run = |extra: String, now| {
            case.check(&with_signature(&case, covered, &extra, &base), "/inbox", b"{}", now)
        };
        assert_eq!(run(format!("algorithm=\"hs2019\",created={secs},"), case.now), Ok(()));
        assert_eq!(run(format!("created={secs},expires={},", secs - 5), case.now), Err(Error::Expired));
        assert_eq!(
            run(format!("algorithm=\"hmac-sha256\",created={secs},"), case.now),
            Err(Error::Algorithm)
        );
    }

    #[test]
    fn what_must_be_covered() {
        let case = Case::new();
        for (covered, missing) in [
            ("host date digest", "(request-target)"),
            ("(request-target) date digest", "host"),
            ("(request-target) host digest", "date"),
            ("(request-target) host date", "digest"),
        ] {
            let headers = with_signature(&case, covered, "", "x");
            assert_eq!(case.check(&headers, "/inbox", b"{}", case.now), Err(Error::NotCovered(missing)));
        }
        let many = "(request-target) ".repeat(MAX_COVERED + 1);
        let headers = with_signature(&case, &many, "", "x");
        assert!(matches!(case.check(&headers, "/inbox", b"{}", case.now), Err(Error::Malformed(_))));
    }

    #[test]
    fn garbage_is_refused_without_panic() {
        let case = Case::new();
        for bad in [
            "",
            "=",
            "keyId",
            "keyId=\"",
            "keyId=\"a\",signature=",
            ",,,",
            "keyId=\"a\",signature=\"%\"",
            "é=é",
        ] {
            let mut headers = case.signed(b"{}");
            headers.insert("signature", HeaderValue::from_bytes(bad.as_bytes()).unwrap());
            assert!(case.check(&headers, "/inbox", b"{}", case.now).is_err(), "{bad}");
        }
    }
}
