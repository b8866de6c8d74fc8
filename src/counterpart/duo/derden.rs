//! What others do at DUO without a message of the party under test: a
//! municipality, a samenwerkingsverband, another school, the BRP.

use jiff::civil::Date;

use super::aanleveren;
use super::duo::Duo;
use super::inschrijvingen::{Inschrijving, Sleutel};
use super::state::{Entry, State};
use super::tlv::Tlv;
use super::verzuim::Status;
use crate::counterpart::{JournalError, Part, PersoonsgebondenNummer};

/// What a municipality does with a case of absence (40-verzuim.md, statuses).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gemeenteactie {
    /// Takes it up (B).
    InBehandeling,
    /// Closes it (G), for a reason.
    Afsluiten {
        /// `redenMeldingAfgesloten`.
        reden: String,
    },
    /// Takes note of it (K).
    TerKennisgeving,
}

/// Why something could not be done at DUO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DuoError {
    /// There is no case of that number.
    #[error("DUO has no absence report of this number")]
    UnknownReport,
    /// The status cannot follow.
    #[error("the absence report is not in a status from which this is possible")]
    Transition,
    /// The case cannot be closed without an einddatum.
    #[error("the absence report has no einddatum and cannot be closed")]
    NoEnd,
    /// The onderwijsnummer was not given out, or has been replaced.
    #[error("DUO has not given out this onderwijsnummer, or a BSN has taken its place")]
    UnknownNumber,
    /// The BSN is none that somebody can have here.
    #[error("this is no BSN of the synthetic range")]
    UnknownBsn,
    /// There is no such person.
    #[error("nobody has this burgerservicenummer or onderwijsnummer")]
    UnknownPerson,
    /// The institution has no such enrolment of the pupil.
    #[error("the school has not enrolled the pupil, or not under this inschrijvingvolgnummer")]
    UnknownEnrolment,
    /// The vestiging and the routing id are not of one school.
    #[error("the vestiging and the routing id are not of the same school")]
    OtherSchool,
    /// The last day lies before the first.
    #[error("the last day lies before the first")]
    Dates,
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Duo {
    /// Lets a school say which of its administrations keeps a vestiging: what
    /// DUO has to say of enrolments there goes to the endpoint with that
    /// routing id. Where the real DUO has this from is not public.
    ///
    /// # Errors
    ///
    /// The two are not of one school, or the journal cannot be written.
    pub fn assign(&self, vestiging: &str, routing_id: &str) -> Result<(), DuoError> {
        let brin = vestiging.get(..4);
        if brin.is_none() || brin != routing_id.get(11..15) {
            return Err(DuoError::OtherSchool);
        }
        let mut known = self.reliable()?;
        self.change(&mut known, |draft| {
            draft.add(Entry::Administratie {
                vestiging: vestiging.to_string(),
                kenmerk: routing_id.to_string(),
            });
        })?;
        Ok(())
    }

    /// Lets a municipality act on a case of absence.
    ///
    /// # Errors
    ///
    /// There is no such case, or its status does not allow it.
    pub fn municipality(
        &self,
        meldingsnummer: &str,
        actie: &Gemeenteactie,
    ) -> Result<(), DuoError> {
        let mut known = self.reliable()?;
        let geval = known.state.verzuim.get(meldingsnummer).cloned();
        let geval = geval.ok_or(DuoError::UnknownReport)?;
        let (status, reden) = match actie {
            Gemeenteactie::InBehandeling => (Status::B, None),
            Gemeenteactie::Afsluiten { reden } => (Status::G, Some(reden.clone())),
            Gemeenteactie::TerKennisgeving => (Status::K, None),
        };
        if !geval.status.gaat_naar(status) {
            return Err(DuoError::Transition);
        }
        if status == Status::G && geval.mist_einddatum() {
            return Err(DuoError::NoEnd);
        }
        let mut changed = geval.in_status(status, reden, self.desk.clock().now());
        changed.behandelaar = Some(
            Part::new("behandelaar")
                .with_text("naam", "Bram Testelaar")
                .with_text("gemeente", "Voorbeelddam")
                .with_text("emailadres", "leerplicht@example.nl"),
        );
        self.change(&mut known, |draft| draft.add(Entry::Verzuim(changed)))?;
        Ok(())
    }

    /// Lets a BSN take the place of an onderwijsnummer and tells the schools
    /// that have to do with the pupil. Without a BSN one is chosen that the
    /// seed decides. Returns the BSN.
    ///
    /// # Errors
    ///
    /// The onderwijsnummer is unknown or replaced, or the BSN no synthetic one.
    pub fn replace_number(
        &self,
        onderwijsnummer: &str,
        bsn: Option<&str>,
    ) -> Result<String, DuoError> {
        let mut known = self.reliable()?;
        let personen = &known.state.personen;
        let number = PersoonsgebondenNummer::Onderwijsnummer(onderwijsnummer.to_string());
        if !personen.kent(&number) || personen.is_vervangen(onderwijsnummer) {
            return Err(DuoError::UnknownNumber);
        }
        let bsn = match bsn {
            Some(bsn) => Some(bsn.to_string()),
            None => personen.bsn_voor(&self.means.seed, onderwijsnummer),
        };
        let bsn = bsn
            .filter(|bsn| personen.kent(&PersoonsgebondenNummer::Bsn(bsn.clone())))
            .ok_or(DuoError::UnknownBsn)?;
        self.change(&mut known, |draft| {
            aanleveren::vervang(draft, onderwijsnummer, &bsn);
        })?;
        Ok(bsn)
    }

    /// Registers a toelaatbaarheidsverklaring, as when a samenwerkingsverband
    /// delivers it: schools hear what it changes in their funding.
    ///
    /// # Errors
    ///
    /// The pupil is unknown, or the verklaring ends before it begins.
    pub fn register_tlv(&self, tlv: Tlv) -> Result<(), DuoError> {
        if tlv.eind < tlv.begin {
            return Err(DuoError::Dates);
        }
        let mut known = self.reliable()?;
        let persoon = known_person(&known.state, &tlv.persoon)?;
        let tlv = Tlv { persoon, ..tlv };
        Ok(self.change(&mut known, |draft| aanleveren::registreer_tlv(draft, tlv))?)
    }

    /// Registers an enrolment, as when its school delivers it: the schools
    /// concerned hear of it as they would then.
    ///
    /// # Errors
    ///
    /// The pupil is unknown, or the enrolment ends before it begins.
    pub fn enrol(&self, enrolment: Inschrijving) -> Result<(), DuoError> {
        let last = enrolment.uitschrijving;
        if last.is_some_and(|last| last < enrolment.inschrijving) {
            return Err(DuoError::Dates);
        }
        let mut known = self.reliable()?;
        let persoon = known_person(&known.state, &enrolment.sleutel.persoon)?;
        let sleutel = Sleutel {
            persoon,
            ..enrolment.sleutel
        };
        let enrolment = Inschrijving {
            sleutel,
            ..enrolment
        };
        let meld = self.meldt_dubbele_inschrijving();
        self.change(&mut known, |draft| {
            let signalen: Vec<_> = aanleveren::registreer_inschrijving(draft, &enrolment, meld)
                .into_iter()
                .map(|opmerking| opmerking.signaal(&enrolment.sleutel))
                .collect();
            aanleveren::weekbestand(draft, &enrolment.sleutel.instelling, &signalen);
        })?;
        Ok(())
    }

    /// Ends the enrolment of a pupil at an institution on its last day, as when
    /// the school delivers that: the last one, or the one of a volgnummer.
    ///
    /// # Errors
    ///
    /// There is no such enrolment, or it begins later.
    pub fn deregister(
        &self,
        instelling: &str,
        persoon: &PersoonsgebondenNummer,
        volgnummer: Option<&str>,
        last: Date,
    ) -> Result<(), DuoError> {
        let found = self.state(|state| {
            let persoon = known_person(state, persoon)?;
            let own = state.inschrijvingen.van(&persoon).filter(|enrolment| {
                let sleutel = &enrolment.sleutel;
                sleutel.instelling == instelling
                    && volgnummer.is_none_or(|volgnummer| sleutel.volgnummer == volgnummer)
            });
            let latest = own.max_by_key(|enrolment| enrolment.inschrijving);
            latest.cloned().ok_or(DuoError::UnknownEnrolment)
        })?;
        self.enrol(Inschrijving {
            uitschrijving: Some(last),
            ..found
        })
    }
}

/// The number under which a person is registered now.
fn known_person(
    state: &State,
    given: &PersoonsgebondenNummer,
) -> Result<PersoonsgebondenNummer, DuoError> {
    match state.personen.kent(given) {
        true => Ok(state.personen.actueel(given)),
        false => Err(DuoError::UnknownPerson),
    }
}
