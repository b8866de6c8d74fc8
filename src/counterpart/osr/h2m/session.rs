//! Who is logged in: a cookie that only the register can have made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::counterpart::osr::ids::{Seed, hex};

/// The name and attributes of the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Over TLS: the prefix binds it to this host and to TLS.
    Secure,
    /// Over plain HTTP, for a browser on the same machine.
    Plain,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Cookie::Secure => "__Host-osr-proef",
            Cookie::Plain => "osr-proef",
        }
    }

    fn attributes(self) -> &'static str {
        match self {
            Cookie::Secure => "; Path=/; Secure; HttpOnly; SameSite=Strict",
            Cookie::Plain => "; Path=/; HttpOnly; SameSite=Strict",
        }
    }

    /// The `Set-Cookie` header that begins a session.
    pub fn begin(self, session: &Session, seed: Seed) -> String {
        format!(
            "{}={}{}",
            self.name(),
            session.value(seed),
            self.attributes()
        )
    }

    /// The `Set-Cookie` header that ends a session.
    pub fn end(self) -> String {
        format!("{}={}; Max-Age=0", self.name(), self.attributes())
    }

    /// The session of a `Cookie` header, when it is genuine and not over.
    pub fn read(self, header: Option<&str>, seed: Seed, now: Timestamp) -> Option<Session> {
        let pairs = header?.split(';').map(str::trim);
        let value = pairs
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(name, value)| (name == self.name()).then_some(value))?;
        let (content, _) = value.split_once('.')?;
        let session: Session =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(content).ok()?).ok()?;
        let age = now.as_second() - session.began;
        (session.value(seed) == value && (0..LIFETIME).contains(&age)).then_some(session)
    }
}

/// Seconds that a session lasts on the clock of the parties.
const LIFETIME: i64 = 8 * 3600;

/// How an employee logs in. Both are simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Method {
    Eherkenning,
    MijnDuo,
}

impl Method {
    /// The method of that step in a path.
    pub fn parse(step: &str) -> Option<Self> {
        match step {
            "eherkenning" => Some(Method::Eherkenning),
            "mijn-duo" => Some(Method::MijnDuo),
            _ => None,
        }
    }

    /// Its step in a path.
    pub fn step(self) -> &'static str {
        match self {
            Method::Eherkenning => "eherkenning",
            Method::MijnDuo => "mijn-duo",
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Method::Eherkenning => "eHerkenning",
            Method::MijnDuo => "Mijn DUO",
        }
    }
}

/// A visit of somebody, logged in or on the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    /// Who is logged in.
    pub employee: Option<String>,
    /// How.
    pub method: Option<Method>,
    /// When it began, in seconds.
    pub began: i64,
    /// Its number in this process.
    pub number: u64,
}

impl Session {
    /// The value of the cookie.
    fn value(&self, seed: Seed) -> String {
        // Texts and numbers can always be written.
        let content = serde_json::to_vec(self).unwrap_or_default();
        let content = URL_SAFE_NO_PAD.encode(content);
        let seal = hex(&seed.digest("session", &[content.as_bytes()]));
        format!("{content}.{seal}")
    }

    /// What a form of this session carries, so that no other page can send it.
    pub fn form_token(&self, seed: Seed) -> String {
        let value = self.value(seed);
        hex(&seed.digest("form", &[value.as_bytes()])[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read_back_and_nobody_else_can_make_one() {
        let seed = Seed(7);
        let now = Timestamp::from_second(1_000_000).unwrap();
        let session = Session {
            employee: Some("beheerder".to_string()),
            method: Some(Method::MijnDuo),
            began: now.as_second(),
            number: 3,
        };
        for cookie in [Cookie::Secure, Cookie::Plain] {
            let set = cookie.begin(&session, seed);
            let pair = set.split(';').next().unwrap();
            let header = format!("a=b; {pair}; c=d");
            assert_eq!(cookie.read(Some(&header), seed, now), Some(session.clone()));
            assert_eq!(cookie.read(Some(&header), Seed(8), now), None);
            let later = Timestamp::from_second(1_000_000 + LIFETIME).unwrap();
            assert_eq!(cookie.read(Some(&header), seed, later), None);
            assert_eq!(cookie.read(Some(&cookie.end()), seed, now), None);
            assert_eq!(cookie.read(None, seed, now), None);
        }
        let other = Session {
            number: 4,
            ..session.clone()
        };
        assert_ne!(session.form_token(seed), other.form_token(seed));
    }
}
