//! The HTTP proxy between a client and the other party.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::error::TransportProblem;
use super::target_url::Place;
use crate::limits::{MAX_HTTP_HEADERS, MAX_PROXY_HEAD_BYTES};

/// A proxy that makes tunnels (CONNECT).
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
}

impl std::fmt::Debug for Proxy {
    /// Leaves out the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("authorization", &self.authorization.is_some())
            .finish()
    }
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]`; characters of user and
    /// password may be escaped as in any URL. `None` when it is none.
    pub fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let path_is_bare = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        if uri.scheme_str() != Some("http") || !path_is_bare {
            return None;
        }
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        let user = uri.authority()?.as_str().rsplit_once('@');
        let authorization = match user {
            None => None,
            Some((user, _)) => Some(format!("Basic {}", STANDARD.encode(unescaped(user)?))),
        };
        (!host.is_empty()).then(|| Self {
            host: host.to_string(),
            port: uri.port_u16().unwrap_or(80),
            authorization,
        })
    }

    /// Asks for a tunnel to `place` over a connection with the proxy.
    pub(super) async fn tunnel(
        &self,
        stream: &mut TcpStream,
        place: &Place,
    ) -> Result<(), TransportProblem> {
        let target = place.with_port();
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(authorization) = &self.authorization {
            request += &format!("Proxy-Authorization: {authorization}\r\n");
        }
        request += "\r\n";
        let failed = |_| TransportProblem::Proxy;
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut answer = Vec::new();
        loop {
            let mut piece = [0; 1024];
            let read = stream.read(&mut piece).await.map_err(failed)?;
            if read == 0 || answer.len() + read > MAX_PROXY_HEAD_BYTES {
                return Err(TransportProblem::Proxy);
            }
            answer.extend_from_slice(&piece[..read]);
            let mut headers = [httparse::EMPTY_HEADER; MAX_HTTP_HEADERS];
            let mut head = httparse::Response::new(&mut headers);
            match head.parse(&answer) {
                Ok(httparse::Status::Partial) => {}
                // Whatever follows the head at once is not from the other party:
                // TLS begins with us.
                Ok(httparse::Status::Complete(end))
                    if end == answer.len()
                        && head.code.is_some_and(|code| (200..300).contains(&code)) =>
                {
                    return Ok(());
                }
                _ => return Err(TransportProblem::Proxy),
            }
        }
    }
}

/// Text with `%40` and the like resolved.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_url_with_or_without_a_user() {
        let proxy = Proxy::parse("http://jan:a%40b@proxy.school.nl:3128").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.school.nl", 3128));
        let expected = format!("Basic {}", STANDARD.encode("jan:a@b"));
        assert_eq!(proxy.authorization.as_deref(), Some(expected.as_str()));
        assert!(!format!("{proxy:?}").contains("Basic"));
        assert_eq!(Proxy::parse("http://[::1]:8080/").unwrap().host, "::1");
        assert_eq!(Proxy::parse("http://proxy").unwrap().port, 80);
        for wrong in [
            "",
            "proxy:3128",
            "https://proxy",
            "http://proxy/pad",
            "http://a%4:b@c",
        ] {
            assert_eq!(Proxy::parse(wrong), None, "{wrong}");
        }
    }
}
