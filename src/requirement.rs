//! The catalogue of requirements: every fact of the specification that can be
//! proven, with the rules that judge it.

use std::sync::Arc;

use serde::Deserialize;

use crate::finding::{Grade, Language};
use crate::pack::BUILTIN_FILES;

/// A fact that a check can prove or refute.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Requirement {
    /// Stable id, with the number of the public source where it has one.
    pub id: Arc<str>,
    /// Dutch title.
    pub title_nl: Arc<str>,
    /// English title.
    pub title_en: Arc<str>,
    /// The requirement in Dutch.
    pub text_nl: Arc<str>,
    /// The requirement in English.
    pub text_en: Arc<str>,
    /// Document and number.
    pub source: Arc<str>,
    /// How certain it is.
    pub grade: Grade,
    /// Where it can be judged.
    pub judged: Vec<Judged>,
    /// Keys of the readiness matrix that it counts for.
    pub readiness: Vec<Arc<str>>,
    /// DUO's own control number, empty until known.
    pub duo: Arc<str>,
    /// Codes of the rules that judge it.
    pub rules: Vec<Arc<str>>,
}

/// Where a requirement can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judged {
    /// On one message.
    Message,
    /// On several messages together.
    Batch,
    /// On the HTTP exchange.
    Http,
    /// On the WSDL.
    Wsdl,
    /// On the TLS connection and its certificates.
    Tls,
    /// On what a party does over time.
    Behaviour,
    /// On what the tool itself reports.
    Report,
}

impl Requirement {
    /// The title in a language.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.title_nl,
            Language::En => &self.title_en,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "document")]
    _document: String,
    requirement: Vec<Requirement>,
}

/// Why the catalogue cannot be read: the shipped files are at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct CatalogueError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

/// Reads the catalogue, in order of file and entry.
pub fn requirements() -> Result<Vec<Requirement>, CatalogueError> {
    let mut all = Vec::new();
    let files = BUILTIN_FILES
        .get_dir("requirements")
        .into_iter()
        .flat_map(|dir| dir.files());
    for file in files {
        let name = file.path().to_string_lossy().into_owned();
        let text = file.contents_utf8().unwrap_or("");
        let read: File = toml::from_str(text).map_err(|error| CatalogueError {
            file: name,
            message: error.message().to_string(),
        })?;
        all.extend(read.requirement);
    }
    Ok(all)
}
