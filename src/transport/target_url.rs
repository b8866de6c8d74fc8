//! Where a request goes.

use std::net::IpAddr;

use hyper::Uri;

use super::error::TransportProblem;
use crate::pki::TEST_DOMAIN;

/// The parts of a URL that can be called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Over TLS.
    pub(super) secure: bool,
    /// A name in lower case, or an address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// Where a URL leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlKind {
    /// To this machine.
    Loopback,
    /// To another machine, over TLS.
    Elsewhere,
}

/// Where a URL leads, `None` when it is none that a client calls.
pub fn url_kind(url: &str) -> Option<UrlKind> {
    let (place, _) = read(url).ok()?;
    Some(if is_loopback(&place.host) {
        UrlKind::Loopback
    } else {
        UrlKind::Elsewhere
    })
}

/// Scheme, host and port of a URL that is nothing but that. `None` when it is
/// none that a client calls, or has a path.
pub fn origin(url: &str) -> Option<String> {
    let (_, uri) = read(url).ok()?;
    let bare = uri.path_and_query().is_none_or(|path| path == "/");
    bare.then(|| url.trim_end_matches('/').to_string())
}

/// Whether two URLs lead to the same place and name the same path there, however
/// they are written. What no client calls is compared as it stands.
pub fn is_same_url(one: &str, other: &str) -> bool {
    match (read(one), read(other)) {
        (Ok((one, at)), Ok((other, there))) => {
            one == other && (at.path(), at.query()) == (there.path(), there.query())
        }
        _ => one == other,
    }
}

/// Reads an absolute `https` URL; `http` is taken for loopback only, so that
/// nothing personal travels in the open.
pub(super) fn read(url: &str) -> Result<(Place, Uri), TransportProblem> {
    let bad = || TransportProblem::Url;
    let uri: Uri = url.parse().map_err(|_| bad())?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(bad()),
    };
    // What stands before an @ is a secret, or a trick.
    if uri
        .authority()
        .is_none_or(|found| found.as_str().contains('@'))
    {
        return Err(bad());
    }
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() {
        return Err(bad());
    }
    let place = Place {
        secure,
        host: host.to_ascii_lowercase(),
        port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
    };
    if !secure && !is_loopback(&place.host) {
        return Err(bad());
    }
    Ok((place, uri))
}

impl Place {
    /// Host and port as in a `Host` header or after CONNECT.
    pub(super) fn with_port(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The value of the `Host` header: without a port that goes without
    /// saying.
    pub(super) fn host_header(&self) -> String {
        let usual = if self.secure { 443 } else { 80 };
        let mut text = self.with_port();
        if self.port == usual {
            let end = text.len() - format!(":{usual}").len();
            text.truncate(end);
        }
        text
    }
}

/// Whether a host is this machine by its very name: `localhost`, an address,
/// or a party of the test PKI, whose names never resolve.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || is_test_party(host) || {
        let address: Result<IpAddr, _> = host.parse();
        address.is_ok_and(|address| address.is_loopback())
    }
}

/// Whether a host is a party of the test PKI.
pub(super) fn is_test_party(host: &str) -> bool {
    host.strip_suffix(TEST_DOMAIN)
        .is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_called_is_taken() {
        for (url, host, port, header) in [
            ("https://a.nl/x?y=1", "a.nl", 443, "a.nl"),
            ("https://A.nl:8443", "a.nl", 8443, "a.nl:8443"),
            ("https://[::1]:1/x", "::1", 1, "[::1]:1"),
            ("http://127.0.0.1:80/x", "127.0.0.1", 80, "127.0.0.1"),
            ("http://localhost:8080", "localhost", 8080, "localhost:8080"),
            (
                "https://duo.ketenkeur.invalid:1/x",
                "duo.ketenkeur.invalid",
                1,
                "duo.ketenkeur.invalid:1",
            ),
        ] {
            let (place, _) = read(url).unwrap();
            assert_eq!((place.host.as_str(), place.port), (host, port), "{url}");
            assert_eq!(place.host_header(), header, "{url}");
        }
        for url in [
            "",
            "/x",
            "a.nl/x",
            "ftp://a.nl",
            "http://a.nl",
            "https://",
            "https://x@a.nl",
            "https://u:p@a.nl",
            "https://a b",
            "http://ketenkeur.invalid.nl",
            "http://128.0.0.1",
        ] {
            assert_eq!(read(url), Err(TransportProblem::Url), "{url}");
        }
    }

    #[test]
    fn the_same_address_may_be_written_in_ways() {
        for (one, other, same) in [
            (
                "https://Las.example.nl/bron",
                "https://las.example.nl:443/bron",
                true,
            ),
            ("https://las.example.nl", "HTTPS://las.example.nl/", true),
            (
                "https://las.example.nl/bron",
                "https://las.example.nl/Bron",
                false,
            ),
            (
                "https://las.example.nl/bron",
                "https://las.example.nl:8443/bron",
                false,
            ),
            (
                "https://las.example.nl/bron",
                "https://las.example.nl/bron?school=1",
                false,
            ),
            ("https://[::1]:1/x", "https://[::1]:2/x", false),
        ] {
            assert_eq!(is_same_url(one, other), same, "{one} {other}");
        }
    }
}
