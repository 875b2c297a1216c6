//! RTSP/1.0 requests (RFC 2326) and the two ways of signing in.

use base64::prelude::*;
use md5::{Digest, Md5};

/// Longest head of a request.
pub(crate) const MAX_HEAD: usize = 8192;

/// A request without its body (a camera needs none).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub method: String,
    pub uri: String,
    headers: Vec<(String, String)>,
    /// Bytes of body that follow.
    pub body: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// What stands at the beginning of the bytes received.
#[derive(Debug, PartialEq)]
pub(crate) enum Parsed {
    /// More bytes are needed.
    Short,
    /// An interleaved packet (RTCP of the receiver) of this length.
    Packet(usize),
    /// A request, and the length of its head.
    Request(Request, usize),
    /// Not RTSP, or too long.
    Bad,
}

/// Parses the beginning of `bytes`. Takes anything.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    if bytes.first() == Some(&b'$') {
        return match bytes.get(2..4) {
            Some(n) => {
                let len = 4 + usize::from(u16::from_be_bytes([n[0], n[1]]));
                if bytes.len() >= len { Parsed::Packet(len) } else { Parsed::Short }
            }
            None => Parsed::Short,
        };
    }
    let Some(end) = bytes.windows(4).take(MAX_HEAD).position(|w| w == b"\r\n\r\n") else {
        return if bytes.len() > MAX_HEAD { Parsed::Bad } else { Parsed::Short };
    };
    let Ok(head) = std::str::from_utf8(&bytes[..end]) else { return Parsed::Bad };
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or("").split(' ');
    let (Some(method), Some(uri), Some("RTSP/1.0"), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Parsed::Bad;
    };
    let headers: Vec<(String, String)> =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.trim().into(), v.trim().into())).collect();
    let mut r = Request { method: method.into(), uri: uri.into(), headers, body: 0 };
    match r.header("Content-Length").map(str::parse::<usize>) {
        None => {}
        Some(Ok(n)) if n <= MAX_HEAD => r.body = n,
        Some(_) => return Parsed::Bad,
    }
    Parsed::Request(r, end + 4)
}

/// How a camera wants its user to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 7617.
    Basic,
    /// RFC 2069 with MD5, as cameras speak it.
    Digest,
}

pub(crate) const NONCE: &str = "5bd1a0c2e6f94733";

/// Whether the request carries the right name and password.
pub(crate) fn signed_in(r: &Request, scheme: Scheme, user: &str, password: &str) -> bool {
    let Some(given) = r.header("Authorization") else { return false };
    match scheme {
        Scheme::Basic => {
            given.strip_prefix("Basic ") == Some(BASE64_STANDARD.encode(format!("{user}:{password}")).as_str())
        }
        Scheme::Digest => {
            let field = |name: &str| {
                let rest = given.split(&format!("{name}=\"")).nth(1)?;
                rest.split('"').next().map(str::to_string)
            };
            let sum = |t: String| hex::encode(Md5::digest(t.as_bytes()));
            let uri = field(" uri").unwrap_or_default();
            let ha1 = sum(format!("{user}:simcam:{password}"));
            let ha2 = sum(format!("{}:{uri}", r.method));
            given.starts_with("Digest ") && field("response") == Some(sum(format!("{ha1}:{NONCE}:{ha2}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_is_read_and_broken_ones_are_refused() {
        let text = b"PLAY rtsp://h/cam/0 RTSP/1.0\r\nCSeq: 4\r\n\r\n";
        let Parsed::Request(r, len) = parse(text) else { panic!("no request") };
        assert_eq!((r.method.as_str(), r.header("cseq"), len), ("PLAY", Some("4"), text.len()));
        assert_eq!(parse(b"GET / HTTP/1.1\r\n\r\n"), Parsed::Bad);
        assert_eq!(parse(b"PLAY x RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n"), Parsed::Bad);
        assert_eq!(parse(&[b'a'; MAX_HEAD + 1]), Parsed::Bad);
        assert_eq!(parse(&[b'$', 1, 0, 2, 9, 9]), Parsed::Packet(6));
        assert_eq!(parse(b"PLAY"), Parsed::Short);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes);
            if let Parsed::Request(r, _) = parse(&[b"PLAY x RTSP/1.0\r\nAuthorization: ", &bytes[..], b"\r\n\r\n"].concat()) {
                let _ = signed_in(&r, Scheme::Digest, "u", "p");
                let _ = signed_in(&r, Scheme::Basic, "u", "p");
            }
        }
    }
}
