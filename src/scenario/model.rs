//! What a script says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::data::Given;
use super::moment::Moment;
use super::step::{Action, Step};
use crate::document::Spot;
use crate::finding::{Grade, Language, Source};

/// A scenario: an exchange that is to be played, and what must come of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name among all: lower case, digits and hyphens.
    pub id: Arc<str>,
    /// Where the file says so.
    pub id_at: Spot,
    /// The file, as it was found: `po-inwinnen/inschrijven.yaml`.
    pub file: Arc<str>,
    /// What it was read from.
    pub read: Sourced,
    /// SHA-256 in hexadecimal over all of that: the version of the scenario.
    pub hash: Arc<str>,
    /// What it shows, in one line.
    pub title: Bilingual,
    /// What happens in it, for who reads or plays it.
    pub text: Option<Bilingual>,
    /// The row of the readiness report that it counts for.
    pub key: Key,
    /// Whether that row needs it.
    pub mandatory: bool,
    /// The party under test.
    pub subject: Role,
    /// The sectors that it can be played for.
    pub sectors: Vec<Sector>,
    /// The requirements that it proves, in the order of the script.
    pub requirements: Vec<Proof>,
    /// Words to choose scenarios by.
    pub tags: Vec<Arc<str>>,
    /// How certain it is that the chain behaves as the scenario expects.
    pub grade: Grade,
    /// What that rests on: document and number.
    pub source: Source,
    /// The moment at which a virtual clock stands when it begins; the run's
    /// own when absent.
    pub at: Option<Moment>,
    /// What it shows holds at any moment: where the clock is another's, it is
    /// played now, whatever `at` says.
    pub any_moment: bool,
    /// Rules whose outcome the script itself brings about, by what it has the
    /// party under test do and when: whether they hold says nothing of that
    /// party.
    pub brings_about: Vec<PlacedCode>,
    /// How many minutes a person who plays it by hand needs.
    pub minutes: Option<u32>,
    /// How many made-up pupils the LAS has beside the starter data. Where there
    /// are any, it is about what only shows in large numbers.
    pub pupils: u32,
    /// Values by name; made in this order when the scenario begins.
    pub data: Vec<(Arc<str>, Given)>,
    /// How the built-in counterparts behave.
    pub parties: Parties,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// The content of every file that a scenario was read from, by the name of the
/// file.
#[derive(Debug, Clone, Default)]
pub struct Sourced {
    /// The script, and those that it includes.
    pub scripts: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// The messages that they send from a file.
    pub messages: BTreeMap<Arc<str>, Arc<[u8]>>,
}

/// A text in Dutch and English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bilingual {
    /// Dutch.
    pub nl: Arc<str>,
    /// English.
    pub en: Arc<str>,
}

impl Bilingual {
    /// The text in a language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.nl,
            Language::En => &self.en,
        }
    }
}

/// A requirement that a scenario proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Where the script names it.
    pub at: Spot,
    /// Its id in the catalogue.
    pub id: Arc<str>,
    /// Whether it is proven by breaking it and seeing that refused.
    pub negative: bool,
}

/// Something with the place where a script says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// Where it stands.
    pub at: Spot,
    /// What it is.
    pub value: T,
}

/// A rule's code with its place.
pub type PlacedCode = Placed<Arc<str>>;

/// Declares an enum whose values have names in scripts.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Their names, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// Its name in scripts and results.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// The one of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&name)
                    .ok_or_else(|| serde::de::Error::unknown_variant(&name, Self::NAMES))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// The rows of the readiness report (10-landscape.md).
    Key {
        /// The renewed coupling for BRON.
        KoppelingBron = "koppeling-bron",
        /// The renewed coupling for verzuim.
        KoppelingVerzuim = "koppeling-verzuim",
        /// One certificate per supplier.
        CertificaatLeverancier = "certificaat-leverancier",
        /// School staff register mandates by hand.
        OsrH2m = "osr-h2m",
        /// The LAS delivers its endpoints, DUO looks them up.
        OsrM2m = "osr-m2m",
        /// The LAS sends and reads back; DUO sends by itself.
        PoInwinnen = "po-inwinnen",
        /// Feedback per pupil on funding.
        PoBekostigen = "po-bekostigen",
        /// Information services around enrolment.
        PoInformatiediensten = "po-informatiediensten",
        /// The register of institutions.
        RioPo = "rio-po",
    }
}
named! {
    /// The parties of the chain.
    Role {
        /// The school's administration system.
        Las = "las",
        /// DUO.
        Duo = "duo",
        /// The Onderwijs Serviceregister.
        Osr = "osr",
    }
}
named! {
    /// The sectors of primary education.
    Sector {
        /// basisonderwijs
        Bo = "bo",
        /// speciaal basisonderwijs
        Sbo = "sbo",
        /// speciaal onderwijs
        So = "so",
        /// voortgezet speciaal onderwijs
        Vso = "vso",
    }
}
named! {
    /// How a built-in counterpart behaves in a scenario.
    Conduct {
        /// It answers by itself, from its register.
        Register = "register",
        /// Each message waits for the `receive` step that answers it.
        Script = "script",
    }
}

/// How the built-in counterparts behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties {
    /// The LAS.
    pub las: Conduct,
    /// DUO.
    pub duo: Conduct,
    /// The OSR.
    pub osr: Conduct,
}

impl Default for Parties {
    fn default() -> Self {
        Self {
            las: Conduct::Register,
            duo: Conduct::Register,
            osr: Conduct::Register,
        }
    }
}

impl Parties {
    /// How a party behaves.
    pub fn of(&self, role: Role) -> Conduct {
        match role {
            Role::Las => self.las,
            Role::Duo => self.duo,
            Role::Osr => self.osr,
        }
    }
}

impl Scenario {
    /// The requirements that findings of `step` are about.
    pub fn requirements_of<'s>(&'s self, step: &'s Step) -> Vec<&'s Arc<str>> {
        if step.requirements.is_empty() {
            self.requirements.iter().map(|proof| &proof.id).collect()
        } else {
            step.requirements.iter().collect()
        }
    }

    /// The step of that number in results: `3`, of a branch `3.2.1`, of the
    /// second turn of a repetition `3.2.1`, of included steps `3.1`.
    pub fn step(&self, number: &str) -> Option<&Step> {
        let mut steps = &self.steps[..];
        let mut numbers = number.split('.').map(|part| part.parse().ok());
        let mut next = || numbers.next()?.and_then(|one: usize| one.checked_sub(1));
        let mut step = steps.get(next()?)?;
        while let Some(number) = next() {
            let at = match &step.action {
                Action::Include(include) => {
                    steps = &include.steps;
                    number
                }
                Action::Repeat(repeat) => {
                    steps = &repeat.steps;
                    next()?
                }
                Action::Parallel(branches) => {
                    steps = branches.get(number)?;
                    next()?
                }
                _ => return None,
            };
            step = steps.get(at)?;
        }
        Some(step)
    }

    /// The sectors that it is about.
    pub fn sectors(&self) -> &[Sector] {
        match self.sectors.is_empty() {
            true => Sector::ALL,
            false => &self.sectors,
        }
    }

    /// Every step, those inside other steps after the step that holds them.
    pub fn all_steps(&self) -> Vec<&Step> {
        let mut all = Vec::new();
        gather(&self.steps, &mut all);
        all
    }
}

fn gather<'s>(steps: &'s [Step], all: &mut Vec<&'s Step>) {
    for step in steps {
        all.push(step);
        for steps in step.action.inner() {
            gather(steps, all);
        }
    }
}

pub(super) use named;
