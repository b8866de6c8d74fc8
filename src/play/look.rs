//! A recorded exchange with its messages judged.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::content::Content;
use super::observe::{Observed, Seen};
use super::stage::Stage;
use super::traffic::Passed;
use super::whose::{Stranger, is_from_school};
use crate::finding::Kind;
use crate::scenario::Role;

/// One exchange of the recording, with its messages judged.
pub(super) struct Look<'a> {
    pub passed: &'a Passed,
    /// The name of the request's message, where a pack knows it.
    pub name: Option<String>,
    pub request: Option<Side<'a>>,
    response: Option<Side<'a>>,
    /// Whose it is, where it is somebody else's than the target's.
    pub stranger: Option<Stranger>,
}

/// One of its messages.
pub(super) struct Side<'a> {
    pub seen: Seen,
    pub observed: Observed<'a>,
    /// What stands in its message, read when it is first asked for.
    content: OnceLock<Option<Content>>,
}

impl<'a> Look<'a> {
    pub fn at(stage: &'a Stage, passed: &'a Passed) -> Self {
        let side = |response: bool, message, took| {
            let seen = Seen {
                // So that it is judged; its number follows where it is shown.
                exchange: Some(0),
                response,
                message,
                took,
                at: passed.at.unwrap_or(stage.now()),
                of_subject: true,
                connection_unknown: false,
                confirmed: None,
            };
            // A connection that was not recorded is not judged.
            let seen = Seen {
                connection_unknown: !seen.shows_connection(),
                ..seen
            };
            let observed = Observed::of(stage, passed.to, &seen);
            Side {
                seen,
                observed,
                content: OnceLock::new(),
            }
        };
        let request = passed.request.as_ref();
        let request = request.map(|request| side(false, Ok(Arc::clone(request)), Duration::ZERO));
        let response = passed.response.as_ref();
        let response = response.map(|response| side(true, response.clone(), passed.took));
        let name = request.as_ref().and_then(Side::name).map(str::to_string);
        let stranger = stage.whose.first().and_then(|whose| {
            let asked = passed.from.is_some_and(|from| stage.whose(from).is_some());
            let by_school = passed
                .request
                .as_ref()
                .is_some_and(|one| is_from_school(one));
            let is_las = whose.role == Role::Las;
            let theirs = match asked || (passed.from.is_none() && by_school == is_las) {
                true => request.as_ref(),
                false => response.as_ref(),
            };
            let signer = theirs.and_then(Side::signer);
            whose.stranger(passed.request.as_deref(), signer)
        });
        Self {
            stranger,
            passed,
            name,
            request,
            response,
        }
    }

    /// Whether it is the message `name` from one party to another.
    pub fn is(&self, name: &str, from: Role, to: Role) -> bool {
        let is = |known: Option<Role>, role| known.is_none_or(|known| known == role);
        self.name.as_deref() == Some(name) && is(self.passed.from, from) && is(self.passed.to, to)
    }

    pub fn side(&self, response: bool) -> Option<&Side<'a>> {
        if response {
            self.response.as_ref()
        } else {
            self.request.as_ref()
        }
    }
}

impl Side<'_> {
    /// The OIN of who signed its message.
    pub fn signer(&self) -> Option<&str> {
        self.observed.outcome.as_ref()?.signer.as_deref()
    }

    /// What stands in its message.
    pub fn content(&self) -> Option<&Content> {
        let read = || Content::of(self.seen.message.as_ref().ok()?);
        self.content.get_or_init(read).as_ref()
    }

    /// The name of its message, where a pack knows it.
    pub fn name(&self) -> Option<&str> {
        let outcome = self.observed.outcome.as_ref()?;
        Some(&outcome.judged.message.as_ref()?.name)
    }

    /// Whether something is wrong with the message or the connection that
    /// carried it.
    pub fn is_broken(&self) -> bool {
        let outcome = self.observed.outcome.as_ref();
        let of_message = outcome.is_some_and(|outcome| {
            let mut findings = outcome.judged.findings.iter();
            findings.any(|finding| finding.kind == Kind::Violation)
        });
        of_message || !self.observed.connection.findings.is_empty()
    }
}

impl Seen {
    /// Whether the recording has the connection that carried a message. Only a
    /// proxy's does.
    pub(super) fn shows_connection(&self) -> bool {
        let message = self.message.as_ref();
        message.map_or(true, |message| message.tls.is_some())
    }
}
