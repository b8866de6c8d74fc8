//! The catalogue of requirements: every fact of the specification that can be
//! proven, with the rules that judge it.

use std::sync::Arc;

use serde::Deserialize;

use crate::finding::{Grade, Language, Source};
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
    pub source: Source,
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
    /// Why no scenario, case or signed message that comes along proves it.
    /// A test refuses a reason for what is proven.
    pub unproven: Option<Unproven>,
}

/// Why nothing that comes along proves a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unproven {
    /// What stands in the way.
    pub because: Because,
    /// The test of ours that proves it, where it is about the tool itself.
    pub see: Option<Arc<str>>,
}

/// What stands in the way of proving a requirement with a scenario or a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// It needs what neither holds (a WSDL, a certificate, a command, a
    /// simulated register); a test of ours proves it.
    OwnTest,
    /// Only DUO's own systems can show it.
    NeedsDuo,
    /// Only Kennisnet's own systems can show it.
    NeedsKennisnet,
    /// A person must look at a screen or at how work is done.
    NeedsPerson,
    /// It shows in how a system behaves over days or weeks.
    NeedsTime,
    /// Nothing that crosses the wire shows it.
    NotVisible,
    /// It is about what does not occur in primary education.
    NotInSector,
    /// Ketenkeur itself does not do it yet.
    NotYet,
}

impl Because {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::OwnTest,
        Self::NeedsDuo,
        Self::NeedsKennisnet,
        Self::NeedsPerson,
        Self::NeedsTime,
        Self::NotVisible,
        Self::NotInSector,
        Self::NotYet,
    ];

    /// Its name in the catalogue and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::OwnTest => "own-test",
            Self::NeedsDuo => "needs-duo",
            Self::NeedsKennisnet => "needs-kennisnet",
            Self::NeedsPerson => "needs-person",
            Self::NeedsTime => "needs-time",
            Self::NotVisible => "not-visible",
            Self::NotInSector => "not-in-sector",
            Self::NotYet => "not-yet",
        }
    }
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

impl Judged {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Message,
        Self::Batch,
        Self::Http,
        Self::Wsdl,
        Self::Tls,
        Self::Behaviour,
        Self::Report,
    ];

    /// Its name in the catalogue and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Batch => "batch",
            Self::Http => "http",
            Self::Wsdl => "wsdl",
            Self::Tls => "tls",
            Self::Behaviour => "behaviour",
            Self::Report => "report",
        }
    }
}

impl Requirement {
    /// The title in a language.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.title_nl,
            Language::En => &self.title_en,
        }
    }

    /// The requirement itself in a language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.text_nl,
            Language::En => &self.text_en,
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
