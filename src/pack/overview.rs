//! What `packs list` and `packs show` tell, as data.

use std::sync::Arc;

use super::bind::Binding;
use super::date::Day;
use super::manifest::{Manifest, Part, Provenance, Rewritten};
use super::store::{Pack, Store, hash_of};
use crate::document::{Document, Gated};
use crate::event::PackKind;
use crate::finding::{Grade, Language};

/// One pack in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackSummary {
    /// The contract.
    pub contract: Arc<str>,
    /// The family.
    pub family: Arc<str>,
    /// Reconstruction, official or foreign.
    pub kind: PackKind,
    /// The pack's version.
    pub version: Arc<str>,
    /// First day on which the contract holds.
    pub valid_from: Option<Day>,
    /// Last day on which the contract holds.
    pub valid_until: Option<Day>,
    /// The weakest grade in the pack.
    pub grade: Grade,
    /// SHA-256 of the pack.
    pub hash: String,
    /// How many messages it has.
    pub messages: usize,
    /// How many rules it has.
    pub rules: usize,
    /// How many rules are undecided for some message.
    pub unbound: usize,
    /// The reconstruction whose place it takes.
    pub replaces: Option<Arc<str>>,
}

/// Everything about one pack.
#[derive(Debug, Clone)]
pub struct PackDetails {
    /// What the list says.
    pub summary: PackSummary,
    /// Namespace of its messages.
    pub schema_namespace: Option<Arc<str>>,
    /// Namespace of its WSDL.
    pub contract_namespace: Option<Arc<str>>,
    /// Grade and source per declaration.
    pub provenance: Vec<Provenance>,
    /// The messages.
    pub messages: Vec<MessageLine>,
    /// The rule files, with the pack they come from.
    pub rules: Vec<RuleFileLine>,
    /// The files.
    pub files: Vec<FileLine>,
    /// References that import changed.
    pub rewritten: Vec<Rewritten>,
    /// What of the rules cannot match.
    pub binding: Option<Binding>,
}

/// A message of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageLine {
    /// The message element, or the name of a JSON message.
    pub id: Arc<str>,
    /// The operation.
    pub operation: Arc<str>,
    /// Request or response.
    pub part: Part,
    /// Its action.
    pub action: Option<Arc<str>>,
    /// Who sends it.
    pub direction: Option<Arc<str>>,
    /// Its title.
    pub title_nl: Arc<str>,
    /// Its title.
    pub title_en: Arc<str>,
    /// How many rules are undecided for it.
    pub unbound: usize,
}

/// A rule file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFileLine {
    /// The contract that holds it.
    pub contract: Arc<str>,
    /// Its path.
    pub path: String,
    /// How many rules it has.
    pub rules: usize,
}

/// A file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: usize,
    /// Its SHA-256.
    pub sha256: String,
}

impl PackSummary {
    fn of(pack: &Pack) -> Self {
        let manifest = &pack.manifest;
        Self {
            contract: manifest.contract.clone(),
            family: manifest.family.clone(),
            kind: manifest.kind,
            version: manifest.version.clone(),
            valid_from: manifest.valid_from,
            valid_until: manifest.valid_until,
            grade: manifest.weakest_grade(),
            hash: pack.hash().to_string(),
            messages: manifest.messages.len(),
            rules: rule_files(pack).iter().map(|file| file.rules).sum(),
            unbound: pack.binding().map_or(0, Binding::rules_affected),
            replaces: pack
                .reconstruction()
                .map(|replaced| replaced.manifest.contract.clone()),
        }
    }
}

/// The packs in force, by contract.
pub fn list(store: &Store) -> Vec<PackSummary> {
    store.packs().map(|pack| PackSummary::of(pack)).collect()
}

/// Everything about a contract's pack; `None` when there is none.
pub fn show(store: &Store, contract: &str) -> Option<PackDetails> {
    let pack = store.pack(contract)?;
    let manifest = &pack.manifest;
    Some(PackDetails {
        summary: PackSummary::of(pack),
        schema_namespace: manifest.schema_namespace.clone(),
        contract_namespace: manifest.contract_namespace.clone(),
        provenance: provenance(manifest),
        messages: manifest
            .messages
            .iter()
            .map(|message| MessageLine {
                id: message.id().clone(),
                operation: message.operation.clone(),
                part: message.part,
                action: message.action.clone(),
                direction: message.direction.clone(),
                title_nl: message.title_nl.clone(),
                title_en: message.title_en.clone(),
                unbound: pack
                    .binding()
                    .map_or(0, |binding| distinct(binding.unbound(message.id()))),
            })
            .collect(),
        rules: rule_files(pack),
        files: pack
            .own_files()
            .map(|(path, bytes)| FileLine {
                path: path.to_string(),
                bytes: bytes.len(),
                sha256: hash_of(bytes),
            })
            .collect(),
        rewritten: manifest.rewritten.clone(),
        binding: pack.binding().cloned(),
    })
}

/// What must stand with everything shown of a reconstruction.
pub fn notice(kind: PackKind, language: Language) -> Option<&'static str> {
    match (kind, language) {
        (PackKind::Reconstruction, Language::Nl) => Some(
            "Dit is een reconstructie door ketenkeur uit openbare bronnen. DUO of Kennisnet heeft haar niet gemaakt, \
             gecontroleerd of goedgekeurd; zij kan van het officiële contract afwijken.",
        ),
        (PackKind::Reconstruction, Language::En) => Some(
            "This is a reconstruction by ketenkeur from public sources. It was not made, checked or approved by DUO or \
             Kennisnet and may differ from the official contract.",
        ),
        (PackKind::Official | PackKind::Foreign, _) => None,
    }
}

impl Binding {
    /// How many rules are undecided for some message or without one.
    pub fn rules_affected(&self) -> usize {
        let mut codes: Vec<_> = self
            .messages()
            .flat_map(|(_, unbound)| unbound)
            .chain(&self.nowhere)
            .map(|unbound| &unbound.code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes.len()
    }
}

fn distinct(unbound: &[super::bind::Unbound]) -> usize {
    let mut codes: Vec<_> = unbound.iter().map(|unbound| &unbound.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.len()
}

fn provenance(manifest: &Manifest) -> Vec<Provenance> {
    if !manifest.provenance.is_empty() {
        return manifest.provenance.clone();
    }
    let (grade, source) = manifest.provenance_of("*");
    vec![Provenance {
        declaration: "*".into(),
        grade,
        source,
    }]
}

fn rule_files(pack: &Pack) -> Vec<RuleFileLine> {
    let home = pack.rules_home();
    home.manifest
        .rules
        .iter()
        .map(|path| RuleFileLine {
            contract: home.manifest.contract.clone(),
            path: home.resolve(path),
            rules: home.text(path).map_or(0, count_rules),
        })
        .collect()
}

/// The asserts and reports of a Schematron file.
fn count_rules(text: &str) -> usize {
    let document = Gated::xml(text.as_bytes())
        .ok()
        .and_then(|gated| Document::from_xml(gated).ok());
    let Some(document) = document else {
        return 0;
    };
    let schematron = "http://purl.oclc.org/dsdl/schematron";
    document
        .subtree(document.root_element())
        .filter(|&node| {
            document.is_element(node)
                && document.namespace(node) == schematron
                && matches!(document.local_name(node), "assert" | "report")
        })
        .count()
}
