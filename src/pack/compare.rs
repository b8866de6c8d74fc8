//! What changed between two versions of a contract, as who builds to it needs
//! to know: what is new, gone, asked more or less strictly.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::manifest::Message;
use super::store::Pack;
use crate::finding::{Class, Language};
use crate::schema::xsd::{CompiledSet, Declared, SchemaRefused};

/// What changed between two versions of a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The contract, as the newer version names it.
    pub contract: String,
    /// The older and the newer version.
    pub versions: (String, String),
    /// The namespace of messages, when it is another: every message changes.
    pub namespaces: Option<(String, String)>,
    /// Messages that are new.
    pub messages_new: Vec<String>,
    /// Messages that are gone.
    pub messages_gone: Vec<String>,
    /// Changes within messages, by the path of the place.
    pub places: Vec<PlaceChange>,
    /// Changes of rules, by code.
    pub rules: Vec<RuleChange>,
}

/// A change at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceChange {
    /// The place, by local names from the message's element.
    pub path: String,
    /// What changed.
    pub change: PlaceTurn,
    /// The facet of XML Schema that changed, where it is one.
    pub facet: Option<&'static str>,
    /// What was asked.
    pub from: Option<String>,
    /// What is asked.
    pub to: Option<String>,
}

/// What a change means for who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceTurn {
    /// A place that must be filled is new.
    AddedMandatory,
    /// A place that may be filled is new.
    AddedOptional,
    /// The place is gone.
    Removed,
    /// It must be filled now.
    NowMandatory,
    /// It may be left out now.
    NowOptional,
    /// It may be there less often, or its value is asked more of.
    Narrowed,
    /// It may be there more often, or its value is asked less of.
    Widened,
    /// Something else is asked of its value.
    Other,
}

impl PlaceTurn {
    /// Whether a message that was right may be wrong now.
    pub fn is_breaking(self) -> bool {
        !matches!(
            self,
            Self::AddedOptional | Self::NowOptional | Self::Widened
        )
    }

    /// Its name in results and texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::AddedMandatory => "added-mandatory",
            Self::AddedOptional => "added-optional",
            Self::Removed => "removed",
            Self::NowMandatory => "now-mandatory",
            Self::NowOptional => "now-optional",
            Self::Narrowed => "narrowed",
            Self::Widened => "widened",
            Self::Other => "other",
        }
    }
}

/// A change of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleChange {
    /// Its code.
    pub code: String,
    /// Its Dutch and English titles.
    pub title_nl: String,
    /// Its English title.
    pub title_en: String,
    /// What changed.
    pub change: RuleTurn,
}

/// What happened to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleTurn {
    /// It is new.
    New,
    /// It is gone.
    Gone,
    /// Breaking it weighs more.
    Stricter,
    /// Breaking it weighs less.
    Milder,
    /// It tests something else.
    Reworked,
}

impl RuleTurn {
    /// Its name in results and texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "rule-new",
            Self::Gone => "rule-gone",
            Self::Stricter => "rule-stricter",
            Self::Milder => "rule-milder",
            Self::Reworked => "rule-reworked",
        }
    }

    /// Whether a message that was right may be wrong now.
    pub fn is_breaking(self) -> bool {
        matches!(self, Self::New | Self::Stricter | Self::Reworked)
    }
}

impl RuleChange {
    /// The title in a language.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.title_nl,
            Language::En => &self.title_en,
        }
    }
}

impl Comparison {
    /// Compares two packs.
    ///
    /// # Errors
    ///
    /// The schema of one of them does not compile.
    pub fn of(older: &Pack, newer: &Pack) -> Result<Self, SchemaRefused> {
        let (before, after) = (places(older)?, places(newer)?);
        let names = |of: &BTreeMap<String, Flat>| of.keys().cloned().collect::<BTreeSet<_>>();
        let (had, has) = (names(&before), names(&after));
        let mut changes = Vec::new();
        for message in had.intersection(&has) {
            compare(&before[message], &after[message], &mut changes);
        }
        let namespace = |pack: &Pack| pack.manifest.schema_namespace.clone();
        let namespaces = namespace(older).zip(namespace(newer));
        let namespaces = namespaces.filter(|(was, is)| was != is);
        Ok(Self {
            contract: newer.manifest.contract.to_string(),
            versions: (
                older.manifest.version.to_string(),
                newer.manifest.version.to_string(),
            ),
            namespaces: namespaces.map(|(was, is)| (was.to_string(), is.to_string())),
            messages_new: has.difference(&had).cloned().collect(),
            messages_gone: had.difference(&has).cloned().collect(),
            places: changes,
            rules: rules(older, newer),
        })
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_none()
            && self.messages_new.is_empty()
            && self.messages_gone.is_empty()
            && self.places.is_empty()
            && self.rules.is_empty()
    }

    /// Whether a message that was right may be wrong now.
    pub fn is_breaking(&self) -> bool {
        self.namespaces.is_some()
            || !self.messages_gone.is_empty()
            || self.places.iter().any(|one| one.change.is_breaking())
            || self.rules.iter().any(|one| one.change.is_breaking())
    }
}

type Flat = BTreeMap<String, Declared>;

/// What is asked of every place, by message; JSON contracts have none here.
fn places(pack: &Pack) -> Result<BTreeMap<String, Flat>, SchemaRefused> {
    let entries = pack.entries();
    if entries.is_empty() {
        return Ok(BTreeMap::new());
    }
    let set = CompiledSet::compile(pack.files(), &entries)?;
    let of = |message: &Message| {
        let root = message.root.as_ref()?;
        let namespace = pack.manifest.namespace_of(message)?;
        Some((root.to_string(), set.declared(namespace, root)))
    };
    Ok(pack.manifest.messages.iter().filter_map(of).collect())
}

fn compare(before: &Flat, after: &Flat, changes: &mut Vec<PlaceChange>) {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut skip: Option<&str> = None;
    for path in paths {
        // What is below a place that came or went goes with it.
        if skip.is_some_and(|above| {
            path.strip_prefix(above)
                .is_some_and(|rest| rest.starts_with('/'))
        }) {
            continue;
        }
        skip = None;
        let change = |change, facet, from, to| PlaceChange {
            path: path.clone(),
            change,
            facet,
            from,
            to,
        };
        match (before.get(path), after.get(path)) {
            (Some(was), Some(is)) => {
                let turns = occurrence(was, is).into_iter().chain(values(was, is));
                changes.extend(turns.map(|(turn, facet, from, to)| change(turn, facet, from, to)));
            }
            (None, Some(is)) => {
                let turn = match is.min {
                    0 => PlaceTurn::AddedOptional,
                    _ => PlaceTurn::AddedMandatory,
                };
                changes.push(change(turn, None, None, None));
                skip = Some(path);
            }
            (Some(_), None) => {
                changes.push(change(PlaceTurn::Removed, None, None, None));
                skip = Some(path);
            }
            (None, None) => {}
        }
    }
}

type Turn = (
    PlaceTurn,
    Option<&'static str>,
    Option<String>,
    Option<String>,
);

fn occurrence(was: &Declared, is: &Declared) -> Vec<Turn> {
    let mut turns = Vec::new();
    match (was.min, is.min) {
        (0, 1..) => turns.push((PlaceTurn::NowMandatory, None, None, None)),
        (1.., 0) => turns.push((PlaceTurn::NowOptional, None, None, None)),
        _ => {}
    }
    let many = |max: Option<u32>| max.unwrap_or(u32::MAX);
    if was.max != is.max {
        let turn = if many(is.max) < many(was.max) {
            PlaceTurn::Narrowed
        } else {
            PlaceTurn::Widened
        };
        let shown = |max: Option<u32>| Some(max.map_or_else(|| "∞".into(), |max| max.to_string()));
        turns.push((turn, Some("maxOccurs"), shown(was.max), shown(is.max)));
    }
    turns
}

fn values(was: &Declared, is: &Declared) -> Vec<Turn> {
    let facets: BTreeSet<&'static str> = was
        .demands
        .keys()
        .chain(is.demands.keys())
        .copied()
        .collect();
    facets
        .into_iter()
        .filter_map(|facet| {
            let (from, to) = (was.demands.get(facet), is.demands.get(facet));
            (from != to).then(|| {
                let turn = match (from, to) {
                    (None, Some(_)) => PlaceTurn::Narrowed,
                    (Some(_), None) => PlaceTurn::Widened,
                    (Some(from), Some(to)) => turned(facet, from, to),
                    (None, None) => PlaceTurn::Other,
                };
                (turn, Some(facet), from.cloned(), to.cloned())
            })
        })
        .collect()
}

/// Whether another value of a facet asks more or less.
fn turned(facet: &str, from: &str, to: &str) -> PlaceTurn {
    let less_is_narrower = match facet {
        "maxLength" | "maxInclusive" | "totalDigits" | "fractionDigits" => true,
        "minLength" | "minInclusive" => false,
        "enumeration" => {
            let set = |text: &str| -> BTreeSet<String> {
                text.split(" | ").map(str::to_string).collect()
            };
            let (from, to) = (set(from), set(to));
            return match (to.is_subset(&from), from.is_subset(&to)) {
                (true, _) => PlaceTurn::Narrowed,
                (_, true) => PlaceTurn::Widened,
                _ => PlaceTurn::Other,
            };
        }
        _ => return PlaceTurn::Other,
    };
    let number = |text: &str| text.parse::<f64>().ok();
    match (number(from), number(to)) {
        (Some(from), Some(to)) if (to < from) == less_is_narrower => PlaceTurn::Narrowed,
        (Some(_), Some(_)) => PlaceTurn::Widened,
        _ => PlaceTurn::Other,
    }
}

fn rules(older: &Pack, newer: &Pack) -> Vec<RuleChange> {
    type Known = (Class, Vec<String>, String, String);
    let known = |pack: &Pack| -> BTreeMap<String, Known> {
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        for set in pack.rule_sets().flatten() {
            for (info, test) in set.tests() {
                let titles = (info.nl.title.to_string(), info.en.title.to_string());
                let entry = known
                    .entry(info.code.to_string())
                    .or_insert_with(|| (info.class, Vec::new(), titles.0, titles.1));
                entry.1.push(test);
            }
        }
        known
    };
    let (before, after) = (known(older), known(newer));
    let codes: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |code: &String| {
        let (was, is) = (before.get(code), after.get(code));
        let turn = match (was, is) {
            (None, _) => RuleTurn::New,
            (_, None) => RuleTurn::Gone,
            (Some(was), Some(is)) if is.0 > was.0 => RuleTurn::Stricter,
            (Some(was), Some(is)) if is.0 < was.0 => RuleTurn::Milder,
            (Some(was), Some(is)) if was.1 != is.1 => RuleTurn::Reworked,
            _ => return None,
        };
        let (_, _, title_nl, title_en) = is.or(was)?.clone();
        Some(RuleChange {
            code: code.clone(),
            title_nl,
            title_en,
            change: turn,
        })
    };
    codes.into_iter().filter_map(change).collect()
}
