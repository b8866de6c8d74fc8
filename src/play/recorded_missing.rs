//! What a step looked for in a recording and did not find, and what came
//! nearest.

use super::decisive::Decisive;
use super::recorded::Holding;
use super::recorded_answer::{Differs, NOTHING};
use super::recorded_deed::About;
use super::recorded_message::Wanted;

use crate::clock::to_the_second;
use crate::document::nearest;
use crate::finding::{Arg, Args, DataClass, MessageValue, Verdict};
use crate::scenario::{Expect, Judgment, Text};
use crate::text::{in_words, word};

impl Differs {
    /// The same in a finding.
    pub fn args(self) -> Args {
        let plain = |text: String| MessageValue::said(text, DataClass::Plain);
        let is_nothing = self.found == NOTHING;
        let args = Args::new().with("expected", plain(self.expected));
        let mut args = args.with("found", plain(self.found));
        if is_nothing {
            in_words(&mut args, "found", |texts| {
                word(&texts.reason, "recording-no-answer").to_string()
            });
        }
        args
    }
}

impl Holding<'_> {
    /// What a step looked for and did not find, and in which words; `named` are
    /// the messages of that name, `asked` what the request must say beside, and
    /// `likely` is the only one that it can be.
    pub(super) fn missing(
        &self,
        wanted: &Wanted<'_>,
        named: &[usize],
        asked: &Expect,
        about: &About,
        likely: Option<usize>,
    ) -> (&'static str, Args) {
        let mut args = Args::new().with("name", wanted.name);
        if named.is_empty() {
            let names = self.looks.iter().filter_map(|look| look.name.as_deref());
            if let Some(near) = nearest(wanted.name, names) {
                args.push("near", near);
            }
            return ("recording-message", args);
        }
        args.push("count", named.len() as u64);
        let response = wanted.to == self.scenario.subject;
        let is_free = |index: &usize| *index >= self.next && !self.shown.contains(index);
        let broken = |index: usize| {
            let mut all = self.judgments(index, false, asked);
            all.extend(self.judgments(index, response, wanted.expect));
            all.retain(|one| one.verdict != Verdict::Pass);
            (index, all)
        };
        let free: Vec<usize> = named.iter().copied().filter(is_free).collect();
        let (ours, others): (Vec<usize>, Vec<usize>) = free
            .into_iter()
            .partition(|&index| self.is_about(index, about));
        if let (true, Some(&other)) = (ours.is_empty(), others.first()) {
            let unlike = |&index: &usize| Some((index, self.unlike_any(index, about)?));
            if let Some((index, unlike)) = others.iter().find_map(unlike) {
                let args = unlike.args().with("name", wanted.name);
                let args = args.with("count", named.len() as u64);
                return ("recording-with", args.with("nearest", self.at(index)));
            }
            args.push("nearest", self.at(other));
            return ("recording-pupil", args);
        }
        let free = ours.into_iter().map(broken);
        let Some((index, broken)) = free.min_by_key(|(_, broken)| broken.len()) else {
            // Each of them stands before this step, or is that of another.
            let last = named.last().copied().unwrap_or_default();
            args.push("nearest", self.at(last));
            args.push("taken", "-");
            in_words(&mut args, "taken", |texts| {
                word(&texts.reason, "recording-taken").to_string()
            });
            return ("recording-message", args);
        };
        args.push("nearest", self.at(index));
        match (broken.first(), &wanted.sent) {
            (Some(first), _) => self.unlike(index, first, wanted, asked, &mut args),
            (None, Some(sent)) => {
                let said = self.decisive(index, false).unwrap_or_default();
                let told =
                    |one: &Decisive, other| MessageValue::said(one.told(other), DataClass::Plain);
                args.push("expected", told(sent, &said));
                args.push("found", told(&said, sent));
            }
            (None, None) => {}
        }
        match likely == Some(index) {
            true => ("recording-likely", args),
            false => ("recording-message", args),
        }
    }

    /// What an expectation wants, and what the recorded message has in its
    /// place.
    fn unlike(
        &self,
        index: usize,
        broken: &Judgment,
        wanted: &Wanted<'_>,
        asked: &Expect,
        args: &mut Args,
    ) {
        let tests = asked.assertions.iter().chain(&wanted.expect.assertions);
        let mut tests = tests.map(|assertion| &assertion.test);
        let test = tests.find(|test| test.at == broken.at && broken.expectation == "assert");
        let told = broken.finding.as_ref().map(|finding| &finding.args);
        let of = |name: &str| told.and_then(|args| args.get(name)).cloned();
        let expected = match test {
            Some(test) => self.with_values(index, test),
            None => of("expected").unwrap_or(Arg::from(broken.expectation)),
        };
        args.push("expected", expected);
        if let Some(found) = of("found") {
            args.push("found", found);
        }
    }

    /// A test with its values, as far as they may be shown.
    fn with_values(&self, index: usize, test: &Text) -> Arg {
        let Ok(filled) = self.values(index).xpath(test) else {
            return Arg::from(test.to_string());
        };
        let left = filled.split('=').next().unwrap_or_default();
        let name = left.rsplit(['/', ':']).next().unwrap_or_default().trim();
        match DataClass::of(name, []) {
            DataClass::Words | DataClass::Personal | DataClass::Unknown => {
                Arg::from(test.to_string())
            }
            DataClass::Plain | DataClass::PersonNumber => {
                MessageValue::said(filled, DataClass::Plain).into()
            }
        }
    }

    /// Where an exchange stands in the recording, and in which file.
    pub(super) fn at(&self, index: usize) -> MessageValue {
        let passed = self.looks[index].passed;
        let beside = [passed.name.clone(), passed.at.map(to_the_second)];
        let beside: Vec<String> = beside.into_iter().flatten().collect();
        let number = index + 1;
        let told = match beside.is_empty() {
            true => number.to_string(),
            false => format!("{number} ({})", beside.join(", ")),
        };
        // A file may be called by the number of a person.
        MessageValue::said(told, DataClass::Plain)
    }
}
