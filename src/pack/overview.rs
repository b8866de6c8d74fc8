//! What `packs list` and `packs show` tell of a pack beside its manifest.

use std::sync::Arc;

use super::bind::{Binding, Unbound};
use super::manifest::Provenance;
use super::store::{Pack, hash_of};
use crate::document::{Document, Gated};
use crate::event::PackKind;
use crate::finding::Language;

/// A rule file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// The contract that holds it.
    pub contract: Arc<str>,
    /// Its path.
    pub path: String,
    /// How many rules it has.
    pub rules: usize,
}

impl Pack {
    /// Grade and source per declaration; of a pack that says nothing, what
    /// holds for all.
    pub fn provenance(&self) -> Vec<Provenance> {
        let manifest = &self.manifest;
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

    /// The rule files, with the pack they come from.
    pub fn rule_files(&self) -> Vec<RuleFile> {
        let home = self.rules_home();
        home.manifest
            .rules
            .iter()
            .map(|path| RuleFile {
                contract: home.manifest.contract.clone(),
                path: home.resolve(path),
                rules: home.text(path).map_or(0, count_rules),
            })
            .collect()
    }

    /// How many rules are undecided for some message.
    pub fn rules_affected(&self) -> usize {
        self.binding().map_or(0, Binding::rules_affected)
    }

    /// How many rules are undecided for a message.
    pub fn rules_affected_of(&self, message: &str) -> usize {
        self.binding()
            .map_or(0, |binding| distinct(binding.unbound(message)))
    }

    /// The pack's own files: path, bytes and SHA-256 in hexadecimal digits.
    pub fn hashed_files(&self) -> impl Iterator<Item = (&str, usize, String)> {
        self.own_files()
            .map(|(path, bytes)| (path, bytes.len(), hash_of(bytes)))
    }
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
        distinct(
            self.messages()
                .flat_map(|(_, unbound)| unbound)
                .chain(&self.nowhere),
        )
    }
}

fn distinct<'u>(unbound: impl IntoIterator<Item = &'u Unbound>) -> usize {
    let mut codes: Vec<_> = unbound.into_iter().map(|unbound| &unbound.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.len()
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
