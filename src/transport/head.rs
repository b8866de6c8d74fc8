//! Start lines and headers as facts.

use hyper::{HeaderMap, Version};

/// The headers in order. Bytes that are no UTF-8 show as such.
pub(super) fn facts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_string(), value.into_owned())
        })
        .collect()
}

/// The version as it is written.
pub(super) fn version(version: Version) -> String {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
    .to_string()
}
