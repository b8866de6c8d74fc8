//! Names in expectations that a message does not have. Under such a name nothing
//! is ever found, and who expects nothing there would pass.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::read_expect::{as_expression, sample};
use super::text::Text;
use crate::counterpart::SAYS;
use crate::document::{Mistake, nearest};
use crate::pack::{Message, Pack, Store};
use crate::rules::expression_reads;
use crate::schema::xsd::{CompiledSet, Structure};

/// What an envelope has around every message, and in place of one: SOAP 1.1,
/// WS-Addressing, WS-Security and XML Signature.
const OF_ENVELOPE: [&str; 36] = [
    "Envelope",
    "Header",
    "Body",
    "Fault",
    "faultcode",
    "faultstring",
    "faultactor",
    "detail",
    "To",
    "From",
    "ReplyTo",
    "FaultTo",
    "Address",
    "Action",
    "MessageID",
    "RelatesTo",
    "ReferenceParameters",
    "Metadata",
    "Security",
    "BinarySecurityToken",
    "SecurityTokenReference",
    "Reference",
    "Timestamp",
    "Created",
    "Expires",
    "Signature",
    "SignedInfo",
    "CanonicalizationMethod",
    "InclusiveNamespaces",
    "SignatureMethod",
    "Transforms",
    "Transform",
    "DigestMethod",
    "DigestValue",
    "SignatureValue",
    "KeyInfo",
];

/// The names that the messages of the packs in force have.
pub(super) struct Vocabulary<'a> {
    store: &'a Store,
    structures: RefCell<BTreeMap<Arc<str>, Option<Arc<Structure>>>>,
    of_data: OnceCell<BTreeSet<String>>,
}

/// What a message, or the answer to one, may have.
pub(super) struct Names {
    message: String,
    elements: BTreeSet<Arc<str>>,
}

impl<'a> Vocabulary<'a> {
    pub fn of(store: &'a Store) -> Self {
        Self {
            store,
            structures: RefCell::default(),
            of_data: OnceCell::new(),
        }
    }

    /// What the message of that name has; `None` where no schema of it is known.
    pub fn of_message(&self, name: &str) -> Option<Names> {
        self.names(|_, message| **message.id() == *name)
    }

    /// What the answer to the message of that name has.
    pub fn of_answer_to(&self, name: &str) -> Option<Names> {
        let asked = |pack: &Pack, other: &Message| {
            let mut messages = pack.manifest.messages.iter();
            messages.any(|asked| {
                **asked.id() == *name
                    && asked.operation == other.operation
                    && asked.part != other.part
            })
        };
        self.names(asked)
    }

    fn names(&self, is_meant: impl Fn(&Pack, &Message) -> bool) -> Option<Names> {
        let meant: Vec<(&Arc<Pack>, &Message)> = self
            .store
            .messages()
            .filter(|(pack, message)| is_meant(pack, message))
            .collect();
        let mut elements: BTreeSet<Arc<str>> = OF_ENVELOPE.map(Arc::from).into();
        for (pack, message) in &meant {
            let root = message.root.as_ref()?;
            let namespace = pack.manifest.namespace_of(message)?;
            let structure = self.structure(pack)?;
            elements.insert(Arc::clone(root));
            let kind = structure.root(namespace, root)?;
            elements.extend(kind.map_or_else(BTreeSet::new, |kind| structure.below(kind)));
        }
        let message = meant.first()?.1.id().to_string();
        Some(Names { message, elements })
    }

    fn structure(&self, pack: &Pack) -> Option<Arc<Structure>> {
        let mut structures = self.structures.borrow_mut();
        let known = structures.entry(Arc::clone(&pack.manifest.contract));
        let compile = || CompiledSet::compile(pack.files(), &pack.entries());
        known
            .or_insert_with(|| Some(Arc::new(compile().ok()?.structure())))
            .clone()
    }

    /// The names in a JSONPath that are one slip away from those that a LAS gives,
    /// or the OSR. Others may be names of the LAS's own: the contract leaves it
    /// free to say more.
    pub fn slips_in(&self, path: &Text) -> Vec<Mistake> {
        let known = self.of_data.get_or_init(|| self.all_members());
        let names = members_of(&sample(path));
        let unknown = names.iter().filter(|name| !known.contains(*name));
        let meant = unknown.filter_map(|name| {
            let meant = nearest(name, known.iter().map(String::as_str))?;
            let mistake = Mistake::new(path.at, "lint-member-unknown");
            Some(mistake.with("name", name.as_str()).with("nearest", meant))
        });
        meant.collect()
    }

    /// What a LAS tells is named as in messages; the OSR's messages are JSON.
    fn all_members(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = SAYS.iter().map(|name| (*name).to_string()).collect();
        for (pack, message) in self.store.messages() {
            if let Some(schema) = &message.schema
                && let Some(text) = pack.text(schema)
            {
                let schema: Value = serde_json::from_str(text).unwrap_or_default();
                properties(&schema, &mut all);
            }
        }
        for pack in self.store.packs() {
            let has_xml = pack.manifest.messages.iter().any(|one| one.root.is_some());
            if let Some(structure) = has_xml.then(|| self.structure(pack)).flatten() {
                all.extend(structure.names().map(str::to_string));
            }
        }
        all
    }
}

impl Names {
    /// The elements that an XPath names and the message does not have.
    pub fn unknown_in(&self, test: &Text) -> Vec<Mistake> {
        let Some(reads) = expression_reads(&as_expression(test)) else {
            return Vec::new();
        };
        let named = reads.elements.iter();
        let unknown = named.filter(|name| !self.elements.contains(name.as_str()));
        let told = unknown.map(|name| {
            let mistake = Mistake::new(test.at, "lint-element-unknown")
                .with("name", name.as_str())
                .with("message", self.message.as_str());
            match nearest(name, self.elements.iter().map(|known| &**known)) {
                Some(meant) => mistake.with("nearest", meant),
                None => mistake,
            }
        });
        told.collect()
    }
}

/// The names of members that a JSON Schema declares anywhere.
fn properties(schema: &Value, all: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                all.extend(properties.keys().cloned());
            }
            members.values().for_each(|value| properties(value, all));
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, all)),
        _ => {}
    }
}

/// The names of members in a JSONPath: after a dot, or in quotes between
/// brackets.
fn members_of(path: &str) -> Vec<String> {
    let chars: Vec<char> = path.chars().collect();
    let mut names = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let begins = |ch: &char| ch.is_alphabetic() || *ch == '_';
        match chars[at] {
            '.' if chars.get(at + 1).is_some_and(begins) => {
                let name = chars[at + 1..].iter();
                let name: String = name
                    .take_while(|ch| ch.is_alphanumeric() || **ch == '_')
                    .collect();
                at += name.chars().count();
                names.push(name);
            }
            quote @ ('\'' | '"') => {
                let mut text = String::new();
                let before = at.checked_sub(1).map(|before| chars[before]);
                at += 1;
                while at < chars.len() && chars[at] != quote {
                    at += usize::from(chars[at] == '\\');
                    text.extend(chars.get(at));
                    at += 1;
                }
                if before == Some('[') && chars.get(at + 1) == Some(&']') {
                    names.push(text);
                }
            }
            _ => {}
        }
        at += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_a_path_are_named() {
        for (path, names) in [
            ("$", vec![]),
            ("$.a.b[0].c", vec!["a", "b", "c"]),
            ("$[*]['a b'].c", vec!["a b", "c"]),
            ("$..a[?@.b == 'x.y' && @.c != 1.5]", vec!["a", "b", "c"]),
            ("$[?@['a'] == \"]['b']\"]", vec!["a"]),
            ("$.a[?length(@.b) > 2].*", vec!["a", "b"]),
        ] {
            assert_eq!(members_of(path), names, "{path}");
        }
    }
}
