//! The door of a party that machines call over TLS: who may come in at all.

use std::sync::Arc;

use crate::edukoppeling::Certificate;
use crate::exchange::{Exchange, path_of};
use crate::facts::oin;
use crate::finding::Language;
use crate::text::Texts;
use crate::transport::{Answer, Handler, Refusal, Response};

/// Where a party takes messages: nowhere else. Who calls another address has it
/// wrong, and is told so.
#[derive(Debug, Clone)]
pub struct Door {
    party: &'static str,
    /// The path that others are told, and those at which it is the same door.
    paths: Vec<Arc<str>>,
}

impl Door {
    /// The door of the party of that name. It has at least one path; others
    /// are told the first.
    pub fn new(party: &'static str, paths: &[&str]) -> Self {
        let paths = paths.iter().map(|&path| path.into()).collect();
        Self { party, paths }
    }

    /// The answer to a request at another address; `None` to one at this door,
    /// and to one of nobody, whom the party sends away wherever they come.
    pub fn refusal(&self, request: &Exchange) -> Option<Response> {
        if !names_a_party(request) {
            return None;
        }
        let url = request.http.as_ref().and_then(|http| http.url());
        let path = url.map(path_of);
        let is_here = self.paths.iter().any(|known| path == Some(&**known));
        let told = self.paths.first().map_or("/", |path| path);
        (!is_here).then(|| no_such_path("no-such-path", self.party, told))
    }
}

/// A party behind its door.
pub struct AtDoor {
    /// The party.
    pub party: Arc<dyn Handler>,
    /// Where it takes messages.
    pub door: Door,
}

impl Handler for AtDoor {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        match self.door.refusal(&request) {
            Some(refusal) => refusal.into(),
            None => self.party.answer(request),
        }
    }

    fn refused(&self, refusal: &Refusal) {
        self.party.refused(refusal);
    }
}

/// The answer, in both languages, at an address at which the party of that name
/// takes no messages or calls, as `key` says it.
pub(super) fn no_such_path(key: &str, party: &str, path: &str) -> Response {
    in_words(404, key, &[("party", party), ("path", path)])
}

/// The answer to another method than POST where the party of that name takes
/// messages.
pub(super) fn post_only(party: &str) -> Response {
    let mut response = in_words(405, "post-only", &[("party", party)]);
    let allow = ("allow".to_string(), "POST".to_string());
    response.headers.push(allow);
    response
}

fn in_words(status: u16, key: &str, args: &[(&str, &str)]) -> Response {
    let lines = [Language::Nl, Language::En]
        .map(|language| format!("{}\n", Texts::of(language).error(key, args)));
    let body = lines.concat().into_bytes();
    Response::new(status, "text/plain; charset=utf-8", body)
}

/// Whether the certificate of the connection says who calls: it has an OIN, and
/// the OIN is one (20-edukoppeling.md, PKI001). TLS cannot refuse for that:
/// the certificate holds, and names nobody. Whether there must be one, whom it
/// ends at and whether it is valid, the connection has decided.
pub fn names_a_party(request: &Exchange) -> bool {
    let shown = request.tls.as_ref().and_then(|tls| tls.peer.first());
    shown.is_none_or(|der| Certificate::oin_of(der).is_some_and(|known| oin(&known).is_ok()))
}
