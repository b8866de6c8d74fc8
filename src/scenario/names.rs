//! Whether every value that a script names is there when it is named.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::data::{Given, GivenContent};
use super::expect::{Expect, JsonMust};
use super::model::Scenario;
use super::read::{Script, ScriptMistake};
use super::step::{Action, Change, Content, Extract, Outgoing, Over, Reply, Rest, Send, Step};
use super::text::{Reference, Text};
use super::values::ALWAYS;
use crate::document::{Mistake, Spot};

/// The values that are named and that nobody gives.
pub(super) fn undefined(script: &Script) -> Vec<ScriptMistake> {
    let mut names = Names::default();
    match script {
        Script::Scenario(scenario) => {
            for (name, given) in &scenario.data {
                names.given(&scenario.file, given);
                names.define(name, Some(given));
            }
            names.steps(&scenario.steps);
        }
        Script::Shared(shared) => {
            for need in &shared.needs {
                names.define(&need.value, None);
            }
            // Shared steps may name what the scenario captured before; that is
            // known only there. What they need by name is what they say.
            names.open = true;
            names.steps(&shared.steps);
        }
    }
    names.mistakes
}

/// Names that are used somewhere in a script, for the lint.
pub(super) fn used(script: &Script) -> BTreeSet<String> {
    match script {
        Script::Scenario(scenario) => used_in(scenario),
        Script::Shared(shared) => {
            let mut names = Names::anywhere();
            names.steps(&shared.steps);
            names.used
        }
    }
}

/// Names that are used somewhere in a scenario.
pub(super) fn used_in(scenario: &Scenario) -> BTreeSet<String> {
    let mut names = Names::anywhere();
    for (_, given) in &scenario.data {
        names.given(&scenario.file, given);
    }
    names.steps(&scenario.steps);
    names.used
}

#[derive(Default)]
struct Names {
    /// Whole names, with dots.
    known: BTreeSet<String>,
    /// Names whose parts are not known: what is captured, the item of a list.
    whole: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Whether names may be known elsewhere.
    open: bool,
    mistakes: Vec<ScriptMistake>,
}

impl Names {
    /// Names that may all be known elsewhere.
    fn anywhere() -> Self {
        Self {
            open: true,
            ..Self::default()
        }
    }

    fn define(&mut self, name: &str, given: Option<&Given>) {
        match given.map(|given| &given.content) {
            Some(GivenContent::Map(_) | GivenContent::List(_)) => {
                let mut below = Vec::new();
                if let Some(given) = given {
                    given.names_below(name, &mut below);
                }
                self.known.extend(below);
                // A member that stands for another value has that one's parts.
                if let Some(given) = given {
                    self.members_that_stand_for_others(name, given);
                }
            }
            Some(GivenContent::Text(text)) if text.as_reference().is_some() => {
                self.whole.insert(name.to_string());
            }
            Some(_) => {
                self.known.insert(name.to_string());
            }
            None => {
                self.whole.insert(name.to_string());
            }
        }
    }

    fn members_that_stand_for_others(&mut self, name: &str, given: &Given) {
        match &given.content {
            GivenContent::Text(text) if text.as_reference().is_some() => {
                self.whole.insert(name.to_string());
            }
            GivenContent::Map(entries) => {
                for (key, value) in entries {
                    self.members_that_stand_for_others(&format!("{name}.{key}"), value);
                }
            }
            _ => {}
        }
    }

    fn knows(&self, name: &str) -> bool {
        if self.open || self.known.contains(name) || ALWAYS.contains(&name) {
            return true;
        }
        let mut end = Some(name.len());
        while let Some(at) = end {
            if self.whole.contains(&name[..at]) {
                return true;
            }
            end = name[..at].rfind('.');
        }
        false
    }

    fn reference(&mut self, file: &Arc<str>, at: Spot, reference: &Reference) {
        self.used.insert(reference.name.to_string());
        if self.knows(&reference.name) {
            return;
        }
        let known: Vec<&str> = self
            .known
            .iter()
            .chain(&self.whole)
            .map(String::as_str)
            .chain(ALWAYS.iter().copied())
            .collect();
        let mut mistake = Mistake::new(at, "undefined").with("name", &*reference.name);
        if let Some(nearest) = crate::document::nearest(&reference.name, known.iter().copied()) {
            mistake = mistake.with("nearest", nearest);
        }
        self.mistakes.push(ScriptMistake {
            file: file.clone(),
            mistake,
        });
    }

    fn text(&mut self, file: &Arc<str>, text: &Text) {
        for reference in text.references() {
            self.reference(file, text.at, reference);
        }
    }

    fn given(&mut self, file: &Arc<str>, given: &Given) {
        for (at, reference) in given.references() {
            self.reference(file, at, reference);
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        let file = &step.file;
        match &step.action {
            Action::Send(send) => {
                self.send(file, send);
                self.captures(file, &send.capture);
            }
            Action::Receive(receive) => {
                if let Some(which) = &receive.which {
                    self.text(file, which);
                }
                self.expect(file, &receive.expect);
                self.captures(file, &receive.capture);
                self.reply(file, &receive.answer);
            }
            Action::Trigger(trigger) => {
                for (_, given) in &trigger.with {
                    self.given(file, given);
                }
                self.expect(file, &trigger.expect);
                self.captures(file, &trigger.capture);
            }
            Action::Act(act) => {
                for (_, given) in &act.with {
                    self.given(file, given);
                }
            }
            Action::Capture(captures) => self.captures(file, captures),
            Action::Repeat(repeat) => {
                if let Over::Items(items) = &repeat.over {
                    self.given(file, items);
                }
                let added = repeat
                    .name
                    .as_ref()
                    .is_some_and(|name| self.whole.insert(name.to_string()));
                self.steps(&repeat.steps);
                if let (Some(name), true) = (&repeat.name, added) {
                    self.whole.remove(&**name);
                }
            }
            Action::Parallel(branches) => {
                // A branch does not see what another captures in the meantime.
                let before = (self.known.clone(), self.whole.clone());
                let mut after = before.clone();
                for branch in branches {
                    (self.known, self.whole) = before.clone();
                    self.steps(branch);
                    after.0.append(&mut self.known);
                    after.1.append(&mut self.whole);
                }
                (self.known, self.whole) = after;
            }
            Action::Include(include) => {
                for (_, given) in &include.with {
                    self.given(file, given);
                }
                let added: Vec<&Arc<str>> = include
                    .with
                    .iter()
                    .map(|(name, _)| name)
                    .filter(|name| self.whole.insert(name.to_string()))
                    .collect();
                self.steps(&include.steps);
                for name in added {
                    self.whole.remove(&**name);
                }
            }
            Action::Advance(_) | Action::Wait(_) | Action::Note(_) | Action::Probe(_) => {}
        }
    }

    fn send(&mut self, file: &Arc<str>, send: &Send) {
        self.outgoing(file, &send.message);
        if let Some(rest) = &send.rest {
            self.rest(file, rest);
        }
        if let Some(school) = &send.school {
            self.text(file, school);
        }
        if let Some(url) = &send.url {
            self.text(file, url);
        }
        self.expect(file, &send.expect);
    }

    fn rest(&mut self, file: &Arc<str>, rest: &Rest) {
        if let Some(path) = &rest.path {
            self.text(file, path);
        }
        for (_, text) in rest.query.iter().chain(&rest.headers) {
            self.text(file, text);
        }
    }

    fn outgoing(&mut self, file: &Arc<str>, outgoing: &Outgoing) {
        if let Content::Inline(text) = &outgoing.content {
            self.text(file, text);
        }
        for edit in &outgoing.edits {
            match &edit.change {
                Change::Set(text)
                | Change::After(text)
                | Change::Before(text)
                | Change::Into(text) => self.text(file, text),
                Change::Remove | Change::Rename(_) | Change::Copy => {}
            }
        }
    }

    fn reply(&mut self, file: &Arc<str>, reply: &Reply) {
        match reply {
            Reply::Message { message, .. } => self.outgoing(file, message),
            Reply::Fault { code, text } => {
                self.text(file, code);
                self.text(file, text);
            }
            Reply::Status { headers, body, .. } => {
                for (_, text) in headers {
                    self.text(file, text);
                }
                if let Some(body) = body {
                    self.text(file, body);
                }
            }
            Reply::Delay { then, .. } => self.reply(file, then),
            Reply::Raw(text) => self.text(file, text),
            Reply::Register | Reply::Silent | Reply::BrokenAfter(_) => {}
        }
    }

    fn expect(&mut self, file: &Arc<str>, expect: &Expect) {
        for assertion in &expect.assertions {
            self.text(file, &assertion.test);
        }
        for json in &expect.json {
            self.text(file, &json.path);
            match &json.must {
                JsonMust::Equal(given) => self.given(file, given),
                JsonMust::Match(text) => self.text(file, text),
                JsonMust::Exist(_) | JsonMust::Count(_) => {}
            }
        }
        for header in &expect.headers {
            if let Some(value) = &header.value {
                self.text(file, value);
            }
        }
    }

    fn captures(&mut self, file: &Arc<str>, captures: &[super::step::Capture]) {
        for capture in captures {
            if let Extract::XPath(text) | Extract::JsonPath(text) = &capture.from {
                self.text(file, text);
            }
            self.define(&capture.name, None);
        }
    }
}
