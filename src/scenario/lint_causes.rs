//! What can make a message come, and a verdict: who waits for what nothing brings
//! about waits in vain, and who refuses everything refuses rightly too.

use std::collections::BTreeSet;

use super::expect::Expect;
use super::model::{Role, Scenario};
use super::step::{Action, Step};
use crate::counterpart::trigger::Action as LasAction;

/// What happened so far that can make a message come.
#[derive(Debug, Clone, Default)]
pub(super) struct Causes {
    /// Something that makes a LAS send.
    las_acts: bool,
    /// Something that makes DUO send.
    duo_acts: bool,
    /// Parties that something was sent to.
    sent_to: BTreeSet<Role>,
}

impl Causes {
    pub fn sent(&mut self, from: Role, to: Role) {
        self.sent_to.insert(to);
        // DUO asks the OSR and pushes upon what a LAS sends.
        self.duo_acts |= to == Role::Duo || from == Role::Duo;
    }

    /// A LAS that shows what it knows sends nothing; one that was started again
    /// may.
    pub fn triggered(&mut self, action: LasAction) {
        let acts = !matches!(action, LasAction::Toon | LasAction::LaadBegingegevens);
        self.las_acts |= acts;
        self.duo_acts |= acts;
    }

    pub fn acted(&mut self, party: Role) {
        self.duo_acts |= party == Role::Duo;
        self.las_acts |= party == Role::Las;
    }

    pub fn advanced(&mut self) {
        self.duo_acts = true;
    }

    /// Whether a message can come to a party.
    pub fn of(&self, role: Role) -> bool {
        let by_others = match role {
            Role::Las => self.duo_acts,
            Role::Duo => self.las_acts,
            Role::Osr => self.las_acts || self.duo_acts,
        };
        by_others || self.sent_to.contains(&role)
    }

    pub fn of_steps(&mut self, steps: &[Step]) {
        for step in steps {
            match &step.action {
                Action::Send(send) => self.sent(send.from, send.to),
                Action::Trigger(trigger) => self.triggered(trigger.action.value),
                Action::Act(act) => self.acted(act.party),
                Action::Advance(_) => self.advanced(),
                Action::Repeat(repeat) => self.of_steps(&repeat.steps),
                Action::Include(include) => self.of_steps(&include.steps),
                _ => {}
            }
        }
    }
}

/// Whether the party under test has to refuse every message that is sent to it.
pub(super) fn refuses_all(scenario: &Scenario) -> bool {
    let steps = scenario.all_steps();
    let mut sent = steps.iter().filter_map(|step| match &step.action {
        Action::Send(send) if send.to == scenario.subject => Some(&send.expect),
        _ => None,
    });
    sent.clone().next().is_some() && sent.all(Expect::is_refusal)
}
