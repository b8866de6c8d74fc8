//! What the implementation team knows beside the runs: who there is to follow,
//! how many schools and pupils are concerned, what others witnessed, and what
//! was agreed.
//!
//! ```toml
//! [[supplier]]
//! oin = "00000003123456780000"
//! name = "Voorbeeld"
//! product = "Voorbeeld-LAS"
//! schools = 1200           # schools with the product
//! pupils = 240000
//! mandated = 300           # schools that mandated the supplier
//! registered = 250         # schools for which its endpoint stands in the OSR
//! # in place of these two, answers of the OSR in which they are counted:
//! # osr-mandates = ["osr/school-mandates.json"]
//! # osr-endpoints = ["osr/endpoints.json"]
//! # who signs its evidence, by OIN or by the SHA-256 of the certificate; the
//! # supplier itself without it
//! signed-by = ["00000003123456780000"]
//! endpoint = 2026-05-01    # day on which its endpoint stood in the OSR
//! first-exchange = 2026-06-01
//! reaction = "…"           # what the supplier says of its row
//!
//! [[phase]]
//! oin = "00000003123456780000"
//! product = "Voorbeeld-LAS"
//! key = "po-inwinnen"
//! sector = "bo"            # all sectors without it
//! phase = "ketentest"      # ketentest, kwalificatie, pilot, uitgerold
//! planned = 2026-10-01
//! forecast = 2026-11-15
//! realised = 2026-11-20
//! party = "DUO"            # who must act, with owner and blocker
//! owner = "team keten"
//! blocker = "…"
//!
//! [[waiver]]
//! oin = "00000003123456780000"
//! product = "Voorbeeld-LAS"
//! scenario = "po-inwinnen-las-foutmelding"
//! owner = "stuurgroep"
//! reason = "…"
//! until = 2026-12-31
//! ```

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::imported::Imported;
use super::osr::{AnswerMistake, Endpoints, Mandates};
use crate::check::user_file::{self, UserFileError};
use crate::facts;
use crate::pack::Day;
use crate::scenario::{Key, Sector};

/// What the team knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Team {
    /// Suppliers and their products, with or without runs.
    #[serde(default)]
    pub supplier: Vec<Followed>,
    /// What others than the supplier itself witness.
    #[serde(default)]
    pub phase: Vec<Phase>,
    /// Scenarios that somebody answers for although they did not pass.
    #[serde(default)]
    pub waiver: Vec<Waiver>,
}

/// A product that is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Followed {
    /// The supplier's OIN.
    pub oin: String,
    /// The supplier.
    pub name: String,
    /// The product.
    pub product: String,
    /// Schools that use it.
    pub schools: Option<u64>,
    /// Pupils of those schools.
    pub pupils: Option<u64>,
    /// Schools that mandated the supplier in the OSR.
    pub mandated: Option<u64>,
    /// Schools for which its endpoint stands in the OSR.
    pub registered: Option<u64>,
    /// Files with answers of the OSR about mandates, beside the team file.
    #[serde(default, skip_serializing)]
    pub osr_mandates: Vec<PathBuf>,
    /// Files with answers of the OSR about endpoints, beside the team file.
    #[serde(default, skip_serializing)]
    pub osr_endpoints: Vec<PathBuf>,
    /// Who signs evidence about the supplier: OINs, and certificates by their
    /// SHA-256. The supplier itself where none is named.
    #[serde(default, skip_serializing)]
    pub signed_by: Vec<String>,
    /// The day on which its endpoint stood in the OSR.
    pub endpoint: Option<Day>,
    /// The day of its first exchange with DUO.
    pub first_exchange: Option<Day>,
    /// What the supplier says of its row.
    #[serde(default, deserialize_with = "user_file::words_if_any")]
    pub reaction: Option<String>,
}

/// What somebody else than the supplier witnesses of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// The supplier's OIN.
    pub oin: String,
    /// The product.
    pub product: String,
    /// The key.
    pub key: Key,
    /// The sector; all of them without it.
    pub sector: Option<Sector>,
    /// The phase.
    pub phase: PhaseName,
    /// The day that was planned.
    pub planned: Option<Day>,
    /// The day that is expected now.
    pub forecast: Option<Day>,
    /// The day on which it was witnessed.
    pub realised: Option<Day>,
    /// Who in the chain must act.
    pub party: Option<String>,
    /// Who answers for it.
    #[serde(default, deserialize_with = "user_file::words_if_any")]
    pub owner: Option<String>,
    /// What stands in the way.
    #[serde(default, deserialize_with = "user_file::words_if_any")]
    pub blocker: Option<String>,
}

impl Phase {
    /// The phase as it stands on a day: what is witnessed later is expected
    /// then.
    pub fn as_of(&self, today: Date) -> Self {
        let later = self.realised.filter(|day| day.0 > today);
        Self {
            realised: self.realised.filter(|day| day.0 <= today),
            forecast: later.or(self.forecast),
            ..self.clone()
        }
    }
}

/// The phases after the self-test, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseName {
    /// Tested with DUO in a chain of test systems.
    Ketentest,
    /// Qualified by DUO or Kennisnet.
    Kwalificatie,
    /// With a few schools.
    Pilot,
    /// With all schools.
    Uitgerold,
}

/// A scenario that somebody answers for although it did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The supplier's OIN.
    pub oin: String,
    /// The product.
    pub product: String,
    /// The scenario.
    pub scenario: String,
    /// Who answers for it.
    #[serde(deserialize_with = "user_file::words")]
    pub owner: String,
    /// Why.
    #[serde(deserialize_with = "user_file::words")]
    pub reason: String,
    /// The last day on which it holds.
    pub until: Day,
}

/// Why a team file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeamError {
    /// The file cannot be read.
    #[error("the team file cannot be read")]
    Unreadable(io::ErrorKind),
    /// Something in it is wrong.
    #[error(transparent)]
    Mistake(#[from] UserFileError),
    /// What is counted in answers of the OSR is entered as well.
    #[error("{key} of {oin} is entered, and counted in answers of the OSR")]
    Twice {
        /// The supplier.
        oin: String,
        /// What is entered.
        key: &'static str,
    },
    /// An answer of the OSR cannot be counted.
    #[error("{}: {mistake}", file.display())]
    Answer {
        /// The supplier.
        oin: String,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        mistake: AnswerMistake,
    },
}

/// A team file as it was read.
#[derive(Debug)]
pub struct TeamFile {
    /// What the team knows, or why it is not known.
    pub team: Result<Team, TeamError>,
    /// The files behind it.
    pub files: TeamFiles,
}

/// The files behind what the team knows, as they were before they were read.
#[derive(Debug, Default)]
pub struct TeamFiles(Vec<(PathBuf, Stamp)>);

/// What a file was when it was looked at; `None` when it was not there.
type Stamp = Option<(u64, SystemTime)>;

impl TeamFiles {
    fn add(&mut self, path: &Path) {
        self.0.push((path.to_path_buf(), stamp(path)));
    }

    /// Whether one of them is another now.
    pub fn have_changed(&self) -> bool {
        self.0.iter().any(|(path, was)| stamp(path) != *was)
    }
}

fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
}

impl TeamFile {
    /// Reads a team file, and counts as of a day what the answers of the OSR
    /// say that it names.
    pub fn read(path: &Path, day: Date) -> Self {
        let mut files = TeamFiles::default();
        files.add(path);
        let text = std::fs::read_to_string(path);
        let team = text.map_err(|error| TeamError::Unreadable(error.kind()));
        let team = team.and_then(|text| Ok(Team::read(&text)?));
        let team = team.and_then(|mut team| {
            let folder = path.parent().unwrap_or(Path::new(""));
            for supplier in &mut team.supplier {
                let named = supplier.osr_mandates.iter_mut();
                for file in named.chain(&mut supplier.osr_endpoints) {
                    *file = folder.join(&*file);
                    files.add(file);
                }
            }
            team.supplier
                .iter_mut()
                .try_for_each(|supplier| supplier.count(day))?;
            Ok(team)
        });
        Self { team, files }
    }
}

impl Team {
    /// Reads what a file says. What only looks right is refused here: a mistyped
    /// OIN would be another supplier without a word, nobody answers for a waiver
    /// without an owner, and of two entries about the same one would be lost.
    fn read(text: &str) -> Result<Self, UserFileError> {
        let mut team: Self = user_file::read(text)?;
        for (number, supplier) in team.supplier.iter_mut().enumerate() {
            for signer in &mut supplier.signed_by {
                let wrong = || {
                    let kind = "config-signer";
                    UserFileError::in_list(text, "supplier", number, "signed-by", kind)
                };
                *signer = who_signs(signer).ok_or_else(wrong)?;
            }
        }
        let mut seen = BTreeSet::new();
        for (list, number, (oin, about, filled)) in team.entries() {
            let wrong = |key, kind| Err(UserFileError::in_list(text, list, number, key, kind));
            if facts::oin(oin).is_err() {
                return wrong("oin", "config-oin");
            }
            if let Some((key, _)) = filled.iter().find(|(_, words)| words.trim().is_empty()) {
                return wrong(key, "config-filled");
            }
            if !seen.insert((list, oin.to_string(), about)) {
                return wrong("product", "config-twice");
            }
        }
        Ok(team)
    }

    /// Whether a run counts for all that its signature says: nobody signed it, or
    /// the supplier did, or who signs for the supplier as the team says.
    pub fn accepts(&self, run: &Imported) -> bool {
        let of_supplier = self.supplier.iter().filter(|one| one.oin == run.oin);
        let mut named = of_supplier.flat_map(|one| &one.signed_by).peekable();
        run.signed.as_ref().is_none_or(|signer| {
            if named.peek().is_none() {
                return signer.oin == run.oin;
            }
            named.any(|one| *one == signer.oin || *one == signer.certificate)
        })
    }

    /// The entries of each list, from 0: the OIN, what else tells entries about
    /// one product apart, and what has to be filled in.
    fn entries(&self) -> Vec<(&'static str, usize, Entry<'_>)> {
        let suppliers = self.supplier.iter().enumerate().map(|(number, one)| {
            let filled = vec![("name", &*one.name), ("product", &*one.product)];
            ("supplier", number, (&*one.oin, one.product.clone(), filled))
        });
        let phases = self.phase.iter().enumerate().map(|(number, one)| {
            let about = format!(
                "{} {:?} {:?} {:?}",
                one.product, one.key, one.sector, one.phase
            );
            (
                "phase",
                number,
                (&*one.oin, about, vec![("product", &*one.product)]),
            )
        });
        let waivers = self.waiver.iter().enumerate().map(|(number, one)| {
            let filled = vec![
                ("product", &*one.product),
                ("owner", &*one.owner),
                ("reason", &*one.reason),
            ];
            let about = format!("{} {}", one.product, one.scenario);
            ("waiver", number, (&*one.oin, about, filled))
        });
        suppliers.chain(phases).chain(waivers).collect()
    }
}

/// An OIN, or the SHA-256 of a certificate as a reader of certificates writes it,
/// in the form in which it is compared.
fn who_signs(text: &str) -> Option<String> {
    if facts::oin(text).is_ok() {
        return Some(text.to_string());
    }
    let hash = text.replace(':', "").to_ascii_lowercase();
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(hash)
}

/// An entry of a team file: its OIN, what it is about, and keys with words that
/// may not be empty.
type Entry<'t> = (&'t str, String, Vec<(&'static str, &'t str)>);

impl Followed {
    /// Counts what the answers of the OSR say.
    fn count(&mut self, day: Date) -> Result<(), TeamError> {
        let oin = || self.oin.clone();
        let twice = |key| TeamError::Twice { oin: oin(), key };
        let wrong = |file: &Path, mistake| TeamError::Answer {
            oin: oin(),
            file: file.to_path_buf(),
            mistake,
        };
        let (mut mandates, mut endpoints) = (Mandates::default(), Endpoints::default());
        for file in &self.osr_mandates {
            let added = mandates.add(file, &self.oin, day);
            added.map_err(|mistake| wrong(file, mistake))?;
        }
        for file in &self.osr_endpoints {
            let added = endpoints.add(file, &mandates, day);
            added.map_err(|mistake| wrong(file, mistake))?;
        }
        if !self.osr_mandates.is_empty() {
            match self.mandated {
                Some(_) => return Err(twice("mandated")),
                None => self.mandated = Some(mandates.schools()),
            }
        }
        if !self.osr_endpoints.is_empty() {
            match self.registered {
                Some(_) => return Err(twice("registered")),
                None => self.registered = Some(endpoints.schools()),
            }
            // An endpoint that was replaced is not in the answer: what is
            // entered may go further back.
            self.endpoint = self.endpoint.or(endpoints.since.map(Day));
        }
        Ok(())
    }
}
