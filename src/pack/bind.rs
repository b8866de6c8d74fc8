//! Binding: which rules of our reconstruction can see what they were written
//! for in an official schema.
//!
//! A rule names elements. Where the official schema names or nests them
//! otherwise, the rule would match nothing and be silent: a message would pass
//! unjudged. So each path of each rule is followed through both schemas. What
//! leads somewhere in ours and nowhere in the official one is unbound, and the
//! rule is undecided for that message from then on.
//!
//! A path that leads nowhere in our own schema either was never more than a
//! guard (a shared rule over elements that only some messages have) and says
//! nothing about the import.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::places::{PlaceId, Places};
use crate::finding::Code;
use crate::rules::{NameTest, PathAlternatives, RulePaths, Step};
use crate::schema::xsd::Structure;

/// What of the rules cannot match in an official pack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Binding {
    /// SHA-256 of the pack that the rules come from.
    pub rules: String,
    /// SHA-256 of the official pack.
    pub pack: String,
    /// How many rules were bound, also those of which nothing is unbound.
    pub count: usize,
    /// Per message element, in order of the messages.
    #[serde(default, rename = "message", skip_serializing_if = "Vec::is_empty")]
    messages: Vec<MessageBinding>,
    /// Rules about messages that the official pack does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nowhere: Vec<Unbound>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct MessageBinding {
    root: String,
    unbound: Vec<Unbound>,
}

/// A path of a rule that cannot match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unbound {
    /// The rule.
    pub code: Code,
    /// The path, alternatives with ` | ` between them.
    pub path: String,
    /// The step at which it gets stuck.
    pub step: String,
    /// What stands in the same place under another spelling of its case.
    pub spelled: Option<String>,
    /// Where in the message the name does occur, as a path below the root.
    pub elsewhere: Option<String>,
}

/// A message of the official pack and the one of the reconstruction that the
/// rules were written for.
#[derive(Debug)]
pub struct BoundMessage {
    /// Element of the official message: namespace and local name.
    pub official: (Arc<str>, Arc<str>),
    /// Element of the reconstruction's message, when there is one.
    pub reconstruction: Option<(Arc<str>, Arc<str>)>,
}

impl Binding {
    /// What of the rules cannot match in the message with this element: these
    /// rules are undecided for it.
    pub fn unbound(&self, root: &str) -> &[Unbound] {
        self.messages
            .iter()
            .find(|message| message.root == root)
            .map_or(&[], |message| &message.unbound)
    }

    /// The message elements that rules are undecided for, with their listing.
    pub fn messages(&self) -> impl Iterator<Item = (&str, &[Unbound])> {
        self.messages
            .iter()
            .map(|message| (&*message.root, &*message.unbound))
    }

    /// Whether every rule can see what it was written for.
    pub fn is_whole(&self) -> bool {
        self.messages.is_empty() && self.nowhere.is_empty()
    }
}

/// Binds rules to an official schema.
///
/// `lost` are the messages of the reconstruction that no official message
/// corresponds to. The hashes of the result are left empty.
pub fn bind(
    rules: &[RulePaths],
    official: &Structure,
    reconstruction: &Structure,
    messages: &[BoundMessage],
    lost: &[(Arc<str>, Arc<str>)],
) -> Binding {
    let mut binding = Binding {
        count: rules.len(),
        ..Binding::default()
    };
    let places = |structure: &Structure, (namespace, local): &(Arc<str>, Arc<str>)| {
        Places::of(structure, namespace, local)
    };
    // Rules that some official message binds are not lost with a message.
    let mut seen_somewhere = vec![false; rules.len()];
    for message in messages {
        let Some(there) = places(official, &message.official) else {
            continue;
        };
        let here = message
            .reconstruction
            .as_ref()
            .and_then(|element| places(reconstruction, element));
        let mut unbound: Vec<Unbound> = Vec::new();
        for (rule, seen) in rules.iter().zip(&mut seen_somewhere) {
            let found = contexts(&there, &rule.context);
            *seen |= !found.is_empty();
            for entry in bind_rule(rule, &found, &there, here.as_ref()) {
                if !unbound.contains(&entry) {
                    unbound.push(entry);
                }
            }
        }
        if !unbound.is_empty() {
            binding.messages.push(MessageBinding {
                root: message.official.1.to_string(),
                unbound,
            });
        }
    }
    let roots: Vec<&Arc<str>> = messages.iter().map(|message| &message.official.1).collect();
    for places in lost
        .iter()
        .filter_map(|element| places(reconstruction, element))
    {
        for (rule, seen) in rules.iter().zip(&seen_somewhere) {
            let known = binding.nowhere.iter().any(|entry| entry.code == rule.code);
            if *seen || known || contexts(&places, &rule.context).is_empty() {
                continue;
            }
            let step = rule
                .context
                .paths
                .first()
                .and_then(|path| path.steps.last())
                .map_or_else(String::new, name_of);
            let spelled = roots
                .iter()
                .map(ToString::to_string)
                .find(|root| *root != step && root.to_lowercase() == step.to_lowercase());
            binding.nowhere.push(Unbound {
                code: rule.code.clone(),
                path: written(&rule.context),
                step,
                spelled,
                elsewhere: None,
            });
        }
    }
    binding
}

/// The places that a rule is about, by the element's name: `a | b` is about
/// two things, each with paths of its own.
fn contexts(places: &Places, context: &PathAlternatives) -> BTreeMap<Arc<str>, Vec<PlaceId>> {
    let mut by_name: BTreeMap<Arc<str>, Vec<PlaceId>> = BTreeMap::new();
    for path in &context.paths {
        for place in places.reached(&[], path) {
            let known = by_name.entry(places.local(place).clone()).or_default();
            if !known.contains(&place) {
                known.push(place);
            }
        }
    }
    by_name
}

fn bind_rule(
    rule: &RulePaths,
    found: &BTreeMap<Arc<str>, Vec<PlaceId>>,
    there: &Places,
    here: Option<&Places>,
) -> Vec<Unbound> {
    let mut unbound = Vec::new();
    let Some(here) = here else {
        // Nothing to compare with: what a rule about a message of DUO's own
        // reads must be there.
        let all: Vec<PlaceId> = found.values().flatten().copied().collect();
        for path in &rule.uses {
            if !all.is_empty() && !leads_somewhere(there, &all, path) {
                unbound.push(explain(rule, there, &all, path));
            }
        }
        return unbound;
    };
    for (name, ours) in contexts(here, &rule.context) {
        match found.get(&name) {
            None => {
                let of_name = PathAlternatives {
                    place: rule.context.place.clone(),
                    paths: rule
                        .context
                        .paths
                        .iter()
                        .filter(|path| {
                            let one = here.reached(&[], path);
                            one.iter().any(|&place| *here.local(place) == name)
                        })
                        .cloned()
                        .collect(),
                };
                unbound.push(explain(rule, there, &[], &of_name));
            }
            Some(theirs) => {
                for path in &rule.uses {
                    if leads_somewhere(here, &ours, path) && !leads_somewhere(there, theirs, path) {
                        unbound.push(explain(rule, there, theirs, path));
                    }
                }
            }
        }
    }
    unbound
}

fn leads_somewhere(places: &Places, from: &[PlaceId], path: &PathAlternatives) -> bool {
    path.paths
        .iter()
        .any(|path| !places.reached(from, path).is_empty())
}

/// Why a path leads nowhere: by its alternative that gets furthest.
fn explain(
    rule: &RulePaths,
    places: &Places,
    from: &[PlaceId],
    path: &PathAlternatives,
) -> Unbound {
    let furthest = path
        .paths
        .iter()
        .filter_map(|path| places.stuck(from, path))
        .max_by_key(|(steps, _, _)| *steps);
    let mut unbound = Unbound {
        code: rule.code.clone(),
        path: written(path),
        step: String::new(),
        spelled: None,
        elsewhere: None,
    };
    if let Some((_, step, before)) = furthest {
        unbound.step = name_of(step);
        if let Some(local) = &step.test.local {
            let any = Step {
                axis: step.axis,
                test: NameTest {
                    namespace: None,
                    local: None,
                    text: false,
                },
            };
            unbound.spelled = places
                .step(&before, &any)
                .into_iter()
                .map(|place| places.local(place))
                .find(|name| name.to_lowercase() == local.to_lowercase())
                .map(ToString::to_string);
            if unbound.spelled.is_none() {
                unbound.elsewhere = places
                    .named(local, true)
                    .next()
                    .or_else(|| places.named(local, false).next())
                    .map(|place| places.way(place));
            }
        }
    }
    unbound
}

fn name_of(step: &Step) -> String {
    match &step.test.local {
        Some(local) => local.to_string(),
        None => "*".to_string(),
    }
}

fn written(path: &PathAlternatives) -> String {
    let all: Vec<String> = path.paths.iter().map(ToString::to_string).collect();
    all.join(" | ")
}
