//! What is wrong with scenarios that can be read: names that nobody knows,
//! what is never used or never reached, what proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::data::{Given, GivenContent};
use super::expect::Expect;
use super::library::Library;
use super::lint_causes::{Causes, refuses_all};
use super::lint_message::{Messages, outgoing_mistakes};
use super::lint_names::{Names, Vocabulary};
use super::model::{Conduct, PlacedCode, Role, Scenario};
use super::names;
use super::read::ScriptMistake;
use super::script_kind::is_shipped;
use super::step::{Action, Capture, Content, Extract, Over, Receive, Reply, Send, Status, Step};
use super::text::Text;
use crate::document::{Mistake, Spot, nearest};
use crate::pack::Store;
use crate::requirement::Requirement;

/// What a lint looks scenarios up in.
pub struct LintContext<'a> {
    /// The packs in force.
    pub store: &'a Store,
    /// The catalogue of requirements.
    pub requirements: &'a [Requirement],
    /// Every code of a rule.
    pub codes: &'a BTreeSet<String>,
}

/// What a lint says of scripts that can be played as they stand: their author
/// may have meant something else.
const WARNINGS: [&str; 13] = [
    "lint-answer-unused",
    "lint-direction",
    "lint-no-cause",
    "lint-no-expectation",
    "lint-no-refusal",
    "lint-pupils-idle",
    "lint-refuses-all",
    "lint-requirement-key",
    SHIPPED_ID,
    "lint-unreachable",
    "lint-unused-capture",
    "lint-unused-data",
    "lint-unused-shared",
];

/// What a lint says of a script under the id of a shipped one, that it is not.
pub const SHIPPED_ID: &str = "lint-shipped-id";

/// What is wrong wherever it stands, also in a script of which something else
/// could not be read.
const IN_ITSELF: [&str; 6] = [
    "lint-break-unknown",
    "lint-capability-unknown",
    "lint-case-unknown",
    "lint-message-unknown",
    "lint-requirement-unknown",
    "lint-rule-unknown",
];

/// Whether a mistake forbids that its script is played: it cannot be read,
/// names what nobody knows, or asks for what cannot be done. What came of it
/// would be nobody's verdict.
pub fn forbids(mistake: &Mistake) -> bool {
    !WARNINGS.contains(&mistake.key)
}

/// Every mistake in a library: those that kept files from being read, then
/// those of the scenarios that were, in the order of files and lines. The key
/// of a mistake is its code.
pub fn lint(library: &Library, context: &LintContext<'_>) -> Vec<ScriptMistake> {
    let mut linter = Linter {
        context,
        messages: Messages::of(context.store),
        vocabulary: Vocabulary::of(context.store),
        found: library.mistakes.clone(),
    };
    for scenario in &library.half_read {
        linter.scenario(scenario);
    }
    let mut of_half = linter.found.split_off(library.mistakes.len());
    of_half.retain(|one| IN_ITSELF.contains(&one.mistake.key));
    linter.found.extend(of_half);
    for scenario in &library.scenarios {
        linter.scenario(scenario);
    }
    linter.shared(library);
    linter.without_counterpart(library);
    let mut found = linter.found;
    found.sort_by(|one, other| {
        (&one.file, one.mistake.spot, one.mistake.key).cmp(&(
            &other.file,
            other.mistake.spot,
            other.mistake.key,
        ))
    });
    found.dedup();
    found
}

struct Linter<'a> {
    context: &'a LintContext<'a>,
    messages: Messages,
    vocabulary: Vocabulary<'a>,
    found: Vec<ScriptMistake>,
}

impl Linter<'_> {
    fn add(&mut self, file: &Arc<str>, mistake: Mistake) {
        self.found.push(ScriptMistake {
            file: file.clone(),
            mistake,
        });
    }

    fn scenario(&mut self, scenario: &Scenario) {
        if is_shipped(&scenario.id, &scenario.hash) == Some(false) {
            let mistake = Mistake::new(scenario.id_at, SHIPPED_ID).with("name", &*scenario.id);
            self.add(&scenario.file, mistake);
        }
        self.requirements(scenario);
        self.rules(&scenario.file, scenario.brings_about.iter());
        self.unused(scenario);
        self.pupils(scenario);
        let parties = parties_of(scenario);
        if !parties.contains(&scenario.subject) {
            let mistake = Mistake::new(scenario.id_at, "lint-subject-idle")
                .with("name", scenario.subject.name());
            self.add(&scenario.file, mistake);
        }
        self.constant(scenario);
        if !scenario.all_steps().iter().any(|step| can_go_wrong(step)) {
            let mistake = Mistake::new(scenario.id_at, "lint-nothing-expected");
            self.add(&scenario.file, mistake);
        }
        if refuses_all(scenario) {
            let mistake = Mistake::new(scenario.id_at, "lint-refuses-all")
                .with("name", scenario.subject.name());
            self.add(&scenario.file, mistake);
        }
        let mut causes = Causes::default();
        self.steps(scenario, &scenario.steps, &mut causes);
    }

    fn requirements(&mut self, scenario: &Scenario) {
        for proof in &scenario.requirements {
            self.requirement(&scenario.file, proof.at, &proof.id, Some(scenario));
        }
        for step in scenario.all_steps() {
            for id in &step.requirements {
                self.requirement(&step.file, step.at, id, None);
            }
        }
    }

    fn requirement(&mut self, file: &Arc<str>, at: Spot, id: &str, of: Option<&Scenario>) {
        let known = self.context.requirements;
        match known.iter().find(|requirement| *requirement.id == *id) {
            None => {
                let mut mistake = Mistake::new(at, "lint-requirement-unknown").with("name", id);
                let ids = known.iter().map(|requirement| &*requirement.id);
                if let Some(meant) = nearest(id, ids) {
                    mistake = mistake.with("nearest", meant);
                }
                self.add(file, mistake);
            }
            Some(requirement) => {
                if let Some(scenario) = of {
                    let key = scenario.key.name();
                    if !requirement.readiness.iter().any(|one| **one == *key) {
                        let mistake = Mistake::new(at, "lint-requirement-key")
                            .with("name", id)
                            .with("key", key)
                            .with("known", requirement.readiness.join(", "));
                        self.add(file, mistake);
                    }
                }
            }
        }
    }

    /// Made-up pupils that no step goes through, or that there are none of.
    fn pupils(&mut self, scenario: &Scenario) {
        let goes = |step: &&&Step| matches!(&step.action, Action::Repeat(repeat) if matches!(repeat.over, Over::Pupils));
        let steps = scenario.all_steps();
        match (steps.iter().find(goes), scenario.pupils) {
            (Some(step), 0) => {
                let file = Arc::clone(&step.file);
                self.add(&file, Mistake::new(step.at, "lint-no-pupils"));
            }
            (None, 1..) => {
                self.add(
                    &scenario.file,
                    Mistake::new(scenario.id_at, "lint-pupils-idle"),
                );
            }
            _ => {}
        }
    }

    /// Data and captured values that nobody names.
    fn unused(&mut self, scenario: &Scenario) {
        let used = names::used_in(scenario);
        let is_used = |name: &str| {
            used.iter().any(|used| {
                *used == *name
                    || used
                        .strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with('.'))
                    || name
                        .strip_prefix(used.as_str())
                        .is_some_and(|rest| rest.starts_with('.'))
            })
        };
        for (name, given) in &scenario.data {
            let mut parts = Vec::new();
            leaves(name, given, &mut parts);
            for (part, at) in parts {
                if !is_used(&part) {
                    let mistake = Mistake::new(at, "lint-unused-data").with("name", part);
                    self.add(&scenario.file, mistake);
                }
            }
        }
        for step in scenario.all_steps() {
            for capture in captures_of(&step.action) {
                if !is_used(&capture.name) {
                    let mistake = Mistake::new(capture.at, "lint-unused-capture")
                        .with("name", &*capture.name);
                    self.add(&step.file, mistake);
                }
            }
        }
    }

    fn steps(&mut self, scenario: &Scenario, steps: &[Step], causes: &mut Causes) {
        let mut lost: Option<Spot> = None;
        for step in steps {
            self.step(scenario, step, causes);
            // A step that takes a value from an answer that must not come
            // ends the scenario.
            if lost.is_some() {
                self.add(&step.file, Mistake::new(step.at, "lint-unreachable"));
                lost = None;
            }
            if let Action::Send(send) = &step.action
                && send.expect.fails()
                && !send.capture.is_empty()
            {
                lost = Some(step.at);
            }
        }
    }

    fn step(&mut self, scenario: &Scenario, step: &Step, causes: &mut Causes) {
        let file = &step.file;
        if let Some(capability) = &step.if_capability
            && let Some(mistake) = self.messages.unknown_capability(capability)
        {
            self.add(file, mistake);
        }
        match &step.action {
            Action::Send(send) => {
                let mistakes = outgoing_mistakes(
                    &send.message,
                    Some((send.from, send.to)),
                    &self.messages,
                    self.context.store,
                );
                for mistake in mistakes {
                    self.add(file, mistake);
                }
                let names = self.answer_to(send);
                self.expect(file, &send.expect, &send.capture, names.as_ref());
                let is_asked = send.to == scenario.subject && send.capture.is_empty();
                if is_asked && !send.expect.can_fail() {
                    // What is wrong on purpose is about nothing but the answer.
                    let is_right =
                        send.message.is_right() && !send.raw && send.tls_identity.is_none();
                    let key = match is_right {
                        true => "lint-no-expectation",
                        false => "lint-wrong-unasked",
                    };
                    self.add(file, Mistake::new(step.at, key));
                }
                causes.sent(send.from, send.to);
            }
            Action::Receive(receive) => {
                self.receive(scenario, step, receive, causes);
            }
            Action::Trigger(trigger) => {
                self.expect(file, &trigger.expect, &trigger.capture, None);
                causes.triggered(trigger.action.value);
            }
            Action::Act(act) => causes.acted(act.party),
            Action::Advance(_) => causes.advanced(),
            Action::Repeat(repeat) => {
                let never = match &repeat.over {
                    Over::Times(times) => *times == 0,
                    Over::Items(items) => {
                        matches!(&items.content, GivenContent::List(items) if items.is_empty())
                    }
                    Over::Pupils => false,
                };
                if never {
                    self.add(file, Mistake::new(step.at, "lint-unreachable"));
                }
                self.steps(scenario, &repeat.steps, causes);
            }
            Action::Parallel(branches) => {
                // What one branch does may be the cause of what another awaits.
                for branch in branches {
                    causes.of_steps(branch);
                }
                for branch in branches {
                    self.steps(scenario, branch, &mut causes.clone());
                }
            }
            Action::Include(include) => self.steps(scenario, &include.steps, causes),
            Action::Capture(_) | Action::Wait(_) | Action::Note(_) | Action::Probe(_) => {}
        }
    }

    fn receive(
        &mut self,
        scenario: &Scenario,
        step: &Step,
        receive: &Receive,
        causes: &mut Causes,
    ) {
        let file = &step.file;
        if !causes.of(receive.role) {
            // What nothing could bring about is absent whatever a party does.
            let key = match receive.absent {
                true => "lint-absent-anyhow",
                false => "lint-no-cause",
            };
            let mistake = Mistake::new(step.at, key).with("name", receive.role.name());
            self.add(file, mistake);
        }
        if let Some(message) = &receive.message
            && let Some(mistake) = self.messages.unknown(message)
        {
            self.add(file, mistake);
        }
        if let (Some(which), None) = (&receive.which, &receive.message) {
            self.add(file, Mistake::new(which.at, "lint-which-message"));
        }
        let name = receive.message.as_ref().map(|message| &*message.value);
        let names = name.and_then(|name| self.vocabulary.of_message(name));
        self.expect(file, &receive.expect, &receive.capture, names.as_ref());
        if let (Some(names), Some(which)) = (&names, &receive.which) {
            self.unknown_elements(file, which, names);
        }
        let by_itself = scenario.parties.of(receive.role) == Conduct::Register;
        let own = receive.role == scenario.subject;
        if !matches!(receive.answer, Reply::Register) && (by_itself || own) {
            let mistake =
                Mistake::new(step.at, "lint-answer-unused").with("name", receive.role.name());
            self.add(file, mistake);
        }
        let mut reply = &receive.answer;
        while let Reply::Delay { then, .. } = reply {
            reply = then;
        }
        if let Reply::Message { message, .. } = reply {
            for mistake in outgoing_mistakes(message, None, &self.messages, self.context.store) {
                self.add(file, mistake);
            }
        }
    }

    /// What the answer to a message has, where that is known.
    fn answer_to(&self, send: &Send) -> Option<Names> {
        let Content::Message(name) = &send.message.content else {
            return None;
        };
        self.vocabulary.of_answer_to(&name.value)
    }

    /// What is expected and taken of a message that has `names`, where it is known
    /// which it is.
    fn expect(
        &mut self,
        file: &Arc<str>,
        expect: &Expect,
        captures: &[Capture],
        names: Option<&Names>,
    ) {
        self.rules(file, expect.finding.iter().chain(&expect.no_finding));
        let mut paths: Vec<&Text> = expect.json.iter().map(|json| &json.path).collect();
        let mut tests: Vec<&Text> = expect.assertions.iter().map(|one| &one.test).collect();
        for capture in captures {
            match &capture.from {
                Extract::JsonPath(path) => paths.push(path),
                Extract::XPath(test) => tests.push(test),
                Extract::Status | Extract::Header(_) => {}
            }
        }
        for path in paths {
            for mistake in self.vocabulary.slips_in(path) {
                self.add(file, mistake);
            }
        }
        let Some(names) = names else {
            return;
        };
        for test in tests {
            self.unknown_elements(file, test, names);
        }
    }

    fn unknown_elements(&mut self, file: &Arc<str>, test: &Text, names: &Names) {
        for mistake in names.unknown_in(test) {
            self.add(file, mistake);
        }
    }

    /// Tests that come to the same whatever a message says. What was taken from an
    /// earlier one may be compared.
    fn constant(&mut self, scenario: &Scenario) {
        let steps = scenario.all_steps();
        let captures = steps.iter().flat_map(|step| captures_of(&step.action));
        let captured: BTreeSet<&str> = captures.map(|capture| &*capture.name).collect();
        for step in steps {
            let (expect, which) = match &step.action {
                Action::Send(send) => (&send.expect, None),
                Action::Receive(receive) => (&receive.expect, receive.which.as_ref()),
                Action::Trigger(trigger) => (&trigger.expect, None),
                _ => continue,
            };
            let tests = expect.assertions.iter().map(|one| &one.test).chain(which);
            for test in tests.filter(|test| test.is_constant()) {
                let of_message = |name: &str| {
                    let whole = name.split('.').next().unwrap_or(name);
                    captured.contains(name) || captured.contains(whole)
                };
                if !test.references().any(|one| of_message(&one.name)) {
                    self.add(&step.file, Mistake::new(test.at, "lint-test-constant"));
                }
            }
        }
    }

    fn rules<'c>(&mut self, file: &Arc<str>, codes: impl Iterator<Item = &'c PlacedCode>) {
        for code in codes {
            if !self.context.codes.contains(&*code.value) {
                let mut mistake =
                    Mistake::new(code.at, "lint-rule-unknown").with("name", &*code.value);
                let codes = self.context.codes.iter().map(String::as_str);
                if let Some(meant) = nearest(&code.value, codes) {
                    mistake = mistake.with("nearest", meant);
                }
                self.add(file, mistake);
            }
        }
    }

    /// Files with shared steps that no scenario includes.
    fn shared(&mut self, library: &Library) {
        let mut included: BTreeSet<&str> = BTreeSet::new();
        for scenario in &library.scenarios {
            included.extend(scenario.all_steps().iter().map(|step| &*step.file));
        }
        for shared in &library.shared {
            if !included.contains(&*shared.file) {
                self.add(
                    &shared.file,
                    Mistake::new(Spot::START, "lint-unused-shared"),
                );
            }
            let used = names::used(&super::read::Script::Shared(super::read::Shared {
                file: shared.file.clone(),
                needs: Vec::new(),
                steps: shared.steps.clone(),
            }));
            for need in &shared.needs {
                let name = &*need.value;
                let named = used.iter().any(|used| {
                    *used == *name
                        || used
                            .strip_prefix(name)
                            .is_some_and(|rest| rest.starts_with('.'))
                });
                if !named {
                    let mistake = Mistake::new(need.at, "lint-unused-data").with("name", name);
                    self.add(&shared.file, mistake);
                }
            }
        }
    }

    /// Keys for which nothing shows that what is wrong is refused.
    fn without_counterpart(&mut self, library: &Library) {
        let mut of_key: BTreeMap<_, Vec<&Arc<Scenario>>> = BTreeMap::new();
        for scenario in &library.scenarios {
            of_key
                .entry((scenario.key, scenario.subject))
                .or_default()
                .push(scenario);
        }
        for ((key, _), scenarios) in of_key {
            let negative = |scenario: &&Arc<Scenario>| {
                scenario.requirements.iter().any(|proof| proof.negative)
            };
            // A script of one's own stands beside those that are shipped.
            let first = scenarios.first().copied();
            let mut beside = Library::shipped().scenarios.iter().filter(|shipped| {
                first.is_some_and(|own| (shipped.key, shipped.subject) == (own.key, own.subject))
            });
            if !scenarios.iter().any(negative)
                && !beside.any(|one| negative(&one))
                && let Some(first) = scenarios.first()
            {
                let mistake = Mistake::new(first.id_at, "lint-no-refusal").with("key", key.name());
                self.add(&first.file, mistake);
            }
        }
    }
}

/// The parts of a value that hold something themselves.
fn leaves(name: &str, given: &Given, parts: &mut Vec<(String, Spot)>) {
    match &given.content {
        GivenContent::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                leaves(&format!("{name}.{key}"), value, parts);
            }
        }
        _ => parts.push((name.to_string(), given.at)),
    }
}

fn captures_of(action: &Action) -> &[Capture] {
    match action {
        Action::Send(send) => &send.capture,
        Action::Receive(receive) => &receive.capture,
        Action::Trigger(trigger) => &trigger.capture,
        Action::Capture(captures) => captures,
        _ => &[],
    }
}

/// Whether a step can come out otherwise than it should.
fn can_go_wrong(step: &Step) -> bool {
    match &step.action {
        Action::Send(send) => send.expect.can_fail() || !send.capture.is_empty(),
        Action::Trigger(trigger) => {
            // That a LAS shows what it knows says nothing of what it does.
            !trigger.action.value.only_shows()
                || trigger.expect_status != Status::Done
                || trigger.expect.can_fail()
                || !trigger.capture.is_empty()
        }
        Action::Receive(_) | Action::Probe(_) | Action::Capture(_) => true,
        _ => false,
    }
}

/// The parties that do something in a scenario.
fn parties_of(scenario: &Scenario) -> BTreeSet<Role> {
    let mut parties = BTreeSet::new();
    for step in scenario.all_steps() {
        match &step.action {
            Action::Send(send) => parties.extend([send.from, send.to]),
            Action::Receive(receive) => {
                parties.insert(receive.role);
                parties.extend(receive.from);
            }
            Action::Trigger(trigger) => {
                parties.insert(trigger.party);
            }
            Action::Act(act) => {
                parties.insert(act.party);
            }
            Action::Probe(probe) => {
                parties.insert(probe.party);
            }
            _ => {}
        }
    }
    parties
}
