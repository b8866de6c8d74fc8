//! How a party of ours calls others, so that everything that goes over the
//! wire is heard once: at our server where it goes to one, else here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::wire::{Wire, ends};
use crate::counterpart::Post;
use crate::exchange::{Exchange, path_and_query};
use crate::scenario::Role;
use crate::transport::{Client, Request, TransportError};

/// Who answers at which host and port: ours, or somebody else's.
#[derive(Debug, Default)]
pub struct Book {
    places: Mutex<BTreeMap<String, (Role, bool)>>,
}

impl Book {
    /// Notes that `role` answers at the address that `url` begins with.
    pub fn note(&self, url: &str, role: Role, ours: bool) {
        if let Some(place) = place_of(url) {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.insert(place, (role, ours));
        }
    }

    /// Who answers at `url`, and whether that is a server of ours.
    fn look_up(&self, url: &str) -> Option<(Role, bool)> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(&place_of(url)?).copied()
    }
}

/// Host and port of a URL, in lower case.
fn place_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let place = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let has_port = place
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    Some(match (has_port, scheme) {
        (true, _) => place,
        (false, "http") => format!("{place}:80"),
        (false, _) => format!("{place}:443"),
    })
}

/// A party's outgoing side on the wire.
pub struct Caller {
    /// The wire that hears.
    pub wire: Arc<Wire>,
    /// Who calls.
    pub role: Role,
    /// The party's client.
    pub client: Client,
    /// Who is where.
    pub book: Arc<Book>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl Caller {
    /// Sends a request, and says under which number the exchange was heard.
    pub fn call(&self, request: &Request) -> (Option<u32>, Result<Exchange, TransportError>) {
        self.call_with(&self.client, request)
    }

    /// The same with another client, such as one with a wrong certificate.
    pub fn call_with(
        &self,
        client: &Client,
        request: &Request,
    ) -> (Option<u32>, Result<Exchange, TransportError>) {
        let began = Instant::now();
        let sent = client.send(request);
        let (to, ours) = self
            .book
            .look_up(&request.url)
            .unwrap_or((other_than(self.role), false));
        let reached = sent
            .as_ref()
            .err()
            .is_none_or(|error| error.problem.reaches());
        if ours && reached {
            return (self.heard(to, request), sent);
        }
        let (asked, end) = ends(request, sent.clone());
        let number = self.wire.sent(self.role, to, asked, began.elapsed(), end);
        (Some(number), sent)
    }

    /// The number under which our own server heard the request: the last of
    /// this sender with the same target and content.
    fn heard(&self, to: Role, request: &Request) -> Option<u32> {
        let target = path_and_query(&request.url);
        let heard = self.wire.all();
        let same = heard.iter().rev().find(|heard| {
            let http = heard.request.http.as_ref();
            heard.to == to
                && !heard.answer_claimed
                && heard.request.body == request.body
                && http.and_then(|http| http.url()).map(path_and_query) == Some(target)
        });
        same.map(|heard| heard.number)
    }
}

/// Whom a call to a place that nobody noted goes to: the OSR and the LAS are
/// always noted.
fn other_than(role: Role) -> Role {
    match role {
        Role::Las => Role::Duo,
        Role::Duo | Role::Osr => Role::Las,
    }
}

impl Post for Caller {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        self.call(request).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_host_and_a_port() {
        for (url, place) in [
            (
                "https://Duo.example.nl/bron?x=1",
                Some("duo.example.nl:443"),
            ),
            ("https://duo.example.nl:8443", Some("duo.example.nl:8443")),
            ("http://127.0.0.1/trigger", Some("127.0.0.1:80")),
            ("https://[::1]/x", Some("[::1]:443")),
            ("duo.example.nl", None),
        ] {
            assert_eq!(place_of(url).as_deref(), place, "{url}");
        }
    }
}
