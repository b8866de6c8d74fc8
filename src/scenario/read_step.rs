//! Reading the steps of a script.

use std::sync::Arc;
use std::time::Duration;

use super::data::Given;
use super::expect::Expect;
use super::model::{Placed, Role};
use super::moment::{Moment, duration};
use super::read::{Reader, named};
use super::step::{
    ACTS, Act, ActKind, Action, Advance, Capture, Include, LasAction, Over, Probe, ProbeKind,
    Receive, Repeat, Send, Status, Step, Trigger,
};
use crate::document::{Fields, Mistake, Yaml, YamlValue, unknown};
use crate::limits::MAX_SCRIPT_TURNS;

/// How long a `receive` waits when it does not say.
pub const RECEIVE_WITHIN: Duration = Duration::from_secs(30);

/// The longest that a step may wait in real time.
const MOST_REAL_TIME: Duration = Duration::from_secs(3_600);

/// The keys of actions, of which a step has one.
const ACTIONS: [&str; 12] = [
    "send", "receive", "trigger", "act", "capture", "advance", "wait", "repeat", "parallel",
    "include", "note", "probe",
];

/// The keys that a step may have beside its action.
const BESIDE: [&str; 3] = ["name", "requirements", "if-capability"];

impl Reader<'_> {
    /// A list of steps.
    pub fn steps(&mut self, yaml: &Yaml) -> Vec<Step> {
        let list = yaml.list(&mut self.mistakes);
        if list.is_empty() && matches!(yaml.value, YamlValue::List(_)) {
            self.mistakes.push(Mistake::new(yaml.spot, "empty-list"));
        }
        list.iter().filter_map(|step| self.step(step)).collect()
    }

    fn step(&mut self, yaml: &Yaml) -> Option<Step> {
        if !self.count_step(yaml.spot) {
            return None;
        }
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let name = fields.optional("name");
        let requirements = fields.list("requirements", &mut self.mistakes);
        let capability = fields.optional("if-capability");
        let mut found: Vec<(&str, &Yaml)> = Vec::new();
        for action in ACTIONS {
            if let Some(value) = fields.optional(action) {
                found.push((action, value));
            }
        }
        let before = self.mistakes.len();
        fields.finish(&mut self.mistakes);
        let [(action, value)] = found[..] else {
            // A slip in the name of the action was told already.
            if before == self.mistakes.len() {
                let found: Vec<&str> = found.iter().map(|(action, _)| *action).collect();
                self.mistakes.push(
                    Mistake::new(yaml.spot, "one-action")
                        .with("found", found.join(", "))
                        .with("known", ACTIONS.join(", ")),
                );
            }
            return None;
        };
        let name = name.and_then(|name| self.bilingual(name));
        let requirements = requirements
            .iter()
            .filter_map(|one| self.line(one))
            .collect();
        let if_capability = capability.and_then(|capability| {
            Some(Placed {
                at: capability.spot,
                value: self.line(capability)?,
            })
        });
        let action = self.action(action, value)?;
        Some(Step {
            file: self.file.clone(),
            at: yaml.spot,
            name,
            requirements,
            if_capability,
            action,
        })
    }

    fn action(&mut self, action: &str, yaml: &Yaml) -> Option<Action> {
        Some(match action {
            "send" => Action::Send(Box::new(self.send(yaml)?)),
            "receive" => Action::Receive(Box::new(self.receive(yaml)?)),
            "trigger" => Action::Trigger(Box::new(self.trigger(yaml)?)),
            "act" => Action::Act(Box::new(self.act(yaml)?)),
            "capture" => Action::Capture(self.captures(yaml)),
            "advance" => Action::Advance(self.advance(yaml)?),
            "wait" => Action::Wait(self.real_time(yaml)?),
            "repeat" => Action::Repeat(Box::new(self.repeat(yaml)?)),
            "parallel" => Action::Parallel(self.parallel(yaml)),
            "include" => Action::Include(Box::new(self.include(yaml)?)),
            "note" => Action::Note(self.bilingual(yaml)?),
            _ => Action::Probe(Box::new(self.probe(yaml)?)),
        })
    }

    fn send(&mut self, yaml: &Yaml) -> Option<Send> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let from = fields.required("from", &mut self.mistakes);
        let to = fields.required("to", &mut self.mistakes);
        let rest = fields.optional("rest");
        let raw = fields.optional("raw");
        let tls_identity = fields.optional("tls-identity");
        let school = fields.optional("school");
        let url = fields.optional("url");
        let expect = fields.optional("expect");
        let capture = fields.optional("capture");
        let message = self.outgoing(&mut fields, rest.is_some());
        fields.finish(&mut self.mistakes);

        let from = from.and_then(|from| self.role(from));
        let to_role = to.and_then(|to| self.role(to));
        if let (Some(to), true) = (to, from.is_some() && from == to_role) {
            self.mistakes.push(Mistake::new(to.spot, "same-party"));
        }
        let rest = match rest {
            Some(rest) => Some(self.rest(rest)?),
            None => None,
        };
        let raw_at = raw.map(|raw| raw.spot);
        let raw = raw.and_then(|raw| raw.truth(&mut self.mistakes)) == Some(true);
        if let (Some(at), true, Some(message)) = (raw_at, raw, &message)
            && !message.is_file_as_it_is()
        {
            self.mistakes.push(Mistake::new(at, "raw-of-file"));
        }
        let tls_identity = tls_identity.and_then(|name| self.identity(name));
        let school = school.and_then(|school| self.text(school));
        let url = url.and_then(|url| self.text(url));
        let expect = self.expect(expect, yaml.spot);
        let capture = capture
            .map(|capture| self.captures(capture))
            .unwrap_or_default();
        Some(Send {
            from: from?,
            to: to_role?,
            message: message?,
            raw,
            rest,
            tls_identity,
            school,
            url,
            expect,
            capture,
        })
    }

    fn receive(&mut self, yaml: &Yaml) -> Option<Receive> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let role = fields.required("as", &mut self.mistakes);
        let from = fields.optional("from");
        let message = fields.optional("message");
        let which = fields.optional("where");
        let within = fields.optional("within");
        let absent = fields.truth("absent", false, &mut self.mistakes);
        let answer = fields.optional("answer");
        let expect = fields.optional("expect");
        let capture = fields.optional("capture");
        fields.finish(&mut self.mistakes);

        let role = role.and_then(|role| self.role(role));
        let from = from.and_then(|from| self.role(from));
        let message = message.and_then(|message| self.placed_line(message));
        let which = which.and_then(|which| self.text(which));
        let within = match within {
            Some(within) => self.real_time(within),
            None => Some(RECEIVE_WITHIN),
        };
        let answer = self.reply(answer);
        let expect = self.expect(expect, yaml.spot);
        self.only_of_a_request(&expect);
        let capture = capture
            .map(|capture| self.captures(capture))
            .unwrap_or_default();
        Some(Receive {
            role: role?,
            from,
            message,
            which,
            within: within?,
            absent,
            answer: answer?,
            expect,
            capture,
        })
    }

    /// A request has no status and is no fault.
    fn only_of_a_request(&mut self, expect: &Expect) {
        let status = expect.status.as_ref().map(|one| (one.at, "status"));
        let fault = expect.fault.as_ref().map(|one| (one.at, "fault"));
        let transport = expect.transport.as_ref().map(|one| (one.at, "transport"));
        for (at, name) in [status, fault, transport].into_iter().flatten() {
            self.mistakes
                .push(Mistake::new(at, "not-of-a-request").with("name", name));
        }
    }

    fn trigger(&mut self, yaml: &Yaml) -> Option<Trigger> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let party = fields.required("party", &mut self.mistakes);
        let action = fields.required("action", &mut self.mistakes);
        let with = fields.optional("with");
        let status = fields.optional("expect-status");
        let wait = fields.truth("wait", true, &mut self.mistakes);
        let expect = fields.optional("expect");
        let capture = fields.optional("capture");
        fields.finish(&mut self.mistakes);

        let role = party.and_then(|party| self.role(party));
        if let (Some(party), true) = (party, role.is_some_and(|role| role != Role::Las)) {
            self.mistakes.push(Mistake::new(party.spot, "only-las"));
        }
        let action = action.and_then(|action| {
            let names: Vec<&str> = LasAction::ALL.iter().map(|one| one.name()).collect();
            let value = named(action, &names, LasAction::named, &mut self.mistakes)?;
            Some(Placed {
                at: action.spot,
                value,
            })
        });
        let given = with.map(|with| self.with(with)).unwrap_or_default();
        if let (Some(action), Some(YamlValue::Map(entries))) =
            (&action, with.map(|with| &with.value))
        {
            let takes = action.value.takes();
            let others = entries.iter();
            let others = others.filter(|(key, _)| !takes.contains(&&*key.name));
            let others = others.map(|(key, _)| unknown(key, takes.iter().copied()));
            self.mistakes.extend(others);
        }
        let expect_status = match status {
            Some(status) => {
                let known = [
                    ("done", Status::Done),
                    ("refused", Status::Refused),
                    ("failed", Status::Failed),
                ];
                status.one_of(&known, &mut self.mistakes)
            }
            None => Some(Status::Done),
        };
        let expect = self.expect(expect, yaml.spot);
        let capture = capture
            .map(|capture| self.captures(capture))
            .unwrap_or_default();
        Some(Trigger {
            party: role?,
            action: action?,
            with: given,
            expect_status: expect_status?,
            wait,
            expect,
            capture,
        })
    }

    fn act(&mut self, yaml: &Yaml) -> Option<Act> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let party = fields.required("party", &mut self.mistakes);
        let what = fields.required("what", &mut self.mistakes);
        let with = fields.optional("with");
        fields.finish(&mut self.mistakes);
        let role = party.and_then(|party| self.role(party));
        let given = with.map(|with| self.with(with)).unwrap_or_default();
        if let (Some(party), Some(Role::Las)) = (party, role) {
            self.mistakes.push(Mistake::new(party.spot, "not-las"));
            return None;
        }
        let party = role?;
        let what = what?;
        let of_party = ACTS.iter().filter(|act| act.party == party);
        let known: Vec<(&str, &ActKind)> = of_party.map(|act| (act.name, act)).collect();
        let kind = what.one_of(&known, &mut self.mistakes)?;
        if let Some(YamlValue::Map(entries)) = with.map(|with| &with.value) {
            let names = kind.with.iter().copied();
            let others = entries
                .iter()
                .filter(|(key, _)| !kind.with.contains(&&*key.name));
            let others = others.map(|(key, _)| unknown(key, names.clone()));
            self.mistakes.extend(others);
        }
        Some(Act {
            party,
            what: Placed {
                at: what.spot,
                value: kind.name.into(),
            },
            with: given,
        })
    }

    /// Values by name with where they are found.
    pub fn captures(&mut self, yaml: &Yaml) -> Vec<Capture> {
        let entries = yaml.entries(&mut self.mistakes);
        entries
            .iter()
            .filter_map(|(key, value)| {
                let name = self.checked_name(&key.name, key.spot);
                let from = self.extract(value);
                Some(Capture {
                    name: name?,
                    at: key.spot,
                    from: from?,
                })
            })
            .collect()
    }

    fn advance(&mut self, yaml: &Yaml) -> Option<Advance> {
        if matches!(yaml.value, YamlValue::Map(_)) {
            let mut fields = Fields::of(yaml, &mut self.mistakes)?;
            let to = fields.required("to", &mut self.mistakes);
            fields.finish(&mut self.mistakes);
            let moment: Moment = to.and_then(|to| self.moment(to))?;
            return Some(Advance::To(moment));
        }
        self.lapse(yaml).map(Advance::By)
    }

    /// A lapse of time.
    pub fn lapse(&mut self, yaml: &Yaml) -> Option<Duration> {
        let text = yaml.text(&mut self.mistakes)?;
        let lapse = duration(text);
        if lapse.is_none() {
            self.mistakes
                .push(Mistake::new(yaml.spot, "lapse").with("found", text));
        }
        lapse
    }

    /// A lapse of real time, which nobody wants to be long.
    pub fn real_time(&mut self, yaml: &Yaml) -> Option<Duration> {
        let lapse = self.lapse(yaml)?;
        if lapse > MOST_REAL_TIME {
            self.mistakes.push(Mistake::new(yaml.spot, "long-wait"));
            return None;
        }
        Some(lapse)
    }

    fn repeat(&mut self, yaml: &Yaml) -> Option<Repeat> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let times = fields.optional("times");
        let items = fields.optional("over");
        let name = fields.optional("as");
        let steps = fields.required("steps", &mut self.mistakes);
        fields.finish(&mut self.mistakes);
        let over = match (times, items) {
            (Some(times), None) => self.number(times, MAX_SCRIPT_TURNS).map(Over::Times),
            (None, Some(items)) if items.is_text("pupils") => Some(Over::Pupils),
            (None, Some(items)) => self.given("", items).map(Over::Items),
            _ => {
                self.mistakes.push(Mistake::new(yaml.spot, "times-or-over"));
                None
            }
        };
        let name = name.and_then(|name| self.name(name));
        let steps = steps.map(|steps| self.steps(steps)).unwrap_or_default();
        Some(Repeat {
            over: over?,
            name,
            steps,
        })
    }

    fn parallel(&mut self, yaml: &Yaml) -> Vec<Vec<Step>> {
        let branches = yaml.list(&mut self.mistakes);
        if branches.len() == 1 {
            self.mistakes.push(Mistake::new(yaml.spot, "one-branch"));
        }
        branches.iter().map(|branch| self.steps(branch)).collect()
    }

    fn include(&mut self, yaml: &Yaml) -> Option<Include> {
        let (path, with) = match &yaml.value {
            YamlValue::Scalar { .. } => (Some(yaml), None),
            _ => {
                let mut fields = Fields::of(yaml, &mut self.mistakes)?;
                let path = fields.required("path", &mut self.mistakes);
                let with = fields.optional("with");
                fields.finish(&mut self.mistakes);
                (path, with)
            }
        };
        let with = with.map(|with| self.data(with)).unwrap_or_default();
        let path = self.placed_line(path?)?;
        let shared = self.included(&path.value, path.at)?;
        self.compare_needs(&path, &shared.needs, &with);
        Some(Include {
            path,
            with,
            steps: shared.steps,
        })
    }

    fn compare_needs(
        &mut self,
        path: &Placed<Arc<str>>,
        needs: &[Placed<Arc<str>>],
        with: &[(Arc<str>, Given)],
    ) {
        for need in needs {
            if !with.iter().any(|(name, _)| *name == need.value) {
                self.mistakes.push(
                    Mistake::new(path.at, "include-needs")
                        .with("name", &*need.value)
                        .with("file", &*path.value),
                );
            }
        }
        for (name, given) in with {
            if !needs.iter().any(|need| need.value == *name) {
                self.mistakes.push(
                    Mistake::new(given.at, "include-unneeded")
                        .with("name", &**name)
                        .with("file", &*path.value),
                );
            }
        }
    }

    fn probe(&mut self, yaml: &Yaml) -> Option<Probe> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let party = fields.required("party", &mut self.mistakes);
        let tries = fields.required("refuses", &mut self.mistakes);
        fields.finish(&mut self.mistakes);
        let party = party.and_then(|party| self.role(party));
        let list = tries.map_or(&[][..], |tries| tries.list(&mut self.mistakes));
        let tries = list
            .iter()
            .filter_map(|one| {
                let value = named(one, ProbeKind::NAMES, ProbeKind::parse, &mut self.mistakes)?;
                Some(Placed {
                    at: one.spot,
                    value,
                })
            })
            .collect();
        Some(Probe {
            party: party?,
            tries,
        })
    }

    /// A text of one line with its place.
    pub fn placed_line(&mut self, yaml: &Yaml) -> Option<Placed<Arc<str>>> {
        let value = self.line(yaml)?;
        Some(Placed {
            at: yaml.spot,
            value,
        })
    }
}

/// Whether a key of a step is one that the language knows; for the tests that
/// compare it with the JSON Schema.
pub fn step_keys() -> impl Iterator<Item = &'static str> {
    ACTIONS.into_iter().chain(BESIDE)
}
