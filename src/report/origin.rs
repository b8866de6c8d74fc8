//! What is known of a run beside its events: whom it tested, with what, and
//! who answers for the record of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::ScenarioInfo;
use crate::finding::{Grade, Source};

/// Where a run comes from. Empty texts are not known.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// What the user called it on the command line.
    pub name: String,
    /// The supplier; empty when ketenkeur played all parties itself.
    pub supplier: String,
    /// Its OIN.
    pub oin: String,
    /// The product.
    pub product: String,
    /// Its version.
    pub version: String,
    /// The roles that it fills.
    pub roles: Vec<String>,
    /// When the run began, by the system's clock.
    pub began: String,
    /// The moment from which its scenarios count.
    pub now: String,
    /// Whether the parties went by a virtual clock.
    pub virtual_clock: bool,
    /// `production` or `test`.
    pub profile: String,
    /// What everything that was made up is derived from.
    pub seed: String,
    /// Which share of the scenarios it played: `2/4`.
    pub shard: Option<String>,
    /// Whether it is the masked view of evidence.
    pub masked: bool,
    /// Who answers for the record.
    pub proof: Proof,
    /// SHA-256 of the manifest of the evidence, in hexadecimal.
    pub manifest: String,
    /// Files that are not as the manifest has them, with the key of the text
    /// (`runs.<key>`) that says how.
    pub differences: Vec<(&'static str, String)>,
    /// When exchanges took place and how long they took, by scenario and
    /// number.
    pub times: BTreeMap<(String, u32), Time>,
}

impl Origin {
    /// Whether nobody said whose product was tested.
    pub fn is_nobodys(&self) -> bool {
        self.supplier.is_empty()
    }
}

/// Who answers for what was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proof {
    /// Events alone, without evidence that could be judged again.
    #[default]
    EventsAlone,
    /// Evidence that nobody signed.
    Unsigned,
    /// Evidence signed with the certificate of this OIN.
    Signed(String),
    /// Evidence with a signature that does not belong to it.
    Broken,
}

/// When an exchange took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// The moment, by the clock of the parties.
    pub at: String,
    /// How long it took, in milliseconds of real time.
    pub took: u64,
}

/// What there is to test, against which the report says what was not tested.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The keys of the readiness matrix, in its order.
    pub keys: Vec<&'static str>,
    /// The scenarios that come along.
    pub scenarios: Vec<ScenarioInfo>,
    /// The requirements, in the order of the catalogue.
    pub requirements: Vec<KnownRequirement>,
}

/// A requirement, with the rules that judge it.
#[derive(Debug, Clone)]
pub struct KnownRequirement {
    /// Its id.
    pub id: Arc<str>,
    /// Dutch title.
    pub title_nl: Arc<str>,
    /// English title.
    pub title_en: Arc<str>,
    /// Document and number.
    pub source: Source,
    /// How certain it is.
    pub grade: Grade,
    /// The catalogue says why no scenario proves it.
    pub is_explained: bool,
    /// Codes of the rules that judge it.
    pub rules: Vec<Arc<str>>,
}
