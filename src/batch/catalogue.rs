//! The rules over a batch by name, and what the rule file says of them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::{FactError, Problem, SourceText};
use crate::finding::{Class, Code, Grade, Source};

/// A rule over a batch. In the order in which findings at one place are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BatchRule {
    /// Two messages with one identificatiecodeBedrijfsdocument.
    DocumentDubbel,
    /// A correction of an enrolment under a new inschrijvingvolgnummer.
    NieuwVolgnummer,
    /// A pupil enrolled at two institutions on one day.
    DubbeleInschrijving,
    /// An enrolment that does not begin on the day after the one before.
    Aansluiting,
    /// A pupil in leerjaar 8 without school advice.
    AdviesOntbreekt,
    /// A pupil in leerjaar 8 without a result of the doorstroomtoets.
    ToetsOntbreekt,
    /// A toelaatbaarheidsverklaring that is not valid on a teldatum.
    TlvTeldatum,
    /// 16-uur reports of one pupil that overlap.
    VerzuimOverlap,
    /// An absence report still open when the pupil is deregistered.
    VerzuimOpen,
    /// A mutation of an absence report made from an outdated copy.
    VerzuimVerouderd,
    /// A step of an absence report that its status does not allow.
    VerzuimStatus,
}

impl BatchRule {
    /// All rules over a batch.
    pub const ALL: [BatchRule; 11] = [
        BatchRule::DocumentDubbel,
        BatchRule::NieuwVolgnummer,
        BatchRule::DubbeleInschrijving,
        BatchRule::Aansluiting,
        BatchRule::AdviesOntbreekt,
        BatchRule::ToetsOntbreekt,
        BatchRule::TlvTeldatum,
        BatchRule::VerzuimOverlap,
        BatchRule::VerzuimOpen,
        BatchRule::VerzuimVerouderd,
        BatchRule::VerzuimStatus,
    ];

    /// The rule's code.
    pub fn code(self) -> &'static str {
        match self {
            BatchRule::DocumentDubbel => "KK-BATCH-DOCUMENT-DUBBEL",
            BatchRule::NieuwVolgnummer => "KK-BATCH-NIEUW-VOLGNUMMER",
            BatchRule::DubbeleInschrijving => "KK-BATCH-DUBBELE-INSCHRIJVING",
            BatchRule::Aansluiting => "KK-BATCH-AANSLUITING",
            BatchRule::AdviesOntbreekt => "KK-BATCH-ADVIES-ONTBREEKT",
            BatchRule::ToetsOntbreekt => "KK-BATCH-TOETS-ONTBREEKT",
            BatchRule::TlvTeldatum => "KK-BATCH-TLV-TELDATUM",
            BatchRule::VerzuimOverlap => "KK-BATCH-VERZUIM-OVERLAP",
            BatchRule::VerzuimOpen => "KK-BATCH-VERZUIM-OPEN",
            BatchRule::VerzuimVerouderd => "KK-BATCH-VERZUIM-VEROUDERD",
            BatchRule::VerzuimStatus => "KK-BATCH-VERZUIM-STATUS",
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// What a finding of a rule carries of it.
#[derive(Debug, Clone)]
pub struct RuleEntry {
    /// The rule's code.
    pub code: Code,
    /// DUO's class.
    pub class: Class,
    /// How certain the rule is.
    pub grade: Grade,
    /// Document and number.
    pub source: Source,
}

/// The entries of all rules over a batch.
#[derive(Debug, Clone)]
pub struct BatchRules {
    /// In the order of [`BatchRule::ALL`].
    entries: Vec<RuleEntry>,
}

impl BatchRules {
    /// Reads class, grade and source of the rules. Their texts are read with
    /// those of the other rules.
    ///
    /// # Errors
    /// A rule that the file lacks, or one that is not judged here.
    pub fn from_toml(source: &SourceText) -> Result<Self, FactError> {
        let file: File = source.read()?;
        let mut entries = BTreeMap::new();
        for (index, entry) in file.rule.into_iter().enumerate() {
            let key = format!("rule[{}].id", index + 1);
            let known = BatchRule::ALL
                .into_iter()
                .find(|rule| rule.code() == entry.id);
            let Some(rule) = known else {
                let problem = Problem::Unknown(entry.id, "the rules over a batch");
                return Err(source.error(key, problem));
            };
            let read = RuleEntry {
                code: rule.code().into(),
                class: entry.class,
                grade: entry.grade,
                source: entry.source,
            };
            if entries.insert(rule, read).is_some() {
                return Err(source.error(key, Problem::Double(entry.id)));
            }
        }
        let missing = BatchRule::ALL
            .into_iter()
            .find(|rule| !entries.contains_key(rule));
        if let Some(rule) = missing {
            return Err(source.error("rule", Problem::Missing(rule.code().into())));
        }
        Ok(Self {
            entries: entries.into_values().collect(),
        })
    }

    /// The entry of a rule.
    pub fn entry(&self, rule: BatchRule) -> &RuleEntry {
        // The reader refuses a file without an entry for every rule.
        &self.entries[rule.index()]
    }
}

#[derive(Deserialize)]
struct File {
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    class: Class,
    grade: Grade,
    source: Source,
}
