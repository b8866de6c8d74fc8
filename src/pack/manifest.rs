//! `pack.toml`: what is in a pack, from which source, how certain.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::date::{Day, Moment, in_toml};
use crate::event::PackKind;
use crate::finding::{Grade, Language, Source};

/// A pack's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// The contract, DUO's own name where there is one.
    pub contract: Arc<str>,
    /// `bron-po`, `verzuim`, `osr` or `rio`.
    pub family: Arc<str>,
    /// Reconstruction, official or foreign.
    pub kind: PackKind,
    /// The pack's version.
    pub version: Arc<str>,
    /// First day on which the contract holds.
    #[serde(serialize_with = "in_toml")]
    pub valid_from: Option<Day>,
    /// Last day on which the contract holds.
    #[serde(serialize_with = "in_toml")]
    pub valid_until: Option<Day>,
    /// Namespace of the message elements; absent for JSON.
    pub schema_namespace: Option<Arc<str>>,
    /// Namespace of the contract (WSDL); absent for JSON.
    pub contract_namespace: Option<Arc<str>>,
    /// Entry documents, relative to the manifest. `*` stands for any name.
    #[serde(default)]
    pub schemas: Vec<Arc<str>>,
    /// Rule sets, relative to the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Arc<str>>,
    /// The reconstruction whose rules hold for this pack and whose place it
    /// takes; official packs only.
    pub rules_of: Option<Arc<str>>,
    /// The WSDL, relative to the manifest; official packs only.
    pub wsdl: Option<Arc<str>>,
    /// Where a bare file may be a message of several versions of a contract,
    /// the pack with the highest order is taken (JSON).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub order: i64,
    /// Grade and source per declaration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provenance: Vec<Provenance>,
    /// References between files that import had to make followable.
    #[serde(default, rename = "rewritten", skip_serializing_if = "Vec::is_empty")]
    pub rewritten: Vec<Rewritten>,
    /// The messages.
    #[serde(default, rename = "message", skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
}

/// Where a declaration of a schema comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Provenance {
    /// Name of an element or type, `*` for the rest.
    pub declaration: Arc<str>,
    /// How certain it is.
    pub grade: Grade,
    /// Document and number.
    pub source: Source,
}

/// A reference between two schema files whose wording import changed, because
/// it could not be followed within the pack (another folder separator, an
/// address on the network, a folder that did not travel along).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rewritten {
    /// The file that refers, relative to the manifest.
    pub file: Arc<str>,
    /// What it said.
    pub from: Arc<str>,
    /// What it says now.
    pub to: Arc<str>,
}

/// Request or response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What asks.
    Request,
    /// What answers.
    Response,
}

/// A message of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Message {
    /// Local name of the message element (XML).
    pub root: Option<Arc<str>>,
    /// Namespace of the message element where it is not the pack's
    /// `schema-namespace`.
    pub namespace: Option<Arc<str>>,
    /// Name of the message (JSON).
    pub name: Option<Arc<str>>,
    /// Schema file of the message (JSON).
    pub schema: Option<Arc<str>>,
    /// The operation.
    pub operation: Arc<str>,
    /// Request or response.
    pub part: Part,
    /// `wsa:Action` of the operation.
    pub action: Option<Arc<str>>,
    /// Who sends it: `las-duo`, `duo-las`, …
    pub direction: Option<Arc<str>>,
    /// Key of the readiness matrix.
    pub readiness: Option<Arc<str>>,
    /// HTTP method (JSON).
    pub method: Option<Arc<str>>,
    /// Path template (JSON).
    pub path: Option<Arc<str>>,
    /// HTTP status of an answer (JSON).
    pub status: Option<u16>,
    /// Members by which a bare file is recognised, as case paths (JSON).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<Arc<str>>,
    /// A valid example, relative to the manifest.
    pub example: Option<Arc<str>>,
    /// The moment at which the example is judged.
    pub example_at: Option<Moment>,
    /// Dutch title.
    pub title_nl: Arc<str>,
    /// English title.
    pub title_en: Arc<str>,
}

fn is_zero(order: &i64) -> bool {
    *order == 0
}

impl Message {
    /// The name that reports use: the message element or the JSON name.
    pub fn id(&self) -> &Arc<str> {
        self.root
            .as_ref()
            .or(self.name.as_ref())
            .unwrap_or(&self.operation)
    }

    /// The title in a language.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.title_nl,
            Language::En => &self.title_en,
        }
    }
}

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct ManifestError {
    /// The manifest, as a path within the pack.
    pub file: String,
    /// Bytes of the manifest, when known.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
}

impl Manifest {
    /// Reads a manifest.
    pub fn parse(file: &str, text: &str) -> Result<Self, ManifestError> {
        toml::from_str(text).map_err(|error| ManifestError {
            file: file.to_string(),
            span: error.span(),
            message: error.message().to_string(),
        })
    }

    /// The manifest as TOML text that [`Manifest::parse`] reads back.
    pub fn to_toml(&self) -> String {
        // The manifest is made of strings, numbers and lists of tables, all of
        // which TOML can write.
        toml::to_string(self).expect("a manifest can be written as TOML")
    }

    /// Grade and source of a declaration: its own entry, else that of `*`.
    pub fn provenance_of(&self, declaration: &str) -> (Grade, Source) {
        let entry = |name: &str| {
            self.provenance
                .iter()
                .find(|entry| &*entry.declaration == name)
        };
        match entry(declaration).or_else(|| entry("*")) {
            Some(entry) => (entry.grade, entry.source.clone()),
            None if self.kind == PackKind::Official => {
                (Grade::Published, self.contract.clone().into())
            }
            None => (Grade::Reconstructed, self.contract.clone().into()),
        }
    }

    /// The weakest grade in the pack.
    pub fn weakest_grade(&self) -> Grade {
        self.provenance
            .iter()
            .map(|entry| entry.grade)
            .min()
            .unwrap_or(match self.kind {
                PackKind::Official => Grade::Published,
                PackKind::Reconstruction | PackKind::Foreign => Grade::Reconstructed,
            })
    }

    /// The namespace of a message's element.
    pub fn namespace_of<'a>(&'a self, message: &'a Message) -> Option<&'a Arc<str>> {
        message
            .namespace
            .as_ref()
            .or(self.schema_namespace.as_ref())
    }

    /// The message whose element has this local name.
    pub fn message(&self, root: &str) -> Option<&Message> {
        self.messages
            .iter()
            .find(|message| message.root.as_deref() == Some(root))
    }
}
