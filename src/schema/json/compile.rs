//! JSON Schema, compiled from the files of a pack.

use std::collections::HashMap;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ReferencingError, Registry, Validator};
use serde_json::Value;
use thiserror::Error;

use super::mistakes::{SchemaFindings, findings};
use crate::document::Document;

/// Steps that one pattern of a schema may take on one value before it counts
/// as undecided. Ordinary patterns take none: only look-around and
/// back-references are matched step by step.
const MAX_PATTERN_STEPS: usize = 100_000;

/// Base of the files' addresses, so that a file may refer to another by name.
const BASE: &str = "json-schema:///";

/// A compiled schema. Thread-safe and immutable.
#[derive(Debug)]
pub struct JsonSchema {
    validator: Validator,
    sources: SchemaSources,
}

/// Why schema files of a pack cannot be used. The pack is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JsonSchemaError {
    /// The entry is not among the files.
    #[error("{entry} is not among the schema files of the pack; name one of its files")]
    NoEntry {
        /// The entry asked for.
        entry: String,
    },
    /// A file is not JSON.
    #[error("{file}:{line}:{column}: not JSON; repair the file")]
    NotJson {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// A reference leads nowhere within the files.
    #[error(
        "{entry}: the reference {reference} leads to nothing in the pack; add the file with that $id (nothing is fetched)"
    )]
    Unresolved {
        /// The schema that was compiled.
        entry: String,
        /// The reference as the schema writes it.
        reference: String,
    },
    /// The schema breaks the rules of JSON Schema.
    #[error("{entry}: no valid JSON Schema at {pointer} ({keyword}); repair the schema")]
    Invalid {
        /// The schema that was compiled.
        entry: String,
        /// JSON pointer of the wrong place in it.
        pointer: String,
        /// The keyword of the meta-schema that refuses it.
        keyword: String,
    },
}

impl JsonSchema {
    /// Compiles the schema in the file `entry`. References may lead to any of
    /// `files` (name and content), by `$id` or by file name; nothing else is
    /// ever opened or fetched. Formats are asserted.
    ///
    /// # Errors
    ///
    /// The first file or reference that cannot be used.
    pub fn compile(files: &[(&str, &[u8])], entry: &str) -> Result<Self, JsonSchemaError> {
        let mut sources = SchemaSources::default();
        let mut registry = Registry::new();
        let mut chosen = None;
        for &(name, bytes) in files {
            let schema: Value =
                serde_json::from_slice(bytes).map_err(|error| JsonSchemaError::NotJson {
                    file: name.to_string(),
                    line: error.line(),
                    column: error.column(),
                })?;
            let address = address(name);
            registry = registry
                .add(&address, schema.clone())
                .map_err(|error| referencing(entry, &error))?;
            if name == entry {
                chosen = Some((address.clone(), schema.clone()));
            }
            sources.add(address, schema);
        }
        let (base, schema) = chosen.ok_or_else(|| JsonSchemaError::NoEntry {
            entry: entry.to_string(),
        })?;
        sources.entry = schema
            .get("$id")
            .and_then(Value::as_str)
            .map_or(base.clone(), without_fragment);
        let registry = registry
            .prepare()
            .map_err(|error| referencing(entry, &error))?;
        let validator = jsonschema::options()
            .offline()
            .with_registry(&registry)
            .with_base_uri(base)
            .should_validate_formats(true)
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(MAX_PATTERN_STEPS))
            .build(&schema)
            .map_err(|error| match error.kind() {
                ValidationErrorKind::Referencing(error) => referencing(entry, error),
                kind => JsonSchemaError::Invalid {
                    entry: entry.to_string(),
                    pointer: error.instance_path().to_string(),
                    keyword: kind.keyword().to_string(),
                },
            })?;
        Ok(Self { validator, sources })
    }

    /// What of a JSON document breaks the schema: one finding per mistake, in
    /// order of place. The findings hold the weakest grade and no contract;
    /// the pack that the schema belongs to puts its own in.
    pub fn validate(&self, document: &Document) -> SchemaFindings {
        let Ok(value) = serde_json::from_str::<Value>(document.source()) else {
            return SchemaFindings::undecided(document);
        };
        findings(document, self.validator.iter_errors(&value), &self.sources)
    }
}

/// The schemas as they were written, by address: what a finding names as
/// expected stands there.
#[derive(Debug, Default)]
pub(super) struct SchemaSources {
    entry: String,
    by_address: HashMap<String, Value>,
}

impl SchemaSources {
    fn add(&mut self, address: String, schema: Value) {
        if let Some(id) = schema.get("$id").and_then(Value::as_str) {
            self.by_address.insert(without_fragment(id), schema.clone());
        }
        self.by_address.insert(address, schema);
    }

    /// The (sub)schema that holds the keyword at `keyword_path` of the schema
    /// at `address`, or of the entry.
    pub(super) fn schema_around(
        &self,
        address: Option<&str>,
        keyword_path: &str,
    ) -> Option<&Value> {
        let address = address.map(without_fragment);
        let schema = self
            .by_address
            .get(address.as_deref().unwrap_or(&self.entry))?;
        let (parent, _) = keyword_path.rsplit_once('/')?;
        schema.pointer(parent)
    }
}

fn without_fragment(address: impl AsRef<str>) -> String {
    let address = address.as_ref();
    address
        .split_once('#')
        .map_or(address, |(base, _)| base)
        .to_string()
}

/// The address of a file: its name below [`BASE`], percent-encoded where a
/// name has what an address may not have.
fn address(name: &str) -> String {
    let mut address = String::from(BASE);
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

fn referencing(entry: &str, error: &ReferencingError) -> JsonSchemaError {
    let reference = match error {
        ReferencingError::Unretrievable { uri, .. } => uri.clone(),
        ReferencingError::PointerToNowhere { pointer }
        | ReferencingError::InvalidPercentEncoding { pointer, .. }
        | ReferencingError::InvalidArrayIndex { pointer, .. } => format!("#{pointer}"),
        ReferencingError::NoSuchAnchor { anchor } | ReferencingError::InvalidAnchor { anchor } => {
            format!("#{anchor}")
        }
        ReferencingError::UnknownSpecification { specification } => specification.clone(),
        ReferencingError::CircularMetaschema { uri } => uri.clone(),
        _ => String::from("$ref"),
    };
    JsonSchemaError::Unresolved {
        entry: entry.to_string(),
        reference,
    }
}
