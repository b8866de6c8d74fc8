//! What is decisive in what a counterpart says: a recording in which it said
//! something else is not of the scenario (docs/recorded.md).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::schools::School;
use super::speak::edit_of;
use super::stage::Stage;
use crate::counterpart::Stamp;
use crate::document::{Document, Format, Gated, NodeId};
use crate::example::apply;
use crate::exchange::Exchange;
use crate::scenario::{Action, Content, JsonMust, Outgoing, Piece, Scenario, Values};

/// The element by which DUO says whether it approves.
const APPROVED: &str = "requestGoedgekeurd";
/// The element by which a receipt is confirmed.
const CONFIRMED: &str = "ontvangstBevestiging";
/// The elements of a signal, with what names it in each.
const SIGNALS: [(&str, &[&str]); 2] = [
    ("signaal", &["soort", "code"]),
    ("foutmelding", &["foutcode"]),
];

/// The elements of a message that the scenario has the LAS show, by their local
/// names, and whether their values matter.
#[derive(Debug, Default)]
pub(super) struct Shown(BTreeMap<String, bool>);

impl Shown {
    /// What the steps of a scenario look at in what the LAS shows.
    pub fn of(scenario: &Scenario) -> Self {
        let mut shown = Self::default();
        for step in scenario.all_steps() {
            let Action::Trigger(trigger) = &step.action else {
                continue;
            };
            for json in &trigger.expect.json {
                let literal = json.path.pieces.iter().map(|piece| match piece {
                    Piece::Literal(text) => &**text,
                    Piece::Value(_) => "0",
                });
                let path: String = literal.collect();
                let names = names_in(&path);
                let last = names.len().saturating_sub(1);
                let exists = matches!(json.must, JsonMust::Exist(_));
                for (index, name) in names.into_iter().enumerate() {
                    *shown.0.entry(name).or_default() |= !(exists && index == last);
                }
            }
        }
        shown
    }
}

/// The names in a JSONPath; what stands in quotes is a value.
fn names_in(path: &str) -> Vec<String> {
    let unquoted: String = path.split(['\'', '"']).step_by(2).collect();
    let names = unquoted.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let is_name = |name: &&str| name.starts_with(char::is_alphabetic);
    names.filter(is_name).map(str::to_string).collect()
}

/// What is decisive in a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Decisive {
    /// What it says of what was delivered.
    outcome: Vec<String>,
    /// The elements that the scenario has the LAS show, in order.
    values: Vec<(String, String)>,
}

impl Decisive {
    /// What is decisive in a message that was recorded.
    pub fn in_message(exchange: &Exchange, shown: &Shown) -> Option<Self> {
        Self::of_xml(&exchange.body, shown)
    }

    /// What is decisive in a message as the script makes it; `None` where it
    /// makes none that can be compared.
    pub fn scripted(
        stage: &Stage,
        outgoing: &Outgoing,
        values: &mut Values,
        now: Timestamp,
        shown: &Shown,
    ) -> Option<Self> {
        let Content::Message(name) = &outgoing.content else {
            return None;
        };
        let mut body = stage.bodies.example(&name.value).ok()?;
        let school = School::of_run(stage.tested.as_deref())?;
        body.stamp(&Stamp {
            seed: &[],
            now,
            instellingscode: Some(&school.brin),
            from: "",
            to: "",
        });
        let mut text = body.to_xml();
        for edit in &outgoing.edits {
            let edit = edit_of(values, edit).ok()?;
            text = apply(&text, Format::Xml, &[edit]).ok()?;
        }
        Self::of_xml(text.as_bytes(), shown)
    }

    fn of_xml(bytes: &[u8], shown: &Shown) -> Option<Self> {
        let document = Document::from_xml(Gated::xml(bytes).ok()?).ok()?;
        let root = document.root_element();
        let body = document.child(root, "Body").unwrap_or(root);
        let mut found = Self::default();
        found.collect(&document, body, shown);
        // The order of signals says nothing.
        found.outcome.sort_unstable();
        Some(found)
    }

    fn collect(&mut self, document: &Document, node: NodeId, shown: &Shown) {
        let text = |node: NodeId| document.value(node).trim().to_string();
        let name = document.local_name(node);
        if name == APPROVED || name == CONFIRMED {
            let text = text(node);
            let said = match &*text {
                "1" => "true",
                "0" => "false",
                other => other,
            };
            self.outcome.push(format!("{name} {said}"));
        }
        if let Some((_, parts)) = SIGNALS.iter().find(|(signal, _)| *signal == name) {
            let parts = parts.iter().filter_map(|part| document.child(node, part));
            let parts: Vec<String> = parts.map(text).collect();
            let soort = if parts.len() < 2 { "FOUTMELDING " } else { "" };
            self.outcome.push(format!("{soort}{}", parts.join(" ")));
            return;
        }
        if let Some(with_value) = shown.0.get(name) {
            let is_leaf = document.elements(node).next().is_none();
            let value = match *with_value && is_leaf {
                true => text(node),
                false => String::new(),
            };
            self.values.push((name.to_string(), value));
        }
        for child in document.elements(node) {
            self.collect(document, child, shown);
        }
    }

    /// Whether DUO approves; `None` where the message does not say so.
    pub fn approves(&self) -> Option<bool> {
        let said = |text: &str| {
            let said = format!("{APPROVED} {text}");
            self.outcome.contains(&said)
        };
        match (said("true"), said("false")) {
            (false, false) => None,
            (approved, refused) => Some(approved && !refused),
        }
    }

    /// What it says of what was delivered, to be told; and the names of the
    /// elements in which it differs from `other`.
    pub fn told(&self, other: &Self) -> String {
        let mut told = self.outcome.clone();
        if self.values != other.values {
            let differ = |one: &&(String, String)| !other.values.contains(one);
            let mine: BTreeSet<&str> = self
                .values
                .iter()
                .filter(differ)
                .map(|(name, _)| &**name)
                .collect();
            told.extend(mine.into_iter().map(|name| format!("<{name}>")));
        }
        told.join(", ")
    }
}

/// That DUO approves, as it is told.
pub(super) fn approval(approves: bool) -> String {
    format!("{APPROVED} {approves}")
}
