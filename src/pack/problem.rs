//! What is wrong with packs, as keys of the texts with their arguments.

use std::io::ErrorKind;

use super::import_error::{BindError, ImportError};
use super::layout::LayoutError;
use super::lock::{Difference, LockError};
use super::package::{PackageError, Source, Unreadable, UnreadableReason};
use super::project::ProjectError;
use super::stored::StoredError;
use super::wsdl::WsdlError;
use crate::document::GateError;
use crate::event::PackKind;
use crate::limits;
use crate::schema::xsd::SchemaRefused;
use crate::text::Texts;

/// A failure of packs, to be said to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Key of the texts, `error.<key>`.
    pub key: &'static str,
    args: Vec<(&'static str, Value)>,
    /// Whether the product itself is at fault.
    pub ours: bool,
    /// Further problems, each a line of its own.
    more: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Io(ErrorKind),
    NotWellFormed(&'static str),
    Gate(&'static str),
    Kind(PackKind),
}

impl Problem {
    fn new(key: &'static str) -> Self {
        Self {
            key,
            args: Vec::new(),
            ours: false,
            more: Vec::new(),
        }
    }

    fn ours(reason: impl ToString) -> Self {
        Self {
            ours: true,
            ..Self::new("pack").with("reason", reason)
        }
    }

    fn value(mut self, name: &'static str, value: Value) -> Self {
        self.args.push((name, value));
        self
    }

    fn with(self, name: &'static str, value: impl ToString) -> Self {
        self.value(name, Value::Text(value.to_string()))
    }

    fn maybe(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The problem in words.
    pub fn text(&self, texts: &Texts) -> String {
        let args: Vec<(&str, String)> = self
            .args
            .iter()
            .map(|(name, value)| {
                let shown = match value {
                    Value::Text(text) => text.clone(),
                    Value::Io(kind) => texts.io_error(*kind).to_string(),
                    Value::NotWellFormed(reason) => texts.xml_error(reason),
                    Value::Gate(key) => texts.error(key, &[]),
                    Value::Kind(kind) => texts.pack(*kind).to_string(),
                };
                (*name, shown)
            })
            .collect();
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, &**value)).collect();
        let mut text = texts.error(self.key, &args);
        for more in &self.more {
            text.push_str("\n  ");
            text.push_str(&more.text(texts));
        }
        text
    }
}

impl ProjectError {
    /// The failure, to be said to the user.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Stored(error) => stored(error),
            Self::Schema { contract, refused } => Problem::new("packs-stored-schema")
                .with("contract", contract)
                .with("place", place_of(refused))
                .with("reason", &refused.message),
            Self::NoReconstruction { contract, rules_of } => Problem::new("packs-no-rules")
                .with("contract", contract)
                .with("wanted", rules_of),
            Self::Bind(error) => bind(error),
            Self::Import(error) => error.problem(),
            Self::Lock(error) => error.problem(),
        }
    }
}

impl ImportError {
    /// The failure, to be said to the user.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Package(error) => error.problem(),
            Self::NoSchema { others } => Problem::new("packs-no-schema").with("count", others),
            Self::Wsdl(error) => wsdl(error),
            Self::Layout(error) => layout(error),
            Self::NoSchemaNamed { at } => Problem::new("packs-wsdl-no-schema").with("place", at),
            Self::NoMessages { at } => Problem::new("packs-no-messages").with("place", at),
            Self::ContractName { file, name } => Problem::new("packs-contract-name")
                .with("file", file)
                .with("name", name),
            Self::TwoContracts { name, files } => Problem::new("packs-two-contracts")
                .with("name", name)
                .with("first", &files[0])
                .with("second", &files[1]),
            Self::Schema(refused) => Problem::new("packs-schema")
                .with("place", place_of(refused))
                .with("reason", &refused.message),
            Self::MissingElement {
                at,
                element,
                namespace,
                near,
            } => Problem::new("packs-missing-element")
                .with("place", at)
                .with("element", element)
                .with("namespace", namespace)
                .maybe(
                    "nearest",
                    near.as_ref().map(|near| format!("{} ({})", near.1, near.0)),
                ),
            Self::NoReconstruction { wanted, near } => Problem::new("packs-no-reconstruction")
                .with("wanted", wanted)
                .maybe("nearest", near.as_ref()),
            Self::ReplacesOne { wanted, count } => Problem::new("packs-replaces-one")
                .with("wanted", wanted)
                .with("count", count),
            Self::Bind(error) => bind(error),
            Self::Write { path, kind } => Problem::new("not-written")
                .with("path", path)
                .value("reason", Value::Io(*kind)),
        }
    }
}

impl PackageError {
    /// The failure, to be said to the user.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Io { path, kind } => Problem::new("unreadable")
                .with("path", path)
                .value("reason", Value::Io(*kind)),
            Self::NotAPackage { path } => Problem::new("packs-not-a-package").with("path", path),
            Self::BrokenZip => Problem::new("packs-broken-zip"),
            Self::Encrypted { entry } => Problem::new("packs-encrypted").with("entry", entry),
            Self::Outside { entry } => Problem::new("packs-outside").with("entry", entry),
            Self::Twice { entry } => Problem::new("packs-twice").with("entry", entry),
            Self::Bomb { entry } => Problem::new("packs-bomb")
                .with("entry", entry)
                .with("limit", limits::MAX_COMPRESSION_RATIO),
            Self::FileTooLarge { file } => Problem::new("packs-file-too-large")
                .with("file", file)
                .with("limit", limits::MAX_PACK_FILE_BYTES),
            Self::TooLarge => {
                Problem::new("packs-too-large").with("limit", limits::MAX_PACKAGE_BYTES)
            }
            Self::TooManyFiles => Problem::new("packs-too-many-files"),
        }
    }
}

impl LockError {
    /// The failure, to be said to the user.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Absent { path } => Problem::new("packs-lock-absent").with("path", path),
            Self::Io { path, kind } => Problem::new("unreadable")
                .with("path", path)
                .value("reason", Value::Io(*kind)),
            Self::Broken { path, line, .. } => Problem::new("packs-lock-broken")
                .with("path", path)
                .maybe("line", line.as_ref()),
            Self::Differs { differences } => Problem {
                more: differences.iter().map(difference).collect(),
                ..Problem::new("packs-lock-differs")
            },
        }
    }
}

fn difference(difference: &Difference) -> Problem {
    match difference {
        Difference::NotLocked { contract } => {
            Problem::new("packs-lock-not-locked").with("contract", contract)
        }
        Difference::NotInForce { contract } => {
            Problem::new("packs-lock-not-in-force").with("contract", contract)
        }
        Difference::Other {
            contract,
            in_force,
            locked,
            files,
        } => Problem::new("packs-lock-other")
            .with("contract", contract)
            .value("kind", Value::Kind(in_force.0))
            .with("version", &in_force.1)
            .value("locked-kind", Value::Kind(locked.0))
            .with("locked-version", &locked.1)
            .with("files", files.join(", ")),
        Difference::OtherRules { contract } => {
            Problem::new("packs-lock-other-rules").with("contract", contract)
        }
        Difference::OtherFacts => Problem::new("packs-lock-other-facts"),
    }
}

fn stored(error: &StoredError) -> Problem {
    match error {
        StoredError::Io { path, kind } => Problem::new("packs-stored-io")
            .with("path", path)
            .value("reason", Value::Io(*kind)),
        StoredError::Manifest { folder, error } => {
            Problem::new("packs-stored-manifest").with("path", format!("{folder}/{}", error.file))
        }
        StoredError::TooLarge { folder } => {
            Problem::new("packs-stored-too-large").with("path", folder)
        }
        StoredError::OtherContract { folder, contract } => {
            Problem::new("packs-stored-other-contract")
                .with("path", folder)
                .with("contract", contract)
        }
    }
}

fn wsdl(error: &WsdlError) -> Problem {
    match error {
        WsdlError::Unreadable(error) => unreadable(error),
        WsdlError::NotWsdl { at, root } => Problem::new("packs-not-wsdl")
            .with("place", at)
            .with("root", root),
        WsdlError::UnboundPrefix { at, name } => Problem::new("packs-unbound-prefix")
            .with("place", at)
            .with("name", name),
        WsdlError::NoAttribute {
            at,
            element,
            attribute,
        } => Problem::new("packs-no-attribute")
            .with("place", at)
            .with("element", element)
            .with("attribute", attribute),
        WsdlError::NoMessage { at, message } => Problem::new("packs-no-message")
            .with("place", at)
            .with("message", message),
        WsdlError::NoElement { at, message } => Problem::new("packs-no-element")
            .with("place", at)
            .with("message", message),
    }
}

fn layout(error: &LayoutError) -> Problem {
    match error {
        LayoutError::Unreadable(error) => unreadable(error),
        LayoutError::NotASchema { at, root } => Problem::new("packs-not-a-schema")
            .with("place", at)
            .with("root", root),
        LayoutError::Missing { at, location } => Problem::new("packs-missing-file")
            .with("place", at)
            .with("location", location),
        LayoutError::Ambiguous {
            at,
            location,
            candidates,
        } => Problem::new("packs-ambiguous-file")
            .with("place", at)
            .with("location", location)
            .with("candidates", candidates.join(", ")),
    }
}

fn unreadable(error: &Unreadable) -> Problem {
    let reason = match &error.reason {
        UnreadableReason::NotWellFormed(reason) => Value::NotWellFormed(reason),
        UnreadableReason::Gate(gate) => Value::Gate(match gate {
            GateError::Empty => "packs-gate-empty",
            GateError::TooLarge { .. } => "packs-gate-too-large",
            GateError::Utf16 | GateError::NotUtf8 { .. } | GateError::DeclaredEncoding { .. } => {
                "packs-gate-encoding"
            }
            GateError::Binary { .. } => "packs-gate-binary",
            GateError::Doctype { .. } => "packs-gate-doctype",
            GateError::TooDeep { .. }
            | GateError::TooManyAttributes { .. }
            | GateError::TooManyNamespaces { .. }
            | GateError::TooManyElements { .. } => "packs-gate-flood",
        }),
    };
    Problem::new("packs-unreadable")
        .with("place", &error.at)
        .value("reason", reason)
}

fn bind(error: &BindError) -> Problem {
    Problem::ours(error)
}

fn place_of(refused: &SchemaRefused) -> Source {
    Source {
        file: refused.file.as_str().into(),
        at: refused.at,
    }
}
