//! The parties that ketenkeur plays itself in one scenario, and what third
//! persons do at them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::cast::Replaceable;
use super::directory::RemoteDirectory;
use super::schools::School;
use super::speak::Unspeakable;
use super::stage::Stage;
use crate::clock::RunningClock;
use crate::counterpart::duo::{
    Duo, DuoOptions, Gemeenteactie, Inschrijving, Periode, Sleutel, TAKES, Terugkoppeling, Tlv,
};
use crate::counterpart::las::{
    DuoAddresses, Las, LasParts, LasSettings, OsrSettings, OsrVersion, shipped,
};
use crate::counterpart::osr::{KENNISNET, Osr, OsrOptions, Principal};
use crate::counterpart::{Bodies, Desk, DeskOptions, Journal, Part, PersoonsgebondenNummer, Post};
use crate::edukoppeling::{SigningKey, school_oin};
use crate::exchange::Exchange;
use crate::scenario::{Placed, Role};
use crate::transport::{Answer, Handler};

/// What the built-in parties of a scenario are made of.
#[derive(Clone)]
pub(super) struct Makings {
    pub stage: Arc<Stage>,
    pub bodies: Arc<Bodies>,
    pub clock: RunningClock,
    pub seed: Arc<str>,
    /// One journal for all of them: a party that is started again goes on
    /// where it ended.
    pub journal: Journal,
    pub duo_key: Arc<SigningKey>,
    pub las_key: Arc<SigningKey>,
    pub las_oin: String,
    pub duo_oin: String,
    /// The certificates above the supplier's, its issuer's first, in DER.
    pub las_above: Vec<Vec<u8>>,
    pub duo_post: Arc<dyn Post>,
    pub las_post: Arc<dyn Post>,
    pub duo_urls: DuoAddresses,
    pub osr_url: String,
    pub las_url: String,
    /// The school that the scenario is about.
    pub school: School,
    /// How many made-up pupils the LAS has.
    pub pupils: u32,
}

impl Makings {
    /// A number that the seed gives.
    fn number(&self) -> u64 {
        let digest = crate::evidence::sha256(self.seed.as_bytes());
        u64::from_str_radix(&digest[..16], 16).unwrap_or(0)
    }

    pub fn osr(&self) -> Result<Osr, Unmade> {
        Osr::start(OsrOptions {
            data: super::addresses::osr_data(self.stage.target(), &self.las_oin),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            seed: self.number(),
            // What stands on loopback may be registered, unless the target says
            // that it is all production.
            profile: self.stage.profile,
            trust: Arc::clone(&self.stage.trust),
            defect: self.stage.defect_of(Role::Osr),
        })
        .map_err(|_| Unmade("osr"))
    }

    pub fn duo(&self) -> Result<Duo, Unmade> {
        let directory = RemoteDirectory::new(Arc::clone(&self.duo_post), &self.osr_url);
        Duo::new(DuoOptions {
            desk: Desk::new(DeskOptions {
                key: Arc::clone(&self.duo_key),
                clock: self.clock.clone(),
                judges: Arc::clone(&self.stage.judges),
                seed: format!("{}/duo", self.seed).into(),
                takes: TAKES,
                defect: self.stage.defect_of(Role::Duo),
            }),
            bodies: Arc::clone(&self.bodies),
            calendar: Arc::clone(&self.stage.judges.bench().facts.calendar),
            directory: Arc::new(directory),
            post: Arc::clone(&self.duo_post),
            journal: self.journal.clone(),
            terugkoppeling: Terugkoppeling::default(),
            meld_dubbele_inschrijving: false,
        })
        .map_err(|_| Unmade("duo"))
    }

    pub fn las(&self) -> Result<Las, Unmade> {
        let data = super::addresses::osr_data(self.stage.target(), &self.las_oin);
        Las::new(LasParts {
            settings: LasSettings {
                seed: format!("{}/las", self.seed).into(),
                duo_oin: self.duo_oin.clone(),
                duo: self.duo_urls.clone(),
                osr: OsrSettings {
                    address: self.osr_url.clone(),
                    version: OsrVersion::V3,
                    api_key: data.api_key(&self.las_oin).map(str::to_string),
                    audience: KENNISNET.to_string(),
                },
                own_address: self.las_url.clone(),
                defect: self.stage.defect_of(Role::Las),
            },
            key: Arc::clone(&self.las_key),
            above: self.las_above.clone(),
            clock: self.clock.clone(),
            judges: Arc::clone(&self.stage.judges),
            bodies: Arc::clone(&self.bodies),
            journal: self.journal.clone(),
            post: Arc::clone(&self.las_post),
            starter: shipped(self.pupils).map_err(|_| Unmade("las"))?,
        })
        .map_err(|_| Unmade("las"))
    }
}

/// A built-in party could not be made: we are at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be made")]
pub struct Unmade(pub &'static str);

/// The built-in parties that play.
pub(super) struct BuiltIn {
    pub makings: Makings,
    pub osr: Option<Ours<Osr>>,
    pub duo: Option<Ours<Duo>>,
    pub las: Option<Arc<Ours<Las>>>,
}

/// A built-in party behind a server.
pub(super) struct Ours<P> {
    party: std::sync::RwLock<Arc<P>>,
    handler: Arc<Replaceable>,
}

impl<P: crate::transport::Handler> Ours<P> {
    pub fn new(party: P) -> Self {
        let party = Arc::new(party);
        Self {
            handler: Arc::new(Replaceable::new(
                Arc::clone(&party) as Arc<dyn crate::transport::Handler>
            )),
            party: std::sync::RwLock::new(party),
        }
    }

    /// Where its server brings requests.
    pub fn handler(&self) -> Arc<Replaceable> {
        Arc::clone(&self.handler)
    }

    /// The party as it is now.
    pub fn party(&self) -> Arc<P> {
        let party = self.party.read();
        Arc::clone(&party.unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn replace(&self, party: P) {
        let party = Arc::new(party);
        self.handler
            .replace(Arc::clone(&party) as Arc<dyn crate::transport::Handler>);
        let mut current = self
            .party
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *current = party;
    }
}

/// A party that cannot be reached: whoever calls hears nothing.
struct Down;

impl Handler for Down {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        Answer::Silent
    }
}

/// What an act was asked with.
struct With<'a> {
    what: &'a Placed<Arc<str>>,
    values: &'a Map<String, Value>,
}

impl With<'_> {
    fn text(&self, name: &str) -> Result<&str, Unspeakable> {
        let value = self.values.get(name).and_then(Value::as_str);
        value.ok_or_else(|| Unspeakable::new(self.what.at, "act-missing", name))
    }

    fn maybe(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    fn refused(&self, why: impl std::fmt::Display) -> Unspeakable {
        let why = why.to_string();
        let name = match why.is_empty() {
            true => self.what.value.to_string(),
            false => format!("{}: {why}", self.what.value),
        };
        Unspeakable::new(self.what.at, "act-refused", name)
    }

    fn date(&self, name: &str) -> Result<Option<jiff::civil::Date>, Unspeakable> {
        let Some(text) = self.maybe(name) else {
            return Ok(None);
        };
        let date = text.parse();
        date.map(Some)
            .map_err(|_| Unspeakable::new(self.what.at, "act-no-date", name))
    }
}

/// What an act says of a pupil and another school, named as in messages.
impl With<'_> {
    fn day(&self, name: &str) -> Result<jiff::civil::Date, Unspeakable> {
        let missing = || Unspeakable::new(self.what.at, "act-missing", name);
        self.date(name)?.ok_or_else(missing)
    }

    fn number(&self) -> Result<PersoonsgebondenNummer, Unspeakable> {
        match self.maybe("onderwijsnummer") {
            Some(number) => Ok(PersoonsgebondenNummer::Onderwijsnummer(number.to_string())),
            None => Ok(PersoonsgebondenNummer::Bsn(
                self.text("burgerservicenummer")?.to_string(),
            )),
        }
    }

    fn school(&self) -> Result<&str, Unspeakable> {
        let code = self.text("instellingscode")?;
        match school_oin(code) {
            Some(_) => Ok(code),
            None => Err(Unspeakable::new(self.what.at, "school-unknown", code)),
        }
    }

    /// The enrolment that another school delivers: in basisonderwijs, with one
    /// period.
    fn enrolment(&self) -> Result<Inschrijving, Unspeakable> {
        let school = self.school()?;
        let begin = self.day("datumInschrijving")?;
        let leerjaar = match self.values.get("leerjaar") {
            Some(Value::Number(leerjaar)) => leerjaar.to_string(),
            _ => self.text("leerjaar")?.to_string(),
        };
        let volgnummer = match self.maybe("inschrijvingvolgnummer") {
            Some(volgnummer) => volgnummer.to_string(),
            None => format!("{school}-{begin}"),
        };
        let gegevens = Part::new("inschrijvingPeriodeBO")
            .with_text("datumBegin", begin.to_string())
            .with_text("vestigingscode", format!("{school}00"))
            .with_text("leerjaar", leerjaar);
        Ok(Inschrijving {
            sleutel: Sleutel {
                instelling: school.to_string(),
                persoon: self.number()?,
                volgnummer,
            },
            sector: "BO".to_string(),
            inschrijving: begin,
            uitschrijving: self.date("datumUitschrijving")?,
            perioden: vec![Periode { begin, gegevens }],
            overig: Vec::new(),
        })
    }
}

impl BuiltIn {
    /// Lets a third person act at a built-in party.
    pub fn act(
        &self,
        role: Role,
        what: &Placed<Arc<str>>,
        values: &Map<String, Value>,
    ) -> Result<(), Unspeakable> {
        let with = With { what, values };
        let not_ours = || Unspeakable::new(what.at, "act-not-ours", role.name());
        match (role, &*what.value) {
            (_, "herstart") if !self.plays(role) => Err(not_ours()),
            (_, "herstart") => self.restart(role).map_err(|_| with.refused("")),
            (Role::Duo, "valt-uit") => {
                let duo = self.duo.as_ref().ok_or_else(not_ours)?;
                duo.handler.replace(Arc::new(Down));
                Ok(())
            }
            (Role::Osr, act) => {
                let osr = self.osr.as_ref().ok_or_else(not_ours)?.party();
                self.at_osr(&osr, act, &with)
            }
            (Role::Duo, act) => {
                let duo = self.duo.as_ref().ok_or_else(not_ours)?.party();
                self.at_duo(&duo, act, &with)
            }
            (Role::Las, _) => Err(Unspeakable::new(what.at, "act-unknown", &*what.value)),
        }
    }

    /// Whether a role is played here.
    fn plays(&self, role: Role) -> bool {
        match role {
            Role::Osr => self.osr.is_some(),
            Role::Duo => self.duo.is_some(),
            Role::Las => self.las.is_some(),
        }
    }

    fn restart(&self, role: Role) -> Result<(), Unmade> {
        match role {
            Role::Osr => {
                if let Some(osr) = &self.osr {
                    osr.replace(self.makings.osr()?);
                }
            }
            Role::Duo => {
                if let Some(duo) = &self.duo {
                    duo.replace(self.makings.duo()?);
                }
            }
            // A LAS acts by trigger.
            Role::Las => {}
        }
        Ok(())
    }

    fn at_osr(&self, osr: &Osr, act: &str, with: &With<'_>) -> Result<(), Unspeakable> {
        let supplier = match with.maybe("leverancier") {
            Some(oin) => oin.to_string(),
            None => self.makings.las_oin.clone(),
        };
        let school = with
            .maybe("school")
            .unwrap_or(&self.makings.school.brin)
            .to_string();
        let service = with.text("dienst")?;
        match act {
            "verleen-mandaat" => {
                let today = jiff::tz::TimeZone::UTC
                    .to_datetime(self.makings.clock.now())
                    .date();
                let start = with.date("begin")?.unwrap_or(today);
                let end = with.date("einde")?;
                osr.give_mandate(Principal::School(school), &supplier, service, start, end)
                    .map(drop)
                    .map_err(|why| with.refused(why))
            }
            "trek-mandaat-in" => {
                let last = with.date("laatste-dag")?;
                let mandates = osr.mandates();
                let mandate = mandates.iter().rev().find(|mandate| {
                    mandate.principal == Principal::School(school.clone())
                        && mandate.supplier == supplier
                        && mandate.service == service
                });
                let mandate =
                    mandate.ok_or_else(|| Unspeakable::new(with.what.at, "act-no-mandate", act))?;
                osr.end_mandate(mandate.number, last)
                    .map_err(|why| with.refused(why))
            }
            _ => Err(Unspeakable::new(with.what.at, "act-unknown", act)),
        }
    }

    fn at_duo(&self, duo: &Duo, act: &str, with: &With<'_>) -> Result<(), Unspeakable> {
        match act {
            "behandel-verzuim" => {
                let action = match with.text("status")? {
                    "B" => Gemeenteactie::InBehandeling,
                    "K" => Gemeenteactie::TerKennisgeving,
                    "G" => Gemeenteactie::Afsluiten {
                        reden: with.text("reden")?.to_string(),
                    },
                    other => return Err(with.refused(other)),
                };
                duo.municipality(with.text("meldingsnummer")?, &action)
                    .map_err(|why| with.refused(why))
            }
            "lever-pushes" => duo.deliver().map(drop).map_err(|why| with.refused(why)),
            "wijzig-persoonsnummer" => duo
                .replace_number(with.text("onderwijsnummer")?, with.maybe("bsn"))
                .map(drop)
                .map_err(|why| with.refused(why)),
            "registreer-tlv" => duo
                .register_tlv(Tlv {
                    persoon: with.number()?,
                    beschikkingsnummer: with.text("beschikkingsnummer")?.to_string(),
                    samenwerkingsverband: with.text("samenwerkingsverband")?.to_string(),
                    begin: with.day("begindatum")?,
                    eind: with.day("einddatum")?,
                    categorie: with.text("bekostigingscategorie")?.to_string(),
                })
                .map_err(|why| with.refused(why)),
            "andere-school-schrijft-in" => duo
                .enrol(with.enrolment()?)
                .map_err(|why| with.refused(why)),
            "andere-school-schrijft-uit" => duo
                .deregister(
                    with.school()?,
                    &with.number()?,
                    with.maybe("inschrijvingvolgnummer"),
                    with.day("datumUitschrijving")?,
                )
                .map_err(|why| with.refused(why)),
            "wijs-administratie-toe" => duo
                .assign(with.text("vestiging")?, with.text("kenmerk")?)
                .map_err(|why| with.refused(why)),
            "bepaal-bekostiging" => duo.tick().map_err(|why| with.refused(why)),
            _ => Err(Unspeakable::new(with.what.at, "act-unknown", act)),
        }
    }
}
