//! Schema files into a compiled schema.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use xsd_schema::parser::resolver::{EmbeddedLoader, LoaderChain, SchemaLoader};
use xsd_schema::validation::{SchemaValidator, ValidationFlags};
use xsd_schema::{SchemaError, SchemaSet, SchemaSetBuilder};

use super::structure::Structure;
use crate::finding::Position;

/// The files of a schema by their path within the pack, slashes on every
/// system. Nothing outside them is ever read.
#[derive(Debug, Clone, Default)]
pub struct SchemaFiles {
    files: Arc<BTreeMap<String, FileBytes>>,
}

/// The bytes of a file. Those that travel inside the binary are not copied.
#[derive(Debug, Clone)]
pub enum FileBytes {
    /// Inside the binary.
    Static(&'static [u8]),
    /// Read from elsewhere.
    Shared(Arc<[u8]>),
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl From<&'static [u8]> for FileBytes {
    fn from(bytes: &'static [u8]) -> Self {
        Self::Static(bytes)
    }
}

impl From<Arc<[u8]>> for FileBytes {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::Shared(bytes)
    }
}

impl SchemaFiles {
    /// The files at these paths.
    pub fn new<B: Into<FileBytes>>(files: impl IntoIterator<Item = (String, B)>) -> Self {
        let files = files.into_iter();
        Self {
            files: Arc::new(files.map(|(path, bytes)| (path, bytes.into())).collect()),
        }
    }

    /// The bytes of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|bytes| &**bytes)
    }

    /// The paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The files, in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, bytes)| (path.as_str(), &**bytes))
    }
}

/// Why a schema does not compile: the pack is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", at.map_or(String::new(), |at| format!(":{}:{}", at.line, at.column)))]
pub struct SchemaRefused {
    /// The file, as a path within the pack.
    pub file: String,
    /// Where in the file, when known.
    pub at: Option<Position>,
    /// What is wrong, in the words of the engine: a schema holds no personal
    /// data.
    pub message: String,
}

/// Base of the locations that the engine sees.
const BASE: &str = "pack:///";

/// Serves the pack's files to the engine and nothing else.
#[derive(Debug)]
struct PackLoader(SchemaFiles);

impl SchemaLoader for PackLoader {
    fn load(&self, location: &str) -> xsd_schema::SchemaResult<String> {
        let path = location.strip_prefix(BASE).unwrap_or(location);
        let bytes = self
            .0
            .files
            .get(path)
            .ok_or_else(|| SchemaError::resolution(format!("{path} is not in the pack")))?;
        let text = std::str::from_utf8(bytes)
            .map_err(|_| SchemaError::resolution(format!("{path} is not UTF-8")))?;
        let text = text.trim_start_matches('\u{FEFF}');
        Ok(match bytes {
            FileBytes::Static(_) => without_annotations(text),
            FileBytes::Shared(_) => text.to_string(),
        })
    }

    fn can_load(&self, _location: &str) -> bool {
        true
    }
}

/// The text of a schema of the product without what it says to people: the
/// engine would spend a third of its reading on that, at the start of every
/// run. Lines keep their numbers. A schema from elsewhere is read whole, and a
/// test reads ours whole.
fn without_annotations(text: &str) -> String {
    const ANNOTATION: [&str; 2] = ["<xsd:annotation>", "</xsd:annotation>"];
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ANNOTATION[0])
        && let Some((annotation, behind)) = after.split_once(ANNOTATION[1])
    {
        bare.push_str(before);
        bare.extend(annotation.matches('\n'));
        rest = behind;
    }
    bare.push_str(rest);
    bare
}

/// A schema that another thread may have compiled; [`CompiledSet::into_schema`]
/// makes it ready on the thread that validates.
pub struct CompiledSet(SchemaSet);

/// A compiled schema. It belongs to the thread that made it ready.
pub struct XsdSchema {
    compiled: Compiled,
    structure: Structure,
    names_at_start: usize,
}

self_cell::self_cell! {
    struct Compiled {
        owner: SchemaSet,
        #[not_covariant]
        dependent: SchemaValidator,
    }
}

impl XsdSchema {
    /// Compiles the schema whose entry documents are `entries`; imports and
    /// includes are followed within `files`.
    ///
    /// # Errors
    ///
    /// A file that is missing, not a schema, or inconsistent; an import that
    /// leads outside `files`.
    pub fn compile(
        files: &SchemaFiles,
        entries: &[impl AsRef<str>],
    ) -> Result<Self, SchemaRefused> {
        CompiledSet::compile(files, entries).map(CompiledSet::into_schema)
    }

    /// The elements and types of the schema.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// Whether validation has filled the engine's memory with names of
    /// messages so far that the schema should be compiled anew.
    pub fn is_worn(&self) -> bool {
        self.compiled.borrow_owner().name_table.len() > self.names_at_start + 20_000
    }

    pub(super) fn set(&self) -> &SchemaSet {
        self.compiled.borrow_owner()
    }

    pub(super) fn with_validator<T>(
        &self,
        work: impl FnOnce(&SchemaSet, &SchemaValidator<'_>) -> T,
    ) -> T {
        self.compiled
            .with_dependent(|set, validator| work(set, validator))
    }
}

impl CompiledSet {
    /// Compiles as [`XsdSchema::compile`] does.
    ///
    /// # Errors
    ///
    /// As [`XsdSchema::compile`].
    pub fn compile(
        files: &SchemaFiles,
        entries: &[impl AsRef<str>],
    ) -> Result<Self, SchemaRefused> {
        let mut chain = LoaderChain::new();
        chain.add(Box::new(EmbeddedLoader));
        chain.add(Box::new(PackLoader(files.clone())));
        let mut builder = SchemaSetBuilder::with_loader(Box::new(chain));
        for entry in entries {
            let entry = entry.as_ref();
            builder
                .try_add(&format!("{BASE}{entry}"))
                .map_err(|error| refused(entry, &error))?;
        }
        let first = entries.first().map_or("", AsRef::as_ref);
        let compiled = builder.compile().map_err(|error| refused(first, &error))?;
        if let Some(failure) = compiled.directive_failures().first() {
            let location = failure
                .schema_location()
                .or(failure.namespace())
                .unwrap_or("?");
            return Err(SchemaRefused {
                file: first.to_string(),
                at: None,
                message: format!("{location} could not be read from the pack"),
            });
        }
        Ok(Self(compiled.into_schema_set()))
    }

    /// The elements and types of the schema, for who does not validate.
    pub fn structure(&self) -> Structure {
        Structure::of(&self.0)
    }

    pub(super) fn set(&self) -> &SchemaSet {
        &self.0
    }

    /// The schema, ready to validate on this thread.
    pub fn into_schema(self) -> XsdSchema {
        let structure = Structure::of(&self.0);
        let names_at_start = self.0.name_table.len();
        let compiled = Compiled::new(self.0, |set| {
            SchemaValidator::new(set, ValidationFlags::empty())
        });
        XsdSchema {
            compiled,
            structure,
            names_at_start,
        }
    }
}

fn refused(entry: &str, error: &SchemaError) -> SchemaRefused {
    let location = error.location();
    SchemaRefused {
        file: location.map_or_else(
            || entry.to_string(),
            |location| location.base_uri.trim_start_matches(BASE).to_string(),
        ),
        at: location.map(|location| Position {
            line: location.line as u32,
            column: location.column as u32,
        }),
        message: match error {
            SchemaError::XmlError { message, .. }
            | SchemaError::StructuralError { message, .. }
            | SchemaError::NamespaceError { message, .. }
            | SchemaError::FeatureError { message, .. }
            | SchemaError::ResolutionError { message }
            | SchemaError::LimitExceeded { message, .. } => message.replace(BASE, ""),
            other => other.to_string().replace(BASE, ""),
        },
    }
}
