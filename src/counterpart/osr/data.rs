//! What an OSR starts with: boards, schools, services, suppliers, and what
//! was given and registered before it began.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::data_check::DataError;
use super::day;
use super::jwt::KENNISNET;

/// The data that an OSR starts with. In a file it is TOML, JSON or YAML of
/// this shape; [`OsrData::starter`] is the one that comes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OsrData {
    /// How the register behaves where that can be chosen.
    #[serde(default)]
    pub settings: Settings,
    /// School boards.
    #[serde(default, rename = "board")]
    pub boards: Vec<BoardData>,
    /// Schools.
    #[serde(default, rename = "school")]
    pub schools: Vec<SchoolData>,
    /// Services, with their versions.
    #[serde(default, rename = "service")]
    pub services: Vec<ServiceData>,
    /// Suppliers with a system that schools can mandate.
    #[serde(default, rename = "supplier")]
    pub suppliers: Vec<SupplierData>,
    /// Who can log in on the web pages.
    #[serde(default, rename = "employee")]
    pub employees: Vec<EmployeeData>,
    /// Mandates that were given before the register began.
    #[serde(default, rename = "mandate")]
    pub mandates: Vec<MandateData>,
    /// Endpoints that were registered before the register began.
    #[serde(default, rename = "endpoint")]
    pub endpoints: Vec<EndpointData>,
}

/// How a register behaves where that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Settings {
    /// The HTTP header of the API key. Its name is not public: reconstructed.
    pub api_key_header: String,
    /// The OIN that version 1 expects in `aud` of a JWT.
    pub audience: String,
    /// How many calls of `GET /endpoints` a party may make. That there is a
    /// limit is published, its height is not: reconstructed.
    pub endpoint_calls: RateLimit,
}

/// So many calls in so many seconds, for each caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RateLimit {
    /// Calls.
    pub calls: u32,
    /// Seconds of the clock that the parties share.
    pub seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key_header: "X-Api-Key".to_string(),
            audience: KENNISNET.to_string(),
            // High: a virtual clock stands still, and all calls of a run then
            // fall into one window.
            endpoint_calls: RateLimit {
                calls: 100_000,
                seconds: 60,
            },
        }
    }
}

/// A school board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BoardData {
    /// Its key in versions 1 and 2.
    pub id: u64,
    /// Its key in version 3; `number` before.
    pub bge_code: String,
    /// Its name.
    pub name: String,
}

/// A school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SchoolData {
    /// Its key.
    pub id: u64,
    /// The BGE code of its board.
    pub board: String,
    /// Its BRIN, from which its OIN follows.
    pub brin: String,
    /// Its onderwijsaanbiedercode, where it has one.
    #[serde(default)]
    pub oa_id: Option<String>,
    /// Its name.
    pub name: String,
}

/// On whose behalf the mandates of a service are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Each school gives its own.
    School,
    /// The board gives one for all its schools; there are no endpoints.
    Board,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceData {
    /// Its key.
    pub id: u64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// On whose behalf its mandates are given.
    pub level: Level,
    /// Its versions, the newest last.
    #[serde(rename = "version")]
    pub versions: Vec<ServiceVersionData>,
}

/// A version of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceVersionData {
    /// Its key.
    pub id: u64,
    /// Its namespace.
    pub namespace: String,
    /// `active`, or what else the register says of it.
    #[serde(default = "active")]
    pub status: String,
}

fn active() -> String {
    "active".to_string()
}

/// A supplier and its system.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SupplierData {
    /// Its key.
    pub id: u64,
    /// Its OIN, as in its certificate.
    pub oin: String,
    /// Its name.
    pub name: String,
    /// The system that schools choose.
    pub system: String,
    /// Keys with which it reaches its own data in versions 2 and 3.
    #[serde(default)]
    pub api_keys: Vec<String>,
    /// Codes of the services that its system can do; empty for all.
    #[serde(default)]
    pub services: Vec<String>,
}

impl std::fmt::Debug for SupplierData {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SupplierData")
            .field("id", &self.id)
            .field("oin", &self.oin)
            .field("system", &self.system)
            .finish_non_exhaustive()
    }
}

impl SupplierData {
    /// Whether its system can do a service.
    pub fn offers(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|code| code == service)
    }
}

/// An invented person who can log in on the web pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EmployeeData {
    /// A short name, unique.
    pub id: String,
    /// What the page calls the person.
    pub name: String,
    /// The BGE code of the board that the person works for.
    pub board: String,
    /// Whether the person has the role `OSR-toegang`; without it, logging in
    /// is refused.
    #[serde(default = "yes")]
    pub osr_access: bool,
}

fn yes() -> bool {
    true
}

/// A mandate that was given before the register began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MandateData {
    /// The BRIN of the school that gave it; absent when a board gave it.
    #[serde(default)]
    pub school: Option<String>,
    /// The BGE code of the board that gave it; absent when a school gave it.
    #[serde(default)]
    pub board: Option<String>,
    /// The OIN of the supplier.
    pub supplier: String,
    /// The code of the service.
    pub service: String,
    /// Its first day.
    #[serde(with = "day")]
    pub start: Date,
    /// Its last day, where it has one.
    #[serde(default, with = "day::optional")]
    pub end: Option<Date>,
    /// Its token; absent for one from the seed.
    #[serde(default)]
    pub token: Option<String>,
}

/// An endpoint that was registered before the register began, under the first
/// mandate of its supplier that covers its first day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EndpointData {
    /// The OIN of the supplier.
    pub supplier: String,
    /// The administration, a school's OIN with a tail of its own.
    pub administration_id: String,
    /// Absent for the administration's id.
    #[serde(default)]
    pub routing_id: Option<String>,
    /// The service version.
    pub namespace: String,
    /// Where messages go.
    pub url: String,
    /// For instance `LAS`.
    #[serde(default)]
    pub attributes: Option<String>,
    /// Its first day.
    #[serde(with = "day")]
    pub start: Date,
    /// Its last day, where it has one.
    #[serde(default, with = "day::optional")]
    pub end: Option<Date>,
}

/// The data that come along.
const STARTER: &str = include_str!("../../../cases/counterparts/osr.toml");

/// The first day of the mandates that [`OsrData::admit`] adds: the first of
/// the starter data.
const ADMITTED_FROM: Date = Date::constant(2020, 8, 1);

impl OsrData {
    /// The data that come along: a handful of invented schools in each sector
    /// of primary education, mandates for the supplier of the test PKI.
    pub fn starter() -> Self {
        static SHIPPED: LazyLock<OsrData> =
            LazyLock::new(|| OsrData::from_toml(STARTER).expect("a test reads the starter data"));
        SHIPPED.clone()
    }

    /// Data in TOML.
    ///
    /// # Errors
    ///
    /// It is no TOML of this shape, or its parts do not fit each other.
    pub fn from_toml(text: &str) -> Result<Self, DataError> {
        let data: Self =
            toml::from_str(text).map_err(|error| DataError::Shape(error.to_string()))?;
        data.check()?;
        Ok(data)
    }

    /// The first API key of a supplier.
    pub fn api_key(&self, oin: &str) -> Option<&str> {
        let supplier = self.suppliers.iter().find(|known| known.oin == oin)?;
        supplier.api_keys.first().map(String::as_str)
    }

    /// The API key with which a supplier reaches its data: its first one, else
    /// the one that it is given when it is admitted.
    pub fn api_key_of(&self, oin: &str) -> String {
        let known = self.api_key(oin).map(str::to_string);
        known.unwrap_or_else(|| format!("ketenkeur-proefsleutel-{oin}"))
    }

    /// Adds a supplier with its system, say that of a target that is tested,
    /// and lets the schools with these BRINs mandate it in every service of
    /// schools that it does not have a mandate in yet. A school that is not
    /// among the data is added to the first board. What is added is as
    /// unchecked as any data until [`OsrData::check`].
    pub fn admit(&mut self, oin: &str, system: &str, api_key: Option<&str>, brins: &[&str]) {
        let next = |ids: &mut dyn Iterator<Item = u64>| ids.max().unwrap_or(0) + 1;
        let keys = api_key.map(str::to_string);
        match self.suppliers.iter_mut().find(|known| known.oin == oin) {
            Some(known) => {
                let new = keys.filter(|key| !known.api_keys.contains(key));
                known.api_keys.extend(new);
            }
            None => self.suppliers.push(SupplierData {
                id: next(&mut self.suppliers.iter().map(|known| known.id)),
                oin: oin.to_string(),
                name: system.to_string(),
                system: system.to_string(),
                api_keys: keys.into_iter().collect(),
                services: Vec::new(),
            }),
        }
        for &brin in brins {
            if !self.schools.iter().any(|school| school.brin == brin)
                && let Some(board) = self.boards.first()
            {
                self.schools.push(SchoolData {
                    id: next(&mut self.schools.iter().map(|known| known.id)),
                    board: board.bge_code.clone(),
                    brin: brin.to_string(),
                    oa_id: None,
                    name: format!("School {brin}"),
                });
            }
            let of_schools = |service: &&ServiceData| service.level == Level::School;
            for service in self.services.iter().filter(of_schools) {
                let has_one = self.mandates.iter().any(|mandate| {
                    mandate.supplier == oin
                        && mandate.service == service.code
                        && mandate.school.as_deref() == Some(brin)
                });
                if !has_one {
                    self.mandates.push(MandateData {
                        school: Some(brin.to_string()),
                        board: None,
                        supplier: oin.to_string(),
                        service: service.code.clone(),
                        start: ADMITTED_FROM,
                        end: None,
                        token: None,
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::shipped_facts;
    use crate::clock::Clock;
    use crate::facts::Profile;
    use crate::pki::IDENTITIES;

    #[test]
    fn the_starter_data_fit_the_value_lists_and_the_test_pki() {
        let data = OsrData::starter();
        let now: jiff::Timestamp = "2026-08-03T09:00:00Z".parse().unwrap();
        let facts = shipped_facts(Clock::at(now), Profile::Test);
        let on = |list: &str, code: &str| {
            let list = facts.lists.get(list).unwrap();
            list.contains(code, Clock::at(now).today()) == Some(true)
        };
        for service in &data.services {
            assert!(on("osr-dienst", &service.name), "{}", service.name);
            for version in &service.versions {
                assert!(on("osr-dienstversie", &version.namespace));
            }
        }
        let leverancier = IDENTITIES.iter().find(|i| i.name == "leverancier").unwrap();
        assert!(data.api_key(leverancier.oin.unwrap()).is_some());
        assert!(data.schools.iter().any(|school| school.brin == "25BE"));
    }

    #[test]
    fn a_supplier_of_ones_own_is_admitted_once() {
        let starter = OsrData::starter();
        let mut data = starter.clone();
        data.admit(
            "00000003123456780000",
            "Eigen LAS",
            Some("sleutel"),
            &["25BE", "07QQ"],
        );
        data.check().unwrap();
        assert_eq!(data.api_key("00000003123456780000"), Some("sleutel"));
        assert_eq!(data.schools.len(), starter.schools.len() + 1);
        assert_eq!(data.mandates.len(), starter.mandates.len() + 2 * 5);
        let once = data.clone();
        data.admit(
            "00000003123456780000",
            "Eigen LAS",
            Some("sleutel"),
            &["25BE", "07QQ"],
        );
        assert_eq!(data, once);
    }
}
