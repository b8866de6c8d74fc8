//! How certain a rule is and how DUO classes it.

use serde::{Deserialize, Serialize};

/// How certain a fact is (dossier README, grades). Ordered: the weakest first,
/// so that the minimum of several grades is the grade of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Our own best reading where nothing public exists.
    Reconstructed,
    /// How the field works, without a public source at hand.
    Knowledge,
    /// Taken over from DUO's published contracts for the sister sector or RIO.
    HouseStyle,
    /// Stands in a public specification or on a public page.
    Published,
}

impl Grade {
    /// All grades, weakest first.
    pub const ALL: [Grade; 4] = [
        Grade::Reconstructed,
        Grade::Knowledge,
        Grade::HouseStyle,
        Grade::Published,
    ];

    /// The grade's name as packs, rules and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Reconstructed => "reconstructed",
            Grade::Knowledge => "knowledge",
            Grade::HouseStyle => "house-style",
            Grade::Published => "published",
        }
    }

    /// The grade of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.name() == name)
    }
}

/// DUO's classes of signals (30-bron-po.md, signal classes). Ordered: the
/// gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Why an enrolment is (not) funded.
    Bekostigingssignaal,
    /// Possible error; registered, comes in the weekly file.
    Signaal,
    /// Registered, possibly wrong; comes back at once.
    Melding,
    /// Not registered until corrected and sent again.
    Foutmelding,
}

impl Class {
    /// All classes, the lightest first.
    pub const ALL: [Class; 4] = [
        Class::Bekostigingssignaal,
        Class::Signaal,
        Class::Melding,
        Class::Foutmelding,
    ];

    /// The class's name, DUO's own word.
    pub fn name(self) -> &'static str {
        match self {
            Class::Bekostigingssignaal => "bekostigingssignaal",
            Class::Signaal => "signaal",
            Class::Melding => "melding",
            Class::Foutmelding => "foutmelding",
        }
    }

    /// The class of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}
