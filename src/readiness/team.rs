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

use serde::{Deserialize, Serialize};

use crate::check::user_file::{self, UserFileError};
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
    /// The day on which its endpoint stood in the OSR.
    pub endpoint: Option<Day>,
    /// The day of its first exchange with DUO.
    pub first_exchange: Option<Day>,
    /// What the supplier says of its row.
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
    pub owner: Option<String>,
    /// What stands in the way.
    pub blocker: Option<String>,
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
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Day,
}

impl Team {
    /// Reads a team file.
    ///
    /// # Errors
    ///
    /// With the line, what is wrong in it.
    pub fn read(text: &str) -> Result<Self, UserFileError> {
        user_file::read(text)
    }
}
