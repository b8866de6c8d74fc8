//! A step that has ended: what it came to, said to the ledger of its scenario.

use std::sync::Arc;

use jiff::Timestamp;

use super::actor::TriggerTrouble;
use super::cast::ProbeResult;
use super::clocks::ClockFault;
use super::in_vain::InVain;
use super::ledger::{At, Ledger};
use super::observe::{Observed, Seen};
use super::speak::Unspeakable;
use super::wire::{Heard, name_of};
use crate::counterpart::reason::CLOCK;
use crate::counterpart::trigger::{Outcome, Status, TriggerError};
use crate::event::StepFinding;
use crate::finding::{Args, DataClass, Finding, Judgement, Kind, MessageValue, Place, Verdict};
use crate::limits::MAX_TRIGGER_BYTES;
use crate::scenario::{Action, Expect, ProbeKind, Receive, Role, Step, Trigger, Values};
use crate::text::{Texts, fill, in_words, tool_finding, word};

/// A step that ended before anybody asked the run to end, so that what it came
/// to counts. Only [`Ledger::ended`] makes one.
pub(super) struct Ended<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) step: &'a Step,
    /// Where the step stands: `3.2`.
    pub(super) number: &'a str,
}

impl Ended<'_> {
    /// Nothing is expected of it, and it was carried out.
    pub fn done(&self) {
        self.write(None, Judgement::NOT_APPLICABLE, Vec::new());
    }

    /// What the step saw, against what it expects. Whether what the next steps
    /// need is there.
    pub fn judged(
        &self,
        expect: &Expect,
        values: &mut Values,
        seen: &Seen,
        observed: &Observed<'_>,
    ) -> bool {
        let place = At {
            step: self.number,
            file: &self.step.file,
            line: self.step.at.line,
        };
        let weighed = self.ledger.record(place, expect, values, seen, observed);
        self.write(seen.exchange, weighed.judgement, weighed.findings);
        weighed.goes_on
    }

    /// The message that the script has the party under test send: it must be
    /// right, and that it is shows nothing.
    pub fn sent(&self, values: &mut Values, seen: &Seen, observed: &Observed<'_>) {
        let nothing = Expect::nothing(self.step.at);
        let place = At {
            step: self.number,
            file: &self.step.file,
            line: self.step.at.line,
        };
        let weighed = self.ledger.record(place, &nothing, values, seen, observed);
        if !weighed.findings.is_empty() {
            self.write(seen.exchange, weighed.judgement, weighed.findings);
        }
    }

    /// It went as it should.
    fn passed(&self) {
        let pass = Judgement::new(Verdict::Pass, self.ledger.grade);
        self.write(None, pass, Vec::new());
    }

    /// Where the step stands in its script.
    fn place(&self) -> Place {
        place_of(self.step)
    }

    /// A finding of our own about a step.
    fn finding(&self, code: &'static str, kind: Kind, args: Args) -> Finding {
        Finding {
            kind,
            ..self
                .ledger
                .of_script(tool_finding(code, args, self.place()))
        }
    }

    /// Writes down a step with one finding of our own.
    fn one(&self, finding: &Finding) {
        let (judgement, finding) = self.ledger.ours(self.number, None, finding);
        self.write(None, judgement, vec![finding]);
    }

    /// A step cannot be carried out as the script has it.
    pub fn script_at_fault(&self, error: &Unspeakable) {
        let args = Args::new()
            .with("reason", error.reason)
            .with("name", error.name.as_str());
        let args = match &error.nearest {
            Some(nearest) => args.with("nearest", nearest.as_str()),
            None => args,
        };
        let finding = self.finding("KK-SC-SCRIPT", Kind::Undecided, args);
        self.one(&finding);
    }

    /// A clock of the target did not move when the step moved the time.
    pub fn clock_at_fault(&self, fault: &ClockFault) {
        if fault.is_unreachable() {
            self.ledger.note_unreachable();
        }
        self.one(&fault.finding(self.place()));
    }

    /// A message that a step waits for never came.
    pub fn never_came(&self, receive: &Receive, others: &[Heard]) {
        let wanted = receive.message.as_ref().map(|message| &*message.value);
        let came: Vec<Arc<str>> = others
            .iter()
            .map(|heard| name_of(&heard.request).into())
            .collect();
        let (code, args) = match wanted {
            Some(wanted) if !came.is_empty() => {
                let args = Args::new().with("expected", wanted).with("found", came);
                ("KK-SC-ANDER-BERICHT", args)
            }
            _ => {
                let mut args = Args::new().with("party", receive.role.name());
                if let Some(wanted) = wanted {
                    args.push("message", wanted);
                }
                self.ledger.note_missed(|missed| {
                    missed.at.insert(receive.role);
                });
                let within = format!("{} s", receive.within.as_secs());
                ("KK-SC-UITGEBLEVEN", args.with("within", within))
            }
        };
        let finding = self.finding(code, Kind::Violation, args);
        self.one(&finding);
    }

    /// Nothing can come any more of what a step waits for: the action that was
    /// to bring it came to nothing.
    pub fn not_reached(&self, receive: &Receive, in_vain: &InVain) {
        let mut args = Args::new()
            .with("party", receive.role.name())
            .with("action", in_vain.action.as_str())
            .with("step", in_vain.step.as_str());
        if let Some(wanted) = &receive.message {
            args.push("message", &*wanted.value);
        }
        // An action that failed as it had to passes: that it sent nothing is told
        // here alone. What went wrong with another is told of it already.
        let kind = if in_vain.as_expected {
            self.ledger.note_missed(|missed| {
                missed.at.insert(receive.role);
            });
            Kind::Violation
        } else {
            args.push("reason", "trigger-in-vain");
            Kind::Undecided
        };
        self.one(&self.finding("KK-SC-UITGEBLEVEN", kind, args));
    }

    /// The recording does not show what a step is about: that is left open.
    pub fn not_recorded(&self, reason: &'static str) {
        self.not_recorded_of(reason, Args::new());
    }

    /// The same, with what was looked for and what came nearest.
    pub fn not_recorded_of(&self, reason: &'static str, args: Args) {
        let args = args.with("reason", reason);
        let finding = self.finding("KK-SC-OPNAME", Kind::Undecided, args);
        self.one(&finding);
    }

    /// Whether a message came that should not.
    pub fn unasked(&self, party: Role, came: Option<&Heard>) {
        match came {
            Some(heard) => {
                let args = Args::new()
                    .with("party", party.name())
                    .with("found", name_of(&heard.request));
                let finding = self.finding("KK-SC-ONGEVRAAGD", Kind::Violation, args);
                self.one(&finding);
            }
            None => {
                self.passed();
            }
        }
    }

    /// What a step needs of what was received is not there.
    pub fn found(&self, finding: Finding) {
        self.one(&self.ledger.of_script(finding));
    }

    /// What became of an action of the LAS, which was asked for at `url`. Whether
    /// it went as expected.
    pub fn triggered(
        &self,
        expected: Status,
        action: &str,
        url: Option<&str>,
        outcome: &Result<Outcome, TriggerTrouble>,
    ) -> bool {
        let args = Args::new().with("action", action);
        let with_url = |args: Args| match url {
            Some(url) => args.with("url", MessageValue::plain(url)),
            None => args,
        };
        let finding = match outcome {
            Err(TriggerTrouble::Unsupported)
            | Ok(Outcome {
                status: Status::Unsupported,
                ..
            }) => {
                let args = args.with("reason", "action-unsupported");
                self.finding("KK-SC-HANDELING", Kind::Undecided, args)
            }
            Err(TriggerTrouble::Transport(problem)) => {
                self.ledger.note_unreachable();
                let mut args = with_url(args)
                    .with("expected", expected.name())
                    .with("found", problem.name());
                in_words(&mut args, "found", |texts| {
                    word(&texts.transport, problem.name()).to_string()
                });
                in_words(&mut args, "advice", |texts| {
                    word(&texts.transport, "trigger").to_string()
                });
                self.finding("KK-SC-HANDELING", Kind::Violation, args)
            }
            Err(TriggerTrouble::NoTrigger(status)) => {
                let args = with_url(args).with("status", u64::from(*status));
                // Nothing of the script: it says where the target file is wrong.
                tool_finding("KK-SC-GEEN-TRIGGER", args, self.place())
            }
            Err(TriggerTrouble::Answer { status, error }) => {
                let mut args = with_url(args)
                    .with("expected", expected.name())
                    .with("found", "?");
                if let Some(status) = status {
                    args.push("status", u64::from(*status));
                }
                in_words(&mut args, "found", |texts| {
                    let unreadable = &texts.finding.unreadable;
                    let why = error.as_ref().map(|error| no_outcome(texts, error));
                    why.map_or_else(|| unreadable.clone(), |why| format!("{unreadable} ({why})"))
                });
                in_words(&mut args, "advice", |texts| {
                    word(&texts.transport, "trigger-answer").to_string()
                });
                self.finding("KK-SC-HANDELING", Kind::Violation, args)
            }
            Ok(outcome) => {
                // It is no refusal of what was asked.
                let of_clock = outcome.reason() == Some(CLOCK);
                let went = outcome.status == expected && !of_clock;
                if went {
                    self.passed();
                    return true;
                }
                self.ledger.note_missed(|missed| missed.by_outcome(outcome));
                let mut args = args
                    .with("found", outcome.status.name())
                    .with("expected", expected.name());
                if let Some(why) = outcome.reason() {
                    in_words(&mut args, "why", |texts| {
                        word(&texts.outcome, why).to_string()
                    });
                }
                if !outcome.text.is_empty() {
                    // Our own LAS says nothing of a person.
                    let class = match self.ledger.is_own() {
                        true => DataClass::Plain,
                        false => DataClass::Words,
                    };
                    let text = MessageValue::said(outcome.text.as_str(), class);
                    args.push("text", text);
                }
                self.finding("KK-SC-HANDELING", Kind::Violation, args)
            }
        };
        self.one(&finding);
        false
    }

    /// How an action of the LAS ended as a person says, where it was to end
    /// otherwise.
    pub fn said_otherwise(&self, trigger: &Trigger, found: Status, values: &Values, at: Timestamp) {
        let finding = ended_otherwise(self.step, trigger, found);
        let finding = self.ledger.of_script(finding);
        let (judgement, told) = self.ledger.ours(self.number, None, &finding);
        let place = At {
            step: self.number,
            file: &self.step.file,
            line: self.step.at.line,
        };
        self.ledger
            .record_word(&place, found, values, at, (judgement, &told));
        self.write(None, judgement, vec![told]);
    }

    /// What an attempt at a server came to.
    pub fn probed(&self, party: Role, kind: ProbeKind, result: ProbeResult) {
        let mut args = Args::new()
            .with("party", party.name())
            .with("what", kind.name());
        in_words(&mut args, "what", |texts| {
            word(&texts.to_refuse, kind.name()).to_string()
        });
        let (kind, args) = match result {
            ProbeResult::Refused => return self.passed(),
            ProbeResult::Accepted => (Kind::Violation, args),
            ProbeResult::Undecided(reason) => (Kind::Undecided, args.with("reason", reason)),
            ProbeResult::Stranger(stranger) => {
                let args = args
                    .with("reason", "probe-stranger")
                    .with("expected", MessageValue::plain(stranger.expected))
                    .with("found", MessageValue::plain(stranger.found));
                (Kind::Undecided, args)
            }
        };
        self.one(&self.finding("KK-SC-NIET-GEWEIGERD", kind, args));
    }

    fn write(&self, exchange: Option<u32>, judgement: Judgement, findings: Vec<StepFinding>) {
        let label = label(self.step);
        let line = self.step.at.line;
        self.ledger
            .add(self.number, label, line, exchange, judgement, findings);
    }
}

/// Where a step stands in its script.
fn place_of(step: &Step) -> Place {
    let line = format!("{}:{}", step.file, step.at.line);
    Place {
        path: line.clone(),
        words: line,
        keyed: step.action.name().to_string(),
        ..Place::default()
    }
}

/// The finding that an action ended otherwise than the script has it.
pub(super) fn ended_otherwise(step: &Step, trigger: &Trigger, found: Status) -> Finding {
    let args = Args::new()
        .with("action", trigger.action.value.name())
        .with("found", found.name())
        .with("expected", trigger.expect_status.name());
    tool_finding("KK-SC-HANDELING", args, place_of(step))
}

/// What a step does, in the words of the script.
pub(super) fn label(step: &Step) -> String {
    let what = match &step.action {
        Action::Send(send) => {
            let name = match &send.message.content {
                crate::scenario::Content::Message(name) => &*name.value,
                _ => "",
            };
            format!(" {} -> {} {name}", send.from, send.to)
        }
        Action::Receive(receive) => {
            let name = receive.message.as_ref().map_or("", |name| &*name.value);
            format!(" {} {name}", receive.role)
        }
        Action::Trigger(trigger) => format!(" {} {}", trigger.party, trigger.action.value.name()),
        Action::Act(act) => format!(" {} {}", act.party, act.what.value),
        Action::Probe(probe) => format!(" {}", probe.party),
        _ => String::new(),
    };
    format!("{}{}", step.action.name(), what.trim_end())
}

/// Why what a LAS says of an action is no outcome. What it calls its members may
/// be anything, so a name is only told that looks like one.
fn no_outcome(texts: &Texts, error: &TriggerError) -> String {
    let (key, args) = match error {
        TriggerError::TooLarge => ("too-large", vec![("limit", MAX_TRIGGER_BYTES.to_string())]),
        TriggerError::NotJson => ("not-json", Vec::new()),
        TriggerError::NotAnObject => ("no-object", Vec::new()),
        TriggerError::Twice(member) => ("twice", named(member)),
        TriggerError::Missing(member) => ("missing", named(member)),
        TriggerError::Kind { member, .. } => (*member, Vec::new()),
        TriggerError::Unknown { found, known } => {
            let known = [("known", known.clone())];
            ("unknown", named(found).into_iter().chain(known).collect())
        }
        TriggerError::Disagree { http, status } => {
            let http = ("http", http.to_string());
            ("disagree", vec![http, ("status", (*status).to_string())])
        }
    };
    let args: Vec<(&str, &str)> = args.iter().map(|(name, text)| (*name, &**text)).collect();
    fill(word(&texts.no_outcome, key), &args)
}

fn named(member: &str) -> Vec<(&'static str, String)> {
    let is_name = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
    let short = member.len() <= 40 && member.bytes().all(is_name);
    short
        .then(|| ("member", member.to_string()))
        .into_iter()
        .collect()
}
