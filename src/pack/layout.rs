//! The schema files of a package and how they refer to each other.
//!
//! Suppliers pass packages on unpacked, flattened, or with references that
//! only work on the maker's machine. A reference is followed in this order: the
//! path as it is written; that path whatever its case; the file of that name
//! anywhere in the package; for an import, the file of that namespace. Where
//! several files fit, one that declares the imported namespace is taken, and
//! files of the same bytes count as one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::manifest::Rewritten;
use super::package::{Package, Source, Unreadable, escape, is_wsdl, read_xml};
use super::wsdl::XSD;
use crate::document::Document;

/// Namespaces whose schema every engine brings along.
const EMBEDDED: [(&str, &str); 2] = [
    ("http://www.w3.org/XML/1998/namespace", "embedded://xml.xsd"),
    ("http://www.w3.org/1999/xlink", "embedded://xlink.xsd"),
];

/// Why the files of a package do not hang together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A file that is no XML.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A file that is XML but no schema.
    #[error("{at}: `{root}` is not the root of an XML Schema")]
    NotASchema {
        /// Where the root stands.
        at: Source,
        /// Local name of the root.
        root: String,
    },
    /// A reference to a file that is not in the package.
    #[error("{at}: `{location}` is not in the package")]
    Missing {
        /// The reference.
        at: Source,
        /// The file as it is named.
        location: String,
    },
    /// A reference that fits several files.
    #[error("{at}: `{location}` may be any of {}", candidates.join(", "))]
    Ambiguous {
        /// The reference.
        at: Source,
        /// The file as it is named.
        location: String,
        /// The files that fit.
        candidates: Vec<String>,
    },
}

/// A schema file.
#[derive(Debug)]
pub(super) struct SchemaFile {
    pub(super) target_namespace: Arc<str>,
    /// `version` of the schema: the maker's build number.
    pub(super) version: Option<Arc<str>>,
    /// Its global elements.
    pub(super) elements: Vec<Arc<str>>,
    references: Vec<Reference>,
}

#[derive(Debug)]
struct Reference {
    /// Whether it is an import of another namespace.
    imports: bool,
    namespace: Option<Arc<str>>,
    location: Option<(Arc<str>, Range<usize>)>,
    at: Source,
}

/// Where a reference leads.
enum Target {
    File(Arc<str>),
    Embedded(&'static str),
    /// An import without location of a namespace that no file declares.
    Nowhere,
}

/// The schema files of a package.
#[derive(Debug)]
pub(super) struct Layout {
    bytes: BTreeMap<Arc<str>, Arc<[u8]>>,
    schemas: BTreeMap<Arc<str>, Result<SchemaFile, LayoutError>>,
}

/// The files that a contract needs, ready to be kept.
#[derive(Debug)]
pub(super) struct Closure {
    /// Entry documents.
    pub(super) entries: Vec<Arc<str>>,
    /// The files by path within the package; references can be followed.
    pub(super) files: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// What was changed to that end.
    pub(super) rewritten: Vec<Rewritten>,
}

impl Layout {
    /// The XSD files of a package.
    pub(super) fn new(package: &Package) -> Self {
        let mut layout = Self {
            bytes: BTreeMap::new(),
            schemas: BTreeMap::new(),
        };
        for (path, bytes) in &package.files {
            if !is_wsdl(path) {
                layout.add(path, path, bytes.clone());
            }
        }
        layout
    }

    /// Adds a schema at `path`, whose mistakes are told at places in `shown`.
    pub(super) fn add(&mut self, path: &Arc<str>, shown: &Arc<str>, bytes: Arc<[u8]>) {
        let schema = SchemaFile::read(shown, &bytes);
        self.schemas.insert(path.clone(), schema);
        self.bytes.insert(path.clone(), bytes);
    }

    /// Takes a schema out again.
    pub(super) fn remove(&mut self, path: &str) {
        self.schemas.remove(path);
        self.bytes.remove(path);
    }

    /// The paths of all schema files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.schemas.keys()
    }

    /// A schema file.
    pub(super) fn schema(&self, path: &str) -> Result<&SchemaFile, LayoutError> {
        match self.schemas.get(path) {
            Some(Ok(schema)) => Ok(schema),
            Some(Err(error)) => Err(error.clone()),
            None => Err(LayoutError::Missing {
                at: Source {
                    file: path.into(),
                    at: None,
                },
                location: path.to_string(),
            }),
        }
    }

    /// The files that a schema file imports or includes directly.
    pub(super) fn targets(&self, path: &Arc<str>) -> Result<Vec<Arc<str>>, LayoutError> {
        let mut targets = Vec::new();
        for reference in &self.schema(path)?.references {
            if let Target::File(file) = self.follow(path, reference)? {
                targets.push(file);
            }
        }
        Ok(targets)
    }

    /// The files that `entries` need.
    pub(super) fn closure(&self, entries: &[Arc<str>]) -> Result<Closure, LayoutError> {
        let mut closure = Closure {
            entries: entries.to_vec(),
            files: BTreeMap::new(),
            rewritten: Vec::new(),
        };
        let mut open: Vec<Arc<str>> = entries.to_vec();
        let mut seen: BTreeSet<Arc<str>> = entries.iter().cloned().collect();
        while let Some(path) = open.pop() {
            let schema = self.schema(&path)?;
            let mut edits: Vec<(Range<usize>, String)> = Vec::new();
            for reference in &schema.references {
                let target = self.follow(&path, reference)?;
                let (file, wanted) = match &target {
                    Target::File(file) => (Some(file), relative(&path, file)),
                    Target::Embedded(location) => (None, (*location).to_string()),
                    Target::Nowhere => continue,
                };
                match &reference.location {
                    // Any spelling that leads there by itself stays as it is.
                    Some((location, _))
                        if followed(&path, location).as_deref() == file.map(|file| &**file)
                            && file.is_some() => {}
                    Some((location, span)) => {
                        edits.push((span.clone(), escape(&wanted)));
                        closure.rewritten.push(Rewritten {
                            file: path.clone(),
                            from: location.clone(),
                            to: wanted.into(),
                        });
                    }
                    // Without location the engine finds the namespace among
                    // the documents it was given.
                    None => {
                        if let Some(file) = file
                            && !closure.entries.contains(file)
                        {
                            closure.entries.push(file.clone());
                        }
                    }
                }
                if let Some(file) = file
                    && seen.insert(file.clone())
                {
                    open.push(file.clone());
                }
            }
            let bytes = &self.bytes[&path];
            closure.files.insert(path, edited(bytes, edits));
        }
        closure
            .rewritten
            .sort_by(|a, b| (&a.file, &a.from).cmp(&(&b.file, &b.from)));
        Ok(closure)
    }

    fn follow(&self, from: &Arc<str>, reference: &Reference) -> Result<Target, LayoutError> {
        let namespace = reference.namespace.as_deref().unwrap_or("");
        let Some((location, _)) = &reference.location else {
            let candidates = if reference.imports {
                self.of_namespace(namespace, from)
            } else {
                Vec::new()
            };
            return match candidates.as_slice() {
                [] => Ok(embedded(namespace).map_or(Target::Nowhere, Target::Embedded)),
                [one] => Ok(Target::File((*one).clone())),
                several => Err(self.ambiguous(reference, namespace, several)),
            };
        };
        if let Some(path) = followed(from, location)
            && let Some((path, _)) = self.schemas.get_key_value(&*path)
        {
            return Ok(Target::File(path.clone()));
        }
        let spelled = location.replace('\\', "/");
        let spelled = spelled.split(['?', '#']).next().unwrap_or_default();
        let below = super::store::resolve(folder(from), spelled).to_lowercase();
        let name = spelled
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let by_path = self.paths_where(|path| path.to_lowercase() == below);
        let by_name = || {
            self.paths_where(|path| {
                !name.is_empty() && file_name(path).to_lowercase() == name && path != &**from
            })
        };
        let by_namespace = || {
            if reference.imports {
                self.of_namespace(namespace, from)
            } else {
                Vec::new()
            }
        };
        let mut candidates = by_path;
        if candidates.is_empty() {
            candidates = by_name();
        }
        if candidates.is_empty() {
            candidates = by_namespace();
        }
        if candidates.len() > 1 && reference.imports {
            let declaring = self.of_namespace(namespace, from);
            if candidates.iter().any(|path| declaring.contains(path)) {
                candidates.retain(|path| declaring.contains(path));
            }
        }
        candidates.dedup_by(|a, b| self.bytes[*a] == self.bytes[*b]);
        match candidates.as_slice() {
            [] => match embedded(namespace) {
                Some(location) => Ok(Target::Embedded(location)),
                None => Err(LayoutError::Missing {
                    at: reference.at.clone(),
                    location: location.to_string(),
                }),
            },
            [one] => Ok(Target::File((*one).clone())),
            several => Err(self.ambiguous(reference, location, several)),
        }
    }

    fn ambiguous(&self, reference: &Reference, location: &str, files: &[&Arc<str>]) -> LayoutError {
        LayoutError::Ambiguous {
            at: reference.at.clone(),
            location: location.to_string(),
            candidates: files.iter().map(ToString::to_string).collect(),
        }
    }

    fn paths_where(&self, fits: impl Fn(&str) -> bool) -> Vec<&Arc<str>> {
        self.schemas.keys().filter(|path| fits(path)).collect()
    }

    /// The files that declare a namespace, without those that another file of
    /// that namespace includes.
    fn of_namespace(&self, namespace: &str, from: &str) -> Vec<&Arc<str>> {
        let declares = |schema: &Result<SchemaFile, LayoutError>| matches!(schema, Ok(schema) if &*schema.target_namespace == namespace);
        let included: BTreeSet<String> = self
            .schemas
            .iter()
            .filter(|(_, schema)| declares(schema))
            .flat_map(|(path, schema)| {
                let references = schema.as_ref().map_or(&[][..], |schema| &schema.references);
                references
                    .iter()
                    .filter(|reference| !reference.imports)
                    .filter_map(|reference| followed(path, &reference.location.as_ref()?.0))
            })
            .collect();
        self.schemas
            .iter()
            .filter(|(path, schema)| {
                declares(schema) && ***path != *from && !included.contains(&***path)
            })
            .map(|(path, _)| path)
            .collect()
    }
}

impl SchemaFile {
    fn read(path: &Arc<str>, bytes: &[u8]) -> Result<Self, LayoutError> {
        let document = read_xml(path, bytes)?;
        let root = document.root_element();
        if document.namespace(root) != XSD || document.local_name(root) != "schema" {
            return Err(LayoutError::NotASchema {
                at: Source::of(path, &document, document.span(root).start),
                root: document.local_name(root).to_string(),
            });
        }
        let trimmed = |attribute| {
            document
                .attribute(root, attribute)
                .map(|value| Arc::<str>::from(value.trim()))
        };
        let mut schema = Self {
            target_namespace: trimmed("targetNamespace").unwrap_or_default(),
            version: trimmed("version"),
            elements: Vec::new(),
            references: Vec::new(),
        };
        for node in document.elements(root) {
            if document.namespace(node) != XSD {
                continue;
            }
            match document.local_name(node) {
                "element" => schema
                    .elements
                    .extend(document.attribute(node, "name").map(Arc::from)),
                kind @ ("import" | "include" | "redefine" | "override") => {
                    schema.references.push(Reference::read(
                        path,
                        &document,
                        node,
                        kind == "import",
                    ));
                }
                _ => {}
            }
        }
        Ok(schema)
    }
}

impl Reference {
    fn read(
        path: &Arc<str>,
        document: &Document,
        node: crate::document::NodeId,
        imports: bool,
    ) -> Self {
        let location = document
            .attributes(node)
            .find(|attribute| &*attribute.name.local == "schemaLocation")
            .map(|attribute| {
                (
                    attribute.value.trim().into(),
                    document.attribute_span(&attribute),
                )
            });
        Self {
            imports,
            namespace: document.attribute(node, "namespace").map(Arc::from),
            location,
            at: Source::of(path, document, document.span(node).start),
        }
    }
}

fn embedded(namespace: &str) -> Option<&'static str> {
    EMBEDDED
        .iter()
        .find(|(known, _)| *known == namespace)
        .map(|(_, location)| *location)
}

/// Where a location leads when it is taken as it is written, `None` when it is
/// no plain relative path or leads above the package.
pub(super) fn followed(from: &str, location: &str) -> Option<String> {
    if location.is_empty()
        || location.starts_with('/')
        || location.contains(['\\', ':', '?', '#', '%'])
    {
        return None;
    }
    let mut steps: Vec<&str> = folder(from).split('/').filter(|s| !s.is_empty()).collect();
    for step in location.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// How to get from one file to another.
fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = folder(from).split('/').filter(|s| !s.is_empty()).collect();
    let to: Vec<&str> = to.split('/').collect();
    let common = from
        .iter()
        .zip(&to[..to.len() - 1])
        .take_while(|(a, b)| a == b)
        .count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().copied())
        .collect::<Vec<_>>()
        .join("/")
}

/// The folder of a path, without a slash at the end.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last step of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The text with its edits. Offsets do not count a byte-order mark.
fn edited(bytes: &Arc<[u8]>, mut edits: Vec<(Range<usize>, String)>) -> Arc<[u8]> {
    if edits.is_empty() {
        return bytes.clone();
    }
    let skipped = if bytes.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    edits.sort_by_key(|(span, _)| span.start);
    let mut text = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for (span, to) in edits {
        text.extend_from_slice(&bytes[at..skipped + span.start]);
        text.extend_from_slice(to.as_bytes());
        at = skipped + span.end;
    }
    text.extend_from_slice(&bytes[at..]);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_files() {
        for (from, to, way) in [
            ("a.xsd", "b.xsd", "b.xsd"),
            ("x/a.xsd", "b.xsd", "../b.xsd"),
            ("a.xsd", "x/b.xsd", "x/b.xsd"),
            ("x/y/a.xsd", "x/z/b.xsd", "../z/b.xsd"),
        ] {
            assert_eq!(relative(from, to), way);
            assert_eq!(followed(from, way).as_deref(), Some(to));
        }
        for location in [
            "..\\b.xsd",
            "http://duo.nl/b.xsd",
            "../../b.xsd",
            "/b.xsd",
            "",
        ] {
            assert_eq!(followed("x/a.xsd", location), None, "{location}");
        }
    }

    #[test]
    fn edits_count_from_behind_the_byte_order_mark() {
        let bytes: Arc<[u8]> = Arc::from("\u{FEFF}<a b='c'/>".as_bytes());
        let text = edited(&bytes, vec![(6..7, "longer".into())]);
        assert_eq!(
            std::str::from_utf8(&text).unwrap(),
            "\u{FEFF}<a b='longer'/>"
        );
    }
}
