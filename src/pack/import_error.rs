//! Why a package is not imported.

use std::sync::Arc;

use super::layout::LayoutError;
use super::package::{PackageError, Source};
use super::rule_sets::RuleSetUnusable;
use super::wsdl::WsdlError;
use crate::schema::xsd::SchemaRefused;

/// Why rules cannot be bound to an official pack: a mistake in the product's
/// own pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The schema of the reconstruction does not compile.
    #[error(transparent)]
    Schema(#[from] SchemaRefused),
    /// A rule set that is missing or cannot be read.
    #[error(transparent)]
    Rules(#[from] RuleSetUnusable),
}

/// Why a package is not imported. Nothing has changed on disk then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The package cannot be opened.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// There is no WSDL and no XSD in it.
    #[error("the package holds no WSDL and no XSD")]
    NoSchema {
        /// How many other files it has.
        others: usize,
    },
    /// A WSDL is wrong.
    #[error(transparent)]
    Wsdl(#[from] WsdlError),
    /// The schema files do not hang together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A WSDL without any schema.
    #[error("{at}: the WSDL names no schema")]
    NoSchemaNamed {
        /// The WSDL.
        at: Source,
    },
    /// A contract without a single message.
    #[error("{at}: no messages")]
    NoMessages {
        /// The file in which they should be.
        at: Source,
    },
    /// A contract without a name that can be used.
    #[error("{file}: `{name}` cannot be the name of a contract")]
    ContractName {
        /// The file that names it.
        file: Arc<str>,
        /// The name, empty when there is none.
        name: String,
    },
    /// Two contracts of one name.
    #[error("{} and {} both are contract {name}", files[0], files[1])]
    TwoContracts {
        /// The name.
        name: String,
        /// The files.
        files: [Arc<str>; 2],
    },
    /// The schema does not compile.
    #[error("the schema does not compile: {0}")]
    Schema(SchemaRefused),
    /// An element that the WSDL names and the schema does not declare.
    #[error("{at}: the schema has no element `{element}` in `{namespace}`")]
    MissingElement {
        /// The part of the WSDL.
        at: Source,
        /// The element's local name.
        element: String,
        /// Its namespace.
        namespace: String,
        /// An element that may have been meant: namespace and local name.
        near: Option<Box<(String, String)>>,
    },
    /// The reconstruction that should be replaced does not exist.
    #[error("there is no reconstruction `{wanted}`")]
    NoReconstruction {
        /// What was asked for.
        wanted: String,
        /// A name that may have been meant.
        near: Option<String>,
    },
    /// One reconstruction cannot be replaced by several contracts.
    #[error("the package holds {count} contracts, so none in particular replaces `{wanted}`")]
    ReplacesOne {
        /// What should be replaced.
        wanted: String,
        /// How many contracts there are.
        count: usize,
    },
    /// Our own rules cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The packs cannot be written.
    #[error("{path}: cannot be written ({kind})")]
    Write {
        /// The file or folder.
        path: String,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
}
