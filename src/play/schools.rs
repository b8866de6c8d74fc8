//! The schools that scenarios are about: the target's, else that of the test
//! data.

use super::cast::Cast;
use super::speak::Unspeakable;
use super::tested::Tested;
use crate::document::Spot;
use crate::edukoppeling::{RequestFacts, school_oin};
use crate::target::Target;

/// The school that a run is about unless the script says otherwise.
const SCHOOL: &str = "25BE";

/// The school that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its BRIN.
    pub brin: String,
    /// Its OIN.
    pub oin: String,
}

impl School {
    /// The school that a run is about: the first of the target's.
    pub(super) fn of_run(tested: Option<&Tested>) -> Option<Self> {
        match tested.and_then(|tested| tested.target.schools.first()) {
            Some(school) => Some(Self::from(school)),
            None => Self::of_brin(SCHOOL),
        }
    }

    /// The first vestiging that a target names, else the main one of the school
    /// that a run is about.
    pub(super) fn vestigingscode(&self, target: Option<&Target>) -> String {
        target
            .and_then(|target| target.schools.first()?.vestigingen.first().cloned())
            .unwrap_or_else(|| format!("{}00", self.brin))
    }

    /// The school with a BRIN, under the OIN that follows from it.
    fn of_brin(brin: &str) -> Option<Self> {
        Some(Self {
            brin: brin.to_string(),
            oin: school_oin(brin)?,
        })
    }
}

impl From<&crate::target::School> for School {
    fn from(school: &crate::target::School) -> Self {
        Self {
            brin: school.brin.clone(),
            oin: school.oin.clone(),
        }
    }
}

impl Cast {
    /// The school that a script names by its BRIN or OIN.
    pub(super) fn school_named(&self, named: &str, at: Spot) -> Result<School, Unspeakable> {
        let unknown = || Unspeakable::new(at, "school-unknown", named);
        if let Some(known) = self.known_school(|school| school.brin == named || school.oin == named)
        {
            return Ok(known);
        }
        if named.len() == 4 {
            return School::of_brin(named).ok_or_else(unknown);
        }
        let brin = named.get(11..15).ok_or_else(unknown)?;
        Ok(School {
            brin: brin.to_string(),
            oin: named.to_string(),
        })
    }

    /// The school that a request was sent for.
    pub(super) fn school_of(&self, facts: &RequestFacts) -> Option<School> {
        let oins = [facts.from.as_deref(), facts.to.as_deref()];
        let mut oins = oins.into_iter().flatten();
        oins.find_map(|oin| {
            if let Some(known) = self.known_school(|school| school.oin == oin) {
                return Some(known);
            }
            let brin = oin.get(11..15)?;
            (school_oin(brin).as_deref() == Some(oin)).then(|| School {
                brin: brin.to_string(),
                oin: oin.to_string(),
            })
        })
    }

    /// A school of the target.
    fn known_school(&self, is: impl Fn(&crate::target::School) -> bool) -> Option<School> {
        let target = &self.stage.tested.as_ref()?.target;
        let known = target.schools.iter().find(|school| is(school))?;
        Some(School::from(known))
    }
}
