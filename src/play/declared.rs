//! What a target's file declares, held against what a scenario is about
//! (docs/scenarios.md, what is played against a target).

use std::collections::{BTreeMap, BTreeSet};

use super::tested::Tested;
use crate::event::Undeclared;
use crate::pack::Store;
use crate::scenario::{Action, Content, Role, Scenario, Sector, Step};
use crate::target::Capability;

impl Tested {
    /// What the target does not declare, where a step has to be left out for it.
    pub(super) fn undeclared(&self, scenario: &Scenario, step: &Step) -> Option<Undeclared> {
        let capability = &*step.if_capability.as_ref()?.value;
        let declared = &self.target.capabilities;
        let mut lack = undeclared_of(capability);
        for &sector in scenario.sectors() {
            match declared.named(capability, scenario.key, sector) {
                Some(Capability::Yes) => return None,
                Some(said) => add(&mut lack, sector, Some(said)),
                None => {}
            }
        }
        Some(lack)
    }

    /// What the target does not declare of a scenario in any of its sectors, and
    /// whether all of that is not for it to do. `None` where in one of them it
    /// declares every message of its own, or without any the row.
    pub(super) fn not_declared(
        &self,
        scenario: &Scenario,
        store: &Store,
    ) -> Option<(Vec<Undeclared>, bool)> {
        let declared = &self.target.capabilities;
        let mut messages = BTreeSet::new();
        self.messages(scenario, &scenario.steps, store, &mut messages);
        let asked: Vec<Option<&str>> = match messages.is_empty() {
            true => vec![None],
            false => messages.iter().map(|&message| Some(message)).collect(),
        };
        let mut missing: Vec<Undeclared> = Vec::new();
        let mut for_others = true;
        for &sector in scenario.sectors() {
            let lacks = |message: &&Option<&str>| {
                declared.of(scenario.key, **message, sector) != Some(&Capability::Yes)
            };
            let lacking: Vec<_> = asked.iter().filter(lacks).collect();
            if lacking.is_empty() {
                return None;
            }
            for message in lacking {
                let own = message.filter(|message| {
                    let said = declared.messages.get(*message);
                    said.is_some_and(|said| said.contains_key(&sector))
                });
                let said = declared.of(scenario.key, *message, sector);
                for_others &= matches!(said, Some(Capability::NotApplicable(_)));
                let capability = own.unwrap_or(scenario.key.name());
                let known = missing.iter().position(|one| one.capability == capability);
                let at = known.unwrap_or_else(|| {
                    missing.push(undeclared_of(capability));
                    missing.len() - 1
                });
                add(&mut missing[at], sector, said);
            }
        }
        Some((missing, for_others))
    }

    /// The operations of the messages that go to or come from a party of the
    /// target, but for those of steps that are left out.
    fn messages<'s>(
        &self,
        scenario: &Scenario,
        steps: &'s [Step],
        store: &'s Store,
        found: &mut BTreeSet<&'s str>,
    ) {
        let theirs = |role: Role| self.role(role).is_some();
        for step in steps {
            if self.undeclared(scenario, step).is_some() {
                continue;
            }
            let name = match &step.action {
                Action::Send(send) if theirs(send.from) || theirs(send.to) => {
                    match &send.message.content {
                        Content::Message(name) => Some(name),
                        _ => None,
                    }
                }
                Action::Receive(receive)
                    if !receive.absent
                        && (theirs(receive.role) || receive.from.is_none_or(theirs)) =>
                {
                    receive.message.as_ref()
                }
                _ => None,
            };
            if let Some(name) = name {
                let mut known = store.messages();
                let message = known.find(|(_, message)| *message.id() == name.value);
                found.extend(message.map(|(_, message)| &*message.operation));
            }
            for steps in step.action.inner() {
                self.messages(scenario, steps, store, found);
            }
        }
    }
}

/// Something that the target does not declare; of which sectors is still to be
/// said.
fn undeclared_of(capability: &str) -> Undeclared {
    Undeclared {
        step: None,
        capability: capability.to_string(),
        reason: None,
        sectors: BTreeMap::new(),
    }
}

/// Adds what the target says of it for a sector.
fn add(lack: &mut Undeclared, sector: Sector, said: Option<&Capability>) {
    let why = said.and_then(reason);
    if lack.reason.is_none() {
        lack.reason.clone_from(&why);
    }
    lack.sectors.insert(sector.name().to_string(), why);
}

/// Why something is not for the product to do.
fn reason(said: &Capability) -> Option<String> {
    match said {
        Capability::NotApplicable(reason) => Some(reason.clone()),
        Capability::Yes | Capability::No => None,
    }
}
