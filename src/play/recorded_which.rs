//! Which message of a recording belongs to a step: by which expectations the step
//! knows it, and which only ask something of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::recorded::Holding;
use super::recorded_deed::About;
use super::recorded_message::Wanted;
use crate::scenario::{Assertion, Expect, Piece, Text, text_at};

/// The headers of an envelope: what they must say is asked of a message, and
/// tells nothing of what it is about.
const HEADERS: [&str; 9] = [
    "Action",
    "BinarySecurityToken",
    "From",
    "MessageID",
    "RelatesTo",
    "ReplyTo",
    "Security",
    "Timestamp",
    "To",
];

/// Two exchanges with the same bytes are one that was recorded twice, unless
/// there is more than this between them.
const RECORDED_TWICE: Duration = Duration::from_secs(2);

/// The expectations of a step, by what they do.
pub(super) struct Marks {
    /// By these it knows its message.
    pub known_by: Expect,
    /// That a value is another than in another message.
    distinct: Vec<Distinct>,
    /// Some of the others name the school that the scenario is about.
    names_school: bool,
}

/// `path != ${value}`.
struct Distinct {
    path: String,
    value: Arc<str>,
    /// Whether the path looks into the content, and not at the envelope.
    of_content: bool,
}

/// A message with the same value as one before it, where each is to have its
/// own.
pub(super) struct Twin {
    pub first: usize,
    pub second: usize,
    /// The name and the value in the script.
    pub value: (Arc<str>, String),
}

impl Marks {
    /// It is known by everything that the step expects.
    pub fn all(expect: &Expect) -> Self {
        Self {
            known_by: expect.clone(),
            distinct: Vec::new(),
            names_school: false,
        }
    }

    /// It is known by what is expected of its content.
    pub fn of(expect: &Expect) -> Self {
        let is_asked =
            |one: &&Assertion| is_of_envelope(&one.test) || distinct(&one.test).is_some();
        let (asked, known_by): (Vec<&Assertion>, Vec<&Assertion>) =
            expect.assertions.iter().partition(is_asked);
        let mut references = asked.iter().flat_map(|one| one.test.references());
        Self {
            names_school: references.any(|one| one.name.starts_with("school.")),
            distinct: asked.iter().filter_map(|one| distinct(&one.test)).collect(),
            known_by: Expect {
                assertions: known_by.into_iter().cloned().collect(),
                no_finding: Vec::new(),
                ..expect.clone()
            },
        }
    }
}

/// Whether a test looks at headers of the envelope only.
fn is_of_envelope(test: &Text) -> bool {
    let literal: String = test
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => &**text,
            Piece::Value(_) => "0",
        })
        .collect();
    let mut roots = literal.split("//*:");
    // Before the first stands no path from the root of the message; `.//` is
    // below the content.
    let before = roots.next().unwrap_or_default();
    let mut from_root = 0;
    let is_header = |path: &str| {
        let end = path.find(|letter: char| !letter.is_alphanumeric());
        HEADERS.contains(&&path[..end.unwrap_or(path.len())])
    };
    let all = !before.ends_with('.')
        && roots.all(|path| {
            from_root += 1;
            is_header(path) && !path.trim_end().ends_with('.')
        });
    all && from_root > 0
}

fn distinct(test: &Text) -> Option<Distinct> {
    let [Piece::Literal(path), Piece::Value(value)] = &*test.pieces else {
        return None;
    };
    let path = path.trim_end().strip_suffix("!=")?.trim();
    (value.offsets.is_empty() && !path.contains(['=', '<', '>', '('])).then(|| Distinct {
        path: path.to_string(),
        value: Arc::clone(&value.name),
        of_content: !path.starts_with("//"),
    })
}

impl Holding<'_> {
    /// Whether a step may be about an exchange, as far as its request says.
    pub(super) fn may_be(&self, index: usize, wanted: &Wanted<'_>, request: &Expect) -> bool {
        index >= self.next
            && (wanted.which.is_empty() || self.is_it(index, false, request))
            && !self.shown.contains(&index)
            && self.says(index, wanted.sent.as_ref())
    }

    /// Which of these messages it is, that have everything by which the step
    /// knows it: one for which all else holds too, with the answer that the
    /// scenario gives; else one for which something else does not hold.
    pub(super) fn choose(
        &self,
        fits: &[usize],
        wanted: &Wanted<'_>,
        response: bool,
        marks: &Marks,
    ) -> Option<usize> {
        let others = fits.iter().copied();
        let others = others.filter(|&index| !self.is_again(index, marks));
        let (right, wrong): (Vec<usize>, Vec<usize>) =
            others.partition(|&index| self.is_it(index, response, wanted.expect));
        let is_staged = |index: &&usize| match wanted.staged {
            Some(staged) => self.differs(**index, staged).is_none(),
            None => true,
        };
        let right = right.iter().find(is_staged).or(right.first());
        let mut wrong = wrong.iter();
        // Another school has another address: that is no mistake.
        let wrong = || {
            wrong.find(|&&index| {
                (!marks.names_school || self.is_of_school(index))
                    && self.can_judge(index, response, wanted.expect)
            })
        };
        right.or_else(wrong).copied()
    }

    /// Whether the values are there that the expectations need.
    pub(super) fn can_judge(&self, index: usize, response: bool, expect: &Expect) -> bool {
        let judged = self.judgments(index, response, expect);
        let mut findings = judged.iter().filter_map(|one| one.finding.as_ref());
        !findings.any(|finding| &*finding.code == "KK-SC-SCRIPT")
    }

    /// Whether a message that is to differ from another has the same content as
    /// one before it: it is that one, sent again.
    fn is_again(&self, index: usize, marks: &Marks) -> bool {
        let name = self.looks[index].name.as_deref();
        let mut before = (0..index).filter(|&one| self.looks[one].name.as_deref() == name);
        marks.distinct.iter().any(|one| one.of_content)
            && before.any(|one| self.is_same_content(one, index))
    }

    fn is_same_content(&self, one: usize, other: usize) -> bool {
        let content = |index: usize| self.looks[index].side(false)?.content();
        let both = content(one).zip(content(other));
        both.is_some_and(|(one, other)| one.is_same(other))
    }

    /// The school that a message says it is about.
    fn school(&self, index: usize) -> Option<&str> {
        self.looks[index].side(false)?.content()?.institution()
    }

    fn is_same_school(&self, one: usize, other: usize) -> bool {
        self.school(one) == self.school(other)
    }

    /// Whether a message says that it is about the school of the run.
    fn is_of_school(&self, index: usize) -> bool {
        let school = self.known.get("school.brin").and_then(Value::as_str);
        school.is_some() && self.school(index) == school
    }

    /// The only message that a step can be about, whatever else it says: that of
    /// the same action about the same pupil.
    pub(super) fn likely(
        &self,
        named: &[usize],
        wanted: &Wanted<'_>,
        request: &Expect,
        about: &About,
    ) -> Option<usize> {
        let mut all = named.iter().copied().filter(|&index| {
            self.may_be(index, wanted, request) && self.is_about_whom(index, about)
        });
        let one = all.next()?;
        all.next().is_none().then_some(one)
    }

    /// The first of these messages that has a value of one before it, where each
    /// is to have its own.
    pub(super) fn twin(&self, named: &[usize], marks: &Marks) -> Option<Twin> {
        marks.distinct.iter().find_map(|distinct| {
            let values = named.iter().map(|&index| {
                let side = self.looks[index].side(false)?;
                let message = side.seen.message.as_ref().ok()?;
                let facts = side.observed.facts.at(side.seen.at);
                text_at(&distinct.path, message, &facts).filter(|text| !text.is_empty())
            });
            let values: Vec<Option<String>> = values.collect();
            let twin = |(place, second): (usize, &usize)| {
                let value = values[place].as_ref()?;
                let same = |before: &usize| {
                    values[*before].as_ref() == Some(value)
                        && self.is_another(named[*before], *second, distinct)
                };
                let first = named[(0..place).find(same)?];
                let value = (Arc::clone(&distinct.value), value.clone());
                let twin = Twin {
                    first,
                    second: *second,
                    value,
                };
                let is_it = |_: &Twin| self.is_it(*second, false, &marks.known_by);
                Some(twin).filter(is_it)
            };
            named.iter().enumerate().find_map(twin)
        })
    }

    /// Whether a message is another than one before it, and not that one sent
    /// again or recorded twice.
    fn is_another(&self, first: usize, second: usize, distinct: &Distinct) -> bool {
        if distinct.of_content {
            // Each school numbers its own documents.
            return !self.is_same_content(first, second) && self.is_same_school(first, second);
        }
        let body = |index: usize| Some(&*self.looks[index].passed.request.as_ref()?.body);
        let at = |index: usize| self.looks[index].passed.at;
        let apart = at(first).zip(at(second)).is_some_and(|(first, second)| {
            second.duration_since(first).unsigned_abs() > RECORDED_TWICE
        });
        body(first) != body(second) || apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Spot;

    #[test]
    fn what_looks_at_the_envelope_only_tells_nothing_of_what_a_message_is_about() {
        for (test, is_header) in [
            ("//*:MessageID != ''", true),
            (
                "contains(lower-case(//*:From/*:Address), lower-case('oin=${school.oin}'))",
                true,
            ),
            ("//*:BinarySecurityToken = ${certificaat}", true),
            ("//*:Toetscode = 'IEP'", false),
            ("//*:burgerservicenummer = ${bsn}", false),
            ("//*:To = //*:burgerservicenummer", false),
            ("exists(.//*:Action)", false),
            ("*:burgerservicenummer = ${bsn}", false),
        ] {
            let text = Text::parse(Spot::START, test).unwrap();
            assert_eq!(is_of_envelope(&text), is_header, "{test}");
        }
    }

    #[test]
    fn a_value_that_must_be_another_is_asked_of_a_message() {
        for (test, path) in [
            ("*:code != ${eerste}", Some("*:code")),
            ("//*:MessageID != ${eerste}", Some("//*:MessageID")),
            ("*:code != 'A'", None),
            ("*:code = ${eerste}", None),
            ("*:soort = 'B' and *:code != ${eerste}", None),
        ] {
            let text = Text::parse(Spot::START, test).unwrap();
            let found = distinct(&text);
            assert_eq!(found.map(|one| one.path).as_deref(), path, "{test}");
        }
    }
}
