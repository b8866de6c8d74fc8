//! An answer that is none of a service: nothing takes messages at the address
//! that was called.

use super::observe::Seen;
use crate::exchange::{Exchange, path_of};
use crate::finding::{Args, DataClass, Finding, MessageValue, Place};
use crate::scenario::Expect;
use crate::text::tool_finding;

/// Statuses with which a server says that nothing takes messages there.
pub(super) const NOTHING_THERE: [u16; 2] = [404, 405];

/// The finding that what answered the party under test's address takes no
/// messages there, unless the script expects that status. What it says then is no
/// message, and judging it as one would blame the product for an address.
pub(super) fn no_endpoint(expect: &Expect, seen: &Seen) -> Option<Finding> {
    let is_theirs = seen.response && seen.of_subject && seen.exchange.is_some();
    let answer = seen.message.as_deref().ok().filter(|_| is_theirs)?;
    let status = answer.http.as_ref()?.status()?;
    let is_wanted = expect
        .status
        .as_ref()
        .is_some_and(|wanted| wanted.value.iter().any(|range| range.contains(status)));
    let nothing_there = NOTHING_THERE.contains(&status);
    if nothing_there && is_wanted {
        return None;
    }
    let text = match Body::of(answer) {
        Body::Other => return None,
        Body::Empty if !nothing_there => return None,
        Body::Empty | Body::Page => None,
        Body::Words(text) => Some(text),
    };
    let asked = answer.answers.as_ref()?;
    let url = asked.http.as_ref()?.url()?;
    let mut args = Args::new()
        .with("path", MessageValue::plain(path_of(url)))
        .with("status", u64::from(status));
    if let Some(text) = text {
        // Who knows no such path has not read what was sent there.
        let class = match nothing_there {
            true => DataClass::Plain,
            false => DataClass::Words,
        };
        args.push("text", MessageValue::said(text, class));
    }
    Some(tool_finding("KK-SC-GEEN-ENDPOINT", args, Place::default()))
}

/// What an answer is, where it may be none of a service.
enum Body {
    Empty,
    /// A page for people.
    Page,
    /// Words in no notation.
    Words(String),
    /// What may be a message, right or wrong.
    Other,
}

impl Body {
    fn of(answer: &Exchange) -> Self {
        let Ok(text) = std::str::from_utf8(&answer.body) else {
            return Self::Other;
        };
        let text = text.trim();
        let begins = |with: &str| {
            let start = text.get(..with.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(with))
        };
        match text.chars().next() {
            None => Self::Empty,
            Some('<') if begins("<!doctype html") || begins("<html") => Self::Page,
            Some('<' | '{' | '[' | '\u{FEFF}') => Self::Other,
            Some(_) => {
                let lines: Vec<&str> = text.lines().map(str::trim).collect();
                Self::Words(lines.join(" / "))
            }
        }
    }
}
