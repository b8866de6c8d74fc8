//! What is wrong with the messages that scenarios send and await.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{Key, Placed, Role};
use super::step::{Change, Content, Outgoing};
use super::text::{Piece, Text};
use crate::document::{Format, Mistake, nearest};
use crate::edukoppeling::breakable;
use crate::example::{Cases, Edit, Examples, Side, apply, meant};
use crate::pack::Store;

/// The messages that packs know, by name, with who sends them to whom.
pub(super) struct Messages {
    directions: BTreeMap<String, Option<String>>,
    capabilities: BTreeSet<String>,
}

impl Messages {
    pub fn of(store: &Store) -> Self {
        let messages = || store.packs().flat_map(|pack| pack.manifest.messages.iter());
        let directions = messages().map(|message| {
            let direction = message.direction.as_ref().map(ToString::to_string);
            (message.id().to_string(), direction)
        });
        let operations = messages().map(|message| message.operation.to_string());
        let keys = Key::NAMES.iter().map(|&key| key.to_string());
        Self {
            directions: directions.collect(),
            capabilities: operations.chain(keys).collect(),
        }
    }

    /// The mistake that no product can declare a capability: it is neither an
    /// operation nor a key.
    pub fn unknown_capability(&self, name: &Placed<Arc<str>>) -> Option<Mistake> {
        unknown("lint-capability-unknown", name, &self.capabilities)
    }

    /// The mistake that no pack knows a message.
    pub fn unknown(&self, name: &Placed<Arc<str>>) -> Option<Mistake> {
        unknown("lint-message-unknown", name, self.directions.keys())
    }

    /// The mistake that a message is sent the other way.
    fn wrong_way(&self, name: &Placed<Arc<str>>, way: (Role, Role)) -> Option<Mistake> {
        let direction = self.directions.get(&*name.value)?.as_deref()?;
        let (from, to) = direction.split_once('-')?;
        // The samenwerkingsverband sends as a LAS does, and RIO is DUO's.
        let party = |name| match name {
            "swv" => "las",
            "rio" => "duo",
            name => name,
        };
        let fits = (party(from), party(to)) == (way.0.name(), way.1.name());
        (!fits).then(|| {
            Mistake::new(name.at, "lint-direction")
                .with("name", &*name.value)
                .with("known", direction)
        })
    }
}

/// The mistake that a name is none of `known`, with the one that is meant.
fn unknown<'k>(
    key: &'static str,
    name: &Placed<Arc<str>>,
    known: impl IntoIterator<Item = &'k String> + Clone,
) -> Option<Mistake> {
    if known
        .clone()
        .into_iter()
        .any(|known| **known == *name.value)
    {
        return None;
    }
    let mistake = Mistake::new(name.at, key).with("name", &*name.value);
    Some(
        match nearest(&name.value, known.into_iter().map(String::as_str)) {
            Some(meant) => mistake.with("nearest", meant),
            None => mistake,
        },
    )
}

/// What is wrong with a message that is made; `way` is who sends it to whom,
/// where it is a request.
pub(super) fn outgoing_mistakes(
    outgoing: &Outgoing,
    way: Option<(Role, Role)>,
    messages: &Messages,
    store: &Store,
) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if let Some(rule) = &outgoing.break_envelope {
        let known: Vec<&str> = breakable().map(|(rule, _)| rule).collect();
        if !known.contains(&&*rule.value) {
            let mut mistake =
                Mistake::new(rule.at, "lint-break-unknown").with("name", &*rule.value);
            if let Some(meant) = nearest(&rule.value, known.iter().copied()) {
                mistake = mistake.with("nearest", meant);
            }
            mistakes.push(mistake);
        }
    }
    let Content::Message(name) = &outgoing.content else {
        return mistakes;
    };
    if let Some(mistake) = messages.unknown(name) {
        mistakes.push(mistake);
        return mistakes;
    }
    mistakes.extend(way.and_then(|way| messages.wrong_way(name, way)));
    let Some(example) = store.example(&name.value) else {
        mistakes.push(Mistake::new(name.at, "lint-no-example").with("name", &*name.value));
        return mistakes;
    };
    let mut text = example.text.to_string();
    if let Some(rule) = &outgoing.break_body {
        match edits_of_case(&rule.value, &name.value) {
            Some(edits) => match apply(&text, example.format, edits) {
                Ok(broken) => text = broken,
                Err(_) => {
                    mistakes.push(Mistake::new(rule.at, "lint-edit").with("name", &*rule.value))
                }
            },
            None => mistakes.push(
                Mistake::new(rule.at, "lint-case-unknown")
                    .with("name", &*rule.value)
                    .with("message", &*name.value),
            ),
        }
    }
    mistakes.extend(edit_mistakes(outgoing, text, example.format));
    mistakes
}

/// The edits that break a rule in the example of a message.
fn edits_of_case(rule: &str, message: &str) -> Option<&'static [Edit]> {
    let cases = Cases::builtin().ok()?.cases();
    let case = cases
        .iter()
        .find(|case| case.rule == rule && case.breaks.base == message)?;
    Some(&case.breaks.edits)
}

/// The edits that cannot be made on an example.
fn edit_mistakes(outgoing: &Outgoing, mut text: String, format: Format) -> Option<Mistake> {
    for edit in &outgoing.edits {
        let path = edit.path.clone();
        let insert = |side, fragment: &Text| Edit::Insert {
            side,
            path: edit.path.clone(),
            fragment: sample(fragment),
        };
        let sampled = match &edit.change {
            Change::Set(to) => Edit::Set {
                path,
                to: sample(to),
            },
            Change::Remove => Edit::Remove { path },
            Change::Copy => Edit::Copy { path },
            Change::Rename(to) => Edit::Rename {
                path,
                to: to.to_string(),
            },
            Change::After(fragment) => insert(Side::After, fragment),
            Change::Before(fragment) => insert(Side::Before, fragment),
            Change::Into(fragment) => insert(Side::Into, fragment),
        };
        match apply(&text, format, &[sampled]) {
            Ok(edited) => text = edited,
            Err(_) => {
                let mistake =
                    Mistake::new(edit.at, "lint-edit").with("name", edit.path.to_string());
                return Some(match meant(&text, format, &edit.path) {
                    Some(meant) => mistake.with("nearest", meant),
                    None => mistake,
                });
            }
        }
    }
    None
}

/// A text with something in the place of each value.
fn sample(text: &Text) -> String {
    text.pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(literal) => &**literal,
            Piece::Value(_) => "0",
        })
        .collect()
}
