//! Who asks for a page: by a token in the request, or logged in with one.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::tokens::{self, Holder, Known};
use crate::evidence::sha256;
use crate::exchange::HttpFacts;
use crate::limits::{MAX_VISITS, VISIT_SECONDS};

/// The name of the cookie.
const COOKIE: &str = "ketenkeur";

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Visitor {
    /// Whose token was shown; `None` for anybody.
    pub holder: Option<Holder>,
    /// What a form of this visit carries, so that no other page can send it;
    /// `None` for a program that shows its token with every request.
    pub form: Option<String>,
    /// Whether a token was shown that is not, or no longer, in force.
    pub refused: bool,
}

/// The tokens, and the visits of browsers.
#[derive(Debug)]
pub(super) struct Visitors {
    tokens: Option<PathBuf>,
    /// By the hash of what stands in the cookie.
    visits: Mutex<HashMap<String, Visit>>,
    /// What the cookie says beside its value.
    attributes: &'static str,
}

#[derive(Debug, Clone)]
struct Visit {
    /// The hash of the token that was shown.
    token: String,
    form: String,
    began: Instant,
}

impl Visitors {
    /// Visitors with the tokens of a file, at a server that is on loopback or
    /// behind something that ends TLS for it.
    pub fn new(tokens: Option<PathBuf>, is_loopback: bool) -> Self {
        Self {
            tokens,
            visits: Mutex::default(),
            attributes: if is_loopback {
                "; Path=/; HttpOnly; SameSite=Strict"
            } else {
                "; Path=/; HttpOnly; SameSite=Strict; Secure"
            },
        }
    }

    /// Whether anybody can log in.
    pub fn can_log_in(&self) -> bool {
        self.tokens.is_some()
    }

    /// Who sent a request.
    pub fn of(&self, head: &HttpFacts) -> Visitor {
        if let Some(shown) = head.header("authorization") {
            let token = shown.strip_prefix("Bearer ").unwrap_or_default().trim();
            let known = self.known(token);
            return Visitor {
                refused: known.is_none(),
                holder: known.map(|known| known.holder),
                form: None,
            };
        }
        let visit = cookie(head).and_then(|id| {
            let visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
            visits.get(&sha256(id.as_bytes())).cloned()
        });
        let known = visit.and_then(|visit| {
            let lasts = visit.began.elapsed() < Duration::from_secs(VISIT_SECONDS);
            let known = tokens::in_force(self.tokens.as_deref()?, &visit.token)?;
            lasts.then_some((visit.form, known.holder))
        });
        match known {
            Some((form, holder)) => Visitor {
                holder: Some(holder),
                form: Some(form),
                refused: false,
            },
            None => Visitor::default(),
        }
    }

    fn known(&self, token: &str) -> Option<Known> {
        tokens::known(self.tokens.as_deref()?, token)
    }

    /// Begins a visit: the `Set-Cookie` header of it. `None` when the token is
    /// not in force.
    pub fn log_in(&self, token: &str) -> Option<String> {
        let known = self.known(token)?;
        let (id, form) = (tokens::random().ok()?, tokens::random().ok()?);
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        if visits.len() >= MAX_VISITS {
            visits.clear();
        }
        let visit = Visit {
            token: known.hash,
            form,
            began: Instant::now(),
        };
        visits.insert(sha256(id.as_bytes()), visit);
        Some(format!("{COOKIE}={id}{}", self.attributes))
    }

    /// Ends a visit: the `Set-Cookie` header that takes its cookie away.
    pub fn log_out(&self, head: &HttpFacts) -> String {
        if let Some(id) = cookie(head) {
            let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
            visits.remove(&sha256(id.as_bytes()));
        }
        format!("{COOKIE}={}; Max-Age=0", self.attributes)
    }
}

impl Visitor {
    /// Whether a form was sent by a page of this visit.
    pub fn sent(&self, token: Option<&str>) -> bool {
        match (&self.form, token) {
            // Who shows a token with a request is no browser that was misled.
            (None, _) => self.holder.is_some(),
            (Some(form), Some(token)) => {
                verify_slices_are_equal(form.as_bytes(), token.as_bytes()).is_ok()
            }
            (Some(_), None) => false,
        }
    }

    /// Whether everything may be seen.
    pub fn is_team(&self) -> bool {
        self.holder == Some(Holder::Team)
    }

    /// The OIN of the supplier that asks.
    pub fn supplier(&self) -> Option<&str> {
        match &self.holder {
            Some(Holder::Supplier(oin)) => Some(oin),
            _ => None,
        }
    }

    /// Whether what is the supplier's of that OIN may be seen.
    pub fn may_see(&self, oin: &str) -> bool {
        self.is_team() || self.supplier() == Some(oin)
    }
}

fn cookie(head: &HttpFacts) -> Option<&str> {
    let pairs = head.header("cookie")?.split(';').map(str::trim);
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}
